//! How tokens are renewed and how long things last: the numbers of the catalogue on which [`super::policy`] rests.
//!
//! Where the catalogue has them from:
//!
//! - The margins are those of Data Machine's own classes, 7 days for what lives for weeks. Meta's `min_age`: the
//!   reference of Instagram's `refresh_access_token` ("at least 24 hours old"); for Facebook it is our caution.
//! - Ends. Spotify: "Refreshing tokens" (6 months from the consent, not extended). LinkedIn: "Programmatic refresh
//!   tokens" (a year from the consent; the access token does not outlive it). Facebook: "Authentication versus data
//!   access" (90 days since the person was last active, which nobody here can see: so from the consent). Google: "Refresh
//!   token expiration" (unused for six months). Tumblr: its staff in tumblr/docs#134 (42 days). Pinterest: continuous
//!   refresh tokens (60 days), the only kind since the legacy ones ended. Months are counted as 30 days: rather early.
//! - Codes. RFC 6749, section 5.2, and for Meta "Handling errors" of Graph API (190 and 102: get a new token; 1, 2, 4
//!   and 17: wait and retry). X answers a spent refresh token with `invalid_request`, Reddit an unknown one with a bare
//!   400 (praw#677): neither documents it.
//! - The minimum interval, the backoff and its end are our own choice.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A span of time in seconds.
pub type Seconds = u64;

/// No span of the catalogue is longer: a hundred years.
const LONGEST: Seconds = 3_155_760_000;

/// How tokens are renewed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The `grant_type`.
    pub grant: String,
    /// The member of the account that is handed in.
    pub spends: String,
    /// Whether the answer replaces what was handed in, which then no longer works.
    pub rotates: Option<bool>,
    /// How old the token has to be.
    pub min_age: Option<Seconds>,
    /// Whether it only works while the access token does.
    #[serde(default)]
    pub before_expiry: bool,
    /// How long before its expiry a token is renewed; 5 minutes where nothing is said.
    #[serde(default = "five_minutes")]
    pub margin: Seconds,
    /// How long after one renewal there is no other, whatever the token's expiry says; a minute where nothing is said.
    #[serde(default = "one_minute")]
    pub min_interval: Seconds,
    /// When to try again after a failure, and when not any more.
    #[serde(default)]
    pub backoff: Backoff,
    /// What its refusals mean where OAuth 2 (RFC 6749, section 5.2) does not say it, or says something else.
    #[serde(default)]
    pub answers: Answers,
    /// The scope that has to be consented to.
    pub scope: Option<String>,
    /// The parameters that the authorization request has to carry.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

fn five_minutes() -> Seconds {
    300
}

fn one_minute() -> Seconds {
    60
}

/// Exponential backoff: the wait after the nth failure in a row is at most `first` doubled n-1 times, and never above
/// `most`; how much of it, chance decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Backoff {
    /// The longest wait after the first failure.
    pub first: Seconds,
    /// The longest wait after any.
    pub most: Seconds,
    /// After so many failures in a row nothing is tried any more until a person asks for it.
    pub tries: u32,
}

impl Default for Backoff {
    /// From a minute to six hours, and about a week of it: an outage over a weekend costs nobody a consent.
    fn default() -> Self {
        Self { first: 60, most: 21_600, tries: 60 }
    }
}

/// What refusals mean. A code is the `error` of the answer; where that is an object, as in Graph API, its `code` in
/// digits.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answers {
    /// Codes that say that what was handed in is of no use any more.
    #[serde(rename = "final")]
    pub finals: Vec<String>,
    /// Codes that pass by themselves.
    pub transient: Vec<String>,
    /// Statuses that say the same as a final code, where the answer has no code that is known.
    pub final_statuses: Vec<u16>,
}

/// How long things last.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expiry {
    /// Whether the access lasts until somebody ends it.
    #[serde(default)]
    pub never: bool,
    /// The access token, from when it was issued.
    pub access_token: Option<Seconds>,
    /// The refresh token, from when it was issued.
    pub refresh_token: Option<Seconds>,
    /// The refresh token, from when it was last used.
    pub idle: Option<Seconds>,
    /// The consent, whatever is refreshed: then a person has to consent again.
    pub consent: Option<Seconds>,
}

impl Expiry {
    pub(super) fn check(&self) -> Result<(), String> {
        let spans = [
            ("access_token", self.access_token),
            ("refresh_token", self.refresh_token),
            ("idle", self.idle),
            ("consent", self.consent),
        ];
        for (name, span) in spans.into_iter().filter_map(|(name, span)| Some((name, span?))) {
            if self.never {
                return Err(format!("expiry.{name}: has to be left out where `never` is true"));
            }
            within(&format!("expiry.{name}"), span, 1)?;
        }
        Ok(())
    }
}

impl Refresh {
    /// What is known where nothing is: that a member is handed in.
    pub(super) fn spending(member: &str) -> Self {
        Self {
            grant: "refresh_token".to_owned(),
            spends: member.to_owned(),
            rotates: None,
            min_age: None,
            before_expiry: false,
            margin: five_minutes(),
            min_interval: one_minute(),
            backoff: Backoff::default(),
            answers: Answers::default(),
            scope: None,
            parameters: BTreeMap::new(),
        }
    }

    /// Each of these would renew a token at every use, never, or for ever.
    pub(super) fn check(&self, expiry: &Expiry, secrets: &[String]) -> Result<(), String> {
        if !secrets.contains(&self.spends) {
            return Err("refresh.spends: has to be one of the secrets".to_owned());
        }
        if expiry.never {
            return Err("refresh: has to be left out where expiry.never is true".to_owned());
        }
        within("refresh.min_age", self.min_age.unwrap_or(0), 0)?;
        within("refresh.margin", self.margin, u64::from(self.before_expiry))?;
        within("refresh.min_interval", self.min_interval, 0)?;
        let life = expiry.access_token.unwrap_or(Seconds::MAX);
        if self.margin >= life {
            return Err(
                "refresh.margin: has to be less than expiry.access_token, or no token would ever be \
                        fresh"
                    .to_owned(),
            );
        }
        if self.min_interval >= life {
            return Err(
                "refresh.min_interval: has to be less than expiry.access_token, or no token would be \
                        renewed in time"
                    .to_owned(),
            );
        }
        if self.before_expiry && self.min_age.is_some_and(|age| age >= life) {
            return Err(
                "refresh.min_age: has to be less than expiry.access_token, after which it is too late"
                    .to_owned(),
            );
        }
        self.backoff.check()?;
        self.answers.check()
    }
}

impl Backoff {
    fn check(&self) -> Result<(), String> {
        within("refresh.backoff.first", self.first, 1)?;
        within("refresh.backoff.most", self.most, self.first)?;
        if self.tries == 0 {
            return Err("refresh.backoff.tries: must be at least 1".to_owned());
        }
        Ok(())
    }
}

impl Answers {
    fn check(&self) -> Result<(), String> {
        if self.finals.iter().chain(&self.transient).any(String::is_empty) {
            return Err("refresh.answers: a code must not be empty".to_owned());
        }
        if let Some(code) = self.finals.iter().find(|code| self.transient.contains(code)) {
            return Err(format!("refresh.answers: {code} is both final and transient"));
        }
        // What passes by itself costs nobody a consent, whoever says so.
        if self.final_statuses.iter().any(|status| !(400..500).contains(status) || passes(*status)) {
            return Err(
                "refresh.answers.final_statuses: must be 400 to 499, without 408, 425 and 429".to_owned()
            );
        }
        Ok(())
    }
}

/// Whether an HTTP status says that it is not the request that is at fault (RFC 9110, sections 15.5.9 and 15.6; RFC
/// 8470, section 5.2; RFC 6585, section 4).
pub(super) fn passes(status: u16) -> bool {
    matches!(status, 408 | 425 | 429) || status >= 500
}

fn within(name: &str, span: Seconds, least: Seconds) -> Result<(), String> {
    if (least..=LONGEST).contains(&span) {
        Ok(())
    } else {
        Err(format!("{name}: must be {least} to {LONGEST} seconds"))
    }
}

#[cfg(test)]
mod tests;
