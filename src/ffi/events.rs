//! Events: what happened to connections, read behind a cursor.

use std::ffi::c_char;

use super::audit_options::EventsRequest;
use super::buffer::Output;
use super::funnel::run;
use super::input::{json, parsed};
use super::store::{ask, dm_store, vault};
use super::{dm_buf, dm_error, dm_status};

/// Tells a consumer what happened to connections since it was done last, in order, whichever process did it: at least once.
/// `consumer` is a name that the reader keeps ([a-z0-9][a-z0-9._-]*, at most 64 bytes). `options` is a JSON object: `limit` (1 to
/// 1000 events; 100), `from_start` (where a consumer that is new begins: at the first audit record that is left; without it at the
/// end, and then only what comes is told). The first read makes the consumer known, and from then on dm_audit_prune waits for it.
/// Nothing else is written: what is not marked with dm_events_done comes again, also to another process that reads as the same
/// consumer meanwhile.
///
/// `*out` gets `{events: [{event, at, connection, provider, owner, account, cause, status, until, failures, replaced_by, cursor,
/// intact}], cursor, more, missed}`. Deal with the events, call dm_events_done with the page's `cursor` (also where there are no
/// events: then pruning goes on), and read again while `more`: one call looks at 10,000 audit records at most, so that `more` is
/// true of a page without events, too. An event's own `cursor` is for those who stop in the middle of a page.
///
/// Events, of connections only: `refreshed`; `failing` (a renewal failed: `cause`, `failures` in a row, tried again at `until`);
/// `needs_reauth` (a person has to consent again: `cause`); `expiring` (a person has to consent again by `until`); `revoked` (the status
/// was set to it, or the connection was disconnected: `cause`); `replaced` (another remote account took its place: `replaced_by` is the
/// connection there now); `damaged`. `at` and `until` are Unix seconds, `connection` and `replaced_by` ids, `cause` a code or null; what
/// an event has not is null. An event tells what happened then: read the connection for how it is now.
///
/// `damaged` is an audit record that is not as it was written, or that follows one that is gone: it may have been any event or none, and
/// nothing that it says is told but the connection, which is the one to look at. Only its `intact` is false. `missed` says that records
/// are gone that this consumer was not told: deleted by pruning with `ignore_consumers`, or by something else than this library, or the
/// chain was damaged or cut; look at the connections themselves. It is told until dm_events_done goes beyond. After a backup was
/// put back, what came after the consumer's cursor of that time comes again.
///
/// The caller frees `*out`. Any thread. Errors: DM_INVALID_ARGUMENT, DM_BUSY, DM_DISK_FULL (a consumer's first read).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_events_read(
    store: *const dm_store,
    consumer: *const c_char,
    consumer_len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Output::required("out", out), error, |vault| {
            let consumer = parsed("consumer", consumer, consumer_len)?;
            let options: EventsRequest = json("options", options, options_len)?;
            vault.events(&consumer, options.into_options()?)
        })
    }
}

/// The consumer has dealt with everything up to `cursor`, which dm_events_read told, and is not told it again. The cursor where it
/// is already is fine, and writes nothing. Any thread. Errors: DM_INVALID_ARGUMENT (no cursor), DM_NOT_FOUND (nobody reads by that
/// name), DM_CONFLICT (the consumer is done with more already, or the store was put back to before that; the detail's `cursor` is where
/// it is: read again), DM_BUSY, DM_DISK_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_events_done(
    store: *const dm_store,
    consumer: *const c_char,
    consumer_len: usize,
    cursor: *const c_char,
    cursor_len: usize,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        let vault = vault(store)?;
        // SAFETY: the ABI's contract.
        let consumer = unsafe { parsed("consumer", consumer, consumer_len) }?;
        // SAFETY: the same.
        let cursor = unsafe { parsed("cursor", cursor, cursor_len) }?;
        vault.events_done(&consumer, cursor)
    })
}

/// Forgets a consumer that comes no more: dm_audit_prune waits for it no longer. One that comes again is new. Any thread. Errors:
/// DM_INVALID_ARGUMENT, DM_NOT_FOUND (nobody reads by that name), DM_BUSY, DM_DISK_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_events_forget(
    store: *const dm_store,
    consumer: *const c_char,
    consumer_len: usize,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        let vault = vault(store)?;
        // SAFETY: the ABI's contract.
        vault.events_forget(&unsafe { parsed("consumer", consumer, consumer_len) }?)
    })
}
