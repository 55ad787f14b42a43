//! A backup that is put back while the store is in use.

mod store;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dm_connections::store::{Engine, Error, Filter, Kind};
use store::directory::Directory;
use store::samples::{id, identity, ids, initialise, row, settle, write};

fn store() -> (Directory, Box<dyn Engine>) {
    let directory = Directory::new();
    let engine = directory.open();
    initialise(&*engine, 1);
    write(&*engine, |tx| tx.insert_row(&row(1)));
    (directory, engine)
}

fn backup(directory: &Directory) -> PathBuf {
    let backup = directory.path().join("backup");
    std::fs::copy(directory.database(), &backup).unwrap();
    backup
}

fn epoch(engine: &dyn Engine) -> u64 {
    engine.snapshot(|tx| Ok::<_, Error>(tx.epoch())).unwrap()
}

fn rows(engine: &dyn Engine) -> usize {
    ids(engine, &Filter::all(Kind::Connection, 1000)).len()
}

fn store_id(engine: &dyn Engine) -> dm_connections::domain::StoreId {
    engine.snapshot(|tx| tx.identity()).unwrap().unwrap().store_id
}

#[test]
fn a_database_put_in_its_place_is_noticed() {
    let (directory, engine) = store();
    let other = directory.open();
    let backup = backup(&directory);
    write(&*engine, |tx| tx.insert_row(&row(2)));
    settle(&*engine);
    settle(&*other);
    let before = epoch(&*other);
    assert_eq!((rows(&*engine), rows(&*other), epoch(&*other)), (2, 2, before), "a write is no replacement");
    std::fs::rename(backup, directory.database()).unwrap();
    // One notices by reading, the other by writing.
    assert_eq!(rows(&*engine), 1);
    write(&*other, |tx| tx.insert_row(&row(3)));
    assert_eq!(rows(&*engine), 2);
    assert!(epoch(&*engine) > before && epoch(&*other) > before);
    assert_eq!(store_id(&*engine), identity(1).store_id);
}

#[test]
fn a_write_that_a_restore_overtook_is_not_acknowledged() {
    for before_writing in [true, false] {
        let (directory, engine) = store();
        let before = epoch(&*engine);
        let backup = backup(&directory);
        let restore = || std::fs::rename(&backup, directory.database()).unwrap();
        let mut once = Some(restore);
        let written = engine.transaction(|tx| {
            if before_writing {
                tx.identity()?;
                once.take().unwrap()();
            }
            tx.insert_row(&row(2))?;
            if let Some(restore) = once.take() {
                restore();
            }
            Ok(())
        });
        assert!(matches!(written, Err(Error::Replaced { .. })), "{written:?}");
        assert_eq!(rows(&*engine), 1);
        assert!(epoch(&*engine) > before);
        write(&*engine, |tx| tx.insert_row(&row(2)));
        assert_eq!(rows(&*directory.open()), 2);
    }
}

#[test]
fn another_store_copied_over_the_file_is_noticed() {
    let (directory, engine) = store();
    let (elsewhere, another) = (Directory::new(), |directory: &Directory| {
        let engine = directory.open();
        initialise(&*engine, 2);
        (5..10).for_each(|number| write(&*engine, |tx| tx.insert_row(&row(number))));
    });
    another(&elsewhere);
    settle(&*engine);
    let before = epoch(&*engine);
    std::fs::write(directory.database(), std::fs::read(elsewhere.database()).unwrap()).unwrap();
    let (after, found) =
        engine.snapshot(|tx| Ok::<_, Error>((tx.epoch(), tx.identity()?.unwrap().store_id))).unwrap();
    assert!(after > before);
    assert_eq!(found, identity(2).store_id);
    assert_eq!(rows(&*engine), 5);
}

#[test]
fn a_database_that_is_gone_is_not_made_anew() {
    let (directory, engine) = store();
    let aside = directory.path().join("aside");
    let replaced = |content: Option<&[u8]>| {
        settle(&*engine);
        std::fs::rename(directory.database(), &aside).unwrap();
        if let Some(content) = content {
            write_private(&directory.database(), content);
        }
        for _ in 0..2 {
            let read = engine.snapshot(|tx| tx.row_by_id(id(1)));
            assert!(matches!(read, Err(Error::Replaced { .. })), "{read:?}");
            let written = engine.transaction(|tx| tx.delete_row(id(1)));
            assert!(matches!(written, Err(Error::Replaced { .. })), "{written:?}");
        }
        assert_eq!(std::fs::read(directory.database()).ok().as_deref(), content);
        std::fs::rename(&aside, directory.database()).unwrap();
        assert_eq!(engine.snapshot(|tx| tx.row_by_id(id(1))), Ok(Some(row(1))), "put back, it is used again");
    };
    replaced(None);
    replaced(Some(b""));
    replaced(Some(b"something else entirely"));
}

fn write_private(path: &Path, content: &[u8]) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, content).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_whole_directory_put_in_its_place_is_noticed() {
    let (directory, engine) = store();
    let other = directory.open();
    let copy = directory.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::copy(directory.database(), copy.join("connections.sqlite")).unwrap();
    write(&*engine, |tx| tx.insert_row(&row(2)));
    settle(&*engine);
    settle(&*other);
    std::fs::rename(directory.store(), directory.path().join("old")).unwrap();
    let gone = engine.snapshot(|tx| tx.row_by_id(id(1)));
    assert!(matches!(gone, Err(Error::Replaced { .. } | Error::MissingDirectory { .. })), "{gone:?}");
    std::fs::rename(&copy, directory.store()).unwrap();
    assert_eq!((rows(&*engine), rows(&*other)), (1, 1));
    // Both lock the new files now.
    let raise = |engine: &dyn Engine| {
        for _ in 0..10 {
            write(engine, |tx| {
                let mut row = tx.row_by_id(id(1))?.unwrap();
                row.meta.revision += 1;
                tx.update_row(&row, row.meta.revision - 1)
            });
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| raise(&*engine));
        raise(&*other);
    });
    assert_eq!(engine.snapshot(|tx| tx.row_by_id(id(1))).unwrap().unwrap().meta.revision, 21);
    assert!(std::fs::exists(directory.file("gate.lock")).unwrap());
}

#[test]
fn a_restore_under_load_gives_the_old_or_the_new_content_and_nothing_else() {
    let (directory, engine) = store();
    let engines = [engine, directory.open(), directory.open()];
    let backup = backup(&directory);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for (number, engine) in engines.iter().enumerate() {
            let done = &done;
            scope.spawn(move || {
                for turn in 0.. {
                    if done.load(Ordering::SeqCst) {
                        break;
                    }
                    // A write that hits the moment of the restore is told so.
                    let row = row(1000 * (number as u64 + 1) + turn);
                    match engine.transaction(|tx| tx.insert_row(&row)) {
                        Ok(()) | Err(Error::Conflict | Error::Replaced { .. }) => {}
                        Err(other) => panic!("{other:?}"),
                    }
                    let first = engine.snapshot(|tx| tx.row_by_id(id(1)));
                    assert_eq!(first.map(|row| row.is_some()), Ok(true));
                }
            });
        }
        // Sometimes soon after the last, sometimes when the engines have settled.
        for pause in [15, 15, 15, 120, 15, 120, 15, 15] {
            std::thread::sleep(Duration::from_millis(pause));
            let next = directory.path().join("next");
            std::fs::copy(&backup, &next).unwrap();
            std::fs::rename(&next, directory.database()).unwrap();
        }
        done.store(true, Ordering::SeqCst);
    });
    let found = engines.each_ref().map(|engine| rows(&**engine));
    assert!(found.iter().all(|rows| *rows == found[0]), "{found:?}");
    let connection = rusqlite::Connection::open(directory.database()).unwrap();
    let result: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(result, "ok");
}

#[test]
fn a_copy_is_whole_new_and_can_be_put_back() {
    let (directory, engine) = store();
    let copy = directory.path().join("copy");
    assert_eq!(engine.copy(&copy, &mut |_| false).unwrap(), 0);
    assert!(!copy.exists());
    let mut seen = 0;
    let bytes = engine.copy(&copy, &mut |tx| {
        seen = tx.identity().unwrap().unwrap().writes;
        true
    });
    assert_eq!((bytes.unwrap(), seen), (std::fs::metadata(&copy).unwrap().len(), 2));
    assert_eq!(engine.copy(&copy, &mut |_| true), Err(Error::Exists { path: copy.clone() }));
    let nowhere = directory.path().join("no/where");
    assert!(matches!(engine.copy(&nowhere, &mut |_| true), Err(Error::MissingDirectory { .. })));
    // Half a copy of a process that was killed.
    let part = directory.path().join("other.part");
    std::fs::write(&part, "half").unwrap();
    assert_eq!(
        engine.copy(&directory.path().join("other"), &mut |_| true),
        Err(Error::Exists { path: part })
    );
    write(&*engine, |tx| tx.insert_row(&row(2)));
    std::fs::rename(&copy, directory.database()).unwrap();
    assert_eq!(rows(&*engine), 1);
}
