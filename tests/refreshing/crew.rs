//! The PHP processes, the authority that they ask, and the clock that all of them obey.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use serde_json::{Value, json};

use crate::authority::{Authority, Fault, Terms, Tokens, Turn};
use crate::support::Site;
use crate::support::process::Actor;

/// How many connections there are.
pub const CONNECTIONS: usize = 10;
/// How long an access token lasts, in seconds.
pub const LIFE: i64 = 3600;

/// What a process saw of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    Fresh,
    Refreshed,
    Busy,
    /// Until then; none where a person has to ask.
    Backoff(Option<i64>),
    /// Why.
    Dead(String),
    /// What the provider answered was not stored, since somebody else won.
    Lost,
    /// It did not get a token. Only today's way says no more.
    Failed,
}

impl Seen {
    fn of(text: &str) -> Self {
        let (outcome, more) = text.split_once(':').unwrap_or((text, ""));
        match (outcome, more) {
            ("fresh", "") => Self::Fresh,
            ("fresh", "lease_lost") => Self::Lost,
            ("refreshed", "") => Self::Refreshed,
            ("busy", "") => Self::Busy,
            ("backoff", until) => Self::Backoff(until.parse().ok().filter(|until| *until > 0)),
            ("dead", cause) => Self::Dead(cause.to_owned()),
            ("failed", _) => Self::Failed,
            _ => panic!("{text}"),
        }
    }
}

/// What all of them saw, each of every connection once.
#[derive(Debug, Default)]
pub struct Pass {
    pub seen: Vec<(usize, Seen)>,
    /// Those who were stopped before they were through.
    pub stopped: Vec<usize>,
    /// When somebody was stopped or killed.
    pub hit: Vec<String>,
}

pub struct Crew {
    pub authority: Authority,
    workers: Vec<Actor>,
    /// Connects accounts and reads them, and never renews.
    clerk: Actor,
    now: i64,
    started: u64,
    role: String,
    seed: u64,
    site: Site,
}

/// The library of this very build, which has the clock for tests. Beside this program: only `cargo build` puts it further up.
fn library() -> PathBuf {
    let library = std::env::current_exe().unwrap().with_file_name("libdm_connections.so");
    assert!(library.is_file(), "{} is not there: scripts/build.sh --test-clock", library.display());
    library
}

impl Crew {
    /// `role`: the way, and what befalls a fifth.
    pub fn start(role: &str, processes: usize, seed: u64) -> Self {
        let site = Site::new("refreshing");
        let authority = Authority::start();
        // As long as a hop within a city.
        authority.fault_for_all(Fault::slow_after(Duration::from_millis(2)).always());
        let now = 1_800_000_000;
        turn(&authority, &site, now);
        let (way, _) = role.split_once(' ').unwrap();
        let clerk = start(&authority, &site, &format!("{way} nothing 0"));
        let workers = Vec::new();
        let mut crew = Self { authority, workers, clerk, now, started: 0, role: role.to_owned(), seed, site };
        (0..CONNECTIONS).for_each(|number| crew.consent(number));
        crew.workers = (0..processes).map(|_| crew.another()).collect();
        crew
    }

    fn another(&mut self) -> Actor {
        self.started += 1;
        let seed = self.seed.wrapping_add(self.started) >> 1;
        start(&self.authority, &self.site, &format!("{} {seed}", self.role))
    }

    pub fn advance(&mut self, seconds: i64) {
        self.now += seconds;
        turn(&self.authority, &self.site, self.now);
    }

    /// Never backwards.
    pub fn advance_to(&mut self, time: i64) {
        self.advance((time - self.now).max(0));
    }

    /// A person connects the account, or does so anew.
    pub fn consent(&mut self, number: usize) {
        let Tokens { access_token, refresh_token, .. } =
            self.authority.issue(&family(number), Terms { expires_in: LIFE, ..Terms::default() });
        let expires_at = self.now + LIFE;
        let account = json!({
            "access_token": access_token, "refresh_token": refresh_token, "token_expires_at": expires_at
        });
        self.clerk.tell(format_args!("save {number} {account}"));
        self.clerk.expect("saved");
    }

    /// The access and the refresh token that are stored.
    pub fn stored(&mut self, number: usize) -> [String; 2] {
        self.clerk.tell(format_args!("read {number}"));
        let said = self.clerk.hear().unwrap();
        let account = said.strip_prefix("stored ").unwrap_or_else(|| panic!("{said}"));
        let account: Value = serde_json::from_str(account).unwrap();
        ["access_token", "refresh_token"].map(|name| account[name].as_str().unwrap().to_owned())
    }

    /// Everybody looks at these connections, all at once; but for those who are stopped.
    pub fn pass(&mut self, open: &BTreeSet<usize>, patience: Duration, force: bool, but: &[usize]) -> Pass {
        let numbers: Vec<_> = open.iter().map(usize::to_string).collect();
        let command = format!("look {} {} {}", patience.as_millis(), u8::from(force), numbers.join(" "));
        let looking: Vec<_> = (0..self.workers.len()).filter(|worker| !but.contains(worker)).collect();
        looking.iter().for_each(|worker| self.workers[*worker].tell(&command));
        self.heard(&looking)
    }

    /// The stopped go on.
    pub fn wake(&mut self, stopped: &[usize]) -> Pass {
        stopped.iter().for_each(|worker| kill_process(self.pid(*worker), Signal::CONT).unwrap());
        self.heard(stopped)
    }

    fn heard(&mut self, from: &[usize]) -> Pass {
        let mut pass = Pass::default();
        for worker in from {
            loop {
                let said = self.workers[*worker].hear();
                let said = said.as_deref().map(|said| said.split_once(' ').unwrap_or((said, "")));
                match said {
                    Some(("saw", seen)) => {
                        let read = |item: &str| {
                            let (number, seen) = item.split_once('=').unwrap();
                            (number.parse().unwrap(), Seen::of(seen))
                        };
                        pass.seen.extend(seen.split(' ').map(read));
                        break;
                    }
                    Some(("stops", moment)) => {
                        pass.hit.push(moment.to_owned());
                        // It says so just before.
                        let (_, status) =
                            waitpid(Some(self.pid(*worker)), WaitOptions::UNTRACED).unwrap().unwrap();
                        assert!(status.stopped(), "{status:?}");
                        pass.stopped.push(*worker);
                        break;
                    }
                    // Soon.
                    Some(("dies", moment)) => pass.hit.push(moment.to_owned()),
                    None => {
                        assert!(self.workers[*worker].kill(), "a process ended by itself");
                        self.workers[*worker] = self.another();
                        break;
                    }
                    Some(other) => panic!("{other:?}"),
                }
            }
        }
        pass
    }

    fn pid(&self, worker: usize) -> Pid {
        Pid::from_raw(self.workers[worker].id() as i32).unwrap()
    }
}

/// The account's name at the authority.
pub fn family(number: usize) -> String {
    format!("account-{number}")
}

fn clock(site: &Site) -> PathBuf {
    site.root.join("clock")
}

fn turn(authority: &Authority, site: &Site, now: i64) {
    authority.turn_clock(Turn::Now(now));
    let new = site.root.join("clock.new");
    std::fs::write(&new, now.to_string()).unwrap();
    std::fs::rename(new, clock(site)).unwrap();
}

fn start(authority: &Authority, site: &Site, role: &str) -> Actor {
    let mut command = Command::new("php");
    command.args(["-d", "ffi.enable=true", "-d", "display_errors=stderr"]);
    command.arg("-d").arg(format!("dm_connections.library={}", library().display()));
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refreshing/worker.php"));
    command.env("DM_TEST_CLOCK", clock(site)).env("DM_TOKEN_URL", authority.url("/token"));
    Actor::through(&mut command, role, &site.store())
}
