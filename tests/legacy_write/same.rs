//! What was not changed is left alone.

use std::process::Command;

use dm_connections::vault::{Facts, Format};
use serde_json::json;

use crate::support::{Site, address, document, fixture, import, salt};
use crate::*;

/// Every fixture as an import leaves it, and the option as it is handed out then.
fn each(check: impl Fn(&str, &Site, &Vault, Format)) {
    each_of(|name, site, vault, format, _| check(name, site, vault, format));
}

fn each_of(check: impl Fn(&str, &Site, &Vault, Format, &[u8])) {
    let thread = std::thread::current().id();
    let large = std::env::temp_dir().join(format!("dm-write-large-{}-{thread:?}", std::process::id()));
    std::fs::create_dir(&large).unwrap();
    let generator = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/make-large.php");
    assert!(Command::new("php").arg(generator).arg(&large).status().unwrap().success());
    for name in ["small", "mixed", "edge", "large"] {
        let original = match name {
            "large" => std::fs::read(large.join("large.serialized")).unwrap(),
            _ => fixture(&format!("{name}.serialized")),
        };
        for format in [Format::Php, Format::Json] {
            if name == "edge" && format == Format::Json {
                continue;
            }
            let site = Site::new("write-same");
            let vault = site.open();
            import(&vault, &original);
            check(name, &site, &vault, format, &original);
        }
    }
    std::fs::remove_dir_all(large).unwrap();
}

#[test]
fn what_is_written_back_as_it_was_handed_out_writes_nothing() {
    each(|name, site, vault, format| {
        let before = state(site);
        let option = export(vault, format);
        let report = vault.write_option(Some(&option), &option, &[salt()], format).unwrap();
        assert_eq!(state(site), before, "{name}");
        assert_eq!(report.entries, [], "{name}");
        let counts = vault.info().unwrap().counts;
        assert!(report.counts.unchanged >= counts.connections + counts.configs, "{name}");
        assert_eq!(report.writes, vault.writes().unwrap(), "{name}");
        assert_eq!(report.writes, vault.info().unwrap().writes as u64, "{name}");
    });
}

/// How a migration ends: what was imported before, perhaps in slices, is what the option says.
#[test]
fn the_option_that_was_imported_is_the_same() {
    each_of(|name, site, vault, format, original| {
        if format == Format::Php {
            let before = state(site);
            let report = vault.write_option(None, original, &[salt()], format).unwrap();
            assert_eq!(report.entries, [], "{name}");
            assert_eq!(state(site), before, "{name}");
        }
    });
}

#[test]
fn nor_does_it_without_a_base_where_the_store_holds_the_same() {
    each(|name, site, vault, format| {
        let before = state(site);
        // Sealed anew: no envelope has the bytes that it had before.
        let option = export(vault, format);
        let report = vault.write_option(None, &option, &[salt()], format).unwrap();
        assert_eq!(report.entries, [], "{name}");
        assert_eq!(state(site), before, "{name}");
    });
}

#[test]
fn what_was_sealed_anew_is_the_same_and_its_rows_are_left_alone() {
    each(|name, site, vault, format| {
        let before = state(site);
        let (base, option) = (export(vault, format), export(vault, format));
        assert_eq!(base.len(), option.len());
        let report = vault.write_option(Some(&base), &option, &[salt()], format).unwrap();
        assert_eq!(report.entries, [], "{name}");
        assert_eq!(state(site), before, "{name}");
    });
}

#[test]
fn an_untouched_part_is_not_opened() {
    let site = Site::new("write-closed");
    let vault = site.open();
    import(&vault, &fixture("mixed.serialized"));
    let base = option(&vault);
    site.sql()
        .execute_batch("UPDATE connections SET sealed = zeroblob(length(sealed)) WHERE provider <> 'twitter'")
        .unwrap();
    let mut option = base.clone();
    option["twitter"]["account"]["username"] = json!("another");
    let report = write_only(&vault, Some(&base), &option);
    assert_eq!(told(&report), ["twitter/account saved changed"]);
    assert!(text(&vault, "twitter", "site:0", "default").contains(r#""username":"another""#));
}

#[test]
fn what_else_its_order_was_is_no_change() {
    let site = Site::new("write-order");
    let vault = site.open();
    import(&vault, &fixture("mixed.serialized"));
    let (base, before) = (option(&vault), state(&site));
    // Down to the members of accounts: what is in them is a value.
    fn backwards(value: &Value, levels: u32) -> Value {
        let turned = |(name, value): (&String, &Value)| {
            let below = match name.as_str() {
                "account" | "config" => 1,
                "accounts" => 2,
                "delegations" => 0,
                _ => levels.saturating_sub(1),
            };
            (name.clone(), backwards(value, below))
        };
        match value {
            Value::Object(members) if levels > 0 => members.iter().rev().map(turned).collect(),
            _ => value.clone(),
        }
    }
    let report = write_only(&vault, Some(&base), &backwards(&base, 4));
    // A kept piece is what its bytes are.
    let rows = report.entries.iter().filter(|one| one.outcome != WriteOutcome::Kept);
    assert_eq!(rows.count(), 0, "{:?}", told(&report));
    let rows =
        |state: Vec<String>| state.into_iter().filter(|one| one.contains("enveloped")).collect::<Vec<_>>();
    assert_eq!(rows(state(&site)), rows(before));
}

#[test]
fn what_was_deleted_meanwhile_is_not_brought_back_by_who_did_not_touch_it() {
    let site = Site::new("write-deleted");
    let vault = site.open();
    import(&vault, &fixture("mixed.serialized"));
    let base = option(&vault);
    vault.delete(CONN, &address("twitter", "site:0", "default"), None).unwrap();
    vault.clear(&"user:2".parse().unwrap(), None).unwrap();
    let mut option = base.clone();
    option["reddit"]["account"]["note"] = json!("another");
    assert_eq!(told(&write_only(&vault, Some(&base), &option)), ["reddit/account saved changed"]);
    let now = self::option(&vault);
    assert_eq!(now["twitter"].get("account"), None);
    assert!(!now.to_string().contains("\"user:2\""));
    // Nor by an import of it: the ledger knows.
    let again = vault.import(
        base.to_string().as_bytes(),
        &[salt()],
        dm_connections::vault::ImportOptions::new(Format::Json),
    );
    let again = again.unwrap();
    assert_eq!(again.counts.imported, 0);
    assert_eq!(self::option(&vault)["twitter"].get("account"), None);
}

#[test]
fn two_writers_of_the_same_write_once() {
    let site = Site::new("write-twice");
    let vault = site.open();
    import(&vault, &fixture("mixed.serialized"));
    let base = option(&vault);
    let mut option = base.clone();
    option["reddit"]["account"]["note"] = json!("another");
    option["linkedin"]["accounts"] = json!({"new": {"access_token": sealed("canary")}});
    assert_eq!(write(&vault, &base, &option).entries.len(), 2);
    let before = state(&site);
    let report = write(&vault, &base, &option);
    assert_eq!((report.entries.len(), state(&site)), (0, before));
}

#[test]
fn a_row_that_came_past_the_option_is_left_alone() {
    let site = Site::new("write-past");
    let vault = site.open();
    import(&vault, &fixture("mixed.serialized"));
    let base = option(&vault);
    save(&vault, "bluesky", "user:900", "default", r#"{"a":1}"#);
    vault
        .save(Kind::Config, &address("bluesky", "user:900", "default"), &document("{}"), &Facts::default())
        .unwrap();
    let mut option = base.clone();
    option.as_object_mut().unwrap().remove("youtube");
    write_only(&vault, Some(&base), &option);
    assert_eq!(text(&vault, "bluesky", "user:900", "default"), r#"{"a":1}"#);
    assert_eq!(self::option(&vault)["bluesky"]["principals"]["user:900"]["account"], json!({"a": 1}));
}
