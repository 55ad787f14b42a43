//! What the library costs, as C programs call it: `make bench`, or `cargo bench -- SECTION ...`.
#![allow(missing_docs)]

mod acquiring;
mod c;
mod child;
mod floor;
mod grants;
mod machine;
mod opening;
mod reading;
mod refreshing;
mod sizes;
mod synthetic;
mod table;
mod timing;
mod writing;

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

type Section = fn(&Path);
const SECTIONS: [(&str, Section); 8] = [
    ("reading", reading::run),
    ("sizes", sizes::run),
    ("writing", writing::run),
    ("grants", grants::run),
    ("acquiring", acquiring::run),
    ("refreshing", refreshing::run),
    ("opening", opening::run),
    ("memory", opening::memory),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "child") {
        return child::main(&arguments[1..]);
    }
    // Where cargo builds: /tmp may be in memory, where syncing costs nothing.
    let parent = std::env::var_os("DM_BENCH_DIR").map_or(env!("CARGO_TARGET_TMPDIR").into(), PathBuf::from);
    let directory = Directory::new(&parent).expect("a directory to measure in");
    println!("{}", machine::describe(&directory.0));
    println!("load average at the beginning: {}", machine::load());
    let asked: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    for (name, section) in SECTIONS {
        if asked.is_empty() || asked.iter().any(|asked| *asked == name) {
            section(&directory.0);
        }
    }
    println!("\nload average at the end: {}", machine::load());
}

/// A directory for this run, removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new(parent: &Path) -> Option<Self> {
        let path = parent.join(format!("dm-bench-{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&path).ok()?;
        Some(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
