//! Events: what is told to whom, when it is told again, and what a damaged chain does to it.

use dm_connections::domain::{Status, UnixTime};
use dm_connections::vault::{
    Code, EventItem, EventPage, EventsOptions, Facts, Kind, PruneOptions, Pruned, Vault, Waits,
};

use crate::support::audit::{next_second, prune_all, sound};
use crate::support::{Site, address, document, refused, told};
use crate::{SECRET, refuse, save, three};

fn read(vault: &Vault, consumer: &str) -> EventPage {
    vault.events(&consumer.parse().unwrap(), EventsOptions::default()).unwrap()
}

fn from_start(vault: &Vault, consumer: &str) -> EventPage {
    let options = EventsOptions { from_start: true, ..Default::default() };
    vault.events(&consumer.parse().unwrap(), options).unwrap()
}

fn done(vault: &Vault, consumer: &str, cursor: &str) -> Result<(), dm_connections::vault::Error> {
    vault.events_done(&consumer.parse().unwrap(), cursor.parse().unwrap())
}

fn set_status(vault: &Vault, owner: &str, status: Status) {
    vault.set_status(&address("reddit", owner, "default"), status, Some("canary-cause")).unwrap();
}

fn names(page: &EventPage) -> Vec<&'static str> {
    page.events.iter().map(|event| event.event).collect()
}

fn prune(vault: &Vault, options: PruneOptions) -> Pruned {
    next_second();
    vault.prune_audit(options).unwrap()
}

fn old() -> PruneOptions {
    PruneOptions::before(UnixTime::MAX)
}

#[test]
fn events_are_told_in_order_until_they_are_done_with() {
    let site = Site::new("events");
    let (vault, ids) = three(&site);
    let page = read(&vault, "mail");
    assert_eq!((names(&page), page.more, page.missed, &*page.cursor), (vec![], false, false, "0:5"));

    set_status(&vault, "user:1", Status::NeedsReauth);
    set_status(&vault, "user:1", Status::Error);
    refuse(&vault);
    vault
        .save(Kind::Config, &address("reddit", "user:1", "default"), &document("{}"), &Default::default())
        .unwrap();
    let remote =
        |id: &str| Facts { remote_id: Some(Some(id.parse().unwrap())), replace: true, ..Facts::default() };
    let at = address("reddit", "user:2", "default");
    vault.save(Kind::Connection, &at, &document(SECRET), &remote("first")).unwrap();
    let other = vault.save(Kind::Connection, &at, &document(SECRET), &remote("second")).unwrap();
    assert_eq!(other.replaced.as_ref(), Some(&ids[1]));
    set_status(&vault, "user:3", Status::Revoked);
    vault.delete(Kind::Connection, &address("reddit", "user:3", "default"), None).unwrap();

    let page = read(&vault, "mail");
    assert_eq!(names(&page), ["needs_reauth", "replaced", "revoked"]);
    assert_eq!((page.more, page.missed), (false, false));
    let connections: Vec<_> = page.events.iter().map(|event| event.connection.clone().unwrap()).collect();
    assert_eq!(connections, ids);
    let first = &page.events[0];
    assert_eq!(
        *first,
        EventItem {
            event: "needs_reauth",
            at: first.at,
            connection: Some(ids[0].clone()),
            provider: Some("reddit".into()),
            owner: Some("user:1".into()),
            account: Some("default".into()),
            cause: None,
            status: Some("needs_reauth".into()),
            until: None,
            failures: None,
            replaced_by: None,
            cursor: "0:6".into(),
            intact: true,
        }
    );
    assert_eq!((page.events[1].replaced_by.as_ref(), page.events[1].cause.as_ref()), (Some(&other.id), None));
    assert!(!serde_json::to_string(&page).unwrap().contains("canary"));

    // Until it is done with, and from wherever that is.
    assert_eq!(read(&vault, "mail"), page);
    done(&vault, "mail", &first.cursor).unwrap();
    assert_eq!(read(&vault, "mail").events, page.events[1..]);
    let options = EventsOptions { limit: Some(1), ..Default::default() };
    let one = vault.events(&"mail".parse().unwrap(), options).unwrap();
    assert_eq!((&one.events[..], one.more), (&page.events[1..2], true));
    done(&vault, "mail", &one.cursor).unwrap();
    assert_eq!(read(&vault, "mail").events, page.events[2..]);
    done(&vault, "mail", &page.cursor).unwrap();
    let page = read(&vault, "mail");
    assert_eq!((names(&page), page.more), (vec![], false));

    // What is so already is not written, and reading writes nothing.
    let writes = vault.info().unwrap().writes;
    done(&vault, "mail", &page.cursor).unwrap();
    assert_eq!(vault.info().unwrap().writes, writes);
    sound(&vault);
}

#[test]
fn a_cursor_that_fits_not_is_refused_and_loses_nothing() {
    let site = Site::new("events-cursors");
    let (vault, _) = three(&site);
    refused(done(&vault, "mail", "0:1"), Code::NotFound);
    read(&vault, "mail");
    set_status(&vault, "user:1", Status::Revoked);
    let page = read(&vault, "mail");
    for (cursor, why) in [("0:4", "another process has gone further"), ("0:7", "beyond the last record")] {
        let error = refused(done(&vault, "mail", cursor), Code::Conflict);
        assert!(told(&error).contains(why), "{error}");
        assert_eq!(error.detail()["cursor"], "0:5");
        assert_eq!(read(&vault, "mail"), page);
    }
    for wrong in ["", "6", "0:", "0:x", "1:6", "0:-1", "0:6:0", "0:99999999999999999999"] {
        let parsed = wrong.parse::<dm_connections::vault::EventPlace>();
        assert!(parsed.is_err_and(|error| error.what == "cursor"), "{wrong}");
    }
}

#[test]
fn each_consumer_goes_its_own_way() {
    let site = Site::new("events-consumers");
    let vault = site.open();
    // Before there is a chain, its beginning is its end.
    assert_eq!(&*read(&vault, "early").cursor, "0:0");
    save(&vault, "user:1");
    set_status(&vault, "user:1", Status::NeedsReauth);
    assert_eq!(names(&read(&vault, "early")), ["needs_reauth"]);
    assert_eq!(names(&read(&vault, "late")), [""; 0]);
    assert_eq!(names(&from_start(&vault, "all")), ["needs_reauth"]);
    assert_eq!(names(&from_start(&vault, "late")), [""; 0], "who is known goes on where it is");

    let forget = |name: &str| vault.events_forget(&name.parse().unwrap());
    forget("late").unwrap();
    refused(forget("late"), Code::NotFound);
    assert_eq!(names(&from_start(&vault, "late")), ["needs_reauth"]);
}

#[test]
fn pruning_waits_for_who_is_not_done() {
    let site = Site::new("events-prune");
    let (vault, _) = three(&site);
    read(&vault, "mail");
    read(&vault, "log");
    set_status(&vault, "user:1", Status::NeedsReauth);
    let page = read(&vault, "mail");
    done(&vault, "mail", &page.cursor).unwrap();
    set_status(&vault, "user:2", Status::Revoked);

    let pruned = prune(&vault, old());
    let waiting: Vec<&str> = pruned.waits_for.iter().map(|waits| &*waits.consumer).collect();
    assert_eq!((pruned.pruned, pruned.more, waiting), (5, false, vec!["log", "mail"]));
    sound(&vault);
    assert_eq!(names(&read(&vault, "log")), ["needs_reauth", "revoked"]);
    assert_eq!((names(&read(&vault, "mail")), read(&vault, "mail").missed), (vec!["revoked"], false));
    assert_eq!(names(&from_start(&vault, "new")), ["needs_reauth", "revoked"]);
    vault.events_forget(&"new".parse().unwrap()).unwrap();

    // Nothing is held back where nothing is old enough.
    let young = vault.prune_audit(PruneOptions::before(UnixTime::new(1000).unwrap())).unwrap();
    assert_eq!((young.pruned, young.waits_for), (0, Vec::<Waits>::new()));

    vault.events_forget(&"log".parse().unwrap()).unwrap();
    let pruned = prune(&vault, old());
    assert_eq!((pruned.pruned, pruned.waits_for.len()), (1, 1));

    // Whoever is passed by is told, until it goes on, and goes on with what is left.
    let pruned = prune(&vault, PruneOptions { ignore_consumers: true, ..old() });
    assert_eq!((pruned.waits_for.len(), pruned.more), (0, false));
    assert!(pruned.pruned > 1);
    sound(&vault);
    set_status(&vault, "user:3", Status::Revoked);
    let page = read(&vault, "mail");
    assert_eq!((names(&page), page.missed), (vec!["revoked"], true));
    assert_eq!(page.events[0].owner.as_deref(), Some("user:3"));
    assert_eq!(read(&vault, "mail"), page);
    done(&vault, "mail", &page.cursor).unwrap();
    assert!(!read(&vault, "mail").missed);
    // A new one has missed nothing.
    let page = from_start(&vault, "new");
    assert_eq!((names(&page), page.missed), (vec!["revoked"], false));
}

#[test]
fn a_record_that_is_not_as_it_was_written_is_told_and_not_believed() {
    let site = Site::new("events-damaged");
    let (vault, ids) = three(&site);
    read(&vault, "mail");
    for owner in ["user:1", "user:2", "user:3"] {
        set_status(&vault, owner, Status::NeedsReauth);
    }
    let sound = read(&vault, "mail");
    // Whatever it claims to be now, and whatever it was.
    for change in [
        "event = 'acquired'",
        "at = at + 1",
        "record = CAST(replace(CAST(record AS TEXT), 'needs_reauth', 'active') AS BLOB)",
        "subject = 'user:9'",
    ] {
        let sql = site.sql();
        sql.execute_batch("CREATE TEMP TABLE was AS SELECT * FROM audit").unwrap();
        assert_eq!(sql.execute(&format!("UPDATE audit SET {change} WHERE sequence = 7"), []), Ok(1));
        let page = read(&vault, "mail");
        assert_eq!(names(&page), ["needs_reauth", "damaged", "needs_reauth"], "{change}");
        assert_eq!(page.events.iter().map(|event| event.intact).collect::<Vec<_>>(), [true, false, true]);
        let damaged = &page.events[1];
        assert_eq!((damaged.connection.as_ref(), &damaged.owner), (Some(&ids[1]), &None));
        assert_eq!((&damaged.provider, &damaged.status, &damaged.cause), (&None, &None, &None));
        assert!(!page.missed);
        sql.execute_batch("DELETE FROM audit; INSERT INTO audit SELECT * FROM was").unwrap();
        drop(sql);
        assert_eq!(read(&vault, "mail"), sound);
    }
    // One that is gone takes with it what would say whether the next is as it was.
    site.sql().execute("DELETE FROM audit WHERE sequence = 7", []).unwrap();
    let page = read(&vault, "mail");
    assert_eq!((names(&page), page.missed), (vec!["needs_reauth", "damaged"], true));
    assert_eq!(page.events[1].connection.as_ref(), Some(&ids[2]));
    done(&vault, "mail", &page.cursor).unwrap();
    let page = read(&vault, "mail");
    assert_eq!((names(&page), page.missed), (vec![], false));
}

#[test]
fn a_broken_chain_does_not_stop_events() {
    let site = Site::new("events-broken");
    let (vault, _) = three(&site);
    let sql = site.sql();
    let kept: Vec<u8> = sql.query_row("SELECT head FROM audit_streams", [], |row| row.get(0)).unwrap();
    save(&vault, "user:2");
    read(&vault, "mail");
    set_status(&vault, "user:1", Status::NeedsReauth);
    done(&vault, "mail", &read(&vault, "mail").cursor).unwrap();
    // What somebody put behind the end moves no cursor there.
    let behind = "INSERT INTO audit (stream, sequence, at, event, record, mac) \
                  SELECT 0, ?1, at, event, record, mac FROM audit WHERE sequence = 7";
    for number in [8, 100, i64::MAX] {
        sql.execute(behind, [number]).unwrap();
        assert_eq!((read(&vault, "mail").events, &*read(&vault, "mail").cursor), (vec![], "0:7"), "{number}");
        sql.execute("DELETE FROM audit WHERE sequence > 7", []).unwrap();
    }

    // The end is cut off, and set back by somebody who had kept it: the cursor lies beyond.
    sql.execute("DELETE FROM audit WHERE sequence > 5", []).unwrap();
    sql.execute("UPDATE audit_streams SET sequence = 5, head = ?1", [&kept]).unwrap();
    let page = read(&vault, "mail");
    assert_eq!((names(&page), page.missed, page.more, &*page.cursor), (vec![], true, false, "0:5"));
    assert!(read(&vault, "mail").missed);
    let error = refused(done(&vault, "mail", "0:7"), Code::Conflict);
    assert!(told(&error).contains("put back"));
    done(&vault, "mail", &page.cursor).unwrap();
    set_status(&vault, "user:3", Status::Revoked);
    let page = read(&vault, "mail");
    assert_eq!((names(&page), page.missed), (vec!["revoked"], false));

    // The end is spoilt: the next write goes on behind it.
    done(&vault, "mail", &page.cursor).unwrap();
    sql.execute("UPDATE audit_streams SET head = zeroblob(64)", []).unwrap();
    save(&vault, "user:2");
    set_status(&vault, "user:2", Status::Revoked);
    let page = read(&vault, "mail");
    assert_eq!((names(&page), page.missed), (vec!["revoked"], true));
    done(&vault, "mail", &page.cursor).unwrap();
    let page = read(&vault, "mail");
    assert_eq!((names(&page), page.missed), (vec![], false));
    // Nor does a said end beyond all that is there, or no end at all.
    for damage in
        ["UPDATE audit_streams SET sequence = 9999", "PRAGMA foreign_keys = OFF; DELETE FROM audit_streams"]
    {
        sql.execute_batch(damage).unwrap();
        read(&vault, "mail");
        set_status(&vault, "user:1", Status::Error);
        set_status(&vault, "user:1", Status::NeedsReauth);
        let page = read(&vault, "mail");
        assert_eq!((names(&page), page.missed), (vec!["needs_reauth"], true), "{damage}");
        done(&vault, "mail", &page.cursor).unwrap();
    }
}

#[test]
fn after_a_backup_was_put_back_what_came_since_its_cursor_comes_again() {
    let site = Site::new("events-backup");
    let (vault, _) = three(&site);
    read(&vault, "mail");
    set_status(&vault, "user:1", Status::NeedsReauth);
    let backup = std::fs::read(site.database()).unwrap();
    done(&vault, "mail", &read(&vault, "mail").cursor).unwrap();
    set_status(&vault, "user:2", Status::Revoked);
    let lost = read(&vault, "mail");
    std::fs::write(site.database(), &backup).unwrap();

    refused(done(&vault, "mail", &lost.cursor), Code::Conflict);
    let page = read(&vault, "mail");
    assert_eq!((names(&page), page.missed), (vec!["needs_reauth"], false));
    // A consumer that the backup does not know is new.
    assert_eq!(prune_all(&vault, false).waits_for.len(), 1);
}
