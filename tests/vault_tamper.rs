//! Somebody has the database in hand: what is moved, put back or edited does not count.
#![allow(missing_docs)]

mod support;

use dm_connections::vault::{Code, Facts, Kind, Query, Vault};
use rusqlite::params;
use support::{Site, address, document};

const CONN: Kind = Kind::Connection;
/// How many rows; all of the issue's in `make torture`.
fn rows() -> usize {
    if std::env::var_os("DM_TORTURE").is_some() { 100 } else { 25 }
}

fn hundred(site: &Site) -> (Vault, Vec<dm_connections::vault::Address>) {
    let vault = site.open();
    let addresses: Vec<_> = (0..rows())
        .map(|number| {
            let provider = ["twitter", "reddit", "youtube", "tiktok"][number % 4];
            address(
                provider,
                &format!("user:{}", 1 + number / 8),
                if number / 4 % 2 == 0 { "default" } else { "second" },
            )
        })
        .collect();
    for (number, at) in addresses.iter().enumerate() {
        let json = format!(r#"{{"access_token":"token-{number:03}"}}"#);
        vault.save(CONN, at, &document(&json), &Facts::default()).unwrap();
    }
    (vault, addresses)
}

/// Puts a blob and a wrapped key into a row, past the library.
fn put(sql: &rusqlite::Connection, id: &[u8], wrapped: &[u8], sealed: &[u8]) {
    sql.execute(
        "UPDATE connections SET wrapped_key = ?1, sealed = ?2 WHERE id = ?3",
        params![wrapped, sealed, id],
    )
    .unwrap();
}

fn blobs(site: &Site) -> Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> {
    let sql = site.sql();
    let mut rows = sql.prepare("SELECT id, wrapped_key, sealed FROM connections ORDER BY rowid").unwrap();
    rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn no_blob_opens_in_another_row() {
    let site = Site::new("pairs");
    let (vault, addresses) = hundred(&site);
    let rows = blobs(&site);
    let sql = site.sql();
    let mut opened = 0;
    for (to, at) in addresses.iter().enumerate() {
        assert!(vault.get(CONN, at).is_ok(), "what is known of a row makes no difference");
        for (from, (_, wrapped, sealed)) in rows.iter().enumerate().filter(|(from, _)| *from != to) {
            // With the wrapped key it was sealed under, and with the row's own.
            for key in [wrapped, &rows[to].1] {
                if from % 10 != to % 10 && key != wrapped {
                    continue;
                }
                put(&sql, &rows[to].0, key, sealed);
                match vault.get(CONN, at) {
                    Ok(_) => opened += 1,
                    Err(error) => assert_eq!(error.code(), Code::Integrity, "{error}"),
                }
            }
        }
        let (id, wrapped, sealed) = &rows[to];
        put(&sql, id, wrapped, sealed);
        assert!(vault.get(CONN, at).is_ok());
    }
    assert_eq!(opened, 0);
}

#[test]
fn no_earlier_blob_of_a_row_opens() {
    let site = Site::new("replay");
    let vault = site.open();
    let at = address("reddit", "user:1", "default");
    let mut earlier = Vec::new();
    for number in 0..20 {
        vault
            .save(CONN, &at, &document(&format!(r#"{{"access_token":"{number}"}}"#)), &Facts::default())
            .unwrap();
        earlier.push(blobs(&site).remove(0));
    }
    let (id, wrapped, last) = earlier.pop().unwrap();
    let sql = site.sql();
    assert!(vault.get(CONN, &at).is_ok(), "what is known of a row makes no difference");
    for (_, old_wrapped, sealed) in &earlier {
        for key in [old_wrapped, &wrapped] {
            put(&sql, &id, key, sealed);
            assert_eq!(vault.get(CONN, &at).err().unwrap().code(), Code::Integrity);
        }
    }
    put(&sql, &id, &wrapped, &last);
    assert_eq!(support::text(&vault, CONN, &at), r#"{"access_token":"19"}"#);
}

#[test]
fn edited_columns_are_refused_and_marked() {
    let site = Site::new("columns");
    let vault = site.open();
    let at = address("instagram", "user:1", "default");
    let json =
        r#"{"access_token":"t","user_id":"42","username":"me","scope":"read","token_expires_at":4000000000}"#;
    let edits = [
        "owner = 'user:2'",
        "provider = 'reddit'",
        "account = 'other'",
        "remote_id = '43'",
        "remote_id = NULL",
        "display_name = 'you'",
        "scopes = 'admin'",
        "status = 'pending'",
        "status_cause = 'x'",
        "expires_at = 1",
        "expires_at = NULL",
        "revision = revision + 1",
        "seal_revision = seal_revision + 1",
        "connected_at = 5",
        "updated_at = 5",
        "kind = 1",
        "row_mac = zeroblob(32)",
        "row_mac = zeroblob(0)",
        "legacy = '{\"quarantined\":[]}'",
    ];
    for edit in edits {
        vault.delete(CONN, &at, None).unwrap();
        vault.save(CONN, &at, &document(json), &Facts::default()).unwrap();
        assert!(vault.get(CONN, &at).is_ok(), "what is known of a row makes no difference");
        let [kind, provider, owner, account] =
            ["kind", "provider", "owner", "account"].map(|column| edit.starts_with(column));
        site.sql().execute(&format!("UPDATE connections SET {edit}"), []).unwrap();
        let asked = support::address(
            if provider { "reddit" } else { "instagram" },
            if owner { "user:2" } else { "user:1" },
            if account { "other" } else { "default" },
        );
        let kind = if kind { Kind::Config } else { CONN };
        let error = vault.get(kind, &asked).err().unwrap_or_else(|| panic!("{edit} went unnoticed"));
        assert_eq!(error.code(), Code::Integrity, "{edit}: {error}");
        let page = vault.find(kind, &Query::default()).unwrap();
        assert!(!page.items[0].integrity && page.items[0].scopes.is_empty(), "{edit}");
        assert_eq!(
            vault.save(kind, &asked, &document(json), &Facts::default()).err().unwrap().code(),
            Code::Integrity
        );
        assert!(vault.delete(kind, &asked, None).unwrap().deleted, "the way out of it");
    }
}

#[test]
fn no_planted_secret_is_in_any_file() {
    let site = Site::new("canaries");
    let vault = site.open();
    let canary = "canary-7f3a9c51";
    for user in 1..=30 {
        let at = address("reddit", &format!("user:{user}"), "default");
        let json = format!(r#"{{"access_token":"{canary}-{user}","nested":{{"deep":"{canary}"}}}}"#);
        vault.save(CONN, &at, &document(&json), &Facts::default()).unwrap();
        vault
            .merge(CONN, &at, &document(&format!(r#"{{"refresh_token":"{canary}-r"}}"#)), &Facts::default())
            .unwrap();
        if user % 3 == 0 {
            vault.delete(CONN, &at, None).unwrap();
        }
    }
    vault.renew_provider(&"reddit".parse().unwrap()).unwrap();
    support::import(&vault, &support::fixture("mixed.serialized"));
    let files = site.every_byte();
    assert!(files.iter().any(|(path, bytes)| path.ends_with("connections.sqlite") && bytes.len() > 10_000));
    for (path, bytes) in files {
        for secret in [canary.as_bytes(), b"fake-", &[1; 32]] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{}", path.display());
        }
    }
}
