//! Errors as objects that the caller owns.

use std::ffi::{CStr, CString, c_char};

use super::dm_status;
use super::funnel::run;
use super::handle::Table;
use crate::vault;

/// What went wrong in one call. Freed with `dm_error_free`; not changed by later calls.
#[allow(non_camel_case_types)]
pub struct dm_error {
    _private: [u8; 0],
}

struct Told {
    status: dm_status,
    message: CString,
    detail: CString,
}

static ERRORS: Table<Told> = Table::new(1, "error");

/// A C string of a text of ours; a NUL byte inside, which none has, would end it.
fn c_string(text: &str) -> CString {
    let end = text.find('\0').unwrap_or(text.len());
    CString::new(&text[..end]).unwrap_or_default()
}

/// Makes the object; NULL when there is no room for one more.
pub(super) fn hand_out(error: &vault::Error) -> *mut dm_error {
    let detail = serde_json::to_string(error.detail()).unwrap_or_default();
    let told =
        Told { status: error.code().into(), message: c_string(error.message()), detail: c_string(&detail) };
    ERRORS.insert(told).map_or(std::ptr::null_mut(), |token| token as *mut dm_error)
}

/// The pointer stays valid while the object lives: its text is on the heap and never changes.
fn text_of(
    error: *const dm_error,
    choose: impl FnOnce(&Told) -> &CStr,
    otherwise: &'static CStr,
) -> *const c_char {
    let mut text = otherwise.as_ptr();
    run(std::ptr::null_mut(), || {
        text = choose(&*ERRORS.get(error as usize)?).as_ptr();
        Ok(())
    });
    text
}

/// The `dm_status` of an error; `DM_OK` for NULL, `DM_INVALID_HANDLE` for one that was freed. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn dm_error_code(error: *const dm_error) -> dm_status {
    if error.is_null() {
        return dm_status::DM_OK;
    }
    let mut status = dm_status::DM_INVALID_HANDLE;
    run(std::ptr::null_mut(), || {
        status = ERRORS.get(error as usize)?.status;
        Ok(())
    });
    status
}

/// A sentence for a person: what was wrong and what to do. It holds no secret.
///
/// Never NULL; UTF-8; valid until `dm_error_free`, not to be freed itself. Empty for NULL or a freed error. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn dm_error_message(error: *const dm_error) -> *const c_char {
    text_of(error, |told| &told.message, c"")
}

/// Details for a program: a JSON object, whose members depend on the code (`argument`, `revision`, `mend`, `keys` ...).
///
/// Never NULL; valid until `dm_error_free`, not to be freed itself. `{}` for NULL or a freed error. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn dm_error_detail(error: *const dm_error) -> *const c_char {
    text_of(error, |told| &told.detail, c"{}")
}

/// Frees an error. NULL is fine; one that was freed before gives `DM_INVALID_HANDLE`. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn dm_error_free(error: *mut dm_error) -> dm_status {
    run(std::ptr::null_mut(), || {
        if !error.is_null() {
            ERRORS.remove(error as usize)?;
        }
        Ok(())
    })
}
