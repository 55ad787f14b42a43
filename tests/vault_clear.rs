//! An owner goes, with everything that it has.
#![allow(missing_docs)]

mod support;

use dm_connections::domain::{Owner, Provider};
use dm_connections::vault::{Cleared, Code, Facts, Format, ImportOptions, Kind, Query, Report, Vault};
use support::{Site, address, document, refused, salt};

const CONN: Kind = Kind::Connection;

/// Two providers, each with the site's and two owners' own; with pieces that are kept in every place that has any.
const OPTION: &str = r#"{
    "reddit": {
        "config": {"client_id": "site"}, "account": {"username": "site"}, "accounts": {"press": {"n": 1}, "Bad": {"n": 2}},
        "extra": "site's", "delegations": {"user:1": "kept"},
        "principals": {
            "user:1": {
                "config": {"client_id": "one"}, "account": {"username": "one", "access_token": "dm:enc:v1:x"},
                "accounts": {"b": {"n": 1}, "c": [1], "Bad": {"n": 2}}, "extra": "one's", "more": {"a": 1}
            },
            "user:11": {"account": {"username": "eleven"}, "extra": "eleven's"},
            "agent:1": {"account": {"username": "agent"}, "extra": "agent's"}
        }
    },
    "twitter": {
        "account": [], "principals": {"user:1": {"account": {"username": "one"}, "config": []}}
    },
    "gone": {"principals": {"user:1": {"account": {"username": "one"}}}}
}"#;

fn import_json(vault: &Vault, option: &str) -> Report {
    let options = ImportOptions::new(Format::Json);
    vault.import(option.as_bytes(), &[salt()], options).unwrap()
}

fn clear(vault: &Vault, owner: &str, provider: Option<&str>) -> (u64, u64, u64) {
    let owner: Owner = owner.parse().unwrap();
    let provider: Option<Provider> = provider.map(|provider| provider.parse().unwrap());
    let Cleared { connections, configs, kept, unread, note, .. } =
        vault.clear(&owner, provider.as_ref()).unwrap();
    assert_eq!(unread, 0);
    assert!(note.contains("Backups"));
    (connections, configs, kept)
}

fn left(vault: &Vault) -> (u64, u64, u64) {
    let counts = vault.info().unwrap().counts;
    (counts.connections, counts.configs, counts.kept)
}

#[test]
fn a_person_goes_with_all_that_is_its_own_and_nothing_else() {
    let site = Site::new("clear");
    let vault = site.open();
    import_json(&vault, OPTION);
    let before = left(&vault);
    // Of reddit: account and b; config; access_token, c, Bad, extra, more.
    assert_eq!(clear(&vault, "user:1", Some("reddit")), (2, 1, 5));
    assert_eq!(left(&vault), (before.0 - 2, before.1 - 1, before.2 - 5));
    assert_eq!(clear(&vault, "user:1", Some("reddit")), (0, 0, 0));
    refused(vault.get(CONN, &address("reddit", "user:1", "b")), Code::NotFound);
    assert!(vault.get(CONN, &address("reddit", "user:11", "default")).is_ok());
    assert!(vault.get(CONN, &address("twitter", "user:1", "default")).is_ok());
    assert_eq!(clear(&vault, "user:1", None), (1, 0, 1));
    assert_eq!(left(&vault), (before.0 - 3, before.1 - 1, before.2 - 6));
    assert_eq!(clear(&vault, "agent:1", None), (1, 0, 1));
}

#[test]
fn the_site_goes_and_its_principals_stay() {
    let site = Site::new("clear-site");
    let vault = site.open();
    import_json(&vault, OPTION);
    // Account and press; config; Bad. `extra` and `delegations` are nobody's.
    assert_eq!(clear(&vault, "site:0", Some("reddit")), (2, 1, 1));
    assert_eq!(clear(&vault, "site:0", None), (0, 0, 1));
    assert_eq!(clear(&vault, "site:1", None), (0, 0, 0));
    assert_eq!(vault.find(CONN, &Query::default()).unwrap().items.len(), 5);
}

#[test]
fn a_second_import_brings_nothing_back() {
    let site = Site::new("clear-twice");
    let vault = site.open();
    import_json(&vault, OPTION);
    clear(&vault, "user:1", None);
    let after = left(&vault);
    let again = import_json(&vault, OPTION);
    assert_eq!((again.counts.imported, again.counts.kept, again.counts.quarantined), (0, 0, 0));
    assert_eq!(again.entries.iter().filter(|entry| entry.code == "deleted_since").count(), 4);
    assert_eq!(left(&vault), after);
}

#[test]
fn more_rows_than_a_page_go_and_none_is_left_in_the_file() {
    let site = Site::new("clear-many");
    let vault = site.open();
    let accounts: Vec<String> =
        (0..1100).map(|number| format!(r#""a{number}":{{"n":"canary{number}"}}"#)).collect();
    import_json(
        &vault,
        &format!(r#"{{"reddit":{{"principals":{{"user:1":{{"accounts":{{{}}}}}}}}}}}"#, accounts.join(",")),
    );
    let sealed: Vec<u8> =
        site.sql().query_row("SELECT sealed FROM connections LIMIT 1", [], |row| row.get(0)).unwrap();
    let there =
        || site.every_byte().iter().any(|(_, bytes)| bytes.windows(64).any(|part| *part == sealed[..64]));
    assert!(there());
    assert_eq!(clear(&vault, "user:1", None), (1100, 0, 0));
    assert_eq!(left(&vault), (0, 0, 0));
    assert!(!there());
}

#[test]
fn rows_that_do_not_open_go_too_and_pieces_that_do_not_are_counted() {
    let site = Site::new("clear-unread");
    let vault = site.open();
    import_json(&vault, OPTION);
    vault.save(CONN, &address("reddit", "user:1", "third"), &document("{}"), &Facts::default()).unwrap();
    site.sql().execute("UPDATE connections SET scopes = 'edited' WHERE owner = 'user:1'", []).unwrap();
    site.sql()
        .execute("UPDATE kept SET sealed = zeroblob(length(sealed)) WHERE reason = 'delegations'", [])
        .unwrap();
    let owner: Owner = "user:1".parse().unwrap();
    let cleared = vault.clear(&owner, None).unwrap();
    assert_eq!((cleared.connections, cleared.configs, cleared.unread), (4, 1, 1));
    refused(vault.get(CONN, &address("reddit", "user:1", "third")), Code::NotFound);
}
