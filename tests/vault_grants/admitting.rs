//! Provider classes while an agent acts: observed or refused, and the grants that are proposed.

use std::collections::BTreeSet;

use dm_connections::domain::{ActingRequest, Fact, Flow, RecordId, RunContext, Subject};
use dm_connections::vault::{Answer, Code, Mode, NewGrant, Proposed, Vault};

use crate::acquiring::events;
use crate::support::{Site, refused};
use crate::{all, any, asking, connect, reason, wanted};

fn admit(vault: &Vault, request: &ActingRequest, mode: Mode) -> Answer {
    let mut wanted = wanted("reddit", &[]);
    wanted.owner = Some("user:1".parse().unwrap());
    vault.admit(request, &wanted, mode).unwrap()
}

fn proposals(vault: &Vault) -> Vec<Proposed> {
    vault.proposals(None, None).unwrap().items
}

fn id(proposed: &Proposed) -> RecordId {
    proposed.id.parse().unwrap()
}

/// A flow of the first one's runs by itself.
fn night(digest: u8) -> ActingRequest {
    ActingRequest {
        subject: Fact::Known(Subject::Scheduled("user:1".parse().unwrap())),
        context: Fact::Known(RunContext::Pipeline),
        flow: Fact::Known(Some(Flow {
            id: "5".parse().unwrap(),
            owner: Some("user:1".parse().unwrap()),
            digest: [digest; 32],
        })),
        ..asking("user:1", "agent:7")
    }
}

#[test]
fn what_observing_found_is_accepted_with_one_call_and_then_enforced() {
    let site = Site::new("admit");
    let vault = site.open();
    connect(&vault, "reddit", "user:1", "default");
    let requests = [asking("user:1", "agent:7"), asking("user:2", "agent:7"), night(1)];
    for request in &requests {
        for _ in 0..3 {
            assert_eq!(reason(&admit(&vault, request, Mode::Observe)).0, "no_grant");
        }
    }
    let found = proposals(&vault);
    assert_eq!(
        found.iter().map(|one| (one.count, one.decision.allowed)).collect::<Vec<_>>(),
        [(3, false); 3]
    );
    // One target and reason, whoever asks.
    assert!((1..=2).contains(&events(&vault, "observed").len()));
    assert_eq!(all(&vault).len(), 0);

    for proposed in &found {
        assert!(proposed.grant.is_some());
        let given = vault.accept_proposal(id(proposed), "user:1", Some("seen while observing")).unwrap();
        let given = given.unwrap();
        assert_eq!(
            (given.origin.as_deref(), given.terms.unwrap().granted_by.as_str()),
            (Some("observed"), "user:1")
        );
    }
    assert_eq!(proposals(&vault), []);
    for request in &requests {
        assert_eq!(reason(&admit(&vault, request, Mode::Enforce)), ("allowed", ""));
    }
    assert_eq!(events(&vault, "admitted").len(), 3);
    // As narrow as what was met.
    assert_eq!(reason(&admit(&vault, &asking("user:3", "agent:7"), Mode::Enforce)).0, "acting_user_mismatch");
    assert_eq!(reason(&admit(&vault, &asking("user:1", "agent:8"), Mode::Enforce)).0, "no_grant");
    assert_eq!(reason(&admit(&vault, &night(2), Mode::Enforce)).0, "flow_changed");
    assert!((1..=4).contains(&events(&vault, "refused").len()));
    assert_eq!(proposals(&vault).len(), 3);
}

#[test]
fn observing_writes_nothing_where_it_is_allowed() {
    let site = Site::new("admit-silent");
    let vault = site.open();
    connect(&vault, "reddit", "user:1", "default");
    vault.create_grant(&NewGrant { uses: Some(1), ..any("user:1", "reddit", "agent:7") }).unwrap();
    let before = vault.audit_anchor().unwrap().streams;
    for _ in 0..3 {
        assert!(admit(&vault, &asking("user:1", "agent:7"), Mode::Observe).allowed);
    }
    assert_eq!((vault.audit_anchor().unwrap().streams, all(&vault)[0].uses_left), (before, Some(1)));
    assert!(admit(&vault, &asking("user:1", "agent:7"), Mode::Enforce).allowed);
    assert_eq!(all(&vault)[0].uses_left, Some(0));
    assert_eq!(reason(&admit(&vault, &asking("user:1", "agent:7"), Mode::Enforce)).0, "grant_exhausted");
}

#[test]
fn a_proposal_follows_the_flow_and_what_was_given_since() {
    let site = Site::new("admit-follows");
    let vault = site.open();
    connect(&vault, "reddit", "user:1", "default");
    admit(&vault, &night(1), Mode::Observe);
    admit(&vault, &night(2), Mode::Observe);
    let [proposed]: [Proposed; 1] = proposals(&vault).try_into().unwrap();
    let grant = serde_json::to_string(&proposed.grant).unwrap();
    assert!(
        proposed.count == 2 && grant.contains(&"02".repeat(32)) && grant.contains(r#""for":"owner""#),
        "{grant}"
    );
    vault
        .create_grant(&NewGrant {
            whom: Some(dm_connections::domain::Whom::Anyone),
            ..any("user:1", "reddit", "agent:7")
        })
        .unwrap();
    assert_eq!(proposals(&vault), []);
    assert!(vault.accept_proposal(id(&proposed), "user:1", None).unwrap().is_none());
    refused(vault.accept_proposal(id(&proposed), "user:1", None), Code::NotFound);
}

#[test]
fn where_no_grant_helps_that_is_said() {
    let site = Site::new("admit-none");
    let vault = site.open();
    connect(&vault, "reddit", "user:1", "default");
    let nobody = ActingRequest {
        agent: Fact::Known(None),
        subject: Fact::Known(Subject::Nobody),
        manages: Fact::Known(BTreeSet::new()),
        ..asking("user:1", "agent:7")
    };
    let strange = ActingRequest { session: Fact::Unknown, ..asking("user:1", "agent:7") };
    for request in [&nobody, &strange] {
        admit(&vault, request, Mode::Observe);
    }
    for proposed in proposals(&vault) {
        assert_eq!((proposed.grant.is_none(), proposed.decision.refusal.is_some()), (true, true));
        refused(vault.accept_proposal(id(&proposed), "user:1", None), Code::Conflict);
        assert!(vault.dismiss_proposal(id(&proposed)).unwrap());
        assert!(!vault.dismiss_proposal(id(&proposed)).unwrap());
    }
    assert_eq!(proposals(&vault), []);
    assert_eq!(all(&vault).len(), 0);
}

#[test]
fn a_proposal_that_was_changed_by_sql_gives_nothing() {
    let site = Site::new("admit-tampered");
    let vault = site.open();
    connect(&vault, "reddit", "user:1", "default");
    admit(&vault, &asking("user:1", "agent:7"), Mode::Observe);
    let [proposed]: [Proposed; 1] = proposals(&vault).try_into().unwrap();
    let changed =
        site.sql().execute("UPDATE proposals SET request = replace(request, 'agent:7', 'agent:9')", []);
    assert_eq!(changed, Ok(1));
    assert_eq!(proposals(&vault), []);
    refused(vault.accept_proposal(id(&proposed), "user:1", None), Code::Integrity);
    assert_eq!(all(&vault).len(), 0);
}
