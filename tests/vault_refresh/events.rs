//! What is told of renewals to those who act on them.

use dm_connections::domain::Status;
use dm_connections::vault::{EventItem, EventsOptions, Facts};

use crate::{Scene, answered, commit, lease, refuse, save};

/// All that is told since the last call, after a look that each names the connection in full.
fn told(scene: &Scene) -> Vec<EventItem> {
    let consumer = "mail".parse().unwrap();
    let page = scene.vault.events(&consumer, EventsOptions::default()).unwrap();
    assert!(!page.missed && !page.more);
    scene.vault.events_done(&consumer, page.cursor.parse().unwrap()).unwrap();
    for event in &page.events {
        let named =
            [&event.provider, &event.owner, &event.account].map(|part| part.as_deref().unwrap_or("?"));
        assert_eq!(named, [scene.at.provider.as_str(), "user:1", "default"], "{event:?}");
        assert!(event.intact && event.connection.is_some(), "{event:?}");
        assert!(!format!("{event:?}").contains("canary"));
    }
    page.events
}

#[test]
fn each_step_is_told_once_and_names_the_account() {
    let scene = Scene::new("refresh-events");
    assert!(told(&scene).is_empty());
    drop(lease(scene.begin()));
    scene.force().lease.unwrap().release().unwrap();
    assert!(told(&scene).is_empty(), "who only asks is no event");

    let failed = lease(scene.force()).fail(&answered(503, "")).unwrap();
    let events = told(&scene);
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].event, events[0].cause.as_deref()), ("failing", Some("unavailable")));
    assert_eq!((events[0].until, events[0].failures), (failed.until, Some(u64::from(failed.failures))));
    assert_eq!(events[0].status.as_deref(), Some("active"));

    commit(&lease(scene.force()), "canary-r2").unwrap();
    let events = told(&scene);
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].event, events[0].status.as_deref()), ("refreshed", Some("active")));

    scene.connect("canary-r3", -10);
    assert!(told(&scene).is_empty());
    refuse(&scene.granted());
    for _ in 0..3 {
        assert_eq!(scene.outcome(), "dead");
    }
    let events = told(&scene);
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].event, events[0].cause.as_deref()), ("needs_reauth", Some("refresh_refused")));
    assert_eq!(events[0].status.as_deref(), Some("needs_reauth"));

    scene.vault.disconnect(&scene.at, &Default::default()).unwrap();
    let events = told(&scene);
    assert_eq!(events.iter().map(|event| event.event).collect::<Vec<_>>(), ["revoked"]);
}

#[test]
fn a_status_that_somebody_set_is_told_too() {
    let scene = Scene::new("refresh-events-status");
    told(&scene);
    scene.vault.set_status(&scene.at, Status::NeedsReauth, Some("by_hand")).unwrap();
    scene.vault.set_status(&scene.at, Status::Active, None).unwrap();
    scene.vault.set_status(&scene.at, Status::Revoked, None).unwrap();
    let events = told(&scene);
    assert_eq!(events.iter().map(|event| event.event).collect::<Vec<_>>(), ["needs_reauth", "revoked"]);
}

#[test]
fn what_is_given_up_is_told_as_failing_without_an_end() {
    let scene = Scene::new("refresh-events-given-up");
    for _ in 1..60 {
        lease(scene.force()).fail(&answered(500, "")).unwrap();
    }
    told(&scene);
    lease(scene.force()).fail(&answered(500, "")).unwrap();
    let events = told(&scene);
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].event, events[0].until, events[0].failures), ("failing", None, Some(60)));
}

#[test]
fn the_end_of_a_consent_is_told_with_its_time() {
    let scene = Scene::of("refresh-events-expiring", "linkedin");
    told(&scene);
    let in_three_days = crate::now() + 259_200;
    let account = format!(
        r#"{{"access_token":"canary","refresh_token":"canary","refresh_token_expires_at":{in_three_days}}}"#
    );
    let facts = Facts { expires_at: crate::time(crate::now() + 5_000_000), ..Facts::default() };
    scene.vault.save(crate::CONN, &scene.at, &crate::support::document(&account), &facts).unwrap();
    for _ in 0..2 {
        scene.vault.due(&Default::default()).unwrap();
    }
    let events = told(&scene);
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].event, events[0].until), ("expiring", Some(in_three_days)));
    assert_eq!(events[0].status.as_deref(), Some("active"));
}

#[test]
fn another_process_renewal_is_told_here() {
    let scene = Scene::new("refresh-events-elsewhere");
    told(&scene);
    let mut worker = scene.worker();
    worker.tell("begin");
    worker.expect("granted");
    worker.tell("commit: canary-r2");
    worker.expect("committed");
    worker.finish();
    assert_eq!(told(&scene).iter().map(|event| event.event).collect::<Vec<_>>(), ["refreshed"]);
}

#[test]
fn what_a_class_stores_itself_is_no_renewal_of_a_lease() {
    let scene = Scene::new("refresh-events-saved");
    told(&scene);
    save(&scene.vault, &scene.at, "canary-r2", 3600, &Facts { renewed: true, ..Facts::default() });
    assert!(told(&scene).is_empty());
}
