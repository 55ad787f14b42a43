//! What follows from the catalogue for an account's tokens: whether they are fresh, when to renew them, what a
//! provider's refusal means, when to try again, and by when a person has to consent again.
//!
//! Pure: the clock and the chance are handed in. Times are Unix seconds as a row has them; any value is taken, and
//! none overflows. A renewal that lies in the future says nothing: the clock has jumped.

use super::refresh::{Backoff, passes};
use super::{Entry, Refresh, Seconds};

/// A provider that asks to be left alone for longer is asked again after a day.
const LONGEST_RETRY_AFTER: Seconds = 86_400;

/// What is known of an account's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tokens {
    /// When a person consented; when it was connected, where nothing better is known.
    pub consented_at: i64,
    /// When the access token was last renewed.
    pub refreshed_at: Option<i64>,
    /// When the access token ends.
    pub expires_at: Option<i64>,
    /// When what renews it ends, by the provider's own answer.
    pub refresh_expires_at: Option<i64>,
    /// Whether the account has what a renewal spends.
    pub renewable: bool,
    /// Instead of the catalogue's margin: a provider's class may have one of its own.
    pub margin: Option<Seconds>,
}

/// A piece of chance: any number is as likely as any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jitter(u32);

impl Jitter {
    /// From four random bytes.
    pub fn new(random: u32) -> Self {
        Self(random)
    }

    /// From what was made of random bytes and is in hexadecimal, so that whoever knows it comes to the same.
    pub fn of_hex(digits: &str) -> Self {
        Self(digits.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or_default())
    }

    /// Evenly from 0 up to `span`, both included.
    fn of(self, span: i64) -> i64 {
        let scaled = ((i128::from(span.max(0)) + 1) * i128::from(self.0)) >> 32;
        i64::try_from(scaled).unwrap_or(i64::MAX)
    }
}

/// When to renew a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextRefresh {
    /// Now.
    Due,
    /// Not before then: it is fresh, or was so a moment ago.
    At(i64),
    /// It is due, and too young until then: the provider would refuse, or it was only just renewed. It can be used as
    /// long as it lasts.
    TooYoung(i64),
    /// Not at all.
    Never(Never),
}

/// Why a token is not renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Never {
    /// The provider renews nothing.
    NotSupported,
    /// The account has nothing that could be handed in.
    NothingToSpend,
    /// Nobody knows when the token ends; only a caller can ask for a new one.
    NoExpiry,
    /// By the provider's own answer what would be handed in has ended.
    RefreshExpired,
    /// The provider renews only what has not ended yet: this has, or will have before it is old enough.
    TooLate,
}

/// Whether to try again after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Not before then.
    At(i64),
    /// Not until a person asks for it.
    GiveUp,
}

/// What a provider's refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// What was handed in may still be good.
    Transient(Cause),
    /// A person has to consent again: if what was handed in is still what is stored.
    Final(Cause),
}

/// Why a refresh failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// What was handed in was refused.
    RefreshRefused,
    /// The provider wants to see the person.
    ConsentRequired,
    /// The app was refused, with whatever account: its registration or secret has to be mended.
    AppRefused,
    /// The request was refused.
    RequestRefused,
    /// Too many requests.
    RateLimited,
    /// There was no answer, or none that could be read.
    Unavailable,
}

impl Never {
    /// As shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotSupported => "not_supported",
            Self::NothingToSpend => "nothing_to_spend",
            Self::NoExpiry => "no_expiry",
            Self::RefreshExpired => "refresh_expired",
            Self::TooLate => "too_late",
        }
    }
}

impl Cause {
    /// As stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RefreshRefused => "refresh_refused",
            Self::ConsentRequired => "consent_required",
            Self::AppRefused => "app_refused",
            Self::RequestRefused => "request_refused",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
        }
    }
}

impl Entry {
    /// Whether the access token can be used without being renewed: it does not end within the margin.
    pub fn is_fresh(&self, tokens: &Tokens, now: i64) -> bool {
        tokens.expires_at.is_none_or(|expires_at| now < self.renew_from(tokens, expires_at, now).0)
    }

    /// When to renew it. The jitter only ever delays, by up to a tenth of the margin, so that what is due is never
    /// fresh and accounts that were connected together are not all renewed in one second.
    pub fn next_refresh(&self, tokens: &Tokens, now: i64, jitter: Jitter) -> NextRefresh {
        let allowed = match self.at_once(tokens, now) {
            NextRefresh::TooYoung(at) => at,
            NextRefresh::Never(why) => return NextRefresh::Never(why),
            _ => now,
        };
        let Some(expires_at) = tokens.expires_at else { return NextRefresh::Never(Never::NoExpiry) };
        let (from, margin) = self.renew_from(tokens, expires_at, now);
        let due = from.saturating_add(jitter.of(margin / 10));
        if now < due {
            NextRefresh::At(due.max(allowed))
        } else if now < allowed {
            NextRefresh::TooYoung(allowed)
        } else {
            NextRefresh::Due
        }
    }

    /// Whether it may be renewed now, fresh or not: because somebody asks for it, or its access token was refused.
    pub fn at_once(&self, tokens: &Tokens, now: i64) -> NextRefresh {
        let Some(refresh) = &self.refresh else { return NextRefresh::Never(Never::NotSupported) };
        if !tokens.renewable {
            return NextRefresh::Never(Never::NothingToSpend);
        }
        if tokens.refresh_expires_at.is_some_and(|at| at <= now) {
            return NextRefresh::Never(Never::RefreshExpired);
        }
        let allowed = self.allowed_from(refresh, tokens, now);
        if refresh.before_expiry && tokens.expires_at.is_some_and(|at| now.max(allowed) >= at) {
            NextRefresh::Never(Never::TooLate)
        } else if now < allowed {
            NextRefresh::TooYoung(allowed)
        } else {
            NextRefresh::Due
        }
    }

    /// When to try again after the last of `failures` in a row. `retry_after` are the seconds of the answer's header
    /// of that name (RFC 9110, section 10.2.3); the chance comes on top of it, since everybody was told the same.
    pub fn backoff(&self, failures: u32, retry_after: Option<Seconds>, now: i64, jitter: Jitter) -> Retry {
        let Backoff { first, most, tries } =
            self.refresh.as_ref().map(|refresh| refresh.backoff).unwrap_or_default();
        if failures >= tries {
            return Retry::GiveUp;
        }
        let doubled = 1_u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX);
        let longest = span(first.saturating_mul(doubled).min(most));
        let asked = span(retry_after.unwrap_or(0).min(LONGEST_RETRY_AFTER));
        // Never in the same second: a provider that fails at once would be asked in a loop.
        let wait = asked.saturating_add(jitter.of(longest)).max(1);
        Retry::At(now.saturating_add(wait))
    }

    /// What a refusal means, by its HTTP status (none where there was no answer) and its error code (none where it has
    /// none; see [`super::Answers`]). In doubt it is transient: a credential that was given up is lost, one more
    /// request is not.
    pub fn classify(&self, status: Option<u16>, error: Option<&str>) -> Verdict {
        let status = status.unwrap_or(0);
        if passes(status) {
            let limited = status == 429;
            return Verdict::Transient(if limited { Cause::RateLimited } else { Cause::Unavailable });
        }
        let answers = self.refresh.as_ref().map(|refresh| &refresh.answers);
        if let Some(code) = error {
            if answers.is_some_and(|answers| answers.finals.iter().any(|known| known == code)) {
                return Verdict::Final(Cause::RefreshRefused);
            }
            if answers.is_some_and(|answers| answers.transient.iter().any(|known| known == code)) {
                return Verdict::Transient(Cause::Unavailable);
            }
            if let Some(verdict) = by_the_standards(code) {
                return verdict;
            }
        }
        match status {
            _ if answers.is_some_and(|answers| answers.final_statuses.contains(&status)) => {
                Verdict::Final(Cause::RefreshRefused)
            }
            // RFC 6749, section 5.2: the status of invalid_client.
            401 => Verdict::Transient(Cause::AppRefused),
            400..=499 => Verdict::Transient(Cause::RequestRefused),
            _ => Verdict::Transient(Cause::Unavailable),
        }
    }

    /// By when a person has to consent again, as far as that is known: the earliest of the consent's end, the end of
    /// what renews the access (by the provider's answer, else by its age), its end if it is left unused from now on,
    /// and, where nothing can be renewed, the end of the access itself.
    pub fn reauth_by(&self, tokens: &Tokens) -> Option<i64> {
        let after = |from: i64, life: Option<Seconds>| Some(from.saturating_add(span(life?)));
        let consent = after(tokens.consented_at, self.expiry.consent);
        let Some(refresh) = self.refresh.as_ref().filter(|_| tokens.renewable) else {
            return [consent, tokens.expires_at].into_iter().flatten().min();
        };
        let used_at = tokens.refreshed_at.unwrap_or(tokens.consented_at);
        let issued_at = if refresh.rotates == Some(true) { used_at } else { tokens.consented_at };
        let refresh_token = tokens.refresh_expires_at.or(after(issued_at, self.expiry.refresh_token));
        let idle = after(used_at, self.expiry.idle);
        [consent, refresh_token, idle].into_iter().flatten().min()
    }

    /// From when on the token is not fresh any more, and the margin that this is before its end.
    fn renew_from(&self, tokens: &Tokens, expires_at: i64, now: i64) -> (i64, i64) {
        // What cannot be renewed is used to its end.
        let Some(refresh) = self.refresh.as_ref().filter(|_| tokens.renewable) else {
            return (expires_at, 0);
        };
        // One that lives shorter than its margin would be renewed at every use.
        let life = expires_at.saturating_sub(self.issued_at(tokens, now));
        let margin = span(tokens.margin.unwrap_or(refresh.margin)).min(life / 2).max(0);
        (expires_at.saturating_sub(margin), margin)
    }

    /// From when on a renewal is neither too early for the provider nor too soon after the last.
    fn allowed_from(&self, refresh: &Refresh, tokens: &Tokens, now: i64) -> i64 {
        let old_enough = refresh.min_age.map_or(i64::MIN, |age| match self.issued_at(tokens, now) {
            issued_at if issued_at > now => i64::MIN,
            issued_at => issued_at.saturating_add(span(age)),
        });
        let rested = refreshed_at(tokens, now)
            .map_or(i64::MIN, |refreshed_at| refreshed_at.saturating_add(span(refresh.min_interval)));
        old_enough.max(rested)
    }

    /// When the access token was issued. An account that was imported is connected later than its token was issued,
    /// which then shows by its end.
    fn issued_at(&self, tokens: &Tokens, now: i64) -> i64 {
        refreshed_at(tokens, now).unwrap_or_else(|| {
            let by_its_end = tokens
                .expires_at
                .zip(self.expiry.access_token)
                .map(|(expires_at, life)| expires_at.saturating_sub(span(life)));
            by_its_end.map_or(tokens.consented_at, |at| at.min(tokens.consented_at))
        })
    }
}

/// When it was renewed, unless the clock says that this is yet to come.
fn refreshed_at(tokens: &Tokens, now: i64) -> Option<i64> {
    tokens.refreshed_at.filter(|at| *at <= now)
}

/// The codes of RFC 6749 (sections 5.2 and, for a server's own trouble, 4.1.2.1) and of OpenID Connect Core (section
/// 3.1.2.6). That the app is refused says nothing of the account: its consent still stands when the app is mended.
fn by_the_standards(code: &str) -> Option<Verdict> {
    Some(match code {
        "invalid_grant" => Verdict::Final(Cause::RefreshRefused),
        "interaction_required" | "consent_required" | "login_required" => {
            Verdict::Final(Cause::ConsentRequired)
        }
        "invalid_client" | "unauthorized_client" => Verdict::Transient(Cause::AppRefused),
        "invalid_request" | "invalid_scope" | "unsupported_grant_type" => {
            Verdict::Transient(Cause::RequestRefused)
        }
        "temporarily_unavailable" | "server_error" => Verdict::Transient(Cause::Unavailable),
        _ => return None,
    })
}

fn span(seconds: Seconds) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
