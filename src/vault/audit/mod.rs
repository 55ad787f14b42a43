//! What happened: a chain of records that shows when one was changed, taken away or put back, and when a row or a
//! pair (the grants of an owner to an agent) was.
//!
//! ```text
//! write ──Write::insert, update, delete──> row, and in the same transaction a record ──chain──> MAC over the one before
//! verify: every record against the one before, every row and pair against its last record, and all against an outside anchor
//! ```

mod anchor;
mod chain;
mod consumers;
mod event;
mod events;
mod pairs;
mod prune;
mod query;
mod refusals;
mod verify;
mod walk;

pub use anchor::{Anchor, AnchoredStream};
pub use consumers::EventPlace;
pub use events::{EventItem, EventPage, EventsOptions};
pub use prune::{PruneOptions, Pruned, Waits};
pub use query::{AuditCursor, AuditItem, AuditPage, AuditQuery};
pub use verify::{Finding, Verified, VerifyCursor, VerifyOptions};

pub(super) use chain::Chain;
pub(super) use event::{Event, Facts, PairFacts, What};
pub(super) use pairs::pair_as_recorded;
