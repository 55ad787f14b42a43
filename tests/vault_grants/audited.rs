//! Pairs of an agent and an owner in the audit: what their own MACs and head cannot show, verifying names.

use dm_connections::vault::{AuditQuery, Code, Finding, PruneOptions, Vault, VerifyOptions, Which};

use crate::support::audit::{findings, next_second, prune_all, sound, verified};
use crate::support::{Site, address, refused};
use crate::{CONN, any, asking, connect, named, reason, revoke, wanted};

/// Everything of the first pair as it is now, and how to put it back.
const KEEP: &str = "DROP TABLE IF EXISTS temp.rows; DROP TABLE IF EXISTS temp.heads; \
                    CREATE TEMP TABLE rows AS SELECT * FROM grants WHERE owner = 'user:1'; \
                    CREATE TEMP TABLE heads AS SELECT * FROM grant_heads WHERE owner = 'user:1'";
const TAKE_AWAY: &str =
    "DELETE FROM grants WHERE owner = 'user:1'; DELETE FROM grant_heads WHERE owner = 'user:1'";
const PUT_BACK: &str = "DELETE FROM grants WHERE owner = 'user:1'; DELETE FROM grant_heads WHERE owner = 'user:1'; \
                        INSERT INTO grants SELECT * FROM temp.rows; INSERT INTO grant_heads SELECT * FROM temp.heads";

/// Two pairs: the connection's record is 2, the first pair's 3 and 4, the other's 5.
fn furnished(site: &Site) -> Vault {
    let vault = site.open();
    connect(&vault, "instagram", "user:1", "default");
    for owner in ["user:1", "user:1", "user:2"] {
        vault.create_grant(&any(owner, "instagram", "agent:7")).unwrap();
    }
    sound(&vault);
    vault
}

fn allowed(vault: &Vault) -> bool {
    vault.check_grant(&asking("user:1", "agent:7"), &wanted("instagram", &[])).unwrap().allowed
}

fn end_first(vault: &Vault) {
    revoke(vault, Which::Pair("agent:7".parse().unwrap(), "user:1".parse().unwrap()));
}

/// What is found, and that it names the first pair.
#[track_caller]
fn of_first_pair(vault: &Vault) -> Vec<(&'static str, Option<i64>)> {
    for Finding { agent, owner, message, .. } in verified(vault).findings {
        assert_eq!((agent.as_deref(), owner.as_deref()), (Some("agent:7"), Some("user:1")), "{message}");
    }
    findings(vault)
}

fn events(vault: &Vault) -> Vec<String> {
    let query = AuditQuery { limit: Some(1000), ..Default::default() };
    vault.audit(&query).unwrap().items.into_iter().map(|item| item.event).collect()
}

#[test]
fn every_change_of_a_pair_leaves_it_as_its_last_record_says() {
    let site = Site::new("pair-sound");
    let vault = furnished(&site);
    let id = connect(&vault, "instagram", "user:1", "work");
    let one = vault.create_grant(&named(&id, "agent:7")).unwrap().id;
    vault.create_grant(&named(&id, "agent:8")).unwrap();
    sound(&vault);
    revoke(&vault, Which::One(one.parse().unwrap()));
    assert_eq!(revoke(&vault, Which::One(one.parse().unwrap())).revoked, 0);
    sound(&vault);
    assert_eq!(vault.delete(CONN, &address("instagram", "user:1", "work"), None).unwrap().grants, 1);
    sound(&vault);
    let before = events(&vault).len();
    end_first(&vault);
    assert_eq!(events(&vault)[before..], ["grant_revoked", "grant_revoked"]);
    sound(&vault);
    // What changes nothing leaves no record, and no other head.
    let before = events(&vault).len();
    end_first(&vault);
    vault.clear(&"user:9".parse().unwrap(), None).unwrap();
    assert_eq!(events(&vault).len(), before);
    vault.clear(&"user:1".parse().unwrap(), None).unwrap();
    vault.clear(&"agent:7".parse().unwrap(), None).unwrap();
    vault.create_grant(&any("user:1", "instagram", "agent:7")).unwrap();
    sound(&vault);
    assert_eq!(verified(&vault).pairs, 3);
    let last = vault.audit(&AuditQuery { newest_first: true, ..Default::default() }).unwrap().items.remove(0);
    let was = last.details["pair"]["was"].as_str().unwrap();
    assert_eq!((last.event.as_str(), was.len()), ("grant_created", 64));
    // The head itself, in the open, would help to put the pair back.
    let heads: Vec<String> = {
        let sql = site.sql();
        let mut heads = sql.prepare("SELECT lower(hex(head)) FROM grant_heads").unwrap();
        heads.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert!(!heads.iter().any(|head| last.details["pair"].to_string().contains(head)));
}

#[test]
fn a_whole_pair_that_was_put_back_is_named() {
    let site = Site::new("pair-back");
    let vault = furnished(&site);
    let sql = site.sql();
    sql.execute_batch(KEEP).unwrap();
    end_first(&vault);
    assert!(!allowed(&vault));
    sound(&vault);
    sql.execute_batch(PUT_BACK).unwrap();
    // Its own MACs fit: only the chain knows better.
    assert!(allowed(&vault));
    assert_eq!(of_first_pair(&vault), [("pair_put_back", Some(7))]);
    // A write over it does not hide what was done.
    vault.create_grant(&any("user:1", "instagram", "agent:7")).unwrap();
    assert_eq!(of_first_pair(&vault), [("pair_put_back", Some(8))]);
    vault.create_grant(&any("user:1", "instagram", "agent:7")).unwrap();
    assert_eq!(of_first_pair(&vault), [("pair_put_back", Some(8))]);
    // With the chain's end put back too, but not its records, and with the records, but not the pair.
    let state = || -> (i64, Vec<u8>) {
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        sql.query_row("SELECT sequence, head FROM audit_streams", [], row).unwrap()
    };
    let (sequence, head) = state();
    end_first(&vault);
    sql.execute("UPDATE audit_streams SET sequence = ?1, head = ?2", rusqlite::params![sequence, head])
        .unwrap();
    assert!(findings(&vault).contains(&("record_unknown", Some(10))));
    sql.execute("DELETE FROM audit WHERE sequence > ?1", [sequence]).unwrap();
    assert_eq!(of_first_pair(&vault), [("pair_put_back", Some(8)), ("pair_ahead", Some(9))]);
}

#[test]
fn a_pair_that_was_taken_away_with_its_head_is_named() {
    let site = Site::new("pair-gone");
    let vault = furnished(&site);
    let sql = site.sql();
    sql.execute_batch(KEEP).unwrap();
    sql.execute_batch(TAKE_AWAY).unwrap();
    assert!(!allowed(&vault));
    assert_eq!(of_first_pair(&vault), [("pair_missing", Some(4))]);
    // A new one in its place does not hide it.
    vault.create_grant(&any("user:1", "instagram", "agent:7")).unwrap();
    assert_eq!(of_first_pair(&vault), [("pair_missing", Some(6))]);
    sql.execute_batch(PUT_BACK).unwrap();
    assert_eq!(of_first_pair(&vault), [("pair_missing", Some(6)), ("pair_put_back", Some(6))]);
    // The head alone, and with a revoked grant left there.
    end_first(&vault);
    assert_eq!(of_first_pair(&vault), [("pair_missing", Some(6)), ("pair_changed", Some(9))]);
    sql.execute("DELETE FROM grant_heads WHERE owner = 'user:1'", []).unwrap();
    let found = of_first_pair(&vault);
    assert!(
        found.contains(&("pair_missing", Some(9))) && found.contains(&("pair_changed", None)),
        "{found:?}"
    );
}

#[test]
fn what_the_decision_refuses_is_named_too_and_ending_it_stays_so() {
    let copy = "INSERT INTO grants SELECT zeroblob(16), agent, owner, provider, connection, effect, state, not_before, \
                expires_at, uses_left, terms, origin, revision, mac FROM grants WHERE owner = 'user:1' LIMIT 1";
    let tampering = [
        copy,
        "UPDATE grants SET uses_left = 9 WHERE owner = 'user:1'",
        "DELETE FROM grants WHERE id = (SELECT min(id) FROM grants WHERE owner = 'user:1')",
        "UPDATE grant_heads SET sequence = 9223372036854775807 WHERE owner = 'user:1'",
        "UPDATE grant_heads SET head = zeroblob(32) WHERE owner = 'user:1'",
    ];
    for damage in tampering {
        let site = Site::new("pair-refused");
        let vault = furnished(&site);
        site.sql().execute_batch(damage).unwrap();
        let answer = vault.check_grant(&asking("user:1", "agent:7"), &wanted("instagram", &[])).unwrap();
        assert_eq!(reason(&answer), ("integrity", "grants"), "{damage}");
        assert_eq!(of_first_pair(&vault), [("pair_changed", None)], "{damage}");
        // It is ended, given anew, and counts again; that somebody was here stays until it is pruned.
        end_first(&vault);
        vault.create_grant(&any("user:1", "instagram", "agent:7")).unwrap();
        assert!(allowed(&vault), "{damage}");
        let found = of_first_pair(&vault);
        assert!(
            found.len() == 1 && found[0].0 == "pair_changed" && found[0].1.is_some(),
            "{damage}: {found:?}"
        );
        next_second();
        let options = PruneOptions::before(dm_connections::domain::UnixTime::MAX);
        refused(vault.prune_audit(options), Code::Integrity);
        assert_eq!(prune_all(&vault, true).accepted, 1, "{damage}");
        sound(&vault);
    }
}

#[test]
fn a_revoked_grant_brought_back_or_forged_is_named() {
    let site = Site::new("pair-revoked");
    let vault = furnished(&site);
    let sql = site.sql();
    sql.execute_batch(KEEP).unwrap();
    end_first(&vault);
    sql.execute_batch("REPLACE INTO grants SELECT * FROM temp.rows").unwrap();
    let answer = vault.check_grant(&asking("user:1", "agent:7"), &wanted("instagram", &[])).unwrap();
    assert_eq!(reason(&answer), ("integrity", "grants"));
    assert_eq!(of_first_pair(&vault), [("pair_changed", None)]);

    // One that is edited among the revoked ones allows nothing, but tells lies.
    end_first(&vault);
    sql.execute("UPDATE grants SET terms = replace(terms, 'user:1', 'user:2') WHERE owner = 'user:1'", [])
        .unwrap();
    assert!(of_first_pair(&vault).contains(&("pair_changed", None)));
    // Grants for somebody who never had any.
    let stranger = "INSERT INTO grants SELECT randomblob(16), 'agent:' || char(10) || 'ü:9', owner, provider, connection, \
                    effect, state, not_before, expires_at, uses_left, terms, origin, revision, mac FROM temp.rows";
    sql.execute_batch(stranger).unwrap();
    let strange =
        verified(&vault).findings.into_iter().find(|found| found.agent.as_deref() == Some("agent:\nü:9"));
    assert_eq!(strange.unwrap().code, "pair_changed");
    let (mut after, mut pairs) = (None, 0);
    loop {
        let page =
            vault.verify_audit(&VerifyOptions { after, limit: Some(1), ..Default::default() }).unwrap();
        pairs += page.pairs;
        match page.next {
            Some(next) => after = Some(next.parse().unwrap()),
            None => break,
        }
    }
    assert_eq!(pairs, 3);
}

#[test]
fn records_about_pairs_that_are_changed_deleted_or_swapped_are_named() {
    let site = Site::new("pair-records");
    let vault = furnished(&site);
    let sql = site.sql();
    sql.execute_batch("CREATE TEMP TABLE was AS SELECT * FROM audit").unwrap();
    let swap = "UPDATE audit SET sequence = 99 WHERE sequence = 3; UPDATE audit SET sequence = 3 WHERE sequence = 4; \
                UPDATE audit SET sequence = 4 WHERE sequence = 99";
    for (damage, code, sequence) in [
        ("UPDATE audit SET about_pair = 0 WHERE sequence = 4", "record_changed", 4),
        ("UPDATE audit SET about_pair = 1 WHERE sequence = 2", "record_changed", 2),
        ("UPDATE audit SET agent = 'agent:8' WHERE sequence = 4", "record_changed", 4),
        ("UPDATE audit SET subject = 'user:2' WHERE sequence = 4", "record_changed", 4),
        (
            "UPDATE audit SET record = (SELECT record FROM audit WHERE sequence = 3) WHERE sequence = 4",
            "record_changed",
            4,
        ),
        ("DELETE FROM audit WHERE sequence = 4", "record_missing", 4),
        (swap, "record_changed", 3),
    ] {
        sql.execute_batch(damage).unwrap();
        let found = findings(&vault);
        assert!(found.contains(&(code, Some(sequence))), "{damage}: {found:?}");
        sql.execute_batch("DELETE FROM audit; INSERT INTO audit SELECT * FROM was").unwrap();
        sound(&vault);
    }
    // The whole chain: nothing is known, and it begins again with what is there.
    sql.execute_batch("DELETE FROM audit; UPDATE audit_streams SET sequence = 0, head = zeroblob(32)")
        .unwrap();
    let unknown = ("pair_unknown", None);
    assert_eq!(findings(&vault), [("row_unknown", None), unknown, unknown]);
    revoke(&vault, Which::Pair("agent:7".parse().unwrap(), "user:2".parse().unwrap()));
    assert_eq!(events(&vault), ["begun", "baseline", "baseline", "baseline", "grant_revoked"]);
    sound(&vault);
}

#[test]
fn a_pair_that_somebody_changed_is_no_beginning() {
    let site = Site::new("pair-begin");
    let vault = furnished(&site);
    let sql = site.sql();
    sql.execute_batch("DELETE FROM audit; UPDATE audit_streams SET sequence = 0, head = zeroblob(32)")
        .unwrap();
    sql.execute("UPDATE grants SET uses_left = 9 WHERE owner = 'user:1'", []).unwrap();
    end_first(&vault);
    assert_eq!(events(&vault)[1..3], ["baseline", "baseline"], "of the row, and of the other pair");
    let found = of_first_pair(&vault);
    assert!(found.len() == 1 && found[0].0 == "pair_changed" && found[0].1.is_some(), "{found:?}");
}

#[test]
fn pruning_keeps_how_the_pairs_have_to_stand() {
    let site = Site::new("pair-prune");
    let vault = furnished(&site);
    let sql = site.sql();
    sql.execute_batch(KEEP).unwrap();
    end_first(&vault);
    assert_eq!(prune_all(&vault, false).carried, 3);
    assert_eq!(events(&vault), ["carried", "carried", "carried", "checkpoint"]);
    sound(&vault);
    vault.create_grant(&any("user:2", "instagram", "agent:7")).unwrap();
    sound(&vault);
    assert_eq!(prune_all(&vault, false).carried, 3);
    sound(&vault);

    let carried = vault.audit(&AuditQuery { agent: "agent:7".parse().ok(), ..Default::default() }).unwrap();
    let of_first = carried.items.iter().find(|item| item.subject.as_deref() == Some("user:1")).unwrap();
    sql.execute_batch(PUT_BACK).unwrap();
    assert_eq!(of_first_pair(&vault), [("pair_put_back", Some(of_first.sequence))]);
    // Pruning does not make it right: what the record says counts, not how the pair is.
    assert_eq!(prune_all(&vault, false).carried, 3);
    assert_eq!(of_first_pair(&vault)[0].0, "pair_put_back");
    sql.execute_batch(TAKE_AWAY).unwrap();
    assert_eq!(of_first_pair(&vault)[0].0, "pair_missing");
    assert_eq!(prune_all(&vault, true).accepted, 1);
    assert_eq!(of_first_pair(&vault)[0].0, "pair_missing");
    // The way out, though there is nothing to end: and that is only told until it is pruned.
    end_first(&vault);
    assert_eq!(of_first_pair(&vault)[0].0, "pair_changed");
    let before = events(&vault).len();
    end_first(&vault);
    assert_eq!(events(&vault).len(), before);
    assert_eq!(prune_all(&vault, true).accepted, 1);
    sound(&vault);
}
