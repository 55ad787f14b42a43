//! The decision: a pure function of the request, the connections, the grants and the clock. No I/O.
//!
//! `docs/grants.md` says in words what these say in code; a second model in the tests is written after it.

#![expect(
    clippy::result_large_err,
    reason = "a refusal is as usual an answer as the other, and not passed on by many"
)]

mod clauses;
mod decide;
mod judge;
mod propose;
mod reason;
mod remedy;
mod rules;

pub use decide::{Decision, Wanted, decide};
pub use judge::{Allowed, Candidate, Judged, judge};
pub use propose::{Proposal, propose};
pub use reason::{Reason, Refusal};
pub use remedy::{Remedy, Who};
pub use rules::Rules;
