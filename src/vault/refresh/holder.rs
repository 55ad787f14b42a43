//! Who holds a lease, and whether it still lives.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use serde::{Deserialize, Serialize};

/// The leases that this process holds, by their nonces. In a child after `fork()` they are its parent's, and its process id
/// says so.
static OPEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Holder {
    /// The machine's name, for a person.
    pub(super) host: String,
    /// Which boot of which kernel, and which process id namespace there: within it a process id means one thing. Empty where
    /// the system does not tell.
    place: String,
    pub(super) pid: u32,
    /// When it started, in ticks since the boot: ids are used again.
    started: u64,
}

/// Whether a holder lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Alive,
    Gone,
    /// It is, or was, on another machine.
    Unknown,
}

impl Holder {
    /// This process.
    pub(super) fn present() -> Self {
        let read = |path: &str| fs::read_to_string(path).map(|text| text.trim().to_owned()).ok();
        let place = read("/proc/sys/kernel/random/boot_id").and_then(|boot| {
            let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
            Some(format!("{boot} {}", namespace.display()))
        });
        let pid = std::process::id();
        // Without all of it nobody can tell whether this process lives, and so nobody is to think that he can.
        let (place, started) = place.zip(started(pid).ok().flatten()).unwrap_or_default();
        Self { host: read("/proc/sys/kernel/hostname").unwrap_or_default(), place, pid, started }
    }

    /// Whether the process that was granted the lease with this nonce still has it.
    pub(super) fn life(&self, nonce: &str) -> Life {
        let me = Self::present();
        if self.place.is_empty() || self.place != me.place {
            return Life::Unknown;
        }
        if self.is(&me) {
            return if open().contains(nonce) { Life::Alive } else { Life::Gone };
        }
        match started(self.pid) {
            Ok(started) if started == Some(self.started) => Life::Alive,
            Ok(_) => Life::Gone,
            Err(_) => Life::Unknown,
        }
    }

    /// Whether it is this process, and has the lease with this nonce still.
    pub(super) fn has(&self, nonce: &str) -> bool {
        self.is_me() && open().contains(nonce)
    }

    /// Whether it is this process.
    pub(super) fn is_me(&self) -> bool {
        self.is(&Self::present())
    }

    /// Whether it is the same process; the machine's name is for people, and may change.
    fn is(&self, other: &Self) -> bool {
        (&self.place, self.pid, self.started) == (&other.place, other.pid, other.started)
    }
}

fn open() -> std::sync::MutexGuard<'static, BTreeSet<String>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts a lease as this process's.
pub(super) fn hold(nonce: &str) {
    open().insert(nonce.to_owned());
}

/// It is not any more.
pub(super) fn let_go(nonce: &str) {
    open().remove(nonce);
}

/// When a process started, by proc(5), `/proc/PID/stat`; none where it is gone. One that has ended and was not waited for is
/// gone too. An error where that cannot be told now (no file descriptor is left): then nobody is declared dead.
fn started(pid: u32) -> io::Result<Option<u64>> {
    let stat = match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat,
        Err(error) if tells_of_an_end(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    // The second field is a name in brackets, which may hold anything.
    let mut fields = stat.rsplit_once(')').unwrap_or_default().1.split_whitespace();
    let ended = matches!(fields.next(), Some("Z" | "X" | "x"));
    // The 22nd field of all; the state was the third.
    let started = fields.nth(18).and_then(|field| field.parse().ok());
    Ok(started.filter(|_| !ended))
}

/// Whether there is no such process: it is gone, or ended while it was read.
fn tells_of_an_end(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ESRCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_lives_until_it_has_ended() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = child.id();
        let holder = Holder { pid, started: started(pid).unwrap().unwrap(), ..Holder::present() };
        assert_eq!(holder.life("any"), Life::Alive);
        // Another process came to have its id.
        assert_eq!(Holder { started: holder.started + 1, ..holder.clone() }.life("any"), Life::Gone);
        let elsewhere = Holder { place: "another boot".to_owned(), ..holder.clone() };
        assert_eq!(elsewhere.life("any"), Life::Unknown);
        child.kill().unwrap();
        // Ended, but nobody has waited for it yet.
        while holder.life("any") == Life::Alive {
            std::thread::yield_now();
        }
        assert_eq!(holder.life("any"), Life::Gone);
        child.wait().unwrap();
        assert_eq!(holder.life("any"), Life::Gone);
    }

    #[test]
    fn what_cannot_be_read_is_not_gone() {
        let tells = |number| tells_of_an_end(&io::Error::from_raw_os_error(number));
        assert!(tells(libc::ENOENT) && tells(libc::ESRCH));
        assert!(!tells(libc::EMFILE) && !tells(libc::EACCES) && !tells_of_an_end(&io::Error::other("")));
    }

    #[test]
    fn this_process_has_what_it_holds() {
        let me = Holder::present();
        assert!(me.is_me());
        assert_eq!(me.life("mine"), Life::Gone);
        hold("mine");
        assert_eq!((me.life("mine"), me.has("mine"), me.has("another")), (Life::Alive, true, false));
        let parent = Holder { pid: me.pid + 1, ..me.clone() };
        assert!(!parent.has("mine") && !parent.is_me());
        let_go("mine");
        assert_eq!((me.life("mine"), me.has("mine")), (Life::Gone, false));
    }
}
