//! Rotations that nobody committed: however the answer was lost, the count of them is exact.

use std::io::Write;
use std::net::{Shutdown, TcpStream};

use super::authority::{Authority, Fault, Moment, Renewal};
use super::faults::until;
use super::{opens, refresh_token, renewed, wire, with_family};

/// `(dropped, unseen)`
fn lost(authority: &Authority) -> (u64, u64) {
    let counts = authority.counts("a");
    (counts.dropped, counts.unseen)
}

#[test]
fn a_client_that_goes_before_the_answer_has_lost_it() {
    let (authority, tokens) = with_family(Renewal::Rotating);
    authority.fault("a", Fault::held(Moment::After));
    let mut client = TcpStream::connect(authority.address()).unwrap();
    client.write_all(wire::refreshing(refresh_token(&tokens)).as_bytes()).unwrap();
    authority.wait_for_held(1);
    assert_eq!(lost(&authority), (0, 1));
    // As the system does it for a process that is killed.
    client.shutdown(Shutdown::Both).unwrap();
    drop(client);
    authority.release();
    until(|| authority.counts("a").dropped == 1);
    assert_eq!(lost(&authority), (1, 1));
}

#[test]
fn an_answer_that_is_read_and_forgotten_is_unseen_though_it_went_out() {
    let (authority, tokens) = with_family(Renewal::Rotating);
    let forgotten = renewed(&authority, &tokens);
    assert_eq!(lost(&authority), (0, 1));
    assert_ne!(authority.refresh(refresh_token(&tokens)).unwrap().status, 200);
    assert_eq!(lost(&authority), (0, 1));
    // Not forgotten after all: then it was a race, and both had an answer.
    assert!(!opens(&authority, &forgotten.access_token));
    assert_eq!(lost(&authority), (0, 0));
}

#[test]
fn either_new_token_shows_that_the_answer_was_had() {
    let (authority, first) = with_family(Renewal::Rotating);
    let second = renewed(&authority, &first);
    let third = renewed(&authority, &second);
    assert_eq!(lost(&authority), (0, 1));
    // A look by the test is no use by the client.
    assert!(authority.is_valid(&third.access_token));
    assert_eq!(lost(&authority), (0, 1));
    assert!(opens(&authority, &third.access_token));
    assert_eq!(lost(&authority), (0, 0));
}
