//! One grant and one request.

use super::judge::Candidate;
use super::reason::Reason;
use super::rules::Rules;
use crate::domain::{
    ActingRequest, AgentId, Contexts, Effect, Fact, Flow, Grant, Limits, Owner, Powers, Run, RunContext,
    SessionId, Subject, Target, UnixTime, UserId, Whom,
};

/// A request of which every part is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub agent: Option<AgentId>,
    pub subject: Subject,
    pub session: Option<&'a SessionId>,
    pub context: RunContext,
    pub flow: Option<&'a Flow>,
    pub may: &'a Limits,
    pub manages: &'a std::collections::BTreeSet<Owner>,
}

/// Everything that one judgement rests on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Situation<'a> {
    pub request: Known<'a>,
    pub wanted: &'a Powers,
    pub connection: &'a Candidate,
    pub rules: &'a Rules,
    pub now: UnixTime,
}

impl<'a> Known<'a> {
    /// The name of the first part that is not known, where there is one.
    pub fn new(request: &'a ActingRequest) -> Result<Self, &'static str> {
        fn known<'a, T>(name: &'static str, fact: &'a Fact<T>) -> Result<&'a T, &'static str> {
            match fact {
                Fact::Known(value) => Ok(value),
                Fact::Unknown => Err(name),
            }
        }
        Ok(Self {
            agent: *known("agent", &request.agent)?,
            subject: *known("subject", &request.subject)?,
            session: known("session", &request.session)?.as_ref(),
            context: *known("context", &request.context)?,
            flow: known("flow", &request.flow)?.as_ref(),
            may: known("may", &request.may)?,
            manages: known("manages", &request.manages)?,
        })
    }
}

impl Situation<'_> {
    /// Whether a grant is about this agent and this connection at all.
    pub fn concerns(&self, grant: &Grant) -> bool {
        let connection = self.connection;
        let target = match &grant.target {
            Target::Connection(id) => *id == connection.id,
            Target::Any { owner, provider } => *owner == connection.owner && *provider == connection.provider,
        };
        target && self.request.agent == Some(grant.agent)
    }

    /// Whether a grant forbids something here, be it wanted or not.
    pub fn stands_against(&self, grant: &Grant) -> bool {
        let run = match &grant.run {
            Run::Any => true,
            Run::Session(session) => self.request.session == Some(session),
            // However it is configured: an edit does not lift it.
            Run::Flow(flow, _) => self.request.flow.is_some_and(|running| running.id == *flow),
        };
        let whom = match &grant.whom {
            Whom::Owner => {
                self.request.subject.person().is_some_and(|person| person.is(&self.connection.owner))
            }
            Whom::Users(users) => self.request.subject.person().is_some_and(|person| users.contains(&person)),
            Whom::Anyone => true,
            Whom::Nobody => self.request.subject == Subject::Nobody,
        };
        grant.effect == Effect::Forbid
            && self.concerns(grant)
            && !grant.revoked
            && self.is_in_time(grant)
            && self.allows_context(grant)
            && run
            && whom
    }

    /// The first clause of a permission that is not met.
    pub fn unmet(&self, grant: &Grant) -> Option<Reason> {
        let past = grant.expires_at.is_some_and(|end| self.now >= end);
        if grant.revoked {
            Some(Reason::GrantRevoked)
        } else if grant.not_before.is_some_and(|begin| self.now < begin) {
            Some(Reason::GrantNotYet)
        } else if past {
            Some(Reason::GrantExpired)
        } else if grant.uses_left == Some(0) {
            Some(Reason::GrantExhausted)
        } else if !self.allows_context(grant) {
            Some(Reason::ContextNotAllowed)
        } else if let Some(reason) = self.other_run(grant) {
            Some(reason)
        } else if !self.is_for(grant) {
            Some(Reason::ActingUserMismatch)
        } else if self.rules.missing(&grant.limits, self.wanted).is_some() {
            Some(Reason::ScopeMissing)
        } else {
            None
        }
    }

    fn is_in_time(&self, grant: &Grant) -> bool {
        grant.not_before.is_none_or(|begin| self.now >= begin)
            && grant.expires_at.is_none_or(|end| self.now < end)
    }

    fn allows_context(&self, grant: &Grant) -> bool {
        match &grant.contexts {
            Contexts::All => true,
            Contexts::These(contexts) => contexts.contains(&self.request.context),
        }
    }

    fn other_run(&self, grant: &Grant) -> Option<Reason> {
        match &grant.run {
            Run::Any => None,
            Run::Session(session) => {
                (self.request.session != Some(session)).then_some(Reason::SessionMismatch)
            }
            Run::Flow(flow, digest) => match self.request.flow {
                Some(running) if running.id == *flow => {
                    (running.digest != *digest).then_some(Reason::FlowChanged)
                }
                _ => Some(Reason::FlowMismatch),
            },
        }
    }

    fn is_for(&self, grant: &Grant) -> bool {
        match &grant.whom {
            Whom::Owner => self.acts_for(grant, |person| person.is(&self.connection.owner)),
            Whom::Users(users) => self.acts_for(grant, |person| users.contains(&person)),
            Whom::Anyone => true,
            Whom::Nobody => self.request.subject == Subject::Nobody,
        }
    }

    /// Whether this is done for such a person, who is here, or whose own flow runs as the grant knows it: whoever may
    /// edit a flow of somebody's does not come to their accounts by that.
    fn acts_for(&self, grant: &Grant, such: impl Fn(UserId) -> bool) -> bool {
        match self.request.subject {
            Subject::Asking(person) => such(person),
            Subject::Scheduled(person) => {
                let own = self.request.flow.is_some_and(|flow| flow.owner == Some(person));
                such(person) && own && matches!(grant.run, Run::Flow(..))
            }
            Subject::Nobody => false,
        }
    }
}
