//! The old option comes in: what it holds afterwards, and what a second import does.
#![allow(missing_docs)]

mod support;

use std::process::Command;

use dm_connections::crypto::LegacyKey;
use dm_connections::vault::{Code, Facts, Format, ImportOptions, Kind, Query, Report, Vault};
use support::{Site, address, document, expected, fixture, import, salt, text};

const PHP: ImportOptions = ImportOptions::new(Format::Php);

fn check_all(vault: &Vault, json: &[u8], quarantined: &[&str]) {
    let expected = expected(json);
    assert!(!expected.is_empty());
    for one in &expected {
        let name = format!("{} {} {}", one.address.provider, one.address.owner, one.address.account);
        if quarantined.contains(&name.as_str()) {
            assert_ne!(text(vault, one.kind, &one.address), one.json, "{name}");
        } else {
            assert_eq!(text(vault, one.kind, &one.address), one.json, "{name}");
        }
    }
    let info = vault.info().unwrap();
    assert_eq!(info.counts.connections + info.counts.configs, expected.len() as u64);
}

const QUARANTINED: [&str; 2] = ["reddit user:66 default", "reddit user:67 default"];

#[test]
fn small_and_mixed_equal_their_expected_json() {
    for (name, quarantined) in [("small", [].as_slice()), ("mixed", QUARANTINED.as_slice())] {
        let site = Site::new("import");
        let vault = site.open();
        let report = import(&vault, &fixture(&format!("{name}.serialized")));
        assert_eq!(report.counts.quarantined as usize, quarantined.len());
        check_all(&vault, &fixture(&format!("expected-{name}.json")), quarantined);
    }
}

#[test]
fn the_json_form_gives_the_same() {
    let site = Site::new("import-json");
    let vault = site.open();
    let options = ImportOptions::new(Format::Json);
    let report = vault.import(&fixture("mixed.json"), &[salt()], options).unwrap();
    assert_eq!(report.counts.quarantined, 2);
    check_all(&vault, &fixture("expected-mixed.json"), &QUARANTINED);
    // The ledger knows places and contents, whichever way they were written.
    let again = import(&vault, &fixture("mixed.serialized"));
    assert_eq!(again.counts.unchanged as usize, again.entries.len());
}

#[test]
fn large_equals_its_expected_json() {
    let site = Site::new("import-large");
    let generator = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/make-large.php");
    let made = Command::new("php").arg(generator).arg(&site.root).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let vault = site.open();
    let report = import(&vault, &std::fs::read(site.root.join("large.serialized")).unwrap());
    assert!(report.counts.imported > 2000);
    check_all(&vault, &std::fs::read(site.root.join("expected-large.json")).unwrap(), &[]);
}

#[test]
fn quarantined_members_are_reported_and_never_handed_out() {
    let site = Site::new("import-quarantine");
    let vault = site.open();
    let report = import(&vault, &fixture("mixed.serialized"));
    let of = |owner: &str| {
        report
            .entries
            .iter()
            .find(|entry| {
                entry.owner.as_deref() == Some(owner) && entry.provider.as_deref() == Some("reddit")
            })
            .unwrap()
    };
    assert_eq!(
        of("user:66").members.iter().map(|member| member.code).collect::<Vec<_>>(),
        ["envelope_does_not_open"]
    );
    assert_eq!(
        of("user:67").members.iter().map(|member| member.code).collect::<Vec<_>>(),
        ["envelope_malformed"]
    );
    let corrupted = vault.get(Kind::Connection, &address("reddit", "user:66", "default")).unwrap();
    let json = String::from_utf8(corrupted.document.to_vec()).unwrap();
    assert!(
        !json.contains("access_token")
            && !json.contains("dm:enc")
            && json.contains("fake-still-good-refresh")
    );
    let (_, corrupted) = corrupted.with_about();
    assert_eq!(corrupted.status, "key_unavailable");
    assert_eq!(corrupted.quarantined, ["access_token"]);
    let waiting = Query { status: Some("key_unavailable".parse().unwrap()), ..Query::default() };
    let waiting = vault.find(Kind::Connection, &waiting).unwrap().items;
    assert_eq!(waiting.iter().map(|about| &about.id).collect::<Vec<_>>(), [&corrupted.id]);
    let malformed = vault.get(Kind::Connection, &address("reddit", "user:67", "default")).unwrap();
    assert_eq!(&*malformed.document.to_vec(), br#"{"username":"malformed_envelope"}"#);
    assert_eq!(malformed.with_about().1.status, "error");
}

#[test]
fn edge_entry_by_entry() {
    let site = Site::new("import-edge");
    let vault = site.open();
    let report = import(&vault, &fixture("edge.serialized"));
    assert_eq!(report.entries.len(), 1);
    let members: Vec<_> =
        report.entries[0].members.iter().map(|member| (member.name.as_str(), member.code)).collect();
    assert_eq!(
        members,
        [("access_token", "not_utf8"), ("obj", "php_object"), ("nan", "not_finite"), ("inf", "not_finite")]
    );
    assert_eq!(
        text(&vault, Kind::Connection, &address("reddit", "site:0", "default")),
        r#"{"username":"binary-secret"}"#
    );
    assert_eq!(vault.info().unwrap().counts.kept, 4);
}

#[test]
fn a_second_import_is_inert() {
    let site = Site::new("import-twice");
    let vault = site.open();
    let option = fixture("mixed.serialized");
    let first = import(&vault, &option);
    let (deleted, changed) =
        (address("twitter", "user:2", "default"), address("reddit", "site:0", "default"));
    assert!(vault.delete(Kind::Connection, &deleted, None).unwrap().deleted);
    vault
        .merge(
            Kind::Connection,
            &changed,
            &document(r#"{"refresh_token":"rotated here"}"#),
            &Facts::default(),
        )
        .unwrap();
    let before = vault.info().unwrap().counts;
    let second = import(&vault, &option);
    assert_eq!(second.counts.unchanged as usize, first.entries.len() - 2);
    assert_eq!(vault.get(Kind::Connection, &deleted).err().unwrap().code(), Code::NotFound);
    assert!(text(&vault, Kind::Connection, &changed).contains("rotated here"));
    let after = vault.info().unwrap().counts;
    assert_eq!(
        (before.connections, before.configs, before.kept),
        (after.connections, after.configs, after.kept)
    );
    let codes = |code| second.entries.iter().filter(|entry| entry.code == code).count();
    assert_eq!((codes("deleted_since"), codes("changed_since"), second.counts.differs), (1, 1, 2));
}

#[test]
fn where_the_option_changed_since_the_vault_wins() {
    let site = Site::new("import-differs");
    let vault = site.open();
    import(&vault, &fixture("small.serialized"));
    let bluesky = address("bluesky", "site:0", "default");
    let before = text(&vault, Kind::Config, &bluesky);
    let option = String::from_utf8(fixture("small.serialized")).unwrap();
    let edited = option.replace("rig-example.bsky.social", "rig-another.bsky.social");
    assert_ne!(edited, option);
    let report = import(&vault, edited.as_bytes());
    assert_eq!(report.counts.differs, 1);
    let entry = report.entries.iter().find(|entry| entry.code == "differs").unwrap();
    assert_eq!((entry.path.join("/").as_str(), entry.kind), ("bluesky/config", "config"));
    assert_eq!(text(&vault, Kind::Config, &bluesky), before);
}

#[test]
fn what_was_saved_before_the_import_wins_too() {
    let site = Site::new("import-saved-before");
    let vault = site.open();
    let reddit = address("reddit", "site:0", "default");
    vault
        .save(Kind::Connection, &reddit, &document(r#"{"access_token":"newer"}"#), &Facts::default())
        .unwrap();
    let report = import(&vault, &fixture("small.serialized"));
    assert_eq!(report.counts.differs, 1);
    assert_eq!(text(&vault, Kind::Connection, &reddit), r#"{"access_token":"newer"}"#);
}

#[test]
fn a_dry_run_gives_the_same_report_and_keeps_nothing() {
    let site = Site::new("import-dry");
    let vault = site.open();
    let option = fixture("mixed.serialized");
    let dry = vault.import(&option, &[salt()], ImportOptions { dry_run: true, ..PHP }).unwrap();
    let counts = vault.info().unwrap().counts;
    assert_eq!((counts.connections, counts.configs, counts.kept), (0, 0, 0));
    let real = import(&vault, &option);
    let without_ids = |report: Report| {
        report
            .entries
            .into_iter()
            .map(|entry| (entry.path, entry.outcome, entry.why, entry.members))
            .collect::<Vec<_>>()
    };
    assert_eq!(dry.counts, real.counts);
    assert_eq!(without_ids(dry), without_ids(real));
}

#[test]
fn an_earlier_salt_heals_what_was_quarantined_unless_it_went_on_here() {
    let site = Site::new("import-heal");
    let vault = site.open();
    let option = fixture("small.serialized");
    let wrong = vault.import(&option, &[LegacyKey::from_salt(b"rotated")], PHP).unwrap();
    assert!(wrong.counts.quarantined > 5);
    let went_on = address("reddit", "site:0", "default");
    vault
        .save(
            Kind::Connection,
            &went_on,
            &document(r#"{"access_token":"connected anew"}"#),
            &Facts::default(),
        )
        .unwrap();
    let healed = vault.import(&option, &[LegacyKey::from_salt(b"rotated"), salt()], PHP).unwrap();
    assert_eq!(healed.counts.imported, wrong.counts.quarantined - 1);
    for one in expected(&fixture("expected-small.json")) {
        let same = text(&vault, one.kind, &one.address) == one.json;
        assert_eq!(same, one.address != went_on || one.kind == Kind::Config, "{:?}", one.address);
    }
    assert_eq!(
        vault.get(Kind::Connection, &address("twitter", "site:0", "default")).unwrap().with_about().1.status,
        "active"
    );
    assert_eq!(vault.info().unwrap().counts.kept, 0);
}

#[test]
fn a_provider_that_becomes_known_is_imported_then() {
    let site = Site::new("import-known");
    let vault = site.open();
    import(&vault, &fixture("mixed.serialized"));
    let mut options = site.options();
    options.catalogue = Some(br#"{"providers":{"gone_provider":{"name":"Back again","auth":["oauth2"],"members":{},"use":["access_token"],"secrets":["access_token","client_secret"]}}}"#.to_vec());
    let vault = Vault::open(&options, &[support::key(1)]).unwrap();
    import(&vault, &fixture("mixed.serialized"));
    let account = text(&vault, Kind::Connection, &address("gone_provider", "site:0", "default"));
    assert_eq!(account, r#"{"access_token":"fake-gone-plain","x":[1,null,true]}"#);
}

#[test]
fn hostile_options_are_refused_and_nothing_is_imported() {
    let site = Site::new("import-hostile");
    let vault = site.open();
    let deep = "a:1:{i:0;".repeat(1_000_000);
    let hostile: [&[u8]; 9] = [
        b"",
        b"O:8:\"stdClass\":1:{s:1:\"a\";i:1;}",
        b"a:1:{s:6:\"reddit\";R:1;}",
        b"a:2:{s:1:\"a\";a:0:{}s:1:\"b\";r:2;}",
        b"a:999999999999:{}",
        b"a:1:{s:9999999999:\"x\";i:1;}",
        b"a:-1:{}",
        b"a:1:{s:6:\"reddit\";a:0:{}}trailing",
        deep.as_bytes(),
    ];
    for option in hostile {
        let error = vault.import(option, &[salt()], PHP).err().unwrap();
        assert_eq!(error.code(), Code::ImportRefused, "{error}");
    }
    assert_eq!(vault.info().unwrap().counts.connections, 0);
}
