//! `kill -9` before and after each system call of each operation. The process is traced (ptrace(2)), so that no moment
//! is left to chance.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dm_connections::domain::{Status, UnixTime};
use dm_connections::vault::{
    AtProvider, Begin, Begun, Commit, Disconnect, DueOptions, Facts, Format, Kind, Lease, NewGrant, Options,
    ProviderAnswer, Revocation, Vault, Which,
};

use crate::kill_whole::copy_directory;
use crate::support::acting::{any, asking, wanted};
use crate::support::process::{Actor, Role, Watchdog, figures, full, say};
use crate::support::{self, SITE, Site, address, document, fixture, key};
use crate::whole;

const OPERATIONS: [&str; 25] = [
    "save",
    "save-new",
    "save-large",
    "replace",
    "merge",
    "delete",
    "disconnect",
    "status",
    "renew",
    "add-key",
    "rewrap",
    "import",
    "option",
    "option-whole",
    "grant",
    "revoke",
    "acquire",
    "refused",
    "begin",
    "due",
    "commit",
    "fail",
    "needs-reauth",
    "release",
    "give-up",
];

/// The name of the copy that `backup` makes, beside the store.
pub const BACKUP: &str = "backup.sqlite";

/// Those of who was granted a lease, and whose process it has to be.
const OF_A_HOLDER: [&str; 5] = ["commit", "fail", "needs-reauth", "release", "give-up"];

/// Does one operation, traced. Argument: its name.
pub fn play(role: &Role) {
    let name = role.arguments[0].as_str();
    if name == "make" {
        be_traced();
        Vault::open(&Options::new(&role.store, SITE), &[]).unwrap();
    } else {
        let vault = Vault::open(&Options::new(&role.store, SITE), &[key(1), key(2), key(3)]).unwrap();
        let vault = Arc::new(vault);
        let lease = OF_A_HOLDER.contains(&name).then(|| begin(&vault).lease.unwrap());
        be_traced();
        match lease {
            Some(lease) => end(lease, name),
            None if name == "backup" => drop(vault.backup(&role.store.with_file_name(BACKUP)).unwrap()),
            None => operate(&vault, name),
        }
    }
    say("done");
    stop();
}

/// Asks for the right to renew the account that is due, without waiting.
fn begin(vault: &Arc<Vault>) -> Begun {
    let begin = Begin { patience: Some(Duration::ZERO), ..Begin::default() };
    vault.begin_refresh(&address("x", "user:1", "due"), &begin).unwrap()
}

/// Says what came of a lease, which is over then.
fn end(lease: Lease, name: &str) {
    let answered = |status, error: &str, retry_after| ProviderAnswer {
        status: Some(status),
        error: Some(error.to_owned()),
        retry_after,
        unsupported: false,
    };
    match name {
        "commit" => {
            let facts = Facts { expires_at: ends_at(LATE), ..Facts::default() };
            let patch = document(r#"{"access_token":"canary-2","refresh_token":"canary-r2"}"#);
            lease.commit(&patch, &Commit { facts, ..Commit::default() }).map(drop)
        }
        "fail" => lease.fail(&answered(503, "", Some(3600))).map(drop),
        "needs-reauth" => lease.fail(&answered(400, "invalid_grant", None)).map(drop),
        "release" => lease.release(),
        "give-up" => {
            drop(lease);
            Ok(())
        }
        other => panic!("a holder does no {other}"),
    }
    .unwrap();
}

fn operate(vault: &Arc<Vault>, name: &str) {
    let at = |account: &str| address("twitter", "user:1", account);
    let (kind, facts) = (Kind::Connection, Facts::default());
    let json = |text: &str| document(text);
    match name {
        "save" => vault.save(kind, &at("a"), &json(r#"{"access_token":"canary-2"}"#), &facts).map(drop),
        "save-new" => vault.save(kind, &at("new"), &json(r#"{"access_token":"canary-2"}"#), &facts).map(drop),
        "save-large" => {
            let large = format!(r#"{{"access_token":"{}"}}"#, "canary".repeat(50_000));
            vault.save(kind, &at("a"), &json(&large), &facts).map(drop)
        }
        "replace" => {
            let facts = Facts { replace: true, ..facts };
            vault.save(kind, &at("known"), &json(r#"{"user_id":"2"}"#), &facts).map(drop)
        }
        "merge" => vault.merge(kind, &at("a"), &json(r#"{"more":"canary"}"#), &facts).map(drop),
        "delete" => vault.delete(kind, &at("a"), None).map(drop),
        "disconnect" => {
            let revoked = Disconnect { at_provider: AtProvider::Revoked, ..Disconnect::default() };
            vault.disconnect(&at("a"), &revoked).map(drop)
        }
        "status" => vault.set_status(&at("a"), Status::NeedsReauth, Some("why")).map(drop),
        "renew" => vault.renew_provider(&"twitter".parse().unwrap()).map(drop),
        "add-key" => vault.add_key(&key(3)).map(drop),
        "rewrap" => vault.rewrap().map(drop),
        "grant" => vault.create_grant(&any("user:1", "twitter", "agent:8")).map(drop),
        "revoke" => {
            let which = Which::Pair("agent:7".parse().unwrap(), "user:1".parse().unwrap());
            vault.revoke_grants(&Revocation { which, by: "user:1".into(), why: None }).map(drop)
        }
        "acquire" | "refused" => {
            let mut wanted = wanted("twitter", &[]);
            wanted.account = Some("a".parse().unwrap());
            let person = if name == "acquire" { "user:1" } else { "user:2" };
            wanted.owner = Some("user:1".parse().unwrap());
            vault.acquire(&asking(person, "agent:7"), &wanted).map(|acquired| {
                assert_eq!(acquired.credential.is_some(), name == "acquire");
            })
        }
        "import" => {
            support::import(vault, &fixture("small.serialized"));
            Ok(())
        }
        "option" => {
            let base = option(r#""a":{"access_token":"canary-1"},"b":{"access_token":"canary-b"}"#, "");
            vault.write_option(Some(base.as_bytes()), written().as_bytes(), &[], Format::Json).map(drop)
        }
        "option-whole" => vault.write_option(None, written().as_bytes(), &[], Format::Json).map(drop),
        "begin" => {
            // Its holder goes without a word.
            std::mem::forget(begin(vault).lease.unwrap());
            Ok(())
        }
        "due" => vault.due(&DueOptions { claim: 86_400, ..DueOptions::default() }).map(|due| {
            assert_eq!(due.items.len(), 1);
        }),
        other => panic!("there is no operation {other}"),
    }
    .unwrap();
}

/// The old option with these accounts of user 1, the one that is due, and this.
fn option(accounts: &str, rest: &str) -> String {
    let due = r#""x":{"principals":{"user:1":{"accounts":{"due":{"access_token":"canary-1","refresh_token":"canary-r1"}}}}}"#;
    format!(r#"{{"twitter":{{"principals":{{"user:1":{{"accounts":{{{accounts}}}}}}}}},{due}{rest}}}"#)
}

/// Of the accounts one is changed, one gone and two are new; beside them an app config, something that is kept, and a
/// delegation.
fn written() -> String {
    let rest = r#","email_imap":{"accounts":{"desk":{"imap_user":"desk"}},
        "delegations":{"site:0":{"desk":{"agent:9":{"operations":["read"],"granted_by":4}}}}},
        "reddit":{"config":{"client_id":"canary"},"account":{"n":1}},"odd":{"token":"canary"}"#;
    option(r#""a":{"access_token":"canary-2"},"new":{"access_token":"canary-n"}"#, rest)
}

/// Long past, and far in the future.
const EARLY: i64 = 1_700_000_000;
const LATE: i64 = 4_000_000_000;

#[allow(clippy::option_option)] // As `Facts` has it.
fn ends_at(seconds: i64) -> Option<Option<UnixTime>> {
    Some(Some(UnixTime::new(seconds).unwrap()))
}

/// The store that every operation begins with: two keys, of which the first still wraps the rows, and one account that is
/// due.
pub fn prepare(vault: &Vault) {
    let save = |provider: &str, account: &str, text: &str, facts: Facts| {
        vault.save(Kind::Connection, &address(provider, "user:1", account), &document(text), &facts).unwrap();
    };
    save("twitter", "a", r#"{"access_token":"canary-1"}"#, Facts::default());
    save("twitter", "b", r#"{"access_token":"canary-b"}"#, Facts::default());
    save("twitter", "known", r#"{"user_id":"1"}"#, Facts::default());
    let past = Facts { expires_at: ends_at(EARLY), ..Facts::default() };
    save("x", "due", r#"{"access_token":"canary-1","refresh_token":"canary-r1"}"#, past);
    vault.create_grant(&NewGrant { uses: Some(5), ..any("user:1", "twitter", "agent:7") }).unwrap();
    vault.add_key(&key(2)).unwrap();
}

/// Everything in a store that an operation may change.
pub fn content(site: &Site) -> Vec<String> {
    dm_connections::vault::close_all();
    let sql = whole::sound(&whole::copy(site));
    let vault = site.open_with(&[key(1), key(2), key(3)]).unwrap();
    let mut content: Vec<String> = whole::all_rows(&vault)
        .into_iter()
        .map(|whole::Found { kind, about, json }| {
            let at = [about.provider, about.owner, about.account].join(" ");
            let (status, cause) = (about.status, about.status_cause);
            format!("{kind:?} {at} {} {status} {cause:?} {:?} {json:.200}", about.revision, about.remote_id)
        })
        .collect();
    let mut rest = sql
        .prepare(
            "SELECT provider || owner || account || kind || ' seal ' || seal_revision || ' under ' || keys.status
             FROM connections JOIN keys ON keys.id = key_id
             UNION ALL SELECT 'keys ' || group_concat(status) FROM (SELECT status FROM keys ORDER BY status)
             UNION ALL SELECT 'ledger ' || count(*) FROM import_ledger
             UNION ALL SELECT 'kept ' || count(*) FROM kept
             UNION ALL SELECT 'grant ' || agent || ' ' || state || ' ' || ifnull(uses_left, 'any') FROM grants
             UNION ALL SELECT 'audit ' || event || ' ' || count(*) FROM audit GROUP BY event
             UNION ALL SELECT 'refused ' || count FROM refusals
             UNION ALL SELECT 'renewals ' || json_remove(state, '$.lease', '$.next_at', '$.refreshed_at', '$.consented_at')
                 || CASE WHEN state ->> 'next_at' > unixepoch() THEN ' waits' ELSE '' END
                 || CASE WHEN state ->> 'consented_at' > 0 THEN ' consented' ELSE '' END
                 || CASE WHEN state ->> 'refreshed_at' > 0 THEN ' renewed' ELSE '' END
                 || CASE state ->> '$.lease.given_up' WHEN 0 THEN ' held' WHEN 1 THEN ' given up' ELSE '' END FROM refreshes
             UNION ALL SELECT 'look at ' || provider || owner || account || CASE
                 WHEN look_at IS NULL THEN ' never' WHEN look_at > unixepoch() THEN ' later' ELSE ' now' END
                 FROM refresh_schedule JOIN connections ON id = connection
             UNION ALL SELECT 'writes ' || writes FROM store",
        )
        .unwrap();
    content.extend(rest.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap));
    content.sort();
    content
}

/// What is told who asks to renew next: whether somebody holds a lease, or went with one.
fn next(site: &Site) -> String {
    let begun = begin(&Arc::new(site.open_with(&[key(1), key(2), key(3)]).unwrap()));
    let (outcome, failures, cause) = (begun.told.outcome, begun.told.failures, begun.told.cause);
    let lost = begun.told.lease.is_some_and(|lease| lease.lost);
    format!("next {outcome} lost {lost} failures {failures} {cause:?}")
}

#[test]
fn a_kill_at_each_system_call_of_an_operation_leaves_all_of_it_or_nothing() {
    let site = Site::new("kill-calls");
    let _end = Watchdog::new("killing at system calls", if full() { 3000 } else { 120 });
    prepare(&site.open_with(&[key(1), key(2)]).unwrap());
    dm_connections::vault::close_all();
    let prepared = site.root.join("prepared");
    copy_directory(&site.store(), &prepared);
    let fresh = || {
        dm_connections::vault::close_all();
        std::fs::remove_dir_all(site.store()).unwrap();
        copy_directory(&prepared, &site.store());
    };
    // The second writes: the store is made anew after it.
    let content = |site: &Site| [content(site), vec![next(site)]].concat();
    let (mut kills, mut calls, mut took) = (0, 0, 0);
    for name in OPERATIONS {
        fresh();
        let Some(stops) = Traced::start(name, &site.store()).map(Traced::count) else {
            return figures("kill -9 at system calls: NOT CHECKED, this system lets nobody trace");
        };
        let after = content(&site);
        fresh();
        // Killed before its first call. A holder has its lease by then.
        Traced::start(name, &site.store()).unwrap().kill_at(0);
        let before = content(&site);
        assert_ne!(before, after, "{name}");
        for stop in chosen(stops) {
            fresh();
            let acknowledged = Traced::start(name, &site.store()).unwrap().kill_at(stop);
            let now = content(&site);
            let whole = if acknowledged { now == after } else { now == before || now == after };
            assert!(
                whole,
                "{name}, killed at {stop} of {stops}: {now:#?}\nbefore: {before:#?}\nafter: {after:#?}"
            );
            took += u64::from(now == after);
            kills += 1;
        }
        calls += stops / 2;
    }
    figures(format_args!(
        "kill -9 at system calls: {} operations with {calls} calls, {kills} kills before and after them; \
         {took} had taken effect, 0 by half",
        OPERATIONS.len()
    ));
}

#[test]
fn a_kill_at_each_system_call_of_the_first_open_leaves_a_place_for_the_next() {
    let site = Site::new("kill-make");
    let _end = Watchdog::new("killing the first open", if full() { 600 } else { 60 });
    let fresh = || {
        dm_connections::vault::close_all();
        for directory in ["store", "store-key"] {
            let _ = std::fs::remove_dir_all(site.root.join(directory));
        }
    };
    let Some(stops) = Traced::start("make", &site.store()).map(Traced::count) else {
        return figures("kill -9 of the first open: NOT CHECKED, this system lets nobody trace");
    };
    let at = address("reddit", "user:1", "default");
    let (mut kills, mut made) = (0, 0);
    for stop in chosen(stops) {
        fresh();
        let acknowledged = Traced::start("make", &site.store()).unwrap().kill_at(stop);
        let expecting = Options { create: Some(false), ..site.options() };
        let found = Vault::open(&expecting, &[]).map(|vault| vault.info().unwrap().store_id);
        assert!(found.is_ok() || !acknowledged, "{:?}", found.err());
        dm_connections::vault::close_all();
        let vault =
            site.open_with(&[]).unwrap_or_else(|error| panic!("killed at {stop} of {stops}: {error}"));
        if let Ok(found) = found {
            assert_eq!(vault.info().unwrap().store_id, found);
            made += 1;
        }
        vault.save(Kind::Connection, &at, &document("{}"), &Facts::default()).unwrap();
        dm_connections::vault::close_all();
        assert_eq!(support::text(&site.open_with(&[]).unwrap(), Kind::Connection, &at), "{}");
        whole::sound(&whole::copy(&site));
        kills += 1;
    }
    figures(format_args!(
        "kill -9 of the first open: {} calls, {kills} kills; {made} left a store, every next open went well",
        stops / 2
    ));
}

/// All stops at full size; otherwise some, the last among them, and never the same ones for two numbers of stops.
pub fn chosen(stops: u64) -> impl Iterator<Item = u64> {
    let step = if full() { 1 } else { stops / 7 + 1 };
    (1..=stops).rev().step_by(step as usize)
}

/// In the child: lets the parent trace this thread, and waits for it.
fn be_traced() {
    // SAFETY: takes no pointers that are looked at.
    let traced = unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) } == 0;
    if !traced {
        say("not traced");
        std::process::exit(0);
    }
    // SAFETY: no memory is involved.
    say(format!("traced {}", unsafe { libc::gettid() }));
    stop();
}

fn stop() {
    // SAFETY: no memory is involved.
    unsafe { libc::raise(libc::SIGSTOP) };
}

/// A child whose thread stands still at each entry into a system call, and at each exit.
pub struct Traced {
    actor: Actor,
    thread: libc::pid_t,
}

/// What a traced thread did.
#[derive(Debug, PartialEq, Eq)]
enum Did {
    /// It stands before or behind a system call.
    Call,
    /// It stands where it wanted to, by [`stop`].
    Stop,
    /// It was killed.
    Die,
}

impl Traced {
    /// Standing still before the operation; none where nothing can be traced.
    pub fn start(operation: &str, store: &Path) -> Option<Self> {
        let mut actor = Actor::start(&format!("step {operation}"), store);
        let said = actor.hear().unwrap();
        let thread = said.strip_prefix("traced ")?.parse().unwrap();
        let traced = Self { actor, thread };
        assert_eq!(traced.wait(), Did::Stop);
        let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_EXITKILL;
        traced.request(libc::PTRACE_SETOPTIONS, options);
        Some(traced)
    }

    fn request(&self, request: libc::c_uint, data: libc::c_int) {
        // SAFETY: neither of the two requests that are made here takes an address.
        let done = unsafe { libc::ptrace(request, self.thread, 0, data) };
        assert_eq!(done, 0, "{}", std::io::Error::last_os_error());
    }

    fn wait(&self) -> Did {
        let mut status = 0;
        // SAFETY: `status` is writable.
        let found = unsafe { libc::waitpid(self.thread, &raw mut status, libc::__WALL) };
        assert_eq!(found, self.thread, "{}", std::io::Error::last_os_error());
        match libc::WIFSTOPPED(status).then(|| libc::WSTOPSIG(status)) {
            Some(signal) if signal == libc::SIGTRAP | 0x80 => Did::Call,
            Some(libc::SIGSTOP) => Did::Stop,
            None if libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGKILL => Did::Die,
            _ => panic!("status {status:x}"),
        }
    }

    fn next(&self) -> Did {
        self.request(libc::PTRACE_SYSCALL, 0);
        self.wait()
    }

    /// Lets the operation end, and says how often it stood still.
    pub fn count(mut self) -> u64 {
        let stops = std::iter::from_fn(|| (self.next() == Did::Call).then_some(())).count();
        self.kill();
        self.actor.expect("done");
        stops as u64
    }

    /// Kills it at one of its stops, and says whether it had said that it was done.
    pub fn kill_at(mut self, stop: u64) -> bool {
        // Now and then a run needs a call less.
        (0..stop).take_while(|_| self.next() == Did::Call).for_each(drop);
        self.kill();
        self.actor.hear().as_deref() == Some("done")
    }

    fn kill(&mut self) {
        // SAFETY: it is this process's own child, and was not waited for yet.
        unsafe { libc::kill(self.actor.id() as i32, libc::SIGKILL) };
        // Its process is gone only when the one who traces it has taken notice.
        assert_eq!(self.wait(), Did::Die);
        assert!(self.actor.kill());
    }
}
