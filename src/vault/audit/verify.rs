//! Whether everything is as it was written: a page of records, rows and pairs at a time. Nothing is opened.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::anchor::{self, Anchor, AnchoredStream};
use super::chain::is_absent;
use super::event::{Facts, row_tag};
use super::walk::Walk;
use crate::domain::{Invalid, RecordId, hex, unhex};
use crate::store::{AuditHead, AuditRecord, Error as StoreError, Filter, Kind, Meta, ReadTx};
use crate::vault::row::intact;
use crate::vault::unlocked::Unlocked;
use crate::vault::{Error, Vault};

/// The most records, rows, pairs and grants of one page: writers wait meanwhile.
const LONGEST_PAGE: u32 = 10_000;
/// How many lie in memory at once.
pub(super) const SLICE: u32 = 500;
/// A page ends early with so many findings.
const FINDINGS: usize = 1000;

/// What to verify.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    /// Where the page before ended; from the beginning without one.
    pub after: Option<VerifyCursor>,
    /// At most about so many records, rows, pairs and grants, 1 to 10,000; 10,000 where not said. No pair is cut.
    pub limit: Option<u32>,
    /// What was kept outside the store. Looked at with the first page.
    pub anchor: Option<Anchor>,
}

/// Where a page of verifying ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerifyCursor {
    /// Behind this record of this chain.
    Records(i64, i64),
    /// Behind this row of a kind; in front of all without one.
    Rows(Kind, Option<RecordId>),
    /// Behind this pair of an agent and an owner.
    Pairs(String, String),
}

/// One thing that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is, for a program.
    pub code: &'static str,
    /// The chain.
    pub stream: Option<i64>,
    /// The number of the record.
    pub sequence: Option<i64>,
    /// Of several records that are missing, the number of the last.
    pub through: Option<i64>,
    /// The connection or app config.
    pub connection: Option<String>,
    /// Of a pair: the agent that has the grants.
    pub agent: Option<String>,
    /// Of a pair: the owner that gave them.
    pub owner: Option<String>,
    /// For a person.
    pub message: String,
}

/// One page of verifying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Whether nothing was found in this page.
    pub ok: bool,
    /// What was found, in the order in which it was met.
    pub findings: Vec<Finding>,
    /// How many records were looked at.
    pub records: u64,
    /// How many rows were looked at.
    pub rows: u64,
    /// How many pairs of an agent and an owner were looked at, with all their grants.
    pub pairs: u64,
    /// Where the next page begins; none on the last one.
    pub next: Option<String>,
}

impl Vault {
    /// Compares the audit chain with itself, the rows and the pairs with the chain, and all with an anchor. What is found is no
    /// error: it is the answer.
    pub fn verify_audit(&self, options: &VerifyOptions) -> Result<Verified, Error> {
        let limit = options.limit.unwrap_or(LONGEST_PAGE).clamp(1, LONGEST_PAGE);
        self.read(|tx, unlocked| {
            let heads = tx.audit_heads()?;
            let mut page = Page {
                unlocked,
                heads,
                findings: Vec::new(),
                records: 0,
                rows: 0,
                pairs: 0,
                grants: 0,
                limit,
            };
            if options.after.is_none() {
                page.begin(tx, options.anchor.as_ref())?;
            }
            let next = page.from(tx, options.after.clone())?;
            let Page { findings, records, rows, pairs, .. } = page;
            let next = next.map(|next| next.to_string());
            Ok(Verified {
                ok: findings.is_empty(),
                findings,
                records: records.into(),
                rows: rows.into(),
                pairs: pairs.into(),
                next,
            })
        })
    }
}

pub(super) struct Page<'a> {
    pub(super) unlocked: &'a Unlocked,
    pub(super) heads: Vec<AuditHead>,
    pub(super) findings: Vec<Finding>,
    records: u32,
    rows: u32,
    pub(super) pairs: u32,
    pub(super) grants: u32,
    limit: u32,
}

impl Page<'_> {
    pub(super) fn left(&self) -> u32 {
        let done = [self.records, self.rows, self.pairs, self.grants];
        if self.findings.len() >= FINDINGS { 0 } else { self.limit.saturating_sub(done.iter().sum()) }
    }

    fn begin(&mut self, tx: &mut dyn ReadTx, anchor: Option<&Anchor>) -> Result<(), Error> {
        if let Some(anchor) = anchor {
            self.findings.extend(anchor::compare(anchor, tx, self.unlocked, &self.heads)?);
        }
        Ok(())
    }

    /// Goes on until the page is full, and says where.
    fn from(
        &mut self,
        tx: &mut dyn ReadTx,
        after: Option<VerifyCursor>,
    ) -> Result<Option<VerifyCursor>, Error> {
        let (from_kind, mut after_row) = match after {
            Some(VerifyCursor::Pairs(agent, owner)) => return self.pairs(tx, (agent, owner)),
            Some(VerifyCursor::Rows(kind, row)) => (kind, row),
            _ => {
                if let Some(full) = self.all_records(tx, after)? {
                    return Ok(Some(full));
                }
                (Kind::Connection, None)
            }
        };
        for kind in [Kind::Connection, Kind::Config].into_iter().skip_while(|kind| *kind != from_kind) {
            if let Some(full) = self.rows(tx, kind, after_row.take())? {
                return Ok(Some(full));
            }
        }
        self.pairs(tx, Default::default())
    }

    fn all_records(
        &mut self,
        tx: &mut dyn ReadTx,
        after: Option<VerifyCursor>,
    ) -> Result<Option<VerifyCursor>, Error> {
        let (from_stream, mut after) = match after {
            Some(VerifyCursor::Records(stream, sequence)) => (stream, sequence),
            _ => (i64::MIN, 0),
        };
        for head in self.heads.clone().into_iter().filter(|head| head.stream >= from_stream) {
            if head.stream > from_stream {
                after = 0;
            }
            if let Some(full) = self.records(tx, head, after)? {
                return Ok(Some(full));
            }
        }
        Ok(None)
    }

    fn records(
        &mut self,
        tx: &mut dyn ReadTx,
        head: AuditHead,
        after: i64,
    ) -> Result<Option<VerifyCursor>, Error> {
        let stream = head.stream;
        // A store that was never written has no chain, and no rows either: those would be unknown.
        if head.sequence == 0 && tx.audit_end(stream)?.is_none() {
            return Ok(None);
        }
        let mut walk = Walk::new(tx, self.unlocked, head, after)?;
        if after == 0 {
            walk.begin()?;
        }
        loop {
            let left = self.left();
            if left == 0 {
                self.findings.append(&mut walk.findings);
                return Ok(Some(VerifyCursor::Records(stream, walk.trail.at)));
            }
            let slice = walk.slice(left.min(SLICE))?;
            for record in &slice {
                walk.step(record)?;
                self.records += 1;
            }
            if slice.is_empty() {
                walk.end();
            }
            self.findings.append(&mut walk.findings);
            if slice.is_empty() {
                return Ok(None);
            }
        }
    }

    fn rows(
        &mut self,
        tx: &mut dyn ReadTx,
        kind: Kind,
        mut after: Option<RecordId>,
    ) -> Result<Option<VerifyCursor>, Error> {
        loop {
            let left = self.left();
            if left == 0 {
                return Ok(Some(VerifyCursor::Rows(kind, after)));
            }
            let page = tx.find(&Filter { after, ..Filter::all(kind, left.min(SLICE)) })?;
            let Some(last) = page.last() else { return Ok(None) };
            after = Some(last.id);
            for meta in &page {
                self.rows += 1;
                let found = self.row(tx, meta)?;
                self.findings.extend(found);
            }
        }
    }

    fn row(&self, tx: &mut dyn ReadTx, meta: &Meta) -> Result<Option<Finding>, Error> {
        if !intact(meta, self.unlocked) {
            let what = "the row was changed by something else than this library, and is handed out to nobody";
            return Ok(Some(Finding::row("row_changed", meta, None, what)));
        }
        if is_absent(&self.heads) {
            let what = "there is no audit chain that would know this row. It begins with the next write; a store that \
                        had one was put back, or its chain was deleted";
            return Ok(Some(Finding::row("row_unknown", meta, None, what)));
        }
        let Some(last) = last(&self.heads, |stream| tx.audit_of_row(stream, meta.id, i64::MAX))? else {
            let what = "no record knows this row: it was inserted, or its records were cut off";
            return Ok(Some(Finding::row("row_unknown", meta, None, what)));
        };
        let facts = Facts::of(&last.record);
        Ok(match &facts.row {
            Some(row) if *row == row_tag(&meta.row_mac, &self.unlocked.audit) => None,
            Some(_) if facts.revision.is_some_and(|known| known < meta.revision) => {
                let what = "the row is newer than its last record: later records were cut off";
                Some(Finding::row("row_ahead", meta, Some(&last), what))
            }
            Some(_) => {
                let what = "the row is not as its last record left it: an earlier state was put back";
                Some(Finding::row("row_put_back", meta, Some(&last), what))
            }
            None => {
                let what = "the row was deleted, and was put back";
                Some(Finding::row("row_put_back", meta, Some(&last), what))
            }
        })
    }
}

/// The last record of something, whichever chain it is in.
pub(super) fn last(
    heads: &[AuditHead],
    mut of: impl FnMut(i64) -> Result<Option<AuditRecord>, StoreError>,
) -> Result<Option<AuditRecord>, Error> {
    for head in heads {
        if let Some(last) = of(head.stream)? {
            return Ok(Some(last));
        }
    }
    Ok(None)
}

impl Finding {
    /// Something about a chain from a record on.
    fn at(code: &'static str, stream: i64, sequence: i64, message: String) -> Self {
        Self {
            code,
            stream: Some(stream),
            sequence: Some(sequence),
            through: None,
            connection: None,
            agent: None,
            owner: None,
            message,
        }
    }

    pub(super) fn record(code: &'static str, record: &AuditRecord, what: &str) -> Self {
        let message = format!("audit record {}: {what}", record.sequence);
        Self {
            connection: record.connection.map(|id| id.to_string()),
            agent: record.agent.clone().filter(|_| record.about_pair),
            owner: record.subject.clone().filter(|_| record.about_pair),
            ..Self::at(code, record.stream, record.sequence, message)
        }
    }

    pub(super) fn missing(stream: i64, from: i64, through: i64) -> Self {
        let message = match from == through {
            true => format!("audit record {from} was deleted"),
            false => format!("audit records {from} to {through} were deleted"),
        };
        Self { through: Some(through), ..Self::at("record_missing", stream, from, message) }
    }

    pub(super) fn head(stream: i64, sequence: i64) -> Self {
        let message = format!(
            "the end of audit chain {stream}, said to be record {sequence}, was changed: records may have been cut off"
        );
        Self::at("head_changed", stream, sequence, message)
    }

    pub(super) fn anchor(code: &'static str, stream: &AnchoredStream, what: &str) -> Self {
        Self::at(code, stream.stream, stream.sequence, format!("audit chain {} {what}", stream.stream))
    }

    /// Something about what stands, which has a record or none.
    pub(super) fn standing(code: &'static str, last: Option<&AuditRecord>, message: String) -> Self {
        Self {
            stream: last.map(|record| record.stream),
            sequence: last.map(|record| record.sequence),
            ..Self::at(code, 0, 0, message)
        }
    }

    fn row(code: &'static str, meta: &Meta, last: Option<&AuditRecord>, what: &str) -> Self {
        let message = format!("{} of {}, {}: {what}", meta.provider, meta.owner, meta.id);
        Self { connection: Some(meta.id.to_string()), ..Self::standing(code, last, message) }
    }
}

impl fmt::Display for VerifyCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Records(stream, sequence) => write!(f, "records:{stream}:{sequence}"),
            Self::Rows(kind, None) => write!(f, "rows:{}:", kind.code()),
            Self::Rows(kind, Some(id)) => write!(f, "rows:{}:{id}", kind.code()),
            // Whatever somebody wrote there as a name comes back as it was.
            Self::Pairs(agent, owner) => {
                write!(f, "pairs:{}:{}", hex(agent.as_bytes()), hex(owner.as_bytes()))
            }
        }
    }
}

impl FromStr for VerifyCursor {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let parts: Vec<&str> = text.split(':').collect();
        let cursor = match parts[..] {
            ["records", stream, sequence] => {
                stream.parse().ok().zip(sequence.parse().ok()).map(|(a, b)| Self::Records(a, b))
            }
            ["rows", kind, id] => {
                let id = if id.is_empty() { Some(None) } else { id.parse().ok().map(Some) };
                kind.parse().ok().and_then(Kind::from_code).zip(id).map(|(kind, id)| Self::Rows(kind, id))
            }
            ["pairs", agent, owner] => {
                let name = |text: &str| String::from_utf8(unhex(text)?).ok();
                name(agent).zip(name(owner)).map(|(agent, owner)| Self::Pairs(agent, owner))
            }
            _ => None,
        };
        cursor.ok_or_else(|| Invalid::new("after", "must be the `next` of the page before"))
    }
}
