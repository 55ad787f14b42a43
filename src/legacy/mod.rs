//! Import from the old option's shape, and the way back.
//!
//! ```text
//! serialised bytes --parse_php--> Tree --plan--> one Entry per account, config, or piece that is kept as it is
//! JSON text --parse_json--> (the same bytes, as PHP would have serialised them) --> Tree
//!
//! documents --account--> serialised accounts --\
//! kept pieces, as they were ---------------------> Rebuilt --into_php, into_json--> the option
//!
//! two options --diff--> what their writer changed
//! ```
//!
//! Nothing is instantiated and nothing is stored here: [`plan`] says what is in the option, with the old envelopes
//! opened, and the vault decides what becomes of it.

mod account;
mod buffer;
mod delegations;
mod delegations_merge;
mod diff;
mod encode;
mod json;
mod number;
mod php;
mod plan;
mod rebuild;
mod rebuild_account;
mod slot;
mod value;
mod why;
mod write;

pub use account::HeldBack;
pub use delegations::{DELEGATIONS, Delegated, Delegation, NotDelegated, delegations, without_delegations};
pub use delegations_merge::{MergedDelegations, merge_delegations};
pub use diff::{Change, Changed, Diff, Members, diff};
pub use encode::NotJson;
pub use json::parse_json;
pub use php::parse_php;
pub use plan::{Entry, Found, Part, Parts, Plan, parts, plan};
pub use rebuild::{Put, Rebuilt, check_json, check_json_member};
pub use rebuild_account::{NotRebuilt, Returning, SEALED_FIELDS, Sealing, account};
pub use slot::Slot;
pub use value::{Items, Key, Kind, Tree, Value};
pub use why::Why;

/// The most bytes that an option may have, as PHP serialises it.
pub const MAX_BYTES: usize = 16 << 20;

/// How many arrays and objects may be open at once. Real options have about ten.
pub const MAX_DEPTH: usize = 128;

/// The text is no option: where it goes wrong, and how. Never says what stands there: it may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the old option cannot be read: {problem}, at byte {offset}")]
pub struct Refused {
    /// How many bytes of the text come before the place.
    pub offset: usize,
    /// What is wrong there.
    pub problem: &'static str,
}

impl Refused {
    fn new(offset: usize, problem: &'static str) -> Self {
        Self { offset, problem }
    }
}
