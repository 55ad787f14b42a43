//! Listings: from a filter to one statement that is served by an index.

use rusqlite::types::Value;

use crate::domain::KeyId;
use crate::store::{Filter, StatusFilter};

/// The statement and its parameters. `unloaded` are the keys of the store that this process does not have; they are
/// needed only for the status `key_unavailable`.
pub(super) fn statement(columns: &str, filter: &Filter, unloaded: &[KeyId]) -> (String, Vec<Value>) {
    let mut values = Vec::new();
    let mut place = |value: Value| {
        values.push(value);
        format!("?{}", values.len())
    };
    let mut conditions = vec![format!("kind = {}", place(filter.kind.code().into()))];
    for (column, wanted) in [
        ("provider", &filter.provider),
        ("owner", &filter.owner),
        ("account", &filter.account),
        ("remote_id", &filter.remote_id),
    ] {
        if let Some(wanted) = wanted {
            conditions.push(format!("{column} = {}", place(wanted.clone().into())));
        }
    }
    if let Some(before) = filter.expiring_before {
        conditions.push(format!("expires_at < {}", place(before.into())));
    }
    if let Some(after) = filter.after {
        conditions.push(format!("id > {}", place(after.as_bytes().to_vec().into())));
    }
    let statuses = match &filter.status {
        Some(status) => by_status(status, unloaded, &mut place),
        None => vec![String::new()],
    };
    let limit = place(filter.limit.into());
    // An owner has few accounts of one provider: sorting them is less than looking at all that it has of any.
    let index = match (&filter.provider, &filter.owner) {
        (Some(_), Some(_)) => " INDEXED BY connections_name",
        _ => "",
    };
    // SQLite merges branches that are each in the order of an index.
    let conditions = conditions.join(" AND ");
    let branches: Vec<_> = statuses
        .iter()
        .map(|status| format!("SELECT {columns} FROM connections{index} WHERE {conditions}{status}"))
        .collect();
    (format!("{} ORDER BY id LIMIT {limit}", branches.join(" UNION ALL ")), values)
}

/// The conditions that an effective status stands for; each row fulfils one of them at most.
fn by_status(
    filter: &StatusFilter,
    unloaded: &[KeyId],
    place: &mut dyn FnMut(Value) -> String,
) -> Vec<String> {
    let mut list = |keys: &[KeyId]| {
        let keys: Vec<_> = keys.iter().map(|key| place(key.as_bytes().to_vec().into())).collect();
        keys.join(", ")
    };
    if filter.status == "key_unavailable" {
        // By what this process has, and as stored: a member of the old option still waits for its salt.
        return vec![
            format!(" AND key_id IN ({})", list(unloaded)),
            format!(" AND +key_id IN ({}) AND status = 'key_unavailable'", list(&filter.loaded_keys)),
        ];
    }
    // The plus keeps this from being served by the index on keys: nearly all rows have the same.
    let loaded = format!(" AND +key_id IN ({})", list(&filter.loaded_keys));
    match filter.status.as_str() {
        "active" => {
            let now = place(filter.now.into());
            vec![format!("{loaded} AND status = 'active' AND (expires_at IS NULL OR expires_at > {now})")]
        }
        "expired" => {
            let now = place(filter.now.into());
            vec![
                format!("{loaded} AND status = 'expired'"),
                // Few have expired, nearly all are active.
                format!("{loaded} AND +status = 'active' AND expires_at <= {now}"),
            ]
        }
        other => {
            let status = place(other.to_owned().into());
            vec![format!("{loaded} AND status = {status}")]
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::RecordId;
    use crate::store::Kind;
    use crate::store::sqlite::schema::{self, STEPS};

    /// How SQLite goes about a statement.
    pub(in super::super) fn plan(connection: &rusqlite::Connection, sql: &str) -> Vec<String> {
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let parameters = vec![Value::Null; explain.parameter_count()];
        let steps = explain.query_map(rusqlite::params_from_iter(parameters), |row| row.get("detail"));
        steps.unwrap().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn every_listing_is_served_by_an_index() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        schema::create(&connection, STEPS).unwrap();
        let text = |given: bool| given.then(String::new);
        let status = |status: &str| {
            Some(StatusFilter { status: status.into(), now: 0, loaded_keys: vec![KeyId::from_bytes([0; 8])] })
        };
        for bits in 0..64 {
            let statuses =
                [None, status("active"), status("expired"), status("revoked"), status("key_unavailable")];
            for status in statuses {
                let filter = Filter {
                    provider: text(bits & 1 != 0),
                    owner: text(bits & 2 != 0),
                    account: text(bits & 4 != 0),
                    remote_id: text(bits & 8 != 0),
                    expiring_before: (bits & 16 != 0).then_some(0),
                    after: (bits & 32 != 0).then_some(RecordId::from_bytes([0; 16])),
                    status,
                    ..Filter::all(Kind::Connection, 1)
                };
                let (sql, _) = statement("id, owner, row_mac", &filter, &[KeyId::from_bytes([1; 8])]);
                let plan = plan(&connection, &sql);
                assert!(
                    plan.iter().any(|step| step.starts_with("SEARCH connections USING INDEX")),
                    "{sql} {plan:?}"
                );
                assert!(!plan.iter().any(|step| step.contains("SCAN")), "{sql} {plan:?}");
                // What can be as long as the store is not sorted.
                let long = filter.expiring_before.is_none()
                    && filter.status.as_ref().is_none_or(|status| status.status != "expired");
                let single = [&filter.provider, &filter.owner, &filter.account, &filter.remote_id];
                if long && single.into_iter().flatten().count() <= 1 {
                    assert!(!plan.iter().any(|step| step.contains("B-TREE")), "{sql} {plan:?}");
                }
            }
        }
    }
}
