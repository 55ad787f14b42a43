//! Every token that was ever issued, and what the authority decides about one. Knows nothing of HTTP.

use std::collections::{BTreeMap, HashMap};

use super::clock::Clock;
use super::family::{Counts, End, Family, Pair, Renewal, Terms, Tokens};
use super::faults::{Endpoint, Fault, Faults};

/// What kind of token it is. A leak of either is seen by tests that look for `canary`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Access,
    Refresh,
}

/// Whose token it is.
#[derive(Debug, Clone)]
struct Token {
    family: String,
    kind: Kind,
    /// Index into the family's.
    pair: usize,
}

/// Why no token is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is no token, it has ended, it was spent, it is of another kind.
    InvalidGrant,
    /// The client is not the family's.
    InvalidClient,
    /// The access token is younger than it has to be to renew itself.
    TooYoung,
}

/// What was renewed.
#[derive(Debug)]
pub struct Renewed {
    pub tokens: Tokens,
    /// The family, where a refresh token was spent.
    pub rotated: Option<String>,
}

#[derive(Debug, Default)]
pub struct Ledger {
    pub clock: Clock,
    pub families: BTreeMap<String, Family>,
    tokens: HashMap<String, Token>,
    /// Faults of whatever request comes next, whosever it is.
    pub faults: Faults,
    /// Requests at any door with what was never a token.
    pub unknown: u64,
}

impl Ledger {
    /// The first tokens of a family; of one that is there, those of a new consent, which ends the one before.
    pub fn issue(&mut self, name: &str, terms: Terms) -> Tokens {
        let now = self.clock.now();
        let family = self.families.entry(name.to_owned()).or_insert_with(|| Family::new(terms.clone()));
        family.renewable_until = terms.refresh_expires_in.map(|seconds| now + seconds);
        (family.terms, family.ended, family.refresh) = (terms, None, None);
        family.counts.issued += 1;
        self.give(name, false, true)
    }

    /// New tokens for an old one, and `keeps`: with the refresh token as it is.
    pub fn renew(
        &mut self,
        renewal: Asked,
        token: &str,
        client: Option<&(String, String)>,
        keeps: bool,
    ) -> Result<Renewed, Refusal> {
        let Some(Token { family: name, kind, pair }) = self.tokens.get(token).cloned() else {
            return Err(Refusal::InvalidGrant);
        };
        let now = self.clock.now();
        let family = self.families.get_mut(&name).unwrap();
        family.pairs[pair].seen = true;
        let terms = &family.terms;
        if !terms.admits(client) {
            family.counts.refused += 1;
            return Err(Refusal::InvalidClient);
        }
        let fits = match terms.renewal {
            Renewal::Itself => renewal == Asked::Itself && kind == Kind::Access,
            Renewal::Rotating | Renewal::Fixed => renewal == Asked::RefreshToken && kind == Kind::Refresh,
        };
        let newest = kind == Kind::Access || family.refresh.as_deref() == Some(token);
        if fits && !newest && family.pairs[pair].consent == family.counts.issued {
            family.counts.reuses += 1;
            family.end(End::Reuse);
            return Err(Refusal::InvalidGrant);
        }
        let over = family.renewable_until.is_some_and(|until| now >= until);
        let expired = kind == Kind::Access && now >= family.pairs[pair].expires_at;
        if !fits || !newest || over || expired || !family.holds(pair) {
            family.counts.refused += 1;
            return Err(Refusal::InvalidGrant);
        }
        if kind == Kind::Access && now < family.pairs[pair].issued_at + terms.min_age {
            family.counts.refused += 1;
            return Err(Refusal::TooYoung);
        }
        let rotates = terms.renewal == Renewal::Rotating && !keeps;
        family.counts.renewals += 1;
        family.counts.rotations += u64::from(rotates);
        let tokens = self.give(&name, rotates, rotates);
        Ok(Renewed { tokens, rotated: rotates.then_some(name) })
    }

    /// A pair of tokens: with a refresh token only where asked for, and where the family has any.
    fn give(&mut self, name: &str, rotated: bool, refresh: bool) -> Tokens {
        let now = self.clock.now();
        let family = self.families.get_mut(name).unwrap();
        let pair = family.pairs.len();
        let (consent, expires_in) = (family.counts.issued, family.terms.expires_in);
        let expires_at = now + expires_in;
        family.pairs.push(Pair { consent, issued_at: now, expires_at, rotated, seen: false });
        let mut made = |kind| {
            let token = format!("canary-{kind:?}-{name}-{pair}-{}", random()).to_lowercase();
            self.tokens.insert(token.clone(), Token { family: name.to_owned(), kind, pair });
            token
        };
        let access_token = made(Kind::Access);
        let refresh_token = (refresh && family.terms.renewal != Renewal::Itself).then(|| made(Kind::Refresh));
        if refresh_token.is_some() {
            family.refresh = refresh_token.clone();
        }
        let until = family.renewable_until.filter(|_| refresh_token.is_some());
        Tokens {
            access_token,
            token_type: "bearer".into(),
            expires_in,
            refresh_token,
            refresh_expires_in: until.map(|until| until - now),
            scope: family.terms.scope.clone(),
        }
    }

    /// Ends the token's family, as RFC 7009 lets it be for either kind. A token that nobody knows is revoked already.
    pub fn revoke(&mut self, token: &str, client: Option<&(String, String)>) -> Result<(), Refusal> {
        let Some(Token { family, pair, .. }) = self.tokens.get(token) else {
            return Ok(());
        };
        let family = self.families.get_mut(family).unwrap();
        family.pairs[*pair].seen = true;
        if !family.terms.admits(client) {
            return Err(Refusal::InvalidClient);
        }
        if family.holds(*pair) {
            family.end(End::Revocation);
        }
        Ok(())
    }

    /// The family of an access token that opens the resource now, and for how many seconds more. `used`: the client
    /// came with it.
    pub fn valid(&mut self, token: &str, used: bool) -> Option<(String, i64)> {
        let Token { family: name, kind, pair } = self.tokens.get(token)?;
        let now = self.clock.now();
        let family = self.families.get_mut(name).unwrap();
        family.pairs[*pair].seen |= used;
        let left = family.pairs[*pair].expires_at - now;
        (*kind == Kind::Access && left > 0 && family.holds(*pair)).then(|| (name.clone(), left))
    }

    /// A request has come: counts it, and says what goes wrong with it.
    pub fn arrived(&mut self, at: Endpoint, token: Option<&str>) -> Fault {
        let found = token.and_then(|token| self.tokens.get(token));
        let fault = match found.and_then(|token| self.families.get_mut(&token.family)) {
            Some(family) => {
                family.counts.requests += u64::from(at == Endpoint::Token);
                family.faults.take(at)
            }
            None => {
                self.unknown += 1;
                None
            }
        };
        let nothing = Fault::default();
        fault.or_else(|| self.faults.take(at)).unwrap_or(nothing)
    }

    /// A request for tokens had no effect.
    pub fn failed(&mut self, token: Option<&str>) {
        let found = token.and_then(|token| self.tokens.get(token));
        if let Some(family) = found.and_then(|token| self.families.get_mut(&token.family)) {
            family.counts.failed += 1;
        }
    }

    /// A rotation's answer got lost.
    pub fn dropped(&mut self, family: &str) {
        self.families.get_mut(family).unwrap().counts.dropped += 1;
    }

    pub fn clear_faults(&mut self) {
        self.faults.clear();
        self.families.values_mut().for_each(|family| family.faults.clear());
    }

    pub fn totals(&self) -> Counts {
        self.families.values().map(Family::counts).sum()
    }
}

/// What a client asks to be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// `grant_type=refresh_token`.
    RefreshToken,
    /// `ig_refresh_token`, `th_refresh_token`, `fb_exchange_token`.
    Itself,
}

fn random() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).unwrap();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
