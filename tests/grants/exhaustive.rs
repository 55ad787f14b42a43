//! Every situation of two small worlds.

use std::collections::BTreeSet;

use dm_connections::domain::{
    ActingRequest, AtMost, Contexts, Effect, Fact, Flow, Grant, Limits, Powers, Run, RunContext, Scopes,
    Status, Subject, Target, Whom,
};
use dm_connections::grants::{Candidate, Wanted};

use crate::compare::disagreement;
use crate::world::{
    NOW, World, account, agent, at, catalogue, flow, id, is_torture, owner, provider, scopes, session, these,
    user,
};

/// A number taken for one choice after the other: its lowest digit the first, to the base of how many there are.
struct Digits(u64);

impl Digits {
    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        let (at, count) = (self.0 % of.len() as u64, of.len() as u64);
        self.0 /= count;
        of[at as usize].clone()
    }

    /// The first `quick` of them; all at full size.
    fn one_of_first<T: Clone>(&mut self, quick: usize, of: &[T]) -> T {
        self.one(if is_torture() { of } else { &of[..quick] })
    }
}

/// Compares every world there is, and says how many that were; `make` gives none for one that cannot be.
fn compare_all(make: impl Fn(&mut Digits) -> Option<World>) -> u64 {
    let mut compared = 0;
    for number in 0.. {
        let mut digits = Digits(number);
        let world = make(&mut digits);
        if digits.0 > 0 {
            break;
        }
        let Some(world) = world else { continue };
        compared += 1;
        if let Some(text) = disagreement(&world) {
            panic!("{text}\nNumber {number}: {world:?}");
        }
    }
    println!("{compared} situations");
    compared
}

/// One agent, one connection and one grant.
#[test]
fn one_grant_in_every_way() {
    let compared = compare_all(|digits| Some(one_grant(digits)));
    assert_eq!(compared, if is_torture() { 2_903_040 } else { 322_560 });
}

fn one_grant(digits: &mut Digits) -> World {
    let (everything, read) = (AtMost::Everything, these(&["read"]));
    let all = Limits { scopes: everything.clone(), operations: everything.clone() };
    let reading = Limits { scopes: read, operations: these(&[]) };
    let posting = Limits { scopes: these(&[]), operations: these(&["post"]) };

    let people = [Subject::Asking(user(1)), Subject::Asking(user(2)), Subject::Nobody];
    let flows = [Subject::Scheduled(user(1)), Subject::Scheduled(user(2))];
    let running =
        |owner, digest| Some(Flow { id: flow("night"), owner: Some(user(owner)), digest: [digest; 32] });
    let request = ActingRequest {
        agent: Fact::Known(Some(agent(1))),
        subject: Fact::Known(digits.one(&[&people[..], &flows[..]].concat())),
        session: Fact::Known(digits.one(&[None, Some(session("s"))])),
        context: Fact::Known(digits.one(&[RunContext::Chat, RunContext::Pipeline])),
        flow: Fact::Known(digits.one(&[None, running(1, 1), running(1, 2), running(2, 1)])),
        may: Fact::Known(digits.one_of_first(1, &[all.clone(), reading.clone()])),
        manages: Fact::Known(BTreeSet::new()),
    };
    let connection = Candidate {
        id: id(1),
        provider: provider("instagram"),
        owner: digits.one(&["user:1", "site:0", "agent:1"].map(owner)),
        account: account("default"),
        scopes: scopes(&["read", "write"]),
        status: digits.one_of_first(1, &[Status::Active, Status::Expired]),
        intact: true,
    };
    let live = Grant {
        id: id(1),
        agent: agent(1),
        effect: digits.one(&[Effect::Permit, Effect::Forbid]),
        target: Target::Connection(id(1)),
        limits: digits.one_of_first(2, &[all, reading, posting]),
        contexts: digits.one(&[Contexts::All, Contexts::These(BTreeSet::from([RunContext::Chat]))]),
        run: digits.one(&[Run::Any, Run::Session(session("s")), Run::Flow(flow("night"), [1; 32])]),
        whom: digits.one(&[Whom::Owner, Whom::Users(BTreeSet::from([user(2)])), Whom::Anyone, Whom::Nobody]),
        not_before: None,
        expires_at: None,
        uses_left: None,
        revoked: false,
    };
    let grant = digits.one(&[
        live.clone(),
        Grant { revoked: true, ..live.clone() },
        Grant { not_before: Some(at(NOW)), ..live.clone() },
        Grant { not_before: Some(at(NOW + 1)), ..live.clone() },
        Grant { expires_at: Some(at(NOW)), ..live.clone() },
        Grant { expires_at: Some(at(NOW + 1)), ..live.clone() },
        Grant { uses_left: Some(0), ..live },
    ]);
    let powers = digits.one_of_first(
        2,
        &[
            Powers::default(),
            Powers { scopes: Scopes::default(), operations: scopes(&["post"]) },
            Powers { scopes: scopes(&["read"]), operations: Scopes::default() },
        ],
    );
    World {
        request,
        wanted: Wanted { powers, ..wanted() },
        connections: vec![connection],
        grants: vec![grant],
        rules: catalogue(),
        now: at(NOW),
    }
}

/// Two connections, at full size three: whose, which and in what state; and which of them is meant.
#[test]
fn several_connections_in_every_way() {
    let compared = compare_all(several_connections);
    assert_eq!(compared, if is_torture() { 3_240_000 } else { 81_000 });
}

fn several_connections(digits: &mut Digits) -> Option<World> {
    let everything = Limits { scopes: AtMost::Everything, operations: AtMost::Everything };
    let subject = digits.one(&[Subject::Asking(user(1)), Subject::Nobody]);
    let named = digits.one(&[None, Some(account("default"))]);
    let mut world = World {
        request: ActingRequest {
            agent: Fact::Known(Some(agent(1))),
            subject: Fact::Known(subject),
            session: Fact::Known(None),
            context: Fact::Known(RunContext::Chat),
            flow: Fact::Known(None),
            may: Fact::Known(everything.clone()),
            manages: Fact::Known(BTreeSet::new()),
        },
        wanted: Wanted { account: named, ..wanted() },
        connections: Vec::new(),
        grants: Vec::new(),
        rules: catalogue(),
        now: at(NOW),
    };
    for number in 1..=if is_torture() { 3 } else { 2 } {
        let connection = Candidate {
            id: id(number),
            provider: provider("instagram"),
            owner: digits.one(&["user:1", "user:2", "agent:1", "site:0", "site:1"].map(owner)),
            account: digits.one(&["work", "default"].map(account)),
            scopes: Scopes::default(),
            status: match number {
                1..=2 => digits.one(&[Status::Active, Status::Expired, Status::Pending]),
                _ => Status::Active,
            },
            intact: true,
        };
        let this = Target::Connection(connection.id);
        // Concerns another one of the same owner's as well.
        let any = Target::Any { owner: connection.owner.clone(), provider: connection.provider.clone() };
        let given = digits.one(&[
            None,
            Some((Effect::Permit, this.clone())),
            Some((Effect::Permit, any.clone())),
            Some((Effect::Forbid, this)),
            Some((Effect::Forbid, any)),
        ]);
        world.grants.extend(given.map(|(effect, target)| Grant {
            id: id(number),
            agent: agent(1),
            effect,
            target,
            limits: everything.clone(),
            contexts: Contexts::All,
            run: Run::Any,
            whom: Whom::Anyone,
            not_before: None,
            expires_at: None,
            uses_left: None,
            revoked: false,
        }));
        world.connections.push(connection);
    }
    // An owner has one account of a name.
    let names: BTreeSet<_> = world.connections.iter().map(|one| (&one.owner, &one.account)).collect();
    (names.len() == world.connections.len()).then_some(world)
}

fn wanted() -> Wanted {
    Wanted {
        provider: provider("instagram"),
        owner: None,
        account: None,
        connection: None,
        powers: Powers::default(),
    }
}
