//! The agent's door: decided, counted and written down, and only then a credential leaves.

use super::answer::Answer;
use super::credential;
use super::gather::{Gather, Outcome};
use super::pair;
use crate::domain::{ActingRequest, SecretBytes, Subject};
use crate::grants::{Reason, Wanted};
use crate::vault::audit::{Event, Facts, What};
use crate::vault::shared::Write;
use crate::vault::{Code, Error, Vault};

/// What came of asking for a credential.
#[derive(Debug)]
pub struct Acquired {
    /// Whether it was allowed, and why not.
    pub answer: Answer,
    /// The members that the catalogue lets an agent have, a JSON object; none where it was refused.
    pub credential: Option<SecretBytes>,
}

impl Vault {
    /// Hands out what the catalogue's `use` list of the provider names, to a request that may have it. The use is counted
    /// and recorded in the same transaction; so is a refusal.
    pub fn acquire(&self, request: &ActingRequest, wanted: &Wanted) -> Result<Acquired, Error> {
        self.write_here(|write| {
            let (outcome, credential) = self.gather_within(write, |gather| {
                let mut outcome = gather.consider(request, wanted, false)?;
                let credential = match &outcome.verdict {
                    Ok(allowed) => opened(credential::of(gather, allowed.connection))?,
                    Err(_) => Ok(SecretBytes::default()),
                };
                if let Err(reason) = &credential {
                    outcome.refuse(*reason);
                }
                Ok((outcome, credential.ok()))
            })?;
            settle(write, What::Acquired, &outcome, request, wanted)?;
            let answer = Answer::of(&outcome, request, wanted);
            Ok(Acquired { credential: credential.filter(|_| answer.allowed), answer })
        })
    }

    /// One decision within a write transaction.
    pub(super) fn gather_within<T>(
        &self,
        write: &mut Write<'_>,
        work: impl FnOnce(&mut Gather<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        work(&mut Gather::new(write.tx, &self.shared, write.unlocked, &self.catalogue)?)
    }
}

/// Counts and records what came of a request: a use, or a refusal.
pub(super) fn settle(
    write: &mut Write<'_>,
    what: What,
    outcome: &Outcome,
    request: &ActingRequest,
    wanted: &Wanted,
) -> Result<(), Error> {
    let Ok(allowed) = &outcome.verdict else {
        return write.count_refusal(&event(What::Refused, outcome, request, wanted)).map(drop);
    };
    let mut event = event(what, outcome, request, wanted);
    if let Some(grant) = allowed.grant {
        event.facts.pair = pair::count_use(write, grant)?;
    }
    write.tx.set_last_used(allowed.connection, write.now.seconds())?;
    write.audit(&event)
}

/// What does not open, or has nothing to hand out, is refused; any other error is the call's.
fn opened(found: Result<Option<SecretBytes>, Error>) -> Result<Result<SecretBytes, Reason>, Error> {
    match found {
        Ok(Some(credential)) => Ok(Ok(credential)),
        Ok(None) => Ok(Err(Reason::NeedsReauth)),
        Err(error) => match error.code() {
            Code::Integrity => Ok(Err(Reason::Integrity)),
            Code::KeyUnavailable => Ok(Err(Reason::KeyUnavailable)),
            _ => Err(error),
        },
    }
}

/// What is recorded of a request. A refusal names no more of what was wanted than the connection or the provider: an agent that
/// makes up names does not fill the chain.
pub(super) fn event(what: What, outcome: &Outcome, request: &ActingRequest, wanted: &Wanted) -> Event {
    let about = outcome.about();
    let connection = about.map(|about| about.id);
    let target = connection.map_or_else(|| wanted.provider.to_string(), |id| id.to_string());
    let (grant, code) = match &outcome.verdict {
        Ok(allowed) => (allowed.grant, None),
        Err(refusal) => (refusal.grant, Some(refusal.reason.code().to_owned())),
    };
    let facts = Facts {
        provider: Some(wanted.provider.to_string()),
        account: about.map(|about| about.account.to_string()),
        target: code.is_some().then_some(target),
        code,
        behalf: request
            .subject
            .known()
            .filter(|subject| **subject != Subject::Nobody)
            .map(ToString::to_string),
        context: request.context.known().map(|context| context.as_str().to_owned()),
        session: request.session.there().map(ToString::to_string),
        flow: request.flow.there().map(|flow| flow.id.to_string()),
        ..Facts::default()
    };
    Event {
        agent: request.agent.there().map(ToString::to_string),
        subject: about.map(|about| about.owner.to_string()),
        connection,
        grant,
        ..Event::of_store(what, facts)
    }
}
