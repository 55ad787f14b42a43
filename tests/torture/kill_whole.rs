//! `kill -9` in the middle of one large write: a re-wrap of five hundred rows, an import of `mixed`. All or nothing.

use std::time::{Duration, Instant};

use dm_connections::vault::{Format, ImportOptions, Kind, Vault};

use crate::dice::Dice;
use crate::support::process::{Actor, Role, Watchdog, figures, say, size};
use crate::support::{self, Site, address, fixture, key, salt};
use crate::whole;

const ROWS: u64 = 500;
const PHP: ImportOptions = ImportOptions::new(Format::Php);

/// Argument: the number of the key to re-wrap to.
pub fn rewrap(role: &Role) {
    let vault = open(role);
    vault.add_key(&key(role.number(0) as u8)).unwrap();
    say("begins");
    vault.rewrap().unwrap();
    say("done");
    // The test kills what it has started.
    std::thread::sleep(Duration::from_secs(60));
}

pub fn import_mixed(role: &Role) {
    let vault = open(role);
    let option = fixture("mixed.serialized");
    say("begins");
    vault.import(&option, &[salt()], PHP).unwrap();
    say("done");
    std::thread::sleep(Duration::from_secs(60));
}

fn open(role: &Role) -> Vault {
    let options = dm_connections::vault::Options::new(&role.store, support::SITE);
    Vault::open(&options, &[key(1), key(2)]).unwrap()
}

/// Lets a role begin, kills it at some moment of the time it needs, and says whether it had said that it was done.
fn killed(role: &str, site: &Site, needs: Duration, dice: &mut Dice) -> bool {
    let mut actor = Actor::start(role, &site.store());
    actor.expect("begins");
    std::thread::sleep(needs.mul_f64(dice.below(1400) as f64 / 1000.0));
    assert!(actor.kill(), "it ended by itself");
    actor.hear().as_deref() == Some("done")
}

/// How long a role takes from its beginning to its end, at best.
fn needs(role: impl Fn(u64) -> String, site: &Site, prepare: impl Fn()) -> Duration {
    let run = |number| {
        prepare();
        let mut actor = Actor::start(&role(number), &site.store());
        actor.expect("begins");
        let since = Instant::now();
        actor.expect("done");
        since.elapsed()
    };
    (0..4).map(run).min().unwrap()
}

#[test]
fn a_rewrap_that_is_killed_was_done_whole_or_not_at_all() {
    let site = Site::new("kill-rewrap");
    let _end = Watchdog::new("killing a re-wrap", size(120, 1800));
    let open = |keys: &[u8]| site.open_with(&keys.iter().map(|number| key(*number)).collect::<Vec<_>>());
    let vault = open(&[1, 2]).unwrap();
    support::import(&vault, &fixture("mixed.serialized"));
    let accounts: Vec<String> = (0..ROWS)
        .map(|number| {
            let account = format!(r#"{{"access_token":"canary-{number}"}}"#);
            format!(r#""user:{}":{{"account":{account}}}"#, 1000 + number)
        })
        .collect();
    let option = format!(r#"{{"reddit":{{"principals":{{{}}}}}}}"#, accounts.join(","));
    let json = ImportOptions::new(Format::Json);
    assert_eq!(vault.import(option.as_bytes(), &[], json).unwrap().counts.imported, ROWS);
    // Ends with the second key.
    let takes = needs(|number| format!("rewrap {}", 1 + number % 2), &site, || ());
    let mut dice = Dice::new(Dice::seed());
    let (rounds, mut present, mut done) = (size(8, 150), 2, 0);
    for _ in 0..rounds {
        let next = 3 - present;
        let acknowledged = killed(&format!("rewrap {next}"), &site, takes, &mut dice);
        let sql = whole::sound(&whole::copy(&site));
        let keys = whole::number(
            &sql,
            "SELECT count(DISTINCT key_id) FROM (SELECT key_id FROM connections UNION SELECT key_id FROM kept)",
        );
        assert_eq!(keys, 1, "half of the rows were re-wrapped");
        let left =
            whole::number(&sql, "SELECT count(*) FROM connections JOIN store ON key_id <> secret_key_id");
        assert!(left == 0 || (left as u64 >= ROWS && !acknowledged), "{left} rows under the other key");
        dm_connections::vault::close_all();
        // Only one that is complete does without the earlier key.
        let alone = open(&[next]).unwrap();
        let reads = alone.get(Kind::Connection, &address("reddit", "user:1001", "default"));
        assert_eq!(reads.is_ok(), left == 0);
        dm_connections::vault::close_all();
        let rows = whole::all_rows(&open(&[1, 2]).unwrap()).len();
        assert!(rows as u64 >= ROWS, "{rows} rows");
        if left == 0 {
            (present, done) = (next, done + 1);
        } else {
            // The way back, so that the next round does all the work again.
            open(&[1, 2]).unwrap().add_key(&key(present)).unwrap();
        }
        dm_connections::vault::close_all();
    }
    figures(format_args!("kill -9 of a re-wrap of {ROWS} rows: {rounds} kills, {done} were done, 0 by half"));
}

#[test]
fn an_import_that_is_killed_was_done_whole_or_not_at_all() {
    let site = Site::new("kill-import");
    let _end = Watchdog::new("killing an import", size(120, 1800));
    let option = fixture("mixed.serialized");
    let expected = support::expected(&fixture("expected-mixed.json"));
    let (store, empty) = (site.store(), site.root.join("empty"));
    drop(site.open());
    let fresh = || {
        dm_connections::vault::close_all();
        let _ = std::fs::remove_dir_all(&store);
        copy_directory(&empty, &store);
    };
    copy_directory(&store, &empty);
    let takes = needs(|_| "import".to_owned(), &site, fresh);
    let mut dice = Dice::new(Dice::seed());
    let (rounds, mut done) = (size(8, 150), 0);
    for _ in 0..rounds {
        fresh();
        let acknowledged = killed("import", &site, takes, &mut dice);
        let sql = whole::sound(&whole::copy(&site));
        let ledger = whole::number(&sql, "SELECT count(*) FROM import_ledger");
        let vault = site.open();
        let rehearsed = vault.import(&option, &[salt()], ImportOptions { dry_run: true, ..PHP }).unwrap();
        let entries = rehearsed.entries.len() as u64;
        assert!(!rehearsed.entries.is_empty());
        let all = match rehearsed.counts.unchanged {
            0 => {
                assert!(!acknowledged && ledger == 0 && whole::all_rows(&vault).is_empty());
                false
            }
            unchanged => {
                assert_eq!((unchanged, ledger), (entries, entries as i64));
                true
            }
        };
        done += u64::from(all);
        // Once more makes it complete, whatever it was.
        support::import(&vault, &option);
        let info = vault.info().unwrap();
        assert_eq!(info.counts.connections + info.counts.configs, expected.len() as u64);
        assert_eq!(whole::all_rows(&vault).len(), expected.len());
    }
    figures(format_args!("kill -9 of an import of mixed: {rounds} kills, {done} were done, 0 by half"));
}

/// A private directory with the same files.
pub fn copy_directory(from: &std::path::Path, to: &std::path::Path) {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().mode(0o700).create(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}
