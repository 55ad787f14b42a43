//! Refusals: the first of an hour is a record, repeats only count up, so that an agent in a loop does not fill the chain.

use super::event::{Event, Facts, What};
use super::prune::HOUR;
use crate::domain::{Owner, RecordId};
use crate::store::RefusalKey;
use crate::vault::shared::Write;
use crate::vault::{Error, Vault};

/// An attempt that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The agent.
    pub agent: Owner,
    /// What it wanted: a connection's id, or a provider and an owner. Never a secret.
    pub target: String,
    /// The stable code of why not.
    pub code: String,
    /// Whose account it would have been.
    pub subject: Option<Owner>,
    /// The connection, where it is known.
    pub connection: Option<RecordId>,
}

impl Vault {
    /// Writes down a refusal, and says how many of the kind it were in this hour.
    pub fn record_refusal(&self, refusal: &Refusal) -> Result<u64, Error> {
        self.write(|write| write.refused(refusal))
    }
}

impl Write<'_> {
    /// The same within a transaction.
    pub(in crate::vault) fn refused(&mut self, refusal: &Refusal) -> Result<u64, Error> {
        let agent = refusal.agent.to_string();
        let hour = self.now.seconds().div_euclid(HOUR);
        let Refusal { target, code, .. } = refusal.clone();
        let key = RefusalKey { agent: agent.clone(), target: target.clone(), code: code.clone(), hour };
        let count = self.tx.count_refusal(&key, self.now.seconds())?;
        if count == 1 {
            self.audit(&Event {
                agent: Some(agent),
                subject: refusal.subject.as_ref().map(ToString::to_string),
                connection: refusal.connection,
                ..Event::of_store(
                    What::Refused,
                    Facts { target: Some(target), code: Some(code), ..Facts::default() },
                )
            })?;
        }
        Ok(count)
    }
}
