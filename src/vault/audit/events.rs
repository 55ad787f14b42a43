//! What happened to connections, told to those who have to act on it: the records that are events, behind a cursor of
//! their own.

use serde::Serialize;

use super::chain::{STREAM, mac};
use super::consumers::{EventPlace, end};
use super::event::{Facts, What};
use super::verify::SLICE;
use super::walk::{Link, Trail, floor};
use crate::crypto::MacKey;
use crate::domain::{Consumer, Status};
use crate::store::{AuditFilter, AuditRecord, ReadTx};
use crate::vault::find::LONGEST_PAGE;
use crate::vault::unlocked::Unlocked;
use crate::vault::{Error, Vault};

/// The most records that one call looks at: writers wait meanwhile.
const LONGEST: u32 = 10_000;

/// How to read.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventsOptions {
    /// At most so many, 1 to 1000; 100 where not said.
    pub limit: Option<u32>,
    /// Where a consumer that nobody knows yet begins: at the first record that is left, and not at the end.
    pub from_start: bool,
}

/// One thing that happened to a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventItem {
    /// What: `refreshed`, `failing`, `needs_reauth`, `expiring`, `revoked`, `replaced`; or `damaged`.
    pub event: &'static str,
    /// When, in Unix seconds.
    pub at: i64,
    /// The connection's id.
    pub connection: Option<String>,
    /// Its provider.
    pub provider: Option<String>,
    /// Whose account it is.
    pub owner: Option<String>,
    /// Which of the owner's accounts.
    pub account: Option<String>,
    /// A stable code: why.
    pub cause: Option<String>,
    /// The connection's status since.
    pub status: Option<String>,
    /// Of `failing`: when it is tried again; of `expiring`: until when a person has to consent again.
    pub until: Option<i64>,
    /// Of `failing`: how many times in a row.
    pub failures: Option<u64>,
    /// Of `replaced`: the id of the connection in its place.
    pub replaced_by: Option<String>,
    /// What to be done with, where nothing behind this event was dealt with.
    pub cursor: String,
    /// False of `damaged` only.
    pub intact: bool,
}

/// What a consumer is told at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventPage {
    /// In the order in which it happened.
    pub events: Vec<EventItem>,
    /// What to be done with, once all of it was dealt with.
    pub cursor: String,
    /// Whether there are records behind it: ask again.
    pub more: bool,
    /// Whether there were records that this consumer cannot be told any more: there may have been events among them.
    pub missed: bool,
}

impl Vault {
    /// What happened since the consumer was done last. It is told again until it is done with.
    pub fn events(&self, consumer: &Consumer, options: EventsOptions) -> Result<EventPage, Error> {
        let limit = options.limit.unwrap_or(100).clamp(1, LONGEST_PAGE) as usize;
        loop {
            let page = self.read(|tx, unlocked| match tx.event_cursor(consumer.as_str(), STREAM)? {
                Some(cursor) => page(tx, unlocked, cursor.sequence, limit).map(Some),
                None => Ok(None),
            })?;
            if let Some(page) = page {
                return Ok(page);
            }
            self.begin_consumer(consumer, options.from_start)?;
        }
    }
}

fn page(tx: &mut dyn ReadTx, unlocked: &Unlocked, done_with: i64, limit: usize) -> Result<EventPage, Error> {
    let end = end(tx)?;
    let floor = floor(tx, unlocked, STREAM)?;
    // Before what is left, it was passed by; beyond the end, the chain was cut and does not tell from where on.
    let mut missed = done_with < floor.through || done_with > end;
    let from = done_with.max(floor.through).min(end);
    let mut trail = Trail::behind(tx, &floor, STREAM, from)?;
    let (mut events, mut left) = (Vec::new(), LONGEST);
    let more = 'looking: loop {
        let next = AuditFilter::behind(STREAM, trail.at, left.min(SLICE));
        let slice = tx.audit(&AuditFilter { before: Some(end.saturating_add(1)), ..next })?;
        if slice.is_empty() {
            break trail.at < end && left == 0;
        }
        for record in &slice {
            if events.len() == limit {
                break 'looking true;
            }
            let link = trail.step(record, &unlocked.audit);
            missed |= link.missing.is_some();
            events.extend(event(tx, record, &link, &unlocked.audit)?);
            left -= 1;
        }
    };
    Ok(EventPage { events, cursor: EventPlace::behind(trail.at).to_string(), more, missed })
}

/// The event that a record is; none where it is another record of the chain.
fn event(
    tx: &mut dyn ReadTx,
    record: &AuditRecord,
    link: &Link,
    key: &MacKey,
) -> Result<Option<EventItem>, Error> {
    if link.intact != Some(true) {
        return Ok(Some(damaged(record)));
    }
    let facts = Facts::of(&record.record);
    let Some(event) = name(&record.event, &facts).filter(|_| facts.kind.as_deref() != Some("config")) else {
        return Ok(None);
    };
    let failing = event == "failing";
    let replaced_by = if event == "replaced" { successor(tx, record, &facts, key)? } else { None };
    Ok(Some(EventItem {
        event,
        provider: facts.provider,
        owner: record.subject.clone(),
        account: facts.account,
        cause: facts.code.filter(|_| event != "replaced"),
        status: facts.status,
        until: facts.until,
        failures: facts.count.filter(|_| failing),
        replaced_by,
        intact: true,
        ..damaged(record)
    }))
}

/// A record that is not as it was written, or that nobody can tell of whether it is. It may have been an event or none, whatever
/// it says; of what it says only the connection is told, which is the one to look at.
fn damaged(record: &AuditRecord) -> EventItem {
    EventItem {
        event: "damaged",
        at: record.at,
        connection: record.connection.map(|id| id.to_string()),
        provider: None,
        owner: None,
        account: None,
        cause: None,
        status: None,
        until: None,
        failures: None,
        replaced_by: None,
        cursor: EventPlace::behind(record.sequence).to_string(),
        intact: false,
    }
}

/// What a record is called as an event.
fn name(event: &str, facts: &Facts) -> Option<&'static str> {
    let status = facts.status.as_deref().and_then(|status| status.parse().ok());
    let is = |what: What| event == what.as_str();
    match event {
        _ if is(What::Refreshed) => Some("refreshed"),
        _ if is(What::RefreshFailed) => Some("failing"),
        _ if is(What::NeedsReauth) => Some("needs_reauth"),
        _ if is(What::Expiring) => Some("expiring"),
        _ if is(What::Disconnected) => Some("revoked"),
        _ if is(What::StatusSet) => match status {
            Some(Status::NeedsReauth) => Some("needs_reauth"),
            Some(Status::Revoked) => Some("revoked"),
            _ => None,
        },
        _ if is(What::Deleted) => (facts.code.as_deref() == Some("replaced")).then_some("replaced"),
        _ => None,
    }
}

/// The connection that took another one's place, which the next record of the same write tells.
fn successor(
    tx: &mut dyn ReadTx,
    record: &AuditRecord,
    facts: &Facts,
    key: &MacKey,
) -> Result<Option<String>, Error> {
    let next = tx.audit(&AuditFilter::behind(STREAM, record.sequence, 1))?.pop();
    let made = next.filter(|next| {
        let made = Facts::of(&next.record);
        mac(next, &record.mac, key) == next.mac
            && next.about_row
            && (&next.subject, &made.provider, &made.account)
                == (&record.subject, &facts.provider, &facts.account)
    });
    Ok(made.and_then(|made| made.connection).map(|id| id.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::chain::End;
    use super::*;
    use crate::crypto::KeyMaterial;
    use crate::domain::{Document, RecordId};
    use crate::vault::shared::Write;
    use crate::vault::{Address, Kind, Options, VerifyOptions};

    /// Chains a record of that name, as `Write::audit` does those of the names that there are.
    fn chain(write: &mut Write<'_>, name: &str, connection: RecordId, facts: &str) -> Result<(), Error> {
        let end = write.begin_chain()?;
        let mut record = AuditRecord {
            stream: end.stream,
            sequence: end.sequence + 1,
            at: write.now.seconds(),
            event: name.to_owned(),
            agent: None,
            subject: Some("user:12".to_owned()),
            connection: Some(connection),
            grant: None,
            about_row: false,
            about_pair: false,
            record: serde_json::to_vec(&Facts::of(facts.as_bytes())).unwrap(),
            mac: Vec::new(),
        };
        record.mac = mac(&record, &end.mac, &write.unlocked.audit);
        write.tx.append_audit(&record)?;
        write.chain.end = Some(End { stream: record.stream, sequence: record.sequence, mac: record.mac });
        Ok(())
    }

    #[test]
    fn each_record_that_is_an_event_is_told_with_its_facts() {
        let place = std::env::temp_dir().join(format!("dm-events-{}", std::process::id()));
        let keys = [KeyMaterial::raw(&[1; 32]).unwrap()];
        let vault = Vault::open(&Options::new(&place, "https://example.org"), &keys).unwrap();
        let address = Address {
            provider: "instagram".parse().unwrap(),
            owner: "user:12".parse().unwrap(),
            account: "shop".parse().unwrap(),
        };
        let document = Document::parse(b"{}".to_vec().into()).unwrap();
        let saved = vault.save(Kind::Connection, &address, &document, &Default::default()).unwrap();
        let consumer: Consumer = "mail".parse().unwrap();
        assert_eq!(vault.events(&consumer, EventsOptions::default()).unwrap().events, []);

        let records = [
            ("refreshed", r#""kind":"connection","status":"active""#),
            ("refreshed", r#""kind":"config","status":"active""#),
            ("refresh_failed", r#""code":"http_503","count":3,"until":1700000000"#),
            ("needs_reauth", r#""kind":"connection","status":"needs_reauth","code":"answer_lost""#),
            ("expiring", r#""until":1800000000"#),
            ("disconnected", r#""kind":"connection","code":"unsupported""#),
            ("status_set", r#""kind":"connection","status":"active""#),
            ("deleted", r#""kind":"connection""#),
            ("carried", r#""kind":"connection","status":"needs_reauth""#),
            ("acquired", r#""status":"revoked","code":"replaced","count":1"#),
        ];
        let id = saved.id.parse().unwrap();
        vault
            .write(|write| {
                records.iter().try_for_each(|(name, facts)| {
                    let facts = format!(r#"{{"provider":"instagram","account":"shop",{facts}}}"#);
                    chain(write, name, id, &facts)
                })
            })
            .unwrap();
        assert!(vault.verify_audit(&VerifyOptions::default()).unwrap().ok);

        let page = vault.events(&consumer, EventsOptions::default()).unwrap();
        let told: Vec<_> = page
            .events
            .iter()
            .map(|told| {
                (told.event, told.status.as_deref(), told.cause.as_deref(), told.failures, told.until)
            })
            .collect();
        assert_eq!(
            told,
            [
                ("refreshed", Some("active"), None, None, None),
                ("failing", None, Some("http_503"), Some(3), Some(1_700_000_000)),
                ("needs_reauth", Some("needs_reauth"), Some("answer_lost"), None, None),
                ("expiring", None, None, None, Some(1_800_000_000)),
                ("revoked", None, Some("unsupported"), None, None),
            ]
        );
        for told in page.events {
            assert_eq!(
                (told.provider.as_deref(), told.account.as_deref()),
                (Some("instagram"), Some("shop"))
            );
            assert_eq!((told.owner.as_deref(), told.connection), (Some("user:12"), Some(saved.id.clone())));
            assert!(told.intact && told.replaced_by.is_none());
        }
        drop(vault);
        std::fs::remove_dir_all(&place).unwrap();
    }
}
