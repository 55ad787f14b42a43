//! Opening a store, and making one where there is none and one is wanted.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::key_file::KeyFile;
use super::registry;
use super::shared::{Shared, known_identity};
use super::site::{Cloned, Opener};
use super::unlocked::Unlocked;
use super::upgrade::{UPGRADES, is_behind};
use super::{Code, Error, Vault};
use crate::crypto::{Kek, KeyMaterial, OsRandom, StoreSecret, check_value};
use crate::domain::{KeyId, Random, StoreId};
use crate::providers::Catalogue;
use crate::store::sqlite::{Create, SqliteEngine};
use crate::store::{self, Engine, Identity, KeyRecord, KeyStatus, ReadTx, WriteTx};

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// The directory of the store.
    pub path: PathBuf,
    /// The site that opens the store, such as its address; a store that is made belongs to it. A store of another site
    /// is not opened, but as a copy.
    pub site: String,
    /// What becomes of a store of another site.
    pub clone: Cloned,
    /// The id that the store has to have. Where it is given, no store is made.
    pub store_id: Option<StoreId>,
    /// Whether a store may be made where there is none; without a word, only where no id is expected.
    pub create: Option<bool>,
    /// Where the web server serves files from; neither the store nor its key may lie there.
    pub document_root: Option<PathBuf>,
    /// Where the key file lies, instead of beside the store's directory.
    pub key_file: Option<PathBuf>,
    /// How long a call waits for others before it is BUSY.
    pub patience: Duration,
    /// A JSON document that adds to the catalogue of providers.
    pub catalogue: Option<Vec<u8>>,
}

impl Options {
    /// For the store in `path` that belongs to `site`, with everything else as it is by itself.
    pub fn new(path: impl Into<PathBuf>, site: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            site: site.into(),
            clone: Cloned::Refused,
            store_id: None,
            create: None,
            document_root: None,
            key_file: None,
            patience: Duration::from_secs(5),
            catalogue: None,
        }
    }

    fn may_create(&self) -> bool {
        self.create.unwrap_or(self.store_id.is_none())
    }

    fn validate(&self) -> Result<(), Error> {
        let wrong = |argument: &str, problem: &str| {
            Err(Error::of_argument(argument, format!("{argument}: {problem}")))
        };
        if !self.path.is_absolute() {
            return wrong("path", "must be the absolute path of a directory");
        }
        if self.key_file.as_ref().is_some_and(|path| !path.is_absolute()) {
            return wrong("key_file", "must be the absolute path of a file");
        }
        if self.site.is_empty() || self.site.len() > 255 || self.site.chars().any(char::is_control) {
            return wrong("site", "must name the site that the store belongs to, in at most 255 bytes");
        }
        if self.create == Some(true) && self.store_id.is_some() {
            return wrong(
                "create",
                "a store whose id is already known cannot be made: leave one of the two out",
            );
        }
        Ok(())
    }

    /// Refuses another store than the expected one, and another site's that is not opened as a copy.
    pub(super) fn check_identity(&self, identity: &Identity) -> Result<(), Error> {
        if let Some(expected) = self.store_id.filter(|expected| *expected != identity.store_id) {
            let message = format!(
                "another store than expected: store {} lies here, {expected} was expected. Check the path, or restore the right backup",
                identity.store_id
            );
            return Err(
                Error::new(Code::StoreMismatch, message).with("store_id", identity.store_id.to_string())
            );
        }
        self.opener().check(identity)
    }

    fn opener(&self) -> Opener {
        Opener { site: self.site.clone(), clone: self.clone }
    }
}

impl Vault {
    /// Opens the store, or makes it where there is none and that is wanted. Of `keys` the first is the one that a new
    /// store is made with, the others are earlier ones; with none the key file is used, and made with the store.
    pub fn open(options: &Options, keys: &[KeyMaterial]) -> Result<Self, Error> {
        let _inside = super::enter();
        options.validate()?;
        let catalogue = match &options.catalogue {
            Some(json) => Cow::Owned(Catalogue::embedded().extended(json)?),
            None => Cow::Borrowed(Catalogue::embedded()),
        };
        let shared = registry::shared(options, keys)?;
        let engine = shared.engine(options.patience);
        let vault = Self { shared, engine, patience: options.patience, catalogue, opener: options.opener() };
        vault.upgrade();
        Ok(vault)
    }
}

/// Opens a store that no one in this process has open.
pub(super) fn open_shared(options: &Options, keys: &[KeyMaterial]) -> Result<Shared, Error> {
    let create = if options.may_create() { Create::IfMissing } else { Create::Never };
    let key_file = KeyFile::new(options)?;
    if keys.is_empty() && options.may_create() && is_empty(&options.path) {
        key_file.check_place()?;
    }
    let engine = SqliteEngine::open(&store::sqlite::Options {
        directory: options.path.clone(),
        create,
        document_root: options.document_root.clone(),
        patience: options.patience,
    })?;
    let random: Box<dyn Random> = Box::new(OsRandom);
    let engine: Box<dyn Engine> = Box::new(engine);
    let found = engine.snapshot(|tx| existing(tx, options))?;
    let Found { epoch, identity, records, behind } = match found {
        Some(found) => found,
        None if !options.may_create() => {
            let message = format!(
                "a store was expected in {} and there is none; none is made in its place. Restore a backup, or check the path",
                options.path.display()
            );
            return Err(Error::new(Code::StoreMissing, message));
        }
        // Two processes may come here at once: the second finds the first one's store.
        None => engine.transaction(|tx: &mut dyn WriteTx| match existing(tx, options)? {
            Some(found) => Ok(found),
            None => make(tx, options, keys, &key_file, &*random),
        })?,
    };
    let given = if keys.is_empty() {
        key_file.read(identity.store_id, identity.secret_key_id)?
    } else {
        keys.to_vec()
    };
    let unlocked = Unlocked::new(&given, &identity, &records)?;
    let used = keys.is_empty().then(|| key_file.path().to_owned());
    let shared = Shared::new(engine, epoch, random, &identity, used, given, unlocked);
    shared.set_behind(behind);
    Ok(shared)
}

/// Whether nothing lies in a directory, which need not be there.
fn is_empty(directory: &Path) -> bool {
    std::fs::read_dir(directory).map_or(true, |mut entries| entries.next().is_none())
}

/// The keys that a caller brings, those of the key file where it brings none.
pub(super) fn brought(
    options: &Options,
    keys: &[KeyMaterial],
    shared: &Shared,
) -> Result<Vec<KeyMaterial>, Error> {
    if !keys.is_empty() {
        return Ok(keys.to_vec());
    }
    KeyFile::new(options)?.read(shared.store_id, shared.primary()?)
}

/// A store that exists.
struct Found {
    /// Which opening of its file this is.
    epoch: u64,
    identity: Identity,
    records: Vec<KeyRecord>,
    /// Whether it needs an upgrade.
    behind: bool,
}

fn existing(tx: &mut dyn ReadTx, options: &Options) -> Result<Option<Found>, Error> {
    if tx.identity()?.is_none() {
        return Ok(None);
    }
    let identity = known_identity(tx)?;
    options.check_identity(&identity)?;
    Ok(Some(Found { epoch: tx.epoch(), identity, records: tx.keys()?, behind: is_behind(tx)? }))
}

/// Makes the schema, the store's identity and its secret, under the first key.
fn make(
    tx: &mut dyn WriteTx,
    options: &Options,
    keys: &[KeyMaterial],
    key_file: &KeyFile,
    random: &dyn Random,
) -> Result<Found, Error> {
    let key = match keys.first() {
        Some(key) => key.clone(),
        None => key_file.read_or_make(random)?,
    };
    let (store_id, key_id, now) = (StoreId::generate(random)?, KeyId::generate(random)?, tx.now()?.seconds());
    let check_value = check_value(key.key(), store_id, key_id).to_vec();
    let kek = Kek::new(key_id, key.into_key());
    let wrapped_secret = StoreSecret::generate(random)?.wrap(&kek, store_id, random)?;
    let identity = Identity {
        store_id,
        site: options.site.clone(),
        created_at: now,
        secret_key_id: key_id,
        wrapped_secret,
        writes: 0,
    };
    let record = KeyRecord { id: key_id, status: KeyStatus::Primary, check_value, created_at: now };
    tx.initialise(&identity, &record)?;
    tx.set_upgrades(UPGRADES)?;
    Ok(Found { epoch: tx.epoch(), identity, records: vec![record], behind: false })
}
