//! Processes that write and read in a loop: each writer its own account, and one member of accounts that all share.
//! Every write is a merge, which reads what is there: a lost one shows.

use std::path::Path;
use std::time::Duration;

use dm_connections::vault::{Address, Error, Facts, Kind, Options, Query, Vault};

use crate::scan::Scanner;
use crate::support::process::{Role, say};
use crate::support::{SITE, address, document, key, told};

const CONN: Kind = Kind::Connection;
const PROVIDERS: [&str; 8] =
    ["instagram", "threads", "facebook", "x", "youtube", "reddit", "linkedin", "pinterest"];
/// So many accounts are everybody's.
pub const SHARED: u64 = 4;

/// A store as these processes open it. They are about what is lost, not about how long they wait, on whatever machine.
pub fn open(store: &Path) -> Result<Vault, Error> {
    let options = Options { patience: Duration::from_secs(120), ..Options::new(store, SITE) };
    Vault::open(&options, &[key(1)])
}

fn provider(number: u64) -> &'static str {
    PROVIDERS[number as usize % PROVIDERS.len()]
}

fn own(writer: u64) -> Address {
    address(provider(writer), &format!("user:{}", writer + 1), "default")
}

fn shared(number: u64) -> Address {
    let number = number % SHARED;
    address(provider(number), "site:0", &format!("shared-{number}"))
}

/// Makes the accounts that the writers merge into.
pub fn prepare(vault: &Vault, writers: impl Iterator<Item = u64>) {
    let save = |at: &Address| {
        vault.save(CONN, at, &document(r#"{"access_token":"canary"}"#), &Facts::default()).unwrap();
    };
    (0..SHARED).for_each(|number| save(&shared(number)));
    writers.for_each(|writer| save(&own(writer)));
}

fn member(vault: &Vault, at: &Address, name: &str) -> Result<u64, Error> {
    let document = vault.get(CONN, at)?.document;
    let value: serde_json::Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(value["access_token"], "canary");
    Ok(value[name].as_u64().unwrap_or(0))
}

/// One write of a writer: its own account, and every fourth time a shared one.
pub fn one_write(vault: &Vault, writer: u64, turn: u64) -> Result<(), Error> {
    let name = format!("writer-{writer}");
    let merge = |at: &Address| {
        let patch = document(&format!(r#"{{"{name}":{turn}}}"#));
        vault.merge(CONN, at, &patch, &Facts::default()).map(drop)
    };
    merge(&own(writer))?;
    if turn.is_multiple_of(4) { merge(&shared(turn / 4)) } else { Ok(()) }
}

/// What a writer has to find of itself after its turn, anywhere.
pub fn check(vault: &Vault, writer: u64, turn: u64) -> Result<(), Error> {
    let name = format!("writer-{writer}");
    assert_eq!(member(vault, &own(writer), &name)?, turn, "writer {writer} lost a write of its own account");
    for back in 0..SHARED.min(turn / 4) {
        let number = turn / 4 - back;
        assert_eq!(member(vault, &shared(number), &name)?, number * 4, "writer {writer} lost a shared write");
    }
    Ok(())
}

/// Writes so often, and looks for what it wrote. Arguments: its number, how often; then, if wanted, `scan` (reads the
/// store's files all the time, as a backup plug-in in the same process does) and `reopen`.
pub fn write(role: &Role) {
    let (writer, turns) = (role.number(0), role.number(1));
    let wants = |what: &str| role.arguments.iter().any(|argument| argument == what);
    let scanner = wants("scan").then(|| Scanner::start(&role.store));
    let write = || -> Result<(), Error> {
        let mut vault = open(&role.store)?;
        for turn in 1..=turns {
            if wants("reopen") && turn.is_multiple_of(8) {
                dm_connections::vault::close_all();
                vault = open(&role.store)?;
            }
            if let Some(scanner) = &scanner {
                scanner.look();
            }
            one_write(&vault, writer, turn)?;
            check(&vault, writer, turn)?;
        }
        Ok(())
    };
    match write() {
        Ok(()) => say("done"),
        Err(error) => say(format!("failed: {:?}: {}", error.code(), told(&error))),
    }
}

/// Reads until it is told to end. Arguments: its number; then, if wanted, `gently`: with pauses.
pub fn read(role: &Role) {
    let number = role.number(0);
    let gently = role.arguments.iter().any(|argument| argument == "gently");
    let vault = open(&role.store).unwrap();
    say("reads");
    let ended = std::thread::spawn(|| while crate::support::process::hear().is_some() {});
    let mut reads = 0_u64;
    while !ended.is_finished() {
        let read = || -> Result<(), Error> {
            member(&vault, &shared(number), "nobody")?;
            let page = vault.find(CONN, &Query { limit: Some(20), ..Query::default() })?;
            assert!(page.items.iter().all(|row| row.integrity));
            Ok(())
        };
        if let Err(error) = read() {
            return say(format!("failed: {:?}: {}", error.code(), told(&error)));
        }
        reads += 2;
        if gently {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    say(format!("read {reads}"));
}
