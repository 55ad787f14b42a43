//! The library as a C program calls it: pointers and lengths in, buffers out and given back.

use std::ffi::{CStr, c_char};
use std::hint::black_box;
use std::path::Path;
use std::ptr::{null, null_mut};

use dm_connections::ffi::*;

/// Whose account it is, of which service; the account's name is the default one.
#[derive(Clone, PartialEq, Eq)]
pub struct Name {
    pub provider: String,
    pub owner: String,
}

impl Name {
    pub fn new(provider: &str, owner: impl Into<String>) -> Self {
        Self { provider: provider.to_owned(), owner: owner.into() }
    }
}

const KEY: &[u8; 32] = &[0xA5; 32];
const EMPTY: dm_buf = dm_buf { ptr: null_mut(), len: 0 };

fn pointer(text: &[u8]) -> *const c_char {
    text.as_ptr().cast()
}

/// Ends the program where a call fails.
fn must(status: dm_status, error: *mut dm_error) {
    if status != dm_status::DM_OK {
        // SAFETY: an error's message is a C string that lives as long as the error.
        let message = unsafe { CStr::from_ptr(dm_error_message(error)) };
        panic!("{status:?}: {}", message.to_string_lossy());
    }
}

/// Makes a call that takes salts.
fn with_salt(salt: &[u8], call: impl FnOnce(*const dm_salts) -> dm_status) -> dm_status {
    let (mut salts, mut error) = (null_mut(), null_mut());
    // SAFETY: every pointer is valid for its length, every output for writing.
    unsafe {
        must(dm_salts_new(&mut salts, &mut error), error);
        must(dm_salts_add(salts, pointer(salt), salt.len(), &mut error), error);
    }
    let status = call(salts);
    // SAFETY: the handle was just made, and nobody else has it.
    must(unsafe { dm_salts_free(salts) }, null_mut());
    status
}

/// An open store.
pub struct Store(*mut dm_store);

impl Store {
    /// Opens the store in `directory`, or makes it.
    pub fn open(directory: &Path) -> Self {
        let options = serde_json::json!({ "path": directory, "site": "https://example.org" }).to_string();
        let (mut keyring, mut store, mut error) = (null_mut(), null_mut(), null_mut());
        // SAFETY: every pointer is valid for its length, every output for writing.
        unsafe {
            must(dm_keyring_new(&mut keyring, &mut error), error);
            must(dm_keyring_add_raw(keyring, pointer(KEY), KEY.len(), &mut error), error);
            let (text, length) = (pointer(options.as_bytes()), options.len());
            must(dm_store_open(text, length, keyring, &mut store, &mut error), error);
            must(dm_keyring_free(keyring), error);
        }
        Self(store)
    }

    /// Reads a document, with `about` or without, looks at it and gives it back.
    pub fn get(&self, name: &Name, about: bool) {
        let (mut document, mut told, mut error) = (EMPTY, EMPTY, null_mut());
        let wanted = if about { &raw mut told } else { null_mut() };
        let (provider, owner) = (&name.provider, &name.owner);
        // SAFETY: every pointer is valid for its length, every output for writing.
        unsafe {
            let status = dm_conn_get(
                self.0,
                pointer(provider.as_bytes()),
                provider.len(),
                pointer(owner.as_bytes()),
                owner.len(),
                null(),
                0,
                &mut document,
                wanted,
                &mut error,
            );
            must(status, error);
            black_box((&document, &told));
            must(dm_buf_free(&mut document), error);
            if about {
                must(dm_buf_free(&mut told), error);
            }
        }
    }

    /// The bytes of a document.
    pub fn document(&self, name: &Name) -> Vec<u8> {
        self.answer(|document, error| {
            let (provider, owner) = (&name.provider, &name.owner);
            // SAFETY: every pointer is valid for its length, every output for writing.
            unsafe {
                dm_conn_get(
                    self.0,
                    pointer(provider.as_bytes()),
                    provider.len(),
                    pointer(owner.as_bytes()),
                    owner.len(),
                    null(),
                    0,
                    document,
                    null_mut(),
                    error,
                )
            }
        })
    }

    /// Saves a document.
    pub fn save(&self, name: &Name, document: &[u8]) {
        let (provider, owner) = (&name.provider, &name.owner);
        let mut error = null_mut();
        // SAFETY: every pointer is valid for its length, every output for writing.
        let status = unsafe {
            dm_conn_save(
                self.0,
                pointer(provider.as_bytes()),
                provider.len(),
                pointer(owner.as_bytes()),
                owner.len(),
                null(),
                0,
                pointer(document),
                document.len(),
                null(),
                0,
                null_mut(),
                &mut error,
            )
        };
        must(status, error);
    }

    /// Lists what a query asks for: the answer's JSON.
    pub fn find(&self, query: &str) -> Vec<u8> {
        self.answer(|out, error| {
            // SAFETY: every pointer is valid for its length, every output for writing.
            unsafe { dm_conn_find(self.0, pointer(query.as_bytes()), query.len(), out, error) }
        })
    }

    /// Tells how an owner's providers stand; of all owners where `owner` is empty.
    pub fn status(&self, owner: &str) -> Vec<u8> {
        self.answer(|out, error| {
            // SAFETY: every pointer is valid for its length, every output for writing.
            unsafe { dm_conn_status(self.0, null(), 0, pointer(owner.as_bytes()), owner.len(), out, error) }
        })
    }

    /// Gives a grant: the answer's JSON, as of the two below.
    pub fn create_grant(&self, grant: &str) -> Vec<u8> {
        self.answer(|out, error| {
            // SAFETY: every pointer is valid for its length, every output for writing.
            unsafe { dm_grant_create(self.0, pointer(grant.as_bytes()), grant.len(), out, error) }
        })
    }

    /// Decides.
    pub fn check_grant(&self, request: &str, wanted: &str) -> Vec<u8> {
        let (text, length) = (pointer(wanted.as_bytes()), wanted.len());
        self.answer(|out, error| {
            // SAFETY: every pointer is valid for its length, every output for writing.
            unsafe {
                dm_grant_check(self.0, pointer(request.as_bytes()), request.len(), text, length, out, error)
            }
        })
    }

    /// Is handed a credential, looks at it and gives it back.
    pub fn acquire(&self, request: &str, wanted: &str) {
        let (mut decision, mut credential, mut error) = (EMPTY, EMPTY, null_mut());
        // SAFETY: every pointer is valid for its length, every output for writing.
        unsafe {
            let (text, length) = (pointer(wanted.as_bytes()), wanted.len());
            let (asking, asked) = (pointer(request.as_bytes()), request.len());
            let status = dm_conn_acquire(
                self.0,
                asking,
                asked,
                text,
                length,
                &mut decision,
                &mut credential,
                &mut error,
            );
            must(status, error);
            assert!(!credential.ptr.is_null(), "it is allowed");
            black_box((&decision, &credential));
            must(dm_buf_free(&mut decision), error);
            must(dm_buf_free(&mut credential), error);
        }
    }

    /// Asks for the right to renew, without waiting, looks at the account that it is handed and gives it back. None where
    /// nothing is to be renewed.
    pub fn begin_refresh(&self, name: &Name, options: &str) -> Option<Lease> {
        let (mut lease, mut error) = (null_mut(), null_mut());
        let (mut told, mut document, mut config) = (EMPTY, EMPTY, EMPTY);
        let (provider, owner) = (&name.provider, &name.owner);
        // SAFETY: every pointer is valid for its length, every output for writing.
        unsafe {
            let status = dm_refresh_begin(
                self.0,
                pointer(provider.as_bytes()),
                provider.len(),
                pointer(owner.as_bytes()),
                owner.len(),
                null(),
                0,
                pointer(options.as_bytes()),
                options.len(),
                &mut lease,
                &mut told,
                &mut document,
                &mut config,
                &mut error,
            );
            must(status, error);
            black_box((&told, &document, &config));
            must(dm_buf_free(&mut told), error);
            must(dm_buf_free(&mut document), error);
            must(dm_buf_free(&mut config), error);
        }
        (!lease.is_null()).then_some(Lease(lease))
    }

    /// Decides about many tools.
    pub fn resolve_tools(&self, request: &str, tools: &str) -> Vec<u8> {
        let (text, length) = (pointer(tools.as_bytes()), tools.len());
        self.answer(|out, error| {
            // SAFETY: every pointer is valid for its length, every output for writing.
            unsafe {
                dm_tools_resolve(self.0, pointer(request.as_bytes()), request.len(), text, length, out, error)
            }
        })
    }

    /// Imports an old option: `php` or `json`. Its envelopes are opened with `salt`. Gives the report.
    pub fn import(&self, option: &[u8], format: &str, salt: &[u8]) -> Vec<u8> {
        let options = format!(r#"{{"format":"{format}"}}"#);
        let (text, length) = (pointer(options.as_bytes()), options.len());
        self.answer(|report, error| {
            with_salt(salt, |salts| {
                // SAFETY: every pointer is valid for its length, every output for writing.
                unsafe {
                    dm_legacy_import(
                        self.0,
                        pointer(option),
                        option.len(),
                        salts,
                        text,
                        length,
                        report,
                        error,
                    )
                }
            })
        })
    }

    /// The old option anew, as PHP serialises it, its envelopes sealed with `salt`.
    pub fn export(&self, salt: &[u8]) -> Vec<u8> {
        self.answer(|option, error| {
            // SAFETY: every output is valid for writing.
            with_salt(salt, |salts| unsafe {
                dm_legacy_export(self.0, salts, null(), 0, option, null_mut(), error)
            })
        })
    }

    /// Makes a call, copies what it answers and gives the buffer back.
    fn answer(&self, call: impl FnOnce(*mut dm_buf, *mut *mut dm_error) -> dm_status) -> Vec<u8> {
        let (mut out, mut error) = (EMPTY, null_mut());
        must(call(&mut out, &mut error), error);
        // SAFETY: the call succeeded, so the buffer has as many bytes as it says, and is freed only afterwards.
        unsafe {
            let bytes = std::slice::from_raw_parts(out.ptr.cast(), out.len).to_vec();
            must(dm_buf_free(&mut out), null_mut());
            bytes
        }
    }
}

/// The right to renew an account.
pub struct Lease(*mut dm_lease);

impl Lease {
    /// Stores what a provider answered.
    pub fn commit(&self, patch: &str, options: &str) {
        let (text, length) = (pointer(patch.as_bytes()), patch.len());
        let (facts, facts_length) = (pointer(options.as_bytes()), options.len());
        let mut error = null_mut();
        // SAFETY: every pointer is valid for its length, every output for writing or NULL.
        let status =
            unsafe { dm_refresh_commit(self.0, text, length, facts, facts_length, null_mut(), &mut error) };
        must(status, error);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // SAFETY: it was granted, and is closed once.
        unsafe { must(dm_lease_close(self.0), null_mut()) };
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // SAFETY: it was opened, and is closed once.
        unsafe { must(dm_store_close(self.0), null_mut()) };
    }
}
