//! Writers of the old option, each of whom reads all of it, changes its own and writes all of it, beside those that save one
//! account at a time: nobody loses anything, killed or not, and no write of the option is there by half.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dm_connections::vault::{ExportOptions, Facts, Format, GrantQuery, Kind, Vault};
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::support::process::{Actor, Role, Watchdog, figures, say, size};
use crate::support::{Site, address, document, salt};
use crate::{whole, writers};

/// Of so many writers that one is killed, half write the option; the others save.
pub const CREW: u64 = 8;
const SHARED: &str = "everybodys";

pub fn prepare(vault: &Vault, crew: u64) {
    let save = |provider: &str, owner: &str, account: &str| {
        let json = document(r#"{"access_token":"canary-0","n":0}"#);
        vault.save(Kind::Connection, &address(provider, owner, account), &json, &Facts::default()).unwrap();
    };
    save("reddit", "site:0", SHARED);
    save("email_imap", "site:0", "desk");
    (0..crew).for_each(|writer| save(provider(writer), &owner(writer), "default"));
}

/// By the old option, or each account by itself.
fn by_option(writer: u64) -> bool {
    writer.is_multiple_of(2)
}

fn provider(writer: u64) -> &'static str {
    ["instagram", "threads", "x", "youtube", "pinterest"][writer as usize % 5]
}

fn owner(writer: u64) -> String {
    format!("user:{}", writer + 1)
}

/// How often a writer was told that its write is there; outlives it.
fn acknowledgement(store: &Path, writer: u64) -> PathBuf {
    store.with_file_name(format!("acknowledged-{writer}"))
}

pub fn acknowledged(site: &Site, writer: u64) -> u64 {
    let bytes = std::fs::read(acknowledgement(&site.store(), writer)).unwrap_or_default();
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

/// Writes one turn after the other. Arguments: its number, and the last turn (0: until it is killed).
pub fn play(role: &Role) {
    use std::os::unix::fs::FileExt;
    let (writer, last) = (role.number(0), role.number(1));
    let vault = writers::open(&role.store).unwrap();
    let notes = acknowledgement(&role.store, writer);
    let notes = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(notes).unwrap();
    let mut turn = shared(&option(&vault), writer);
    say("writes");
    while last == 0 || turn < last {
        turn += 1;
        if by_option(writer) {
            write(&vault, writer, turn)
        } else {
            save(&vault, writer, turn)
        }
        notes.write_all_at(&turn.to_le_bytes(), 0).unwrap();
    }
    say("done");
}

/// The option as it is handed out.
fn option(vault: &Vault) -> Value {
    let options = ExportOptions {
        format: Format::Json,
        fields: vec![],
        fields_of: Default::default(),
        leave_out: false,
    };
    serde_json::from_slice(&vault.export(&salt(), &options).unwrap().option).unwrap()
}

/// A place in the option, made where it is missing.
fn at<'v>(option: &'v mut Value, path: &[&str]) -> &'v mut Value {
    path.iter().fold(option, |value, name| {
        // PHP's empty array is a list.
        if !value.is_object() {
            *value = json!({});
        }
        &mut value[*name]
    })
}

/// Two accounts changed, one new, one gone, something that is kept, and a delegation given or taken back.
fn write(vault: &Vault, writer: u64, turn: u64) {
    let base = option(vault);
    let mut option = base.clone();
    let mut put = |path: &[&str], value: Value| *at(&mut option, path) = value;
    let (provider, owner, me) = (provider(writer), owner(writer), format!("writer-{writer}"));
    put(
        &[provider, "principals", &owner, "account"],
        json!({"access_token": format!("canary-{turn}"), "n": turn}),
    );
    put(&[provider, "principals", &owner, "accounts"], json!({format!("turn-{turn}"): {"n": turn}}));
    put(&["reddit", "accounts", SHARED, &me], json!(turn));
    put(&[&format!("odd-{writer}")], json!({"n": turn}));
    let agent = agent(writer);
    let read = json!({"operations": ["read"], "granted_by": 4});
    put(&["email_imap", "delegations", "site:0", "desk", &agent], read);
    if turn.is_multiple_of(2) {
        let all = at(&mut option, &["email_imap", "delegations", "site:0", "desk"]);
        all.as_object_mut().unwrap().shift_remove(&agent);
    }
    let (base, option) = (base.to_string(), option.to_string());
    vault.write_option(Some(base.as_bytes()), option.as_bytes(), &[salt()], Format::Json).unwrap();
}

fn agent(writer: u64) -> String {
    format!("agent:{}", 100 + writer)
}

fn save(vault: &Vault, writer: u64, turn: u64) {
    let own = address(provider(writer), &owner(writer), "default");
    let json = document(&format!(r#"{{"access_token":"canary-{turn}","n":{turn}}}"#));
    vault.save(Kind::Connection, &own, &json, &Facts::default()).unwrap();
    let patch = document(&format!(r#"{{"writer-{writer}":{turn}}}"#));
    let shared = address("reddit", "site:0", SHARED);
    vault.merge(Kind::Connection, &shared, &patch, &Facts::default()).unwrap();
}

/// What a writer wrote of the account that is everybody's: a turn ends with that.
fn shared(option: &Value, writer: u64) -> u64 {
    option["reddit"]["accounts"][SHARED][format!("writer-{writer}")].as_u64().unwrap_or(0)
}

/// Which turn of a writer is in the store: the whole of it.
pub fn standing(vault: &Vault, writer: u64) -> u64 {
    // One look for both: others may write, but nobody as this writer.
    let option = option(vault);
    let own = &option[provider(writer)]["principals"][owner(writer)];
    let turn = own["account"]["n"].as_u64().unwrap();
    let shared = shared(&option, writer);
    if !by_option(writer) {
        // Two writes: the second may be missing.
        assert!(shared == turn || shared + 1 == turn, "writer {writer}: {shared} after {turn}");
        return shared;
    }
    assert_eq!(shared, turn, "writer {writer}: of the shared account");
    let token = vault
        .get(Kind::Connection, &address(provider(writer), &owner(writer), "default"))
        .map(|got| String::from_utf8_lossy(&got.document).into_owned())
        .unwrap();
    assert!(token.contains(&format!("\"canary-{turn}\"")), "writer {writer}, turn {turn}: {token}");
    if turn > 0 {
        assert_eq!(own["accounts"], json!({format!("turn-{turn}"): {"n": turn}}), "writer {writer}");
        assert_eq!(option[format!("odd-{writer}")], json!({"n": turn}), "writer {writer}");
    }
    // Of all that were given and ended, a page is not all.
    let agent = Some(agent(writer).parse().unwrap());
    let query = GrantQuery { agent, revoked: Some(false), ..GrantQuery::default() };
    let grants = vault.list_grants(&query).unwrap().items;
    let active = grants.iter().filter(|grant| grant.status == Some("active")).count() as u64;
    assert_eq!(active, turn % 2, "writer {writer}, turn {turn}: grants");
    turn
}

pub fn start(site: &Site, writer: u64, last: u64) -> Actor {
    let mut actor = Actor::start(&format!("turns {writer} {last}"), &site.store());
    actor.expect("writes");
    actor
}

#[test]
fn writers_of_the_option_and_of_accounts_lose_nothing_of_each_other() {
    let site = Site::new("option-crowd");
    let _end = Watchdog::new("writers of the option among others", size(120, 1800));
    let vault = writers::open(&site.store()).unwrap();
    let (crew, turns) = (size(8, 16), size(8, 150));
    prepare(&vault, crew);
    writers::prepare(&vault, 0..0);
    let role = |reader: u64| format!("read {reader} gently");
    let mut readers: Vec<_> = (0..4).map(|reader| Actor::start(&role(reader), &site.store())).collect();
    let writers: Vec<_> = (0..crew).map(|writer| start(&site, writer, turns)).collect();
    writers.into_iter().for_each(Actor::finish);
    readers.iter_mut().for_each(Actor::end);
    readers.into_iter().for_each(Actor::finish);
    for writer in 0..crew {
        assert_eq!((acknowledged(&site, writer), standing(&vault, writer)), (turns, turns), "{writer}");
    }
    whole::all_rows(&vault);
    whole::sound(&whole::copy(&site));
    figures(format_args!(
        "writing the option: {crew} processes, half of them by the option, and 4 readers; {} writes; lost: 0",
        crew * turns
    ));
}

#[test]
fn a_killed_writer_of_the_option_wrote_all_of_it_or_nothing() {
    let site = Site::new("option-kill");
    let _end = Watchdog::new("killing writers of the option", size(120, 1800));
    let vault = writers::open(&site.store()).unwrap();
    prepare(&vault, CREW);
    let (seed, rounds) = (Dice::seed(), size(5, 120));
    let took: u64 = std::thread::scope(|scope| {
        let lane = |writer: u64| {
            let (site, vault) = (&site, &vault);
            scope.spawn(move || {
                let mut dice = Dice::new(seed ^ (writer << 32));
                (0..rounds).filter(|_| killed(site, vault, writer, &mut dice)).count() as u64
            })
        };
        let lanes: Vec<_> = (0..CREW).map(lane).collect();
        lanes.into_iter().map(|lane| lane.join().unwrap()).sum()
    });
    let all: u64 = (0..CREW).map(|writer| standing(&vault, writer)).sum();
    assert!(all > 0, "nothing was tested");
    dm_connections::vault::close_all();
    whole::all_rows(&writers::open(&site.store()).unwrap());
    whole::sound(&whole::copy(&site));
    figures(format_args!(
        "kill -9 of writers of the option: {} kills among {CREW} writers, {took} of them of a write that had taken \
         effect unsaid; {all} writes, lost: 0, by half: 0 (seed {seed})",
        rounds * CREW
    ));
}

/// Lets a writer write, kills it at some moment, and says whether it had written what it was not told of any more.
fn killed(site: &Site, vault: &Vault, writer: u64, dice: &mut Dice) -> bool {
    let mut actor = start(site, writer, 0);
    std::thread::sleep(Duration::from_micros(dice.below(150_000)));
    assert!(actor.kill(), "writer {writer} ended by itself");
    let (acknowledged, standing) = (acknowledged(site, writer), standing(vault, writer));
    assert!(
        standing == acknowledged || standing == acknowledged + 1,
        "writer {writer}: {acknowledged} acknowledged, {standing} are there"
    );
    standing > acknowledged
}
