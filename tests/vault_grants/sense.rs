//! A grant is refused at its creation just where no request could ever be decided by it.

use dm_connections::domain::{
    AtMost, Contexts, Digest, Effect, Fact, Flow, FlowId, Limits, Owner, Run, Scopes, SessionId, Subject,
    Whom,
};
use dm_connections::grants::Wanted;
use dm_connections::vault::{Code, NewGrant, Vault};

use crate::support::{Site, refused};
use crate::{any, asking, connect, operations, reason, scopes, wanted};

const DIGEST: Digest = [7; 32];

fn session() -> SessionId {
    "s-1".parse().unwrap()
}

fn flow() -> FlowId {
    "5".parse().unwrap()
}

/// Who is to be forbidden or permitted something, and asks in every way there is.
fn is_ever_decided_by(vault: &Vault, agent: &str, grant: &str, owner: &str, effect: Effect) -> bool {
    let person = |user: &str| user.parse().unwrap();
    let subjects = [
        Subject::Asking(person("user:1")),
        Subject::Asking(person("user:2")),
        Subject::Scheduled(person("user:1")),
        Subject::Nobody,
    ];
    let whole = |scopes: &[&str]| -> Wanted {
        let mut whole = wanted("instagram", &[]);
        whole.powers.scopes = Scopes::new(scopes.iter().copied()).unwrap();
        whole
    };
    let mut everything =
        [wanted("instagram", &["publish"]), whole(&["instagram_basic"]), whole(&["ads_management"])];
    everything.iter_mut().for_each(|wanted| wanted.owner = Some(owner.parse().unwrap()));
    let mut request = asking("user:1", agent);
    for subject in subjects {
        request.subject = Fact::Known(subject);
        for runs in [false, true] {
            let running = Flow { id: flow(), owner: Some(person("user:1")), digest: DIGEST };
            request.session = Fact::Known(runs.then(session));
            request.flow = Fact::Known(runs.then_some(running));
            for wanted in &everything {
                let answer = vault.check_grant(&request, wanted).unwrap();
                let expected = if effect == Effect::Permit { "allowed" } else { "forbidden" };
                if reason(&answer).0 == expected {
                    assert_eq!(answer.grant.as_deref(), Some(grant));
                    return true;
                }
            }
        }
    }
    false
}

#[test]
fn what_is_refused_could_never_work_and_what_is_not_could() {
    let site = Site::new("sense");
    let vault = site.open();
    let (mut taken, mut left) = (0, 0);
    let none = || AtMost::These(Scopes::default());
    for owner in ["user:1", "site:0", "agent:3"] {
        connect(&vault, "instagram", owner, "default");
        let personal = owner.parse::<Owner>().unwrap() == Owner::user(1).unwrap();
        for effect in [Effect::Permit, Effect::Forbid] {
            for whom in [
                None,
                Some(Whom::Owner),
                Some(Whom::Users(["user:2".parse().unwrap()].into())),
                Some(Whom::Users(Default::default())),
                Some(Whom::Anyone),
                Some(Whom::Nobody),
            ] {
                for run in [Run::Any, Run::Session(session()), Run::Flow(flow(), DIGEST)] {
                    for limits in [
                        operations(&["publish"]),
                        operations(&["fly"]),
                        scopes(&["instagram_basic"]),
                        scopes(&["ads_management"]),
                        Limits { scopes: AtMost::Everything, operations: none() },
                        Limits { scopes: none(), operations: none() },
                    ] {
                        for contexts in [Contexts::All, Contexts::These(Default::default())] {
                            let agent = format!("agent:{}", 100 + taken);
                            let grant = NewGrant {
                                effect,
                                whom: whom.clone(),
                                run: run.clone(),
                                limits: limits.clone(),
                                contexts,
                                ..any(owner, "instagram", &agent)
                            };
                            match vault.create_grant(&grant) {
                                Ok(given) => {
                                    taken += 1;
                                    assert!(
                                        is_ever_decided_by(&vault, &agent, &given.id, owner, effect),
                                        "{grant:?} never works"
                                    );
                                }
                                Err(error) => {
                                    left += 1;
                                    let error = refused::<()>(Err(error), Code::InvalidArgument);
                                    let argument = error.detail()["argument"].as_str().unwrap();
                                    let member = format!("{argument}: ");
                                    let both = "scopes and operations: ";
                                    assert!(
                                        error.message().starts_with(&member)
                                            || error.message().starts_with(both),
                                        "{error}"
                                    );
                                    let lacks = match argument {
                                        "for" => match &whom {
                                            None => !personal && effect == Effect::Permit,
                                            Some(Whom::Owner) => !personal,
                                            Some(Whom::Users(users)) => users.is_empty(),
                                            Some(_) => false,
                                        },
                                        "operations" => limits == operations(&["fly"]) || limits.is_nothing(),
                                        "scopes" => {
                                            limits.is_nothing()
                                                || effect == Effect::Permit
                                                    && limits == scopes(&["ads_management"])
                                        }
                                        "contexts" => grant.contexts != Contexts::All,
                                        _ => false,
                                    };
                                    assert!(lacks, "{grant:?} was refused: {error}");
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(taken > 100 && left > 100, "{taken} {left}");
}
