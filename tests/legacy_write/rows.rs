//! Accounts and configs that come, change and go.

use dm_connections::vault::{Facts, GrantQuery, Origin};
use serde_json::json;

use crate::support::audit::sound;
use crate::support::{Site, address, document, fixture, import};
use crate::*;

fn mixed(name: &str) -> (Site, Vault, Value) {
    let site = Site::new(name);
    let vault = site.open();
    import(&vault, &fixture("mixed.serialized"));
    let base = option(&vault);
    (site, vault, base)
}

fn revision(vault: &Vault, provider: &str, owner: &str, account: &str) -> i64 {
    vault.get(CONN, &address(provider, owner, account)).unwrap().with_about().1.revision
}

/// The events and codes of the records about rows since the last so many.
fn records(site: &Site, behind: i64) -> Vec<String> {
    let sql = site.sql();
    let query = "SELECT event || ' ' || coalesce(json_extract(record, '$.code'), '-') FROM audit WHERE sequence > ?1 \
                 AND about_row ORDER BY sequence";
    let mut statement = sql.prepare(query).unwrap();
    statement.query_map([behind], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn last_record(site: &Site) -> i64 {
    site.sql().query_row("SELECT max(sequence) FROM audit", [], |row| row.get(0)).unwrap()
}

#[test]
fn only_the_row_that_changed_is_written_and_of_it_only_what_changed() {
    let (site, vault, base) = mixed("write-member");
    let (before, last) = (state(&site), last_record(&site));
    let mut option = base.clone();
    option["reddit"]["account"]["note"] = json!("another");
    option["reddit"]["account"].as_object_mut().unwrap().shift_remove("scope");
    option["reddit"]["account"]["new"] = json!({"n": [1.0, null]});
    let report = write(&vault, &base, &option);
    assert_eq!(told(&report), ["reddit/account saved changed"]);
    assert_eq!((report.counts.saved, report.counts.deleted), (1, 0));
    let after = state(&site);
    let rows = |state: &[String]| {
        state
            .iter()
            .filter(|one| !one.starts_with("writes") && !one.starts_with("records"))
            .cloned()
            .collect::<Vec<_>>()
    };
    let (before, after) = (rows(&before), rows(&after));
    let differs = before.iter().filter(|one| !after.contains(one)).count();
    // The row, and its line of the ledger.
    assert_eq!((differs, before.len()), (2, after.len()));
    assert_eq!(records(&site, last), ["merged option"]);
    sound(&vault);
}

#[test]
fn what_somebody_saved_meanwhile_stays_where_the_writer_did_not_touch_it() {
    let (_site, vault, base) = mixed("write-three-way");
    let site_account = address("reddit", "site:0", "default");
    // A token that was rotated, by a class that stores it itself; and upstream's own save of all it read before.
    let rotated = r#"{"refresh_token":"canary-rotated","access_token":"canary-new","meanwhile":1}"#;
    vault.merge(CONN, &site_account, &document(rotated), &Facts::default()).unwrap();
    let mut option = base.clone();
    let account = &mut option["reddit"]["account"];
    account["note"] = json!("another");
    for member in ["access_token", "refresh_token"] {
        let plain = opened(&account[member]);
        account[member] = sealed(plain.as_str().unwrap());
    }
    let report = write_only(&vault, Some(&base), &option);
    assert_eq!(told(&report), ["reddit/account saved changed"]);
    let now: Value = serde_json::from_str(&text(&vault, "reddit", "site:0", "default")).unwrap();
    assert_eq!(now["refresh_token"], "canary-rotated");
    assert_eq!(now["access_token"], "canary-new");
    assert_eq!((&now["note"], &now["meanwhile"]), (&json!("another"), &json!(1)));
}

#[test]
fn of_two_writers_of_one_member_the_last_wins_and_what_each_took_away_is_gone() {
    let (_site, vault, base) = mixed("write-last");
    let (mut one, mut other) = (base.clone(), base.clone());
    one["reddit"]["account"]["note"] = json!("one");
    one["reddit"]["account"].as_object_mut().unwrap().shift_remove("scope");
    other["reddit"]["account"]["note"] = json!("other");
    other["reddit"]["account"]["of_other"] = json!(true);
    write_only(&vault, Some(&base), &one);
    write_only(&vault, Some(&base), &other);
    let now = &option(&vault)["reddit"]["account"];
    assert_eq!((&now["note"], &now["of_other"]), (&json!("other"), &json!(true)));
    assert_eq!(now.get("scope"), None);
}

#[test]
fn accounts_configs_principals_and_names_come_and_go() {
    let (site, vault, base) = mixed("write-all");
    let last = last_record(&site);
    let mut option = base.clone();
    // Behind everything that was there, in the order in which they were written.
    option["http_basic"]["account"] = json!({"b": 2});
    option["reddit"]["accounts"] = json!({"z": {"access_token": sealed("canary-z")}, "a": {"n": 1}});
    option["reddit"]["principals"]["user:900"] =
        json!({"config": {"app_id": "5"}, "account": {"x": 1}, "accounts": {"second": {"y": 1}}});
    let report = write(&vault, &base, &option);
    let mut created = told(&report);
    created.sort();
    assert_eq!(
        created,
        [
            "http_basic/account saved created",
            "reddit/accounts/a saved created",
            "reddit/accounts/z saved created",
            "reddit/principals/user:900/account saved created",
            "reddit/principals/user:900/accounts/second saved created",
            "reddit/principals/user:900/config saved created",
        ]
    );
    assert_eq!(records(&site, last), ["saved option"; 6]);
    assert_eq!(text(&vault, "reddit", "site:0", "z"), r#"{"access_token":"canary-z"}"#);

    let last = last_record(&site);
    let base = self::option(&vault);
    let mut option = base.clone();
    option["reddit"]["accounts"].as_object_mut().unwrap().shift_remove("z");
    option["reddit"]["principals"]["user:900"].as_object_mut().unwrap().shift_remove("config");
    option.as_object_mut().unwrap().shift_remove("http_basic");
    option["reddit"].as_object_mut().unwrap().shift_remove("account");
    let report = write(&vault, &base, &option);
    assert_eq!(report.counts.deleted, 5);
    assert!(outcomes(&report).iter().all(|outcome| *outcome == WriteOutcome::Deleted));
    assert_eq!(records(&site, last), ["deleted option"; 5]);
    sound(&vault);
}

#[test]
fn a_whole_provider_goes_with_its_grants_and_its_blobs() {
    let (site, vault, base) = mixed("write-provider");
    assert!(
        !vault
            .list_grants(&GrantQuery { origin: Some(Origin::OwnAccount), ..Default::default() })
            .unwrap()
            .items
            .is_empty()
    );
    let sealed: Vec<u8> = site
        .sql()
        .query_row(
            "SELECT sealed FROM connections WHERE provider = 'reddit' AND owner = 'site:0' AND kind = 0",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let mut option = base.clone();
    option.as_object_mut().unwrap().shift_remove("reddit");
    option.as_object_mut().unwrap().shift_remove("email_imap");
    let report = write(&vault, &base, &option);
    let reddit = report.entries.iter().filter(|one| one.path[0] == "reddit");
    assert!(reddit.clone().count() > 3 && reddit.clone().all(|one| one.outcome == WriteOutcome::Deleted));
    let alive = |origin| {
        let query = GrantQuery { origin: Some(origin), limit: Some(1000), ..GrantQuery::default() };
        let grants = vault.list_grants(&query).unwrap().items;
        grants.into_iter().filter(|one| one.status == Some("active") && one.provider != "reddit").count()
    };
    assert_eq!(alive(Origin::Delegation), 0);
    let part = &sealed[sealed.len() - 24..];
    for (path, bytes) in site.every_byte() {
        assert!(!bytes.windows(part.len()).any(|window| window == part), "{path:?}");
    }
    sound(&vault);
}

#[test]
fn an_agent_that_gets_an_account_gets_its_grant() {
    let (_site, vault, base) = mixed("write-own");
    let mut option = base.clone();
    option["linkedin"]["principals"]["agent:77"] = json!({"account": {"access_token": sealed("canary")}});
    write_only(&vault, Some(&base), &option);
    let query = GrantQuery { origin: Some(Origin::OwnAccount), limit: Some(1000), ..GrantQuery::default() };
    let grants = vault.list_grants(&query).unwrap().items;
    assert!(grants.iter().any(|grant| grant.agent == "agent:77" && grant.provider == "linkedin"));
}

#[test]
fn a_row_that_is_gone_is_saved_anew_by_who_changed_it() {
    let (_site, vault, base) = mixed("write-gone");
    let before: Value = serde_json::from_str(&text(&vault, "reddit", "site:0", "default")).unwrap();
    vault.delete(CONN, &address("reddit", "site:0", "default"), None).unwrap();
    let mut option = base.clone();
    option["reddit"]["account"]["note"] = json!("another");
    assert_eq!(told(&write_only(&vault, Some(&base), &option)), ["reddit/account saved created"]);
    let now: Value = serde_json::from_str(&text(&vault, "reddit", "site:0", "default")).unwrap();
    assert_eq!(now["note"], "another");
    assert_eq!(now["refresh_token"], before["refresh_token"]);
}

#[test]
fn over_a_row_that_came_meanwhile_the_members_are_laid() {
    let (_site, vault, base) = mixed("write-came");
    save(&vault, "bluesky", "site:0", "default", r#"{"mine":1,"both":1}"#);
    let mut option = base.clone();
    option["bluesky"]["account"] = json!({"both": 2, "new": 3});
    assert_eq!(told(&write_only(&vault, Some(&base), &option)), ["bluesky/account saved changed"]);
    assert_eq!(text(&vault, "bluesky", "site:0", "default"), r#"{"mine":1,"both":2,"new":3}"#);
}

#[test]
fn another_remote_account_takes_the_place_and_the_grants_of_the_first_end() {
    let (site, vault, base) = mixed("write-replaced");
    let id = vault.get(CONN, &address("twitter", "site:0", "default")).unwrap().with_about().1.id;
    let last = last_record(&site);
    let mut option = base.clone();
    option["twitter"]["account"]["user_id"] = json!("999");
    option["twitter"]["account"]["access_token"] = sealed("canary-of-another");
    assert_eq!(told(&write(&vault, &base, &option)), ["twitter/account saved replaced"]);
    let (_, about) = vault.get(CONN, &address("twitter", "site:0", "default")).unwrap().with_about();
    assert_ne!(about.id, id);
    assert_eq!(records(&site, last), ["deleted replaced", "merged option"]);
    // A change that says nothing of it is none.
    let base = self::option(&vault);
    let mut option = base.clone();
    option["twitter"]["account"]["username"] = json!("renamed");
    assert_eq!(told(&write(&vault, &base, &option)), ["twitter/account saved changed"]);
    let (_, now) = vault.get(CONN, &address("twitter", "site:0", "default")).unwrap().with_about();
    assert_eq!(now.id, about.id);
}

#[test]
fn other_owners_rows_are_not_touched_by_any_write() {
    let (_site, vault, base) = mixed("write-owners");
    for owner in ["org:acme", "site:3"] {
        save(&vault, "reddit", owner, "default", r#"{"a":1}"#);
    }
    let mut option = base.clone();
    option.as_object_mut().unwrap().shift_remove("reddit");
    write_only(&vault, Some(&base), &option);
    write_only(&vault, None, &json!({}));
    for owner in ["org:acme", "site:3"] {
        assert!(revision(&vault, "reddit", owner, "default") > 0);
    }
    assert_eq!(vault.info().unwrap().counts.connections, 2);
}

#[test]
fn an_envelope_of_a_member_of_its_class_is_remembered_and_leaves_as_one() {
    let (_site, vault, _) = mixed("write-enveloped");
    save(&vault, "bluesky", "site:0", "default", r#"{"app_password":"canary-1","n":1}"#);
    let with_it = option(&vault);
    assert_eq!(with_it["bluesky"]["account"]["app_password"], "canary-1");
    let mut option = with_it.clone();
    option["bluesky"]["account"]["app_password"] = sealed("canary-1");
    assert_eq!(told(&write(&vault, &with_it, &option)), ["bluesky/account saved changed"]);
    let now = self::option(&vault)["bluesky"]["account"]["app_password"].clone();
    assert!(now.as_str().unwrap().starts_with("dm:enc:v1:"));
}
