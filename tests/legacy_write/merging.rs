//! Members that do not open, or that JSON cannot hold.

use serde_json::json;

use crate::support::Site;
use crate::*;

const BROKEN: &str = "dm:enc:v1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAA==:AAAA";

fn quarantined(vault: &Vault) -> (Vec<String>, String) {
    let (_, about) = vault.get(CONN, &address("reddit", "site:0", "default")).unwrap().with_about();
    (about.quarantined, about.status.as_str().to_owned())
}

#[test]
fn an_envelope_that_does_not_open_is_quarantined_and_comes_back_as_it_is() {
    let site = Site::new("write-quarantine");
    let vault = site.open();
    save(&vault, "reddit", "site:0", "default", r#"{"access_token":"canary","username":"ada","n":1}"#);
    let base = option(&vault);
    let mut option = base.clone();
    option["reddit"]["account"]["access_token"] = json!(BROKEN);
    let report = write(&vault, &base, &option);
    assert_eq!(told(&report), ["reddit/account quarantined quarantined"]);
    assert_eq!(report.counts.quarantined, 1);
    assert_eq!(text(&vault, "reddit", "site:0", "default"), r#"{"username":"ada","n":1}"#);
    assert_eq!(quarantined(&vault), (vec!["access_token".to_owned()], "key_unavailable".to_owned()));

    // Untouched, it stays; another member is saved beside it.
    let base = self::option(&vault);
    let mut option = base.clone();
    option["reddit"]["account"]["n"] = json!(2);
    assert_eq!(told(&write(&vault, &base, &option)), ["reddit/account saved changed"]);
    assert_eq!(quarantined(&vault).0, ["access_token"]);

    // Another one that does not open takes its place; a good one ends it; or it is taken out.
    for (value, outcome, left) in [
        (json!(format!("{BROKEN}x")), "reddit/account quarantined quarantined", 1),
        (sealed("canary-2"), "reddit/account saved changed", 0),
        (json!(BROKEN), "reddit/account quarantined quarantined", 1),
        (Value::Null, "reddit/account saved changed", 0),
    ] {
        let base = self::option(&vault);
        let mut option = base.clone();
        let account = option["reddit"]["account"].as_object_mut().unwrap();
        if value.is_null() {
            account.shift_remove("access_token");
        } else {
            account["access_token"] = value;
        }
        let report = write_only(&vault, Some(&base), &option);
        assert_eq!(told(&report), [outcome]);
        assert_eq!(opened(&self::option(&vault)), opened(&option));
        assert_eq!(quarantined(&vault).0.len(), left);
        assert_eq!(vault.info().unwrap().counts.kept as usize, left);
    }
}

#[test]
fn without_a_salt_every_envelope_that_changed_is_quarantined_and_no_other() {
    let site = Site::new("write-no-salt");
    let vault = site.open();
    save(&vault, "reddit", "site:0", "default", r#"{"access_token":"canary","n":1}"#);
    save(&vault, "twitter", "site:0", "default", r#"{"access_token":"canary"}"#);
    let base = option(&vault);
    let mut option = base.clone();
    option["reddit"]["account"]["n"] = json!(2);
    let (base, option) = (base.to_string(), option.to_string());
    let report = vault.write_option(Some(base.as_bytes()), option.as_bytes(), &[], Format::Json).unwrap();
    // Unchanged byte for byte, it did not have to be opened.
    assert_eq!(told(&report), ["reddit/account saved changed"]);
    assert_eq!(text(&vault, "reddit", "site:0", "default"), r#"{"access_token":"canary","n":2}"#);
    assert_eq!(text(&vault, "twitter", "site:0", "default"), r#"{"access_token":"canary"}"#);
}

#[test]
fn a_later_salt_heals_what_a_write_quarantined() {
    let site = Site::new("write-heal");
    let vault = site.open();
    let other = dm_connections::crypto::LegacyKey::from_salt(b"an earlier salt");
    let envelope = String::from_utf8(other.seal(b"canary-healed", &OsRandom).unwrap()).unwrap();
    let written = json!({"reddit": {"account": {"access_token": envelope, "n": 1}}});
    write(&vault, &json!({}), &written);
    assert_eq!(text(&vault, "reddit", "site:0", "default"), r#"{"n":1}"#);
    let options = dm_connections::vault::ImportOptions::new(Format::Json);
    let report = vault.import(written.to_string().as_bytes(), &[salt(), other], options).unwrap();
    assert_eq!(report.counts.imported, 1);
    assert_eq!(text(&vault, "reddit", "site:0", "default"), r#"{"access_token":"canary-healed","n":1}"#);
}

/// PHP's own form holds what JSON cannot: an object, a number that is none, bytes that are no text.
#[test]
fn what_json_cannot_hold_is_kept_and_comes_back_byte_for_byte() {
    let site = Site::new("write-php");
    let vault = site.open();
    let php = |n: u8| {
        format!(
            "a:2:{{s:6:\"reddit\";a:2:{{s:7:\"account\";a:4:{{s:1:\"n\";i:{n};s:1:\"o\";O:1:\"A\":1:{{s:1:\"p\";i:{n};}}\
             s:1:\"f\";d:NAN;s:8:\"username\";s:3:\"ada\";}}s:3:\"odd\";O:1:\"B\":0:{{}}}}s:4:\"gone\";s:{n}:\"{}\";}}",
            "x".repeat(n as usize)
        )
        .into_bytes()
    };
    for (base, option) in [(None, php(1)), (Some(php(1)), php(2))] {
        let report = vault.write_option(base.as_deref(), &option, &[salt()], Format::Php).unwrap();
        assert_eq!(report.entries.len(), if base.is_none() { 3 } else { 2 });
        assert_eq!(String::from_utf8_lossy(&export(&vault, Format::Php)), String::from_utf8_lossy(&option));
        let n = if base.is_none() { 1 } else { 2 };
        assert_eq!(text(&vault, "reddit", "site:0", "default"), format!(r#"{{"n":{n},"username":"ada"}}"#));
    }
    let before = state(&site);
    let again = vault.write_option(None, &php(2), &[salt()], Format::Php).unwrap();
    assert_eq!((again.entries.len(), state(&site)), (0, before));
}

#[test]
fn an_account_that_becomes_none_is_kept_and_one_that_was_none_becomes_one() {
    let site = Site::new("write-none");
    let vault = site.open();
    let mut base = json!({});
    for (account, expected) in [
        (json!({"n": 1}), vec!["reddit/account saved created"]),
        (json!([]), vec!["reddit/account deleted deleted", "reddit/account kept empty"]),
        (json!({"n": 2}), vec!["reddit/account saved created"]),
        (json!("canary"), vec!["reddit/account deleted deleted", "reddit/account kept not_an_array"]),
        (json!([1, 2]), vec!["reddit/account kept is_list"]),
        (json!({"n": 3}), vec!["reddit/account saved created"]),
    ] {
        let written = json!({"reddit": {"account": account, "config": {"c": 1}}});
        let report = write(&vault, &base, &written);
        let all = told(&report);
        let account: Vec<&String> = all.iter().filter(|one| !one.contains("config")).collect();
        assert_eq!(account, expected);
        base = option(&vault);
    }
}

#[test]
fn beside_what_came_meanwhile_too_and_what_heals_it_later_does_not_undo_that() {
    let site = Site::new("write-heal-merged");
    let vault = site.open();
    let other = dm_connections::crypto::LegacyKey::from_salt(b"an earlier salt");
    let envelope = String::from_utf8(other.seal(b"canary-healed", &OsRandom).unwrap()).unwrap();
    save(&vault, "reddit", "site:0", "default", r#"{"access_token":"canary","n":1}"#);
    let base = option(&vault);
    let at = address("reddit", "site:0", "default");
    vault
        .merge(CONN, &at, &document(r#"{"meanwhile":true}"#), &dm_connections::vault::Facts::default())
        .unwrap();
    let mut written = base.clone();
    written["reddit"]["account"]["access_token"] = json!(envelope);
    assert_eq!(told(&write_only(&vault, Some(&base), &written)), ["reddit/account quarantined quarantined"]);
    assert_eq!(text(&vault, "reddit", "site:0", "default"), r#"{"n":1,"meanwhile":true}"#);
    let options = dm_connections::vault::ImportOptions::new(Format::Json);
    vault.import(written.to_string().as_bytes(), &[salt(), other], options).unwrap();
    assert!(text(&vault, "reddit", "site:0", "default").contains("meanwhile"));
}

#[test]
fn another_remote_account_has_what_was_written_of_it_and_nothing_else() {
    let site = Site::new("write-another");
    let vault = site.open();
    let first = json!({"twitter": {"account": {"user_id": "1", "access_token": BROKEN, "own": 1}}});
    write(&vault, &json!([]), &first);
    let base = option(&vault);
    let mut second = base.clone();
    second["twitter"]["account"]["user_id"] = json!("2");
    second["twitter"]["account"]["access_token_secret"] = json!(format!("{BROKEN}x"));
    let report = write(&vault, &base, &second);
    assert_eq!(told(&report), ["twitter/account quarantined quarantined"]);
    let (_, about) = vault.get(CONN, &address("twitter", "site:0", "default")).unwrap().with_about();
    assert_eq!((about.quarantined.len(), about.status.as_str()), (2, "key_unavailable"));
    // Only what was quarantined before.
    let base = option(&vault);
    let mut third = base.clone();
    third["twitter"]["account"]["user_id"] = json!("3");
    write(&vault, &base, &third);
    let (_, about) = vault.get(CONN, &address("twitter", "site:0", "default")).unwrap().with_about();
    assert_eq!((about.quarantined.len(), about.status.as_str()), (2, "key_unavailable"));
}
