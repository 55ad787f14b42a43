//! Delegations that somebody writes become grants, and those that are taken out are taken back.

use dm_connections::domain::RecordId;
use dm_connections::vault::{GrantInfo, GrantQuery, Origin, Revocation, Which};
use serde_json::json;

use crate::support::Site;
use crate::support::audit::sound;
use crate::*;

fn delegated(operations: &[&str]) -> Value {
    json!({"operations": operations, "granted_at": "2026-11-21T16:55:21+00:00", "granted_by": 4})
}

/// An option with mailboxes and no delegations yet.
fn mailboxes() -> Value {
    json!({"email_imap": {"accounts": {"desk": {"imap_user": "desk"}},
        "principals": {"user:2": {"accounts": {"own": {"imap_user": "two"}}}}}})
}

fn grants(vault: &Vault) -> Vec<GrantInfo> {
    let query = GrantQuery { origin: Some(Origin::Delegation), limit: Some(1000), ..GrantQuery::default() };
    vault.list_grants(&query).unwrap().items
}

/// The active ones: agent, owner, operations.
fn active(vault: &Vault) -> Vec<String> {
    let active = grants(vault).into_iter().filter(|grant| grant.status == Some("active"));
    let mut all: Vec<String> = active
        .map(|grant| {
            let told = serde_json::to_value(&grant).unwrap();
            format!("{} {} {}", grant.agent, grant.owner, told["operations"])
        })
        .collect();
    all.sort();
    all
}

fn set_up(name: &str) -> (Site, Vault, Value) {
    let site = Site::new(name);
    let vault = site.open();
    write(&vault, &json!({}), &mailboxes());
    let base = option(&vault);
    (site, vault, base)
}

#[test]
fn added_changed_and_taken_out_again() {
    let (site, vault, base) = set_up("delegated");
    let mut one = base.clone();
    one["email_imap"]["delegations"] = json!({"site:0": {"desk": {"agent:5": delegated(&["read"])}}});
    let report = write(&vault, &base, &one);
    assert_eq!(told(&report), ["email_imap/delegations/site:0/desk/agent:5 granted granted"]);
    assert_eq!(report.counts.granted, 1);
    assert_eq!(active(&vault), [r#"agent:5 site:0 ["read"]"#]);

    let mut two = one.clone();
    two["email_imap"]["delegations"]["site:0"]["desk"]["agent:5"] = delegated(&["read", "reply"]);
    two["email_imap"]["delegations"]["user:2"] = json!({"own": {"agent:6": delegated(&["read"])}});
    assert_eq!(write(&vault, &one, &two).counts.granted, 2);
    assert_eq!(active(&vault), [r#"agent:5 site:0 ["read","reply"]"#, r#"agent:6 user:2 ["read"]"#]);

    // Said anew and not changed: the grant stays.
    let ids: Vec<String> = grants(&vault).into_iter().map(|grant| grant.id).collect();
    let mut three = two.clone();
    three["email_imap"]["delegations"]["user:2"]["own"]["agent:6"]["granted_by"] = json!(9);
    let report = write(&vault, &two, &three);
    assert_eq!(told(&report), ["email_imap/delegations/user:2/own/agent:6 kept granted_before"]);
    assert_eq!(grants(&vault).into_iter().map(|grant| grant.id).collect::<Vec<_>>(), ids);

    let mut four = three.clone();
    four["email_imap"]["delegations"].as_object_mut().unwrap().shift_remove("site:0");
    let report = write(&vault, &three, &four);
    assert_eq!(told(&report), ["email_imap/delegations/site:0/desk/agent:5 revoked revoked"]);
    assert_eq!(active(&vault), [r#"agent:6 user:2 ["read"]"#]);
    let mut five = four.clone();
    five["email_imap"].as_object_mut().unwrap().shift_remove("delegations");
    assert_eq!(write(&vault, &four, &five).counts.revoked, 1);
    assert_eq!(active(&vault), [""; 0]);
    // And given again.
    write(&vault, &five, &two);
    assert_eq!(active(&vault).len(), 2);
    sound(&vault);
    drop(site);
}

#[test]
fn of_a_mailbox_that_did_not_come_through_the_option_too() {
    let (_site, vault, _) = set_up("delegated-api");
    save(&vault, "email_imap", "user:3", "box", r#"{"imap_user":"three"}"#);
    let base = option(&vault);
    let mut with = base.clone();
    with["email_imap"]["delegations"] = json!({"user:3": {"box": {"agent:5": delegated(&["read"])}}});
    assert_eq!(write(&vault, &base, &with).counts.granted, 1);
    assert_eq!(active(&vault), [r#"agent:5 user:3 ["read"]"#]);
    // One of the same name that is connected anew has another's.
    vault.delete(CONN, &address("email_imap", "user:3", "box"), None).unwrap();
    save(&vault, "email_imap", "user:3", "box", r#"{"imap_user":"four"}"#);
    let base = option(&vault);
    assert_eq!(base["email_imap"].get("delegations"), None);
    let mut with = base.clone();
    with["email_imap"]["delegations"] = json!({"user:2": {"own": {"agent:6": delegated(&["read"])}}});
    write(&vault, &base, &with);
    assert_eq!(active(&vault), [r#"agent:6 user:2 ["read"]"#]);
}

#[test]
fn with_the_mailbox_in_one_write_and_gone_with_it_in_another() {
    let (_site, vault, base) = set_up("delegated-new");
    let mut with = base.clone();
    with["email_imap"]["accounts"]["new"] = json!({"imap_user": "new", "imap_password": sealed("canary")});
    with["email_imap"]["delegations"] = json!({"site:0": {"new": {"agent:5": delegated(&["read"])}}});
    let report = write(&vault, &base, &with);
    assert_eq!((report.counts.saved, report.counts.granted), (1, 1));
    let with = option(&vault);
    let report = write_only(&vault, Some(&with), &base);
    assert_eq!((report.counts.deleted, active(&vault).len()), (2, 0));
    assert_eq!(opened(&option(&vault)), opened(&base));
}

#[test]
fn what_a_person_took_back_here_is_given_again_only_by_who_writes_it_again() {
    let (_site, vault, base) = set_up("delegated-ended");
    let mut with = base.clone();
    with["email_imap"]["delegations"] =
        json!({"site:0": {"desk": {"agent:5": delegated(&["read"]), "agent:6": delegated(&["read"])}}});
    write(&vault, &base, &with);
    let id: RecordId = grants(&vault).iter().find(|one| one.agent == "agent:5").unwrap().id.parse().unwrap();
    vault.revoke_grants(&Revocation { which: Which::One(id), by: "user:1".into(), why: None }).unwrap();
    let handed = option(&vault);
    assert_eq!(handed["email_imap"]["delegations"]["site:0"]["desk"].get("agent:5"), None);
    // By somebody who was handed it before, and did not touch it.
    let mut more = with.clone();
    more["email_imap"]["delegations"]["user:2"] = json!({"own": {"agent:7": delegated(&["read"])}});
    write_only(&vault, Some(&with), &more);
    assert_eq!(active(&vault), [r#"agent:6 site:0 ["read"]"#, r#"agent:7 user:2 ["read"]"#]);
    let handed = option(&vault);
    assert_eq!(handed["email_imap"]["delegations"]["site:0"]["desk"].get("agent:5"), None);
    let mut again = handed.clone();
    again["email_imap"]["delegations"]["site:0"]["desk"]["agent:5"] = delegated(&["reply"]);
    write(&vault, &handed, &again);
    assert_eq!(active(&vault).len(), 3);
}

#[test]
fn those_of_two_writers_go_together() {
    let (_site, vault, base) = set_up("delegated-both");
    let (mut one, mut other) = (base.clone(), base.clone());
    one["email_imap"]["delegations"] = json!({"site:0": {"desk": {"agent:5": delegated(&["read"])}}});
    other["email_imap"]["delegations"] = json!({"site:0": {"desk": {"agent:6": delegated(&["read"])}}});
    write_only(&vault, Some(&base), &one);
    write_only(&vault, Some(&base), &other);
    assert_eq!(active(&vault).len(), 2);
    let desk = option(&vault)["email_imap"]["delegations"]["site:0"]["desk"].clone();
    assert_eq!(desk.as_object().unwrap().len(), 2);
}

#[test]
fn what_cannot_be_a_grant_is_kept_and_the_report_says_why() {
    let (_site, vault, base) = set_up("delegated-odd");
    let mut with = base.clone();
    with["email_imap"]["delegations"] = json!({
        "site:0": {"desk": {"agent:5": delegated(&["fly"]), "user:5": delegated(&["read"]), "agent:6": 1}},
        "user:4": {"never": {"agent:5": delegated(&["read"])}}, "user:3": [], "odd": "canary",
    });
    let report = write(&vault, &base, &with);
    let codes: Vec<&str> = report.entries.iter().map(|one| one.code).collect();
    assert_eq!(codes, ["unknown_operation", "bad_agent", "not_an_array", "no_connection", "not_an_array"]);
    assert!(report.entries.iter().all(|one| one.outcome == WriteOutcome::Kept));
    assert_eq!(active(&vault).len(), 0);
}

#[test]
fn who_saw_everything_takes_back_what_they_do_not_write() {
    let (_site, vault, base) = set_up("delegated-whole");
    let mut with = base.clone();
    with["email_imap"]["delegations"] =
        json!({"site:0": {"desk": {"agent:5": delegated(&["read"]), "agent:6": delegated(&["read"])}}});
    write(&vault, &base, &with);
    assert_eq!(write_only(&vault, None, &with).entries.len(), 0);
    with["email_imap"]["delegations"]["site:0"]["desk"].as_object_mut().unwrap().shift_remove("agent:5");
    assert_eq!(write_only(&vault, None, &with).counts.revoked, 1);
    assert_eq!(active(&vault), [r#"agent:6 site:0 ["read"]"#]);
    write_only(&vault, None, &base);
    assert_eq!(active(&vault).len(), 0);
    reads_back(&vault, &base);
}

#[test]
fn those_of_another_provider_are_kept_as_they_are() {
    let (_site, vault, base) = set_up("delegated-other");
    let mut with = base.clone();
    with["youtube"] = json!({"delegations": {"site:0": {"desk": {"agent:5": delegated(&["read"])}}}});
    assert_eq!(told(&write(&vault, &base, &with)), ["youtube/delegations kept delegations"]);
    assert_eq!(active(&vault).len(), 0);
}
