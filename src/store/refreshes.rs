//! The part of the contract that is about renewing credentials: what is known of a connection's renewals, and when to look
//! at it again. What the state says is the vault's part.

use super::Error;
use crate::domain::RecordId;

/// What is known of a connection's renewals, exactly as stored. It may have been edited: the vault checks the MAC before it
/// believes any of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshRow {
    /// The connection.
    pub connection: RecordId,
    /// How often it was written.
    pub revision: i64,
    /// The state, as JSON.
    pub state: String,
    /// The MAC over all of these.
    pub mac: Vec<u8>,
}

/// Reading them, within one transaction. Every look-up is served by an index.
pub trait ReadRefreshes {
    /// What is known of a connection's renewals; none where nothing ever happened.
    fn refresh(&mut self, connection: RecordId) -> Result<Option<RefreshRow>, Error>;

    /// The connections that are to be looked at by `now`, those first that have waited the longest.
    fn to_look_at(&mut self, now: i64, limit: u32) -> Result<Vec<RecordId>, Error>;

    /// When the next one is to be looked at, in Unix seconds.
    fn next_look(&mut self) -> Result<Option<i64>, Error>;
}

/// Writing them, within one transaction.
pub trait WriteRefreshes {
    /// Puts it in the place of what is there, if that still has `expected_revision` (0: if there is none); otherwise
    /// [`Error::Conflict`].
    fn put_refresh(&mut self, row: &RefreshRow, expected_revision: i64) -> Result<(), Error>;

    /// Says when to look at a connection, in the place of what was said before; none is never.
    fn look_at(&mut self, connection: RecordId, at: Option<i64>) -> Result<(), Error>;

    /// Deletes all that is known of a connection's renewals, and when to look at it.
    fn forget_refresh(&mut self, connection: RecordId) -> Result<(), Error>;
}
