//! The keys of a store.

use std::ffi::c_char;

use super::buffer::Output;
use super::funnel::run;
use super::input::{parsed, text};
use super::keyring::{dm_keyring, keys};
use super::store::{answer, dm_store, vault};
use super::{dm_buf, dm_error, dm_status};
use crate::vault::{Code, Error};

/// Makes the keyring's first key the store's primary one: what is written from now on, and the store's own secret, are
/// wrapped by it. Rows sealed before keep their key until `dm_key_rewrap`; until then open the store with both.
///
/// `result` may be NULL; else it gets `{key, known}`. Other processes that have the store open answer
/// DM_WRONG_KEY to writes until they open it with the new key. Errors: DM_INVALID_ARGUMENT (an empty keyring), DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_key_add(
    store: *const dm_store,
    keyring: *const dm_keyring,
    result: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        let result = Output::optional(result);
        let vault = vault(store)?;
        let keys = keys(keyring)?;
        let key = keys.first().ok_or_else(|| {
            Error::new(Code::InvalidArgument, "keyring: holds no key; add one first")
                .with("argument", "keyring")
        })?;
        let added = answer(&vault.add_key(key)?)?;
        // SAFETY: the ABI's contract.
        unsafe { result.give(added) };
        Ok(())
    })
}

/// Wraps every data key of the store under the primary key, in one transaction, and retires the other keys. No document
/// is opened, no revision changes. `result` may be NULL; else it gets `{key, rewrapped, retired}`. Backups made before
/// still need the retired keys. Errors: DM_TOO_LARGE (above 100,000 rows), DM_KEY_UNAVAILABLE, DM_BUSY; nothing changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_key_rewrap(
    store: *const dm_store,
    result: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        let result = Output::optional(result);
        let rewrapped = answer(&vault(store)?.rewrap()?)?;
        // SAFETY: the ABI's contract.
        unsafe { result.give(rewrapped) };
        Ok(())
    })
}

/// Seals anew, under new data keys, all connections and app configs of `provider`, or the one with `id`; exactly one of
/// the two is given, the other is empty. Earlier blobs of these rows do not open any more. `result` may be NULL; else it
/// gets `{renewed}`. Errors: DM_NOT_FOUND (no such id), DM_INTEGRITY, DM_KEY_UNAVAILABLE, DM_BUSY; nothing changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_key_renew(
    store: *const dm_store,
    provider: *const c_char,
    provider_len: usize,
    id: *const c_char,
    id_len: usize,
    result: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        let result = Output::optional(result);
        let vault = vault(store)?;
        // SAFETY: the ABI's contract.
        let (by_provider, by_id) =
            unsafe { (text("provider", provider, provider_len)?, text("id", id, id_len)?) };
        let renewed = match (by_provider.is_empty(), by_id.is_empty()) {
            // SAFETY: the ABI's contract.
            (false, true) => vault.renew_provider(&unsafe { parsed("provider", provider, provider_len) }?),
            // SAFETY: the ABI's contract.
            (true, false) => vault.renew_one(unsafe { parsed("id", id, id_len) }?),
            _ => {
                let message = "provider, id: give one of the two, and leave the other empty";
                Err(Error::new(Code::InvalidArgument, message).with("argument", "provider"))
            }
        }?;
        // SAFETY: the ABI's contract.
        unsafe { result.give(answer(&renewed)?) };
        Ok(())
    })
}
