//! Many at once: nothing is counted twice, and nothing is left out.

use std::sync::Barrier;
use std::thread;

use super::authority::{Authority, End, Fault, Renewal, Terms};
use super::{opens, refresh_token, with_family};

#[test]
fn of_many_that_come_with_one_token_one_gets_the_next() {
    let (authority, tokens) = with_family(Renewal::Rotating);
    let together = Barrier::new(32);
    let won: Vec<_> = thread::scope(|threads| {
        let ask = || {
            together.wait();
            authority.refresh(refresh_token(&tokens)).unwrap().tokens()
        };
        let asking: Vec<_> = (0..32).map(|_| threads.spawn(ask)).collect();
        asking.into_iter().filter_map(|asking| asking.join().unwrap()).collect()
    });
    assert_eq!(won.len(), 1);
    let counts = authority.counts("a");
    assert_eq!((counts.requests, counts.rotations, counts.reuses, counts.revoked), (32, 1, 31, 1));
    assert_eq!(authority.ended("a"), Some(End::Reuse));
    assert!(!opens(&authority, &won[0].access_token));
}

#[test]
fn every_request_is_counted_as_one_thing_whatever_goes_wrong() {
    let authority = Authority::start();
    let (families, requests) = (4, 120);
    thread::scope(|threads| {
        for number in 0..families {
            let authority = &authority;
            threads.spawn(move || {
                let name = &number.to_string();
                let mut tokens = authority.issue(name, Terms::default());
                let faults = [
                    Fault::status(503),
                    Fault::dropped_before(),
                    Fault::dropped_after(),
                    Fault::half(),
                    Fault::malformed(),
                    Fault::without_refresh_token(),
                ];
                for turn in 0..requests {
                    if turn % 3 == 0 {
                        authority.fault(name, faults[turn / 3 % faults.len()].clone());
                    }
                    let reply = authority.refresh(refresh_token(&tokens));
                    let got = reply.ok().and_then(|reply| reply.tokens());
                    if let Some(got) = got {
                        opens(authority, &got.access_token);
                        tokens.refresh_token = got.refresh_token.or(tokens.refresh_token);
                    } else if authority.ended(name).is_some() {
                        tokens = authority.issue(name, Terms::default());
                    }
                }
            });
        }
    });
    let counts = authority.totals();
    assert_eq!(counts.requests, (families * requests) as u64);
    assert_eq!(counts.requests, counts.renewals + counts.reuses + counts.refused + counts.failed);
    // Each lost answer made one reuse, each reuse one end, each end one consent: and the authority knew of each.
    assert!(counts.dropped > 0);
    assert_eq!(
        (counts.dropped, counts.dropped, counts.dropped),
        (counts.reuses, counts.revoked, counts.unseen)
    );
    assert_eq!(counts.issued, families as u64 + counts.revoked);
}
