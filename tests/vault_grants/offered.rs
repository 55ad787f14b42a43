//! Connecting and granting in one call.

use dm_connections::domain::{Effect, Limits, Target, UnixTime, Whom};
use dm_connections::vault::{Code, Facts, GrantInfo, Kind, NewGrant, Offer, Saved, Vault, Which};

use crate::support::{Site, address, document, refused};
use crate::{CONN, all, any, asking, connect, operations, reason, revoke, wanted};

/// Its target does not matter.
fn offer(agent: &str) -> NewGrant {
    NewGrant { limits: operations(&["publish"]), by: "user:1".into(), ..any("site:9", "acme", agent) }
}

fn facts(grants: Vec<NewGrant>, only_this: bool) -> Facts {
    let offers = grants.into_iter().map(|grant| Offer { grant, only_this });
    Facts { grants: offers.collect(), replace: true, ..Facts::default() }
}

fn save(vault: &Vault, user_id: &str, facts: &Facts) -> Result<Saved, dm_connections::vault::Error> {
    let json = format!(r#"{{"access_token":"t","user_id":"{user_id}"}}"#);
    vault.save(CONN, &address("instagram", "user:1", "default"), &document(&json), facts)
}

fn given(vault: &Vault, id: &str) -> GrantInfo {
    all(vault).into_iter().find(|grant| grant.id == id).unwrap()
}

#[test]
fn they_are_about_what_is_saved() {
    let site = Site::new("offered");
    let vault = site.open();
    let first = save(&vault, "42", &facts(vec![offer("agent:7"), offer("agent:8")], false)).unwrap();
    let only = save(&vault, "42", &facts(vec![offer("agent:9")], true)).unwrap();
    assert_eq!((first.grants.len(), only.grants.len()), (2, 1));
    for (id, agent, connection) in [
        (&first.grants[0], "agent:7", None),
        (&first.grants[1], "agent:8", None),
        (&only.grants[0], "agent:9", Some(&first.id)),
    ] {
        let given = given(&vault, id);
        assert_eq!((&*given.agent, given.connection.as_ref()), (agent, connection));
        assert_eq!((&*given.owner, &*given.provider), ("user:1", "instagram"));
    }
    for agent in ["agent:7", "agent:8", "agent:9"] {
        let answer = vault.check_grant(&asking("user:1", agent), &wanted("instagram", &["publish"])).unwrap();
        assert!(answer.allowed, "{agent}: {answer:?}");
    }

    // Another remote account takes its place: what named the one before ends, what is offered is about the new one.
    let second = save(&vault, "43", &facts(vec![offer("agent:9")], true)).unwrap();
    assert_eq!((second.replaced, second.ended_grants), (Some(first.id), 1));
    assert_eq!(given(&vault, &second.grants[0]).connection, Some(second.id));

    // A merge gives them too.
    let at = address("instagram", "user:1", "default");
    let merged = vault.merge(CONN, &at, &document("{}"), &facts(vec![offer("agent:5")], false)).unwrap();
    assert_eq!(merged.grants.len(), 1);
}

#[test]
fn who_connects_again_does_not_give_the_same_again() {
    let site = Site::new("again");
    let vault = site.open();
    let three = NewGrant { uses: Some(3), ..offer("agent:8") };
    let offers = facts(vec![offer("agent:7"), three.clone(), offer("agent:7")], false);
    let first = save(&vault, "42", &offers).unwrap().grants;
    assert_eq!((&first[0], all(&vault).len()), (&first[2], 2));
    assert_eq!(save(&vault, "42", &offers).unwrap().grants, first);
    assert_eq!(all(&vault).len(), 2);
    // What differs in anything that counts is another one.
    let base = offer("agent:7");
    let later = UnixTime::new(4_000_000_000).ok();
    let others = vec![
        NewGrant { effect: Effect::Forbid, ..base.clone() },
        NewGrant { limits: operations(&["read"]), ..base.clone() },
        NewGrant { limits: Limits::NONE, ..base.clone() },
        NewGrant { whom: Some(Whom::Anyone), ..base.clone() },
        NewGrant { expires_at: later, ..base.clone() },
        NewGrant { not_before: later, ..base.clone() },
        NewGrant { uses: Some(2), ..three },
    ];
    let count = others.len();
    save(&vault, "42", &facts(others, false)).unwrap();
    save(&vault, "42", &facts(vec![base.clone()], true)).unwrap();
    assert_eq!(all(&vault).len(), 2 + count + 1);
    // And so is one that was taken back; what is given by itself is given each time.
    revoke(&vault, Which::One(first[0].parse().unwrap()));
    let anew = save(&vault, "42", &offers).unwrap().grants;
    assert_ne!(anew[0], first[0]);
    let target = Target::Any { owner: "user:1".parse().unwrap(), provider: "instagram".parse().unwrap() };
    let by_itself = vault.create_grant(&NewGrant { target, ..base }).unwrap().id;
    assert!(!anew.contains(&by_itself));
}

#[test]
fn all_or_nothing() {
    let site = Site::new("nothing");
    let vault = site.open();
    let wrong = NewGrant { limits: operations(&["fly"]), ..offer("agent:8") };
    let both = facts(vec![offer("agent:7"), wrong], false);
    let error = refused(save(&vault, "42", &both), Code::InvalidArgument);
    assert!(error.message().starts_with("grants[1]: operations: "), "{error}");
    assert_eq!(error.detail()["argument"], "operations");
    let at = address("instagram", "user:1", "default");
    refused(vault.get(CONN, &at), Code::NotFound);
    assert!(all(&vault).is_empty());
    let records = |vault: &Vault| vault.audit(&Default::default()).unwrap().items.len();
    assert_eq!(records(&vault), 0);

    // What stands there stays, with its grants; also where the pair is not to be believed.
    let before = save(&vault, "42", &facts(vec![offer("agent:7")], true)).unwrap();
    refused(save(&vault, "43", &both), Code::InvalidArgument);
    assert_eq!(vault.get(CONN, &at).unwrap().with_about().1.id, before.id);
    assert_eq!(all(&vault)[0].status, Some("active"));
    site.sql().execute("UPDATE grants SET uses_left = 5", []).unwrap();
    let error = refused(save(&vault, "42", &facts(vec![offer("agent:7")], false)), Code::Integrity);
    assert!(error.message().starts_with("grants[0]: integrity: "), "{error}");

    // An app config has none, and the limit of a pair holds.
    refused(vault.save(Kind::Config, &at, &document("{}"), &both), Code::InvalidArgument);
    connect(&vault, "instagram", "user:2", "default");
    let many = (1..=257).map(|uses| NewGrant { uses: Some(uses), ..offer("agent:6") }).collect();
    refused(save(&vault, "42", &facts(many, false)), Code::TooLarge);
    let answer = vault.check_grant(&asking("user:1", "agent:6"), &wanted("instagram", &[])).unwrap();
    assert_eq!(reason(&answer).0, "no_grant");
}
