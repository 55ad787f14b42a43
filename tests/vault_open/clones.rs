//! A copy of a site, with a copy of its store: opened as one, and adopted.

use dm_connections::vault::{AuditQuery, Code, Facts, Kind, Options, Vault};

use crate::says;
use crate::support::process::{Actor, Role, hear, say};
use crate::support::{SITE, Site, address, document, key, refused, text};

const CONN: Kind = Kind::Connection;
const STAGING: &str = "https://staging.example.org";

fn of(site: &Site, opened_by: &str, clone: bool) -> Options {
    Options { site: opened_by.to_owned(), clone, ..site.options() }
}

fn open(site: &Site, opened_by: &str, clone: bool) -> Vault {
    Vault::open(&of(site, opened_by, clone), &[key(1)]).unwrap()
}

fn save(vault: &Vault, json: &str) {
    vault.save(CONN, &address("reddit", "user:1", "default"), &document(json), &Facts::default()).unwrap();
}

fn saved(vault: &Vault) -> String {
    text(vault, CONN, &address("reddit", "user:1", "default"))
}

/// Whose the store is, as a handle sees it, and whether it is a clone to that.
fn seen(vault: &Vault) -> (String, bool) {
    let info = vault.info().unwrap();
    (info.site, info.clone)
}

fn belongs_to(site: &str) -> (String, bool) {
    (site.to_owned(), false)
}

fn copied_from(site: &str) -> (String, bool) {
    (site.to_owned(), true)
}

/// Adopts the store, in a process of its own, for the site that the test names.
pub fn adopt(role: &Role) {
    let options = Options { clone: true, ..Options::new(&role.store, hear().unwrap()) };
    let adopted = Vault::open(&options, &[key(1)]).unwrap().adopt().unwrap();
    say(format!("{} {}", adopted.before, adopted.site));
}

fn adopt_elsewhere(site: &Site, by: &str, before: &str) {
    let mut actor = Actor::start("adopt", &site.store());
    actor.tell(by);
    actor.expect(&format!("{before} {by}"));
    actor.finish();
}

#[test]
fn a_clone_works_and_says_what_it_is() {
    let site = Site::new("clone");
    save(&site.open(), r#"{"n":1}"#);
    for open_already in [true, false] {
        if !open_already {
            dm_connections::vault::close_all();
        }
        let clone = open(&site, STAGING, true);
        save(&clone, r#"{"n":2}"#);
        assert_eq!((saved(&clone), seen(&clone)), (r#"{"n":2}"#.to_owned(), copied_from(SITE)));
        // Who does not say so is refused as ever, and the site itself is no clone, whatever it says.
        refused(Vault::open(&of(&site, STAGING, false), &[key(1)]), Code::SiteMismatch);
        assert_eq!(seen(&open(&site, SITE, true)), belongs_to(SITE));
        assert_eq!(seen(&site.open()), belongs_to(SITE));
        assert_eq!(seen(&clone), copied_from(SITE));
        // It is no way past the store's id or its key.
        let other = Some("0123456789abcdef0123456789abcdef".parse().unwrap());
        let options = Options { store_id: other, ..of(&site, STAGING, true) };
        refused(Vault::open(&options, &[key(1)]), Code::StoreMismatch);
        refused(Vault::open(&of(&site, STAGING, true), &[key(2)]), Code::WrongKey);
    }
}

#[test]
fn a_store_that_a_clone_makes_is_its_own() {
    let site = Site::new("clone-makes");
    assert_eq!(seen(&open(&site, STAGING, true)), belongs_to(STAGING));
}

#[test]
fn adopting_what_is_ones_own_writes_nothing() {
    let site = Site::new("adopt-own");
    for clone in [false, true] {
        let vault = open(&site, SITE, clone);
        let before = vault.info().unwrap().writes;
        let adopted = vault.adopt().unwrap();
        assert_eq!((adopted.site.as_str(), adopted.before.as_str()), (SITE, SITE));
        assert_eq!(vault.info().unwrap().writes, before);
    }
}

#[test]
fn an_adopted_store_belongs_to_the_site_that_adopted_it() {
    let site = Site::new("adopt");
    let live = site.open();
    save(&live, r#"{"n":1}"#);
    let clone = open(&site, STAGING, true);
    let adopted = clone.adopt().unwrap();
    assert_eq!((adopted.site.as_str(), adopted.before.as_str()), (STAGING, SITE));
    assert_eq!((seen(&clone), seen(&live)), (belongs_to(STAGING), copied_from(STAGING)));
    let events = AuditQuery { event: Some("adopted".into()), ..AuditQuery::default() };
    let page = clone.audit(&events).unwrap();
    let told: Vec<_> =
        page.items.iter().map(|item| (&item.details["site"], &item.details["site_was"])).collect();
    assert_eq!(told, [(&STAGING.into(), &SITE.into())]);

    // What was open under the earlier site reads and writes on, and does not take the store back by itself.
    save(&live, r#"{"n":2}"#);
    assert_eq!(saved(&clone), r#"{"n":2}"#);
    let error = refused(live.adopt(), Code::SiteMismatch);
    says(&error, &[&format!("belongs to {STAGING}, not to {SITE}"), "with the option clone"]);
    assert_eq!(seen(&live), copied_from(STAGING));
    refused(site.open_with(&[key(1)]), Code::SiteMismatch);
    assert_eq!(seen(&open(&site, SITE, true)), copied_from(STAGING));
    // By now its own: nothing more is to be said at open.
    assert_eq!(seen(&open(&site, STAGING, false)), belongs_to(STAGING));
    dm_connections::vault::close_all();
    assert_eq!(seen(&open(&site, STAGING, false)), belongs_to(STAGING));
}

#[test]
fn another_process_that_adopts_leaves_open_handles_alone() {
    let site = Site::new("adopt-elsewhere");
    let live = site.open();
    save(&live, r#"{"n":1}"#);
    let clone = open(&site, STAGING, true);
    adopt_elsewhere(&site, STAGING, SITE);
    assert_eq!((seen(&clone), seen(&live)), (belongs_to(STAGING), copied_from(STAGING)));
    assert_eq!(clone.adopt().unwrap().before, STAGING, "somebody did it already");
    // The next one to open it learns of it, and closes nobody's handle.
    assert_eq!(seen(&open(&site, STAGING, false)), belongs_to(STAGING));
    refused(site.open_with(&[key(1)]), Code::SiteMismatch);
    assert_eq!(saved(&live), r#"{"n":1}"#);
    adopt_elsewhere(&site, SITE, STAGING);
    assert_eq!(seen(&site.open()), belongs_to(SITE));
    assert_eq!(saved(&clone), r#"{"n":1}"#);
}

#[test]
fn a_file_of_another_site_in_the_stores_place_is_another_store() {
    let site = Site::new("adopt-restore");
    let clone = open(&site, STAGING, true);
    save(&clone, r#"{"n":1}"#);
    adopt_elsewhere(&site, SITE, STAGING);
    let put = |name: &str| {
        let new = site.store().join("connections.sqlite.new");
        std::fs::copy(site.root.join(name), &new).unwrap();
        std::fs::rename(new, site.database()).unwrap();
    };
    std::fs::copy(site.database(), site.root.join("live")).unwrap();
    let live = site.open();
    adopt_elsewhere(&site, STAGING, SITE);
    std::fs::copy(site.database(), site.root.join("staging")).unwrap();
    // The staging site's own, though this process has not looked since: the earlier owner's handle says so.
    put("staging");
    refused(live.info(), Code::StoreReplaced);
    assert_eq!(seen(&open(&site, STAGING, false)), belongs_to(STAGING));
    // The same store, and a backup of the time when it was the live site's.
    let clone = open(&site, STAGING, true);
    put("live");
    refused(clone.info(), Code::StoreReplaced);
    refused(Vault::open(&of(&site, STAGING, false), &[key(1)]), Code::SiteMismatch);
    assert_eq!(seen(&open(&site, STAGING, true)), copied_from(SITE));
    // One of its own time goes on under everybody's hands.
    let clone = open(&site, STAGING, true);
    clone.adopt().unwrap();
    put("staging");
    assert_eq!(seen(&clone), belongs_to(STAGING));
}

#[test]
fn a_newer_store_is_not_adopted() {
    let site = Site::new("adopt-newer");
    let clone = open(&site, STAGING, true);
    site.sql()
        .execute_batch("UPDATE store SET schema = 9, min_writer = 9, site = 'https://example.org'")
        .unwrap();
    refused(clone.adopt(), Code::StoreNewer);
    assert_eq!(seen(&clone), copied_from(SITE));
}
