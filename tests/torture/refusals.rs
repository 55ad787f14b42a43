//! An agent in a loop that is refused each time fills neither the chain nor the disk.

use std::collections::{BTreeMap, BTreeSet};

use dm_connections::vault::{AuditQuery, Refusal};

use crate::support::Site;
use crate::support::audit::sound;
use crate::support::process::{figures, size};

/// One record in the chain for each agent, target, code and hour, however often; and how often is known.
#[test]
fn a_looping_agent_adds_one_record_for_each_target_code_and_hour() {
    let refusals = size(300, 100_000);
    let site = Site::new("refusals");
    let vault = site.open();
    let kinds: Vec<Refusal> = ["reddit of user:1", "instagram of user:1", "instagram of user:2"]
        .into_iter()
        .flat_map(|target| ["no_grant", "forbidden"].map(|code| (target, code)))
        .map(|(target, code)| Refusal {
            agent: "agent:7".parse().unwrap(),
            target: target.into(),
            code: code.into(),
            subject: Some("user:1".parse().unwrap()),
            connection: None,
        })
        .collect();
    let hour = || vault.audit_anchor().unwrap().at.div_euclid(3600);
    let begun = hour();
    // How often of each kind, in each hour that the vault told of: one that begins counts from one again.
    let mut counts: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    for number in 0..refusals {
        let kind = number as usize % kinds.len();
        let count = vault.record_refusal(&kinds[kind]).unwrap();
        let hours = counts.entry(kind).or_default();
        match hours.last_mut() {
            Some(last) if count == *last + 1 => *last = count,
            _ => {
                assert_eq!(count, 1, "of refusal {number}");
                hours.push(count);
            }
        }
    }
    let hours = hour() - begun + 1;
    let query = AuditQuery { event: Some("refused".into()), limit: Some(1000), ..Default::default() };
    let records = vault.audit(&query).unwrap().items;
    let different: BTreeSet<_> = records
        .iter()
        .map(|item| {
            let text = |name: &str| item.details[name].as_str().unwrap().to_owned();
            (text("target"), text("code"), item.at.div_euclid(3600))
        })
        .collect();
    assert_eq!(different.len(), records.len(), "no two of one kind and hour");
    figures(format!("{refusals} refusals in {hours} hours: {} records", records.len()));
    assert!(records.len() as i64 <= counts.len() as i64 * hours, "{} in {hours} hours", records.len());
    assert_eq!(records.len(), counts.values().map(Vec::len).sum::<usize>());
    assert_eq!(records.iter().filter_map(|item| item.repeats).sum::<u64>(), refusals);
    assert_eq!(counts.values().flatten().sum::<u64>(), refusals);
    // Nothing else was chained: the beginning, and these.
    let all = vault.audit(&AuditQuery { limit: Some(1000), ..Default::default() }).unwrap();
    assert_eq!(all.items.len(), records.len() + 1);
    sound(&vault);
}
