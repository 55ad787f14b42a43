//! The part of the conformance suite that is about listings.

use dm_connections::domain::RecordId;
use dm_connections::store::{Filter, KeyStatus, Kind, Meta, Row, StatusFilter};

use super::conformance::{Fresh, store};
use super::samples::{ids, key, key_id, row, write};

/// All combinations of conditions against a plain loop over all rows, a page at a time.
pub fn every_filter_finds_what_it_should(fresh: &dyn Fresh) {
    const NOW: i64 = 1_000;
    let engine = store(fresh);
    let rows: Vec<Row> = (0..240).map(varied).collect();
    write(&*engine, |tx| {
        tx.insert_key(&key(2, KeyStatus::Active))?;
        tx.insert_key(&key(3, KeyStatus::Retired))?;
        rows.iter().rev().try_for_each(|row| tx.insert_row(row))
    });
    let statuses: [(Option<&str>, &[u8]); 9] = [
        (None, &[]),
        (Some("active"), &[1, 2]),
        (Some("expired"), &[1, 2]),
        (Some("revoked"), &[1, 2]),
        (Some("active"), &[1, 2, 3]),
        (Some("active"), &[]),
        (Some("key_unavailable"), &[1, 2]),
        (Some("key_unavailable"), &[]),
        (Some("key_unavailable"), &[1, 2, 3]),
    ];
    let text = |given: bool, value: &str| given.then(|| value.to_owned());
    let mut found_at_all = 0;
    for bits in 0..64 {
        for (status, loaded) in statuses {
            let filter = Filter {
                kind: if bits & 1 == 0 { Kind::Connection } else { Kind::Config },
                provider: text(bits & 2 != 0, "reddit"),
                owner: text(bits & 4 != 0, "user:3"),
                account: text(bits & 8 != 0, "default"),
                remote_id: text(bits & 16 != 0, "remote-1"),
                expiring_before: (bits & 32 != 0).then_some(NOW + 1),
                status: status.map(|status| StatusFilter {
                    status: status.into(),
                    now: NOW,
                    loaded_keys: loaded.iter().map(|number| key_id(*number)).collect(),
                }),
                after: None,
                limit: 7,
            };
            let expected: Vec<RecordId> = rows
                .iter()
                .map(|row| &row.meta)
                .filter(|meta| lets_through(&filter, meta))
                .map(|meta| meta.id)
                .collect();
            let mut found = Vec::new();
            let mut page = filter.clone();
            loop {
                let ids = ids(&*engine, &page);
                page.after = ids.last().copied();
                let last = ids.len() < 7;
                found.extend(ids);
                if last {
                    break;
                }
            }
            assert_eq!(found, expected, "{filter:?}");
            found_at_all += found.len();
        }
    }
    assert!(found_at_all > 2_500, "the rows have to be varied enough: {found_at_all}");
    let whole = engine.snapshot(|tx| tx.find(&Filter::all(Kind::Config, 1))).unwrap();
    let first = rows.iter().find(|row| row.meta.kind == Kind::Config);
    assert_eq!(whole.first(), first.map(|row| &row.meta));
}

fn varied(number: u64) -> Row {
    let pick = |step: u64, of: u64| number.wrapping_mul(2_654_435_761).rotate_right(step as u32 * 5) % of;
    let mut row = row(number);
    row.meta.kind = if pick(1, 3) == 0 { Kind::Config } else { Kind::Connection };
    row.meta.provider = ["reddit", "instagram"][pick(2, 2) as usize].into();
    row.meta.owner = format!("user:{}", pick(3, 5));
    // Unique with the three above.
    row.meta.account = if number < 8 { "default".into() } else { format!("account-{number}") };
    if number < 8 {
        row.meta.owner = format!("user:{number}");
    }
    row.meta.remote_id = (pick(4, 3) > 0).then(|| format!("remote-{}", pick(4, 3)));
    row.meta.status = ["active", "active", "active", "expired", "revoked"][pick(5, 5) as usize].into();
    row.meta.expires_at = [None, Some(999), Some(1_000), Some(1_001)][pick(6, 4) as usize];
    row.meta.key_id = key_id(1 + pick(7, 3) as u8);
    row
}

fn lets_through(filter: &Filter, meta: &Meta) -> bool {
    let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
    let status = filter.status.as_ref().is_none_or(|filter| {
        let effective = if !filter.loaded_keys.contains(&meta.key_id) {
            "key_unavailable"
        } else if meta.status == "active" && meta.expires_at.is_some_and(|at| at <= filter.now) {
            "expired"
        } else {
            &meta.status
        };
        filter.status == effective
    });
    filter.kind == meta.kind
        && is(&filter.provider, &meta.provider)
        && is(&filter.owner, &meta.owner)
        && is(&filter.account, &meta.account)
        && filter.remote_id.as_ref().is_none_or(|wanted| meta.remote_id.as_ref() == Some(wanted))
        && filter.expiring_before.is_none_or(|before| meta.expires_at.is_some_and(|at| at < before))
        && status
}
