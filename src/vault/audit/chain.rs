//! The chain: each record authenticates the one before, and the head the last.
//!
//! ```text
//! MAC  = HMAC-SHA-256[MAC key "dm/v1/mac/audit"](fields(label, "record", stream, sequence, at, event, agent?, subject?,
//!        connection?, grant?, about row, about pair, record, MAC of the record before, or 32 zero bytes))
//! head = MAC of the last record | HMAC-SHA-256[the same key](fields(label, "head", stream, sequence, that MAC))
//! ```
//!
//! The head has a tag of its own, so that the MACs that lie in the table are no heads: who cuts the chain has to have kept
//! an earlier head.

use super::event::{Event, Facts, PairFacts, What};
use crate::crypto::{Fields, MacKey, labels};
use crate::store::{AuditHead, AuditRecord, Filter, Kind, Meta, Row};
use crate::vault::find::LONGEST_PAGE;
use crate::vault::grants::standing;
use crate::vault::row::intact;
use crate::vault::shared::Write;
use crate::vault::{Code, Error};

/// The stream that an engine with one has; its first record is number 1.
pub(super) const STREAM: i64 = 0;
/// The MAC before the first record.
pub(super) const NONE: [u8; 32] = [0; 32];

/// Where the chain of a write transaction has come to; not looked at before the first record.
#[derive(Debug, Default)]
pub(in crate::vault) struct Chain {
    pub(super) end: Option<End>,
}

/// The end of a chain.
#[derive(Debug, Clone)]
pub(in crate::vault) struct End {
    pub(super) stream: i64,
    pub(super) sequence: i64,
    pub(super) mac: Vec<u8>,
}

/// What becomes of a row.
enum RowChange<'a> {
    Insert(&'a Row),
    Update(&'a Meta, &'a Row),
    Delete(&'a Meta),
}

impl Write<'_> {
    /// Adds a row, with its record.
    pub(in crate::vault) fn insert(&mut self, row: &Row, what: What) -> Result<(), Error> {
        self.change_row(RowChange::Insert(row), what, None)
    }

    /// The same; `code` says why.
    pub(in crate::vault) fn insert_because(
        &mut self,
        row: &Row,
        what: What,
        code: &str,
    ) -> Result<(), Error> {
        self.change_row(RowChange::Insert(row), what, Some(code))
    }

    /// Replaces a row that is still as `before`, with its record.
    pub(in crate::vault) fn update(&mut self, before: &Meta, row: &Row, what: What) -> Result<(), Error> {
        self.change_row(RowChange::Update(before, row), what, None)
    }

    /// Deletes a row, with its record; `code` says why, where it was not asked for by itself.
    pub(in crate::vault) fn delete(
        &mut self,
        row: &Meta,
        what: What,
        code: Option<&str>,
    ) -> Result<(), Error> {
        self.change_row(RowChange::Delete(row), what, code)
    }

    /// Replaces a row that is still as `before`, with its record; `code` says why.
    pub(in crate::vault) fn update_because(
        &mut self,
        before: &Meta,
        row: &Row,
        what: What,
        code: &str,
    ) -> Result<(), Error> {
        self.change_row(RowChange::Update(before, row), what, Some(code))
    }

    fn change_row(&mut self, change: RowChange<'_>, what: What, code: Option<&str>) -> Result<(), Error> {
        // A chain that begins now begins with the rows as they were.
        self.begin_chain()?;
        let (before, after) = match change {
            RowChange::Insert(row) => {
                self.tx.insert_row(row)?;
                (None, Some(&row.meta))
            }
            RowChange::Update(before, row) => {
                self.tx.update_row(row, before.revision)?;
                (Some(before), Some(&row.meta))
            }
            RowChange::Delete(before) => {
                self.tx.delete_row(before.id)?;
                (Some(before), None)
            }
        };
        self.schedule(before, after)?;
        let mut event = Event::of_row(what, before, after, &self.unlocked.audit);
        event.facts.code = code.map(str::to_owned);
        self.audit(&event)
    }

    /// Chains one record.
    pub(in crate::vault) fn audit(&mut self, event: &Event) -> Result<(), Error> {
        let end = self.begin_chain()?;
        let sequence = end.sequence.checked_add(1).ok_or_else(|| {
            let message = "integrity: the audit chain was changed so that no number is left for a record. Restore a backup";
            Error::new(Code::Integrity, message)
        })?;
        let mut record = AuditRecord {
            stream: end.stream,
            sequence,
            at: self.now.seconds(),
            event: event.what.as_str().to_owned(),
            agent: event.agent.clone(),
            subject: event.subject.clone(),
            connection: event.connection,
            grant: event.grant,
            about_row: event.about_row(),
            about_pair: event.facts.pair.is_some(),
            record: serde_json::to_vec(&event.facts)
                .map_err(|_| Error::new(Code::Internal, "an audit record is no JSON"))?,
            mac: Vec::new(),
        };
        record.mac = mac(&record, &end.mac, &self.unlocked.audit);
        self.tx.append_audit(&record)?;
        self.chain.end = Some(End { stream: record.stream, sequence: record.sequence, mac: record.mac });
        Ok(())
    }

    /// Where the chain is now. A chain that is not there is begun, with every row and pair that is; one that was damaged goes on
    /// behind the damage, and says so for ever.
    pub(in crate::vault) fn begin_chain(&mut self) -> Result<End, Error> {
        if let Some(end) = &self.chain.end {
            return Ok(end.clone());
        }
        let head = self.tx.audit_heads()?.into_iter().find(|head| head.stream == STREAM);
        let last = self.tx.audit_end(STREAM)?.unwrap_or(0);
        let said = head.as_ref().map_or(0, |head| head.sequence);
        let authentic = head.as_ref().and_then(|head| authentic(head, &self.unlocked.audit));
        if head.is_none() {
            self.tx.set_audit_head(&AuditHead { stream: STREAM, sequence: 0, head: NONE.to_vec() })?;
        }
        match authentic {
            Some(end) if end.sequence == last => self.chain.end = Some(end),
            _ if last == 0 && said == 0 => self.begin()?,
            _ => {
                // The gap in the numbers says that this does not follow what came before.
                let sequence = last.max(said).saturating_add(1);
                self.chain.end = Some(End { stream: STREAM, sequence, mac: NONE.to_vec() });
                let code = Some("chain_damaged".to_owned());
                self.audit(&Event::of_store(What::Broken, Facts { code, ..Facts::default() }))?;
            }
        }
        self.chain.end.clone().ok_or_else(|| Error::new(Code::Internal, "the audit chain has no end"))
    }

    /// Begins a chain with a record of each row and each pair.
    fn begin(&mut self) -> Result<(), Error> {
        self.chain.end = Some(End { stream: STREAM, sequence: 0, mac: NONE.to_vec() });
        self.audit(&Event::of_store(What::Begun, Facts::default()))?;
        for kind in [Kind::Connection, Kind::Config] {
            let mut filter = Filter::all(kind, LONGEST_PAGE);
            loop {
                let page = self.tx.find(&filter)?;
                let Some(last) = page.last() else { break };
                filter.after = Some(last.id);
                // What somebody else changed before is named by verifying: it is no beginning.
                for meta in page.iter().filter(|meta| intact(meta, self.unlocked)) {
                    self.audit(&Event::of_row(What::Baseline, None, Some(meta), &self.unlocked.audit))?;
                }
            }
        }
        let mut after = (String::new(), String::new());
        loop {
            let page = self.tx.pairs((&after.0, &after.1), LONGEST_PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.clone();
            for (agent, owner) in page {
                if let (Some(head), _) = standing(self.tx, self.unlocked, &agent, &owner)? {
                    let stands = PairFacts::of(None, &head, &self.unlocked.audit);
                    self.audit(&Event::of_pair(What::Baseline, &agent, &owner, stands))?;
                }
            }
        }
    }

    /// Writes down where the chain ends, once for all records of the transaction.
    pub(in crate::vault) fn end_chain(&mut self) -> Result<(), Error> {
        let Some(end) = self.chain.end.take() else { return Ok(()) };
        Ok(self.tx.set_audit_head(&head(&end, &self.unlocked.audit))?)
    }
}

/// The MAC that a record has to have behind one with that MAC.
pub(super) fn mac(record: &AuditRecord, before: &[u8], key: &MacKey) -> Vec<u8> {
    let id = |id: &Option<crate::domain::RecordId>| id.map(|id| *id.as_bytes());
    let fields = Fields::new(labels::MAC_AUDIT)
        .text("record")
        .integer(record.stream)
        .integer(record.sequence)
        .integer(record.at)
        .text(&record.event)
        .optional(record.agent.as_deref().map(str::as_bytes))
        .optional(record.subject.as_deref().map(str::as_bytes))
        .optional(id(&record.connection).as_ref().map(<[u8; 16]>::as_slice))
        .optional(id(&record.grant).as_ref().map(<[u8; 16]>::as_slice))
        .integer(record.about_row.into())
        .integer(record.about_pair.into())
        .bytes(&record.record)
        .bytes(before);
    key.tag(&fields).to_vec()
}

fn head_fields(end: &End) -> Fields {
    Fields::new(labels::MAC_AUDIT).text("head").integer(end.stream).integer(end.sequence).bytes(&end.mac)
}

fn head(end: &End, key: &MacKey) -> AuditHead {
    let head = [end.mac.as_slice(), &key.tag(&head_fields(end))].concat();
    AuditHead { stream: end.stream, sequence: end.sequence, head }
}

/// The end that a head tells, if this library wrote it.
pub(super) fn authentic(head: &AuditHead, key: &MacKey) -> Option<End> {
    let (mac, tag) = head.head.split_at_checked(NONE.len())?;
    let end = End { stream: head.stream, sequence: head.sequence, mac: mac.to_vec() };
    key.verify(&head_fields(&end), tag).then_some(end)
}

/// Whether the store has no chain yet.
pub(super) fn is_absent(heads: &[AuditHead]) -> bool {
    heads.iter().all(|head| head.sequence == 0)
}
