//! How a renewal is asked for, what a provider answered and what is stored of it, as a caller hands them in.
#![no_main]

use std::ptr::{null, null_mut};

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

fuzz_target!(|data: &[u8]| {
    let (json, len) = (data.as_ptr().cast(), data.len());
    let [(provider, p), (owner, o), (document, d), (ended, e)] =
        ["reddit", "user:12", r#"{"access_token":"t","refresh_token":"r"}"#, r#"{"expires_at":1}"#]
            .map(|text| (text.as_ptr().cast(), text.len()));
    // What an earlier input left (it was refused, it waits) is no bar to this one.
    let asked = br#"{"force":true,"patience_ms":0}"#;
    // SAFETY: texts go in with their lengths, outputs are valid or NULL.
    unsafe {
        expect_json(|out, error| {
            dm_conn_save(store(), provider, p, owner, o, null(), 0, document, d, ended, e, out, error)
        });
        expect_json(|out, error| {
            dm_refresh_status(store(), provider, p, owner, o, null(), 0, json, len, out, error)
        });
        let given = begin(data);
        assert_eq!(dm_lease_close(given), dm_status::DM_OK);

        let lease = begin(asked);
        if !lease.is_null() {
            expect_json(|out, error| dm_refresh_commit(lease, document, d, json, len, out, error));
            expect_json(|out, error| dm_refresh_commit(lease, json, len, null(), 0, out, error));
            expect_json(|out, error| dm_refresh_fail(lease, json, len, out, error));
            expect_answer(|error| dm_refresh_release(lease, error));
            assert_eq!(dm_lease_close(lease), dm_status::DM_OK);
        }
        let lease = begin(asked);
        if !lease.is_null() {
            expect_json(|out, error| dm_refresh_fail(lease, json, len, out, error));
            assert_eq!(dm_lease_close(lease), dm_status::DM_OK);
        }
    }
});
