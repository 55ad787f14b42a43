//! Holders that are other processes, and children of the holder's.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dm_connections::vault::Facts;

use crate::support::address;
use crate::support::process::{Actor, Role, say};
use crate::worker::{account_of, open};
use crate::{Scene, code, commit, is_lost, lease, once, refuse, save};

#[test]
fn a_killed_holder_is_succeeded_at_once() {
    let scene = Scene::new("processes-killed");
    let mut holder = scene.holder();
    let busy = scene.begin();
    assert_eq!((busy.told.outcome, busy.told.holder.unwrap().pid), ("busy", holder.id()));
    assert!(holder.kill());
    let begun = scene.begin();
    assert!(is_lost(&begun) && begun.told.failures == 1);
    // The next that goes as well has everybody wait.
    drop(lease(begun));
    let told = scene.begin().told;
    assert_eq!((told.outcome, told.cause.as_deref()), ("backoff", Some("holder_gone")));
    assert!(is_lost(&scene.force()));
}

#[test]
fn what_a_process_gives_up_is_seen_by_the_others_at_once() {
    for how in ["close", "shutdown"] {
        let scene = Scene::new("processes-closed");
        let mut holder = scene.holder();
        holder.tell(how);
        holder.hear().unwrap();
        let begun = scene.begin();
        assert!(is_lost(&begun), "{how}");
        assert_eq!(refuse(&lease(begun)).cause.as_deref(), Some("answer_lost"));
        holder.finish();
    }
}

#[test]
fn a_copy_of_the_site_renews_nothing() {
    let scene = Scene::new("processes-clone");
    let mut copy = scene.worker();
    let before = scene.writes();
    copy.tell("clone");
    copy.expect("ClonedSite ClonedSite");
    // How it stands can be asked all the same.
    copy.expect("due");
    copy.finish();
    assert_eq!(scene.writes(), before);
}

/// It cannot be given up any more where its store was closed before it: so leases are closed first.
#[test]
fn a_lease_whose_store_was_closed_first_lasts_as_long_as_its_process() {
    let scene = Scene::new("processes-shut");
    let mut holder = scene.holder();
    holder.tell("shutdown first");
    holder.expect("shut down");
    assert_eq!(scene.outcome(), "busy");
    holder.finish();
    assert!(is_lost(&scene.begin()));
}

/// Of more than eight stores the one that was used the longest ago is closed; but what this one's lease holds is the only good
/// token.
#[test]
fn a_store_in_which_something_is_renewed_stays_open() {
    let scene = Scene::new("processes-eight");
    let mut holder = scene.holder();
    holder.tell("eight more");
    holder.expect("8");
    holder.tell("commit: canary-r2");
    holder.expect("committed");
    holder.finish();
}

#[test]
fn a_holder_elsewhere_is_waited_for_and_its_state_taken() {
    let scene = Scene::new("processes-waited");
    let mut holder = scene.holder();
    let mut waits = scene.worker();
    waits.tell("begin: 60000");
    holder.tell("commit: canary-r2");
    holder.expect("committed");
    waits.expect("fresh");
    waits.tell("token");
    waits.expect("canary-r2");
    holder.finish();
    waits.finish();
}

/// A lease and `fork()`, in a process of its own, which has one thread that matters.
pub fn fork(role: &Role) {
    let (vault, at) = (open(role), account_of(role));
    let mut held = Some(lease(vault.begin_refresh(&at, &once()).unwrap()));
    succeeds(forked(|| match role.arguments[1].as_str() {
        "closes" => held = None,
        "asks" => assert_eq!(vault.begin_refresh(&at, &once()).unwrap().told.outcome, "busy"),
        "commits" => drop(commit(held.as_ref().unwrap(), "canary-child").unwrap()),
        "renews" => {
            let other = address("x", "user:2", "default");
            commit(&lease(vault.begin_refresh(&other, &once()).unwrap()), "canary-child").unwrap();
        }
        "dies" => {
            let other = address("x", "user:2", "default");
            std::mem::forget(vault.begin_refresh(&other, &once()).unwrap());
        }
        other => panic!("{other}"),
    }));
    say(vault.begin_refresh(&at, &once()).unwrap().told.outcome);
    match commit(&held.unwrap(), "canary-parent") {
        Ok(_) => say("committed"),
        Err(error) => say(code(&error)),
    }
    let of_the_child = vault.begin_refresh(&address("x", "user:2", "default"), &once()).unwrap();
    say(of_the_child.told.outcome);
}

/// Forks; the child does `work` and ends without any of the test's ceremony.
fn forked(work: impl FnOnce()) -> i32 {
    // SAFETY: the child runs only the library, which is made for that, and plain allocations, which glibc allows.
    match unsafe { libc::fork() } {
        0 => {
            let worked = catch_unwind(AssertUnwindSafe(work)).is_ok();
            // SAFETY: ends the process at once.
            unsafe { libc::_exit(i32::from(!worked)) }
        }
        child => child,
    }
}

fn succeeds(child: i32) {
    let mut status = 0;
    // SAFETY: `status` outlives the call.
    let waited = unsafe { libc::waitpid(child, &mut status, 0) };
    assert_eq!((waited, status), (child, 0), "the child failed");
}

/// What the parent is told after its child did that: of the account, of its own commit, and of the child's own account.
fn after(child_did: &str) -> ([String; 3], String) {
    let scene = Scene::new("processes-fork");
    let other = address("x", "user:2", "default");
    save(&scene.vault, &other, "canary-r1", -10, &Facts::default());
    let mut parent = Actor::start(&format!("fork x {child_did}"), &scene.site.store());
    let told = std::array::from_fn(|_| parent.hear().unwrap());
    parent.finish();
    (told, scene.token())
}

#[test]
fn a_child_takes_nothing_from_its_parent() {
    for child_did in ["closes", "asks"] {
        let (told, token) = after(child_did);
        assert_eq!(told, ["busy", "committed", "granted"], "{child_did}");
        assert_eq!(token, "canary-parent", "{child_did}");
    }
}

/// The lease is one, whoever speaks for it first.
#[test]
fn what_a_child_commits_is_committed() {
    let (told, token) = after("commits");
    assert_eq!(told, ["fresh", "LeaseLost", "granted"]);
    assert_eq!(token, "canary-child");
}

#[test]
fn a_child_has_leases_of_its_own() {
    assert_eq!(
        after("renews"),
        (["busy", "committed", "fresh"].map(str::to_owned), "canary-parent".to_owned())
    );
    assert_eq!(
        after("dies"),
        (["busy", "committed", "granted"].map(str::to_owned), "canary-parent".to_owned())
    );
}
