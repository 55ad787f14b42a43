//! Grants: kept, decided by, explained. `docs/grants.md` has the rules.

mod answer;
mod by_itself;
mod check;
mod create;
mod delegations;
mod explain;
mod gather;
mod list;
mod own_account;
mod pair;
mod reason;
mod revoke;
mod terms;
mod tools;

pub use answer::{Answer, RefusalTold};
pub use create::NewGrant;
pub use explain::{AgentUses, ConnectionUses, Considered, Explained, Reached};
pub use list::{GrantInfo, GrantPage, GrantQuery};
pub use revoke::{Revocation, Revoked, Which};
pub use terms::{Origin, Terms};
pub use tools::MOST_TOOLS;

pub(super) use delegations::{
    Ended, EndedBecause, ended, forget_delegated, give_delegated, give_kept, place, wait_for_a_key,
};
pub(super) use own_account::{forget_own, give_own, give_own_to_all};
pub(super) use revoke::{end_of_connection, end_of_owner};

/// The most grants that an agent may have from an owner at a time, and the most revoked ones that are remembered.
pub const MOST_GRANTS: usize = 256;

/// The states of a grant, as stored.
const ACTIVE: &str = "active";
const REVOKED: &str = "revoked";
