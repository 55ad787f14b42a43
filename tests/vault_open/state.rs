//! What is at the place: something that is in use, no store, a newer one, another one.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use dm_connections::vault::{Code, Facts, Kind, Options, Query, Vault};
use rustix::fs::{FlockOperation, flock};

use crate::support::process::{Actor, Role, hear, say};
use crate::support::{SITE, Site, address, document, key, refused, text};
use crate::{files, says, set_mode};

const CONN: Kind = Kind::Connection;

/// Holds the store's locks until it is told to let go. Argument: `reader` or `writer`.
pub fn hold(role: &Role) {
    let how = match role.arguments[0].as_str() {
        "reader" => FlockOperation::LockShared,
        _ => FlockOperation::LockExclusive,
    };
    let lock = |name: &str| {
        let file = std::fs::File::open(role.store.join(name)).unwrap();
        flock(&file, how).unwrap();
        file
    };
    let gate = lock("gate.lock");
    let _lock = lock("store.lock");
    if how == FlockOperation::LockShared {
        drop(gate);
        say("holds");
        hear();
    } else {
        say("holds");
        hear();
    }
}

#[test]
fn a_store_that_others_hold_is_busy_after_the_callers_patience() {
    let site = Site::new("busy");
    let at = address("reddit", "user:1", "default");
    let patience = Duration::from_millis(150);
    let hasty = Options { patience, ..site.options() };
    let vault = Vault::open(&hasty, &[key(1)]).unwrap();
    vault.save(CONN, &at, &document("{}"), &Facts::default()).unwrap();
    for holder in ["reader", "writer"] {
        let mut holder_process = Actor::start(&format!("hold {holder}"), &site.store());
        holder_process.expect("holds");
        let since = Instant::now();
        let error = refused(vault.save(CONN, &at, &document("{}"), &Facts::default()), Code::Busy);
        assert!((patience..patience * 10).contains(&since.elapsed()), "{:?}", since.elapsed());
        says(&error, &["in use", " s; ", "try again"]);
        if holder == "reader" {
            assert_eq!(text(&vault, CONN, &at), "{}", "readers do not mind each other");
        } else {
            refused(vault.get(CONN, &at), Code::Busy);
            refused(Vault::open(&hasty, &[key(1)]), Code::Busy);
            // One that is not open in this process yet.
            dm_connections::vault::close_all();
            refused(Vault::open(&hasty, &[key(1)]), Code::Busy);
            refused(Vault::open(&hasty, &[]), Code::Busy);
        }
        holder_process.tell("let go");
        holder_process.finish();
        Vault::open(&hasty, &[key(1)]).unwrap();
    }
}

#[test]
fn what_is_no_store_is_named_and_left_alone() {
    let sql = |sql: &'static str| {
        move |path: &std::path::Path| rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap()
    };
    let bytes = |bytes: &'static [u8]| move |path: &std::path::Path| std::fs::write(path, bytes).unwrap();
    type Make = Box<dyn Fn(&std::path::Path)>;
    let cases: [(Make, &str); 5] = [
        (Box::new(bytes(b"a text file, and no database at all\n")), "no SQLite database"),
        (Box::new(bytes(&[0; 20_000])), "no SQLite database"),
        (Box::new(sql("CREATE TABLE wp_options (option_name TEXT)")), "another application"),
        (Box::new(sql("PRAGMA application_id = 252006675; CREATE TABLE t (a)")), "another application"),
        (Box::new(sql("PRAGMA journal_mode = WAL; CREATE TABLE t (a)")), "another application"),
    ];
    for (make, what) in cases {
        let site = Site::new("no-store");
        std::fs::create_dir(site.store()).unwrap();
        set_mode(&site.store(), 0o700);
        make(&site.database());
        set_mode(&site.database(), 0o600);
        let before = std::fs::read(site.database()).unwrap();
        for keys in [&[][..], &[key(1)]] {
            let error = refused(site.open_with(keys), Code::NotAStore);
            says(
                &error,
                &[site.database().to_str().unwrap(), what, "another directory", "move that file away"],
            );
        }
        assert_eq!(std::fs::read(site.database()).unwrap(), before);
        assert!(!site.root.join("store-key").exists(), "no key is made for it");
        // A link to a good store is none either.
        std::fs::remove_file(site.database()).unwrap();
    }
    let site = Site::new("link");
    drop(site.open());
    dm_connections::vault::close_all();
    std::fs::rename(site.database(), site.root.join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(site.root.join("elsewhere"), site.database()).unwrap();
    says(&refused(site.open_with(&[key(1)]), Code::NotAStore), &["symbolic link"]);
    std::fs::remove_file(site.database()).unwrap();
    std::fs::create_dir(site.database()).unwrap();
    says(&refused(site.open_with(&[key(1)]), Code::NotAStore), &["no regular file"]);
}

#[test]
fn a_store_that_somebody_switched_to_wal_mode_goes_on() {
    let site = Site::new("wal");
    let at = address("reddit", "user:1", "default");
    let vault = site.open();
    vault.save(CONN, &at, &document("{}"), &Facts::default()).unwrap();
    for reopen in [false, true] {
        let sql = site.sql();
        sql.execute_batch("PRAGMA journal_mode = WAL; UPDATE store SET writes = writes + 1").unwrap();
        drop(sql);
        if reopen {
            dm_connections::vault::close_all();
        }
        let vault = if reopen { site.open() } else { site.open_with(&[key(1)]).unwrap() };
        assert_eq!(text(&vault, CONN, &at), "{}");
        vault.save(CONN, &at, &document("{}"), &Facts::default()).unwrap();
        assert_eq!(std::fs::read(site.database()).unwrap()[18], 1, "it left WAL mode");
    }
}

#[test]
fn a_newer_store_is_read_as_long_as_it_allows_and_never_written() {
    let site = Site::new("newer");
    let at = address("reddit", "user:1", "default");
    let vault = site.open();
    vault.save(CONN, &at, &document("{}"), &Facts::default()).unwrap();
    site.sql().execute_batch("UPDATE store SET schema = 4, min_writer = 4").unwrap();
    let before = std::fs::read(site.database()).unwrap();
    for reopen in [false, true] {
        if reopen {
            dm_connections::vault::close_all();
        }
        let vault = site.open();
        assert_eq!(text(&vault, CONN, &at), "{}");
        assert_eq!(vault.find(CONN, &Query::default()).unwrap().items.len(), 1);
        vault.status(None, None).unwrap();
        let error = refused(vault.save(CONN, &at, &document("{}"), &Facts::default()), Code::StoreNewer);
        says(&error, &["schema 4", "knows 3", "install the newer version", "reload php-fpm"]);
        refused(vault.delete(CONN, &at, None), Code::StoreNewer);
        refused(vault.rewrap(), Code::StoreNewer);
        refused(vault.add_key(&key(2)), Code::StoreNewer);
    }
    site.sql().execute_batch("UPDATE store SET min_reader = 4, min_writer = 4").unwrap();
    says(&refused(site.open_with(&[key(1)]), Code::StoreNewer), &["schema 4", "install"]);
    dm_connections::vault::close_all();
    refused(site.open_with(&[key(1)]), Code::StoreNewer);
    refused(site.open_with(&[]), Code::StoreNewer);
    site.sql().execute_batch("UPDATE store SET schema = 3, min_reader = 1, min_writer = 3").unwrap();
    assert_eq!(std::fs::read(site.database()).unwrap().len(), before.len());
    assert_eq!(text(&site.open(), CONN, &at), "{}");
}

#[test]
fn another_store_or_site_than_expected_is_named() {
    let site = Site::new("identity");
    let id = site.open().info().unwrap().store_id;
    let other = "0123456789abcdef0123456789abcdef".parse().unwrap();
    for open_already in [true, false] {
        let other_store = Options { store_id: Some(other), ..site.options() };
        let error = refused(Vault::open(&other_store, &[key(1)]), Code::StoreMismatch);
        says(&error, &[&id, &other.to_string(), "Check the path"]);
        assert_eq!(error.detail()["store_id"], id.as_str());
        let other_site = Options::new(site.store(), "https://staging.example.org");
        let error = refused(Vault::open(&other_site, &[key(1)]), Code::SiteMismatch);
        says(&error, &[SITE, "https://staging.example.org", "store of its own"]);
        assert_eq!(error.detail()["site"], SITE);
        // The right ones.
        let right = Options { store_id: Some(id.parse().unwrap()), ..site.options() };
        if open_already {
            Vault::open(&right, &[key(1)]).unwrap();
            dm_connections::vault::close_all();
        } else {
            // What is refused does not stay open: the right key is asked for.
            refused(Vault::open(&right, &[key(2)]), Code::WrongKey);
        }
    }
    let made = files(&site.root);
    assert!(made.iter().all(|path| !path.ends_with("primary.key")), "{made:?}");
    let mode = std::fs::metadata(site.database()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
