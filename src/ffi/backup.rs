//! A copy of the store.

use std::ffi::c_char;
use std::path::Path;

use super::buffer::Output;
use super::input::text;
use super::store::{ask, dm_store};
use super::{dm_buf, dm_error, dm_status};

/// Copies the store, as it is at one moment, into a new file at `path`, an absolute one, with the mode 0600; other processes go
/// on reading meanwhile, and wait with writing. Nothing is written over: DM_CONFLICT where there is something. Until it is
/// whole, the copy is called `path.part`. One that a killed process left is taken over by the next copy to the same path;
/// DM_CONFLICT where somebody writes it just now, or it is something else. The store's database file can be replaced with the
/// copy, as docs/operations.md says; it is as secret as the store, and useless without its keys, which are no part of it.
///
/// `result` may be NULL; else it gets `{bytes, writes, store_id, keys}`: what `dm_store_writes` told then, and the ids of the
/// keys without which not all of it opens. The caller frees it. Any thread.
///
/// Errors: DM_INVALID_ARGUMENT (a relative path), DM_CONFLICT, DM_MISSING_DIRECTORY, DM_IN_DOCUMENT_ROOT, DM_DISK_FULL, DM_IO,
/// DM_STORE_REPLACED, DM_BUSY. No file is left then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_store_backup(
    store: *const dm_store,
    path: *const c_char,
    path_len: usize,
    result: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Ok(Output::optional(result)), error, |vault| {
            vault.backup(Path::new(text("path", path, path_len)?))
        })
    }
}
