//! What a caller's entry may say of renewals, and what its document then says.

use zeroize::Zeroizing;

use super::*;
use crate::domain::{Document, UnixTime};
use crate::providers::{Catalogue, Entry};

fn entry(members: &str) -> Result<Entry, String> {
    let json = format!(
        r#"{{"providers":{{"acme":{{"name":"A","auth":["oauth2"],"members":{{"consented_at":["since"],
        "refreshed_at":["renewed"],"refresh_expires_at":["until"]}},"use":["key"],"secrets":["key","spare"],{members}}}}}}}"#
    );
    let acme = "acme".parse().unwrap();
    match Catalogue::embedded().extended(json.as_bytes()) {
        Ok(catalogue) => Ok(catalogue.entry(&acme).clone()),
        Err(error) => Err(error.to_string().split(" at line ").next().unwrap().to_owned()),
    }
}

fn refresh(members: &str) -> Result<Refresh, String> {
    let json =
        format!(r#""expiry":{{"access_token":3600}},"refresh":{{"grant":"g","spends":"spare"{members}}}"#);
    entry(&json).map(|entry| entry.refresh.unwrap())
}

#[test]
fn what_is_not_said_has_a_default() {
    let Refresh { margin, min_interval, min_age, before_expiry, backoff, answers, .. } = refresh("").unwrap();
    assert_eq!((margin, min_interval, min_age, before_expiry), (300, 60, None, false));
    assert_eq!(backoff, Backoff { first: 60, most: 21_600, tries: 60 });
    assert!(answers.finals.is_empty() && answers.transient.is_empty() && answers.final_statuses.is_empty());
    let partly = refresh(r#","backoff":{"first":5}"#).unwrap().backoff;
    assert_eq!(partly, Backoff { first: 5, ..Backoff::default() });
}

#[test]
fn the_edges_of_what_makes_sense() {
    for members in [
        r#","margin":0,"min_interval":0"#,
        r#","margin":3599,"min_interval":3599,"min_age":3599,"before_expiry":true"#,
        r#","margin":1,"before_expiry":true"#,
        r#","min_age":3155760000"#,
        r#","backoff":{"first":1,"most":1,"tries":1}"#,
        r#","backoff":{"first":3155760000,"most":3155760000}"#,
        r#","answers":{"final":["a"],"transient":["b"],"final_statuses":[400,407,409,424,426,428,430,499]}"#,
    ] {
        assert!(refresh(members).is_ok(), "{members}: {:?}", refresh(members).err());
    }
    for expiry in [
        r#""never":true"#,
        r#""never":false,"access_token":1,"refresh_token":1,"idle":1,"consent":1"#,
        r#""access_token":3155760000,"refresh_token":3155760000,"idle":3155760000,"consent":3155760000"#,
    ] {
        assert!(entry(&format!(r#""expiry":{{{expiry}}}"#)).is_ok(), "{expiry}");
    }
    let unknown_life =
        r#""refresh":{"grant":"g","spends":"key","margin":3155760000,"min_interval":3155760000}"#;
    assert!(entry(unknown_life).is_ok());
}

#[test]
fn what_makes_no_sense_is_refused_by_the_name_of_its_member() {
    let cases = [
        (
            r#","margin":3600"#,
            "margin: has to be less than expiry.access_token, or no token would ever be fresh",
        ),
        (r#","margin":3155760001"#, "margin: must be 0 to 3155760000 seconds"),
        (r#","margin":0,"before_expiry":true"#, "margin: must be 1 to 3155760000 seconds"),
        (
            r#","min_interval":3600"#,
            "min_interval: has to be less than expiry.access_token, or no token would be renewed in time",
        ),
        (r#","min_interval":3155760001"#, "min_interval: must be 0 to 3155760000 seconds"),
        (r#","min_age":18446744073709551615"#, "min_age: must be 0 to 3155760000 seconds"),
        (
            r#","min_age":3600,"before_expiry":true"#,
            "min_age: has to be less than expiry.access_token, after which it is too late",
        ),
        (r#","backoff":{"first":0}"#, "backoff.first: must be 1 to 3155760000 seconds"),
        (r#","backoff":{"first":9,"most":8}"#, "backoff.most: must be 9 to 3155760000 seconds"),
        (r#","backoff":{"most":3155760001}"#, "backoff.most: must be 60 to 3155760000 seconds"),
        (r#","backoff":{"tries":0}"#, "backoff.tries: must be at least 1"),
        (r#","answers":{"final":["a",""]}"#, "answers: a code must not be empty"),
        (r#","answers":{"transient":[""]}"#, "answers: a code must not be empty"),
        (r#","answers":{"final":["a","b"],"transient":["c","b"]}"#, "answers: b is both final and transient"),
    ];
    for (members, problem) in cases {
        let found = refresh(members).unwrap_err();
        assert_eq!(found, format!("catalogue: providers: acme: refresh.{problem}"), "{members}");
    }
    for status in [0, 200, 399, 408, 425, 429, 500, 503, 65535] {
        let found = refresh(&format!(r#","answers":{{"final_statuses":[400,{status}]}}"#)).unwrap_err();
        let problem = "answers.final_statuses: must be 400 to 499, without 408, 425 and 429";
        assert_eq!(found, format!("catalogue: providers: acme: refresh.{problem}"), "{status}");
    }
    for (members, place) in [
        (r#","margin":"soon""#, "margin: expected u64"),
        (
            r#","backoff":{"last":1}"#,
            "backoff.last: unknown field `last`, expected one of `first`, `most`, `tries`",
        ),
        (r#","answers":{"final":[190]}"#, "answers.final[0]: expected a string"),
    ] {
        let found = refresh(members).unwrap_err();
        assert_eq!(found, format!("catalogue: providers.acme.refresh.{place}"), "{members}");
    }
}

#[test]
fn what_makes_no_sense_together_is_refused() {
    for name in ["access_token", "refresh_token", "idle", "consent"] {
        for span in ["0", "3155760001", "18446744073709551615"] {
            let found = entry(&format!(r#""expiry":{{"{name}":{span}}}"#)).unwrap_err();
            let problem =
                format!("catalogue: providers: acme: expiry.{name}: must be 1 to 3155760000 seconds");
            assert_eq!(found, problem);
        }
        let found = entry(&format!(r#""expiry":{{"never":true,"{name}":7}}"#)).unwrap_err();
        let problem =
            format!("catalogue: providers: acme: expiry.{name}: has to be left out where `never` is true");
        assert_eq!(found, problem);
    }
    let never = r#""expiry":{"never":true},"refresh":{"grant":"g","spends":"key"}"#;
    let problem = "catalogue: providers: acme: refresh: has to be left out where expiry.never is true";
    assert_eq!(entry(never).unwrap_err(), problem);
    let open = r#""refresh":{"grant":"g","spends":"since"}"#;
    let problem = "catalogue: providers: acme: refresh.spends: has to be one of the secrets";
    assert_eq!(entry(open).unwrap_err(), problem);
}

#[test]
fn tokens_are_what_the_row_and_the_document_say() {
    let entry = entry(r#""refresh":{"grant":"g","spends":"spare"}"#).unwrap();
    let at = |seconds| UnixTime::new(seconds).unwrap();
    let tokens = |json: &str, refreshed_at: Option<i64>| {
        let document = Document::parse(Zeroizing::new(json.as_bytes().to_vec())).unwrap();
        let tokens = entry.tokens(&document, at(5), refreshed_at.map(at), Some(at(9)));
        assert_eq!((tokens.expires_at, tokens.margin), (Some(9), None));
        (tokens.consented_at, tokens.refreshed_at, tokens.refresh_expires_at, tokens.renewable)
    };
    assert_eq!(tokens("[]", None), (5, None, None, false));
    assert_eq!(tokens("[]", Some(7)), (5, Some(7), None, false));
    let all = r#"{"since":3,"renewed":"6","until":8,"spare":"s"}"#;
    assert_eq!(tokens(all, None), (3, Some(6), Some(8), true));
    assert_eq!(tokens(all, Some(5)), (3, Some(6), Some(8), true));
    assert_eq!(tokens(all, Some(7)), (3, Some(7), Some(8), true));
    for nothing in [r#"{"since":0,"renewed":"","until":-1,"spare":""}"#, r#"{"since":null,"spare":null}"#] {
        assert_eq!(tokens(nothing, None), (5, None, None, false), "{nothing}");
    }
}

#[test]
fn documents_of_the_old_plugin_tell_of_consent_and_renewal() {
    let tokens = |slug: &str, json: &str| {
        let document = Document::parse(Zeroizing::new(json.as_bytes().to_vec())).unwrap();
        let now = UnixTime::new(1_800_000_000).unwrap();
        Catalogue::embedded().entry(&slug.parse().unwrap()).tokens(&document, now, None, None)
    };
    let facebook = tokens("facebook", r#"{"user_access_token":"t","authenticated_at":1795000000}"#);
    assert_eq!((facebook.consented_at, facebook.renewable), (1_795_000_000, true));
    assert!(!tokens("facebook", r#"{"page_access_token":"t"}"#).renewable);
    let reddit = tokens("reddit", r#"{"refresh_token":"t","last_refreshed_at":1796000000}"#);
    assert_eq!((reddit.consented_at, reddit.refreshed_at), (1_800_000_000, Some(1_796_000_000)));
    let tiktok = tokens("tiktok", r#"{"refresh_token":"t","refresh_token_expires_at":1826536000}"#);
    assert_eq!(tiktok.refresh_expires_at, Some(1_826_536_000));
    assert!(tokens("gone_provider", r#"{"refresh_token":"t"}"#).renewable);
    assert!(!tokens("mastodon", r#"{"access_token":"t"}"#).renewable);
}
