//! What one engine has open: the lock files and the database; and the way to a database that is fit for use.

use super::database::{self, Database};
use super::failure::Operation;
use super::journal;
use super::lock::{Access, Held, Locks};
use super::place::{FileId, Stamp};
use super::schema::{self, Content, Step, Versions};
use super::transaction::Transaction;
use crate::domain::StoreId;
use crate::store::Error;
use crate::store::fork::Process;

/// What one engine has open.
#[derive(Debug)]
pub(super) struct Session {
    process: Process,
    locks: Locks,
    pub database: Option<Database>,
    /// The store that was last found here, and the file it was in.
    known: Option<(StoreId, FileId)>,
    pub epoch: u64,
    pub steps: &'static [Step],
}

impl Session {
    pub fn new(steps: &'static [Step]) -> Self {
        let process = Process::current();
        Self { process, locks: Locks::default(), database: None, known: None, epoch: 1, steps }
    }

    /// Locks the store and sees to it that the database is open, current, and readable or writable by this library.
    pub fn begin<'a>(&mut self, access: Access, operation: &'a Operation<'_>) -> Result<Held<'a>, Error> {
        self.disown_if_inherited();
        let mut held = self.lock(access, operation)?;
        if access == Access::Exclusive {
            // A clock that ticks slowly may hide from the stamp that a newer library was here: a write looks.
            if let Some(database) = &mut self.database {
                database.seen = None;
            }
            self.mend(operation)?;
        } else if !self.is_settled(held.directory) {
            if self.needs_mending(operation)? {
                drop(held);
                held = self.lock(Access::Exclusive, operation)?;
                self.mend(operation)?;
                held.downgrade(operation.place)?;
            } else if let Some(database) = &mut self.database {
                database.settle(operation, held.directory)?;
            }
        }
        self.check_versions(access, operation)?;
        Ok(held)
    }

    /// Whether nothing at all has changed since the last look, and that found nothing to do.
    fn is_settled(&self, directory: Stamp) -> bool {
        let database = self.database.as_ref().filter(|database| database.is_settled(directory));
        database.is_some() && self.outdated().is_none()
    }

    /// A transaction on the open database.
    pub fn transaction<'a>(
        &'a self,
        access: Access,
        operation: &'a Operation<'a>,
    ) -> Result<Transaction<'a>, Error> {
        let database = self.database.as_ref().ok_or_else(|| operation.missing())?;
        database.be_patient(operation)?;
        Transaction::begin(database, access, operation, self.epoch, self.steps)
    }

    /// Takes note of how a transaction ended; the outer lock is still held.
    pub fn conclude(
        &mut self,
        access: Access,
        operation: &Operation<'_>,
        done: Result<(), Error>,
    ) -> Result<(), Error> {
        if access == Access::Exclusive {
            self.locks.wrote();
        }
        match done {
            Err(
                Error::Io { .. } | Error::InDoubt { .. } | Error::Corrupt { .. } | Error::Replaced { .. },
            ) => {
                // The connection may be in any state.
                self.database = None;
                done
            }
            Ok(()) if access == Access::Exclusive => self.conclude_write(operation),
            done => done,
        }
    }

    /// A write went to the file that is open. If a backup was put back meanwhile, it is not in the store.
    fn conclude_write(&mut self, operation: &Operation<'_>) -> Result<(), Error> {
        let Some(database) = &mut self.database else { return Ok(()) };
        database.seen = None;
        match operation.place.stamp() {
            Ok(Some(stamp)) if stamp.id == database.file => {
                if database.content == Content::Fresh {
                    // Perhaps it was made just now: which store it is has to be known before another one can take its
                    // place. What was written stands, whatever the look says.
                    let _ = self.look(operation, stamp);
                } else {
                    // What was just written need not be looked at.
                    database.seen = Some(stamp);
                }
                Ok(())
            }
            Ok(_) => Err(operation.replaced("during this write, which is not in it; repeat the write")),
            Err(_) => Ok(()),
        }
    }

    /// Closes everything, under the outer lock if it can be had.
    pub fn close(&mut self, operation: &Operation<'_>) {
        self.disown_if_inherited();
        if self.database.is_some() {
            let _held = self.locks.acquire(Access::Shared, operation, None);
            self.database = None;
        }
    }

    /// A child leaks what its parent opened: closing it would touch the parent's.
    fn disown_if_inherited(&mut self) {
        let current = Process::current();
        if self.process != current {
            std::mem::forget(self.database.take());
            self.locks = Locks::default();
            self.process = current;
        }
    }

    /// Locks; a directory that was there and is not any more was replaced.
    fn lock<'a>(&mut self, access: Access, operation: &'a Operation<'_>) -> Result<Held<'a>, Error> {
        let known = self.database.as_ref().and_then(Database::known_directory);
        self.locks.acquire(access, operation, known).map_err(|error| match error {
            Error::MissingDirectory { .. } if self.known.is_some() => {
                operation.replaced("its directory is not there any more; put it back")
            }
            error => error,
        })
    }

    /// Whether a reader has to write first: to roll back, to leave WAL mode, to migrate. If not, the database is
    /// open and current afterwards.
    fn needs_mending(&mut self, operation: &Operation<'_>) -> Result<bool, Error> {
        let stamp = self.stamp(operation)?;
        if operation.place.has_journal()? {
            return Ok(true);
        }
        if self.database.is_none() && self.usable(operation, stamp, database::inspect(operation))? {
            return Ok(true);
        }
        Ok(self.look(operation, stamp)? || self.outdated().is_some())
    }

    /// Does what a reader must not; the exclusive lock is held. The database is open and current afterwards.
    fn mend(&mut self, operation: &Operation<'_>) -> Result<(), Error> {
        let stamp = self.stamp(operation)?;
        if operation.place.has_journal()? {
            // Looking at the database rolls back.
            self.database = None;
            journal::set_aside_if_stale(operation.place)?;
        } else if self.database.is_none() {
            self.usable(operation, stamp, database::inspect(operation))?;
        }
        if self.look(operation, stamp)? {
            // Opening it leaves WAL mode.
            self.database = None;
            self.look(operation, stamp)?;
        }
        if let Some(from) = self.outdated() {
            self.migrate(operation, from)?;
        }
        Ok(())
    }

    /// The file at the path. If it is not the one that is open, that one is closed.
    fn stamp(&mut self, operation: &Operation<'_>) -> Result<Stamp, Error> {
        let Some(stamp) = operation.place.stamp()? else {
            self.database = None;
            return Err(match self.known {
                Some(_) => operation.replaced("it is not there any more; put it back"),
                None => operation.missing(),
            });
        };
        if self.database.as_ref().is_some_and(|database| database.file != stamp.id) {
            self.database = None;
        }
        if self.database.as_ref().is_none_or(|database| database.seen != Some(stamp)) {
            operation.place.check_database()?;
        }
        Ok(stamp)
    }

    /// Opens the database if it is not, and looks what it holds if its file has changed. Says whether somebody has
    /// switched it to WAL mode.
    fn look(&mut self, operation: &Operation<'_>, stamp: Stamp) -> Result<bool, Error> {
        let changed = self.database.as_ref().is_none_or(|database| database.seen != Some(stamp));
        let (content, stamp) = match &mut self.database {
            Some(database) => (database.look(operation, stamp), stamp),
            None => {
                operation.place.check_directory()?;
                let (database, stamp) = Database::open(operation)?;
                (self.database.insert(database).look(operation, stamp), stamp)
            }
        };
        if content.is_err() {
            self.database = None;
        }
        match self.usable(operation, stamp, content)? {
            Content::Fresh if self.known.is_some() => {
                return Err(operation.replaced("it is empty now; put back its backup"));
            }
            Content::Fresh => {}
            Content::Store(id, _) => {
                let found = (id, stamp.id);
                if self.known.replace(found).is_some_and(|before| before != found) {
                    self.epoch += 1;
                }
            }
        }
        let wal = changed && operation.place.exists(&operation.place.wal)?;
        if let Some(database) = &mut self.database
            && wal
        {
            // Until that is mended, every look has to see it.
            database.seen = None;
        }
        Ok(wal)
    }

    /// What cannot be used, in the place of the file that was, has been put there since.
    fn usable<T>(
        &self,
        operation: &Operation<'_>,
        stamp: Stamp,
        result: Result<T, Error>,
    ) -> Result<T, Error> {
        result.map_err(|error| match (error, self.known) {
            (Error::NotAStore { detail, .. } | Error::Corrupt { detail, .. }, Some((_, file)))
                if file != stamp.id =>
            {
                operation.replaced(&format!("{detail}; put back its backup"))
            }
            (error, _) => error,
        })
    }

    fn versions(&self) -> Option<Versions> {
        match self.database.as_ref()?.content {
            Content::Store(_, versions) => Some(versions),
            Content::Fresh => None,
        }
    }

    /// The version of the tables, if it is older than ours.
    fn outdated(&self) -> Option<u32> {
        let schema = self.versions()?.schema;
        (schema < schema::version(self.steps)).then_some(schema)
    }

    fn migrate(&mut self, operation: &Operation<'_>, from: u32) -> Result<(), Error> {
        let Some(database) = &mut self.database else { return Ok(()) };
        operation.check(schema::migrate(&mut database.connection, from, self.steps))?;
        let stamp = self.stamp(operation)?;
        self.look(operation, stamp).map(drop)
    }

    fn check_versions(&self, access: Access, operation: &Operation<'_>) -> Result<(), Error> {
        let Some(versions) = self.versions() else { return Ok(()) };
        let needed = match access {
            Access::Shared => versions.min_reader,
            Access::Exclusive => versions.min_reader.max(versions.min_writer),
        };
        let known = schema::version(self.steps);
        if needed > known {
            return Err(Error::Newer { path: operation.place.database.clone(), needed, known });
        }
        Ok(())
    }
}
