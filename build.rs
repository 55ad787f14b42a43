//! Gives the shared library its soname and linker hardening.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // The soname carries the ABI's major version; `nodelete` because PHP closes the library at
        // the end of each request and the open stores must outlive that.
        let soname = format!("libdm_connections.so.{}", env!("CARGO_PKG_VERSION_MAJOR"));
        for argument in [&format!("-Wl,-soname,{soname}"), "-Wl,-z,nodelete", "-Wl,-z,relro", "-Wl,-z,now"] {
            println!("cargo:rustc-cdylib-link-arg={argument}");
        }
    }
}
