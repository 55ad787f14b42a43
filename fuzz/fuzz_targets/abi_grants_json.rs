//! Requests, what they want, grants and questions, as a caller hands them in.
#![no_main]

use dm_connections::ffi::*;
use dm_connections_fuzz::{expect_json, store};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (json, len) = (data.as_ptr().cast(), data.len());
    let [(request, r), (wanted, w)] = [r#"{"agent":"agent:7","subject":null}"#, r#"{"provider":"reddit"}"#]
        .map(|text| (text.as_ptr().cast(), text.len()));
    // SAFETY: texts go in with their lengths, outputs are valid.
    unsafe {
        expect_json(|out, error| dm_grant_check(store(), json, len, wanted, w, out, error));
        expect_json(|out, error| dm_grant_check(store(), request, r, json, len, out, error));
        let (mode, m) = ("observe".as_ptr().cast(), "observe".len());
        expect_json(|out, error| dm_grant_admit(store(), json, len, wanted, w, mode, m, out, error));
        expect_json(|out, error| dm_grant_admit(store(), request, r, json, len, mode, m, out, error));
        expect_json(|out, error| dm_proposal_list(store(), json, len, out, error));
        // An earlier input may have granted it.
        let mut credential = dm_buf { ptr: std::ptr::null_mut(), len: 0 };
        expect_json(|out, error| dm_conn_acquire(store(), json, len, wanted, w, out, &mut credential, error));
        assert_eq!(dm_buf_free(&mut credential), dm_status::DM_OK);
        expect_json(|out, error| {
            dm_conn_acquire(store(), request, r, json, len, out, &mut credential, error)
        });
        assert_eq!(dm_buf_free(&mut credential), dm_status::DM_OK);
        expect_json(|out, error| dm_tools_resolve(store(), request, r, json, len, out, error));
        expect_json(|out, error| dm_grant_explain(store(), json, len, out, error));
        expect_json(|out, error| dm_grant_list(store(), json, len, out, error));
        expect_json(|out, error| dm_grant_create(store(), json, len, out, error));
        expect_json(|out, error| dm_grant_revoke(store(), std::ptr::null(), 0, json, len, out, error));
    }
});
