//! Each thing that goes wrong: what the client sees, and whether the old token is still good.

use std::io::ErrorKind;
use std::time::Duration;

use super::authority::{Answer, Authority, Counts, Endpoint, Fault, Moment, Renewal, Terms, Tokens};
use super::process::Watchdog;
use super::{expect_error, opens, refresh_token, renewed, with_family};

/// Long enough that only the end of the authority ends it.
const FOR_EVER: Duration = Duration::from_secs(3600);

/// What follows a fault that came before the authority had done anything.
#[track_caller]
fn nothing_was_done(authority: &Authority, tokens: &Tokens) {
    let counts = authority.counts("a");
    assert_eq!(counts, Counts { issued: 1, requests: 1, failed: 1, ..Counts::default() });
    assert!(opens(authority, &renewed(authority, tokens).access_token));
}

/// What follows a fault that came after the refresh token was spent.
#[track_caller]
fn the_answer_is_lost(authority: &Authority, tokens: &Tokens) {
    let wanted = Counts {
        issued: 1,
        requests: 1,
        renewals: 1,
        rotations: 1,
        dropped: 1,
        unseen: 1,
        ..Counts::default()
    };
    assert_eq!(authority.counts("a"), wanted);
    expect_error(&authority.refresh(refresh_token(tokens)).unwrap(), 400, "invalid_grant");
    assert_eq!(authority.counts("a"), Counts { requests: 2, reuses: 1, revoked: 1, ..wanted });
}

#[test]
fn a_5xx_spends_nothing() {
    for code in [500, 502, 503, 504] {
        let (authority, tokens) = with_family(Renewal::Rotating);
        authority.fault("a", Fault::status(code));
        let reply = authority.refresh(refresh_token(&tokens)).unwrap();
        expect_error(&reply, code, "temporarily_unavailable");
        assert_eq!(reply.header("retry-after"), None);
        nothing_was_done(&authority, &tokens);
    }
}

#[test]
fn a_429_says_when_to_come_again() {
    let (authority, tokens) = with_family(Renewal::Rotating);
    authority.fault("a", Fault::too_many(30));
    let reply = authority.refresh(refresh_token(&tokens)).unwrap();
    assert_eq!((reply.status, reply.header("retry-after")), (429, Some("30")));
    nothing_was_done(&authority, &tokens);
}

#[test]
fn a_gateway_sends_html_and_may_have_spent_the_token() {
    let (authority, tokens) = with_family(Renewal::Rotating);
    let page = Answer::Status { code: 504, retry_after: None, body: Some("<h1>Gateway</h1>".into()) };
    authority.fault("a", Fault::from(page).and_done());
    let reply = authority.refresh(refresh_token(&tokens)).unwrap();
    assert_eq!((reply.status, reply.body.as_str()), (504, "<h1>Gateway</h1>"));
    assert_eq!(reply.header("content-type"), Some("text/html"));
    the_answer_is_lost(&authority, &tokens);
}

#[test]
fn a_connection_that_drops_before_spends_nothing() {
    let (authority, tokens) = with_family(Renewal::Rotating);
    authority.fault("a", Fault::dropped_before());
    let error = authority.refresh(refresh_token(&tokens)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    nothing_was_done(&authority, &tokens);
}

#[test]
fn a_connection_that_drops_after_or_halfway_loses_the_answer() {
    for fault in [Fault::dropped_after(), Fault::half()] {
        let (authority, tokens) = with_family(Renewal::Rotating);
        authority.fault("a", fault);
        let error = authority.refresh(refresh_token(&tokens)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        the_answer_is_lost(&authority, &tokens);
    }
}

#[test]
fn half_an_answer_is_more_than_its_head() {
    let (authority, tokens) = with_family(Renewal::Rotating);
    authority.fault("a", Fault::half());
    let half = super::wire::refresh(authority.address(), refresh_token(&tokens)).unwrap();
    let (head, body) = half.split_once("\r\n\r\n").unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
    assert_eq!(body.len(), length.parse::<usize>().unwrap() / 2);
}

#[test]
fn json_that_ends_too_early_loses_the_answer() {
    let (authority, tokens) = with_family(Renewal::Rotating);
    authority.fault("a", Fault::malformed());
    let reply = authority.refresh(refresh_token(&tokens)).unwrap();
    assert_eq!((reply.status, reply.tokens()), (200, None));
    assert!(reply.body.starts_with("{\"access_token\""), "{}", reply.body);
    the_answer_is_lost(&authority, &tokens);
}

#[test]
fn without_a_refresh_token_in_the_answer_the_old_one_goes_on() {
    let (authority, tokens) = with_family(Renewal::Rotating);
    authority.fault("a", Fault::without_refresh_token().times(2));
    for _ in 0..2 {
        let renewed = renewed(&authority, &tokens);
        assert_eq!(renewed.refresh_token, None);
        assert!(opens(&authority, &renewed.access_token));
    }
    let rotated = renewed(&authority, &tokens);
    assert!(rotated.refresh_token.is_some());
    let counts = authority.counts("a");
    assert_eq!((counts.renewals, counts.rotations, counts.reuses), (3, 1, 0));
}

#[test]
fn a_slow_answer_comes_before_or_after_the_token_is_spent() {
    let _end = Watchdog::new("a slow answer of an authority that has ended", 60);
    for (fault, spent) in [(Fault::slow_before(FOR_EVER), 0), (Fault::slow_after(FOR_EVER), 1)] {
        let (authority, tokens) = with_family(Renewal::Rotating);
        authority.fault("a", fault);
        std::thread::scope(|threads| {
            let asking = {
                let (url, token) = (authority.address(), refresh_token(&tokens));
                threads.spawn(move || super::wire::refresh(url, token))
            };
            until(|| authority.counts("a").requests == 1 && authority.counts("a").rotations >= spent);
            assert!(!asking.is_finished());
            assert_eq!(authority.counts("a").rotations, spent);
            // The end of the authority is the end of the wait.
            drop(authority);
            assert!(asking.join().unwrap().is_err());
        });
    }
    let (authority, tokens) = with_family(Renewal::Rotating);
    authority.fault("a", Fault::slow_before(Duration::from_millis(5)));
    authority.fault("a", Fault::slow_after(Duration::from_millis(5)));
    renewed(&authority, &renewed(&authority, &tokens));
}

#[test]
fn a_held_request_goes_on_when_the_test_says_so() {
    for (moment, spent) in [(Moment::Before, 0), (Moment::After, 1)] {
        let (authority, tokens) = with_family(Renewal::Rotating);
        authority.fault("a", Fault::held(moment));
        let renewed = std::thread::scope(|threads| {
            let asking = threads.spawn(|| authority.refresh(refresh_token(&tokens)).unwrap());
            authority.wait_for_held(1);
            assert_eq!(authority.counts("a").rotations, spent);
            authority.release();
            asking.join().unwrap().tokens().unwrap()
        });
        assert!(opens(&authority, &renewed.access_token));
        assert_eq!((authority.counts("a").rotations, authority.counts("a").dropped), (1, 0));
    }
}

#[test]
fn what_was_held_before_acts_on_what_is_there_then() {
    let (authority, tokens) = with_family(Renewal::Rotating);
    authority.fault("a", Fault::held(Moment::Before));
    std::thread::scope(|threads| {
        let late = threads.spawn(|| authority.refresh(refresh_token(&tokens)).unwrap());
        authority.wait_for_held(1);
        renewed(&authority, &tokens);
        authority.release();
        expect_error(&late.join().unwrap(), 400, "invalid_grant");
    });
    assert_eq!((authority.counts("a").rotations, authority.counts("a").reuses), (1, 1));
}

#[test]
fn faults_last_as_long_as_was_said_and_go_by_family_first() {
    let (authority, mut a) = with_family(Renewal::Fixed);
    let b = authority.issue("b", Terms::default());
    let status = |tokens: &Tokens| authority.refresh(refresh_token(tokens)).unwrap().status;
    authority.fault_for_all(Fault::status(500).times(2));
    authority.fault("a", Fault::status(503).times(2));
    authority.fault("a", Fault::status(502));
    assert_eq!([status(&a), status(&a), status(&a)], [503, 503, 502]);
    assert_eq!([status(&b), status(&a), status(&a)], [500, 500, 200]);
    authority.fault("b", Fault::status(503).always());
    assert!((0..20).all(|_| status(&b) == 503));
    authority.clear_faults();
    assert_eq!(status(&b), 200);
    // A new consent does not heal the provider.
    authority.fault("a", Fault::status(503));
    a = authority.issue("a", Terms::default());
    assert_eq!([status(&a), status(&a)], [503, 200]);
}

#[test]
fn the_other_doors_fail_too_and_only_they() {
    let (authority, tokens) = with_family(Renewal::Rotating);
    authority.fault("a", Fault::status(503).at(Endpoint::Revoke));
    authority.fault("a", Fault::dropped_after().at(Endpoint::Revoke));
    authority.fault("a", Fault::too_many(9).at(Endpoint::Resource));
    let tokens = renewed(&authority, &tokens);
    let revoke = || authority.ask("POST", "/revoke", &[("token", refresh_token(&tokens))]);
    assert_eq!(revoke().unwrap().status, 503);
    let used = authority.ask("GET", "/resource", &[("access_token", &tokens.access_token)]).unwrap();
    assert_eq!((used.status, used.header("retry-after")), (429, Some("9")));
    assert!(opens(&authority, &tokens.access_token));
    // Done, and nobody is told.
    assert!(revoke().is_err());
    assert!(!opens(&authority, &tokens.access_token));
    assert_eq!((authority.counts("a").failed, authority.counts("a").dropped), (0, 0));
}

/// Waits for what has to come.
pub fn until(mut done: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it did not come within a minute");
}
