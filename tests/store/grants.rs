//! The part of the conformance suite that is about grants.

use dm_connections::store::{Error, GrantFilter, GrantHead, GrantRow, Kind};

use super::conformance::{Fresh, store};
use super::samples::{grant, grant_head, id, row, write};

pub fn grants_come_back_as_they_went_in(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let full = GrantRow {
        connection: Some(id(50)),
        effect: "forbid".into(),
        not_before: Some(0),
        expires_at: Some(253_402_300_799),
        uses_left: Some(3),
        terms: r#"{"note":"Ünï"}"#.into(),
        origin: "delegation".into(),
        ..grant(2)
    };
    let mut revoked = grant(3);
    revoked.state = "revoked".into();
    let others =
        [GrantRow { agent: "agent:70".into(), ..grant(4) }, GrantRow { owner: "user:10".into(), ..grant(5) }];
    write(&*engine, |tx| {
        [&full, &grant(1), &revoked].into_iter().chain(&others).try_for_each(|grant| tx.insert_grant(grant))
    });
    fresh
        .open()
        .snapshot(|tx| {
            assert_eq!(tx.grants_of("agent:7", "user:1", "active")?, [grant(1), full.clone()]);
            assert_eq!(tx.grants_of("agent:7", "user:1", "revoked")?, [revoked.clone()]);
            assert_eq!(tx.grants_of("agent:7", "user:2", "active")?, []);
            assert_eq!(tx.grant(id(2))?, Some(full.clone()));
            assert_eq!(tx.grant(id(9))?, None);
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_eq!(engine.transaction(|tx| tx.insert_grant(&grant(1))), Err(Error::Conflict));

    // Only what may change of a grant does.
    let changed = GrantRow {
        state: "revoked".into(),
        uses_left: Some(2),
        terms: "{ }".into(),
        revision: 2,
        mac: vec![1],
        ..full.clone()
    };
    let greedy = GrantRow {
        agent: "agent:8".into(),
        owner: "user:9".into(),
        origin: "observed".into(),
        ..changed.clone()
    };
    write(&*engine, |tx| tx.update_grant(&greedy, 1));
    assert_eq!(engine.snapshot(|tx| tx.grant(id(2))), Ok(Some(changed.clone())));
    for (row, expected) in [(&changed, 1), (&grant(9), 1)] {
        assert_eq!(engine.transaction(|tx| tx.update_grant(row, expected)), Err(Error::Conflict));
    }
    assert!(write(&*engine, |tx| tx.delete_grant(id(2))));
    assert!(!write(&*engine, |tx| tx.delete_grant(id(2))));
    assert_eq!(engine.snapshot(|tx| tx.grant(id(2))), Ok(None));
}

/// All combinations of conditions against a plain loop over all grants, a page at a time.
pub fn grants_are_listed(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let varied = |number: u64| GrantRow {
        agent: format!("agent:{}", number % 2),
        owner: format!("user:{}", number / 2 % 2),
        provider: ["reddit", "x"][(number / 4 % 2) as usize].into(),
        connection: (number & 8 == 0).then_some(id(50)),
        state: ["active", "revoked"][(number / 16 % 2) as usize].into(),
        origin: ["", "delegation", "own_account"][(number % 3) as usize].into(),
        ..grant(number)
    };
    let all: Vec<GrantRow> = (0..96).map(varied).collect();
    write(&*engine, |tx| all.iter().rev().try_for_each(|grant| tx.insert_grant(grant)));
    for bits in 0..64 {
        let text = |bit: u32, value: &str| (bits & 1 << bit != 0).then(|| value.to_owned());
        let mut filter = GrantFilter {
            agent: text(0, "agent:1"),
            owner: text(1, "user:1"),
            provider: text(2, "x"),
            connection: (bits & 8 != 0).then_some(id(50)),
            state: text(4, "revoked"),
            origin: text(5, "delegation"),
            after: None,
            limit: 5,
        };
        let fits = |grant: &&GrantRow| {
            filter.agent.as_ref().is_none_or(|agent| *agent == grant.agent)
                && filter.owner.as_ref().is_none_or(|owner| *owner == grant.owner)
                && filter.provider.as_ref().is_none_or(|provider| *provider == grant.provider)
                && filter.connection.is_none_or(|id| grant.connection == Some(id))
                && filter.state.as_ref().is_none_or(|state| *state == grant.state)
                && filter.origin.as_ref().is_none_or(|origin| *origin == grant.origin)
        };
        let expected: Vec<GrantRow> = all.iter().filter(fits).cloned().collect();
        let mut found = Vec::new();
        loop {
            let page = engine.snapshot(|tx| tx.find_grants(&filter)).unwrap();
            filter.after = page.last().map(|grant| grant.id);
            let last = page.len() < 5;
            found.extend(page);
            if last {
                break;
            }
        }
        assert_eq!(found, expected, "{filter:?}");
    }
}

pub fn pairs_have_one_head(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let pairs = [("agent:7", "user:1"), ("agent:7", "site:0"), ("agent:8", "user:1"), ("agent:7", "user:2")];
    write(&*engine, |tx| {
        pairs.iter().try_for_each(|(agent, owner)| tx.put_grant_head(&grant_head(agent, owner, 1)))
    });
    let later = GrantHead { count: 0, head: vec![9], ..grant_head("agent:7", "user:1", 2) };
    write(&*engine, |tx| tx.put_grant_head(&later));
    // Grants whose head is gone are a pair as well.
    let headless = GrantRow { agent: "agent:9".into(), ..grant(1) };
    write(&*engine, |tx| {
        [grant(2), grant(3), headless.clone()].iter().try_for_each(|row| tx.insert_grant(row))
    });
    let named = |pairs: Vec<(String, String)>| -> Vec<String> {
        pairs.into_iter().map(|(agent, owner)| format!("{agent} {owner}")).collect()
    };
    let all = ["agent:7 site:0", "agent:7 user:1", "agent:7 user:2", "agent:8 user:1", "agent:9 user:1"];
    engine
        .snapshot(|tx| {
            assert_eq!(tx.grant_head("agent:7", "user:1")?, Some(later.clone()));
            assert_eq!(tx.grant_head("agent:8", "user:1")?, Some(grant_head("agent:8", "user:1", 1)));
            assert_eq!(tx.grant_head("agent:8", "user:2")?, None);
            assert_eq!(named(tx.pairs(("", ""), 9)?), all);
            assert_eq!(named(tx.pairs(("agent:7", "user:1"), 2)?), all[2..4]);
            assert_eq!(tx.owners_of_agent("agent:7", "", 9)?, ["site:0", "user:1", "user:2"]);
            assert_eq!(tx.owners_of_agent("agent:7", "site:0", 1)?, ["user:1"]);
            assert_eq!(tx.agents_of_owner("user:1", "", 9)?, ["agent:7", "agent:8"]);
            assert_eq!(tx.agents_of_owner("user:1", "agent:7", 9)?, ["agent:8"]);
            Ok::<_, Error>(())
        })
        .unwrap();
}

pub fn what_was_given_by_itself_is_remembered(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let given =
        || engine.snapshot(|tx| Ok::<_, Error>([tx.was_given(&[1; 32])?, tx.was_given(&[2; 32])?])).unwrap();
    assert_eq!(given(), [false, false]);
    for _ in 0..2 {
        write(&*engine, |tx| tx.remember_given(&[1; 32]));
        assert_eq!(given(), [true, false]);
    }
    write(&*engine, |tx| tx.forget_given(&[2; 32]));
    write(&*engine, |tx| tx.forget_given(&[1; 32]));
    assert_eq!(given(), [false, false]);

    assert_eq!(engine.snapshot(|tx| tx.upgrades()), Ok(0));
    write(&*engine, |tx| tx.set_upgrades(2));
    assert_eq!(fresh.open().snapshot(|tx| tx.upgrades()), Ok(2));
}

pub fn agents_with_connections_are_listed(fresh: &dyn Fresh) {
    let engine = store(fresh);
    let owners = [
        "agent:10",
        "agent:10",
        "agent:2",
        "user:1",
        "site:0",
        "agent",
        "agent:3",
        "agents:1",
        "org:agent",
        "a",
    ];
    write(&*engine, |tx| {
        owners.iter().enumerate().try_for_each(|(at, owner)| {
            let kind = if *owner == "agent:3" { Kind::Config } else { Kind::Connection };
            let mut row = row(at as u64);
            row.meta.kind = kind;
            row.meta.owner = (*owner).to_owned();
            row.meta.account = format!("a{at}");
            tx.insert_row(&row)
        })
    });
    let listed = |after, limit| engine.snapshot(|tx| tx.agents_with_connections(after, limit)).unwrap();
    assert_eq!(listed("", 10), ["agent:10", "agent:2"]);
    assert_eq!(listed("", 1), ["agent:10"]);
    assert_eq!(listed("agent:10", 10), ["agent:2"]);
    assert_eq!(listed("agent:2", 10), [] as [&str; 0]);
}
