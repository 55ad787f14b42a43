//! A damaged file: cut off anywhere, bits flipped anywhere. An error, or the right documents; never another one, never
//! a panic.

use std::collections::BTreeMap;

use dm_connections::vault::{Address, Code, Facts, Kind, Query, Vault};

use crate::says;
use crate::support::process::{Watchdog, figures, full};
use crate::support::{self, Site, document, fixture, key, told};

/// What a small store holds.
struct Small {
    site: Site,
    bytes: Vec<u8>,
    rows: Vec<(Kind, Address, String)>,
}

/// How often what was noticed.
type Tally = BTreeMap<&'static str, u32>;

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
                told(&error);
                let names = matches!(
                    error.code(),
                    Code::Corrupt
                        | Code::NotAStore
                        | Code::StoreMissing
                        | Code::StoreNewer
                        | Code::Integrity
                        | Code::WrongKey
                        | Code::SiteMismatch
                );
                assert!(names, "{what}: opening said {:?}: {error}", error.code());
                return *tally.entry("did not open").or_default() += 1;
            }
        };
        *tally.entry("opened").or_default() += 1;
        let mut noticed = "everything was right";
        for (kind, address, json) in &self.rows {
            match vault.get(*kind, address) {
                Ok(got) => assert_eq!(*got.document, *json.as_bytes(), "{what}: {address:?}"),
                Err(error) => {
                    told(&error);
                    let clear = matches!(
                        error.code(),
                        Code::Corrupt | Code::Integrity | Code::NotFound | Code::KeyUnavailable
                    );
                    assert!(clear, "{what}: {address:?} said {:?}: {error}", error.code());
                    noticed = if error.code() == Code::NotFound {
                        "a row was not found"
                    } else {
                        "a row was refused"
                    };
                }
            }
        }
        *tally.entry(noticed).or_default() += 1;
        for kind in [Kind::Connection, Kind::Config] {
            match vault.find(kind, &Query { limit: Some(1000), ..Query::default() }) {
                Ok(page) => {
                    for row in page.items.iter().filter(|row| row.integrity) {
                        let known = self.rows.iter().any(|(_, at, _)| {
                            (at.provider.as_str(), at.account.as_str()) == (&row.provider, &row.account)
                                && at.owner.to_string() == row.owner
                        });
                        assert!(known, "{what}: a row that never was: {row:?}");
                    }
                }
                Err(error) => assert_eq!(error.code(), Code::Corrupt, "{what}: {error}"),
            }
        }
        self.write(&vault, what);
    }

    /// A write may fail. If it does not, it is there.
    fn write(&self, vault: &Vault, what: &str) {
        let (kind, address, _) = &self.rows[0];
        match vault.save(*kind, address, &document(r#"{"access_token":"canary"}"#), &Facts::default()) {
            Ok(_) => match vault.get(*kind, address) {
                Ok(got) => assert_eq!(*got.document, *br#"{"access_token":"canary"}"#, "{what}"),
                Err(error) => {
                    assert!(matches!(error.code(), Code::Corrupt | Code::NotFound), "{what}: {error}")
                }
            },
            Err(error) => {
                told(&error);
                let clear = matches!(
                    error.code(),
                    Code::Corrupt
                        | Code::Integrity
                        | Code::KeyUnavailable
                        | Code::Conflict
                        | Code::StoreNewer
                );
                assert!(clear, "{what}: a save said {:?}: {error}", error.code());
            }
        }
    }
}

#[test]
fn a_file_that_was_cut_off_never_gives_another_document() {
    let small = Small::new("cut");
    let _end = Watchdog::new("files that were cut off", if full() { 900 } else { 60 });
    let mut tally = Tally::new();
    for length in (0..small.bytes.len()).step_by(512) {
        small.try_with(&small.bytes[..length], &format!("cut off at {length}"), &mut tally);
    }
    assert_eq!(tally.get("everything was right"), None, "a missing page went unnoticed: {tally:?}");
    small.try_with(&small.bytes, "whole", &mut tally);
    assert_eq!(tally["everything was right"], 1);
    figures(format_args!(
        "cut off at each 512 bytes of {}: {tally:?}, wrong documents: 0",
        small.bytes.len()
    ));
}

#[test]
fn flipped_bits_never_give_another_document() {
    let small = Small::new("flipped");
    let _end = Watchdog::new("flipped bits", if full() { 1800 } else { 90 });
    let mut tally = Tally::new();
    let page = 4096;
    let mut cases = 0;
    for begin in (0..small.bytes.len()).step_by(page) {
        // The header of each page, where SQLite is led astray, and places all over it.
        let spread = if full() { 13 } else { 1021 };
        let places = (0..if full() { 24 } else { 2 }).chain((begin / page % spread..page).step_by(spread));
        for place in places {
            let mut bytes = small.bytes.clone();
            bytes[begin + place] ^= [0x01, 0x80, 0xff][(begin / page + place) % 3];
            small.try_with(&bytes, &format!("flipped at {}", begin + place), &mut tally);
            cases += 1;
        }
    }
    assert!(tally["did not open"] > 0 && tally["a row was refused"] > 0, "{tally:?}");
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
