//! What may be known of a store as a whole.

use serde::Serialize;

use super::shared::known_identity;
use super::{Error, Vault};

/// A store's plain facts; never a key.
#[derive(Debug, Clone, Serialize)]
pub struct Info {
    /// The version of the library.
    pub version: &'static str,
    /// The store's random id.
    pub store_id: String,
    /// The site it belongs to.
    pub site: String,
    /// Whether that is another site than the one that opened it: nothing is refreshed or revoked here.
    pub clone: bool,
    /// Which engine keeps it, and its version.
    pub engine: String,
    /// Where it lies.
    pub path: String,
    /// When it was made, Unix seconds.
    pub created_at: i64,
    /// The version of its schema.
    pub schema: u32,
    /// How many write transactions it has seen.
    pub writes: i64,
    /// Its keys.
    pub keys: Vec<KeyInfo>,
    /// The key file, where the store was opened with one.
    pub key_file: Option<String>,
    /// How much is in it.
    pub counts: Counts,
}

/// How many there are of each.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Counts {
    /// Connections.
    pub connections: u64,
    /// App configs.
    pub configs: u64,
    /// Pieces of the old option that are kept as they were.
    pub kept: u64,
}

impl From<crate::store::Counts> for Counts {
    fn from(counts: crate::store::Counts) -> Self {
        Self { connections: counts.connections, configs: counts.configs, kept: counts.kept }
    }
}

/// One key of a store.
#[derive(Debug, Clone, Serialize)]
pub struct KeyInfo {
    /// Its random id; it says nothing about the key.
    pub id: String,
    /// `primary`, `active` (some rows still need it) or `retired`.
    pub status: &'static str,
    /// Whether it was given.
    pub loaded: bool,
    /// When the store first knew it, Unix seconds.
    pub created_at: i64,
}

impl Vault {
    /// How many write transactions the store has seen, and nothing else of it: who keeps something that was read asks
    /// whether it is still so.
    pub fn writes(&self) -> Result<u64, Error> {
        self.read(|tx, _| Ok(known_identity(tx)?.writes.unsigned_abs()))
    }

    /// The store's plain facts.
    pub fn info(&self) -> Result<Info, Error> {
        let engine = self.engine.describe();
        self.read_with_keys(|tx, unlocked| {
            let identity = known_identity(tx)?;
            let keys = tx.keys()?.into_iter().map(|key| KeyInfo {
                id: key.id.to_string(),
                status: key.status.as_str(),
                loaded: unlocked.keyring.get(key.id).is_some(),
                created_at: key.created_at,
            });
            Ok(Info {
                version: env!("CARGO_PKG_VERSION"),
                store_id: identity.store_id.to_string(),
                clone: self.opener.is_another(&identity),
                site: identity.site,
                engine: format!("{} {}", engine.engine, engine.version),
                path: engine.place.clone(),
                created_at: identity.created_at,
                schema: engine.schema,
                writes: identity.writes,
                keys: keys.collect(),
                key_file: self.shared.key_file.as_ref().map(|path| path.display().to_string()),
                counts: tx.count()?.into(),
            })
        })
    }
}
