//! Stores that were imported before there were grants.

use std::os::unix::fs::PermissionsExt;

use dm_connections::vault::{Options, close_all};

use crate::support::process::Actor;
use crate::support::{Site, fixture, import, key};
use crate::*;

const DELEGATED: [(&str, &str); 2] = [("agent:5", "site:0"), ("agent:5", "user:2")];

fn is(found: Vec<(String, String)>, expected: &[(&str, &str)]) {
    let found: Vec<(&str, &str)> =
        found.iter().map(|(agent, owner)| (agent.as_str(), owner.as_str())).collect();
    assert_eq!(found, expected);
}

fn upgrades(site: &Site) -> i64 {
    site.sql().query_row("SELECT upgrades FROM store", [], |row| row.get(0)).unwrap()
}

/// A store of the first version with a real option in it.
fn imported_before(name: &str) -> Site {
    let site = Site::new(name);
    import(&site.open(), &fixture("mixed.serialized"));
    site.back_to_the_first_version();
    site
}

/// Of the agents of the real option each has its grants, one for each provider.
fn check(vault: &Vault) {
    is(active(vault, Origin::Delegation), &DELEGATED);
    let own = [2, 2, 3, 5, 5, 5].map(|number| format!("agent:{number}"));
    let found: Vec<String> = active(vault, Origin::OwnAccount).into_iter().map(|(agent, _)| agent).collect();
    assert_eq!(found, own);
    assert_eq!(decided(vault, "agent:5", "email_imap", "site:0", &["reply"]), "allowed");
    assert_eq!(decided(vault, "agent:5", "email_imap", "agent:5", &["send"]), "allowed");
}

#[test]
fn opening_one_gives_them_once() {
    let site = imported_before("stored");
    let vault = site.open();
    check(&vault);
    assert_eq!(upgrades(&site), 2);
    let grants = of(&vault, Origin::Delegation);
    revoke(&vault, &grants[0].id);
    close_all();
    let vault = site.open();
    is(active(&vault, Origin::Delegation), &DELEGATED[1..]);
    let own = of(&vault, Origin::OwnAccount);
    revoke(&vault, &own[0].id);
    // Whoever sets the number back brings nothing back, nor who deletes what is remembered.
    for sql in ["UPDATE store SET upgrades = 0", "DELETE FROM grants_given; UPDATE store SET upgrades = 0"] {
        site.sql().execute_batch(sql).unwrap();
        close_all();
        let vault = site.open();
        assert_eq!(upgrades(&site), 2);
        is(active(&vault, Origin::Delegation), &DELEGATED[1..]);
        assert_eq!(of(&vault, Origin::OwnAccount).len(), 6);
        let own_one =
            |grant: &&GrantInfo| [&grant.owner, &grant.provider] == [&own[0].owner, &own[0].provider];
        let ones: Vec<_> =
            of(&vault, Origin::OwnAccount).iter().filter(own_one).map(|grant| grant.status).collect();
        assert_eq!(ones, [Some("revoked")]);
    }
    let vault = site.open();
    let verified = vault.verify_audit(&Default::default()).unwrap();
    assert!(verified.findings.iter().all(|finding| finding.code == "row_unknown"), "{:?}", verified.findings);
}

#[test]
fn a_store_that_the_library_of_then_made_gets_them_too() {
    let site = Site::new("stored-real");
    std::fs::create_dir(site.store()).unwrap();
    std::fs::write(site.database(), fixture("store-1.sqlite")).unwrap();
    for (path, mode) in [(site.store(), 0o700), (site.database(), 0o600)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let vault = site.open();
    check(&vault);
    // What it imported is the option that is imported now.
    assert_eq!(import(&vault, &fixture("mixed.serialized")).counts.imported, 0);
    check(&vault);
    assert!(vault.verify_audit(&Default::default()).unwrap().ok);
}

#[test]
fn a_new_store_has_nothing_to_do() {
    let site = Site::new("stored-new");
    drop(site.open());
    assert_eq!(upgrades(&site), 2);
    let writes =
        || -> i64 { site.sql().query_row("SELECT writes FROM store", [], |row| row.get(0)).unwrap() };
    let before = writes();
    close_all();
    drop(site.open());
    assert_eq!(writes(), before);
}

#[test]
fn one_that_takes_the_place_of_an_open_store_gets_them_at_the_next_opening() {
    let site = imported_before("stored-restored");
    let before = std::fs::read(site.database()).unwrap();
    check(&site.open());
    // A backup of before is put back, while this process has the store open.
    let backup = site.root.join("backup");
    std::fs::write(&backup, before).unwrap();
    std::fs::set_permissions(&backup, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::rename(&backup, site.database()).unwrap();
    check(&site.open());
}

#[test]
fn what_was_deleted_since_the_import_is_not_delegated() {
    let site = Site::new("stored-deleted");
    let vault = site.open();
    import(&vault, &fixture("mixed.serialized"));
    let at = address("email_imap", "site:0", "event-submissions");
    vault.delete(CONN, &at, None).unwrap();
    connect(&vault, "email_imap", "site:0", "event-submissions");
    vault.delete(CONN, &address("email_imap", "user:2", "personal.desk_1"), None).unwrap();
    drop(vault);
    site.back_to_the_first_version();
    let vault = site.open();
    is(active(&vault, Origin::Delegation), &[]);
    let options = dm_connections::vault::ExportOptions {
        format: Format::Php,
        fields: Vec::new(),
        fields_of: std::collections::BTreeMap::new(),
        leave_out: false,
    };
    let exported = vault.export(&salt(), &options).unwrap();
    let codes: Vec<_> = exported.report.left_out.iter().map(|one| one.code).collect();
    assert_eq!(codes, ["connection_gone", "connection_gone"]);
}

#[test]
fn rows_that_somebody_put_there_give_nothing() {
    let site = imported_before("stored-tampered");
    site.sql().execute_batch("UPDATE connections SET owner = 'agent:66' WHERE owner = 'user:17'").unwrap();
    let vault = site.open();
    check(&vault);
}

#[test]
fn delegations_under_a_key_that_is_not_given_wait_for_it() {
    let site = Site::new("stored-key");
    let vault = site.open();
    import(&vault, &fixture("mixed.serialized"));
    vault.add_key(&key(2)).unwrap();
    drop(vault);
    site.back_to_the_first_version();
    let writes =
        || -> i64 { site.sql().query_row("SELECT writes FROM store", [], |row| row.get(0)).unwrap() };
    let vault = site.open_with(&[key(2)]).unwrap();
    is(active(&vault, Origin::Delegation), &[]);
    // Rows tell whose they are without their key.
    assert_eq!(of(&vault, Origin::OwnAccount).len(), 6);
    assert_eq!(upgrades(&site), 1);
    let before = writes();
    drop(vault);
    close_all();
    drop(site.open_with(&[key(2)]).unwrap());
    drop(site.open_with(&[key(2)]).unwrap());
    assert_eq!(writes(), before, "waiting writes nothing");
    // The key comes along while the process has the store open.
    let vault = site.open_with(&[key(2), key(1)]).unwrap();
    is(active(&vault, Origin::Delegation), &DELEGATED);
    assert_eq!(upgrades(&site), 2);
}

#[test]
fn a_store_that_cannot_be_written_goes_on_being_read() {
    let site = imported_before("stored-busy");
    // Its tables are of the second version already; what would be given is not.
    drop(site.open());
    let given = "DELETE FROM grants; DELETE FROM grant_heads; DELETE FROM grants_given; UPDATE store SET upgrades = 0";
    site.sql().execute_batch(given).unwrap();
    close_all();
    let hurried = Options { patience: std::time::Duration::from_millis(100), ..site.options() };
    // Somebody else holds it, as a backup does.
    let holder = site.sql();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let vault = Vault::open(&hurried, &[key(1)]).unwrap();
    assert!(vault.get(CONN, &address("reddit", "agent:5", "default")).is_ok());
    assert_eq!(of(&vault, Origin::OwnAccount).len(), 0);
    holder.execute_batch("ROLLBACK").unwrap();
    check(&Vault::open(&hurried, &[key(1)]).unwrap());
}

#[test]
fn two_processes_at_once_give_them_once() {
    for round in 0..4 {
        let site = imported_before(&format!("stored-two-{round}"));
        let mut both = [(); 2].map(|()| Actor::start("opener", &site.store()));
        for actor in &mut both {
            actor.expect("ready");
        }
        for actor in &mut both {
            actor.tell("go");
        }
        for actor in &mut both {
            actor.expect("2 6");
        }
        both.into_iter().for_each(Actor::finish);
        let vault = site.open();
        check(&vault);
        assert_eq!((of(&vault, Origin::Delegation).len(), of(&vault, Origin::OwnAccount).len()), (2, 6));
    }
}
