//! Ending a connection for good, after the provider was asked, with a receipt of what is true since.

use std::str::FromStr;

use serde::Serialize;

use super::audit::What;
use super::delete::{BACKUPS, Destroyed, NOT_TOLD, destroy};
use super::save::check_revision;
use super::set_status::check_cause;
use super::{Address, Error, Kind, Vault};
use crate::domain::{Invalid, RecordId};
use crate::providers::Revocation;

/// What the provider said when the caller asked it to end the access.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AtProvider {
    /// It ended the access.
    Revoked,
    /// It has no way to be asked.
    Unsupported,
    /// It was asked and did not end it, or no answer came.
    Failed,
    /// Nobody asked it.
    #[default]
    NotAsked,
}

impl AtProvider {
    const ALL: [Self; 4] = [Self::Revoked, Self::Unsupported, Self::Failed, Self::NotAsked];

    /// As told and recorded: `not_asked`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Unsupported => "unsupported",
            Self::Failed => "failed",
            Self::NotAsked => "not_asked",
        }
    }

    /// What a person has to know of it.
    fn note(self) -> &'static str {
        match self {
            Self::Revoked => "The provider said that it ended the access.",
            Self::Unsupported => {
                "The provider cannot be asked to end the access: end it in the account's settings there."
            }
            Self::Failed => "The provider did not say that it ended the access: end it there by hand.",
            Self::NotAsked => NOT_TOLD,
        }
    }
}

impl FromStr for AtProvider {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::ALL.into_iter().find(|answer| answer.as_str() == text).ok_or_else(|| {
            let all = Self::ALL.map(Self::as_str).join(", ");
            Invalid::new("at_provider", format!("must be one of {all}"))
        })
    }
}

/// What is said with a disconnection.
#[derive(Debug, Clone, Default)]
pub struct Disconnect {
    /// What the provider said.
    pub at_provider: AtProvider,
    /// Why it failed, or was not asked: a short code, never a secret.
    pub reason: Option<String>,
    /// Compare-and-swap, as of a deletion.
    pub if_revision: Option<i64>,
    /// The connection that the provider was asked about. Another one that took its place meanwhile is left alone.
    pub id: Option<RecordId>,
}

/// What is true after a disconnection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disconnected {
    /// Whether there was something; disconnecting what is absent is no error.
    pub deleted: bool,
    /// The id of what is gone.
    pub id: Option<String>,
    /// The id of another connection that stands here by now, and was left alone.
    pub present: Option<String>,
    /// `revoked`, `unsupported`, `failed` or `not_asked`.
    pub at_provider: &'static str,
    /// As it was given.
    pub reason: Option<String>,
    /// How consent is ended at the provider, where the catalogue knows: for a person who does it by hand.
    pub revocation: Option<Revocation>,
    /// How many grants that named it ended with it.
    pub grants: u64,
    /// Whether somebody had the right to renew it, and has it no more.
    pub lease: bool,
    /// What was destroyed here.
    pub destroyed: DestroyedHere,
    /// What no disconnection reaches.
    pub backups: &'static str,
    /// For a person: what is left to do.
    pub note: String,
}

/// What a disconnection destroyed in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DestroyedHere {
    /// The sealed document.
    pub document: bool,
    /// The wrapped data key, without which an older copy of the document in this store is none.
    pub data_key: bool,
    /// How many members of the old option that were held back beside it.
    pub held_back: u64,
}

impl Vault {
    /// Destroys a connection here, whatever the provider said, and tells what is true since. A row that does not open
    /// goes too. Doing it again is no error: who died between the provider's answer and this asks the provider again.
    pub fn disconnect(&self, address: &Address, given: &Disconnect) -> Result<Disconnected, Error> {
        check_cause("reason", given.reason.as_deref())?;
        let [provider, owner, account] = address.columns();
        let (id, present, gone) = self.write(|write| {
            let row = write.tx.row(Kind::Connection, &provider, &owner, &account)?;
            check_revision(given.if_revision, row.as_ref())?;
            let Some(row) = row else { return Ok((None, None, Destroyed::default())) };
            if given.id.is_some_and(|id| id != row.meta.id) {
                return Ok((None, Some(row.meta.id.to_string()), Destroyed::default()));
            }
            let code = Some(given.at_provider.as_str());
            let gone = destroy(write, &row.meta, What::Disconnected, code)?;
            Ok((Some(row.meta.id.to_string()), None, gone))
        })?;
        let deleted = id.is_some();
        let here = match (deleted, &present) {
            (true, _) => "The connection is destroyed here.",
            (false, None) => "There was no such connection here.",
            (false, Some(_)) => "Another connection took its place meanwhile, and was left alone.",
        };
        Ok(Disconnected {
            deleted,
            id,
            present,
            at_provider: given.at_provider.as_str(),
            reason: given.reason.clone(),
            revocation: self.catalogue.entry(&address.provider).revocation.clone(),
            grants: gone.grants,
            lease: gone.lease,
            destroyed: DestroyedHere { document: deleted, data_key: deleted, held_back: gone.held_back },
            backups: BACKUPS,
            note: format!("{here} {}", given.at_provider.note()),
        })
    }
}
