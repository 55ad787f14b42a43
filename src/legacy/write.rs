//! PHP's `serialize()` format, value by value.

use super::buffer::{Buffer, Full};
use super::number;
use super::value::{float, integer};
use crate::domain::json::RawStr;

/// The key of an array's element: an integer where PHP would make it one.
pub(super) fn key(name: &[u8], out: &mut Buffer) -> Result<(), Full> {
    if integer(name).is_some() { scalar(b"i:", name, out) } else { string(name, out) }
}

/// A string.
pub(super) fn string(text: &[u8], out: &mut Buffer) -> Result<(), Full> {
    out.push(format!("s:{}:\"", text.len()).as_bytes())?;
    out.push(text)?;
    out.push(b"\";")
}

/// An array up to its first element; `}` ends it.
pub(super) fn begin_array(count: usize, out: &mut Buffer) -> Result<(), Full> {
    out.push(format!("a:{count}:{{").as_bytes())
}

/// What stands between the tag and the semicolon.
pub(super) fn scalar(tag: &[u8], text: &[u8], out: &mut Buffer) -> Result<(), Full> {
    out.push(tag)?;
    out.push(text)?;
    out.push(b";")
}

/// A number of a JSON text. Integers that do not fit become floating point numbers, and those that do not fit become
/// infinite.
pub(super) fn number(text: &str, out: &mut Buffer) -> Result<(), Full> {
    if text == "-0" {
        return scalar(b"i:", b"0", out);
    }
    if integer(text.as_bytes()).is_some() {
        return scalar(b"i:", text.as_bytes(), out);
    }
    let text = match float(text.as_bytes()) {
        Some(number) if number.is_finite() => number::float(number, 'E'),
        _ if text.starts_with('-') => "-INF".to_owned(),
        _ => "INF".to_owned(),
    };
    scalar(b"d:", text.as_bytes(), out)
}

/// Hands a JSON string's meaning to `write`, in a buffer that is wiped where it needs one.
pub(super) fn with_meaning<T>(text: RawStr, write: impl FnOnce(&[u8]) -> T) -> T {
    match text.as_plain() {
        Some(plain) => write(plain.as_bytes()),
        None => write(text.unescape().as_bytes()),
    }
}
