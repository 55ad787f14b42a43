//! The agent's door: what leaves, what is counted, what is written down first.

use dm_connections::domain::{Effect, Fact, Run, RunContext, Subject, Target, UnixTime};
use dm_connections::vault::{
    AuditItem, AuditQuery, Facts, Kind, Mode, NewGrant, Vault, VerifyOptions, Which,
};

use crate::support::{Site, address, document};
use crate::{CONN, all, any, asking, connect, operations, reason, revoke, wanted};

/// What leaves, as text; the reason where nothing does.
pub fn taken(vault: &Vault, person: &str, provider: &str) -> String {
    let acquired = vault.acquire(&asking(person, "agent:7"), &wanted(provider, &[])).unwrap();
    assert_eq!(acquired.answer.allowed, acquired.credential.is_some());
    match acquired.credential {
        Some(credential) => String::from_utf8(credential.to_vec()).unwrap(),
        None => reason(&acquired.answer).0.to_owned(),
    }
}

pub fn events(vault: &Vault, event: &str) -> Vec<AuditItem> {
    let query = AuditQuery { event: Some(event.into()), limit: Some(1000), ..Default::default() };
    vault.audit(&query).unwrap().items
}

fn sound(vault: &Vault) {
    let found = vault.verify_audit(&VerifyOptions::default()).unwrap();
    assert!(found.ok, "{:#?}", found.findings);
}

fn put(vault: &Vault, kind: Kind, provider: &str, owner: &str, json: &str) -> String {
    vault.save(kind, &address(provider, owner, "default"), &document(json), &Facts::default()).unwrap().id
}

#[test]
fn only_the_use_list_leaves_and_the_record_was_there_first() {
    let site = Site::new("acquire");
    let vault = site.open();
    let json = r#"{"refresh_token":"canary-refresh","username":"caf\u00e9","access_token":"canary-token","scope":"read"}"#;
    let id = put(&vault, CONN, "reddit", "user:1", json);
    assert_eq!(taken(&vault, "user:1", "reddit"), "no_grant");
    let grant = vault.create_grant(&any("user:1", "reddit", "agent:7")).unwrap().id;
    // Its bytes as they stand in the document.
    assert_eq!(
        taken(&vault, "user:1", "reddit"),
        r#"{"access_token":"canary-token","username":"caf\u00e9"}"#
    );

    let [record]: [AuditItem; 1] = events(&vault, "acquired").try_into().unwrap();
    assert_eq!(
        (
            record.agent.as_deref(),
            record.subject.as_deref(),
            record.connection.as_deref(),
            record.grant.as_deref()
        ),
        (Some("agent:7"), Some("user:1"), Some(id.as_str()), Some(grant.as_str()))
    );
    let told = |name: &str| record.details[name].as_str().map(str::to_owned);
    assert_eq!(told("behalf").as_deref(), Some("asking user:1"));
    assert_eq!(told("context").as_deref(), Some("chat"));
    assert!(!serde_json::to_string(&record).unwrap().contains("canary"));
    let (_, about) = vault.get(CONN, &address("reddit", "user:1", "default")).unwrap().with_about();
    assert_eq!((about.last_used_at.is_some(), about.revision), (true, 2));
    sound(&vault);
}

#[test]
fn a_person_takes_what_is_theirs_and_that_is_written_down_too() {
    let site = Site::new("acquire-own");
    let vault = site.open();
    put(&vault, CONN, "reddit", "user:1", r#"{"access_token":"t"}"#);
    let mut request = asking("user:1", "agent:7");
    request.agent = Fact::Known(None);
    let acquired = vault.acquire(&request, &wanted("reddit", &[])).unwrap();
    assert_eq!(acquired.credential.unwrap().to_vec(), br#"{"access_token":"t"}"#);
    let [record]: [AuditItem; 1] = events(&vault, "acquired").try_into().unwrap();
    assert_eq!((record.agent, record.grant), (None, None));
    // Nobody's agent is refused as well, and counted.
    request.subject = Fact::Known(Subject::Nobody);
    let mut theirs = wanted("reddit", &[]);
    theirs.owner = Some("user:1".parse().unwrap());
    for _ in 0..3 {
        assert_eq!(reason(&vault.acquire(&request, &theirs).unwrap().answer).0, "nobody_asks");
    }
    assert_eq!(events(&vault, "refused").iter().filter_map(|item| item.repeats).sum::<u64>(), 3);
}

#[test]
fn a_use_counts_only_when_a_credential_leaves() {
    let site = Site::new("acquire-uses");
    let vault = site.open();
    connect(&vault, "reddit", "user:1", "default");
    let grant =
        vault.create_grant(&NewGrant { uses: Some(2), ..any("user:1", "reddit", "agent:7") }).unwrap();
    let left = || vault.list_grants(&Default::default()).unwrap().items[0].uses_left;

    // Refused, asked about, or with nothing to hand out.
    assert_eq!(taken(&vault, "user:2", "reddit"), "acting_user_mismatch");
    assert!(vault.check_grant(&asking("user:1", "agent:7"), &wanted("reddit", &[])).unwrap().allowed);
    put(&vault, CONN, "reddit", "user:1", r#"{"access_token":"","refresh_token":"canary"}"#);
    assert_eq!(taken(&vault, "user:1", "reddit"), "needs_reauth");
    assert_eq!((left(), events(&vault, "acquired").len()), (Some(2), 0));

    connect(&vault, "reddit", "user:1", "default");
    assert_eq!(taken(&vault, "user:1", "reddit"), r#"{"access_token":"t"}"#);
    assert_eq!(left(), Some(1));
    assert_eq!(taken(&vault, "user:1", "reddit"), r#"{"access_token":"t"}"#);
    assert_eq!(taken(&vault, "user:1", "reddit"), "grant_exhausted");
    assert_eq!((left(), all(&vault)[0].status), (Some(0), Some("exhausted")));
    let used: Vec<_> = events(&vault, "acquired").into_iter().filter_map(|item| item.grant).collect();
    assert_eq!(used, [grant.id.as_str(), &grant.id]);
    // The pair is as this library left it: it can be taken back.
    assert_eq!(revoke(&vault, Which::One(grant.id.parse().unwrap())).revoked, 1);
    sound(&vault);
}

#[test]
fn what_the_account_lacks_comes_from_the_app_config() {
    let site = Site::new("acquire-config");
    let vault = site.open();
    put(&vault, CONN, "mastodon", "user:1", r#"{"access_token":"t"}"#);
    vault.create_grant(&any("user:1", "mastodon", "agent:7")).unwrap();
    assert_eq!(taken(&vault, "user:1", "mastodon"), r#"{"access_token":"t"}"#);
    put(
        &vault,
        Kind::Config,
        "mastodon",
        "site:0",
        r#"{"client_secret":"canary","instance":"https://site.example"}"#,
    );
    let of_the_site = r#"{"access_token":"t","instance":"https://site.example"}"#;
    assert_eq!(taken(&vault, "user:1", "mastodon"), of_the_site);
    // One's own comes first, and the account before either.
    put(&vault, Kind::Config, "mastodon", "user:1", r#"{"instance":"https://own.example"}"#);
    assert!(taken(&vault, "user:1", "mastodon").contains("own.example"));
    put(&vault, CONN, "mastodon", "user:1", r#"{"access_token":"t","instance":"https://account.example"}"#);
    assert!(taken(&vault, "user:1", "mastodon").contains("account.example"));
}

#[test]
fn what_was_changed_by_sql_is_refused_and_counts_no_use() {
    let site = Site::new("acquire-tampered");
    let vault = site.open();
    connect(&vault, "reddit", "user:1", "default");
    vault.create_grant(&NewGrant { uses: Some(2), ..any("user:1", "reddit", "agent:7") }).unwrap();
    let sql = site.sql();
    sql.execute("UPDATE connections SET sealed = zeroblob(length(sealed))", []).unwrap();
    assert_eq!(taken(&vault, "user:1", "reddit"), "integrity");
    assert_eq!(all(&vault)[0].uses_left, Some(2));
    connect_over(&vault);
    sql.execute("UPDATE grants SET uses_left = 9", []).unwrap();
    assert_eq!(taken(&vault, "user:1", "reddit"), "integrity");
    assert_eq!(events(&vault, "acquired").len(), 0);
}

fn connect_over(vault: &Vault) {
    vault.delete(CONN, &address("reddit", "user:1", "default"), None).unwrap();
    connect(vault, "reddit", "user:1", "default");
}

#[test]
fn an_access_that_has_run_out_is_told_with_the_remedy() {
    let site = Site::new("acquire-expired");
    let vault = site.open();
    let over = Facts { expires_at: Some(Some(UnixTime::new(1000).unwrap())), ..Facts::default() };
    let at = address("reddit", "user:1", "default");
    vault.save(CONN, &at, &document(r#"{"access_token":"t"}"#), &over).unwrap();
    vault.create_grant(&any("user:1", "reddit", "agent:7")).unwrap();
    let refused = vault.acquire(&asking("user:1", "agent:7"), &wanted("reddit", &[])).unwrap();
    let told = refused.answer.refusal.unwrap();
    assert_eq!((told.reason, told.remedy, told.who), ("connection_expired", "reconnect", "owner"));
    // A class renews it: it is let in.
    let admitted = vault.admit(&asking("user:1", "agent:7"), &wanted("reddit", &[]), Mode::Enforce).unwrap();
    assert!(admitted.allowed);
}

#[test]
fn names_that_an_agent_makes_up_do_not_fill_the_chain() {
    let site = Site::new("acquire-loop");
    let vault = site.open();
    connect(&vault, "reddit", "user:1", "default");
    let request = asking("user:1", "agent:7");
    for number in 0..20 {
        let mut wanted = wanted("reddit", &[]);
        wanted.account = Some(format!("made-up-{number}").parse().unwrap());
        assert_eq!(reason(&vault.acquire(&request, &wanted).unwrap().answer).0, "no_connection");
    }
    // The hour may end in between.
    assert!(events(&vault, "refused").len() <= 2);
}

#[test]
fn other_contexts_and_forbidding_grants_hand_out_nothing() {
    let site = Site::new("acquire-forbid");
    let vault = site.open();
    connect(&vault, "instagram", "user:1", "default");
    vault.create_grant(&any("user:1", "instagram", "agent:7")).unwrap();
    let publish = NewGrant {
        effect: Effect::Forbid,
        limits: operations(&["publish"]),
        run: Run::Any,
        target: Target::Any { owner: "user:1".parse().unwrap(), provider: "instagram".parse().unwrap() },
        ..any("user:1", "instagram", "agent:7")
    };
    vault.create_grant(&publish).unwrap();
    let mut request = asking("user:1", "agent:7");
    let acquire = |request: &_, what: &[&str]| {
        let acquired = vault.acquire(request, &wanted("instagram", what)).unwrap();
        (reason(&acquired.answer).0.to_owned(), acquired.credential.is_some())
    };
    assert_eq!(acquire(&request, &["publish"]), ("forbidden".to_owned(), false));
    assert_eq!(acquire(&request, &["read"]), ("allowed".to_owned(), true));
    request.context = Fact::Unknown;
    assert_eq!(acquire(&request, &["read"]), ("unknown_fact".to_owned(), false));
    request.context = Fact::Known(RunContext::Cli);
    assert_eq!(acquire(&request, &["read"]), ("allowed".to_owned(), true));
}
