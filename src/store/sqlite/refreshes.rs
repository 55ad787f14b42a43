//! What is known of renewals.

use rusqlite::params;

use super::transaction::Transaction;
use crate::domain::RecordId;
use crate::store::{Error, ReadRefreshes, RefreshRow, WriteRefreshes};

const TO_LOOK_AT: &str = "SELECT connection FROM refresh_schedule INDEXED BY refresh_schedule_look \
                          WHERE look_at <= ?1 ORDER BY look_at, connection LIMIT ?2";
const NEXT_LOOK: &str = "SELECT look_at FROM refresh_schedule INDEXED BY refresh_schedule_look \
                         WHERE look_at IS NOT NULL ORDER BY look_at LIMIT 1";

impl ReadRefreshes for Transaction<'_> {
    fn refresh(&mut self, connection: RecordId) -> Result<Option<RefreshRow>, Error> {
        let sql = "SELECT connection, revision, state, mac FROM refreshes WHERE connection = ?1";
        self.one(sql, [connection.as_bytes()], |row| {
            Ok(RefreshRow {
                connection: row.get(0).map(RecordId::from_bytes)?,
                revision: row.get(1)?,
                state: row.get(2)?,
                mac: row.get(3)?,
            })
        })
    }

    fn to_look_at(&mut self, now: i64, limit: u32) -> Result<Vec<RecordId>, Error> {
        self.many(TO_LOOK_AT, params![now, limit], |row| row.get(0).map(RecordId::from_bytes))
    }

    fn next_look(&mut self) -> Result<Option<i64>, Error> {
        self.one(NEXT_LOOK, [], |row| row.get(0))
    }
}

impl WriteRefreshes for Transaction<'_> {
    fn put_refresh(&mut self, row: &RefreshRow, expected_revision: i64) -> Result<(), Error> {
        let RefreshRow { connection, revision, state, mac } = row;
        if expected_revision == 0 {
            let sql = "INSERT INTO refreshes (connection, revision, state, mac) VALUES (?1, ?2, ?3, ?4) \
                       ON CONFLICT (connection) DO NOTHING";
            return self.change_one(sql, params![connection.as_bytes(), revision, state, mac]);
        }
        let sql = "UPDATE refreshes SET revision = ?2, state = ?3, mac = ?4 WHERE connection = ?1 AND revision = ?5";
        self.change_one(sql, params![connection.as_bytes(), revision, state, mac, expected_revision])
    }

    fn look_at(&mut self, connection: RecordId, at: Option<i64>) -> Result<(), Error> {
        let sql = "INSERT INTO refresh_schedule (connection, look_at) VALUES (?1, ?2) \
                   ON CONFLICT (connection) DO UPDATE SET look_at = excluded.look_at";
        self.change_one(sql, params![connection.as_bytes(), at])
    }

    fn forget_refresh(&mut self, connection: RecordId) -> Result<(), Error> {
        for sql in [
            "DELETE FROM refreshes WHERE connection = ?1",
            "DELETE FROM refresh_schedule WHERE connection = ?1",
        ] {
            self.change(sql, [connection.as_bytes()])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::find::tests::plan;
    use super::super::schema::{self, STEPS};
    use super::*;

    #[test]
    fn looks_are_found_by_their_index() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        schema::create(&connection, STEPS).unwrap();
        for sql in [TO_LOOK_AT, NEXT_LOOK] {
            let plan = plan(&connection, sql).concat();
            assert!(plan.contains("refresh_schedule_look") && !plan.contains("B-TREE"), "{plan}");
        }
    }
}
