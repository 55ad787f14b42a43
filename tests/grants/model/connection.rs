//! The model's steps for one connection.

use dm_connections::domain::{
    AtMost, Contexts, Effect, Fact, Flow, Grant, Limits, Run, RunContext, Scopes, SessionId, Status, Subject,
    Target, UserId, Whom,
};
use dm_connections::grants::Candidate;

use super::{Permissions, Refused, Verdict, Words, is_service, refused, step};
use crate::world::World;

/// One connection in one world.
pub(super) struct Judge<'a> {
    pub world: &'a World,
    pub connection: &'a Candidate,
}

impl Judge<'_> {
    pub fn verdict(&self, permissions: &mut Permissions) -> Verdict {
        match self.judge(permissions) {
            Ok(verdict) => verdict,
            Err(refused) => Verdict::Refused(Refused { connection: Some(self.connection.id), ..refused }),
        }
    }

    fn judge(&self, permissions: &mut Permissions) -> Result<Verdict, Refused> {
        let request = &self.world.request;
        let unknown = |fact| Err(Refused { fact: Some(fact), ..refused("unknown_fact", "request") });
        let Fact::Known(agent) = &request.agent else { return unknown("agent") };
        let Fact::Known(subject) = &request.subject else { return unknown("subject") };
        let Fact::Known(session) = &request.session else { return unknown("session") };
        let Fact::Known(context) = &request.context else { return unknown("context") };
        let Fact::Known(flow) = &request.flow else { return unknown("flow") };
        let Fact::Known(may) = &request.may else { return unknown("may") };
        let Fact::Known(manages) = &request.manages else { return unknown("manages") };

        let mut grant = None;
        let mut against = Vec::new();
        if agent.is_none() {
            let Subject::Asking(user) = subject else { return Err(refused("nobody_asks", "request")) };
            let owns = self.is_of(*user);
            let managed =
                is_service(&self.connection.owner.to_string()) && manages.contains(&self.connection.owner);
            if !owns && !managed {
                return Err(refused("not_the_owner", "request"));
            }
        } else {
            let run = Running { subject: *subject, session, context: *context, flow };
            let mut mine = Vec::new();
            for grant in &self.world.grants {
                if Some(grant.agent) == *agent && self.is_target(&grant.target) {
                    mine.push(grant);
                }
            }
            mine.sort_by_key(|grant| grant.id);
            for grant in &mine {
                if grant.effect == Effect::Forbid && self.stands_against(grant, &run) {
                    against.push(*grant);
                }
            }
            for grant in &against {
                if self.forbids(&grant.limits) {
                    return Err(Refused { grant: Some(grant.id), ..refused("forbidden", "forbid") });
                }
            }
            mine.retain(|grant| grant.effect == Effect::Permit);
            grant = Some(self.permit(&mine, &run, permissions)?);
        }

        let by_grant = grant.map(|grant| grant.id);
        self.ceilings_and_state(may)?;
        let mut scopes = None;
        let given = words(&self.connection.scopes);
        if !given.is_empty() {
            let mut left = Words::new();
            for scope in given {
                let granted = match grant {
                    Some(grant) => self.covers_scope(&grant.limits, &scope),
                    None => true,
                };
                let forbidden = against.iter().any(|grant| self.forbids_scope(&grant.limits, &scope));
                if forbidden && !self.wanted_scopes().contains(&scope) {
                    continue;
                }
                if granted && self.covers_scope(may, &scope) && has(&self.world.rules.ceiling, &scope) {
                    left.insert(scope);
                }
            }
            scopes = Some(left);
        }
        let operations = words(&self.world.wanted.powers.operations);
        Ok(Verdict::Allowed { connection: self.connection.id, grant: by_grant, scopes, operations })
    }

    fn is_of(&self, user: UserId) -> bool {
        self.connection.owner.to_string() == format!("user:{}", user.number())
    }

    fn is_target(&self, target: &Target) -> bool {
        match target {
            Target::Connection(id) => *id == self.connection.id,
            Target::Any { owner, provider } => {
                *owner == self.connection.owner && *provider == self.connection.provider
            }
        }
    }

    /// Step 3, but for what is wanted.
    fn stands_against(&self, grant: &Grant, run: &Running) -> bool {
        let now = self.world.now;
        if grant.revoked {
            return false;
        }
        if grant.not_before.is_some_and(|from| now < from) || grant.expires_at.is_some_and(|end| now >= end) {
            return false;
        }
        if !within(&grant.contexts, run.context) {
            return false;
        }
        let same_run = match &grant.run {
            Run::Any => true,
            Run::Session(session) => run.session.as_ref() == Some(session),
            Run::Flow(flow, _) => run.flow.as_ref().is_some_and(|running| running.id == *flow),
        };
        if !same_run {
            return false;
        }
        // Whose flow it is and whether the grant names it makes no difference to who is meant.
        match (&grant.whom, run.subject) {
            (Whom::Anyone, _) => true,
            (Whom::Nobody, subject) => subject == Subject::Nobody,
            (Whom::Owner, Subject::Asking(user) | Subject::Scheduled(user)) => self.is_of(user),
            (Whom::Users(users), Subject::Asking(user) | Subject::Scheduled(user)) => users.contains(&user),
            (Whom::Owner | Whom::Users(_), Subject::Nobody) => false,
        }
    }

    fn forbids(&self, limits: &Limits) -> bool {
        let scopes = words(&self.world.wanted.powers.scopes);
        let operations = words(&self.world.wanted.powers.operations);
        if scopes.is_empty() && operations.is_empty() {
            return true;
        }
        scopes.iter().any(|scope| self.forbids_scope(limits, scope))
            || operations.iter().any(|operation| self.forbids_operation(limits, operation))
    }

    fn forbids_scope(&self, limits: &Limits, scope: &str) -> bool {
        if limits.scopes == AtMost::Everything || limits.operations == AtMost::Everything {
            return true;
        }
        if self.covers_scope(limits, scope) {
            return true;
        }
        let AtMost::These(operations) = &limits.operations else { return true };
        words(operations).iter().any(|operation| !self.is_known(operation))
    }

    fn forbids_operation(&self, limits: &Limits, operation: &str) -> bool {
        if limits.scopes == AtMost::Everything || has(&limits.operations, operation) {
            return true;
        }
        if !self.is_known(operation) && limits.scopes != AtMost::These(Scopes::default()) {
            return true;
        }
        for needed in self.needs(operation) {
            if has(&limits.scopes, &needed) {
                return true;
            }
        }
        false
    }

    /// Step 4.
    fn permit<'g>(
        &self,
        grants: &[&'g Grant],
        run: &Running,
        permissions: &mut Permissions,
    ) -> Result<&'g Grant, Refused> {
        let mut fitting: Vec<&Grant> = Vec::new();
        let mut nearest: Option<Refused> = None;
        for grant in grants {
            match self.clauses(grant, run) {
                Ok(()) => {
                    permissions.insert((grant.id, None));
                    fitting.push(grant);
                }
                Err(refused) => {
                    permissions.insert((grant.id, Some(refused.code)));
                    let refused = Refused { grant: Some(grant.id), ..refused };
                    let further = match &nearest {
                        None => true,
                        Some(other) => step(refused.code, refused.clause) > step(other.code, other.clause),
                    };
                    if further {
                        nearest = Some(refused);
                    }
                }
            }
        }
        // The lowest id is first already; each sort keeps the order of those that it holds to be equal.
        fitting
            .sort_by_key(|grant| std::cmp::Reverse(grant.expires_at.map_or(i64::MAX, |end| end.seconds())));
        fitting.sort_by_key(|grant| grant.uses_left.is_some());
        match fitting.first() {
            Some(grant) => Ok(grant),
            None => Err(nearest.unwrap_or_else(|| refused("no_grant", "grant"))),
        }
    }

    fn clauses(&self, grant: &Grant, run: &Running) -> Result<(), Refused> {
        let now = self.world.now;
        if grant.revoked {
            return Err(refused("grant_revoked", "grant.revoked"));
        }
        if let Some(from) = grant.not_before
            && now < from
        {
            let until = Some(from.seconds());
            return Err(Refused { until, ..refused("grant_not_yet", "grant.not_before") });
        }
        if let Some(end) = grant.expires_at
            && now >= end
        {
            return Err(refused("grant_expired", "grant.expires_at"));
        }
        if grant.uses_left == Some(0) {
            return Err(refused("grant_exhausted", "grant.uses"));
        }
        if !within(&grant.contexts, run.context) {
            return Err(refused("context_not_allowed", "grant.contexts"));
        }
        match (&grant.run, run.session, run.flow) {
            (Run::Any, _, _) => {}
            (Run::Session(named), Some(session), _) if named == session => {}
            (Run::Session(_), _, _) => return Err(refused("session_mismatch", "grant.session")),
            (Run::Flow(named, digest), _, Some(flow)) if *named == flow.id => {
                if *digest != flow.digest {
                    return Err(refused("flow_changed", "grant.flow.digest"));
                }
            }
            (Run::Flow(..), _, _) => return Err(refused("flow_mismatch", "grant.flow")),
        }
        let own_named_flow = |user: UserId| match (&grant.run, run.flow) {
            (Run::Flow(named, _), Some(flow)) => *named == flow.id && flow.owner == Some(user),
            _ => false,
        };
        let met = match (&grant.whom, run.subject) {
            (Whom::Anyone, _) => true,
            (Whom::Nobody, subject) => subject == Subject::Nobody,
            (Whom::Owner, Subject::Asking(user)) => self.is_of(user),
            (Whom::Owner, Subject::Scheduled(user)) => self.is_of(user) && own_named_flow(user),
            (Whom::Users(users), Subject::Asking(user)) => users.contains(&user),
            (Whom::Users(users), Subject::Scheduled(user)) => users.contains(&user) && own_named_flow(user),
            (Whom::Owner | Whom::Users(_), Subject::Nobody) => false,
        };
        if !met {
            return Err(refused("acting_user_mismatch", "grant.for"));
        }
        self.all_covered(&grant.limits, "scope_missing", "grant.powers")
    }

    /// Steps 5 to 8.
    fn ceilings_and_state(&self, may: &Limits) -> Result<(), Refused> {
        self.all_covered(may, "caller_ceiling", "caller")?;
        let scopes = self.wanted_scopes();
        let beyond: Words =
            scopes.iter().filter(|scope| !has(&self.world.rules.ceiling, scope)).cloned().collect();
        if !beyond.is_empty() {
            return Err(Refused { missing_scopes: beyond, ..refused("provider_ceiling", "catalogue") });
        }
        let given = words(&self.connection.scopes);
        if !given.is_empty() {
            let not_given: Words = scopes.difference(&given).cloned().collect();
            if !not_given.is_empty() {
                return Err(Refused { missing_scopes: not_given, ..refused("scope_missing", "provider") });
            }
        }
        if !self.connection.intact {
            return Err(refused("integrity", "connection.integrity"));
        }
        match self.connection.status {
            Status::Active => Ok(()),
            Status::KeyUnavailable => Err(refused("key_unavailable", "connection.status")),
            Status::NeedsReauth | Status::Revoked | Status::Error | Status::Pending => {
                Err(refused("needs_reauth", "connection.status"))
            }
            Status::Expired => Err(refused("connection_expired", "connection.status")),
        }
    }

    fn all_covered(&self, limits: &Limits, code: &'static str, clause: &'static str) -> Result<(), Refused> {
        let mut missing = refused(code, clause);
        for scope in words(&self.world.wanted.powers.scopes) {
            if !self.covers_scope(limits, &scope) {
                missing.missing_scopes.insert(scope);
            }
        }
        for operation in words(&self.world.wanted.powers.operations) {
            let needs = self.needs(&operation);
            let by_scopes = !needs.is_empty() && needs.iter().all(|scope| has(&limits.scopes, scope));
            if !has(&limits.operations, &operation) && !by_scopes {
                missing.missing_operations.insert(operation);
            }
        }
        let nothing = AtMost::These(Scopes::default());
        let may_nothing = limits.scopes == nothing && limits.operations == nothing;
        if missing.missing_scopes.is_empty() && missing.missing_operations.is_empty() && !may_nothing {
            return Ok(());
        }
        Err(missing)
    }

    fn covers_scope(&self, limits: &Limits, scope: &str) -> bool {
        if has(&limits.scopes, scope) {
            return true;
        }
        for operation in self.world.rules.operations.keys() {
            if has(&limits.operations, operation) && self.needs(operation).contains(scope) {
                return true;
            }
        }
        false
    }

    /// The wanted scopes, and those that the wanted operations need.
    fn wanted_scopes(&self) -> Words {
        let mut scopes = words(&self.world.wanted.powers.scopes);
        for operation in words(&self.world.wanted.powers.operations) {
            scopes.extend(self.needs(&operation));
        }
        scopes
    }

    fn is_known(&self, operation: &str) -> bool {
        self.world.rules.operations.contains_key(operation)
    }

    /// What the catalogue says that an operation needs; nothing where it does not know it.
    fn needs(&self, operation: &str) -> Words {
        match self.world.rules.operations.get(operation) {
            Some(scopes) => words(scopes),
            None => Words::new(),
        }
    }
}

/// What a grant's clauses are held against.
struct Running<'a> {
    subject: Subject,
    session: &'a Option<SessionId>,
    context: RunContext,
    flow: &'a Option<Flow>,
}

fn within(contexts: &Contexts, context: RunContext) -> bool {
    match contexts {
        Contexts::All => true,
        Contexts::These(these) => these.contains(&context),
    }
}

fn words(scopes: &Scopes) -> Words {
    scopes.iter().map(str::to_owned).collect()
}

fn has(at_most: &AtMost, word: &str) -> bool {
    match at_most {
        AtMost::Everything => true,
        AtMost::These(these) => words(these).contains(word),
    }
}
