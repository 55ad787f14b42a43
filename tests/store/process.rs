//! Other processes: the test binary itself, started once more to play a role.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

const ROLE: &str = "DM_STORE_TEST_ROLE";
const STORE: &str = "DM_STORE_TEST_DIRECTORY";

/// The role that this process was started for, and the store's directory. A test binary that starts processes has one
/// test, `role`, which does nothing but play it.
pub fn role() -> Option<(String, PathBuf)> {
    Some((std::env::var(ROLE).ok()?, std::env::var_os(STORE)?.into()))
}

/// This binary in a role, through another program if one is given.
pub fn command(through: &[&str], role: &str, store: &Path) -> Command {
    command_of(&std::env::current_exe().unwrap(), through, role, store)
}

/// The same for a copy of this binary.
pub fn command_of(binary: &Path, through: &[&str], role: &str, store: &Path) -> Command {
    let mut command = match through {
        [] => Command::new(binary),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(binary);
            command
        }
    };
    command.args(["role", "--exact", "--nocapture", "--test-threads=1"]);
    command.env(ROLE, role).env(STORE, store).stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

/// Starts this binary in a role.
pub fn start(role: &str, store: &Path) -> Child {
    command(&[], role, store).spawn().unwrap()
}

/// Plays a role to its end.
pub fn run(role: &str, store: &Path) -> ExitStatus {
    start(role, store).wait().unwrap()
}

/// Ends this process as a crash does: nothing is unwound, nothing is closed in order.
pub fn crash() -> ! {
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).unwrap();
    unreachable!("this process was killed")
}

/// Whether a process ended by [`crash`].
pub fn crashed(status: ExitStatus) -> bool {
    status.signal() == Some(9)
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
