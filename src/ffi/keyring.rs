//! Key material on its way in.

use std::ffi::c_char;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::funnel::run;
use super::handle::Table;
use super::input::{bytes, missing, text};
use super::{dm_error, dm_status};
use crate::crypto::{KeyMaterial, OsRandom};
use crate::domain::json::read;
use crate::vault::Error;

/// Key-encryption keys that a caller gives. The first is the one that a new store is made with, and that
/// `dm_key_add` adds; the others are earlier ones, which go on opening what they sealed.
///
/// May be used from any thread. Wiped by `dm_keyring_free`.
#[allow(non_camel_case_types)]
pub struct dm_keyring {
    _private: [u8; 0],
}

static KEYRINGS: Table<Mutex<Vec<KeyMaterial>>> = Table::new(2, "keyring");

/// The keys behind a handle; none for NULL.
pub(super) fn keys(keyring: *const dm_keyring) -> Result<Vec<KeyMaterial>, Error> {
    if keyring.is_null() {
        return Ok(Vec::new());
    }
    let keys = KEYRINGS.get(keyring as usize)?;
    let keys = keys.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(keys.clone())
}

fn add(keyring: *mut dm_keyring, make: impl FnOnce() -> Result<KeyMaterial, Error>) -> Result<(), Error> {
    let keys = KEYRINGS.get(keyring as usize)?;
    let key = make()?;
    keys.lock().unwrap_or_else(PoisonError::into_inner).push(key);
    Ok(())
}

/// Makes an empty keyring in `*out`; the caller frees it with `dm_keyring_free`. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_keyring_new(out: *mut *mut dm_keyring, error: *mut *mut dm_error) -> dm_status {
    run(error, || {
        if out.is_null() {
            return Err(missing("out"));
        }
        let token = KEYRINGS.insert(Mutex::default())?;
        // SAFETY: not NULL, so valid for writing by the ABI's contract.
        unsafe { out.write(token as *mut dm_keyring) };
        Ok(())
    })
}

/// Adds a key of exactly 32 raw bytes. They are copied; the caller wipes its own. Passphrases are refused.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_keyring_add_raw(
    keyring: *mut dm_keyring,
    key: *const c_char,
    key_len: usize,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    run(error, || add(keyring, || Ok(KeyMaterial::raw(unsafe { bytes("key", key, key_len) }?)?)))
}

/// Adds a key given as base64 of 32 bytes, as a constant or an environment variable holds it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_keyring_add_base64(
    keyring: *mut dm_keyring,
    key: *const c_char,
    key_len: usize,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    run(error, || add(keyring, || Ok(KeyMaterial::base64(unsafe { text("key", key, key_len) }?)?)))
}

/// Adds the key in a file: 32 raw bytes, or base64. The file has to be the caller's own and closed to others (0600).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_keyring_add_file(
    keyring: *mut dm_keyring,
    path: *const c_char,
    path_len: usize,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        // SAFETY: the ABI's contract.
        let path = unsafe { text("path", path, path_len) }?;
        add(keyring, || Ok(KeyMaterial::file(Path::new(path))?))
    })
}

/// Adds the key that a command prints, raw or as base64: for a key management service. `argv` is a JSON list such as
/// `["/usr/local/bin/print-key", "site"]`; no shell is involved. The command has 10 seconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_keyring_add_command(
    keyring: *mut dm_keyring,
    argv: *const c_char,
    argv_len: usize,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        add(keyring, || {
            // SAFETY: the ABI's contract.
            let argv = unsafe { bytes("argv", argv, argv_len) }?;
            Ok(KeyMaterial::command(&read::<Vec<String>>("argv", argv)?)?)
        })
    })
}

/// Makes a new random key in a new file (0600, base64) and adds it. Where the file is there already, its key is added.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_keyring_make_file(
    keyring: *mut dm_keyring,
    path: *const c_char,
    path_len: usize,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        // SAFETY: the ABI's contract.
        let path = unsafe { text("path", path, path_len) }?;
        add(keyring, || Ok(KeyMaterial::make_file(Path::new(path), &OsRandom)?))
    })
}

/// Wipes and frees a keyring; stores that were opened with it stay open. NULL is fine. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_keyring_free(keyring: *mut dm_keyring) -> dm_status {
    run(std::ptr::null_mut(), || {
        if !keyring.is_null() {
            KEYRINGS.remove(keyring as usize)?;
        }
        Ok(())
    })
}
