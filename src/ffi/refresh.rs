//! Renewing credentials.

use std::ffi::c_char;

use super::buffer::Output;
use super::documents::{Names, Text, document};
use super::funnel::run;
use super::handle::Table;
use super::input::{json, missing};
use super::refresh_json::{AnswerJson, BeginJson, CommitJson, DueJson};
use super::store::{answer, ask, dm_store, tell, vault};
use super::{dm_buf, dm_error, dm_status};
use crate::vault::{Begun, Lease};

/// The right to renew one connection's credential. May be used from any thread. A child after `fork()` that closes it takes
/// nothing from its parent, which still has it.
#[allow(non_camel_case_types)]
pub struct dm_lease {
    _private: [u8; 0],
}

static LEASES: Table<Lease> = Table::new(5, "lease");

/// Asks for the right to renew a connection's credential. At most one process has it at a time, and nobody may ask the
/// provider without.
///
/// `options` is a JSON object, all optional (NULL and 0 for none):
///
/// - `margin`: how long before its end the access token is renewed, in seconds; what the catalogue says
/// - `force`: true where a person asks for it: also where it is fresh, waits after a failure or was given up; not within the
///   provider's minimum interval
/// - `rejected_revision`: the provider refused the access token of this revision: it is renewed although it looks fresh, unless
///   the row was written since; not within the minimum interval either
/// - `fallback`: the member that is handed in where the account has not what the catalogue names
/// - `http_timeout`: how long the caller's request to the provider may take, 1 to 300 seconds; 30. The lease lives twice as long
/// - `patience_ms`: how long to wait while somebody else renews it; the store's. Nothing is locked meanwhile
///
/// `*out` gets `{outcome, about, now, reauth_by, spends, grant_type, lease, holder, until, cause, failures}`; `about` is that of
/// `dm_conn_get`, times are Unix seconds by the store's clock, and what does not apply is null:
///
/// - `fresh`: there is nothing to do; `*document` is what is stored
/// - `granted`: `*lease` is the right, to be closed with `dm_lease_close` whatever becomes of it; `*document` is the account,
///   `*config` the owner's app config of the provider, else the site's (empty where there is none). `lease` is `{fence,
///   expires_at, hard_until, lost}`, `spends` the member to hand in by `grant_type`. `lost`: an earlier answer may have got
///   lost, and what is handed in may be spent; a refusal then says `answer_lost`. Ask the provider, and then call one of
///   `dm_refresh_commit`, `dm_refresh_fail` and `dm_refresh_release`
/// - `busy`: `holder` (`{host, pid, since}`) is renewing it; `until` is when its lease ends. As long as it lives, nobody else
///   gets one before `hard_until`
/// - `backoff`: it failed (`cause`, `failures` in a row), or its token has ended and is `too_young` to be renewed; `until` is when to
///   try again, null where only a person can ask (`force`)
/// - `dead`: a person has to connect the account again; `cause` says why. No document is handed out
/// - `unsupported`: nothing can be renewed; `cause` is `not_supported`, `nothing_to_spend`, `no_expiry`, `refresh_expired` or
///   `too_late`
///
/// `*lease` is NULL and the buffers are empty where nothing belongs there. The caller frees the buffers with `dm_buf_free`. Any
/// thread. Errors: DM_NOT_FOUND, DM_CLONED_SITE, DM_INTEGRITY, DM_KEY_UNAVAILABLE, DM_INVALID_ARGUMENT, DM_BUSY (the store),
/// DM_DISK_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_refresh_begin(
    store: *const dm_store,
    provider: *const c_char,
    provider_len: usize,
    owner: *const c_char,
    owner_len: usize,
    account: *const c_char,
    account_len: usize,
    options: *const c_char,
    options_len: usize,
    lease: *mut *mut dm_lease,
    out: *mut dm_buf,
    document: *mut dm_buf,
    config: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        if lease.is_null() {
            return Err(missing("lease"));
        }
        let out = Output::required("out", out)?;
        let (document, config) =
            (Output::required("document", document)?, Output::required("config", config)?);
        let vault = vault(store)?;
        let names = Names::new(provider, provider_len, owner, owner_len, account, account_len);
        // SAFETY: the ABI's contract.
        let (address, options): (_, BeginJson) =
            unsafe { (names.address()?, json("options", options, options_len)?) };
        let begun = vault.begin_refresh(&address, &options.into_begin()?)?;
        let Begun { told, document: stored, config: app, lease: granted } = begun;
        let told = answer(&told)?;
        let token = granted.map(|granted| LEASES.insert(granted)).transpose()?;
        // SAFETY: not NULL, and valid for writing by the ABI's contract.
        unsafe {
            lease.write(token.unwrap_or_default() as *mut dm_lease);
            out.give(told);
            document.give_any(stored);
            config.give_any(app);
        }
        Ok(())
    })
}

/// Tells how a connection's renewals stand, and changes nothing: what `dm_refresh_begin` would answer now, without waiting; where
/// it would grant, `outcome` is `due`. `options` and `*out` are those of `dm_refresh_begin`. The caller frees `*out`. Any
/// thread. Errors: DM_NOT_FOUND, DM_INTEGRITY, DM_KEY_UNAVAILABLE, DM_INVALID_ARGUMENT, DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_refresh_status(
    store: *const dm_store,
    provider: *const c_char,
    provider_len: usize,
    owner: *const c_char,
    owner_len: usize,
    account: *const c_char,
    account_len: usize,
    options: *const c_char,
    options_len: usize,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Output::required("out", out), error, |vault| {
            let names = Names::new(provider, provider_len, owner, owner_len, account, account_len);
            let (address, options): (_, BeginJson) =
                (names.address()?, json("options", options, options_len)?);
            vault.refresh_status(&address, &options.into_begin()?)
        })
    }
}

/// Stores what the provider answered, before anything else happens: lays the members of `patch` over the stored account, as
/// `dm_conn_merge` does, makes the connection active and ends the lease. A null or empty text for the member that was handed in
/// leaves the stored one, since an answer without a new one means that the old one goes on.
///
/// `options` is a JSON object, all optional: `if_revision` (the holder saved the account itself since it was granted the lease,
/// with `renewed`, and this is the revision of that save), and `expires_at`, `scopes`, `display_name` as `dm_conn_save` has them.
///
/// It waits for the store at least 30 seconds; after DM_BUSY it can be called again, and should be: what it holds may be the
/// only good token. A lease that has run out is accepted while nobody was granted another and the stored credential is the one
/// that was handed in. `result` may be NULL; else it gets `{about, refreshed_at, reauth_by}`. The caller frees it. Any thread.
/// Errors: DM_LEASE_LOST, DM_CONFLICT (the answer is of another remote account), DM_INVALID_DOCUMENT, DM_TOO_LARGE, DM_BUSY,
/// DM_DISK_FULL, DM_INVALID_HANDLE (it has ended).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_refresh_commit(
    lease: *const dm_lease,
    patch: *const c_char,
    patch_len: usize,
    options: *const c_char,
    options_len: usize,
    result: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        tell(Ok(Output::optional(result)), error, || {
            let lease = LEASES.get(lease as usize)?;
            let patch = document("patch", Text(patch, patch_len))?;
            let options: CommitJson = json("options", options, options_len)?;
            lease.commit(&patch, &options.into_commit()?)
        })
    }
}

/// Says that the renewal failed, and ends the lease. `answer` is a JSON object, all optional: `status` (HTTP), `error` (the code
/// in the answer: `invalid_grant`), `retry_after` (seconds), `unsupported` (true: the provider was not asked, who calls cannot
/// renew it). `{}` says that no answer came. What it means is in the catalogue: a transient failure is tried again later, with
/// growing waits and not for ever; a final one makes the connection `needs_reauth`, and nobody asks the provider again.
///
/// `result` may be NULL; else it gets what `out` is in `dm_refresh_begin`: `backoff`, `dead`, `unsupported`, or `fresh` where the
/// stored credential is not the one that was refused: somebody else won, and what is stored is good. The caller frees it. Any
/// thread. Errors: DM_LEASE_LOST (the connection is gone), DM_BUSY, DM_INVALID_ARGUMENT, DM_INVALID_HANDLE (it has ended).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_refresh_fail(
    lease: *const dm_lease,
    answer: *const c_char,
    answer_len: usize,
    result: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        tell(Ok(Output::optional(result)), error, || {
            let lease = LEASES.get(lease as usize)?;
            let answer: AnswerJson = json("answer", answer, answer_len)?;
            lease.fail(&answer.into_answer()?)
        })
    }
}

/// Ends the lease and says that nothing was handed in. Any thread. Errors: DM_BUSY, DM_INVALID_HANDLE (it has ended).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_refresh_release(lease: *const dm_lease, error: *mut *mut dm_error) -> dm_status {
    run(error, || LEASES.get(lease as usize)?.release())
}

/// Closes the handle. A lease that nothing was said of is given up: what was handed in may be spent, and the next one tries it
/// once more. To be called before `dm_shutdown`, after which nothing can be written down. In a child after `fork()` it only closes the child's handle. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_lease_close(lease: *mut dm_lease) -> dm_status {
    run(std::ptr::null_mut(), || {
        if !lease.is_null() {
            LEASES.remove(lease as usize)?;
        }
        Ok(())
    })
}

/// Lists the connections of all owners whose credential is to be renewed now, and claims them: no other call gives them out
/// for as long, so that two cron runs do not meet. Accounts that were connected together are spread by chance. Renewing them is
/// `dm_refresh_begin` and so on. A consent that ends within a week is recorded once (`expiring`).
///
/// `options` is a JSON object, all optional: `limit` (1 to 100; 20), `claim` (seconds, 1 to 86400; 600).
///
/// `*out` gets `{items: [...], more, next_at}`, items as `about` in `dm_conn_get`; `more`: call again at once, also where there
/// are no items (at most 500 are looked at in a call); `next_at`: when to look again. The caller frees it. Any thread.
/// Errors: DM_CLONED_SITE, DM_INVALID_ARGUMENT, DM_BUSY, DM_DISK_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_refresh_due(
    store: *const dm_store,
    options: *const c_char,
    options_len: usize,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Output::required("out", out), error, |vault| {
            let options: DueJson = json("options", options, options_len)?;
            vault.due(&options.into_options()?)
        })
    }
}
