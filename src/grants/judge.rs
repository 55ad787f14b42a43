//! One connection and one request.

use std::cmp::Reverse;

use super::clauses::{Known, Situation};
use super::reason::{Reason, Refusal};
use super::rules::Rules;
use crate::domain::{
    AccountName, ActingRequest, Effect, Grant, Owner, OwnerClass, Powers, Provider, RecordId, Scopes, Status,
    Subject, UnixTime,
};

/// What a decision has to know of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Which one.
    pub id: RecordId,
    /// Of what.
    pub provider: Provider,
    /// Whose.
    pub owner: Owner,
    /// Which of the owner's.
    pub account: AccountName,
    /// What the provider gave; empty where it does not say.
    pub scopes: Scopes,
    /// How it stands now.
    pub status: Status,
    /// Whether nobody but this library wrote it.
    pub intact: bool,
}

/// What is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// With which connection.
    pub connection: RecordId,
    /// By which grant; none for who owns or manages it.
    pub grant: Option<RecordId>,
    /// The scopes that this comes to; none where the provider does not say which it gave.
    pub scopes: Option<Scopes>,
    /// The operations that were wanted.
    pub operations: Scopes,
}

/// Either, and what became of each grant that concerned it: none for one that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The answer.
    pub verdict: Result<Allowed, Refusal>,
    /// The permissions that were looked at.
    pub grants: Vec<(RecordId, Option<Reason>)>,
}

/// Whether a request may use a connection.
pub fn judge(
    request: &ActingRequest,
    wanted: &Powers,
    connection: &Candidate,
    grants: &[Grant],
    rules: &Rules,
    now: UnixTime,
) -> Judged {
    let mut judged = match Known::new(request) {
        Ok(request) => Situation { request, wanted, connection, rules, now }.judge(grants),
        Err(fact) => {
            let refusal = Refusal { fact: Some(fact), ..Refusal::new(Reason::UnknownFact) };
            Judged { verdict: Err(refusal), grants: Vec::new() }
        }
    };
    if let Err(refusal) = &mut judged.verdict {
        refusal.connection = Some(connection.id);
    }
    judged
}

impl Situation<'_> {
    fn judge(&self, grants: &[Grant]) -> Judged {
        let mut looked_at = Vec::new();
        let admitted = match self.request.agent {
            None => self.admit_person().map(|()| None),
            Some(_) => self.admit_agent(grants, &mut looked_at).map(Some),
        };
        let verdict = admitted.and_then(|grant| {
            self.check_ceilings()?;
            self.check_state()?;
            let (scopes, operations) = (self.effective(grant, grants), self.wanted.operations.clone());
            Ok(Allowed {
                connection: self.connection.id,
                grant: grant.map(|grant| grant.id),
                scopes,
                operations,
            })
        });
        Judged { verdict, grants: looked_at }
    }

    /// Nobody's agent: who owns it, or manages its owner, uses it directly.
    fn admit_person(&self) -> Result<(), Refusal> {
        let owner = &self.connection.owner;
        match self.request.subject {
            Subject::Asking(person) if person.is(owner) => Ok(()),
            Subject::Asking(_)
                if owner.class() == OwnerClass::Service && self.request.manages.contains(owner) =>
            {
                Ok(())
            }
            Subject::Asking(_) => Err(Refusal::new(Reason::NotTheOwner)),
            Subject::Scheduled(_) | Subject::Nobody => Err(Refusal::new(Reason::NobodyAsks)),
        }
    }

    /// The grant that lets the agent in.
    fn admit_agent<'g>(
        &self,
        grants: &'g [Grant],
        looked_at: &mut Vec<(RecordId, Option<Reason>)>,
    ) -> Result<&'g Grant, Refusal> {
        let against = grants.iter().filter(|grant| self.stands_against(grant));
        let forbids = |grant: &&Grant| self.rules.touch(&grant.limits, self.wanted);
        if let Some(forbidding) = against.filter(forbids).min_by_key(|grant| grant.id) {
            return Err(Refusal { grant: Some(forbidding.id), ..Refusal::new(Reason::Forbidden) });
        }
        let permissions =
            grants.iter().filter(|grant| grant.effect == Effect::Permit && self.concerns(grant));
        let tried: Vec<_> = permissions.map(|grant| (grant, self.unmet(grant))).collect();
        looked_at.extend(tried.iter().map(|(grant, unmet)| (grant.id, *unmet)));
        let fitting = tried.iter().filter(|(_, unmet)| unmet.is_none()).map(|(grant, _)| *grant);
        // Unlimited ones first, then those that last longest.
        let best = fitting.min_by_key(|grant| {
            let lasts = grant.expires_at.unwrap_or(UnixTime::MAX);
            (grant.uses_left.is_some(), grant.expires_at.is_some(), Reverse(lasts), grant.id)
        });
        best.ok_or_else(|| {
            let failed = tried.iter().filter_map(|(grant, unmet)| Some((*grant, (*unmet)?)));
            match failed.min_by_key(|(grant, reason)| (Reverse(*reason), grant.id)) {
                Some((nearest, reason)) => self.refused_by(nearest, reason),
                None => Refusal::new(Reason::NoGrant),
            }
        })
    }

    fn refused_by(&self, grant: &Grant, reason: Reason) -> Refusal {
        let missing = match reason {
            Reason::ScopeMissing => self.rules.missing(&grant.limits, self.wanted).unwrap_or_default(),
            _ => Powers::default(),
        };
        let until = grant.not_before.filter(|_| reason == Reason::GrantNotYet);
        Refusal { grant: Some(grant.id), missing, until, ..Refusal::new(reason) }
    }

    /// What the caller may, what the catalogue allows, and what the provider gave.
    fn check_ceilings(&self) -> Result<(), Refusal> {
        let Self { rules, wanted, connection, .. } = self;
        let beyond_caller = rules.missing(self.request.may, wanted);
        let scopes = rules.scopes_of(wanted);
        let such = |scopes: Scopes| (!scopes.is_empty()).then(|| Powers { scopes, ..Powers::default() });
        let beyond_catalogue = such(scopes.only(|scope| !rules.ceiling.contains(scope)));
        let said = !connection.scopes.is_empty();
        let not_given = such(scopes.only(|scope| said && !connection.scopes.contains(scope)));
        for (reason, missing) in [
            (Reason::CallerCeiling, beyond_caller),
            (Reason::ProviderCeiling, beyond_catalogue),
            (Reason::ScopeNotGiven, not_given),
        ] {
            if let Some(missing) = missing {
                return Err(Refusal { missing, ..Refusal::new(reason) });
            }
        }
        Ok(())
    }

    fn check_state(&self) -> Result<(), Refusal> {
        match Reason::of_state(self.connection.intact, self.connection.status) {
            None => Ok(()),
            Some(reason) => Err(Refusal::new(reason)),
        }
    }

    /// What is forbidden is not among them either, though something else is wanted; an operation that is wanted and
    /// not forbidden keeps the scopes that it shares with one that is.
    fn effective(&self, grant: Option<&Grant>, grants: &[Grant]) -> Option<Scopes> {
        let Self { rules, connection, .. } = self;
        let wanted = rules.scopes_of(self.wanted);
        let against: Vec<&Grant> = grants.iter().filter(|grant| self.stands_against(grant)).collect();
        let forbidden = |scope: &str| {
            !wanted.contains(scope) && against.iter().any(|grant| rules.touch_scope(&grant.limits, scope))
        };
        let within = |scope: &str| {
            grant.is_none_or(|grant| rules.has_scope(&grant.limits, scope))
                && rules.ceiling.contains(scope)
                && rules.has_scope(self.request.may, scope)
                && !forbidden(scope)
        };
        (!connection.scopes.is_empty()).then(|| connection.scopes.only(within))
    }
}
