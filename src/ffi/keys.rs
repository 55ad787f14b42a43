//! The keys of a store.

use std::ffi::c_char;

use super::buffer::Output;
use super::documents::{Text, optional};
use super::keyring::{dm_keyring, keys};
use super::store::{ask, dm_store};
use super::{dm_buf, dm_error, dm_status};
use crate::vault::{Error, Vault};

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
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Ok(Output::optional(result)), error, |vault| {
            let keys = keys(keyring)?;
            let key = keys
                .first()
                .ok_or_else(|| Error::of_argument("keyring", "keyring: holds no key; add one first"))?;
            vault.add_key(key)
        })
    }
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
    // SAFETY: the ABI's contract.
    unsafe { ask(store, Ok(Output::optional(result)), error, Vault::rewrap) }
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
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Ok(Output::optional(result)), error, |vault| {
            let given =
                (optional("provider", Text(provider, provider_len))?, optional("id", Text(id, id_len))?);
            match given {
                (Some(provider), None) => vault.renew_provider(&provider),
                (None, Some(id)) => vault.renew_one(id),
                _ => {
                    let message = "provider, id: give one of the two, and leave the other empty";
                    Err(Error::of_argument("provider", message))
                }
            }
        })
    }
}
