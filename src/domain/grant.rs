//! An owner's permission to an agent, or prohibition.

use std::collections::BTreeSet;

use super::{
    AgentId, Digest, FlowId, Limits, Owner, Provider, RecordId, RunContext, SessionId, UnixTime, UserId,
};

/// What a grant does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// What may run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contexts {
    /// Anything: `*`.
    All,
    /// Only these.
    These(BTreeSet<RunContext>),
}

/// In which conversation or flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// In any.
    Any,
    /// In this conversation only.
    Session(SessionId),
    /// In this flow only, as it was configured when its owner confirmed it.
    Flow(FlowId, Digest),
}

/// On whose behalf.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Later ones have higher ids.
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
