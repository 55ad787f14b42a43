//! A clock that a test sets: for the test, and for every process it starts.

use std::path::PathBuf;
use std::process::Command;

const CLOCK: &str = "DM_TEST_CLOCK";

/// When the tests begin.
pub const BEGIN: i64 = 1_800_000_000;

/// Plays `test` in a process of its own, whose store goes by a file: a running process cannot safely be told another one.
pub fn clocked(name: &str, test: impl FnOnce(&Clock)) {
    if let Some(path) = std::env::var_os(CLOCK) {
        return test(&Clock(path.into()));
    }
    let path =
        std::env::temp_dir().join(format!("dm-clock-{}-{}", std::process::id(), name.replace(':', "-")));
    let clock = Clock(path);
    clock.set(BEGIN);
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args([name, "--exact", "--test-threads=1"]).env(CLOCK, &clock.0).output().unwrap();
    std::fs::remove_file(&clock.0).unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && told.contains("1 passed"),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

pub struct Clock(PathBuf);

impl Clock {
    pub fn set(&self, seconds: i64) {
        let new = self.0.with_extension("new");
        std::fs::write(&new, seconds.to_string()).unwrap();
        std::fs::rename(new, &self.0).unwrap();
    }

    /// Goes on, or back.
    pub fn pass(&self, seconds: i64) {
        self.set(crate::now() + seconds);
    }
}
