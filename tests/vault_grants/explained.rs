//! Why, and the other way round: who can use a connection, what an agent can use.

use dm_connections::domain::{Effect, Status, Target, UnixTime, Whom};
use dm_connections::vault::{Code, ConnectionUses, GrantQuery, NewGrant, People, Reached, Vault, Which};

use crate::support::{Site, address, refused};
use crate::{any, asking, connect, operations, revoke, wanted};

fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    now.as_secs().try_into().unwrap()
}

fn who(vault: &Vault, id: &str) -> ConnectionUses {
    vault.explain_connection(id.parse().unwrap(), &Default::default()).unwrap()
}

fn what(vault: &Vault, agent: &str) -> Vec<Reached> {
    vault.explain_agent(agent.parse().unwrap(), &Default::default()).unwrap().items
}

/// The agents, with the effect of their grants.
fn agents(uses: &ConnectionUses) -> Vec<String> {
    let mut agents: Vec<_> =
        uses.items.iter().map(|one| format!("{} {}", one.grant.agent, one.grant.effect)).collect();
    agents.sort();
    agents
}

#[test]
fn it_is_told_who_can_use_what() {
    let site = Site::new("uses");
    let vault = site.open();
    let first = connect(&vault, "instagram", "user:1", "default");
    let second = connect(&vault, "instagram", "user:1", "second");
    connect(&vault, "reddit", "user:1", "default");
    connect(&vault, "instagram", "user:2", "default");
    let to_first = NewGrant {
        target: Target::Connection(first.parse().unwrap()),
        ..any("user:1", "instagram", "agent:8")
    };
    vault.create_grant(&to_first).unwrap();
    vault.create_grant(&any("user:1", "instagram", "agent:7")).unwrap();
    vault.create_grant(&any("user:1", "reddit", "agent:7")).unwrap();
    vault.create_grant(&any("user:2", "instagram", "agent:6")).unwrap();
    let ended = vault.create_grant(&any("user:1", "instagram", "agent:9")).unwrap();
    revoke(&vault, Which::One(ended.id.parse().unwrap()));
    let later = UnixTime::new(now() + 3600).ok();
    vault.create_grant(&NewGrant { not_before: later, ..any("user:1", "instagram", "agent:9") }).unwrap();

    assert_eq!(agents(&who(&vault, &first)), ["agent:7 permit", "agent:8 permit"]);
    assert_eq!(agents(&who(&vault, &second)), ["agent:7 permit"]);
    let reached = |agent: &str| -> Vec<usize> {
        let mut counts: Vec<_> = what(&vault, agent).iter().map(|one| one.connections.len()).collect();
        counts.sort_unstable();
        counts
    };
    assert_eq!(reached("agent:7"), [1, 2]);
    assert_eq!(reached("agent:8"), [1]);
    assert!(reached("agent:9").is_empty());
    let nowhere = "01932c07-20bd-7000-8000-000000000000".parse().unwrap();
    refused(vault.explain_connection(nowhere, &Default::default()), Code::NotFound);
}

#[test]
fn a_permission_is_not_told_without_what_forbids() {
    let site = Site::new("forbids");
    let vault = site.open();
    let first = connect(&vault, "instagram", "user:1", "default");
    let second = connect(&vault, "instagram", "user:1", "second");
    let base = any("user:1", "instagram", "agent:7");
    let permits = vault.create_grant(&base).unwrap().id;
    let of_first = Target::Connection(first.parse().unwrap());
    let against = NewGrant { effect: Effect::Forbid, limits: operations(&["publish"]), ..base.clone() };
    let forbids = vault.create_grant(&NewGrant { target: of_first, ..against.clone() }).unwrap().id;
    // Neither another agent's, nor another provider's, nor one that has not begun.
    vault.create_grant(&NewGrant { agent: "agent:8".parse().unwrap(), ..against.clone() }).unwrap();
    vault.create_grant(&NewGrant { effect: Effect::Forbid, ..any("user:1", "reddit", "agent:7") }).unwrap();
    vault.create_grant(&NewGrant { not_before: UnixTime::new(now() + 3600).ok(), ..against }).unwrap();

    let of_grant = |id: &str| what(&vault, "agent:7").into_iter().find(|one| one.grant.id == id).unwrap();
    let mut beside: Vec<_> =
        of_grant(&permits).connections.into_iter().map(|one| (one.connection.id, one.forbids)).collect();
    // Ids of one second are in no order.
    beside.sort_by_key(|(id, _)| *id != first);
    assert_eq!(beside, [(first.clone(), vec![forbids.clone()]), (second.clone(), vec![])]);
    assert!(
        of_grant(&forbids).connections.iter().all(|one| one.forbids.is_empty() && one.connection.id == first)
    );

    assert_eq!(agents(&who(&vault, &first)), ["agent:7 forbid", "agent:7 permit", "agent:8 forbid"]);
    let permitting = |id: &str| {
        let uses = who(&vault, id).items;
        uses.into_iter().find(|one| one.grant.id == permits).map(|one| one.forbids)
    };
    assert_eq!(permitting(&first), Some(vec![forbids.clone()]));
    assert_eq!(permitting(&second), Some(vec![]));

    // At length, what forbids is named with each connection.
    let mut publish = wanted("instagram", &["publish"]);
    let explained = vault.explain_request(&asking("user:1", "agent:7"), &publish).unwrap();
    let named: Vec<_> =
        explained.considered.iter().map(|one| (one.connection.clone(), one.grant.clone())).collect();
    assert!(named.contains(&(first.clone(), Some(forbids.clone()))), "{named:?}");
    assert!(named.contains(&(second, Some(permits.clone()))), "{named:?}");
    publish.connection = Some(first.parse().unwrap());
    let explained = vault.explain_request(&asking("user:1", "agent:7"), &publish).unwrap();
    assert_eq!(explained.decision.grant, Some(forbids));
}

#[test]
fn for_whom_and_what_cannot_be_used_is_told() {
    let site = Site::new("people");
    let vault = site.open();
    let id = connect(&vault, "instagram", "user:1", "default");
    let base = any("user:1", "instagram", "agent:7");
    for whom in [
        None,
        Some(Whom::Users(["user:3".parse().unwrap(), "user:12".parse().unwrap()].into())),
        Some(Whom::Anyone),
        Some(Whom::Nobody),
    ] {
        vault.create_grant(&NewGrant { whom, ..base.clone() }).unwrap();
    }
    let expected = [r#""anyone""#, r#""nobody""#, r#"["user:1"]"#, r#"["user:3","user:12"]"#];
    let shown = |people: Vec<Option<People>>| {
        let mut shown: Vec<_> = people.iter().map(|one| serde_json::to_string(one).unwrap()).collect();
        shown.sort();
        shown
    };
    assert_eq!(shown(who(&vault, &id).items.into_iter().map(|one| one.people).collect()), expected);
    assert_eq!(shown(what(&vault, "agent:7").into_iter().map(|one| one.people).collect()), expected);

    let at = address("instagram", "user:1", "default");
    let mut told = Vec::new();
    for status in
        [Status::Active, Status::Expired, Status::NeedsReauth, Status::KeyUnavailable, Status::Revoked]
    {
        vault.set_status(&at, status, None).unwrap();
        let reason = who(&vault, &id).reason;
        assert_eq!(what(&vault, "agent:7")[0].connections[0].reason, reason);
        // The decision says the same.
        let answer = vault.check_grant(&asking("user:1", "agent:7"), &wanted("instagram", &[])).unwrap();
        assert_eq!(answer.refusal.map(|refusal| refusal.reason), reason);
        told.push(reason);
    }
    let [reauth, expired, key] = ["needs_reauth", "connection_expired", "key_unavailable"].map(Some);
    assert_eq!(told, [None, expired, reauth, key, reauth]);
    site.sql().execute("UPDATE connections SET scopes = 'more'", []).unwrap();
    assert_eq!(who(&vault, &id).reason, Some("integrity"));
    assert_eq!(what(&vault, "agent:7")[0].connections[0].reason, Some("integrity"));
}

#[test]
fn what_is_not_to_be_believed_is_shown_as_such() {
    let site = Site::new("disbelieved");
    let vault = site.open();
    let id = connect(&vault, "instagram", "user:1", "default");
    let base = any("user:1", "instagram", "agent:7");
    let forbids = vault.create_grant(&NewGrant { effect: Effect::Forbid, ..base.clone() }).unwrap().id;
    vault.create_grant(&base).unwrap();
    let id_of = |text: &str| text.replace('-', "");
    site.sql().execute(&format!("DELETE FROM grants WHERE id = x'{}'", id_of(&forbids)), []).unwrap();
    let uses = who(&vault, &id);
    let [one] = &uses.items[..] else { panic!("{uses:?}") };
    assert_eq!((one.grant.integrity, one.grant.status, &one.people), (false, None, &None));
    assert!(one.forbids.is_empty());
    let reached = what(&vault, "agent:7");
    assert!(!reached[0].grant.integrity && reached[0].people.is_none());
}

#[test]
fn a_page_may_be_empty_and_another_follow() {
    let site = Site::new("pages");
    let vault = site.open();
    let id = connect(&vault, "instagram", "user:1", "default");
    let later =
        NewGrant { not_before: UnixTime::new(now() + 3600).ok(), ..any("user:1", "instagram", "agent:7") };
    for _ in 0..3 {
        vault.create_grant(&later).unwrap();
    }
    // Of a later second, so that its id comes behind theirs.
    let begun = now();
    while now() == begun {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let live = vault.create_grant(&any("user:1", "instagram", "agent:7")).unwrap().id;
    let mut query = GrantQuery { limit: Some(2), ..GrantQuery::default() };
    let first = vault.explain_connection(id.parse().unwrap(), &query).unwrap();
    assert!(first.items.is_empty() && first.next.is_some());
    assert!(vault.explain_agent("agent:7".parse().unwrap(), &query).unwrap().items.is_empty());
    query.after = first.next.map(|next| next.parse().unwrap());
    let second = vault.explain_connection(id.parse().unwrap(), &query).unwrap();
    assert_eq!((second.items[0].grant.id.as_str(), second.next), (live.as_str(), None));
    assert_eq!(vault.explain_agent("agent:7".parse().unwrap(), &query).unwrap().items[0].grant.id, live);
}
