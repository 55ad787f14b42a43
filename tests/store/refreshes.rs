//! What is known of renewals, of the conformance suite.

use dm_connections::store::{Engine, Error, RefreshRow};

use super::conformance::{Fresh, store};
use super::samples::{id, row, write};

fn state(number: u64, revision: i64) -> RefreshRow {
    RefreshRow { connection: id(number), revision, state: format!("{{\"ü\":{revision}}}"), mac: vec![4; 32] }
}

fn read(engine: &dyn Engine, number: u64) -> Option<RefreshRow> {
    engine.snapshot(|tx| tx.refresh(id(number))).unwrap()
}

pub fn a_state_of_renewals_needs_the_revision_that_was_read(fresh: &dyn Fresh) {
    let engine = store(fresh);
    assert_eq!(read(&*engine, 1), None);
    assert_eq!(
        engine.transaction(|tx| tx.put_refresh(&state(1, 2), 1)),
        Err(Error::Conflict),
        "none is there"
    );
    // It needs no connection: the vault deletes both.
    write(&*engine, |tx| tx.put_refresh(&state(1, 1), 0));
    assert_eq!(read(&*fresh.open(), 1), Some(state(1, 1)));
    for expected in [0, 2] {
        assert_eq!(engine.transaction(|tx| tx.put_refresh(&state(1, 3), expected)), Err(Error::Conflict));
    }
    // A conflict is an answer: what else the transaction does can be committed.
    write(&*engine, |tx| {
        assert_eq!(tx.put_refresh(&state(1, 9), 7), Err(Error::Conflict));
        tx.put_refresh(&state(1, 2), 1)
    });
    write(&*engine, |tx| tx.put_refresh(&state(2, i64::MAX), 0));
    assert_eq!((read(&*engine, 1), read(&*engine, 2)), (Some(state(1, 2)), Some(state(2, i64::MAX))));
}

pub fn a_schedule_tells_who_has_waited_the_longest(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let due = |now, limit| engine.snapshot(|tx| tx.to_look_at(now, limit)).unwrap();
    let next = || engine.snapshot(|tx| tx.next_look()).unwrap();
    assert_eq!((due(i64::MAX, 10), next()), (vec![], None));
    let looks = [(4, Some(30)), (3, Some(20)), (1, Some(20)), (2, None), (5, Some(0)), (6, Some(i64::MAX))];
    write(&*engine, |tx| looks.into_iter().try_for_each(|(number, at)| tx.look_at(id(number), at)));
    assert_eq!(due(20, 10), [id(5), id(1), id(3)], "by their time, then by their ids");
    assert_eq!((due(20, 2), due(-1, 10)), (vec![id(5), id(1)], vec![]));
    assert_eq!((due(29, 10).len(), due(30, 10).len(), due(i64::MAX, 10).len()), (3, 4, 5), "never is never");
    assert_eq!(next(), Some(0));
    write(&*engine, |tx| {
        tx.look_at(id(5), None)?;
        tx.look_at(id(2), Some(25))?;
        tx.look_at(id(1), Some(40))
    });
    assert_eq!((due(30, 10), next()), (vec![id(3), id(2), id(4)], Some(20)));
}

pub fn what_is_known_of_renewals_is_forgotten(fresh: &dyn Fresh) {
    let engine = store(fresh);
    write(&*engine, |tx| {
        tx.insert_row(&row(1))?;
        for number in [1, 2] {
            tx.put_refresh(&state(number, 1), 0)?;
            tx.look_at(id(number), Some(number as i64))?;
        }
        tx.forget_refresh(id(1))?;
        tx.forget_refresh(id(9))
    });
    assert_eq!((read(&*engine, 1), read(&*engine, 2)), (None, Some(state(2, 1))));
    assert_eq!(engine.snapshot(|tx| tx.to_look_at(100, 10)), Ok(vec![id(2)]));
    assert_eq!(
        engine.snapshot(|tx| tx.row_by_id(id(1))),
        Ok(Some(row(1))),
        "the connection is another thing"
    );
    write(&*engine, |tx| tx.put_refresh(&state(1, 1), 0));
}
