//! What the tests of the vault share: sites in directories of their own, keys, fixtures, and a way past the library.
#![allow(dead_code, missing_docs)]

pub mod acting;
pub mod audit;
pub mod process;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dm_connections::crypto::{KeyMaterial, LegacyKey};
use dm_connections::domain::Document;
use dm_connections::vault::{Address, Code, Error, Format, ImportOptions, Kind, Options, Report, Vault};
use zeroize::Zeroizing;

pub const SITE: &str = "https://example.org";

/// A directory of its own, removed at the end. A process keeps eight stores open at most, and some tests close all of
/// them: so one site at a time.
pub struct Site {
    pub root: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Site {
    pub fn new(name: &str) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("dm-test-{name}-{}-{number}", std::process::id()));
        std::fs::create_dir(&root).unwrap();
        std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o700)).unwrap();
        Self { root, _turn: turn }
    }

    pub fn store(&self) -> PathBuf {
        self.root.join("store")
    }

    pub fn database(&self) -> PathBuf {
        self.store().join("connections.sqlite")
    }

    pub fn options(&self) -> Options {
        // A slow disk, with which one write takes seconds, is not what is tried.
        Options { patience: Duration::from_secs(60), ..Options::new(self.store(), SITE) }
    }

    pub fn open(&self) -> Vault {
        self.open_with(&[key(1)]).unwrap()
    }

    pub fn open_with(&self, keys: &[KeyMaterial]) -> Result<Vault, Error> {
        Vault::open(&self.options(), keys)
    }

    /// Goes past the library, as somebody with the database in hand would.
    pub fn sql(&self) -> rusqlite::Connection {
        let sql = rusqlite::Connection::open(self.database()).unwrap();
        sql.pragma_update(None, "synchronous", "off").unwrap();
        sql
    }

    /// The same rows in tables of the first step only, as a library of that time left them: no grants, no records. Closes
    /// every store.
    pub fn back_to_the_first_version(&self) {
        dm_connections::vault::close_all();
        let first = self.root.join("first.sqlite");
        let sql = rusqlite::Connection::open(&first).unwrap();
        sql.execute_batch(include_str!("../../src/store/sqlite/schema.sql")).unwrap();
        sql.execute("ATTACH ?1 AS now", [self.database().to_str().unwrap()]).unwrap();
        let store = "one, store_id, site, created_at, secret_key_id, wrapped_secret, writes";
        sql.execute_batch(&format!(
            "INSERT INTO keys SELECT * FROM now.keys; \
             INSERT INTO store ({store}, schema, min_reader, min_writer) SELECT {store}, 1, 1, 1 FROM now.store; \
             INSERT INTO connections SELECT * FROM now.connections; INSERT INTO kept SELECT * FROM now.kept; \
             INSERT INTO import_ledger SELECT * FROM now.import_ledger; \
             PRAGMA user_version = 1; PRAGMA application_id = 1145914190"
        ))
        .unwrap();
        drop(sql);
        std::fs::write(self.database(), std::fs::read(&first).unwrap()).unwrap();
    }

    /// Every byte of every file below the site's directory.
    pub fn every_byte(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(&self.root, &mut files);
        files
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

fn collect(directory: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files)
        } else {
            files.push((path.clone(), std::fs::read(&path).unwrap()))
        }
    }
}

pub fn key(number: u8) -> KeyMaterial {
    KeyMaterial::raw(&[number; 32]).unwrap()
}

pub fn address(provider: &str, owner: &str, account: &str) -> Address {
    Address {
        provider: provider.parse().unwrap(),
        owner: owner.parse().unwrap(),
        account: account.parse().unwrap(),
    }
}

pub fn document(json: &str) -> Document {
    Document::parse(Zeroizing::new(json.as_bytes().to_vec())).unwrap()
}

pub fn text(vault: &Vault, kind: Kind, address: &Address) -> String {
    String::from_utf8(vault.get(kind, address).unwrap().document.to_vec()).unwrap()
}

pub fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The error's message, after a look that neither it nor the detail holds a secret. Tests that look at errors plant
/// documents whose secrets have `canary` in them.
pub fn told(error: &Error) -> &str {
    let everything = format!("{error} {error:?} {}", serde_json::Value::from(error.detail().clone()));
    assert!(!everything.contains("canary"), "{everything}");
    for number in 0..10 {
        use base64::Engine;
        let raw = [number; 32];
        let base64 = base64::engine::general_purpose::STANDARD.encode(raw);
        let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(![base64, hex].iter().any(|key| everything.contains(key)), "{everything}");
    }
    error.message()
}

/// What has to be an error of that code.
#[track_caller]
pub fn refused<T>(result: Result<T, Error>, code: Code) -> Error {
    match result {
        Ok(_) => panic!("{code:?} was expected, and it went well"),
        Err(error) => {
            told(&error);
            assert_eq!(error.code(), code, "{error}");
            error
        }
    }
}

pub fn salt() -> LegacyKey {
    LegacyKey::from_salt(fixture("SALT.txt").strip_suffix(b"\n").unwrap_or(&fixture("SALT.txt")))
}

pub fn import(vault: &Vault, option: &[u8]) -> Report {
    vault.import(option, &[salt()], ImportOptions::new(Format::Php)).unwrap()
}

/// One account or config of an expected-NAME.json, as PHP encodes it.
pub struct Expected {
    pub kind: Kind,
    pub address: Address,
    pub json: String,
}

/// All accounts and configs of an expected option, but for providers that the catalogue does not know and empty ones.
pub fn expected(json: &[u8]) -> Vec<Expected> {
    let option: serde_json::Value = serde_json::from_slice(json).unwrap();
    let mut found = Vec::new();
    for (provider, entry) in option.as_object().unwrap() {
        if provider == "gone_provider" {
            continue;
        }
        slots(provider, "site:0", entry, &mut found);
        for (owner, slot) in members(&entry["principals"]) {
            slots(provider, &owner, &slot, &mut found);
        }
    }
    found
}

fn slots(provider: &str, owner: &str, entry: &serde_json::Value, found: &mut Vec<Expected>) {
    let mut add = |kind, account: &str, document: &serde_json::Value| {
        if document.as_object().is_some_and(|members| !members.is_empty()) {
            found.push(Expected {
                kind,
                address: address(provider, owner, account),
                json: document.to_string(),
            });
        }
    };
    add(Kind::Config, "default", &entry["config"]);
    add(Kind::Connection, "default", &entry["account"]);
    for (name, account) in members(&entry["accounts"]) {
        add(Kind::Connection, &name, &account);
    }
}

/// PHP's arrays come as objects, or as lists where their keys are 0, 1, 2 ...
fn members(value: &serde_json::Value) -> Vec<(String, serde_json::Value)> {
    match value {
        serde_json::Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
        }
        serde_json::Value::Array(items) => {
            items.iter().enumerate().map(|(at, item)| (at.to_string(), item.clone())).collect()
        }
        _ => Vec::new(),
    }
}
