//! Every provider of the catalogue at each of its boundaries, by a clock that is only a number.

use super::super::Catalogue;
use super::*;

const DAY: i64 = 86_400;
/// When a person consented and the first token was issued.
const T: i64 = 1_795_000_000;
const NONE: Jitter = Jitter(0);
const ALL: Jitter = Jitter(u32::MAX);

/// What is expected of a provider, in seconds.
struct Row {
    slug: &'static str,
    renewal: Option<Renewal>,
    /// Until when after consent the consent lasts, untouched, and again if all is renewed on the tenth day.
    reauth: [Option<i64>; 2],
    /// Codes, and statuses without one, that are final here beyond those that are so everywhere.
    finals: &'static [&'static str],
    final_statuses: &'static [u16],
    transients: &'static [&'static str],
}

struct Renewal {
    life: i64,
    margin: i64,
    min_age: i64,
    before_expiry: bool,
}

const fn row(slug: &'static str, renewal: Option<Renewal>, reauth: [Option<i64>; 2]) -> Row {
    Row { slug, renewal, reauth, finals: &[], final_statuses: &[], transients: &[] }
}

const fn renewal(life: i64, margin: i64) -> Option<Renewal> {
    Some(Renewal { life, margin, min_age: 0, before_expiry: false })
}

const fn meta(slug: &'static str, reauth: [Option<i64>; 2]) -> Row {
    let renewal = Renewal { life: 60 * DAY, margin: 7 * DAY, min_age: DAY, before_expiry: true };
    let finals = &["190", "102"];
    let transients = &["1", "2", "4", "17"];
    Row { finals, transients, ..row(slug, Some(renewal), reauth) }
}

const ROWS: [Row; 17] = [
    meta("instagram", [None, None]),
    meta("threads", [None, None]),
    meta("facebook", [Some(90 * DAY), Some(90 * DAY)]),
    Row { finals: &["invalid_request"], ..row("x", renewal(7200, 300), [Some(180 * DAY), Some(190 * DAY)]) },
    row("twitter", None, [None, None]),
    row("youtube", renewal(3600, 300), [Some(180 * DAY), Some(190 * DAY)]),
    row("gsc", renewal(3600, 300), [Some(180 * DAY), Some(190 * DAY)]),
    row("spotify", renewal(3600, 300), [Some(180 * DAY), Some(180 * DAY)]),
    Row { final_statuses: &[400], ..row("reddit", renewal(3600, 300), [None, None]) },
    row("linkedin", renewal(60 * DAY, 7 * DAY), [Some(365 * DAY), Some(365 * DAY)]),
    row("pinterest", renewal(30 * DAY, 7 * DAY), [Some(60 * DAY), Some(70 * DAY)]),
    row("tiktok", renewal(DAY, 3600), [None, None]),
    row("tumblr", renewal(2520, 300), [Some(42 * DAY), Some(52 * DAY)]),
    row("mastodon", None, [None, None]),
    row("bluesky", renewal(7200, 300), [Some(90 * DAY), Some(100 * DAY)]),
    row("email_imap", None, [None, None]),
    row("http_basic", None, [None, None]),
];

fn entry(slug: &str) -> &'static Entry {
    Catalogue::embedded().entry(&slug.parse().unwrap())
}

/// A token of this life, issued with the consent.
fn issued(life: i64) -> Tokens {
    Tokens { expires_at: Some(T + life), ..lasting() }
}

fn lasting() -> Tokens {
    Tokens {
        consented_at: T,
        refreshed_at: None,
        expires_at: None,
        refresh_expires_at: None,
        renewable: true,
        margin: None,
    }
}

fn renewals() -> impl Iterator<Item = (&'static Entry, &'static str, Renewal)> {
    ROWS.into_iter().filter_map(|row| Some((entry(row.slug), row.slug, row.renewal?)))
}

#[test]
fn every_provider_has_a_row() {
    let rows = ROWS.map(|row| row.slug.parse().unwrap());
    let providers = Catalogue::embedded().providers.keys();
    assert!(providers.clone().all(|provider| rows.contains(provider)), "a provider without a row");
    assert_eq!(providers.len(), rows.len());
}

#[test]
fn a_token_is_fresh_up_to_the_second_in_which_its_margin_begins() {
    for (entry, slug, Renewal { life, margin, .. }) in renewals() {
        let tokens = issued(life);
        let edge = T + life - margin;
        assert!(entry.is_fresh(&tokens, T) && entry.is_fresh(&tokens, edge - 1), "{slug}");
        for now in [edge, edge + 1, T + life, T + life + 1, i64::MAX] {
            assert!(!entry.is_fresh(&tokens, now), "{slug}: {now}");
        }
        // Without what a renewal spends it is used to its end.
        let tokens = Tokens { renewable: false, ..tokens };
        assert!(entry.is_fresh(&tokens, T + life - 1) && !entry.is_fresh(&tokens, T + life), "{slug}");
        assert!(entry.is_fresh(&lasting(), i64::MAX), "{slug}: without an end");
    }
}

#[test]
fn a_token_is_due_when_its_margin_begins_or_a_tenth_of_it_later() {
    for (entry, slug, Renewal { life, margin, .. }) in renewals() {
        let tokens = issued(life);
        for (jitter, edge) in [(NONE, T + life - margin), (ALL, T + life - margin + margin / 10)] {
            let next = |now| entry.next_refresh(&tokens, now, jitter);
            assert_eq!(next(T), NextRefresh::At(edge), "{slug}");
            assert_eq!(next(edge - 1), NextRefresh::At(edge), "{slug}");
            assert_eq!(next(edge), NextRefresh::Due, "{slug}");
            assert_eq!(next(T + life - 1), NextRefresh::Due, "{slug}");
        }
    }
}

#[test]
fn an_ended_token_is_renewed_where_the_provider_does_that() {
    for (entry, slug, Renewal { life, before_expiry, .. }) in renewals() {
        let ended = if before_expiry { NextRefresh::Never(Never::TooLate) } else { NextRefresh::Due };
        for now in [T + life, T + life + 1, T + life + 1000 * DAY, i64::MAX] {
            assert_eq!(entry.next_refresh(&issued(life), now, NONE), ended, "{slug}: {now}");
        }
    }
}

#[test]
fn a_token_that_is_too_young_for_the_provider_waits() {
    for (entry, slug, Renewal { life, min_age, .. }) in renewals() {
        // Renewed so late before an end that did not move that the whole rest of its life is within the margin.
        let at = T + life - 30 * DAY;
        let tokens = |end: i64| Tokens { refreshed_at: Some(at), expires_at: Some(at + end), ..lasting() };
        let next = |end: i64, after: i64| entry.next_refresh(&tokens(end), at + after, NONE);
        // Half of it is left to be fresh.
        if min_age == 0 {
            assert_eq!(next(1000, 999), NextRefresh::Due, "{slug}");
            continue;
        }
        let old = at + min_age;
        assert_eq!(next(min_age + 2, 1), NextRefresh::At(old), "{slug}");
        assert_eq!(next(min_age + 2, min_age / 2 + 1), NextRefresh::TooYoung(old), "{slug}");
        assert_eq!(next(min_age + 2, min_age - 1), NextRefresh::TooYoung(old), "{slug}");
        assert_eq!(next(min_age + 2, min_age), NextRefresh::Due, "{slug}");
        assert_eq!(next(min_age + 1, min_age), NextRefresh::Due, "{slug}");
        assert_eq!(next(min_age, min_age - 1), NextRefresh::Never(Never::TooLate), "{slug}");
        assert_eq!(next(min_age, 0), NextRefresh::Never(Never::TooLate), "{slug}");
    }
}

#[test]
fn there_is_no_second_renewal_within_a_minute() {
    for (entry, slug, Renewal { min_age, .. }) in renewals() {
        let tokens = Tokens { refreshed_at: Some(T), expires_at: Some(T - 5), ..lasting() };
        let next = |after: i64| entry.next_refresh(&tokens, T + after, NONE);
        if min_age == 0 {
            assert_eq!(next(0), NextRefresh::TooYoung(T + 60), "{slug}");
            assert_eq!(next(59), NextRefresh::TooYoung(T + 60), "{slug}");
            assert_eq!(next(60), NextRefresh::Due, "{slug}");
        } else {
            assert_eq!(next(0), NextRefresh::Never(Never::TooLate), "{slug}");
        }
    }
}

#[test]
fn what_cannot_be_renewed_never_is() {
    for row in ROWS {
        let entry = entry(row.slug);
        let next = |tokens: Tokens| entry.next_refresh(&tokens, T, NONE);
        let tokens = Tokens { expires_at: Some(T + 1), ..lasting() };
        let Some(_) = row.renewal else {
            assert_eq!(next(tokens), NextRefresh::Never(Never::NotSupported), "{}", row.slug);
            assert!(entry.is_fresh(&tokens, T) && !entry.is_fresh(&tokens, T + 1), "{}", row.slug);
            continue;
        };
        let nothing = Tokens { renewable: false, ..tokens };
        assert_eq!(next(nothing), NextRefresh::Never(Never::NothingToSpend), "{}", row.slug);
        assert_eq!(next(lasting()), NextRefresh::Never(Never::NoExpiry), "{}", row.slug);
        let ends = |at: i64| next(Tokens { refresh_expires_at: Some(at), ..issued(60 * DAY) });
        assert_eq!(ends(T), NextRefresh::Never(Never::RefreshExpired), "{}", row.slug);
        assert!(matches!(ends(T + 1), NextRefresh::At(_)), "{}", row.slug);
    }
}

#[test]
fn reauthorisation_by_the_consent_the_refresh_token_and_its_rest() {
    for row in ROWS {
        let entry = entry(row.slug);
        let by = |tokens: Tokens| entry.reauth_by(&tokens).map(|at| at - T);
        let renewed = Tokens { refreshed_at: Some(T + 10 * DAY), ..lasting() };
        assert_eq!([by(lasting()), by(renewed)], row.reauth, "{}", row.slug);
        // The provider's own word on the refresh token counts instead of its usual age.
        let told = |days: i64| by(Tokens { refresh_expires_at: Some(T + days * DAY), ..renewed });
        if row.renewal.is_some() {
            assert_eq!(told(1), Some(DAY), "{}", row.slug);
            let other = entry.expiry.consent.or(entry.expiry.idle).is_some();
            assert_eq!(told(900), if other { row.reauth[1] } else { Some(900 * DAY) }, "{}", row.slug);
        }
        // What cannot be renewed ends with its access.
        let bare = |end: i64| by(Tokens { renewable: false, expires_at: Some(T + end), ..lasting() });
        assert_eq!(bare(DAY), Some(DAY), "{}", row.slug);
        let consent = entry.expiry.consent.map(|life| life as i64);
        assert_eq!(bare(900 * DAY), consent.or(Some(900 * DAY)), "{}", row.slug);
        assert_eq!(by(Tokens { renewable: false, ..lasting() }), consent, "{}", row.slug);
    }
}

#[test]
fn refusals_of_each_provider() {
    for row in ROWS {
        let classify = |status, code| entry(row.slug).classify(status, code);
        let what = row.slug;
        for code in row.finals {
            assert_eq!(
                classify(Some(400), Some(code)),
                Verdict::Final(Cause::RefreshRefused),
                "{what} {code}"
            );
            assert_eq!(classify(None, Some(code)), Verdict::Final(Cause::RefreshRefused), "{what} {code}");
        }
        for code in row.transients {
            assert_eq!(
                classify(Some(400), Some(code)),
                Verdict::Transient(Cause::Unavailable),
                "{what} {code}"
            );
        }
        for status in 400..500 {
            let expected = match status {
                408 | 425 => Verdict::Transient(Cause::Unavailable),
                429 => Verdict::Transient(Cause::RateLimited),
                _ if row.final_statuses.contains(&status) => Verdict::Final(Cause::RefreshRefused),
                401 => Verdict::Transient(Cause::AppRefused),
                _ => Verdict::Transient(Cause::RequestRefused),
            };
            for code in [None, Some(""), Some("something_new"), Some("INVALID_GRANT")] {
                assert_eq!(classify(Some(status), code), expected, "{what} {status} {code:?}");
            }
        }
        for (code, expected) in [
            ("invalid_grant", Verdict::Final(Cause::RefreshRefused)),
            ("interaction_required", Verdict::Final(Cause::ConsentRequired)),
            ("consent_required", Verdict::Final(Cause::ConsentRequired)),
            ("login_required", Verdict::Final(Cause::ConsentRequired)),
            ("invalid_client", Verdict::Transient(Cause::AppRefused)),
            ("unauthorized_client", Verdict::Transient(Cause::AppRefused)),
            ("invalid_request", Verdict::Transient(Cause::RequestRefused)),
            ("invalid_scope", Verdict::Transient(Cause::RequestRefused)),
            ("unsupported_grant_type", Verdict::Transient(Cause::RequestRefused)),
            ("temporarily_unavailable", Verdict::Transient(Cause::Unavailable)),
            ("server_error", Verdict::Transient(Cause::Unavailable)),
        ] {
            if row.finals.contains(&code) {
                continue;
            }
            // TikTok answers 200 with an error in it; 400 is what RFC 6749 asks for.
            for status in [None, Some(200), Some(400), Some(401), Some(403)] {
                assert_eq!(classify(status, Some(code)), expected, "{what} {code} {status:?}");
            }
        }
        // A server in trouble, or none: whatever it says, nothing is given up for it.
        for status in
            [None, Some(0), Some(200), Some(302), Some(399), Some(500), Some(503), Some(599), Some(u16::MAX)]
        {
            assert_eq!(classify(status, None), Verdict::Transient(Cause::Unavailable), "{what} {status:?}");
        }
        for status in [408, 425, 500, 503] {
            let verdict = classify(Some(status), Some("invalid_grant"));
            assert_eq!(verdict, Verdict::Transient(Cause::Unavailable), "{what} {status}");
        }
        let limited = classify(Some(429), Some("invalid_grant"));
        assert_eq!(limited, Verdict::Transient(Cause::RateLimited), "{what}");
    }
}

#[test]
fn the_wait_doubles_up_to_six_hours_and_ends() {
    for row in ROWS {
        let backoff = |failures, jitter| entry(row.slug).backoff(failures, None, T, jitter);
        let longest =
            [(0, 60), (1, 60), (2, 120), (3, 240), (9, 15_360), (10, 21_600), (11, 21_600), (59, 21_600)];
        for (failures, wait) in longest {
            assert_eq!(backoff(failures, ALL), Retry::At(T + wait), "{} {failures}", row.slug);
            assert_eq!(backoff(failures, NONE), Retry::At(T + 1), "{} {failures}", row.slug);
            let half = Jitter(1 << 31);
            assert_eq!(backoff(failures, half), Retry::At(T + wait / 2), "{} {failures}", row.slug);
        }
        for failures in [60, 61, u32::MAX] {
            assert_eq!(backoff(failures, NONE), Retry::GiveUp, "{} {failures}", row.slug);
        }
    }
}

#[test]
fn who_asks_to_be_left_alone_is_for_a_day_at_most() {
    let entry = entry("x");
    let backoff = |retry_after, jitter| entry.backoff(1, Some(retry_after), T, jitter);
    assert_eq!(backoff(0, NONE), Retry::At(T + 1));
    assert_eq!(backoff(1, NONE), Retry::At(T + 1));
    assert_eq!(backoff(30, NONE), Retry::At(T + 30));
    assert_eq!(backoff(30, ALL), Retry::At(T + 90));
    for long in [86_400, 86_401, u64::MAX] {
        assert_eq!(backoff(long, NONE), Retry::At(T + DAY));
    }
    assert_eq!(backoff(86_399, NONE), Retry::At(T + DAY - 1));
    assert_eq!(entry.backoff(60, Some(1), T, NONE), Retry::GiveUp);
}

#[test]
fn chance_is_even_from_none_to_all() {
    assert_eq!([0, 1 << 30, 1 << 31, u32::MAX].map(|random| Jitter::new(random).of(3)), [0, 1, 2, 3]);
    assert_eq!([NONE, ALL].map(|jitter| jitter.of(0)), [0, 0]);
    assert_eq!([NONE, ALL].map(|jitter| jitter.of(-7)), [0, 0]);
    assert_eq!(ALL.of(21_600), 21_600);
    assert!(ALL.of(i64::MAX) > i64::MAX / 4 * 3);
}

#[test]
fn a_short_life_has_half_of_it_as_its_margin() {
    // What LinkedIn gives five days before the consent ends.
    let linkedin = entry("linkedin");
    let tokens = Tokens { refreshed_at: Some(T), expires_at: Some(T + 5 * DAY), ..lasting() };
    let half = T + 5 * DAY / 2;
    assert!(linkedin.is_fresh(&tokens, half - 1) && !linkedin.is_fresh(&tokens, half));
    assert_eq!(linkedin.next_refresh(&tokens, T, NONE), NextRefresh::At(half));
    // A class may have a margin of its own.
    let hour = |margin| Tokens { margin: Some(margin), refreshed_at: Some(T), ..issued(3600) };
    let fresh_for = |tokens: &Tokens| (0..=3600).find(|after| !entry("reddit").is_fresh(tokens, T + after));
    let found = [0, 1, 60, 1800, 604_800, u64::MAX].map(|margin| fresh_for(&hour(margin)));
    assert_eq!(found, [3600, 3599, 3540, 1800, 1800, 1800].map(Some));
}

#[test]
fn an_imported_token_is_as_old_as_its_end_says() {
    // Connected here an hour ago, issued 55 days ago, and not too young for a renewal.
    let instagram = entry("instagram");
    let now = T + 55 * DAY;
    let imported = Tokens { consented_at: now - 3600, ..issued(60 * DAY) };
    assert_eq!(instagram.next_refresh(&imported, now, NONE), NextRefresh::Due);
    // Connected and issued an hour ago, with an end that is further away than any the catalogue knows of.
    let long = Tokens { consented_at: now - 3600, expires_at: Some(now + 365 * DAY), ..lasting() };
    let from = now + (365 - 7) * DAY;
    assert_eq!(instagram.next_refresh(&long, now, NONE), NextRefresh::At(from));
}

#[test]
fn a_renewal_in_the_future_says_nothing() {
    let x = entry("x");
    let tokens = |at: i64| Tokens { refreshed_at: Some(at), ..issued(7200) };
    let now = T + 7200;
    assert_eq!(x.next_refresh(&tokens(now), now, NONE), NextRefresh::TooYoung(now + 60));
    assert_eq!(x.next_refresh(&tokens(now + 1), now, NONE), NextRefresh::Due);
    assert_eq!(x.next_refresh(&tokens(i64::MAX), now, NONE), NextRefresh::Due);
    // Nor does a consent.
    let mut slow = x.clone();
    slow.expiry.access_token = None;
    slow.refresh.as_mut().unwrap().min_age = Some(60);
    let tokens = |at: i64| Tokens { consented_at: at, expires_at: Some(now - 9), ..lasting() };
    assert_eq!(slow.next_refresh(&tokens(now), now, NONE), NextRefresh::TooYoung(now + 60));
    assert_eq!(slow.next_refresh(&tokens(now + 1), now, NONE), NextRefresh::Due);
}

#[test]
fn nothing_overflows_and_what_is_due_is_never_fresh() {
    let times = [i64::MIN, -1, 0, 1, T - 1, T, T + 1, T + 3600, T + DAY, i64::MAX - 1, i64::MAX];
    let optional = || times.into_iter().map(Some).chain([None]);
    let catalogue = Catalogue::embedded();
    for entry in catalogue.providers.values().chain([&catalogue.generic]) {
        for (consented_at, refreshed_at) in times.into_iter().flat_map(|a| optional().map(move |b| (a, b))) {
            for (expires_at, now) in optional().flat_map(|a| times.map(|b| (a, b))) {
                for (refresh_expires_at, margin) in
                    [(None, None), (Some(now), Some(0)), (None, Some(u64::MAX))]
                {
                    let tokens = Tokens {
                        consented_at,
                        refreshed_at,
                        expires_at,
                        refresh_expires_at,
                        renewable: true,
                        margin,
                    };
                    let fresh = entry.is_fresh(&tokens, now);
                    entry.reauth_by(&tokens);
                    for jitter in [NONE, ALL] {
                        let context = || format!("{} {tokens:?} {now} {jitter:?}", entry.name);
                        match entry.next_refresh(&tokens, now, jitter) {
                            NextRefresh::Due => assert!(!fresh, "{}", context()),
                            NextRefresh::At(at) => assert!(at > now, "{}", context()),
                            NextRefresh::TooYoung(at) => assert!(at > now && !fresh, "{}", context()),
                            NextRefresh::Never(_) => {}
                        }
                        for failures in [0, 1, 59] {
                            let retry = entry.backoff(failures, Some(u64::MAX), now, jitter);
                            let waits = matches!(retry, Retry::At(at) if at > now || now == i64::MAX);
                            assert!(waits, "{}", context());
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn causes_as_text() {
    let causes = [
        Cause::RefreshRefused,
        Cause::ConsentRequired,
        Cause::AppRefused,
        Cause::RequestRefused,
        Cause::RateLimited,
        Cause::Unavailable,
    ];
    let texts = [
        "refresh_refused",
        "consent_required",
        "app_refused",
        "request_refused",
        "rate_limited",
        "unavailable",
    ];
    assert_eq!(causes.map(Cause::as_str), texts);
}
