//! What every engine has to do alike. An engine's test gives a way to make a fresh store and to open it once more, and
//! gets one test for each of these functions (`conformance!`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};

use dm_connections::store::{
    Counts, Engine, Error, Filter, KeptNote, KeyStatus, Kind, Meta, Outcome, Row, WrappedKept, WrappedRow,
};

// One test binary uses it, the others share the file.
#[allow(unused_imports)]
pub use super::audit::*;
#[allow(unused_imports)]
pub use super::events::every_reader_of_events_has_its_cursor;
#[allow(unused_imports)]
pub use super::filters::every_filter_finds_what_it_should;
#[allow(unused_imports)]
pub use super::grants::{
    agents_with_connections_are_listed, grants_are_listed, grants_come_back_as_they_went_in,
    pairs_have_one_head, what_was_given_by_itself_is_remembered,
};
#[allow(unused_imports)]
pub use super::refreshes::{
    a_schedule_tells_who_has_waited_the_longest, a_state_of_renewals_needs_the_revision_that_was_read,
    what_is_known_of_renewals_is_forgotten,
};
use super::samples::{id, identity, ids, initialise, kept, key, key_id, ledger_entry, row, write};

/// A fresh store, and everything that has to live as long as it.
pub trait Fresh {
    /// The same place, opened once more.
    fn open(&self) -> Box<dyn Engine>;
}

/// Makes a test of each function, for an engine that `$fresh` makes a place for.
#[macro_export]
macro_rules! conformance {
    ($fresh:expr; $($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            $crate::store::conformance::$name(&$fresh);
        })*
    };
    ($fresh:expr) => {
        $crate::conformance! { $fresh;
            a_fresh_store_becomes_a_store_once, rows_come_back_as_they_went_in, names_and_ids_are_taken_once,
            an_update_needs_the_revision_and_the_owner, rewrapping_touches_nothing_else, deleting_says_what_was_there,
            every_filter_finds_what_it_should, keys_have_one_primary, kept_pieces, the_ledger,
            what_is_rolled_back_never_was, a_panic_leaves_nothing_behind, a_failed_call_is_never_committed,
            writes_are_counted, no_update_is_lost, a_snapshot_holds_still, an_unknown_key_is_refused, the_clock_runs,
            audit_records_come_back_as_they_went_in, an_audit_head_is_set, every_audit_filter_finds_what_it_should,
            audit_records_are_deleted_from_the_front, a_row_is_there_or_not, refusals_are_counted_by_the_hour,
            grants_come_back_as_they_went_in, grants_are_listed, pairs_have_one_head,
            what_was_given_by_itself_is_remembered, agents_with_connections_are_listed,
            every_reader_of_events_has_its_cursor, a_state_of_renewals_needs_the_revision_that_was_read,
            a_schedule_tells_who_has_waited_the_longest, what_is_known_of_renewals_is_forgotten,
        }
    };
}

pub fn store(fresh: &dyn Fresh) -> Box<dyn Engine> {
    let engine = fresh.open();
    initialise(&*engine, 1);
    engine
}

pub fn a_fresh_store_becomes_a_store_once(fresh: &dyn Fresh) {
    let engine = fresh.open();
    assert_eq!(engine.snapshot(|tx| tx.identity()), Ok(None));
    assert!(matches!(engine.snapshot(|tx| tx.row_by_id(id(1))), Err(Error::StoreMissing { .. })));
    initialise(&*engine, 1);
    let other = fresh.open();
    for engine in [&engine, &other] {
        let found = engine.snapshot(|tx| tx.identity()).unwrap().unwrap();
        assert_eq!((found.writes, found.store_id), (1, identity(1).store_id));
        assert_eq!(found.wrapped_secret, identity(1).wrapped_secret);
    }
    let again = other.transaction(|tx| tx.initialise(&identity(2), &key(2, KeyStatus::Primary)));
    assert_eq!(again, Err(Error::Conflict));
    assert_eq!(engine.snapshot(|tx| tx.keys()).unwrap(), [key(1, KeyStatus::Primary)]);

    write(&*engine, |tx| {
        tx.insert_key(&key(2, KeyStatus::Active))?;
        tx.set_secret(key_id(2), b"wrapped anew")?;
        tx.set_site("https://adopted.example.org")
    });
    let found = other.snapshot(|tx| tx.identity()).unwrap().unwrap();
    assert_eq!((found.secret_key_id, found.wrapped_secret), (key_id(2), b"wrapped anew".to_vec()));
    let (site, created_at) = ("https://adopted.example.org".to_owned(), identity(1).created_at);
    assert_eq!((found.site, found.created_at, found.store_id), (site, created_at, identity(1).store_id));
}

pub fn rows_come_back_as_they_went_in(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let full = row(1);
    let bare = Row {
        meta: Meta {
            kind: Kind::Config,
            remote_id: None,
            display_name: None,
            scopes: String::new(),
            status_cause: Some("answer_lost".into()),
            expires_at: Some(253_402_300_799),
            last_used_at: Some(0),
            legacy: None,
            row_mac: vec![],
            ..row(2).meta
        },
        wrapped_key: vec![],
        sealed: (0..1 << 20).map(|byte| byte as u8).collect(),
    };
    write(&*engine, |tx| tx.insert_row(&full).and_then(|()| tx.insert_row(&bare)));
    for expected in [&full, &bare] {
        let meta = &expected.meta;
        let found = fresh.open().snapshot(|tx| {
            let named = tx.row(meta.kind, &meta.provider, &meta.owner, &meta.account)?;
            Ok::<_, Error>((named, tx.row_by_id(meta.id)?))
        });
        assert_eq!(found, Ok((Some(expected.clone()), Some(expected.clone()))));
    }
    for (kind, provider, owner, account) in [
        (Kind::Config, "reddit", "user:1", "default"),
        (Kind::Connection, "reddi", "user:1", "default"),
        (Kind::Connection, "reddit", "user:10", "default"),
        (Kind::Connection, "reddit", "user:1", ""),
        (Kind::Connection, "REDDIT", "user:1", "default"),
    ] {
        assert_eq!(
            engine.snapshot(|tx| tx.row(kind, provider, owner, account)),
            Ok(None),
            "{provider} {owner}"
        );
    }
    let counts = engine.snapshot(|tx| tx.count());
    assert_eq!(counts, Ok(Counts { connections: 1, configs: 1, kept: 0, ledger: 0 }));
}

pub fn names_and_ids_are_taken_once(fresh: &dyn Fresh) {
    let engine = store(fresh);
    write(&*engine, |tx| tx.insert_row(&row(1)));
    let mut same_id = row(2);
    same_id.meta.id = id(1);
    let mut same_name = row(1);
    same_name.meta.id = id(2);
    for taken in [same_id, same_name.clone()] {
        assert_eq!(engine.transaction(|tx| tx.insert_row(&taken)), Err(Error::Conflict));
    }
    // A conflict is an answer: what else the transaction does can be committed.
    let kept_on = engine.transaction(|tx| {
        assert_eq!(tx.insert_row(&same_name), Err(Error::Conflict));
        tx.insert_row(&row(3))
    });
    assert_eq!(kept_on, Ok(()));
    same_name.meta.account = "second".into();
    write(&*engine, |tx| tx.insert_row(&same_name));
    assert_eq!(ids(&*engine, &Filter::all(Kind::Connection, 10)), [id(1), id(2), id(3)]);
}

pub fn an_update_needs_the_revision_and_the_owner(fresh: &dyn Fresh) {
    let engine = store(fresh);
    write(&*engine, |tx| tx.insert_row(&row(1)));
    let mut changed = row(1);
    changed.meta.account = "renamed".into();
    changed.meta.remote_id = None;
    changed.meta.display_name = None;
    changed.meta.scopes = "all".into();
    changed.meta.status = "needs_reauth".into();
    changed.meta.status_cause = Some("why".into());
    changed.meta.expires_at = Some(5);
    changed.meta.revision = 2;
    changed.meta.seal_revision = 2;
    changed.meta.connected_at = 6;
    changed.meta.updated_at = 7;
    changed.meta.last_used_at = Some(8);
    changed.meta.legacy = None;
    changed.meta.row_mac = vec![1];
    changed.wrapped_key = vec![2];
    changed.sealed = vec![3];
    let mut stolen = changed.clone();
    stolen.meta.owner = "user:2".into();
    for (row, expected) in [(&changed, 2), (&changed, 0), (&stolen, 1)] {
        assert_eq!(engine.transaction(|tx| tx.update_row(row, expected)), Err(Error::Conflict));
    }
    assert_eq!(engine.snapshot(|tx| tx.row_by_id(id(1))), Ok(Some(row(1))));
    // A name that is taken leaves the row as it was, also if the transaction goes on.
    let mut other = row(1);
    (other.meta.id, other.meta.account) = (id(2), "renamed".into());
    let kept_on = engine.transaction(|tx| {
        tx.insert_row(&other)?;
        assert_eq!(tx.update_row(&changed, 1), Err(Error::Conflict));
        assert_eq!(tx.row_by_id(id(1))?, Some(row(1)));
        tx.delete_row(id(2))
    });
    assert_eq!(kept_on, Ok(true));
    write(&*engine, |tx| tx.update_row(&changed, 1));
    assert_eq!(engine.snapshot(|tx| tx.row_by_id(id(1))), Ok(Some(changed.clone())));
    assert_eq!(engine.transaction(|tx| tx.update_row(&changed, 1)), Err(Error::Conflict));
}

pub fn rewrapping_touches_nothing_else(fresh: &dyn Fresh) {
    let engine = store(fresh);
    write(&*engine, |tx| {
        tx.insert_key(&key(2, KeyStatus::Active))?;
        (1..=5).try_for_each(|number| tx.insert_row(&row(number)))?;
        (1..=3).try_for_each(|number| tx.insert_kept(&kept(number, None, None)))
    });
    let wrapped =
        engine.snapshot(|tx| Ok::<_, Error>((tx.wrapped_rows(Some(id(2)), 2)?, tx.wrapped_kept(None, 2)?)));
    let (rows, pieces) = wrapped.unwrap();
    let expected = |number| WrappedRow {
        id: id(number),
        kind: Kind::Connection,
        provider: "reddit".into(),
        owner: format!("user:{number}"),
        key_id: key_id(1),
        wrapped_key: row(number).wrapped_key,
    };
    assert_eq!(rows, [expected(3), expected(4)]);
    let expected = |number| WrappedKept { id: id(number), key_id: key_id(1), wrapped_key: vec![3; 117] };
    assert_eq!(pieces, [expected(1), expected(2)]);

    write(&*engine, |tx| {
        tx.rewrap_row(id(3), key_id(2), b"anew")?;
        tx.rewrap_kept(id(1), key_id(2), b"anew too")
    });
    let mut expected = row(3);
    expected.meta.key_id = key_id(2);
    expected.wrapped_key = b"anew".to_vec();
    assert_eq!(engine.snapshot(|tx| tx.row_by_id(id(3))), Ok(Some(expected)));
    let mut expected = kept(1, None, None);
    expected.key_id = key_id(2);
    expected.wrapped_key = b"anew too".to_vec();
    assert_eq!(engine.snapshot(|tx| tx.kept(None, 1)), Ok(vec![expected]));
    assert_eq!(engine.transaction(|tx| tx.rewrap_row(id(9), key_id(2), b"")), Err(Error::Conflict));
    assert_eq!(engine.transaction(|tx| tx.rewrap_kept(id(9), key_id(2), b"")), Err(Error::Conflict));
}

pub fn deleting_says_what_was_there(fresh: &dyn Fresh) {
    let engine = store(fresh);
    write(&*engine, |tx| (1..=3).try_for_each(|number| tx.insert_row(&row(number))));
    assert!(write(&*engine, |tx| tx.delete_row(id(2))));
    assert!(!write(&*engine, |tx| tx.delete_row(id(2))));
    assert_eq!(ids(&*engine, &Filter::all(Kind::Connection, 10)), [id(1), id(3)]);
    // The name is free again, the id too.
    write(&*engine, |tx| tx.insert_row(&row(2)));
    assert_eq!(engine.snapshot(|tx| tx.row_by_id(id(2))), Ok(Some(row(2))));
}

pub fn keys_have_one_primary(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let second = key(2, KeyStatus::Primary);
    assert_eq!(engine.transaction(|tx| tx.insert_key(&second)), Err(Error::Conflict));
    write(&*engine, |tx| {
        tx.set_key_status(key_id(1), KeyStatus::Active)?;
        tx.insert_key(&second)
    });
    assert_eq!(engine.transaction(|tx| tx.insert_key(&second)), Err(Error::Conflict));
    assert_eq!(
        engine.transaction(|tx| tx.set_key_status(key_id(1), KeyStatus::Primary)),
        Err(Error::Conflict)
    );
    assert_eq!(
        engine.transaction(|tx| tx.set_key_status(key_id(9), KeyStatus::Retired)),
        Err(Error::Conflict)
    );
    write(&*engine, |tx| tx.set_key_status(key_id(1), KeyStatus::Retired));
    assert_eq!(engine.snapshot(|tx| tx.keys()), Ok(vec![key(1, KeyStatus::Retired), second]));
}

pub fn kept_pieces(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let whole = kept(1, None, None);
    let mut member = kept(2, Some(id(50)), Some("access_token"));
    member.slot = whole.slot.clone();
    let mut unnamed = kept(3, Some(id(50)), Some(""));
    unnamed.slot = whole.slot.clone();
    let elsewhere = kept(4, Some(id(51)), None);
    let pieces = [whole.clone(), member.clone(), unnamed.clone(), elsewhere.clone()];
    write(&*engine, |tx| pieces.iter().try_for_each(|piece| tx.insert_kept(piece)));
    for taken in [&whole, &member] {
        let mut again = taken.clone();
        again.id = id(99);
        assert_eq!(engine.transaction(|tx| tx.insert_kept(&again)), Err(Error::Conflict));
    }
    engine
        .snapshot(|tx| {
            assert_eq!(tx.kept(None, 10)?, pieces);
            assert_eq!(tx.kept(Some(id(2)), 1)?, [unnamed.clone()]);
            assert_eq!(tx.kept_at(&whole.slot, None)?, Some(whole.clone()));
            assert_eq!(tx.kept_at(&whole.slot, Some("access_token"))?, Some(member.clone()));
            assert_eq!(tx.kept_at(&whole.slot, Some("other"))?, None);
            let note = |piece: &dm_connections::store::Kept| KeptNote {
                id: piece.id,
                member: piece.member.clone(),
                reason: piece.reason.clone(),
            };
            assert_eq!(tx.kept_of(id(50))?, [note(&member), note(&unnamed)]);
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_eq!(write(&*engine, |tx| tx.delete_kept_of(id(50))), 2);
    assert_eq!(write(&*engine, |tx| tx.delete_kept_of(id(50))), 0);
    assert!(write(&*engine, |tx| tx.delete_kept(id(1))));
    assert!(!write(&*engine, |tx| tx.delete_kept(id(1))));
    assert_eq!(engine.snapshot(|tx| tx.kept(None, 10)), Ok(vec![elsewhere]));
}

pub fn the_ledger(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let mut changed = ledger_entry(1);
    changed.content = vec![9; 32];
    changed.outcome = "kept".into();
    changed.connection = None;
    changed.revision = None;
    changed.imported_at += 1;
    for entry in [&ledger_entry(1), &ledger_entry(2), &changed] {
        write(&*engine, |tx| tx.put_ledger(entry));
        assert_eq!(engine.snapshot(|tx| tx.ledger(&entry.slot)), Ok(Some(entry.clone())));
    }
    assert_eq!(engine.snapshot(|tx| tx.ledger(&[3; 32])), Ok(None));
    assert_eq!(engine.snapshot(|tx| tx.count()).unwrap().ledger, 2);
}

pub fn what_is_rolled_back_never_was(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let refused: Result<(), Error> = engine.transaction(|tx| {
        tx.insert_row(&row(1))?;
        assert_eq!(tx.row_by_id(id(1))?, Some(row(1)), "a transaction sees its own work");
        Err(Error::Clock)
    });
    assert_eq!(refused, Err(Error::Clock));
    let mut rehearsed = false;
    let done = engine.write(&mut |tx| {
        rehearsed = tx.insert_row(&row(2)).is_ok();
        Outcome::Rollback
    });
    assert_eq!((done, rehearsed), (Ok(()), true));
    assert_eq!(ids(&*engine, &Filter::all(Kind::Connection, 10)), []);
    assert_eq!(engine.snapshot(|tx| tx.identity()).unwrap().unwrap().writes, 1);
}

pub fn a_panic_leaves_nothing_behind(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        engine.write(&mut |tx| {
            tx.insert_row(&row(1)).unwrap();
            std::panic::resume_unwind(Box::new("on purpose"));
        })
    }));
    assert!(panicked.is_err());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        engine.read(&mut |tx| {
            tx.keys().and_then(|_| tx.identity()).unwrap();
            std::panic::resume_unwind(Box::new("on purpose"));
        })
    }));
    assert!(panicked.is_err());
    // Neither a transaction nor a lock is left, for this engine and for another.
    write(&*fresh.open(), |tx| tx.insert_row(&row(2)));
    write(&*engine, |tx| tx.insert_row(&row(3)));
    assert_eq!(ids(&*engine, &Filter::all(Kind::Connection, 10)), [id(2), id(3)]);
}

pub fn a_failed_call_is_never_committed(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let mut broken = row(2);
    broken.meta.key_id = key_id(9);
    let mut failed = Vec::new();
    let done = engine.write(&mut |tx| {
        tx.insert_row(&row(1)).unwrap();
        failed = vec![tx.insert_row(&broken), tx.insert_row(&row(3))];
        Outcome::Commit
    });
    assert!(matches!(failed[..], [Err(Error::Internal(_)), Err(Error::Internal(_))]), "{failed:?}");
    assert!(matches!(done, Err(Error::Internal(_))), "{done:?}");
    assert_eq!(ids(&*engine, &Filter::all(Kind::Connection, 10)), []);
}

pub fn writes_are_counted(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let other = fresh.open();
    write(&*engine, |tx| tx.insert_row(&row(1)));
    write(&*other, |tx| tx.insert_row(&row(2)));
    let _ = engine.transaction(|tx| tx.insert_row(&row(2)));
    for engine in [engine, other] {
        assert_eq!(engine.snapshot(|tx| tx.identity()).unwrap().unwrap().writes, 3);
    }
}

pub fn no_update_is_lost(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let other = fresh.open();
    write(&*engine, |tx| tx.insert_row(&row(1)));
    let raise = |engine: &dyn Engine| {
        for _ in 0..15 {
            write(engine, |tx| {
                let mut row = tx.row_by_id(id(1))?.unwrap();
                row.meta.revision += 1;
                tx.update_row(&row, row.meta.revision - 1)
            });
        }
    };
    std::thread::scope(|scope| {
        for engine in [&*engine, &*engine, &*other, &*other] {
            scope.spawn(move || raise(engine));
        }
    });
    let found = engine.snapshot(|tx| tx.row_by_id(id(1))).unwrap().unwrap();
    assert_eq!(found.meta.revision, 61);
}

pub fn a_snapshot_holds_still(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let other = fresh.open();
    write(&*engine, |tx| tx.insert_row(&row(1)));
    let written = AtomicU32::new(0);
    std::thread::scope(|scope| {
        let mut writer = None;
        let seen = engine.snapshot(|tx| {
            let mut seen = vec![tx.row_by_id(id(1))?.unwrap().meta.revision];
            writer.get_or_insert_with(|| {
                scope.spawn(|| {
                    let mut row = row(1);
                    row.meta.revision = 2;
                    write(&*other, |tx| tx.update_row(&row, 1));
                    written.store(1, Ordering::SeqCst);
                })
            });
            for _ in 0..5 {
                std::thread::sleep(std::time::Duration::from_millis(5));
                seen.push(tx.row_by_id(id(1))?.unwrap().meta.revision);
            }
            Ok::<_, Error>(seen)
        });
        assert_eq!(seen, Ok(vec![1; 6]));
    });
    assert_eq!(written.load(Ordering::SeqCst), 1);
    assert_eq!(engine.snapshot(|tx| tx.row_by_id(id(1))).unwrap().unwrap().meta.revision, 2);
}

pub fn an_unknown_key_is_refused(fresh: &dyn Fresh) {
    let engine = store(fresh);
    write(&*engine, |tx| tx.insert_row(&row(1)).and_then(|()| tx.insert_kept(&kept(1, None, None))));
    for attempt in [
        engine.transaction(|tx| tx.rewrap_row(id(1), key_id(9), b"")),
        engine.transaction(|tx| tx.rewrap_kept(id(1), key_id(9), b"")),
        engine.transaction(|tx| tx.set_secret(key_id(9), b"")),
    ] {
        assert!(matches!(attempt, Err(Error::Internal(_))), "{attempt:?}");
    }
}

pub fn the_clock_runs(fresh: &dyn Fresh) {
    let engine = fresh.open();
    let now = engine.snapshot(|tx| tx.now()).unwrap().seconds();
    let system = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    assert!((now - system).abs() <= 2, "{now} {system}");
}
