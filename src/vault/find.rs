//! Lists, a page at a time, without opening anything.

use serde::Serialize;

use super::{About, Error, Kind, Vault};
use crate::domain::{AccountName, Owner, Provider, RecordId, RemoteId, Status, UnixTime};
use crate::store::{Filter, StatusFilter};

/// The longest page.
pub(super) const LONGEST_PAGE: u32 = 1000;

/// What to look for; what is not said does not matter.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Of this provider.
    pub provider: Option<Provider>,
    /// Of this owner.
    pub owner: Option<Owner>,
    /// With this account name.
    pub account: Option<AccountName>,
    /// With this remote account identifier.
    pub remote_id: Option<RemoteId>,
    /// With this effective status.
    pub status: Option<Status>,
    /// Whose credential expires before this time.
    pub expiring_before: Option<UnixTime>,
    /// Behind this id: the `next` of the page before.
    pub after: Option<RecordId>,
    /// At most so many, 1 to 1000; 100 where not said.
    pub limit: Option<u32>,
}

/// One page, in the order of ids.
#[derive(Debug, Clone, Serialize)]
pub struct Page {
    /// The rows.
    pub items: Vec<About>,
    /// Where the next page begins; none on the last one.
    pub next: Option<String>,
}

impl Vault {
    /// The rows of a kind that fit the query.
    pub fn find(&self, kind: Kind, query: &Query) -> Result<Page, Error> {
        let limit = query.limit.unwrap_or(100).clamp(1, LONGEST_PAGE);
        self.read_with_keys(|tx, unlocked| {
            let now = tx.now()?;
            let mut rows = tx.find(&Filter {
                provider: query.provider.as_ref().map(ToString::to_string),
                owner: query.owner.as_ref().map(ToString::to_string),
                account: query.account.as_ref().map(ToString::to_string),
                remote_id: query.remote_id.as_ref().map(ToString::to_string),
                status: query.status.map(|status| StatusFilter {
                    status: status.as_str().to_owned(),
                    now: now.seconds(),
                    loaded_keys: unlocked.keyring.ids().collect(),
                }),
                expiring_before: query.expiring_before.map(UnixTime::seconds),
                after: query.after,
                ..Filter::all(kind, limit + 1)
            })?;
            let more = rows.len() > limit as usize;
            rows.truncate(limit as usize);
            let next = rows.last().filter(|_| more).map(|row| row.id.to_string());
            Ok(Page { items: rows.into_iter().map(|row| About::of(row, unlocked, now)).collect(), next })
        })
    }
}
