//! The tests' own authorization server (`tests/support/authority`), tried over real sockets: what it counts is what
//! other tests are proven by.
#![allow(missing_docs)]

#[path = "../support/authority/mod.rs"]
mod authority;

#[allow(dead_code)]
#[path = "../support/process.rs"]
mod process;

mod admin;
mod crowd;
mod faults;
mod lost;
mod tokens;
mod wire;

use authority::{Authority, Renewal, Reply, Terms, Tokens};

/// An authority with one family, `a`, that lasts an hour at a time.
fn with_family(renewal: Renewal) -> (Authority, Tokens) {
    let authority = Authority::start();
    let tokens = authority.issue("a", Terms::new(renewal, 3600));
    (authority, tokens)
}

fn refresh_token(tokens: &Tokens) -> &str {
    tokens.refresh_token.as_deref().expect("there is no refresh token")
}

/// New tokens, which have to come.
#[track_caller]
fn renewed(authority: &Authority, tokens: &Tokens) -> Tokens {
    let reply = authority.refresh(refresh_token(tokens)).unwrap();
    reply.tokens().unwrap_or_else(|| panic!("{reply:?}"))
}

/// Whether the resource is given for it, as a client learns it.
fn opens(authority: &Authority, access_token: &str) -> bool {
    let reply = authority.ask("GET", "/resource", &[("access_token", access_token)]).unwrap();
    assert!(
        reply.status == 200 || (reply.status == 401 && reply.error().unwrap() == "invalid_token"),
        "{reply:?}"
    );
    reply.status == 200
}

#[track_caller]
fn expect_error(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.error().as_deref()), (status, Some(code)), "{reply:?}");
}
