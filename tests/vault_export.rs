//! The way back: what is in the rebuilt option, what is not, and what refuses it. (That the old rules read it as before is
//! in `tests/php/ExportTest.php`, where there is an implementation of them.)
#![allow(missing_docs)]

mod support;

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use dm_connections::crypto::OsRandom;
use dm_connections::vault::{
    Code, Error, ExportOptions, Exported, Facts, Format, ImportOptions, Kind, LeftOut, Vault,
};
use serde_json::{Value, json};
use support::{Site, address, document, expected, fixture, import, key, refused, salt, text, told};

const CONN: Kind = Kind::Connection;

fn php() -> ExportOptions {
    ExportOptions {
        format: Format::Php,
        fields: Vec::new(),
        fields_of: std::collections::BTreeMap::new(),
        leave_out: false,
    }
}

fn as_json() -> ExportOptions {
    ExportOptions { format: Format::Json, ..php() }
}

fn leaving_out() -> ExportOptions {
    ExportOptions { leave_out: true, ..php() }
}

fn export(vault: &Vault, options: &ExportOptions) -> Exported {
    vault.export(&salt(), options).unwrap()
}

/// The option as JSON.
fn option(vault: &Vault) -> Value {
    serde_json::from_slice(&export(vault, &as_json()).option).unwrap()
}

fn import_json(vault: &Vault, option: &Value) {
    let options = ImportOptions::new(Format::Json);
    vault.import(option.to_string().as_bytes(), &[salt()], options).unwrap();
}

fn save(vault: &Vault, provider: &str, owner: &str, account: &str, json: &str) {
    vault.save(CONN, &address(provider, owner, account), &document(json), &Facts::default()).unwrap();
}

fn opened(sealed: &Value) -> String {
    let opened = salt().open(sealed.as_str().unwrap().as_bytes()).unwrap();
    String::from_utf8(opened.to_vec()).unwrap()
}

fn codes(left_out: &[LeftOut]) -> Vec<(&'static str, String, &'static str)> {
    left_out.iter().map(|one| (one.kind, one.path.clone().unwrap_or_default().join("/"), one.code)).collect()
}

#[test]
fn what_is_imported_again_elsewhere_is_the_same() {
    let large = std::env::temp_dir().join(format!("dm-export-large-{}", std::process::id()));
    std::fs::create_dir(&large).unwrap();
    let generator = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/make-large.php");
    assert!(Command::new("php").arg(generator).arg(&large).status().unwrap().success());
    for (name, directory) in [("small", None), ("mixed", None), ("edge", None), ("large", Some(&large))] {
        let from = Site::new("export-from");
        let vault = from.open();
        let original = match directory {
            Some(directory) => std::fs::read(directory.join("large.serialized")).unwrap(),
            None => fixture(&format!("{name}.serialized")),
        };
        let first = import(&vault, &original);
        let exports: Vec<(Format, Exported)> = match name {
            "edge" => vec![(Format::Php, export(&vault, &php()))],
            _ => vec![(Format::Php, export(&vault, &php())), (Format::Json, export(&vault, &as_json()))],
        };
        let counts = vault.info().unwrap().counts;
        let all: Vec<_> = match directory {
            Some(directory) => expected(&std::fs::read(directory.join("expected-large.json")).unwrap()),
            None if name == "edge" => Vec::new(),
            None => expected(&fixture(&format!("expected-{name}.json"))),
        };
        let documents: Vec<_> =
            all.into_iter().map(|one| (text(&vault, one.kind, &one.address), one)).collect();
        drop((vault, from));
        for (format, exported) in exports {
            assert!(exported.report.left_out.is_empty());
            assert_eq!(exported.report.bytes, exported.option.len() as u64);
            assert_eq!(exported.report.counts.accounts, counts.connections);
            assert_eq!(exported.report.counts.configs, counts.configs);
            assert_eq!(exported.report.counts.kept + exported.report.counts.returned, counts.kept);
            let to = Site::new("export-to");
            let vault = to.open();
            let second = vault.import(&exported.option, &[salt()], ImportOptions::new(format)).unwrap();
            assert_eq!(first.counts, second.counts, "{name}");
            let now = vault.info().unwrap().counts;
            assert_eq!(
                (now.connections, now.configs, now.kept),
                (counts.connections, counts.configs, counts.kept)
            );
            let places = |report: &dm_connections::vault::Report| {
                let place = |entry: &dm_connections::vault::ReportEntry| {
                    (entry.path.clone(), entry.code, entry.members.clone())
                };
                report.entries.iter().map(place).collect::<Vec<_>>()
            };
            assert_eq!(places(&first), places(&second), "{name}: in their order");
            for (json, one) in &documents {
                assert_eq!(&text(&vault, one.kind, &one.address), json);
            }
        }
    }
    std::fs::remove_dir_all(large).unwrap();
}

#[test]
fn sealed_are_the_old_plug_ins_fields_what_came_sealed_and_what_the_caller_names() {
    let site = Site::new("export-fields");
    let vault = site.open();
    let sealed = |text: &str| String::from_utf8(salt().seal(text.as_bytes(), &OsRandom).unwrap());
    import_json(
        &vault,
        &json!({"email_imap": {"account": {"imap_password": sealed("first").unwrap(), "own": "plain"}}}),
    );
    vault
        .merge(
            CONN,
            &address("email_imap", "site:0", "default"),
            &document(r#"{"imap_password":"second"}"#),
            &Facts::default(),
        )
        .unwrap();
    let envelope = sealed("sealed by its class").unwrap();
    let fields = r#""access_token":"a\n\"é","refresh_token":"","api_secret":5,"client_secret":null,"app_secret":["x"],"own":"o","other":{"access_token":"nested"}"#;
    save(&vault, "reddit", "user:1", "default", &format!(r#"{{{fields},"oauth_token":"{envelope}"}}"#));
    let without = option(&vault);
    let of_reddit = [("reddit".to_owned(), vec!["own".to_owned()])].into();
    let exported = export(&vault, &ExportOptions { fields_of: of_reddit, ..as_json() });
    let each: Value = serde_json::from_slice(&exported.option).unwrap();
    assert_eq!(opened(&each["reddit"]["principals"]["user:1"]["account"]["own"]), "o");
    assert_eq!(each["email_imap"]["account"]["own"], "plain");
    let with = ExportOptions { fields: vec!["own".into(), "other".into()], ..as_json() };
    let exported = export(&vault, &with);
    assert_eq!(exported.report.counts.sealed, 4);
    let with: Value = serde_json::from_slice(&exported.option).unwrap();
    for option in [&without, &with] {
        assert_eq!(opened(&option["email_imap"]["account"]["imap_password"]), "second");
        let account = &option["reddit"]["principals"]["user:1"]["account"];
        assert_eq!(opened(&account["access_token"]), "a\n\"é");
        assert_eq!(account["refresh_token"], "");
        assert_eq!((&account["api_secret"], &account["client_secret"]), (&json!(5), &json!(null)));
        assert_eq!(
            (&account["app_secret"], &account["other"]["access_token"]),
            (&json!(["x"]), &json!("nested"))
        );
        assert_eq!(account["oauth_token"], envelope.as_str(), "an envelope is not sealed twice");
    }
    assert_eq!(without["reddit"]["principals"]["user:1"]["account"]["own"], "o");
    assert_eq!(opened(&with["reddit"]["principals"]["user:1"]["account"]["own"]), "o");
    assert_eq!(opened(&with["email_imap"]["account"]["own"]), "plain");
}

#[test]
fn another_account_at_the_provider_is_sealed_as_the_one_before() {
    let site = Site::new("export-replaced");
    let vault = site.open();
    let envelope = salt().seal(b"first", &OsRandom).unwrap();
    let envelope = String::from_utf8(envelope).unwrap();
    import_json(
        &vault,
        &json!({"twitter": {"account": {"user_id": "1", "own": envelope}}, "reddit": {"account": {"a": 1}}}),
    );
    let replace = Facts { replace: true, ..Facts::default() };
    let second = document(r#"{"user_id":"2","own":"second"}"#);
    vault.save(CONN, &address("twitter", "site:0", "default"), &second, &replace).unwrap();
    let exported = option(&vault);
    assert_eq!(opened(&exported["twitter"]["account"]["own"]), "second");
    assert!(exported.to_string().starts_with(r#"{"twitter""#), "and in the same place");
}

#[test]
fn what_stands_in_the_place_of_something_kept_wins_and_the_rest_stays() {
    let site = Site::new("export-superseded");
    let vault = site.open();
    let original = json!({
        "reddit": {"account": [], "principals": {"user:1": "a string", "user:2": {"account": [1, 2], "accounts": []}}},
        "twitter": "a string",
        "gone": {"account": {"a": 1}, "principals": {"user:1": {"account": {"b": 1}}}, "n": null},
    });
    import_json(&vault, &original);
    assert_eq!(option(&vault), original);
    for (provider, owner) in [
        ("reddit", "site:0"),
        ("reddit", "user:1"),
        ("reddit", "user:2"),
        ("twitter", "user:1"),
        ("gone", "user:2"),
        ("gone", "site:0"),
    ] {
        save(&vault, provider, owner, "default", r#"{"new":true}"#);
    }
    let exported = export(&vault, &as_json());
    let new = json!({"new": true});
    assert_eq!(
        serde_json::from_slice::<Value>(&exported.option).unwrap(),
        json!({
            "reddit": {"account": new, "principals": {"user:1": {"account": new}, "user:2": {"account": new, "accounts": []}}},
            "twitter": {"principals": {"user:1": {"account": new}}},
            "gone": {"account": new, "principals": {"user:1": {"account": {"b": 1}}, "user:2": {"account": new}}, "n": null},
        })
    );
    let mut told = codes(&exported.report.left_out);
    told.sort();
    let superseded = |path: &str| ("kept", path.to_owned(), "superseded");
    assert_eq!(
        told,
        [
            superseded("gone/account"),
            superseded("reddit/account"),
            superseded("reddit/principals/user:1"),
            superseded("reddit/principals/user:2/account"),
            superseded("twitter"),
        ]
    );
    assert_eq!(exported.report.counts.kept, 2, "the accounts of user:2, and what is left of gone");
    // Without what came since, what was kept is back.
    for (provider, owner) in [("reddit", "site:0"), ("twitter", "user:1")] {
        vault.delete(CONN, &address(provider, owner, "default"), None).unwrap();
    }
    let back = option(&vault);
    assert_eq!((&back["reddit"]["account"], &back["twitter"]), (&json!([]), &json!("a string")));
}

/// A store in which a row, a config, a held-back member and a kept piece cannot be opened.
fn damaged(name: &str, damage: &str) -> (Site, Vault) {
    let site = Site::new(name);
    let vault = site.open();
    import(&vault, &fixture("mixed.serialized"));
    save(&vault, "reddit", "user:12", "default", r#"{"access_token":"canary"}"#);
    site.sql().execute_batch(damage).unwrap();
    (site, vault)
}

fn refusal(vault: &Vault, code: Code) -> Error {
    let error = refused(vault.export(&salt(), &php()), code);
    assert!(error.message().contains("leave_out"), "{error}");
    error
}

#[test]
fn what_does_not_open_refuses_the_whole_and_is_named_or_left_out_and_listed() {
    let edit = "UPDATE connections SET scopes = 'edited' WHERE kind = 0 AND provider = 'reddit' AND owner = 'user:12'; \
                UPDATE connections SET sealed = zeroblob(length(sealed)) WHERE kind = 1 AND provider = 'youtube'; \
                UPDATE kept SET sealed = zeroblob(length(sealed)) WHERE member = 'access_token' AND reason = 'envelope_malformed'; \
                DELETE FROM kept WHERE member = 'access_token' AND reason = 'envelope_does_not_open'; \
                UPDATE kept SET wrapped_key = zeroblob(length(wrapped_key)) WHERE reason = 'delegations';";
    let (_site, vault) = damaged("export-damaged", edit);
    let error = refusal(&vault, Code::Integrity);
    assert_eq!(error.detail()["count"], 5);
    assert!(told(&error).contains("reddit of user:12 (default)"), "{error}");
    assert_eq!(error.detail()["left_out"].as_array().unwrap().len(), 5);

    let exported = export(&vault, &leaving_out());
    let mut listed: Vec<_> = exported
        .report
        .left_out
        .iter()
        .map(|one| {
            let name = [&one.provider, &one.owner, &one.account, &one.member]
                .map(|name| name.as_deref().unwrap_or("-"));
            assert_eq!(one.code, "integrity");
            format!("{} {}", one.kind, name.join(" "))
        })
        .collect();
    listed.sort();
    assert_eq!(
        listed,
        [
            "config youtube site:0 - -",
            "connection reddit user:12 default -",
            "connection reddit user:66 default access_token",
            "connection reddit user:67 default access_token",
            "kept - - - -",
        ]
    );
    let report = serde_json::to_string(&exported.report).unwrap();
    assert!(!report.contains("canary") && !report.contains("fake-") && !report.contains("dm:enc"));
    let option = String::from_utf8_lossy(&exported.option).into_owned();
    assert!(option.contains("user:66") && !option.contains("user:12\""));
}

#[test]
fn an_owner_that_was_edited_is_not_believed() {
    let edit = "UPDATE connections SET owner = 'org:nowhere' WHERE provider = 'reddit' AND owner = 'user:12'";
    let (_site, vault) = damaged("export-owner", edit);
    assert_eq!(refusal(&vault, Code::Integrity).detail()["count"], 1);
}

#[test]
fn a_connection_that_is_in_no_index_does_not_vanish() {
    let edit = "DROP INDEX connections_kind; \
                CREATE INDEX connections_kind ON connections (kind, id) WHERE owner <> 'user:12'; \
                PRAGMA writable_schema = ON; \
                UPDATE sqlite_schema SET sql = 'CREATE INDEX connections_kind ON connections (kind, id)' \
                WHERE name = 'connections_kind'; \
                PRAGMA writable_schema = RESET;";
    let (_site, vault) = damaged("export-index", edit);
    refused(vault.export(&salt(), &leaving_out()), Code::Corrupt);
}

#[test]
fn a_held_back_member_is_not_taken_for_another_rows() {
    let edit = "UPDATE kept SET connection = (SELECT connection FROM kept WHERE reason = 'envelope_malformed') \
                WHERE reason = 'envelope_does_not_open'; DELETE FROM kept WHERE reason = 'envelope_malformed';";
    let (_site, vault) = damaged("export-moved", edit);
    assert_eq!(refusal(&vault, Code::Integrity).detail()["count"], 2);
}

#[test]
fn a_held_back_member_whose_row_is_gone_is_told() {
    let (_site, vault) = damaged("export-orphan", "DELETE FROM connections WHERE owner = 'user:66'");
    assert_eq!(refusal(&vault, Code::Integrity).detail()["count"], 1);
    assert_eq!(
        codes(&export(&vault, &leaving_out()).report.left_out),
        [("kept", String::new(), "integrity")]
    );
}

#[test]
fn rows_of_a_key_that_was_not_given_wait_for_it() {
    let (site, vault) = damaged("export-keys", "");
    vault.add_key(&key(2)).unwrap();
    save(&vault, "reddit", "user:13", "default", r#"{"access_token":"canary"}"#);
    drop(vault);
    dm_connections::vault::close_all();
    let only_new = site.open_with(&[key(2)]).unwrap();
    let error = refusal(&only_new, Code::KeyUnavailable);
    assert!(error.message().contains("earlier key") && error.message().contains("more"), "{error}");
    let exported = export(&only_new, &leaving_out());
    assert_eq!(exported.report.counts.accounts + exported.report.counts.configs, 1);
    assert_eq!(exported.report.left_out.len() as u64, error.detail()["count"].as_u64().unwrap());
    assert!(exported.report.left_out.iter().all(|one| one.code == "key_unavailable"));
    let both = site.open_with(&[key(2), key(1)]).unwrap();
    assert!(export(&both, &php()).report.left_out.is_empty());
}

#[test]
fn deleted_is_not_exported_and_neither_comes_back() {
    let site = Site::new("export-deleted");
    let vault = site.open();
    let original = json!({"reddit": {"account": {"a": 1}, "principals": {"user:1": {"account": {"b": 1}}}}});
    import_json(&vault, &original);
    vault.delete(CONN, &address("reddit", "user:1", "default"), None).unwrap();
    assert_eq!(option(&vault), json!({"reddit": {"account": {"a": 1}}}));
    import_json(&vault, &original);
    assert_eq!(option(&vault), json!({"reddit": {"account": {"a": 1}}}));
}

#[test]
fn keys_of_any_bytes_come_back() {
    let site = Site::new("export-keys-of-bytes");
    let vault = site.open();
    let original = b"a:2:{s:6:\"reddit\";a:4:{s:2:\"\xff\\\";i:1;i:7;s:1:\"x\";s:8:\"accounts\";a:2:{s:3:\"A\x00b\";a:1:{i:0;i:1;}i:5;a:1:{s:1:\"k\";d:0.1;}}s:10:\"principals\";a:1:{s:6:\"user:0\";a:0:{}}}s:3:\"\xc3\xa9!\";b:0;}";
    import(&vault, original);
    assert_eq!(*export(&vault, &php()).option, *original);
    let error = refused(vault.export(&salt(), &as_json()), Code::InvalidDocument);
    assert_eq!(error.detail()["count"], 1);
    let left_out = export(&vault, &ExportOptions { leave_out: true, ..as_json() }).report.left_out;
    assert_eq!(codes(&left_out), [("kept", r"reddit/\xff\\".to_owned(), "not_utf8")]);
}

#[test]
fn an_export_is_one_snapshot() {
    let site = Site::new("export-snapshot");
    let vault = site.open();
    let done = AtomicBool::new(false);
    let write = |number: u64| {
        for owner in ["user:1", "user:2"] {
            save(&vault, "reddit", owner, "default", &format!(r#"{{"n":{number}}}"#));
        }
    };
    write(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            (1..40).for_each(&write);
            done.store(true, Ordering::Relaxed);
        });
        while !done.load(Ordering::Relaxed) {
            let option = option(&vault);
            let n = |owner: &str| option["reddit"]["principals"][owner]["account"]["n"].as_u64().unwrap();
            let (first, second) = (n("user:1"), n("user:2"));
            assert!(first == second || first == second + 1, "{first} {second}");
        }
    });
}

#[test]
fn more_than_an_option_can_have_is_said_before_it_is_read() {
    let site = Site::new("export-too-many");
    let vault = site.open();
    import_json(&vault, &json!({"reddit": {"account": []}}));
    site.sql()
        .execute_batch(
            "INSERT INTO kept (id, slot, reason, key_id, wrapped_key, sealed) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL \
             SELECT i + 1 FROM n WHERE i < 200000) SELECT randomblob(16), randomblob(32), 'empty', (SELECT id FROM keys), x'', x'' FROM n",
        )
        .unwrap();
    let error = refused(vault.export(&salt(), &leaving_out()), Code::TooLarge);
    assert_eq!(error.detail()["limit"], 200_000);
}
