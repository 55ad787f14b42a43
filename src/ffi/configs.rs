//! App configs: a provider's client registration, owned like a connection.

use std::ffi::c_char;

use super::buffer::Output;
use super::documents::{self, Names, Text, written};
use super::input::json;
use super::options::{DeleteOptions, FindQuery};
use super::store::{ask, dm_store};
use super::{dm_buf, dm_error, dm_status};
use crate::vault::Kind;

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
    unsafe {
        documents::get(
            Kind::Config,
            store,
            Names::of_config(provider, provider_len, owner, owner_len),
            document,
            about,
            error,
        )
    }
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
    unsafe {
        ask(store, Ok(Output::optional(result)), error, |vault| {
            let names = Names::of_config(provider, provider_len, owner, owner_len);
            let (address, document, facts) =
                written(names, Text(document, document_len), Text(options, options_len))?;
            vault.save(Kind::Config, &address, &document, &facts)
        })
    }
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
    unsafe {
        ask(store, Ok(Output::optional(result)), error, |vault| {
            let names = Names::of_config(provider, provider_len, owner, owner_len);
            let (address, patch, facts) = written(names, Text(patch, patch_len), Text(options, options_len))?;
            vault.merge(Kind::Config, &address, &patch, &facts)
        })
    }
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
    unsafe {
        ask(store, Ok(Output::optional(receipt)), error, |vault| {
            let names = Names::of_config(provider, provider_len, owner, owner_len);
            let (address, options): (_, DeleteOptions) =
                (names.address()?, json("options", options, options_len)?);
            vault.delete(Kind::Config, &address, options.if_revision)
        })
    }
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
    unsafe {
        ask(store, Output::required("out", out), error, |vault| {
            let query: FindQuery = json("query", query, query_len)?;
            vault.find(Kind::Config, &query.into_query()?)
        })
    }
}
