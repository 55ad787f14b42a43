//! How a renewal is asked for, what a provider answered and what is stored of it, as a caller hands them in.
#![no_main]

use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU64, Ordering};

use dm_connections::ffi::*;
use dm_connections_fuzz::{expect_answer, expect_json, store};
use libfuzzer_sys::fuzz_target;

const NOTHING: dm_buf = dm_buf { ptr: null_mut(), len: 0 };

/// Asks as `options` have it, whatever waits. NULL where it is not granted.
fn begin(options: &[u8]) -> *mut dm_lease {
    let [(provider, p), (owner, o)] = ["reddit", "user:12"].map(|text| (text.as_ptr().cast(), text.len()));
    let (text, len) = (options.as_ptr().cast(), options.len());
    let (mut lease, mut document, mut config) = (null_mut(), NOTHING, NOTHING);
    // SAFETY: texts go in with their lengths, outputs are valid and this function's.
    unsafe {
        expect_json(|out, error| {
            dm_refresh_begin(
                store(),
                provider,
                p,
                owner,
                o,
                null(),
                0,
                text,
                len,
                &mut lease,
                out,
                &mut document,
                &mut config,
                error,
            )
        });
        assert_eq!(dm_buf_free(&mut document), dm_status::DM_OK);
        assert_eq!(dm_buf_free(&mut config), dm_status::DM_OK);
    }
    lease
}

/// Connects the account anew, whatever an earlier input made of it: with a credential that nobody has handed in yet, past its
/// end. Then what is asked is granted.
fn connect() {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let document = format!(r#"{{"access_token":"t","refresh_token":"r{number}"}}"#);
    let [(provider, p), (owner, o), (document, d), (options, l)] =
        ["reddit", "user:12", &document, r#"{"expires_at":1,"replace":true}"#]
            .map(|text| (text.as_ptr().cast(), text.len()));
    let status = expect_answer(|error| {
        // SAFETY: texts go in with their lengths, outputs are valid or NULL.
        unsafe {
            dm_conn_save(
                store(),
                provider,
                p,
                owner,
                o,
                null(),
                0,
                document,
                d,
                options,
                l,
                null_mut(),
                error,
            )
        }
    });
    assert_eq!(status, dm_status::DM_OK);
}

/// A lease of an account that was just connected.
fn granted() -> *mut dm_lease {
    connect();
    let lease = begin(br#"{"patience_ms":0}"#);
    assert!(!lease.is_null());
    lease
}

fuzz_target!(|data: &[u8]| {
    let (json, len) = (data.as_ptr().cast(), data.len());
    let [(provider, p), (owner, o), (patch, l)] =
        ["reddit", "user:12", r#"{"access_token":"u"}"#].map(|text| (text.as_ptr().cast(), text.len()));
    connect();
    // SAFETY: texts go in with their lengths, outputs and handles are valid or NULL.
    unsafe {
        expect_json(|out, error| {
            dm_refresh_status(store(), provider, p, owner, o, null(), 0, json, len, out, error)
        });
        assert_eq!(dm_lease_close(begin(data)), dm_status::DM_OK);

        let lease = granted();
        expect_json(|out, error| dm_refresh_commit(lease, patch, l, json, len, out, error));
        expect_answer(|error| dm_refresh_release(lease, error));
        assert_eq!(dm_lease_close(lease), dm_status::DM_OK);

        let lease = granted();
        expect_json(|out, error| dm_refresh_commit(lease, json, len, null(), 0, out, error));
        assert_eq!(dm_lease_close(lease), dm_status::DM_OK);

        let lease = granted();
        expect_json(|out, error| dm_refresh_fail(lease, json, len, out, error));
        assert_eq!(dm_lease_close(lease), dm_status::DM_OK);
    }
});
