//! Grants and the heads of pairs.

use rusqlite::{named_params, params, types::Value};

use super::transaction::Transaction;
use crate::domain::RecordId;
use crate::store::{Error, GrantFilter, GrantHead, GrantRow, ProposalRow, ReadGrants, WriteGrants};

macro_rules! columns {
    () => {
        "id, agent, owner, provider, connection, effect, state, not_before, expires_at, uses_left, terms, origin, revision, \
         mac"
    };
}

/// Two that are each in the order of an index, which SQLite merges.
const PAIRS: &str = "SELECT agent, owner FROM grant_heads WHERE (agent, owner) > (?1, ?2) \
                     UNION SELECT agent, owner FROM grants WHERE (agent, owner) > (?1, ?2) \
                     ORDER BY agent, owner LIMIT ?3";

impl ReadGrants for Transaction<'_> {
    fn grant(&mut self, id: RecordId) -> Result<Option<GrantRow>, Error> {
        self.one(concat!("SELECT ", columns!(), " FROM grants WHERE id = ?1"), [id.as_bytes()], grant)
    }

    fn grants_of(&mut self, agent: &str, owner: &str, state: &str) -> Result<Vec<GrantRow>, Error> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM grants INDEXED BY grants_pair WHERE agent = ?1 AND owner = ?2 AND state = ?3 ORDER BY id"
        );
        self.many(sql, [agent, owner, state], grant)
    }

    fn find_grants(&mut self, filter: &GrantFilter) -> Result<Vec<GrantRow>, Error> {
        let (sql, parameters) = statement(filter);
        self.many(&sql, rusqlite::params_from_iter(parameters), grant)
    }

    fn grant_head(&mut self, agent: &str, owner: &str) -> Result<Option<GrantHead>, Error> {
        let sql =
            "SELECT agent, owner, count, sequence, head FROM grant_heads WHERE agent = ?1 AND owner = ?2";
        self.one(sql, [agent, owner], |row| {
            Ok(GrantHead {
                agent: row.get(0)?,
                owner: row.get(1)?,
                count: row.get(2)?,
                sequence: row.get(3)?,
                head: row.get(4)?,
            })
        })
    }

    fn pairs(&mut self, after: (&str, &str), limit: u32) -> Result<Vec<(String, String)>, Error> {
        self.many(PAIRS, params![after.0, after.1, limit], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    fn agents_with_connections(&mut self, after: &str, limit: u32) -> Result<Vec<String>, Error> {
        // A semicolon follows the colon.
        let sql = "SELECT DISTINCT owner FROM connections INDEXED BY connections_owner WHERE kind = 0 \
                   AND owner > max('agent:', ?1) AND owner < 'agent;' ORDER BY owner LIMIT ?2";
        self.many(sql, params![after, limit], |row| row.get(0))
    }

    fn was_given(&mut self, slot: &[u8]) -> Result<bool, Error> {
        let found =
            self.one("SELECT 1 FROM grants_given WHERE slot = ?1", [slot], |row| row.get::<_, i64>(0))?;
        Ok(found.is_some())
    }

    fn upgrades(&mut self) -> Result<i64, Error> {
        let number = self.one("SELECT upgrades FROM store WHERE one = 1", [], |row| row.get(0))?;
        Ok(number.unwrap_or(0))
    }

    fn owners_of_agent(&mut self, agent: &str, after: &str, limit: u32) -> Result<Vec<String>, Error> {
        let sql = "SELECT owner FROM grant_heads WHERE agent = ?1 AND owner > ?2 ORDER BY owner LIMIT ?3";
        self.many(sql, params![agent, after, limit], |row| row.get(0))
    }

    fn agents_of_owner(&mut self, owner: &str, after: &str, limit: u32) -> Result<Vec<String>, Error> {
        let sql = "SELECT agent FROM grant_heads WHERE owner = ?1 AND agent > ?2 ORDER BY agent LIMIT ?3";
        self.many(sql, params![owner, after, limit], |row| row.get(0))
    }

    fn proposal(&mut self, id: RecordId) -> Result<Option<ProposalRow>, Error> {
        let sql = "SELECT id, request, wanted, count, first_at, last_at, mac FROM proposals WHERE id = ?1";
        self.one(sql, [id.as_bytes()], proposal)
    }

    fn proposals(&mut self, after: Option<RecordId>, limit: u32) -> Result<Vec<ProposalRow>, Error> {
        // Every id is greater than no bytes.
        let after = after.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
        let sql = "SELECT id, request, wanted, count, first_at, last_at, mac FROM proposals WHERE id > ?1 \
                   ORDER BY id LIMIT ?2";
        self.many(sql, params![after, limit], proposal)
    }
}

impl WriteGrants for Transaction<'_> {
    fn insert_grant(&mut self, grant: &GrantRow) -> Result<(), Error> {
        let sql = concat!(
            "INSERT INTO grants (",
            columns!(),
            ") VALUES (:id, :agent, :owner, :provider, :connection, :effect, :state, :not_before, :expires_at, \
             :uses_left, :terms, :origin, :revision, :mac)"
        );
        self.change_one(
            sql,
            named_params! {
                ":id": grant.id.as_bytes(), ":agent": grant.agent, ":owner": grant.owner,
                ":provider": grant.provider, ":connection": grant.connection.as_ref().map(RecordId::as_bytes),
                ":effect": grant.effect, ":state": grant.state, ":not_before": grant.not_before,
                ":expires_at": grant.expires_at, ":uses_left": grant.uses_left, ":terms": grant.terms,
                ":origin": grant.origin, ":revision": grant.revision, ":mac": grant.mac,
            },
        )
    }

    fn update_grant(&mut self, grant: &GrantRow, expected_revision: i64) -> Result<(), Error> {
        let sql = "UPDATE grants SET state = :state, uses_left = :uses_left, terms = :terms, revision = :revision, \
                   mac = :mac WHERE id = :id AND revision = :expected";
        self.change_one(
            sql,
            named_params! {
                ":id": grant.id.as_bytes(), ":expected": expected_revision, ":state": grant.state,
                ":uses_left": grant.uses_left, ":terms": grant.terms, ":revision": grant.revision,
                ":mac": grant.mac,
            },
        )
    }

    fn delete_grant(&mut self, id: RecordId) -> Result<bool, Error> {
        Ok(self.change("DELETE FROM grants WHERE id = ?1", [id.as_bytes()])? > 0)
    }

    fn remember_given(&mut self, slot: &[u8]) -> Result<(), Error> {
        self.change("INSERT OR IGNORE INTO grants_given (slot) VALUES (?1)", [slot]).map(drop)
    }

    fn forget_given(&mut self, slot: &[u8]) -> Result<(), Error> {
        self.change("DELETE FROM grants_given WHERE slot = ?1", [slot]).map(drop)
    }

    fn set_upgrades(&mut self, number: i64) -> Result<(), Error> {
        self.change_one("UPDATE store SET upgrades = ?1 WHERE one = 1", [number])
    }

    fn put_grant_head(&mut self, head: &GrantHead) -> Result<(), Error> {
        let sql = "INSERT INTO grant_heads (agent, owner, count, sequence, head) VALUES (?1, ?2, ?3, ?4, ?5) \
                   ON CONFLICT (agent, owner) DO UPDATE SET count = excluded.count, \
                   sequence = excluded.sequence, head = excluded.head";
        self.change_one(sql, params![head.agent, head.owner, head.count, head.sequence, head.head])
    }

    fn put_proposal(&mut self, proposal: &ProposalRow) -> Result<i64, Error> {
        let sql = "INSERT INTO proposals (id, request, wanted, count, first_at, last_at, mac) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET request = excluded.request, \
                   wanted = excluded.wanted, count = count + 1, last_at = excluded.last_at, mac = excluded.mac RETURNING count";
        let ProposalRow { id, request, wanted, count, first_at, last_at, mac } = proposal;
        let values = params![id.as_bytes(), request, wanted, count, first_at, last_at, mac];
        Ok(self.one(sql, values, |row| row.get(0))?.unwrap_or_default())
    }

    fn delete_proposal(&mut self, id: RecordId) -> Result<bool, Error> {
        Ok(self.change("DELETE FROM proposals WHERE id = ?1", [id.as_bytes()])? > 0)
    }

    fn forget_proposals(&mut self, most: u32) -> Result<u64, Error> {
        let sql = "DELETE FROM proposals WHERE id IN (SELECT id FROM proposals ORDER BY last_at LIMIT \
                   max(0, (SELECT count(*) FROM proposals) - ?1))";
        Ok(self.change(sql, [most])? as u64)
    }
}

fn statement(filter: &GrantFilter) -> (String, Vec<Value>) {
    let (mut conditions, mut values) = (Vec::new(), Vec::new());
    let mut given = |condition: &str, value: Value| {
        values.push(value);
        conditions.push(format!("{condition} ?{}", values.len()));
    };
    // The narrowest index that is there serves it; a plus keeps SQLite from another one.
    let by_connection = filter.connection.is_some();
    let by_pair = filter.agent.is_some() && filter.owner.is_some();
    if let Some(agent) = &filter.agent {
        given(if by_connection { "+agent =" } else { "agent =" }, agent.clone().into());
    }
    if let Some(owner) = &filter.owner {
        given(if by_connection { "+owner =" } else { "owner =" }, owner.clone().into());
    }
    if let Some(provider) = &filter.provider {
        given("provider =", provider.clone().into());
    }
    if let Some(connection) = filter.connection {
        given("connection =", connection.as_bytes().to_vec().into());
    }
    if let Some(state) = &filter.state {
        given(if by_pair && !by_connection { "state =" } else { "+state =" }, state.clone().into());
    }
    if let Some(origin) = &filter.origin {
        let narrower = by_connection || filter.agent.is_some() || filter.owner.is_some();
        // The index leaves out what somebody gave by hand.
        given(if narrower { "+origin =" } else { "origin <> '' AND origin =" }, origin.clone().into());
    }
    // Every id is greater than no bytes; so there is always something for an index to begin at.
    let after = filter.after.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
    given("id >", after.into());
    values.push(filter.limit.into());
    let sql = format!(
        "SELECT {} FROM grants WHERE {} ORDER BY id LIMIT ?{}",
        columns!(),
        conditions.join(" AND "),
        values.len()
    );
    (sql, values)
}

fn proposal(row: &rusqlite::Row<'_>) -> rusqlite::Result<ProposalRow> {
    Ok(ProposalRow {
        id: row.get(0).map(RecordId::from_bytes)?,
        request: row.get(1)?,
        wanted: row.get(2)?,
        count: row.get(3)?,
        first_at: row.get(4)?,
        last_at: row.get(5)?,
        mac: row.get(6)?,
    })
}

fn grant(row: &rusqlite::Row<'_>) -> rusqlite::Result<GrantRow> {
    Ok(GrantRow {
        id: row.get(0).map(RecordId::from_bytes)?,
        agent: row.get(1)?,
        owner: row.get(2)?,
        provider: row.get(3)?,
        connection: row.get::<_, Option<[u8; 16]>>(4)?.map(RecordId::from_bytes),
        effect: row.get(5)?,
        state: row.get(6)?,
        not_before: row.get(7)?,
        expires_at: row.get(8)?,
        uses_left: row.get(9)?,
        terms: row.get(10)?,
        origin: row.get(11)?,
        revision: row.get(12)?,
        mac: row.get(13)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::find::tests::plan;
    use super::*;
    use crate::store::sqlite::schema::{self, STEPS};

    #[test]
    fn pairs_are_listed_in_the_order_of_indexes() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        schema::create(&connection, STEPS).unwrap();
        let plan = plan(&connection, PAIRS);
        let searches =
            plan.iter().filter(|step| step.starts_with("SEARCH") && step.contains("((agent,owner)>(?,?))"));
        assert_eq!(searches.count(), 2, "{plan:?}");
        assert!(!plan.iter().any(|step| step.contains("B-TREE") || step.contains("SCAN")), "{plan:?}");
    }

    #[test]
    fn every_listing_is_served_by_an_index_and_sorts_nothing_that_is_long() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        schema::create(&connection, STEPS).unwrap();
        for bits in 0..128 {
            let text = |bit: u32| (bits & 1 << bit != 0).then(String::new);
            let id = |bit: u32| (bits & 1 << bit != 0).then_some(RecordId::from_bytes([0; 16]));
            let filter = GrantFilter {
                agent: text(0),
                owner: text(1),
                provider: text(2),
                connection: id(3),
                state: text(4),
                origin: text(6),
                after: id(5),
                limit: 1,
            };
            let (sql, values) = statement(&filter);
            let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let steps =
                explain.query_map(rusqlite::params_from_iter(values), |row| row.get("detail")).unwrap();
            let plan: Vec<String> = steps.collect::<Result<_, _>>().unwrap();
            assert!(
                plan.iter()
                    .all(|step| step.starts_with("SEARCH grants USING INDEX") || step.contains("B-TREE"))
            );
            // By the id alone all grants would be looked at.
            let wide = [&filter.agent, &filter.owner].iter().all(|name| name.is_none())
                && filter.connection.is_none();
            let narrow = plan.iter().any(|step| step.contains("grants_origin"));
            assert!(!wide || filter.origin.is_none() || narrow, "{sql} {plan:?}");
            let short = filter.agent.is_some() && filter.owner.is_some() && filter.connection.is_none();
            assert!(short || !plan.iter().any(|step| step.contains("B-TREE")), "{sql} {plan:?}");
        }
    }
}
