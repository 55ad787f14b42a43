//! Every point at which a holder can go, or come late: what the next one is told, what the late one is told, and what the
//! token is then. The table is in docs/tokens.md.

use dm_connections::domain::Status;
use dm_connections::vault::{AtProvider, Begin, Code, Disconnect, Facts};
use rustix::process::{Pid, Signal, kill_process};

use crate::clock::clocked;
use crate::support::process::Actor;
use crate::support::{document, refused};
use crate::{CONN, Scene, answered, commit, is_lost, lease, now, refuse, time};

fn commits(mut holder: Actor, token: &str, answer: &str) {
    holder.tell(format!("commit: {token}"));
    holder.expect(answer);
    holder.finish();
}

fn signal(actor: &Actor, signal: Signal) {
    kill_process(Pid::from_raw(actor.id() as i32).unwrap(), signal).unwrap();
}

#[track_caller]
fn stands(scene: &Scene, token: &str, status: &str) {
    assert_eq!((scene.token().as_str(), scene.status().as_str()), (token, status));
    crate::support::audit::sound(&scene.vault);
}

#[test]
fn gone_before_the_request_was_sent() {
    clocked("crash_points::gone_before_the_request_was_sent", |_| {
        let scene = Scene::new("crash-before");
        assert!(scene.holder().kill());
        // Nobody can know that it was not sent. The token is good, and the provider takes it.
        let begun = scene.begin();
        assert!(is_lost(&begun) && begun.told.failures == 1);
        commit(&lease(begun), "canary-r2").unwrap();
        stands(&scene, "canary-r2", "active");
        assert_eq!(scene.begin().told.failures, 0);
    });
}

#[test]
fn gone_after_it_was_sent_or_answered() {
    clocked("crash_points::gone_after_it_was_sent_or_answered", |_| {
        let scene = Scene::new("crash-answered");
        assert!(scene.holder().kill());
        // The provider has rotated, and refuses what is stored: the gap that nobody can close.
        let told = refuse(&lease(scene.begin()));
        assert_eq!((told.outcome, told.cause.as_deref()), ("dead", Some("answer_lost")));
        stands(&scene, "canary-r1", "needs_reauth");
        let before = scene.writes();
        assert_eq!((scene.outcome(), scene.force().told.outcome, scene.writes()), ("dead", "dead", before));
        assert_eq!(scene.events("needs_reauth"), 1);
    });
}

#[test]
fn gone_after_it_stored_the_answer_itself() {
    clocked("crash_points::gone_after_it_stored_the_answer_itself", |clock| {
        let scene = Scene::new("crash-stored");
        let mut holder = scene.holder();
        holder.tell("save: canary-r2");
        holder.hear().unwrap();
        assert!(holder.kill());
        assert_eq!((scene.outcome(), scene.begin().told.failures), ("fresh", 0));
        stands(&scene, "canary-r2", "active");
        clock.pass(3600);
        assert!(!is_lost(&scene.begin()), "it was not the new one that was handed in");
    });
}

#[test]
fn stored_the_answer_itself_and_lives() {
    clocked("crash_points::stored_the_answer_itself_and_lives", |clock| {
        // A class may store what came before it says for how long, and go on with something else.
        for ends_in in ["3600", "-10"] {
            let scene = Scene::new("crash-stored-lives");
            let mut holder = scene.holder();
            holder.tell(format!("save: canary-r2 {ends_in}"));
            let revision = holder.hear().unwrap();
            // It is past the least interval that it was stored.
            for _ in 0..8 {
                clock.pass(100);
                let others = [scene.force().told.outcome, scene.outcome()];
                assert_eq!(others, ["busy", if ends_in == "-10" { "busy" } else { "fresh" }]);
            }
            holder.tell(format!("commit saved: {revision}"));
            holder.expect("committed");
            holder.finish();
            stands(&scene, "canary-r2", "active");
            clock.pass(100);
            assert!(!is_lost(&scene.force()), "the lease is over");
        }
    });
}

#[test]
fn stored_the_answer_itself_and_is_gone_past_the_least_interval() {
    clocked("crash_points::stored_the_answer_itself_and_is_gone_past_the_least_interval", |clock| {
        for how in ["kill", "close", "refused", "hard limit", "saved again"] {
            let scene = Scene::new("crash-stored-gone");
            let mut holder = scene.holder();
            holder.tell("save: canary-r2 -10");
            holder.hear().unwrap();
            clock.pass(100);
            assert_eq!(scene.outcome(), "busy");
            match how {
                "kill" => assert!(holder.kill()),
                "hard limit" => {
                    clock.pass(799);
                    assert_eq!(scene.outcome(), "busy");
                    clock.pass(1);
                }
                // Back to what it handed in: that may be spent.
                "saved again" => {
                    holder.tell("save: canary-r1 -10");
                    holder.hear().unwrap();
                    clock.pass(100);
                    assert!(holder.kill());
                    assert!(is_lost(&scene.begin()));
                    continue;
                }
                _ => {
                    holder.tell(how);
                    holder.hear().unwrap();
                }
            }
            // What was handed in is not what is stored: that is good, and nobody has failed.
            let begun = scene.begin();
            assert!(!is_lost(&begun) && begun.told.failures == 0, "{how}");
            let told = refuse(&lease(begun));
            assert_eq!(told.cause.as_deref(), Some("refresh_refused"), "{how}");
        }
    });
}

#[test]
fn stored_the_answer_itself_in_another_member() {
    clocked("crash_points::stored_the_answer_itself_in_another_member", |clock| {
        let scene = Scene::new("crash-stored-fallback");
        let ended = || Facts { renewed: true, expires_at: time(now() - 10), ..Facts::default() };
        let account = |session: &str| document(&format!(r#"{{"session":"{session}","user_id":"42"}}"#));
        scene.vault.save(CONN, &scene.at, &account("canary-s1"), &ended()).unwrap();
        clock.pass(60);
        let fallback = Begin { fallback: Some("session".to_owned()), ..crate::once() };
        let held = lease(scene.begin_with(&fallback));
        for session in ["canary-s2", "canary-s3"] {
            scene.vault.save(CONN, &scene.at, &account(session), &ended()).unwrap();
            clock.pass(60);
            assert_eq!(scene.begin_with(&fallback).told.outcome, "busy", "{session}");
        }
        drop(held);
        assert!(!is_lost(&scene.begin_with(&fallback)));
    });
}

#[test]
fn stored_by_who_has_not_the_lease() {
    clocked("crash_points::stored_by_who_has_not_the_lease", |clock| {
        let scene = Scene::new("crash-stored-other");
        let holder = scene.holder();
        let renewed = Facts { renewed: true, ..Facts::default() };
        crate::save(&scene.vault, &scene.at, "canary-r2", -10, &renewed);
        clock.pass(60);
        // Nobody waits for who renews the old one.
        assert!(!is_lost(&scene.begin()));
        commits(holder, "canary-r3", "LeaseLost");
    });
}

#[test]
fn gone_after_the_commit() {
    clocked("crash_points::gone_after_the_commit", |clock| {
        let scene = Scene::new("crash-committed");
        let mut holder = scene.holder();
        holder.tell("commit: canary-r2");
        holder.expect("committed");
        assert!(holder.kill());
        assert_eq!(scene.outcome(), "fresh");
        stands(&scene, "canary-r2", "active");
        clock.pass(3600);
        let begun = scene.begin();
        assert!(!is_lost(&begun) && begun.told.lease.as_ref().unwrap().fence == 2);
    });
}

#[test]
fn closed_without_a_word() {
    clocked("crash_points::closed_without_a_word", |_| {
        for how in ["close", "shutdown"] {
            let scene = Scene::new("crash-closed");
            let mut holder = scene.holder();
            holder.tell(how);
            holder.hear().unwrap();
            // The process lives on, as php-fpm's do.
            assert!(is_lost(&scene.begin()), "{how}");
            holder.finish();
        }
    });
}

#[test]
fn stopped_past_its_lease_and_woken_before_another_was_granted() {
    clocked("crash_points::stopped_past_its_lease_and_woken_before_another_was_granted", |clock| {
        let scene = Scene::new("crash-stopped");
        let holder = scene.holder();
        signal(&holder, Signal::STOP);
        for _ in 0..8 {
            clock.pass(100);
            assert_eq!((scene.outcome(), scene.force().told.outcome), ("busy", "busy"), "it lives");
        }
        signal(&holder, Signal::CONT);
        commits(holder, "canary-r2", "committed");
        assert_eq!(scene.outcome(), "fresh");
        stands(&scene, "canary-r2", "active");
    });
}

#[test]
fn stopped_past_the_hard_limit_and_woken_before_another_was_granted() {
    clocked("crash_points::stopped_past_the_hard_limit_and_woken_before_another_was_granted", |clock| {
        let scene = Scene::new("crash-limit");
        let holder = scene.holder();
        signal(&holder, Signal::STOP);
        clock.pass(899);
        assert_eq!(scene.outcome(), "busy");
        clock.pass(1);
        assert_eq!(scene.vault.refresh_status(&scene.at, &crate::once()).unwrap().outcome, "due");
        signal(&holder, Signal::CONT);
        commits(holder, "canary-r2", "committed");
        stands(&scene, "canary-r2", "active");
    });
}

#[test]
fn stopped_past_the_hard_limit_and_woken_after_another_was_granted() {
    clocked("crash_points::stopped_past_the_hard_limit_and_woken_after_another_was_granted", |clock| {
        for committed in [false, true] {
            let scene = Scene::new("crash-other");
            let holder = scene.holder();
            signal(&holder, Signal::STOP);
            clock.pass(900);
            let begun = scene.begin();
            assert!(is_lost(&begun));
            let next = lease(begun);
            if committed {
                commit(&next, "canary-r3").unwrap();
            }
            signal(&holder, Signal::CONT);
            commits(holder, "canary-r2", "LeaseLost");
            if !committed {
                stands(&scene, "canary-r1", "expired");
                assert_eq!(scene.outcome(), "busy", "the other one's lease goes on");
                commit(&next, "canary-r3").unwrap();
            }
            stands(&scene, "canary-r3", "active");
        }
    });
}

#[test]
fn woken_after_another_was_granted_and_failed() {
    clocked("crash_points::woken_after_another_was_granted_and_failed", |clock| {
        let scene = Scene::new("crash-other-failed");
        let holder = scene.holder();
        signal(&holder, Signal::STOP);
        clock.pass(900);
        lease(scene.begin()).fail(&answered(503, "")).unwrap();
        signal(&holder, Signal::CONT);
        // Nobody can know which of the two the provider's last answer went to.
        commits(holder, "canary-r2", "LeaseLost");
        assert_eq!(scene.outcome(), "backoff");
        stands(&scene, "canary-r1", "expired");
    });
}

#[test]
fn refused_after_another_was_granted() {
    clocked("crash_points::refused_after_another_was_granted", |clock| {
        let scene = Scene::new("crash-refused-late");
        let mut holder = scene.holder();
        clock.pass(900);
        let next = lease(scene.begin());
        commit(&next, "canary-r2").unwrap();
        holder.tell("refused");
        holder.expect("fresh");
        holder.finish();
        stands(&scene, "canary-r2", "active");
    });
}

#[test]
fn deleted_meanwhile() {
    clocked("crash_points::deleted_meanwhile", |_| {
        let scene = Scene::new("crash-deleted");
        let holder = scene.holder();
        scene.vault.delete(CONN, &scene.at, None).unwrap();
        refused(scene.vault.begin_refresh(&scene.at, &crate::once()), Code::NotFound);
        commits(holder, "canary-r2", "LeaseLost");
        assert_eq!(scene.vault.info().unwrap().counts.connections, 0);
    });
}

#[test]
fn disconnected_meanwhile() {
    clocked("crash_points::disconnected_meanwhile", |_| {
        let scene = Scene::new("crash-disconnected");
        let holder = scene.holder();
        let given = Disconnect { at_provider: AtProvider::Revoked, ..Disconnect::default() };
        assert!(scene.vault.disconnect(&scene.at, &given).unwrap().lease);
        commits(holder, "canary-r2", "LeaseLost");
        assert_eq!(scene.vault.info().unwrap().counts.connections, 0);
        // Connected once more, it is another connection, and nobody has to wait.
        scene.connect("canary-r5", -10);
        let begun = scene.begin();
        assert!(!is_lost(&begun) && begun.told.lease.as_ref().unwrap().fence == 1);
    });
}

#[test]
fn revoked_meanwhile() {
    clocked("crash_points::revoked_meanwhile", |_| {
        let scene = Scene::new("crash-revoked");
        let holder = scene.holder();
        scene.vault.set_status(&scene.at, Status::Revoked, Some("by_hand")).unwrap();
        assert_eq!(scene.outcome(), "dead");
        commits(holder, "canary-r2", "LeaseLost");
        stands(&scene, "canary-r1", "revoked");
    });
}

#[test]
fn connected_anew_meanwhile() {
    clocked("crash_points::connected_anew_meanwhile", |_| {
        let scene = Scene::new("crash-anew");
        let holder = scene.holder();
        scene.connect("canary-new", -10);
        let begun = scene.begin();
        assert!(!is_lost(&begun), "nobody waits for who renews the old one");
        assert_eq!(begun.told.lease.as_ref().unwrap().fence, 2, "it never goes back");
        commits(holder, "canary-r2", "LeaseLost");
        commit(&lease(begun), "canary-new-2").unwrap();
        stands(&scene, "canary-new-2", "active");
    });
}

#[test]
fn replaced_meanwhile() {
    clocked("crash_points::replaced_meanwhile", |_| {
        let scene = Scene::new("crash-replaced");
        let holder = scene.holder();
        let other = document(r#"{"access_token":"canary-b","refresh_token":"canary-b1","user_id":"43"}"#);
        let facts = Facts { replace: true, expires_at: time(now() - 10), ..Facts::default() };
        assert!(scene.vault.save(CONN, &scene.at, &other, &facts).unwrap().replaced.is_some());
        let begun = scene.begin();
        assert!(!is_lost(&begun));
        commits(holder, "canary-r2", "LeaseLost");
        commit(&lease(begun), "canary-b2").unwrap();
        stands(&scene, "canary-b2", "active");
    });
}

/// A backup of the moment before it was granted, or of a moment while it was.
fn restored(of_before: bool) -> (Scene, Actor) {
    let scene = Scene::new("crash-restored");
    let backup = scene.site.root.join("backup");
    let copy = || std::fs::copy(scene.site.database(), &backup).unwrap();
    if of_before {
        copy();
    }
    let holder = scene.holder();
    if !of_before {
        copy();
    }
    std::fs::rename(&backup, scene.site.database()).unwrap();
    (scene, holder)
}

#[test]
fn a_backup_restored_meanwhile() {
    clocked("crash_points::a_backup_restored_meanwhile", |_| {
        for of_before in [true, false] {
            let (scene, holder) = restored(of_before);
            if !of_before {
                assert_eq!(scene.outcome(), "busy", "the backup knows who has it");
            }
            // What it has is the only good token, and it is the stored one's successor.
            commits(holder, "canary-r2", "committed");
            assert_eq!(scene.outcome(), "fresh");
            assert_eq!((scene.token().as_str(), scene.status().as_str()), ("canary-r2", "active"));
        }
    });
}

#[test]
fn a_backup_restored_meanwhile_and_another_granted() {
    clocked("crash_points::a_backup_restored_meanwhile_and_another_granted", |_| {
        let (scene, holder) = restored(true);
        let next = scene.granted();
        commits(holder, "canary-r2", "LeaseLost");
        commit(&next, "canary-r3").unwrap();
        assert_eq!(scene.token(), "canary-r3");
    });
}

#[test]
fn a_backup_restored_after_the_commit() {
    clocked("crash_points::a_backup_restored_after_the_commit", |_| {
        let (scene, mut holder) = restored(false);
        let backup = scene.site.root.join("backup");
        std::fs::copy(scene.site.database(), &backup).unwrap();
        holder.tell("commit: canary-r2");
        holder.expect("committed");
        holder.finish();
        std::fs::rename(&backup, scene.site.database()).unwrap();
        // The lease that it knows of was left behind: what is stored may be spent, and so it is.
        let begun = scene.begin();
        assert!(is_lost(&begun));
        assert_eq!(refuse(&lease(begun)).cause.as_deref(), Some("answer_lost"));
    });
}

#[test]
fn the_clock_jumped_forward() {
    clocked("crash_points::the_clock_jumped_forward", |clock| {
        for another in [false, true] {
            let scene = Scene::new("crash-forward");
            let holder = scene.holder();
            clock.pass(864_000);
            let next = another.then(|| scene.begin());
            assert!(next.as_ref().is_none_or(is_lost));
            commits(holder, "canary-r2", if another { "LeaseLost" } else { "committed" });
            stands(
                &scene,
                if another { "canary-r1" } else { "canary-r2" },
                if another { "expired" } else { "active" },
            );
        }
    });
}

#[test]
fn the_clock_jumped_back() {
    clocked("crash_points::the_clock_jumped_back", |clock| {
        let scene = Scene::new("crash-back");
        let holder = scene.holder();
        // A little: the lease is a possible one.
        clock.pass(-540);
        assert_eq!(scene.force().told.outcome, "busy");
        // Far: no lease that is granted now could end then.
        clock.pass(-1);
        let begun = scene.force();
        assert!(is_lost(&begun));
        let next = lease(begun);
        commits(holder, "canary-r2", "LeaseLost");
        commit(&next, "canary-r3").unwrap();
        stands(&scene, "canary-r3", "active");
    });
}

#[test]
fn one_holder_after_the_other_goes() {
    clocked("crash_points::one_holder_after_the_other_goes", |clock| {
        let scene = Scene::new("crash-again");
        let mut granted = 0;
        for _ in 0..2000 {
            let stands = scene.vault.refresh_status(&scene.at, &crate::once()).unwrap();
            let forced = Begin { force: true, ..crate::once() };
            let forced = scene.vault.refresh_status(&scene.at, &forced).unwrap();
            assert_eq!(forced.outcome, "due", "a person may always try");
            let mut worker = scene.worker();
            worker.tell("begin");
            let told = worker.hear().unwrap();
            assert_eq!(stands.outcome == "due", told.starts_with("granted"), "{told}: {stands:?}");
            assert!(worker.kill());
            match told.as_str() {
                "granted" | "granted lost" => granted += 1,
                "backoff" if scene.status() == "error" => break,
                "backoff" => clock.set(scene.begin().told.until.unwrap()),
                other => panic!("{other}"),
            }
        }
        assert_eq!((granted, scene.status().as_str()), (60, "error"));
        let told = scene.begin().told;
        assert_eq!((told.outcome, told.until, told.cause.as_deref()), ("backoff", None, Some("holder_gone")));
        // A person may try.
        commit(&lease(scene.force()), "canary-r2").unwrap();
        stands(&scene, "canary-r2", "active");
    });
}
