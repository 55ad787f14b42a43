//! The old option as JSON: what PHP would have serialised, and so the same entries.
#![no_main]

use dm_connections::legacy::{parse_json, parse_php};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(option) = parse_json(data) {
        let serialised = option.root().raw();
        let again = parse_php(serialised).unwrap();
        assert_eq!(dm_connections_fuzz::walk(&option), dm_connections_fuzz::walk(&again));
    }
});
