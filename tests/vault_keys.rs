//! Keys: wrong ones, earlier ones, new ones, and new data keys.
#![allow(missing_docs)]

mod support;

use dm_connections::vault::{Code, Facts, Kind, Query, Vault};
use support::{Site, address, document, fixture, import, key, text};

const CONN: Kind = Kind::Connection;

/// Provider, wrapped key, sealed document and MAC of a row.
type Bytes = (String, Vec<u8>, Vec<u8>, Vec<u8>);

fn all_bytes(site: &Site) -> Vec<Bytes> {
    let sql = site.sql();
    let mut rows =
        sql.prepare("SELECT provider, wrapped_key, sealed, row_mac FROM connections ORDER BY rowid").unwrap();
    rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn another_key_is_one_clear_error_and_changes_nothing() {
    let site = Site::new("wrong-key");
    import(&site.open(), &fixture("small.serialized"));
    let before = std::fs::read(site.database()).unwrap();
    let error = site.open_with(&[key(2)]).err().unwrap();
    let primary = site.open().info().unwrap().keys[0].id.clone();
    assert_eq!(error.code(), Code::WrongKey);
    assert!(error.message().contains(&primary) && error.detail()["needed"] == primary.as_str(), "{error}");
    assert_eq!(std::fs::read(site.database()).unwrap(), before);
    // The earlier key beside the new one heals, and the new one can be added.
    let vault = site.open_with(&[key(2), key(1)]).unwrap();
    assert_eq!(vault.find(CONN, &Query::default()).unwrap().items.len(), 7);
}

#[test]
fn a_new_key_takes_over_everything_and_the_old_one_opens_nothing_then() {
    let site = Site::new("rewrap");
    let vault = site.open();
    import(&vault, &fixture("mixed.serialized"));
    let before = all_bytes(&site);
    let documents: Vec<_> = support::expected(&fixture("expected-mixed.json"))
        .into_iter()
        .map(|one| (one.kind, text(&vault, one.kind, &one.address), one.address))
        .collect();
    let added = vault.add_key(&key(2)).unwrap();
    assert!(!added.known);
    let done = vault.rewrap().unwrap();
    let counts = vault.info().unwrap().counts;
    assert_eq!(done.rewrapped, counts.connections + counts.configs + counts.kept);
    assert_eq!((done.key, done.retired.len()), (added.key, 1));
    for (old, new) in before.iter().zip(all_bytes(&site)) {
        assert!(
            old.1 != new.1 && old.2 == new.2 && old.3 == new.3,
            "only wrapped keys change, no MAC and no blob"
        );
    }
    dm_connections::vault::close_all();
    assert_eq!(site.open_with(&[key(1)]).err().unwrap().code(), Code::WrongKey);
    let vault = site.open_with(&[key(2)]).unwrap();
    for (kind, json, at) in documents {
        assert_eq!(text(&vault, kind, &at), json);
    }
    assert!(vault.add_key(&key(2)).unwrap().known);
    assert_eq!(vault.rewrap().unwrap().rewrapped, 0);
}

#[test]
fn until_it_is_rewrapped_a_row_of_an_earlier_key_waits_for_it() {
    let site = Site::new("two-keys");
    let vault = site.open();
    let (old, new) = (address("reddit", "user:1", "default"), address("reddit", "user:2", "default"));
    vault.save(CONN, &old, &document(r#"{"access_token":"old"}"#), &Facts::default()).unwrap();
    vault.add_key(&key(2)).unwrap();
    vault.save(CONN, &new, &document(r#"{"access_token":"new"}"#), &Facts::default()).unwrap();
    assert_eq!(text(&vault, CONN, &old), r#"{"access_token":"old"}"#);
    dm_connections::vault::close_all();
    let only_new = site.open_with(&[key(2)]).unwrap();
    assert_eq!(text(&only_new, CONN, &new), r#"{"access_token":"new"}"#);
    let error = only_new.get(CONN, &old).err().unwrap();
    assert_eq!(error.code(), Code::KeyUnavailable);
    assert!(error.detail()["key"].is_string());
    let replaced = only_new.save(CONN, &old, &document("{}"), &Facts::default()).err().unwrap();
    assert_eq!(replaced.code(), Code::KeyUnavailable, "what could still be healed is not overwritten");
    let waiting = Query { status: Some("key_unavailable".parse().unwrap()), ..Query::default() };
    assert_eq!(only_new.find(CONN, &waiting).unwrap().items.len(), 1);
    assert_eq!(only_new.rewrap().err().unwrap().code(), Code::KeyUnavailable);
    let both = site.open_with(&[key(2), key(1)]).unwrap();
    assert_eq!(both.rewrap().unwrap().rewrapped, 1);
    assert_eq!(text(&both, CONN, &old), r#"{"access_token":"old"}"#);
}

#[test]
fn renewing_one_providers_data_keys_touches_nothing_else() {
    let site = Site::new("renew");
    let vault = site.open();
    import(&vault, &fixture("mixed.serialized"));
    let before = all_bytes(&site);
    let renewed = vault.renew_provider(&"reddit".parse().unwrap()).unwrap().renewed;
    let after = all_bytes(&site);
    let mut changed = 0;
    for (old, new) in before.iter().zip(&after) {
        if old.0 == "reddit" {
            assert!(old.1 != new.1 && old.2 != new.2);
            changed += 1;
        } else {
            assert_eq!(old, new);
        }
    }
    assert!(renewed == changed && changed > 5);
    let sql = site.sql();
    for (number, (_, wrapped, sealed, mac)) in before.iter().enumerate().filter(|(_, row)| row.0 == "reddit")
    {
        for with_key in [true, false] {
            let key = if with_key { wrapped } else { &after[number].1 };
            sql.execute("UPDATE connections SET wrapped_key = ?1, sealed = ?2, row_mac = ?3 WHERE rowid = (SELECT rowid FROM connections ORDER BY rowid LIMIT 1 OFFSET ?4)", rusqlite::params![key, sealed, mac, number as i64]).unwrap();
        }
    }
    drop(sql);
    let mut refused = 0;
    for one in support::expected(&fixture("expected-mixed.json")) {
        let got = vault.get(one.kind, &one.address);
        assert_eq!(got.is_err(), one.address.provider.as_str() == "reddit");
        refused += u64::from(got.is_err_and(|error| error.code() == Code::Integrity));
    }
    assert_eq!(refused, changed);
}

#[test]
fn renewing_one_connection_needs_one_that_exists() {
    let site = Site::new("renew-one");
    let vault = site.open();
    let saved =
        vault.save(CONN, &address("x", "user:1", "default"), &document("{}"), &Facts::default()).unwrap();
    assert_eq!(vault.renew_one(saved.id.parse().unwrap()).unwrap().renewed, 1);
    let error = vault.renew_one("01932c07-20bd-7000-8000-000000000000".parse().unwrap()).err().unwrap();
    assert_eq!(error.code(), Code::NotFound);
}

#[test]
fn with_nothing_set_up_a_key_file_is_made_once_and_never_anew() {
    let site = Site::new("key-file");
    let vault = site.open_with(&[]).unwrap();
    let path = std::path::PathBuf::from(vault.info().unwrap().key_file.unwrap());
    assert!(!path.starts_with(site.store()), "not in the store's own directory");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let at = address("reddit", "user:1", "default");
    vault.save(CONN, &at, &document(r#"{"access_token":"x"}"#), &Facts::default()).unwrap();
    dm_connections::vault::close_all();
    assert_eq!(text(&site.open_with(&[]).unwrap(), CONN, &at), r#"{"access_token":"x"}"#);
    dm_connections::vault::close_all();
    let away = site.root.join("away");
    std::fs::rename(&path, &away).unwrap();
    let error = site.open_with(&[]).err().unwrap();
    assert_eq!(error.code(), Code::MissingKey);
    assert!(!path.exists(), "no new key in its place");
    std::fs::rename(&away, &path).unwrap();
    assert!(Vault::open(&site.options(), &[]).is_ok());
}
