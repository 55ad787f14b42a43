//! The storage contract: ciphertext and plain metadata, in transactions. The engines are below it, the vault
//! above; nothing above knows which engine is in use. What every engine has to do alike is in the conformance
//! suite (`tests/store/conformance.rs`).

mod audit;
mod error;
mod events;
pub mod fork;
mod grants;
mod records;
mod refreshes;
pub mod sqlite;

pub use audit::{AuditFilter, AuditHead, AuditRead, AuditRecord, AuditWrite, RefusalKey};
pub use error::Error;
pub use events::{EventCursor, ReadEventCursors, WriteEventCursors};
pub use grants::{ReadGrants, WriteGrants};
pub use records::{
    Counts, Filter, GrantFilter, GrantHead, GrantRow, Identity, Kept, KeptNote, KeyRecord, KeyStatus, Kind,
    LedgerEntry, Meta, ProposalRow, Row, StatusFilter, WrappedKept, WrappedRow,
};
pub use refreshes::{ReadRefreshes, RefreshRow, WriteRefreshes};

use std::path::Path;
use std::time::Duration;

use crate::domain::{KeyId, RecordId, UnixTime};

/// An open store. May be used from any thread, and after `fork()`.
pub trait Engine: Send + Sync {
    /// Runs `work` on one consistent snapshot. An engine that has to start over runs it again, so `work`
    /// sets what it captures and does not add to it. Prefer [`snapshot`](trait.Engine.html#method.snapshot).
    fn read(&self, work: &mut dyn FnMut(&mut dyn ReadTx)) -> Result<(), Error>;

    /// Runs `work` in one atomic transaction: after `Ok` and [`Outcome::Commit`] everything is durable; after
    /// `Err`, a panic or [`Outcome::Rollback`] nothing happened ([`Error::InDoubt`] excepted). A transaction in
    /// which a call failed is never committed, whatever `work` says; [`Error::Conflict`] excepted. `work` may be
    /// run again, as in `read`. Prefer [`transaction`](trait.Engine.html#method.transaction).
    fn write(&self, work: &mut dyn FnMut(&mut dyn WriteTx) -> Outcome) -> Result<(), Error>;

    /// Copies the whole store, as `look` sees it, into a new file that only its owner may read, and says how many bytes that
    /// are; where `look` says false, none is made. [`Error::Exists`] where there is something. As durable as a write.
    fn copy(&self, to: &Path, look: &mut dyn FnMut(&mut dyn ReadTx) -> bool) -> Result<u64, Error>;

    /// The same open store, for a caller whose operations each wait for others so long in all.
    fn with_patience(&self, patience: Duration) -> Box<dyn Engine>;

    /// What this store is, for a person.
    fn describe(&self) -> Description;
}

impl dyn Engine + '_ {
    /// [`Engine::read`] with a result.
    pub fn snapshot<T, E: From<Error>>(
        &self,
        mut work: impl FnMut(&mut dyn ReadTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut result = None;
        self.read(&mut |tx| result = Some(work(tx)))?;
        result.unwrap_or_else(|| Err(Error::Internal("the engine did not run the work".into()).into()))
    }

    /// [`Engine::write`] with a result: `Ok` commits, `Err` rolls back.
    pub fn transaction<T, E: From<Error>>(
        &self,
        mut work: impl FnMut(&mut dyn WriteTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut result = None;
        self.write(&mut |tx| {
            let done = work(tx);
            let outcome = if done.is_ok() { Outcome::Commit } else { Outcome::Rollback };
            result = Some(done);
            outcome
        })?;
        result.unwrap_or_else(|| Err(Error::Internal("the engine did not run the work".into()).into()))
    }
}

/// How a write transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Keep what was done.
    Commit,
    /// Undo what was done.
    Rollback,
}

/// What a store is, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// The engine's name: `sqlite`.
    pub engine: &'static str,
    /// The engine's version.
    pub version: String,
    /// Where the store is.
    pub place: String,
    /// The schema's version.
    pub schema: u32,
}

/// Reading, within one transaction. Every look-up of a [`Filter`] is served by an index.
pub trait ReadTx: ReadGrants + AuditRead + ReadEventCursors + ReadRefreshes {
    /// The store's clock.
    fn now(&self) -> Result<UnixTime, Error>;

    /// Changes when the store at this place may have become another one (a backup was put back). Whoever keeps
    /// something derived from the identity reads the identity again when this moved.
    fn epoch(&self) -> u64;

    /// Which store this is; none in a fresh one, where nothing else can be read yet.
    fn identity(&mut self) -> Result<Option<Identity>, Error>;

    /// The keys that the store knows, in the order in which they came.
    fn keys(&mut self) -> Result<Vec<KeyRecord>, Error>;

    /// One row, by what it is called.
    fn row(&mut self, kind: Kind, provider: &str, owner: &str, account: &str) -> Result<Option<Row>, Error>;

    /// One row, by its id.
    fn row_by_id(&mut self, id: RecordId) -> Result<Option<Row>, Error>;

    /// The rows that a filter lets through, without their blobs.
    fn find(&mut self, filter: &Filter) -> Result<Vec<Meta>, Error>;

    /// The wrapped keys of all rows, in the order of ids, behind `after`.
    fn wrapped_rows(&mut self, after: Option<RecordId>, limit: u32) -> Result<Vec<WrappedRow>, Error>;

    /// The wrapped keys of all kept pieces, in the order of ids, behind `after`.
    fn wrapped_kept(&mut self, after: Option<RecordId>, limit: u32) -> Result<Vec<WrappedKept>, Error>;

    /// The kept pieces, whole, in the order of ids, behind `after`.
    fn kept(&mut self, after: Option<RecordId>, limit: u32) -> Result<Vec<Kept>, Error>;

    /// The kept piece of a slot: of one member, or (`None`) the whole slot.
    fn kept_at(&mut self, slot: &[u8], member: Option<&str>) -> Result<Option<Kept>, Error>;

    /// What was held back from a record, in the order of ids.
    fn kept_of(&mut self, connection: RecordId) -> Result<Vec<KeptNote>, Error>;

    /// What was ever imported from a slot.
    fn ledger(&mut self, slot: &[u8]) -> Result<Option<LedgerEntry>, Error>;

    /// How much there is. Counts, and so takes time in a large store.
    fn count(&mut self) -> Result<Counts, Error>;
}

/// Writing, within one transaction.
pub trait WriteTx: ReadTx + WriteGrants + AuditWrite + WriteEventCursors + WriteRefreshes {
    /// Makes a fresh store a store, with its first key. [`Error::Conflict`] if it already is one.
    fn initialise(&mut self, identity: &Identity, key: &KeyRecord) -> Result<(), Error>;

    /// Replaces the wrapped store secret.
    fn set_secret(&mut self, key: KeyId, wrapped: &[u8]) -> Result<(), Error>;

    /// Says which site the store belongs to from now on.
    fn set_site(&mut self, site: &str) -> Result<(), Error>;

    /// Adds a key. There is one primary key at most: the earlier one is to be made active before.
    fn insert_key(&mut self, key: &KeyRecord) -> Result<(), Error>;

    /// Changes what a key is for; see `insert_key`.
    fn set_key_status(&mut self, id: KeyId, status: KeyStatus) -> Result<(), Error>;

    /// Adds a row. [`Error::Conflict`] if its id or its name is taken.
    fn insert_row(&mut self, row: &Row) -> Result<(), Error>;

    /// Replaces all columns of the row with this id, if it still has `expected_revision`; otherwise
    /// [`Error::Conflict`].
    fn update_row(&mut self, row: &Row, expected_revision: i64) -> Result<(), Error>;

    /// Says when a row was last used, and touches nothing else. [`Error::Conflict`] if there is no such row.
    fn set_last_used(&mut self, id: RecordId, at: i64) -> Result<(), Error>;

    /// Overwrites a row's blob and wrapped key, then deletes it. Says whether there was one.
    fn delete_row(&mut self, id: RecordId) -> Result<bool, Error>;

    /// Replaces a row's wrapped key and touches nothing else. [`Error::Conflict`] if there is no such row.
    fn rewrap_row(&mut self, id: RecordId, key: KeyId, wrapped_key: &[u8]) -> Result<(), Error>;

    /// Adds a kept piece. [`Error::Conflict`] if its id or its slot and member are taken.
    fn insert_kept(&mut self, kept: &Kept) -> Result<(), Error>;

    /// Overwrites and deletes one kept piece. Says whether there was one.
    fn delete_kept(&mut self, id: RecordId) -> Result<bool, Error>;

    /// Overwrites and deletes what was held back from a record. Says how many there were.
    fn delete_kept_of(&mut self, connection: RecordId) -> Result<u64, Error>;

    /// Replaces a kept piece's wrapped key and touches nothing else. [`Error::Conflict`] if there is none.
    fn rewrap_kept(&mut self, id: RecordId, key: KeyId, wrapped_key: &[u8]) -> Result<(), Error>;

    /// Writes down what was imported from a slot, in the place of what was written down before.
    fn put_ledger(&mut self, entry: &LedgerEntry) -> Result<(), Error>;
}
