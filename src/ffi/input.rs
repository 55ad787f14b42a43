//! What callers hand in: pointers and lengths that may be anything.

use serde::de::DeserializeOwned;

use crate::domain::Invalid;
use crate::vault::{Code, Error};

/// The most bytes that one input may have.
const LIMIT: usize = 16 << 20;

/// The error for an argument that has to be there.
pub(super) fn missing(name: &'static str) -> Error {
    Error::of_argument(name, format!("{name} must not be NULL"))
}

/// The bytes at `ptr`. NULL and 0 is the empty input, NULL and more is an error.
///
/// # Safety
///
/// `ptr` is NULL or points to `len` bytes that do not change while `'a` lasts.
pub(super) unsafe fn bytes<'a>(
    name: &'static str,
    ptr: *const std::ffi::c_char,
    len: usize,
) -> Result<&'a [u8], Error> {
    if len > LIMIT {
        let problem = format!("{name} has {len} bytes; the limit is {LIMIT} (16 MiB)");
        return Err(Error::new(Code::TooLarge, problem).with("argument", name).with("limit", LIMIT));
    }
    if ptr.is_null() {
        return if len == 0 { Ok(&[]) } else { Err(missing(name)) };
    }
    // SAFETY: not NULL, within the limit, and valid for `len` bytes by this function's contract.
    Ok(unsafe { std::slice::from_raw_parts(ptr.cast(), len) })
}

/// The text at `ptr`: UTF-8 without NUL bytes.
///
/// # Safety
///
/// As for [`bytes`].
pub(super) unsafe fn text<'a>(
    name: &'static str,
    ptr: *const std::ffi::c_char,
    len: usize,
) -> Result<&'a str, Error> {
    // SAFETY: the same contract.
    let bytes = unsafe { bytes(name, ptr, len) }?;
    let wrong = |problem: &str| Error::of_argument(name, format!("{name} {problem}"));
    let text = std::str::from_utf8(bytes).map_err(|_| wrong("is not valid UTF-8"))?;
    if text.contains('\0') { Err(wrong("contains a NUL byte")) } else { Ok(text) }
}

/// The text at `ptr`, parsed as one of the domain's values.
///
/// # Safety
///
/// As for [`bytes`].
pub(super) unsafe fn parsed<T>(
    name: &'static str,
    ptr: *const std::ffi::c_char,
    len: usize,
) -> Result<T, Error>
where
    T: std::str::FromStr<Err = Invalid>,
{
    // SAFETY: the same contract.
    Ok(unsafe { text(name, ptr, len) }?.parse()?)
}

/// The options at `ptr`, a JSON object; nothing at all is an empty object.
///
/// # Safety
///
/// As for [`bytes`].
pub(super) unsafe fn json<T: DeserializeOwned>(
    name: &'static str,
    ptr: *const std::ffi::c_char,
    len: usize,
) -> Result<T, Error> {
    // SAFETY: the same contract.
    let bytes = unsafe { bytes(name, ptr, len) }?;
    // PHP writes its empty array as a list.
    let bytes = if bytes.is_empty() || bytes == b"[]" { b"{}" } else { bytes };
    // A list would be taken for the members in the order in which they are declared.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Invalid::new(name, "must be a JSON object").into());
    }
    Ok(crate::domain::json::read(name, bytes)?)
}
