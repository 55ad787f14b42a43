//! Forgetting old records, without forgetting how the rows and the pairs have to stand.

use serde::Serialize;

use super::anchor::{self, Anchor};
use super::chain::STREAM;
use super::event::{Event, Facts, PairFacts, What};
use super::walk::Walk;
use crate::domain::{UnixTime, hex};
use crate::store::{AuditHead, AuditRecord, ReadTx, WriteTx};
use crate::vault::shared::Write;
use crate::vault::{Code, Error, Vault};

/// The most records that one call takes away: writers wait meanwhile.
const LONGEST: u32 = 10_000;
/// Refusals are counted by the hour.
pub(super) const HOUR: i64 = 3600;

/// What to prune.
#[derive(Debug, Clone, Copy)]
pub struct PruneOptions {
    /// What happened before this time goes; never what happens in this second.
    pub before: UnixTime,
    /// Whether findings go with it; without this they refuse.
    pub accept_findings: bool,
    /// Whether records go that a reader of events is not done with; without this they stay.
    pub ignore_consumers: bool,
}

impl PruneOptions {
    /// What is older than that, as long as nothing is wrong with it and nobody is to be told of it still.
    pub fn before(before: UnixTime) -> Self {
        Self { before, accept_findings: false, ignore_consumers: false }
    }
}

/// A reader of events that pruning waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waits {
    /// Its name.
    pub consumer: String,
    /// Since when it is where it is, in Unix seconds.
    pub at: i64,
}

/// What pruning came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// How many records are gone.
    pub pruned: u64,
    /// How many rows' and pairs' last records were carried forward.
    pub carried: u64,
    /// How many counts of repeated refusals are gone.
    pub refusals: u64,
    /// How many findings went with the records.
    pub accepted: u64,
    /// Whether there are more records that old and may go: call again.
    pub more: bool,
    /// Who has to be done first with records that are that old.
    pub waits_for: Vec<Waits>,
    /// Where the chain is now: anchors that were taken before prove nothing any more.
    pub anchor: Anchor,
}

impl Vault {
    /// Deletes the oldest records, at most 10,000 in a call and only those before the first that is not that old or that a reader
    /// of events is not done with. What they say last of a row that stands or of a pair is carried forward, and a checkpoint says where they ended.
    pub fn prune_audit(&self, options: PruneOptions) -> Result<Pruned, Error> {
        self.write(|write| {
            let end = write.begin_chain()?;
            // What is carried is of now, and would be pruned again in the next call.
            let before = options.before.min(write.now).seconds();
            let head = AuditHead { stream: end.stream, sequence: end.sequence, head: Vec::new() };
            let mut walk = Walk::new(write.tx, write.unlocked, head, 0)?;
            let mut old = Vec::new();
            for record in walk.slice(LONGEST + 1)? {
                if record.at >= before {
                    break;
                }
                old.push(record);
            }
            let waits_for = match options.ignore_consumers {
                true => Vec::new(),
                false => hold_back(walk.tx, &mut old)?,
            };
            let more = old.len() > LONGEST as usize;
            old.truncate(LONGEST as usize);
            for record in &old {
                walk.step(record)?;
            }
            let findings = walk.findings.len() as u64;
            if findings > 0 && !options.accept_findings {
                return Err(refused(&walk));
            }
            let refusals = write.tx.delete_refusals(before.div_euclid(HOUR))?;
            let (mut carried, mut pruned) = (0, 0);
            if let Some(last) = old.last() {
                for record in &old {
                    let still_true = [row_of(write.tx, record)?, pair_of(write.tx, record)?];
                    for event in still_true.iter().flatten() {
                        write.audit(event)?;
                        carried += 1;
                    }
                }
                checkpoint(write, last, old.len() as u64, findings)?;
                pruned = write.tx.delete_audit(last.stream, last.sequence)?;
            }
            write.end_chain()?;
            let anchor = anchor::take(write.tx, write.unlocked)?;
            Ok(Pruned { pruned, carried, refusals, accepted: findings, more, waits_for, anchor })
        })
    }
}

/// Leaves out what a reader of events is not done with, and says who that is.
fn hold_back(tx: &mut dyn ReadTx, old: &mut Vec<AuditRecord>) -> Result<Vec<Waits>, Error> {
    let last = old.last().map_or(0, |record| record.sequence);
    let mut behind = tx.event_cursors(STREAM)?;
    behind.retain(|cursor| cursor.sequence < last);
    let least = behind.iter().map(|cursor| cursor.sequence).min().unwrap_or(last);
    old.retain(|record| record.sequence <= least);
    Ok(behind.into_iter().map(|cursor| Waits { consumer: cursor.consumer, at: cursor.at }).collect())
}

fn refused(walk: &Walk<'_>) -> Error {
    let first = walk.findings.first().map(|finding| finding.message.as_str()).unwrap_or_default();
    let message = format!(
        "integrity: what is to be pruned is not as it was written ({} findings; the first: {first}). Nothing was pruned. \
         Verify the audit, keep what it says, and then accept the findings",
        walk.findings.len()
    );
    Error::new(Code::Integrity, message).with("findings", walk.findings.len())
}

/// Repeats what a record says of its row, where no later one does and the row is to stand. What the record says counts, not
/// how the row is: a row that was put back is not made right by pruning.
fn row_of(tx: &mut dyn WriteTx, record: &AuditRecord) -> Result<Option<Event>, Error> {
    let Some(id) = record.connection.filter(|_| record.about_row) else { return Ok(None) };
    let facts = Facts::of(&record.record);
    let last = tx.audit_of_row(record.stream, id, i64::MAX)?;
    if facts.row.is_none() || last.is_some_and(|last| last.sequence != record.sequence) {
        return Ok(None);
    }
    let facts = Facts { was: None, code: None, pair: None, ..facts };
    let subject = record.subject.clone();
    Ok(Some(Event { subject, connection: Some(id), ..Event::of_store(What::Carried, facts) }))
}

/// The same of its pair.
fn pair_of(tx: &mut dyn WriteTx, record: &AuditRecord) -> Result<Option<Event>, Error> {
    let stands = Facts::of(&record.record).pair.filter(|_| record.about_pair);
    let (Some(agent), Some(owner), Some(stands)) = (&record.agent, &record.subject, stands) else {
        return Ok(None);
    };
    let last = tx.audit_of_pair(record.stream, agent, owner, i64::MAX)?;
    if last.is_some_and(|last| last.sequence != record.sequence) {
        return Ok(None);
    }
    Ok(Some(Event::of_pair(What::Carried, agent, owner, PairFacts { was: None, ..stands })))
}

fn checkpoint(write: &mut Write<'_>, last: &AuditRecord, count: u64, accepted: u64) -> Result<(), Error> {
    write.audit(&Event::of_store(
        What::Checkpoint,
        Facts {
            count: Some(count),
            through: Some(last.sequence),
            mac: Some(hex(&last.mac)),
            accepted: (accepted > 0).then_some(accepted),
            ..Facts::default()
        },
    ))
}
