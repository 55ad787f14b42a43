//! What may be known of a row without opening it.

use std::str::FromStr;

use serde::Serialize;

use super::row::{self, Legacy};
use super::unlocked::Unlocked;
use crate::domain::{Owner, Status, UnixTime};
use crate::store::Meta;

/// A row's plain facts; never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    /// UUIDv7; kept while the remote identity stays the same.
    pub id: String,
    /// The provider's slug.
    pub provider: String,
    /// `site:0`, `user:12` ...
    pub owner: String,
    /// `service`, `personal` or `agent`.
    pub owner_class: Option<&'static str>,
    /// The account name.
    pub account: String,
    /// The remote account identifier, where the provider tells one.
    pub remote_id: Option<String>,
    /// For a person.
    pub display_name: Option<String>,
    /// What was granted, sorted.
    pub scopes: Vec<String>,
    /// The effective status: an active one past its expiry is `expired`, one whose key is not at hand `key_unavailable`.
    pub status: String,
    /// Why, where there is something to say.
    pub status_cause: Option<String>,
    /// When the credential expires, Unix seconds.
    pub expires_at: Option<i64>,
    /// Counts every write; what `if_revision` is compared with.
    pub revision: i64,
    /// When it was first connected, Unix seconds.
    pub connected_at: i64,
    /// When it was last written, Unix seconds.
    pub updated_at: i64,
    /// When an agent last acted with it, Unix seconds.
    pub last_used_at: Option<i64>,
    /// Members of the old option that did not open; they are never handed out.
    pub quarantined: Vec<String>,
    /// False where something else than this library changed the row: then nothing in it is to be believed.
    pub integrity: bool,
}

/// The status that counts at `now`, with the keys at hand.
pub(super) fn effective(meta: &Meta, now: UnixTime, unlocked: &Unlocked) -> Option<Status> {
    let stored = Status::from_str(&meta.status).ok()?;
    let past = meta.expires_at.is_some_and(|at| at <= now.seconds());
    Some(match stored {
        _ if unlocked.keyring.get(meta.key_id).is_none() => Status::KeyUnavailable,
        Status::Active if past => Status::Expired,
        other => other,
    })
}

impl About {
    /// Reads the columns; a row that does not carry our MAC keeps only what helps to find it.
    pub(super) fn of(meta: Meta, unlocked: &Unlocked, now: UnixTime) -> Self {
        if row::intact(&meta, unlocked) { Self::intact(meta, unlocked, now) } else { Self::bare(meta) }
    }

    /// Reads the columns of a row that was checked.
    pub(super) fn intact(mut meta: Meta, unlocked: &Unlocked, now: UnixTime) -> Self {
        let Some(status) = effective(&meta, now, unlocked) else { return Self::bare(meta) };
        Self {
            owner_class: Owner::from_str(&meta.owner).ok().map(|owner| owner.class().as_str()),
            remote_id: meta.remote_id.take(),
            display_name: meta.display_name.take(),
            scopes: meta.scopes.split_whitespace().map(str::to_owned).collect(),
            status: status.as_str().to_owned(),
            status_cause: meta.status_cause.take(),
            expires_at: meta.expires_at,
            quarantined: Legacy::from_column(meta.legacy.as_deref()).quarantined,
            integrity: true,
            ..Self::bare(meta)
        }
    }

    /// Of a row that is not to be believed.
    fn bare(meta: Meta) -> Self {
        Self {
            id: meta.id.to_string(),
            provider: meta.provider,
            owner: meta.owner,
            owner_class: None,
            account: meta.account,
            remote_id: None,
            display_name: None,
            scopes: Vec::new(),
            status: Status::Error.as_str().to_owned(),
            status_cause: Some("integrity".to_owned()),
            expires_at: None,
            revision: meta.revision,
            connected_at: meta.connected_at,
            updated_at: meta.updated_at,
            last_used_at: meta.last_used_at,
            quarantined: Vec::new(),
            integrity: false,
        }
    }
}
