//! The audit chain as a store holds it: records in streams, and how often refusals were repeated. Which MAC belongs
//! where is the vault's part.

use super::Error;
use crate::domain::RecordId;

/// One record, exactly as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// The chain that it is in.
    pub stream: i64,
    /// Its number in the chain; the first is 1.
    pub sequence: i64,
    /// When, in Unix seconds.
    pub at: i64,
    /// What happened.
    pub event: String,
    /// The agent that acted; none where trusted code of the site did.
    pub agent: Option<String>,
    /// Whose account it was about.
    pub subject: Option<String>,
    /// The connection or app config that it was about.
    pub connection: Option<RecordId>,
    /// The grant that decided, or that it was about.
    pub grant: Option<RecordId>,
    /// Whether it says how the row of its connection stands since.
    pub about_row: bool,
    /// Whether it says how the grants of its subject to its agent stand since.
    pub about_pair: bool,
    /// What else it says: a JSON object.
    pub record: Vec<u8>,
    /// The MAC that chains it to the one before.
    pub mac: Vec<u8>,
}

/// Where a chain ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// The chain.
    pub stream: i64,
    /// The number of its last record; 0 where there is none yet.
    pub sequence: i64,
    /// What authenticates the end.
    pub head: Vec<u8>,
}

/// Which records of a chain to list: all conditions that are given must hold. Ordered by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFilter {
    /// The chain.
    pub stream: i64,
    /// Only numbers greater than this one.
    pub after: i64,
    /// Only numbers less than this one.
    pub before: Option<i64>,
    /// Only at this time or later, in Unix seconds.
    pub since: Option<i64>,
    /// Only before this time, in Unix seconds.
    pub until: Option<i64>,
    /// Only of this agent.
    pub agent: Option<String>,
    /// Only about this owner's accounts.
    pub subject: Option<String>,
    /// Only about this connection or app config.
    pub connection: Option<RecordId>,
    /// Only this event.
    pub event: Option<String>,
    /// Greatest numbers first.
    pub newest_first: bool,
    /// At most so many.
    pub limit: u32,
}

impl AuditFilter {
    /// Every record of a chain behind a number, `limit` at a time.
    pub fn behind(stream: i64, after: i64, limit: u32) -> Self {
        Self {
            stream,
            after,
            before: None,
            since: None,
            until: None,
            agent: None,
            subject: None,
            connection: None,
            event: None,
            newest_first: false,
            limit,
        }
    }
}

/// Which refusals are counted together: those of one hour for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalKey {
    /// Whether it was refused or only would have been.
    pub event: String,
    /// The agent that was refused; empty where none acted, or nobody knows.
    pub agent: String,
    /// What it wanted.
    pub target: String,
    /// The stable code of why not.
    pub code: String,
    /// The hour, counted since 1970.
    pub hour: i64,
}

/// Reading the audit chain, within one transaction.
pub trait AuditRead {
    /// Where each chain ends, in the order of streams.
    fn audit_heads(&mut self) -> Result<Vec<AuditHead>, Error>;

    /// The number of the last record that a chain has, whatever its head says.
    fn audit_end(&mut self, stream: i64) -> Result<Option<i64>, Error>;

    /// The records that a filter lets through.
    fn audit(&mut self, filter: &AuditFilter) -> Result<Vec<AuditRecord>, Error>;

    /// The last record of a chain, with a number below `before`, that says how a row stands.
    fn audit_of_row(&mut self, stream: i64, row: RecordId, before: i64)
    -> Result<Option<AuditRecord>, Error>;

    /// The last record of a chain, with a number below `before`, that says how the grants of an owner to an agent stand.
    fn audit_of_pair(
        &mut self,
        stream: i64,
        agent: &str,
        owner: &str,
        before: i64,
    ) -> Result<Option<AuditRecord>, Error>;

    /// Whether there is a row with this id.
    fn has_row(&mut self, id: RecordId) -> Result<bool, Error>;

    /// How often that was refused.
    fn refusals(&mut self, key: &RefusalKey) -> Result<u64, Error>;
}

/// Writing the audit chain, within one transaction.
pub trait AuditWrite {
    /// Adds a record. [`Error::Conflict`] if its number is taken.
    fn append_audit(&mut self, record: &AuditRecord) -> Result<(), Error>;

    /// Says where a chain ends, in the place of what was said before.
    fn set_audit_head(&mut self, head: &AuditHead) -> Result<(), Error>;

    /// Deletes the records of a chain up to a number. Says how many there were.
    fn delete_audit(&mut self, stream: i64, through: i64) -> Result<u64, Error>;

    /// Counts one refusal at that time, in Unix seconds, and says how many it were with it.
    fn count_refusal(&mut self, key: &RefusalKey, at: i64) -> Result<u64, Error>;

    /// Deletes the counts of the hours before `hour`. Says how many there were.
    fn delete_refusals(&mut self, hour: i64) -> Result<u64, Error>;
}
