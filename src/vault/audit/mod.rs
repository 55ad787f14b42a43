//! What happened: a chain of records that shows when one was changed, taken away or put back, and when a row was.
//!
//! ```text
//! write ──Write::insert, update, delete──> row, and in the same transaction a record ──chain──> MAC over the one before
//! verify: every record against the one before, every row against its last record, and all against an outside anchor
//! ```

mod anchor;
mod chain;
mod event;
mod prune;
mod query;
mod refusals;
mod verify;
mod walk;

pub use anchor::{Anchor, AnchoredStream};
pub use prune::{PruneOptions, Pruned};
pub use query::{AuditCursor, AuditItem, AuditPage, AuditQuery};
pub use verify::{Finding, Verified, VerifyCursor, VerifyOptions};

pub(super) use chain::Chain;
pub(super) use event::{Event, Facts, PairFacts, What};
