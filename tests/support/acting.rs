//! Who asks for what, and grants that allow it.

use std::collections::BTreeSet;

use dm_connections::domain::{
    ActingRequest, AtMost, Contexts, Effect, Fact, Limits, Powers, Run, RunContext, Scopes, Subject, Target,
};
use dm_connections::grants::Wanted;
use dm_connections::vault::{Answer, NewGrant};

/// A person asks an agent in a chat, and nothing stands in the way.
pub fn asking(person: &str, agent: &str) -> ActingRequest {
    ActingRequest {
        agent: Fact::Known(Some(agent.parse().unwrap())),
        subject: Fact::Known(Subject::Asking(person.parse().unwrap())),
        session: Fact::Known(None),
        context: Fact::Known(RunContext::Chat),
        flow: Fact::Known(None),
        may: Fact::Known(Limits::NONE),
        manages: Fact::Known(BTreeSet::new()),
    }
}

pub fn wanted(provider: &str, operations: &[&str]) -> Wanted {
    Wanted {
        provider: provider.parse().unwrap(),
        owner: None,
        account: None,
        connection: None,
        powers: Powers {
            scopes: Scopes::default(),
            operations: Scopes::new(operations.iter().copied()).unwrap(),
        },
    }
}

/// Any of an owner's accounts, for everything.
pub fn any(owner: &str, provider: &str, agent: &str) -> NewGrant {
    NewGrant {
        agent: agent.parse().unwrap(),
        effect: Effect::Permit,
        target: Target::Any { owner: owner.parse().unwrap(), provider: provider.parse().unwrap() },
        limits: Limits::NONE,
        contexts: Contexts::All,
        run: Run::Any,
        whom: None,
        not_before: None,
        expires_at: None,
        uses: None,
        note: None,
        by: owner.to_owned(),
        why: None,
    }
}

pub fn operations(names: &[&str]) -> Limits {
    let none = AtMost::These(Scopes::default());
    Limits { scopes: none, operations: AtMost::These(Scopes::new(names.iter().copied()).unwrap()) }
}

/// The reason and the clause of a refusal; `allowed` for none.
pub fn reason(answer: &Answer) -> (&str, &str) {
    answer.refusal.as_ref().map_or(("allowed", ""), |refusal| (refusal.reason, refusal.clause))
}
