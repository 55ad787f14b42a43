//! The audit chain in its tables.

use rusqlite::types::Value;
use rusqlite::{params, params_from_iter};

use super::transaction::Transaction;
use crate::domain::RecordId;
use crate::store::{AuditFilter, AuditHead, AuditRead, AuditRecord, AuditWrite, Error, RefusalKey};

macro_rules! record_columns {
    () => {
        "stream, sequence, at, event, agent, subject, connection, grant_id, about_row, about_pair, record, mac"
    };
}

const LAST_OF_ROW: &str = concat!(
    "SELECT ",
    record_columns!(),
    " FROM audit WHERE connection = ?1 AND about_row = 1 AND stream = ?2 AND sequence < ?3 \
     ORDER BY sequence DESC LIMIT 1"
);

const LAST_OF_PAIR: &str = concat!(
    "SELECT ",
    record_columns!(),
    " FROM audit WHERE agent = ?1 AND subject = ?2 AND about_pair = 1 AND stream = ?3 AND sequence < ?4 \
     ORDER BY sequence DESC LIMIT 1"
);

impl AuditRead for Transaction<'_> {
    fn audit_heads(&mut self) -> Result<Vec<AuditHead>, Error> {
        self.many("SELECT stream, sequence, head FROM audit_streams ORDER BY stream", [], |row| {
            Ok(AuditHead { stream: row.get(0)?, sequence: row.get(1)?, head: row.get(2)? })
        })
    }

    fn audit_end(&mut self, stream: i64) -> Result<Option<i64>, Error> {
        let sql = "SELECT max(sequence) FROM audit WHERE stream = ?1";
        Ok(self.one(sql, [stream], |row| row.get(0))?.flatten())
    }

    fn audit(&mut self, filter: &AuditFilter) -> Result<Vec<AuditRecord>, Error> {
        let (sql, parameters) = statement(filter);
        self.many(&sql, params_from_iter(parameters), record)
    }

    fn audit_of_row(
        &mut self,
        stream: i64,
        row: RecordId,
        before: i64,
    ) -> Result<Option<AuditRecord>, Error> {
        self.one(LAST_OF_ROW, params![row.as_bytes(), stream, before], record)
    }

    fn audit_of_pair(
        &mut self,
        stream: i64,
        agent: &str,
        owner: &str,
        before: i64,
    ) -> Result<Option<AuditRecord>, Error> {
        self.one(LAST_OF_PAIR, params![agent, owner, stream, before], record)
    }

    fn has_row(&mut self, id: RecordId) -> Result<bool, Error> {
        let found = self.one("SELECT 1 FROM connections WHERE id = ?1", [id.as_bytes()], |_| Ok(()))?;
        Ok(found.is_some())
    }

    fn refusals(&mut self, key: &RefusalKey) -> Result<u64, Error> {
        let sql = "SELECT count FROM refusals WHERE agent = ?1 AND target = ?2 AND code = ?3 AND event = ?4 \
                   AND hour = ?5";
        let count =
            self.one(sql, params![key.agent, key.target, key.code, key.event, key.hour], |row| row.get(0))?;
        Ok(count.map_or(0, i64::unsigned_abs))
    }
}

impl AuditWrite for Transaction<'_> {
    fn append_audit(&mut self, record: &AuditRecord) -> Result<(), Error> {
        let sql = concat!(
            "INSERT INTO audit (",
            record_columns!(),
            ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
        );
        self.change_one(
            sql,
            params![
                record.stream,
                record.sequence,
                record.at,
                record.event,
                record.agent,
                record.subject,
                record.connection.as_ref().map(RecordId::as_bytes),
                record.grant.as_ref().map(RecordId::as_bytes),
                record.about_row,
                record.about_pair,
                record.record,
                record.mac
            ],
        )
    }

    fn set_audit_head(&mut self, head: &AuditHead) -> Result<(), Error> {
        let sql = "INSERT INTO audit_streams (stream, sequence, head) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (stream) DO UPDATE SET sequence = excluded.sequence, head = excluded.head";
        self.change_one(sql, params![head.stream, head.sequence, head.head])
    }

    fn delete_audit(&mut self, stream: i64, through: i64) -> Result<u64, Error> {
        let sql = "DELETE FROM audit WHERE stream = ?1 AND sequence <= ?2";
        Ok(self.change(sql, [stream, through])? as u64)
    }

    fn count_refusal(&mut self, key: &RefusalKey, at: i64) -> Result<u64, Error> {
        let sql = "INSERT INTO refusals (agent, target, code, event, hour, count, first_at, last_at) \
                   VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?6) ON CONFLICT (agent, target, code, event, hour) \
                   DO UPDATE SET count = count + 1, last_at = excluded.last_at RETURNING count";
        let values = params![key.agent, key.target, key.code, key.event, key.hour, at];
        let count: Option<i64> = self.one(sql, values, |row| row.get(0))?;
        Ok(count.unwrap_or_default().unsigned_abs())
    }

    fn delete_refusals(&mut self, hour: i64) -> Result<u64, Error> {
        Ok(self.change("DELETE FROM refusals WHERE hour < ?1", [hour])? as u64)
    }
}

fn record(row: &rusqlite::Row<'_>) -> rusqlite::Result<AuditRecord> {
    let id = |column: usize| -> rusqlite::Result<_> {
        Ok(row.get::<_, Option<[u8; 16]>>(column)?.map(RecordId::from_bytes))
    };
    Ok(AuditRecord {
        stream: row.get(0)?,
        sequence: row.get(1)?,
        at: row.get(2)?,
        event: row.get(3)?,
        agent: row.get(4)?,
        subject: row.get(5)?,
        connection: id(6)?,
        grant: id(7)?,
        about_row: row.get(8)?,
        about_pair: row.get(9)?,
        record: row.get(10)?,
        mac: row.get(11)?,
    })
}

/// From a filter to one statement that is served by an index.
fn statement(filter: &AuditFilter) -> (String, Vec<Value>) {
    let mut values = Vec::new();
    let mut place = |value: Value| {
        values.push(value);
        format!("?{}", values.len())
    };
    let named: Vec<String> =
        [("agent", &filter.agent), ("subject", &filter.subject), ("event", &filter.event)]
            .into_iter()
            .filter_map(|(column, wanted)| Some((column, wanted.clone()?)))
            .map(|(column, wanted)| format!(" AND {column} = {}", place(wanted.into())))
            .collect();
    let times: Vec<String> = [(">=", filter.since), ("<", filter.until)]
        .into_iter()
        .filter_map(|(relation, time)| Some((relation, time?)))
        .map(|(relation, time)| format!(" AND at {relation} {}", place(time.into())))
        .collect();
    // Where only a time is given, the chain's own order would lead through all that came before: the plus forbids it.
    let by_time = !times.is_empty() && named.is_empty() && filter.connection.is_none();
    let plus = if by_time { "+" } else { "" };
    let mut conditions = format!(
        "{plus}stream = {} AND {plus}sequence > {}",
        place(filter.stream.into()),
        place(filter.after.into())
    );
    if let Some(before) = filter.before {
        conditions += &format!(" AND {plus}sequence < {}", place(before.into()));
    }
    conditions += &(named.concat() + &times.concat());
    let select = concat!("SELECT ", record_columns!(), " FROM audit WHERE ");
    let branches = match filter.connection {
        None => format!("{select}{conditions}"),
        // Two that are each in the order of the index, which SQLite merges.
        Some(id) => {
            let id = place(id.as_bytes().to_vec().into());
            let branch =
                |about: u8| format!("{select}connection = {id} AND about_row = {about} AND {conditions}");
            format!("{} UNION ALL {}", branch(0), branch(1))
        }
    };
    let order = if filter.newest_first { " DESC" } else { "" };
    (format!("{branches} ORDER BY sequence{order} LIMIT {}", place(filter.limit.into())), values)
}

#[cfg(test)]
mod tests {
    use super::super::find::tests::plan;
    use super::super::schema::{self, STEPS};
    use super::*;

    #[test]
    fn every_listing_is_served_by_an_index() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        schema::create(&connection, STEPS).unwrap();
        let text = |given: bool| given.then(String::new);
        for bits in 0..128 {
            let filter = AuditFilter {
                before: (bits & 1 != 0).then_some(1),
                since: (bits & 2 != 0).then_some(0),
                until: (bits & 4 != 0).then_some(0),
                agent: text(bits & 8 != 0),
                subject: text(bits & 16 != 0),
                event: text(bits & 32 != 0),
                connection: (bits & 64 != 0).then(|| RecordId::from_bytes([0; 16])),
                newest_first: bits & 1 != 0,
                ..AuditFilter::behind(0, 0, 1)
            };
            let (sql, _) = statement(&filter);
            let plan = plan(&connection, &sql);
            assert!(plan.iter().any(|step| step.starts_with("SEARCH audit USING")), "{sql} {plan:?}");
            assert!(!plan.iter().any(|step| step.contains("SCAN")), "{sql} {plan:?}");
            // Only a stretch of time is sorted.
            if bits & 6 == 0 {
                assert!(!plan.iter().any(|step| step.contains("B-TREE")), "{sql} {plan:?}");
            }
        }
        for last in [LAST_OF_ROW, LAST_OF_PAIR] {
            let plan = plan(&connection, last);
            assert!(plan.len() == 1 && plan[0].contains("stream=? AND sequence<?)"), "{plan:?}");
        }
    }
}
