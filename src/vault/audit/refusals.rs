//! Refusals: the first of an hour is a record, repeats only count up, so that an agent in a loop does not fill the chain.

use super::event::{Event, Facts};
use super::prune::HOUR;
use crate::store::RefusalKey;
use crate::vault::Error;
use crate::vault::shared::Write;

impl Write<'_> {
    /// Counts something that was refused, or would have been, and says how many of the kind it were in this hour. Of one
    /// kind are those of an agent with the same target and code.
    pub(in crate::vault) fn count_refusal(&mut self, event: &Event) -> Result<u64, Error> {
        let Facts { target, code, .. } = &event.facts;
        let key = RefusalKey {
            event: event.what.as_str().to_owned(),
            agent: event.agent.clone().unwrap_or_default(),
            target: target.clone().unwrap_or_default(),
            code: code.clone().unwrap_or_default(),
            hour: self.now.seconds().div_euclid(HOUR),
        };
        let count = self.tx.count_refusal(&key, self.now.seconds())?;
        if count == 1 {
            self.audit(event)?;
        }
        Ok(count)
    }
}
