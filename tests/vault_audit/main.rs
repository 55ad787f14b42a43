//! The audit chain: each write has its record, and nothing that is done to records or rows by SQL goes unnoticed.
#![allow(missing_docs)]

mod events;
mod pruning;
#[path = "../support/mod.rs"]
mod support;
mod tampering;

use dm_connections::domain::{Effect, Status, UnixTime};
use dm_connections::vault::{AuditItem, AuditQuery, Format, ImportOptions, Kind, NewGrant, Vault};
use support::acting::{any, asking, reason, wanted};
use support::audit::{findings, prune_all, sound, verified};
use support::{Site, address, document, fixture, key, refused, salt};

const SECRET: &str = r#"{"access_token":"canary-token","refresh_token":"canary-refresh"}"#;

fn save(vault: &Vault, owner: &str) -> String {
    let at = address("reddit", owner, "default");
    vault.save(Kind::Connection, &at, &document(SECRET), &Default::default()).unwrap().id
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

/// An agent asks for the first one's account, which nobody let it have.
fn refuse(vault: &Vault) {
    let acquired = vault.acquire(&asking("user:1", "agent:7"), &wanted("reddit", &[])).unwrap();
    assert_eq!((reason(&acquired.answer).0, acquired.credential.is_none()), ("no_grant", true));
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
        replace: true,
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
        let options = ImportOptions { dry_run, ..ImportOptions::new(Format::Json) };
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
fn records_are_found_by_all_that_can_be_asked() {
    let site = Site::new("audit-query");
    let (vault, ids) = three(&site);
    refuse(&vault);
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
        [2, 5, 6]
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

#[test]
fn a_looping_agent_adds_one_record_an_hour() {
    let site = Site::new("audit-refusals");
    let (vault, _) = three(&site);
    for _ in 0..50 {
        refuse(&vault);
    }
    vault.create_grant(&NewGrant { effect: Effect::Forbid, ..any("user:1", "reddit", "agent:7") }).unwrap();
    let forbidden = vault.acquire(&asking("user:1", "agent:7"), &wanted("reddit", &[])).unwrap();
    assert_eq!(reason(&forbidden.answer).0, "forbidden");
    let found = items(&vault, &AuditQuery { event: Some("refused".into()), ..Default::default() });
    // The hour may end in between.
    let hours = found.len() - 1;
    assert!((1..=2).contains(&hours), "{found:#?}");
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
    site.back_to_the_first_version();

    let vault = site.open();
    assert_eq!(vault.info().unwrap().schema, 3);
    assert_eq!(findings(&vault), [("row_unknown", None); 3], "there is no chain yet");
    assert_eq!(support::text(&vault, Kind::Connection, &address("reddit", "user:1", "default")), SECRET);
    save(&vault, "user:1");
    assert_eq!(events(&vault), ["begun", "baseline", "baseline", "baseline", "saved"]);
    sound(&vault);
}
