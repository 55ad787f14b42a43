//! The cursors of the readers of events, of the conformance suite.

use dm_connections::store::{Error, EventCursor};

use super::conformance::{Fresh, store};
use super::samples::write;

fn cursor(consumer: &str, stream: i64, sequence: i64) -> EventCursor {
    EventCursor { consumer: consumer.to_owned(), stream, sequence, at: 1_700_000_000 }
}

pub fn every_reader_of_events_has_its_cursor(fresh: &dyn Fresh) {
    let engine = store(fresh);
    assert_eq!(
        engine.snapshot(|tx| Ok::<_, Error>((tx.event_cursor("mail", 0)?, tx.event_cursors(0)?))),
        Ok((None, vec![]))
    );
    let [mail, other, log] = [cursor("mail", 0, 7), cursor("mail", 1, 3), cursor("log", 0, i64::MAX)];
    write(&*engine, |tx| [&mail, &other, &log].into_iter().try_for_each(|one| tx.put_event_cursor(one)));
    let moved = cursor("mail", 0, 2);
    write(&*engine, |tx| tx.put_event_cursor(&moved));
    let again = fresh.open();
    assert_eq!(again.snapshot(|tx| tx.event_cursor("mail", 0)), Ok(Some(moved.clone())));
    assert_eq!(again.snapshot(|tx| tx.event_cursors(0)), Ok(vec![log.clone(), moved]), "by their names");
    assert_eq!(again.snapshot(|tx| tx.event_cursors(1)), Ok(vec![other]));

    let gone = write(&*engine, |tx| Ok((tx.delete_event_cursors("mail")?, tx.delete_event_cursors("mail")?)));
    assert_eq!(gone, (true, false), "in all chains at once");
    assert_eq!(again.snapshot(|tx| tx.event_cursors(0)), Ok(vec![log]));
    assert_eq!(again.snapshot(|tx| tx.event_cursors(1)), Ok(vec![]));
}
