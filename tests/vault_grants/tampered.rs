//! Somebody has the database in hand.

use dm_connections::domain::Effect;
use dm_connections::vault::{Code, NewGrant, Vault, Which, close_all};

use crate::support::{Site, refused};
use crate::{all, any, asking, connect, operations, reason, revoke, wanted};

const GRANTS: &str = "SELECT id, agent, owner, provider, connection, effect, state, not_before, expires_at, uses_left, \
                      terms, origin, revision, mac FROM grants";

/// A post with the account of `user:1`, by `agent:7`, for them.
fn decided(vault: &Vault) -> (String, String) {
    let answer = vault.check_grant(&asking("user:1", "agent:7"), &wanted("instagram", &["publish"])).unwrap();
    let (reason, clause) = reason(&answer);
    (reason.to_owned(), clause.to_owned())
}

fn is(found: (String, String), reason: &str, clause: &str) {
    assert_eq!((found.0.as_str(), found.1.as_str()), (reason, clause));
}

/// Two permissions and one prohibition of deleting, all of `user:1` to `agent:7`.
fn furnished(site: &Site) -> Vault {
    let vault = site.open();
    connect(&vault, "instagram", "user:1", "default");
    let publish = NewGrant { limits: operations(&["publish"]), ..any("user:1", "instagram", "agent:7") };
    vault.create_grant(&publish).unwrap();
    vault
        .create_grant(&NewGrant { uses: Some(3), expires_at: Some(time(4_000_000_000)), ..publish.clone() })
        .unwrap();
    let forbidden = NewGrant { effect: Effect::Forbid, limits: operations(&["comment"]), ..publish };
    vault.create_grant(&forbidden).unwrap();
    is(decided(&vault), "allowed", "");
    vault
}

fn time(seconds: i64) -> dm_connections::domain::UnixTime {
    dm_connections::domain::UnixTime::new(seconds).unwrap()
}

#[test]
fn an_edited_grant_is_noticed_whatever_was_edited() {
    let site = Site::new("edited");
    let vault = furnished(&site);
    let edits = [
        "agent = 'agent:8'",
        "owner = 'user:2'",
        "provider = 'reddit'",
        "connection = zeroblob(16)",
        "effect = 'forbid'",
        "state = 'revoked'",
        "not_before = 0",
        "expires_at = 4100000000",
        "expires_at = NULL",
        "uses_left = 4",
        "uses_left = NULL",
        "terms = replace(terms, '\"publish\"', '\"read\"')",
        "terms = '{}'",
        "terms = ''",
        "origin = 'delegation'",
        "revision = 2",
        "mac = zeroblob(32)",
        "mac = zeroblob(0)",
        "id = zeroblob(16)",
    ];
    let sql = site.sql();
    for edit in edits {
        let changed = sql.execute(&format!("UPDATE grants SET {edit} WHERE uses_left = 3"), []).unwrap();
        assert_eq!(changed, 1);
        is(decided(&vault), "integrity", "grants");
        restore(&site, &vault);
        is(decided(&vault), "allowed", "");
    }
}

/// Grants like those of [`furnished`], given anew.
fn restore(site: &Site, vault: &Vault) {
    site.sql().execute_batch("DELETE FROM grants; DELETE FROM grant_heads").unwrap();
    let publish = NewGrant { limits: operations(&["publish"]), ..any("user:1", "instagram", "agent:7") };
    vault.create_grant(&publish).unwrap();
    vault
        .create_grant(&NewGrant { uses: Some(3), expires_at: Some(time(4_000_000_000)), ..publish })
        .unwrap();
}

#[test]
fn what_was_put_in_taken_away_or_brought_back_is_noticed() {
    let site = Site::new("pair");
    let mut vault = furnished(&site);
    let whole = std::fs::read(site.database()).unwrap();
    let ids: Vec<String> = all(&vault).into_iter().map(|grant| grant.id).collect();
    let hex = |id: &str| format!("x'{}'", id.replace('-', ""));
    let copied = format!("INSERT INTO grants {}", GRANTS.replace("SELECT id", "SELECT zeroblob(16)"));
    let tampering = [
        format!("{copied} LIMIT 1"),
        "DELETE FROM grants WHERE effect = 'forbid'".to_owned(),
        format!("DELETE FROM grants WHERE id = {}", hex(&ids[0])),
        "DELETE FROM grants".to_owned(),
        "DELETE FROM grant_heads".to_owned(),
        "UPDATE grant_heads SET count = count + 1".to_owned(),
        "UPDATE grant_heads SET sequence = sequence + 1".to_owned(),
        "UPDATE grant_heads SET head = zeroblob(32)".to_owned(),
        "UPDATE grant_heads SET owner = 'user:2'".to_owned(),
    ];
    for sql in tampering {
        site.sql().execute_batch(&sql).unwrap();
        is(decided(&vault), "integrity", "grants");
        assert!(all(&vault).iter().all(|grant| !grant.integrity && grant.terms.is_none()), "{sql}");
        // Nothing is added to what cannot be believed.
        let more = vault.create_grant(&any("user:1", "instagram", "agent:7"));
        refused(more, Code::Integrity);
        close_all();
        std::fs::write(site.database(), &whole).unwrap();
        vault = site.open();
        is(decided(&vault), "allowed", "");
    }

    // A revoked one, brought back as it was.
    let sql = site.sql();
    sql.execute_batch(&format!("CREATE TABLE before AS {GRANTS}")).unwrap();
    for permission in all(&vault).into_iter().filter(|grant| grant.effect == "permit") {
        revoke(&vault, Which::One(permission.id.parse().unwrap()));
    }
    is(decided(&vault), "grant_revoked", "grant.revoked");
    sql.execute_batch("REPLACE INTO grants SELECT * FROM before").unwrap();
    is(decided(&vault), "integrity", "grants");
    sql.execute_batch("UPDATE grants SET state = 'revoked'").unwrap();
    is(decided(&vault), "integrity", "grants");
}

#[test]
fn the_way_out_ends_the_pair_and_a_new_grant_counts_again() {
    let site = Site::new("way-out");
    let vault = furnished(&site);
    site.sql().execute_batch("UPDATE grants SET uses_left = 100 WHERE uses_left = 3").unwrap();
    let ids: Vec<String> = all(&vault).into_iter().map(|grant| grant.id).collect();
    let one = Which::One(ids[0].parse().unwrap());
    let one = dm_connections::vault::Revocation { which: one, by: "cli".into(), why: None };
    let error = refused(vault.revoke_grants(&one), Code::Integrity);
    assert!(error.message().contains("revoke all grants of this owner to this agent"), "{error}");

    let ended = revoke(&vault, Which::Pair("agent:7".parse().unwrap(), "user:1".parse().unwrap()));
    assert_eq!((ended.revoked, ended.removed), (2, 1));
    is(decided(&vault), "grant_revoked", "grant.revoked");
    vault.create_grant(&any("user:1", "instagram", "agent:7")).unwrap();
    is(decided(&vault), "allowed", "");
}

#[test]
fn a_broken_pair_harms_no_other() {
    let site = Site::new("others");
    let vault = furnished(&site);
    connect(&vault, "instagram", "user:2", "default");
    vault.create_grant(&any("user:2", "instagram", "agent:7")).unwrap();
    site.sql().execute_batch("UPDATE grants SET revision = 9 WHERE owner = 'user:1'").unwrap();
    is(decided(&vault), "integrity", "grants");
    let answer = vault.check_grant(&asking("user:2", "agent:7"), &wanted("instagram", &[])).unwrap();
    assert_eq!((answer.allowed, answer.owner.as_deref()), (true, Some("user:2")));
}

#[test]
fn a_grant_of_another_store_is_none_here() {
    let (site, other_grants) = {
        let other = Site::new("other-store");
        let vault = furnished(&other);
        drop(vault);
        let sql = other.sql();
        let mut select = sql.prepare(GRANTS).unwrap();
        let rows = select.query_map([], |row| {
            (0..14).map(|column| row.get::<_, rusqlite::types::Value>(column)).collect::<Result<Vec<_>, _>>()
        });
        let rows: Vec<_> = rows.unwrap().map(Result::unwrap).collect();
        drop(select);
        drop(sql);
        drop(other);
        (Site::new("this-store"), rows)
    };
    let vault = site.open();
    connect(&vault, "instagram", "user:1", "default");
    is(decided(&vault), "no_grant", "grant");
    let insert = "INSERT INTO grants VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    for row in other_grants {
        site.sql().execute(insert, rusqlite::params_from_iter(row)).unwrap();
    }
    is(decided(&vault), "integrity", "grants");
}
