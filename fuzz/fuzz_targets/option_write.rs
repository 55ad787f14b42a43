//! An option that somebody was handed and one that they wrote (behind a `|`), in each other's and in nobody's place. What was
//! written by somebody who saw everything stays when it, or what is handed out of it, is written again.
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
    let settled = |option: &[u8], what: &str| {
        // A provider that nobody knows is told apart as long as there are rows of it, and whole from then on; a delegation
        // that has ended is not handed out, and goes with the next write.
        assert_eq!(write(&[], option), dm_status::DM_OK, "{what}");
        let done = writes();
        assert_eq!((write(&[], option), writes()), (dm_status::DM_OK, done), "{what}");
    };
    settled(option, "the same once more");
    // JSON does not hold everything.
    let (Some(handed), done) = (option_of(&options), writes()) else { return };
    assert_eq!((write(&handed, &handed), writes()), (dm_status::DM_OK, done), "as it was handed out");
    settled(&handed, "as it was handed out, by somebody who saw everything");
});
