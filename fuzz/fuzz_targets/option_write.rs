//! An option that somebody was handed and one that they wrote (behind a `|`), in each other's and in nobody's place. What was
//! written by somebody who saw everything stays as it is when it, or what is handed out of it, is written again.
#![no_main]

use dm_connections::ffi::*;
use dm_connections_fuzz::{expect_json, option_of, salts, store, writes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let at = data.iter().position(|byte| *byte == b'|').unwrap_or(data.len());
    let (base, option) = (&data[..at], data.get(at + 1..).unwrap_or_default());
    // PHP's arrays begin with an `a`.
    let format = if option.trim_ascii_start().first() == Some(&b'a') { "php" } else { "json" };
    let options = format!(r#"{{"format":"{format}"}}"#);
    let write = |base: &[u8], option: &[u8]| {
        let (b, o) = (base.as_ptr().cast(), option.as_ptr().cast());
        // SAFETY: texts go in with their lengths, outputs are valid or NULL.
        expect_json(|out, error| unsafe {
            let (request, length) = (options.as_ptr().cast(), options.len());
            dm_legacy_write(store(), b, base.len(), o, option.len(), salts(), request, length, out, error)
        })
    };
    write(base, option);
    write(option, option);
    if write(&[], option) != dm_status::DM_OK {
        return;
    }
    let done = writes();
    let same = |base: &[u8], option: &[u8], what: &str| {
        assert_eq!(write(base, option), dm_status::DM_OK, "{what}");
        assert_eq!(writes(), done, "{what}");
    };
    same(&[], option, "the same once more");
    // JSON does not hold everything.
    let Some(handed) = option_of(&options) else { return };
    same(&handed, &handed, "as it was handed out");
    same(&[], &handed, "as it was handed out, by somebody who saw everything");
});
