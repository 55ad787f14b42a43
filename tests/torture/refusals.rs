//! Agents in a loop that are refused each time fill neither the chain nor the disk.

use std::collections::BTreeSet;

use dm_connections::domain::Effect;
use dm_connections::vault::{AuditQuery, Facts, Kind, NewGrant};

use crate::support::acting::{any, asking, reason, wanted};
use crate::support::audit::sound;
use crate::support::process::{figures, size};
use crate::support::{Site, address, document};

/// One record in the chain for each agent, target, code and hour, however often; and how often is known.
#[test]
fn looping_agents_add_one_record_for_each_agent_target_code_and_hour() {
    const TARGETS: [(&str, &str); 3] =
        [("reddit", "user:1"), ("instagram", "user:1"), ("instagram", "user:2")];
    // The second one is forbidden what the first one has no grant for.
    const AGENTS: [(&str, &str); 2] = [("agent:7", "no_grant"), ("agent:8", "forbidden")];
    let refusals = size(300, 100_000);
    let site = Site::new("refusals");
    let vault = site.open();
    for (provider, owner) in TARGETS {
        let at = address(provider, owner, "default");
        vault.save(Kind::Connection, &at, &document(r#"{"access_token":"t"}"#), &Facts::default()).unwrap();
        let forbid = NewGrant { effect: Effect::Forbid, ..any(owner, provider, AGENTS[1].0) };
        vault.create_grant(&forbid).unwrap();
    }
    let count = || vault.audit_anchor().unwrap().streams[0].sequence;
    let before = count();
    for number in 0..refusals as usize {
        let ((provider, owner), (agent, code)) = (TARGETS[number % 3], AGENTS[number / 3 % 2]);
        let acquired = vault.acquire(&asking(owner, agent), &wanted(provider, &[])).unwrap();
        assert_eq!((reason(&acquired.answer).0, acquired.credential.is_none()), (code, true));
    }
    let query = AuditQuery { event: Some("refused".into()), limit: Some(1000), ..Default::default() };
    let records = vault.audit(&query).unwrap().items;
    // Nothing else was chained.
    assert_eq!(count() - before, records.len() as i64);
    let of = |hour: i64| records.iter().filter(move |item| item.at.div_euclid(3600) == hour);
    let hours: BTreeSet<i64> = records.iter().map(|item| item.at.div_euclid(3600)).collect();
    for hour in &hours {
        let kinds: BTreeSet<_> = of(*hour)
            .map(|item| (item.agent.clone(), item.connection.clone(), item.details["code"].to_string()))
            .collect();
        assert_eq!(kinds.len(), of(*hour).count(), "two of one kind in an hour");
        assert!(kinds.len() <= 6);
    }
    assert_eq!(records.iter().filter_map(|item| item.repeats).sum::<u64>(), refusals);
    sound(&vault);
    figures(format_args!(
        "{refusals} refusals of two looping agents: {} records in {} hours",
        records.len(),
        hours.len()
    ));
}
