//! What a provider's refusal comes to.

use dm_connections::vault::{Begin, Facts, ProviderAnswer};

use crate::support::document;
use crate::{Scene, answered, commit, is_lost, lease, once, refuse, save};

#[test]
fn a_final_refusal_is_final_once() {
    let scene = Scene::new("fail-final");
    let revision = scene.vault.refresh_status(&scene.at, &once()).unwrap().about.revision;
    let told = refuse(&scene.granted());
    assert_eq!(told.about.revision, revision + 1, "whoever compares revisions sees it");
    assert_eq!((told.outcome, told.cause.as_deref()), ("dead", Some("refresh_refused")));
    assert_eq!((told.about.status.as_str(), scene.status()), ("needs_reauth", "needs_reauth".to_owned()));
    let before = scene.writes();
    for _ in 0..5 {
        assert_eq!((scene.outcome(), scene.force().told.outcome), ("dead", "dead"));
    }
    assert_eq!(
        (scene.writes(), scene.events("needs_reauth"), scene.events("refresh_failed")),
        (before, 1, 0)
    );
    // The account is kept for who looks after it.
    assert_eq!(scene.token(), "canary-r1");
}

#[test]
fn a_refusal_after_another_won_takes_nothing_away() {
    let scene = Scene::new("fail-other-won");
    let late = scene.granted();
    let renewed = Facts { renewed: true, ..Facts::default() };
    save(&scene.vault, &scene.at, "canary-r2", 3600, &renewed);
    let told = refuse(&late);
    assert_eq!((told.outcome, told.cause), ("fresh", None));
    assert_eq!((scene.token(), scene.status()), ("canary-r2".to_owned(), "active".to_owned()));
    assert_eq!((scene.events("needs_reauth"), scene.outcome()), (0, "fresh"));
}

#[test]
fn a_refusal_after_a_revocation_does_not_say_that_it_is_fresh() {
    let scene = Scene::new("fail-revoked");
    let late = scene.granted();
    scene.vault.set_status(&scene.at, dm_connections::domain::Status::Revoked, Some("by_hand")).unwrap();
    let told = refuse(&late);
    assert_eq!((told.outcome, told.cause.as_deref()), ("dead", Some("by_hand")));
    assert_eq!((scene.status(), scene.events("needs_reauth")), ("revoked".to_owned(), 0));
}

#[test]
fn a_passing_failure_is_counted_and_waits() {
    let scene = Scene::new("fail-transient");
    let answers = [(503, "", "unavailable"), (429, "", "rate_limited"), (401, "", "app_refused")];
    for ((status, error, cause), failures) in answers.into_iter().zip(1..) {
        let told = lease(scene.force()).fail(&answered(status, error)).unwrap();
        assert_eq!((told.outcome, told.cause.as_deref(), told.failures), ("backoff", Some(cause), failures));
        let wait = told.until.unwrap() - told.now;
        assert!((1..=60 << (failures - 1)).contains(&wait), "{wait}");
        let before = scene.writes();
        let again = scene.begin();
        assert!(again.document.is_some(), "what is stored may still be usable");
        assert_eq!((again.told.outcome, again.told.until), ("backoff", told.until));
        assert_eq!((again.told.cause.as_deref(), scene.writes()), (Some(cause), before));
    }
    assert_eq!((scene.status(), scene.events("refresh_failed")), ("expired".to_owned(), 3));
}

#[test]
fn what_the_provider_asks_for_is_waited() {
    let scene = Scene::new("fail-retry-after");
    let answer = ProviderAnswer { retry_after: Some(3000), ..answered(429, "") };
    let told = scene.granted().fail(&answer).unwrap();
    assert!((3000..=3061).contains(&(told.until.unwrap() - told.now)));
}

#[test]
fn no_answer_leaves_it_open_whether_the_token_is_spent() {
    let scene = Scene::new("fail-unanswered");
    scene.granted().fail(&ProviderAnswer::default()).unwrap();
    let begun = scene.force();
    assert!(is_lost(&begun));
    assert_eq!(refuse(&lease(begun)).cause.as_deref(), Some("answer_lost"));
    scene.connect("canary-r2", -10);
    let begun = scene.force();
    assert!(!is_lost(&begun), "of another token that says nothing");
    assert_eq!(refuse(&lease(begun)).cause.as_deref(), Some("refresh_refused"));
}

#[test]
fn who_cannot_renew_it_leaves_it_alone() {
    let scene = Scene::new("fail-unsupported");
    let answer = ProviderAnswer { unsupported: true, ..ProviderAnswer::default() };
    let told = scene.granted().fail(&answer).unwrap();
    assert_eq!(
        (told.outcome, told.cause.as_deref(), told.failures),
        ("unsupported", Some("not_supported"), 0)
    );
    let begun = scene.begin();
    assert_eq!((begun.told.outcome, begun.told.until), ("backoff", Some(told.now + 21_600)));
    assert_eq!((scene.events("refresh_failed"), scene.status()), (0, "expired".to_owned()));
    assert!(!is_lost(&scene.force()));
}

#[test]
fn it_is_given_up_after_so_many_failures_until_a_person_asks() {
    let scene = Scene::new("fail-gives-up");
    for failures in 1..60 {
        let told = lease(scene.force()).fail(&answered(500, "")).unwrap();
        assert_eq!((told.failures, told.until.is_some()), (failures, true));
    }
    let told = lease(scene.force()).fail(&answered(500, "")).unwrap();
    assert_eq!((told.outcome, told.until, told.failures), ("backoff", None, 60));
    assert_eq!(
        (told.about.status.as_str(), told.about.status_cause.as_deref()),
        ("error", Some("unavailable"))
    );
    let before = scene.writes();
    let begun = scene.begin();
    assert_eq!((begun.told.outcome, begun.told.until, scene.writes()), ("backoff", None, before));
    // A person may still ask, and what then goes well counts.
    commit(&lease(scene.force()), "canary-r2").unwrap();
    assert_eq!((scene.outcome(), scene.status()), ("fresh", "active".to_owned()));
    assert_eq!(scene.begin().told.failures, 0);
}

#[test]
fn a_new_consent_clears_what_was_known_of_the_old_one() {
    let scene = Scene::new("fail-consent");
    lease(scene.force()).fail(&answered(500, "")).unwrap();
    scene.connect("canary-r2", -10);
    let begun = scene.begin();
    assert_eq!((begun.told.outcome, begun.told.failures), ("granted", 0));
    refuse(&lease(begun));
    assert_eq!(scene.outcome(), "dead");
    scene.connect("canary-r3", -10);
    let begun = scene.begin();
    assert_eq!((begun.told.outcome, is_lost(&begun)), ("granted", false));
    // The same token once more is no new consent.
    lease(begun).fail(&answered(500, "")).unwrap();
    scene.connect("canary-r3", -10);
    assert_eq!(scene.outcome(), "backoff");
}

/// What such a class hands in is no member that the catalogue names: the account has not what it names, it does not know the
/// provider, or names nothing for it.
#[test]
fn a_new_consent_clears_it_also_where_another_member_is_handed_in() {
    for provider in ["x", "of_nobody", "mastodon", "twitter"] {
        for member in ["access_token", "session"] {
            let scene = Scene::of("fail-consent-fallback", provider);
            let connect = |credential: &str| {
                let facts = Facts { expires_at: crate::time(crate::now() - 10), ..Facts::default() };
                let account = format!(r#"{{"{member}":"{credential}","user_id":"42"}}"#);
                scene.vault.save(crate::CONN, &scene.at, &document(&account), &facts).unwrap();
            };
            let fallback = Begin { fallback: Some(member.to_owned()), ..once() };
            connect("canary-a1");
            lease(scene.begin_with(&fallback)).fail(&answered(429, "")).unwrap();
            connect("canary-a1");
            let told = scene.begin_with(&fallback).told;
            assert_eq!(told.outcome, "backoff", "{provider} {member}: the same once more is no new consent");
            connect("canary-a2");
            let begun = scene.begin_with(&fallback);
            let told = (begun.told.outcome, begun.told.failures);
            assert_eq!(told, ("granted", 0), "{provider} {member}");
            // Nor is what the provider itself renewed kept waiting.
            lease(begun).fail(&answered(429, "")).unwrap();
            let facts =
                Facts { renewed: true, expires_at: crate::time(crate::now() - 10), ..Facts::default() };
            let patch = document(&format!(r#"{{"{member}":"canary-a3"}}"#));
            scene.vault.merge(crate::CONN, &scene.at, &patch, &facts).unwrap();
            let told = scene.begin_with(&fallback).told;
            assert_eq!((told.cause.as_deref(), told.failures), (Some("too_young"), 0), "{provider} {member}");
        }
    }
}

#[test]
fn a_person_who_knows_better_sets_it_active_and_the_next_one_tries() {
    let scene = Scene::new("fail-set-active");
    refuse(&scene.granted());
    scene.vault.set_status(&scene.at, dm_connections::domain::Status::Active, None).unwrap();
    let begun = scene.begin();
    assert!(!is_lost(&begun));
    commit(&lease(begun), "canary-r2").unwrap();
    assert_eq!((scene.outcome(), scene.token().as_str()), ("fresh", "canary-r2"));
}
