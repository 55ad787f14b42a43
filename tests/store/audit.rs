//! The audit chain, of the conformance suite.

use dm_connections::store::{AuditFilter, AuditHead, AuditRecord, Engine, Error, RefusalKey};

use super::conformance::{Fresh, store};
use super::samples::{id, row, write};

fn record(sequence: i64) -> AuditRecord {
    AuditRecord {
        stream: 0,
        sequence,
        at: 1_700_000_000 + sequence,
        event: "saved".into(),
        agent: None,
        subject: Some("user:1".into()),
        connection: Some(id(1)),
        grant: None,
        about_row: true,
        about_pair: false,
        record: br#"{"provider":"reddit"}"#.to_vec(),
        mac: vec![7; 32],
    }
}

fn found(engine: &dyn Engine, filter: &AuditFilter) -> Vec<i64> {
    engine.snapshot(|tx| tx.audit(filter)).unwrap().iter().map(|record| record.sequence).collect()
}

pub fn audit_records_come_back_as_they_went_in(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let full = AuditRecord {
        agent: Some("agent:7".into()),
        grant: Some(id(9)),
        about_row: false,
        about_pair: true,
        record: b"\0\xff".to_vec(),
        ..record(1)
    };
    let bare = AuditRecord { subject: None, connection: None, event: String::new(), ..record(2) };
    write(&*engine, |tx| tx.append_audit(&full).and_then(|()| tx.append_audit(&bare)));
    assert_eq!(engine.transaction(|tx| tx.append_audit(&record(2))), Err(Error::Conflict));
    let all = AuditFilter::behind(0, 0, 10);
    assert_eq!(fresh.open().snapshot(|tx| tx.audit(&all)), Ok(vec![full, bare]));
    assert_eq!(engine.snapshot(|tx| tx.audit_end(0)), Ok(Some(2)));
    assert_eq!(engine.snapshot(|tx| tx.audit_end(1)), Ok(None));
}

pub fn an_audit_head_is_set(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let start = AuditHead { stream: 0, sequence: 0, head: vec![0; 32] };
    assert_eq!(engine.snapshot(|tx| tx.audit_heads()), Ok(vec![start]));
    let moved = AuditHead { stream: 0, sequence: 3, head: vec![1; 64] };
    write(&*engine, |tx| tx.set_audit_head(&moved));
    assert_eq!(fresh.open().snapshot(|tx| tx.audit_heads()), Ok(vec![moved]));
}

pub fn every_audit_filter_finds_what_it_should(fresh: &dyn Fresh) {
    let engine = store(fresh);
    write(&*engine, |tx| {
        (1..=20).try_for_each(|number| {
            tx.append_audit(&AuditRecord {
                agent: (number % 2 == 0).then(|| format!("agent:{}", number % 4)),
                subject: Some(format!("user:{}", number % 3)),
                connection: Some(id((number % 5) as u64)),
                event: ["saved", "deleted"][usize::from(number % 7 == 0)].into(),
                about_row: number % 10 != 0,
                ..record(number)
            })
        })
    });
    let all = AuditFilter::behind(0, 0, 100);
    let check = |filter: AuditFilter, fits: fn(i64) -> bool| {
        let mut expected: Vec<i64> = (1..=20).filter(|number| fits(*number)).collect();
        assert_eq!(found(&*engine, &filter), expected, "{filter:?}");
        expected.reverse();
        expected.truncate(2);
        let filter = AuditFilter { newest_first: true, limit: 2, ..filter };
        assert_eq!(found(&*engine, &filter), expected, "{filter:?}");
    };
    check(all.clone(), |_| true);
    check(AuditFilter { stream: 1, ..all.clone() }, |_| false);
    check(AuditFilter { after: 18, ..all.clone() }, |number| number > 18);
    check(AuditFilter { before: Some(3), ..all.clone() }, |number| number < 3);
    check(AuditFilter { since: Some(1_700_000_015), ..all.clone() }, |number| number >= 15);
    check(AuditFilter { until: Some(1_700_000_004), after: 1, ..all.clone() }, |number| {
        (2..4).contains(&number)
    });
    check(AuditFilter { agent: Some("agent:2".into()), ..all.clone() }, |number| number % 4 == 2);
    check(AuditFilter { subject: Some("user:1".into()), ..all.clone() }, |number| number % 3 == 1);
    check(AuditFilter { event: Some("deleted".into()), ..all.clone() }, |number| number % 7 == 0);
    check(AuditFilter { connection: Some(id(0)), ..all.clone() }, |number| number % 5 == 0);
    let both = AuditFilter {
        connection: Some(id(0)),
        subject: Some("user:1".into()),
        since: Some(1_700_000_002),
        after: 3,
        ..all
    };
    check(both, |number| number == 10);

    let last = |before| engine.snapshot(|tx| tx.audit_of_row(0, id(0), before)).unwrap();
    assert_eq!(last(i64::MAX).map(|record| record.sequence), Some(15), "20 and 10 say nothing of the row");
    assert_eq!(last(15).map(|record| record.sequence), Some(5));
    assert_eq!(last(5), None);
    assert_eq!(engine.snapshot(|tx| tx.audit_of_row(1, id(0), i64::MAX)), Ok(None));
}

pub fn audit_records_are_deleted_from_the_front(fresh: &dyn Fresh) {
    let engine = store(fresh);
    write(&*engine, |tx| (1..=5).try_for_each(|number| tx.append_audit(&record(number))));
    assert_eq!(write(&*engine, |tx| tx.delete_audit(0, 3)), 3);
    assert_eq!(write(&*engine, |tx| tx.delete_audit(1, 9)), 0);
    assert_eq!(found(&*engine, &AuditFilter::behind(0, 0, 9)), [4, 5]);
}

pub fn a_row_is_there_or_not(fresh: &dyn Fresh) {
    let engine = store(fresh);
    write(&*engine, |tx| tx.insert_row(&row(1)));
    assert_eq!(
        engine.snapshot(|tx| Ok::<_, Error>((tx.has_row(id(1))?, tx.has_row(id(2))?))),
        Ok((true, false))
    );
}

pub fn refusals_are_counted_by_the_hour(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let key = |hour, code: &str| RefusalKey {
        event: "refused".to_owned(),
        agent: "agent:7".into(),
        target: "reddit of user:1".into(),
        code: code.into(),
        hour,
    };
    let count = |key: &RefusalKey| write(&*engine, |tx| tx.count_refusal(key, key.hour * 3600 + 5));
    let counts = [(1, "no_grant"), (1, "no_grant"), (2, "no_grant"), (1, "forbidden"), (1, "no_grant")];
    assert_eq!(counts.map(|(hour, code)| count(&key(hour, code))), [1, 2, 1, 1, 3]);
    assert_eq!(engine.snapshot(|tx| tx.refusals(&key(1, "no_grant"))), Ok(3));
    assert_eq!(write(&*engine, |tx| tx.delete_refusals(2)), 2);
    let left = [key(1, "no_grant"), key(2, "no_grant")].map(|key| engine.snapshot(|tx| tx.refusals(&key)));
    assert_eq!(left, [Ok(0), Ok(1)]);
}
