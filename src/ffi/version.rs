//! What a caller checks at load.

use std::ffi::c_char;

/// The ABI's version: major in the upper 16 bits, minor in the lower. Functions are added with a higher minor and
/// never changed within a major version; the soname carries the major one.
const ABI: u32 = parse(env!("CARGO_PKG_VERSION_MAJOR")) << 16 | 1;

const fn parse(number: &str) -> u32 {
    match u32::from_str_radix(number, 10) {
        Ok(number) => number,
        Err(_) => panic!("a version is a number"),
    }
}

/// The version of the ABI: `major << 16 | minor`. A caller refuses another major and a lower minor than it knows.
/// Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn dm_abi_version() -> u32 {
    ABI
}

/// The version of the library, such as `"0.1.0"`. Never NULL; static, not to be freed. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn dm_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}
