//! How a connection stands: whether it has to be renewed, may be, and by whom.

use serde::Serialize;

use super::account::Account;
use super::begin::Begin;
use super::holder::Life;
use super::state::Held;
use crate::domain::{Status, UnixTime};
use crate::providers::{Jitter, NextRefresh, Retry};
use crate::vault::About;
use crate::vault::unlocked::Unlocked;

/// A time to wait for that is further away was written by a clock that jumped: the longest wait and a day (Retry-After).
const LONGEST_WAIT: i64 = 108_000;

/// Why, where one holder after the other went without saying what came of it.
pub(super) const HOLDER_GONE: &str = "holder_gone";

/// What came of asking for a renewal, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// `fresh`, `granted`, `busy`, `backoff`, `dead` or `unsupported`.
    pub outcome: &'static str,
    /// What is known of the connection.
    pub about: About,
    /// The store's clock.
    pub now: i64,
    /// By when a person has to consent again, whatever is renewed; none where that is not known.
    pub reauth_by: Option<i64>,
    /// The member that a renewal hands in.
    pub spends: Option<String>,
    /// The `grant_type` of a renewal.
    pub grant_type: Option<String>,
    /// Granted: the lease.
    pub lease: Option<LeaseTold>,
    /// Busy: who is renewing it.
    pub holder: Option<HolderTold>,
    /// Busy: until when its lease lasts. Backoff: when to try again; none where a person has to ask for it.
    pub until: Option<i64>,
    /// Why: a stable code.
    pub cause: Option<String>,
    /// Failures in a row.
    pub failures: u32,
}

/// A lease that was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeaseTold {
    /// Every one of a connection has a greater one.
    pub fence: i64,
    /// By then an answer should be stored.
    pub expires_at: i64,
    /// From then on somebody else may be granted one, whatever becomes of this.
    pub hard_until: i64,
    /// An earlier answer may have been lost, and what is handed in may be spent.
    pub lost: bool,
}

/// Who is renewing a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HolderTold {
    /// The machine.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// Since when.
    pub since: i64,
}

/// How it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    Fresh,
    Due(Due),
    Busy { holder: HolderTold, until: i64 },
    Backoff { until: Option<i64>, cause: Option<String> },
    Dead(String),
    Unsupported(&'static str),
}

/// It can be renewed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Due {
    /// What is handed in may be spent.
    pub(super) lost: bool,
    /// A holder went without saying what came of it; that counts as a failure.
    pub(super) left_behind: bool,
    /// It was the last failure that is put up with.
    pub(super) gives_up: bool,
}

impl Account<'_> {
    /// How it stands at `now`. Nothing is written, so that whoever has not to renew it costs nobody a write.
    pub(super) fn standing(&self, begin: &Begin, now: i64) -> Standing {
        let state = &self.stored.state;
        let dead = [Status::NeedsReauth, Status::Revoked, Status::Pending];
        if dead.iter().any(|status| self.row.meta.status == status.as_str()) {
            let cause = self.row.meta.status_cause.as_ref();
            return Standing::Dead(cause.unwrap_or(&self.row.meta.status).clone());
        }
        // Whoever was refused with an earlier token has only not seen the present one.
        let refused = begin.rejected_revision == Some(self.row.meta.revision);
        let asked = begin.force || refused;
        if !asked && self.entry.is_fresh(&self.tokens, now) {
            return Standing::Fresh;
        }
        let next = if asked {
            self.entry.at_once(&self.tokens, now)
        } else {
            self.entry.next_refresh(&self.tokens, now, Jitter::new(0))
        };
        let held =
            state.lease.as_ref().filter(|held| self.fingerprint.as_ref().is_some_and(|of| held.guards(of)));
        let busy = held.filter(|held| held.binds(now)).map(Held::busy);
        let usable = self.tokens.expires_at.is_none_or(|at| now < at);
        match next {
            NextRefresh::Due => {}
            NextRefresh::At(_) => return Standing::Fresh,
            NextRefresh::TooYoung(_) if usable => return Standing::Fresh,
            // Also what a holder saved itself that is still at it.
            NextRefresh::TooYoung(at) => {
                let young = Standing::Backoff { until: Some(at), cause: Some("too_young".to_owned()) };
                return busy.unwrap_or(young);
            }
            NextRefresh::Never(why) => return Standing::Unsupported(why.as_str()),
        }
        if let Some(busy) = busy {
            return busy;
        }
        let waits = state.next_at.is_some_and(|at| at > now && at <= now.saturating_add(LONGEST_WAIT));
        if !begin.force && (waits || state.gave_up) {
            let until = state.next_at.filter(|_| !state.gave_up);
            return Standing::Backoff { until, cause: state.cause.clone() };
        }
        // What its holder stored itself was not handed in.
        self.due(held.filter(|held| Some(&held.intent) == self.fingerprint.as_ref()), begin.force, now)
    }

    /// Nobody holds it, and nothing says to wait; unless one holder after the other goes without a word.
    fn due(&self, held: Option<&Held>, force: bool, now: i64) -> Standing {
        let state = &self.stored.state;
        let Some(held) = held else {
            let lost = state.lost == self.fingerprint;
            return Standing::Due(Due { lost, ..Due::default() });
        };
        let failures = state.failures.saturating_add(1);
        let due = Due { lost: true, left_behind: true, gives_up: false };
        match self.entry.backoff(failures, None, held.taken_at, held.jitter()) {
            Retry::GiveUp if !force => Standing::Due(Due { gives_up: true, ..due }),
            // The first time anything may have happened: a worker was ended, a machine went.
            Retry::At(at) if failures > 1 && at > now && !force => {
                Standing::Backoff { until: Some(at), cause: Some(HOLDER_GONE.to_owned()) }
            }
            _ => Standing::Due(due),
        }
    }

    /// What a caller is told.
    pub(super) fn told(&self, standing: &Standing, unlocked: &Unlocked, now: UnixTime) -> Told {
        let refresh = self.entry.refresh.as_ref();
        let mut told = Told {
            outcome: "fresh",
            about: About::intact(self.row.meta.clone(), unlocked, now),
            now: now.seconds(),
            reauth_by: self.entry.reauth_by(&self.tokens),
            spends: refresh.map(|refresh| refresh.spends.clone()),
            grant_type: refresh.map(|refresh| refresh.grant.clone()),
            lease: None,
            holder: None,
            until: None,
            cause: None,
            failures: self.stored.state.failures,
        };
        match standing {
            Standing::Fresh => {}
            // Whoever asks writes down that it is given up.
            Standing::Due(due) if due.gives_up => {
                (told.outcome, told.cause) = ("backoff", Some(HOLDER_GONE.to_owned()));
            }
            Standing::Due(_) => told.outcome = "granted",
            Standing::Busy { holder, until } => {
                (told.outcome, told.holder, told.until) = ("busy", Some(holder.clone()), Some(*until));
            }
            Standing::Backoff { until, cause } => {
                (told.outcome, told.until, told.cause) = ("backoff", *until, cause.clone());
            }
            Standing::Dead(cause) => (told.outcome, told.cause) = ("dead", Some(cause.clone())),
            Standing::Unsupported(cause) => {
                (told.outcome, told.cause) = ("unsupported", Some((*cause).to_owned()));
            }
        }
        told
    }
}

impl Held {
    /// Whether everybody else has to wait for it. Until it expires for anybody that is not known to be gone; then for who is
    /// known to live, or lives where nobody here can see it.
    pub(super) fn binds(&self, now: i64) -> bool {
        !self.given_up && !self.is_void(now) && self.holder.life(&self.nonce) != Life::Gone
    }

    /// Whether it is about the credential with that fingerprint.
    fn guards(&self, fingerprint: &str) -> bool {
        self.intent == fingerprint || self.stored.as_deref() == Some(fingerprint)
    }

    fn busy(&self) -> Standing {
        let holder =
            HolderTold { host: self.holder.host.clone(), pid: self.holder.pid, since: self.taken_at };
        Standing::Busy { holder, until: self.expires_at }
    }

    /// The chance that everybody derives alike who finds it left behind.
    fn jitter(&self) -> Jitter {
        Jitter::of_hex(&self.nonce)
    }
}
