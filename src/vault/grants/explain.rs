//! Why, at length; and the other way round: who can use a connection, and what an agent can use.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;

use super::answer::{Answer, RefusalTold};
use super::list::{GrantInfo, GrantPage, GrantQuery, list};
use super::pair;
use crate::domain::{
    ActingRequest, AgentId, Effect, Grant, RecordId, Scopes, Status, Target, UnixTime, Whom,
};
use crate::grants::{Reason, Wanted};
use crate::store::{Filter, Kind, ReadTx};
use crate::vault::find::LONGEST_PAGE;
use crate::vault::unlocked::Unlocked;
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
    /// The grant that allows, forbids, or came nearest.
    pub grant: Option<String>,
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
    /// Why nobody can use it now, the stable code; none where its state does not stand against it.
    pub reason: Option<&'static str>,
    /// The live grants that are about it, permitting and forbidding.
    pub items: Vec<ConnectionUse>,
    /// Where the next page begins; none on the last one.
    pub next: Option<String>,
}

/// A live grant about a connection.
#[derive(Debug, Clone, Serialize)]
pub struct ConnectionUse {
    /// The grant.
    pub grant: GrantInfo,
    /// For whom.
    pub people: Option<People>,
    /// The live grants that forbid this agent something with the connection: they win.
    pub forbids: Vec<String>,
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

/// A live grant, and what it is about now.
#[derive(Debug, Clone, Serialize)]
pub struct Reached {
    /// The grant.
    pub grant: GrantInfo,
    /// For whom.
    pub people: Option<People>,
    /// The connections.
    pub connections: Vec<ReachedConnection>,
}

/// A connection that a grant is about.
#[derive(Debug, Clone, Serialize)]
pub struct ReachedConnection {
    /// The connection.
    pub connection: About,
    /// Why nobody can use it now, the stable code; none where its state does not stand against it.
    pub reason: Option<&'static str>,
    /// The live grants that forbid this agent something with it: they win.
    pub forbids: Vec<String>,
}

/// For whom, with the owner's name where a grant says `owner`; none of a grant that is not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum People {
    /// Whoever asks, also nobody.
    Anyone,
    /// Nobody: automation without a person.
    Nobody,
    /// These.
    #[serde(untagged)]
    These(Vec<String>),
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
                    grant: match &judged.verdict {
                        Ok(allowed) => allowed.grant,
                        Err(refusal) => refusal.grant,
                    }
                    .map(|id| id.to_string()),
                    scopes: judged.verdict.as_ref().ok().and_then(|allowed| allowed.scopes.clone()),
                    refusal: refusal
                        .map(|refusal| RefusalTold::of(refusal, None, request, wanted, Some(candidate))),
                    grants: judged
                        .grants
                        .iter()
                        .map(|(grant, reason)| ConsideredGrant {
                            grant: grant.to_string(),
                            reason: reason.map(Reason::code),
                            clause: reason.map(Reason::clause),
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
            let GrantPage { items, next } = list(tx, unlocked, &query)?;
            let now = tx.now()?;
            let connection = About::of(found.meta, unlocked, now);
            let mut view = View { tx, unlocked, now, pairs: BTreeMap::new() };
            let mut uses = Vec::new();
            for grant in items {
                if is_live(&grant) && is_about(&grant, &connection) {
                    let forbids = view.forbids(&grant, &connection)?;
                    uses.push(ConnectionUse { people: people(&grant), grant, forbids });
                }
            }
            Ok(ConnectionUses { reason: state(&connection), connection, items: uses, next })
        })
    }

    /// What an agent can use today, and for whom: its live grants, and the connections that each is about.
    pub fn explain_agent(&self, agent: AgentId, query: &GrantQuery) -> Result<AgentUses, Error> {
        self.read_with_keys(|tx, unlocked| {
            let GrantPage { items, next } =
                list(tx, unlocked, &GrantQuery { agent: Some(agent), ..live(query) })?;
            let now = tx.now()?;
            let mut view = View { tx, unlocked, now, pairs: BTreeMap::new() };
            let mut known = BTreeMap::new();
            let mut reached = Vec::new();
            for grant in items.into_iter().filter(is_live) {
                let names = (grant.owner.clone(), grant.provider.clone());
                if !known.contains_key(&names) {
                    known.insert(names.clone(), view.connections(&grant)?);
                }
                let mut connections = Vec::new();
                for about in known.get(&names).into_iter().flatten().filter(|about| is_about(&grant, about)) {
                    let forbids = view.forbids(&grant, about)?;
                    connections.push(ReachedConnection {
                        connection: about.clone(),
                        reason: state(about),
                        forbids,
                    });
                }
                reached.push(Reached { people: people(&grant), grant, connections });
            }
            Ok(AgentUses { agent: agent.to_string(), items: reached, next })
        })
    }
}

/// One snapshot, and the pairs that were read in it.
struct View<'a> {
    tx: &'a mut dyn ReadTx,
    unlocked: &'a Unlocked,
    now: UnixTime,
    pairs: BTreeMap<(String, String), Rc<Vec<Grant>>>,
}

impl View<'_> {
    /// What the owner of a grant has of its provider.
    fn connections(&mut self, grant: &GrantInfo) -> Result<Vec<About>, Error> {
        let found = self.tx.find(&Filter {
            provider: Some(grant.provider.clone()),
            owner: Some(grant.owner.clone()),
            ..Filter::all(Kind::Connection, LONGEST_PAGE)
        })?;
        Ok(found.into_iter().map(|meta| About::of(meta, self.unlocked, self.now)).collect())
    }

    /// The live grants that forbid the agent of a permission something with a connection, whatever the permission is for.
    fn forbids(&mut self, permission: &GrantInfo, about: &About) -> Result<Vec<String>, Error> {
        if permission.effect == Effect::Forbid.as_str() {
            return Ok(Vec::new());
        }
        let names = (permission.agent.clone(), permission.owner.clone());
        let grants = match self.pairs.get(&names) {
            Some(known) => known.clone(),
            None => {
                // Of a pair that does not fit nothing is believed, and its grants say so.
                let pair = pair::read(self.tx, self.unlocked, &names.0, &names.1)?;
                let grants = Rc::new(pair.map(|pair| pair.grants).unwrap_or_default());
                self.pairs.insert(names, grants.clone());
                grants
            }
        };
        let forbids = grants.iter().filter(|grant| {
            let target = match &grant.target {
                Target::Connection(id) => id.to_string() == about.id,
                Target::Any { provider, .. } => provider.to_string() == about.provider,
            };
            grant.effect == Effect::Forbid && target && pair::status(grant, self.now) == super::ACTIVE
        });
        Ok(forbids.map(|grant| grant.id.to_string()).collect())
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

/// Whether a grant of the connection's owner and provider is about it.
fn is_about(grant: &GrantInfo, about: &About) -> bool {
    grant.connection.as_ref().is_none_or(|named| *named == about.id)
}

/// What of a connection's state stands against using it.
fn state(about: &About) -> Option<&'static str> {
    let status = about.status.parse().unwrap_or(Status::Error);
    Reason::of_state(about.integrity, status).map(Reason::code)
}

fn people(grant: &GrantInfo) -> Option<People> {
    grant.terms.as_ref().map(|terms| match &terms.whom {
        Whom::Owner => People::These(vec![grant.owner.clone()]),
        Whom::Users(users) => People::These(users.iter().map(ToString::to_string).collect()),
        Whom::Anyone => People::Anyone,
        Whom::Nobody => People::Nobody,
    })
}
