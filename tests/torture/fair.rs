//! Everybody gets in, also beside one that writes without a pause.

use std::time::{Duration, Instant};

use crate::support::Site;
use crate::support::process::{Actor, Role, Watchdog, figures, hear, say, size};
use crate::writers;

/// Far below any caller's patience, and far above what a turn takes.
const LONG: Duration = Duration::from_millis(1500);

/// Works without a pause until it is told to end, and says how long it waited at most. Arguments: its number, and
/// whether it reads or writes.
pub fn play(role: &Role) {
    let number = role.number(0);
    let reads = role.arguments[1] == "reads";
    let vault = writers::open(&role.store).unwrap();
    say("works");
    let ended = std::thread::spawn(|| drop(hear()));
    let (mut longest, mut turns) = (Duration::ZERO, 0);
    while !ended.is_finished() {
        let since = Instant::now();
        turns += 1;
        if reads {
            writers::check(&vault, number, 0).unwrap();
        } else {
            writers::one_write(&vault, number, turns).unwrap();
        }
        longest = longest.max(since.elapsed());
    }
    say(format!("{turns} {}", longest.as_millis()));
}

fn longest_waits(writing: u64, reading: u64) -> Vec<(u64, Duration)> {
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
    said.iter()
        .map(|said| {
            let (turns, waited) = said.split_once(' ').unwrap();
            (turns.parse().unwrap(), Duration::from_millis(waited.parse().unwrap()))
        })
        .collect()
}

/// The same for threads of one process: the longest wait of the one that reads, beside some that read without a pause.
#[test]
fn no_thread_waits_long_beside_threads_that_work_without_a_pause() {
    let site = Site::new("fair-threads");
    let vault = writers::open(&site.store()).unwrap();
    writers::prepare(&vault, 0..3);
    let _end = Watchdog::new("fair threads", size(60, 200));
    let since = Instant::now();
    let works = |number: u64, vault: &dm_connections::vault::Vault| {
        let (mut longest, mut turns) = (Duration::ZERO, 0_u64);
        while since.elapsed() < Duration::from_secs(size(3, 20)) {
            let began = Instant::now();
            turns += 1;
            match number {
                0 => writers::one_write(vault, number, turns).unwrap(),
                _ => writers::check(vault, number, 0).unwrap(),
            }
            longest = longest.max(began.elapsed());
        }
        (turns, longest)
    };
    let waits = std::thread::scope(|scope| {
        let threads = [0, 1, 2].map(|number| {
            scope.spawn({
                let (works, vault) = (&works, &vault);
                move || works(number, vault)
            })
        });
        threads.map(|thread| thread.join().unwrap())
    });
    figures(format_args!("a thread that writes and two that read (turns, longest wait): {waits:?}"));
    assert!(waits.iter().all(|(_, waited)| *waited < LONG), "{waits:?}");
}

#[test]
fn nobody_waits_long_beside_processes_that_work_without_a_pause() {
    let _end = Watchdog::new("fair waits", size(90, 400));
    for (writing, reading) in [(1, 1), (1, 4), (4, 4)] {
        let waits = longest_waits(writing, reading);
        figures(format_args!("{writing} writers and {reading} readers (turns, longest wait): {waits:?}"));
        assert!(
            waits.iter().all(|(_, waited)| *waited < LONG),
            "{writing} writers, {reading} readers: {waits:?}"
        );
    }
}
