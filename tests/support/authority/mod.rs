//! An OAuth 2 authorization server of the tests' own: real HTTP/1.1 on loopback, exact counts, and every way in which a
//! provider leaves a client without an answer.
//!
//! In a Rust test `Authority::start()` runs it on a free port, in threads of its own, until it is dropped. For PHP and
//! the demo `cargo run --example authority` (`main.rs`) runs it in a process of its own, which prints where it is as one
//! line of JSON and ends when its standard input does. A test target takes it in by
//! `#[path = "support/authority/mod.rs"] mod authority;`.
//!
//! # For clients
//!
//! | request | answer |
//! | --- | --- |
//! | `POST /token`, `grant_type=refresh_token` | RFC 6749 6: new tokens, or `invalid_grant`. Each refresh token is good once, one that comes again ends its family (RFC 9700 4.14.2); or it stays, as Google's |
//! | `GET` or `POST /token`, `grant_type=ig_refresh_token`, `th_refresh_token` or `fb_exchange_token` | the access token itself is renewed, as Meta has it, and errors are Meta's |
//! | `POST /revoke`, `token=` | RFC 7009: ends the family, of either token |
//! | `DELETE /me/permissions` | the same, with an access token, as Meta has it |
//! | `GET /resource` | whether the access token (Bearer, or `access_token=`) is valid now: 200 or 401 |
//!
//! A family that has a client takes it by Basic or as parameters, and nobody else.
//!
//! # For tests
//!
//! The methods of `Authority`, and the same below `/admin` as JSON. What is not there is as in `Terms` and `Fault`.
//!
//! | request | body |
//! | --- | --- |
//! | `POST /admin/families` | `{"family": "a", "terms": {"renewal": "rotating", "expires_in": 3600}}`: a person consents; the first tokens. Again with the same name: consents anew |
//! | `GET /admin/families/a` | its terms, counts, end and faults to come |
//! | `DELETE /admin/families/a` | the person takes consent back |
//! | `POST /admin/faults` | `{"family": "a", "fault": {"times": 2, "answer": {"status": {"code": 503}}}}`; without a family: of whatever requests come next; `"times": null`: until they are cleared |
//! | `DELETE /admin/faults` | nothing goes wrong any more |
//! | `POST /admin/release` | held requests go on |
//! | `POST /admin/clock` | `{"now": 1800000000}`, `{"advance": 3600}` or `{"machine": true}` |
//! | `GET /admin/state` | all of it, with the totals |
//!
//! # What it does not do
//!
//! No authorization endpoint, no codes, no PKCE: those stay upstream's. No TLS. State is in memory and ends with it.
#![allow(dead_code, unused_imports)] // Each test target uses what it needs.
#![allow(missing_docs)]

mod admin;
mod client;
mod clock;
mod family;
mod faults;
mod http;
mod ledger;
mod server;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

pub use client::Reply;
pub use clock::Turn;
pub use family::{Client, Counts, End, Renewal, Terms, Tokens};
pub use faults::{Answer, Endpoint, Fault, Moment};
use server::Server;

/// A running authority. Stopped when dropped, held requests and open connections with it.
pub struct Authority {
    address: SocketAddr,
    server: Arc<Server>,
    listener: Option<JoinHandle<()>>,
}

impl Authority {
    /// On a free port of the loopback address.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let server = Arc::new(Server::default());
        let running = Arc::clone(&server);
        let listener = std::thread::spawn(move || running.run(&listener));
        Self { address, server, listener: Some(listener) }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Of one of its doors: `/token`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A person consents, anew where the family is there already: the first tokens.
    pub fn issue(&self, family: &str, terms: Terms) -> Tokens {
        self.server.state().ledger.issue(family, terms)
    }

    /// The person takes consent back at the provider.
    pub fn withdraw(&self, family: &str) {
        self.of(family, |family| family.end(End::Withdrawal))
    }

    /// This goes wrong with requests of that family, after what was told before.
    pub fn fault(&self, family: &str, fault: Fault) {
        self.of(family, |family| family.faults.add(fault))
    }

    /// This goes wrong with whatever requests come next, but for those of families with faults of their own.
    pub fn fault_for_all(&self, fault: Fault) {
        self.server.state().ledger.faults.add(fault)
    }

    /// Nothing goes wrong any more.
    pub fn clear_faults(&self) {
        self.server.state().ledger.clear_faults()
    }

    /// Lets held requests go on.
    pub fn release(&self) {
        self.server.release()
    }

    /// Waits until so many requests are held. A test that never sees them fails.
    #[track_caller]
    pub fn wait_for_held(&self, count: u64) {
        if !self.server.wait_for_held(count, Duration::from_secs(60)) {
            // The test's other threads get errors, and do not wait for answers that nobody releases.
            self.server.stop();
            panic!("{count} requests were not held within a minute");
        }
    }

    /// Asks as a client does, over a connection of its own.
    pub fn ask(&self, method: &str, path: &str, parameters: &[(&str, &str)]) -> io::Result<Reply> {
        self.ask_with("", method, path, parameters)
    }

    /// Asks with more headers: lines, each with its end.
    pub fn ask_with(
        &self,
        headers: &str,
        method: &str,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> io::Result<Reply> {
        client::ask(self.address, method, path, parameters, headers)
    }

    /// Spends a refresh token.
    pub fn refresh(&self, refresh_token: &str) -> io::Result<Reply> {
        let parameters = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        self.ask("POST", "/token", &parameters)
    }

    pub fn turn_clock(&self, turn: Turn) {
        self.server.state().ledger.clock.turn(turn)
    }

    /// In seconds since 1970, by its clock.
    pub fn now(&self) -> i64 {
        self.server.state().ledger.clock.now()
    }

    /// Whether the resource would be given for it now. Does not count as its use.
    pub fn is_valid(&self, access_token: &str) -> bool {
        self.server.state().ledger.valid(access_token, false).is_some()
    }

    pub fn counts(&self, family: &str) -> Counts {
        self.of(family, |family| family.counts())
    }

    pub fn totals(&self) -> Counts {
        self.server.state().ledger.totals()
    }

    /// None while the family lives.
    pub fn ended(&self, family: &str) -> Option<End> {
        self.of(family, |family| family.ended)
    }

    fn of<T>(&self, name: &str, then: impl FnOnce(&mut family::Family) -> T) -> T {
        let mut state = self.server.state();
        then(state.ledger.families.get_mut(name).unwrap_or_else(|| panic!("there is no family {name}")))
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        self.server.stop();
        // Wakes the listener, which sees then that it is over.
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}
