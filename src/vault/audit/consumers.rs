//! Who reads events, and how far each has come.

use std::fmt;
use std::str::FromStr;

use super::chain::STREAM;
use super::query::numbers;
use super::walk::floor;
use crate::domain::{Consumer, Invalid};
use crate::store::{EventCursor, ReadTx};
use crate::vault::shared::Write;
use crate::vault::{Code, Error, Vault};

/// A place in the chain, as readers of events are told it and hand it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPlace {
    stream: i64,
    sequence: i64,
}

impl EventPlace {
    /// Behind that record of the one chain.
    pub(super) fn behind(sequence: i64) -> Self {
        Self { stream: STREAM, sequence }
    }
}

impl fmt::Display for EventPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.stream, self.sequence)
    }
}

impl FromStr for EventPlace {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let place = numbers(text).filter(|(stream, sequence)| *stream == STREAM && *sequence >= 0);
        let invalid =
            || Invalid::new("cursor", "must be the `cursor` of a page of events, or of one of them");
        place.map(|(stream, sequence)| Self { stream, sequence }).ok_or_else(invalid)
    }
}

impl Vault {
    /// The consumer has dealt with everything up to there, and is not told it again.
    pub fn events_done(&self, consumer: &Consumer, place: EventPlace) -> Result<(), Error> {
        if !self.read(|tx, _| moves(tx, consumer, place))? {
            return Ok(());
        }
        self.write(|write| {
            if moves(write.tx, consumer, place)? {
                set(write, consumer, place.sequence)?;
            }
            Ok(())
        })
    }

    /// Forgets a consumer that comes no more, so that pruning does not wait for it.
    pub fn events_forget(&self, consumer: &Consumer) -> Result<(), Error> {
        self.write(|write| match write.tx.delete_event_cursors(consumer.as_str())? {
            true => Ok(()),
            false => Err(unknown(consumer)),
        })
    }

    /// Makes a consumer known that is not: at the chain's end, or at the first record that is left.
    pub(super) fn begin_consumer(&self, consumer: &Consumer, from_start: bool) -> Result<(), Error> {
        self.write(|write| {
            // Another process may have come first.
            if write.tx.event_cursor(consumer.as_str(), STREAM)?.is_some() {
                return Ok(());
            }
            let sequence = match from_start {
                true => floor(write.tx, write.unlocked, STREAM)?.through,
                false => end(write.tx)?,
            };
            set(write, consumer, sequence)
        })
    }
}

/// The number of the last record that may be told: what lies behind the said end was inserted, until a write goes on
/// behind it; and a said end may be beyond all that is there.
pub(super) fn end(tx: &mut dyn ReadTx) -> Result<i64, Error> {
    let said = tx.audit_heads()?.iter().find(|head| head.stream == STREAM).map_or(0, |head| head.sequence);
    Ok(tx.audit_end(STREAM)?.unwrap_or(0).min(said).max(0))
}

/// Whether being done up to there is something new.
fn moves(tx: &mut dyn ReadTx, consumer: &Consumer, place: EventPlace) -> Result<bool, Error> {
    let stands = tx.event_cursor(consumer.as_str(), STREAM)?.ok_or_else(|| unknown(consumer))?.sequence;
    let end = end(tx)?;
    let refused = |what: &str| {
        let message = format!("cursor: {place} is {what}. Read the events again: none is lost");
        Error::new(Code::Conflict, message).with("cursor", EventPlace::behind(stands.min(end)).to_string())
    };
    if place.sequence > end {
        return Err(refused(
            "beyond the last record: the store was put back to an earlier time, or it was never told",
        ));
    }
    if place.sequence < stands.min(end) {
        return Err(refused("behind what this consumer is done with: another process has gone further"));
    }
    Ok(place.sequence != stands)
}

fn set(write: &mut Write<'_>, consumer: &Consumer, sequence: i64) -> Result<(), Error> {
    let (consumer, at) = (consumer.to_string(), write.now.seconds());
    Ok(write.tx.put_event_cursor(&EventCursor { consumer, stream: STREAM, sequence, at })?)
}

fn unknown(consumer: &Consumer) -> Error {
    let message = format!("{consumer} reads no events here: it was forgotten, or has never read any");
    Error::new(Code::NotFound, message).with("consumer", consumer.as_str())
}
