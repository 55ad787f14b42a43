//! Going along a chain, record by record, against the one before and against the rows. Pairs: `pairs.rs`.

use super::chain::{NONE, authentic, mac};
use super::event::{Facts, What};
use super::verify::Finding;
use crate::crypto::MacKey;
use crate::domain::unhex;
use crate::store::{AuditFilter, AuditHead, AuditRecord, ReadTx};
use crate::vault::Error;
use crate::vault::unlocked::Unlocked;

/// What lies before the first record that is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Floor {
    /// The last number that was pruned; 0 where nothing was.
    pub(super) through: i64,
    /// The MAC of that record.
    pub(super) mac: Vec<u8>,
}

/// How far somebody has gone along a chain, and so what the next record is held against.
pub(super) struct Trail {
    /// The number of the last record that was looked at.
    pub(super) at: i64,
    /// Its MAC; none where nobody knows it.
    before: Option<Vec<u8>>,
}

/// How a record fits the one before it.
pub(super) struct Link {
    /// The first and the last number that are not there before it.
    pub(super) missing: Option<(i64, i64)>,
    /// The chain was found damaged by a write, and begins anew with this record.
    pub(super) broken: bool,
    /// Whether it is as it was written; none where nobody knows the record before.
    pub(super) intact: Option<bool>,
}

impl Trail {
    /// Behind a record, or behind what was pruned.
    pub(super) fn behind(
        tx: &mut dyn ReadTx,
        floor: &Floor,
        stream: i64,
        number: i64,
    ) -> Result<Self, Error> {
        let before =
            if number == floor.through { Some(floor.mac.clone()) } else { mac_at(tx, stream, number)? };
        Ok(Self { at: number, before })
    }

    /// Goes on to the next record that is there.
    pub(super) fn step(&mut self, record: &AuditRecord, key: &MacKey) -> Link {
        let expected = self.at.saturating_add(1);
        let missing = (record.sequence != expected).then_some((expected, record.sequence - 1));
        let broken = record.event == What::Broken.as_str();
        let before = match self.before.take() {
            _ if broken => Some(NONE.to_vec()),
            before => before.filter(|_| missing.is_none()),
        };
        let intact = before.map(|before| mac(record, &before, key) == record.mac);
        (self.at, self.before) = (record.sequence, Some(record.mac.clone()));
        Link { missing, broken, intact }
    }
}

/// A walk along one chain.
pub(super) struct Walk<'a> {
    pub(super) tx: &'a mut dyn ReadTx,
    unlocked: &'a Unlocked,
    head: AuditHead,
    pub(super) floor: Floor,
    pub(super) trail: Trail,
    pub(super) findings: Vec<Finding>,
}

impl<'a> Walk<'a> {
    /// A walk that begins behind a number, or behind what was pruned.
    pub(super) fn new(
        tx: &'a mut dyn ReadTx,
        unlocked: &'a Unlocked,
        head: AuditHead,
        after: i64,
    ) -> Result<Self, Error> {
        let floor = floor(tx, unlocked, head.stream)?;
        let trail = Trail::behind(tx, &floor, head.stream, after.max(floor.through))?;
        Ok(Self { tx, unlocked, head, floor, trail, findings: Vec::new() })
    }

    /// Looks at what stands before the chain's first record: nothing may.
    pub(super) fn begin(&mut self) -> Result<(), Error> {
        let before = AuditFilter {
            before: Some(self.floor.through.saturating_add(1)),
            ..AuditFilter::behind(self.head.stream, i64::MIN, 1)
        };
        if let Some(record) = self.tx.audit(&before)?.pop() {
            let what = "stands before the beginning of the chain: it was inserted";
            self.find(Finding::record("record_unknown", &record, what));
        }
        Ok(())
    }

    /// The records that come next; none at the end.
    pub(super) fn slice(&mut self, limit: u32) -> Result<Vec<AuditRecord>, Error> {
        Ok(self.tx.audit(&AuditFilter::behind(self.head.stream, self.trail.at, limit))?)
    }

    /// Looks at the next record.
    pub(super) fn step(&mut self, record: &AuditRecord) -> Result<(), Error> {
        let link = self.trail.step(record, &self.unlocked.audit);
        if link.broken {
            self.find(Finding::record("chain_broken", record, "the chain was found damaged by this write"));
        } else if let Some((from, through)) = link.missing {
            self.find(Finding::missing(record.stream, from, through));
        }
        let facts = Facts::of(&record.record);
        if record.sequence > self.head.sequence {
            let what = "is behind the end of the chain: it was inserted, or the chain's end was changed";
            self.find(Finding::record("record_unknown", record, what));
        } else if link.intact == Some(false) {
            self.find(Finding::record("record_changed", record, "was changed since it was written"));
        } else {
            if record.about_row {
                self.row(record, &facts)?;
            }
            if let Some(stands) = facts.pair.filter(|_| record.about_pair) {
                self.pair(record, &stands)?;
            }
        }
        Ok(())
    }

    /// Looks at what a record says of its row: how it stood before, and whether it is still there.
    fn row(&mut self, record: &AuditRecord, facts: &Facts) -> Result<(), Error> {
        let Some(id) = record.connection else { return Ok(()) };
        // A carried record repeats an earlier one, and says nothing of before.
        if let Some(was) = &facts.was {
            match self.tx.audit_of_row(record.stream, id, record.sequence)? {
                Some(earlier) if Facts::of(&earlier.record).row.as_ref() == Some(was) => {}
                Some(earlier) => {
                    let what = format!(
                        "found the row otherwise than record {} left it: an earlier state was put back",
                        earlier.sequence
                    );
                    self.find(Finding::record("row_put_back", record, &what));
                }
                // Pruning takes what came before with it.
                None if self.floor.through > 0 => {}
                None => {
                    let what = "found a row that no record knows: it was inserted";
                    self.find(Finding::record("row_unknown", record, what));
                }
            }
        }
        if facts.row.is_some()
            && !self.tx.has_row(id)?
            && self
                .tx
                .audit_of_row(record.stream, id, i64::MAX)?
                .is_some_and(|last| last.sequence == record.sequence)
        {
            self.find(Finding::record("row_missing", record, "says that the row stands, and it is gone"));
        }
        Ok(())
    }

    /// Looks at the end of the chain, once nothing comes any more.
    pub(super) fn end(&mut self) {
        let head = self.head.clone();
        let at = self.trail.at;
        if at < head.sequence {
            self.find(Finding::missing(head.stream, at + 1, head.sequence));
        }
        let told = authentic(&head, &self.unlocked.audit);
        let fits = told.is_some_and(|end| at != end.sequence || self.trail.before == Some(end.mac));
        if !fits {
            self.find(Finding::head(head.stream, head.sequence));
        }
    }

    pub(super) fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}

/// The newest checkpoint whose own MAC fits: one that was forged would hide what was deleted before it.
pub(super) fn floor(tx: &mut dyn ReadTx, unlocked: &Unlocked, stream: i64) -> Result<Floor, Error> {
    let mut filter = AuditFilter {
        event: Some(What::Checkpoint.as_str().to_owned()),
        newest_first: true,
        ..AuditFilter::behind(stream, 0, 1)
    };
    while let Some(record) = tx.audit(&filter)?.pop() {
        let facts = Facts::of(&record.record);
        if let (Some(through), Some(mac)) = (facts.through, facts.mac.as_deref().and_then(unhex)) {
            let floor = Floor { through, mac };
            if is_authentic(tx, unlocked, &record, &floor)? {
                return Ok(floor);
            }
        }
        filter.before = Some(record.sequence);
    }
    Ok(Floor { through: 0, mac: NONE.to_vec() })
}

/// Whether one record fits the one before it, or what was pruned.
pub(super) fn is_authentic(
    tx: &mut dyn ReadTx,
    unlocked: &Unlocked,
    record: &AuditRecord,
    floor: &Floor,
) -> Result<bool, Error> {
    let number = record.sequence - 1;
    let before = if record.event == What::Broken.as_str() {
        Some(NONE.to_vec())
    } else if number == floor.through {
        Some(floor.mac.clone())
    } else {
        mac_at(tx, record.stream, number)?
    };
    Ok(before.is_some_and(|before| mac(record, &before, &unlocked.audit) == record.mac))
}

/// The MAC of the record with that number.
pub(super) fn mac_at(tx: &mut dyn ReadTx, stream: i64, number: i64) -> Result<Option<Vec<u8>>, Error> {
    let found = tx.audit(&AuditFilter::behind(stream, number.saturating_sub(1), 1))?.pop();
    Ok(found.filter(|record| record.sequence == number).map(|record| record.mac))
}
