//! The decision once more, after `docs/grants.md` and not after `src/grants/`: slow, plain, and by nobody's help. It takes
//! the plain types and none of their rules.

mod connection;

use std::collections::BTreeSet;

use dm_connections::domain::{Fact, RecordId, Status, Subject};
use dm_connections::grants::Candidate;

use crate::world::World;
use connection::Judge;

/// Every reason with its clause, remedy and who can do it, in the order in which they are looked at.
pub const REASONS: [(&str, &str, &str, &str); 24] = [
    ("no_connection", "connection", "connect", "owner"),
    ("ambiguous_account", "connection", "name_account", "caller"),
    ("unknown_fact", "request", "ask_as_owner", "owner"),
    ("nobody_asks", "request", "ask_as_owner", "owner"),
    ("not_the_owner", "request", "ask_as_owner", "owner"),
    ("forbidden", "forbid", "lift", "owner"),
    ("no_grant", "grant", "grant", "owner"),
    ("grant_revoked", "grant.revoked", "grant", "owner"),
    ("grant_not_yet", "grant.not_before", "wait", "nobody"),
    ("grant_expired", "grant.expires_at", "grant", "owner"),
    ("grant_exhausted", "grant.uses", "grant", "owner"),
    ("context_not_allowed", "grant.contexts", "grant", "owner"),
    ("session_mismatch", "grant.session", "grant", "owner"),
    ("flow_mismatch", "grant.flow", "grant", "owner"),
    ("flow_changed", "grant.flow.digest", "confirm_flow", "flow_owner"),
    ("acting_user_mismatch", "grant.for", "grant", "owner"),
    ("scope_missing", "grant.powers", "widen", "owner"),
    ("caller_ceiling", "caller", "none", "nobody"),
    ("provider_ceiling", "catalogue", "none", "nobody"),
    ("scope_missing", "provider", "reconnect", "owner"),
    ("integrity", "connection.integrity", "operator", "operator"),
    ("key_unavailable", "connection.status", "operator", "operator"),
    ("needs_reauth", "connection.status", "reconnect", "owner"),
    ("connection_expired", "connection.status", "reconnect", "owner"),
];

type Words = BTreeSet<String>;
type Permissions = BTreeSet<(RecordId, Option<&'static str>)>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Allowed { connection: RecordId, grant: Option<RecordId>, scopes: Option<Words>, operations: Words },
    Refused(Refused),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refused {
    pub code: &'static str,
    pub clause: &'static str,
    pub connection: Option<RecordId>,
    pub grant: Option<RecordId>,
    pub fact: Option<&'static str>,
    pub missing_scopes: Words,
    pub missing_operations: Words,
    pub accounts: BTreeSet<String>,
    pub until: Option<i64>,
    pub remedy: &'static str,
    pub who: &'static str,
}

/// What the request comes to.
pub struct Answer {
    pub verdict: Verdict,
    pub considered: Vec<Considered>,
}

/// One connection, what became of it, and of each permission: the reason that it does not fit, or none.
#[derive(Debug, PartialEq, Eq)]
pub struct Considered {
    pub connection: RecordId,
    pub verdict: Verdict,
    pub permissions: Permissions,
}

pub fn answer(world: &World) -> Answer {
    let mut looked_at = Vec::new();
    let mut considered = Vec::new();
    for connection in &world.connections {
        let wanted = &world.wanted;
        if connection.provider != wanted.provider {
            continue;
        }
        if wanted.owner.is_some() && wanted.owner.as_ref() != Some(&connection.owner) {
            continue;
        }
        if wanted.account.is_some() && wanted.account.as_ref() != Some(&connection.account) {
            continue;
        }
        if wanted.connection.is_some() && wanted.connection != Some(connection.id) {
            continue;
        }
        let mut permissions = BTreeSet::new();
        let verdict = Judge { world, connection }.verdict(&mut permissions);
        looked_at.push((connection, verdict.clone()));
        considered.push(Considered { connection: connection.id, verdict, permissions });
    }
    Answer { verdict: choose(world, &looked_at), considered }
}

fn choose(world: &World, looked_at: &[(&Candidate, Verdict)]) -> Verdict {
    if looked_at.is_empty() {
        return Verdict::Refused(refused("no_connection", "connection"));
    }
    for rank in 1..=4 {
        let mut meant = Vec::new();
        for (connection, verdict) in looked_at {
            if owner_rank(world, connection) == rank && is_permitted(connection, verdict) {
                meant.push((*connection, verdict));
            }
        }
        if meant.is_empty() {
            continue;
        }
        if meant.len() == 1 {
            return meant[0].1.clone();
        }
        let one_owner = meant.iter().all(|(connection, _)| connection.owner == meant[0].0.owner);
        if one_owner {
            for (connection, verdict) in &meant {
                if connection.account.as_str() == "default" {
                    return (*verdict).clone();
                }
            }
        }
        let mut accounts = BTreeSet::new();
        for (connection, _) in meant {
            accounts.insert(format!("{} {}", connection.owner, connection.account));
        }
        return Verdict::Refused(Refused { accounts, ..refused("ambiguous_account", "connection") });
    }
    let mut best: Option<(&Candidate, &Refused)> = None;
    for (connection, verdict) in looked_at {
        let Verdict::Refused(refused) = verdict else { panic!("an allowed one was not chosen") };
        let better = match best {
            None => true,
            Some((other, its)) => {
                let place = |connection: &Candidate, refused: &Refused| {
                    let named_default = connection.account.as_str() == "default";
                    // Smaller is better.
                    (
                        owner_rank(world, connection),
                        REASONS.len() - step(refused.code, refused.clause),
                        !named_default,
                        connection.id,
                    )
                };
                place(connection, refused) < place(other, its)
            }
        };
        if better {
            best = Some((connection, refused));
        }
    }
    Verdict::Refused(best.unwrap().1.clone())
}

fn is_permitted(connection: &Candidate, verdict: &Verdict) -> bool {
    let Verdict::Refused(refused) = verdict else { return true };
    let by_state = refused.clause == "connection.integrity" || refused.clause == "connection.status";
    by_state && connection.status != Status::Pending && connection.status != Status::Revoked
}

fn owner_rank(world: &World, connection: &Candidate) -> u32 {
    let owner = connection.owner.to_string();
    if let Fact::Known(Subject::Asking(user) | Subject::Scheduled(user)) = &world.request.subject
        && owner == format!("user:{}", user.number())
    {
        return 1;
    }
    if let Fact::Known(Some(agent)) = &world.request.agent
        && owner == format!("agent:{}", agent.number())
    {
        return 2;
    }
    if is_service(&owner) { 3 } else { 4 }
}

fn is_service(owner: &str) -> bool {
    owner.starts_with("site:") || owner.starts_with("org:")
}

fn step(code: &str, clause: &str) -> usize {
    REASONS.iter().position(|reason| reason.0 == code && reason.1 == clause).unwrap()
}

fn refused(code: &'static str, clause: &'static str) -> Refused {
    let (_, _, remedy, who) = REASONS[step(code, clause)];
    Refused { code, clause, remedy, who, ..Refused::default() }
}
