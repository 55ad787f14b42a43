//! What passes with time, by a clock that the test sets.

use dm_connections::vault::{DueOptions, Facts};

use crate::clock::{BEGIN, clocked};
use crate::support::{address, document};
use crate::{CONN, Scene, answered, commit, commit_until, lease, now, once, save, time};

#[test]
fn a_wait_ends_when_it_was_said_to() {
    clocked("hours::a_wait_ends_when_it_was_said_to", |clock| {
        let scene = Scene::new("hours-backoff");
        for failures in 1..20 {
            let begun = scene.begin();
            assert_eq!(begun.told.failures, failures - 1);
            let until = lease(begun).fail(&answered(500, "")).unwrap().until.unwrap();
            let most = (60_i64 << (failures - 1)).min(21_600);
            assert!((1..=most).contains(&(until - now())), "{failures}: {until}");
            clock.set(until - 1);
            assert_eq!(scene.outcome(), "backoff");
            clock.set(until);
        }
        commit(&scene.granted(), "canary-r2").unwrap();
    });
}

#[test]
fn a_renewed_token_is_left_alone_for_the_least_interval() {
    clocked("hours::a_renewed_token_is_left_alone_for_the_least_interval", |clock| {
        let scene = Scene::new("hours-interval");
        commit_until(&scene.granted(), "canary-r2", BEGIN + 30).unwrap();
        clock.pass(29);
        assert_eq!((scene.outcome(), scene.force().told.outcome), ("fresh", "fresh"), "it can be used");
        clock.pass(1);
        let told = scene.force().told;
        assert_eq!((told.outcome, told.cause.as_deref()), ("backoff", Some("too_young")));
        assert_eq!(told.until, Some(BEGIN + 60));
        clock.pass(30);
        scene.granted().release().unwrap();
    });
}

#[test]
fn a_token_of_meta_is_renewed_in_its_last_week_and_not_on_its_first_day() {
    clocked("hours::a_token_of_meta_is_renewed_in_its_last_week_and_not_on_its_first_day", |clock| {
        let scene = Scene::of("hours-meta", "instagram");
        let day = 86_400;
        let until = |days: i64| Facts { expires_at: time(BEGIN + days * day), ..Facts::default() };
        let account = document(r#"{"access_token":"canary-m1","user_id":"42"}"#);
        scene.vault.save(CONN, &scene.at, &account, &until(60)).unwrap();
        clock.set(BEGIN + day - 1);
        assert_eq!((scene.outcome(), scene.force().told.outcome), ("fresh", "fresh"), "too young");
        clock.set(BEGIN + day);
        lease(scene.force()).release().unwrap();
        clock.set(BEGIN + 53 * day - 1);
        assert_eq!(scene.outcome(), "fresh");
        clock.set(BEGIN + 53 * day);
        let lease = scene.granted();
        assert_eq!(
            scene.vault.refresh_status(&scene.at, &once()).unwrap().spends.as_deref(),
            Some("access_token")
        );
        let patch = document(r#"{"access_token":"canary-m2"}"#);
        let facts = until(113);
        lease.commit(&patch, &dm_connections::vault::Commit { facts, ..Default::default() }).unwrap();
        assert_eq!(scene.outcome(), "fresh");
        clock.set(BEGIN + 113 * day);
        assert_eq!(scene.begin().told.cause.as_deref(), Some("too_late"));
    });
}

#[test]
fn a_wait_that_no_clock_can_have_meant_is_none() {
    clocked("hours::a_wait_that_no_clock_can_have_meant_is_none", |clock| {
        let scene = Scene::new("hours-jump");
        clock.set(BEGIN + 1_000_000);
        let until = scene.granted().fail(&answered(500, "")).unwrap().until.unwrap();
        // The longest that a provider can have asked for.
        for (second, outcome) in [(until - 108_000, "backoff"), (until - 108_001, "due")] {
            clock.set(second);
            assert_eq!(scene.vault.refresh_status(&scene.at, &once()).unwrap().outcome, outcome);
        }
        clock.set(BEGIN);
        lease(scene.force()).release().unwrap();
        scene.granted().release().unwrap();
    });
}

#[test]
fn a_renewal_by_the_provider_is_no_consent() {
    clocked("hours::a_renewal_by_the_provider_is_no_consent", |clock| {
        let scene = Scene::of("hours-consent", "spotify");
        let half_a_year = 15_552_000;
        let by = || scene.begin().told.reauth_by;
        assert_eq!(by(), Some(BEGIN + half_a_year));
        clock.pass(1000);
        let renewed = Facts { renewed: true, ..Facts::default() };
        save(&scene.vault, &scene.at, "canary-r2", 3600, &renewed);
        assert_eq!(by(), Some(BEGIN + half_a_year));
        clock.pass(4000);
        assert_eq!(commit(&scene.granted(), "canary-r4").unwrap().reauth_by, Some(BEGIN + half_a_year));
        clock.pass(4000);
        scene.connect("canary-r5", 3600);
        assert_eq!(by(), Some(BEGIN + 9000 + half_a_year), "a person was there");
        clock.pass(4000);
        commit(&scene.granted(), "canary-r6").unwrap();
        assert_eq!(by(), Some(BEGIN + 9000 + half_a_year), "it is remembered");
    });
}

#[test]
fn the_end_of_a_consent_is_told_once() {
    clocked("hours::the_end_of_a_consent_is_told_once", |clock| {
        let scene = Scene::of("hours-expiring", "spotify");
        let end = BEGIN + 15_552_000;
        let due = || scene.vault.due(&Default::default()).unwrap();
        let renew = |token: &str| drop(commit(&scene.granted(), token).unwrap());
        renew("canary-r2");
        due();
        assert_eq!(scene.events("expiring"), 0);
        clock.set(end - 604_801);
        renew("canary-r3");
        due();
        assert_eq!(scene.events("expiring"), 0);
        clock.set(end - 604_800);
        assert!(due().items.is_empty(), "only looked at: it is fresh");
        assert_eq!(scene.events("expiring"), 1);
        // Not again because it is renewed once an hour.
        for hour in 1..4 {
            clock.pass(3600);
            due();
            renew(&format!("canary-h{hour}"));
            due();
        }
        let renewed = Facts { renewed: true, ..Facts::default() };
        save(&scene.vault, &scene.at, "canary-own", 3600, &renewed);
        due();
        assert_eq!(scene.events("expiring"), 1);
        // A new consent has an end of its own.
        scene.connect("canary-new", 3600);
        due();
        clock.pass(15_552_000 - 604_800);
        due();
        assert_eq!(scene.events("expiring"), 2);
    });
}

#[test]
fn due_is_asked_again_when_it_says() {
    clocked("hours::due_is_asked_again_when_it_says", |clock| {
        let scene = Scene::new("hours-due");
        let due = || {
            let due = scene.vault.due(&Default::default()).unwrap();
            (due.items.len(), due.next_at.unwrap() - now())
        };
        assert_eq!(due(), (1, 600), "claimed");
        assert_eq!(due().0, 0);
        // Who claimed it died.
        clock.pass(600);
        assert_eq!(due(), (1, 600));
        let told = scene.granted().fail(&answered(500, "")).unwrap();
        assert_eq!(due(), (0, told.until.unwrap() - now()));
        clock.set(told.until.unwrap());
        assert_eq!(due().0, 1);
        // It lives an hour, and is due five minutes before, and a chance of half a minute.
        commit(&scene.granted(), "canary-r2").unwrap();
        let (none, wait) = due();
        assert!(none == 0 && (3300..=3330).contains(&wait), "{wait}");
        clock.pass(wait - 1);
        assert_eq!(due(), (0, 1));
        clock.pass(1);
        assert_eq!(due(), (1, 600));
    });
}

#[test]
fn of_those_that_are_due_in_one_second_the_rest_is_told_of() {
    clocked("hours::of_those_that_are_due_in_one_second_the_rest_is_told_of", |_| {
        let scene = Scene::new("hours-more");
        save(&scene.vault, &address("x", "user:2", "default"), "canary-2", -10, &Facts::default());
        for more in [true, false] {
            let due = scene.vault.due(&DueOptions { limit: 1, ..DueOptions::default() }).unwrap();
            assert_eq!((due.items.len(), due.more), (1, more));
            assert_eq!(due.next_at.unwrap() == now(), more);
        }
    });
}

#[test]
fn accounts_that_were_connected_together_are_not_renewed_together() {
    clocked("hours::accounts_that_were_connected_together_are_not_renewed_together", |clock| {
        // Also where nobody looks at them before they are due.
        for looks in [true, false] {
            clock.set(BEGIN);
            let scene = Scene::new("hours-spread");
            for number in 1..=60 {
                let at = address("x", &format!("user:{number}"), "default");
                save(&scene.vault, &at, &format!("canary-{number}"), 7200, &Facts::default());
            }
            let due = || scene.vault.due(&Default::default()).unwrap();
            // Due at 6900, and up to thirty seconds later.
            let mut seen = vec![];
            clock.set(BEGIN + 6899);
            assert!(!looks || due().items.is_empty());
            for _ in 0..=30 {
                clock.pass(1);
                let mut items = 0;
                loop {
                    let page = due();
                    items += page.items.len();
                    if !page.more {
                        break;
                    }
                }
                seen.push(items);
            }
            assert_eq!(seen.iter().sum::<usize>(), 60, "{seen:?}");
            assert!(seen.iter().filter(|items| **items > 0).count() > 15, "{seen:?}");
        }
    });
}
