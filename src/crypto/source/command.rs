//! A key from a command, such as a KMS's client.
//!
//! The library may run inside php-fpm, with other threads and somebody else's SIGCHLD handling: so nothing here
//! relies on signals, and an exit status that somebody else has fetched is not an error.

use std::io::{ErrorKind, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use zeroize::Zeroizing;

use super::super::error::{CommandProblem, KeyProblem};
use super::super::secret::Secret32;
use super::{MOST, any_key, is_misplaced_key};

/// How long a command may take.
pub const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Between two looks at a command that has closed its output but not ended.
const PAUSE: Duration = Duration::from_millis(5);

/// Runs `argv` and reads the key that it prints.
pub fn run(argv: &[String], limit: Duration) -> Result<Secret32, KeyProblem> {
    let not_a_command = |problem| KeyProblem::NotAKey { what: "the key command".into(), problem };
    let (program, arguments) = argv.split_first().ok_or_else(|| not_a_command("is empty"))?;
    if is_misplaced_key(program.as_bytes()) {
        return Err(not_a_command("is a key itself"));
    }
    let mut output = Zeroizing::new([0; MOST]);
    let length = output_of(program, arguments, limit, &mut output[..])
        .map_err(|problem| KeyProblem::Command { program: program.clone(), problem })?;
    any_key(&output[..length]).map_err(|problem| KeyProblem::NotAKey {
        what: format!("the output of the key command '{program}'"),
        problem,
    })
}

fn output_of(
    program: &str,
    arguments: &[String],
    limit: Duration,
    output: &mut [u8],
) -> Result<usize, CommandProblem> {
    let mut running = Running::start(program, arguments, limit)?;
    let length = running.read(output)?;
    match running.status()? {
        Some(status) if !status.success() => Err(CommandProblem::Failed(status.to_string())),
        // Without a status (somebody else's SIGCHLD handler has it) the key has to speak for itself.
        Some(_) | None => Ok(length),
    }
}

/// A started command. Stopped when dropped, with everything it started.
struct Running {
    child: Child,
    limit: Duration,
    deadline: Instant,
}

impl Running {
    fn start(program: &str, arguments: &[String], limit: Duration) -> Result<Self, CommandProblem> {
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|error| CommandProblem::Start(error.to_string()))?;
        Ok(Self { child, limit, deadline: Instant::now() + limit })
    }

    /// Everything it prints, until it closes its output.
    fn read(&mut self, output: &mut [u8]) -> Result<usize, CommandProblem> {
        let Some(mut pipe) = self.child.stdout.take() else { return Ok(0) };
        let mut length = 0;
        loop {
            self.await_output(&pipe)?;
            match pipe.read(&mut output[length..]) {
                Ok(0) => return Ok(length),
                Ok(more) => length += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(CommandProblem::Output(error.to_string())),
            }
            if length == output.len() {
                return Err(CommandProblem::TooMuch);
            }
        }
    }

    fn await_output(&self, pipe: &ChildStdout) -> Result<(), CommandProblem> {
        loop {
            let left =
                Timespec::try_from(self.time_left()?).map_err(|_| CommandProblem::TooSlow(self.limit))?;
            match poll(&mut [PollFd::new(pipe, PollFlags::IN)], Some(&left)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(CommandProblem::Output(error.to_string())),
            }
        }
    }

    /// Its exit status once it has ended; `None` where somebody else has fetched it.
    fn status(&mut self) -> Result<Option<ExitStatus>, CommandProblem> {
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Ok(Some(status)),
                Ok(None) => thread::sleep(PAUSE.min(self.time_left()?)),
                Err(_) => return Ok(None),
            }
        }
    }

    fn time_left(&self) -> Result<Duration, CommandProblem> {
        match self.deadline.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(CommandProblem::TooSlow(self.limit)),
            left => Ok(left),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let id = Pid::from_child(&self.child);
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        // Until somebody has waited for the child its id is nobody else's, and its group may be killed by it.
        if waitid(WaitId::Pid(id), look).is_ok() {
            let _ = kill_process_group(id, Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    const KEY: &str = "8PHy8/T19vf4+fr7/P3+/+Dh4uPk5ebn6Onq6+zt7u8=";

    fn sh_within(script: &str, limit: Duration) -> Result<Secret32, KeyProblem> {
        run(&["/bin/sh".into(), "-c".into(), script.into(), "CANARY-argument".into()], limit)
    }

    fn sh(script: &str) -> Result<Secret32, KeyProblem> {
        sh_within(script, TIME_LIMIT)
    }

    fn problem(script: &str) -> String {
        let error = sh(script).unwrap_err();
        let text = format!("{error}\n{error:?}");
        assert!(!text.contains("CANARY"), "{text}");
        text
    }

    #[test]
    fn reads_base64_and_raw_bytes() {
        let key = sh(&format!("echo {KEY}")).unwrap();
        assert_eq!(key.expose()[..4], [0xF0, 0xF1, 0xF2, 0xF3]);
        assert_eq!(sh(&format!("echo {KEY} | base64 -d")).unwrap(), key);
        assert_eq!(sh(&format!("printf 8PHy8/T19vf4+fr7; sleep 0.05; echo {}", &KEY[16..])).unwrap(), key);
    }

    #[test]
    fn arguments_reach_the_program_as_they_are() {
        let argv = ["printf".to_string(), "%s".into(), KEY.into()];
        assert!(run(&argv, TIME_LIMIT).is_ok());
        assert!(
            sh("test \"$0\" = CANARY-argument && echo 8PHy8/T19vf4+fr7/P3+/+Dh4uPk5ebn6Onq6+zt7u8=").is_ok()
        );
    }

    #[test]
    fn failure_counts_even_with_a_key() {
        let text = problem(&format!("echo {KEY}; echo CANARY >&2; exit 3"));
        assert!(text.contains("'/bin/sh' failed (exit status: 3)"), "{text}");
        let text = problem(&format!("echo {KEY}; kill -9 $$"));
        assert!(text.contains("signal: 9"), "{text}");
    }

    #[test]
    fn junk_is_refused_and_not_repeated() {
        assert!(problem("echo CANARY-0123456789-0123456789-0123456789-0123").contains("base64"));
        assert!(problem("printf CANARY-56789-0123456789-01234567").contains("is text"));
        assert!(problem("true").contains("is empty"));
        assert!(problem("yes CANARY").contains("more than a key"));
        assert!(problem("head -c 32 /dev/zero").contains("all zeros"));
    }

    #[test]
    fn what_cannot_be_started_is_named() {
        let text = run(&["/nowhere/kms".into()], TIME_LIMIT).unwrap_err().to_string();
        assert!(text.contains("'/nowhere/kms' cannot be started"), "{text}");
        assert!(run(&[], TIME_LIMIT).is_err());
        assert!(run(&[String::new()], TIME_LIMIT).is_err());
        let text = run(&[KEY.into()], TIME_LIMIT).unwrap_err().to_string();
        assert!(!text.contains(KEY), "{text}");
    }

    #[test]
    fn a_hanging_command_is_stopped() {
        for script in ["sleep 60", "echo half; sleep 60", "exec >&-; sleep 60", "sleep 60 & sleep 60"] {
            hangs_and_leaves_nothing(script);
        }
    }

    #[test]
    fn what_an_ended_command_left_behind_is_stopped() {
        hangs_and_leaves_nothing("sleep 60 & exit");
    }

    fn hangs_and_leaves_nothing(script: &str) {
        let name: String = script.chars().filter(char::is_ascii_alphanumeric).collect();
        let note = std::env::temp_dir().join(format!("dm-command-{}-{name}", std::process::id()));
        let begun = Instant::now();
        let whole = format!("echo $$ > {}; {script}", note.display());
        let error = sh_within(&whole, Duration::from_millis(500)).unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(5), "{script}");
        assert!(error.to_string().contains("within 0.5 seconds"), "{script}: {error}");
        let group = fs::read_to_string(&note).unwrap();
        fs::remove_file(&note).unwrap();
        assert!(!group_lives(group.trim()), "{script}");
    }

    /// SIGCHLD ignored, as a host may have it: the kernel then throws every exit status away.
    #[test]
    fn without_an_exit_status_the_key_speaks_for_itself() {
        let passes = |test: &str| {
            let test = format!("crypto::source::command::tests::{test}");
            let binary = std::env::current_exe().unwrap();
            let output = Command::new("env")
                .arg("--ignore-signal=CHLD")
                .arg(binary)
                .args(["--exact", &test])
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(text.contains("running 1 test"), "{text}");
            output.status.success()
        };
        assert!(passes("reads_base64_and_raw_bytes"));
        assert!(passes("junk_is_refused_and_not_repeated"));
        assert!(passes("a_hanging_command_is_stopped"));
        assert!(!passes("failure_counts_even_with_a_key"), "there was an exit status after all");
    }

    /// Whether a process of this group is there that is more than an unfetched exit status.
    fn group_lives(group: &str) -> bool {
        let deadline = Instant::now() + Duration::from_secs(2);
        loop {
            let lives = fs::read_dir(Path::new("/proc")).unwrap().flatten().any(|entry| {
                let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
                let after_name = stat.rsplit(") ").next().unwrap_or_default();
                let fields: Vec<_> = after_name.split(' ').collect();
                matches!(fields[..], [state, _, of, ..] if of == group && state != "Z")
            });
            if !lives || Instant::now() > deadline {
                return lives;
            }
            thread::sleep(PAUSE);
        }
    }
}
