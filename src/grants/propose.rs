//! The grant that would let a refused request through: as narrow as the request.

use std::collections::BTreeSet;

use super::clauses::Known;
use super::decide::Wanted;
use super::judge::Candidate;
use super::reason::Refusal;
use super::remedy::Remedy;
use crate::domain::{
    AccountName, ActingRequest, AgentId, Contexts, Limits, Run, Subject, Target, UserId, Whom,
};

/// A grant that somebody may give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// To whom.
    pub agent: AgentId,
    /// With which connections.
    pub target: Target,
    /// What.
    pub limits: Limits,
    /// Where.
    pub contexts: Contexts,
    /// In which flow, where one runs by itself.
    pub run: Run,
    /// For whom.
    pub whom: Whom,
}

/// What would let a request use the connection that it was refused; none where no grant would, or only one that lets in
/// more than this request. It says what was wanted; where that was nothing in particular, everything.
pub fn propose(
    request: &ActingRequest,
    wanted: &Wanted,
    refusal: &Refusal,
    about: &Candidate,
) -> Option<Proposal> {
    if !matches!(refusal.remedy().0, Remedy::Grant | Remedy::Widen | Remedy::ConfirmFlow) {
        return None;
    }
    let request = Known::new(request).ok()?;
    let limits = match wanted.powers.is_empty() {
        true => Limits::NONE,
        false => Limits::only(&wanted.powers),
    };
    // A name of its own says which account is meant; the default one is whichever is connected.
    let target = match about.account == AccountName::default() {
        true => Target::Any { owner: about.owner.clone(), provider: about.provider.clone() },
        false => Target::Connection(about.id),
    };
    let run = match (request.flow, request.subject) {
        (Some(flow), Subject::Scheduled(_) | Subject::Nobody) => Run::Flow(flow.id.clone(), flow.digest),
        _ => Run::Any,
    };
    let of = |person: UserId| match person.is(&about.owner) {
        true => Whom::Owner,
        false => Whom::Users(BTreeSet::from([person])),
    };
    let whom = match request.subject {
        Subject::Asking(person) => of(person),
        // Somebody else's flow that says it runs for a person is none of theirs.
        Subject::Scheduled(person) => of(request.flow?.owner.filter(|owner| *owner == person)?),
        Subject::Nobody => Whom::Nobody,
    };
    let contexts = Contexts::These(BTreeSet::from([request.context]));
    Some(Proposal { agent: request.agent?, target, limits, contexts, run, whom })
}
