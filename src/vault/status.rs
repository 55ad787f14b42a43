//! Which providers are set up and connected, without opening anything.

use std::collections::BTreeMap;

use serde::Serialize;

use super::find::LONGEST_PAGE;
use super::{About, Error, Kind, Vault};
use crate::domain::{Owner, Provider, Status};
use crate::store::{Filter, ReadTx};

/// How one provider stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ProviderStatus {
    /// Its slug.
    pub provider: String,
    /// For a person; the slug where the catalogue does not know it.
    pub name: String,
    /// Whether it has an app config that can be used.
    pub configured: bool,
    /// Whether one of its connections is active.
    pub connected: bool,
    /// How many connections have which effective status.
    pub statuses: BTreeMap<String, u64>,
    /// When the first of its credentials expires, or expired, Unix seconds.
    pub next_expiry: Option<i64>,
}

/// All that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusList {
    /// In the order of their slugs. A provider that was asked for by name is there even where it has nothing.
    pub providers: Vec<ProviderStatus>,
}

impl Vault {
    /// The status of one provider or all, of one owner or all.
    pub fn status(&self, provider: Option<&Provider>, owner: Option<&Owner>) -> Result<StatusList, Error> {
        let mut found: BTreeMap<String, ProviderStatus> = BTreeMap::new();
        if let Some(provider) = provider {
            found.entry(provider.to_string()).or_default();
        }
        self.read_with_keys(|tx, unlocked| {
            let now = tx.now()?;
            each(tx, Kind::Config, provider, owner, &mut |meta| {
                let about = About::of(meta, unlocked, now);
                found.entry(about.provider).or_default().configured |=
                    about.status == Status::Active.as_str();
            })?;
            each(tx, Kind::Connection, provider, owner, &mut |meta| {
                let about = About::of(meta, unlocked, now);
                let status = found.entry(about.provider).or_default();
                status.connected |= about.status == Status::Active.as_str();
                status.next_expiry = [status.next_expiry, about.expires_at].into_iter().flatten().min();
                *status.statuses.entry(about.status).or_default() += 1;
            })
        })?;
        let named = found.into_iter().map(|(slug, status)| {
            let known = slug.parse().ok().filter(|provider| self.catalogue.knows(provider));
            let name =
                known.map_or_else(|| slug.clone(), |provider| self.catalogue.entry(&provider).name.clone());
            ProviderStatus { name, provider: slug, ..status }
        });
        Ok(StatusList { providers: named.collect() })
    }
}

/// Goes through all rows, a page at a time.
fn each(
    tx: &mut dyn ReadTx,
    kind: Kind,
    provider: Option<&Provider>,
    owner: Option<&Owner>,
    visit: &mut dyn FnMut(crate::store::Meta),
) -> Result<(), Error> {
    let mut filter = Filter {
        provider: provider.map(ToString::to_string),
        owner: owner.map(ToString::to_string),
        ..Filter::all(kind, LONGEST_PAGE)
    };
    loop {
        let rows = tx.find(&filter)?;
        filter.after = rows.last().filter(|_| rows.len() == LONGEST_PAGE as usize).map(|last| last.id);
        rows.into_iter().for_each(&mut *visit);
        if filter.after.is_none() {
            return Ok(());
        }
    }
}
