//! Anchors, and forgetting old records.

use dm_connections::domain::UnixTime;
use dm_connections::vault::{
    Anchor, AuditQuery, EventsOptions, Format, ImportOptions, Kind, PruneOptions, Vault, VerifyOptions,
};

use crate::support::audit::{findings, next_second, prune_all, sound, verified};
use crate::support::{Site, address, refused, salt, told};
use crate::{at, events, items, save, three};

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
    let nothing = vault.prune_audit(PruneOptions::before(at(1000))).unwrap();
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
        vault.prune_audit(PruneOptions::before(UnixTime::MAX)),
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
    let options = ImportOptions::new(Format::Json);
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
    // A reader of events looks no further at once than a page, though there is none.
    let reader = "mail".parse().unwrap();
    let read = || vault.events(&reader, EventsOptions { from_start: true, ..Default::default() }).unwrap();
    let told = read();
    assert_eq!((told.events.len(), told.more, &*told.cursor), (0, true, "0:10000"));
    let held = prune_all(&vault, false);
    assert_eq!((held.pruned, held.more, held.waits_for.len()), (0, false, 1));
    vault.events_done(&reader, told.cursor.parse().unwrap()).unwrap();
    let told = read();
    assert_eq!((told.events.len(), told.more, told.missed, &*told.cursor), (0, false, false, "0:10052"));
    vault.events_done(&reader, told.cursor.parse().unwrap()).unwrap();

    let first = prune_all(&vault, false);
    assert_eq!((first.pruned, first.carried, first.more), (10_000, 9_999, true));
    assert!(first.waits_for.is_empty() && !read().missed);
    assert!(verified(&vault).ok);
    // However far the time that was given lies ahead, what was carried is not carried again and again.
    let rest = vault.prune_audit(PruneOptions::before(UnixTime::MAX)).unwrap();
    assert_eq!((rest.pruned, rest.carried, rest.more), (52, 51, false));
}
