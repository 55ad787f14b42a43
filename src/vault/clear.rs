//! An owner goes: everything that it has, of one provider or of all.

use serde::Serialize;

use super::audit::{Event, Facts, What};
use super::delete::{destroy, note as deletion_note};
use super::find::LONGEST_PAGE;
use super::grants::{end_of_owner, forget_delegated, forget_own, place};
use super::kept::{self, Place};
use super::shared::Write;
use super::{Error, Kind, Vault};
use crate::domain::{Owner, OwnerClass, Provider, RecordId};
use crate::store::Filter;

/// How many kept pieces lie in memory at once.
const PIECES: u32 = 64;

/// What clearing an owner came to. Nothing at all is no error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cleared {
    /// How many connections are gone.
    pub connections: u64,
    /// How many app configs are gone.
    pub configs: u64,
    /// How many pieces of the old option that were kept for the way back are gone.
    pub kept: u64,
    /// How many delegations of the old option are gone from what was kept of it: of the owner, and where all of it goes
    /// those to it.
    pub delegations: u64,
    /// How many kept pieces are still there because no key that was given opens them: whose they are is in them.
    pub unread: u64,
    /// How many grants ended: all that the owner gave, and all that it had where it is an agent; where only one provider
    /// was cleared, those that named a connection which is gone.
    pub grants: u64,
    /// What a deletion here cannot do.
    pub note: String,
}

impl Vault {
    /// Deletes every connection and app config of an owner, and what was kept of the old option in the owner's own
    /// places, in one transaction. The ledger stays: a second import brings nothing back.
    pub fn clear(&self, owner: &Owner, provider: Option<&Provider>) -> Result<Cleared, Error> {
        self.write(|write| {
            let mut cleared = Cleared {
                connections: 0,
                configs: 0,
                kept: 0,
                delegations: 0,
                unread: 0,
                grants: 0,
                note: deletion_note(),
            };
            for kind in [Kind::Connection, Kind::Config] {
                let (rows, held_back, grants) = delete_rows(write, kind, owner, provider)?;
                cleared.grants += grants;
                match kind {
                    Kind::Connection => cleared.connections += rows,
                    Kind::Config => cleared.configs += rows,
                }
                cleared.kept += held_back;
            }
            delete_pieces(write, owner, provider, &mut cleared)?;
            if provider.is_none_or(|provider| provider.as_str() == place()[0]) {
                cleared.delegations = forget_delegated(write, owner, provider.is_none())?;
            }
            if provider.is_none() {
                forget_own(write, owner)?;
                cleared.grants += end_of_owner(write, owner)?;
            }
            note(write, owner, provider, &cleared)?;
            Ok(cleared)
        })
    }
}

/// Records what an owner lost, beside the record of each row; nothing where there was nothing.
fn note(
    write: &mut Write<'_>,
    owner: &Owner,
    provider: Option<&Provider>,
    cleared: &Cleared,
) -> Result<(), Error> {
    let count = cleared.connections + cleared.configs + cleared.kept + cleared.delegations;
    if count == 0 {
        return Ok(());
    }
    let provider = provider.map(ToString::to_string);
    let facts = Facts { provider, count: Some(count), ..Facts::default() };
    let subject = Some(owner.to_string());
    write.audit(&Event { subject, ..Event::of_store(What::OwnerCleared, facts) })
}

/// How many rows, how many members that were held back from them, and how many grants that named them.
fn delete_rows(
    write: &mut Write<'_>,
    kind: Kind,
    owner: &Owner,
    provider: Option<&Provider>,
) -> Result<(u64, u64, u64), Error> {
    let all = Filter {
        owner: Some(owner.to_string()),
        provider: provider.map(ToString::to_string),
        ..Filter::all(kind, LONGEST_PAGE)
    };
    let (mut deleted, mut held_back, mut grants) = (0, 0, 0);
    loop {
        let page = write.tx.find(&all)?;
        if page.is_empty() {
            return Ok((deleted, held_back, grants));
        }
        for row in page {
            let gone = destroy(write, &row, What::Deleted, Some("owner_cleared"))?;
            held_back += gone.held_back;
            grants += gone.grants;
            deleted += 1;
        }
    }
}

fn delete_pieces(
    write: &mut Write<'_>,
    owner: &Owner,
    provider: Option<&Provider>,
    cleared: &mut Cleared,
) -> Result<(), Error> {
    let mut after: Option<RecordId> = None;
    loop {
        let page = write.tx.kept(after, PIECES)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        // Members went with their rows.
        for piece in page.iter().filter(|piece| piece.connection.is_none()) {
            match kept::open(piece, write.unlocked) {
                Ok(opened) if belongs(&opened.place, owner, provider) => {
                    write.tx.delete_kept(piece.id)?;
                    cleared.kept += 1;
                }
                Ok(_) => {}
                Err(_) => cleared.unread += 1,
            }
        }
    }
}

/// Whether a piece stood in a place of the owner's own.
fn belongs(place: &Place, owner: &Owner, provider: Option<&Provider>) -> bool {
    let path: Vec<&str> = place.path.iter().map(String::as_str).collect();
    let [of, rest @ ..] = path.as_slice() else { return false };
    if provider.is_some_and(|provider| provider.as_str() != *of) {
        return false;
    }
    match rest {
        ["principals", principal, ..] => {
            owner.class() != OwnerClass::Service && *principal == owner.to_string()
        }
        ["account" | "accounts" | "config", ..] => *owner == Owner::NETWORK,
        _ => false,
    }
}
