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
pub(super) const STEPS: &[Step] = &[Step { sql: include_str!("schema.sql"), min_reader: 1, min_writer: 1 }];

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
