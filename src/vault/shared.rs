//! The one open store of a place and process, and the two ways into it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::audit::Chain;
use super::unlocked::Unlocked;
use super::upgrade::is_behind;
use super::{Code, Error, Options};
use crate::crypto::{Kek, KeyMaterial};
use crate::domain::{KeyId, Random, RecordId, StoreId, UnixTime};
use crate::store::{Engine, Identity, ReadTx, WriteTx};

/// What "recently" is counted in: the uses of all stores of this process.
fn tick() -> u64 {
    static USES: AtomicU64 = AtomicU64::new(0);
    USES.fetch_add(1, Ordering::Relaxed)
}

/// A store that is open in this process.
pub(super) struct Shared {
    engine: Box<dyn Engine>,
    pub(super) random: Box<dyn Random>,
    pub(super) store_id: StoreId,
    pub(super) key_file: Option<PathBuf>,
    used: AtomicU64,
    /// How many leases of this process are about connections in it.
    pub(super) leases: AtomicU64,
    /// Whether the store needs an upgrade, as far as is known.
    behind: AtomicBool,
    state: RwLock<Option<State>>,
}

/// What is wiped when the store is closed.
struct State {
    /// Every key that was given, for a store that comes back from a backup under one of the earlier ones.
    given: Vec<KeyMaterial>,
    unlocked: Arc<Unlocked>,
    /// Which opening of the file the keys were read from.
    epoch: u64,
    /// The site that the store in that file belongs to, as far as is known.
    site: String,
}

/// One write transaction.
pub(super) struct Write<'a> {
    pub(super) tx: &'a mut dyn WriteTx,
    pub(super) unlocked: &'a Arc<Unlocked>,
    pub(super) random: &'a dyn Random,
    /// The store's clock.
    pub(super) now: UnixTime,
    /// The first revision of a row made now. It is above every revision that any row of the store ever had, so that
    /// a deleted and newly made row is never taken for the one that somebody read before.
    pub(super) fresh_revision: i64,
    /// Where the audit chain has come to.
    pub(super) chain: Chain,
}

impl Shared {
    pub(super) fn new(
        engine: Box<dyn Engine>,
        epoch: u64,
        random: Box<dyn Random>,
        identity: &Identity,
        key_file: Option<PathBuf>,
        given: Vec<KeyMaterial>,
        unlocked: Unlocked,
    ) -> Self {
        let site = identity.site.clone();
        let state = RwLock::new(Some(State { given, unlocked: Arc::new(unlocked), epoch, site }));
        Self {
            engine,
            random,
            store_id: identity.store_id,
            key_file,
            used: AtomicU64::new(tick()),
            leases: AtomicU64::new(0),
            behind: AtomicBool::new(true),
            state,
        }
    }

    /// Lets one more caller in who proves that it has a key, and learns the keys it brings.
    pub(super) fn admit(&self, options: &Options, brought: &[KeyMaterial]) -> Result<(), Error> {
        let (identity, keys) = self.engine(options.patience).snapshot(|tx| {
            let identity = known_identity(tx)?;
            self.check_same(&identity, tx.epoch())?;
            if self.is_behind() || tx.epoch() != self.epoch()? {
                self.set_behind(is_behind(tx)?);
            }
            Ok::<_, Error>((identity, tx.keys()?))
        })?;
        options.check_identity(&identity)?;
        self.used.store(tick(), Ordering::Relaxed);
        let unlocked = self.open_state()?;
        let opens = |kek: &Kek| brought.iter().any(|key| key.key() == kek.key());
        if brought.len() == 1 && unlocked.keyring.get(identity.secret_key_id).is_some_and(opens) {
            return Ok(());
        }
        drop(Unlocked::new(brought, &identity, &keys)?);
        self.learn(brought, &identity, &keys)
    }

    /// Adds keys to those at hand.
    pub(super) fn learn(
        &self,
        brought: &[KeyMaterial],
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
    pub(super) fn current(&self, tx: &mut dyn ReadTx) -> Result<Arc<Unlocked>, Error> {
        self.used.store(tick(), Ordering::Relaxed);
        let epoch = tx.epoch();
        match &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
            Some(state) if state.epoch == epoch => return Ok(state.unlocked.clone()),
            Some(_) => {}
            None => return Err(closed()),
        }
        let identity = known_identity(tx)?;
        self.check_same(&identity, epoch)?;
        let keys = tx.keys()?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let state = state.as_mut().ok_or_else(closed)?;
        state.unlocked = Arc::new(Unlocked::new(&state.given, &identity, &keys)?);
        state.epoch = epoch;
        self.set_behind(true);
        Ok(state.unlocked.clone())
    }

    /// The keys that were given here, with those that another process has added to the store since.
    pub(super) fn refreshed(
        &self,
        tx: &mut dyn ReadTx,
        unlocked: &Arc<Unlocked>,
    ) -> Result<Arc<Unlocked>, Error> {
        let keys = tx.keys()?;
        if keys.iter().all(|key| unlocked.keyring.get(key.id).is_some()) {
            return Ok(unlocked.clone());
        }
        let identity = known_identity(tx)?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let state = state.as_mut().ok_or_else(closed)?;
        let now = Unlocked::new(&state.given, &identity, &keys)?;
        // What is remembered of rows is kept where nothing new came of it.
        if now.keyring.ids().ne(state.unlocked.keyring.ids()) {
            state.unlocked = Arc::new(now);
        }
        Ok(state.unlocked.clone())
    }

    /// The engine, for a caller with this patience.
    pub(super) fn engine(&self, patience: Duration) -> Box<dyn Engine> {
        self.engine.with_patience(patience)
    }

    /// The id of the key that everything new is wrapped under.
    pub(super) fn primary(&self) -> Result<KeyId, Error> {
        Ok(self.open_state()?.keyring.primary_id())
    }

    /// When a call last used this store, in calls of this process.
    pub(super) fn last_used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether the store may need an upgrade.
    pub(super) fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Relaxed)
    }

    pub(super) fn set_behind(&self, behind: bool) {
        self.behind.store(behind, Ordering::Relaxed);
    }

    fn epoch(&self) -> Result<u64, Error> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.as_ref().map(|state| state.epoch).ok_or_else(closed)
    }

    fn open_state(&self) -> Result<Arc<Unlocked>, Error> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.as_ref().map(|state| state.unlocked.clone()).ok_or_else(closed)
    }

    /// Refuses what was put in the place of the store: another one, or one of another site. In the very file that is
    /// open, another site is no other store: it was adopted.
    fn check_same(&self, identity: &Identity, epoch: u64) -> Result<(), Error> {
        let known = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            let state = state.as_ref().ok_or_else(closed)?;
            if identity.store_id == self.store_id && identity.site == state.site {
                return Ok(());
            }
            (state.epoch, state.site.clone())
        };
        if identity.store_id == self.store_id && known.0 == epoch {
            self.belongs_to(&identity.site);
            return Ok(());
        }
        let message = format!(
            "the store at this place was replaced: it was {} of {}, and is {} of {} now. Open it anew if that is meant",
            self.store_id, known.1, identity.store_id, identity.site
        );
        Err(Error::new(Code::StoreReplaced, message))
    }

    /// Takes note of the site that has adopted the store.
    pub(super) fn belongs_to(&self, site: &str) {
        if let Some(state) = &mut *self.state.write().unwrap_or_else(PoisonError::into_inner) {
            state.site = site.to_owned();
        }
    }

    pub(super) fn within<T>(
        &self,
        tx: &mut dyn WriteTx,
        work: &mut impl FnMut(&mut Write<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (unlocked, now, fresh_revision) = self.begin_write(tx)?;
        let chain = Chain::default();
        let mut write = Write { tx, unlocked: &unlocked, random: &*self.random, now, fresh_revision, chain };
        let result = work(&mut write)?;
        write.end_chain()?;
        Ok(result)
    }

    fn begin_write(&self, tx: &mut dyn WriteTx) -> Result<(Arc<Unlocked>, UnixTime, i64), Error> {
        let unlocked = self.current(tx)?;
        let identity = known_identity(tx)?;
        // Another process may have made another key the primary one; a row sealed under ours would be left behind.
        if identity.secret_key_id == unlocked.keyring.primary_id() {
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
    pub(super) fn forget_held_back(&mut self, row: RecordId, members: &[String]) -> Result<(), Error> {
        if members.is_empty() {
            return Ok(());
        }
        for note in self.tx.kept_of(row)? {
            if note.member.is_some_and(|member| members.contains(&member)) {
                self.tx.delete_kept(note.id)?;
            }
        }
        Ok(())
    }
}

/// The identity of a store that has one.
pub(super) fn known_identity(tx: &mut dyn ReadTx) -> Result<Identity, Error> {
    tx.identity()?.ok_or_else(|| {
        Error::new(
            Code::StoreReplaced,
            "the store's file was replaced by an empty one: restore a backup, or open it anew",
        )
    })
}

fn closed() -> Error {
    let message = "this store was closed: more than eight were open in this process, or dm_shutdown was called. Open it again";
    Error::new(Code::InvalidHandle, message).with("handle", "store")
}
