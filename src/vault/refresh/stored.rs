//! What a write of a row means for its renewals.

use super::account::{fingerprint, renewed_by};
use super::state::{Held, State, StoredState};
use crate::domain::{Document, RecordId};
use crate::providers::Entry;
use crate::store::{Kind, Meta};
use crate::vault::Error;
use crate::vault::shared::Write;

impl Write<'_> {
    /// Whether a write of a row means anything for its renewals. The catalogue may know none of its provider, and whoever asks
    /// renew it by another member all the same: then there is a state.
    pub(in crate::vault) fn has_renewals(
        &mut self,
        id: RecordId,
        entry: &Entry,
        renewed: bool,
    ) -> Result<bool, Error> {
        Ok(entry.refresh.is_some() || renewed || self.tx.refresh(id)?.is_some())
    }

    /// A document takes another's place: where it brings another credential to renew with, what was known of the earlier one's
    /// failures says nothing any more. `renewed`: by the provider; else a person consented, as far as is known.
    pub(in crate::vault) fn renewals_after(
        &mut self,
        id: RecordId,
        entry: &Entry,
        [before, after]: [&Document; 2],
        renewed: bool,
    ) -> Result<(), Error> {
        let stored = StoredState::read(self.tx, self.unlocked, id)?;
        let fallback = stored.state.fallback.as_deref();
        let alike = |entry: &Entry| entry.is_renewed_alike(before, after);
        if alike(entry) && alike(&renewed_by(entry, fallback, before)) && !renewed {
            return Ok(());
        }
        let now = self.now.seconds();
        let state = if renewed { stored.state.renewed(now) } else { stored.state.consented(now) };
        // A lease stays: its holder has still to say that it is done. What it saved itself is protected as what it handed in.
        let lease = stored.state.lease.clone().map(|held| {
            let is_holders = renewed && held.holder.has(&held.nonce);
            let of_after = || fingerprint(&renewed_by(entry, fallback, after), id, after, self.unlocked);
            Held { stored: if is_holders { of_after() } else { held.stored }, ..held }
        });
        stored.replace(self, id, &State { lease, ..state })
    }

    /// Whether somebody has the right to renew a connection now.
    pub(in crate::vault) fn is_leased(&mut self, id: RecordId) -> Result<bool, Error> {
        let stored = StoredState::read(self.tx, self.unlocked, id)?;
        Ok(stored.state.lease.is_some_and(|held| held.binds(self.now.seconds())))
    }

    /// When to look at a row again without being asked, after it was written.
    pub(in crate::vault) fn schedule(
        &mut self,
        before: Option<&Meta>,
        after: Option<&Meta>,
    ) -> Result<(), Error> {
        let Some(named) = after.or(before).filter(|meta| meta.kind == Kind::Connection) else {
            return Ok(());
        };
        let Some(after) = after else { return Ok(self.tx.forget_refresh(named.id)?) };
        let matters = |meta: &Meta| (meta.seal_revision, meta.expires_at, meta.status.clone());
        if before.is_none_or(|before| matters(before) != matters(after)) {
            self.tx.look_at(after.id, Some(self.now.seconds()))?;
        }
        Ok(())
    }
}
