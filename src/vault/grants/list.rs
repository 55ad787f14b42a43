//! Listing grants.

use std::collections::BTreeMap;

use serde::Serialize;

use super::terms::{self, Origin, Terms};
use super::{ACTIVE, REVOKED, pair};
use crate::domain::{AgentId, Owner, Provider, RecordId, UnixTime};
use crate::store::{GrantFilter, GrantRow, ReadTx};
use crate::vault::find::LONGEST_PAGE;
use crate::vault::unlocked::Unlocked;
use crate::vault::{Error, Vault};

/// What to look for; what is not said does not matter.
#[derive(Debug, Clone, Default)]
pub struct GrantQuery {
    /// To this agent.
    pub agent: Option<AgentId>,
    /// Of this owner.
    pub owner: Option<Owner>,
    /// For this provider.
    pub provider: Option<Provider>,
    /// Those that name this connection.
    pub connection: Option<RecordId>,
    /// Only what came from this by itself.
    pub origin: Option<Origin>,
    /// Only revoked ones, or only others.
    pub revoked: Option<bool>,
    /// Behind this id: the `next` of the page before.
    pub after: Option<RecordId>,
    /// At most so many, 1 to 1000; 100 where not said.
    pub limit: Option<u32>,
}

/// A grant, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GrantInfo {
    /// UUIDv7.
    pub id: String,
    /// `agent:7`
    pub agent: String,
    /// Whose connections: `user:12`.
    pub owner: String,
    /// `service`, `personal` or `agent`.
    pub owner_class: Option<&'static str>,
    /// For what.
    pub provider: String,
    /// The only one it is about; none where it is about any of the owner's.
    pub connection: Option<String>,
    /// `permit` or `forbid`.
    pub effect: String,
    /// `active`, `not_yet`, `expired`, `exhausted` or `revoked`.
    pub status: Option<&'static str>,
    /// `delegation`, `own_account` or `observed`; none where somebody gave it by hand.
    pub origin: Option<String>,
    /// From then on, Unix seconds.
    pub not_before: Option<i64>,
    /// Until then, Unix seconds.
    pub expires_at: Option<i64>,
    /// How often still.
    pub uses_left: Option<i64>,
    /// What, where and for whom; not there where `integrity` is false.
    #[serde(flatten)]
    pub terms: Option<Terms>,
    /// Counts every write.
    pub revision: i64,
    /// False where something else than this library changed it, or any grant of its owner to its agent: then it counts
    /// for nothing.
    pub integrity: bool,
}

/// One page, in the order of ids.
#[derive(Debug, Clone, Serialize)]
pub struct GrantPage {
    /// The grants.
    pub items: Vec<GrantInfo>,
    /// Where the next page begins; none on the last one.
    pub next: Option<String>,
}

impl Vault {
    /// The grants that fit the query.
    pub fn list_grants(&self, query: &GrantQuery) -> Result<GrantPage, Error> {
        self.read(|tx, unlocked| list(tx, unlocked, query))
    }
}

pub(super) fn list(tx: &mut dyn ReadTx, unlocked: &Unlocked, query: &GrantQuery) -> Result<GrantPage, Error> {
    let limit = query.limit.unwrap_or(100).clamp(1, LONGEST_PAGE);
    let now = tx.now()?;
    let mut rows = tx.find_grants(&GrantFilter {
        agent: query.agent.map(|agent| agent.to_string()),
        owner: query.owner.as_ref().map(ToString::to_string),
        provider: query.provider.as_ref().map(ToString::to_string),
        connection: query.connection,
        origin: query.origin.map(|origin| origin.as_str().to_owned()),
        state: query.revoked.map(|revoked| if revoked { REVOKED } else { ACTIVE }.to_owned()),
        after: query.after,
        limit: limit + 1,
    })?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|row| row.id.to_string());
    let mut fits = BTreeMap::new();
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let names = (row.agent.clone(), row.owner.clone());
        let fits = match fits.get(&names) {
            Some(fits) => *fits,
            None => {
                let fit = pair::read(tx, unlocked, &names.0, &names.1)?.is_some();
                *fits.entry(names).or_insert(fit)
            }
        };
        items.push(GrantInfo::of(row, unlocked, now, fits));
    }
    Ok(GrantPage { items, next })
}

impl GrantInfo {
    /// Reads the columns; where the pair does not fit, only what helps to find the grant.
    pub(super) fn of(row: GrantRow, unlocked: &Unlocked, now: UnixTime, pair_fits: bool) -> Self {
        let known = (pair_fits && pair::intact(&row, unlocked)).then(|| terms::read(&row)).flatten();
        let believed = known.is_some();
        let (status, terms) = match known {
            Some((grant, terms)) => (Some(pair::status(&grant, now)), Some(terms)),
            None => (None, None),
        };
        Self {
            id: row.id.to_string(),
            owner_class: row.owner.parse().ok().map(|owner: Owner| owner.class().as_str()),
            agent: row.agent,
            owner: row.owner,
            provider: row.provider,
            connection: row.connection.map(|id| id.to_string()),
            effect: row.effect,
            status,
            origin: Some(row.origin).filter(|origin| believed && !origin.is_empty()),
            not_before: row.not_before.filter(|_| believed),
            expires_at: row.expires_at.filter(|_| believed),
            uses_left: row.uses_left.filter(|_| believed),
            terms,
            revision: row.revision,
            integrity: believed,
        }
    }
}
