//! Other processes: the test binary itself, started once more to play a role. And an end for what hangs.

use std::fmt::Display;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use rustix::process::{Signal, set_parent_process_death_signal};

const ROLE: &str = "DM_TEST_ROLE";
const STORE: &str = "DM_TEST_STORE";
/// What an actor says begins with this; the test harness prints too.
const SIGN: &str = "@ ";
/// No actor lives longer.
const LIFE: u64 = 900;

/// The role that this process was started for. A test binary that starts processes has one test, `role`, which does
/// nothing but play it.
pub struct Role {
    pub name: String,
    pub arguments: Vec<String>,
    /// The store's directory.
    pub store: PathBuf,
    _end: Watchdog,
}

impl Role {
    /// None in the process that runs the tests.
    pub fn of_this_process() -> Option<Self> {
        let role = std::env::var(ROLE).ok()?;
        let mut words = role.split(' ').map(str::to_owned);
        set_parent_process_death_signal(Some(Signal::KILL)).unwrap();
        // The harness has begun a line.
        println!();
        Some(Self {
            name: words.next()?,
            arguments: words.collect(),
            store: std::env::var_os(STORE)?.into(),
            _end: Watchdog::new("an actor", LIFE),
        })
    }

    /// An argument that is a number.
    pub fn number(&self, index: usize) -> u64 {
        self.arguments[index].parse().unwrap()
    }
}

/// In an actor: tells the test.
pub fn say(message: impl Display) {
    println!("{SIGN}{message}");
}

/// In an actor: the next word of the test; none once the test wants it to end.
pub fn hear() -> Option<String> {
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line).unwrap();
    (read > 0).then(|| line.trim_end().to_owned())
}

/// A process that plays a role. Killed when dropped.
pub struct Actor {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Actor {
    /// Starts one; `role` is its name and its arguments, separated by spaces.
    pub fn start(role: &str, store: &Path) -> Self {
        Self::through(&mut Command::new(std::env::current_exe().unwrap()), role, store)
    }

    /// Starts one by a command that ends in this binary.
    pub fn through(command: &mut Command, role: &str, store: &Path) -> Self {
        command.args(["role", "--exact", "--nocapture", "--test-threads=1"]);
        command.env(ROLE, role).env(STORE, store).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, stdin, stdout }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it says next; none once it has ended. A half line, of one that was killed, was not said.
    pub fn hear(&mut self) -> Option<String> {
        loop {
            let mut line = Vec::new();
            self.stdout.read_until(b'\n', &mut line).unwrap();
            if line.last() != Some(&b'\n') {
                return None;
            }
            let line = String::from_utf8_lossy(&line);
            if let Some(message) = line.trim_end().strip_prefix(SIGN) {
                return Some(message.to_owned());
            }
        }
    }

    /// What it says next, which is to be this.
    pub fn expect(&mut self, message: &str) {
        assert_eq!(self.hear().as_deref(), Some(message));
    }

    /// Tells it something.
    pub fn tell(&mut self, message: impl Display) {
        writeln!(self.stdin.as_mut().unwrap(), "{message}").unwrap();
    }

    /// Lets it know that nothing more will be told.
    pub fn end(&mut self) {
        self.stdin = None;
    }

    /// `kill -9`. Says whether it lived until then.
    pub fn kill(&mut self) -> bool {
        self.child.kill().unwrap();
        killed(self.child.wait().unwrap())
    }

    /// Lets it come to its end, which has to be a good one.
    pub fn finish(mut self) {
        self.end();
        while let Some(message) = self.hear() {
            assert!(!message.starts_with("failed"), "{message}");
        }
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn killed(status: ExitStatus) -> bool {
    status.signal() == Some(9)
}

/// Ends the process that lives longer than it should: a test fails then, and does not hang.
pub struct Watchdog {
    _alive: Sender<()>,
}

impl Watchdog {
    pub fn new(what: &str, seconds: u64) -> Self {
        let what = what.to_owned();
        let (alive, ended) = channel();
        std::thread::spawn(move || {
            if ended.recv_timeout(Duration::from_secs(seconds)) == Err(RecvTimeoutError::Timeout) {
                // Past the harness, which would keep it to itself.
                let _ = writeln!(std::io::stderr(), "{what} hangs: it was not done after {seconds} s");
                std::process::abort();
            }
        });
        Self { _alive: alive }
    }
}

/// Whether this runs at full size.
pub fn full() -> bool {
    std::env::var("DM_TORTURE").is_ok_and(|value| value == "1")
}

/// So many in the quick tier, so many at full size.
pub fn size(quick: u64, most: u64) -> u64 {
    if full() { most } else { quick }
}

/// The figures of a test, which are to be seen at full size.
pub fn figures(text: impl Display) {
    if full() {
        let _ = writeln!(std::io::stderr(), "{text}");
    } else {
        println!("{text}");
    }
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
