//! Writing rows.

use rusqlite::{named_params, params};

use super::schema;
use super::transaction::Transaction;
use crate::domain::{KeyId, RecordId};
use crate::store::{Error, Identity, Kept, KeyRecord, KeyStatus, LedgerEntry, Row, WriteTx};

impl WriteTx for Transaction<'_> {
    fn initialise(&mut self, identity: &Identity, key: &KeyRecord) -> Result<(), Error> {
        if !self.fresh {
            return Err(Error::Conflict);
        }
        let created = self.operation.check(schema::create(self.connection, self.steps));
        self.noted(created)?;
        self.fresh = false;
        self.insert_key(key)?;
        self.change_one(
            "INSERT INTO store (one, store_id, site, created_at, secret_key_id, wrapped_secret, writes, schema, \
             min_reader, min_writer) VALUES (1, ?1, ?2, ?3, ?4, ?5, 0, 0, 0, 0)",
            params![
                identity.store_id.as_bytes(),
                identity.site,
                identity.created_at,
                identity.secret_key_id.as_bytes(),
                identity.wrapped_secret
            ],
        )?;
        let recorded = self.operation.check(schema::record(self.connection, self.steps));
        self.noted(recorded)
    }

    fn set_secret(&mut self, key: KeyId, wrapped: &[u8]) -> Result<(), Error> {
        let sql = "UPDATE store SET secret_key_id = ?1, wrapped_secret = ?2 WHERE one = 1";
        self.change_one(sql, params![key.as_bytes(), wrapped])
    }

    fn set_site(&mut self, site: &str) -> Result<(), Error> {
        self.change_one("UPDATE store SET site = ?1 WHERE one = 1", [site])
    }

    fn insert_key(&mut self, key: &KeyRecord) -> Result<(), Error> {
        let sql = "INSERT INTO keys (id, status, check_value, created_at) VALUES (?1, ?2, ?3, ?4)";
        self.change_one(sql, params![key.id.as_bytes(), key.status.as_str(), key.check_value, key.created_at])
    }

    fn set_key_status(&mut self, id: KeyId, status: KeyStatus) -> Result<(), Error> {
        self.change_one("UPDATE keys SET status = ?2 WHERE id = ?1", params![id.as_bytes(), status.as_str()])
    }

    fn insert_row(&mut self, row: &Row) -> Result<(), Error> {
        let sql = "INSERT INTO connections (id, kind, provider, owner, account, remote_id, display_name, scopes, \
                   status, status_cause, expires_at, revision, seal_revision, connected_at, updated_at, \
                   last_used_at, legacy, key_id, row_mac, wrapped_key, sealed) VALUES (:id, :kind, :provider, \
                   :owner, :account, :remote_id, :display_name, :scopes, :status, :status_cause, :expires_at, \
                   :revision, :seal_revision, :connected_at, :updated_at, :last_used_at, :legacy, :key_id, \
                   :row_mac, :wrapped_key, :sealed)";
        let meta = &row.meta;
        self.change_one(
            sql,
            named_params! {
                ":id": meta.id.as_bytes(), ":kind": meta.kind.code(), ":provider": meta.provider,
                ":owner": meta.owner, ":account": meta.account, ":remote_id": meta.remote_id,
                ":display_name": meta.display_name, ":scopes": meta.scopes, ":status": meta.status,
                ":status_cause": meta.status_cause, ":expires_at": meta.expires_at, ":revision": meta.revision,
                ":seal_revision": meta.seal_revision, ":connected_at": meta.connected_at,
                ":updated_at": meta.updated_at, ":last_used_at": meta.last_used_at, ":legacy": meta.legacy,
                ":key_id": meta.key_id.as_bytes(), ":row_mac": meta.row_mac, ":wrapped_key": row.wrapped_key,
                ":sealed": row.sealed,
            },
        )
    }

    fn update_row(&mut self, row: &Row, expected_revision: i64) -> Result<(), Error> {
        // SQLite rewrites every index of a column that is set, changed or not: most writes change none of these.
        // It is the first of the two because only this one can find a name taken.
        let indexed = "UPDATE connections SET account = :account, remote_id = :remote_id, status = :status, \
                       expires_at = :expires_at, key_id = :key_id WHERE id = :id AND revision = :expected \
                       AND kind = :kind AND provider = :provider AND owner = :owner \
                       AND (account, remote_id, status, expires_at, key_id) \
                       IS NOT (:account, :remote_id, :status, :expires_at, :key_id)";
        let rest = "UPDATE connections SET display_name = :display_name, scopes = :scopes, \
                    status_cause = :status_cause, revision = :revision, seal_revision = :seal_revision, \
                    connected_at = :connected_at, updated_at = :updated_at, last_used_at = :last_used_at, \
                    legacy = :legacy, row_mac = :row_mac, wrapped_key = :wrapped_key, sealed = :sealed \
                    WHERE id = :id AND revision = :expected AND kind = :kind AND provider = :provider \
                    AND owner = :owner";
        let meta = &row.meta;
        self.change(
            indexed,
            named_params! {
                ":id": meta.id.as_bytes(), ":expected": expected_revision, ":kind": meta.kind.code(),
                ":provider": meta.provider, ":owner": meta.owner, ":account": meta.account,
                ":remote_id": meta.remote_id, ":status": meta.status, ":expires_at": meta.expires_at,
                ":key_id": meta.key_id.as_bytes(),
            },
        )?;
        self.change_one(
            rest,
            named_params! {
                ":id": meta.id.as_bytes(), ":expected": expected_revision, ":kind": meta.kind.code(),
                ":provider": meta.provider, ":owner": meta.owner, ":display_name": meta.display_name,
                ":scopes": meta.scopes, ":status_cause": meta.status_cause, ":revision": meta.revision,
                ":seal_revision": meta.seal_revision, ":connected_at": meta.connected_at,
                ":updated_at": meta.updated_at, ":last_used_at": meta.last_used_at, ":legacy": meta.legacy,
                ":row_mac": meta.row_mac, ":wrapped_key": row.wrapped_key, ":sealed": row.sealed,
            },
        )
    }

    fn set_last_used(&mut self, id: RecordId, at: i64) -> Result<(), Error> {
        self.change_one("UPDATE connections SET last_used_at = ?2 WHERE id = ?1", params![id.as_bytes(), at])
    }

    fn delete_row(&mut self, id: RecordId) -> Result<bool, Error> {
        let sql = "UPDATE connections SET sealed = zeroblob(length(sealed)), \
                   wrapped_key = zeroblob(length(wrapped_key)) WHERE id = ?1";
        self.change(sql, [id.as_bytes()])?;
        Ok(self.change("DELETE FROM connections WHERE id = ?1", [id.as_bytes()])? > 0)
    }

    fn rewrap_row(&mut self, id: RecordId, key: KeyId, wrapped_key: &[u8]) -> Result<(), Error> {
        let sql = "UPDATE connections SET key_id = ?2, wrapped_key = ?3 WHERE id = ?1";
        self.change_one(sql, params![id.as_bytes(), key.as_bytes(), wrapped_key])
    }

    fn insert_kept(&mut self, kept: &Kept) -> Result<(), Error> {
        let sql = "INSERT INTO kept (id, connection, slot, member, reason, key_id, wrapped_key, sealed) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let connection = kept.connection.as_ref().map(RecordId::as_bytes);
        self.change_one(
            sql,
            params![
                kept.id.as_bytes(),
                connection,
                kept.slot,
                kept.member,
                kept.reason,
                kept.key_id.as_bytes(),
                kept.wrapped_key,
                kept.sealed
            ],
        )
    }

    fn delete_kept(&mut self, id: RecordId) -> Result<bool, Error> {
        let sql = "UPDATE kept SET sealed = zeroblob(length(sealed)), wrapped_key = zeroblob(length(wrapped_key)) \
                   WHERE id = ?1";
        self.change(sql, [id.as_bytes()])?;
        Ok(self.change("DELETE FROM kept WHERE id = ?1", [id.as_bytes()])? > 0)
    }

    fn delete_kept_of(&mut self, connection: RecordId) -> Result<u64, Error> {
        let sql = "UPDATE kept SET sealed = zeroblob(length(sealed)), wrapped_key = zeroblob(length(wrapped_key)) \
                   WHERE connection = ?1";
        self.change(sql, [connection.as_bytes()])?;
        Ok(self.change("DELETE FROM kept WHERE connection = ?1", [connection.as_bytes()])? as u64)
    }

    fn rewrap_kept(&mut self, id: RecordId, key: KeyId, wrapped_key: &[u8]) -> Result<(), Error> {
        let sql = "UPDATE kept SET key_id = ?2, wrapped_key = ?3 WHERE id = ?1";
        self.change_one(sql, params![id.as_bytes(), key.as_bytes(), wrapped_key])
    }

    fn put_ledger(&mut self, entry: &LedgerEntry) -> Result<(), Error> {
        let sql = "INSERT INTO import_ledger (slot, content, outcome, connection, revision, imported_at) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (slot) DO UPDATE SET content = excluded.content, \
                   outcome = excluded.outcome, connection = excluded.connection, revision = excluded.revision, \
                   imported_at = excluded.imported_at";
        let connection = entry.connection.as_ref().map(RecordId::as_bytes);
        self.change_one(
            sql,
            params![entry.slot, entry.content, entry.outcome, connection, entry.revision, entry.imported_at],
        )
    }
}
