//! One transaction on the open database.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Params};

use super::database::Database;
use super::failure::Operation;
use super::lock::Access;
use super::schema::{Content, Step};
use super::session::Session;
use crate::store::Error;

/// One transaction. A read of one statement has no `BEGIN`: nobody writes while the outer lock is held shared.
#[derive(Debug)]
pub(super) struct Transaction<'a> {
    pub operation: &'a Operation<'a>,
    pub connection: &'a Connection,
    pub epoch: u64,
    pub steps: &'static [Step],
    /// There are no tables yet.
    pub fresh: bool,
    access: Access,
    /// A statement ran.
    used: bool,
    /// `BEGIN` ran.
    begun: bool,
    /// The error after which nothing is committed any more: SQLite may have rolled back, and what follows would be
    /// committed by itself.
    failed: Option<Error>,
}

impl<'a> Transaction<'a> {
    /// Begins; the outer lock is held for this access.
    pub fn begin(
        database: &'a Database,
        access: Access,
        operation: &'a Operation<'a>,
        epoch: u64,
        steps: &'static [Step],
    ) -> Result<Self, Error> {
        let mut transaction = Self {
            operation,
            connection: &database.connection,
            epoch,
            steps,
            fresh: database.content == Content::Fresh,
            access,
            used: false,
            begun: false,
            failed: None,
        };
        if access == Access::Exclusive {
            transaction.control("BEGIN IMMEDIATE")?;
            transaction.begun = true;
        }
        Ok(transaction)
    }

    fn control(&self, sql: &str) -> Result<(), Error> {
        self.operation
            .check(self.connection.prepare_cached(sql).and_then(|mut statement| statement.execute([])))?;
        Ok(())
    }

    /// Ends a read.
    pub fn end(self) -> Result<(), Error> {
        if self.begun { self.control("COMMIT") } else { Ok(()) }
    }

    /// Counts the write and commits it.
    pub fn commit(mut self) -> Result<(), Error> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if self.fresh {
            return self.control("COMMIT");
        }
        let writes = self.count_write()?;
        self.control("COMMIT").map_err(|error| match self.was_committed(writes) {
            true => Error::InDoubt { reason: error.to_string() },
            false => error,
        })
    }

    fn count_write(&mut self) -> Result<i64, Error> {
        let counted =
            self.one("UPDATE store SET writes = writes + 1 WHERE one = 1 RETURNING writes", [], |row| {
                row.get(0)
            })?;
        counted.ok_or_else(|| self.operation.damaged("the row of the store is missing".into()))
    }

    /// Whether a commit took effect although it failed: its last step is to make the end of the journal durable.
    fn was_committed(&self, writes: i64) -> bool {
        let rolled_back =
            self.connection.is_autocommit() || self.connection.execute_batch("ROLLBACK").is_ok();
        let count = self.connection.query_row("SELECT writes FROM store WHERE one = 1", [], |row| row.get(0));
        rolled_back && count == Ok(writes)
    }

    fn prepare(&mut self, sql: &str) -> Result<CachedStatement<'a>, Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if self.fresh {
            return Err(self.operation.missing());
        }
        if self.used && !self.begun {
            self.control("BEGIN")?;
            self.begun = true;
        }
        self.used = true;
        self.operation.check(self.connection.prepare_cached(sql))
    }

    /// Remembers an error after which a write must not be committed.
    pub fn noted<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &result
            && self.access == Access::Exclusive
            && *error != Error::Conflict
        {
            self.failed.get_or_insert_with(|| error.clone());
        }
        result
    }

    /// Runs a statement that gives one row or none.
    pub fn one<T>(
        &mut self,
        sql: &str,
        parameters: impl Params,
        decode: fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Error> {
        let found = self.prepare(sql).and_then(|mut statement| {
            self.operation.check(statement.query_row(parameters, decode).optional())
        });
        self.noted(found)
    }

    /// Runs a statement that gives any number of rows.
    pub fn many<T>(
        &mut self,
        sql: &str,
        parameters: impl Params,
        decode: fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let found = self.prepare(sql).and_then(|mut statement| {
            let rows = statement.query_map(parameters, decode).and_then(Iterator::collect);
            self.operation.check(rows)
        });
        self.noted(found)
    }

    /// Runs a statement that changes rows, and says how many.
    pub fn change(&mut self, sql: &str, parameters: impl Params) -> Result<usize, Error> {
        let changed =
            self.prepare(sql).and_then(|mut statement| self.operation.check(statement.execute(parameters)));
        self.noted(changed)
    }

    /// The same for a row that has to be there.
    pub fn change_one(&mut self, sql: &str, parameters: impl Params) -> Result<(), Error> {
        match self.change(sql, parameters)? {
            0 => Err(Error::Conflict),
            _ => Ok(()),
        }
    }
}

/// Leaves no transaction open, whatever happened in it: an error, a panic. A connection that cannot even roll back is
/// closed. To be dropped before the outer lock.
pub(super) struct Closing<'a>(pub &'a mut Session);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        if let Some(database) = &self.0.database
            && !database.connection.is_autocommit()
            && database.connection.execute_batch("ROLLBACK").is_err()
        {
            self.0.database = None;
        }
    }
}
