//! Reading the records, a page at a time.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::Serialize;
use serde_json::{Map, Value};

use super::event::What;
use super::prune::HOUR;
use super::walk::{Floor, floor, is_authentic};
use crate::domain::{Invalid, Owner, RecordId, UnixTime};
use crate::store::{AuditFilter, AuditRecord, ReadTx, RefusalKey};
use crate::vault::find::LONGEST_PAGE;
use crate::vault::unlocked::Unlocked;
use crate::vault::{Error, Vault};

/// What to look for; what is not said does not matter.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// At this time or later.
    pub since: Option<UnixTime>,
    /// Before this time.
    pub until: Option<UnixTime>,
    /// Done by this agent.
    pub agent: Option<Owner>,
    /// About this owner's accounts.
    pub subject: Option<Owner>,
    /// About this connection or app config.
    pub connection: Option<RecordId>,
    /// This event.
    pub event: Option<String>,
    /// The newest first.
    pub newest_first: bool,
    /// Where the page before ended.
    pub after: Option<AuditCursor>,
    /// At most so many, 1 to 1000; 100 where not said.
    pub limit: Option<u32>,
}

/// Where a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditCursor {
    stream: i64,
    sequence: i64,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditItem {
    /// The chain.
    pub stream: i64,
    /// Its number there.
    pub sequence: i64,
    /// When, in Unix seconds.
    pub at: i64,
    /// What happened.
    pub event: String,
    /// The agent that acted.
    pub agent: Option<String>,
    /// Whose account it was.
    pub subject: Option<String>,
    /// The connection or app config.
    pub connection: Option<String>,
    /// The grant.
    pub grant: Option<String>,
    /// What else the record says.
    pub details: Map<String, Value>,
    /// Of a refusal: how often it was, this one included, in its hour. A plain count that nothing authenticates.
    pub repeats: Option<u64>,
    /// False where the record is not as it was written: believe nothing of it.
    pub intact: bool,
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditPage {
    /// The records.
    pub items: Vec<AuditItem>,
    /// Where the next page begins; none on the last one.
    pub next: Option<String>,
}

impl Vault {
    /// The records that fit the query.
    pub fn audit(&self, query: &AuditQuery) -> Result<AuditPage, Error> {
        let limit = query.limit.unwrap_or(100).clamp(1, LONGEST_PAGE);
        self.read(|tx, unlocked| {
            let mut streams: Vec<i64> = tx.audit_heads()?.iter().map(|head| head.stream).collect();
            if query.newest_first {
                streams.reverse();
            }
            let mut records = Vec::new();
            let from = query.after.map(|after| after.stream);
            for stream in streams.into_iter().skip_while(|stream| from.is_some_and(|from| *stream != from)) {
                let left = limit + 1 - u32::try_from(records.len()).unwrap_or(limit);
                let behind = query.after.filter(|after| after.stream == stream).map(|after| after.sequence);
                records.append(&mut tx.audit(&filter(query, stream, behind, left))?);
                if records.len() > limit as usize {
                    break;
                }
            }
            let more = records.len() > limit as usize;
            records.truncate(limit as usize);
            let next =
                records.last().filter(|_| more).map(|last| format!("{}:{}", last.stream, last.sequence));
            let mut floors = BTreeMap::new();
            for stream in records.iter().map(|record| record.stream) {
                if let Entry::Vacant(vacant) = floors.entry(stream) {
                    vacant.insert(floor(tx, unlocked, stream)?);
                }
            }
            let items = records.into_iter().map(|record| item(tx, unlocked, &floors[&record.stream], record));
            Ok(AuditPage { items: items.collect::<Result<_, Error>>()?, next })
        })
    }
}

fn filter(query: &AuditQuery, stream: i64, behind: Option<i64>, limit: u32) -> AuditFilter {
    AuditFilter {
        after: behind.filter(|_| !query.newest_first).unwrap_or(0),
        before: behind.filter(|_| query.newest_first),
        since: query.since.map(UnixTime::seconds),
        until: query.until.map(UnixTime::seconds),
        agent: query.agent.as_ref().map(ToString::to_string),
        subject: query.subject.as_ref().map(ToString::to_string),
        connection: query.connection,
        event: query.event.clone(),
        newest_first: query.newest_first,
        ..AuditFilter::behind(stream, 0, limit)
    }
}

fn item(
    tx: &mut dyn ReadTx,
    unlocked: &Unlocked,
    floor: &Floor,
    record: AuditRecord,
) -> Result<AuditItem, Error> {
    let intact = is_authentic(tx, unlocked, &record, floor)?;
    let details: Map<String, Value> = serde_json::from_slice(&record.record).unwrap_or_default();
    let repeats = repeats(tx, &record, &details)?;
    let id = |id: Option<RecordId>| id.map(|id| id.to_string());
    Ok(AuditItem {
        stream: record.stream,
        sequence: record.sequence,
        at: record.at,
        event: record.event,
        agent: record.agent,
        subject: record.subject,
        connection: id(record.connection),
        grant: id(record.grant),
        details,
        repeats,
        intact,
    })
}

fn repeats(
    tx: &mut dyn ReadTx,
    record: &AuditRecord,
    details: &Map<String, Value>,
) -> Result<Option<u64>, Error> {
    let text = |name: &str| details.get(name).and_then(Value::as_str).map(str::to_owned);
    let counted = [What::Refused, What::Observed].iter().any(|what| what.as_str() == record.event);
    let (true, Some(target), Some(code)) = (counted, text("target"), text("code")) else { return Ok(None) };
    let agent = record.agent.clone().unwrap_or_default();
    let (event, hour) = (record.event.clone(), record.at.div_euclid(HOUR));
    Ok(Some(tx.refusals(&RefusalKey { event, agent, target, code, hour })?))
}

impl std::str::FromStr for AuditCursor {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let parts = numbers(text).map(|(stream, sequence)| Self { stream, sequence });
        parts.ok_or_else(|| Invalid::new("after", "must be the `next` of the page before"))
    }
}

/// A chain and a number in it.
pub(super) fn numbers(text: &str) -> Option<(i64, i64)> {
    let (stream, sequence) = text.split_once(':')?;
    Some((stream.parse().ok()?, sequence.parse().ok()?))
}
