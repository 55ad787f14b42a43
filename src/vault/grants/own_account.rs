//! An agent that has an account of its own may use it: the first one of each provider brings the grant along.

use super::by_itself::{Slot, for_anyone, give, slot};
use super::revoke::LIBRARY;
use super::terms::{self, Origin};
use super::{ACTIVE, REVOKED, pair};
use crate::domain::{AgentId, Limits, Owner, OwnerClass, Provider, Target};
use crate::store::{Filter, GrantRow, Kind};
use crate::vault::find::LONGEST_PAGE;
use crate::vault::row::intact;
use crate::vault::shared::Write;
use crate::vault::unlocked::Unlocked;
use crate::vault::{Address, Error};

/// Gives an agent that has just got a connection of its own the grant to it, unless it was given one before. Where the
/// agent's grants are tampered with, or are as many as there may be, there is none: that is no reason to lose an account.
pub(in crate::vault) fn give_own(
    write: &mut Write<'_>,
    kind: Kind,
    Address { provider, owner, .. }: &Address,
) -> Result<(), Error> {
    let agent = match owner.class() {
        OwnerClass::Agent if kind == Kind::Connection => owner.to_string().parse::<AgentId>()?,
        _ => return Ok(()),
    };
    let slot = own_slot(write.unlocked, &owner.to_string(), provider.as_str());
    if write.tx.was_given(&slot)? || is_there(write, &owner.to_string(), provider)? {
        return Ok(());
    }
    let target = Target::Any { owner: owner.clone(), provider: provider.clone() };
    let why = "the agent's own account was connected";
    let new = for_anyone(agent, target, Limits::NONE, LIBRARY.to_owned(), why);
    let whose = (owner.clone(), provider.clone(), None);
    give(write, Origin::OwnAccount, &new, &whose, write.now, &slot)?.or(Ok(()))
}

/// Whether its grant is there, or one that somebody took back: who deletes what is remembered past this library has to
/// delete that too, and it has its record.
fn is_there(write: &mut Write<'_>, agent: &str, provider: &Provider) -> Result<bool, Error> {
    let by_the_library = |row: &GrantRow| {
        let terms = terms::read(row).map(|(_, terms)| terms);
        terms.is_some_and(|terms| terms.revoked_by.as_deref() == Some(LIBRARY))
    };
    let mut rows = write.tx.grants_of(agent, agent, ACTIVE)?;
    rows.extend(write.tx.grants_of(agent, agent, REVOKED)?);
    let is_its =
        |row: &GrantRow| row.origin == Origin::OwnAccount.as_str() && row.provider == provider.as_str();
    Ok(rows.iter().any(|row| is_its(row) && !by_the_library(row)))
}

/// The same for every agent that has connections already.
pub(in crate::vault) fn give_own_to_all(write: &mut Write<'_>) -> Result<(), Error> {
    let mut after = String::new();
    loop {
        let agents = write.tx.agents_with_connections(&after, LONGEST_PAGE)?;
        let Some(last) = agents.last() else { return Ok(()) };
        after.clone_from(last);
        for agent in agents {
            give_own_to(write, agent)?;
        }
    }
}

fn give_own_to(write: &mut Write<'_>, agent: String) -> Result<(), Error> {
    let mut filter = Filter { owner: Some(agent), ..Filter::all(Kind::Connection, LONGEST_PAGE) };
    loop {
        let page = write.tx.find(&filter)?;
        let Some(last) = page.last() else { return Ok(()) };
        filter.after = Some(last.id);
        // What somebody put there past this library gives nothing.
        for meta in page.iter().filter(|meta| intact(meta, write.unlocked)) {
            let (provider, owner) = (meta.provider.parse::<Provider>()?, meta.owner.parse()?);
            give_own(write, meta.kind, &Address { provider, owner, account: meta.account.parse()? })?;
        }
    }
}

/// An agent is cleared, and its own grants end with it: nobody took them back, so an account that it is given later
/// brings its grant along again. What a person took back before stays so.
pub(in crate::vault) fn forget_own(write: &mut Write<'_>, owner: &Owner) -> Result<(), Error> {
    let agent = owner.to_string();
    for row in write.tx.grants_of(&agent, &agent, ACTIVE)? {
        if row.origin == Origin::OwnAccount.as_str() && pair::intact(&row, write.unlocked) {
            write.tx.forget_given(&own_slot(write.unlocked, &agent, &row.provider))?;
        }
    }
    Ok(())
}

fn own_slot(unlocked: &Unlocked, agent: &str, provider: &str) -> Slot {
    slot(unlocked, Origin::OwnAccount, &[agent, provider])
}
