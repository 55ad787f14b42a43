//! Renewing credentials, as the library's own users see it: who is granted the right to, what becomes of what the provider
//! answered, and what is left where somebody went without a word. docs/tokens.md has the table.
#![allow(missing_docs)]

#[path = "../support/mod.rs"]
mod support;

#[cfg(feature = "test-clock")]
mod clock;
mod commits;
#[cfg(feature = "test-clock")]
mod crash_points;
mod due;
mod events;
mod failures;
mod grants;
#[cfg(feature = "test-clock")]
mod hours;
mod processes;
mod tampered;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use dm_connections::domain::UnixTime;
use dm_connections::vault::{
    Address, Begin, Begun, Commit, Committed, Error, Facts, Kind, Lease, ProviderAnswer, Saved, Told, Vault,
};
use support::process::{Actor, Role};
use support::{Site, address, document, told};

const CONN: Kind = Kind::Connection;

/// Plays the roles of other processes.
#[test]
fn role() {
    if let Some(role) = Role::of_this_process() {
        match role.name.as_str() {
            "fork" => processes::fork(&role),
            _ => worker::play(&role),
        }
    }
}

/// A store with one account that is due, `x` of `user:1`, whose refresh token is `canary-r1`.
struct Scene {
    vault: Arc<Vault>,
    at: Address,
    site: Site,
}

impl Scene {
    fn new(name: &str) -> Self {
        Self::of(name, "x")
    }

    fn of(name: &str, provider: &str) -> Self {
        let site = Site::new(name);
        let scene = Self { vault: Arc::new(site.open()), at: address(provider, "user:1", "default"), site };
        scene.connect("canary-r1", -10);
        scene
    }

    /// Connects the account, by a person.
    fn connect(&self, token: &str, ends_in: i64) -> Saved {
        save(&self.vault, &self.at, token, ends_in, &Facts::default())
    }

    fn begin(&self) -> Begun {
        self.begin_with(&once())
    }

    fn begin_with(&self, begin: &Begin) -> Begun {
        self.vault.begin_refresh(&self.at, begin).unwrap()
    }

    fn force(&self) -> Begun {
        self.begin_with(&Begin { force: true, ..once() })
    }

    fn outcome(&self) -> &'static str {
        self.begin().told.outcome
    }

    #[track_caller]
    fn granted(&self) -> Lease {
        lease(self.begin())
    }

    /// The stored document's refresh token.
    fn token(&self) -> String {
        token(&self.vault, &self.at)
    }

    fn status(&self) -> String {
        self.vault.get(CONN, &self.at).unwrap().with_about().1.status
    }

    /// The writes that the store has seen, but for the looks of this.
    fn writes(&self) -> i64 {
        self.vault.info().unwrap().writes
    }

    fn events(&self, name: &str) -> usize {
        let items = self.vault.audit(&Default::default()).unwrap().items.into_iter();
        items.filter(|item| item.event == name).count()
    }

    /// Another process, with the store open.
    fn worker(&self) -> Actor {
        let mut worker = Actor::start(&format!("worker {}", self.at.provider), &self.site.store());
        worker.expect("open");
        worker
    }

    /// Another process that was granted the lease.
    fn holder(&self) -> Actor {
        let mut holder = self.worker();
        holder.tell("begin");
        holder.expect("granted");
        holder
    }
}

/// Without waiting for anybody.
fn once() -> Begin {
    Begin { patience: Some(Duration::ZERO), ..Begin::default() }
}

#[track_caller]
fn lease(begun: Begun) -> Lease {
    let told = format!("{:?}", begun.told);
    begun.lease.unwrap_or_else(|| panic!("not granted: {told}"))
}

/// Whether an earlier answer may have been lost.
#[track_caller]
fn is_lost(begun: &Begun) -> bool {
    begun.told.lease.as_ref().unwrap_or_else(|| panic!("not granted: {:?}", begun.told)).lost
}

fn account(token: &str) -> String {
    format!(r#"{{"access_token":"{token}-access","refresh_token":"{token}","user_id":"42"}}"#)
}

fn save(vault: &Vault, at: &Address, token: &str, ends_in: i64, facts: &Facts) -> Saved {
    let facts = Facts { expires_at: time(now() + ends_in), ..facts.clone() };
    vault.save(CONN, at, &document(&account(token)), &facts).unwrap()
}

#[allow(clippy::option_option)] // As `Facts` has it.
fn time(seconds: i64) -> Option<Option<UnixTime>> {
    Some(Some(UnixTime::new(seconds).unwrap()))
}

fn token(vault: &Vault, at: &Address) -> String {
    let stored: serde_json::Value = serde_json::from_str(&support::text(vault, CONN, at)).unwrap();
    stored["refresh_token"].as_str().unwrap_or_default().to_owned()
}

/// Commits a rotated token that lives for an hour.
fn commit(lease: &Lease, token: &str) -> Result<Committed, Error> {
    commit_until(lease, token, now() + 3600)
}

/// The clock that the store goes by.
fn now() -> i64 {
    match std::env::var_os("DM_TEST_CLOCK") {
        Some(clock) => std::fs::read_to_string(clock).unwrap().trim().parse().unwrap(),
        None => std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64,
    }
}

fn commit_until(lease: &Lease, token: &str, expires_at: i64) -> Result<Committed, Error> {
    let patch = format!(r#"{{"access_token":"{token}-access","refresh_token":"{token}"}}"#);
    let facts = Facts { expires_at: time(expires_at), ..Facts::default() };
    lease.commit(&document(&patch), &Commit { facts, ..Commit::default() })
}

fn answered(status: u16, error: &str) -> ProviderAnswer {
    ProviderAnswer { status: Some(status), error: Some(error.to_owned()), ..ProviderAnswer::default() }
}

/// What a provider's final refusal comes to.
fn refuse(lease: &Lease) -> Told {
    lease.fail(&answered(400, "invalid_grant")).unwrap()
}

/// An error's code.
fn code(error: &Error) -> String {
    told(error);
    format!("{:?}", error.code())
}
