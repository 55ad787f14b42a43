//! A backup is taken and put back, by the lines of `docs/operations.md`, while others read and write. And what happens
//! when something else is put there.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use dm_connections::vault::{Code, Error, Facts, Kind, Options, Vault};

use crate::support::process::{Actor, Role, Watchdog, figures, full, hear, say, size};
use crate::support::{self, SITE, Site, address, document, key, refused, text, told};
use crate::syscalls::{self, Traced};
use crate::{whole, writers};

const CONN: Kind = Kind::Connection;

/// Writes through any number of restores, until it is told to settle; then every write has to stay. Arguments: its
/// number, and the codes that it may be told.
pub fn play(role: &Role) {
    let writer = role.number(0);
    let allowed = &role.arguments[1..];
    let vault = writers::open(&role.store).unwrap();
    say("writes");
    let settle = std::thread::spawn(|| drop(hear()));
    let (mut turn, mut told_so) = (0, 0);
    while !settle.is_finished() {
        turn += 1;
        breathe();
        if let Err(error) = writers::one_write(&vault, writer, turn) {
            told(&error);
            assert!(allowed.contains(&format!("{:?}", error.code())), "{:?}: {error}", error.code());
            told_so += 1;
        }
    }
    let last = turn.next_multiple_of(4) + 40;
    while turn < last {
        turn += 1;
        let written = writers::one_write(&vault, writer, turn);
        written.unwrap_or_else(|error| panic!("nothing is replaced any more: {error}"));
        if turn + 20 > last {
            writers::check(&vault, writer, turn).unwrap();
        }
    }
    say(format!("settled at {turn} {told_so}"));
}

/// In the quick tier nobody works without a pause: those that wait would wait for seconds.
fn breathe() {
    if !full() {
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A piece of shell that the manual shows under a name.
fn manual(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
    let manual = std::fs::read_to_string(path).unwrap();
    let (_, rest) = manual.split_once(&format!("```sh {name}\n")).expect("the manual has that piece");
    rest.split_once("```").unwrap().0.to_owned()
}

/// Runs it as an operator does.
fn run(name: &str, site: &Site, backup: &Path) -> bool {
    let script = format!("umask 077\n{}", manual(name));
    let status =
        Command::new("sh").args(["-c", &script]).env("STORE", site.store()).env("BACKUP", backup).status();
    status.unwrap().success()
}

fn mark(vault: &Vault, mark: u64) {
    let json = document(&format!(r#"{{"access_token":"canary","mark":{mark}}}"#));
    vault.save(CONN, &address("x", "site:0", "mark"), &json, &Facts::default()).unwrap();
}

fn marked(vault: &Vault) -> Result<u64, Error> {
    let document = vault.get(CONN, &address("x", "site:0", "mark"))?.document;
    Ok(serde_json::from_slice::<serde_json::Value>(&document).unwrap()["mark"].as_u64().unwrap())
}

/// How many write, and how many read, while something is put in place of the file.
fn crowd() -> (u64, u64) {
    (size(3, 6), size(5, 10))
}

/// Readers and writers at work. The writers may be told these codes.
fn load(site: &Site, allowed: &str) -> (Vec<Actor>, Vec<Actor>) {
    let start = |role: String, word: &str| {
        let mut actor = Actor::start(&role, &site.store());
        actor.expect(word);
        actor
    };
    let writers =
        (0..crowd().0).map(|writer| start(format!("restored {writer} {allowed}"), "writes")).collect();
    let readers = (0..crowd().1)
        .map(|reader| start(format!("read {reader} {}", if full() { "" } else { "gently" }), "reads"))
        .collect();
    (writers, readers)
}

/// Lets them come to an end, and says how many writes were told an error.
fn settle(vault: &Vault, (mut writers, mut readers): (Vec<Actor>, Vec<Actor>)) -> u64 {
    readers.iter_mut().for_each(Actor::end);
    readers.into_iter().for_each(Actor::finish);
    writers.iter_mut().for_each(|writer| writer.tell("settle"));
    let mut told_so = 0;
    for (number, writer) in writers.iter_mut().enumerate() {
        let said = writer.hear().unwrap_or_else(|| panic!("writer {number} failed"));
        let mut words =
            said.strip_prefix("settled at ").unwrap().split(' ').map(|word| word.parse::<u64>().unwrap());
        writers::check(vault, number as u64, words.next().unwrap()).unwrap();
        told_so += words.next().unwrap();
    }
    writers.into_iter().for_each(Actor::finish);
    told_so
}

#[test]
fn a_backup_is_taken_and_put_back_while_others_read_and_write() {
    let site = Site::new("restore");
    let _end = Watchdog::new("restores under load", size(90, 1200));
    let vault = writers::open(&site.store()).unwrap();
    writers::prepare(&vault, 0..crowd().0);
    let backup = site.root.join("backup.sqlite");
    let load = load(&site, "");
    let rounds = size(4, 60);
    for round in 1..=rounds {
        mark(&vault, round);
        assert!(run("backup", &site, &backup), "round {round}: the backup");
        std::fs::copy(&backup, site.root.join("look")).unwrap();
        whole::sound(&site.root.join("look"));
        mark(&vault, 1_000_000 + round);
        assert!(run("restore", &site, &backup), "round {round}: the restore");
        assert_eq!(marked(&vault).unwrap(), round, "it goes on with what was put back");
        // What is written after is not lost.
        mark(&vault, 2_000_000 + round);
        assert_eq!(marked(&vault).unwrap(), 2_000_000 + round);
    }
    settle(&vault, load);
    whole::all_rows(&vault);
    whole::sound(&whole::copy(&site));
    figures(format_args!(
        "restore under load: {rounds} backups taken and put back beside {:?} writers and readers; \
         no error; lost after: 0",
        crowd()
    ));
}

/// A file system tool that knows of no locks: a plain copy put in place by `rename`.
#[test]
fn a_restore_that_asks_nobody_is_noticed_too() {
    let site = Site::new("restore-rude");
    let _end = Watchdog::new("restores without locks", size(90, 600));
    let vault = writers::open(&site.store()).unwrap();
    writers::prepare(&vault, 0..crowd().0);
    let backup = site.root.join("backup.sqlite");
    assert!(run("backup", &site, &backup));
    let load = load(&site, "StoreReplaced");
    let rounds = size(15, 600);
    for _ in 0..rounds {
        std::thread::sleep(Duration::from_millis(20));
        let next = site.root.join("next");
        std::fs::copy(&backup, &next).unwrap();
        std::fs::rename(&next, site.database()).unwrap();
    }
    let told_so = settle(&vault, load);
    whole::all_rows(&vault);
    whole::sound(&whole::copy(&site));
    figures(format_args!("restore without locks: {rounds} times; {told_so} writes told so; lost after: 0"));
}

/// The file is replaced between the look at it and its opening, and then once more, by one that got the first one's
/// inode: what is open is none of them.
#[test]
fn a_file_that_is_replaced_while_it_is_opened_is_noticed() {
    let site = Site::new("replaced-while-opened");
    let _end = Watchdog::new("replacing while opening", size(90, 600));
    let vault = site.open();
    let content = |number: u64| {
        mark(&vault, number);
        std::fs::read(site.database()).unwrap()
    };
    let copies = [0, 1, 2].map(content);
    let prepare = |number: usize| {
        let next = site.root.join(format!("next-{number}"));
        std::fs::write(&next, &copies[number]).unwrap();
        std::fs::set_permissions(&next, std::fs::Permissions::from_mode(0o600)).unwrap();
        next
    };
    let put = |next: &Path| {
        std::fs::rename(next, site.database()).unwrap();
        std::fs::metadata(site.database()).unwrap().ino()
    };
    let (mut hits, mut stale) = (0, 0);
    for round in 0..size(2500, 20_000) {
        let first = put(&prepare(0));
        let second = prepare(1);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let since = Instant::now();
                while since.elapsed() < Duration::from_micros(round % 400) {}
                put(&second);
            });
            let _ = marked(&vault);
        });
        hits += u64::from(put(&prepare(2)) == first);
        stale += u64::from(marked(&vault).unwrap() != 2);
    }
    figures(format_args!(
        "replaced while it was opened: {hits} files had the inode of the one before, {stale} read from it"
    ));
    assert_eq!(stale, 0, "of {hits}");
}

#[test]
fn no_backup_is_taken_of_a_file_that_is_half_written() {
    let site = Site::new("backup-journal");
    let vault = site.open();
    let backup = site.root.join("backup.sqlite");
    std::fs::write(site.store().join("connections.sqlite-journal"), b"the journal of a killed process")
        .unwrap();
    std::fs::set_permissions(
        site.store().join("connections.sqlite-journal"),
        std::fs::Permissions::from_mode(0o600),
    )
    .unwrap();
    assert!(!run("backup", &site, &backup) && !backup.exists());
    // A read mends it.
    vault.info().unwrap();
    assert!(run("backup", &site, &backup) && backup.exists());
    assert_eq!(std::fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_a_killed_process_left_half_written_is_no_backup_and_a_backup_replaces_it() {
    let site = Site::new("restore-journal");
    let _end = Watchdog::new("backups of half written files", size(60, 600));
    syscalls::prepare(&site.open_with(&[key(1), key(2)]).unwrap());
    let before = syscalls::content(&site);
    let backup = site.root.join("backup.sqlite");
    assert!(run("backup", &site, &backup));
    let start = || Traced::start("save-large", &site.store());
    let Some(stops) = start().map(Traced::count) else {
        return figures("half written files: NOT CHECKED, this system lets nobody trace");
    };
    let journal = site.store().join("connections.sqlite-journal");
    let mut half = 0;
    for stop in syscalls::chosen(stops) {
        assert!(run("restore", &site, &backup));
        start().unwrap().kill_at(stop);
        if std::fs::metadata(&journal).is_ok_and(|journal| journal.len() > 0) {
            half += 1;
            assert!(!run("backup", &site, &site.root.join("not-made")), "killed at {stop}");
        }
        assert!(run("restore", &site, &backup));
        assert_eq!(syscalls::content(&site), before, "killed at {stop} of {stops}");
    }
    assert!(half > 0);
    figures(format_args!("half written files: {half} of them, none taken for a backup, all replaced by one"));
}

#[test]
fn a_backup_from_before_a_rewrap_needs_the_key_of_its_time() {
    let site = Site::new("restore-keys");
    let backup = site.root.join("backup.sqlite");
    let both = site.open_with(&[key(1), key(2)]).unwrap();
    mark(&both, 1);
    assert!(run("backup", &site, &backup));
    both.add_key(&key(2)).unwrap();
    both.rewrap().unwrap();
    mark(&both, 2);
    assert!(run("restore", &site, &backup));
    assert_eq!(marked(&both).unwrap(), 1);
    mark(&both, 3);
    let needed = both.info().unwrap().keys[0].id.clone();
    both.add_key(&key(2)).unwrap();
    both.rewrap().unwrap();
    dm_connections::vault::close_all();
    // One that has only the new key.
    let new = site.open_with(&[key(2)]).unwrap();
    assert_eq!(marked(&new).unwrap(), 3);
    let later = site.root.join("later.sqlite");
    assert!(run("backup", &site, &later));
    assert!(run("restore", &site, &backup));
    let error = refused(marked(&new), Code::WrongKey);
    assert!(error.message().contains(&needed), "{error}");
    let json = document(r#"{"access_token":"canary"}"#);
    let untouched = std::fs::read(site.database()).unwrap();
    refused(new.save(CONN, &address("x", "site:0", "mark"), &json, &Facts::default()), Code::WrongKey);
    assert_eq!(std::fs::read(site.database()).unwrap(), untouched);
    assert!(run("restore", &site, &later));
    assert_eq!(marked(&new).unwrap(), 3, "put back, it goes on");
}

/// Another store, with the same key, made elsewhere.
fn another(site: &Site, belongs_to: &str) -> PathBuf {
    let options = Options::new(site.root.join("another"), belongs_to);
    let vault = Vault::open(&options, &[key(1)]).unwrap();
    mark(&vault, 7);
    site.root.join("another/connections.sqlite")
}

#[test]
fn another_store_in_its_place_is_refused_and_not_written_to() {
    let site = Site::new("restore-other");
    let vault = site.open();
    mark(&vault, 1);
    let own = site.root.join("own.sqlite");
    assert!(run("backup", &site, &own));
    let other = another(&site, SITE);
    assert!(run("restore", &site, &other));
    let before = std::fs::read(site.database()).unwrap();
    for _ in 0..2 {
        let error = refused(marked(&vault), Code::StoreReplaced);
        assert!(error.message().contains("pen it anew"), "it says what to do: {error}");
        let at = address("x", "site:0", "mark");
        refused(vault.save(CONN, &at, &document("{}"), &Facts::default()), Code::StoreReplaced);
        refused(vault.merge(CONN, &at, &document("{}"), &Facts::default()), Code::StoreReplaced);
        refused(vault.delete(CONN, &at, None), Code::StoreReplaced);
        refused(vault.add_key(&key(2)), Code::StoreReplaced);
        refused(vault.rewrap(), Code::StoreReplaced);
        refused(vault.renew_provider(&at.provider), Code::StoreReplaced);
        let nothing = support::fixture("small.serialized");
        let php = dm_connections::vault::ImportOptions::new(dm_connections::vault::Format::Php);
        refused(vault.import(&nothing, &[], php), Code::StoreReplaced);
        refused(vault.info(), Code::StoreReplaced);
        refused(vault.find(CONN, &Default::default()), Code::StoreReplaced);
        refused(vault.status(None, None), Code::StoreReplaced);
    }
    assert_eq!(std::fs::read(site.database()).unwrap(), before, "nothing was written to it");
    // Opened anew it is a store like any other; the handle from before does not come to life by that.
    assert_eq!(marked(&site.open()).unwrap(), 7);
    assert!(marked(&vault).is_err());
    assert!(run("restore", &site, &own));
    assert_eq!(marked(&site.open()).unwrap(), 1);
}

#[test]
fn nothing_is_made_where_a_store_was() {
    let site = Site::new("restore-nothing");
    let vault = site.open();
    mark(&vault, 1);
    let away = site.root.join("away");
    for content in [None, Some(b"".as_slice()), Some(b"something else".as_slice())] {
        std::fs::rename(site.database(), &away).unwrap();
        if let Some(content) = content {
            std::fs::write(site.database(), content).unwrap();
            std::fs::set_permissions(site.database(), std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        for _ in 0..2 {
            refused(marked(&vault), Code::StoreReplaced);
            refused(vault.delete(CONN, &address("x", "site:0", "mark"), None), Code::StoreReplaced);
        }
        assert_eq!(std::fs::read(site.database()).ok().as_deref(), content, "it was left alone");
        std::fs::rename(&away, site.database()).unwrap();
        assert_eq!(marked(&vault).unwrap(), 1, "put back, it goes on");
    }
}

#[test]
fn a_copy_that_another_site_opens_is_refused() {
    let site = Site::new("restore-staging");
    let vault = site.open();
    mark(&vault, 1);
    let backup = site.root.join("backup.sqlite");
    assert!(run("backup", &site, &backup));
    // The whole site was copied, with its store and its key, to another address.
    let staging = site.root.join("staging");
    std::fs::create_dir(&staging).unwrap();
    std::fs::set_permissions(&staging, std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::copy(&backup, staging.join("connections.sqlite")).unwrap();
    let error = refused(
        Vault::open(&Options::new(&staging, "https://staging.example.org"), &[key(1)]),
        Code::SiteMismatch,
    );
    assert!(
        error.message().contains(SITE) && error.message().contains("https://staging.example.org"),
        "{error}"
    );
    assert_eq!(std::fs::read(staging.join("connections.sqlite")).unwrap(), std::fs::read(&backup).unwrap());
    // And the other way round: a store of another site is put in place of this one.
    let other = another(&site, "https://staging.example.org");
    assert!(run("restore", &site, &other));
    refused(marked(&vault), Code::StoreReplaced);
    refused(site.open_with(&[key(1)]), Code::SiteMismatch);
    assert!(run("restore", &site, &backup));
    assert_eq!(
        text(&site.open(), CONN, &address("x", "site:0", "mark")),
        r#"{"access_token":"canary","mark":1}"#
    );
}
