//! The SQLite engine in the conformance suite.

mod store;

use dm_connections::store::Engine;
use store::{conformance, directory::Directory};

impl conformance::Fresh for Directory {
    fn open(&self) -> Box<dyn Engine> {
        Directory::open(self)
    }
}

conformance!(Directory::new());
