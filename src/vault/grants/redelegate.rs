//! Somebody changed the delegations in the old option: the grants that they are follow.

use std::collections::HashSet;

use super::delegations::{Mailbox, ended, from_now_on, kept_piece, mailbox_row, mailbox_slot, place};
use super::pair;
use super::revoke::LIBRARY;
use super::terms::Origin;
use crate::domain::{AtMost, Grant, RecordId};
use crate::legacy::{self, Delegated, MergedDelegations};
use crate::providers::Catalogue;
use crate::store::GrantRow;
use crate::vault::Error;
use crate::vault::import::{content_fingerprint, enter, fingerprint};
use crate::vault::kept::{self, Piece, keep};
use crate::vault::report::Fate;
use crate::vault::row::Came;
use crate::vault::shared::Write;

/// What somebody wrote in their place, serialised.
#[derive(Clone, Copy)]
pub(in crate::vault) struct Redelegation<'a> {
    /// What they were handed.
    pub(in crate::vault) handed: Option<&'a [u8]>,
    pub(in crate::vault) written: Option<&'a [u8]>,
    /// They were handed all that there is now.
    pub(in crate::vault) whole: bool,
    pub(in crate::vault) came: Came,
}

/// What became of a delegation that somebody wrote or took away.
pub(in crate::vault) struct Redelegated {
    /// The keys that lead to it from where delegations stand.
    pub(in crate::vault) path: Vec<String>,
    /// `granted`, `revoked`, `deleted` (of one that was no grant); or why it is kept and no grant.
    pub(in crate::vault) code: &'static str,
    pub(in crate::vault) why: String,
}

/// For the people who see such a grant.
const WHY: &str = "the delegation was taken out of the old option";

/// Does what somebody changed of the delegations; none where that is nothing.
pub(in crate::vault) fn redelegate(
    write: &mut Write<'_>,
    catalogue: &Catalogue,
    change: &Redelegation<'_>,
) -> Result<Option<Vec<Redelegated>>, Error> {
    let stored = kept_piece(write.tx, write.unlocked)??;
    // What has ended here nobody is handed: it goes with the next write.
    let over = ended(write.tx, write.unlocked)?.delegations;
    let over: HashSet<&[String]> = over.iter().map(|one| one.path.as_slice()).collect();
    let visible = stored
        .as_ref()
        .and_then(|(_, opened)| legacy::without_delegations(opened.raw(), &|path| over.contains(path)));
    let handed = if change.whole { visible.as_deref() } else { change.handed };
    let merged = legacy::merge_delegations(visible.as_deref(), handed, change.written);
    if merged.raw.as_deref() == stored.as_ref().map(|(_, opened)| opened.raw()) {
        return Ok(None);
    }
    let MergedDelegations { raw, written, gone } = merged;
    if let Some((piece, _)) = &stored {
        write.tx.delete_kept(piece.id)?;
    }
    if let Some(raw) = raw {
        let place = match stored {
            Some((_, opened)) => opened.place,
            None => kept::Place {
                path: place().to_vec(),
                member: None,
                position: None,
                order: None,
                came: Some(change.came),
            },
        };
        let slot = fingerprint(write.unlocked, &place.path);
        let reason = legacy::Why::Delegations.code();
        keep(write, slot, &Piece { place, connection: None, reason, raw: &raw })?;
        let content = content_fingerprint(write.unlocked, &raw);
        enter(write, slot, content, Fate::Kept, None)?;
    }
    let mut told = Vec::new();
    for one in gone {
        let revoked = match &one.found {
            Ok(delegated) => take_back(write, delegated)?,
            Err(_) => false,
        };
        let (code, why) = if revoked {
            ("revoked", "the grant that it was is taken back")
        } else {
            ("deleted", "it was no grant, or that had ended")
        };
        told.push(Redelegated { path: one.path, code, why: why.to_owned() });
    }
    for one in written {
        let (code, why) = match &one.found {
            Ok(delegated) => delegate(write, catalogue, delegated)?,
            Err(not) => (not.code(), not.text().to_owned()),
        };
        told.push(Redelegated { path: one.path, code, why });
    }
    Ok(Some(told))
}

/// Makes the grant that a delegation says, unless it is there.
fn delegate(
    write: &mut Write<'_>,
    catalogue: &Catalogue,
    delegated: &Delegated,
) -> Result<(&'static str, String), Error> {
    // Somebody delegates the mailbox that there is now, wherever that came from.
    let mailbox = mailbox_now(write, delegated)?;
    let wanted = AtMost::These(delegated.operations.clone());
    if let Some((_, grant)) = active(write, delegated)?
        && grant.limits.operations == wanted
    {
        return Ok(("granted_before", "it is that grant already".to_owned()));
    }
    take_back(write, delegated)?;
    let (_, code, why) = from_now_on(write, catalogue, delegated, &mailbox)?;
    Ok((code, why))
}

/// Takes back the grant that a delegation is. Says whether there was one: not where the mailbox is gone, or where the grants
/// of its owner to its agent are not what this library left there, since nothing is allowed by them.
fn take_back(write: &mut Write<'_>, delegated: &Delegated) -> Result<bool, Error> {
    let Some((id, _)) = active(write, delegated)? else { return Ok(false) };
    let [agent, owner] = [delegated.agent.to_string(), delegated.owner.to_string()];
    let Some(mut pair) = pair::read(write.tx, write.unlocked, &agent, &owner)? else { return Ok(false) };
    Ok(pair.revoke(write, |row| row.id == id, LIBRARY, Some(WHY))? > 0)
}

/// The active grant that a delegation is.
fn active(write: &mut Write<'_>, delegated: &Delegated) -> Result<Option<(RecordId, Grant)>, Error> {
    let Some(row) = mailbox_row(write.tx, delegated)? else { return Ok(None) };
    let [agent, owner] = [delegated.agent.to_string(), delegated.owner.to_string()];
    let Some(pair) = pair::read(write.tx, write.unlocked, &agent, &owner)? else { return Ok(None) };
    let is_its = |grant: &GrantRow| {
        grant.origin == Origin::Delegation.as_str() && grant.connection == Some(row.meta.id)
    };
    let found = pair.rows.iter().zip(pair.grants).find(|(row, _)| is_its(row));
    Ok(found.map(|(row, grant)| (row.id, grant)))
}

/// The mailbox of that name, which from now on is the one that the option means.
fn mailbox_now(write: &mut Write<'_>, delegated: &Delegated) -> Result<Mailbox, Error> {
    let Some(row) = mailbox_row(write.tx, delegated)? else { return Ok(Mailbox::NeverWas) };
    let slot = fingerprint(write.unlocked, &mailbox_slot(delegated)?.path());
    let known = write.tx.ledger(&slot)?;
    if known.as_ref().and_then(|entry| entry.connection) != Some(row.meta.id) {
        let content = match known {
            Some(entry) => entry.content.try_into().ok(),
            None => None,
        };
        let content = content.unwrap_or_else(|| content_fingerprint(write.unlocked, &[]));
        enter(write, slot, content, Fate::Imported, Some((row.meta.id, None)))?;
    }
    Ok(Mailbox::There(Box::new(row)))
}
