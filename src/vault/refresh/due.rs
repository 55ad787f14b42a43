//! What is to be renewed without anybody's asking: a list that two readers share without meeting.

use serde::Serialize;

use super::account::{Account, View};
use super::begin::Begin;
use super::standing::Standing;
use super::state::State;
use crate::domain::RecordId;
use crate::providers::{Jitter, NextRefresh};
use crate::vault::audit::{Facts, What};
use crate::vault::shared::Write;
use crate::vault::{About, Code, Error, Vault};

/// How long before its end a person is told that a consent ends, in seconds: a week.
const NOTICE: i64 = 604_800;

/// How many are looked at in one call, at most: it is one transaction.
const LOOKS: u32 = 500;

/// What a reader wants.
#[derive(Debug, Clone)]
pub struct DueOptions {
    /// At most so many, 1 to 100.
    pub limit: u32,
    /// For how long nobody else is given them, in seconds.
    pub claim: u32,
}

impl Default for DueOptions {
    fn default() -> Self {
        Self { limit: 20, claim: 600 }
    }
}

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Due {
    /// The connections to be renewed now, which nobody else is given meanwhile.
    pub items: Vec<About>,
    /// Whether more are to be looked at at once.
    pub more: bool,
    /// When the next one is, in Unix seconds; none where there is none.
    pub next_at: Option<i64>,
}

impl Vault {
    /// The connections of all owners whose credential is to be renewed now, claimed for the caller. Whoever's consent ends
    /// within a week is recorded once (`expiring`).
    pub fn due(&self, options: &DueOptions) -> Result<Due, Error> {
        let limit = options.limit.clamp(1, 100) as usize;
        self.write(|write| {
            self.refuse_clone(write.tx)?;
            let now = write.now.seconds();
            let ids = write.tx.to_look_at(now, LOOKS)?;
            let mut items = Vec::new();
            for id in ids {
                if items.len() == limit {
                    break;
                }
                items.extend(self.look_after(write, id, options)?);
            }
            let next_at = write.tx.next_look()?;
            Ok(Due { items, more: next_at.is_some_and(|at| at <= now), next_at })
        })
    }

    /// Looks at one: claims it where it is due, and says when to look again.
    fn look_after(
        &self,
        write: &mut Write<'_>,
        id: RecordId,
        options: &DueOptions,
    ) -> Result<Option<About>, Error> {
        let account = match self.account_by_id(write.tx, write.unlocked, id, View::default()) {
            Ok(Some(account)) => account,
            Ok(None) => {
                write.tx.forget_refresh(id)?;
                return Ok(None);
            }
            // What does not open is told where it is asked for; here it must not keep the others waiting. A key may come.
            Err(error) if matches!(error.code(), Code::Integrity | Code::KeyUnavailable) => {
                let day = write.now.seconds().saturating_add(86_400);
                write.tx.look_at(id, Some(day))?;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let now = write.now.seconds();
        let standing = account.standing(&Begin::default(), now);
        // Who has to consent again has been told so.
        let dead = matches!(standing, Standing::Dead(_));
        let notice = if dead { None } else { account.tell_of_the_end(write)? };
        let (look_at, due) = account.next_look(&standing, options, now);
        write.tx.look_at(id, [look_at, notice].into_iter().flatten().min())?;
        Ok(due.then(|| About::intact(account.row.meta, write.unlocked, write.now)))
    }
}

impl Account<'_> {
    /// When to look again for a renewal, and whether it is due now.
    fn next_look(&self, standing: &Standing, options: &DueOptions, now: i64) -> (Option<i64>, bool) {
        let after = |seconds: u32| Some(now.saturating_add(i64::from(seconds.max(1))));
        match standing {
            // Accounts that were connected together are not renewed together.
            Standing::Fresh => match self.entry.next_refresh(&self.tokens, now, self.chance()) {
                NextRefresh::At(at) | NextRefresh::TooYoung(at) => (Some(at), false),
                NextRefresh::Due => (after(60), false),
                NextRefresh::Never(_) => (None, false),
            },
            Standing::Due(_) => match self.entry.next_refresh(&self.tokens, now, self.chance()) {
                NextRefresh::At(at) => (Some(at), false),
                _ => (after(options.claim), true),
            },
            Standing::Busy { until, .. } => (Some((*until).max(now.saturating_add(1))), false),
            Standing::Backoff { until, .. } => (*until, false),
            Standing::Dead(_) | Standing::Unsupported(_) => (None, false),
        }
    }

    /// The same at every look, and another for every account and token.
    fn chance(&self) -> Jitter {
        Jitter::of_hex(self.fingerprint.as_deref().unwrap_or_default())
    }

    /// Records once that a person has to consent again soon. Says when there will be something to tell.
    fn tell_of_the_end(&self, write: &mut Write<'_>) -> Result<Option<i64>, Error> {
        let Some(end) = self.entry.reauth_by(&self.tokens) else { return Ok(None) };
        let state = &self.stored.state;
        let from = end.saturating_sub(NOTICE);
        if state.told == Some(end) {
            return Ok(None);
        }
        if write.now.seconds() < from {
            return Ok(Some(from));
        }
        self.record(write, What::Expiring, Facts { until: Some(end), ..Facts::default() })?;
        self.stored.replace(write, self.row.meta.id, &State { told: Some(end), ..state.clone() })?;
        Ok(None)
    }
}
