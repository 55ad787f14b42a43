//! Somebody who saw everything: the store becomes what they wrote.

use dm_connections::vault::Code;
use serde_json::json;

use crate::support::audit::sound;
use crate::support::{Site, fixture, import, key, refused};
use crate::*;

#[test]
fn what_is_not_written_is_gone_and_what_is_the_same_is_left_alone() {
    let site = Site::new("whole");
    let vault = site.open();
    import(&vault, &fixture("mixed.serialized"));
    for owner in ["org:acme", "site:3"] {
        save(&vault, "reddit", owner, "default", r#"{"a":1}"#);
    }
    let before = option(&vault);
    let kept = |provider: &str| before[provider].clone();
    let mut written =
        json!({"twitter": kept("twitter"), "gone_provider": kept("gone_provider"), "reddit": kept("reddit")});
    written["reddit"]["account"]["note"] = json!("another");
    written["reddit"]["account"].as_object_mut().unwrap().shift_remove("scope");
    written["reddit"].as_object_mut().unwrap().shift_remove("config");
    written["new"] = json!({"account": {"n": 1}});
    let twitter = state(&site);
    let report = write_only(&vault, None, &written);
    // What stood there keeps its place.
    assert_eq!(opened(&option(&vault)), opened(&written));
    assert!(report.counts.deleted > 10 && report.counts.kept == 1);
    assert_eq!(report.counts.saved, 1, "{:?}", report.entries);
    // The rest of twitter and reddit, with what is quarantined in it.
    let left = state(&site);
    assert!(left.iter().filter(|one| one.contains("enveloped") && twitter.contains(one)).count() >= 4);
    for owner in ["org:acme", "site:3"] {
        assert_eq!(text(&vault, "reddit", owner, "default"), r#"{"a":1}"#);
    }
    let before = state(&site);
    assert_eq!((write_only(&vault, None, &written).entries.len(), state(&site)), (0, before));
    sound(&vault);
}

#[test]
fn an_empty_option_empties_the_store_whatever_is_in_it() {
    let site = Site::new("whole-empty");
    let vault = site.open();
    import(&vault, &fixture("mixed.serialized"));
    site.sql()
        .execute_batch(
            "UPDATE connections SET scopes = 'edited' WHERE provider = 'reddit'; \
             UPDATE kept SET sealed = zeroblob(length(sealed)) WHERE reason = 'unknown_provider'",
        )
        .unwrap();
    let report = vault.write_option(None, b"a:0:{}", &[], Format::Php).unwrap();
    assert!(report.counts.deleted > 15, "{:?}", report.entries);
    let counts = vault.info().unwrap().counts;
    assert_eq!((counts.connections, counts.configs, counts.kept), (0, 0, 0));
    assert_eq!(option(&vault), json!([]));
}

#[test]
fn what_does_not_open_is_not_written_over() {
    let site = Site::new("whole-damaged");
    let vault = site.open();
    let written = json!({"reddit": {"account": {"n": 1}}, "twitter": {"account": {"n": 1}}});
    write(&vault, &json!({}), &written);
    site.sql()
        .execute_batch("UPDATE connections SET sealed = zeroblob(length(sealed)) WHERE provider = 'reddit'")
        .unwrap();
    let before = state(&site);
    let changed = json!({"reddit": {"account": {"n": 2}}, "twitter": {"account": {"n": 2}}}).to_string();
    let write = || {
        vault.write_option(Some(written.to_string().as_bytes()), changed.as_bytes(), &[salt()], Format::Json)
    };
    refused(write(), Code::Integrity);
    refused(vault.write_option(None, changed.as_bytes(), &[salt()], Format::Json), Code::Integrity);
    assert_eq!(state(&site), before, "all or nothing");
}

#[test]
fn rows_of_a_key_that_was_not_given_wait_for_it() {
    let site = Site::new("whole-keys");
    let vault = site.open();
    vault.add_key(&key(2)).unwrap();
    save(&vault, "reddit", "site:0", "default", r#"{"n":1}"#);
    drop(vault);
    dm_connections::vault::close_all();
    let vault = site.open_with(&[key(1), key(2)]).unwrap();
    vault.rewrap().unwrap();
    write_only(&vault, None, &json!({"reddit": {"account": {"n": 2}}}));
    assert_eq!(text(&vault, "reddit", "site:0", "default"), r#"{"n":2}"#);
}
