//! App configs: a provider's client registration, owned like a connection.

use std::ffi::c_char;

use super::documents::{self, Names, Text, Write};
use super::funnel::run;
use super::store::dm_store;
use super::{dm_buf, dm_error, dm_status};
use crate::vault::Kind;

/// An app config has no account name of its own.
const DEFAULT: Text = Text(std::ptr::null(), 0);

/// Reads the document of one app config; as `dm_conn_get`, without an account name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_config_get(
    store: *const dm_store,
    provider: *const c_char,
    provider_len: usize,
    owner: *const c_char,
    owner_len: usize,
    document: *mut dm_buf,
    about: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    run(error, || unsafe {
        documents::get(
            Kind::Config,
            store,
            Names { provider: Text(provider, provider_len), owner: Text(owner, owner_len), account: DEFAULT },
            document,
            about,
        )
    })
}

/// Saves a document as the whole of an app config; as `dm_conn_save`, without an account name. Of the options only
/// `if_revision` and `status` mean something: "pending" is a registration that lacks something.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_config_save(
    store: *const dm_store,
    provider: *const c_char,
    provider_len: usize,
    owner: *const c_char,
    owner_len: usize,
    document: *const c_char,
    document_len: usize,
    options: *const c_char,
    options_len: usize,
    result: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    run(error, || unsafe {
        documents::write(
            Write::Save,
            Kind::Config,
            store,
            Names { provider: Text(provider, provider_len), owner: Text(owner, owner_len), account: DEFAULT },
            Text(document, document_len),
            Text(options, options_len),
            result,
        )
    })
}

/// Lays `patch` over the stored app config; as `dm_conn_merge`, without an account name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_config_merge(
    store: *const dm_store,
    provider: *const c_char,
    provider_len: usize,
    owner: *const c_char,
    owner_len: usize,
    patch: *const c_char,
    patch_len: usize,
    options: *const c_char,
    options_len: usize,
    result: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    run(error, || unsafe {
        documents::write(
            Write::Merge,
            Kind::Config,
            store,
            Names { provider: Text(provider, provider_len), owner: Text(owner, owner_len), account: DEFAULT },
            Text(patch, patch_len),
            Text(options, options_len),
            result,
        )
    })
}

/// Deletes an app config; as `dm_conn_delete`, without an account name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_config_delete(
    store: *const dm_store,
    provider: *const c_char,
    provider_len: usize,
    owner: *const c_char,
    owner_len: usize,
    options: *const c_char,
    options_len: usize,
    receipt: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    run(error, || unsafe {
        documents::delete(
            Kind::Config,
            store,
            Names { provider: Text(provider, provider_len), owner: Text(owner, owner_len), account: DEFAULT },
            Text(options, options_len),
            receipt,
        )
    })
}

/// Lists app configs; as `dm_conn_find`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_config_find(
    store: *const dm_store,
    query: *const c_char,
    query_len: usize,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    run(error, || unsafe { documents::find(Kind::Config, store, Text(query, query_len), out) })
}
