//! Taking grants back.

use serde::Serialize;

use super::create::check_text;
use super::pair;
use crate::domain::{AgentId, Owner, RecordId};
use crate::store::{GrantFilter, GrantRow, ReadTx};
use crate::vault::find::LONGEST_PAGE;
use crate::vault::shared::Write;
use crate::vault::{Code, Error, Vault};

/// Which grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// This one.
    One(RecordId),
    /// All that an agent has from an owner.
    Pair(AgentId, Owner),
    /// All that an agent has.
    Agent(AgentId),
    /// All that an owner gave.
    Owner(Owner),
}

/// Which grants, by whom and why.
#[derive(Debug, Clone)]
pub struct Revocation {
    /// Which grants.
    pub which: Which,
    /// Who takes them back: what the site says.
    pub by: String,
    /// Why.
    pub why: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Revoked {
    /// How many grants were taken back; none where they were before, which is no error.
    pub revoked: u64,
    /// How many grants that something else than this library had written were deleted.
    pub removed: u64,
}

/// By whom, where the library itself ends a grant.
pub(super) const LIBRARY: &str = "library";

impl Vault {
    /// Takes grants back. It counts for the next decision of every process.
    pub fn revoke_grants(&self, revocation: &Revocation) -> Result<Revoked, Error> {
        let Revocation { which, by, why } = revocation;
        check_text("by", Some(by))?;
        check_text("why", why.as_deref())?;
        self.write(|write| match which {
            Which::One(id) => revoke_one(write, *id, by, why.as_deref()),
            Which::Pair(agent, owner) => {
                end_pairs(write, vec![(agent.to_string(), owner.to_string())], by, why.as_deref())
            }
            Which::Agent(agent) => {
                let pairs = pairs_of_agent(write.tx, &agent.to_string())?;
                end_pairs(write, pairs, by, why.as_deref())
            }
            Which::Owner(owner) => {
                let pairs = pairs_of_owner(write.tx, &owner.to_string())?;
                end_pairs(write, pairs, by, why.as_deref())
            }
        })
    }
}

fn revoke_one(write: &mut Write<'_>, id: RecordId, by: &str, why: Option<&str>) -> Result<Revoked, Error> {
    let row = write.tx.grant(id)?.ok_or_else(|| {
        Error::new(Code::NotFound, format!("there is no grant {id}")).with("grant", id.to_string())
    })?;
    let tampered = || pair::tampered(&row.agent, &row.owner);
    let mut pair = pair::read(write.tx, write.unlocked, &row.agent, &row.owner)?.ok_or_else(tampered)?;
    if !pair::intact(&row, write.unlocked) {
        return Err(tampered());
    }
    let revoked = pair.revoke(write, |row| row.id == id, by, why)?;
    Ok(Revoked { revoked, removed: 0 })
}

fn end_pairs(
    write: &mut Write<'_>,
    pairs: Vec<(String, String)>,
    by: &str,
    why: Option<&str>,
) -> Result<Revoked, Error> {
    let mut ended = Revoked::default();
    for (agent, owner) in pairs {
        let (revoked, removed) = pair::end_all(write, &agent, &owner, by, why)?;
        ended.revoked += revoked;
        ended.removed += removed;
    }
    Ok(ended)
}

/// Ends the grants that named a connection which is gone, and says how many. A pair that is not what this library left
/// there is left alone: nothing is allowed by it.
pub(in crate::vault) fn end_of_connection(
    write: &mut Write<'_>,
    id: RecordId,
    why: &str,
) -> Result<u64, Error> {
    let mut filter = GrantFilter {
        connection: Some(id),
        state: Some(super::ACTIVE.to_owned()),
        limit: LONGEST_PAGE,
        ..GrantFilter::default()
    };
    let mut ended = 0;
    loop {
        let named: Vec<GrantRow> = write.tx.find_grants(&filter)?;
        let Some(last) = named.last() else { return Ok(ended) };
        filter.after = Some(last.id);
        let mut pairs: Vec<_> = named.into_iter().map(|row| (row.agent, row.owner)).collect();
        pairs.sort();
        pairs.dedup();
        for (agent, owner) in pairs {
            if let Some(mut pair) = pair::read(write.tx, write.unlocked, &agent, &owner)? {
                ended += pair.revoke(write, |row| row.connection == Some(id), LIBRARY, Some(why))?;
            }
        }
    }
}

/// Ends every grant that an owner gave, and every one that it has where it is an agent. Says how many.
pub(in crate::vault) fn end_of_owner(write: &mut Write<'_>, owner: &Owner) -> Result<u64, Error> {
    let mut pairs = pairs_of_owner(write.tx, &owner.to_string())?;
    pairs.extend(pairs_of_agent(write.tx, &owner.to_string())?);
    pairs.sort();
    pairs.dedup();
    let ended = end_pairs(write, pairs, LIBRARY, Some("the owner or the agent is gone"))?;
    Ok(ended.revoked + ended.removed)
}

fn pairs_of_agent(tx: &mut dyn ReadTx, agent: &str) -> Result<Vec<(String, String)>, Error> {
    let owners = all(|after| Ok(tx.owners_of_agent(agent, after, LONGEST_PAGE)?))?;
    Ok(owners.into_iter().map(|owner| (agent.to_owned(), owner)).collect())
}

fn pairs_of_owner(tx: &mut dyn ReadTx, owner: &str) -> Result<Vec<(String, String)>, Error> {
    let agents = all(|after| Ok(tx.agents_of_owner(owner, after, LONGEST_PAGE)?))?;
    Ok(agents.into_iter().map(|agent| (agent, owner.to_owned())).collect())
}

/// All names, a page at a time.
fn all(mut page: impl FnMut(&str) -> Result<Vec<String>, Error>) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = Vec::new();
    loop {
        let next = page(names.last().map_or("", String::as_str))?;
        if next.is_empty() {
            return Ok(names);
        }
        names.extend(next);
    }
}
