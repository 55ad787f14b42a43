//! Reading rows.

use rusqlite::{params, types::Type};

use super::transaction::Transaction;
use super::{clock, find};
use crate::domain::{KeyId, RecordId, StoreId, UnixTime};
use crate::store::{
    Counts, Error, Filter, Identity, Kept, KeptNote, KeyRecord, KeyStatus, Kind, LedgerEntry, Meta, ReadTx,
    Row, WrappedKept, WrappedRow,
};

macro_rules! meta_columns {
    () => {
        "id, kind, provider, owner, account, remote_id, display_name, scopes, status, status_cause, expires_at, \
         revision, seal_revision, connected_at, updated_at, last_used_at, legacy, key_id, row_mac"
    };
}
macro_rules! row_columns {
    () => {
        concat!(meta_columns!(), ", wrapped_key, sealed")
    };
}
macro_rules! kept_columns {
    () => {
        "id, connection, slot, member, reason, key_id, wrapped_key, sealed"
    };
}

impl ReadTx for Transaction<'_> {
    fn now(&self) -> Result<UnixTime, Error> {
        clock::now()
    }

    fn epoch(&self) -> u64 {
        self.epoch
    }

    fn identity(&mut self) -> Result<Option<Identity>, Error> {
        if self.fresh {
            return Ok(None);
        }
        let sql = "SELECT store_id, site, created_at, secret_key_id, wrapped_secret, writes FROM store WHERE one = 1";
        self.one(sql, [], |row| {
            Ok(Identity {
                store_id: StoreId::from_bytes(row.get(0)?),
                site: row.get(1)?,
                created_at: row.get(2)?,
                secret_key_id: KeyId::from_bytes(row.get(3)?),
                wrapped_secret: row.get(4)?,
                writes: row.get(5)?,
            })
        })
    }

    fn keys(&mut self) -> Result<Vec<KeyRecord>, Error> {
        self.many("SELECT id, status, check_value, created_at FROM keys ORDER BY rowid", [], |row| {
            let status: String = row.get(1)?;
            let status = KeyStatus::from_text(&status)
                .ok_or_else(|| rusqlite::Error::InvalidColumnType(1, "status".into(), Type::Text))?;
            Ok(KeyRecord {
                id: KeyId::from_bytes(row.get(0)?),
                status,
                check_value: row.get(2)?,
                created_at: row.get(3)?,
            })
        })
    }

    fn row(&mut self, kind: Kind, provider: &str, owner: &str, account: &str) -> Result<Option<Row>, Error> {
        let sql = concat!(
            "SELECT ",
            row_columns!(),
            " FROM connections WHERE kind = ?1 AND provider = ?2 AND owner = ?3 AND account = ?4"
        );
        self.one(sql, params![kind.code(), provider, owner, account], whole_row)
    }

    fn row_by_id(&mut self, id: RecordId) -> Result<Option<Row>, Error> {
        let sql = concat!("SELECT ", row_columns!(), " FROM connections WHERE id = ?1");
        self.one(sql, [id.as_bytes()], whole_row)
    }

    fn find(&mut self, filter: &Filter) -> Result<Vec<Meta>, Error> {
        let mut unloaded = Vec::new();
        if let Some(status) = &filter.status
            && status.status == "key_unavailable"
        {
            unloaded = self.keys()?.into_iter().map(|key| key.id).collect();
            unloaded.retain(|key| !status.loaded_keys.contains(key));
        }
        let (sql, parameters) = find::statement(meta_columns!(), filter, &unloaded);
        self.many(&sql, rusqlite::params_from_iter(parameters), meta)
    }

    fn wrapped_rows(&mut self, after: Option<RecordId>, limit: u32) -> Result<Vec<WrappedRow>, Error> {
        let sql = "SELECT id, kind, provider, owner, key_id, wrapped_key FROM connections WHERE id > ?1 ORDER BY id \
                   LIMIT ?2";
        self.many(sql, params![behind(&after), limit], |row| {
            Ok(WrappedRow {
                id: record_id(row, 0)?,
                kind: kind(row, 1)?,
                provider: row.get(2)?,
                owner: row.get(3)?,
                key_id: KeyId::from_bytes(row.get(4)?),
                wrapped_key: row.get(5)?,
            })
        })
    }

    fn wrapped_kept(&mut self, after: Option<RecordId>, limit: u32) -> Result<Vec<WrappedKept>, Error> {
        let sql = "SELECT id, key_id, wrapped_key FROM kept WHERE id > ?1 ORDER BY id LIMIT ?2";
        self.many(sql, params![behind(&after), limit], |row| {
            Ok(WrappedKept {
                id: record_id(row, 0)?,
                key_id: KeyId::from_bytes(row.get(1)?),
                wrapped_key: row.get(2)?,
            })
        })
    }

    fn kept(&mut self, after: Option<RecordId>, limit: u32) -> Result<Vec<Kept>, Error> {
        let sql = concat!("SELECT ", kept_columns!(), " FROM kept WHERE id > ?1 ORDER BY id LIMIT ?2");
        self.many(sql, params![behind(&after), limit], kept)
    }

    fn kept_at(&mut self, slot: &[u8], member: Option<&str>) -> Result<Option<Kept>, Error> {
        // Two statements, because each has its own index.
        match member {
            Some(member) => {
                let sql = concat!("SELECT ", kept_columns!(), " FROM kept WHERE slot = ?1 AND member = ?2");
                self.one(sql, params![slot, member], kept)
            }
            None => {
                let sql =
                    concat!("SELECT ", kept_columns!(), " FROM kept WHERE slot = ?1 AND member IS NULL");
                self.one(sql, [slot], kept)
            }
        }
    }

    fn kept_of(&mut self, connection: RecordId) -> Result<Vec<KeptNote>, Error> {
        let sql = "SELECT id, member, reason FROM kept WHERE connection = ?1 ORDER BY id";
        self.many(sql, [connection.as_bytes()], |row| {
            Ok(KeptNote { id: record_id(row, 0)?, member: row.get(1)?, reason: row.get(2)? })
        })
    }

    fn ledger(&mut self, slot: &[u8]) -> Result<Option<LedgerEntry>, Error> {
        let sql = "SELECT slot, content, outcome, connection, revision, imported_at FROM import_ledger WHERE slot = ?1";
        self.one(sql, [slot], |row| {
            Ok(LedgerEntry {
                slot: row.get(0)?,
                content: row.get(1)?,
                outcome: row.get(2)?,
                connection: row.get::<_, Option<[u8; 16]>>(3)?.map(RecordId::from_bytes),
                revision: row.get(4)?,
                imported_at: row.get(5)?,
            })
        })
    }

    fn count(&mut self) -> Result<Counts, Error> {
        let sql = "SELECT (SELECT count(*) FROM connections WHERE kind = 0), \
                   (SELECT count(*) FROM connections WHERE kind = 1), (SELECT count(*) FROM kept), \
                   (SELECT count(*) FROM import_ledger)";
        let counts = self.one(sql, [], |row| {
            let count = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
            Ok(Counts { connections: count(0)?, configs: count(1)?, kept: count(2)?, ledger: count(3)? })
        })?;
        Ok(counts.unwrap_or_default())
    }
}

/// Every id is greater than no bytes.
fn behind(after: &Option<RecordId>) -> &[u8] {
    after.as_ref().map_or(&[], |id| id.as_bytes())
}

fn record_id(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<RecordId> {
    row.get(column).map(RecordId::from_bytes)
}

fn kind(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Kind> {
    let code = row.get(column)?;
    Kind::from_code(code).ok_or(rusqlite::Error::IntegralValueOutOfRange(column, code))
}

fn meta(row: &rusqlite::Row<'_>) -> rusqlite::Result<Meta> {
    Ok(Meta {
        id: record_id(row, 0)?,
        kind: kind(row, 1)?,
        provider: row.get(2)?,
        owner: row.get(3)?,
        account: row.get(4)?,
        remote_id: row.get(5)?,
        display_name: row.get(6)?,
        scopes: row.get(7)?,
        status: row.get(8)?,
        status_cause: row.get(9)?,
        expires_at: row.get(10)?,
        revision: row.get(11)?,
        seal_revision: row.get(12)?,
        connected_at: row.get(13)?,
        updated_at: row.get(14)?,
        last_used_at: row.get(15)?,
        legacy: row.get(16)?,
        key_id: KeyId::from_bytes(row.get(17)?),
        row_mac: row.get(18)?,
    })
}

fn whole_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row { meta: meta(row)?, wrapped_key: row.get(19)?, sealed: row.get(20)? })
}

fn kept(row: &rusqlite::Row<'_>) -> rusqlite::Result<Kept> {
    Ok(Kept {
        id: record_id(row, 0)?,
        connection: row.get::<_, Option<[u8; 16]>>(1)?.map(RecordId::from_bytes),
        slot: row.get(2)?,
        member: row.get(3)?,
        reason: row.get(4)?,
        key_id: KeyId::from_bytes(row.get(5)?),
        wrapped_key: row.get(6)?,
        sealed: row.get(7)?,
    })
}
