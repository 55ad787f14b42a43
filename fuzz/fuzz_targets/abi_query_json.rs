//! What is looked for, as a caller hands it in.
#![no_main]

use dm_connections::ffi::{dm_config_find, dm_conn_find};
use dm_connections_fuzz::{expect_json, store};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (query, len) = (data.as_ptr().cast(), data.len());
    // SAFETY: the query goes in with its length, outputs are valid.
    expect_json(|out, error| unsafe { dm_conn_find(store(), query, len, out, error) });
    // SAFETY: the same.
    expect_json(|out, error| unsafe { dm_config_find(store(), query, len, out, error) });
});
