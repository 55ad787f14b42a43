//! The old option.

use std::ffi::c_char;

use super::buffer::Output;
use super::funnel::run;
use super::handle::Table;
use super::input::{bytes, json, missing};
use super::options::{ExportRequest, ImportRequest};
use super::store::{answer, ask, dm_store, vault};
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

/// The key that the first of the salts gives.
pub(super) fn sealing_key(salts: *const dm_salts) -> Result<LegacyKey, Error> {
    keys(salts)?.into_iter().next().ok_or_else(|| {
        let message = "salts: has to hold a salt to seal with; add what wp_salt('auth') returns";
        Error::of_argument("salts", message)
    })
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
/// `options` may be `{"format": "php" | "json", "dry_run": true | false, "from": n, "limit": n}`; the bytes of PHP's
/// serialize(), no dry run and all of it by themselves.
///
/// A large option can be imported in slices, each in a transaction of its own: at most `limit` of its entries, behind the
/// first `from` ones. The report's `next` is the `from` of the next slice, and null once all is done; the delegations are taken
/// up with the last one. Between them the option has to stay as it is.
///
/// Every account and app config becomes a row. A member whose envelope does not open is quarantined: never handed out,
/// kept for the way back. What has no place in a row (delegations, unknown providers and slots, empty slots, what JSON
/// cannot hold) is kept sealed as it was. A second import changes nothing that was changed or deleted here since; with an
/// earlier salt it opens what was quarantined. A dry run gives the same report and keeps nothing.
///
/// The delegations of email_imap become grants (`dm_grant_list` with the origin `delegation`) to the same agent, for the same
/// mailbox and operations, for anyone who asks. An agent that gets an account of its own gets the grant to it (origin
/// `own_account`). Neither is given again once it ended.
///
/// `report` may be NULL; else it gets `{dry_run, counts: {imported, unchanged, differs, quarantined, kept}, entries: [{path,
/// kind, provider, owner, account, outcome, code, why, id, members: [{name, outcome, code, why}]}], delegations: [{name,
/// outcome, code, why}], next}`, kind being `connection`, `config` or `other`. A delegation is named by its owner, account and
/// agent, and is `imported` (it is a grant), `unchanged` (code `granted_before`, or `ended_since`), `differs` (the option's
/// delegations changed since they were kept), or `kept`, with the reason. The caller frees it. Errors: DM_IMPORT_REFUSED (nothing was imported), DM_BUSY.
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
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Ok(Output::optional(report)), error, |vault| {
            let (option, request): (_, ImportRequest) =
                (bytes("option", option, option_len)?, json("options", options, options_len)?);
            vault.import(option, &keys(salts)?, request.options())
        })
    }
}

/// Writes the old option anew into `*option`: the array that `datamachine_auth_data` would hold had the old plug-in made all
/// changes since the import, with the first of the salts for its envelopes. What its own classes read in it is what they
/// read before, and what changed since. One consistent snapshot; nothing is changed.
///
/// `options`, all optional (NULL and 0 for none):
///
/// - `format`: "php" for what serialize() writes (the default), or "json"
/// - `fields`: a list of members to seal, beside those that the old plug-in always seals (access_token, refresh_token ...)
///   and those that came sealed: what the classes or the filter `datamachine_auth_encrypted_fields` add; or an object with
///   such a list for each provider, by slug
/// - `leave_out`: true goes without what does not open (or, as JSON, what JSON cannot hold); else such a thing refuses the
///   whole export, and the detail's `left_out` names it (the first hundred)
///
/// Verbatim and in their places come: members that were quarantined or held back at the import (under the salts of then),
/// delegations, unknown providers and slots, empty slots. What was imported keeps its order; what came since goes last.
/// What was deleted since is not in it, nor what the old shape has no place for (org:ID, site:N but site:0), nor a delegation
/// whose grant has ended since. Grants are not in it.
///
/// `*option` is secret: by the old plug-in's rules only some members are sealed, all others are plaintext in it. Store it
/// nowhere but in the option, and free it at once with `dm_buf_free`, which wipes it. `report` may be NULL; else it gets,
/// without secrets, `{bytes, writes, counts: {accounts, configs, kept, returned, sealed}, left_out: [{kind, path, provider, owner,
/// account, id, member, code, why}]}`: what `dm_store_writes` told then; how many accounts and configs, kept pieces, members
/// that came back verbatim and members sealed anew are in it; and what the vault holds and the option does not, kind being `connection`, `config` or
/// `kept`, code `owner_has_no_place`, `superseded` (kept, and something connected since stands there), `grant_ended` and
/// `connection_gone` (of a delegation), `key_unavailable`, `integrity`, or what JSON cannot hold. The caller frees both. Any
/// thread.
///
/// Errors: DM_KEY_UNAVAILABLE, DM_INTEGRITY, DM_INVALID_DOCUMENT (JSON cannot hold it), DM_INVALID_ARGUMENT (no salt),
/// DM_TOO_LARGE (more entries than an import takes), DM_CORRUPT, DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_legacy_export(
    store: *const dm_store,
    salts: *const dm_salts,
    options: *const c_char,
    options_len: usize,
    option: *mut dm_buf,
    report: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        let (option, report) = (Output::required("option", option)?, Output::optional(report));
        let vault = vault(store)?;
        // SAFETY: the ABI's contract.
        let request: ExportRequest = unsafe { json("options", options, options_len) }?;
        let exported = vault.export(&sealing_key(salts)?, &request.into_options())?;
        let told = answer(&exported.report)?;
        // SAFETY: the ABI's contract.
        unsafe {
            option.give(exported.option);
            report.give(told);
        }
        Ok(())
    })
}
