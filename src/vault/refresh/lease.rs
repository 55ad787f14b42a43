//! The right to renew one connection, from when it was granted until something came of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::account::Account;
use super::begin::Begin;
use super::holder;
use super::state::{Held, State, StoredState};
use crate::domain::{RecordId, Status};
use crate::providers::Seconds;
use crate::vault::shared::Write;
use crate::vault::{Code, Error, Vault};

/// A granted lease. One that is dropped without a word is given up: what was handed in may be spent.
pub struct Lease {
    pub(super) vault: Arc<Vault>,
    pub(super) connection: RecordId,
    pub(super) held: Held,
    pub(super) margin: Option<Seconds>,
    pub(super) fallback: Option<String>,
    fence: i64,
    ended: AtomicBool,
}

impl Lease {
    pub(super) fn new(
        vault: &Arc<Vault>,
        account: &Account<'_>,
        fence: i64,
        held: &Held,
        begin: &Begin,
    ) -> Self {
        vault.shared.leases.fetch_add(1, Ordering::AcqRel);
        Self {
            vault: vault.clone(),
            connection: account.row.meta.id,
            held: held.clone(),
            margin: begin.margin,
            fallback: begin.fallback.clone(),
            fence,
            ended: AtomicBool::new(false),
        }
    }

    /// Says that nothing was handed in.
    pub fn release(&self) -> Result<(), Error> {
        self.unended()?;
        self.vault.write(|write| self.put_down(write, |state| state.lease = None))?;
        self.end();
        Ok(())
    }

    /// Refuses what comes after the end.
    pub(super) fn unended(&self) -> Result<(), Error> {
        if self.ended.load(Ordering::Acquire) {
            return Err(Error::new(
                Code::InvalidHandle,
                "this lease has ended: it was committed, failed or released",
            ));
        }
        Ok(())
    }

    /// Nothing more will come of it.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        holder::let_go(&self.held.nonce);
    }

    /// Says that nobody knows what came of it. Where that does not go (the store is busy, or closed), the next one finds that it
    /// is not held any more, or waits for the hard limit.
    fn give_up(&self) {
        let _inside = crate::vault::enter();
        let _ = self.vault.write(|write| {
            self.put_down(write, |state| {
                if let Some(held) = &mut state.lease {
                    held.given_up = true;
                }
            })
        });
        holder::let_go(&self.held.nonce);
    }

    /// Whether nobody was granted one since. A store of a moment before it was granted, put back from a backup, has a smaller
    /// fence.
    pub(super) fn is_last(&self, state: &State) -> bool {
        state.fence <= self.fence && state.lease.as_ref().is_none_or(|held| held.nonce == self.held.nonce)
    }

    /// Changes the state where it is still this lease's.
    pub(super) fn put_down(
        &self,
        write: &mut Write<'_>,
        change: impl FnOnce(&mut State),
    ) -> Result<(), Error> {
        let stored = StoredState::read(write.tx, write.unlocked, self.connection)?;
        let mut state = stored.state.clone();
        if state.lease.as_ref().is_some_and(|held| held.nonce == self.held.nonce) {
            change(&mut state);
            stored.replace(write, self.connection, &state)?;
        }
        Ok(())
    }

    /// The error of a holder that comes too late.
    pub(super) fn lost(&self, why: &str) -> Error {
        let message = format!(
            "the lease is lost: {why}. What was handed in is not stored; read the connection again and use what is there"
        );
        Error::new(Code::LeaseLost, message)
            .with("connection", self.connection.to_string())
            .with("fence", self.fence)
    }

    /// Whether the account can still take what the provider answered.
    pub(super) fn still_fits(&self, account: &Account<'_>, saved: Option<i64>) -> Result<(), Error> {
        if matches!(account.row.meta.status.parse(), Ok(Status::Revoked)) {
            return Err(self.lost("the connection was revoked"));
        }
        if !self.is_last(&account.stored.state) {
            return Err(self.lost("somebody else was granted one since"));
        }
        let same = account.fingerprint.as_ref() == Some(&self.held.intent);
        if same || saved == Some(account.row.meta.revision) {
            return Ok(());
        }
        Err(self.lost("the account was connected anew, or renewed by something else, since"))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // In a child after fork() it is the parent's.
        if !*self.ended.get_mut() && self.held.holder.is_me() {
            self.give_up();
        }
        self.vault.shared.leases.fetch_sub(1, Ordering::AcqRel);
    }
}
