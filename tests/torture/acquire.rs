//! The agent's door while processes are killed and many come at once: never a secret without its record, and never one
//! use too many.

use std::time::Duration;

use dm_connections::domain::RecordId;
use dm_connections::vault::{AuditQuery, Facts, Kind, NewGrant, Options, Revocation, Vault, Which};

use crate::dice::Dice;
use crate::support::acting::{any, asking, reason, wanted};
use crate::support::process::{Actor, Role, Watchdog, figures, hear, say, size};
use crate::support::{SITE, Site, address, document, key};
use crate::whole;

/// Asks for a credential whenever it is told to, or without a pause where its argument is `loop`.
pub fn play(role: &Role) {
    let options = Options { patience: Duration::from_secs(60), ..Options::new(&role.store, SITE) };
    let vault = Vault::open(&options, &[key(1)]).unwrap();
    say("ready");
    let looping = role.arguments[0] == "loop";
    while looping || hear().is_some() {
        let acquired = vault.acquire(&asking("user:1", "agent:7"), &wanted("reddit", &[])).unwrap();
        match acquired.credential {
            Some(credential) => {
                assert_eq!(*credential, *br#"{"access_token":"canary"}"#);
                say("has it");
            }
            None => say(reason(&acquired.answer).0),
        }
    }
}

fn connected(site: &Site, uses: u64) -> (Vault, RecordId) {
    let vault = site.open_with(&[key(1)]).unwrap();
    let at = address("reddit", "user:1", "default");
    vault.save(Kind::Connection, &at, &document(r#"{"access_token":"canary"}"#), &Facts::default()).unwrap();
    let grant = NewGrant { uses: Some(uses), ..any("user:1", "reddit", "agent:7") };
    let id = vault.create_grant(&grant).unwrap().id.parse().unwrap();
    (vault, id)
}

fn left(vault: &Vault) -> u64 {
    let [grant] = &vault.list_grants(&Default::default()).unwrap().items[..] else { panic!() };
    assert!(grant.integrity);
    grant.uses_left.unwrap() as u64
}

/// How many credentials the audit knows of.
fn recorded(vault: &Vault) -> u64 {
    let mut query = AuditQuery { event: Some("acquired".into()), limit: Some(1000), ..Default::default() };
    let mut count = 0;
    loop {
        let page = vault.audit(&query).unwrap();
        count += page.items.len() as u64;
        match page.next {
            Some(next) => query.after = Some(next.parse().unwrap()),
            None => return count,
        }
    }
}

#[test]
fn no_kill_lets_a_secret_out_without_its_record() {
    const USES: u64 = 10_000_000;
    let _end = Watchdog::new("killing who acquires", size(120, 1800));
    let site = Site::new("kill-acquire");
    let (vault, _) = connected(&site, USES);
    let (seed, rounds) = (Dice::seed(), size(10, 400));
    let mut dice = Dice::new(seed);
    let (mut out, mut torn) = (0, 0);
    for _ in 0..rounds {
        let mut actors: Vec<Actor> = (0..3).map(|_| Actor::start("acquire loop", &site.store())).collect();
        actors.iter_mut().for_each(|actor| actor.expect("ready"));
        std::thread::sleep(Duration::from_micros(dice.below(60_000)));
        let mut heard = 0;
        for actor in &mut actors {
            assert!(actor.kill(), "it ended by itself");
            heard +=
                std::iter::from_fn(|| actor.hear()).inspect(|said| assert_eq!(said, "has it")).count() as u64;
        }
        let used = USES - left(&vault);
        assert_eq!(recorded(&vault), used, "a use without its record, or a record without its use");
        // Each may have been killed between its commit and saying so.
        assert!(
            (out + heard..=out + heard + 3).contains(&used),
            "{heard} more got out after {out}, used {used}"
        );
        torn += used - out - heard;
        out = used;
    }
    whole::all_rows(&vault);
    assert!(out > 0, "nothing was tested");
    figures(format_args!(
        "kill -9 of who acquires: {} kills, {out} credentials recorded, {torn} of them never seen to leave, left without \
         a record: 0 (seed {seed})",
        3 * rounds
    ));
}

#[test]
fn a_grant_for_three_uses_lets_three_of_eight_processes_in() {
    let _end = Watchdog::new("three uses", size(120, 1800));
    let rounds = size(5, 200);
    for _ in 0..rounds {
        let site = Site::new("three-uses");
        let (vault, _) = connected(&site, 3);
        let mut actors: Vec<Actor> = (0..8).map(|_| Actor::start("acquire once", &site.store())).collect();
        actors.iter_mut().for_each(|actor| actor.expect("ready"));
        actors.iter_mut().for_each(|actor| actor.tell("now"));
        let said: Vec<String> = actors.iter_mut().map(|actor| actor.hear().unwrap()).collect();
        let count = |what: &str| said.iter().filter(|word| *word == what).count();
        assert_eq!((count("has it"), count("grant_exhausted")), (3, 5), "{said:?}");
        assert_eq!((left(&vault), recorded(&vault)), (0, 3));
    }
    figures(format_args!("three uses, eight processes at once: {rounds} rounds, three got it in each"));
}

#[test]
fn what_one_process_takes_back_the_next_call_of_another_is_refused() {
    let _end = Watchdog::new("revoking", 120);
    let site = Site::new("revoked-elsewhere");
    let (vault, grant) = connected(&site, 1000);
    let mut other = Actor::start("acquire once", &site.store());
    other.expect("ready");
    for _ in 0..3 {
        other.tell("now");
        other.expect("has it");
    }
    vault.revoke_grants(&Revocation { which: Which::One(grant), by: "user:1".into(), why: None }).unwrap();
    other.tell("now");
    other.expect("grant_revoked");
}
