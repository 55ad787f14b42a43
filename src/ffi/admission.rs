//! What provider classes ask while an agent acts, and what would let in those that were refused.

use std::ffi::c_char;

use serde::{Deserialize, Serialize};

use super::buffer::Output;
use super::funnel::run;
use super::grant_json::WantedJson;
use super::input::{json, parsed};
use super::options::limited;
use super::store::{ask, dm_store, vault};
use super::{dm_buf, dm_error, dm_status};
use crate::domain::{ActingRequest, RecordId};
use crate::vault::{GrantInfo, Mode};

/// Asks whether a provider class may read a connection while an agent or a flow acts, before it reads it with `dm_conn_get`.
///
/// `request` and `wanted` are those of `dm_grant_check`, and so is what `*out` gets; only that an access which has run out is
/// no refusal, since the class renews it. `mode` says what a refusal means:
///
/// - `observe`: the caller lets it through. Nothing is written where it is allowed; what would have been refused is in the
///   audit (`observed`, the first of an hour), and among the proposals
/// - `enforce`: the caller refuses. A use is counted and recorded (`admitted`), a refusal recorded as `dm_conn_acquire` does,
///   and it is among the proposals too
///
/// The caller frees `*out`. Any thread. Errors: DM_INVALID_ARGUMENT, DM_INTEGRITY, DM_BUSY, DM_DISK_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_grant_admit(
    store: *const dm_store,
    request: *const c_char,
    request_len: usize,
    wanted: *const c_char,
    wanted_len: usize,
    mode: *const c_char,
    mode_len: usize,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Output::required("out", out), error, |vault| {
            let (request, wanted, mode): (ActingRequest, WantedJson, Mode) = (
                json("request", request, request_len)?,
                json("wanted", wanted, wanted_len)?,
                parsed("mode", mode, mode_len)?,
            );
            vault.admit(&request, &wanted.into(), mode)
        })
    }
}

/// Lists what `dm_grant_admit` refused, or would have, and would still. `query` is a JSON object, all optional: `limit` (1 to 1000;
/// 100), `after` (the `next` of the page before).
///
/// `*out` gets `{items: [{id, grant, decision, count, first_at, last_at}], next}`: `grant` is the narrowest that would let it
/// through, as `dm_grant_create` takes it but for who gives it, or null where no grant would; `decision` is what
/// `dm_grant_check` answers now, with the remedy. A request that is met again, in another conversation too, is counted. A page
/// may be empty and have a `next`. At most 10,000 are kept: then the one goes that was met the longest ago.
/// The caller frees it. Any thread. Errors: DM_INVALID_ARGUMENT, DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_proposal_list(
    store: *const dm_store,
    query: *const c_char,
    query_len: usize,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Output::required("out", out), error, |vault| {
            let query: ProposalQuery = json("query", query, query_len)?;
            vault.proposals(query.after, limited(query.limit, 1000)?)
        })
    }
}

/// Gives the grant that a proposal proposes. `options` is a JSON object: `by` (who gives it) and `why` (optional). The proposal
/// is gone with it.
///
/// `*out` gets `{grant}`: the grant as `dm_grant_list` shows it, or null where the request is allowed by now. The caller frees
/// it. Any thread. Errors: DM_NOT_FOUND (no such proposal), DM_CONFLICT (no grant would help: the message says what would),
/// DM_INTEGRITY, DM_TOO_LARGE, DM_INVALID_ARGUMENT, DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_proposal_accept(
    store: *const dm_store,
    id: *const c_char,
    id_len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Output::required("out", out), error, |vault| {
            let (id, options): (_, AcceptOptions) =
                (parsed("id", id, id_len)?, json("options", options, options_len)?);
            let grant = vault.accept_proposal(id, &options.by, options.why.as_deref())?;
            Ok(Accepted { grant })
        })
    }
}

/// Forgets a proposal; the same request met again proposes it again. One that is not there is no error. Any thread.
/// Errors: DM_INVALID_ARGUMENT, DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_proposal_dismiss(
    store: *const dm_store,
    id: *const c_char,
    id_len: usize,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        let vault = vault(store)?;
        // SAFETY: the ABI's contract.
        vault.dismiss_proposal(unsafe { parsed("id", id, id_len) }?)?;
        Ok(())
    })
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ProposalQuery {
    after: Option<RecordId>,
    limit: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `by`")]
struct AcceptOptions {
    by: String,
    why: Option<String>,
}

#[derive(Serialize)]
struct Accepted {
    grant: Option<GrantInfo>,
}
