//! An account or app config becomes a document.

use zeroize::Zeroizing;

use super::buffer::{Buffer, Full};
use super::encode::{self, Error};
use super::plan::Found;
use super::value::{Items, Key, Kind, Value};
use super::why::Why;
use crate::crypto::{LegacyKey, LegacyOpen, is_envelope, open_envelope};
use crate::domain::Document;

/// A hostile option could have a million members that cannot be taken; a real one has a few.
const MAX_HELD_BACK: usize = 256;

/// A member that is missing from its document. It has no `Debug`: what is in it is secret.
pub struct HeldBack {
    /// Its name; one that is no UTF-8 is escaped.
    pub name: String,
    /// How many members stand before it.
    pub position: usize,
    /// Its key and its value, PHP-serialised, as they are stored.
    pub raw: Zeroizing<Vec<u8>>,
    /// Why it is held back.
    pub why: Why,
}

/// What becomes of one account or config.
pub(super) fn found(account: Value, keys: &[LegacyKey]) -> Found {
    match account.kind() {
        Kind::Array(members) if members.is_empty() => Found::Keep { why: Why::Empty },
        Kind::Array(members) if members.is_list() => Found::Keep { why: Why::IsList },
        Kind::Array(members) => {
            // PHP's form is nearly always the longer one.
            let out = Buffer::new(account.raw().len(), Document::MAX_BYTES);
            document(members, keys, out).unwrap_or(Found::Keep { why: Why::TooLarge })
        }
        _ => Found::Keep { why: Why::NotAnArray },
    }
}

/// None where it is too large for a document.
fn document(members: Items, keys: &[LegacyKey], mut out: Buffer) -> Option<Found> {
    let (mut enveloped, mut held_back) = (Vec::new(), Vec::new());
    out.push(b"{").ok()?;
    for (position, (key, value)) in members.enumerate() {
        let before = out.len();
        match member(key, value, keys, &mut out) {
            Ok(Form::Plain) => {}
            Ok(Form::Envelope) => enveloped.push(name(key)),
            Err(NotTaken::Full) => return None,
            Err(NotTaken::Because(_)) if held_back.len() == MAX_HELD_BACK => return None,
            Err(NotTaken::Because(why)) => {
                out.truncate(before);
                let raw = Zeroizing::new([key.raw(), value.raw()].concat());
                held_back.push(HeldBack { name: name(key), position, raw, why });
            }
        }
    }
    let document = if out.len() == OPENING {
        Document::empty()
    } else {
        out.push(b"}").ok()?;
        // Its depth, its names and its UTF-8 have been seen to.
        Document::parse(out.into_bytes()).ok()?
    };
    Some(Found::Document { document, enveloped, held_back })
}

/// How many bytes `{` has.
const OPENING: usize = 1;

/// How a member was stored.
enum Form {
    Plain,
    Envelope,
}

enum NotTaken {
    Because(Why),
    Full,
}

impl From<Error> for NotTaken {
    fn from(error: Error) -> Self {
        match error {
            Error::NotJson(what) => Self::Because(Why::NotJson(what)),
            Error::Full => Self::Full,
        }
    }
}

impl From<Full> for NotTaken {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

impl From<LegacyOpen> for NotTaken {
    fn from(error: LegacyOpen) -> Self {
        Self::Because(match error {
            LegacyOpen::Malformed => Why::EnvelopeMalformed,
            LegacyOpen::DoesNotOpen => Why::EnvelopeDoesNotOpen,
        })
    }
}

fn member(key: Key, value: Value, keys: &[LegacyKey], out: &mut Buffer) -> Result<Form, NotTaken> {
    if out.len() > OPENING {
        out.push(b",")?;
    }
    encode::string(key.bytes(), out)?;
    out.push(b":")?;
    match value.kind() {
        Kind::Str(text) if is_envelope(text) => {
            encode::string(&open_envelope(keys, text)?, out)?;
            Ok(Form::Envelope)
        }
        _ => {
            encode::value(value, Document::MAX_DEPTH - 1, out)?;
            Ok(Form::Plain)
        }
    }
}

fn name(key: Key) -> String {
    match std::str::from_utf8(key.bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => key.bytes().escape_ascii().to_string(),
    }
}
