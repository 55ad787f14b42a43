//! What becomes of each place of an option.

use dm_connections::domain::{AccountName, Document, Owner, Provider};
use dm_connections::legacy::{Entry, Found, Slot, Why, parse_json, parse_php, plan};

use super::{entries, kept, keys, known, path};

fn document(entry: &Entry) -> String {
    match &entry.found {
        Found::Document { document, .. } => String::from_utf8(document.as_bytes().to_vec()).unwrap(),
        Found::Keep { why } => panic!("{} is kept: {}", path(entry), why.code()),
    }
}

#[test]
fn accounts_and_configs_have_slots() {
    let option = parse_json(
        br#"{"reddit": {"config": {"a": 1}, "account": {"b": 2}, "accounts": {"second": {"c": 3}, "0": {"d": 4}},
             "principals": {"user:12": {"account": {"e": 5}, "config": {"f": 6}, "accounts": [{"g": 7}]},
                            "agent:7": {"account": {"h": 8}}}}}"#,
    )
    .unwrap();
    let entries = entries(&option, &[]);
    let provider: Provider = "reddit".parse().unwrap();
    let account = |owner: &str, name: &str| Slot::Account {
        provider: provider.clone(),
        owner: owner.parse().unwrap(),
        account: name.parse().unwrap(),
    };
    let config =
        |owner: &str| Slot::Config { provider: provider.clone(), owner: owner.parse::<Owner>().unwrap() };
    let expected = [
        (config("site:0"), "reddit config", r#"{"a":1}"#),
        (account("site:0", "default"), "reddit account", r#"{"b":2}"#),
        (account("site:0", "second"), "reddit accounts second", r#"{"c":3}"#),
        (account("site:0", "0"), "reddit accounts 0", r#"{"d":4}"#),
        (account("user:12", "default"), "reddit principals user:12 account", r#"{"e":5}"#),
        (config("user:12"), "reddit principals user:12 config", r#"{"f":6}"#),
        (account("user:12", "0"), "reddit principals user:12 accounts 0", r#"{"g":7}"#),
        (account("agent:7", "default"), "reddit principals agent:7 account", r#"{"h":8}"#),
    ];
    assert_eq!(entries.len(), expected.len());
    for (entry, (slot, at, text)) in entries.iter().zip(expected) {
        assert_eq!((&entry.slot, path(entry).as_str(), document(entry).as_str()), (&slot, at, text));
    }
    assert_eq!(entries[1].content, br#"a:1:{s:1:"b";i:2;}"#);
}

#[test]
fn what_is_no_account_is_kept_with_its_reason() {
    let option = parse_json(
        br#"{"Not a slug": {"account": {"a": 1}}, "5": "x", "gone_provider": "a string", "twitter": "a string", "x": [],
             "reddit": {"account": "a string", "config": null, "accounts": false, "custom": {"a": 1}, "delegations": [],
                        "principals": 5},
             "tumblr": {"account": [], "config": {}, "accounts": [], "principals": {}},
             "tiktok": {"account": ["a", "b"], "accounts": {"default": {"a": 1}, "Bad name": {"a": 1}, "ok": 7, "none": []},
                        "principals": {"site:0": {"account": {"a": 1}}, "org:x": [], "user:0": [], "user:012": [], "everyone": [],
                                       "user:1": "a string", "user:2": [], "agent:3": {"delegations": {"a": 1},
                                       "principals": {"user:1": {}}, "account": 1.5, "accounts": []}}}}"#,
    )
    .unwrap();
    let expected = [
        "Not a slug: bad_provider",
        "5: not_an_array",
        "gone_provider: unknown_provider",
        "twitter: not_an_array",
        "x: empty",
        "reddit account: not_an_array",
        "reddit config: not_an_array",
        "reddit accounts: not_an_array",
        "reddit custom: unknown_slot",
        "reddit delegations: delegations",
        "reddit principals: not_an_array",
        "tumblr account: empty",
        "tumblr config: empty",
        "tumblr accounts: empty",
        "tumblr principals: empty",
        "tiktok account: is_list",
        "tiktok accounts default: default_name_taken",
        "tiktok accounts Bad name: bad_account_name",
        "tiktok accounts ok: not_an_array",
        "tiktok accounts none: empty",
        "tiktok principals site:0: bad_principal",
        "tiktok principals org:x: bad_principal",
        "tiktok principals user:0: bad_principal",
        "tiktok principals user:012: bad_principal",
        "tiktok principals everyone: bad_principal",
        "tiktok principals user:1: not_an_array",
        "tiktok principals user:2: empty",
        "tiktok principals agent:3 delegations: unknown_slot",
        "tiktok principals agent:3 principals: unknown_slot",
        "tiktok principals agent:3 account: not_an_array",
        "tiktok principals agent:3 accounts: empty",
    ];
    assert_eq!(kept(&entries(&option, &[])), expected);
}

#[test]
fn every_place_is_one_entry_with_its_bytes() {
    let serialised =
        br#"a:1:{s:6:"reddit";a:2:{s:7:"account";s:1:"x";s:6:"custom";O:1:"X":1:{s:1:"p";d:0.50;}}}"#;
    let option = parse_php(serialised).unwrap();
    let contents: Vec<_> = entries(&option, &[]).iter().map(|entry| entry.content).collect();
    assert_eq!(contents, [br#"s:1:"x";"#.as_slice(), br#"O:1:"X":1:{s:1:"p";d:0.50;}"#]);
}

#[test]
fn an_option_that_is_no_array_is_refused() {
    for serialised in [&b"N;"[..], b"b:0;", br#"s:6:"a:0:{}";"#, br#"O:8:"stdClass":0:{}"#] {
        let option = parse_php(serialised).unwrap();
        assert!(plan(&option, &[], &known).is_err());
    }
    for serialised in [&b"a:0:{}"[..], b"a:0:{}\n"] {
        assert!(entries(&parse_php(serialised).unwrap(), &[]).is_empty());
    }
}

#[test]
fn of_a_repeated_key_the_last_value_counts_at_the_first_place() {
    let serialised = br#"a:1:{s:6:"reddit";a:3:{s:7:"account";a:1:{s:1:"a";i:1;}s:6:"config";a:4:{s:1:"7";i:1;s:1:"b";N;i:7;i:2;s:1:"b";a:1:{i:0;i:3;}}s:7:"account";a:1:{s:1:"a";i:2;}}}"#;
    let option = parse_php(serialised).unwrap();
    let entries = entries(&option, &[]);
    assert_eq!(entries.iter().map(path).collect::<Vec<_>>(), ["reddit account", "reddit config"]);
    assert_eq!(entries.iter().map(document).collect::<Vec<_>>(), [r#"{"a":2}"#, r#"{"7":2,"b":[3]}"#]);
}

#[test]
fn names_that_cannot_be_shown_are_escaped_and_stay_apart() {
    let keys = [&b"\xff"[..], br"\xff", b"new\nline", b"caf\xc3\xa9"];
    let elements: Vec<u8> = keys
        .iter()
        .flat_map(|key| [format!("s:{}:\"", key.len()).as_bytes(), key, b"\";N;"].concat())
        .collect();
    let serialised = [b"a:4:{".as_slice(), &elements, b"}"].concat();
    let option = parse_php(&serialised).unwrap();
    let paths: Vec<_> = entries(&option, &[]).iter().map(path).collect();
    assert_eq!(paths, [r"\xff", r"\\xff", r"new\nline", "café"]);
}

#[test]
fn only_members_at_the_top_are_envelopes() {
    let keys = keys();
    let option = parse_json(br#"{"reddit":{"account":{"nested":{"token":"dm:enc:v1:x"},"later":" dm:enc:v1:x","any":"dm:enc:v1:x"}}}"#)
        .unwrap();
    let entries = entries(&option, &keys);
    assert_eq!(document(&entries[0]), r#"{"nested":{"token":"dm:enc:v1:x"},"later":" dm:enc:v1:x"}"#);
    let Found::Document { held_back, .. } = &entries[0].found else { panic!("it is a document") };
    assert_eq!((held_back[0].name.as_str(), held_back[0].position), ("any", 2));
    assert_eq!(held_back[0].why, Why::EnvelopeMalformed);
    assert!(held_back[0].why.quarantined());
}

#[test]
fn a_document_may_lack_every_member() {
    let option =
        parse_php(br#"a:1:{s:1:"x";a:1:{s:7:"account";a:2:{s:1:"a";d:INF;s:1:"b";d:-INF;}}}"#).unwrap();
    let entries = entries(&option, &[]);
    assert_eq!(document(&entries[0]), "[]");
    assert_eq!(kept(&entries), ["x account a: not_finite", "x account b: not_finite"]);
}

#[test]
fn a_member_with_a_binary_name_is_held_back_with_it() {
    let option =
        parse_php(b"a:1:{s:1:\"x\";a:1:{s:7:\"account\";a:2:{s:2:\"\xfe\\\";i:5;s:1:\"b\";i:1;}}}").unwrap();
    let entries = entries(&option, &[]);
    assert_eq!(document(&entries[0]), r#"{"b":1}"#);
    let Found::Document { held_back, .. } = &entries[0].found else { panic!("it is a document") };
    assert_eq!(
        (held_back[0].name.as_str(), held_back[0].raw.as_slice()),
        (r"\xfe\\", &b"s:2:\"\xfe\\\";i:5;"[..])
    );
}

#[test]
fn documents_have_limits() {
    let account = |members: String| format!(r#"{{"x":{{"account":{{{members}}}}}}}"#);
    let one = |members: String| {
        let text = account(members);
        let option = parse_json(text.as_bytes()).unwrap_or_else(|refused| panic!("{refused}"));
        let entries = entries(&option, &[]);
        match &entries[0].found {
            Found::Document { document, held_back, .. } => Ok((
                document.as_bytes().len(),
                held_back.iter().map(|member| member.why.code()).collect::<Vec<_>>(),
            )),
            Found::Keep { why } => Err(why.code()),
        }
    };
    // Bytes.
    let fits = Document::MAX_BYTES - r#"{"a":""}"#.len();
    let string = |length| format!(r#""a":"{}""#, "x".repeat(length));
    assert_eq!(one(string(fits)), Ok((Document::MAX_BYTES, vec![])));
    assert_eq!(one(string(fits + 1)), Err("too_large"));
    assert_eq!(one(format!(r#""a":"{}""#, r"\u0001".repeat(fits / 6 + 1))), Err("too_large"));
    // Levels.
    let nested = |levels| format!(r#""a":{}{},"b":1"#, "[".repeat(levels), "]".repeat(levels));
    let levels = Document::MAX_DEPTH - 1;
    assert_eq!(one(nested(levels)), Ok((r#"{"a":,"b":1}"#.len() + 2 * levels, vec![])));
    assert_eq!(one(nested(levels + 1)), Ok((r#"{"b":1}"#.len(), vec!["too_deep"])));
    // Members that cannot be taken.
    let infinite = |count| (0..count).map(|i| format!(r#""{i}x":1e999"#)).collect::<Vec<_>>().join(",");
    assert_eq!(one(infinite(256)), Ok((2, vec!["not_finite"; 256])));
    assert_eq!(one(infinite(257)), Err("too_large"));
}

#[test]
fn default_is_the_name_of_the_unnamed_account() {
    let slot = Slot::Account {
        provider: "reddit".parse().unwrap(),
        owner: Owner::NETWORK,
        account: AccountName::default(),
    };
    assert_eq!(slot.path(), ["reddit", "account"]);
}
