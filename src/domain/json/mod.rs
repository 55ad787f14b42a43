//! A bounded pull scanner for JSON (RFC 8259).
//!
//! It is not serde_json because documents are secrets: serde_json unescapes into scratch buffers that nobody
//! wipes, and loses the bytes as they came. This one copies nothing, does not recurse, keeps to a depth that the
//! caller gives, and refuses what parsers disagree about: duplicate keys, lone surrogates, invalid UTF-8.

mod raw_str;
mod read;
mod scanner;
mod shapes;

pub use raw_str::RawStr;
pub use read::read;
pub use scanner::{Event, Scanner};
pub use shapes::{StarOr, given, hex};

/// Where the text is not what it has to be, and why. Never says what stands there: it may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason}, at byte {offset}")]
pub struct Error {
    /// How many bytes of the text come before the place.
    pub offset: usize,
    /// What is wrong there.
    pub reason: &'static str,
}
