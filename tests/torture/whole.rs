//! Whether a store is whole: SQLite says so of a copy, every row opens, and what was imported is all there or not.

use std::path::{Path, PathBuf};

use dm_connections::vault::{About, Kind, Query, Vault, VerifyOptions};
use rusqlite::Connection;

use crate::support::{Site, address, told};

/// The database as a crash would leave it, with its journal, in a directory beside the store.
pub fn copy(site: &Site) -> PathBuf {
    let copy = site.root.join("copy");
    let _ = std::fs::remove_dir_all(&copy);
    std::fs::create_dir(&copy).unwrap();
    for name in ["connections.sqlite", "connections.sqlite-journal"] {
        if site.store().join(name).exists() {
            std::fs::copy(site.store().join(name), copy.join(name)).unwrap();
        }
    }
    copy.join("connections.sqlite")
}

/// What SQLite itself and the tables' references say of a database, which nobody else uses.
pub fn sound(database: &Path) -> Connection {
    let sql = Connection::open(database).unwrap();
    let word: String = sql.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(word, "ok");
    assert_eq!(number(&sql, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    for orphans in [
        "SELECT count(*) FROM kept WHERE connection NOT IN (SELECT id FROM connections)",
        "SELECT count(*) FROM kept WHERE slot NOT IN (SELECT slot FROM import_ledger)",
        // A key that is retired opens nothing that is left.
        "SELECT count(*) FROM keys JOIN connections ON key_id = keys.id WHERE keys.status = 'retired'",
        "SELECT count(*) FROM keys JOIN store ON secret_key_id = keys.id WHERE keys.status <> 'primary'",
    ] {
        assert_eq!(number(&sql, orphans), 0, "{orphans}");
    }
    sql
}

pub fn number(sql: &Connection, query: &str) -> i64 {
    sql.query_row(query, [], |row| row.get(0)).unwrap()
}

/// No write without its record, and no record without its write: the chain is whole, and every row is as its last record
/// left it.
fn audited(vault: &Vault) {
    let mut options = VerifyOptions::default();
    loop {
        let page = vault.verify_audit(&options).unwrap();
        assert!(page.ok, "{:#?}", page.findings);
        match page.next {
            Some(next) => options.after = Some(next.parse().unwrap()),
            None => return,
        }
    }
}

/// A row as a reader finds it.
pub struct Found {
    pub kind: Kind,
    pub about: About,
    pub json: String,
}

/// Every row, each of which has to open and to be what the audit chain says.
pub fn all_rows(vault: &Vault) -> Vec<Found> {
    audited(vault);
    let mut rows = Vec::new();
    for kind in [Kind::Connection, Kind::Config] {
        let mut query = Query { limit: Some(1000), ..Query::default() };
        loop {
            let page = vault.find(kind, &query).unwrap();
            for about in page.items {
                assert!(about.integrity, "{about:?}");
                let at = address(&about.provider, &about.owner, &about.account);
                let got = vault.get(kind, &at).unwrap_or_else(|error| panic!("{at:?}: {}", told(&error)));
                let (document, got) = got.with_about();
                assert_eq!(got.id, about.id);
                rows.push(Found { kind, about, json: String::from_utf8_lossy(&document).into_owned() });
            }
            match page.next {
                Some(next) => query.after = Some(next.parse().unwrap()),
                None => break,
            }
        }
    }
    rows
}
