//! The one open store of a place and process, and the two ways into it.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use super::row::rewrapped;
use super::unlocked::Unlocked;
use super::{Address, Code, Error, Kind, Options};
use crate::crypto::Secret32;
use crate::domain::{Random, StoreId, UnixTime};
use crate::store::{Engine, Identity, Outcome, Tx};

/// A store that is open in this process.
pub(super) struct Shared {
    pub(super) engine: Box<dyn Engine>,
    pub(super) random: Box<dyn Random>,
    pub(super) store_id: StoreId,
    pub(super) site: String,
    pub(super) key_file: Option<PathBuf>,
    state: RwLock<Option<State>>,
}

/// What is wiped when the store is closed.
struct State {
    /// Every key that was given, for a store that comes back from a backup under one of the earlier ones.
    given: Vec<Secret32>,
    unlocked: Arc<Unlocked>,
    /// Which opening of the file the keys were read from.
    epoch: u64,
}

/// One write transaction.
pub(super) struct Write<'a> {
    pub(super) tx: &'a mut dyn Tx,
    pub(super) unlocked: &'a Unlocked,
    pub(super) random: &'a dyn Random,
    /// The store's clock.
    pub(super) now: UnixTime,
    /// The first revision of a row made now. It is above every revision that any row of the store ever had, so that
    /// a deleted and newly made row is never taken for the one that somebody read before.
    pub(super) fresh_revision: i64,
}

impl Shared {
    pub(super) fn new(
        engine: Box<dyn Engine>,
        random: Box<dyn Random>,
        identity: &Identity,
        key_file: Option<PathBuf>,
        given: Vec<Secret32>,
        unlocked: Unlocked,
    ) -> Self {
        let epoch = engine.epoch();
        let state = RwLock::new(Some(State { given, unlocked: Arc::new(unlocked), epoch }));
        Self { engine, random, store_id: identity.store_id, site: identity.site.clone(), key_file, state }
    }

    /// Lets one more caller in who proves that it has a key, and learns the keys it brings.
    pub(super) fn admit(&self, options: &Options, brought: &[Secret32]) -> Result<(), Error> {
        let (identity, keys) = self.raw_read(|tx| {
            let identity = known_identity(tx)?;
            self.check_same(&identity)?;
            Ok((identity, tx.keys()?))
        })?;
        options.check_identity(&identity)?;
        drop(Unlocked::new(brought, &identity, &keys)?);
        self.learn(brought, &identity, &keys)
    }

    /// Adds keys to those at hand.
    pub(super) fn learn(
        &self,
        brought: &[Secret32],
        identity: &Identity,
        keys: &[crate::store::KeyRecord],
    ) -> Result<(), Error> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let state = state.as_mut().ok_or_else(closed)?;
        for key in brought {
            if !state.given.contains(key) {
                state.given.push(key.clone());
            }
        }
        state.unlocked = Arc::new(Unlocked::new(&state.given, identity, keys)?);
        Ok(())
    }

    /// Wipes the keys; every later call on a handle of this store is refused.
    pub(super) fn close(&self) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The keys, read again where the file was replaced since: a backup was restored.
    fn current(&self, tx: &mut dyn Tx) -> Result<Arc<Unlocked>, Error> {
        let epoch = tx.epoch();
        if let Some(state) = &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
            if state.epoch == epoch {
                return Ok(state.unlocked.clone());
            }
        }
        let identity = known_identity(tx)?;
        self.check_same(&identity)?;
        let keys = tx.keys()?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let state = state.as_mut().ok_or_else(closed)?;
        state.unlocked = Arc::new(Unlocked::new(&state.given, &identity, &keys)?);
        state.epoch = epoch;
        Ok(state.unlocked.clone())
    }

    /// The store's identity as it now is.
    pub(super) fn identity(&self) -> Result<Identity, Error> {
        self.raw_read(known_identity)
    }

    fn check_same(&self, identity: &Identity) -> Result<(), Error> {
        if identity.store_id == self.store_id && identity.site == self.site {
            return Ok(());
        }
        let message = format!(
            "the store at this place was replaced: it was {} of {}, and is {} of {} now. Open it anew if that is meant",
            self.store_id, self.site, identity.store_id, identity.site
        );
        Err(Error::new(Code::StoreReplaced, message))
    }

    fn raw_read<T>(&self, mut work: impl FnMut(&mut dyn Tx) -> Result<T, Error>) -> Result<T, Error> {
        let mut result = None;
        self.engine.read(&mut |tx| {
            result = Some(work(tx));
            Outcome::Rollback
        })?;
        result.unwrap_or_else(|| Err(not_run()))
    }

    /// Reads in one consistent snapshot.
    pub(super) fn read<T>(&self, mut work: impl FnMut(&mut dyn Tx, &Arc<Unlocked>) -> Result<T, Error>) -> Result<T, Error> {
        self.raw_read(|tx| {
            let unlocked = self.current(tx)?;
            work(tx, &unlocked)
        })
    }

    /// Writes all or nothing: an error of `work` leaves no trace.
    pub(super) fn write<T>(&self, work: impl FnMut(&mut Write<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.write_with(Outcome::Commit, work)
    }

    /// As `write`, and takes everything back at the end.
    pub(super) fn rehearse<T>(&self, work: impl FnMut(&mut Write<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.write_with(Outcome::Rollback, work)
    }

    fn write_with<T>(&self, end: Outcome, mut work: impl FnMut(&mut Write<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let mut result = None;
        self.engine.write(&mut |tx| {
            let done = self.begin_write(tx).and_then(|(unlocked, now, fresh_revision)| {
                work(&mut Write { tx, unlocked: &unlocked, random: &*self.random, now, fresh_revision })
            });
            let outcome = if done.is_ok() { end } else { Outcome::Rollback };
            result = Some(done);
            outcome
        })?;
        result.unwrap_or_else(|| Err(not_run()))
    }

    fn begin_write(&self, tx: &mut dyn Tx) -> Result<(Arc<Unlocked>, UnixTime, i64), Error> {
        let unlocked = self.current(tx)?;
        let identity = known_identity(tx)?;
        // Another process may have made another key the primary one; a row sealed under ours would be left behind.
        if identity.secret_key_id == unlocked.keyring.primary().id() {
            return Ok((unlocked, tx.now()?, identity.writes + 1));
        }
        let keys = tx.keys()?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let state = state.as_mut().ok_or_else(closed)?;
        state.unlocked = Arc::new(Unlocked::new(&state.given, &identity, &keys)?);
        Ok((state.unlocked.clone(), tx.now()?, identity.writes + 1))
    }
}

impl Write<'_> {
    /// Forgets members that were held back at the import of a row that has gone on since.
    pub(super) fn forget_held_back(&mut self, address: &Address, kind: Kind, members: &[String]) -> Result<(), Error> {
        for member in members {
            let slot = super::import::member_slot(self.unlocked, kind, address, member);
            self.tx.delete_kept(&slot)?;
        }
        Ok(())
    }

    /// Wraps everything that another key wraps under the primary one, in steps of `page` rows. Returns how many.
    pub(super) fn rewrap_all(&mut self, page: u32) -> Result<u64, Error> {
        let primary = self.unlocked.keyring.primary().id();
        let mut count = 0;
        let mut after = None;
        loop {
            let rows = self.tx.rows_after(after, page)?;
            let Some(last) = rows.last() else { break };
            after = Some(last.meta.id);
            for row in rows.iter().filter(|row| row.meta.key_id != primary) {
                let wrapped = rewrapped(row, self.unlocked, self.random)?;
                self.tx.rewrap_row(row.meta.id, primary, &wrapped)?;
                count += 1;
            }
        }
        Ok(count)
    }
}

/// The identity of a store that has one.
pub(super) fn known_identity(tx: &mut dyn Tx) -> Result<Identity, Error> {
    tx.identity()?.ok_or_else(|| {
        Error::new(Code::StoreReplaced, "the store's file was replaced by an empty one: restore a backup, or open it anew")
    })
}

fn closed() -> Error {
    let message = "this store was closed: more than eight were open in this process, or dm_shutdown was called. Open it again";
    Error::new(Code::InvalidHandle, message).with("handle", "store")
}

fn not_run() -> Error {
    Error::new(Code::Internal, "the store's engine did not run the transaction")
}
