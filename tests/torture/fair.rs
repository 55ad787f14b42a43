//! Everybody gets in, also beside one that writes without a pause.
//!
//! Waiting is counted in what others wrote meanwhile, and not in time: a slow disk is nobody's fault.

use std::time::{Duration, Instant};

use dm_connections::vault::Vault;

use crate::support::Site;
use crate::support::process::{Actor, Role, Watchdog, figures, hear, say, size};
use crate::writers;

/// How many writes of each writer may get in while somebody waits. It was some two hundred on a slow disk, and thousands
/// on a quick one, where a writer did not let others go first; and is a handful.
const MANY: i64 = 100;

/// How somebody fared.
#[derive(Debug)]
#[allow(dead_code)] // For the figures.
struct Fared {
    turns: u64,
    passed_over: i64,
}

/// Works without a pause as long as it may.
fn work(vault: &Vault, number: u64, reads: bool, mut goes_on: impl FnMut() -> bool) -> Fared {
    let mut fared = Fared { turns: 0, passed_over: 0 };
    let mut before = vault.info().unwrap().writes;
    while goes_on() {
        fared.turns += 1;
        if reads {
            writers::check(vault, number, 0).unwrap();
        } else {
            writers::one_write(vault, number, fared.turns).unwrap();
        }
        let now = vault.info().unwrap().writes;
        fared.passed_over = fared.passed_over.max(now - before);
        before = now;
    }
    fared
}

/// Works until it is told to end, and says how it fared. Arguments: its number, and whether it reads or writes.
pub fn play(role: &Role) {
    let vault = writers::open(&role.store).unwrap();
    say("works");
    let ended = std::thread::spawn(|| drop(hear()));
    let reads = role.arguments[1] == "reads";
    let fared = work(&vault, role.number(0), reads, || !ended.is_finished());
    say(format!("{} {}", fared.turns, fared.passed_over));
}

fn processes(writing: u64, reading: u64) -> Vec<Fared> {
    let site = Site::new("fair");
    writers::prepare(&writers::open(&site.store()).unwrap(), 0..writing + reading);
    let start = |number: u64| {
        let does = if number < writing { "writes" } else { "reads" };
        let mut actor = Actor::start(&format!("fair {number} {does}"), &site.store());
        actor.expect("works");
        actor
    };
    let mut actors: Vec<_> = (0..writing + reading).map(start).collect();
    std::thread::sleep(Duration::from_secs(size(5, 30)));
    actors.iter_mut().for_each(|actor| actor.tell("end"));
    let said: Vec<_> = actors.iter_mut().map(|actor| actor.hear().unwrap()).collect();
    actors.into_iter().for_each(Actor::finish);
    let fared = |said: &String| {
        let (turns, passed_over) = said.split_once(' ').unwrap();
        Fared { turns: turns.parse().unwrap(), passed_over: passed_over.parse().unwrap() }
    };
    said.iter().map(fared).collect()
}

fn assert_fair(writing: u64, what: &str, fared: &[Fared]) {
    figures(format_args!("{writing} of {} {what} write: {fared:?}", fared.len()));
    let is_fair = |fared: &Fared| fared.turns > 0 && fared.passed_over < MANY * writing as i64;
    assert!(fared.iter().all(is_fair), "{writing} {what} write: {fared:?}");
}

#[test]
fn no_process_is_passed_over_for_long_beside_others_that_work_without_a_pause() {
    let _end = Watchdog::new("fair processes", size(90, 400));
    for (writing, reading) in [(1, 1), (1, 4), (4, 4)] {
        assert_fair(writing, "processes", &processes(writing, reading));
    }
}

#[test]
fn no_thread_is_passed_over_for_long_beside_others_that_work_without_a_pause() {
    let site = Site::new("fair-threads");
    let vault = writers::open(&site.store()).unwrap();
    writers::prepare(&vault, 0..3);
    let _end = Watchdog::new("fair threads", size(60, 200));
    let since = Instant::now();
    let goes_on = || since.elapsed() < Duration::from_secs(size(3, 20));
    let fared = std::thread::scope(|scope| {
        let vault = &vault;
        let threads = [0, 1, 2].map(|number| scope.spawn(move || work(vault, number, number > 0, goes_on)));
        threads.map(|thread| thread.join().unwrap())
    });
    assert_fair(1, "threads", &fared);
}
