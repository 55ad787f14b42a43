//! Situations that read like sentences: each begins with one in which all is well, and says what is otherwise.

use std::collections::BTreeSet;

use dm_connections::domain::{
    ActingRequest, AtMost, Contexts, Effect, Fact, Flow, Grant, Limits, Owner, Powers, RecordId, Run,
    RunContext, Scopes, Status, Subject, Target, UserId, Whom,
};
use dm_connections::grants::{Allowed, Candidate, Refusal, Wanted};

use crate::world::{
    NOW, World, account, agent, at, catalogue, flow, id, owner, provider, scopes, session, user,
};

/// Anna's Instagram, which may be read and written.
pub fn annas_instagram() -> Candidate {
    Candidate {
        id: id(1),
        provider: provider("instagram"),
        owner: owner("user:1"),
        account: account("default"),
        scopes: scopes(&["read", "write"]),
        status: Status::Active,
        intact: true,
    }
}

/// The site's Instagram.
pub fn the_sites_instagram() -> Candidate {
    Candidate { id: id(9), owner: owner("site:0"), ..annas_instagram() }
}

pub fn anna() -> UserId {
    user(1)
}

pub fn bert() -> UserId {
    user(2)
}

/// Any of an owner's.
pub fn any_of(owner: Owner) -> Target {
    Target::Any { owner, provider: provider("instagram") }
}

pub fn everything() -> Limits {
    Limits { scopes: AtMost::Everything, operations: AtMost::Everything }
}

/// Only these operations.
pub fn only_to(operations: &[&str]) -> Limits {
    Limits { scopes: AtMost::These(Scopes::default()), operations: AtMost::These(scopes(operations)) }
}

/// The agent may do everything with any of Anna's accounts, while she asks.
pub fn permit() -> Grant {
    Grant {
        id: id(1),
        agent: agent(7),
        effect: Effect::Permit,
        target: any_of(owner("user:1")),
        limits: everything(),
        contexts: Contexts::All,
        run: Run::Any,
        whom: Whom::Owner,
        not_before: None,
        expires_at: None,
        uses_left: None,
        revoked: false,
    }
}

/// The agent may do nothing with any of Anna's accounts, whoever asks.
pub fn forbid() -> Grant {
    Grant { id: id(2), effect: Effect::Forbid, whom: Whom::Anyone, ..permit() }
}

/// The agent may do everything while the night flow runs as it was confirmed.
pub fn permit_in_the_night_flow() -> Grant {
    Grant { run: Run::Flow(flow("night"), [1; 32]), ..permit() }
}

/// A situation.
#[derive(Clone)]
pub struct Story(World);

/// Anna asks the agent in a chat to post to Instagram; she has an account, and no grant is given.
pub fn anna_asks_the_agent_to_post() -> Story {
    Story(World {
        request: ActingRequest {
            agent: Fact::Known(Some(agent(7))),
            subject: Fact::Known(Subject::Asking(anna())),
            session: Fact::Known(Some(session("chat 1"))),
            context: Fact::Known(RunContext::Chat),
            flow: Fact::Known(None),
            may: Fact::Known(everything()),
            manages: Fact::Known(BTreeSet::new()),
        },
        wanted: Wanted {
            provider: provider("instagram"),
            owner: None,
            account: None,
            connection: None,
            powers: Powers { scopes: Scopes::default(), operations: scopes(&["post"]) },
        },
        connections: vec![annas_instagram()],
        grants: Vec::new(),
        rules: catalogue(),
        now: at(NOW),
    })
}

/// Anna's night flow runs by itself and has the agent post.
pub fn annas_night_flow_posts() -> Story {
    anna_asks_the_agent_to_post().but(|world| {
        world.request.subject = Fact::Known(Subject::Scheduled(anna()));
        world.request.session = Fact::Known(None);
        world.request.context = Fact::Known(RunContext::Pipeline);
        let night = Flow { id: flow("night"), owner: Some(anna()), digest: [1; 32] };
        world.request.flow = Fact::Known(Some(night));
    })
}

impl Story {
    pub fn but(mut self, change: impl FnOnce(&mut World)) -> Self {
        change(&mut self.0);
        self
    }

    pub fn with(self, grant: Grant) -> Self {
        self.but(|world| world.grants.push(grant))
    }

    pub fn and(self, connection: Candidate) -> Self {
        self.but(|world| world.connections.push(connection))
    }

    pub fn with_account(self, change: impl FnOnce(&mut Candidate)) -> Self {
        self.but(|world| change(&mut world.connections[0]))
    }

    pub fn for_subject(self, subject: Subject) -> Self {
        self.but(|world| world.request.subject = Fact::Known(subject))
    }

    pub fn without_an_agent(self) -> Self {
        self.but(|world| world.request.agent = Fact::Known(None))
    }

    pub fn to(self, operations: &[&str], of_scopes: &[&str]) -> Self {
        let powers = Powers { scopes: scopes(of_scopes), operations: scopes(operations) };
        self.but(|world| world.wanted.powers = powers)
    }

    pub fn edited(self) -> Self {
        self.but(|world| {
            if let Fact::Known(Some(flow)) = &mut world.request.flow {
                flow.digest = [2; 32];
            }
        })
    }

    pub fn refusal(&self) -> Refusal {
        self.0.decide().verdict.expect_err("it is allowed")
    }

    pub fn allowed(&self) -> Allowed {
        self.0.decide().verdict.expect("it is refused")
    }

    /// The code of a refusal, or the connection that may be used.
    pub fn outcome(&self) -> Result<RecordId, &'static str> {
        let verdict = self.0.decide().verdict;
        verdict.map(|allowed| allowed.connection).map_err(|refusal| refusal.reason.code())
    }
}
