//! Saving, merging, reading, deleting and finding, as a caller sees them.
#![allow(missing_docs)]

mod support;

use dm_connections::domain::{RemoteId, Status, UnixTime};
use dm_connections::vault::{Code, Facts, Kind, Query, Vault};
use support::{Site, address, document, refused, text};

const CONN: Kind = Kind::Connection;

fn save(vault: &Vault, owner: &str, account: &str, json: &str) -> dm_connections::vault::Saved {
    vault.save(CONN, &address("twitter", owner, account), &document(json), &Facts::default()).unwrap()
}

#[test]
fn documents_come_back_byte_for_byte() {
    let site = Site::new("bytes");
    let vault = site.open();
    let at = address("reddit", "user:12", "default");
    for json in [
        r#"{}"#,
        r#"[]"#,
        r#"{"b":1,"a":2.0,"c":-0.0,"big":9223372036854775807,"huge":123456789012345678901234567890}"#,
        "{ \"spaced\" :\t[ ] , \"nested\": {\"x\": {}} }",
        r#"{"é":"音楽 🎧","esc":"\u00e9\/\n","nul":"\u0000"}"#,
    ] {
        vault.save(CONN, &at, &document(json), &Facts::default()).unwrap();
        assert_eq!(text(&vault, CONN, &at), json);
    }
}

#[test]
fn the_id_stays_while_the_remote_identity_is_the_same_or_unknown() {
    let site = Site::new("identity");
    let vault = site.open();
    let first = save(&vault, "user:1", "default", r#"{"user_id":"42","access_token":"a"}"#);
    assert!(first.created && first.replaced.is_none());
    let same = save(&vault, "user:1", "default", r#"{"user_id":"42","access_token":"b"}"#);
    let unknown = save(&vault, "user:1", "default", r#"{"access_token":"c"}"#);
    assert_eq!((&same.id, &unknown.id), (&first.id, &first.id));
    assert!(unknown.revision > same.revision && same.revision > first.revision);
    let about = vault.get(CONN, &address("twitter", "user:1", "default")).unwrap().with_about().1;
    assert_eq!(about.remote_id.as_deref(), Some("42"));
    let replace = Facts { replace: true, ..Facts::default() };
    let at = address("twitter", "user:1", "default");
    let other = vault.save(CONN, &at, &document(r#"{"user_id":"43","access_token":"d"}"#), &replace).unwrap();
    assert_ne!(other.id, first.id);
    assert_eq!(other.replaced.as_deref(), Some(first.id.as_str()));
    assert_eq!(vault.info().unwrap().counts.connections, 1);
    let told = Facts { replace: true, ..named("44") };
    let saved = vault.save(CONN, &at, &document("{}"), &told).unwrap();
    assert_eq!(saved.replaced, Some(other.id));
}

fn named(remote_id: &str) -> Facts {
    Facts { remote_id: Some(Some(remote_id.parse::<RemoteId>().unwrap())), ..Facts::default() }
}

#[test]
fn another_remote_account_is_refused_where_nobody_says_that_it_may_take_the_place() {
    let site = Site::new("another");
    let vault = site.open();
    let at = address("twitter", "user:1", "default");
    let stored = r#"{"user_id":"42","access_token":"canary-a"}"#;
    let first = save(&vault, "user:1", "default", stored);
    let before = || (text(&vault, CONN, &at), vault.get(CONN, &at).unwrap().with_about().1);
    let (present, changes) = (before(), vault.audit(&Default::default()).unwrap().items.len());
    let other = document(r#"{"user_id":"43","access_token":"canary-b"}"#);
    let only_the_name = document(r#"{"user_id":"43"}"#);
    let all = [
        vault.save(CONN, &at, &other, &Facts::default()),
        vault.save(CONN, &at, &document("{}"), &named("43")),
        vault.merge(CONN, &at, &other, &Facts::default()),
        vault.merge(CONN, &at, &only_the_name, &Facts::default()),
        vault.merge(CONN, &at, &document("{}"), &named("43")),
        vault.save(CONN, &at, &other, &Facts { if_revision: Some(first.revision), ..Facts::default() }),
    ];
    for result in all {
        let error = refused(result, Code::Conflict);
        assert_eq!((&error.detail()["remote_id"], &error.detail()["present"]), (&"43".into(), &"42".into()));
        assert!(["42", "43", "`replace`"].iter().all(|part| error.message().contains(part)), "{error}");
        assert_eq!(before(), present);
    }
    assert_eq!(vault.audit(&Default::default()).unwrap().items.len(), changes, "and no record of it");
    // Elsewhere it is welcome, and so is the first account that a row without one gets.
    vault.save(CONN, &address("twitter", "user:1", "second"), &other, &Facts::default()).unwrap();
    let unknown = address("twitter", "user:2", "default");
    let made = vault.save(CONN, &unknown, &document(r#"{"a":1}"#), &Facts::default()).unwrap();
    assert_eq!(vault.merge(CONN, &unknown, &only_the_name, &Facts::default()).unwrap().id, made.id);
    // A patch takes its place as a save does.
    let replace = Facts { replace: true, ..Facts::default() };
    let taken = vault.merge(CONN, &at, &only_the_name, &replace).unwrap();
    assert_eq!(taken.replaced, Some(first.id));
    assert_eq!(text(&vault, CONN, &at), r#"{"user_id":"43","access_token":"canary-a"}"#);
    // An app config has no account.
    let config = |json| vault.save(Kind::Config, &at, &document(json), &Facts::default()).unwrap();
    assert_eq!(config(r#"{"user_id":"1"}"#).id, config(r#"{"user_id":"2"}"#).id);
}

/// What somebody said of the account at a save is another name than its document has: a renewal's patch, which says
/// nothing of the account, must go on.
#[test]
fn a_patch_that_says_nothing_new_of_the_account_leaves_it_as_it_was_said() {
    let site = Site::new("said");
    let vault = site.open();
    let at = address("twitter", "user:1", "default");
    let document_says = document(r#"{"user_id":"42","access_token":"a"}"#);
    let first = vault.save(CONN, &at, &document_says, &named("said")).unwrap();
    for patch in [r#"{"access_token":"b"}"#, r#"{"user_id":"42","access_token":"c"}"#] {
        let saved = vault.merge(CONN, &at, &document(patch), &Facts::default()).unwrap();
        assert_eq!((&saved.id, saved.replaced), (&first.id, None));
    }
    let about = vault.get(CONN, &at).unwrap().with_about().1;
    assert_eq!(about.remote_id.as_deref(), Some("said"));
    let again = refused(vault.save(CONN, &at, &document_says, &Facts::default()), Code::Conflict);
    assert_eq!((&again.detail()["remote_id"], &again.detail()["present"]), (&"42".into(), &"said".into()));
}

#[test]
fn a_name_that_is_to_be_one_owners_only_is_refused_to_others() {
    let site = Site::new("exclusive");
    let vault = site.open();
    let exclusive = Facts { exclusive_name: true, ..Facts::default() };
    let of = |provider: &str, owner: &str| address(provider, owner, "press");
    let (mine, theirs) = (of("twitter", "user:1"), of("twitter", "agent:7"));
    vault.save(CONN, &mine, &document(r#"{"a":"canary"}"#), &exclusive).unwrap();
    // Again under one's own, elsewhere, and by who does not ask.
    vault.save(CONN, &mine, &document("{}"), &exclusive).unwrap();
    vault.save(CONN, &of("reddit", "user:2"), &document("{}"), &exclusive).unwrap();
    let config =
        vault.save(Kind::Config, &address("twitter", "user:2", "default"), &document("{}"), &exclusive);
    assert!(config.unwrap().created);
    let taken = refused(vault.save(CONN, &theirs, &document("{}"), &exclusive), Code::Conflict);
    assert_eq!(taken.detail()["holder"], "user:1");
    assert!(taken.message().contains("user:1") && taken.message().contains("another name"), "{taken}");
    refused(vault.get(CONN, &theirs), Code::NotFound);
    vault.save(CONN, &theirs, &document("{}"), &Facts::default()).unwrap();
    let both = refused(vault.merge(CONN, &mine, &document(r#"{"b":1}"#), &exclusive), Code::Conflict);
    assert_eq!(both.detail()["holder"], "agent:7");
    vault.delete(CONN, &mine, None).unwrap();
    vault.save(CONN, &theirs, &document(r#"{"b":1}"#), &exclusive).unwrap();
}

#[test]
fn of_many_who_want_the_same_name_at_once_one_gets_it() {
    let site = Site::new("exclusive-race");
    let exclusive = Facts { exclusive_name: true, ..Facts::default() };
    let vault = site.open();
    let save = &|number: u32| {
        let at = address("twitter", &format!("user:{number}"), "press");
        vault.save(CONN, &at, &document("{}"), &exclusive).is_ok()
    };
    let won = std::thread::scope(|scope| {
        let all: Vec<_> = (1..=8).map(|number| scope.spawn(move || save(number))).collect();
        all.into_iter().map(|one| one.join().unwrap()).filter(|won| *won).count()
    });
    assert_eq!(won, 1);
    assert_eq!(vault.info().unwrap().counts.connections, 1);
}

#[test]
fn compare_and_swap_tells_when_the_row_moved() {
    let site = Site::new("cas");
    let vault = site.open();
    let at = address("reddit", "user:1", "default");
    let given = |revision| Facts { if_revision: Some(revision), ..Facts::default() };
    let none = vault.save(CONN, &at, &document("{}"), &given(3)).err().unwrap();
    assert_eq!((none.code(), none.detail()["revision"].as_i64()), (Code::Conflict, Some(0)));
    let first = vault.save(CONN, &at, &document(r#"{"a":1}"#), &given(0)).unwrap();
    assert_eq!(vault.save(CONN, &at, &document("{}"), &given(0)).err().unwrap().code(), Code::Conflict);
    let second = vault.merge(CONN, &at, &document(r#"{"b":2}"#), &given(first.revision)).unwrap();
    let late = vault.save(CONN, &at, &document("{}"), &given(first.revision)).err().unwrap();
    assert_eq!((late.code(), late.detail()["revision"].as_i64()), (Code::Conflict, Some(second.revision)));
    assert_eq!(vault.delete(CONN, &at, Some(first.revision)).err().unwrap().code(), Code::Conflict);
    assert_eq!(text(&vault, CONN, &at), r#"{"a":1,"b":2}"#);
}

#[test]
fn a_deleted_and_newly_made_row_is_not_taken_for_the_one_that_was_read() {
    let site = Site::new("aba");
    let vault = site.open();
    let at = address("reddit", "user:1", "default");
    let read = vault.save(CONN, &at, &document("{}"), &Facts::default()).unwrap().revision;
    vault.delete(CONN, &at, None).unwrap();
    let anew = vault.save(CONN, &at, &document("{}"), &Facts::default()).unwrap().revision;
    assert!(anew > read);
    let facts = Facts { if_revision: Some(read), ..Facts::default() };
    assert_eq!(vault.save(CONN, &at, &document("{}"), &facts).err().unwrap().code(), Code::Conflict);
}

#[test]
fn merging_is_phps_array_merge_on_the_top_level() {
    let site = Site::new("merge");
    let vault = site.open();
    let at = address("reddit", "site:0", "default");
    assert_eq!(
        vault.merge(CONN, &at, &document("{}"), &Facts::default()).err().unwrap().code(),
        Code::NotFound
    );
    vault.save(CONN, &at, &document(r#"{"a":{"x":1},"b":2,"c":3}"#), &Facts::default()).unwrap();
    vault.merge(CONN, &at, &document(r#"{"d":4,"a":{"y":2},"c":null}"#), &Facts::default()).unwrap();
    assert_eq!(text(&vault, CONN, &at), r#"{"a":{"y":2},"b":2,"c":null,"d":4}"#);
    vault.merge(CONN, &at, &document("[]"), &Facts::default()).unwrap();
    assert_eq!(text(&vault, CONN, &at), r#"{"a":{"y":2},"b":2,"c":null,"d":4}"#);
}

#[test]
fn statuses_follow_their_transitions_and_credentials_make_active_again() {
    let site = Site::new("status");
    let vault = site.open();
    let at = address("reddit", "user:1", "default");
    let pending = Facts { status: Some(Status::Pending), ..Facts::default() };
    assert_eq!(vault.save(CONN, &at, &document("{}"), &pending).unwrap().status, "pending");
    let wrong = vault.set_status(&at, Status::NeedsReauth, None).err().unwrap();
    assert_eq!(wrong.code(), Code::InvalidTransition);
    vault.set_status(&at, Status::Active, None).unwrap();
    let about = vault.set_status(&at, Status::NeedsReauth, Some("answer_lost")).unwrap();
    assert_eq!((about.status.as_str(), about.status_cause.as_deref()), ("needs_reauth", Some("answer_lost")));
    let plain = vault.merge(CONN, &at, &document(r#"{"username":"x"}"#), &Facts::default()).unwrap();
    assert_eq!(plain.status, "needs_reauth");
    let tokens = vault.merge(CONN, &at, &document(r#"{"access_token":"x"}"#), &Facts::default()).unwrap();
    assert_eq!(tokens.status, "active");
    vault.set_status(&at, Status::Revoked, None).unwrap();
    assert_eq!(vault.set_status(&at, Status::Active, None).err().unwrap().code(), Code::InvalidTransition);
    assert_eq!(vault.save(CONN, &at, &document("{}"), &Facts::default()).unwrap().status, "active");
}

#[test]
fn finding_pages_through_and_never_shows_a_secret() {
    let site = Site::new("find");
    let vault = site.open();
    for user in 1..=25 {
        let expires = if user <= 5 { 1_000_000_000 } else { 4_000_000_000_i64 };
        let json = format!(
            r#"{{"access_token":"canary-token","scope":"read write","token_expires_at":{expires},"username":"u{user}"}}"#
        );
        vault
            .save(
                CONN,
                &address("reddit", &format!("user:{user}"), "default"),
                &document(&json),
                &Facts::default(),
            )
            .unwrap();
        save(&vault, &format!("user:{user}"), "second", &format!(r#"{{"user_id":"{user}"}}"#));
    }
    let all = |query: Query| {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = vault.find(CONN, &Query { after, limit: Some(7), ..query.clone() }).unwrap();
            assert!(page.items.len() <= 7);
            assert!(!serde_json::to_string(&page).unwrap().contains("canary"));
            found.extend(page.items);
            match page.next {
                Some(next) => after = Some(next.parse().unwrap()),
                None => break found,
            }
        }
    };
    let provider = |slug: &str| Some(slug.parse().unwrap());
    assert_eq!(all(Query::default()).len(), 50);
    let ids: std::collections::BTreeSet<_> =
        all(Query::default()).into_iter().map(|about| about.id).collect();
    assert_eq!(ids.len(), 50);
    assert_eq!(all(Query { provider: provider("reddit"), ..Query::default() }).len(), 25);
    assert_eq!(all(Query { owner: Some("user:3".parse().unwrap()), ..Query::default() }).len(), 2);
    assert_eq!(all(Query { account: Some("second".parse().unwrap()), ..Query::default() }).len(), 25);
    assert_eq!(all(Query { remote_id: Some("7".parse().unwrap()), ..Query::default() }).len(), 1);
    assert_eq!(all(Query { status: Some(Status::Expired), ..Query::default() }).len(), 5);
    assert_eq!(all(Query { status: Some(Status::Active), ..Query::default() }).len(), 45);
    let soon = UnixTime::new(2_000_000_000).unwrap();
    assert_eq!(all(Query { expiring_before: Some(soon), ..Query::default() }).len(), 5);
    let reddit = vault.status(Some(&"reddit".parse().unwrap()), None).unwrap();
    assert_eq!((reddit.providers[0].statuses["expired"], reddit.providers[0].statuses["active"]), (5, 20));
    assert!(reddit.providers[0].connected && !reddit.providers[0].configured);
    let nobody = vault.status(Some(&"tumblr".parse().unwrap()), Some(&"user:3".parse().unwrap())).unwrap();
    assert!(!nobody.providers[0].connected && nobody.providers[0].statuses.is_empty());
    let unknown = vault.status(Some(&"of_nobody".parse().unwrap()), None).unwrap();
    assert_eq!((&nobody.providers[0].name[..], &unknown.providers[0].name[..]), ("Tumblr", "of_nobody"));
}

#[test]
fn app_configs_stand_beside_connections() {
    let site = Site::new("config");
    let vault = site.open();
    let at = address("reddit", "site:0", "default");
    vault
        .save(Kind::Config, &at, &document(r#"{"client_id":"i","client_secret":"s"}"#), &Facts::default())
        .unwrap();
    assert_eq!(vault.get(CONN, &at).err().unwrap().code(), Code::NotFound);
    assert_eq!(text(&vault, Kind::Config, &at), r#"{"client_id":"i","client_secret":"s"}"#);
    let status = vault.status(None, None).unwrap();
    assert!(status.providers[0].configured && !status.providers[0].connected);
    let half = Facts { status: Some(Status::Pending), ..Facts::default() };
    vault.save(Kind::Config, &at, &document(r#"{"client_id":"i"}"#), &half).unwrap();
    assert!(!vault.status(None, None).unwrap().providers[0].configured);
    vault
        .save(Kind::Config, &at, &document(r#"{"client_id":"i","client_secret":"s"}"#), &Facts::default())
        .unwrap();
    assert!(vault.status(None, None).unwrap().providers[0].configured);
    assert!(vault.delete(Kind::Config, &at, None).unwrap().deleted);
    assert!(!vault.delete(Kind::Config, &at, None).unwrap().deleted);
}
