//! The cursors of the readers of events.

use rusqlite::params;

use super::transaction::Transaction;
use crate::store::{Error, EventCursor, ReadEventCursors, WriteEventCursors};

const OF_CONSUMER: &str =
    "SELECT consumer, stream, sequence, at FROM event_cursors WHERE consumer = ?1 AND stream = ?2";
/// All of them: there are as many as programs that read events.
const OF_STREAM: &str =
    "SELECT consumer, stream, sequence, at FROM event_cursors WHERE stream = ?1 ORDER BY consumer";

impl ReadEventCursors for Transaction<'_> {
    fn event_cursor(&mut self, consumer: &str, stream: i64) -> Result<Option<EventCursor>, Error> {
        self.one(OF_CONSUMER, params![consumer, stream], cursor)
    }

    fn event_cursors(&mut self, stream: i64) -> Result<Vec<EventCursor>, Error> {
        self.many(OF_STREAM, [stream], cursor)
    }
}

impl WriteEventCursors for Transaction<'_> {
    fn put_event_cursor(&mut self, cursor: &EventCursor) -> Result<(), Error> {
        let sql = "INSERT INTO event_cursors (consumer, stream, sequence, at) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT (consumer, stream) DO UPDATE SET sequence = excluded.sequence, at = excluded.at";
        self.change_one(sql, params![cursor.consumer, cursor.stream, cursor.sequence, cursor.at])
    }

    fn delete_event_cursors(&mut self, consumer: &str) -> Result<bool, Error> {
        Ok(self.change("DELETE FROM event_cursors WHERE consumer = ?1", [consumer])? > 0)
    }
}

fn cursor(row: &rusqlite::Row<'_>) -> rusqlite::Result<EventCursor> {
    Ok(EventCursor { consumer: row.get(0)?, stream: row.get(1)?, sequence: row.get(2)?, at: row.get(3)? })
}

#[cfg(test)]
mod tests {
    use super::super::find::tests::plan;
    use super::super::schema::{self, STEPS};
    use super::*;

    #[test]
    fn a_cursor_is_found_by_its_key_and_all_are_in_order() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        schema::create(&connection, STEPS).unwrap();
        let one = plan(&connection, OF_CONSUMER);
        assert_eq!(one, ["SEARCH event_cursors USING PRIMARY KEY (consumer=? AND stream=?)"]);
        assert_eq!(plan(&connection, OF_STREAM), ["SCAN event_cursors"], "nothing is sorted");
    }
}
