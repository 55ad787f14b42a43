//! What requests want, and grants, as JSON.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::options::{limited, member};
use crate::domain::{
    AccountName, ActingRequest, AgentId, AtMost, Contexts, Effect, Limits, Owner, Powers, Provider, RecordId,
    Run, Scopes, Target, UnixTime, Whom,
};
use crate::grants::Wanted;
use crate::vault::{Address, Error, GrantQuery, NewGrant, Offer, Origin, Revocation, Which};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `provider`, and what else is wanted")]
pub(super) struct WantedJson {
    provider: Provider,
    owner: Option<Owner>,
    account: Option<AccountName>,
    connection: Option<RecordId>,
    #[serde(default)]
    scopes: Scopes,
    #[serde(default)]
    operations: Scopes,
}

impl From<WantedJson> for Wanted {
    fn from(json: WantedJson) -> Self {
        let WantedJson { provider, owner, account, connection, scopes, operations } = json;
        Self { provider, owner, account, connection, powers: Powers { scopes, operations } }
    }
}

/// Tools by their names.
pub(super) fn tools(json: BTreeMap<String, WantedJson>) -> BTreeMap<String, Wanted> {
    json.into_iter().map(|(name, wanted)| (name, wanted.into())).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object, the grant")]
pub(super) struct GrantJson {
    agent: AgentId,
    effect: Option<Effect>,
    connection: Option<RecordId>,
    owner: Option<Owner>,
    provider: Option<Provider>,
    scopes: Option<AtMost>,
    operations: Option<AtMost>,
    contexts: Option<Contexts>,
    run: Option<Run>,
    #[serde(rename = "for")]
    whom: Option<Whom>,
    not_before: Option<i64>,
    expires_at: Option<i64>,
    uses: Option<u64>,
    note: Option<String>,
    granted_by: String,
    why: Option<String>,
    only_this: Option<bool>,
}

/// The most grants that go with a save.
const MOST_OFFERS: usize = 256;

/// Grants that go with a save.
pub(super) fn offers(grants: Vec<GrantJson>, address: &Address) -> Result<Vec<Offer>, Error> {
    if grants.len() > MOST_OFFERS {
        return Err(Error::of_argument("grants", "grants: at most 256 go with a save"));
    }
    let offered = grants.into_iter().enumerate();
    offered
        .map(|(place, grant)| {
            grant.into_offer(address).map_err(|error| error.at(&format!("grants[{place}]")))
        })
        .collect()
}

impl GrantJson {
    fn into_offer(mut self, address: &Address) -> Result<Offer, Error> {
        if self.connection.is_some() || self.owner.is_some() || self.provider.is_some() {
            let message = "connection, owner, provider: leave them out: it is about what is saved";
            return Err(Error::of_argument("connection", message));
        }
        let only_this = self.only_this.take().unwrap_or(false);
        (self.owner, self.provider) = (Some(address.owner.clone()), Some(address.provider.clone()));
        Ok(Offer { grant: self.into_grant()?, only_this })
    }

    pub(super) fn into_grant(self) -> Result<NewGrant, Error> {
        if self.only_this.is_some() {
            let message = "only_this: goes with a save; name the connection by its id";
            return Err(Error::of_argument("only_this", message));
        }
        let target = match (self.connection, self.owner, self.provider) {
            (Some(id), None, None) => Target::Connection(id),
            (None, Some(owner), Some(provider)) => Target::Any { owner, provider },
            _ => {
                let message =
                    "connection, owner, provider: name one connection by its id, or an owner and a provider";
                return Err(Error::of_argument("connection", message));
            }
        };
        if self.scopes.is_none() && self.operations.is_none() {
            let message = "operations, scopes: say what the grant is for; \"*\" has to be written out";
            return Err(Error::of_argument("operations", message));
        }
        let none = || AtMost::These(Scopes::default());
        Ok(NewGrant {
            agent: self.agent,
            effect: self.effect.unwrap_or(Effect::Permit),
            target,
            limits: Limits {
                scopes: self.scopes.unwrap_or_else(none),
                operations: self.operations.unwrap_or_else(none),
            },
            contexts: self.contexts.unwrap_or(Contexts::All),
            run: self.run.unwrap_or(Run::Any),
            whom: self.whom,
            not_before: time("not_before", self.not_before)?,
            expires_at: time("expires_at", self.expires_at)?,
            uses: self.uses,
            note: self.note,
            by: self.granted_by,
            why: self.why,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `by`")]
pub(super) struct RevocationJson {
    by: String,
    why: Option<String>,
    agent: Option<AgentId>,
    owner: Option<Owner>,
}

impl RevocationJson {
    pub(super) fn into_revocation(self, id: Option<RecordId>) -> Result<Revocation, Error> {
        let which = match (id, self.agent, self.owner) {
            (Some(id), None, None) => Which::One(id),
            (None, Some(agent), Some(owner)) => Which::Pair(agent, owner),
            (None, Some(agent), None) => Which::Agent(agent),
            (None, None, Some(owner)) => Which::Owner(owner),
            _ => {
                let message =
                    "id, agent, owner: name one grant by its id, or all of an agent, of an owner or of both";
                return Err(Error::of_argument("id", message));
            }
        };
        Ok(Revocation { which, by: self.by, why: self.why })
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct GrantQueryJson {
    agent: Option<AgentId>,
    owner: Option<Owner>,
    provider: Option<Provider>,
    connection: Option<RecordId>,
    origin: Option<Origin>,
    revoked: Option<bool>,
    after: Option<RecordId>,
    limit: Option<u32>,
}

impl GrantQueryJson {
    pub(super) fn into_query(self) -> Result<GrantQuery, Error> {
        let Self { agent, owner, provider, connection, origin, revoked, after, limit } = self;
        Ok(GrantQuery {
            agent,
            owner,
            provider,
            connection,
            origin,
            revoked,
            after,
            limit: limited(limit, 1000)?,
        })
    }
}

/// What is to be explained.
#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "an object with `request` and `wanted`, with `connection` or with `agent`"
)]
pub(super) struct QuestionJson {
    request: Option<ActingRequest>,
    wanted: Option<WantedJson>,
    connection: Option<RecordId>,
    agent: Option<AgentId>,
    after: Option<RecordId>,
    limit: Option<u32>,
}

pub(super) enum Question {
    Request(Box<ActingRequest>, Wanted),
    Connection(RecordId, GrantQuery),
    Agent(AgentId, GrantQuery),
}

impl QuestionJson {
    pub(super) fn into_question(self) -> Result<Question, Error> {
        let paged =
            GrantQuery { after: self.after, limit: limited(self.limit, 1000)?, ..GrantQuery::default() };
        match (self.request, self.wanted, self.connection, self.agent) {
            (Some(request), Some(wanted), None, None) => {
                Ok(Question::Request(Box::new(request), wanted.into()))
            }
            (None, None, Some(id), None) => Ok(Question::Connection(id, paged)),
            (None, None, None, Some(agent)) => Ok(Question::Agent(agent, paged)),
            _ => {
                let message = "question: ask about a `request` and what is `wanted`, about a `connection`, or about an `agent`";
                Err(Error::of_argument("question", message))
            }
        }
    }
}

fn time(name: &'static str, seconds: Option<i64>) -> Result<Option<UnixTime>, Error> {
    member(name, seconds, UnixTime::new)
}
