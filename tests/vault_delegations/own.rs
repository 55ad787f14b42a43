//! An agent's own accounts.

use dm_connections::domain::AgentId;
use dm_connections::vault::AuditQuery;

use crate::support::Site;
use crate::*;

fn pair(agent: &str) -> (String, String) {
    (agent.to_owned(), agent.to_owned())
}

fn providers(vault: &Vault) -> Vec<String> {
    let grants = of(vault, Origin::OwnAccount).into_iter().filter(|grant| grant.status == Some("active"));
    grants.map(|grant| grant.provider).collect()
}

#[test]
fn the_first_account_of_a_provider_brings_the_grant_along() {
    let site = Site::new("own");
    let vault = site.open();
    connect(&vault, "reddit", "agent:9", "default");
    let grants = of(&vault, Origin::OwnAccount);
    let told = serde_json::to_value(&grants[0]).unwrap();
    for (member, expected) in [
        ("origin", "own_account"),
        ("agent", "agent:9"),
        ("owner", "agent:9"),
        ("provider", "reddit"),
        ("operations", "*"),
        ("scopes", "*"),
        ("contexts", "*"),
        ("run", "any"),
        ("for", "anyone"),
        ("granted_by", "library"),
        ("granted_why", "the agent's own account was connected"),
    ] {
        assert_eq!(told[member], expected, "{member}");
    }
    assert_eq!(told["connection"], serde_json::Value::Null);
    assert_eq!(decided(&vault, "agent:9", "reddit", "agent:9", &[]), "allowed");
    assert_eq!(decided(&vault, "agent:8", "reddit", "agent:9", &[]), "no_grant");
    let recorded: Vec<String> =
        vault.audit(&AuditQuery::default()).unwrap().items.into_iter().map(|item| item.event).collect();
    assert_eq!(recorded, ["begun", "saved", "grant_created"]);

    // Another account, another document, a config, other owners: nothing more.
    connect(&vault, "reddit", "agent:9", "second");
    connect(&vault, "reddit", "agent:9", "default");
    connect(&vault, "reddit", "user:9", "default");
    connect(&vault, "reddit", "site:0", "default");
    let config = address("tumblr", "agent:9", "default");
    vault.save(Kind::Config, &config, &document(r#"{"client_id":"c"}"#), &Facts::default()).unwrap();
    assert_eq!(of(&vault, Origin::OwnAccount).len(), 1);
    connect(&vault, "x", "agent:9", "default");
    assert_eq!(providers(&vault), ["reddit", "x"]);
}

#[test]
fn what_a_person_took_back_stays_so() {
    let site = Site::new("own-revoked");
    let vault = site.open();
    connect(&vault, "reddit", "agent:9", "default");
    revoke(&vault, &of(&vault, Origin::OwnAccount)[0].id);
    assert_eq!(decided(&vault, "agent:9", "reddit", "agent:9", &[]), "grant_revoked");
    let again = |vault: &Vault| {
        vault.delete(CONN, &address("reddit", "agent:9", "default"), None).unwrap();
        connect(vault, "reddit", "agent:9", "default");
        connect(vault, "reddit", "agent:9", "other");
        assert_eq!(providers(vault), [] as [&str; 0]);
        vault.delete(CONN, &address("reddit", "agent:9", "other"), None).unwrap();
    };
    again(&vault);
    // Nor is it given again when nothing tells of it any more.
    site.sql().execute_batch("DELETE FROM grants; DELETE FROM grant_heads").unwrap();
    again(&vault);
    // Nor by an import, nor after all of the agent was taken back and cleared.
    import_json(
        &vault,
        r#"{"reddit": {"principals": {"agent:9": {"accounts": {"third": {"access_token": "t"}}}}}}"#,
    );
    assert_eq!(providers(&vault), [] as [&str; 0]);
    vault.clear(&owner("agent:9"), None).unwrap();
    connect(&vault, "reddit", "agent:9", "default");
    assert_eq!(providers(&vault), [] as [&str; 0]);
}

#[test]
fn an_account_that_is_deleted_and_connected_anew_keeps_its_grant() {
    let site = Site::new("own-anew");
    let vault = site.open();
    connect(&vault, "reddit", "agent:9", "default");
    let grants = of(&vault, Origin::OwnAccount);
    vault.delete(CONN, &address("reddit", "agent:9", "default"), None).unwrap();
    connect(&vault, "reddit", "agent:9", "default");
    assert_eq!(of(&vault, Origin::OwnAccount), grants);
    assert_eq!(decided(&vault, "agent:9", "reddit", "agent:9", &[]), "allowed");
    // Another remote account in its place is the agent's own too.
    let at = address("reddit", "agent:9", "default");
    let as_remote = |name: &str| Facts {
        remote_id: Some(Some(name.parse().unwrap())),
        replace: true,
        ..Facts::default()
    };
    for name in ["one", "two"] {
        vault.save(CONN, &at, &document(r#"{"access_token":"t"}"#), &as_remote(name)).unwrap();
    }
    assert_eq!(of(&vault, Origin::OwnAccount), grants);
    assert_eq!(decided(&vault, "agent:9", "reddit", "agent:9", &[]), "allowed");
}

#[test]
fn a_cleared_agent_that_comes_back_starts_anew() {
    let site = Site::new("own-cleared");
    let vault = site.open();
    connect(&vault, "reddit", "agent:9", "default");
    connect(&vault, "x", "agent:9", "default");
    revoke(&vault, &of(&vault, Origin::OwnAccount)[1].id);
    // Of one provider: the grant is about any account, so it stays.
    vault.clear(&owner("agent:9"), Some(&"reddit".parse().unwrap())).unwrap();
    assert_eq!(providers(&vault), ["reddit"]);
    assert_eq!(vault.clear(&owner("agent:9"), None).unwrap().grants, 1);
    assert_eq!(active(&vault, Origin::OwnAccount), []);
    connect(&vault, "reddit", "agent:9", "default");
    connect(&vault, "x", "agent:9", "default");
    assert_eq!(providers(&vault), ["reddit"], "nobody took it back; the other one somebody had");
}

#[test]
fn an_import_gives_it_too() {
    let site = Site::new("own-imported");
    let vault = site.open();
    import_json(&vault, &option(""));
    assert_eq!(active(&vault, Origin::OwnAccount), [pair("agent:9")]);
    assert_eq!(decided(&vault, "agent:9", "email_imap", "agent:9", &["send"]), "allowed");
}

#[test]
fn an_account_is_never_refused_for_the_sake_of_its_grant() {
    let site = Site::new("own-anyway");
    let vault = site.open();
    connect(&vault, "reddit", "agent:9", "default");
    site.sql().execute_batch("UPDATE grants SET terms = '{}'").unwrap();
    connect(&vault, "x", "agent:9", "default");
    assert_eq!(decided(&vault, "agent:9", "x", "agent:9", &[]), "integrity");
    // The way out, and what can be given then.
    let agent: AgentId = "agent:9".parse().unwrap();
    let all = Revocation { which: Which::Pair(agent, owner("agent:9")), by: "cli".into(), why: None };
    vault.revoke_grants(&all).unwrap();
    connect(&vault, "x", "agent:9", "other");
    assert_eq!(providers(&vault), ["x"]);
}
