//! What the fuzz targets share.

use std::ffi::CStr;
use std::ptr::{null, null_mut};
use std::sync::OnceLock;

use dm_connections::crypto::LegacyKey;
use dm_connections::ffi::*;
use dm_connections::legacy::{Found, Tree, plan};
use serde::de::IgnoredAny;

/// Where the process keeps its store.
pub fn place() -> String {
    format!("{}/dm-fuzz-{}", std::env::temp_dir().display(), std::process::id())
}

/// A keyring with one key, made once.
pub fn keyring() -> *const dm_keyring {
    static KEYRING: OnceLock<usize> = OnceLock::new();
    let token = *KEYRING.get_or_init(|| {
        let key: [u8; 32] = std::array::from_fn(|at| 131 + at as u8);
        let mut keyring = null_mut();
        // SAFETY: the outputs are valid, and the key has 32 bytes.
        unsafe {
            expect_ok(dm_keyring_new(&mut keyring, null_mut()));
            expect_ok(dm_keyring_add_raw(keyring, key.as_ptr().cast(), key.len(), null_mut()));
        }
        keyring as usize
    });
    token as *const dm_keyring
}

/// A store with one connection and one app config in it, made once.
pub fn store() -> *const dm_store {
    static STORE: OnceLock<usize> = OnceLock::new();
    let token = *STORE.get_or_init(|| {
        let options = format!(r#"{{"path":"{}","site":"https://example.org"}}"#, place());
        let mut store = null_mut();
        let ([provider, owner, document], nothing) = (["reddit", "user:12", "{}"], null_mut());
        // SAFETY: the outputs are valid, and texts go in with their lengths.
        unsafe {
            expect_ok(dm_store_open(
                options.as_ptr().cast(),
                options.len(),
                keyring(),
                &mut store,
                null_mut(),
            ));
            let (provider, provider_len) = (provider.as_ptr().cast(), provider.len());
            let (owner, owner_len) = (owner.as_ptr().cast(), owner.len());
            let (document, document_len) = (document.as_ptr().cast(), document.len());
            expect_ok(dm_conn_save(
                store,
                provider,
                provider_len,
                owner,
                owner_len,
                null(),
                0,
                document,
                document_len,
                null(),
                0,
                nothing,
                null_mut(),
            ));
            expect_ok(dm_config_save(
                store,
                provider,
                provider_len,
                owner,
                owner_len,
                document,
                document_len,
                null(),
                0,
                nothing,
                null_mut(),
            ));
        }
        store as usize
    });
    token as *const dm_store
}

fn expect_ok(status: dm_status) {
    assert_eq!(status, dm_status::DM_OK);
}

/// A call may refuse what it is given, and says so to a person; it must not stumble.
pub fn expect_answer(call: impl FnOnce(*mut *mut dm_error) -> dm_status) -> dm_status {
    let mut error = null_mut();
    let status = call(&mut error);
    if status != dm_status::DM_OK {
        // SAFETY: messages are C strings that live as long as their error.
        let message = unsafe { CStr::from_ptr(dm_error_message(error)) }.to_string_lossy().into_owned();
        assert!(status != dm_status::DM_INTERNAL && !message.is_empty(), "{status:?}: {message}");
        assert_eq!(dm_error_free(error), dm_status::DM_OK);
    }
    status
}

/// Calls something that answers with JSON.
pub fn expect_json(call: impl FnOnce(*mut dm_buf, *mut *mut dm_error) -> dm_status) -> dm_status {
    let (status, json) = filled(call);
    if let Some(json) = json {
        serde_json::from_slice::<IgnoredAny>(&json).unwrap();
    }
    status
}

/// Calls something that fills a buffer, unless it refuses.
fn filled(call: impl FnOnce(*mut dm_buf, *mut *mut dm_error) -> dm_status) -> (dm_status, Option<Vec<u8>>) {
    let mut buf = dm_buf { ptr: null_mut(), len: 0 };
    let status = expect_answer(|error| call(&mut buf, error));
    if status != dm_status::DM_OK {
        return (status, None);
    }
    // SAFETY: a filled buffer has `len` bytes, until it is freed.
    let bytes = unsafe { std::slice::from_raw_parts(buf.ptr.cast::<u8>(), buf.len) }.to_vec();
    // SAFETY: the buffer is this function's.
    expect_ok(unsafe { dm_buf_free(&mut buf) });
    (status, Some(bytes))
}

/// The salt under which options are sealed, made once.
pub fn salts() -> *const dm_salts {
    static SALTS: OnceLock<usize> = OnceLock::new();
    let token = *SALTS.get_or_init(|| {
        let mut salts = null_mut();
        // SAFETY: the outputs are valid, and the salt goes in with its length.
        unsafe {
            expect_ok(dm_salts_new(&mut salts, null_mut()));
            expect_ok(dm_salts_add(salts, c"salt".as_ptr(), 4, null_mut()));
        }
        salts as usize
    });
    token as *const dm_salts
}

/// The old option as the store has it; none where it cannot be said in that format.
pub fn option_of(options: &str) -> Option<Vec<u8>> {
    // SAFETY: texts go in with their lengths, outputs are valid or NULL.
    let (status, option) = filled(|out, error| unsafe {
        dm_legacy_export(store(), salts(), options.as_ptr().cast(), options.len(), out, null_mut(), error)
    });
    assert!(option.is_some() || status == dm_status::DM_INVALID_DOCUMENT, "{status:?}");
    option
}

/// How many writes the store has seen.
pub fn writes() -> u64 {
    let mut writes = 0;
    // SAFETY: the output is valid.
    unsafe { expect_ok(dm_store_writes(store(), &mut writes, null_mut())) };
    writes
}

/// Walks an option to its end. Every account in it is a document that another reader of JSON takes, too.
pub fn walk(option: &Tree<'_>) -> Vec<(Vec<String>, &'static str)> {
    let keys = [LegacyKey::from_salt(b"salt")];
    let known = |provider: &dm_connections::domain::Provider| provider.to_string() != "unknown";
    let Ok(entries) = plan(option, &keys, &known) else { return Vec::new() };
    entries
        .map(|entry| {
            let what = match entry.found {
                Found::Document { document, .. } => {
                    serde_json::from_slice::<IgnoredAny>(document.as_bytes()).unwrap();
                    "document"
                }
                Found::Keep { why } => why.code(),
            };
            (entry.slot.path(), what)
        })
        .collect()
}
