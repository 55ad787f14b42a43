//! How far the readers of events have come in the audit chain. What an event is, is the vault's part.

use super::Error;

/// How far one consumer has come in one chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventCursor {
    /// Its name.
    pub consumer: String,
    /// The chain.
    pub stream: i64,
    /// The number of the last record that it is done with.
    pub sequence: i64,
    /// When it was set, in Unix seconds.
    pub at: i64,
}

/// Reading the cursors, within one transaction.
pub trait ReadEventCursors {
    /// How far a consumer has come in a chain; none where nobody knows it.
    fn event_cursor(&mut self, consumer: &str, stream: i64) -> Result<Option<EventCursor>, Error>;

    /// How far all have come in a chain, in the order of their names.
    fn event_cursors(&mut self, stream: i64) -> Result<Vec<EventCursor>, Error>;
}

/// Writing the cursors, within one transaction.
pub trait WriteEventCursors {
    /// Says how far a consumer has come in a chain, in the place of what was said before.
    fn put_event_cursor(&mut self, cursor: &EventCursor) -> Result<(), Error>;

    /// Forgets a consumer in all chains. Says whether there was one.
    fn delete_event_cursors(&mut self, consumer: &str) -> Result<bool, Error>;
}
