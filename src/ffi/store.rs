//! Stores as handles.

use std::ffi::c_char;

use serde::Serialize;

use super::buffer::Output;
use super::funnel::run;
use super::handle::Table;
use super::input::{json, missing};
use super::keyring::{dm_keyring, keys};
use super::options::OpenOptions;
use super::{dm_buf, dm_error, dm_status};
use crate::domain::SecretBytes;
use crate::vault::{self, Error, Vault};

/// An open store. May be used from any thread, and after `fork()`: the child opens files of its own.
#[allow(non_camel_case_types)]
pub struct dm_store {
    _private: [u8; 0],
}

static STORES: Table<Vault> = Table::new(3, "store");

/// The vault behind a handle.
pub(super) fn vault(store: *const dm_store) -> Result<std::sync::Arc<Vault>, Error> {
    STORES.get(store as usize)
}

/// Enough for what is told of one row.
const ANSWER: usize = 1024;

/// Serialises what a call answers.
pub(super) fn answer(value: &impl Serialize) -> Result<SecretBytes, Error> {
    let mut bytes = Vec::with_capacity(ANSWER);
    serde_json::to_writer(&mut bytes, value)
        .map_err(|_| Error::new(vault::Code::Internal, "an answer is no JSON"))?;
    Ok(bytes.into())
}

/// What most functions do: asks the vault behind a handle, and hands its answer over as JSON. `work` is not begun before both
/// the output and the handle are good.
///
/// # Safety
///
/// As for [`tell`].
pub(super) unsafe fn ask<T: Serialize>(
    store: *const dm_store,
    out: Result<Output, Error>,
    error: *mut *mut dm_error,
    work: impl FnOnce(&Vault) -> Result<T, Error>,
) -> dm_status {
    // SAFETY: this function's contract.
    unsafe { tell(out, error, || work(&*vault(store)?)) }
}

/// The same of something else than a vault.
///
/// # Safety
///
/// As for [`Output::give`], and `error` is NULL or valid for writing.
pub(super) unsafe fn tell<T: Serialize>(
    out: Result<Output, Error>,
    error: *mut *mut dm_error,
    work: impl FnOnce() -> Result<T, Error>,
) -> dm_status {
    run(error, || {
        let out = out?;
        let told = answer(&work()?)?;
        // SAFETY: this function's contract.
        unsafe { out.give(told) };
        Ok(())
    })
}

/// Opens a store into `*out`, or makes it where there is none; the caller closes it with `dm_store_close`.
///
/// `options` is a JSON object:
///
/// - `path`: the store's directory, absolute; made (0700) where only it is missing
/// - `site`: the site that opens the store; one that is made belongs to it, and another site's is refused
/// - `clone`: true opens another site's store too, as the copy that a staging site has: everything that stays in the
///   store works, but nothing is refreshed or revoked at a provider (DM_CLONED_SITE) until `dm_store_adopt`. "read"
///   refuses every other change of it, too, for a copy that may have the other site's very store before it; only what is
///   handed out is recorded. false (optional)
/// - `store_id`: the id that the store has to have; where it is given, no store is made (optional)
/// - `create`: whether a store may be made where there is none; true unless store_id is given (optional)
/// - `document_root`: neither the store nor its key may lie inside this directory (optional)
/// - `key_file`: where the key file lies; by itself in PATH-key/primary.key beside the store (optional)
/// - `patience_ms`: how long a call waits for other processes before DM_BUSY; 5000 (optional)
/// - `catalogue`: `{"providers": {slug: entry}}`, adds to the catalogue for this handle (optional). An entry has at least
///   `{"name", "auth": ["oauth2"], "members": {"expires_at": [..], "scopes": [..], "remote_id": [..], "display_name":
///   [..]}, "use": [..], "secrets": [..]}`, where the lists name members of documents; and optionally `"operations": {name:
///   [scopes that it needs]}`, `"ceiling": [the only scopes that an agent may ever get]`, and `"refresh"` and `"expiry"`,
///   from which follows when tokens are renewed (docs/catalogue.md). With `"any": true` beside `providers` (each optional)
///   accounts of a provider that has no entry are taken out of the old option like all others, and not kept as they are
///
/// `keyring` gives the key and earlier ones; with NULL or an empty one the key file is used, and made together with
/// a new store. One process shares one open store per place, however often it is opened, and keeps it after
/// `dm_store_close` for the next opening; of more than eight the one used longest ago is closed, its keys are wiped
/// and its handles answer DM_INVALID_HANDLE. One in which a lease is held is closed only where one is held in all.
///
/// Errors: DM_MISSING_DIRECTORY, DM_STORE_MISSING, DM_PERMISSIONS, DM_WRONG_USER, DM_NETWORK_FILE_SYSTEM,
/// DM_IN_DOCUMENT_ROOT, DM_NOT_A_STORE, DM_STORE_NEWER, DM_STORE_MISMATCH, DM_SITE_MISMATCH, DM_WRONG_KEY,
/// DM_MISSING_KEY, DM_INVALID_KEY, DM_BUSY, DM_CORRUPT, DM_DISK_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_store_open(
    options: *const c_char,
    options_len: usize,
    keyring: *const dm_keyring,
    out: *mut *mut dm_store,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        if out.is_null() {
            return Err(missing("out"));
        }
        // SAFETY: the ABI's contract.
        let options: OpenOptions = unsafe { json("options", options, options_len) }?;
        let token = STORES.insert(Vault::open(&options.into_options()?, &keys(keyring)?)?)?;
        // SAFETY: not NULL, so valid for writing by the ABI's contract.
        unsafe { out.write(token as *mut dm_store) };
        Ok(())
    })
}

/// Tells what is known of a store, as a JSON object without secrets:
/// `{version, store_id, site, clone, engine, path, created_at, schema, writes, keys: [{id, status, loaded, created_at}],
/// key_file, counts: {connections, configs, kept}}`. `clone` is true where `site` is another site than the one that opened
/// it (see `dm_store_open`). The caller frees `*out` with `dm_buf_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_store_info(
    store: *const dm_store,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe { ask(store, Output::required("out", out), error, Vault::info) }
}

/// Makes the site that this handle was opened with the one that the store belongs to, and tells `{site, before}`: the site
/// now, and before. The caller frees `*out`, which may be NULL, with `dm_buf_free`. Any thread.
///
/// For a copy that takes the connections over: tokens that both sites hold are broken for the one when the other renews
/// them, so the site of before must not use them any more. From now on it is refused at open (DM_SITE_MISMATCH), or sees
/// a clone; handles that it has open work on as those of a clone do. The audit tells (`adopted`). Where the store belongs
/// to this site already, nothing is written, and the two are the same.
///
/// Errors: DM_SITE_MISMATCH (another site adopted it since this handle was opened without `clone`), DM_STORE_REPLACED,
/// DM_BUSY, DM_DISK_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_store_adopt(
    store: *const dm_store,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe { ask(store, Ok(Output::optional(out)), error, Vault::adopt) }
}

/// Closes a handle; calls that other threads have under way on it finish. The process keeps the store itself open for
/// the next `dm_store_open`. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_store_close(store: *mut dm_store) -> dm_status {
    run(std::ptr::null_mut(), || {
        if !store.is_null() {
            STORES.remove(store as usize)?;
        }
        Ok(())
    })
}

/// Closes every store of this process and wipes their keys. Handles that are open answer DM_INVALID_HANDLE from now
/// on, and are still to be closed. For programs that end, or that drop what they know; PHP never needs it.
#[unsafe(no_mangle)]
pub extern "C" fn dm_shutdown() -> dm_status {
    run(std::ptr::null_mut(), || {
        vault::close_all();
        Ok(())
    })
}
