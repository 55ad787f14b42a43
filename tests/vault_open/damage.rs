//! A damaged file: cut off anywhere, bits flipped anywhere. An error, or the right documents; never another one, never
//! a panic.

use std::collections::BTreeMap;

use dm_connections::vault::{About, Address, Code, Error, Facts, Kind, Query, Vault};

use crate::says;
use crate::support::process::{Watchdog, figures, full};
use crate::support::{self, Site, document, fixture, key, told};

/// What a small store holds.
struct Small {
    site: Site,
    bytes: Vec<u8>,
    rows: Vec<(Kind, Address, String)>,
}

/// What came of it, and how often.
#[derive(Debug, Default)]
struct Tally {
    found: BTreeMap<&'static str, u32>,
    /// Errors that do not say that the file is damaged, with the place of the damage.
    unclear: BTreeMap<String, String>,
}

impl Tally {
    fn count(&mut self, found: &'static str) {
        *self.found.entry(found).or_default() += 1;
    }

    fn check(&mut self, error: &Error, expected: &[Code], what: &str) {
        told(error);
        if !expected.contains(&error.code()) {
            self.unclear.entry(format!("{:?}: {error}", error.code())).or_insert_with(|| what.to_owned());
        }
    }
}

impl Small {
    fn new(name: &str) -> Self {
        let site = Site::new(name);
        support::import(&site.open(), &fixture("small.serialized"));
        let bytes = std::fs::read(site.database()).unwrap();
        let rows = support::expected(&fixture("expected-small.json"))
            .into_iter()
            .map(|one| (one.kind, one.address, one.json))
            .collect();
        Self { site, bytes, rows }
    }

    /// Opens the file with these bytes in it, reads everything in it, writes to it.
    fn try_with(&self, bytes: &[u8], what: &str, tally: &mut Tally) {
        dm_connections::vault::close_all();
        std::fs::write(self.site.database(), bytes).unwrap();
        let _ = std::fs::remove_file(self.site.store().join("connections.sqlite-journal"));
        let vault = match self.site.open_with(&[key(1)]) {
            Ok(vault) => vault,
            Err(error) => {
                tally.check(&error, OPENING, what);
                return tally.count("did not open");
            }
        };
        let mut found = "everything was right";
        for (kind, address, json) in &self.rows {
            match vault.get(*kind, address) {
                Ok(got) => assert_eq!(*got.document, *json.as_bytes(), "{what}: {address:?}"),
                Err(error) => {
                    tally.check(&error, READING, what);
                    let refused = error.code() != Code::NotFound;
                    found = if refused { "a row was refused" } else { "a row was not found" };
                }
            }
        }
        tally.count(found);
        for kind in [Kind::Connection, Kind::Config] {
            match vault.find(kind, &Query { limit: Some(1000), ..Query::default() }) {
                Ok(page) => page.items.iter().for_each(|row| self.check_listed(row, what)),
                Err(error) => tally.check(&error, READING, what),
            }
        }
        self.write(&vault, what, tally);
    }

    fn check_listed(&self, row: &About, what: &str) {
        let known = self.rows.iter().any(|(_, at, _)| {
            let Address { provider, owner, account } = at;
            [provider.to_string(), owner.to_string(), account.to_string()]
                == [&row.provider, &row.owner, &row.account].map(String::as_str)
        });
        assert!(known || !row.integrity, "{what}: a row that never was: {row:?}");
    }

    /// A write may fail. If it does not, it is there, or cannot be read; it is never another one.
    fn write(&self, vault: &Vault, what: &str, tally: &mut Tally) {
        const NEW: &str = r#"{"access_token":"canary"}"#;
        let (kind, address, _) = &self.rows[0];
        let written = vault.save(*kind, address, &document(NEW), &Facts::default());
        match written.and_then(|_| vault.get(*kind, address)) {
            Ok(got) => assert_eq!(got.document.to_vec(), NEW.as_bytes(), "{what}"),
            Err(error) => tally.check(&error, WRITING, what),
        }
    }
}

/// What may be said of a damaged file: mostly that it is; that it is no store, or another one, where what says so is
/// damaged.
const OPENING: &[Code] = &[
    Code::Corrupt,
    Code::NotAStore,
    Code::StoreMissing,
    Code::StoreNewer,
    Code::Integrity,
    Code::WrongKey,
    Code::SiteMismatch,
];
const READING: &[Code] = &[Code::Corrupt, Code::Integrity, Code::KeyUnavailable, Code::NotFound];
const WRITING: &[Code] =
    &[Code::Corrupt, Code::Integrity, Code::KeyUnavailable, Code::NotFound, Code::Conflict, Code::StoreNewer];

#[test]
fn a_file_that_was_cut_off_never_gives_another_document() {
    let small = Small::new("cut");
    let _end = Watchdog::new("files that were cut off", if full() { 900 } else { 60 });
    let mut tally = Tally::default();
    for length in (0..small.bytes.len()).step_by(512) {
        small.try_with(&small.bytes[..length], &format!("cut off at {length}"), &mut tally);
    }
    assert_eq!(tally.found.get("everything was right"), None, "a missing page went unnoticed: {tally:?}");
    small.try_with(&small.bytes, "whole", &mut tally);
    assert_eq!(tally.found["everything was right"], 1);
    figures(format_args!(
        "cut off at each 512 bytes of {}: {tally:?}, wrong documents: 0",
        small.bytes.len()
    ));
}

#[test]
fn flipped_bits_never_give_another_document() {
    let small = Small::new("flipped");
    let _end = Watchdog::new("flipped bits", if full() { 1800 } else { 90 });
    let mut tally = Tally::default();
    let page = 4096;
    let mut cases = 0;
    for begin in (0..small.bytes.len()).step_by(page) {
        // The header of each page, where SQLite is led astray, and places all over it.
        let spread = if full() { 13 } else { 1021 };
        let places = (0..if full() { 24 } else { 9 }).chain((begin / page % spread..page).step_by(spread));
        for place in places {
            let mut bytes = small.bytes.clone();
            bytes[begin + place] ^= [0x01, 0x80, 0xff][(begin / page + place) % 3];
            small.try_with(&bytes, &format!("flipped at {}", begin + place), &mut tally);
            cases += 1;
        }
    }
    assert!(tally.unclear.is_empty(), "{:?}", tally.unclear);
    assert!(tally.found["did not open"] > 0 && tally.found["a row was refused"] > 0, "{tally:?}");
    figures(format_args!(
        "bits flipped in {cases} places of {} bytes: {tally:?}, wrong documents: 0",
        small.bytes.len()
    ));
}

#[test]
fn damage_is_told_with_the_file_and_what_to_do() {
    let small = Small::new("damage");
    dm_connections::vault::close_all();
    std::fs::write(small.site.database(), &small.bytes[..small.bytes.len() / 2]).unwrap();
    let path = small.site.database();
    let error = small
        .site
        .open_with(&[key(1)])
        .and_then(|vault| small.rows.iter().try_for_each(|(kind, at, _)| vault.get(*kind, at).map(drop)));
    let error = support::refused(error, Code::Corrupt);
    says(&error, &[path.to_str().unwrap(), "damaged", "put back a backup"]);
    assert_eq!(error.detail()["path"], path.to_str().unwrap());
}
