//! The audit chain: reading, verifying, anchoring, pruning.

use std::ffi::c_char;

use super::audit_options::{AuditRequest, PruneRequest, VerifyRequest};
use super::buffer::Output;
use super::input::json;
use super::store::{ask, dm_store};
use super::{dm_buf, dm_error, dm_status};
use crate::vault::Vault;

/// Lists what happened. `query` is a JSON object of conditions, each optional: `agent`, `subject` (whose account it was, such
/// as `user:12`), `connection` (an id, of a connection or app config), `event`, `since` and `until` (Unix seconds, from and
/// before), `newest_first`, `limit` (1 to 1000; 100), `after` (the `next` of the page before). Nothing at all lists everything.
///
/// `*out` gets `{items: [...], next}`, where `next` is null on the last page; each item is `{stream, sequence, at, event, agent,
/// subject, connection, grant, details, repeats, intact}`. `agent` is null where trusted code of the site acted. Where
/// `intact` is false, the record is not as it was written. Events: `saved`, `merged`, `status_set`, `deleted`,
/// `disconnected` (its `code` is what the provider said), `refreshed`, `refresh_failed`, `needs_reauth` and `expiring` (of
/// its tokens), `renewed` (its data key), `imported` (each one row), `import_done`, `owner_cleared`, `key_added`, `rewrapped`,
/// `adopted` (the store, by another site), `acquired` and `admitted` (a use), `refused` and
/// `observed` (it would have been; with `repeats`: how often in that hour, a count that nothing authenticates), `grant_created`,
/// `grant_revoked`, `grant_deleted` (each one grant; `agent` has it, `subject` gave it), `pair_reset` (all that an agent had from an owner
/// was ended, and something else than this library had changed it or put it back), and of the chain itself `begun`, `baseline`,
/// `carried`, `checkpoint`, `broken`. `details` has of a row `kind`, `provider`, `account`, `status`, `revision`, `seal_revision`, of a grant
/// `provider` and `revision`, of a request `provider`, `account`, `behalf`, `context`, `session`, `flow`, `target`, `code`, of a
/// failed renewal `code`, `count` (in a row) and `until` (when it is tried again), of `expiring` `until`, of an adoption `site` and
/// `site_was`, and never a secret. The caller frees `*out`. Any thread. Errors: DM_INVALID_ARGUMENT, DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_audit_query(
    store: *const dm_store,
    query: *const c_char,
    query_len: usize,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Output::required("out", out), error, |vault| {
            let query: AuditRequest = json("query", query, query_len)?;
            vault.audit(&query.into_query()?)
        })
    }
}

/// Compares every audit record with the one before it, every row and every pair (all grants of an owner to an agent) with
/// its last record, and all with an anchor that was kept outside. Nothing is decrypted. `options` is a JSON object: `anchor`
/// (what `dm_audit_anchor` gave), `limit` (1 to 10,000 records, rows, pairs and grants in one call, which is what writers wait
/// for; 10,000; a pair is looked at whole), `after` (the `next` of the call before: go on until it is null). The anchor is looked at
/// with the first page.
///
/// `*out` gets `{ok, findings: [{code, stream, sequence, through, connection, agent, owner, message}], records, rows, pairs, next}`;
/// `agent` and `owner` are null where it is no pair. A finding is no error of the call. Codes: `record_changed`, `record_missing`
/// (`sequence` to `through`), `record_unknown`, `head_changed`, `chain_broken` (a write found the chain damaged, and went on);
/// `row_changed`, `row_put_back`, `row_missing`, `row_unknown`, `row_ahead`; `pair_changed` (a grant was inserted, edited, deleted or
/// brought back: none of the pair counts), `pair_put_back`, `pair_missing`, `pair_unknown`, `pair_ahead`; and of the anchor
/// `anchor_ahead`, `anchor_differs` (the store was put back) and `anchor_pruned` (too old to say). The caller frees `*out`. Any thread.
/// Errors: DM_INVALID_ARGUMENT, DM_BUSY, DM_CORRUPT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_audit_verify(
    store: *const dm_store,
    options: *const c_char,
    options_len: usize,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Output::required("out", out), error, |vault| {
            let options: VerifyRequest = json("options", options, options_len)?;
            vault.verify_audit(&options.into_options()?)
        })
    }
}

/// Tells where the audit chain has come to: `{at, streams: [{stream, sequence}], hash}`. Kept outside the store and given to
/// `dm_audit_verify` later, it shows whether the whole store was put back to an earlier time, which nothing inside the
/// store can. It is no secret. The caller frees `*out`. Any thread. Errors: DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_audit_anchor(
    store: *const dm_store,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe { ask(store, Output::required("out", out), error, Vault::audit_anchor) }
}

/// Deletes old audit records, at most 10,000 in a call. `options` is a JSON object: `before` (Unix seconds; what happened
/// before it goes), `accept_findings` (whether records that are not as they were written go too; false) and `ignore_consumers`
/// (whether records go that a reader of events is not done with, which is told then that it `missed` some; false: they stay). What
/// the records say last of a row that stands, or of a pair, is carried forward, so that verifying still names what was put back.
///
/// `result` may be NULL; else it gets `{pruned, carried, refusals, accepted, more, waits_for: [{consumer, at}], anchor}`: call again
/// while `more`. `waits_for` are the readers of events (dm_events_read) that have to be done first with records that old, and since
/// when each is where it is: they hold up no `more`; dm_events_forget those that come no more. Anchors that were taken
/// before prove nothing any more, so keep this one. The caller frees it. Any thread. Errors: DM_INVALID_ARGUMENT,
/// DM_INTEGRITY (there are findings; the detail's `findings` is how many), DM_BUSY, DM_DISK_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_audit_prune(
    store: *const dm_store,
    options: *const c_char,
    options_len: usize,
    result: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Ok(Output::optional(result)), error, |vault| {
            let options: PruneRequest = json("options", options, options_len)?;
            vault.prune_audit(options.into_options()?)
        })
    }
}
