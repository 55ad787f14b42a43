//! A directory for one test, removed at its end.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use dm_connections::store::sqlite::{Create, Options, SqliteEngine};
use dm_connections::store::{Engine, Error};

/// A private directory, with a store in `store`.
pub struct Directory {
    path: PathBuf,
}

impl Directory {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("dm-store-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        DirBuilder::new().mode(0o700).create(&path).unwrap();
        Self { path }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The store's directory.
    pub fn store(&self) -> PathBuf {
        self.path.join("store")
    }

    /// The store's directory, made and empty.
    pub fn store_made(&self) -> PathBuf {
        DirBuilder::new().mode(0o700).create(self.store()).unwrap();
        self.store()
    }

    /// A file of the store.
    pub fn file(&self, name: &str) -> PathBuf {
        self.store().join(name)
    }

    pub fn database(&self) -> PathBuf {
        self.file("connections.sqlite")
    }

    /// The store, made if it is missing.
    pub fn options(&self) -> Options {
        // A slow disk, with which one write takes seconds, is not what is tried.
        let patience = Duration::from_secs(60);
        Options { create: Create::IfMissing, patience, ..Options::new(self.store()) }
    }

    pub fn try_open(&self) -> Result<Box<dyn Engine>, Error> {
        open(&self.options())
    }

    pub fn open(&self) -> Box<dyn Engine> {
        self.try_open().unwrap()
    }

    /// Opened with little patience.
    pub fn open_hasty(&self) -> Result<Box<dyn Engine>, Error> {
        open(&Options { patience: Duration::from_millis(100), ..self.options() })
    }
}

pub fn open(options: &Options) -> Result<Box<dyn Engine>, Error> {
    SqliteEngine::open(options).map(|engine| Box::new(engine) as Box<dyn Engine>)
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
