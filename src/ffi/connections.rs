//! Connections.

use std::ffi::c_char;

use super::buffer::Output;
use super::documents::{self, Names, Text, optional, written};
use super::input::{json, parsed, text};
use super::options::{DeleteOptions, DisconnectOptions, FindQuery};
use super::store::{ask, dm_store};
use super::{dm_buf, dm_error, dm_status};
use crate::vault::Kind;

/// Reads the document of one connection into `*document`: byte for byte what was saved. Nothing else is opened.
///
/// `provider` is a slug, `owner` one of `site:0` (the network), `site:N`, `org:ID`, `user:N`, `agent:N`; an empty
/// `account` is `default`. `about` may be NULL; else it gets a JSON object without secrets:
/// `{id, provider, owner, owner_class, account, remote_id, display_name, scopes, status, status_cause, expires_at,
/// revision, connected_at, updated_at, last_used_at, quarantined, integrity}`, times in Unix seconds UTC. `owner_class`
/// is `service` (site, org), `personal` (user) or `agent`. `status` is the one that counts now: an `active` row past its
/// expiry is `expired`, one whose key was not given is `key_unavailable`. `last_used_at` is when its use was last
/// allowed by `dm_conn_acquire`, or by `dm_grant_admit` in the mode `enforce`; reading it here is none. `integrity` is
/// false where something else than this library changed the row: then nothing in it is to be believed.
///
/// The caller frees both with `dm_buf_free`, which wipes them. Any thread.
/// Errors: DM_NOT_FOUND, DM_INTEGRITY, DM_KEY_UNAVAILABLE, DM_BUSY, DM_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_conn_get(
    store: *const dm_store,
    provider: *const c_char,
    provider_len: usize,
    owner: *const c_char,
    owner_len: usize,
    account: *const c_char,
    account_len: usize,
    document: *mut dm_buf,
    about: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        documents::get(
            Kind::Connection,
            store,
            Names::new(provider, provider_len, owner, owner_len, account, account_len),
            document,
            about,
            error,
        )
    }
}

/// Saves a document (a JSON object of at most 1 MiB and 64 levels; `[]` is the empty one) as the whole of a connection.
///
/// What the catalogue knows of the provider is read in the document (expiry, scopes, remote identity, display name);
/// `options` says otherwise, or more (NULL and 0 for none), all optional:
///
/// - `if_revision`: compare-and-swap: the revision that was read, 0 where there must be none
/// - `exclusive_name`: true refuses the save (DM_CONFLICT, the detail's `holder` names the owner) where another owner has
///   a connection of this provider under this account name; checked in the transaction that writes
/// - `remote_id`: the remote account identifier, null where it is unknown
/// - `replace`: true lets another remote account take the place of the one that is there; else it is refused
/// - `display_name`: a name for a person
/// - `scopes`: a list of scopes
/// - `status`: "pending" or "active"; a save without it makes the row active
/// - `expires_at`: Unix seconds, null where it does not expire
/// - `renewed`: true says that the provider renewed these credentials by itself, as a class does that stores them within its
///   renewal; else credentials that are new count as a person's consent, from which `reauth_by` follows
/// - `grants`: a list of at most 256 grants as `dm_grant_create` takes them, but without `connection`, `owner` and
///   `provider`: each is about any of this owner's for this provider, or with `only_this` true about this connection
///   alone. All or nothing: where one is refused nothing is saved, and the message names it. One that the agent has in the
///   very same terms is not given again, so that it may stand wherever an account is connected
///
/// The id of the connection stays while the remote identity is the same or unknown. Another one than the row's, in the
/// document or in `remote_id`, is refused (DM_CONFLICT, the detail's `remote_id` and `present` name both) and changes
/// nothing; with `replace` it makes a new connection in its place. `result` may be NULL; else it gets `{id, revision, created, replaced, ended_grants, grants, status,
/// owner_class, superseded}`, where `replaced` is the id of a connection that stood here before and is gone, `ended_grants`
/// how many grants that named it ended with it, `grants` the ids of those that were given, in their order, and `superseded` names quarantined members of the old option that this save put an end to. The caller frees it. Any thread.
/// The first connection that an agent has of a provider brings along a grant to it (`dm_grant_list`, origin `own_account`).
/// A row that does not open is not overwritten (DM_KEY_UNAVAILABLE, DM_INTEGRITY): give its key, or delete it first.
/// Errors: DM_CONFLICT, DM_INVALID_DOCUMENT, DM_TOO_LARGE, DM_INTEGRITY, DM_KEY_UNAVAILABLE, DM_BUSY, DM_DISK_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_conn_save(
    store: *const dm_store,
    provider: *const c_char,
    provider_len: usize,
    owner: *const c_char,
    owner_len: usize,
    account: *const c_char,
    account_len: usize,
    document: *const c_char,
    document_len: usize,
    options: *const c_char,
    options_len: usize,
    result: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Ok(Output::optional(result)), error, |vault| {
            let names = Names::new(provider, provider_len, owner, owner_len, account, account_len);
            let (address, document, facts) =
                written(names, Text(document, document_len), Text(options, options_len))?;
            vault.save(Kind::Connection, &address, &document, &facts)
        })
    }
}

/// Lays the top-level members of `patch` over the stored document, as PHP's `array_merge` does on string keys: a
/// replaced member keeps its place, new ones go last, null is a value, nothing nested is merged. A patch that brings
/// credentials makes the connection active again. One that says nothing new of the remote identity leaves it as it was
/// saved; one that names another is refused as there.
///
/// `options` and `result` are those of `dm_conn_save`. Errors: those of `dm_conn_save`, and DM_NOT_FOUND.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_conn_merge(
    store: *const dm_store,
    provider: *const c_char,
    provider_len: usize,
    owner: *const c_char,
    owner_len: usize,
    account: *const c_char,
    account_len: usize,
    patch: *const c_char,
    patch_len: usize,
    options: *const c_char,
    options_len: usize,
    result: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Ok(Output::optional(result)), error, |vault| {
            let names = Names::new(provider, provider_len, owner, owner_len, account, account_len);
            let (address, patch, facts) = written(names, Text(patch, patch_len), Text(options, options_len))?;
            vault.merge(Kind::Connection, &address, &patch, &facts)
        })
    }
}

/// Deletes a connection: its document, its data key, and members of the old option that were quarantined beside it.
/// Deleting what is absent is no error. `options` may be `{"if_revision": n}`. `receipt` may be NULL; else it gets
/// `{deleted, id, grants, note}`: `grants` that named it ended with it, and the note says what a deletion here cannot do. The caller frees it. Any thread.
/// A row that does not open can be deleted too. Errors: DM_CONFLICT, DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_conn_delete(
    store: *const dm_store,
    provider: *const c_char,
    provider_len: usize,
    owner: *const c_char,
    owner_len: usize,
    account: *const c_char,
    account_len: usize,
    options: *const c_char,
    options_len: usize,
    receipt: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Ok(Output::optional(receipt)), error, |vault| {
            let names = Names::new(provider, provider_len, owner, owner_len, account, account_len);
            let (address, options): (_, DeleteOptions) =
                (names.address()?, json("options", options, options_len)?);
            vault.delete(Kind::Connection, &address, options.if_revision)
        })
    }
}

/// Ends a connection for good, and says what is true since: the document, its data key, what was held back beside it and the
/// right to renew it are destroyed here, the grants that named it end, and one audit record `disconnected` has the
/// provider's answer. The library talks to no provider: ask it first, while the document can be read, and say what it
/// answered. In this order nothing is lost: who dies in between finds the connection still there, and disconnects it again.
///
/// `options`, all optional:
///
/// - `at_provider`: "revoked", "unsupported" (there is no way to ask), "failed" (asked, and it did not say that it ended the
///   access) or "not_asked", which it is by itself
/// - `reason`: a short code of at most 255 bytes, without control characters, and never a secret: "http_500"
/// - `id`: the connection that the provider was asked about; another one that took its place meanwhile is left alone
/// - `if_revision`: as `dm_conn_save`
///
/// `receipt` may be NULL; else it gets `{deleted, id, present, at_provider, reason, revocation, grants, lease, destroyed,
/// backups, note}`: `deleted` is false where there was nothing, which is no error; `present` is the id of another
/// connection that was left alone; `revocation` is `{method, url}` for who has to end the access by hand (in the URL a name
/// in braces is a member of the account or the app config), null where the catalogue knows none; `grants` is how many ended,
/// `lease` whether somebody had the right to renew it; `destroyed` is `{document, data_key, held_back}`, the last a
/// number; `backups` and `note` are sentences for a person. Never a secret. The caller frees it. Any thread.
/// A row that does not open can be disconnected too. Errors: DM_CONFLICT, DM_INVALID_ARGUMENT, DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_conn_disconnect(
    store: *const dm_store,
    provider: *const c_char,
    provider_len: usize,
    owner: *const c_char,
    owner_len: usize,
    account: *const c_char,
    account_len: usize,
    options: *const c_char,
    options_len: usize,
    receipt: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Ok(Output::optional(receipt)), error, |vault| {
            let names = Names::new(provider, provider_len, owner, owner_len, account, account_len);
            let (address, options): (_, DisconnectOptions) =
                (names.address()?, json("options", options, options_len)?);
            vault.disconnect(&address, &options.into_disconnect()?)
        })
    }
}

/// Lists connections without opening any. `query` is a JSON object of what to look for, all optional (NULL and 0 lists
/// everything):
///
/// - provider, owner, account, remote_id, status
/// - `expiring_before`: Unix seconds
/// - `limit`: rows of a page, 1 to 1000; 100
/// - `after`: the `next` of the page before
///
/// `*out` gets `{items: [...], next}`, items as `about` in `dm_conn_get`, in the order of their ids; `next` is null on
/// the last page. The caller frees it. Any thread. Never a secret. Errors: DM_INVALID_ARGUMENT, DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_conn_find(
    store: *const dm_store,
    query: *const c_char,
    query_len: usize,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Output::required("out", out), error, |vault| {
            let query: FindQuery = json("query", query, query_len)?;
            vault.find(Kind::Connection, &query.into_query()?)
        })
    }
}

/// Sets a connection's status, with a cause of at most 255 bytes or none (never a secret in it). Allowed are
///
/// - pending -> active, error, revoked
/// - active -> expired, needs_reauth, revoked, error, key_unavailable
/// - expired -> active, needs_reauth, revoked, error, key_unavailable
/// - needs_reauth -> active, revoked, error, key_unavailable
/// - error -> active, expired, needs_reauth, revoked, key_unavailable
/// - key_unavailable -> active, needs_reauth, revoked, error
///
/// and each to itself; from revoked only a save leads out. `result` may be NULL; else it gets what `about` is in
/// `dm_conn_get`. Errors: DM_INVALID_TRANSITION, DM_NOT_FOUND, DM_INTEGRITY, DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_conn_set_status(
    store: *const dm_store,
    provider: *const c_char,
    provider_len: usize,
    owner: *const c_char,
    owner_len: usize,
    account: *const c_char,
    account_len: usize,
    status: *const c_char,
    status_len: usize,
    cause: *const c_char,
    cause_len: usize,
    result: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Ok(Output::optional(result)), error, |vault| {
            let names = Names::new(provider, provider_len, owner, owner_len, account, account_len);
            let (address, status, cause) =
                (names.address()?, parsed("status", status, status_len)?, text("cause", cause, cause_len)?);
            vault.set_status(&address, status, (!cause.is_empty()).then_some(cause))
        })
    }
}

/// Tells which providers are set up and connected, without opening anything. An empty `provider` or `owner` means all.
///
/// `*out` gets `{providers: [{provider, name, configured, connected, statuses: {status: count}, next_expiry}]}`. `name` is for
/// people; of a provider that the catalogue does not know it is the slug. A provider that was asked for is there even where it
/// has nothing. The caller frees it. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_conn_status(
    store: *const dm_store,
    provider: *const c_char,
    provider_len: usize,
    owner: *const c_char,
    owner_len: usize,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Output::required("out", out), error, |vault| {
            let (provider, owner) = (
                optional("provider", Text(provider, provider_len))?,
                optional("owner", Text(owner, owner_len))?,
            );
            vault.status(provider.as_ref(), owner.as_ref())
        })
    }
}
