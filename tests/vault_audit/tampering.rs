//! What somebody with the database in hand does to records and rows.

use dm_connections::vault::{AuditQuery, Kind};

use crate::support::{Site, address, document, refused};
use crate::{findings, items, refuse, save, sound, three, verified};

#[test]
fn a_record_that_is_changed_is_named() {
    let site = Site::new("audit-changed");
    let (vault, _) = three(&site);
    for change in [
        "at = at + 1",
        "event = 'merged'",
        "agent = 'agent:1'",
        "subject = 'user:9'",
        "connection = zeroblob(16)",
        "grant_id = zeroblob(16)",
        "about_row = 0",
        "record = '{}'",
    ] {
        let sql = site.sql();
        sql.execute_batch("CREATE TEMP TABLE was AS SELECT * FROM audit").unwrap();
        assert_eq!(
            sql.execute(
                &format!(
                    "UPDATE audit SET {} WHERE sequence = 3",
                    change.replace("'{}'", "CAST('{}' AS BLOB)")
                ),
                []
            ),
            Ok(1)
        );
        let found = findings(&vault);
        assert!(found.contains(&("record_changed", Some(3))), "{change}: {found:?}");
        let told = items(&vault, &AuditQuery::default());
        let intact: Vec<bool> = told.iter().map(|item| item.intact).collect();
        assert_eq!(intact, [true, true, false, true, true], "{change}");
        sql.execute_batch("DELETE FROM audit; INSERT INTO audit SELECT * FROM was").unwrap();
        drop(sql);
        sound(&vault);
    }
    site.sql().execute("UPDATE audit SET mac = zeroblob(32) WHERE sequence = 3", []).unwrap();
    assert_eq!(findings(&vault), [("record_changed", Some(3)), ("record_changed", Some(4))]);
}

#[test]
fn records_deleted_swapped_and_inserted_are_named() {
    let site = Site::new("audit-deleted");
    let (vault, _) = three(&site);
    site.sql().execute("DELETE FROM audit WHERE sequence = 3", []).unwrap();
    let found = findings(&vault);
    assert_eq!(found, [("record_missing", Some(3)), ("row_unknown", None)]);

    let site = {
        drop(vault);
        drop(site);
        Site::new("audit-swapped")
    };
    let (vault, _) = three(&site);
    site.sql()
        .execute_batch(
            "UPDATE audit SET sequence = 99 WHERE sequence = 3; UPDATE audit SET sequence = 3 WHERE sequence = 4; \
             UPDATE audit SET sequence = 4 WHERE sequence = 99",
        )
        .unwrap();
    let found = findings(&vault);
    assert_eq!(found[..2], [("record_changed", Some(3)), ("record_changed", Some(4))]);

    let site = {
        drop(vault);
        drop(site);
        Site::new("audit-inserted")
    };
    let (vault, _) = three(&site);
    site.sql()
        .execute(
            "INSERT INTO audit (stream, sequence, at, event, record, mac) SELECT 0, 6, at, event, record, mac \
             FROM audit WHERE sequence = 1",
            [],
        )
        .unwrap();
    assert_eq!(findings(&vault), [("record_unknown", Some(6))]);
    // In front of the first, at the last number there is, and with an end that leaves no number.
    let sql = site.sql();
    for (number, first) in [(0, "record_unknown"), (-5, "record_unknown"), (i64::MAX, "record_missing")] {
        sql.execute("UPDATE audit SET sequence = ?1 WHERE sequence NOT BETWEEN 1 AND 5", [number]).unwrap();
        assert_eq!(findings(&vault)[0].0, first, "{number}");
    }
    let at = address("reddit", "user:1", "default");
    let refused_save = vault.save(Kind::Connection, &at, &document("{}"), &Default::default());
    refused(refused_save, dm_connections::vault::Code::Integrity);
    sql.execute("UPDATE audit SET sequence = 6 WHERE sequence > 6", []).unwrap();
    // The next write goes on behind it, and what was found stays.
    save(&vault, "user:1");
    let found = findings(&vault);
    assert!(found.iter().any(|(code, _)| *code == "chain_broken"), "{found:?}");
    assert!(
        found.iter().any(|(code, sequence)| *code == "record_changed" && *sequence == Some(6)),
        "{found:?}"
    );
}

#[test]
fn a_tail_that_is_cut_off_is_named() {
    let site = Site::new("audit-tail");
    let (vault, _) = three(&site);
    let sql = site.sql();
    let kept: Vec<u8> = sql.query_row("SELECT head FROM audit_streams", [], |row| row.get(0)).unwrap();
    save(&vault, "user:2");
    refuse(&vault);

    sql.execute("DELETE FROM audit WHERE sequence > 6", []).unwrap();
    assert_eq!(findings(&vault), [("record_missing", Some(7)), ("head_changed", Some(7))][..1]);
    // With the end set back by somebody who sees the table only: the MAC of the last record is no head.
    sql.execute("UPDATE audit_streams SET sequence = 6, head = (SELECT CAST(mac || substr(head, 33) AS BLOB) FROM audit WHERE sequence = 6)", [])
        .unwrap();
    assert_eq!(findings(&vault), [("head_changed", Some(6))]);
    // By somebody who kept an earlier end: the row tells.
    sql.execute("DELETE FROM audit WHERE sequence > 5", []).unwrap();
    sql.execute("UPDATE audit_streams SET sequence = 5, head = ?1", [&kept]).unwrap();
    assert_eq!(findings(&vault), [("row_ahead", Some(3))]);
    // All of it, and the end: no row is known any more.
    sql.execute_batch("DELETE FROM audit; UPDATE audit_streams SET sequence = 0, head = zeroblob(32)")
        .unwrap();
    assert_eq!(findings(&vault), [("row_unknown", None); 3]);
}

#[test]
fn a_checkpoint_that_was_made_up_hides_nothing() {
    let site = Site::new("audit-checkpoint");
    let (vault, _) = three(&site);
    site.sql()
        .execute_batch(
            "INSERT INTO audit (stream, sequence, at, event, record, mac) SELECT 0, 6, at, 'checkpoint', \
             CAST('{\"through\":2,\"mac\":\"' || lower(hex(mac)) || '\"}' AS BLOB), mac FROM audit WHERE sequence = 2; \
             DELETE FROM audit WHERE sequence <= 2",
        )
        .unwrap();
    let found = findings(&vault);
    assert!(
        found.contains(&("record_missing", Some(1))) && found.contains(&("record_unknown", Some(6))),
        "{found:?}"
    );
}

#[test]
fn a_damaged_end_is_still_named_after_the_next_write() {
    for damage in [
        "UPDATE audit_streams SET head = zeroblob(64)",
        "UPDATE audit_streams SET sequence = 4",
        "DELETE FROM audit WHERE sequence = 5",
        "PRAGMA foreign_keys = OFF; DELETE FROM audit_streams",
    ] {
        let site = Site::new("audit-end");
        let (vault, _) = three(&site);
        site.sql().execute_batch(damage).unwrap();
        assert!(!verified(&vault).ok, "{damage}");
        save(&vault, "user:4");
        save(&vault, "user:4");
        let found = findings(&vault);
        assert!(found.iter().any(|(code, _)| *code == "chain_broken"), "{damage}: {found:?}");
    }
}

#[test]
fn rows_put_back_inserted_edited_and_deleted_are_named() {
    let site = Site::new("audit-put-back");
    let (vault, ids) = three(&site);
    let sql = site.sql();
    sql.execute_batch("ATTACH ':memory:' AS old; CREATE TABLE old.rows AS SELECT * FROM connections")
        .unwrap();
    let back = "DELETE FROM connections WHERE owner = 'user:2'; \
                INSERT INTO connections SELECT * FROM old.rows WHERE owner = 'user:2'";
    save(&vault, "user:2");
    sound(&vault);
    sql.execute_batch(back).unwrap();
    let found = verified(&vault);
    assert_eq!((found.findings[0].code, found.findings[0].sequence), ("row_put_back", Some(6)));
    assert_eq!(found.findings[0].connection.as_ref(), Some(&ids[1]));
    assert_eq!(found.findings.len(), 1);
    // It is handed out until then, and a write over it does not hide what was done.
    save(&vault, "user:2");
    assert_eq!(findings(&vault), [("row_put_back", Some(7))]);

    let at = address("reddit", "user:2", "default");
    vault.delete(Kind::Connection, &at, None).unwrap();
    sql.execute_batch("INSERT INTO connections SELECT * FROM old.rows WHERE owner = 'user:2'").unwrap();
    assert_eq!(findings(&vault), [("row_put_back", Some(7)), ("row_put_back", Some(8))]);
    sql.execute("DELETE FROM connections WHERE owner IN ('user:2', 'user:3')", []).unwrap();
    assert_eq!(findings(&vault), [("row_missing", Some(4)), ("row_put_back", Some(7))]);
    sql.execute_batch("INSERT INTO connections SELECT * FROM old.rows WHERE owner = 'user:3'").unwrap();
    sql.execute("UPDATE connections SET scopes = 'everything' WHERE owner = 'user:3'", []).unwrap();
    assert_eq!(findings(&vault), [("row_put_back", Some(7)), ("row_changed", None)]);
}

#[test]
fn a_row_inserted_by_sql_is_named_also_after_it_was_deleted_here() {
    let site = Site::new("audit-inserted-row");
    let (vault, _) = three(&site);
    let sql = site.sql();
    sql.execute_batch(
        "CREATE TEMP TABLE made AS SELECT * FROM connections WHERE owner = 'user:1'; \
         UPDATE made SET id = randomblob(16), owner = 'user:9'; INSERT INTO connections SELECT * FROM made",
    )
    .unwrap();
    assert_eq!(findings(&vault), [("row_changed", None)]);
    vault.delete(Kind::Connection, &address("reddit", "user:9", "default"), None).unwrap();
    assert_eq!(findings(&vault), [("row_unknown", Some(6))]);
}
