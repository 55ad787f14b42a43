//! `fork()` at any time: under load, inside an operation, with a parent that dies.

mod store;

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use dm_connections::store::sqlite::Options;
use dm_connections::store::{Engine, Error, fork};
use store::directory::{Directory, open};
use store::process;
use store::samples::{id, initialise, row, write};

/// What the processes of these tests do. Each forks in a process of its own, so that the tests' own threads, which
/// know nothing of forks, are not part of it.
#[test]
fn role() {
    let Some((role, directory)) = process::role() else { return };
    let engine = open(&Options::new(directory.as_path())).unwrap();
    match role.as_str() {
        "fork under load" => under_load(&*engine),
        "fork inside" => inside(&*engine),
        "fork and die" => {
            let child = forked(|| {
                loop {
                    std::thread::sleep(Duration::from_secs(5));
                }
            });
            std::fs::write(directory.join("../child"), child.to_string()).unwrap();
            write(&*engine, |tx| {
                tx.delete_row(id(1))?;
                process::crash()
            })
        }
        "raw clone" => raw_clone(&*engine),
        other => panic!("{other}"),
    }
}

fn raise(engine: &dyn Engine) {
    write(engine, |tx| {
        let mut row = tx.row_by_id(id(1))?.unwrap();
        row.meta.revision += 1;
        tx.update_row(&row, row.meta.revision - 1)
    });
}

fn revision(engine: &dyn Engine) -> i64 {
    engine.snapshot(|tx| tx.row_by_id(id(1))).unwrap().unwrap().meta.revision
}

/// Forks; the child does `work` and ends without any of the test's ceremony.
fn forked(work: impl FnOnce()) -> i32 {
    // SAFETY: the child runs only the library, which is made for that, and plain allocations, which glibc allows.
    match unsafe { libc::fork() } {
        0 => {
            let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_ok();
            // SAFETY: ends the process at once.
            unsafe { libc::_exit(i32::from(!worked)) }
        }
        child => {
            assert!(child > 0, "fork failed");
            child
        }
    }
}

/// Waits for a child, but not for ever: what these tests look for is a child that hangs.
fn succeeds(child: i32) {
    let begin = Instant::now();
    loop {
        let mut status = 0;
        // SAFETY: `status` outlives the call.
        let waited = unsafe { libc::waitpid(child, &mut status, libc::WNOHANG) };
        if waited == child {
            assert_eq!(status, 0, "the child failed");
            return;
        }
        if begin.elapsed() > Duration::from_secs(20) {
            // SAFETY: it is our own child, not yet waited for.
            unsafe { libc::kill(child, libc::SIGKILL) };
            panic!("the child hangs");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Three threads are busy while the fourth forks; the children use the same engine at once.
fn under_load(engine: &dyn Engine) {
    let done = AtomicBool::new(false);
    let raised = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for writes in [true, false, false] {
            let (done, raised) = (&done, &raised);
            scope.spawn(move || {
                while !done.load(Ordering::SeqCst) {
                    if writes {
                        raise(engine);
                        raised.fetch_add(1, Ordering::SeqCst);
                    } else {
                        revision(engine);
                    }
                }
            });
        }
        let children: Vec<_> = (0..12)
            .map(|_| {
                std::thread::sleep(Duration::from_millis(3));
                forked(|| {
                    let before = revision(engine);
                    raise(engine);
                    assert!(revision(engine) > before);
                    // A grandchild as well.
                    succeeds(forked(|| raise(engine)));
                })
            })
            .collect();
        children.into_iter().for_each(succeeds);
        done.store(true, Ordering::SeqCst);
    });
    assert_eq!(revision(engine), 1 + 24 + i64::from(raised.into_inner()));
}

/// A thread that is inside starts programs and forks, while another one waits for it.
fn inside(engine: &dyn Engine) {
    std::thread::scope(|scope| {
        let read = engine.snapshot(|tx| {
            scope.spawn(|| raise(engine));
            std::thread::sleep(Duration::from_millis(20));
            assert!(Command::new("true").status().unwrap().success());
            succeeds(forked(|| {}));
            tx.row_by_id(id(1))
        });
        assert_eq!(read.unwrap().unwrap().meta.revision, 1);
    });
    assert_eq!(revision(engine), 2);
    succeeds(forked(|| raise(engine)));
    assert_eq!(revision(engine), 3);
}

/// A child of `clone(2)`, which runs no handlers.
fn raw_clone(engine: &dyn Engine) {
    raise(engine);
    // SAFETY: as a plain fork: no flags but the signal, no stack of its own.
    let child = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) };
    if child == 0 {
        raise(engine);
        // SAFETY: ends the process at once.
        unsafe { libc::_exit(0) }
    }
    succeeds(child as i32);
    raise(engine);
    assert_eq!(revision(engine), 4);
}

fn store() -> (Directory, Box<dyn Engine>) {
    let directory = Directory::new();
    let engine = directory.open();
    initialise(&*engine, 1);
    write(&*engine, |tx| tx.insert_row(&row(1)));
    (directory, engine)
}

fn plays(role: &str) -> (Directory, Box<dyn Engine>) {
    let (directory, engine) = store();
    assert!(process::run(role, &directory.store()).success());
    (directory, engine)
}

#[test]
fn children_forked_under_load_work_and_lose_nothing() {
    let (directory, engine) = plays("fork under load");
    assert!(revision(&*engine) > 25);
    drop(directory);
}

#[test]
fn a_thread_that_is_inside_can_fork() {
    plays("fork inside");
}

#[test]
fn a_raw_clone_is_noticed() {
    plays("raw clone");
}

#[test]
fn a_child_does_not_keep_what_its_parent_had_locked_when_it_died() {
    let (directory, engine) = store();
    assert!(process::crashed(process::run("fork and die", &directory.store())));
    let child: i32 = std::fs::read_to_string(directory.path().join("child")).unwrap().parse().unwrap();
    let begin = Instant::now();
    let found = engine.snapshot(|tx| tx.row_by_id(id(1)));
    let waited = begin.elapsed();
    let alive = std::fs::exists(format!("/proc/{child}")).unwrap();
    // SAFETY: it is the process that the role just started.
    unsafe { libc::kill(child, libc::SIGKILL) };
    assert_eq!(found, Ok(Some(row(1))), "an unfinished delete is undone");
    assert!(alive && waited < Duration::from_secs(1), "{alive} {waited:?}");
}

#[test]
fn a_child_has_none_of_the_lock_files_open() {
    let (directory, engine) = store();
    let lock_files = || {
        let links = std::fs::read_dir("/proc/self/fd").unwrap();
        let targets = links.filter_map(|link| std::fs::read_link(link.ok()?.path()).ok());
        targets
            .filter(|target| {
                target.starts_with(directory.store()) && target.extension() == Some("lock".as_ref())
            })
            .count()
    };
    assert_eq!(lock_files(), 3);
    succeeds(forked(|| assert_eq!(lock_files(), 0)));
    assert_eq!(lock_files(), 3);
    assert_eq!(revision(&*engine), 1);
}

#[test]
fn a_fork_waits_for_whoever_is_inside_and_is_not_starved() {
    let done = AtomicBool::new(false);
    let active = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    let _outer = fork::enter();
                    let _inner = fork::enter();
                    active.fetch_add(1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_micros(300));
                    active.fetch_sub(1, Ordering::SeqCst);
                }
            });
        }
        for _ in 0..20 {
            succeeds(forked(|| {
                assert_eq!(active.load(Ordering::SeqCst), 0, "a thread was inside at the fork")
            }));
        }
        done.store(true, Ordering::SeqCst);
    });
}

#[test]
fn a_panic_inside_lets_the_next_fork_through() {
    let (_directory, engine) = store();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        engine.read(&mut |_| std::panic::resume_unwind(Box::new("on purpose")))
    }));
    assert!(panicked.is_err());
    succeeds(forked(|| assert_eq!(engine.snapshot(|tx| tx.row_by_id(id(2))), Ok::<_, Error>(None))));
}
