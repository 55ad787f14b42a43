//! JSON as PHP prints it.
//!
//! Byte for byte what `json_encode()` gives with `JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE |
//! JSON_PRESERVE_ZERO_FRACTION`, since that is what PHP hands over and gets back ever after.

use super::buffer::{Buffer, Full};
use super::number;
use super::value::{Kind, Value};

/// What JSON has no way to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotJson {
    /// A string, or an array's key, whose bytes are no UTF-8.
    NotUtf8,
    /// A PHP object or enum case.
    Object,
    /// An infinite number or NAN.
    NotFinite,
    /// Arrays in arrays beyond the depth of a document.
    TooDeep,
}

pub(super) enum Error {
    NotJson(NotJson),
    Full,
}

impl From<Full> for Error {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

/// Appends a value with at most `levels` arrays in one another.
pub(super) fn value(value: Value, levels: usize, out: &mut Buffer) -> Result<(), Error> {
    match value.kind() {
        Kind::Null => out.push(b"null")?,
        Kind::Bool(true) => out.push(b"true")?,
        Kind::Bool(false) => out.push(b"false")?,
        Kind::Int(digits) => out.push(digits)?,
        Kind::Float(number) => float(number, out)?,
        Kind::Str(bytes) => string(bytes, out)?,
        Kind::Object => return Err(Error::NotJson(NotJson::Object)),
        Kind::Array(items) => {
            let levels = levels.checked_sub(1).ok_or(Error::NotJson(NotJson::TooDeep))?;
            let is_list = items.is_list();
            out.push(if is_list { b"[" } else { b"{" })?;
            for (index, (key, element)) in items.enumerate() {
                if index > 0 {
                    out.push(b",")?;
                }
                if !is_list {
                    string(key.bytes(), out)?;
                    out.push(b":")?;
                }
                // As deep as `levels` at most, and the parser had its own limit before.
                self::value(element, levels, out)?;
            }
            out.push(if is_list { b"]" } else { b"}" })?;
        }
    }
    Ok(())
}

fn float(number: f64, out: &mut Buffer) -> Result<(), Error> {
    if !number.is_finite() {
        return Err(Error::NotJson(NotJson::NotFinite));
    }
    let text = number::float(number, 'e');
    out.push(text.as_bytes())?;
    if !text.contains('.') {
        out.push(b".0")?;
    }
    Ok(())
}

/// Appends a JSON string, its quotes included.
pub(super) fn string(bytes: &[u8], out: &mut Buffer) -> Result<(), Error> {
    let text = std::str::from_utf8(bytes).map_err(|_| Error::NotJson(NotJson::NotUtf8))?;
    out.push(b"\"")?;
    let mut plain = 0;
    for (at, c) in text.char_indices() {
        let control;
        let escape = match c {
            '"' => r#"\""#,
            '\\' => r"\\",
            '\u{8}' => r"\b",
            '\u{c}' => r"\f",
            '\n' => r"\n",
            '\r' => r"\r",
            '\t' => r"\t",
            '\0'..='\u{1f}' => {
                control = format!("\\u{:04x}", u32::from(c));
                &control
            }
            // JavaScript ends lines at these two.
            '\u{2028}' => r"\u2028",
            '\u{2029}' => r"\u2029",
            _ => continue,
        };
        out.push(&bytes[plain..at])?;
        out.push(escape.as_bytes())?;
        plain = at + c.len_utf8();
    }
    out.push(&bytes[plain..])?;
    out.push(b"\"")?;
    Ok(())
}
