//! The outer lock: who waits for whom, in this process and in others, and what becomes of it in a crash.

mod store;

use std::fs::{File, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dm_connections::store::sqlite::Options;
use dm_connections::store::{Engine, Error, ReadTx};
use rustix::fs::{FlockOperation, flock};
use store::directory::{Directory, open};
use store::process;
use store::samples::{id, initialise, row, settle, write};

/// What the processes of these tests do.
#[test]
fn role() {
    let Some((role, directory)) = process::role() else { return };
    let engine = open(&Options::new(directory.as_path())).unwrap();
    match role.as_str() {
        "read until killed" => loop {
            engine.snapshot(|tx| tx.row_by_id(id(1))).unwrap();
        },
        "raise" => (0..10).for_each(|_| raise(&*engine)),
        "raise beside a scanner" => {
            std::thread::spawn(move || {
                loop {
                    scan(&directory);
                }
            });
            (0..10).for_each(|_| raise(&*engine));
        }
        "raise until killed" => {
            let mut stdout = std::io::stdout();
            loop {
                raise(&*engine);
                stdout.write_all(b"acknowledged\n").and_then(|()| stdout.flush()).unwrap();
            }
        }
        other => panic!("{other}"),
    }
}

fn raise(engine: &dyn Engine) {
    write(engine, |tx| {
        let mut row = tx.row_by_id(id(1))?.unwrap();
        row.meta.revision += 1;
        row.sealed = vec![row.meta.revision as u8; 3000];
        tx.update_row(&row, row.meta.revision - 1)
    });
}

fn revision(engine: &dyn Engine) -> i64 {
    let row = engine.snapshot(|tx| tx.row_by_id(id(1))).unwrap().unwrap();
    assert!(row.meta.revision == 1 || row.sealed == vec![row.meta.revision as u8; 3000], "half a write");
    row.meta.revision
}

/// What a backup or a virus scanner in the same process does: the `close` drops SQLite's own locks.
fn scan(directory: &Path) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let _ = std::fs::read(entry.unwrap().path());
    }
}

fn store() -> (Directory, Box<dyn Engine>) {
    let directory = Directory::new();
    let engine = directory.open();
    initialise(&*engine, 1);
    write(&*engine, |tx| tx.insert_row(&row(1)));
    (directory, engine)
}

fn intact(directory: &Directory) {
    let connection = rusqlite::Connection::open(directory.database()).unwrap();
    let result: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(result, "ok");
}

/// Runs `during` while a transaction is open on the engine.
fn holding(engine: &dyn Engine, exclusive: bool, during: impl FnOnce() + Send) {
    let (begun, done) = (AtomicBool::new(false), AtomicBool::new(false));
    let hold = |tx: &mut dyn ReadTx| {
        tx.keys()?;
        begun.store(true, Ordering::SeqCst);
        while !done.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok::<_, Error>(())
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let held =
                if exclusive { engine.transaction(|tx| hold(tx)) } else { engine.snapshot(|tx| hold(tx)) };
            held.unwrap();
        });
        while !begun.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
        // The holder has to end even if this fails.
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(during));
        done.store(true, Ordering::SeqCst);
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

fn is_busy<T: std::fmt::Debug>(result: Result<T, Error>) {
    match result {
        Err(Error::Busy { waited }) => assert!((90..2000).contains(&waited.as_millis()), "{waited:?}"),
        other => panic!("{other:?}"),
    }
}

/// Whether somebody has the file at the path locked against this kind of lock. SQLite has locks of its own, so that
/// two engines excluding each other says nothing about ours.
fn locked_against(path: &Path, kind: FlockOperation) -> bool {
    flock(File::open(path).unwrap(), kind).is_err()
}

#[test]
fn readers_hold_the_lock_shared_and_writers_both_files_exclusively() {
    use FlockOperation::{NonBlockingLockExclusive as Exclusive, NonBlockingLockShared as Shared};
    let (directory, engine) = store();
    let locked = || {
        let files = [directory.file("gate.lock"), directory.file("store.lock")];
        files.map(|file| [Shared, Exclusive].map(|kind| locked_against(&file, kind)))
    };
    let free = [false, false];
    assert_eq!(locked(), [free, free]);
    holding(&*engine, false, || assert_eq!(locked(), [free, [false, true]]));
    holding(&*engine, true, || assert_eq!(locked(), [[true, true], [true, true]]));
    assert_eq!(locked(), [free, free]);
    // The files at the paths, also when those that were open are not there any more.
    for name in ["gate.lock", "store.lock"] {
        settle(&*engine);
        std::fs::rename(directory.file(name), directory.file("moved")).unwrap();
        let new = File::create_new(directory.file(name)).unwrap();
        new.set_permissions(Permissions::from_mode(0o600)).unwrap();
        holding(&*engine, true, || assert_eq!(locked(), [[true, true], [true, true]]));
        settle(&*engine);
        std::fs::remove_file(directory.file(name)).unwrap();
        holding(&*engine, false, || assert_eq!(locked(), [free, [false, true]]));
    }
}

#[test]
fn a_writer_that_waits_keeps_new_readers_out() {
    let (directory, engine) = store();
    let (writer, reader) = (directory.open(), directory.open_hasty().unwrap());
    std::thread::scope(|scope| {
        holding(&*engine, false, || {
            scope.spawn(|| raise(&*writer));
            std::thread::sleep(Duration::from_millis(30));
            is_busy(reader.snapshot(|tx| tx.row_by_id(id(1))));
        });
    });
    assert_eq!(revision(&*reader), 2);
}

#[test]
fn a_writer_excludes_everybody_and_a_reader_only_writers() {
    let (directory, engine) = store();
    let other = directory.open_hasty().unwrap();
    holding(&*engine, true, || {
        is_busy(other.snapshot(|tx| tx.row_by_id(id(1))));
        is_busy(other.transaction(|tx| tx.delete_row(id(1))));
        is_busy(directory.open_hasty().map(drop));
    });
    holding(&*engine, false, || {
        assert_eq!(other.snapshot(|tx| tx.row_by_id(id(1))), Ok(Some(row(1))));
        is_busy(other.transaction(|tx| tx.delete_row(id(1))));
    });
    assert!(write(&*other, |tx| tx.delete_row(id(1))));
}

#[test]
fn threads_of_one_engine_are_patient_too() {
    let (directory, engine) = store();
    drop(engine);
    let engine = directory.open_hasty().unwrap();
    holding(&*engine, false, || is_busy(engine.snapshot(|tx| tx.row_by_id(id(1)))));
    // Also one that asks again from inside: an error, and no deadlock.
    let nested = engine.snapshot(|_| engine.snapshot(|tx| tx.row_by_id(id(1))));
    is_busy(nested);
    assert_eq!(revision(&*engine), 1);
}

#[test]
fn no_patience_and_endless_patience_are_fine() {
    let (directory, _engine) = store();
    for patience in [Duration::ZERO, Duration::MAX] {
        let engine = open(&Options { patience, ..directory.options() }).unwrap();
        assert_eq!(revision(&*engine), 1);
    }
}

#[test]
fn somebody_from_outside_is_waited_for() {
    let (directory, engine) = store();
    drop(engine);
    let engine = directory.open_hasty().unwrap();
    let outsider = rusqlite::Connection::open(directory.database()).unwrap();
    outsider.execute_batch("BEGIN EXCLUSIVE").unwrap();
    is_busy(engine.snapshot(|tx| tx.row_by_id(id(1))));
    is_busy(engine.transaction(|tx| tx.delete_row(id(1))));
    is_busy(directory.open_hasty().map(drop));
    outsider.execute_batch("COMMIT; BEGIN; SELECT * FROM store").unwrap();
    assert_eq!(engine.snapshot(|tx| tx.row_by_id(id(1))), Ok(Some(row(1))));
    is_busy(engine.transaction(|tx| tx.delete_row(id(1))));
    outsider.execute_batch("COMMIT").unwrap();
    assert!(write(&*engine, |tx| tx.delete_row(id(1))));
}

#[test]
fn processes_lose_none_of_each_other_s_writes() {
    let (directory, engine) = store();
    let mut children: Vec<_> = (0..4).map(|_| process::start("raise", &directory.store())).collect();
    (0..10).for_each(|_| raise(&*engine));
    assert!(children.iter_mut().all(|child| child.wait().unwrap().success()));
    assert_eq!(revision(&*engine), 51);
}

#[test]
fn reading_the_files_in_the_same_process_loses_nothing() {
    let (directory, engine) = store();
    let role = "raise beside a scanner";
    let mut children: Vec<_> = (0..3).map(|_| process::start(role, &directory.store())).collect();
    for _ in 0..10 {
        scan(&directory.store());
        raise(&*engine);
    }
    // Inside a transaction as well.
    write(&*engine, |tx| {
        let mut row = tx.row_by_id(id(1))?.unwrap();
        row.meta.revision += 1;
        row.sealed = vec![row.meta.revision as u8; 3000];
        scan(&directory.store());
        tx.update_row(&row, row.meta.revision - 1)?;
        scan(&directory.store());
        Ok(())
    });
    assert!(children.iter_mut().all(|child| child.wait().unwrap().success()));
    assert_eq!(revision(&*engine), 42);
    intact(&directory);
}

#[test]
fn a_writer_gets_in_beside_readers_in_a_loop() {
    let (directory, engine) = store();
    let mut readers: Vec<_> =
        (0..6).map(|_| process::start("read until killed", &directory.store())).collect();
    std::thread::sleep(Duration::from_millis(100));
    let mut longest = Duration::ZERO;
    for _ in 0..20 {
        let begin = Instant::now();
        raise(&*engine);
        longest = longest.max(begin.elapsed());
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(readers.iter_mut().all(|reader| reader.try_wait().unwrap().is_none()), "a reader ended");
    for mut reader in readers {
        reader.kill().unwrap();
        reader.wait().unwrap();
    }
    assert!(longest < Duration::from_secs(2), "{longest:?}");
}

#[test]
fn what_was_acknowledged_before_a_kill_is_there() {
    let (directory, engine) = store();
    for pause in [1, 2, 3, 5, 7, 10, 13, 17] {
        let before = revision(&*engine);
        let mut child = process::start("raise until killed", &directory.store());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let is_acknowledgement =
            |line: &std::io::Result<String>| line.as_ref().is_ok_and(|line| line.ends_with("acknowledged"));
        assert!(lines.any(|line| is_acknowledgement(&line)), "the first write");
        std::thread::sleep(Duration::from_millis(pause));
        child.kill().unwrap();
        let acknowledged = 1 + lines.filter(is_acknowledgement).count() as i64;
        child.wait().unwrap();
        let written = revision(&*engine) - before;
        assert!(written == acknowledged || written == acknowledged + 1, "{written} of {acknowledged}");
        raise(&*engine);
    }
    intact(&directory);
}
