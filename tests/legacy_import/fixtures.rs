//! Options as the real plug-in wrote them.

use std::collections::BTreeMap;

use dm_connections::domain::Document;
use dm_connections::legacy::{Found, Tree, parse_json, parse_php};
use zeroize::Zeroizing;

use super::{entries, fixture, kept, keys, path, php, tests};

/// The documents of an option, and what is not among them.
fn planned(option: &Tree) -> (BTreeMap<String, String>, Vec<String>) {
    let keys = keys();
    let entries = entries(option, &keys);
    let documents = entries.iter().filter_map(|entry| match &entry.found {
        Found::Document { document, .. } => Some((path(entry), text(document))),
        Found::Keep { .. } => None,
    });
    (documents.collect(), kept(&entries))
}

fn text(document: &Document) -> String {
    String::from_utf8(document.as_bytes().to_vec()).unwrap()
}

/// What PHP makes of the expected file.
fn expected(json: Vec<u8>) -> BTreeMap<String, String> {
    let lines = String::from_utf8(php(&tests("legacy_import/documents.php"), &[], json)).unwrap();
    lines
        .lines()
        .map(|line| line.split_once('\t').unwrap())
        .map(|(path, json)| (path.into(), json.into()))
        .collect()
}

#[test]
fn small_is_what_php_prints() {
    let (serialised, json) = (fixture("small.serialized"), fixture("small.json"));
    let expected = expected(fixture("expected-small.json"));
    assert_eq!(expected.len(), 16);
    for option in [parse_php(&serialised).unwrap(), parse_json(&json).unwrap()] {
        assert_eq!(planned(&option), (expected.clone(), vec![]));
    }
}

#[test]
fn mixed_is_what_php_prints_except_for_what_is_kept() {
    let (serialised, json) = (fixture("mixed.serialized"), fixture("mixed.json"));
    let mut expected = expected(fixture("expected-mixed.json"));
    expected.retain(|path, _| !path.starts_with("gone_provider"));
    expected.remove("tiktok principals user:4 account");
    for user in ["user:66", "user:67"] {
        let path = format!("reddit principals {user} account");
        let document = expected.get_mut(&path).unwrap();
        let whole = Document::parse(Zeroizing::new(document.clone().into_bytes())).unwrap();
        let token = format!("\"access_token\":{},", whole.get("access_token").unwrap());
        *document = document.replace(&token, "");
    }
    let kept = [
        "reddit principals user:66 account access_token: envelope_does_not_open",
        "reddit principals user:67 account access_token: envelope_malformed",
        "threads principals: empty",
        "email_imap delegations: delegations",
        "tiktok principals user:4 account: empty",
        "gone_provider: unknown_provider",
    ];
    for option in [parse_php(&serialised).unwrap(), parse_json(&json).unwrap()] {
        assert_eq!(planned(&option), (expected.clone(), kept.map(str::to_owned).to_vec()));
    }
}

#[test]
fn large_is_what_php_prints() {
    let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("large");
    std::fs::create_dir_all(&directory).unwrap();
    php(&tests("fixtures/make-large.php"), &[directory.to_str().unwrap()], Vec::new());
    let [serialised, json, expected_json] = ["large.serialized", "large.json", "expected-large.json"]
        .map(|name| std::fs::read(directory.join(name)).unwrap());
    let expected = expected(expected_json);
    assert_eq!(expected.len(), 2016);
    for option in [parse_php(&serialised).unwrap(), parse_json(&json).unwrap()] {
        assert_eq!(planned(&option), (expected.clone(), vec![]));
    }
}

#[test]
fn what_json_cannot_hold_is_held_back() {
    let serialised = fixture("edge.serialized");
    let option = parse_php(&serialised).unwrap();
    let (documents, kept) = planned(&option);
    let document = ("reddit account".to_owned(), r#"{"username":"binary-secret"}"#.to_owned());
    assert_eq!(documents, BTreeMap::from([document]));
    let expected = [
        "reddit account access_token: not_utf8",
        "reddit account obj: php_object",
        "reddit account nan: not_finite",
        "reddit account inf: not_finite",
    ];
    assert_eq!(kept, expected);

    let keys = keys();
    let entries = entries(&option, &keys);
    let Found::Document { held_back, enveloped, .. } = &entries[0].found else { panic!("it is a document") };
    assert!(enveloped.is_empty());
    assert_eq!(held_back.iter().map(|member| member.position).collect::<Vec<_>>(), [0, 2, 3, 4]);
    assert!(held_back.iter().all(|member| !member.why.quarantined()));
    let raw: Vec<_> = held_back.iter().map(|member| member.raw.as_slice()).collect();
    let object: &[u8] = br#"s:3:"obj";O:8:"stdClass":2:{s:2:"id";i:5;s:4:"name";s:3:"obj";}"#;
    assert_eq!(raw[1..], [object, br#"s:3:"nan";d:NAN;"#, br#"s:3:"inf";d:INF;"#]);
    assert!(raw[0].starts_with(br#"s:12:"access_token";s:72:"dm:enc:v1:"#));
}

#[test]
fn both_forms_have_the_same_content() {
    let (serialised, json) = (fixture("mixed.serialized"), fixture("mixed.json"));
    let (php, json) = (parse_php(&serialised).unwrap(), parse_json(&json).unwrap());
    assert!(php.root().raw() == serialised);
    let keys = keys();
    let contents = |option| {
        entries(option, &keys).iter().map(|entry| (path(entry), entry.content.to_vec())).collect::<Vec<_>>()
    };
    assert!(contents(&php) == contents(&json));
}

#[test]
fn without_the_salt_nothing_opens_and_with_an_earlier_one_everything_does() {
    let serialised = fixture("small.serialized");
    let option = parse_php(&serialised).unwrap();
    let other = || dm_connections::crypto::LegacyKey::from_salt(b"another salt");
    let without = kept(&entries(&option, &[other()]));
    assert_eq!(without, kept(&entries(&option, &[])));
    assert!(without.contains(&"twitter account access_token: envelope_does_not_open".to_owned()));
    assert!(without.iter().all(|line| line.ends_with("envelope_does_not_open")));
    let [key] = keys();
    let with_both = [other(), key];
    let entries = entries(&option, &with_both);
    assert!(kept(&entries).is_empty());
    let enveloped = entries.iter().find_map(|entry| match &entry.found {
        Found::Document { enveloped, .. } if path(entry) == "reddit account" => Some(enveloped.clone()),
        _ => None,
    });
    assert_eq!(enveloped.unwrap(), ["access_token", "refresh_token"]);
}
