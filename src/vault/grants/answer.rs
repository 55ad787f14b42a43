//! A decision as it is told.

use serde::Serialize;

use super::gather::Outcome;
use super::reason;
use crate::domain::{ActingRequest, Owner, Powers, Scopes, UnixTime};
use crate::grants::{Candidate, Refusal, Wanted, Who};

/// Allowed or not, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The provider that was asked for.
    pub provider: String,
    /// The connection: the one to use, or the one that the refusal is about.
    pub connection: Option<String>,
    /// Whose it is.
    pub owner: Option<String>,
    /// `service`, `personal` or `agent`.
    pub owner_class: Option<&'static str>,
    /// Which of the owner's.
    pub account: Option<String>,
    /// The grant that allows, forbids, or came nearest.
    pub grant: Option<String>,
    /// The scopes that this comes to; none where the provider does not say which it gave.
    pub scopes: Option<Scopes>,
    /// The operations that were wanted, where they are allowed.
    pub operations: Scopes,
    /// Why not.
    pub refusal: Option<RefusalTold>,
}

/// Why not, and what would help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusalTold {
    /// The stable code.
    pub reason: &'static str,
    /// The clause that failed.
    pub clause: &'static str,
    /// For a person.
    pub message: String,
    /// The part of the request that is not known.
    pub fact: Option<&'static str>,
    /// What is missing.
    pub missing: Powers,
    /// The accounts that would do.
    pub accounts: Vec<Account>,
    /// When it begins, Unix seconds.
    pub until: Option<i64>,
    /// What would help: the stable code.
    pub remedy: &'static str,
    /// Who can do it: the stable code.
    pub who: &'static str,
    /// Whose matter that is: `user:12`, where it is an owner's.
    pub whose: Option<String>,
}

/// One account by its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Whose.
    pub owner: String,
    /// Which.
    pub account: String,
}

impl Answer {
    pub(super) fn of(outcome: &Outcome, request: &ActingRequest, wanted: &Wanted) -> Self {
        let (connection, grant) = match &outcome.verdict {
            Ok(allowed) => (Some(allowed.connection), allowed.grant),
            Err(refusal) => (refusal.connection, refusal.grant),
        };
        let about = outcome.about();
        let (scopes, operations, refusal) = match &outcome.verdict {
            Ok(allowed) => (allowed.scopes.clone(), allowed.operations.clone(), None),
            Err(refusal) => {
                let told = RefusalTold::of(refusal, outcome.clause, request, wanted, about);
                (None, Scopes::default(), Some(told))
            }
        };
        Self {
            allowed: refusal.is_none(),
            provider: wanted.provider.to_string(),
            connection: connection.map(|id| id.to_string()),
            owner: about.map(|about| about.owner.to_string()),
            owner_class: about.map(|about| about.owner.class().as_str()),
            account: about.map(|about| about.account.to_string()),
            grant: grant.map(|id| id.to_string()),
            scopes,
            operations,
            refusal,
        }
    }
}

impl RefusalTold {
    pub(super) fn of(
        refusal: &Refusal,
        clause: Option<&'static str>,
        request: &ActingRequest,
        wanted: &Wanted,
        about: Option<&Candidate>,
    ) -> Self {
        let (remedy, who) = refusal.remedy();
        let clause = clause.unwrap_or_else(|| refusal.reason.clause());
        let accounts = refusal
            .accounts
            .iter()
            .map(|(owner, account)| Account { owner: owner.to_string(), account: account.to_string() });
        Self {
            reason: refusal.reason.code(),
            clause,
            message: reason::message(refusal, clause, request, wanted, about),
            fact: refusal.fact,
            missing: refusal.missing.clone(),
            accounts: accounts.collect(),
            until: refusal.until.map(UnixTime::seconds),
            remedy: remedy.code(),
            who: who.code(),
            whose: whose(who, request, wanted, about),
        }
    }
}

/// Whose matter a remedy is.
fn whose(who: Who, request: &ActingRequest, wanted: &Wanted, about: Option<&Candidate>) -> Option<String> {
    match who {
        Who::Owner => {
            let subject = request.subject.known().and_then(|subject| subject.person());
            let owner = about.map(|about| &about.owner).or(wanted.owner.as_ref()).map(Owner::to_string);
            let told = owner.or(subject.map(|person| person.to_string()));
            told.or_else(|| Some(Owner::NETWORK.to_string()))
        }
        Who::FlowOwner => request.flow.there()?.owner.map(|person| person.to_string()),
        Who::Caller | Who::Operator | Who::Nobody => None,
    }
}
