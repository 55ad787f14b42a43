//! What the library costs, as C programs call it: `make bench`, or `cargo bench -- SECTION ...`.
#![allow(missing_docs)]

mod c;
mod floor;
mod machine;
mod reading;
mod table;
mod timing;

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

type Section = fn(&Path);
const SECTIONS: [(&str, Section); 1] = [("reading", reading::run)];

fn main() {
    let asked: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    // The library's first call makes panics quiet; here they may speak.
    dm_connections::ffi::dm_shutdown();
    drop(std::panic::take_hook());
    let directory = Directory::new();
    println!("{}", machine::describe(&directory.0));
    println!("load average at the beginning: {}", machine::load());
    for (name, section) in SECTIONS {
        if asked.is_empty() || asked.iter().any(|asked| asked == name) {
            section(&directory.0);
        }
    }
    println!("\nload average at the end: {}", machine::load());
}

/// A directory for this run, removed at the end.
struct Directory(PathBuf);

impl Directory {
    /// In `DM_BENCH_DIR`, by itself where cargo builds: /tmp may be in memory, where syncing costs nothing.
    fn new() -> Self {
        let parent =
            std::env::var_os("DM_BENCH_DIR").map_or(env!("CARGO_TARGET_TMPDIR").into(), PathBuf::from);
        let path = parent.join(format!("bench-{}", std::process::id()));
        DirBuilder::new().recursive(true).mode(0o700).create(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
