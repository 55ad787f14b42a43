//! Writing the old option.

use std::ffi::c_char;

use super::buffer::Output;
use super::input::{bytes, json};
use super::legacy::{dm_salts, keys};
use super::options::WriteRequest;
use super::store::{ask, dm_store};
use super::{dm_buf, dm_error, dm_status};

/// Does what somebody changed who wrote the old option `datamachine_auth_data`, in one transaction. `base` is what they were
/// handed, as `dm_legacy_export` gave it (in any order), `option` what they wrote; `salts` open its envelopes (NULL for
/// none). `options` may be `{"format": "php" | "json"}` of both; the bytes of PHP's serialize() by themselves.
///
/// An account, app config or other part that is the same in both is left alone, whatever stands there by now: what was
/// deleted meanwhile is not brought back. Of one that differs, the top-level members that differ (opened: a secret that was
/// only sealed anew does not) are laid over what is stored by now, and those that are gone from it are taken away; where it was
/// deleted meanwhile, all of it is stored anew. Another remote account takes the place of the one that was there, as a save with
/// `replace` does. What is in `base` and not in `option` is deleted, as `dm_conn_delete` does. What an import keeps sealed
/// (unknown providers and slots, what JSON cannot hold, envelopes that do not open) is kept here, too, and the way back gives
/// it back as it was written.
///
/// With an empty `base` (NULL and 0) the writer saw everything: the store becomes what `option` says, and what it has beside
/// that is deleted, but for what the old shape has no place for (org:ID, site:N but site:0). What is the same is left alone.
///
/// Delegations of email_imap that were added or changed become grants (origin `delegation`), those that were taken out have
/// theirs revoked. Where nothing at all is to be done, nothing is written, and the number of writes stays.
///
/// `report` may be NULL; else it gets, without secrets, `{counts: {unchanged, saved, deleted, kept, quarantined, granted,
/// revoked}, entries: [{path, outcome, code, why}], writes}`, the entries being what was changed, and `writes` what
/// `dm_store_writes` tells since. `saved` has the code `created`, `changed` or `replaced`; `quarantined` is saved but for members
/// that do not open; `deleted` has `deleted`, or `kept_deleted` of what was kept; `kept` has the reason. The caller frees it. The
/// audit's records have the code `option`. Any thread.
///
/// Errors: DM_IMPORT_REFUSED (one of the two cannot be read), DM_INTEGRITY and DM_KEY_UNAVAILABLE (what a change is to be laid
/// over does not open), DM_TOO_LARGE, DM_BUSY, DM_DISK_FULL. Nothing was written then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_legacy_write(
    store: *const dm_store,
    base: *const c_char,
    base_len: usize,
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
            let (base, option, request): (_, _, WriteRequest) = (
                bytes("base", base, base_len)?,
                bytes("option", option, option_len)?,
                json("options", options, options_len)?,
            );
            let base = (!base.is_empty()).then_some(base);
            vault.write_option(base, option, &keys(salts)?, request.format())
        })
    }
}
