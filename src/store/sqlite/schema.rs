//! The tables, and how a store gets from one version of them to the next.

use rusqlite::{Connection, TransactionBehavior, params};

use crate::domain::StoreId;

/// In the header of our database files: `DMCN`.
pub(super) const APPLICATION_ID: i32 = i32::from_be_bytes(*b"DMCN");

/// What leads from one version of the tables to the next. The first step makes them; no step ever changes once
/// it was released.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub sql: &'static str,
    /// The oldest version that a library must know to read, and to write, a store after this step.
    pub min_reader: u32,
    pub min_writer: u32,
}

/// All steps: step n leads to version n.
pub(super) const STEPS: &[Step] = &[
    Step { sql: include_str!("schema.sql"), min_reader: 1, min_writer: 1 },
    // An older library would neither chain what it writes nor end the grants of what it deletes.
    Step { sql: include_str!("schema_2.sql"), min_reader: 1, min_writer: 2 },
    // An older library would neither schedule what it writes nor spare what a reader of events has not read.
    Step { sql: include_str!("schema_3.sql"), min_reader: 1, min_writer: 3 },
];

/// The version of the tables after these steps: the newest that a library with these steps knows.
pub(super) fn version(steps: &[Step]) -> u32 {
    u32::try_from(steps.len()).unwrap_or(u32::MAX)
}

/// What a store says of its tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Versions {
    pub schema: u32,
    pub min_reader: u32,
    pub min_writer: u32,
}

/// What a database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing yet.
    Fresh,
    Store(StoreId, Versions),
}

/// Looks what a database holds; none if it is something else.
pub(super) fn content(connection: &Connection) -> rusqlite::Result<Option<Content>> {
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application == APPLICATION_ID {
        return store(connection).map(Some);
    }
    let things: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok((application == 0 && things == 0).then_some(Content::Fresh))
}

/// The same for a database that is known to hold a store.
pub(super) fn store(connection: &Connection) -> rusqlite::Result<Content> {
    let mut select = connection
        .prepare_cached("SELECT store_id, schema, min_reader, min_writer FROM store WHERE one = 1")?;
    select.query_row([], |row| {
        let versions = Versions { schema: row.get(1)?, min_reader: row.get(2)?, min_writer: row.get(3)? };
        Ok(Content::Store(StoreId::from_bytes(row.get(0)?), versions))
    })
}

/// Makes the tables in a fresh database, within the caller's transaction.
pub(super) fn create(connection: &Connection, steps: &[Step]) -> rusqlite::Result<()> {
    for step in steps {
        connection.execute_batch(step.sql)?;
    }
    connection.pragma_update(None, "application_id", APPLICATION_ID)
}

/// Brings the tables from version `from` to the newest, in one transaction.
pub(super) fn migrate(connection: &mut Connection, from: u32, steps: &[Step]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in steps.iter().skip(from as usize) {
        transaction.execute_batch(step.sql)?;
    }
    record(&transaction, steps)?;
    transaction.commit()
}

/// Writes down which version the tables have; the row of the store is there.
pub(super) fn record(connection: &Connection, steps: &[Step]) -> rusqlite::Result<()> {
    let newest = version(steps);
    let min_reader = steps.iter().map(|step| step.min_reader).max();
    let min_writer = steps.iter().map(|step| step.min_writer).max();
    connection.execute(
        "UPDATE store SET schema = ?1, min_reader = ?2, min_writer = ?3",
        params![newest, min_reader, min_writer],
    )?;
    connection.pragma_update(None, "user_version", newest)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    use super::super::patience::Patience;
    use super::super::{Create, Options, SqliteEngine};
    use super::*;
    use crate::domain::KeyId;
    use crate::store::{Engine, Error, Identity, KeyRecord, KeyStatus};

    const FIRST: Step = STEPS[0];
    const COLUMN: Step = Step { sql: "ALTER TABLE keys ADD COLUMN note TEXT", min_reader: 1, min_writer: 1 };
    const FILLED: Step = Step { sql: "UPDATE keys SET note = 'moved'", min_reader: 1, min_writer: 3 };
    const BROKEN: Step =
        Step { sql: "CREATE TABLE half (a); CREATE TABLE half (a)", min_reader: 1, min_writer: 1 };

    /// A store of the first version.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let place = Self(std::env::temp_dir().join(format!("dm-schema-{name}-{}", std::process::id())));
            let key_id = KeyId::from_bytes([1; 8]);
            let identity = Identity {
                store_id: StoreId::from_bytes([1; 16]),
                site: "https://example.org".into(),
                created_at: 1,
                secret_key_id: key_id,
                wrapped_secret: vec![],
                writes: 0,
            };
            let key =
                KeyRecord { id: key_id, status: KeyStatus::Primary, check_value: vec![], created_at: 1 };
            let engine = place.open(&[FIRST]).unwrap();
            (&engine as &dyn Engine).transaction(|tx| tx.initialise(&identity, &key)).unwrap();
            place
        }

        fn open(&self, steps: &'static [Step]) -> Result<SqliteEngine, Error> {
            SqliteEngine::open_with(&Options { create: Create::IfMissing, ..Options::new(&self.0) }, steps)
        }

        fn raw(&self) -> Connection {
            Connection::open(Path::new(&self.0).join("connections.sqlite")).unwrap()
        }

        fn version(&self) -> u32 {
            self.raw().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn demote(engine: &SqliteEngine) -> Result<(), Error> {
        let engine: &dyn Engine = engine;
        engine.transaction(|tx| tx.set_key_status(KeyId::from_bytes([1; 8]), KeyStatus::Active))
    }

    fn keys(engine: &SqliteEngine) -> Result<usize, Error> {
        let engine: &dyn Engine = engine;
        engine.snapshot(|tx| tx.keys()).map(|keys| keys.len())
    }

    #[test]
    fn an_older_store_is_brought_forward_step_by_step() {
        let place = Place::new("forward");
        let first = place.open(&[FIRST]).unwrap();
        let second = place.open(&[FIRST, COLUMN]).unwrap();
        assert_eq!((place.version(), second.describe().schema), (2, 2));
        // Nothing in the second version keeps the first one out.
        assert_eq!((keys(&first), demote(&first)), (Ok(1), Ok(())));

        let third = place.open(&[FIRST, COLUMN, FILLED]).unwrap();
        let note: String = place.raw().query_row("SELECT note FROM keys", [], |row| row.get(0)).unwrap();
        assert_eq!((note.as_str(), place.version()), ("moved", 3));
        for older in [&first, &second, &place.open(&[FIRST]).unwrap()] {
            assert_eq!(keys(older), Ok(1));
            assert!(matches!(demote(older), Err(Error::Newer { needed: 3, .. })));
        }
        assert_eq!(demote(&third), Ok(()));
    }

    #[test]
    fn a_store_that_is_open_is_brought_forward_as_well() {
        let place = Place::new("open");
        let second = place.open(&[FIRST, COLUMN]).unwrap();
        place.raw().execute_batch("ALTER TABLE keys DROP COLUMN note; UPDATE store SET schema = 1").unwrap();
        assert_eq!(keys(&second), Ok(1));
        assert!(place.raw().execute("UPDATE keys SET note = ''", []).is_ok());
    }

    #[test]
    fn what_could_not_be_brought_forward_is_not_read() {
        let place = Place::new("busy");
        let steps = &[FIRST, COLUMN];
        let patience = Duration::from_millis(50);
        let second = SqliteEngine::open_with(&Options { patience, ..Options::new(&place.0) }, steps).unwrap();
        std::thread::sleep(Duration::from_millis(80));
        assert_eq!((keys(&second), keys(&second)), (Ok(1), Ok(1)));
        let outsider = place.raw();
        let backward = "PRAGMA journal_mode = MEMORY; ALTER TABLE keys DROP COLUMN note; \
                        UPDATE store SET schema = 1; BEGIN IMMEDIATE";
        outsider.execute_batch(backward).unwrap();
        for _ in 0..2 {
            assert!(matches!(keys(&second), Err(Error::Busy { .. })));
        }
        outsider.execute_batch("COMMIT").unwrap();
        assert_eq!((keys(&second), place.raw().execute("UPDATE keys SET note = ''", [])), (Ok(1), Ok(1)));
    }

    #[test]
    fn a_write_looks_whatever_the_file_s_times_say() {
        let place = Place::new("times");
        let engine = place.open(&[FIRST]).unwrap();
        place.raw().execute_batch("UPDATE store SET min_writer = 2").unwrap();
        let mut session = engine.open.turns.take(&Patience::new(Duration::ZERO)).unwrap();
        session.database.as_mut().unwrap().seen = engine.open.place.stamp().unwrap();
        drop(session);
        assert!(matches!(demote(&engine), Err(Error::Newer { needed: 2, .. })));
    }

    #[test]
    fn a_step_that_fails_changes_nothing() {
        let place = Place::new("broken");
        let opened = place.open(&[FIRST, COLUMN, BROKEN]).map(drop);
        assert!(matches!(opened, Err(Error::Corrupt { .. })), "{opened:?}");
        assert_eq!(place.version(), 1);
        let columns = place.raw().prepare("SELECT * FROM keys").unwrap().column_count();
        assert_eq!(columns, 4);
        assert_eq!(demote(&place.open(&[FIRST]).unwrap()), Ok(()));
    }
}
