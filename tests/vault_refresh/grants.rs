//! Asking for the right to renew.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dm_connections::domain::Status;
use dm_connections::vault::{Begin, Code, Commit, Facts, Kind};

use crate::support::{address, document, refused, text};
use crate::{CONN, Scene, commit, is_lost, lease, now, once, save, time, token};

#[test]
fn what_is_fresh_is_handed_out_without_a_write() {
    let scene = Scene::new("refresh-fresh");
    scene.connect("canary-r1", 3600);
    let before = scene.writes();
    for _ in 0..3 {
        let begun = scene.begin();
        assert_eq!((begun.told.outcome, begun.told.failures), ("fresh", 0));
        let stored = String::from_utf8(begun.document.unwrap().to_vec()).unwrap();
        assert!(stored.contains("canary-r1") && begun.lease.is_none() && begun.config.is_none());
    }
    assert_eq!(scene.vault.refresh_status(&scene.at, &once()).unwrap().outcome, "fresh");
    assert_eq!(scene.writes(), before);
}

#[test]
fn what_is_due_is_granted_with_a_greater_fence_each_time() {
    let scene = Scene::new("refresh-granted");
    assert_eq!(scene.vault.refresh_status(&scene.at, &once()).unwrap().outcome, "due");
    for fence in 1..4 {
        let begun = scene.begin();
        let told = begun.told.lease.as_ref().unwrap();
        assert_eq!((begun.told.outcome, told.fence, told.lost), ("granted", fence, false));
        assert_eq!((told.expires_at - begun.told.now, told.hard_until - begun.told.now), (60, 900));
        assert_eq!(begun.told.spends.as_deref(), Some("refresh_token"));
        assert_eq!(begun.told.grant_type.as_deref(), Some("refresh_token"));
        assert!(String::from_utf8_lossy(begun.document.as_deref().unwrap()).contains("canary-r1"));
        begun.lease.unwrap().release().unwrap();
    }
    assert_eq!(scene.token(), "canary-r1");
}

#[test]
fn the_app_config_is_the_owners_else_the_sites() {
    let scene = Scene::new("refresh-config");
    let config = || {
        let begun = scene.begin();
        lease_done(&begun.lease);
        begun.config.map(|config| String::from_utf8(config.to_vec()).unwrap())
    };
    assert_eq!(config(), None);
    for owner in ["site:0", "user:1"] {
        let text = format!(r#"{{"client_id":"of {owner}"}}"#);
        scene
            .vault
            .save(Kind::Config, &address("x", owner, "default"), &document(&text), &Facts::default())
            .unwrap();
        assert_eq!(config(), Some(text));
    }
}

fn lease_done(lease: &Option<dm_connections::vault::Lease>) {
    lease.as_ref().unwrap().release().unwrap();
}

#[test]
fn the_lease_lives_twice_as_long_as_the_request() {
    let scene = Scene::new("refresh-lengths");
    for (timeout, length, hard) in
        [(0, 2, 900), (1, 2, 900), (150, 300, 900), (300, 600, 1800), (9999, 600, 1800)]
    {
        let begun = scene.begin_with(&Begin { http_timeout: timeout, ..once() });
        let told = begun.told.lease.as_ref().unwrap();
        let of_now = |at: i64| at - begun.told.now;
        assert_eq!((of_now(told.expires_at), of_now(told.hard_until)), (length, hard), "{timeout}");
        lease_done(&begun.lease);
    }
}

#[test]
fn whoever_comes_meanwhile_is_told_who_has_it() {
    let scene = Scene::new("refresh-busy");
    let lease = scene.granted();
    let before = scene.writes();
    let busy = scene.begin();
    let holder = busy.told.holder.as_ref().unwrap();
    assert_eq!((busy.told.outcome, holder.pid), ("busy", std::process::id()));
    assert!(!holder.host.is_empty() && busy.told.until.unwrap() > busy.told.now);
    assert!(busy.document.is_some() && busy.lease.is_none() && busy.config.is_none());
    let mut worker = scene.worker();
    worker.tell("begin");
    worker.expect("busy");
    assert_eq!(scene.force().told.outcome, "busy", "a person waits like everybody else");
    assert_eq!(scene.writes(), before);
    commit(&lease, "canary-r2").unwrap();
    worker.tell("begin");
    worker.expect("fresh");
    worker.finish();
}

#[test]
fn with_patience_the_new_state_is_waited_for() {
    let scene = Scene::new("refresh-patience");
    let lease = scene.granted();
    let mut worker = scene.worker();
    worker.tell("begin: 60000");
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| {
            let begun =
                scene.begin_with(&Begin { patience: Some(Duration::from_secs(60)), ..Begin::default() });
            (begun.told.outcome, String::from_utf8(begun.document.unwrap().to_vec()).unwrap())
        });
        std::thread::sleep(Duration::from_millis(300));
        commit(&lease, "canary-r2").unwrap();
        let (outcome, stored) = waits.join().unwrap();
        assert!(outcome == "fresh" && stored.contains("canary-r2"), "{outcome}");
    });
    worker.expect("fresh");
    worker.tell("token");
    worker.expect("canary-r2");
    worker.finish();
}

#[test]
fn patience_ends_with_busy() {
    let scene = Scene::new("refresh-impatient");
    let _lease = scene.granted();
    let since = Instant::now();
    let patience = Duration::from_millis(250);
    assert_eq!(scene.begin_with(&Begin { patience: Some(patience), ..once() }).told.outcome, "busy");
    assert!(since.elapsed() >= patience);
}

#[test]
fn who_waits_is_granted_it_where_the_holder_lets_go() {
    let scene = Scene::new("refresh-next");
    let held = scene.granted();
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| {
            let begun = scene.begin_with(&Begin { patience: Some(Duration::from_secs(60)), ..once() });
            let lost = is_lost(&begun);
            (lease(begun), lost)
        });
        std::thread::sleep(Duration::from_millis(200));
        held.release().unwrap();
        let (next, lost) = waits.join().unwrap();
        assert!(!lost, "nothing was handed in");
        commit(&next, "canary-r2").unwrap();
    });
}

#[test]
fn a_person_asks_also_where_it_is_fresh() {
    let scene = Scene::new("refresh-force");
    scene.connect("canary-r1", 3600);
    let lease = lease(scene.force());
    commit(&lease, "canary-r2").unwrap();
    // Not at once again: the provider's least interval holds for everybody.
    assert_eq!(scene.force().told.outcome, "fresh");
}

#[test]
fn a_refused_access_token_is_renewed_unless_the_row_moved_since() {
    let scene = Scene::new("refresh-rejected");
    let revision = scene.connect("canary-r1", 3600).revision;
    let rejected = |revision| Begin { rejected_revision: Some(revision), ..once() };
    assert_eq!(scene.begin_with(&rejected(revision - 1)).told.outcome, "fresh");
    let lease = lease(scene.begin_with(&rejected(revision)));
    let committed = commit(&lease, "canary-r2").unwrap();
    assert!(committed.about.revision > revision);
    assert_eq!(
        scene.begin_with(&rejected(revision)).told.outcome,
        "fresh",
        "it only has not seen the new one"
    );
}

#[test]
fn a_refused_access_token_does_not_end_a_wait() {
    let scene = Scene::new("refresh-rejected-waits");
    let revision = scene.connect("canary-r1", 3600).revision;
    let rejected = Begin { rejected_revision: Some(revision), ..once() };
    let held = lease(scene.begin_with(&rejected));
    assert_eq!(held.fail(&crate::answered(503, "")).unwrap().outcome, "backoff");
    assert_eq!(scene.begin_with(&rejected).told.outcome, "backoff");
    assert_eq!(scene.outcome(), "fresh", "for who does not know that it was refused");
}

#[test]
fn the_margin_of_the_caller_counts() {
    let scene = Scene::new("refresh-margin");
    // The catalogue has 300 s for this provider.
    scene.connect("canary-r1", 1000);
    assert_eq!(scene.outcome(), "fresh");
    let within = Begin { margin: Some(1200), ..once() };
    scene.begin_with(&within).lease.unwrap().release().unwrap();
    scene.connect("canary-r1", 200);
    scene.granted().release().unwrap();
    assert_eq!(scene.begin_with(&Begin { margin: Some(0), ..once() }).told.outcome, "fresh");
}

#[test]
fn another_member_is_handed_in_where_the_catalogue_names_none() {
    let scene = Scene::new("refresh-fallback");
    let facts = Facts { expires_at: time(now() - 10), ..Facts::default() };
    let account = r#"{"access_token":"canary-a","session":"canary-s1","user_id":"42"}"#;
    scene.vault.save(CONN, &scene.at, &document(account), &facts).unwrap();
    assert_eq!(scene.force().told.cause.as_deref(), Some("nothing_to_spend"));
    let fallback = Begin { fallback: Some("session".to_owned()), ..once() };
    let begun = scene.begin_with(&fallback);
    assert_eq!(begun.told.spends.as_deref(), Some("session"));
    let held = lease(begun);
    assert_eq!(scene.begin_with(&fallback).told.outcome, "busy");
    let facts = Facts { expires_at: time(now() + 3600), ..Facts::default() };
    let patch = document(r#"{"access_token":"canary-b","session":""}"#);
    held.commit(&patch, &Commit { facts, ..Commit::default() }).unwrap();
    let stored = text(&scene.vault, CONN, &scene.at);
    assert!(
        stored.contains("canary-s1") && stored.contains("canary-b"),
        "what is handed in is kept: {stored}"
    );
    assert_eq!(scene.begin_with(&fallback).told.outcome, "fresh");
}

#[test]
fn a_provider_that_the_catalogue_does_not_know_is_renewed_by_its_refresh_token() {
    let scene = Scene::of("refresh-unknown", "of_nobody");
    let begun = scene.begin();
    assert_eq!(begun.told.spends.as_deref(), Some("refresh_token"));
    commit(&lease(begun), "canary-r2").unwrap();
    assert_eq!((scene.token().as_str(), scene.outcome()), ("canary-r2", "fresh"));
}

#[test]
fn what_cannot_be_renewed_says_why() {
    let scene = Scene::new("refresh-unsupported");
    let saved = |at, text: &str, expires_at| {
        let facts = Facts { expires_at: time(expires_at), ..Facts::default() };
        scene.vault.save(CONN, at, &document(text), &facts).unwrap();
        let told = scene.vault.begin_refresh(at, &Begin { force: true, ..once() }).unwrap();
        assert!(told.document.is_some() && told.lease.is_none());
        (told.told.outcome, told.told.cause.unwrap_or_default())
    };
    let past = now() - 10;
    let nothing = saved(&scene.at, r#"{"access_token":"canary"}"#, past);
    assert_eq!(nothing, ("unsupported", "nothing_to_spend".to_owned()));
    // Meta renews only what has not ended.
    let meta = address("instagram", "user:1", "default");
    assert_eq!(saved(&meta, r#"{"access_token":"canary"}"#, past), ("unsupported", "too_late".to_owned()));
    let ended =
        format!(r#"{{"access_token":"canary","refresh_token":"r","refresh_token_expires_at":{past}}}"#);
    let linkedin = address("linkedin", "user:1", "default");
    assert_eq!(saved(&linkedin, &ended, past), ("unsupported", "refresh_expired".to_owned()));
}

#[test]
fn an_account_that_a_person_has_to_connect_again_is_not_handed_out() {
    let scene = Scene::new("refresh-dead");
    for status in [Status::NeedsReauth, Status::Revoked] {
        scene.vault.set_status(&scene.at, status, Some("by_hand")).unwrap();
        let begun = scene.force();
        assert_eq!((begun.told.outcome, begun.told.cause.as_deref()), ("dead", Some("by_hand")));
        assert!(begun.document.is_none() && begun.lease.is_none());
    }
    let facts = Facts { status: Some(Status::Pending), ..Facts::default() };
    save(&scene.vault, &scene.at, "canary-r1", -10, &facts);
    assert_eq!(scene.force().told.cause.as_deref(), Some("pending"), "nobody has consented yet");
    refused(scene.vault.begin_refresh(&address("x", "user:2", "default"), &once()), Code::NotFound);
}

#[test]
fn of_eight_threads_one_is_granted_it() {
    let scene = Scene::new("refresh-threads");
    let asked = Arc::new(std::sync::Barrier::new(8));
    let begun: Vec<_> = std::thread::scope(|scope| {
        let ask = || {
            asked.wait();
            scene.begin()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let outcomes = |outcome| begun.iter().filter(|begun| begun.told.outcome == outcome).count();
    assert_eq!((outcomes("granted"), outcomes("busy")), (1, 7));
    assert_eq!(begun.iter().filter(|begun| begun.lease.is_some()).count(), 1);
    drop(begun);
    assert_eq!(token(&scene.vault, &scene.at), "canary-r1");
}
