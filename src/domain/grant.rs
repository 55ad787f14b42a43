//! An owner's permission to an agent, or prohibition.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::json::{StarOr, hex};
use super::{
    AgentId, Digest, FlowId, Limits, Owner, Provider, RecordId, RunContext, SessionId, UnixTime, UserId,
};

/// What a grant does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It allows what it covers, and nothing else.
    Permit,
    /// It refuses whatever it touches, and wins over every permission.
    Forbid,
}

/// Which connections a grant is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// This one; it ends with it.
    Connection(RecordId),
    /// Any of an owner's for a provider, whichever it is by then.
    Any {
        /// Whose.
        owner: Owner,
        /// For what.
        provider: Provider,
    },
}

/// What may run. In JSON `"*"`, or a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StarOr<BTreeSet<RunContext>>", into = "StarOr<BTreeSet<RunContext>>")]
pub enum Contexts {
    /// Anything: `*`.
    All,
    /// Only these.
    These(BTreeSet<RunContext>),
}

/// In which conversation or flow. In JSON `"any"`, `{"session": id}` or `{"flow": {id, digest}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RunShape", into = "RunShape")]
pub enum Run {
    /// In any.
    Any,
    /// In this conversation only.
    Session(SessionId),
    /// In this flow only, as it was configured when its owner confirmed it.
    Flow(FlowId, Digest),
}

/// On whose behalf. In JSON `"owner"`, `{"users": [..]}`, `"anyone"` or `"nobody"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Whom {
    /// The account's owner: asking, or with a flow of their own that the grant names.
    Owner,
    /// These people, in the same way.
    Users(BTreeSet<UserId>),
    /// Whoever it is, also nobody.
    Anyone,
    /// Nobody: automation without a person.
    Nobody,
}

/// An owner's permission to an agent, or prohibition: what of it a decision rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Later ones have higher ids, but for those of one second.
    pub id: RecordId,
    /// Who may.
    pub agent: AgentId,
    /// Whether they may or may not.
    pub effect: Effect,
    /// With which connections.
    pub target: Target,
    /// What.
    pub limits: Limits,
    /// Where.
    pub contexts: Contexts,
    /// In which conversation or flow.
    pub run: Run,
    /// On whose behalf.
    pub whom: Whom,
    /// From then on.
    pub not_before: Option<UnixTime>,
    /// Until then, and not at that second any more.
    pub expires_at: Option<UnixTime>,
    /// How many times more.
    pub uses_left: Option<u64>,
    /// It was taken back.
    pub revoked: bool,
}

impl Effect {
    /// As stored and shown: `permit`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Forbid => "forbid",
        }
    }
}

impl From<StarOr<BTreeSet<RunContext>>> for Contexts {
    fn from(given: StarOr<BTreeSet<RunContext>>) -> Self {
        match given {
            StarOr::Star => Self::All,
            StarOr::These(contexts) => Self::These(contexts),
        }
    }
}

impl From<Contexts> for StarOr<BTreeSet<RunContext>> {
    fn from(contexts: Contexts) -> Self {
        match contexts {
            Contexts::All => Self::Star,
            Contexts::These(contexts) => Self::These(contexts),
        }
    }
}

/// How [`Run`] looks in JSON.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum RunShape {
    Any,
    Session(SessionId),
    Flow {
        id: FlowId,
        #[serde(with = "hex")]
        digest: Digest,
    },
}

impl From<RunShape> for Run {
    fn from(shape: RunShape) -> Self {
        match shape {
            RunShape::Any => Self::Any,
            RunShape::Session(session) => Self::Session(session),
            RunShape::Flow { id, digest } => Self::Flow(id, digest),
        }
    }
}

impl From<Run> for RunShape {
    fn from(run: Run) -> Self {
        match run {
            Run::Any => Self::Any,
            Run::Session(session) => Self::Session(session),
            Run::Flow(id, digest) => Self::Flow { id, digest },
        }
    }
}
