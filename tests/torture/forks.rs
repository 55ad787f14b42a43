//! Forks while other threads are busy: children read, write and exit, and nobody waits for ever or loses anything.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dm_connections::vault::{Facts, Kind, Options, Vault};
use rustix::process::{Signal, set_parent_process_death_signal};

use crate::support::process::{Actor, Role, Watchdog, figures, say, size};
use crate::support::{Site, address, document, key};
use crate::{whole, writers};

const CONN: Kind = Kind::Connection;
const THREADS: u64 = 3;

pub fn play(role: &Role) {
    match role.arguments[0].as_str() {
        "busy" => busy(role),
        "orphan" => orphan(role),
        other => panic!("{other}"),
    }
}

/// Ends within the closure; a child of a process with threads must not come back into the test harness.
fn forked(work: impl FnOnce()) -> libc::pid_t {
    // SAFETY: the child uses only the library, whose promise this is, and what the C library makes usable in a child.
    match unsafe { libc::fork() } {
        0 => {
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_ok();
            // SAFETY: ends the process.
            unsafe { libc::_exit(i32::from(!done)) }
        }
        child => {
            assert!(child > 0, "{}", std::io::Error::last_os_error());
            child
        }
    }
}

/// Whether a child ended well, in time.
fn ends_well(child: libc::pid_t) -> bool {
    let limit = Instant::now() + Duration::from_secs(30);
    loop {
        let mut status = 0;
        // SAFETY: `status` is writable.
        match unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } {
            0 if Instant::now() < limit => std::thread::sleep(Duration::from_micros(200)),
            0 => {
                // SAFETY: it is this process's own child, and was not waited for yet.
                unsafe { libc::kill(child, libc::SIGKILL) };
                return false;
            }
            _ => return libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0,
        }
    }
}

/// Threads write, read and open the store all the time, while another forks. Arguments: how many forks.
fn busy(role: &Role) {
    let forks = role.number(1);
    let open = || writers::open(&role.store).unwrap();
    let vault = open();
    let (end, turns) = (AtomicBool::new(false), [const { AtomicU64::new(0) }; THREADS as usize]);
    std::thread::scope(|scope| {
        for (writer, turn) in turns.iter().enumerate() {
            let (vault, end) = (&vault, &end);
            scope.spawn(move || {
                while !end.load(Ordering::Relaxed) {
                    let next = turn.load(Ordering::Relaxed) + 1;
                    writers::one_write(vault, writer as u64, next).unwrap();
                    turn.store(next, Ordering::Relaxed);
                    writers::check(vault, writer as u64, next).unwrap();
                }
            });
        }
        // Opening has a lock of its own: the table of open stores.
        scope.spawn(|| {
            while !end.load(Ordering::Relaxed) {
                drop(open().info().unwrap());
            }
        });
        for fork in 1..=forks {
            let child = |part: u64| {
                // The signal that its parent asked for is not inherited.
                set_parent_process_death_signal(Some(Signal::KILL)).unwrap();
                // The inherited handle and a new one; the child's own account, and one that everybody shares.
                let writer = THREADS + part;
                writers::one_write(&vault, writer, fork).unwrap();
                writers::check(&open(), writer, fork).unwrap();
            };
            let children = [0, 1].map(|part| forked(|| child(part)));
            for child in children {
                if !ends_well(child) {
                    say(format!("failed: child {fork} did not end well"));
                    std::process::exit(1);
                }
            }
        }
        end.store(true, Ordering::Relaxed);
    });
    say(turns.map(|turn| turn.into_inner().to_string()).join(" "));
}

#[test]
fn children_of_a_busy_process_read_and_write_and_nothing_is_lost() {
    let site = Site::new("forks");
    let _end = Watchdog::new("forks", size(90, 900));
    let vault = site.open();
    writers::prepare(&vault, 0..=THREADS + 2);
    let forks = size(25, 1000);
    let mut busy = Actor::start(&format!("fork busy {forks}"), &site.store());
    // Somebody else writes, too.
    let other = Actor::start(&format!("write {} {}", THREADS + 2, forks), &site.store());
    let said = busy.hear().unwrap();
    let turns: Vec<u64> =
        said.split(' ').map(|turn| turn.parse().unwrap_or_else(|_| panic!("{said}"))).collect();
    other.finish();
    busy.finish();
    for (writer, turns) in turns.iter().enumerate() {
        writers::check(&vault, writer as u64, *turns).unwrap();
    }
    (THREADS..THREADS + 3).for_each(|writer| writers::check(&vault, writer, forks).unwrap());
    whole::all_rows(&vault);
    whole::sound(&whole::copy(&site));
    figures(format_args!(
        "forks: {} children of a process with {} busy threads; {} writes by the threads, {} by the children; lost: 0",
        2 * forks,
        THREADS + 1,
        turns.iter().map(|turns| turns + turns / 4).sum::<u64>(),
        2 * (forks + forks / 4)
    ));
}

/// Leaves a child that does nothing, and is then killed while its threads write.
fn orphan(role: &Role) {
    let vault = writers::open(&role.store).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let vault = &vault;
            scope.spawn(move || {
                for turn in 1.. {
                    writers::one_write(vault, writer, turn).unwrap();
                }
            });
        }
        std::thread::sleep(Duration::from_millis(20));
        let child = forked(|| std::thread::sleep(Duration::from_secs(20)));
        say(child);
        std::thread::sleep(Duration::from_secs(60));
    });
}

#[test]
fn the_child_of_a_killed_process_keeps_no_lock() {
    let site = Site::new("orphan");
    let _end = Watchdog::new("an orphan", size(60, 300));
    let options = Options { patience: Duration::from_secs(2), ..site.options() };
    let vault = Vault::open(&options, &[key(1)]).unwrap();
    writers::prepare(&vault, 0..2);
    let rounds = size(6, 100);
    for round in 0..rounds {
        let mut parent = Actor::start("fork orphan", &site.store());
        let child: i32 = parent.hear().unwrap().parse().unwrap();
        std::thread::sleep(Duration::from_millis(round % 7));
        assert!(parent.kill());
        let json = document(r#"{"access_token":"canary"}"#);
        let saved = vault.save(CONN, &address("x", "user:1", "default"), &json, &Facts::default());
        let alive = std::path::Path::new(&format!("/proc/{child}")).exists();
        // SAFETY: no memory is involved; the process is one that this test made, and lives.
        unsafe { libc::kill(child, libc::SIGKILL) };
        assert!(alive, "the child has to outlive the test");
        saved.unwrap();
        whole::sound(&whole::copy(&site));
    }
    figures(format_args!(
        "orphans: {rounds} processes killed that had left a child; none of the children kept a lock"
    ));
}
