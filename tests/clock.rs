//! The store's clock is the machine's. Only a library that was built for tests lets a file stand in for it.
#![allow(missing_docs)]

#[path = "support/mod.rs"]
mod support;

use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use dm_connections::vault::{Facts, Kind, Options, Vault};
use support::process::{Actor, Role, hear, say};
use support::{SITE, Site, address, document, key, told};

/// Saves at each word, and tells when that was by the store's clock.
#[test]
fn role() {
    let Some(role) = Role::of_this_process() else { return };
    let at = address("reddit", "user:1", &role.name);
    let mut vault = None;
    while hear().is_some() {
        let saved = match &vault {
            Some(vault) => Ok(vault),
            None => {
                Vault::open(&Options::new(&role.store, SITE), &[key(1)]).map(|opened| &*vault.insert(opened))
            }
        }
        .and_then(|vault| {
            vault.save(Kind::Connection, &at, &document("{}"), &Facts::default())?;
            vault.get(Kind::Connection, &at)
        });
        match saved {
            Ok(got) => say(got.with_about().1.updated_at),
            Err(error) => say(told(&error)),
        }
    }
}

fn start(name: &str, site: &Site, clock: Option<&Path>) -> Actor {
    let mut command = Command::new(std::env::current_exe().unwrap());
    if let Some(clock) = clock {
        command.env("DM_TEST_CLOCK", clock);
    }
    Actor::through(&mut command, name, &site.store())
}

fn asked(actor: &mut Actor) -> String {
    actor.tell("now");
    actor.hear().unwrap()
}

fn set(clock: &Path, text: &str) {
    let new = clock.with_extension("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, clock).unwrap();
}

fn is_the_machines(told: &str, earliest: SystemTime) {
    let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let told: u64 = told.parse().unwrap_or_else(|_| panic!("{told}"));
    assert!((seconds(earliest)..=seconds(SystemTime::now())).contains(&told), "{told}");
}

#[cfg(not(feature = "test-clock"))]
#[test]
fn a_library_without_the_feature_knows_no_such_variable() {
    let site = Site::new("no-clock");
    let clock = site.root.join("clock");
    let began = SystemTime::now();
    let mut actor = start("one", &site, Some(&clock));
    is_the_machines(&asked(&mut actor), began);
    set(&clock, "1000");
    is_the_machines(&asked(&mut actor), began);
}

#[cfg(feature = "test-clock")]
#[test]
fn many_processes_share_the_clock_that_a_file_tells() {
    let site = Site::new("clock");
    let clock = site.root.join("clock");
    set(&clock, "1000");
    let mut actors = ["one", "two"].map(|name| start(name, &site, Some(&clock)));
    for (text, time) in [("1000", "1000"), ("2000\n", "2000"), ("1500", "1500"), ("0", "0")] {
        set(&clock, text);
        for actor in &mut actors {
            assert_eq!(asked(actor), time);
        }
    }
    for bad in ["", "soon", "-1", "1.5", "1795000000000", " 1"] {
        set(&clock, bad);
        let told = asked(&mut actors[0]);
        assert!(told.contains("DM_TEST_CLOCK: no Unix seconds in"), "{bad:?}: {told}");
    }
    std::fs::remove_file(&clock).unwrap();
    assert!(asked(&mut actors[0]).contains("DM_TEST_CLOCK"));
    set(&clock, "3000");
    assert_eq!(asked(&mut actors[0]), "3000", "it goes on");
}

#[cfg(feature = "test-clock")]
#[test]
fn without_the_variable_the_machines_clock_counts() {
    let site = Site::new("machine-clock");
    let began = SystemTime::now();
    is_the_machines(&asked(&mut start("one", &site, None)), began);
}
