//! What a grant says beside what is looked up by: one column, as JSON.

use serde::{Deserialize, Serialize};

use crate::domain::{AtMost, Contexts, Grant, Limits, RecordId, Run, Target, UnixTime, Whom};
use crate::store::GrantRow;

/// What a grant came from that nobody gave by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A delegation of the old option.
    Delegation,
    /// The first account that an agent has of a provider itself.
    OwnAccount,
    /// What observing found, and somebody accepted.
    Observed,
}

impl Origin {
    /// As stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Delegation => "delegation",
            Origin::OwnAccount => "own_account",
            Origin::Observed => "observed",
        }
    }
}

/// The terms of a grant, and where it came from and went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Which scopes.
    pub scopes: AtMost,
    /// Which operations.
    pub operations: AtMost,
    /// Where.
    pub contexts: Contexts,
    /// In which conversation or flow.
    pub run: Run,
    /// For whom.
    #[serde(rename = "for")]
    pub whom: Whom,
    /// For people.
    pub note: Option<String>,
    /// Who gave it: what the site says.
    pub granted_by: String,
    /// Why.
    pub granted_why: Option<String>,
    /// When, Unix seconds.
    pub granted_at: i64,
    /// Who took it back.
    pub revoked_by: Option<String>,
    /// Why.
    pub revoked_why: Option<String>,
    /// When, Unix seconds.
    pub revoked_at: Option<i64>,
}

impl Terms {
    /// For the column.
    pub(super) fn column(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What a row says; none where it says nothing that makes sense. Its MAC is checked elsewhere.
pub(super) fn read(row: &GrantRow) -> Option<(Grant, Terms)> {
    let terms: Terms = serde_json::from_str(&row.terms).ok()?;
    let time = |seconds: Option<i64>| seconds.map(UnixTime::new).transpose().ok();
    let target = match row.connection {
        Some(id) => Target::Connection(id),
        None => Target::Any { owner: row.owner.parse().ok()?, provider: row.provider.parse().ok()? },
    };
    let grant = Grant {
        id: row.id,
        agent: row.agent.parse().ok()?,
        effect: match row.effect.as_str() {
            "permit" => crate::domain::Effect::Permit,
            "forbid" => crate::domain::Effect::Forbid,
            _ => return None,
        },
        target,
        limits: Limits { scopes: terms.scopes.clone(), operations: terms.operations.clone() },
        contexts: terms.contexts.clone(),
        run: terms.run.clone(),
        whom: terms.whom.clone(),
        not_before: time(row.not_before)?,
        expires_at: time(row.expires_at)?,
        uses_left: row.uses_left.map(u64::try_from).transpose().ok()?,
        revoked: row.state != super::ACTIVE,
    };
    Some((grant, terms))
}

/// A row with a grant's terms, not signed yet.
pub(super) fn row(
    grant: &Grant,
    names: [String; 2],
    connection: Option<RecordId>,
    terms: &Terms,
) -> GrantRow {
    let [owner, provider] = names;
    GrantRow {
        id: grant.id,
        agent: grant.agent.to_string(),
        owner,
        provider,
        connection,
        effect: grant.effect.as_str().to_owned(),
        state: super::ACTIVE.to_owned(),
        not_before: grant.not_before.map(UnixTime::seconds),
        expires_at: grant.expires_at.map(UnixTime::seconds),
        uses_left: grant.uses_left.and_then(|uses| i64::try_from(uses).ok()),
        terms: terms.column(),
        origin: String::new(),
        revision: 1,
        mac: Vec::new(),
    }
}
