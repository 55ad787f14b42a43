//! The embedded catalogue against the shapes that the old plugin stores, and what a caller may add to it.

use zeroize::Zeroizing;

use super::*;
use crate::domain::{Document, UnixTime};

const SLUGS: [&str; 17] = [
    "instagram",
    "threads",
    "facebook",
    "x",
    "twitter",
    "youtube",
    "gsc",
    "spotify",
    "reddit",
    "linkedin",
    "pinterest",
    "tiktok",
    "tumblr",
    "mastodon",
    "bluesky",
    "email_imap",
    "http_basic",
];

fn provider(slug: &str) -> Provider {
    slug.parse().unwrap()
}

fn entry(slug: &str) -> &'static Entry {
    Catalogue::embedded().entry(&provider(slug))
}

fn document(json: &str) -> Document {
    Document::parse(Zeroizing::new(json.as_bytes().to_vec())).unwrap()
}

/// Expiry, scopes, remote id and display name in one line, `-` for none.
fn facts(slug: &str, json: &str) -> String {
    let Facts { expires_at, scopes, remote_id, display_name } = entry(slug).facts(&document(json));
    let expires_at = expires_at.map(|time| time.seconds().to_string());
    let rest = [
        scopes.map(|s| s.to_string()),
        remote_id.map(|r| r.to_string()),
        display_name.map(|d| d.to_string()),
    ];
    [expires_at]
        .into_iter()
        .chain(rest)
        .map(|fact| fact.unwrap_or("-".to_owned()))
        .collect::<Vec<_>>()
        .join(" | ")
}

#[test]
fn every_provider_is_there() {
    let catalogue = Catalogue::embedded();
    for slug in SLUGS {
        assert!(catalogue.knows(&provider(slug)), "{slug}");
    }
    assert_eq!(catalogue.providers.len(), SLUGS.len());
    assert!(!catalogue.knows(&provider("gone_provider")));
}

#[test]
fn nothing_that_renews_access_is_handed_out() {
    for (slug, entry) in &Catalogue::embedded().providers {
        for secret in [
            "refresh_token",
            "client_secret",
            "app_secret",
            "consumer_secret",
            "api_secret",
            "user_access_token",
        ] {
            assert!(!entry.use_list.iter().any(|member| member == secret), "{slug}: {secret}");
        }
    }
    assert_eq!(entry("gone_provider").use_list, ["access_token"]);
}

#[test]
fn all_entries_pass_the_checks_and_what_they_refresh_with_is_a_secret() {
    let catalogue = Catalogue::embedded();
    for entry in catalogue.providers.values().chain([&catalogue.generic]) {
        entry.check().unwrap();
        if let Some(refresh) = &entry.refresh {
            assert!(entry.secrets.contains(&refresh.spends), "{}", entry.name);
        }
    }
}

#[test]
fn facts_of_the_accounts_that_the_old_plugin_stores() {
    let expected = [
        (
            "twitter",
            r#"{"access_token":"t","access_token_secret":"s","user_id":"4362131235","username":"rig","last_verified_at":1795000000}"#,
            "- | - | 4362131235 | rig",
        ),
        (
            "facebook",
            r#"{"user_access_token":"t","page_access_token":"t","user_id":"52","username":"rig","page_id":"524","authenticated_at":1795000000,"token_expires_at":1800184000}"#,
            "1800184000 | - | 52 | rig",
        ),
        (
            "instagram",
            r#"{"access_token":"t","user_id":"1534132760","token_expires_at":1800184000,"username":"rig"}"#,
            "1800184000 | - | 1534132760 | rig",
        ),
        (
            "threads",
            r#"{"access_token":"t","username":"rig","page_id":"43","authenticated_at":1795000000,"token_expires_at":1800184000}"#,
            "1800184000 | - | 43 | rig",
        ),
        (
            "reddit",
            r#"{"username":"rig","access_token":"t","refresh_token":"t","token_expires_at":1795086400,"scope":"identity read submit","last_refreshed_at":1}"#,
            "1795086400 | identity read submit | rig | rig",
        ),
        (
            "linkedin",
            r#"{"access_token":"t","token_expires_at":1800184000,"person_id":"7a73","username":"Zoë","refresh_token":"t","refresh_token_expires_at":1826536000}"#,
            "1800184000 | - | 7a73 | Zoë",
        ),
        (
            "pinterest",
            r#"{"access_token":"t","refresh_token":"t","token_expires_at":1797592000,"scope":"pins:read,boards:read"}"#,
            "1797592000 | boards:read pins:read | - | -",
        ),
        (
            "youtube",
            r#"{"access_token":"t","refresh_token":"t","token_expires_at":1795003600,"scope":"https://www.googleapis.com/auth/youtube","channel_id":"UC7b","username":"rig"}"#,
            "1795003600 | https://www.googleapis.com/auth/youtube | UC7b | rig",
        ),
        (
            "tiktok",
            r#"{"access_token":"t","refresh_token":"t","open_id":"144e","scope":"user.info.basic,video.publish","token_expires_at":1795086400,"refresh_token_expires_at":1826536000}"#,
            "1795086400 | user.info.basic video.publish | 144e | -",
        ),
        (
            "tumblr",
            r#"{"access_token":"t","refresh_token":"t","token_expires_at":1795002520,"scope":"write basic"}"#,
            "1795002520 | basic write | - | -",
        ),
        (
            "mastodon",
            r#"{"instance":"https://m.example","access_token":"t"}"#,
            "- | - | - | https://m.example",
        ),
        ("bluesky", r#"{"username":"rig.bsky.social","app_password":"p"}"#, "- | - | - | rig.bsky.social"),
        (
            "email_imap",
            r#"{"imap_host":"imap.example","imap_port":993,"imap_encryption":"ssl","imap_user":"desk@example.org","imap_password":"p"}"#,
            "- | - | desk@example.org | desk@example.org",
        ),
        (
            "http_basic",
            r#"{"account":"logstash","username":"rig","password":"p","proxy_url":""}"#,
            "- | - | - | logstash",
        ),
        (
            "gone_provider",
            r#"{"access_token":"t","expires_at":1795000000,"scope":"b a","username":"u"}"#,
            "1795000000 | a b | - | u",
        ),
    ];
    for (slug, account, facts_of_it) in expected {
        assert_eq!(facts(slug, account), facts_of_it, "{slug}");
        assert!(entry(slug).carries_credentials(&document(account)), "{slug}");
    }
}

#[test]
fn a_time_that_makes_no_sense_is_none() {
    let expiry = |value: &str| {
        let json = format!(r#"{{"token_expires_at":{value}}}"#);
        entry("reddit").facts(&document(&json)).expires_at.map(UnixTime::seconds)
    };
    assert_eq!(expiry("\"1795000000\""), Some(1_795_000_000));
    assert_eq!(expiry("1795000000999"), Some(1_795_000_000));
    for value in [
        "0",
        "-1",
        "1795000000.5",
        "\"soon\"",
        "\"\"",
        "null",
        "true",
        "[1]",
        "999999999999",
        "9223372036854775807",
    ] {
        assert_eq!(expiry(value), None, "{value}");
    }
}

#[test]
fn other_facts_that_make_no_sense_are_none() {
    assert_eq!(
        facts("x", r#"{"user_id":18446744073709551615,"username":7}"#),
        "- | - | 18446744073709551615 | 7"
    );
    assert_eq!(facts("x", r#"{"user_id":" 12\n","username":"  spaced  "}"#), "- | - | 12 | spaced");
    for value in ["null", "true", "1.5", "-3", "[]", "{}", "\"\"", "\" \""] {
        assert_eq!(
            facts("x", &format!(r#"{{"user_id":{value},"username":{value},"scope":{value}}}"#)),
            "- | - | - | -"
        );
    }
    assert_eq!(facts("x", r#"{"user_id":"a\u0000b","scope":"a\u0000b"}"#), "- | - | - | -");
    let long = "x".repeat(300);
    assert_eq!(
        facts("x", &format!(r#"{{"user_id":"{long}","scope":"{long}","username":"{long}"}}"#)),
        format!("- | - | - | {}", &long[..255])
    );
    assert_eq!(facts("x", "[]"), "- | - | - | -");
}

#[test]
fn the_first_member_that_makes_sense_counts() {
    assert_eq!(facts("other", r#"{"expires_at":7,"token_expires_at":"soon"}"#), "7 | - | - | -");
    assert_eq!(facts("other", r#"{"expires_at":7,"token_expires_at":8}"#), "8 | - | - | -");
}

#[test]
fn credentials() {
    let carries = |slug: &str, json: &str| entry(slug).carries_credentials(&document(json));
    assert!(carries("reddit", r#"{"refresh_token":"t"}"#));
    assert!(carries("reddit", r#"{"\u0061ccess_token":"t"}"#));
    assert!(carries("facebook", r#"{"page_access_token":"t"}"#));
    assert!(carries("email_imap", r#"{"imap_password":"p"}"#));
    for nothing in
        ["[]", r#"{"username":"u","token_expires_at":7}"#, r#"{"access_token":null,"refresh_token":""}"#]
    {
        assert!(!carries("reddit", nothing), "{nothing}");
    }
    assert!(!carries("email_imap", r#"{"imap_host":"h"}"#));
}

#[test]
fn a_caller_adds_and_replaces_entries() {
    let catalogue = Catalogue::embedded()
        .extended(
            br#"{"providers":{
                "acme":{"name":"Acme","auth":["oauth2"],"scope_separator":"comma","members":{"remote_id":["id"]},"use":["key"],"secrets":["key"]},
                "reddit":{"name":"Other","auth":["token"],"members":{},"use":["t"],"secrets":["t"]}}}"#,
        )
        .unwrap();
    assert!(catalogue.knows(&provider("acme")) && catalogue.knows(&provider("instagram")));
    let acme = catalogue.entry(&provider("acme")).facts(&document(r#"{"id":5,"token_expires_at":7}"#));
    assert_eq!(acme, Facts { remote_id: Some("5".parse().unwrap()), ..Facts::default() });
    let replaced =
        catalogue.entry(&provider("reddit")).facts(&document(r#"{"username":"u","token_expires_at":7}"#));
    assert_eq!(replaced, Facts::default());
    assert!(!Catalogue::embedded().knows(&provider("acme")));
}

#[test]
fn a_caller_knows_providers_without_an_entry() {
    let any = Catalogue::embedded().extended(br#"{"any":true}"#).unwrap();
    assert!(any.knows(&provider("gone_provider")));
    assert_eq!(any.entry(&provider("gone_provider")).name, Catalogue::embedded().generic.name);
    assert!(!Catalogue::embedded().extended(br#"{"any":false}"#).unwrap().knows(&provider("gone_provider")));
}

#[test]
fn errors_name_the_entry_and_the_member() {
    let error = |json: &str| Catalogue::embedded().extended(json.as_bytes()).unwrap_err().to_string();
    let entry = |members: &str| {
        error(&format!(r#"{{"providers":{{"acme":{{"name":"A","auth":["oauth2"],{members}}}}}}}"#))
    };
    let rest = r#""members":{},"use":["key"],"secrets":["key"]"#;
    let cases = [
        (error("{"), "the JSON text ends too early, at byte 1"),
        (error(r#"{"providers":{"a":1,"a":2}}"#), "a member's name that this object already has, at byte 20"),
        (error("5"), "expected an object with the member `providers`, or `any`"),
        (error(r#"{"any":1}"#), "any: expected a boolean"),
        (
            error(r#"{"providers":{},"generic":{}}"#),
            "generic: unknown field `generic`, expected `providers` or `any`",
        ),
        (
            error(
                r#"{"providers":{"Acme":{"name":"A","auth":[],"members":{},"use":["k"],"secrets":["k"]}}}"#,
            ),
            "providers: \"Acme\": provider: must be a slug such as instagram: a-z, 0-9, _ and -, beginning with a letter or digit, at most 64 bytes",
        ),
        (
            error(r#"{"providers":{"acme":"canary"}}"#),
            "providers.acme: expected an object, the provider's entry",
        ),
        (entry(r#""members":{},"use":["key"]"#), "providers.acme: missing field `secrets`"),
        (
            entry(&format!(r#"{rest},"client_secret":"canary""#)),
            "providers.acme.client_secret: unknown field `client_secret`, expected one of `name`, `auth`, `scope_separator`, `members`, `use`, `operations`, `ceiling`, `secrets`, `token_endpoint_auth`, `pkce`, `refresh`, `expiry`, `revocation`, `note`",
        ),
        (
            entry(&format!(r#"{rest},"pkce":"canary""#)),
            "providers.acme.pkce: expected one of `none`, `optional`, `required`",
        ),
        (
            entry(&format!(r#"{rest},"expiry":{{"access_token":"canary"}}"#)),
            "providers.acme.expiry.access_token: expected u64",
        ),
        (
            entry(&format!(r#"{rest},"refresh":{{"grant":"g","spends":"s","min_age":-1}}"#)),
            "providers.acme.refresh.min_age: expected u64",
        ),
        (
            entry(r#""members":{"scopes":["scope",5]},"use":["key"],"secrets":["key"]"#),
            "providers.acme.members.scopes[1]: expected a string",
        ),
        (
            entry(&format!(r#"{rest},"operations":{{"post":"write"}}"#)),
            "providers.acme.operations.post: expected a sequence",
        ),
        (
            entry(&format!(r#"{rest},"operations":{{"two words":[]}}"#)),
            "providers: acme: operations: a name must be 1 to 256 bytes without white space, and 256 at most",
        ),
        (
            entry(&format!(r#"{rest},"operations":{{"post":["write"]}},"ceiling":["read"]"#)),
            "providers: acme: operations: post needs more than the ceiling allows, so nobody could do it",
        ),
        (
            entry(r#""members":{},"use":["key","refresh_token"],"secrets":["key"]"#),
            "providers: acme: use: refresh_token is never handed out",
        ),
        (
            entry(r#""members":{},"use":["key"],"secrets":["password"]"#),
            "providers: acme: use: has to name one of the secrets, or an agent could do nothing with it",
        ),
        (
            entry(r#""members":{"remote_id":["key"]},"use":["key"],"secrets":["key"]"#),
            "providers: acme: members: key is one of the secrets, and these are kept in plain columns",
        ),
    ];
    for (found, expected) in cases {
        let problem = found.strip_prefix("catalogue: ").unwrap();
        assert_eq!(problem.split(" at line ").next().unwrap(), expected);
    }
}
