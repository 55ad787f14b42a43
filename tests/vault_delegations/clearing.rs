//! An owner or an agent goes, and its delegations with it.

use dm_connections::vault::Cleared;

use crate::support::{Site, refused};
use crate::*;

fn all() -> String {
    option(
        &[
            format!(
                r#""user:2": {{"own": {{"agent:5": {}, "agent:9": {}}}, "lost": {{"agent:5": {}}}}}"#,
                one(r#"["read"]"#),
                one(r#"["send"]"#),
                one(r#"["read"]"#)
            ),
            reading("user:3", "own", "agent:5"),
            reading("agent:9", "box", "agent:5"),
        ]
        .join(","),
    )
}

/// The delegations that an export has.
fn exported(vault: &Vault) -> serde_json::Value {
    let options = dm_connections::vault::ExportOptions {
        format: Format::Json,
        fields: Vec::new(),
        fields_of: std::collections::BTreeMap::new(),
        leave_out: false,
    };
    let option = vault.export(&salt(), &options).unwrap().option;
    let option: serde_json::Value = serde_json::from_slice(&option).unwrap();
    option["email_imap"]["delegations"].clone()
}

fn names(delegations: &serde_json::Value) -> Vec<String> {
    let mut names = Vec::new();
    for (owner, accounts) in delegations.as_object().into_iter().flatten() {
        for (account, agents) in accounts.as_object().unwrap() {
            names
                .extend(agents.as_object().unwrap().keys().map(|agent| format!("{owner} {account} {agent}")));
        }
    }
    names
}

fn clear(vault: &Vault, name: &str, provider: Option<&str>) -> Cleared {
    vault.clear(&owner(name), provider.map(|provider| provider.parse().unwrap()).as_ref()).unwrap()
}

#[test]
fn a_person_takes_along_what_was_delegated_of_theirs() {
    let site = Site::new("clear-delegations");
    let vault = site.open();
    import_json(&vault, &all());
    assert_eq!(names(&exported(&vault)).len(), 5);
    assert_eq!(clear(&vault, "user:2", Some("reddit")).delegations, 0);
    let cleared = clear(&vault, "user:2", Some("email_imap"));
    assert_eq!((cleared.connections, cleared.kept, cleared.delegations, cleared.grants), (2, 0, 3, 2));
    assert_eq!(names(&exported(&vault)), ["user:3 own agent:5", "agent:9 box agent:5"]);
    assert_eq!(clear(&vault, "user:2", None).delegations, 0);

    // Neither a later import nor a mailbox of the same name brings one back.
    connect(&vault, "email_imap", "user:2", "own");
    connect(&vault, "email_imap", "user:2", "lost");
    import_json(&vault, &all());
    assert_eq!(active(&vault, Origin::Delegation).len(), 2);
    assert_eq!(names(&exported(&vault)), ["user:3 own agent:5", "agent:9 box agent:5"]);
}

#[test]
fn an_agent_takes_along_what_was_delegated_to_it_and_of_it() {
    let site = Site::new("clear-delegations-agent");
    let vault = site.open();
    import_json(&vault, &all());
    // Of one provider only what is its own.
    assert_eq!(clear(&vault, "agent:9", Some("email_imap")).delegations, 1);
    let cleared = clear(&vault, "agent:9", None);
    // The grant to its own account, and the one that user:2 had delegated.
    assert_eq!((cleared.delegations, cleared.grants), (1, 2));
    assert_eq!(names(&exported(&vault)), ["user:2 own agent:5", "user:2 lost agent:5", "user:3 own agent:5"]);
    assert_eq!(clear(&vault, "agent:5", None).delegations, 3);
    assert_eq!(exported(&vault), serde_json::Value::Null);
    import_json(&vault, &all());
    assert_eq!(active(&vault, Origin::Delegation), []);
    assert_eq!(vault.info().unwrap().counts.kept, 0);
}

#[test]
fn what_never_became_a_grant_does_not_after_its_agent_was_cleared() {
    let site = Site::new("clear-delegations-never");
    let vault = site.open();
    let given =
        option(&format!(r#""user:3": {{"own": {{"agent:5": {0}, "agent:6": {0}}}}}"#, one(r#"["fly"]"#)));
    import_json(&vault, &given);
    assert_eq!(clear(&vault, "agent:5", None).delegations, 1);
    let codes: Vec<_> =
        told(&import_json(&open_knowing_how_to_fly(&site), &given)).into_iter().map(|one| one.1).collect();
    assert_eq!(codes, ["ended_since", "granted"]);
    assert_eq!(names(&exported(&vault)), ["user:3 own agent:6"]);
}

#[test]
fn what_does_not_open_is_counted() {
    let site = Site::new("clear-delegations-unread");
    let vault = site.open();
    import_json(&vault, &all());
    site.sql().execute_batch("UPDATE kept SET sealed = zeroblob(length(sealed))").unwrap();
    let cleared = clear(&vault, "user:2", None);
    assert_eq!((cleared.connections, cleared.delegations, cleared.unread), (2, 0, 1));
    let options = dm_connections::vault::ExportOptions {
        format: Format::Json,
        fields: Vec::new(),
        fields_of: std::collections::BTreeMap::new(),
        leave_out: false,
    };
    refused(vault.export(&salt(), &options).map(drop), dm_connections::vault::Code::Integrity);
}
