//! On what was measured.

use std::fs;
use std::path::Path;

/// One line: without it no figure means anything.
pub fn describe(directory: &Path) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let profile = if cfg!(debug_assertions) {
        "a debug build: these figures mean nothing"
    } else {
        "release build (LTO thin, one codegen unit)"
    };
    format!(
        "{cores} cores {}, Linux {}, {} at {}, SQLite {}, {profile}",
        field("/proc/cpuinfo", "model name"),
        line("/proc/sys/kernel/osrelease"),
        file_system(directory),
        directory.display(),
        rusqlite::version(),
    )
}

/// How many processes wanted to run, on average: others on the machine make every figure worse.
pub fn load() -> String {
    line("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// A number of kB from this process's status: `VmRSS`, what it has in memory; `VmHWM`, the most it ever had.
pub fn memory(name: &str) -> u64 {
    field("/proc/self/status", name).trim_end_matches(" kB").parse().unwrap_or_default()
}

/// The type of the file system that a path lies on: of the longest mount point above it.
pub fn file_system(path: &Path) -> String {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    mounts
        .filter(|(mount, _)| path.starts_with(mount))
        .max_by_key(|(mount, _)| mount.len())
        .map_or("an unknown file system".to_owned(), |(_, kind)| kind.to_owned())
}

fn line(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

fn field(path: &str, name: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let fields = text.lines().filter_map(|line| line.split_once(':'));
    let found = fields.into_iter().find(|(key, _)| key.trim() == name);
    found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}
