//! Thirty-two PHP processes keep ten accounts alive at an authorization server that ends a family whose refresh token
//! comes twice, while they are stopped, are killed, and do not get their answers. And today's way beside it.
//!
//! Time is told by a file, which the library of this build obeys: that an hour passes costs nothing.
#![allow(missing_docs)]

mod crew;

#[path = "../support/authority/mod.rs"]
mod authority;
#[path = "../torture/dice.rs"]
mod dice;
#[path = "../support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::{Duration, Instant};

use authority::{Counts, Fault};
use crew::{CONNECTIONS, Crew, LIFE, Seen, family};
use dice::Dice;
use support::process::{Watchdog, figures, size};

/// How many look after them.
const PROCESSES: usize = 32;

/// The lease of a callable that may take 30 seconds, and how long it can be used where its holder lives.
const LEASE: i64 = 60;
const HARD_LIMIT: i64 = 900;

/// What came of one run.
#[derive(Debug, Default)]
struct Run {
    what: &'static str,
    expiries: u64,
    counts: Counts,
    /// How often a person had to consent again.
    reconsents: u64,
    /// Accounts whose stored tokens are of no use in the end.
    lost: u64,
    /// Holders that were stopped or killed, and when.
    hit: BTreeMap<String, u64>,
    /// How often everybody was told to wait for a stopped one.
    waited: u64,
    /// Answers that came too late to be stored.
    late: u64,
    /// How often it was given up until a person asked.
    given_up: u64,
    took: Duration,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { requests, rotations, reuses, revoked, unseen, failed, .. } = self.counts;
        let Self { what, expiries, reconsents, lost, given_up, took, .. } = self;
        let hit = self.hit();
        write!(
            f,
            "{what:<34} {expiries:>8} {hit:>6} {requests:>8} {failed:>6} {rotations:>9} {reuses:>6} {revoked:>6} \
             {unseen:>11} {reconsents:>10} {given_up:>8} {lost:>4} {took:>8.1?}"
        )
    }
}

impl Run {
    fn hit(&self) -> u64 {
        self.hit.values().sum()
    }
}

const HEAD: &str = "10 connections, 32 processes       expiries    hit requests failed rotations reuses  ended \
                    uncommitted reconsents given up lost     took";

/// The connections expire so often, and each time all of them have to be good again before it goes on.
fn leases(what: &'static str, danger: &str, rounds: u64, mut trouble: impl FnMut(&Crew)) -> Run {
    let since = Instant::now();
    let seed = Dice::seed();
    let mut dice = Dice::new(seed);
    let mut crew = Crew::start(&format!("leases {danger}"), PROCESSES, seed);
    let mut run = Run { what, expiries: rounds * CONNECTIONS as u64, ..Run::default() };
    for round in 0..rounds {
        crew.advance(LIFE);
        trouble(&crew);
        // Now and then they wait for each other. Where somebody is stopped, they would for long.
        let patient = danger != "stops" && round % 10 == 0;
        turn_of(&mut crew, &mut run, &mut dice, Duration::from_secs(if patient { 5 } else { 0 }));
    }
    let Run { hit, waited, .. } = &run;
    figures(format_args!("{what}: hit {hit:?}; told to wait for the stopped: {waited} times (seed {seed})"));
    at_the_end(&mut crew, &mut run);
    run.took = since.elapsed();
    run
}

/// Until each connection was renewed, or connected anew.
fn turn_of(crew: &mut Crew, run: &mut Run, dice: &mut Dice, patience: Duration) {
    let mut open: BTreeSet<usize> = (0..CONNECTIONS).collect();
    let mut force = false;
    while !open.is_empty() {
        let pass = crew.pass(&open, patience, force, &[]);
        pass.hit.into_iter().for_each(|moment| *run.hit.entry(moment).or_default() += 1);
        let (mut later, mut dead) = (Vec::new(), BTreeSet::new());
        settle(run, pass.seen, &mut open, &mut later, &mut dead);
        if !pass.stopped.is_empty() {
            crew.advance(LEASE + 1 + dice.below((HARD_LIMIT - LEASE - 1) as u64) as i64);
            let meanwhile = crew.pass(&open, Duration::ZERO, false, &pass.stopped);
            let waits = |(_, seen): &(usize, Seen)| *seen == Seen::Busy;
            assert!(meanwhile.seen.iter().all(waits), "{open:?}: {:?}", meanwhile.seen);
            run.waited += meanwhile.seen.len() as u64;
            let woken = crew.wake(&pass.stopped);
            assert!(woken.stopped.is_empty());
            settle(run, woken.seen, &mut open, &mut later, &mut dead);
            assert_eq!(open, BTreeSet::new(), "a stopped holder did not renew what it had");
        }
        for number in dead {
            crew.consent(number);
            run.reconsents += 1;
            open.remove(&number);
        }
        later.retain(|(number, _)| open.contains(number));
        force = later.iter().any(|(_, until)| until.is_none());
        run.given_up += u64::from(force);
        if let Some(until) = later.iter().filter_map(|(_, until)| *until).max() {
            crew.advance_to(until);
        }
    }
}

type Later = Vec<(usize, Option<i64>)>;

fn settle(
    run: &mut Run,
    seen: Vec<(usize, Seen)>,
    open: &mut BTreeSet<usize>,
    later: &mut Later,
    dead: &mut BTreeSet<usize>,
) {
    for (number, seen) in seen {
        match seen {
            Seen::Fresh | Seen::Refreshed => drop(open.remove(&number)),
            Seen::Busy => {}
            Seen::Backoff(until) => later.push((number, until)),
            Seen::Dead(cause) => {
                assert_eq!(cause, "answer_lost", "of connection {number}");
                dead.insert(number);
            }
            Seen::Lost => run.late += 1,
            Seen::Failed => panic!("connection {number}"),
        }
    }
}

/// What is stored has to open the door, and to be the newest there is.
fn at_the_end(crew: &mut Crew, run: &mut Run) {
    crew.authority.clear_faults();
    let stored: Vec<_> = (0..CONNECTIONS).map(|number| crew.stored(number)).collect();
    for [access, _] in &stored {
        let reply = crew.authority.ask("GET", "/resource", &[("access_token", access)]).unwrap();
        run.lost += u64::from(reply.status != 200);
    }
    run.counts = crew.authority.totals();
    run.counts.issued -= CONNECTIONS as u64;
    if run.lost == 0 {
        for (number, [_, refresh]) in stored.iter().enumerate() {
            let reply = crew.authority.refresh(refresh).unwrap();
            assert_eq!(reply.status, 200, "the refresh token of {} is not the newest", family(number));
        }
    }
}

/// Whoever sees that a token ends asks for another.
fn today(what: &'static str, processes: usize, rounds: u64) -> Run {
    let since = Instant::now();
    let mut crew = Crew::start("today nothing", processes, Dice::seed());
    let mut run = Run { what, expiries: rounds * CONNECTIONS as u64, ..Run::default() };
    for _ in 0..rounds {
        crew.advance(LIFE);
        crew.pass(&(0..CONNECTIONS).collect(), Duration::ZERO, false, &[]);
        for number in 0..CONNECTIONS {
            let [access, _] = crew.stored(number);
            if !crew.authority.is_valid(&access) {
                crew.consent(number);
                run.reconsents += 1;
            }
        }
    }
    at_the_end(&mut crew, &mut run);
    run.took = since.elapsed();
    run
}

/// Longer than anybody's turn.
const SLOW: Duration = Duration::from_millis(50);

/// For more than half of the accounts, whatever a provider may do to a request, once or twice.
fn in_trouble(dice: &mut Dice, crew: &Crew) {
    for number in 0..CONNECTIONS {
        let fault = match dice.below(20) {
            0 | 1 => Fault::status(503),
            2 => Fault::status(500),
            3 => Fault::too_many(120),
            4 => Fault::status(502).and_done(),
            5 => Fault::dropped_before(),
            6 => Fault::dropped_after(),
            7 => Fault::half(),
            8 => Fault::malformed(),
            9 => Fault::without_refresh_token(),
            10 => Fault::slow_before(SLOW),
            11 => Fault::slow_after(SLOW),
            _ => continue,
        };
        crew.authority.fault(&family(number), fault.times(1 + dice.below(2)));
    }
}

#[test]
fn of_thirty_two_processes_one_renews_and_nothing_is_lost() {
    let _end = Watchdog::new("renewing", size(300, 2700));
    let (rounds, some, few) = (size(12, 1000), size(8, 250), size(5, 100));

    let plain = leases("leases", "nothing", rounds, |_| {});
    let once = Counts { requests: plain.expiries, renewals: plain.expiries, ..Counts::default() };
    let once = Counts { rotations: plain.expiries, ..once };
    assert_eq!(plain.counts, once, "each is renewed once at each expiry");
    assert_eq!((plain.lost, plain.late, plain.reconsents), (0, 0, 0), "{plain:?}");

    let stopped = leases("leases, a fifth stopped", "stops", rounds, |_| {});
    assert_eq!(stopped.counts, once, "each is renewed once at each expiry, late or not");
    assert_eq!((stopped.lost, stopped.late, stopped.reconsents), (0, 0, 0), "{stopped:?}");
    assert!(stopped.hit() > 0 && stopped.waited > 0, "{stopped:?}");

    let killed = leases("leases, a fifth killed", "kills", rounds, |_| {});
    assert!(killed.hit() > 0, "{killed:?}");
    assert_eq!((killed.lost, killed.late), (0, 0), "{killed:?}");
    assert_eq!(killed.reconsents, killed.counts.unseen, "{killed:?}");

    let mut dice = Dice::new(Dice::seed());
    let faulty = leases("leases, a provider in trouble", "nothing", some, |crew| in_trouble(&mut dice, crew));
    assert_eq!((faulty.lost, faulty.late), (0, 0), "{faulty:?}");
    assert_eq!(faulty.reconsents, faulty.counts.unseen, "{faulty:?}");
    assert_eq!(faulty.counts.unseen, faulty.counts.dropped, "{faulty:?}");

    let today_too = today("today: one option, no leases", PROCESSES, few);
    let today_of_two = today("the same, 2 processes", 2, few);
    figures(HEAD);
    for run in [&plain, &stopped, &killed, &faulty, &today_too, &today_of_two] {
        figures(run);
    }
}
