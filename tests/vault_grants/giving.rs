//! Giving, listing, taking back; the limit.

use dm_connections::domain::{Contexts, Effect, RunContext, Target, UnixTime, Whom};
use dm_connections::vault::{Code, GrantInfo, MOST_GRANTS, NewGrant, Revocation, Which};

use crate::support::audit::sound;
use crate::support::{Site, refused};
use crate::{all, any, asking, connect, operations, reason, revoke, scopes, wanted};

#[test]
fn what_could_never_work_is_refused_and_said() {
    let site = Site::new("giving");
    let vault = site.open();
    let base = any("user:1", "instagram", "agent:7");
    let of_site = any("site:0", "instagram", "agent:7");
    let past = UnixTime::new(1_000).unwrap();
    let later = UnixTime::new(4_000_000_000).unwrap();
    let cases = [
        (NewGrant { limits: operations(&[]), ..base.clone() }, "grant of nothing"),
        (
            NewGrant { limits: operations(&["fly"]), ..base.clone() },
            "does not know fly of instagram; it knows comment, insights, publish, read",
        ),
        (NewGrant { limits: operations(&["read"]), ..any("user:1", "gsc", "agent:7") }, "it knows none"),
        (
            NewGrant { limits: scopes(&["ads_management", "business"]), ..base.clone() },
            "lets no agent have any of these of instagram, so the grant would permit nothing; it lets them have inst",
        ),
        (
            NewGrant { contexts: Contexts::These(Default::default()), ..base.clone() },
            "contexts: name at least one",
        ),
        (NewGrant { expires_at: Some(past), ..base.clone() }, "expires_at: must be later"),
        (
            NewGrant { not_before: Some(later), expires_at: Some(later), ..base.clone() },
            "expires_at: must be later",
        ),
        (NewGrant { uses: Some(0), ..base.clone() }, "uses: must be at least 1"),
        (NewGrant { uses: Some(u64::MAX), ..base.clone() }, "uses: must be at least 1"),
        (NewGrant { uses: Some(1), effect: Effect::Forbid, ..base.clone() }, "uses: are not counted"),
        (of_site.clone(), "for: say for whom"),
        (NewGrant { whom: Some(Whom::Owner), ..of_site }, "site:0 is no person"),
        (NewGrant { whom: Some(Whom::Users(Default::default())), ..base.clone() }, "name 1 to 256 users"),
        (NewGrant { by: " ".into(), ..base.clone() }, "granted_by: must be"),
        (NewGrant { note: Some("a\nb".into()), ..base.clone() }, "note: must be"),
        (NewGrant { why: Some("x".repeat(1025)), ..base.clone() }, "why: must be"),
    ];
    for (grant, message) in cases {
        let error = refused(vault.create_grant(&grant), Code::InvalidArgument);
        assert!(error.message().contains(message), "{error}");
    }
    let error = refused(
        vault.create_grant(&NewGrant { limits: scopes(&["business"]), ..base.clone() }),
        Code::InvalidArgument,
    );
    assert_eq!(error.detail()["argument"], "scopes");
    assert!(error.detail()["ceiling"].as_array().unwrap().contains(&"instagram_basic".into()));
    let nowhere = Target::Connection("01932c07-20bd-7000-8000-000000000000".parse().unwrap());
    refused(vault.create_grant(&NewGrant { target: nowhere, ..base }), Code::NotFound);
    assert!(all(&vault).is_empty());
}

#[test]
fn who_forbids_and_says_no_more_forbids_it_to_whoever_asks() {
    let site = Site::new("forbidding");
    let vault = site.open();
    for owner in ["user:1", "site:0"] {
        connect(&vault, "instagram", owner, "default");
        vault
            .create_grant(&NewGrant { whom: Some(Whom::Anyone), ..any(owner, "instagram", "agent:7") })
            .unwrap();
        let against = NewGrant { effect: Effect::Forbid, ..any(owner, "instagram", "agent:7") };
        let given = vault.create_grant(&against).unwrap();
        assert_eq!(given.terms.unwrap().whom, Whom::Anyone);
        let mut wanted = wanted("instagram", &["publish"]);
        wanted.owner = Some(owner.parse().unwrap());
        let answer = vault.check_grant(&asking("user:2", "agent:7"), &wanted).unwrap();
        assert_eq!(reason(&answer).0, "forbidden", "{owner}");
    }
}

#[test]
fn a_scope_that_may_come_is_granted() {
    let site = Site::new("may-come");
    let vault = site.open();
    for limits in [
        // Not given by the provider yet; partly beyond what any agent may have; of a provider that nothing is known of.
        scopes(&["instagram_content_publish"]),
        scopes(&["ads_management", "instagram_basic"]),
    ] {
        vault.create_grant(&NewGrant { limits, ..any("user:1", "instagram", "agent:7") }).unwrap();
    }
    let limits = scopes(&["anything"]);
    vault.create_grant(&NewGrant { limits, ..any("user:1", "acme", "agent:7") }).unwrap();
}

#[test]
fn a_grant_is_listed_as_it_was_given() {
    let site = Site::new("listed");
    let vault = site.open();
    let id = connect(&vault, "instagram", "user:1", "work");
    let given = vault
        .create_grant(&NewGrant {
            target: Target::Connection(id.parse().unwrap()),
            limits: operations(&["publish"]),
            contexts: Contexts::These([RunContext::Chat].into()),
            uses: Some(3),
            note: Some("for the summer".into()),
            why: Some("she asked".into()),
            ..any("user:1", "instagram", "agent:7")
        })
        .unwrap();
    assert_eq!(all(&vault), std::slice::from_ref(&given));
    let shown = serde_json::to_value(&given).unwrap();
    for (member, expected) in [
        ("agent", r#""agent:7""#),
        ("owner", r#""user:1""#),
        ("owner_class", r#""personal""#),
        ("provider", r#""instagram""#),
        ("effect", r#""permit""#),
        ("status", r#""active""#),
        ("scopes", "[]"),
        ("operations", r#"["publish"]"#),
        ("contexts", r#"["chat"]"#),
        ("run", r#""any""#),
        ("for", r#""owner""#),
        ("uses_left", "3"),
        ("note", r#""for the summer""#),
        ("granted_by", r#""user:1""#),
        ("granted_why", r#""she asked""#),
        ("revoked_by", "null"),
        ("integrity", "true"),
    ] {
        assert_eq!(shown[member].to_string(), expected, "{member}");
    }
    assert_eq!(shown["connection"], id.as_str());
    let first = revoke(&vault, Which::One(given.id.parse().unwrap()));
    let again = revoke(&vault, Which::One(given.id.parse().unwrap()));
    assert_eq!([first.revoked, again.revoked], [1, 0]);
    let shown = serde_json::to_value(&all(&vault)[0]).unwrap();
    assert_eq!([&shown["status"], &shown["revoked_by"]], ["revoked", "user:1"]);
    assert!(shown["revoked_at"].is_number());
    let nobody = Which::One("01932c07-20bd-7000-8000-000000000000".parse().unwrap());
    refused(vault.revoke_grants(&Revocation { which: nobody, by: "cli".into(), why: None }), Code::NotFound);
}

#[test]
fn an_agent_has_at_most_256_live_grants_of_an_owner() {
    let site = Site::new("most");
    let vault = site.open();
    connect(&vault, "instagram", "user:1", "default");
    let grant = any("user:1", "instagram", "agent:7");
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let soon = UnixTime::new(seconds as i64 + 3).ok();
    let short = vault.create_grant(&NewGrant { expires_at: soon, ..grant.clone() }).unwrap().id;
    for _ in 1..MOST_GRANTS {
        vault.create_grant(&grant).unwrap();
    }
    // One that has ended makes place; then there is none.
    let ended = |grant: &GrantInfo| grant.id == short && grant.status == Some("expired");
    while !all(&vault).iter().any(ended) {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    vault.create_grant(&grant).unwrap();
    assert!(all(&vault).iter().all(|grant| grant.id != short));
    let error = refused(vault.create_grant(&grant), Code::TooLarge);
    assert!(error.message().contains("agent:7 has 256 live grants of user:1"), "{error}");
    vault.create_grant(&any("user:2", "instagram", "agent:7")).unwrap();
    vault.create_grant(&any("user:1", "instagram", "agent:8")).unwrap();
    assert!(vault.check_grant(&asking("user:1", "agent:7"), &wanted("instagram", &[])).unwrap().allowed);

    // Of those that are taken back as many are remembered.
    let pair = Which::Pair("agent:7".parse().unwrap(), "user:1".parse().unwrap());
    assert_eq!(revoke(&vault, pair).revoked, 256);
    let one_more = vault.create_grant(&grant).unwrap();
    assert_eq!(revoke(&vault, Which::One(one_more.id.parse().unwrap())).revoked, 1);
    let count = |state: &str| -> i64 {
        let sql = "SELECT count(*) FROM grants WHERE agent = 'agent:7' AND owner = 'user:1' AND state = ?1";
        site.sql().query_row(sql, [state], |row| row.get(0)).unwrap()
    };
    assert_eq!([count("active"), count("revoked")], [0, 256]);
    sound(&vault);
}

#[test]
fn every_handle_knows_at_once() {
    let site = Site::new("handles");
    let (one, other) = (site.open(), site.open());
    connect(&one, "instagram", "user:1", "default");
    let given = one.create_grant(&any("user:1", "instagram", "agent:7")).unwrap();
    let request = asking("user:1", "agent:7");
    assert!(other.check_grant(&request, &wanted("instagram", &[])).unwrap().allowed);
    revoke(&one, Which::One(given.id.parse().unwrap()));
    let answer = other.check_grant(&request, &wanted("instagram", &[])).unwrap();
    assert_eq!(reason(&answer), ("grant_revoked", "grant.revoked"));
}
