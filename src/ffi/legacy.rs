//! The old option.

use std::ffi::c_char;

use super::buffer::Output;
use super::funnel::run;
use super::handle::Table;
use super::input::{bytes, json, missing};
use super::options::ImportRequest;
use super::store::{answer, dm_store, vault};
use super::{dm_buf, dm_error, dm_status};
use crate::crypto::LegacyKey;
use crate::vault::Error;
use std::sync::{Mutex, PoisonError};

/// Salts of the old option's envelopes: what `wp_salt('auth')` returns, and what it returned earlier.
///
/// May be used from any thread. Wiped by `dm_salts_free`.
#[allow(non_camel_case_types)]
pub struct dm_salts {
    _private: [u8; 0],
}

static SALTS: Table<Mutex<Vec<LegacyKey>>> = Table::new(4, "salts");

/// The keys that the salts behind a handle give; none for NULL.
pub(super) fn keys(salts: *const dm_salts) -> Result<Vec<LegacyKey>, Error> {
    if salts.is_null() {
        return Ok(Vec::new());
    }
    let keys = SALTS.get(salts as usize)?;
    let keys = keys.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(keys.clone())
}

/// Makes an empty list of salts in `*out`; the caller frees it with `dm_salts_free`. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_salts_new(out: *mut *mut dm_salts, error: *mut *mut dm_error) -> dm_status {
    run(error, || {
        if out.is_null() {
            return Err(missing("out"));
        }
        let token = SALTS.insert(Mutex::default())?;
        // SAFETY: not NULL, so valid for writing by the ABI's contract.
        unsafe { out.write(token as *mut dm_salts) };
        Ok(())
    })
}

/// Adds a salt, byte for byte; the most recent one first. It is not kept: only the key that it gives is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_salts_add(
    salts: *mut dm_salts,
    salt: *const c_char,
    salt_len: usize,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        let salts = SALTS.get(salts as usize)?;
        // SAFETY: the ABI's contract.
        let key = LegacyKey::from_salt(unsafe { bytes("salt", salt, salt_len) }?);
        salts.lock().unwrap_or_else(PoisonError::into_inner).push(key);
        Ok(())
    })
}

/// Wipes and frees a list of salts. NULL is fine. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_salts_free(salts: *mut dm_salts) -> dm_status {
    run(std::ptr::null_mut(), || {
        if !salts.is_null() {
            SALTS.remove(salts as usize)?;
        }
        Ok(())
    })
}

/// Imports the old option `datamachine_auth_data`, in one transaction. `salts` open its envelopes (NULL for none).
/// `options` may be `{"format": "php" | "json", "dry_run": true | false}`; the bytes of PHP's serialize() and no dry run
/// by themselves.
///
/// Every account and app config becomes a row. A member whose envelope does not open is quarantined: never handed out,
/// kept for the way back. What has no place in a row (delegations, unknown providers and slots, empty slots, what JSON
/// cannot hold) is kept sealed as it was. A second import changes nothing that was changed or deleted here since; with an
/// earlier salt it opens what was quarantined. A dry run gives the same report and keeps nothing.
///
/// `report` may be NULL; else it gets `{dry_run, counts: {imported, unchanged, differs, quarantined, kept}, entries: [{path,
/// kind, provider, owner, account, outcome, code, why, id, members: [{name, outcome, code, why}]}]}`, kind being
/// `connection`, `config` or `other`. The caller frees it. Errors: DM_IMPORT_REFUSED (nothing was imported), DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_legacy_import(
    store: *const dm_store,
    option: *const c_char,
    option_len: usize,
    salts: *const dm_salts,
    options: *const c_char,
    options_len: usize,
    report: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        let report = Output::optional(report);
        let vault = vault(store)?;
        // SAFETY: the ABI's contract.
        let (option, request): (_, ImportRequest) =
            unsafe { (bytes("option", option, option_len)?, json("options", options, options_len)?) };
        let told = answer(&vault.import(option, &keys(salts)?, request.options())?)?;
        // SAFETY: the ABI's contract.
        unsafe { report.give(told) };
        Ok(())
    })
}
