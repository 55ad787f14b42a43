//! Each reason, in a situation that shows it.

use std::collections::BTreeSet;

use dm_connections::domain::{AtMost, Contexts, Fact, Grant, Limits, Run, RunContext, Status, Subject};
use dm_connections::grants::Candidate;

use crate::model::REASONS;
use crate::story::*;
use crate::world::{NOW, account, at, flow, id, owner, scopes, session, these};

#[test]
fn each_by_a_sentence() {
    use anna_asks_the_agent_to_post as asks;
    use annas_night_flow_posts as runs;
    let chats_only = Contexts::These(BTreeSet::from([RunContext::Chat]));
    let pipelines_only = Contexts::These(BTreeSet::from([RunContext::Pipeline]));
    let post_only = only_to(&["post"]);
    let table = [
        (
            "nobody has connected Instagram",
            asks().with(permit()).but(|world| world.connections.clear()),
            "no_connection, connection: connect, owner",
        ),
        (
            "Anna has two accounts and none is the default",
            asks().with(permit()).with_account(|one| one.account = account("home")).and(at_work()),
            "ambiguous_account, connection: name_account, caller",
        ),
        (
            "the site cannot tell who asks",
            asks().with(permit()).but(|world| world.request.subject = Fact::Unknown),
            "unknown_fact, request: ask_as_owner, owner",
        ),
        (
            "WP-CLI runs by itself",
            asks().without_an_agent().for_subject(Subject::Nobody),
            "nobody_asks, request: ask_as_owner, owner",
        ),
        (
            "Bert wants Anna's account for himself",
            asks().without_an_agent().for_subject(Subject::Asking(bert())),
            "not_the_owner, request: ask_as_owner, owner",
        ),
        ("Anna forbids it", asks().with(permit()).with(forbid()), "forbidden, forbid: lift, owner"),
        ("Anna granted nothing", asks(), "no_grant, grant: grant, owner"),
        (
            "Anna took the grant back",
            asks().with(Grant { revoked: true, ..permit() }),
            "grant_revoked, grant.revoked: grant, owner",
        ),
        (
            "the grant begins in a minute",
            asks().with(Grant { not_before: Some(at(NOW + 60)), ..permit() }),
            "grant_not_yet, grant.not_before: wait, nobody",
        ),
        (
            "the grant ended this second",
            asks().with(Grant { expires_at: Some(at(NOW)), ..permit() }),
            "grant_expired, grant.expires_at: grant, owner",
        ),
        (
            "its uses are used up",
            asks().with(Grant { uses_left: Some(0), ..permit() }),
            "grant_exhausted, grant.uses: grant, owner",
        ),
        (
            "it is for pipelines, and Anna chats",
            asks().with(Grant { contexts: pipelines_only, ..permit() }),
            "context_not_allowed, grant.contexts: grant, owner",
        ),
        (
            "it is for another chat",
            asks().with(Grant { run: Run::Session(session("chat 2")), contexts: chats_only, ..permit() }),
            "session_mismatch, grant.session: grant, owner",
        ),
        (
            "it is for another flow",
            runs().with(Grant { run: Run::Flow(flow("day"), [1; 32]), ..permit() }),
            "flow_mismatch, grant.flow: grant, owner",
        ),
        (
            "somebody edited Anna's flow",
            runs().edited().with(permit_in_the_night_flow()),
            "flow_changed, grant.flow.digest: confirm_flow, flow_owner",
        ),
        (
            "Bert asks the agent to post to Anna's account",
            asks().with(permit()).for_subject(Subject::Asking(bert())),
            "acting_user_mismatch, grant.for: grant, owner",
        ),
        (
            "it is only for looking",
            asks().with(Grant { limits: only_to(&["look"]), ..permit() }),
            "scope_missing, grant.powers: widen, owner",
        ),
        (
            "who calls may only look",
            asks().with(permit()).but(|world| world.request.may = Fact::Known(only_to(&["look"]))),
            "caller_ceiling, caller: none, nobody",
        ),
        (
            "no agent may ever write",
            asks().with(permit()).but(|world| world.rules.ceiling = these(&["read"])),
            "provider_ceiling, catalogue: none, nobody",
        ),
        (
            "Instagram was not asked to let it write",
            asks()
                .with(Grant { limits: post_only, ..permit() })
                .with_account(|one| one.scopes = scopes(&["read"])),
            "scope_missing, provider: reconnect, owner",
        ),
        (
            "somebody edited the connection's row",
            asks().with(permit()).with_account(|one| one.intact = false),
            "integrity, connection.integrity: operator, operator",
        ),
        (
            "the key is not at hand",
            asks().with(permit()).with_account(|one| one.status = Status::KeyUnavailable),
            "key_unavailable, connection.status: operator, operator",
        ),
        (
            "Anna has to consent again",
            asks().with(permit()).with_account(|one| one.status = Status::NeedsReauth),
            "needs_reauth, connection.status: reconnect, owner",
        ),
        (
            "its access has run out",
            asks().with(permit()).with_account(|one| one.status = Status::Expired),
            "connection_expired, connection.status: reconnect, owner",
        ),
    ];
    let mut shown = BTreeSet::new();
    for (sentence, story, expected) in table {
        let refusal = story.refusal();
        let (remedy, who) = refusal.remedy();
        let (code, clause) = (refusal.reason.code(), refusal.reason.clause());
        assert_eq!(format!("{code}, {clause}: {}, {}", remedy.code(), who.code()), expected, "{sentence}");
        shown.insert((code, clause));
    }
    assert_eq!(shown.len(), REASONS.len(), "each reason by one of them");
}

/// Anna's other one.
fn at_work() -> Candidate {
    Candidate { id: id(2), account: account("work"), ..annas_instagram() }
}

#[test]
fn what_a_refusal_knows() {
    use anna_asks_the_agent_to_post as asks;
    let refusal = asks().with(Grant { not_before: Some(at(NOW + 60)), ..permit() }).refusal();
    assert_eq!(refusal.until, Some(at(NOW + 60)));
    assert_eq!((refusal.connection, refusal.grant), (Some(id(1)), Some(id(1))));

    let looking = Grant { limits: only_to(&["look"]), not_before: Some(at(NOW)), ..permit() };
    let refusal = asks().with(looking).to(&["look", "post"], &["read", "write"]).refusal();
    assert_eq!((refusal.missing.operations, refusal.missing.scopes), (scopes(&["post"]), scopes(&["write"])));
    assert_eq!(refusal.until, None);

    let refusal = asks().with(permit()).with_account(|one| one.scopes = scopes(&["read"])).refusal();
    assert_eq!((refusal.missing.operations, refusal.missing.scopes), (scopes(&[]), scopes(&["write"])));
    assert_eq!(refusal.grant, None);

    let of_site_1 = Candidate { id: id(8), owner: owner("site:1"), ..annas_instagram() };
    let refusal = asks()
        .without_an_agent()
        .for_subject(Subject::Asking(bert()))
        .but(|world| world.request.manages = Fact::Known(BTreeSet::from([owner("site:0"), owner("site:1")])))
        .and(of_site_1)
        .and(the_sites_instagram())
        .refusal();
    let expected = [(owner("site:0"), account("default")), (owner("site:1"), account("default"))];
    assert_eq!(refusal.accounts, expected);
    assert_eq!(refusal.connection, None);

    let refusal = asks()
        .with(permit())
        .with(Grant { id: id(4), limits: Limits { scopes: AtMost::Everything, ..only_to(&[]) }, ..forbid() })
        .with(Grant { id: id(3), ..forbid() })
        .refusal();
    assert_eq!((refusal.reason.code(), refusal.grant), ("forbidden", Some(id(3))));
}

#[test]
fn each_unknown_fact_by_its_name() {
    let story = || anna_asks_the_agent_to_post().with(permit());
    let fact = |story: Story| story.refusal().fact.unwrap();
    assert_eq!(fact(story().but(|world| world.request.agent = Fact::Unknown)), "agent");
    assert_eq!(fact(story().but(|world| world.request.subject = Fact::Unknown)), "subject");
    assert_eq!(fact(story().but(|world| world.request.session = Fact::Unknown)), "session");
    assert_eq!(fact(story().but(|world| world.request.context = Fact::Unknown)), "context");
    assert_eq!(fact(story().but(|world| world.request.flow = Fact::Unknown)), "flow");
    assert_eq!(fact(story().but(|world| world.request.may = Fact::Unknown)), "may");
    assert_eq!(fact(story().but(|world| world.request.manages = Fact::Unknown)), "manages");
}
