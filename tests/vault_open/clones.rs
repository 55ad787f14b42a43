//! A copy of a site, with a copy of its store: opened as one, and adopted.

use dm_connections::domain::UnixTime;
use dm_connections::vault::{
    AuditQuery, Cloned, Code, Error, Facts, Format, ImportOptions, Kind, Options, PruneOptions, Revocation,
    Vault, Which,
};

use crate::says;
use crate::support::acting::{any, asking, wanted};
use crate::support::process::{Actor, Role, hear, say};
use crate::support::{SITE, Site, address, document, fixture, key, refused, salt, text};

const CONN: Kind = Kind::Connection;
const STAGING: &str = "https://staging.example.org";

fn of(site: &Site, opened_by: &str, clone: Cloned) -> Options {
    Options { site: opened_by.to_owned(), clone, ..site.options() }
}

fn open(site: &Site, opened_by: &str, clone: Cloned) -> Vault {
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
    let options = Options { clone: Cloned::Used, ..Options::new(&role.store, hear().unwrap()) };
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
        let clone = open(&site, STAGING, Cloned::Used);
        save(&clone, r#"{"n":2}"#);
        assert_eq!((saved(&clone), seen(&clone)), (r#"{"n":2}"#.to_owned(), copied_from(SITE)));
        // Who does not say so is refused as ever, and the site itself is no clone, whatever it says.
        refused(Vault::open(&of(&site, STAGING, Cloned::Refused), &[key(1)]), Code::SiteMismatch);
        assert_eq!(seen(&open(&site, SITE, Cloned::Used)), belongs_to(SITE));
        assert_eq!(seen(&site.open()), belongs_to(SITE));
        assert_eq!(seen(&clone), copied_from(SITE));
        // It is no way past the store's id or its key.
        let other = Some("0123456789abcdef0123456789abcdef".parse().unwrap());
        let options = Options { store_id: other, ..of(&site, STAGING, Cloned::Used) };
        refused(Vault::open(&options, &[key(1)]), Code::StoreMismatch);
        refused(Vault::open(&of(&site, STAGING, Cloned::Used), &[key(2)]), Code::WrongKey);
    }
}

/// A change of the store, and what it is called.
type Change = (&'static str, fn(&Vault) -> Result<(), Error>);

fn changes() -> Vec<Change> {
    const AT: fn() -> dm_connections::vault::Address = || address("reddit", "user:1", "default");
    vec![
        ("save", |vault| vault.save(CONN, &AT(), &document(r#"{"n":2}"#), &Facts::default()).map(drop)),
        ("merge", |vault| vault.merge(CONN, &AT(), &document(r#"{"n":2}"#), &Facts::default()).map(drop)),
        ("save of a config", |vault| {
            let at = address("reddit", "site:0", "default");
            vault.save(Kind::Config, &at, &document("{}"), &Facts::default()).map(drop)
        }),
        ("delete", |vault| vault.delete(CONN, &AT(), None).map(drop)),
        ("delete of nothing", |vault| {
            vault.delete(CONN, &address("reddit", "user:9", "default"), None).map(drop)
        }),
        ("disconnect", |vault| vault.disconnect(&AT(), &Default::default()).map(drop)),
        ("clear", |vault| vault.clear(&"user:1".parse().unwrap(), None).map(drop)),
        ("status", |vault| vault.set_status(&AT(), "needs_reauth".parse().unwrap(), None).map(drop)),
        ("import", |vault| {
            vault.import(&fixture("mixed.serialized"), &[salt()], ImportOptions::new(Format::Php)).map(drop)
        }),
        ("option", |vault| vault.write_option(None, b"{}", &[salt()], Format::Json).map(drop)),
        ("grant", |vault| vault.create_grant(&any("user:1", "reddit", "agent:8")).map(drop)),
        ("revoke", |vault| {
            let which = Which::Agent("agent:7".parse().unwrap());
            vault.revoke_grants(&Revocation { which, by: "user:1".into(), why: None }).map(drop)
        }),
        ("key", |vault| vault.add_key(&key(2)).map(drop)),
        ("rewrap", |vault| vault.rewrap().map(drop)),
        ("prune", |vault| vault.prune_audit(PruneOptions::before(UnixTime::new(1).unwrap())).map(drop)),
        ("events", |vault| vault.events_forget(&"staging".parse().unwrap()).map(drop)),
        ("due", |vault| vault.due(&Default::default()).map(drop)),
    ]
}

#[test]
fn a_clone_to_be_read_is_not_changed() {
    let site = Site::new("clone-read");
    let live = site.open();
    save(&live, r#"{"access_token":"t","n":1}"#);
    live.create_grant(&any("user:1", "reddit", "agent:7")).unwrap();
    let before = (live.info().unwrap().writes, saved(&live));
    let clone = open(&site, STAGING, Cloned::Read);
    for (name, change) in changes() {
        let error = change(&clone).expect_err(name);
        assert_eq!(error.code(), Code::ClonedSite, "{name}: {}", error.message());
        says(&error, &[&format!("belongs to {SITE}, and {STAGING} opened it"), "dm_store_adopt"]);
    }
    assert_eq!((live.info().unwrap().writes, saved(&clone)), before);
    assert_eq!(seen(&clone), copied_from(SITE));

    // What it hands out to an agent is recorded in the store it came from.
    let acquired = clone.acquire(&asking("user:1", "agent:7"), &wanted("reddit", &[])).unwrap();
    assert!(acquired.answer.allowed && acquired.credential.is_some());
    let uses = AuditQuery { event: Some("acquired".into()), ..AuditQuery::default() };
    assert_eq!(live.audit(&uses).unwrap().items.len(), 1);

    // The site itself is none, whatever it says; nor is who adopted it.
    save(&open(&site, SITE, Cloned::Read), r#"{"n":3}"#);
    clone.adopt().unwrap();
    save(&clone, r#"{"n":4}"#);
    assert_eq!(saved(&live), r#"{"n":4}"#);
}

#[test]
fn a_store_that_a_clone_makes_is_its_own() {
    let site = Site::new("clone-makes");
    assert_eq!(seen(&open(&site, STAGING, Cloned::Used)), belongs_to(STAGING));
}

#[test]
fn adopting_what_is_ones_own_writes_nothing() {
    let site = Site::new("adopt-own");
    for clone in [Cloned::Refused, Cloned::Read, Cloned::Used] {
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
    let clone = open(&site, STAGING, Cloned::Used);
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
    assert_eq!(seen(&open(&site, SITE, Cloned::Used)), copied_from(STAGING));
    // By now its own: nothing more is to be said at open.
    assert_eq!(seen(&open(&site, STAGING, Cloned::Refused)), belongs_to(STAGING));
    dm_connections::vault::close_all();
    assert_eq!(seen(&open(&site, STAGING, Cloned::Refused)), belongs_to(STAGING));
}

#[test]
fn another_process_that_adopts_leaves_open_handles_alone() {
    let site = Site::new("adopt-elsewhere");
    let live = site.open();
    save(&live, r#"{"n":1}"#);
    let clone = open(&site, STAGING, Cloned::Used);
    adopt_elsewhere(&site, STAGING, SITE);
    assert_eq!((seen(&clone), seen(&live)), (belongs_to(STAGING), copied_from(STAGING)));
    assert_eq!(clone.adopt().unwrap().before, STAGING, "somebody did it already");
    // The next one to open it learns of it, and closes nobody's handle.
    assert_eq!(seen(&open(&site, STAGING, Cloned::Refused)), belongs_to(STAGING));
    refused(site.open_with(&[key(1)]), Code::SiteMismatch);
    assert_eq!(saved(&live), r#"{"n":1}"#);
    adopt_elsewhere(&site, SITE, STAGING);
    assert_eq!(seen(&site.open()), belongs_to(SITE));
    assert_eq!(saved(&clone), r#"{"n":1}"#);
}

#[test]
fn a_file_of_another_site_in_the_stores_place_is_another_store() {
    let site = Site::new("adopt-restore");
    let clone = open(&site, STAGING, Cloned::Used);
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
    assert_eq!(seen(&open(&site, STAGING, Cloned::Refused)), belongs_to(STAGING));
    // The same store, and a backup of the time when it was the live site's.
    let clone = open(&site, STAGING, Cloned::Used);
    put("live");
    refused(clone.info(), Code::StoreReplaced);
    refused(Vault::open(&of(&site, STAGING, Cloned::Refused), &[key(1)]), Code::SiteMismatch);
    assert_eq!(seen(&open(&site, STAGING, Cloned::Used)), copied_from(SITE));
    // One of its own time goes on under everybody's hands.
    let clone = open(&site, STAGING, Cloned::Used);
    clone.adopt().unwrap();
    put("staging");
    assert_eq!(seen(&clone), belongs_to(STAGING));
}

#[test]
fn a_newer_store_is_not_adopted() {
    let site = Site::new("adopt-newer");
    let clone = open(&site, STAGING, Cloned::Used);
    site.sql()
        .execute_batch("UPDATE store SET schema = 9, min_writer = 9, site = 'https://example.org'")
        .unwrap();
    refused(clone.adopt(), Code::StoreNewer);
    assert_eq!(seen(&clone), copied_from(SITE));
}
