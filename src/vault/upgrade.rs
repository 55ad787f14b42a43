//! What this library makes of what an earlier one left in a store: once, by whoever opens it first and may write.

use super::grants::{give_kept, give_own_to_all, wait_for_a_key};
use super::shared::Write;
use super::{Error, Vault};
use crate::store::ReadTx;

/// The upgrades that there are, one after the other; a new store needs none of them. The first: agents that have accounts
/// of their own get their grants. The second: the delegations that an import kept become grants.
pub(super) const UPGRADES: i64 = 2;
const OWN_ACCOUNTS: i64 = 1;

/// Whether a store still needs some.
pub(super) fn is_behind(tx: &mut dyn ReadTx) -> Result<bool, Error> {
    Ok(tx.upgrades()? < UPGRADES)
}

impl Vault {
    /// Does what is left to do. Where that does not go (the store is busy, or may not be written), everything else goes on,
    /// and the next one who opens the store tries again.
    pub(super) fn upgrade(&self) {
        if self.shared.is_behind()
            && let Ok(true) = self.try_upgrade()
        {
            self.shared.set_behind(false);
        }
    }

    /// Says whether nothing is left to do.
    fn try_upgrade(&self) -> Result<bool, Error> {
        // Waiting for a key must not cost a write each time.
        let waits = self.read_with_keys(|tx, unlocked| {
            Ok(tx.upgrades()? >= OWN_ACCOUNTS && wait_for_a_key(tx, unlocked)?)
        })?;
        if waits {
            return Ok(false);
        }
        self.write(|write| {
            let done = write.tx.upgrades()?;
            let number = self.upgrade_from(write, done)?;
            if number > done {
                write.tx.set_upgrades(number)?;
            }
            Ok(number >= UPGRADES)
        })
    }

    /// Says how many are done then.
    fn upgrade_from(&self, write: &mut Write<'_>, done: i64) -> Result<i64, Error> {
        if done < OWN_ACCOUNTS {
            give_own_to_all(write)?;
        }
        if done < UPGRADES {
            if wait_for_a_key(write.tx, write.unlocked)? {
                return Ok(OWN_ACCOUNTS);
            }
            give_kept(write, &self.catalogue)?;
        }
        Ok(done.max(UPGRADES))
    }
}
