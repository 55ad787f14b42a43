//! The open database: one connection, hardened, and what was last seen of its file.

use std::fs::File;

use rusqlite::config::DbConfig;
use rusqlite::ffi::SQLITE_BUSY;
use rusqlite::{Connection, OpenFlags};

use super::failure::Operation;
use super::place::{FileId, Stamp};
use super::schema::{self, APPLICATION_ID, Content};
use crate::store::Error;

/// The statements are few; the listings make the most of them.
const CACHED_STATEMENTS: usize = 64;

/// How often a file that is replaced while it is opened is opened anew.
const ATTEMPTS: u32 = 3;

/// An open database.
#[derive(Debug)]
pub(super) struct Database {
    pub connection: Connection,
    /// The file that is open.
    pub file: FileId,
    /// The file as it was when its content was last looked at; none if it has to be looked at again.
    pub seen: Option<Stamp>,
    pub content: Content,
    /// The directory as it was when all names in it were last found right, and what they name.
    settled: Option<Settled>,
}

/// What need not be looked up by its name as long as the directory does not change.
#[derive(Debug)]
struct Settled {
    directory: Stamp,
    database: File,
    journal: Option<File>,
}

impl Database {
    /// Opens the file at the path, and says how it was then. The outer lock is held, but who puts a file in its place
    /// without it may do so while SQLite opens it. As long as a file is open, no other one gets its inode: so the one
    /// that has it at the end is the one that SQLite found.
    pub fn open(operation: &Operation<'_>) -> Result<(Self, Stamp), Error> {
        let place = operation.place;
        for _ in 0..ATTEMPTS {
            let (_pin, id) = place.pin()?;
            let database = Self::connect(operation, id)?;
            match place.stamp()? {
                Some(stamp) if stamp.id == id => return Ok((database, stamp)),
                Some(_) => {}
                None => break,
            }
        }
        Err(operation.replaced("while it was opened; repeat it"))
    }

    fn connect(operation: &Operation<'_>, file: FileId) -> Result<Self, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = operation.check(Connection::open_with_flags(&operation.place.database, flags))?;
        operation
            .check(connection.busy_timeout(operation.patience.rest()).and_then(|()| harden(&connection)))?;
        Ok(Self { connection, file, seen: None, content: Content::Fresh, settled: None })
    }

    /// The directory, if its names need not be looked at again while it is the same.
    pub fn known_directory(&self) -> Option<Stamp> {
        self.settled.as_ref().map(|settled| settled.directory)
    }

    /// Remembers that all names were right in this directory.
    pub fn settle(&mut self, operation: &Operation<'_>, directory: Stamp) -> Result<(), Error> {
        if self.known_directory() != Some(directory) && directory.is_ripe() {
            let place = operation.place;
            let journal = place.exists(&place.journal)?.then(|| place.open(&place.journal)).transpose()?;
            self.settled = Some(Settled { directory, database: place.open(&place.database)?, journal });
        }
        Ok(())
    }

    /// Whether nothing at all has changed: no name, not the database, and no journal is left.
    pub fn is_settled(&self, directory: Stamp) -> bool {
        let Some(settled) = &self.settled else { return false };
        let is_empty = |journal: &File| Stamp::of_open(journal).is_some_and(|stamp| stamp.size == 0);
        settled.directory == directory
            && self.seen.is_some_and(|seen| Stamp::of_open(&settled.database) == Some(seen))
            && settled.journal.as_ref().is_none_or(is_empty)
    }

    /// Looks what the database holds, unless its file is as it was. A journal that a killed process left is
    /// rolled back by this.
    pub fn look(&mut self, operation: &Operation<'_>, stamp: Stamp) -> Result<Content, Error> {
        if self.seen != Some(stamp) {
            self.be_patient(operation)?;
            let known = match self.content {
                Content::Store(..) => schema::store(&self.connection).ok(),
                Content::Fresh => None,
            };
            let content = match known {
                Some(content) => Some(content),
                None => operation.check(schema::content(&self.connection))?,
            };
            self.content = content.ok_or_else(|| operation.foreign())?;
            self.seen = Some(stamp);
        }
        Ok(self.content)
    }

    /// Somebody from outside (a backup, the sqlite3 shell) may hold SQLite's own locks: waits no longer than is left.
    pub fn be_patient(&self, operation: &Operation<'_>) -> Result<(), Error> {
        operation.check(self.connection.busy_timeout(operation.patience.rest()))
    }
}

/// What `THREATS.md` decided, and what keeps an edited schema from running anything.
fn harden(connection: &Connection) -> rusqlite::Result<()> {
    for (switch, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true),
        // A listing is not planned anew for each value that is bound.
        (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true),
    ] {
        connection.set_db_config(switch, on)?;
    }
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON;
         PRAGMA cell_size_check = ON;
         PRAGMA mmap_size = 0;
         PRAGMA temp_store = MEMORY;",
    )?;
    // The last, because it reads the file. It leaves WAL mode, if somebody switched that on.
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "TRUNCATE", |row| row.get(0))?;
    if mode != "truncate" {
        // Somebody else has it open in WAL mode.
        return Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(SQLITE_BUSY), None));
    }
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    Ok(())
}

/// Looks at the beginning of a file that is not open yet, so that nobody else's database is touched: refuses what is
/// no store, and says whether the database is in WAL mode. The format: <https://sqlite.org/fileformat2.html>.
pub(super) fn inspect(operation: &Operation<'_>) -> Result<bool, Error> {
    let header = operation.place.header(&operation.place.open(&operation.place.database)?)?;
    if header.is_empty() {
        return Ok(false);
    }
    if header.len() < 100 || !header.starts_with(b"SQLite format 3\0") {
        let detail = "it is no SQLite database, or its beginning is damaged".into();
        return Err(Error::NotAStore { path: operation.place.database.clone(), detail });
    }
    let wal = header[18] == 2 || header[19] == 2;
    match i32::from_be_bytes([header[68], header[69], header[70], header[71]]) {
        APPLICATION_ID => Ok(wal),
        // A first open that did not get further. We never switch a database to WAL mode.
        0 if !wal => Ok(false),
        _ => Err(operation.foreign()),
    }
}
