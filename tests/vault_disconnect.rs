//! Disconnecting: what the receipt says is true, and nothing else happened.
#![allow(missing_docs)]

mod support;

use std::os::unix::fs::PermissionsExt;

use dm_connections::domain::Target;
use dm_connections::vault::{
    AtProvider, AuditItem, Code, Disconnect, Disconnected, Facts, Kind, NewGrant, Options, Vault, close_all,
};
use support::acting::any;
use support::audit::{findings, sound};
use support::{Site, address, document, fixture, import, key, refused, text};

const CONN: Kind = Kind::Connection;
const SECRET: &str = r#"{"access_token":"canary-token","refresh_token":"canary-refresh","user_id":"42"}"#;

fn connect(vault: &Vault, provider: &str, owner: &str) -> String {
    vault.save(CONN, &address(provider, owner, "default"), &document(SECRET), &Facts::default()).unwrap().id
}

fn answered(at_provider: AtProvider) -> Disconnect {
    Disconnect { at_provider, ..Disconnect::default() }
}

/// The receipt, after a look that neither it nor any record holds a secret.
fn disconnect(vault: &Vault, provider: &str, owner: &str, given: &Disconnect) -> Disconnected {
    let receipt = vault.disconnect(&address(provider, owner, "default"), given).unwrap();
    let records = format!("{:?}", vault.audit(&Default::default()).unwrap().items);
    let told = serde_json::to_string(&receipt).unwrap();
    assert!(!told.contains("canary") && !records.contains("canary"), "{told} {records}");
    receipt
}

fn ended(vault: &Vault) -> Vec<AuditItem> {
    let items = vault.audit(&Default::default()).unwrap().items.into_iter();
    items.filter(|item| ["disconnected", "deleted"].contains(&item.event.as_str())).collect()
}

fn named(id: &str, agent: &str) -> NewGrant {
    NewGrant { target: Target::Connection(id.parse().unwrap()), ..any("user:1", "x", agent) }
}

#[test]
fn the_receipt_has_what_the_provider_said_and_the_record_too() {
    let site = Site::new("disconnect");
    let vault = site.open();
    let cases = [
        (AtProvider::Revoked, "revoked", "said that it ended"),
        (AtProvider::Unsupported, "unsupported", "in the account's settings"),
        (AtProvider::Failed, "failed", "by hand"),
        (AtProvider::NotAsked, "not_asked", "was not told"),
    ];
    for (answer, told, note) in cases {
        assert_eq!(told.parse::<AtProvider>().unwrap(), answer);
        let id = connect(&vault, "x", "user:1");
        let given = Disconnect { reason: Some("http_500".to_owned()), ..answered(answer) };
        let receipt = disconnect(&vault, "x", "user:1", &given);
        assert_eq!((receipt.deleted, receipt.id.as_ref(), &receipt.present), (true, Some(&id), &None));
        assert_eq!((receipt.at_provider, receipt.reason.as_deref()), (told, Some("http_500")));
        assert!(receipt.note.contains("destroyed here") && receipt.note.contains(note), "{}", receipt.note);
        refused(vault.get(CONN, &address("x", "user:1", "default")), Code::NotFound);
        let records = ended(&vault);
        let record = records.last().unwrap();
        assert_eq!((record.event.as_str(), record.connection.as_ref()), ("disconnected", Some(&id)));
        assert_eq!((record.subject.as_deref(), &record.details["code"]), (Some("user:1"), &told.into()));
        assert_eq!(record.details["provider"], "x");
    }
    assert_eq!(ended(&vault).len(), cases.len(), "one record each");
    sound(&vault);
    assert!("Revoked".parse::<AtProvider>().is_err());
}

#[test]
fn what_is_said_to_be_destroyed_is_in_no_file_any_more() {
    let site = Site::new("disconnect-bytes");
    let vault = site.open();
    connect(&vault, "x", "user:1");
    connect(&vault, "x", "user:2");
    let mine = "SELECT wrapped_key, sealed FROM connections WHERE owner = 'user:1'";
    let (wrapped, sealed): (Vec<u8>, Vec<u8>) =
        site.sql().query_row(mine, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let lies = |bytes: &[u8]| {
        site.every_byte().iter().any(|(_, file)| file.windows(bytes.len()).any(|part| part == bytes))
    };
    assert!(lies(&wrapped) && lies(&sealed));
    let backup = site.root.join("backup");
    std::fs::create_dir(&backup).unwrap();
    let copy = std::fs::read(site.database()).unwrap();

    let receipt = disconnect(&vault, "x", "user:1", &answered(AtProvider::Revoked));
    assert_eq!((receipt.destroyed.document, receipt.destroyed.data_key), (true, true));
    assert!(!lies(&wrapped) && !lies(&sealed));
    assert_eq!(text(&vault, CONN, &address("x", "user:2", "default")), SECRET, "the other one's is there");

    // And what the receipt says of backups is true as well.
    assert!(receipt.backups.contains("stay readable to who has the key"), "{}", receipt.backups);
    close_all();
    std::fs::set_permissions(&backup, PermissionsExt::from_mode(0o700)).unwrap();
    std::fs::write(backup.join("connections.sqlite"), copy).unwrap();
    std::fs::set_permissions(backup.join("connections.sqlite"), PermissionsExt::from_mode(0o600)).unwrap();
    let of_then = Vault::open(&Options::new(backup, support::SITE), &[key(1)]).unwrap();
    assert_eq!(text(&of_then, CONN, &address("x", "user:1", "default")), SECRET);
}

#[test]
fn grants_that_named_it_end_and_what_was_held_back_goes() {
    let site = Site::new("disconnect-grants");
    let vault = site.open();
    let id = connect(&vault, "x", "user:1");
    for agent in ["agent:7", "agent:8"] {
        vault.create_grant(&named(&id, agent)).unwrap();
    }
    vault.create_grant(&any("user:1", "x", "agent:7")).unwrap();
    let receipt = disconnect(&vault, "x", "user:1", &answered(AtProvider::Revoked));
    assert_eq!((receipt.grants, receipt.lease, receipt.destroyed.held_back), (2, false, 0));
    let active = vault.list_grants(&Default::default()).unwrap().items.into_iter();
    assert_eq!(active.filter(|grant| grant.status == Some("active")).count(), 1);
    let records = vault.audit(&Default::default()).unwrap().items.into_iter();
    assert_eq!(records.filter(|item| item.event == "grant_revoked").count(), 2);

    // One with a member in quarantine.
    import(&vault, &fixture("mixed.serialized"));
    let kept = || vault.info().unwrap().counts.kept;
    let before = kept();
    let quarantined = vault.get(CONN, &address("reddit", "user:66", "default")).unwrap().with_about().1;
    let held_back = quarantined.quarantined.len() as u64;
    assert!(held_back > 0);
    let receipt = disconnect(&vault, "reddit", "user:66", &Disconnect::default());
    assert_eq!((receipt.destroyed.held_back, before - kept()), (held_back, held_back));
    sound(&vault);
}

#[test]
fn how_it_is_ended_by_hand_is_told_where_the_catalogue_knows() {
    let site = Site::new("disconnect-how");
    let vault = site.open();
    let how = |provider: &str| {
        let receipt = disconnect(&vault, provider, "user:1", &Disconnect::default());
        serde_json::to_value(receipt.revocation).unwrap()
    };
    assert_eq!(how("x"), serde_json::json!({"method": "POST", "url": "https://api.x.com/2/oauth2/revoke"}));
    assert_eq!(how("facebook")["method"], "DELETE");
    assert!(how("twitter").is_null() && how("of_nobody").is_null());
    // What has to be filled in stays so: no member of the account comes into the receipt.
    connect(&vault, "mastodon", "user:1");
    assert_eq!(how("mastodon")["url"], "{instance}/oauth/revoke");
}

#[test]
fn again_and_where_there_was_nothing_it_is_no_error() {
    let site = Site::new("disconnect-again");
    let vault = site.open();
    connect(&vault, "x", "user:1");
    vault.save(Kind::Config, &address("x", "user:1", "default"), &document("{}"), &Facts::default()).unwrap();
    assert!(disconnect(&vault, "x", "user:1", &answered(AtProvider::Revoked)).deleted);
    let again = disconnect(&vault, "x", "user:1", &answered(AtProvider::Failed));
    assert_eq!((again.deleted, again.id, again.at_provider), (false, None, "failed"));
    assert_eq!((again.destroyed.document, again.destroyed.data_key, again.grants), (false, false, 0));
    assert!(again.note.contains("no such connection") && again.note.contains("by hand"), "{}", again.note);
    assert_eq!(ended(&vault).len(), 1, "what changes nothing leaves no record");
    // The app config of these names is another thing.
    vault.get(Kind::Config, &address("x", "user:1", "default")).unwrap();
}

#[test]
fn a_revision_that_moved_on_and_a_reason_that_is_none_change_nothing() {
    let site = Site::new("disconnect-refused");
    let vault = site.open();
    connect(&vault, "x", "user:1");
    let at = address("x", "user:1", "default");
    let present = vault.get(CONN, &at).unwrap().with_about().1.revision;
    let stale = Disconnect { if_revision: Some(present - 1), ..answered(AtProvider::Revoked) };
    let conflict = refused(vault.disconnect(&at, &stale), Code::Conflict);
    assert_eq!(conflict.detail()["revision"], present);
    for reason in ["a\nb".to_owned(), "x".repeat(256)] {
        let given = Disconnect { reason: Some(reason), ..answered(AtProvider::Failed) };
        let error = refused(vault.disconnect(&at, &given), Code::InvalidArgument);
        assert_eq!(error.detail()["argument"], "reason");
    }
    assert_eq!((text(&vault, CONN, &at), ended(&vault).len()), (SECRET.to_owned(), 0));
    let now =
        Disconnect { if_revision: Some(present), reason: Some("x".repeat(255)), ..Disconnect::default() };
    assert!(vault.disconnect(&at, &now).unwrap().deleted);
}

#[test]
fn another_connection_that_took_the_place_meanwhile_is_left_alone() {
    let site = Site::new("disconnect-meanwhile");
    let vault = site.open();
    let asked = connect(&vault, "x", "user:1");
    let about = |id: &str| Disconnect { id: Some(id.parse().unwrap()), ..answered(AtProvider::Revoked) };
    let at = address("x", "user:1", "default");
    vault.delete(CONN, &at, None).unwrap();
    let other = connect(&vault, "x", "user:1");
    let receipt = disconnect(&vault, "x", "user:1", &about(&asked));
    assert_eq!((receipt.deleted, receipt.id, receipt.present.as_ref()), (false, None, Some(&other)));
    assert!(!receipt.destroyed.document && receipt.note.contains("left alone"), "{}", receipt.note);
    assert_eq!(text(&vault, CONN, &at), SECRET);
    // Renewed meanwhile, it is the same one, and goes.
    vault.merge(CONN, &at, &document(r#"{"access_token":"canary-2"}"#), &Facts::default()).unwrap();
    assert_eq!(disconnect(&vault, "x", "user:1", &about(&other)).id, Some(other));
}

#[test]
fn a_row_that_does_not_open_goes_too() {
    let site = Site::new("disconnect-closed");
    let vault = site.open();
    connect(&vault, "x", "user:1");
    connect(&vault, "x", "user:2");
    vault.add_key(&key(2)).unwrap();
    close_all();
    let vault = site.open_with(&[key(2)]).unwrap();
    refused(vault.get(CONN, &address("x", "user:1", "default")), Code::KeyUnavailable);
    let given = Disconnect { reason: Some("unreadable".to_owned()), ..Disconnect::default() };
    assert!(disconnect(&vault, "x", "user:1", &given).deleted);
    close_all();
    site.sql().execute("UPDATE connections SET status = 'active', display_name = 'x'", []).unwrap();
    let vault = site.open_with(&[key(2), key(1)]).unwrap();
    refused(vault.get(CONN, &address("x", "user:2", "default")), Code::Integrity);
    assert!(disconnect(&vault, "x", "user:2", &given).deleted);
    assert_eq!(vault.info().unwrap().counts.connections, 0);
}

/// The record says that there has to be no row, as a deletion's does.
#[test]
fn a_disconnected_row_that_is_put_back_is_found() {
    let site = Site::new("disconnect-back");
    let vault = site.open();
    connect(&vault, "x", "user:1");
    connect(&vault, "x", "user:2");
    let sql = site.sql();
    sql.execute_batch("CREATE TEMP TABLE old AS SELECT * FROM connections WHERE owner = 'user:1'").unwrap();
    disconnect(&vault, "x", "user:1", &answered(AtProvider::Revoked));
    sound(&vault);
    sql.execute_batch("INSERT INTO connections SELECT * FROM old").unwrap();
    assert_eq!(findings(&vault).iter().map(|found| found.0).collect::<Vec<_>>(), ["row_put_back"]);
    disconnect(&vault, "x", "user:1", &Disconnect::default());
    assert_eq!(vault.info().unwrap().counts.connections, 1);
}

#[test]
fn a_deletion_is_still_a_deletion() {
    let site = Site::new("disconnect-delete");
    let vault = site.open();
    connect(&vault, "x", "user:1");
    let receipt = vault.delete(CONN, &address("x", "user:1", "default"), None).unwrap();
    assert!(receipt.deleted && receipt.note.contains("key of that time. The provider was not told"));
    let records = ended(&vault);
    assert_eq!((records.len(), records[0].event.as_str()), (1, "deleted"));
    assert!(records[0].details.get("code").is_none_or(serde_json::Value::is_null));
}
