//! Grants that nobody gives by hand: for what the old option had delegated, and for an agent's own account.
#![allow(missing_docs)]

mod back;
mod clearing;
mod importing;
mod own;
mod stored;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use dm_connections::domain::{
    ActingRequest, Fact, Limits, Owner, Powers, RecordId, RunContext, Scopes, Subject,
};
use dm_connections::grants::Wanted;
use dm_connections::vault::{
    Facts, Format, GrantInfo, GrantQuery, ImportOptions, Kind, Options, Origin, Report, Revocation, Vault,
    Which,
};
use support::process::{Role, hear, say};
use support::{address, document, salt};

pub const CONN: Kind = Kind::Connection;
pub const JSON: ImportOptions = ImportOptions::new(Format::Json);

pub fn import_json(vault: &Vault, option: &str) -> Report {
    vault.import(option.as_bytes(), &[salt()], JSON).unwrap()
}

/// Mailboxes of the site, of two persons and of an agent.
pub const BOXES: &str = r#""accounts": {"desk": {"imap_user": "desk"}},
    "principals": {"user:2": {"accounts": {"own": {"imap_user": "two"}, "other": {"imap_user": "too"}}},
                   "user:3": {"accounts": {"own": {"imap_user": "three"}}},
                   "agent:9": {"accounts": {"box": {"imap_user": "nine"}}}}"#;

/// An option with these mailboxes and delegations.
pub fn option(delegations: &str) -> String {
    format!(r#"{{"email_imap": {{{BOXES}, "delegations": {{{delegations}}}}}}}"#)
}

pub fn one(operations: &str) -> String {
    format!(r#"{{"operations": {operations}, "granted_at": "2026-11-21T16:55:21+00:00", "granted_by": 4}}"#)
}

pub fn reading(owner: &str, account: &str, agent: &str) -> String {
    format!(r#""{owner}": {{"{account}": {{"{agent}": {}}}}}"#, one(r#"["read"]"#))
}

/// What became of each delegation, by its name.
pub fn told(report: &Report) -> Vec<(String, &'static str)> {
    report.delegations.iter().map(|member| (member.name.clone(), member.code)).collect()
}

pub fn of(vault: &Vault, origin: Origin) -> Vec<GrantInfo> {
    let query = GrantQuery { origin: Some(origin), limit: Some(1000), ..GrantQuery::default() };
    let mut grants = vault.list_grants(&query).unwrap().items;
    // Of one transaction the ids have no order.
    let place = |grant: &GrantInfo| [grant.owner.clone(), grant.provider.clone(), grant.agent.clone()];
    grants.sort_by_key(place);
    grants
}

/// The agents and owners of the active grants of an origin.
pub fn active(vault: &Vault, origin: Origin) -> Vec<(String, String)> {
    let grants = of(vault, origin).into_iter().filter(|grant| grant.status == Some("active"));
    grants.map(|grant| (grant.agent, grant.owner)).collect()
}

pub fn revoke(vault: &Vault, id: &str) {
    let id: RecordId = id.parse().unwrap();
    vault.revoke_grants(&Revocation { which: Which::One(id), by: "user:1".into(), why: None }).unwrap();
}

pub fn connect(vault: &Vault, provider: &str, owner: &str, account: &str) -> String {
    let json = document(r#"{"imap_user":"new","access_token":"t"}"#);
    vault.save(CONN, &address(provider, owner, account), &json, &Facts::default()).unwrap().id
}

pub fn owner(name: &str) -> Owner {
    name.parse().unwrap()
}

/// What an agent is told that wants to use an owner's account, whoever asks.
pub fn decided(vault: &Vault, agent: &str, provider: &str, owner: &str, operations: &[&str]) -> String {
    let request = ActingRequest {
        agent: Fact::Known(Some(agent.parse().unwrap())),
        subject: Fact::Known(Subject::Asking("user:77".parse().unwrap())),
        session: Fact::Known(None),
        context: Fact::Known(RunContext::Chat),
        flow: Fact::Known(None),
        may: Fact::Known(Limits::NONE),
        manages: Fact::Known(BTreeSet::new()),
    };
    let wanted = Wanted {
        provider: provider.parse().unwrap(),
        owner: Some(owner.parse().unwrap()),
        account: None,
        connection: None,
        powers: Powers {
            scopes: Scopes::default(),
            operations: Scopes::new(operations.iter().copied()).unwrap(),
        },
    };
    let answer = vault.check_grant(&request, &wanted).unwrap();
    answer.refusal.map_or("allowed", |refusal| refusal.reason).to_owned()
}

/// With a catalogue that knows an operation of mailboxes that ours does not know.
pub fn open_knowing_how_to_fly(site: &support::Site) -> Vault {
    let catalogue = br#"{"providers": {"email_imap": {"name": "Mail", "auth": ["password"], "members": {},
        "use": ["imap_password"], "operations": {"fly": []}, "secrets": ["imap_password"]}}}"#;
    let mut options = site.options();
    options.catalogue = Some(catalogue.to_vec());
    Vault::open(&options, &[support::key(1)]).unwrap()
}

#[test]
fn role() {
    let Some(role) = Role::of_this_process() else { return };
    assert_eq!(role.name, "opener");
    say("ready");
    hear();
    let options = Options {
        patience: std::time::Duration::from_secs(60),
        ..Options::new(role.store.clone(), support::SITE)
    };
    let vault = Vault::open(&options, &[support::key(1)]).unwrap();
    say(format_args!(
        "{} {}",
        active(&vault, Origin::Delegation).len(),
        active(&vault, Origin::OwnAccount).len()
    ));
}
