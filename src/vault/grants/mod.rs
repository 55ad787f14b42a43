//! Grants: kept, decided by, explained. `docs/grants.md` has the rules.

mod acquire;
mod admit;
mod answer;
mod by_itself;
mod check;
mod create;
mod credential;
mod delegations;
mod explain;
mod gather;
mod list;
mod own_account;
mod pair;
mod proposals;
mod reason;
mod redelegate;
mod revoke;
mod terms;
mod tools;

pub use acquire::Acquired;
pub use admit::Mode;
pub use answer::{Answer, RefusalTold};
pub use create::{NewGrant, Offer};
pub use explain::{
    AgentUses, ConnectionUse, ConnectionUses, Considered, Explained, People, Reached, ReachedConnection,
};
pub use list::{GrantInfo, GrantPage, GrantQuery};
pub use proposals::{ProposalPage, Proposed, ProposedGrant};
pub use revoke::{Revocation, Revoked, Which};
pub use terms::{Origin, Terms};
pub use tools::MOST_TOOLS;

pub(super) use delegations::{
    Ended, EndedBecause, ended, forget_delegated, give_delegated, give_kept, place, wait_for_a_key,
};
pub(super) use own_account::{forget_own, give_own, give_own_to_all};
pub(super) use pair::standing;
pub(super) use redelegate::{Redelegation, redelegate};
pub(super) use revoke::{end_of_connection, end_of_owner};

/// The most grants that an agent may have from an owner at a time, and the most revoked ones that are remembered.
pub const MOST_GRANTS: usize = 256;

/// The states of a grant, as stored.
const ACTIVE: &str = "active";
const REVOKED: &str = "revoked";
