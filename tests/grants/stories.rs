//! What the grants are for, and the ways round them that were tried.

use std::collections::BTreeSet;

use dm_connections::domain::{
    AtMost, Contexts, Fact, Grant, Limits, Run, RunContext, Status, Subject, Target, Whom,
};
use dm_connections::grants::Candidate;

use crate::story::*;
use crate::world::{account, agent, flow, id, owner, scopes, session, these, user};

use crate::story::{anna_asks_the_agent_to_post as asks, annas_night_flow_posts as runs};

#[test]
fn the_agent_posts_for_whom_it_may() {
    assert_eq!(asks().with(permit()).outcome(), Ok(id(1)));
    assert_eq!(asks().with(permit()).allowed().grant, Some(id(1)));
    assert_eq!(
        asks().with(permit()).for_subject(Subject::Asking(bert())).outcome(),
        Err("acting_user_mismatch")
    );
    let for_bert = Grant { whom: Whom::Users(BTreeSet::from([bert()])), ..permit() };
    assert_eq!(asks().with(for_bert.clone()).for_subject(Subject::Asking(bert())).outcome(), Ok(id(1)));
    assert_eq!(asks().with(for_bert.clone()).outcome(), Err("acting_user_mismatch"));
    let another = asks().with(permit()).but(|world| world.request.agent = Fact::Known(Some(agent(8))));
    assert_eq!(another.outcome(), Err("no_grant"));
}

#[test]
fn a_flow_posts_as_it_was_confirmed() {
    assert_eq!(runs().with(permit_in_the_night_flow()).outcome(), Ok(id(1)));
    assert_eq!(runs().with(permit_in_the_night_flow()).edited().outcome(), Err("flow_changed"));
    // A grant to Anna while she asks is none to whatever runs under her name.
    assert_eq!(runs().with(permit()).outcome(), Err("acting_user_mismatch"));
    let of_bert = |story: Story| {
        story.but(|world| {
            if let Fact::Known(Some(flow)) = &mut world.request.flow {
                flow.owner = Some(bert());
            }
        })
    };
    assert_eq!(of_bert(runs().with(permit_in_the_night_flow())).outcome(), Err("acting_user_mismatch"));
    let of_both = Grant { whom: Whom::Users(BTreeSet::from([anna(), bert()])), ..permit_in_the_night_flow() };
    let as_bert = of_bert(runs().with(of_both.clone())).for_subject(Subject::Scheduled(bert()));
    assert_eq!(as_bert.outcome(), Ok(id(1)));
    assert_eq!(of_bert(runs().with(of_both.clone())).outcome(), Err("acting_user_mismatch"));
    assert_eq!(runs().with(Grant { run: Run::Any, ..of_both }).outcome(), Err("acting_user_mismatch"));
}

#[test]
fn a_pipeline_without_a_person_uses_the_sites_account() {
    let nobody = runs().for_subject(Subject::Nobody).and(the_sites_instagram());
    let of_the_site = Grant {
        id: id(5),
        target: any_of(owner("site:0")),
        whom: Whom::Nobody,
        ..permit_in_the_night_flow()
    };
    assert_eq!(nobody.clone().with(permit_in_the_night_flow()).outcome(), Err("no_grant"));
    let both = nobody.with(permit_in_the_night_flow()).with(of_the_site.clone());
    assert_eq!(both.outcome(), Ok(id(9)));
    // What is for nobody is not for Anna.
    let anna_asks = asks().and(the_sites_instagram()).with(of_the_site);
    assert_eq!(anna_asks.outcome(), Err("no_grant"));
}

#[test]
fn without_an_agent_people_use_what_is_theirs() {
    assert_eq!(asks().without_an_agent().outcome(), Ok(id(1)));
    assert_eq!(asks().without_an_agent().allowed().grant, None);
    assert_eq!(runs().without_an_agent().outcome(), Err("nobody_asks"));
    let manages = |what: &'static str| {
        let story = asks().without_an_agent().but(|world| world.connections = vec![the_sites_instagram()]);
        story.but(|world| world.request.manages = Fact::Known(BTreeSet::from([owner(what)])))
    };
    assert_eq!(manages("site:0").outcome(), Ok(id(9)));
    assert_eq!(manages("site:1").outcome(), Err("not_the_owner"));
    // Nobody manages a person.
    let of_anna = manages("user:1").for_subject(Subject::Asking(bert()));
    assert_eq!(of_anna.with_account(|one| one.owner = owner("user:1")).outcome(), Err("not_the_owner"));
}

#[test]
fn an_agents_own_account_needs_a_grant() {
    let own = || asks().with_account(|one| one.owner = owner("agent:7"));
    assert_eq!(own().outcome(), Err("no_grant"));
    let to_itself = Grant { target: any_of(owner("agent:7")), whom: Whom::Anyone, ..permit() };
    assert_eq!(own().with(to_itself.clone()).outcome(), Ok(id(1)));
    // The person's own is meant before it, and it before the site's.
    let of_anna = Candidate { id: id(2), ..annas_instagram() };
    let every =
        |whose: &str, number| Grant { id: id(number), target: any_of(owner(whose)), ..to_itself.clone() };
    let all = own().and(the_sites_instagram()).with(every("agent:7", 1)).with(every("site:0", 2));
    assert_eq!(all.outcome(), Ok(id(1)));
    assert_eq!(all.and(of_anna).with(every("user:1", 3)).outcome(), Ok(id(2)));
}

#[test]
fn any_of_annas_goes_on_after_a_reconnect_and_this_one_does_not() {
    let reconnected = |story: Story| story.with_account(|one| one.id = id(3));
    assert_eq!(reconnected(asks().with(permit())).outcome(), Ok(id(3)));
    let this_one = Grant { target: Target::Connection(id(1)), ..permit() };
    assert_eq!(asks().with(this_one.clone()).outcome(), Ok(id(1)));
    assert_eq!(reconnected(asks().with(this_one)).outcome(), Err("no_grant"));
}

#[test]
fn which_account_is_meant_does_not_depend_on_its_state() {
    let work = Candidate { id: id(2), account: account("work"), ..annas_instagram() };
    let two = || asks().with(permit()).and(work.clone());
    assert_eq!(two().outcome(), Ok(id(1)));
    assert_eq!(two().but(|world| world.wanted.account = Some(account("work"))).outcome(), Ok(id(2)));
    let expired = two().with_account(|one| one.status = Status::Expired);
    assert_eq!(expired.outcome(), Err("connection_expired"));
    let homely = two().with_account(|one| (one.account, one.status) = (account("home"), Status::Expired));
    assert_eq!(homely.outcome(), Err("ambiguous_account"));
    for gone in [Status::Pending, Status::Revoked] {
        assert_eq!(two().with_account(|one| one.status = gone).outcome(), Ok(id(2)));
    }
    // Nor does Anna's post go to the site's account because her token ran out.
    let of_the_site = Grant { id: id(5), target: any_of(owner("site:0")), whom: Whom::Anyone, ..permit() };
    let site = asks().with(permit()).and(the_sites_instagram()).with(of_the_site);
    assert_eq!(site.clone().outcome(), Ok(id(1)));
    assert_eq!(site.with_account(|one| one.status = Status::Expired).outcome(), Err("connection_expired"));
}

#[test]
fn the_best_of_several_grants_is_used() {
    let limited = |number| Grant { id: id(number), uses_left: Some(3), ..permit() };
    let until = |number, seconds| Grant {
        id: id(number),
        expires_at: Some(crate::world::at(crate::world::NOW + seconds)),
        ..permit()
    };
    let used = |story: Story| story.allowed().grant.unwrap();
    assert_eq!(used(asks().with(limited(1)).with(until(2, 1))), id(2));
    assert_eq!(used(asks().with(until(1, 1)).with(until(2, 5)).with(until(3, 5))), id(2));
    assert_eq!(used(asks().with(until(1, 9)).with(Grant { id: id(4), ..permit() })), id(4));
    // One has to cover all of it: two halves are no whole.
    let only = |number, what: &str| Grant { id: id(number), limits: only_to(&[what]), ..permit() };
    let halves = asks().with(only(1, "look")).with(only(2, "post"));
    assert_eq!(halves.clone().to(&["look"], &[]).outcome(), Ok(id(1)));
    assert_eq!(halves.to(&["look", "post"], &[]).outcome(), Err("scope_missing"));
}

#[test]
fn the_scopes_that_it_comes_to() {
    let effective = |story: Story| story.allowed().scopes.unwrap().to_string();
    assert_eq!(effective(asks().with(permit())), "read write");
    let looking = asks().to(&["look"], &[]);
    let may = |operation: &str| Fact::Known(only_to(&[operation]));
    assert_eq!(effective(looking.clone().with(Grant { limits: only_to(&["look"]), ..permit() })), "read");
    let looker = looking.clone().with(permit()).but(|world| world.request.may = may("look"));
    assert_eq!(effective(looker), "read");
    let ceiling = looking.clone().with(permit()).but(|world| world.rules.ceiling = these(&["read"]));
    assert_eq!(effective(ceiling), "read");
    let silent = asks().with(permit()).with_account(|one| one.scopes = scopes(&[]));
    assert_eq!(silent.allowed().scopes, None);
    assert_eq!(silent.allowed().operations, scopes(&["post"]));
}

#[test]
fn a_prohibition_is_not_dodged() {
    let never = |limits: Limits| Grant { limits, ..forbid() };
    let of_scopes = |list: &[&str]| never(Limits { scopes: these(list), ..only_to(&[]) });
    let free = || asks().with(permit());

    // By asking for the operation whose scope is forbidden, for the scope whose operation is, or for nothing.
    assert_eq!(free().with(of_scopes(&["write"])).outcome(), Err("forbidden"));
    assert_eq!(free().with(never(only_to(&["post"]))).to(&[], &["write"]).outcome(), Err("forbidden"));
    assert_eq!(free().with(of_scopes(&["admin"])).to(&[], &[]).outcome(), Err("forbidden"));
    assert_eq!(free().with(of_scopes(&["admin"])).outcome(), Ok(id(1)));

    // By an operation that the catalogue does not know, or a scope of which it says nothing.
    assert_eq!(free().with(of_scopes(&["write"])).to(&["delete"], &[]).outcome(), Err("forbidden"));
    assert_eq!(free().with(never(only_to(&["delete"]))).to(&[], &["read"]).outcome(), Err("forbidden"));
    let every_scope = never(Limits { scopes: AtMost::Everything, ..only_to(&[]) });
    assert_eq!(free().with(every_scope).to(&["ping"], &[]).outcome(), Err("forbidden"));
    let every_operation = never(Limits { operations: AtMost::Everything, ..only_to(&[]) });
    assert_eq!(free().with(every_operation).to(&[], &["write"]).outcome(), Err("forbidden"));

    // By asking to read with a token that can also write.
    let reading = free().with(of_scopes(&["write"])).to(&["look"], &[]).allowed();
    assert_eq!(reading.scopes, Some(scopes(&["read"])));
    // An operation that is not forbidden keeps what it shares with one that is.
    let posting = free().with(never(only_to(&["delete"]))).but(|world| {
        world.rules.operations.insert("delete".to_owned(), scopes(&["write"]));
    });
    assert_eq!(posting.allowed().scopes, Some(scopes(&["read", "write"])));

    // By an edit of the flow, or by leaving the asking to it.
    let in_the_flow = Grant { run: Run::Flow(flow("night"), [1; 32]), ..forbid() };
    let permitted = || runs().with(Grant { run: Run::Flow(flow("night"), [2; 32]), ..permit() }).edited();
    assert_eq!(permitted().outcome(), Ok(id(1)));
    assert_eq!(permitted().with(in_the_flow).outcome(), Err("forbidden"));
    for whom in [Whom::Owner, Whom::Users(BTreeSet::from([anna()])), Whom::Anyone] {
        assert_eq!(permitted().with(Grant { whom, ..forbid() }).outcome(), Err("forbidden"));
    }
    // Its uses are not counted.
    assert_eq!(free().with(Grant { uses_left: Some(0), ..forbid() }).outcome(), Err("forbidden"));
}

#[test]
fn a_prohibition_ends_where_it_says() {
    let free = |forbidding: Grant| asks().with(permit()).with(forbidding).outcome();
    let other_chat = Run::Session(session("chat 2"));
    let this_chat = Run::Session(session("chat 1"));
    let pipelines = Contexts::These(BTreeSet::from([RunContext::Pipeline]));
    assert_eq!(free(Grant { run: this_chat, ..forbid() }), Err("forbidden"));
    for elsewhere in [
        Grant { run: other_chat, ..forbid() },
        Grant { run: Run::Flow(flow("night"), [1; 32]), ..forbid() },
        Grant { contexts: pipelines, ..forbid() },
        Grant { whom: Whom::Nobody, ..forbid() },
        Grant { whom: Whom::Users(BTreeSet::from([user(3)])), ..forbid() },
        Grant { agent: agent(8), ..forbid() },
        Grant { target: any_of(owner("site:0")), ..forbid() },
        Grant { revoked: true, ..forbid() },
    ] {
        assert_eq!(free(elsewhere.clone()), Ok(id(1)), "{elsewhere:?}");
    }
}

#[test]
fn a_grant_of_nothing_permits_nothing() {
    let nothing_wanted = || asks().to(&[], &[]);
    assert_eq!(nothing_wanted().with(Grant { limits: only_to(&["look"]), ..permit() }).outcome(), Ok(id(1)));
    let empty = Grant { limits: only_to(&[]), ..permit() };
    assert_eq!(nothing_wanted().with(empty).outcome(), Err("scope_missing"));
    let may_nothing = nothing_wanted().with(permit());
    let may_nothing = may_nothing.but(|world| world.request.may = Fact::Known(only_to(&[])));
    assert_eq!(may_nothing.outcome(), Err("caller_ceiling"));
}
