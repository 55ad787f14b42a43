//! Pairs of an agent and an owner against the chain: the last record about a pair says how its head stands.

use super::chain::is_absent;
use super::event::{Facts, PairFacts, What, pair_tag};
use super::verify::{Finding, Page, SLICE, VerifyCursor, last};
use super::walk::Walk;
use crate::store::{AuditRecord, GrantHead, ReadTx};
use crate::vault::Error;
use crate::vault::grants::standing;
use crate::vault::unlocked::Unlocked;

/// Whether a pair whose own MACs fit stands as its last record says. Without a chain nothing says otherwise.
pub(in crate::vault) fn pair_as_recorded(
    tx: &mut dyn ReadTx,
    unlocked: &Unlocked,
    names: (&str, &str),
    head: Option<&GrantHead>,
) -> Result<bool, Error> {
    let heads = tx.audit_heads()?;
    let last = last(&heads, |stream| tx.audit_of_pair(stream, names.0, names.1, i64::MAX))?;
    let recorded = last.and_then(|last| Facts::of(&last.record).pair).map(|stands| stands.tag);
    let found = head.map(|head| pair_tag(&head.head, &unlocked.audit));
    Ok(is_absent(&heads) || recorded == found)
}

impl Walk<'_> {
    /// Looks at what a record says of its pair: how it stood before, and whether it is still there.
    pub(super) fn pair(&mut self, record: &AuditRecord, stands: &PairFacts) -> Result<(), Error> {
        let (Some(agent), Some(owner)) = (&record.agent, &record.subject) else { return Ok(()) };
        if record.event == What::PairReset.as_str() {
            let what =
                "ended all grants of a pair, which something else than this library had changed or put back";
            self.find(Finding::record("pair_changed", record, what));
        } else if ![What::Baseline, What::Carried].iter().any(|what| record.event == what.as_str()) {
            let earlier = self.tx.audit_of_pair(record.stream, agent, owner, record.sequence)?;
            self.pair_before(record, stands.was.as_deref(), earlier);
        }
        let is_last = self
            .tx
            .audit_of_pair(record.stream, agent, owner, i64::MAX)?
            .is_some_and(|last| last.sequence == record.sequence);
        if is_last && self.tx.grant_head(agent, owner)?.is_none() {
            let what = "says how the grants stand, and they were taken away as a whole";
            self.find(Finding::record("pair_missing", record, what));
        }
        Ok(())
    }

    /// Compares how a write found a pair with how the record before had left it.
    fn pair_before(&mut self, record: &AuditRecord, was: Option<&str>, earlier: Option<AuditRecord>) {
        let Some(earlier) = earlier else {
            // Pruning takes what came before with it.
            if was.is_some() && self.floor.through == 0 {
                let what = "found grants that no record knows: their records were cut off";
                self.find(Finding::record("pair_unknown", record, what));
            }
            return;
        };
        let left = Facts::of(&earlier.record).pair.map(|stands| stands.tag);
        if was == left.as_deref() {
            return;
        }
        let (code, how) = match was {
            Some(_) => ("pair_put_back", "an earlier state was put back"),
            None => ("pair_missing", "they had been taken away as a whole"),
        };
        let what = format!("found the grants otherwise than record {} left them: {how}", earlier.sequence);
        self.find(Finding::record(code, record, &what));
    }
}

impl Page<'_> {
    /// Compares each pair behind that one with its last record.
    pub(super) fn pairs(
        &mut self,
        tx: &mut dyn ReadTx,
        mut after: (String, String),
    ) -> Result<Option<VerifyCursor>, Error> {
        loop {
            let page = tx.pairs((&after.0, &after.1), self.left().clamp(1, SLICE))?;
            if page.is_empty() {
                return Ok(None);
            }
            for pair in page {
                if self.left() == 0 {
                    return Ok(Some(VerifyCursor::Pairs(after.0, after.1)));
                }
                let found = self.pair(tx, &pair.0, &pair.1)?;
                self.findings.extend(found);
                after = pair;
            }
        }
    }

    fn pair(&mut self, tx: &mut dyn ReadTx, agent: &str, owner: &str) -> Result<Option<Finding>, Error> {
        let (head, grants) = standing(tx, self.unlocked, agent, owner)?;
        self.pairs += 1;
        self.grants += u32::try_from(grants).unwrap_or(u32::MAX);
        let finding = |code, last: Option<&AuditRecord>, what: &str| {
            let message = format!("the grants of {owner} to {agent}: {what}");
            Some(Finding {
                agent: Some(agent.to_owned()),
                owner: Some(owner.to_owned()),
                ..Finding::standing(code, last, message)
            })
        };
        let Some(head) = head else {
            let what = "were changed by something else than this library, and allow nothing";
            return Ok(finding("pair_changed", None, what));
        };
        if is_absent(&self.heads) {
            let what = "there is no audit chain that would know them: it was deleted";
            return Ok(finding("pair_unknown", None, what));
        }
        let Some(last) = last(&self.heads, |stream| tx.audit_of_pair(stream, agent, owner, i64::MAX))? else {
            return Ok(finding("pair_unknown", None, "no record knows them: their records were cut off"));
        };
        Ok(match Facts::of(&last.record).pair {
            Some(stands) if stands.tag == pair_tag(&head.head, &self.unlocked.audit) => None,
            Some(stands) if stands.sequence < head.sequence => {
                let what = "are newer than their last record: later records were cut off";
                finding("pair_ahead", Some(&last), what)
            }
            _ => {
                let what = "are not as their last record left them: an earlier state was put back";
                finding("pair_put_back", Some(&last), what)
            }
        })
    }
}
