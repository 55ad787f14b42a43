//! What a provider does on good days, and what it refuses.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::authority::{Authority, Client, Counts, End, Renewal, Reply, Terms, Turn};
use super::{expect_error, opens, refresh_token, renewed, with_family};

#[test]
fn a_refresh_token_is_good_once_and_gives_the_next() {
    let (authority, first) = with_family(Renewal::Rotating);
    assert_eq!((first.token_type.as_str(), first.expires_in), ("bearer", 3600));
    let second = renewed(&authority, &first);
    let third = renewed(&authority, &second);
    assert_ne!(first.access_token, second.access_token);
    assert_ne!(refresh_token(&second), refresh_token(&third));
    // Access tokens go on to their own end.
    assert!([&first, &second, &third].iter().all(|tokens| opens(&authority, &tokens.access_token)));
    let wanted = Counts { issued: 1, requests: 2, renewals: 2, rotations: 2, ..Counts::default() };
    assert_eq!(authority.counts("a"), wanted);
}

#[test]
fn a_refresh_token_that_comes_again_ends_its_family_and_no_other() {
    let (authority, first) = with_family(Renewal::Rotating);
    let other = authority.issue("b", Terms::default());
    let second = renewed(&authority, &first);
    expect_error(&authority.refresh(refresh_token(&first)).unwrap(), 400, "invalid_grant");
    assert_eq!(authority.ended("a"), Some(End::Reuse));
    assert!(!opens(&authority, &second.access_token));
    // The winner's token is refused, and that is no reuse; the loser's is, each time.
    expect_error(&authority.refresh(refresh_token(&second)).unwrap(), 400, "invalid_grant");
    expect_error(&authority.refresh(refresh_token(&first)).unwrap(), 400, "invalid_grant");
    let counts = authority.counts("a");
    assert_eq!((counts.reuses, counts.refused, counts.revoked, counts.requests), (2, 1, 1, 4));
    assert!(opens(&authority, &renewed(&authority, &other).access_token));
}

#[test]
fn a_fixed_refresh_token_stays_and_is_not_told_again() {
    let (authority, first) = with_family(Renewal::Fixed);
    for _ in 0..3 {
        let tokens = renewed(&authority, &first);
        assert_eq!(tokens.refresh_token, None);
        assert!(opens(&authority, &tokens.access_token));
    }
    let wanted = Counts { issued: 1, requests: 3, renewals: 3, ..Counts::default() };
    assert_eq!(authority.counts("a"), wanted);
}

fn renew_itself(authority: &Authority, grant: &str, access_token: &str) -> Reply {
    let name = if grant == "fb_exchange_token" { grant } else { "access_token" };
    authority.ask("GET", "/token", &[("grant_type", grant), (name, access_token)]).unwrap()
}

fn graph_code(reply: &Reply) -> (u16, i64) {
    (reply.status, reply.read::<serde_json::Value>().unwrap()["error"]["code"].as_i64().unwrap())
}

#[test]
fn an_access_token_renews_itself_while_it_lasts_and_is_old_enough() {
    let authority = Authority::start();
    authority.turn_clock(Turn::Now(1_800_000_000));
    let (day, terms) = (86_400, Terms::new(Renewal::Itself, 60 * 86_400));
    let mut tokens = authority.issue("a", Terms { min_age: day, ..terms });
    assert_eq!(tokens.refresh_token, None);
    for grant in ["ig_refresh_token", "th_refresh_token", "fb_exchange_token"] {
        authority.turn_clock(Turn::Advance(day - 1));
        assert_eq!(graph_code(&renew_itself(&authority, grant, &tokens.access_token)), (400, 100));
        authority.turn_clock(Turn::Advance(1));
        let old = tokens;
        tokens = renew_itself(&authority, grant, &old.access_token).tokens().unwrap();
        assert_eq!(tokens.refresh_token, None);
        assert!(opens(&authority, &old.access_token) && opens(&authority, &tokens.access_token));
    }
    // Nothing was spent, so that the oldest renews itself too.
    authority.turn_clock(Turn::Advance(60 * day));
    assert_eq!(graph_code(&renew_itself(&authority, "ig_refresh_token", &tokens.access_token)), (400, 190));
    expect_error(&authority.refresh(&tokens.access_token).unwrap(), 400, "invalid_grant");
    let counts = authority.counts("a");
    assert_eq!((counts.renewals, counts.rotations, counts.refused, counts.reuses), (3, 0, 5, 0));
}

#[test]
fn a_thousand_expiries_pass_by_its_clock() {
    let authority = Authority::start();
    authority.turn_clock(Turn::Machine(false));
    let mut tokens = authority.issue("a", Terms::new(Renewal::Rotating, 3600));
    for _ in 0..1000 {
        authority.turn_clock(Turn::Advance(3599));
        assert!(authority.is_valid(&tokens.access_token));
        authority.turn_clock(Turn::Advance(1));
        assert!(!authority.is_valid(&tokens.access_token));
        tokens = renewed(&authority, &tokens);
    }
    let (before, counts) = (authority.now(), authority.counts("a"));
    authority.turn_clock(Turn::Machine(true));
    assert!(authority.now() < before);
    assert_eq!((counts.rotations, counts.reuses, counts.refused), (1000, 0, 0));
}

#[test]
fn consent_ends_on_its_day_whatever_was_renewed() {
    let authority = Authority::start();
    authority.turn_clock(Turn::Now(1_800_000_000));
    let terms = Terms { refresh_expires_in: Some(5000), ..Terms::default() };
    let first = authority.issue("a", terms);
    authority.turn_clock(Turn::Advance(4999));
    let second = renewed(&authority, &first);
    assert_eq!((first.refresh_expires_in, second.refresh_expires_in), (Some(5000), Some(1)));
    authority.turn_clock(Turn::Advance(1));
    expect_error(&authority.refresh(refresh_token(&second)).unwrap(), 400, "invalid_grant");
    assert_eq!((authority.counts("a").refused, authority.ended("a")), (1, None));
}

#[test]
fn revoking_either_token_ends_the_family() {
    let authority = Authority::start();
    for (family, door) in [("refresh", "/revoke"), ("access", "/revoke"), ("meta", "/me/permissions")] {
        let tokens = authority.issue(family, Terms::default());
        let reply = match family {
            "refresh" => authority.ask("POST", door, &[("token", refresh_token(&tokens))]),
            "access" => authority.ask("POST", door, &[("token", &tokens.access_token)]),
            _ => authority.ask("DELETE", door, &[("access_token", &tokens.access_token)]),
        };
        assert_eq!(reply.unwrap().status, 200);
        assert!(!opens(&authority, &tokens.access_token));
        expect_error(&authority.refresh(refresh_token(&tokens)).unwrap(), 400, "invalid_grant");
        assert_eq!((authority.ended(family), authority.counts(family).revoked), (Some(End::Revocation), 1));
    }
    // RFC 7009 2.2: what is no token is as good as revoked.
    assert_eq!(authority.ask("POST", "/revoke", &[("token", "never")]).unwrap().status, 200);
    expect_error(&authority.ask("POST", "/revoke", &[]).unwrap(), 400, "invalid_request");
}

#[test]
fn who_consents_anew_has_new_tokens_and_the_old_ones_are_none() {
    let (authority, first) = with_family(Renewal::Rotating);
    authority.withdraw("a");
    expect_error(&authority.refresh(refresh_token(&first)).unwrap(), 400, "invalid_grant");
    assert_eq!(authority.ended("a"), Some(End::Withdrawal));
    let second = authority.issue("a", Terms::default());
    assert_eq!(authority.ended("a"), None);
    // Of an earlier consent: refused, and no reason to end this one.
    expect_error(&authority.refresh(refresh_token(&first)).unwrap(), 400, "invalid_grant");
    assert!(!opens(&authority, &first.access_token) && opens(&authority, &second.access_token));
    authority.ask("POST", "/revoke", &[("token", refresh_token(&first))]).unwrap();
    renewed(&authority, &second);
    let counts = authority.counts("a");
    assert_eq!((counts.issued, counts.refused, counts.reuses, counts.revoked), (2, 2, 0, 1));
}

#[test]
fn a_family_with_a_client_is_renewed_and_revoked_by_it_alone() {
    let authority = Authority::start();
    let client = Some(Client { id: "app".into(), secret: "s e/c".into() });
    let tokens = authority.issue("a", Terms { client, ..Terms::default() });
    let token = refresh_token(&tokens);
    let form = |id, secret| {
        let grant = [("grant_type", "refresh_token"), ("refresh_token", token)];
        let client = [("client_id", id), ("client_secret", secret)];
        authority.ask("POST", "/token", &[grant, client].concat()).unwrap()
    };
    for (id, secret) in [("", ""), ("app", ""), ("app", "wrong"), ("other", "s e/c")] {
        let reply = form(id, secret);
        expect_error(&reply, 401, "invalid_client");
        assert!(reply.header("www-authenticate").unwrap().starts_with("Basic"));
    }
    expect_error(&authority.ask("POST", "/revoke", &[("token", token)]).unwrap(), 401, "invalid_client");
    assert!(opens(&authority, &tokens.access_token));
    let renewed = form("app", "s e/c").tokens().unwrap();
    // By Basic, where both halves are form-encoded first.
    let basic = |pair: &str| {
        let header = format!("Authorization: Basic {}\r\n", STANDARD.encode(pair));
        let grant = [("grant_type", "refresh_token"), ("refresh_token", refresh_token(&renewed))];
        authority.ask_with(&header, "POST", "/token", &grant).unwrap()
    };
    expect_error(&basic("app:s"), 401, "invalid_client");
    assert_eq!(basic("app:s+e%2Fc").status, 200);
    assert_eq!((authority.counts("a").refused, authority.counts("a").renewals), (5, 2));
}

#[test]
fn what_is_no_request_for_tokens_is_told_so() {
    let (authority, tokens) = with_family(Renewal::Rotating);
    let grant = ("grant_type", "refresh_token");
    let token = ("refresh_token", refresh_token(&tokens));
    let told = |method, parameters: &[_]| authority.ask(method, "/token", parameters).unwrap();
    // RFC 6749 3.2: by POST; 5.2: what is missing, what is not offered.
    expect_error(&told("GET", &[grant, token]), 400, "invalid_request");
    expect_error(&told("POST", &[token]), 400, "invalid_request");
    expect_error(&told("POST", &[grant]), 400, "invalid_request");
    expect_error(&told("POST", &[("grant_type", "password")]), 400, "unsupported_grant_type");
    expect_error(&authority.refresh("never").unwrap(), 400, "invalid_grant");
    expect_error(&authority.refresh(&tokens.access_token).unwrap(), 400, "invalid_grant");
    assert_eq!(authority.ask("GET", "/elsewhere", &[]).unwrap().status, 404);
    assert!(!opens(&authority, refresh_token(&tokens)));
    let tokens = renewed(&authority, &tokens);
    assert!(opens(&authority, &tokens.access_token));
    let bearer = |token: &str| {
        let header = format!("Authorization: Bearer {token}\r\n");
        authority.ask_with(&header, "GET", "/resource", &[]).unwrap()
    };
    assert_eq!(bearer(&tokens.access_token).status, 200);
    let reply = bearer("never");
    expect_error(&reply, 401, "invalid_token");
    assert_eq!(reply.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
}
