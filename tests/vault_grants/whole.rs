//! A decision that reads as little as settles it is the one that reads everything.

use std::collections::BTreeMap;

use dm_connections::domain::{
    Contexts, Effect, Fact, Owner, RunContext, Status, Subject, Target, UnixTime, Whom,
};
use dm_connections::vault::Which;

use crate::support::{Site, address};
use crate::{any, asking, connect, operations, reason, revoke, wanted};

/// A small generator of its own, so that a failure can be run again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

const OWNERS: [&str; 6] = ["user:1", "user:2", "agent:7", "site:0", "site:3", "org:acme"];
const AGENTS: [&str; 2] = ["agent:7", "agent:8"];
const STATUSES: [Status; 4] = [Status::Active, Status::NeedsReauth, Status::Revoked, Status::Error];

#[test]
fn reading_in_ranks_answers_what_reading_everything_does() {
    let mut seen = BTreeMap::<String, u32>::new();
    for seed in 0..25 {
        let mut dice = Dice(seed);
        let site = Site::new("ranks");
        let vault = site.open();
        let mut ids = Vec::new();
        for _ in 0..2 + dice.below(6) {
            let (owner, account) = (dice.of(&OWNERS), dice.of(&["default", "second"]));
            let id = connect(&vault, "instagram", owner, account);
            let status = dice.of(&STATUSES);
            let at = address("instagram", owner, account);
            if dice.below(3) == 0 && vault.set_status(&at, status, None).is_err() {
                continue;
            }
            ids.push((id, owner));
        }
        let mut given = Vec::new();
        for _ in 0..dice.below(12) {
            let owner = dice.of(&OWNERS);
            let mut grant = any(owner, "instagram", dice.of(&AGENTS));
            grant.whom = Some(dice.of(&[0, 1, 2, 3])).map(|whom| match whom {
                0 => Whom::Nobody,
                1 => Whom::Users(["user:1".parse().unwrap()].into()),
                2 if owner.starts_with("user") => Whom::Owner,
                _ => Whom::Anyone,
            });
            if dice.below(3) == 0 {
                grant.limits = operations(&[dice.of(&["read", "publish", "comment"])]);
            }
            if dice.below(4) == 0 {
                grant.contexts = Contexts::These([RunContext::Pipeline].into());
            }
            if dice.below(5) == 0 {
                grant.not_before = UnixTime::new(4_000_000_000).ok();
            }
            if dice.below(6) == 0 {
                grant.effect = Effect::Forbid;
            }
            if let Some((id, _)) = ids.iter().find(|(_, theirs)| *theirs == owner)
                && dice.below(3) == 0
            {
                grant.target = Target::Connection(id.parse().unwrap());
            }
            given.push(vault.create_grant(&grant).unwrap().id);
        }
        for id in given {
            if dice.below(4) == 0 {
                revoke(&vault, Which::One(id.parse().unwrap()));
            }
        }
        for _ in 0..40 {
            let mut request = asking(dice.of(&["user:1", "user:2", "user:3"]), dice.of(&AGENTS));
            match dice.below(8) {
                0 => request.agent = Fact::Known(None),
                1 => request.agent = Fact::Unknown,
                2 => request.subject = Fact::Known(Subject::Nobody),
                3 => request.subject = Fact::Unknown,
                4 => request.context = Fact::Known(RunContext::Pipeline),
                5 => (request.agent, request.subject) = (Fact::Known(None), Fact::Known(Subject::Nobody)),
                _ => {}
            }
            if dice.below(3) == 0 {
                request.manages = Fact::Known([Owner::site(3).unwrap(), Owner::NETWORK].into());
            }
            let mut wanted =
                wanted("instagram", dice.of(&[&[] as &[&str], &["read"], &["publish"], &["comment"]]));
            if dice.below(4) == 0 {
                wanted.owner = Some(dice.of(&OWNERS).parse().unwrap());
            }
            if dice.below(5) == 0 {
                wanted.account = Some(dice.of(&["default", "second"]).parse().unwrap());
            }
            if let Some((id, _)) = ids.first()
                && dice.below(6) == 0
            {
                wanted.connection = Some(id.parse().unwrap());
            }
            let answer = vault.check_grant(&request, &wanted).unwrap();
            let explained = vault.explain_request(&request, &wanted).unwrap();
            assert_eq!(explained.decision, answer, "seed {seed} {request:?} {wanted:?}");
            let tools = vault.resolve_tools(&request, &[("it".to_owned(), wanted)].into()).unwrap();
            assert_eq!(tools["it"], answer);
            *seen.entry(reason(&answer).0.to_owned()).or_default() += 1;
        }
    }
    for reason in [
        "allowed",
        "no_connection",
        "ambiguous_account",
        "unknown_fact",
        "not_the_owner",
        "nobody_asks",
        "forbidden",
        "no_grant",
        "grant_revoked",
        "grant_not_yet",
        "context_not_allowed",
        "acting_user_mismatch",
        "scope_missing",
        "needs_reauth",
    ] {
        assert!(seen.contains_key(reason), "{reason} never came: {seen:?}");
    }
}

#[test]
fn whom_an_agent_serves_beyond_counting_has_to_be_named() {
    let site = Site::new("many-owners");
    let vault = site.open();
    connect(&vault, "instagram", "user:1", "default");
    for user in 1..=65 {
        vault.create_grant(&any(&format!("user:{user}"), "instagram", "agent:7")).unwrap();
    }
    // The person's own is found without a look at the others.
    assert!(vault.check_grant(&asking("user:1", "agent:7"), &wanted("instagram", &[])).unwrap().allowed);
    let answer = vault.check_grant(&asking("user:99", "agent:7"), &wanted("instagram", &[])).unwrap();
    let refusal = answer.refusal.unwrap();
    assert_eq!((refusal.reason, refusal.remedy), ("ambiguous_account", "name_account"));
    assert!(refusal.message.contains("name the owner"), "{}", refusal.message);
    let mut named = wanted("instagram", &[]);
    named.owner = Some("user:1".parse().unwrap());
    let answer = vault.check_grant(&asking("user:99", "agent:7"), &named).unwrap();
    assert_eq!(reason(&answer).0, "acting_user_mismatch");
}
