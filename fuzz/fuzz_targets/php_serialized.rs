//! The old option as PHP serialises it: read and walked, or refused.
#![no_main]

use dm_connections::legacy::parse_php;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(option) = parse_php(data) {
        // Kept as it is means byte for byte.
        assert_eq!(option.root().raw(), data);
        dm_connections_fuzz::walk(&option);
    }
});
