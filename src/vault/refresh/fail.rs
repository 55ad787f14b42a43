//! What a failed renewal means: wait, give up, or ask a person.

use super::account::{Account, View};
use super::begin::Begin;
use super::lease::Lease;
use super::standing::{Standing, Told};
use super::state::State;
use crate::domain::Status;
use crate::providers::{Cause, Jitter, Retry, Verdict};
use crate::vault::Error;
use crate::vault::audit::What;
use crate::vault::shared::Write;

/// How long a connection is left alone whose class says that it cannot be renewed, in seconds: six hours.
const UNSUPPORTED: i64 = 21_600;

/// What a provider answered; everything absent: nothing came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderAnswer {
    /// The HTTP status.
    pub status: Option<u16>,
    /// The error's code: `invalid_grant`.
    pub error: Option<String>,
    /// Seconds, from the header of that name.
    pub retry_after: Option<u64>,
    /// The provider was not asked: who calls cannot renew it.
    pub unsupported: bool,
}

impl Lease {
    /// Says that the renewal failed, and ends the lease. A refusal is final only where the credential that was refused is still
    /// the one that is stored: otherwise somebody else won, and what is there is good.
    pub fn fail(&self, answer: &ProviderAnswer) -> Result<Told, Error> {
        self.unended()?;
        let told = self.vault.write(|write| {
            let view = View { margin: self.margin, fallback: self.fallback.as_deref() };
            let account = self.vault.account_by_id(write.tx, write.unlocked, self.connection, view)?;
            let account = account.ok_or_else(|| self.lost("the connection is gone"))?;
            let standing = match self.still_fits(&account, None) {
                Ok(()) => account.settle(write, answer)?,
                // What is stored since is not what was refused; nobody has to wait for who is done with it.
                Err(_) => {
                    self.put_down(write, |state| state.lease = None)?;
                    match account.standing(&Begin::default(), write.now.seconds()) {
                        Standing::Dead(cause) => Standing::Dead(cause),
                        _ => Standing::Fresh,
                    }
                }
            };
            let told = account.told(&standing, write.unlocked, write.now);
            // As it is since.
            let since = self.vault.account_by_id(write.tx, write.unlocked, self.connection, view)?;
            Ok(since.map_or(told, |account| account.told(&standing, write.unlocked, write.now)))
        })?;
        self.end();
        Ok(told)
    }
}

impl Account<'_> {
    /// Writes down what an answer means.
    fn settle(&self, write: &mut Write<'_>, answer: &ProviderAnswer) -> Result<Standing, Error> {
        let now = write.now.seconds();
        let before = &self.stored.state;
        let mut state = State { lease: None, ..before.clone() };
        if answer.unsupported {
            state.cause = Some("not_supported".to_owned());
            state.next_at = Some(now.saturating_add(UNSUPPORTED));
            self.stored.replace(write, self.row.meta.id, &state)?;
            return Ok(Standing::Unsupported("not_supported"));
        }
        let cause = match self.entry.classify(answer.status, answer.error.as_deref()) {
            Verdict::Transient(cause) => cause,
            Verdict::Final(cause) => {
                let cause = if before.lost == self.fingerprint { "answer_lost" } else { cause.as_str() };
                let state = State {
                    cause: Some(cause.to_owned()),
                    next_at: None,
                    gave_up: false,
                    lost: None,
                    ..state
                };
                self.stored.replace(write, self.row.meta.id, &state)?;
                self.set_status(write, Status::NeedsReauth, cause, What::NeedsReauth)?;
                return Ok(Standing::Dead(cause.to_owned()));
            }
        };
        // No answer, or one of something between the provider and us: it may have rotated all the same.
        if cause == Cause::Unavailable {
            state.lost = self.fingerprint.clone();
        }
        state.failures = state.failures.saturating_add(1);
        state.cause = Some(cause.as_str().to_owned());
        let mut chance = [0; 4];
        write.random.fill(&mut chance)?;
        let jitter = Jitter::new(u32::from_le_bytes(chance));
        match self.entry.backoff(state.failures, answer.retry_after, now, jitter) {
            Retry::At(at) => {
                state.next_at = Some(at);
                self.stored.replace(write, self.row.meta.id, &state)?;
                self.failed(write, &state)?;
                write.tx.look_at(self.row.meta.id, Some(at))?;
            }
            Retry::GiveUp => {
                state.next_at = None;
                self.give_up(write, state.clone(), cause.as_str())?;
            }
        }
        Ok(Standing::Backoff { until: state.next_at, cause: state.cause })
    }
}
