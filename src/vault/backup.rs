//! A copy of the store.

use std::path::Path;

use serde::Serialize;

use super::shared::known_identity;
use super::{Code, Error, Vault};
use crate::store::{KeyStatus, ReadTx};

/// A copy that was made, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// How many bytes it has.
    pub bytes: u64,
    /// How many write transactions are in it.
    pub writes: u64,
    /// The store that it is a copy of.
    pub store_id: String,
    /// The ids of the keys without which not all of it opens.
    pub keys: Vec<String>,
}

impl Vault {
    /// Copies the store as it is at one moment into a new file. The keys are no part of it.
    pub fn backup(&self, path: &Path) -> Result<Backup, Error> {
        if !path.is_absolute() {
            let message = "path: has to be absolute; where a process stands is nothing to rely upon";
            return Err(Error::new(Code::InvalidArgument, message).with("argument", "path"));
        }
        let mut seen = None;
        let bytes = self.engine.copy(path, &mut |tx| {
            let found = self.seen(tx);
            let ours = found.is_ok();
            seen = Some(found);
            ours
        })?;
        let seen =
            seen.ok_or_else(|| Error::new(Code::Internal, "the store's engine did not run the look"))?;
        Ok(Backup { bytes, ..seen? })
    }

    /// What will be in a copy.
    fn seen(&self, tx: &mut dyn ReadTx) -> Result<Backup, Error> {
        // Of what was put in the store's place no copy is made in its name.
        self.shared.current(tx)?;
        let identity = known_identity(tx)?;
        let keys = tx.keys()?.into_iter().filter(|key| key.status != KeyStatus::Retired);
        Ok(Backup {
            bytes: 0,
            writes: identity.writes.unsigned_abs(),
            store_id: identity.store_id.to_string(),
            keys: keys.map(|key| key.id.to_string()).collect(),
        })
    }
}
