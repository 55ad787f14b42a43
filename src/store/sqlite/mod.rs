//! The SQLite engine: our own bundled copy, a rollback journal, short transactions, and an outer lock.
//!
//! Each operation: enter the fork barrier; take the engine's one session; take the outer lock; see to it that the open
//! files are those at the paths; run one transaction; unlock. `THREATS.md` says why each of these is there.

mod audit;
mod clock;
mod copy;
mod database;
mod events;
mod failure;
mod filesystem;
mod find;
mod grants;
mod journal;
mod lock;
mod part;
mod patience;
mod place;
mod reads;
mod refreshes;
mod schema;
mod session;
mod transaction;
mod turns;
mod writes;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use failure::Operation;
use lock::Access;
use patience::Patience;
use place::Place;
pub use place::outside;
use schema::{Content, STEPS, Step};
use session::Session;
use transaction::Closing;
use turns::Turns;

use super::fork;
use super::{Description, Engine, Error, Outcome, ReadTx, WriteTx};

/// How long closing waits for others; after that the files are closed without the lock.
const CLOSING: Duration = Duration::from_secs(1);

/// More is taken for this much; SQLite counts in milliseconds, and not far.
const LONGEST_PATIENCE: Duration = Duration::from_secs(3600);

/// Whether a store may be made where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Create {
    /// A missing store is an error.
    Never,
    /// A missing store is made, and its directory too if the parent exists.
    IfMissing,
}

/// Where a store is, and how it is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// The store's own directory.
    pub directory: PathBuf,
    /// Whether it may be made.
    pub create: Create,
    /// What the web server serves: the store must be outside of it.
    pub document_root: Option<PathBuf>,
    /// How long one operation waits for others, in all; an hour at most.
    pub patience: Duration,
}

impl Options {
    /// An existing store, with a patience of five seconds.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            create: Create::Never,
            document_root: None,
            patience: Duration::from_secs(5),
        }
    }
}

/// An open SQLite store, with the patience of one caller.
#[derive(Debug)]
pub struct SqliteEngine {
    open: Arc<Open>,
    patience: Duration,
}

/// What the callers of one store share; closed with the last of them.
#[derive(Debug)]
struct Open {
    place: Place,
    turns: Turns,
    steps: &'static [Step],
}

impl SqliteEngine {
    /// Opens a store. A store that is made is fresh until [`WriteTx::initialise`].
    pub fn open(options: &Options) -> Result<Self, Error> {
        Self::open_with(options, STEPS)
    }

    fn open_with(options: &Options, steps: &'static [Step]) -> Result<Self, Error> {
        let inside = fork::enter();
        let place = Place::new(options)?;
        place.prepare(options.create)?;
        let patience = options.patience.min(LONGEST_PATIENCE);
        let operation = Operation { place: &place, patience: Patience::new(patience), inside: &inside };
        let mut session = Session::new(steps);
        let held = session.begin(Access::Shared, &operation)?;
        let fresh = session.database.as_ref().is_none_or(|database| database.content == Content::Fresh);
        if fresh && options.create == Create::Never {
            session.database = None;
            return Err(operation.missing());
        }
        drop(held);
        let open = Open { place, turns: Turns::new(session), steps };
        Ok(Self { open: Arc::new(open), patience })
    }

    /// Runs one operation, from the fork barrier inwards.
    fn run(
        &self,
        access: Access,
        work: impl FnOnce(&Session, &Operation<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let inside = fork::enter();
        let operation =
            Operation { place: &self.open.place, patience: Patience::new(self.patience), inside: &inside };
        let mut session = self.open.turns.take(&operation.patience)?;
        let _held = session.begin(access, &operation)?;
        let closing = Closing(&mut session);
        let done = work(closing.0, &operation);
        drop(closing);
        session.conclude(access, &operation, done)
    }
}

impl Engine for SqliteEngine {
    fn read(&self, work: &mut dyn FnMut(&mut dyn ReadTx)) -> Result<(), Error> {
        self.run(Access::Shared, |session, operation| {
            let mut transaction = session.transaction(Access::Shared, operation)?;
            work(&mut transaction);
            transaction.end()
        })
    }

    fn write(&self, work: &mut dyn FnMut(&mut dyn WriteTx) -> Outcome) -> Result<(), Error> {
        self.run(Access::Exclusive, |session, operation| {
            let mut transaction = session.transaction(Access::Exclusive, operation)?;
            match work(&mut transaction) {
                Outcome::Commit => transaction.commit(),
                // Whatever is left open is rolled back.
                Outcome::Rollback => Ok(()),
            }
        })
    }

    fn copy(&self, to: &Path, look: &mut dyn FnMut(&mut dyn ReadTx) -> bool) -> Result<u64, Error> {
        let mut copied = 0;
        self.run(Access::Shared, |session, operation| {
            let mut transaction = session.transaction(Access::Shared, operation)?;
            let wanted = look(&mut transaction);
            transaction.end()?;
            if wanted {
                // Nobody writes as long as the outer lock is held, and no journal was left: the file is whole.
                copied = copy::copy(operation.place, to)?;
            }
            Ok(())
        })?;
        Ok(copied)
    }

    fn with_patience(&self, patience: Duration) -> Box<dyn Engine> {
        Box::new(Self { open: self.open.clone(), patience: patience.min(LONGEST_PATIENCE) })
    }

    fn describe(&self) -> Description {
        Description {
            engine: "sqlite",
            version: rusqlite::version().to_owned(),
            place: self.open.place.database.display().to_string(),
            schema: schema::version(self.open.steps),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let inside = fork::enter();
        let operation = Operation { place: &self.place, patience: Patience::new(CLOSING), inside: &inside };
        if let Ok(mut session) = self.turns.take(&operation.patience) {
            session.close(&operation);
        }
    }
}
