//! The options of saving, deleting, importing and opening, as a caller hands them in.
#![no_main]

use std::ptr::{null, null_mut};

use dm_connections::ffi::*;
use dm_connections_fuzz::{expect_answer, expect_json, keyring, place, store};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (options, len) = (data.as_ptr().cast(), data.len());
    let [(provider, p), (owner, o), (document, d), (option, l)] =
        ["reddit", "user:12", "{}", "a:0:{}"].map(|text| (text.as_ptr().cast(), text.len()));
    // SAFETY: texts go in with their lengths, outputs are valid or NULL.
    unsafe {
        expect_json(|out, error| {
            dm_conn_save(store(), provider, p, owner, o, null(), 0, document, d, options, len, out, error)
        });
        expect_json(|out, error| {
            dm_config_merge(store(), provider, p, owner, o, document, d, options, len, out, error)
        });
        let absent = "user:13".as_ptr().cast();
        expect_json(|out, error| {
            dm_conn_delete(store(), provider, p, absent, o, null(), 0, options, len, out, error)
        });
        let (consumer, c) = ("mail".as_ptr().cast(), 4);
        expect_json(|out, error| {
            dm_conn_disconnect(store(), provider, p, absent, o, null(), 0, options, len, out, error)
        });
        expect_json(|out, error| dm_audit_query(store(), options, len, out, error));
        expect_json(|out, error| dm_audit_verify(store(), options, len, out, error));
        expect_json(|out, error| dm_audit_prune(store(), options, len, out, error));
        expect_json(|out, error| dm_events_read(store(), consumer, c, options, len, out, error));
        expect_answer(|error| dm_events_done(store(), consumer, c, options, len, error));
        expect_json(|out, error| dm_legacy_import(store(), option, l, null(), options, len, out, error));
        expect_json(|out, error| {
            dm_legacy_write(store(), option, l, option, l, null(), options, len, out, error)
        });
        expect_json(|out, error| dm_refresh_due(store(), options, len, out, error));
    }

    // The path is ours: whatever else stands there, a store is made nowhere else.
    let mut opening = format!(r#"{{"path":"{}","site":"https://example.org","#, place()).into_bytes();
    opening.extend_from_slice(data);
    let mut opened = null_mut();
    expect_answer(|error| {
        // SAFETY: as above.
        unsafe { dm_store_open(opening.as_ptr().cast(), opening.len(), keyring(), &mut opened, error) }
    });
    // SAFETY: NULL or a handle.
    assert_eq!(unsafe { dm_store_close(opened) }, dm_status::DM_OK);
});
