//! Parts that nothing uses: unknown providers and slots, values of the wrong form.

use serde_json::json;

use crate::support::{Site, fixture, import, key};
use crate::*;

#[test]
fn what_is_unknown_comes_changes_and_goes_and_reads_back_as_it_was_written() {
    let site = Site::new("write-kept");
    let vault = site.open();
    import(&vault, &fixture("mixed.serialized"));
    let mut base = option(&vault);
    type Step<'a> = (&'a str, &'a dyn Fn(&mut Value));
    let steps: [Step; 9] = [
        ("a slot", &|option| option["reddit"]["extra"] = json!({"a": [1, {"b": "canary"}]})),
        ("changed", &|option| option["reddit"]["extra"]["a"] = json!([])),
        ("a provider", &|option| {
            option["brand-new"] = json!({"account": {"access_token": sealed("canary")}})
        }),
        ("changed", &|option| option["brand-new"]["account"]["n"] = json!(1)),
        ("a string", &|option| option["brand-new"] = json!("canary")),
        ("gone", &|option| drop(option.as_object_mut().unwrap().shift_remove("brand-new"))),
        ("the slot", &|option| drop(option["reddit"].as_object_mut().unwrap().shift_remove("extra"))),
        ("one that was imported", &|option| option["gone_provider"]["account"]["new"] = json!(true)),
        ("gone", &|option| drop(option.as_object_mut().unwrap().shift_remove("gone_provider"))),
    ];
    for (what, change) in steps {
        let mut option = base.clone();
        change(&mut option);
        let report = vault
            .write_option(
                Some(base.to_string().as_bytes()),
                option.to_string().as_bytes(),
                &[salt()],
                Format::Json,
            )
            .unwrap();
        assert_eq!(report.entries.len(), 1, "{what}: {:?}", report.entries);
        base = self::option(&vault);
        // Nothing in it was opened, or sealed anew.
        assert_eq!(base.get("gone_provider"), option.get("gone_provider"), "{what}");
        assert_eq!(opened(&base).to_string(), opened(&option).to_string(), "{what}");
    }
}

#[test]
fn providers_without_an_entry_are_told_apart_where_the_caller_says_so() {
    let site = Site::new("write-any");
    import(&site.open(), &fixture("mixed.serialized"));
    let mut options = site.options();
    options.catalogue = Some(br#"{"any":true}"#.to_vec());
    let vault = Vault::open(&options, &[key(1)]).unwrap();
    let kept = option(&vault);
    let row = |owner| vault.get(CONN, &address("gone_provider", owner, "default"));
    assert!(row("site:0").is_err(), "it was kept as it is");
    // Somebody who saw everything writes what is there: it becomes rows, and reads as it did.
    write_only(&vault, None, &kept);
    assert_eq!(opened(&option(&vault)), opened(&kept));
    let secret = document(r#"{"access_token":"canary"}"#);
    assert!(row("site:0").is_ok());
    vault.save(CONN, &address("gone_provider", "site:0", "default"), &secret, &Facts::default()).unwrap();
    assert_eq!(opened(&option(&vault))["gone_provider"]["account"]["access_token"], "canary");
    assert_eq!(option(&vault)["gone_provider"]["custom_slot"], kept["gone_provider"]["custom_slot"]);
}

#[test]
fn so_does_an_import() {
    let site = Site::new("import-any");
    let mut options = site.options();
    options.catalogue = Some(br#"{"any":true}"#.to_vec());
    let vault = Vault::open(&options, &[key(1)]).unwrap();
    import(&vault, &fixture("mixed.serialized"));
    assert!(vault.get(CONN, &address("gone_provider", "site:0", "default")).is_ok());
    assert!(!option(&vault)["gone_provider"]["custom_slot"].is_null());
}

#[test]
fn empty_places_fill_and_empty_again() {
    let site = Site::new("write-empty");
    let vault = site.open();
    let mut base = json!({});
    for principals in [
        json!([]),
        json!({"user:1": []}),
        json!({"user:1": {"account": {"n": 1}, "accounts": []}}),
        json!({"user:1": {"account": {"n": 1}, "accounts": {"x": {"n": 2}}}, "nobody": {"account": {"n": 3}}}),
        json!({"user:1": {"account": {"n": 1}, "accounts": []}}),
        json!({"user:1": []}),
        json!("a string"),
        json!({"user:1": {"config": {"n": 1}}}),
        json!([]),
    ] {
        let written = json!({"reddit": {"principals": principals}});
        write(&vault, &base, &written);
        base = option(&vault);
    }
    let written = json!({"reddit": []});
    write(&vault, &base, &written);
    write(&vault, &written, &json!([]));
    assert_eq!(vault.info().unwrap().counts.kept, 0);
}

#[test]
fn what_gave_way_to_a_row_does_not_come_back_when_a_writer_takes_the_row_out() {
    let site = Site::new("write-superseded");
    let vault = site.open();
    write(&vault, &json!({}), &json!({"twitter": "a string", "reddit": {"account": []}}));
    save(&vault, "twitter", "user:1", "default", r#"{"n":1}"#);
    save(&vault, "reddit", "site:0", "default", r#"{"n":1}"#);
    let options = ExportOptions {
        format: Format::Json,
        fields: Vec::new(),
        fields_of: std::collections::BTreeMap::new(),
        leave_out: false,
    };
    let base: Value = serde_json::from_slice(&vault.export(&salt(), &options).unwrap().option).unwrap();
    assert_eq!(base["reddit"]["account"], json!({"n": 1}));
    let report = write(&vault, &base, &json!([]));
    assert_eq!(report.counts.deleted, 2);
    assert_eq!(vault.info().unwrap().counts.kept, 0);
}

/// A provider whose plug-in was not there at the import was kept whole; since then it has rows.
#[test]
fn a_provider_that_was_kept_whole_is_taken_apart_once_a_writer_changes_a_part() {
    let site = Site::new("write-apart");
    let vault = site.open();
    let whole = json!({"gone": {"account": {"access_token": sealed("canary-1"), "n": 1}, "odd": 5,
        "principals": {"user:1": {"account": {"n": 2}}, "user:2": {"account": {"n": 3}}}}});
    write(&vault, &json!({}), &whole);
    assert_eq!(vault.info().unwrap().counts.connections, 0);
    save(&vault, "gone", "user:9", "default", r#"{"n":9}"#);

    let base = option(&vault);
    let mut option = base.clone();
    option["gone"]["principals"]["user:1"]["account"]["new"] = json!(true);
    option["gone"]["principals"].as_object_mut().unwrap().shift_remove("user:2");
    option["gone"]["principals"]["user:9"]["account"]["n"] = json!(10);
    option["gone"]["odd"] = json!(6);
    let report = write_only(&vault, Some(&base), &option);
    assert_eq!(report.entries.len(), 4, "{:?}", report.entries);
    assert_eq!(opened(&self::option(&vault)), opened(&option));
    assert_eq!(text(&vault, "gone", "site:0", "default"), r#"{"access_token":"canary-1","n":1}"#);
    assert_eq!(text(&vault, "gone", "user:1", "default"), r#"{"n":2,"new":true}"#);
    assert_eq!(text(&vault, "gone", "user:9", "default"), r#"{"n":10}"#);
    assert_eq!(vault.info().unwrap().counts.connections, 3);

    // Once its rows are gone, what is left of it still lies in parts.
    let base = self::option(&vault);
    let mut option = base.clone();
    option["gone"] = json!({"odd": 6, "principals": []});
    write(&vault, &base, &option);
    let base = option;
    let mut option = base.clone();
    option["gone"]["odd"] = json!(7);
    write(&vault, &base, &option);
    let base = option;
    write(&vault, &base, &json!([]));
    assert_eq!(vault.info().unwrap().counts.kept, 0);
}

#[test]
fn a_later_import_finds_what_a_write_kept() {
    let site = Site::new("write-then-import");
    let vault = site.open();
    let written = json!({"gone": {"n": 1}, "reddit": {"odd": 1, "account": {"n": 1}}});
    write(&vault, &json!({}), &written);
    let options = dm_connections::vault::ImportOptions::new(Format::Json);
    let report = vault.import(written.to_string().as_bytes(), &[salt()], options).unwrap();
    assert_eq!((report.counts.unchanged, report.entries.len()), (3, 3));
}
