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
    // SQLite merges branches that are each in the order of an index.
    let conditions = conditions.join(" AND ");
    let branches: Vec<_> = statuses
        .iter()
        .map(|status| format!("SELECT {columns} FROM connections WHERE {conditions}{status}"))
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
        return vec![format!(" AND key_id IN ({})", list(unloaded))];
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
