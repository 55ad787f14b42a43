//! Storing what the provider answered.

use dm_connections::vault::{Begin, Code, Commit, Facts};

use crate::support::{document, refused, text};
use crate::{CONN, Scene, answered, code, commit, lease, now, once, save, time, token};

fn in_an_hour() -> Commit {
    Commit { facts: Facts { expires_at: time(now() + 3600), ..Facts::default() }, ..Commit::default() }
}

#[test]
fn what_came_is_laid_over_what_is_there() {
    let scene = Scene::new("commit-merge");
    let lease = scene.granted();
    let before = now();
    let patch = r#"{"access_token":"canary-new","refresh_token":"canary-r2","extra":[1]}"#;
    let done = lease.commit(&document(patch), &in_an_hour()).unwrap();
    let stored = text(&scene.vault, CONN, &scene.at);
    assert_eq!(
        stored,
        r#"{"access_token":"canary-new","refresh_token":"canary-r2","user_id":"42","extra":[1]}"#
    );
    assert_eq!((done.about.status.as_str(), scene.outcome()), ("active", "fresh"));
    assert!((before..=now()).contains(&done.refreshed_at) && done.reauth_by.unwrap() > now());
    let about = scene.vault.get(CONN, &scene.at).unwrap().with_about().1;
    assert_eq!((about.revision, about.id), (done.about.revision, done.about.id));
    assert_eq!(scene.events("refreshed"), 1);
}

#[test]
fn an_answer_without_a_new_refresh_token_leaves_the_old_one() {
    let scene = Scene::new("commit-keeps");
    for patch in [
        r#"{"access_token":"a1"}"#,
        r#"{"access_token":"a2","refresh_token":null}"#,
        r#"{"access_token":"a3","refresh_token":""}"#,
        r#"{"refresh_token":"","access_token":"a4"}"#,
        r#"{"refresh_token":null}"#,
        r#"{}"#,
    ] {
        let lease = scene.granted();
        let facts = Facts { expires_at: time(now() + 3600), ..Facts::default() };
        lease.commit(&document(patch), &Commit { facts, ..Commit::default() }).unwrap();
        assert_eq!(scene.token(), "canary-r1", "{patch}");
        let stored = text(&scene.vault, CONN, &scene.at);
        assert!(stored.contains(r#""user_id":"42""#) && stored.contains("access_token"), "{stored}");
        // A new consent, since there is a least interval.
        scene.connect("canary-r0", -10);
        scene.connect("canary-r1", -10);
    }
}

#[test]
fn an_answer_of_another_account_is_refused_and_the_lease_goes_on() {
    let scene = Scene::new("commit-another");
    let lease = scene.granted();
    let other = r#"{"access_token":"canary-b","refresh_token":"canary-b2","user_id":"43"}"#;
    refused(lease.commit(&document(other), &in_an_hour()), Code::Conflict);
    assert_eq!((scene.token(), scene.outcome()), ("canary-r1".to_owned(), "busy"));
    commit(&lease, "canary-r2").unwrap();
    assert_eq!(scene.token(), "canary-r2");
}

#[test]
fn an_ended_lease_is_no_handle_any_more() {
    let scene = Scene::new("commit-twice");
    let lease = scene.granted();
    commit(&lease, "canary-r2").unwrap();
    refused(commit(&lease, "canary-r3"), Code::InvalidHandle);
    refused(lease.fail(&answered(400, "invalid_grant")), Code::InvalidHandle);
    refused(lease.release(), Code::InvalidHandle);
    drop(lease);
    assert_eq!(
        (scene.token(), scene.outcome(), scene.status()),
        ("canary-r2".into(), "fresh", "active".into())
    );
    scene.connect("canary-r1", -10);
    for end in [0, 1] {
        let lease = scene.granted();
        match end {
            0 => lease.release().unwrap(),
            _ => drop(lease.fail(&answered(503, "")).unwrap()),
        }
        refused(commit(&lease, "canary-r4"), Code::InvalidHandle);
    }
    assert_eq!(scene.token(), "canary-r1");
}

#[test]
fn a_renewal_forgets_the_failures_before() {
    let scene = Scene::new("commit-resets");
    for failures in 1..4 {
        let told = lease(scene.force()).fail(&answered(500, "")).unwrap();
        assert_eq!((told.outcome, told.failures), ("backoff", failures));
    }
    assert_eq!(scene.outcome(), "backoff");
    commit(&lease(scene.force()), "canary-r2").unwrap();
    let told = scene.begin().told;
    assert_eq!((told.outcome, told.failures, told.cause), ("fresh", 0, None));
}

#[test]
fn an_expired_or_given_up_account_is_active_again() {
    let scene = Scene::new("commit-active");
    scene.vault.set_status(&scene.at, dm_connections::domain::Status::Error, Some("holder_gone")).unwrap();
    let done = commit(&scene.granted(), "canary-r2").unwrap();
    assert_eq!((done.about.status.as_str(), done.about.status_cause), ("active", None));
}

#[test]
fn a_holder_that_saved_it_itself_says_so() {
    let scene = Scene::new("commit-saved");
    let held = scene.granted();
    let renewed = Facts { renewed: true, ..Facts::default() };
    let revision = save(&scene.vault, &scene.at, "canary-r2", 3600, &renewed).revision;
    let error = held.commit(&document(r#"{"more":1}"#), &in_an_hour()).unwrap_err();
    assert_eq!(code(&error), "LeaseLost", "without the revision it may have been anybody");
    let wrong = Commit { if_revision: Some(revision - 1), ..in_an_hour() };
    assert_eq!(code(&held.commit(&document("{}"), &wrong).unwrap_err()), "LeaseLost");
    let right = Commit { if_revision: Some(revision), ..in_an_hour() };
    held.commit(&document(r#"{"more":1}"#), &right).unwrap();
    assert!(text(&scene.vault, CONN, &scene.at).contains(r#""more":1"#));
    assert_eq!((token(&scene.vault, &scene.at), scene.outcome()), ("canary-r2".to_owned(), "fresh"));
}

#[test]
fn a_turned_away_answer_is_nowhere() {
    let scene = Scene::new("commit-nowhere");
    let held = scene.granted();
    scene.connect("canary-new", -10);
    let error = commit(&held, "canary-late").unwrap_err();
    assert_eq!(code(&error), "LeaseLost");
    assert!(error.message().contains("connected anew"), "{error}");
    assert_eq!(scene.token(), "canary-new");
    // The next one is not kept from it, and nothing of the earlier token's is lost.
    let begun = scene.begin_with(&Begin { force: true, ..once() });
    assert!(!crate::is_lost(&begun));
}
