//! Delegations come in.

use dm_connections::vault::{Format, ImportOptions, Origin};

use crate::support::{Site, fixture, import, salt};
use crate::*;

fn names<'a>(found: &'a [(String, &'static str)]) -> Vec<(&'a str, &'static str)> {
    found.iter().map(|(name, code)| (name.as_str(), *code)).collect()
}

#[test]
fn those_of_a_real_option_are_grants_with_what_they_said() {
    let site = Site::new("delegated");
    let vault = site.open();
    let report = import(&vault, &fixture("mixed.serialized"));
    assert_eq!(
        names(&told(&report)),
        [
            ("site:0 > event-submissions > agent:5", "granted"),
            ("user:2 > personal.desk_1 > agent:5", "granted")
        ]
    );
    let grants = of(&vault, Origin::Delegation);
    let (desk, personal) = (&grants[0], &grants[1]);
    assert_eq!([&*desk.agent, &*desk.owner, &*desk.provider], ["agent:5", "site:0", "email_imap"]);
    let named =
        vault.get(CONN, &address("email_imap", "site:0", "event-submissions")).unwrap().with_about().1;
    assert_eq!(desk.connection.as_deref(), Some(named.id.as_str()));
    let told = serde_json::to_value(desk).unwrap();
    for (member, expected) in [
        ("origin", serde_json::json!("delegation")),
        ("operations", serde_json::json!(["read", "reply", "search"])),
        ("scopes", serde_json::json!([])),
        ("contexts", serde_json::json!("*")),
        ("run", serde_json::json!("any")),
        ("for", serde_json::json!("anyone")),
        ("granted_by", serde_json::json!("user:1")),
        ("granted_at", serde_json::json!(1_795_280_121)),
        ("expires_at", serde_json::json!(null)),
        ("status", serde_json::json!("active")),
    ] {
        assert_eq!(told[member], expected, "{member}");
    }
    assert!(told["note"].as_str().unwrap().contains("narrow"), "{told}");
    assert_eq!(personal.owner, "user:2");

    // The old rule, whoever asks: these operations, and no other.
    for (owner, operations, expected) in [
        ("site:0", ["read", "reply"].as_slice(), "allowed"),
        ("site:0", &["send"], "scope_missing"),
        ("user:2", &["read"], "allowed"),
        ("user:2", &["reply"], "scope_missing"),
    ] {
        assert_eq!(decided(&vault, "agent:5", "email_imap", owner, operations), expected, "{owner}");
    }
    assert_eq!(decided(&vault, "agent:6", "email_imap", "site:0", &["read"]), "no_grant");
    assert_eq!(vault.verify_audit(&Default::default()).unwrap().findings.len(), 0);
}

#[test]
fn a_dry_run_tells_the_same_and_gives_nothing() {
    let site = Site::new("delegated-dry");
    let vault = site.open();
    let dry = ImportOptions { dry_run: true, ..ImportOptions::new(Format::Php) };
    let dry = vault.import(&fixture("mixed.serialized"), &[salt()], dry).unwrap();
    assert_eq!(of(&vault, Origin::Delegation).len() + of(&vault, Origin::OwnAccount).len(), 0);
    assert_eq!(dry.delegations, import(&vault, &fixture("mixed.serialized")).delegations);
    assert_eq!(of(&vault, Origin::Delegation).len(), 2);
}

#[test]
fn a_second_import_adds_nothing_and_brings_nothing_back() {
    let site = Site::new("delegated-twice");
    let vault = site.open();
    let option =
        option(&[reading("user:2", "own", "agent:5"), reading("user:3", "own", "agent:5")].join(","));
    import_json(&vault, &option);
    let grants = of(&vault, Origin::Delegation);
    assert_eq!(
        names(&told(&import_json(&vault, &option))),
        [("user:2 > own > agent:5", "granted_before"), ("user:3 > own > agent:5", "granted_before")]
    );
    assert_eq!(of(&vault, Origin::Delegation), grants);

    revoke(&vault, &grants[0].id);
    vault.delete(CONN, &address("email_imap", "user:3", "own"), None).unwrap();
    connect(&vault, "email_imap", "user:3", "own");
    for _ in 0..2 {
        assert_eq!(
            names(&told(&import_json(&vault, &option))),
            [("user:2 > own > agent:5", "ended_since"), ("user:3 > own > agent:5", "ended_since")]
        );
        assert_eq!(active(&vault, Origin::Delegation), []);
    }
    // More revoked ones than are remembered come and go.
    site.sql().execute_batch("DELETE FROM grants; DELETE FROM grant_heads").unwrap();
    import_json(&vault, &option);
    assert_eq!(of(&vault, Origin::Delegation).len(), 0);
}

#[test]
fn what_cannot_be_a_grant_is_told_by_its_name_and_kept() {
    let site = Site::new("delegated-not");
    let vault = site.open();
    let read = one(r#"["read"]"#);
    let option = option(&format!(
        r#""site:0": {{"desk": {{"agent:5": {}, "agent:6": {{"operations": ["read", "fly"]}}, "agent:x": {read},
                               "agent:7": {{"operations": []}}, "agent:8": "yes"}},
                     "gone": {{"agent:5": {read}}}, "default": {{"agent:5": {read}}}}},
           "site:4": {{"desk": {{"agent:5": {read}}}}}, "user:2": 5,
           "agent:9": {{"box": {{"agent:5": {{"operations": ["read"], "granted_at": "yesterday", "granted_by": 0}}}}}}"#,
        one(r#"["read", "reply"]"#)
    ));
    let first = import_json(&vault, &option);
    let expected = [
        ("site:0 > desk > agent:5", "granted"),
        ("site:0 > desk > agent:6", "unknown_operation"),
        ("site:0 > desk > agent:x", "bad_agent"),
        ("site:0 > desk > agent:7", "bad_operations"),
        ("site:0 > desk > agent:8", "not_an_array"),
        ("site:0 > gone > agent:5", "no_connection"),
        ("site:0 > default > agent:5", "bad_account_name"),
        ("site:4 > desk > agent:5", "bad_owner"),
        ("user:2", "not_an_array"),
        ("agent:9 > box > agent:5", "granted"),
    ];
    assert_eq!(names(&told(&first)), expected);
    let members = &first.delegations;
    assert!(members[1].why.contains("fly") && members[1].why.contains("unsubscribe"), "{:?}", members[1]);
    assert!(
        members.iter().all(|member| member.why.ends_with(|last: char| last != ' ') && !member.why.is_empty())
    );
    assert_eq!(
        active(&vault, Origin::Delegation),
        [("agent:5".into(), "agent:9".into()), ("agent:5".into(), "site:0".into())] as [(String, String); 2]
    );
    // Who gave it and when the old rule never asked.
    let odd = serde_json::to_value(&of(&vault, Origin::Delegation)[0]).unwrap();
    assert_eq!(odd["granted_by"], "library");
    assert!(odd["granted_at"].as_i64().unwrap() > 1_700_000_000);
    let again =
        names(&told(&import_json(&vault, &option))).into_iter().map(|(_, code)| code).collect::<Vec<_>>();
    let expected = expected.map(|(_, code)| if code == "granted" { "granted_before" } else { code });
    assert_eq!(again, expected);

    // A name that somebody connects later is another mailbox than the one that was meant.
    connect(&vault, "email_imap", "site:0", "gone");
    assert!(
        names(&told(&import_json(&vault, &option))).contains(&("site:0 > gone > agent:5", "no_connection"))
    );
}

#[test]
fn an_operation_that_the_catalogue_learns_is_granted_then() {
    let site = Site::new("delegated-later");
    let option = option(&format!(r#""site:0": {{"desk": {{"agent:5": {}}}}}"#, one(r#"["fly"]"#)));
    let vault = site.open();
    assert_eq!(
        names(&told(&import_json(&vault, &option))),
        [("site:0 > desk > agent:5", "unknown_operation")]
    );
    let vault = open_knowing_how_to_fly(&site);
    assert_eq!(names(&told(&import_json(&vault, &option))), [("site:0 > desk > agent:5", "granted")]);
}

#[test]
fn delegations_may_stand_before_the_mailboxes_and_only_those_of_mailboxes_count() {
    let site = Site::new("delegated-before");
    let vault = site.open();
    let reading = reading("site:0", "desk", "agent:5");
    let option = format!(
        r#"{{"email_imap": {{"delegations": {{{reading}}}, {BOXES}}},
             "http_basic": {{"accounts": {{"desk": {{"username": "u"}}}}, "delegations": {{{reading}}}}}}}"#
    );
    let report = import_json(&vault, &option);
    assert_eq!(names(&told(&report)), [("site:0 > desk > agent:5", "granted")]);
    let other = report.entries.iter().find(|entry| entry.path == ["http_basic", "delegations"]).unwrap();
    assert_eq!(other.code, "delegations");
    assert_eq!(of(&vault, Origin::Delegation).len(), 1);
}

#[test]
fn an_option_that_changed_since_gives_nothing_more() {
    let site = Site::new("delegated-changed");
    let vault = site.open();
    import_json(&vault, &option(&reading("user:2", "own", "agent:5")));
    let both = [reading("user:2", "own", "agent:5"), reading("user:3", "own", "agent:5")].join(",");
    let report = import_json(&vault, &option(&both));
    assert_eq!(
        names(&told(&report)),
        [("user:2 > own > agent:5", "granted_before"), ("user:3 > own > agent:5", "differs")]
    );
    assert_eq!(
        active(&vault, Origin::Delegation),
        [("agent:5".into(), "user:2".into())] as [(String, String); 1]
    );
}

#[test]
fn no_more_than_a_pair_may_have() {
    let site = Site::new("delegated-many");
    let vault = site.open();
    let each = |what: &dyn Fn(usize) -> String| (0..258).map(what).collect::<Vec<_>>().join(",");
    let boxes = each(&|number| format!(r#""a{number}": {{"imap_user": "u{number}"}}"#));
    let given = each(&|number| format!(r#""a{number}": {{"agent:5": {{"operations": ["read"]}}}}"#));
    let option =
        format!(r#"{{"email_imap": {{"accounts": {{{boxes}}}, "delegations": {{"site:0": {{{given}}}}}}}}}"#);
    let report = import_json(&vault, &option);
    let count = |code| told(&report).iter().filter(|one| one.1 == code).count();
    assert_eq!((count("granted"), count("too_many_grants")), (256, 2));
    // Some make place; then the others fit.
    for grant in &of(&vault, Origin::Delegation)[..2] {
        revoke(&vault, &grant.id);
    }
    let report = import_json(&vault, &option);
    let count = |code| told(&report).iter().filter(|one| one.1 == code).count();
    assert_eq!([count("granted"), count("granted_before"), count("ended_since")], [2, 254, 2]);
}

#[test]
fn a_pair_that_was_tampered_with_gets_none_and_is_told() {
    let site = Site::new("delegated-tampered");
    let vault = site.open();
    let option = option(&reading("user:2", "own", "agent:5"));
    import_json(&vault, &option);
    site.sql().execute_batch("UPDATE grants SET origin = 'observed' WHERE owner = 'user:2'").unwrap();
    assert_eq!(decided(&vault, "agent:5", "email_imap", "user:2", &["read"]), "integrity");
    assert_eq!(names(&told(&import_json(&vault, &option))), [("user:2 > own > agent:5", "integrity")]);
    site.sql().execute_batch("DELETE FROM grants_given").unwrap();
    assert_eq!(names(&told(&import_json(&vault, &option))), [("user:2 > own > agent:5", "integrity")]);
}
