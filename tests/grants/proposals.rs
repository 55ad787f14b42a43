//! What is proposed lets the request through, and nothing but the request.

use std::collections::BTreeSet;

use dm_connections::domain::{
    AccountName, Contexts, Effect, Fact, Grant, Limits, Powers, Run, RunContext, Subject, Target, Whom,
};
use dm_connections::grants::{Candidate, Proposal, judge, propose};

use crate::dice::Dice;
use crate::story::{
    Story, anna, anna_asks_the_agent_to_post, annas_instagram, annas_night_flow_posts, any_of, bert, only_to,
    permit, the_sites_instagram,
};
use crate::world::{World, account, agent, flow, id, is_torture, scopes, world};

/// What is proposed, and the connection that the refusal is about.
fn proposed(world: &World) -> Option<(Proposal, &Candidate)> {
    let refusal = world.decide().verdict.err()?;
    let about = world.connections.iter().find(|candidate| Some(candidate.id) == refusal.connection)?;
    Some((propose(&world.request, &world.wanted, &refusal, about)?, about))
}

fn given(proposal: Proposal) -> Grant {
    let Proposal { agent, target, limits, contexts, run, whom } = proposal;
    let effect = Effect::Permit;
    let (not_before, expires_at, uses_left, revoked) = (None, None, None, false);
    Grant {
        id: id(200),
        agent,
        effect,
        target,
        limits,
        contexts,
        run,
        whom,
        not_before,
        expires_at,
        uses_left,
        revoked,
    }
}

/// The reason why a connection is refused.
fn reason(world: &World, about: &Candidate, grants: &[Grant]) -> Option<&'static str> {
    let judged = judge(&world.request, &world.wanted.powers, about, grants, &world.rules, world.now);
    judged.verdict.err().map(|refusal| refusal.reason.code())
}

fn other<T: PartialEq>(choices: impl IntoIterator<Item = T>, than: &T) -> T {
    choices.into_iter().find(|choice| choice != than).unwrap()
}

#[test]
fn what_is_proposed_lets_this_request_through_and_no_other() {
    let first = Dice::seed();
    let (mut helped, mut useless) = (0, 0);
    for number in 0..if is_torture() { 1_000_000 } else { 100_000 } {
        let seed = first.wrapping_add(number);
        let world = world(&mut Dice::new(seed));
        let Err(refusal) = world.decide().verdict else { continue };
        let remedy = refusal.remedy().0.code();
        let Some((proposal, about)) = proposed(&world) else {
            // A scheduled flow that is somebody else's: only a grant for anyone would do.
            let foreign = match (&world.request.subject, &world.request.flow) {
                (Fact::Known(Subject::Scheduled(person)), Fact::Known(flow)) => {
                    flow.as_ref().is_none_or(|flow| flow.owner != Some(*person))
                }
                _ => false,
            };
            let grants = ["grant", "widen", "confirm_flow"].contains(&remedy);
            assert!(!grants || foreign, "DM_SEED={seed}: {remedy} and no proposal, {world:?}");
            useless += 1;
            continue;
        };
        helped += 1;
        let grant = given(proposal);
        let all = [world.grants.as_slice(), std::slice::from_ref(&grant)].concat();
        let after = reason(&world, about, &all);
        // What is looked at after the grants may still refuse.
        let later = ["caller_ceiling", "integrity", "key_unavailable", "needs_reauth", "connection_expired"];
        let by_ceiling = after == Some("provider_ceiling") || after == Some("scope_missing");
        assert!(
            after.is_none_or(|reason| by_ceiling || later.contains(&reason)),
            "DM_SEED={seed}: {after:?} after {grant:?}, {world:?}"
        );
        if after == Some("scope_missing") {
            let judged = judge(&world.request, &world.wanted.powers, about, &all, &world.rules, world.now);
            assert_eq!(judged.verdict.unwrap_err().reason.clause(), "provider", "DM_SEED={seed}");
        }
        // By itself it lets nobody else in.
        let alone = std::slice::from_ref(&grant);
        let mut strangers = [world.clone(), world.clone(), world.clone(), world.clone()];
        strangers[0].request.agent = Fact::Known(Some(other([1, 2].map(agent), &grant.agent)));
        strangers[1].request.context = match &world.request.context {
            Fact::Known(context) => Fact::Known(other(RunContext::ALL, context)),
            Fact::Unknown => unreachable!(),
        };
        strangers[2].request.subject = Fact::Known(match &world.request.subject {
            Fact::Known(Subject::Asking(person)) => Subject::Asking(other([anna(), bert()], person)),
            Fact::Known(Subject::Scheduled(person)) => Subject::Scheduled(other([anna(), bert()], person)),
            _ => Subject::Asking(anna()),
        });
        strangers[3].wanted.powers = match world.wanted.powers.is_empty() {
            true => continue,
            false => Powers {
                operations: scopes(&["look", "post", "ping", "delete", "nobody"]),
                ..Powers::default()
            },
        };
        for (at, stranger) in strangers.iter().enumerate() {
            assert!(reason(stranger, about, alone).is_some(), "DM_SEED={seed}: {at} {grant:?} {world:?}");
        }
    }
    assert!(helped > 1000 && useless > 1000, "{helped} {useless}");
}

fn of(story: Story) -> Option<Proposal> {
    let mut world = None;
    drop(story.but(|inner| world = Some(inner.clone())));
    let world = world.unwrap();
    proposed(&world).map(|(proposal, _)| proposal)
}

#[test]
fn who_asks_in_a_chat_gets_what_was_wanted_for_themselves() {
    let proposal = Proposal {
        agent: agent(7),
        target: any_of("user:1".parse().unwrap()),
        limits: only_to(&["post"]),
        contexts: Contexts::These(BTreeSet::from([RunContext::Chat])),
        run: Run::Any,
        whom: Whom::Owner,
    };
    assert_eq!(of(anna_asks_the_agent_to_post()), Some(proposal.clone()));
    // A class says nothing of what it is about to do.
    let everything = Proposal { limits: Limits::NONE, ..proposal.clone() };
    assert_eq!(of(anna_asks_the_agent_to_post().to(&[], &[])), Some(everything));
    // Another person's, and the site's: for who asks, by name.
    let users = Proposal { whom: Whom::Users(BTreeSet::from([bert()])), ..proposal.clone() };
    assert_eq!(of(anna_asks_the_agent_to_post().for_subject(Subject::Asking(bert()))), Some(users));
    let site = Proposal {
        target: any_of("site:0".parse().unwrap()),
        whom: Whom::Users(BTreeSet::from([anna()])),
        ..proposal.clone()
    };
    let at_the_site =
        anna_asks_the_agent_to_post().but(|world| world.connections = vec![the_sites_instagram()]);
    assert_eq!(of(at_the_site), Some(site));
    // One that has a name of its own, by its id.
    let named = anna_asks_the_agent_to_post().with_account(|found| found.account = account("work"));
    assert_eq!(of(named), Some(Proposal { target: Target::Connection(annas_instagram().id), ..proposal }));
    assert_ne!(account("work"), AccountName::default());
}

#[test]
fn a_flow_gets_it_as_it_is_configured_now() {
    let night = of(annas_night_flow_posts().edited()).unwrap();
    assert_eq!((night.run, night.whom), (Run::Flow(flow("night"), [2; 32]), Whom::Owner));
    let without_a_person = of(annas_night_flow_posts().for_subject(Subject::Nobody)).unwrap();
    assert_eq!(
        (without_a_person.run, without_a_person.whom),
        (Run::Flow(flow("night"), [1; 32]), Whom::Nobody)
    );
    // Somebody asks while a flow runs: for that person, whatever runs.
    let asking = of(annas_night_flow_posts().for_subject(Subject::Asking(anna()))).unwrap();
    assert_eq!((asking.run, asking.whom), (Run::Any, Whom::Owner));
    // Anna's flow that says it runs for Bert, and one of nobody's.
    assert_eq!(of(annas_night_flow_posts().for_subject(Subject::Scheduled(bert()))), None);
    let ownerless = annas_night_flow_posts().but(|world| {
        if let Fact::Known(Some(flow)) = &mut world.request.flow {
            flow.owner = None;
        }
    });
    assert_eq!(of(ownerless), None);
    assert_eq!(of(annas_night_flow_posts().but(|world| world.request.flow = Fact::Known(None))), None);
}

#[test]
fn where_a_grant_is_not_what_is_missing_none_is_proposed() {
    assert_eq!(of(anna_asks_the_agent_to_post().with(permit())), None, "it is allowed");
    assert_eq!(of(anna_asks_the_agent_to_post().for_subject(Subject::Nobody).without_an_agent()), None);
    let unknown = anna_asks_the_agent_to_post().but(|world| world.request.context = Fact::Unknown);
    assert_eq!(of(unknown), None);
    let forbidden = Grant { effect: Effect::Forbid, whom: Whom::Anyone, ..permit() };
    assert_eq!(of(anna_asks_the_agent_to_post().with(forbidden)), None);
}
