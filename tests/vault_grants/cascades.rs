//! What ends with what.

use dm_connections::domain::{Owner, Whom};
use dm_connections::vault::{Facts, NewGrant, Vault, Which};

use crate::support::{Site, address, document};
use crate::{CONN, all, any, asking, connect, named, reason, revoke, wanted};

fn live(vault: &Vault) -> Vec<(String, String)> {
    let live = all(vault).into_iter().filter(|grant| grant.status == Some("active"));
    live.map(|grant| (grant.agent, grant.owner)).collect()
}

#[test]
fn deleting_a_connection_ends_the_grants_that_named_it() {
    let site = Site::new("deleting");
    let vault = site.open();
    let id = connect(&vault, "instagram", "user:1", "default");
    for agent in ["agent:7", "agent:8"] {
        vault.create_grant(&named(&id, agent)).unwrap();
    }
    vault.create_grant(&any("user:1", "instagram", "agent:7")).unwrap();
    let receipt = vault.delete(CONN, &address("instagram", "user:1", "default"), None).unwrap();
    assert_eq!((receipt.deleted, receipt.grants), (true, 2));
    assert_eq!(live(&vault), [("agent:7".to_owned(), "user:1".to_owned())]);
    // Ids of one second are in no order.
    let ended = all(&vault).into_iter().find(|grant| grant.status == Some("revoked")).unwrap();
    let ended = serde_json::to_value(ended).unwrap();
    assert_eq!([&ended["revoked_by"], &ended["revoked_why"]], ["library", "the connection was deleted"]);

    // Any of the owner's goes on working under a new id.
    let again = connect(&vault, "instagram", "user:1", "default");
    assert_ne!(again, id);
    assert!(vault.check_grant(&asking("user:1", "agent:7"), &wanted("instagram", &[])).unwrap().allowed);
    let answer = vault.check_grant(&asking("user:1", "agent:8"), &wanted("instagram", &[])).unwrap();
    assert_eq!(reason(&answer).0, "no_grant");
}

#[test]
fn another_remote_account_in_its_place_ends_them_too() {
    let site = Site::new("replacing");
    let vault = site.open();
    let at = address("instagram", "user:1", "default");
    let save = |user: &str| {
        let json = format!(r#"{{"access_token":"t","user_id":"{user}"}}"#);
        vault.save(CONN, &at, &document(&json), &Facts { replace: true, ..Facts::default() }).unwrap()
    };
    let first = save("42");
    vault.create_grant(&named(&first.id, "agent:7")).unwrap();
    vault.create_grant(&any("user:1", "instagram", "agent:8")).unwrap();
    assert_eq!(save("42").ended_grants, 0);
    let second = save("43");
    assert_eq!((second.replaced, second.ended_grants), (Some(first.id), 1));
    assert_eq!(live(&vault), [("agent:8".to_owned(), "user:1".to_owned())]);
}

#[test]
fn an_owner_that_goes_takes_what_it_gave_and_an_agent_what_it_had() {
    let site = Site::new("clearing");
    let vault = site.open();
    let id = connect(&vault, "instagram", "user:1", "default");
    connect(&vault, "reddit", "user:1", "default");
    let for_anyone = |grant| NewGrant { whom: Some(Whom::Anyone), ..grant };
    for grant in [
        named(&id, "agent:7"),
        any("user:1", "instagram", "agent:7"),
        any("user:1", "reddit", "agent:8"),
        any("user:2", "reddit", "agent:8"),
        any("user:3", "reddit", "agent:9"),
        for_anyone(any("agent:9", "reddit", "agent:9")),
        for_anyone(any("agent:9", "reddit", "agent:7")),
    ] {
        vault.create_grant(&grant).unwrap();
    }
    let (user, agent) = (Owner::user(1).unwrap(), Owner::agent(9).unwrap());
    let cleared = vault.clear(&user, Some(&"instagram".parse().unwrap())).unwrap();
    assert_eq!((cleared.connections, cleared.grants), (1, 1), "only what named a connection that is gone");
    assert_eq!(vault.clear(&user, None).unwrap().grants, 2);
    assert_eq!(vault.clear(&agent, None).unwrap().grants, 3);
    assert_eq!(live(&vault), [("agent:8".to_owned(), "user:2".to_owned())]);
    assert_eq!(vault.clear(&user, None).unwrap().grants, 0);
}

#[test]
fn all_of_an_agent_or_of_an_owner_are_taken_back_at_once() {
    let site = Site::new("at-once");
    let vault = site.open();
    for (owner, agent) in
        [("user:1", "agent:7"), ("user:1", "agent:8"), ("user:2", "agent:7"), ("user:3", "agent:8")]
    {
        vault.create_grant(&any(owner, "reddit", agent)).unwrap();
    }
    assert_eq!(revoke(&vault, Which::Agent("agent:7".parse().unwrap())).revoked, 2);
    assert_eq!(revoke(&vault, Which::Owner("user:1".parse().unwrap())).revoked, 1);
    assert_eq!(live(&vault), [("agent:8".to_owned(), "user:3".to_owned())]);
}
