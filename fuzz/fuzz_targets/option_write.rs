//! An option that somebody was handed and one that they wrote, in each other's and in nobody's place.
#![no_main]

use std::ptr::null;

use dm_connections::ffi::*;
use dm_connections_fuzz::{expect_json, store};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let at = data.iter().position(|byte| *byte == b'|').unwrap_or(data.len());
    let (base, option) = (&data[..at], data.get(at + 1..).unwrap_or_default());
    for (base, option) in [(base, option), (option, option), (&[][..], option)] {
        let (b, o) = (base.as_ptr().cast(), option.as_ptr().cast());
        // SAFETY: texts go in with their lengths, outputs are valid or NULL.
        expect_json(|out, error| unsafe {
            dm_legacy_write(store(), b, base.len(), o, option.len(), null(), null(), 0, out, error)
        });
    }
});
