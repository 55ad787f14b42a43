//! One operation on a store, and what an error of SQLite in it means for a person.

use rusqlite::ErrorCode;
use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE, SQLITE_READONLY_DBMOVED};

use super::patience::Patience;
use super::place::Place;
use crate::store::Error;
use crate::store::fork::Entered;

/// What every step of one operation needs to know.
#[derive(Debug)]
pub(super) struct Operation<'a> {
    pub place: &'a Place,
    pub patience: Patience,
    pub inside: &'a Entered,
}

impl Operation<'_> {
    /// A result of SQLite's as one of ours.
    pub fn check<T>(&self, result: rusqlite::Result<T>) -> Result<T, Error> {
        result.map_err(|error| self.explain(error))
    }

    /// SQLite's messages name tables and columns, never what is in them.
    fn explain(&self, error: rusqlite::Error) -> Error {
        let (failure, message) = match error {
            rusqlite::Error::SqliteFailure(failure, message) => (failure, message),
            rusqlite::Error::InvalidColumnType(column, ..)
            | rusqlite::Error::FromSqlConversionFailure(column, ..)
            | rusqlite::Error::IntegralValueOutOfRange(column, _)
            | rusqlite::Error::Utf8Error(column, _) => {
                return self.damaged(format!("a value in column {column} of a row is not of its kind"));
            }
            // A statement that does not fit the tables, so they are not what their version says.
            rusqlite::Error::SqlInputError { msg, .. } => return self.damaged(msg),
            rusqlite::Error::QueryReturnedNoRows => {
                return self.damaged("a row that has to be there is missing".into());
            }
            other => return Error::Internal(other.to_string()),
        };
        let message = message.unwrap_or_else(|| failure.to_string());
        match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => self.patience.busy(),
            ErrorCode::DiskFull => self.full(),
            // The last: a statement that does not fit the tables, so they are not what their version says.
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown => {
                self.damaged(message)
            }
            ErrorCode::ConstraintViolation => match failure.extended_code {
                SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY => Error::Conflict,
                _ => Error::Internal(message),
            },
            ErrorCode::ReadOnly if failure.extended_code == SQLITE_READONLY_DBMOVED => {
                self.replaced("during this operation; repeat it")
            }
            // Neither a used-up quota nor a full table of inodes has a code of its own.
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen if self.place.is_full() => self.full(),
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::OutOfMemory => {
                let reason = format!("{message} (SQLite's code {})", failure.extended_code);
                Error::Io { path: self.place.database.clone(), action: "reading or writing", reason }
            }
            _ => Error::Internal(message),
        }
    }

    pub fn missing(&self) -> Error {
        Error::StoreMissing { path: self.place.database.clone() }
    }

    pub fn foreign(&self) -> Error {
        let detail = "it is the database of another application".into();
        Error::NotAStore { path: self.place.database.clone(), detail }
    }

    pub fn damaged(&self, detail: String) -> Error {
        Error::Corrupt { path: self.place.database.clone(), detail }
    }

    pub fn replaced(&self, detail: &str) -> Error {
        Error::Replaced { path: self.place.database.clone(), detail: detail.into() }
    }

    fn full(&self) -> Error {
        Error::DiskFull { path: self.place.directory.clone() }
    }
}
