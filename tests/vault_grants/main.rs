//! Grants as the vault keeps them and decides by them. What the decision itself is, `tests/grants` shows.
#![allow(missing_docs)]

mod acquiring;
mod admitting;
mod audited;
mod cascades;
mod explained;
mod giving;
mod json;
mod offered;
mod sense;
#[path = "../support/mod.rs"]
mod support;
mod tampered;
mod whole;

use dm_connections::domain::{Limits, Target};
use dm_connections::vault::{
    Facts, GrantInfo, GrantQuery, Kind, NewGrant, Revocation, Revoked, Vault, Which,
};
pub use support::acting::{any, asking, operations, reason, wanted};

pub const CONN: Kind = Kind::Connection;

/// The connection of `user:1` with this id.
pub fn named(id: &str, agent: &str) -> NewGrant {
    NewGrant { target: Target::Connection(id.parse().unwrap()), ..any("user:1", "instagram", agent) }
}

pub fn scopes(names: &[&str]) -> Limits {
    let Limits { scopes: operations, operations: scopes } = operations(names);
    Limits { scopes, operations }
}

pub fn connect(vault: &Vault, provider: &str, owner: &str, account: &str) -> String {
    let json = support::document(r#"{"access_token":"t"}"#);
    vault.save(CONN, &support::address(provider, owner, account), &json, &Facts::default()).unwrap().id
}

pub fn revoke(vault: &Vault, which: Which) -> Revoked {
    vault.revoke_grants(&Revocation { which, by: "user:1".into(), why: None }).unwrap()
}

pub fn all(vault: &Vault) -> Vec<GrantInfo> {
    vault.list_grants(&GrantQuery { limit: Some(1000), ..GrantQuery::default() }).unwrap().items
}
