//! One request, and all connections that it may mean.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::judge::{Allowed, Candidate, Judged, judge};
use super::reason::{Reason, Refusal};
use super::rules::Rules;
use crate::domain::{
    AccountName, ActingRequest, Grant, Owner, OwnerClass, Powers, Provider, RecordId, Status, UnixTime,
};

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// A connection of this provider.
    pub provider: Provider,
    /// Of this owner, where that matters.
    pub owner: Option<Owner>,
    /// With this account name, where that matters.
    pub account: Option<AccountName>,
    /// This very one, where that matters.
    pub connection: Option<RecordId>,
    /// To do what; nothing in particular, where it is empty.
    pub powers: Powers,
}

/// The answer, and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The answer.
    pub verdict: Result<Allowed, Refusal>,
    /// What became of each connection that was looked at, in the order in which they were given.
    pub considered: Vec<(RecordId, Judged)>,
}

/// Decides. `connections` and `grants` may hold more than concerns the request.
pub fn decide(
    request: &ActingRequest,
    wanted: &Wanted,
    connections: &[Candidate],
    grants: &[Grant],
    rules: &Rules,
    now: UnixTime,
) -> Decision {
    let fitting: Vec<&Candidate> = connections.iter().filter(|connection| wanted.fits(connection)).collect();
    let judged: Vec<Judged> = fitting
        .iter()
        .map(|connection| judge(request, &wanted.powers, connection, grants, rules, now))
        .collect();
    let verdict = choose(request, &fitting, &judged);
    let ids = fitting.iter().map(|connection| connection.id);
    Decision { verdict, considered: ids.zip(judged).collect() }
}

impl Wanted {
    fn fits(&self, connection: &Candidate) -> bool {
        self.provider == connection.provider
            && self.owner.as_ref().is_none_or(|owner| *owner == connection.owner)
            && self.account.as_ref().is_none_or(|account| *account == connection.account)
            && self.connection.is_none_or(|id| id == connection.id)
    }
}

fn choose(request: &ActingRequest, fitting: &[&Candidate], judged: &[Judged]) -> Result<Allowed, Refusal> {
    let pairs =
        || fitting.iter().copied().zip(judged).map(|(connection, judged)| (connection, &judged.verdict));
    let permitted = || pairs().filter(|(connection, verdict)| is_permitted(connection, verdict));
    if let Some(best) = permitted().map(|(connection, _)| rank(request, &connection.owner)).min() {
        let meant: Vec<_> =
            permitted().filter(|(connection, _)| rank(request, &connection.owner) == best).collect();
        return one_of(&meant);
    }
    let refused = pairs().filter_map(|(connection, verdict)| Some((connection, verdict.as_ref().err()?)));
    let nearest = refused.min_by_key(|(connection, refusal)| {
        let named = connection.account != AccountName::default();
        (rank(request, &connection.owner), Reverse(refusal.reason), named, connection.id)
    });
    Err(nearest.map_or_else(|| Refusal::new(Reason::NoConnection), |(_, refusal)| refusal.clone()))
}

/// Whether a connection may be the one that is meant: a token that ran out does not send a post to another account, and
/// one that never was connected, or is ended, does not stand in another's way.
fn is_permitted(connection: &Candidate, verdict: &Result<Allowed, Refusal>) -> bool {
    match verdict {
        Ok(_) => true,
        Err(refusal) => {
            refusal.reason.is_state() && !matches!(connection.status, Status::Pending | Status::Revoked)
        }
    }
}

/// The only one, or its owner's default: an owner has one account of a name.
fn one_of(meant: &[(&Candidate, &Result<Allowed, Refusal>)]) -> Result<Allowed, Refusal> {
    if let [(_, only)] = meant {
        return (*only).clone();
    }
    let accounts: BTreeSet<_> =
        meant.iter().map(|(connection, _)| (&connection.owner, &connection.account)).collect();
    let owners: BTreeSet<&Owner> = accounts.iter().map(|(owner, _)| *owner).collect();
    let default = meant.iter().find(|(connection, _)| connection.account == AccountName::default());
    match default {
        Some((_, default)) if owners.len() == 1 => (*default).clone(),
        _ => {
            let accounts = accounts.into_iter().map(|(owner, name)| (owner.clone(), name.clone())).collect();
            Err(Refusal { accounts, ..Refusal::new(Reason::AmbiguousAccount) })
        }
    }
}

/// Whose account is meant first: the person's for whom this is done, the agent's own, the site's, anybody else's.
fn rank(request: &ActingRequest, owner: &Owner) -> u8 {
    let subject = request.subject.known().and_then(|subject| subject.person());
    let agent = request.agent.there();
    if subject.is_some_and(|person| person.is(owner)) {
        1
    } else if agent.is_some_and(|agent| agent.is(owner)) {
        2
    } else if owner.class() == OwnerClass::Service {
        3
    } else {
        4
    }
}
