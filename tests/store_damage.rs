//! Files that are not what they should be: foreign, damaged, newer, half written, replaced.

mod store;

use std::path::Path;

use dm_connections::store::sqlite::{Create, Options};
use dm_connections::store::{Engine, Error, Filter, Kind};
use rusqlite::Connection;
use store::directory::{Directory, open};
use store::process;
use store::samples::{id, identity, ids, initialise, key, row, settle, write};

/// What the processes of these tests do: each crashes in the middle of a transaction that SQLite has begun to write to
/// the file, and so leaves a hot journal.
#[test]
fn role() {
    let Some((role, directory)) = process::role() else { return };
    let options = Options { create: Create::IfMissing, ..Options::new(directory.as_path()) };
    let engine = open(&options).unwrap();
    write(&*engine, |tx| {
        if role == "crash while making the store" {
            tx.initialise(&identity(1), &key(1, dm_connections::store::KeyStatus::Primary))?;
        }
        tx.delete_row(id(1))?;
        // More than the page cache holds.
        for number in 100..140 {
            let mut big = row(number);
            big.sealed = vec![1; 100_000];
            tx.insert_row(&big)?;
        }
        process::crash()
    })
}

fn store() -> (Directory, Box<dyn Engine>) {
    let directory = Directory::new();
    let engine = directory.open();
    initialise(&*engine, 1);
    write(&*engine, |tx| (1..=20).try_for_each(|number| tx.insert_row(&row(number))));
    (directory, engine)
}

/// The database past the engine. Without a journal file, so that only the database itself shows a change.
fn raw(directory: &Directory) -> Connection {
    let connection = Connection::open(directory.database()).unwrap();
    connection.execute_batch("PRAGMA journal_mode = MEMORY").unwrap();
    connection
}

fn intact(directory: &Directory) {
    let result: String = raw(directory).query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(result, "ok");
}

fn all(engine: &dyn Engine) -> Result<usize, Error> {
    engine.snapshot(|tx| tx.find(&Filter::all(Kind::Connection, 1000))).map(|rows| rows.len())
}

fn never(directory: &Directory) -> Result<Box<dyn Engine>, Error> {
    open(&Options::new(directory.store()))
}

/// A directory in which the database file is made by somebody else.
fn with_database(make: impl FnOnce(&Path)) -> Directory {
    let directory = Directory::new();
    drop(directory.open());
    std::fs::remove_file(directory.database()).unwrap();
    make(&directory.database());
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(directory.database(), std::fs::Permissions::from_mode(0o600)).unwrap();
    directory
}

#[test]
fn what_is_no_store_is_left_alone() {
    let sql =
        |sql: &'static str| move |path: &Path| Connection::open(path).unwrap().execute_batch(sql).unwrap();
    let bytes = |bytes: &'static [u8]| move |path: &Path| std::fs::write(path, bytes).unwrap();
    for directory in [
        with_database(bytes(b"hello")),
        with_database(bytes(&[0; 8192])),
        with_database(bytes(b"SQLite format 3\0")),
        with_database(sql("CREATE TABLE wp_options (a)")),
        with_database(sql("PRAGMA application_id = 7; CREATE TABLE t (a)")),
        with_database(sql("PRAGMA journal_mode = WAL; CREATE TABLE t (a)")),
    ] {
        let before = std::fs::read(directory.database()).unwrap();
        for opened in [directory.try_open(), never(&directory)] {
            assert!(matches!(opened.map(drop), Err(Error::NotAStore { .. })));
        }
        assert_eq!(std::fs::read(directory.database()).unwrap(), before);
        let mut files: Vec<_> = std::fs::read_dir(directory.store())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        assert_eq!(files, ["connections.sqlite", "gate.lock", "store.lock"]);
    }
}

#[test]
fn what_a_first_open_left_behind_is_fresh() {
    for directory in [
        with_database(|path| std::fs::write(path, b"").unwrap()),
        with_database(|path| {
            Connection::open(path).unwrap().execute_batch("CREATE TABLE t (a); DROP TABLE t").unwrap()
        }),
    ] {
        assert!(matches!(never(&directory).map(drop), Err(Error::StoreMissing { .. })));
        let engine = directory.open();
        assert_eq!(engine.snapshot(|tx| tx.identity()), Ok(None));
        // A transaction that does not make it a store is fine.
        write(&*engine, |tx| tx.identity().map(drop));
        initialise(&*engine, 1);
        assert!(never(&directory).is_ok());
    }
}

#[test]
fn a_crash_while_the_store_is_made_leaves_a_fresh_one() {
    let directory = Directory::new();
    let role = "crash while making the store";
    assert!(process::crashed(process::run(role, &directory.store_made())));
    assert!(journal(&directory) > 0);
    let engine = directory.open();
    assert_eq!(engine.snapshot(|tx| tx.identity()), Ok(None));
    initialise(&*engine, 1);
    intact(&directory);
}

/// How long the journal is.
fn journal(directory: &Directory) -> u64 {
    std::fs::metadata(directory.file("connections.sqlite-journal")).map_or(0, |metadata| metadata.len())
}

/// Leaves the store's database half written, with a hot journal.
fn crash_in(directory: &Directory) {
    let before = std::fs::read(directory.database()).unwrap();
    assert!(process::crashed(process::run("crash", &directory.store())));
    assert_ne!(
        std::fs::read(directory.database()).unwrap(),
        before,
        "the crash was too early to test anything"
    );
    assert!(journal(directory) > 0);
}

#[test]
fn a_reader_that_finds_a_hot_journal_rolls_back() {
    let (directory, engine) = store();
    settle(&*engine);
    crash_in(&directory);
    // Several at once: engines that were open, and engines that are opened now.
    std::thread::scope(|scope| {
        scope.spawn(|| assert_eq!(all(&*engine), Ok(20)));
        for _ in 0..3 {
            scope.spawn(|| assert_eq!(all(&*never(&directory).unwrap()), Ok(20)));
        }
    });
    assert_eq!(journal(&directory), 0);
    assert_eq!(engine.snapshot(|tx| tx.row_by_id(id(1))), Ok(Some(row(1))));
    settle(&*engine);
    crash_in(&directory);
    assert!(write(&*engine, |tx| tx.delete_row(id(20))), "a writer too");
    assert_eq!(all(&*engine), Ok(19));
    intact(&directory);
}

#[test]
fn the_journal_of_another_database_is_not_rolled_back_into_a_backup() {
    for in_place in [false, true] {
        let (directory, engine) = store();
        let backup = directory.path().join("backup");
        std::fs::copy(directory.database(), &backup).unwrap();
        (1..=3).for_each(|number| assert!(write(&*engine, |tx| tx.delete_row(id(number)))));
        crash_in(&directory);
        if in_place {
            std::fs::write(directory.database(), std::fs::read(&backup).unwrap()).unwrap();
        } else {
            std::fs::rename(&backup, directory.database()).unwrap();
        }
        assert_eq!(all(&*engine), Ok(20));
        assert_eq!(all(&*directory.open()), Ok(20));
        intact(&directory);
        assert!(std::fs::metadata(directory.file("connections.sqlite-journal.stale")).unwrap().len() > 0);
    }
    // A journal that comes to lie there while nothing else changes.
    let (directory, engine) = store();
    let (database, before) = (directory.database(), std::fs::read(directory.database()).unwrap());
    crash_in(&directory);
    let journal = std::fs::read(directory.file("connections.sqlite-journal")).unwrap();
    std::fs::write(directory.file("connections.sqlite-journal"), b"").unwrap();
    std::fs::write(&database, &before).unwrap();
    (1..=3).for_each(|number| assert!(write(&*engine, |tx| tx.delete_row(id(number)))));
    settle(&*engine);
    std::fs::write(directory.file("connections.sqlite-journal"), journal).unwrap();
    assert_eq!(all(&*engine), Ok(17));
    intact(&directory);

    // Beside the journal of a first transaction, which would empty the file.
    let (restored, engine) = store();
    drop(engine);
    let directory = Directory::new();
    assert!(process::crashed(process::run("crash while making the store", &directory.store_made())));
    std::fs::copy(restored.database(), directory.database()).unwrap();
    assert_eq!(all(&*never(&directory).unwrap()), Ok(20));
    intact(&directory);
}

#[test]
fn a_store_in_wal_mode_is_taken_out_of_it() {
    let (directory, engine) = store();
    let modes = || {
        let header = std::fs::read(directory.database()).unwrap();
        (header[18], header[19], std::fs::exists(directory.file("connections.sqlite-wal")).unwrap())
    };
    settle(&*engine);
    let outsider = raw(&directory);
    let to_wal = "PRAGMA journal_mode = WAL; DELETE FROM connections WHERE owner = 'user:20'";
    outsider.execute_batch(to_wal).unwrap();
    assert_eq!(modes(), (2, 2, true));
    // While the outsider has it open in WAL mode, nothing else is possible.
    assert!(matches!(directory.open_hasty().map(drop), Err(Error::Busy { .. })));
    drop(outsider);
    assert_eq!(all(&*engine), Ok(19), "one that was open");
    assert_eq!(modes(), (1, 1, false));

    raw(&directory).execute_batch("PRAGMA journal_mode = WAL").unwrap();
    assert_eq!(modes(), (2, 2, false));
    assert_eq!(all(&*never(&directory).unwrap()), Ok(19), "one that is opened now");
    assert_eq!(modes(), (1, 1, false));
}

#[test]
fn a_newer_store_is_refused_only_where_it_has_to_be() {
    let (directory, engine) = store();
    let newer = |result: Result<usize, Error>, version| match result {
        Err(Error::Newer { needed, known: 3, .. }) => assert_eq!(needed, version),
        other => panic!("{other:?}"),
    };
    let delete = |engine: &dyn Engine| engine.transaction(|tx| tx.delete_row(id(1))).map(usize::from);
    settle(&*engine);
    raw(&directory).execute_batch("UPDATE store SET schema = 9").unwrap();
    assert_eq!(all(&*engine), Ok(20));
    assert_eq!(all(&*directory.open()), Ok(20));
    write(&*engine, |tx| tx.delete_row(id(20)));

    raw(&directory).execute_batch("UPDATE store SET min_writer = 4").unwrap();
    for engine in [&engine, &directory.open()] {
        assert_eq!(all(&**engine), Ok(19));
        newer(delete(&**engine), 4);
    }
    raw(&directory).execute_batch("UPDATE store SET min_reader = 4").unwrap();
    newer(all(&*engine), 4);
    newer(delete(&*engine), 4);
    newer(never(&directory).map(|_| 0), 4);
    raw(&directory).execute_batch("UPDATE store SET min_reader = 1, min_writer = 2").unwrap();
    assert_eq!(delete(&*engine), Ok(1));
}

#[test]
fn a_truncated_file_is_an_error_and_never_another_row() {
    let (directory, engine) = store();
    drop(engine);
    let whole = std::fs::read(directory.database()).unwrap();
    let mut refused = 0;
    for length in (0..whole.len()).step_by(whole.len() / 60) {
        std::fs::write(directory.database(), &whole[..length]).unwrap();
        refused += u32::from(damaged(&directory));
    }
    assert!(refused >= 60, "{refused}");
}

#[test]
fn a_damaged_file_is_an_error_and_no_crash() {
    let (directory, engine) = store();
    drop(engine);
    let whole = std::fs::read(directory.database()).unwrap();
    let mut refused = 0;
    for step in 0..240 {
        let mut bytes = whole.clone();
        let begin = step * 2_654_435_761 % (bytes.len() - 64);
        bytes[begin..begin + 64].iter_mut().for_each(|byte| *byte ^= 0xa5);
        std::fs::write(directory.database(), &bytes).unwrap();
        refused += u32::from(damaged(&directory));
    }
    assert!(refused > 10, "{refused}");
}

/// Opens, reads and writes a damaged store, and says whether that was noticed. SQLite has no checksums: what it
/// does not notice, the vault's MACs do.
fn damaged(directory: &Directory) -> bool {
    let used = never(directory).and_then(|engine| {
        engine.snapshot(|tx| {
            tx.keys()?;
            for number in 1..=20 {
                tx.row_by_id(id(number))?;
                tx.row(Kind::Connection, "reddit", &format!("user:{number}"), "default")?;
            }
            tx.find(&Filter::all(Kind::Connection, 100))
        })?;
        engine.transaction(|tx| (1..=20).try_for_each(|number| tx.delete_row(id(number)).map(drop)))
    });
    match used {
        Ok(()) => false,
        Err(
            Error::Corrupt { .. }
            | Error::NotAStore { .. }
            | Error::StoreMissing { .. }
            | Error::Newer { .. }
            // A key that a row refers to is gone.
            | Error::Internal(_),
        ) => true,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn an_edited_schema_runs_nothing() {
    let (directory, engine) = store();
    raw(&directory)
        .execute_batch(
            "CREATE TRIGGER t AFTER UPDATE ON store BEGIN DELETE FROM connections; END;
             CREATE TRIGGER u AFTER DELETE ON connections BEGIN DELETE FROM connections; END;",
        )
        .unwrap();
    for engine in [engine, directory.open()] {
        let before = all(&*engine).unwrap();
        let first = ids(&*engine, &Filter::all(Kind::Connection, 1));
        write(&*engine, |tx| tx.delete_row(first[0]));
        assert_eq!(all(&*engine), Ok(before - 1));
    }
}

#[test]
fn a_deleted_document_is_in_no_file_any_more() {
    let (directory, engine) = store();
    let canary = b"canary-that-was-sealed";
    let mut with_canary = row(50);
    with_canary.sealed = canary.repeat(400);
    with_canary.wrapped_key = canary.to_vec();
    write(&*engine, |tx| tx.insert_row(&with_canary));
    let found = || {
        let files = std::fs::read_dir(directory.store()).unwrap();
        let mut contents = files.map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
        contents.any(|content| content.windows(canary.len()).any(|window| window == canary))
    };
    assert!(found());
    write(&*engine, |tx| tx.delete_row(id(50)));
    assert!(!found());
}
