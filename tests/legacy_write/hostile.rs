//! What no option is.

use dm_connections::vault::Code;

use crate::support::{Site, refused};
use crate::*;

#[test]
fn what_is_no_option_is_refused_and_nothing_is_written() {
    let site = Site::new("write-hostile");
    let vault = site.open();
    save(&vault, "reddit", "site:0", "default", r#"{"access_token":"canary"}"#);
    let before = state(&site);
    let good = b"a:0:{}".as_slice();
    for bad in [
        "",
        "x",
        "i:1;",
        "b:0;",
        "s:6:\"canary\";",
        "O:8:\"stdClass\":0:{}",
        "a:1:{s:6:\"reddit\";R:1;}",
        "a:99999999:{}",
    ] {
        let refused = |base, option| {
            refused(vault.write_option(base, option, &[salt()], Format::Php), Code::ImportRefused)
        };
        refused(Some(good), bad.as_bytes());
        refused(None, bad.as_bytes());
        if !bad.is_empty() {
            let error = refused(Some(bad.as_bytes()), good);
            assert!(error.message().contains("old option"), "{error}");
        }
    }
    let error = refused(vault.write_option(Some(b"x"), good, &[], Format::Php), Code::ImportRefused);
    assert!(error.message().starts_with("base: "), "{error}");
    refused(vault.write_option(None, b"[1", &[], Format::Json), Code::ImportRefused);
    assert_eq!(state(&site), before);
}

#[test]
fn an_option_of_too_many_entries_is_refused() {
    let site = Site::new("write-many");
    let vault = site.open();
    let count = 200_001;
    let entry = |number: usize| format!("s:6:\"{number:06}\";N;");
    let slots: String = (0..count).map(entry).collect();
    for option in [format!("a:{count}:{{{slots}}}"), format!("a:1:{{s:6:\"reddit\";a:{count}:{{{slots}}}}}")]
    {
        refused(vault.write_option(None, option.as_bytes(), &[], Format::Php), Code::ImportRefused);
        refused(
            vault.write_option(Some(b"a:0:{}"), option.as_bytes(), &[], Format::Php),
            Code::ImportRefused,
        );
    }
    assert_eq!(vault.info().unwrap().counts.kept, 0);
}

#[test]
fn many_delegations_are_compared_in_a_moment() {
    let site = Site::new("write-delegations");
    let vault = site.open();
    let many = |first: usize| {
        let entries: String =
            (first..first + 100_000).map(|number| format!("s:8:\"{number:08}\";i:1;")).collect();
        format!("a:1:{{s:10:\"email_imap\";a:1:{{s:11:\"delegations\";a:100000:{{{entries}}}}}}}")
    };
    let (one, other) = (many(0), many(50_000));
    vault.write_option(None, one.as_bytes(), &[], Format::Php).unwrap();
    let report = vault.write_option(Some(one.as_bytes()), other.as_bytes(), &[], Format::Php).unwrap();
    assert_eq!(report.entries.len(), 100_000);
    assert_eq!(export(&vault, Format::Php), other.as_bytes());
}

#[test]
fn odd_but_right_options_are_kept_as_they_are() {
    let site = Site::new("write-odd");
    let vault = site.open();
    for option in [
        "a:1:{s:6:\"reddit\";O:6:\"canary\":0:{}}",
        "a:1:{i:5;a:1:{i:0;N;}}",
        "a:1:{s:3:\"\u{0}\\x\";d:INF;}",
        "a:1:{s:6:\"reddit\";a:1:{s:8:\"accounts\";a:3:{s:7:\"default\";a:1:{s:1:\"n\";i:1;}s:3:\"Bad\";i:1;i:7;a:1:{s:1:\"n\";i:2;}}}}",
        "a:1:{s:6:\"reddit\";a:1:{s:10:\"principals\";a:2:{s:6:\"user:0\";a:1:{s:7:\"account\";N;}s:6:\"user:1\";b:1;}}}",
    ] {
        vault.write_option(None, option.as_bytes(), &[salt()], Format::Php).unwrap();
        assert_eq!(String::from_utf8_lossy(&export(&vault, Format::Php)), *option);
        let before = state(&site);
        vault.write_option(Some(option.as_bytes()), option.as_bytes(), &[salt()], Format::Php).unwrap();
        vault.write_option(None, option.as_bytes(), &[salt()], Format::Php).unwrap();
        assert_eq!(state(&site), before);
    }
}

#[test]
fn what_is_too_large_for_a_row_is_kept_and_what_would_become_so_is_refused() {
    let site = Site::new("write-large");
    let vault = site.open();
    let half = "x".repeat(600_000);
    let large = serde_json::json!({"reddit": {"account": {"a": half, "b": half}}});
    let report = write(&vault, &serde_json::json!([]), &large);
    assert_eq!(told(&report), ["reddit/account kept too_large"]);
    let small = serde_json::json!({"reddit": {"account": {"n": 1}}, "twitter": {"account": {"n": 1}}});
    write(&vault, &large, &small);
    let at = address("reddit", "site:0", "default");
    let patch = format!(r#"{{"a":"{half}"}}"#);
    vault.merge(CONN, &at, &document(&patch), &dm_connections::vault::Facts::default()).unwrap();
    let before = state(&site);
    let mut written = small.clone();
    written["twitter"]["account"]["n"] = serde_json::json!(2);
    written["reddit"]["account"]["b"] = serde_json::json!(half);
    let (small, written) = (small.to_string(), written.to_string());
    let write = vault.write_option(Some(small.as_bytes()), written.as_bytes(), &[salt()], Format::Json);
    refused(write, Code::TooLarge);
    assert_eq!(state(&site), before, "all or nothing");
}
