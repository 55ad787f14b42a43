//! A token family: what was agreed at consent, and what has happened since.

use serde::{Deserialize, Serialize};

use super::faults::Faults;

/// How a family's tokens are renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Renewal {
    /// Each refresh token is good once (RFC 9700 4.14.2). One that comes again ends the family.
    #[default]
    Rotating,
    /// The refresh token stays, as Google has it.
    Fixed,
    /// There is no refresh token: the access token itself is renewed, while it lasts, and goes on to its own end, as
    /// Meta has it.
    Itself,
}

/// Who may renew.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    pub id: String,
    #[serde(default)]
    pub secret: String,
}

/// What is agreed at consent. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terms {
    pub renewal: Renewal,
    /// How long an access token lasts.
    pub expires_in: i64,
    /// How old an access token has to be before it renews itself.
    pub min_age: i64,
    /// How long anything can be renewed, counted from consent and never extended; none: for ever.
    pub refresh_expires_in: Option<i64>,
    /// None: anybody may renew.
    pub client: Option<Client>,
    /// Told in each answer.
    pub scope: Option<String>,
}

impl Default for Terms {
    fn default() -> Self {
        let renewal = Renewal::Rotating;
        Self { renewal, expires_in: 3600, min_age: 0, refresh_expires_in: None, client: None, scope: None }
    }
}

impl Terms {
    pub fn new(renewal: Renewal, expires_in: i64) -> Self {
        Self { renewal, expires_in, ..Self::default() }
    }

    /// Whether that client may renew and revoke.
    pub fn admits(&self, client: Option<&(String, String)>) -> bool {
        let Some(wanted) = &self.client else { return true };
        client.is_some_and(|(id, secret)| *id == wanted.id && *secret == wanted.secret)
    }
}

/// What the client gets: the members of RFC 6749 5.1.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Tokens {
    pub access_token: String,
    pub token_type: String,
    pub expires_in: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_expires_in: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// Why a family has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// A refresh token came a second time.
    Reuse,
    /// A client revoked it (RFC 7009).
    Revocation,
    /// The person took consent back at the provider.
    Withdrawal,
}

/// How often what happened, over all consents of a family. While no request is under way,
/// `requests = renewals + reuses + refused + failed`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Counts {
    /// Consents.
    pub issued: u64,
    /// Requests for new tokens, all.
    pub requests: u64,
    /// New tokens.
    pub renewals: u64,
    /// Those of them that spent a refresh token.
    pub rotations: u64,
    /// Spent refresh tokens that came again.
    pub reuses: u64,
    /// Other requests that were turned away.
    pub refused: u64,
    /// Requests that met a fault and had no effect.
    pub failed: u64,
    /// Ends, whatever the reason.
    pub revoked: u64,
    /// Rotations whose answer did not go out whole, or went to a client that had gone.
    pub dropped: u64,
    /// Rotations whose tokens nobody has come with so far. Once each account's stored tokens were used, these are the
    /// rotations that nobody committed, wherever their answer was lost.
    pub unseen: u64,
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |a, b| Self {
            issued: a.issued + b.issued,
            requests: a.requests + b.requests,
            renewals: a.renewals + b.renewals,
            rotations: a.rotations + b.rotations,
            reuses: a.reuses + b.reuses,
            refused: a.refused + b.refused,
            failed: a.failed + b.failed,
            revoked: a.revoked + b.revoked,
            dropped: a.dropped + b.dropped,
            unseen: a.unseen + b.unseen,
        })
    }
}

/// Tokens that were issued together.
#[derive(Debug)]
pub struct Pair {
    /// The consent that they come from.
    pub consent: u64,
    pub issued_at: i64,
    pub expires_at: i64,
    /// Whether a refresh token was spent for them.
    pub rotated: bool,
    /// Whether somebody has come with one of them.
    pub seen: bool,
}

/// One family, over all its consents.
#[derive(Debug)]
pub struct Family {
    pub terms: Terms,
    pub ended: Option<End>,
    /// The refresh token that was not spent.
    pub refresh: Option<String>,
    /// When nothing can be renewed any more.
    pub renewable_until: Option<i64>,
    pub pairs: Vec<Pair>,
    pub faults: Faults,
    pub counts: Counts,
}

impl Family {
    pub fn new(terms: Terms) -> Self {
        let (faults, counts) = (Faults::default(), Counts::default());
        Self { terms, ended: None, refresh: None, renewable_until: None, pairs: Vec::new(), faults, counts }
    }

    pub fn end(&mut self, reason: End) {
        if self.ended.is_none() {
            self.ended = Some(reason);
            self.counts.revoked += 1;
        }
    }

    /// Whether tokens of that pair belong to the consent that holds.
    pub fn holds(&self, pair: usize) -> bool {
        self.ended.is_none() && self.pairs[pair].consent == self.counts.issued
    }

    pub fn counts(&self) -> Counts {
        let unseen = self.pairs.iter().filter(|pair| pair.rotated && !pair.seen).count() as u64;
        Counts { unseen, ..self.counts }
    }
}
