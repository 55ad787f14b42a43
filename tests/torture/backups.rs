//! Copies that the library makes of a store: while others write, and killed.

use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use dm_connections::vault::{Code, Facts, Kind, Options, Vault};
use rustix::fs::{FlockOperation, flock};

use crate::support::process::{Actor, Watchdog, figures, full, size};
use crate::support::{SITE, Site, address, document, key, refused};
use crate::syscalls::{self, BACKUP, Traced, chosen};
use crate::{option, whole, writers};

/// Puts a copy where a store is opened.
fn put_back(copy: &Path, store: &Path) {
    std::fs::DirBuilder::new().mode(0o700).create(store).unwrap();
    std::fs::copy(copy, store.join("connections.sqlite")).unwrap();
}

#[test]
fn a_copy_made_while_eight_write_holds_all_that_was_acknowledged_before() {
    let site = Site::new("backup-crowd");
    let _end = Watchdog::new("copies among writers", size(120, 1800));
    let vault = writers::open(&site.store()).unwrap();
    option::prepare(&vault, option::CREW);
    // So that a copy takes its time; the option has no place for them.
    let large = document(&format!(r#"{{"pad":"{}"}}"#, "x".repeat(500_000)));
    for number in 0..16 {
        let at = address("linkedin", "org:acme", &format!("large-{number}"));
        vault.save(Kind::Connection, &at, &large, &Facts::default()).unwrap();
    }
    let crew = || 0..option::CREW;
    let mut actors: Vec<Actor> = crew().map(|writer| option::start(&site, writer, 0)).collect();
    let acknowledged = || crew().map(|writer| option::acknowledged(&site, writer)).collect::<Vec<_>>();
    let mut copies = Vec::new();
    for number in 0..size(8, 100) {
        let path = site.root.join(format!("copy-{number}"));
        let floor = acknowledged();
        let told = vault.backup(&path).unwrap();
        assert_eq!(told.bytes, std::fs::metadata(&path).unwrap().len());
        copies.push((path, floor, told));
        // As long as nobody writes between two copies they are of one moment.
        while acknowledged() == copies.last().unwrap().1 {
            std::thread::yield_now();
        }
    }
    assert!(actors.iter_mut().all(Actor::kill), "they wrote all the time");
    drop(vault);
    let mut before = vec![0; option::CREW as usize];
    for (number, (path, floor, told)) in copies.iter().enumerate() {
        dm_connections::vault::close_all();
        let store = site.root.join(format!("opened-{number}"));
        put_back(path, &store);
        whole::sound(&store.join("connections.sqlite"));
        let vault = Vault::open(&Options::new(&store, SITE), &[key(1)]).unwrap();
        let info = vault.info().unwrap();
        assert_eq!((info.writes as u64, &info.store_id), (told.writes, &told.store_id));
        whole::all_rows(&vault);
        let standing: Vec<u64> = crew().map(|writer| option::standing(&vault, writer)).collect();
        for (writer, standing) in standing.iter().enumerate() {
            assert!(*standing >= floor[writer], "copy {number}, writer {writer}: {standing} of {floor:?}");
            assert!(*standing >= before[writer], "copy {number} is older than the one before");
        }
        before = standing;
    }
    figures(format_args!(
        "copies of the store beside {} writers: {} copies, each opened and looked through; {} writes in the last; \
         missing of what was acknowledged before: 0",
        option::CREW,
        copies.len(),
        copies.last().unwrap().2.writes
    ));
}

fn left(site: &Site) -> PathBuf {
    site.root.join(format!("{BACKUP}.part"))
}

#[test]
fn a_kill_at_each_system_call_of_a_backup_leaves_a_whole_copy_or_none() {
    let site = Site::new("kill-backup");
    let _end = Watchdog::new("killing backups", if full() { 900 } else { 60 });
    syscalls::prepare(&site.open_with(&[key(1), key(2)]).unwrap());
    let (copy, part, opened) = (site.root.join(BACKUP), left(&site), site.root.join("opened"));
    let before = syscalls::content(&site);
    let Some(stops) = Traced::start("backup", &site.store()).map(Traced::count) else {
        return figures("kill -9 of a backup: NOT CHECKED, this system lets nobody trace");
    };
    let (mut kills, mut made, mut parts) = (0, 0, 0);
    for stop in chosen(stops) {
        // What the round before left behind is taken over. Here, too, somebody is killed at each call.
        let _ = std::fs::remove_file(&copy);
        let acknowledged = Traced::start("backup", &site.store()).unwrap().kill_at(stop);
        assert_eq!(syscalls::content(&site), before, "killed at {stop} of {stops}: the store");
        parts += u64::from(part.exists());
        let vault = site.open_with(&[key(1), key(2), key(3)]).unwrap();
        if copy.exists() {
            refused(vault.backup(&copy), Code::Conflict);
            made += 1;
        } else {
            assert!(!acknowledged, "killed at {stop} of {stops}: no copy");
            // Every other time the next one to be killed finds what was left.
            if stop.is_multiple_of(2) {
                vault.backup(&copy).unwrap_or_else(|error| panic!("killed at {stop} of {stops}: {error}"));
                assert!(!part.exists());
            }
        }
        if copy.exists() {
            let database = site.database();
            assert!(std::fs::read(&copy).unwrap() == std::fs::read(database).unwrap(), "{stop} of {stops}");
            let _ = std::fs::remove_dir_all(&opened);
            put_back(&copy, &opened);
            whole::sound(&opened.join("connections.sqlite"));
            let vault = Vault::open(&Options::new(&opened, SITE), &[key(1), key(2)]).unwrap();
            whole::all_rows(&vault);
        }
        kills += 1;
    }
    figures(format_args!(
        "kill -9 of a backup: {} calls, {kills} kills; {made} left a copy, {parts} a part that the next one took over, \
         0 half a copy",
        stops / 2
    ));
}

#[test]
fn a_part_is_taken_over_from_the_dead_and_from_nobody_else() {
    let site = Site::new("backup-part");
    let vault = site.open();
    let at = address("reddit", "user:1", "default");
    vault.save(Kind::Connection, &at, &document("{}"), &Facts::default()).unwrap();
    let (copy, part) = (site.root.join(BACKUP), left(&site));
    let database = std::fs::read(site.database()).unwrap();
    let make = |bytes: &[u8], mode: u32| {
        std::fs::write(&part, bytes).unwrap();
        std::fs::set_permissions(&part, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let taken = |what: &str| {
        vault.backup(&copy).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(std::fs::read(&copy).unwrap() == database && !part.exists(), "{what}");
        std::fs::remove_file(&copy).unwrap();
    };
    let left_alone = |what: &str| {
        let before = std::fs::read(&part).ok();
        let error = refused(vault.backup(&copy), Code::Conflict);
        assert!(error.message().contains(part.to_str().unwrap()), "{what}: {error}");
        assert!(std::fs::read(&part).ok() == before && !copy.exists(), "{what}");
    };
    for bytes in [&database[..0], &database[..4096], &database] {
        make(bytes, 0o600);
        let other = std::fs::File::open(&part).unwrap();
        flock(&other, FlockOperation::NonBlockingLockExclusive).unwrap();
        left_alone("who writes it lives");
        drop(other);
        taken("nobody writes it");
        make(bytes, 0o644);
        left_alone("another mode");
        std::fs::remove_file(&part).unwrap();
    }
    make(b"mine", 0o600);
    left_alone("something else");
    make(&[&b"SQLite format 3\0"[..], &[0; 4096]].concat(), 0o600);
    left_alone("another database");
    make(&database, 0o600);
    std::fs::hard_link(&part, site.root.join("another name")).unwrap();
    left_alone("a file with another name");
    std::fs::remove_file(&part).unwrap();
    std::os::unix::fs::symlink(site.root.join("another name"), &part).unwrap();
    left_alone("a link");
    std::fs::remove_file(&part).unwrap();
    std::fs::create_dir(&part).unwrap();
    left_alone("a directory");
}
