//! The part of the contract that is about grants.

use super::{Error, GrantFilter, GrantHead, GrantRow, ProposalRow};
use crate::domain::RecordId;

/// Reading grants, within one transaction. Every look-up is served by an index.
pub trait ReadGrants {
    /// One grant.
    fn grant(&mut self, id: RecordId) -> Result<Option<GrantRow>, Error>;

    /// All grants of a pair that are in a state, in the order of their ids.
    fn grants_of(&mut self, agent: &str, owner: &str, state: &str) -> Result<Vec<GrantRow>, Error>;

    /// The grants that a filter lets through.
    fn find_grants(&mut self, filter: &GrantFilter) -> Result<Vec<GrantRow>, Error>;

    /// What says which grants a pair has; none where it never had any.
    fn grant_head(&mut self, agent: &str, owner: &str) -> Result<Option<GrantHead>, Error>;

    /// The pairs of an agent and an owner that have a head or a grant, in the order of their names, behind `after`.
    fn pairs(&mut self, after: (&str, &str), limit: u32) -> Result<Vec<(String, String)>, Error>;

    /// The agents that own connections, in the order of their names, behind `after`.
    fn agents_with_connections(&mut self, after: &str, limit: u32) -> Result<Vec<String>, Error>;

    /// Whether something was ever given by itself.
    fn was_given(&mut self, slot: &[u8]) -> Result<bool, Error>;

    /// How many of the library's own upgrades were done.
    fn upgrades(&mut self) -> Result<i64, Error>;

    /// The owners that ever gave an agent something, in the order of their names, behind `after`.
    fn owners_of_agent(&mut self, agent: &str, after: &str, limit: u32) -> Result<Vec<String>, Error>;

    /// The agents that an owner ever gave something, in the order of their names, behind `after`.
    fn agents_of_owner(&mut self, owner: &str, after: &str, limit: u32) -> Result<Vec<String>, Error>;

    /// One proposal.
    fn proposal(&mut self, id: RecordId) -> Result<Option<ProposalRow>, Error>;

    /// Proposals in the order of ids, behind `after`.
    fn proposals(&mut self, after: Option<RecordId>, limit: u32) -> Result<Vec<ProposalRow>, Error>;
}

/// Writing grants, within one transaction.
pub trait WriteGrants {
    /// Adds a grant. [`Error::Conflict`] if its id is taken.
    fn insert_grant(&mut self, grant: &GrantRow) -> Result<(), Error>;

    /// Replaces the state, the uses left, the terms, the revision and the MAC of the grant with this id, if it still has
    /// `expected_revision`; otherwise [`Error::Conflict`]. Nothing else of a grant ever changes.
    fn update_grant(&mut self, grant: &GrantRow, expected_revision: i64) -> Result<(), Error>;

    /// Deletes a grant. Says whether there was one.
    fn delete_grant(&mut self, id: RecordId) -> Result<bool, Error>;

    /// Writes down that something was given by itself.
    fn remember_given(&mut self, slot: &[u8]) -> Result<(), Error>;

    /// Forgets that again.
    fn forget_given(&mut self, slot: &[u8]) -> Result<(), Error>;

    /// Writes down how many upgrades were done.
    fn set_upgrades(&mut self, number: i64) -> Result<(), Error>;

    /// Puts a pair's head in the place of the one before.
    fn put_grant_head(&mut self, head: &GrantHead) -> Result<(), Error>;

    /// Adds a proposal; where there is one with this id, takes over all but its count and when it was first, and counts.
    /// Says how often it was met with this.
    fn put_proposal(&mut self, proposal: &ProposalRow) -> Result<i64, Error>;

    /// Deletes a proposal. Says whether there was one.
    fn delete_proposal(&mut self, id: RecordId) -> Result<bool, Error>;

    /// Deletes those that were met the longest ago, until `most` are left.
    fn forget_proposals(&mut self, most: u32) -> Result<u64, Error>;
}
