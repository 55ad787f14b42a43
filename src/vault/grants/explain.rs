//! Why, at length; and the other way round: who can use a connection, and what an agent can use.

use serde::Serialize;

use super::answer::{Answer, RefusalTold};
use super::list::{GrantInfo, GrantPage, GrantQuery, list};
use crate::domain::{ActingRequest, AgentId, RecordId, Scopes};
use crate::grants::Wanted;
use crate::store::{Filter, Kind};
use crate::vault::find::LONGEST_PAGE;
use crate::vault::{About, Code, Error, Vault};

/// A decision, and everything that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// What `check` answers.
    pub decision: Answer,
    /// Every connection that might have been meant, and what became of it.
    pub considered: Vec<Considered>,
}

/// One connection that might have been meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Considered {
    /// Which.
    pub connection: String,
    /// Whose.
    pub owner: String,
    /// Which of the owner's.
    pub account: String,
    /// Whether it may be used.
    pub allowed: bool,
    /// The scopes that this would come to.
    pub scopes: Option<Scopes>,
    /// Why not.
    pub refusal: Option<RefusalTold>,
    /// The permissions that are about it, and why each is not enough: none for one that is.
    pub grants: Vec<ConsideredGrant>,
}

/// One permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConsideredGrant {
    /// Which.
    pub grant: String,
    /// The stable code.
    pub reason: Option<&'static str>,
    /// The clause.
    pub clause: Option<&'static str>,
}

/// Who can use a connection.
#[derive(Debug, Clone, Serialize)]
pub struct ConnectionUses {
    /// The connection.
    pub connection: About,
    /// The live grants that are about it, permitting and forbidding.
    pub items: Vec<GrantInfo>,
    /// Where the next page begins; none on the last one.
    pub next: Option<String>,
}

/// What an agent can use.
#[derive(Debug, Clone, Serialize)]
pub struct AgentUses {
    /// The agent.
    pub agent: String,
    /// Its live grants.
    pub items: Vec<Reached>,
    /// Where the next page begins; none on the last one.
    pub next: Option<String>,
}

/// A live grant, and what it reaches now.
#[derive(Debug, Clone, Serialize)]
pub struct Reached {
    /// The grant.
    pub grant: GrantInfo,
    /// The connections.
    pub connections: Vec<About>,
}

impl Vault {
    /// Why a request may or may not use a connection: every candidate and why it fell.
    pub fn explain_request(&self, request: &ActingRequest, wanted: &Wanted) -> Result<Explained, Error> {
        self.gather(|gather| {
            let outcome = gather.consider(request, wanted, true)?;
            let about = |id: RecordId| outcome.candidates.iter().find(|candidate| candidate.id == id);
            let considered = outcome.considered.iter().filter_map(|(id, judged)| {
                let candidate = about(*id)?;
                let refusal = judged.verdict.as_ref().err();
                Some(Considered {
                    connection: id.to_string(),
                    owner: candidate.owner.to_string(),
                    account: candidate.account.to_string(),
                    allowed: refusal.is_none(),
                    scopes: judged.verdict.as_ref().ok().and_then(|allowed| allowed.scopes.clone()),
                    refusal: refusal
                        .map(|refusal| RefusalTold::of(refusal, None, request, wanted, Some(candidate))),
                    grants: judged
                        .grants
                        .iter()
                        .map(|(grant, reason)| ConsideredGrant {
                            grant: grant.to_string(),
                            reason: reason.map(crate::grants::Reason::code),
                            clause: reason.map(crate::grants::Reason::clause),
                        })
                        .collect(),
                })
            });
            Ok(Explained {
                decision: Answer::of(&outcome, request, wanted),
                considered: considered.collect(),
            })
        })
    }

    /// Who can use a connection beside its owner: the live grants that are about it.
    pub fn explain_connection(&self, id: RecordId, query: &GrantQuery) -> Result<ConnectionUses, Error> {
        self.read_with_keys(|tx, unlocked| {
            let found = tx.row_by_id(id)?.filter(|row| row.meta.kind == Kind::Connection);
            let found =
                found.ok_or_else(|| Error::new(Code::NotFound, format!("there is no connection {id}")))?;
            let (owner, provider) = (found.meta.owner.parse()?, found.meta.provider.parse()?);
            let query = GrantQuery { owner: Some(owner), provider: Some(provider), ..live(query) };
            let GrantPage { mut items, next } = list(tx, unlocked, &query)?;
            let id = id.to_string();
            items
                .retain(|grant| is_live(grant) && grant.connection.as_ref().is_none_or(|named| *named == id));
            Ok(ConnectionUses { connection: About::of(found.meta, unlocked, tx.now()?), items, next })
        })
    }

    /// What an agent can use today, and for whom: its live grants, and the connections that each reaches.
    pub fn explain_agent(&self, agent: AgentId, query: &GrantQuery) -> Result<AgentUses, Error> {
        self.read_with_keys(|tx, unlocked| {
            let GrantPage { items, next } =
                list(tx, unlocked, &GrantQuery { agent: Some(agent), ..live(query) })?;
            let now = tx.now()?;
            let mut reached = Vec::new();
            for grant in items.into_iter().filter(is_live) {
                let found = tx.find(&Filter {
                    provider: Some(grant.provider.clone()),
                    owner: Some(grant.owner.clone()),
                    ..Filter::all(Kind::Connection, LONGEST_PAGE)
                })?;
                let named = |about: &About| grant.connection.as_ref().is_none_or(|id| *id == about.id);
                let connections =
                    found.into_iter().map(|meta| About::of(meta, unlocked, now)).filter(named).collect();
                reached.push(Reached { grant, connections });
            }
            Ok(AgentUses { agent: agent.to_string(), items: reached, next })
        })
    }
}

/// Only the page of a query counts here.
fn live(query: &GrantQuery) -> GrantQuery {
    GrantQuery { revoked: Some(false), after: query.after, limit: query.limit, ..GrantQuery::default() }
}

/// Whether it does anything today. One that is not to be believed is shown too: nothing is allowed by it.
fn is_live(grant: &GrantInfo) -> bool {
    !grant.integrity || grant.status == Some(super::ACTIVE)
}
