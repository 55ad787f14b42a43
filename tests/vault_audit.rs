//! The audit chain: each write has its record, and nothing that is done to records or rows by SQL goes unnoticed.
#![allow(missing_docs)]

mod support;

use dm_connections::domain::{Status, UnixTime};
use dm_connections::vault::{
    Anchor, AuditItem, AuditQuery, Format, ImportOptions, Kind, PruneOptions, Pruned, Refusal, Vault,
    Verified, VerifyOptions,
};
use support::{Site, address, document, fixture, key, refused, salt, told};

const SECRET: &str = r#"{"access_token":"canary-token","refresh_token":"canary-refresh"}"#;

fn save(vault: &Vault, owner: &str) -> String {
    let at = address("reddit", owner, "default");
    vault.save(Kind::Connection, &at, &document(SECRET), &Default::default()).unwrap().id
}

fn verified(vault: &Vault) -> Verified {
    vault.verify_audit(&VerifyOptions::default()).unwrap()
}

#[track_caller]
fn sound(vault: &Vault) {
    let all = verified(vault);
    assert!(all.ok && all.next.is_none(), "{:#?}", all.findings);
    // The same in small pages.
    let (mut after, mut records, mut rows) = (None, 0, 0);
    loop {
        let page =
            vault.verify_audit(&VerifyOptions { after, limit: Some(3), ..Default::default() }).unwrap();
        assert!(page.ok, "{:#?}", page.findings);
        (records, rows) = (records + page.records, rows + page.rows);
        match page.next {
            Some(next) => after = Some(next.parse().unwrap()),
            None => break,
        }
    }
    assert_eq!((records, rows), (all.records, all.rows));
}

/// What verifying finds: each code with the number of its record.
fn findings(vault: &Vault) -> Vec<(&'static str, Option<i64>)> {
    let found = verified(vault);
    assert_eq!(found.ok, found.findings.is_empty());
    found.findings.iter().map(|finding| (finding.code, finding.sequence)).collect()
}

fn items(vault: &Vault, query: &AuditQuery) -> Vec<AuditItem> {
    vault.audit(&AuditQuery { limit: Some(1000), ..query.clone() }).unwrap().items
}

fn events(vault: &Vault) -> Vec<String> {
    items(vault, &AuditQuery::default()).into_iter().map(|item| item.event).collect()
}

/// A store of three connections; their records are 2, 3 and 4, the first one's second is 5.
fn three(site: &Site) -> (Vault, Vec<String>) {
    let vault = site.open();
    let ids = ["user:1", "user:2", "user:3"].map(|owner| save(&vault, owner)).to_vec();
    save(&vault, "user:1");
    sound(&vault);
    assert_eq!(events(&vault), ["begun", "saved", "saved", "saved", "saved"]);
    (vault, ids)
}

fn at(seconds: i64) -> UnixTime {
    UnixTime::new(seconds).unwrap()
}

/// Prunes everything that happened until now.
fn prune_all(vault: &Vault, accept_findings: bool) -> Pruned {
    next_second();
    vault.prune_audit(PruneOptions { before: UnixTime::MAX, accept_findings }).unwrap()
}

/// What is of this second is not pruned.
fn next_second() {
    let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let then = now();
    while now() == then {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn every_write_has_its_record_and_none_a_secret() {
    let site = Site::new("audit");
    let vault = site.open();
    assert_eq!((events(&vault).len(), verified(&vault).ok), (0, true));
    let mine = address("reddit", "user:12", "default");
    let id = save(&vault, "user:12");
    vault
        .merge(Kind::Connection, &mine, &document(r#"{"access_token":"canary-2"}"#), &Default::default())
        .unwrap();
    vault.set_status(&mine, Status::NeedsReauth, Some("canary-cause")).unwrap();
    vault.renew_provider(&"reddit".parse().unwrap()).unwrap();
    vault.save(Kind::Config, &mine, &document(r#"{"client_secret":"canary"}"#), &Default::default()).unwrap();
    vault.add_key(&key(2)).unwrap();
    vault.rewrap().unwrap();
    vault.delete(Kind::Connection, &mine, None).unwrap();
    vault.clear(&"user:12".parse().unwrap(), None).unwrap();
    let expected = [
        "begun",
        "saved",
        "merged",
        "status_set",
        "renewed",
        "saved",
        "key_added",
        "rewrapped",
        "deleted",
        "deleted",
        "owner_cleared",
    ];
    assert_eq!(events(&vault), expected);
    // What changes nothing leaves no record.
    assert!(!vault.delete(Kind::Connection, &mine, None).unwrap().deleted);
    vault.clear(&"user:12".parse().unwrap(), None).unwrap();
    refused(
        vault.merge(Kind::Connection, &mine, &document("{}"), &Default::default()),
        dm_connections::vault::Code::NotFound,
    );
    assert_eq!(events(&vault), expected);
    sound(&vault);

    let saved = &items(&vault, &AuditQuery::default())[1];
    assert_eq!((saved.subject.as_deref(), saved.connection.as_ref()), (Some("user:12"), Some(&id)));
    assert_eq!((&saved.agent, &saved.grant, saved.intact), (&None, &None, true));
    assert_eq!(saved.details["provider"], "reddit");
    assert_eq!(saved.details["revision"], 2);
    let sql = site.sql();
    let mut read = sql.prepare("SELECT record FROM audit").unwrap();
    let records = read.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    for record in records {
        let record = String::from_utf8(record.unwrap()).unwrap();
        assert!(!record.contains("canary"), "{record}");
    }
}

#[test]
fn a_replaced_connection_and_an_import_are_recorded_row_by_row() {
    let site = Site::new("audit-rows");
    let vault = site.open();
    let at = address("reddit", "user:1", "default");
    let facts = |id: &str| dm_connections::vault::Facts {
        remote_id: Some(Some(id.parse().unwrap())),
        ..Default::default()
    };
    let first = vault.save(Kind::Connection, &at, &document(SECRET), &facts("one")).unwrap();
    let second = vault.save(Kind::Connection, &at, &document(SECRET), &facts("two")).unwrap();
    assert_eq!(second.replaced, Some(first.id.clone()));
    assert_eq!(events(&vault), ["begun", "saved", "deleted", "saved"]);
    let gone = &items(&vault, &AuditQuery::default())[2];
    assert_eq!((gone.connection.as_ref(), &gone.details["code"]), (Some(&first.id), &"replaced".into()));

    let before = events(&vault).len();
    let option = fixture("small.json");
    let import = |dry_run| {
        let options = ImportOptions { format: Format::Json, dry_run };
        vault.import(&option, &[salt()], options).unwrap()
    };
    let report = import(true);
    assert_eq!(events(&vault).len(), before, "a rehearsal leaves nothing");
    let rows = report.entries.iter().filter(|entry| matches!(entry.code, "imported" | "quarantined")).count();
    assert!(rows > 0);
    import(false);
    let after = events(&vault);
    assert_eq!(after.iter().filter(|event| *event == "imported").count(), rows);
    assert_eq!(after.last().unwrap(), "import_done");
    sound(&vault);
}

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
    vault.record_refusal(&refusal()).unwrap();

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

#[test]
fn a_store_put_back_whole_fits_no_later_anchor() {
    let site = Site::new("audit-anchor");
    let (vault, _) = three(&site);
    let verify = |vault: &Vault, anchor: &Anchor| {
        let options = VerifyOptions { anchor: Some(anchor.clone()), ..Default::default() };
        let found = vault.verify_audit(&options).unwrap();
        found.findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    let early = vault.audit_anchor().unwrap();
    let backup = std::fs::read(site.database()).unwrap();
    save(&vault, "user:2");
    let late = vault.audit_anchor().unwrap();
    for anchor in [&early, &late] {
        assert_eq!(verify(&vault, anchor), [""; 0]);
    }
    for forged in [
        Anchor { at: late.at + 1, ..late.clone() },
        Anchor { hash: early.hash.clone(), ..late.clone() },
        Anchor { streams: early.streams.clone(), ..late.clone() },
        Anchor { streams: Vec::new(), ..late.clone() },
    ] {
        assert_eq!(verify(&vault, &forged), ["anchor_differs"], "{forged:?}");
    }

    std::fs::write(site.database(), &backup).unwrap();
    sound(&vault);
    assert_eq!(verify(&vault, &early), [""; 0]);
    assert_eq!(verify(&vault, &late), ["anchor_ahead"]);
    // It goes on, and comes as far.
    for _ in 0..3 {
        save(&vault, "user:3");
    }
    sound(&vault);
    assert_eq!((verify(&vault, &early), verify(&vault, &late)), (vec![], vec!["anchor_differs"]));
}

#[test]
fn pruning_keeps_the_meaning_of_verify() {
    let site = Site::new("audit-prune");
    let (vault, ids) = three(&site);
    let early = vault.audit_anchor().unwrap();
    let gone = save(&vault, "user:4");
    vault.delete(Kind::Connection, &address("reddit", "user:4", "default"), None).unwrap();
    let sql = site.sql();
    sql.execute_batch("ATTACH ':memory:' AS old; CREATE TABLE old.rows AS SELECT * FROM connections")
        .unwrap();
    let nothing = vault.prune_audit(PruneOptions { before: at(1000), accept_findings: false }).unwrap();
    assert_eq!((nothing.pruned, nothing.carried, nothing.more), (0, 0, false));
    assert_eq!(events(&vault).len(), 7);

    let pruned = prune_all(&vault, false);
    assert_eq!((pruned.pruned, pruned.carried, pruned.more, pruned.accepted), (7, 3, false, 0));
    assert_eq!(events(&vault), ["carried", "carried", "carried", "checkpoint"]);
    sound(&vault);
    let options = |anchor: &Anchor| VerifyOptions { anchor: Some(anchor.clone()), ..Default::default() };
    assert!(vault.verify_audit(&options(&pruned.anchor)).unwrap().ok);
    assert_eq!(vault.verify_audit(&options(&early)).unwrap().findings[0].code, "anchor_pruned");

    // Once more, and then everything that could be named before still is.
    save(&vault, "user:1");
    assert_eq!(prune_all(&vault, false).carried, 3);
    sound(&vault);
    assert!(items(&vault, &AuditQuery::default()).iter().all(|item| item.intact));
    let newest = verified(&vault).records;
    assert_eq!(newest, 4);
    let checkpoint = items(&vault, &AuditQuery::default())[3].sequence;
    sql.execute_batch(
        "DELETE FROM connections WHERE owner = 'user:1'; INSERT INTO connections SELECT * FROM old.rows \
         WHERE owner = 'user:1'; DELETE FROM connections WHERE owner = 'user:2'",
    )
    .unwrap();
    let found: Vec<_> = verified(&vault).findings.iter().map(|f| (f.code, f.connection.clone())).collect();
    assert_eq!(
        found,
        [("row_missing", Some(ids[1].clone())), ("row_put_back", Some(ids[0].clone()))],
        "{gone} was deleted in time"
    );
    // Pruning makes none of it right.
    next_second();
    let refused = refused(
        vault.prune_audit(PruneOptions { before: UnixTime::MAX, accept_findings: false }),
        dm_connections::vault::Code::Integrity,
    );
    assert!(told(&refused).contains("Nothing was pruned"));
    let accepted = prune_all(&vault, true);
    assert_eq!((accepted.accepted, accepted.carried), (1, 3));
    assert_eq!(verified(&vault).findings.len(), 2, "a row that is gone or old stays so");

    sql.execute("DELETE FROM audit WHERE sequence = ?1", [checkpoint + 1]).unwrap();
    let found = findings(&vault);
    assert!(found.contains(&("record_missing", Some(checkpoint + 1))), "{found:?}");
    // A checkpoint that somebody made up moves nothing.
    sql.execute("UPDATE audit SET record = CAST(replace(CAST(record AS TEXT), 'through\":', 'through\":9') AS BLOB) WHERE event = 'checkpoint'", []).unwrap();
    assert!(!verified(&vault).ok);
}

#[test]
fn a_long_chain_is_verified_and_pruned_a_page_at_a_time() {
    let site = Site::new("audit-long");
    let vault = site.open();
    let accounts: Vec<String> =
        (0..10_050).map(|number| format!(r#""n{number}":{{"access_token":"canary"}}"#)).collect();
    let option = format!(r#"{{"reddit":{{"accounts":{{{}}}}}}}"#, accounts.join(","));
    let options = ImportOptions { format: Format::Json, dry_run: false };
    vault.import(option.as_bytes(), &[salt()], options).unwrap();
    let (mut after, mut pages, mut seen) = (None, 0, (0, 0));
    loop {
        let page = vault.verify_audit(&VerifyOptions { after, ..Default::default() }).unwrap();
        assert!(page.ok, "{:#?}", page.findings);
        assert!(page.records + page.rows <= 10_000);
        (pages, seen) = (pages + 1, (seen.0 + page.records, seen.1 + page.rows));
        match page.next {
            Some(next) => after = Some(next.parse().unwrap()),
            None => break,
        }
    }
    assert_eq!((pages, seen), (3, (10_052, 10_050)));
    let first = prune_all(&vault, false);
    assert_eq!((first.pruned, first.carried, first.more), (10_000, 9_999, true));
    assert!(verified(&vault).ok);
    // However far the time that was given lies ahead, what was carried is not carried again and again.
    let rest = vault.prune_audit(PruneOptions { before: UnixTime::MAX, accept_findings: false }).unwrap();
    assert_eq!((rest.pruned, rest.carried, rest.more), (52, 51, false));
}

#[test]
fn records_are_found_by_all_that_can_be_asked() {
    let site = Site::new("audit-query");
    let (vault, ids) = three(&site);
    vault.record_refusal(&refusal()).unwrap();
    let sequences =
        |query: AuditQuery| -> Vec<i64> { items(&vault, &query).iter().map(|item| item.sequence).collect() };
    assert_eq!(sequences(AuditQuery::default()), [1, 2, 3, 4, 5, 6]);
    assert_eq!(sequences(AuditQuery { newest_first: true, ..Default::default() }), [6, 5, 4, 3, 2, 1]);
    assert_eq!(
        sequences(AuditQuery { subject: Some("user:1".parse().unwrap()), ..Default::default() }),
        [2, 5, 6]
    );
    assert_eq!(sequences(AuditQuery { agent: Some("agent:7".parse().unwrap()), ..Default::default() }), [6]);
    assert_eq!(
        sequences(AuditQuery { connection: Some(ids[0].parse().unwrap()), ..Default::default() }),
        [2, 5]
    );
    assert_eq!(sequences(AuditQuery { event: Some("saved".into()), ..Default::default() }), [2, 3, 4, 5]);
    assert_eq!(sequences(AuditQuery { since: Some(UnixTime::MAX), ..Default::default() }), [0; 0]);
    assert_eq!(sequences(AuditQuery { until: Some(UnixTime::MAX), ..Default::default() }).len(), 6);
    for newest_first in [false, true] {
        let (mut after, mut all) = (None, Vec::new());
        loop {
            let page = vault
                .audit(&AuditQuery { after, newest_first, limit: Some(4), ..Default::default() })
                .unwrap();
            all.extend(page.items.iter().map(|item| item.sequence));
            match page.next {
                Some(next) => after = Some(next.parse().unwrap()),
                None => break,
            }
        }
        assert_eq!(all, sequences(AuditQuery { newest_first, ..Default::default() }));
    }
}

fn refusal() -> Refusal {
    Refusal {
        agent: "agent:7".parse().unwrap(),
        target: "reddit of user:1".into(),
        code: "no_grant".into(),
        subject: Some("user:1".parse().unwrap()),
        connection: None,
    }
}

#[test]
fn a_looping_agent_adds_one_record_an_hour() {
    let site = Site::new("audit-refusals");
    let (vault, _) = three(&site);
    let other = Refusal { code: "forbidden".into(), ..refusal() };
    let counts: Vec<u64> = (0..50).map(|_| vault.record_refusal(&refusal()).unwrap()).collect();
    vault.record_refusal(&other).unwrap();
    let found = items(&vault, &AuditQuery { event: Some("refused".into()), ..Default::default() });
    // The hour may end in between.
    let hours = counts.iter().filter(|count| **count == 1).count();
    assert!(hours <= 2 && found.len() == hours + 1, "{counts:?}");
    assert_eq!(found.iter().filter_map(|item| item.repeats).sum::<u64>(), 51);
    assert_eq!(
        (found[0].details["code"].as_str(), found[0].agent.as_deref()),
        (Some("no_grant"), Some("agent:7"))
    );
    sound(&vault);
    // This hour goes on counting, whatever becomes of its record.
    assert_eq!(prune_all(&vault, false).refusals as usize, hours - 1);
}

#[test]
fn a_store_of_the_first_version_goes_on_with_a_chain_of_what_is_there() {
    let site = Site::new("audit-first");
    let (vault, _) = three(&site);
    drop(vault);
    dm_connections::vault::close_all();
    // The same rows, in tables of the first step only.
    let first = site.root.join("first.sqlite");
    let sql = rusqlite::Connection::open(&first).unwrap();
    sql.execute_batch(include_str!("../src/store/sqlite/schema.sql")).unwrap();
    sql.execute("ATTACH ?1 AS now", [site.database().to_str().unwrap()]).unwrap();
    sql.execute_batch(
        "INSERT INTO keys SELECT * FROM now.keys; INSERT INTO store SELECT * FROM now.store; \
         INSERT INTO connections SELECT * FROM now.connections; \
         UPDATE store SET schema = 1, min_reader = 1, min_writer = 1; \
         PRAGMA user_version = 1; PRAGMA application_id = 1145914190",
    )
    .unwrap();
    drop(sql);
    std::fs::write(site.database(), std::fs::read(&first).unwrap()).unwrap();

    let vault = site.open();
    assert_eq!(vault.info().unwrap().schema, 2);
    assert_eq!(findings(&vault), [("row_unknown", None); 3], "there is no chain yet");
    assert_eq!(support::text(&vault, Kind::Connection, &address("reddit", "user:1", "default")), SECRET);
    save(&vault, "user:1");
    assert_eq!(events(&vault), ["begun", "baseline", "baseline", "baseline", "saved"]);
    sound(&vault);
}
