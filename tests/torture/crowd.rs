//! Many processes at once: nobody's writes are lost, and nobody starves.

use std::time::{Duration, Instant};

use dm_connections::vault::{Facts, Kind};

use crate::support::process::{Actor, Watchdog, figures, size};
use crate::support::{Site, address, document};
use crate::{whole, writers};

#[test]
fn a_writer_gets_in_beside_sixteen_readers() {
    let site = Site::new("readers");
    let _end = Watchdog::new("a writer among readers", size(90, 900));
    let vault = site.open();
    writers::prepare(&vault, 0..0);
    let mut readers: Vec<_> =
        (0..16).map(|number| Actor::start(&format!("read {number}"), &site.store())).collect();
    readers.iter_mut().for_each(|reader| reader.expect("reads"));
    let (at, mut longest, begin) = (address("reddit", "user:1", "default"), Duration::ZERO, Instant::now());
    let turns = size(50, 3000);
    for turn in 1..=turns {
        let since = Instant::now();
        let json = document(&format!(r#"{{"access_token":"canary","turn":{turn}}}"#));
        vault.save(Kind::Connection, &at, &json, &Facts::default()).unwrap();
        longest = longest.max(since.elapsed());
    }
    let took = begin.elapsed();
    let mut reads = 0;
    for mut reader in readers {
        reader.end();
        let said = reader.hear().unwrap();
        reads += said.strip_prefix("read ").unwrap_or_else(|| panic!("{said}")).parse::<u64>().unwrap();
        reader.finish();
    }
    assert!(reads > 16, "the readers were not there");
    figures(format_args!(
        "a writer among 16 readers: {turns} writes in {took:.1?}, none BUSY, the longest took {longest:.1?}; \
         {reads} reads meanwhile"
    ));
}

#[test]
fn forty_processes_lose_none_of_each_others_writes() {
    let site = Site::new("crowd");
    let _end = Watchdog::new("forty processes", size(120, 1800));
    let (own, mixed) = (0..8, 8..40);
    let vault = site.open();
    writers::prepare(&vault, 0..40);
    // First each its own provider, as in the plug-in's own test, then all of them mixed.
    let turns = size(12, 50);
    let mut took = Vec::new();
    for group in [own, mixed] {
        let since = Instant::now();
        let role = |writer: u64| format!("write {writer} {turns}");
        let actors: Vec<_> = group.clone().map(|writer| Actor::start(&role(writer), &site.store())).collect();
        actors.into_iter().for_each(Actor::finish);
        took.push(since.elapsed());
        group.for_each(|writer| writers::check(&vault, writer, turns).unwrap());
    }
    // All writes of all writers, also those that somebody else wrote after.
    (0..40).for_each(|writer| writers::check(&vault, writer, turns).unwrap());
    assert_eq!(whole::all_rows(&vault).len() as u64, 40 + writers::SHARED);
    whole::sound(&whole::copy(&site));
    figures(format_args!(
        "8 processes on a provider each, then 32 on mixed ones: {} writes in {took:.1?}; lost: 0",
        40 * (turns + turns / 4)
    ));
}
