//! Situations: so small a world that everything in it meets everything else, thrown by seeded dice.

use std::collections::BTreeSet;

use dm_connections::domain::{
    AccountName, ActingRequest, AgentId, AtMost, Contexts, Effect, Fact, Flow, FlowId, Grant, Limits, Owner,
    Powers, Provider, RecordId, Run, RunContext, Scopes, SessionId, Status, Subject, Target, UnixTime,
    UserId, Whom,
};
use dm_connections::grants::{Candidate, Decision, Rules, Wanted, decide};

use crate::dice::Dice;

pub const NOW: i64 = 1_800_000_000;

/// All that a decision rests on.
#[derive(Debug, Clone)]
pub struct World {
    pub request: ActingRequest,
    pub wanted: Wanted,
    pub connections: Vec<Candidate>,
    pub grants: Vec<Grant>,
    pub rules: Rules,
    pub now: UnixTime,
}

impl World {
    pub fn decide(&self) -> Decision {
        decide(&self.request, &self.wanted, &self.connections, &self.grants, &self.rules, self.now)
    }
}

pub fn id(number: u8) -> RecordId {
    let mut bytes = [0; 16];
    bytes[15] = number;
    RecordId::from_bytes(bytes)
}

pub fn user(number: u64) -> UserId {
    UserId::new(number).unwrap()
}

pub fn agent(number: u64) -> AgentId {
    AgentId::new(number).unwrap()
}

pub fn owner(text: &str) -> Owner {
    text.parse().unwrap()
}

pub fn provider(text: &str) -> Provider {
    text.parse().unwrap()
}

pub fn account(text: &str) -> AccountName {
    text.parse().unwrap()
}

pub fn session(text: &str) -> SessionId {
    SessionId::new(text).unwrap()
}

pub fn flow(text: &str) -> FlowId {
    FlowId::new(text).unwrap()
}

pub fn scopes(list: &[&str]) -> Scopes {
    Scopes::new(list.iter().copied()).unwrap()
}

pub fn these(list: &[&str]) -> AtMost {
    AtMost::These(scopes(list))
}

pub fn at(seconds: i64) -> UnixTime {
    UnixTime::new(seconds).unwrap()
}

/// Whether all of it is to be tried.
pub fn is_torture() -> bool {
    std::env::var("DM_TORTURE").is_ok_and(|value| value == "1")
}

/// What the catalogue says here.
pub fn catalogue() -> Rules {
    let operations =
        [("ping", scopes(&[])), ("look", scopes(&["read"])), ("post", scopes(&["read", "write"]))];
    Rules {
        operations: operations.map(|(name, needs)| (name.to_owned(), needs)).into(),
        ceiling: AtMost::Everything,
    }
}

/// `delete` is not in the catalogue.
const OPERATIONS: [&str; 4] = ["look", "post", "ping", "delete"];
const SCOPES: [&str; 3] = ["read", "write", "admin"];
const OWNERS: [&str; 7] = ["user:1", "user:2", "agent:1", "agent:2", "site:0", "site:1", "org:a"];

/// A world by the dice.
pub fn world(dice: &mut Dice) -> World {
    // Half of the worlds are friendly, or hardly any request would come through to the later clauses.
    let spoil = if dice.below(2) == 0 { 4 } else { 16 };
    let mut connections: Vec<Candidate> = Vec::new();
    let owners: Vec<&str> = (0..2).map(|_| one(dice, &OWNERS)).collect();
    for number in 1..=1 + dice.below(3) {
        let of = one(dice, &owners);
        let connection = connection(dice, number as u8, of, spoil);
        let same = |other: &Candidate| {
            (&other.owner, &other.provider, &other.account)
                == (&connection.owner, &connection.provider, &connection.account)
        };
        if !connections.iter().any(same) {
            connections.push(connection);
        }
    }
    let grants =
        (0..dice.below(7)).map(|number| grant(dice, number as u8 + 1, &connections, spoil)).collect();
    let mut world = World {
        request: request(dice, spoil),
        wanted: wanted(dice, &connections, spoil),
        connections,
        grants,
        rules: rules(dice, spoil),
        now: at(NOW),
    };
    shuffle(dice, &mut world.grants);
    shuffle(dice, &mut world.connections);
    world
}

fn one<T: Clone>(dice: &mut Dice, of: &[T]) -> T {
    of[dice.below(of.len() as u64) as usize].clone()
}

/// Now and then: once in `spoil` times.
fn rarely(dice: &mut Dice, spoil: u64) -> bool {
    dice.below(spoil) == 0
}

fn shuffle<T>(dice: &mut Dice, list: &mut [T]) {
    for last in (1..list.len()).rev() {
        list.swap(last, dice.below(last as u64 + 1) as usize);
    }
}

fn some_of(dice: &mut Dice, of: &[&str]) -> Scopes {
    Scopes::new(of.iter().copied().filter(|_| dice.below(2) == 0)).unwrap()
}

fn at_most(dice: &mut Dice, of: &[&str], spoil: u64) -> AtMost {
    if dice.below(spoil) > 1 { AtMost::Everything } else { AtMost::These(some_of(dice, of)) }
}

fn limits(dice: &mut Dice, spoil: u64) -> Limits {
    Limits { scopes: at_most(dice, &SCOPES, spoil), operations: at_most(dice, &OPERATIONS, spoil) }
}

fn digest(dice: &mut Dice, spoil: u64) -> [u8; 32] {
    if rarely(dice, spoil) { [2; 32] } else { [1; 32] }
}

fn request(dice: &mut Dice, spoil: u64) -> ActingRequest {
    let fact = |dice: &mut Dice| !rarely(dice, 30 * spoil);
    fn known<T>(is: bool, value: T) -> Fact<T> {
        if is { Fact::Known(value) } else { Fact::Unknown }
    }
    let person = one(dice, &[user(1), user(2)]);
    let subject = match dice.below(8) {
        0..4 => Subject::Asking(person),
        4..7 => Subject::Scheduled(person),
        _ => Subject::Nobody,
    };
    let flow = Flow {
        id: one(dice, &[flow("night"), flow("day")]),
        owner: one(dice, &[Some(person), Some(person), Some(user(1)), Some(user(2)), None]),
        digest: digest(dice, spoil),
    };
    let flow = (dice.below(4) > 0).then_some(flow);
    let session = (dice.below(3) > 0).then_some(one(dice, &[session("s"), session("s"), session("t")]));
    let manages: BTreeSet<Owner> =
        OWNERS.iter().filter(|_| dice.below(4) == 0).map(|text| owner(text)).collect();
    ActingRequest {
        agent: known(fact(dice), one(dice, &[Some(1), Some(1), Some(1), Some(1), Some(2), None]).map(agent)),
        subject: known(fact(dice), subject),
        session: known(fact(dice), session),
        context: known(fact(dice), one(dice, &RunContext::ALL)),
        flow: known(fact(dice), flow),
        may: known(fact(dice), limits(dice, spoil)),
        manages: known(fact(dice), manages),
    }
}

fn wanted(dice: &mut Dice, connections: &[Candidate], spoil: u64) -> Wanted {
    let some = one(dice, connections);
    Wanted {
        provider: if rarely(dice, 20 * spoil) { provider("x") } else { some.provider.clone() },
        owner: rarely(dice, 3)
            .then(|| if rarely(dice, 2 * spoil) { owner("user:3") } else { some.owner.clone() }),
        account: rarely(dice, 5)
            .then(|| if rarely(dice, 2 * spoil) { account("none") } else { some.account.clone() }),
        connection: rarely(dice, 6).then(|| if rarely(dice, 2 * spoil) { id(9) } else { some.id }),
        powers: match dice.below(4) {
            0 => Powers::default(),
            1 => Powers { scopes: some_of(dice, &SCOPES), operations: Scopes::default() },
            2 => Powers { scopes: Scopes::default(), operations: some_of(dice, &OPERATIONS) },
            _ => Powers { scopes: some_of(dice, &SCOPES), operations: some_of(dice, &OPERATIONS) },
        },
    }
}

fn connection(dice: &mut Dice, number: u8, of: &str, spoil: u64) -> Candidate {
    Candidate {
        id: id(number),
        provider: provider(if rarely(dice, 8) { "reddit" } else { "instagram" }),
        owner: owner(of),
        account: account(one(dice, &["default", "default", "work", "home"])),
        scopes: match dice.below(spoil) {
            0..2 => some_of(dice, &SCOPES),
            2 => Scopes::default(),
            _ => scopes(&SCOPES),
        },
        status: if rarely(dice, spoil) { one(dice, &Status::ALL) } else { Status::Active },
        intact: !rarely(dice, 4 * spoil),
    }
}

fn grant(dice: &mut Dice, number: u8, connections: &[Candidate], spoil: u64) -> Grant {
    let some = one(dice, connections);
    let target = match dice.below(9) {
        0 => Target::Connection(id(1 + dice.below(3) as u8)),
        1 => Target::Any { owner: owner(one(dice, &OWNERS)), provider: provider("reddit") },
        2..4 => Target::Connection(some.id),
        _ => Target::Any { owner: some.owner, provider: some.provider },
    };
    let contexts = if dice.below(spoil) > 1 {
        Contexts::All
    } else {
        Contexts::These(RunContext::ALL.into_iter().filter(|_| dice.below(2) == 0).collect())
    };
    let run = match dice.below(6) {
        0..3 => Run::Any,
        3 => Run::Session(session("s")),
        _ => Run::Flow(one(dice, &[flow("night"), flow("day")]), digest(dice, spoil)),
    };
    let whom = match dice.below(8) {
        0..2 => Whom::Owner,
        2..4 => Whom::Users((1..=2).filter(|_| dice.below(2) == 0).map(user).collect()),
        4 => Whom::Nobody,
        _ => Whom::Anyone,
    };
    let effect = if rarely(dice, 4) { Effect::Forbid } else { Effect::Permit };
    // What forbids everything leaves nothing to look at.
    let few = if effect == Effect::Forbid { 3 } else { spoil };
    let moment = |dice: &mut Dice| at(NOW - 1 + dice.below(3) as i64);
    Grant {
        id: id(number),
        agent: agent(1 + dice.below(5) / 4),
        effect,
        target,
        limits: limits(dice, few),
        contexts,
        run,
        whom,
        not_before: rarely(dice, spoil).then(|| moment(dice)),
        expires_at: (dice.below(spoil) < 2)
            .then(|| if rarely(dice, 2) { at(NOW + 99) } else { moment(dice) }),
        uses_left: (dice.below(spoil) < 2).then(|| dice.below(3)),
        revoked: rarely(dice, spoil),
    }
}

fn rules(dice: &mut Dice, spoil: u64) -> Rules {
    let mut rules = catalogue();
    rules.operations.retain(|_, _| !rarely(dice, 10));
    rules.ceiling = at_most(dice, &SCOPES, 2 * spoil);
    rules
}
