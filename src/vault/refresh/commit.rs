//! Storing what a provider answered: before anything else happens.

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;
use zeroize::Zeroizing;

use super::account::{Account, View};
use super::lease::Lease;
use crate::domain::Document;
use crate::vault::save::{Change, Facts};
use crate::vault::{About, Address, Error, Kind};

/// What is waited at least for the store: it is the only good token that there is.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a caller says beside the members.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    /// The holder saved the account itself since it was granted the lease, and this is the revision of that save.
    pub if_revision: Option<i64>,
    /// What `dm_conn_merge` takes: expiry, scopes, display name.
    pub facts: Facts,
}

/// What it came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Committed {
    /// What is known of the connection now.
    pub about: About,
    /// When it was renewed.
    pub refreshed_at: i64,
    /// By when a person has to consent again, whatever is renewed; none where that is not known.
    pub reauth_by: Option<i64>,
}

impl Lease {
    /// Lays the members that the provider's answer brought over the stored account, and ends the lease. What is handed in at a
    /// renewal stays where the answer has none. A late one is accepted where nobody was granted a lease since and the
    /// credential that was handed in is still the stored one: then it is the only good one that there is.
    pub fn commit(&self, patch: &Document, commit: &Commit) -> Result<Committed, Error> {
        self.unended()?;
        let engine = self.vault.shared.engine(self.vault.patience.max(PATIENCE));
        let committed = engine.transaction(|tx| {
            self.vault.shared.within(tx, &mut |write| {
                let view = View { margin: self.margin, fallback: self.fallback.as_deref() };
                let Some(account) =
                    self.vault.account_by_id(write.tx, write.unlocked, self.connection, view)?
                else {
                    return Err(self.lost("the connection is gone"));
                };
                self.still_fits(&account, commit.if_revision)?;
                let patch = without_nothing(patch, &account)?;
                let meta = &account.row.meta;
                let address = Address {
                    provider: meta.provider.parse()?,
                    owner: meta.owner.parse()?,
                    account: meta.account.parse()?,
                };
                let (kind, change) = (Kind::Connection, Change::Renewal(&patch));
                let documents = [&account.document, &patch];
                self.vault.lay_over(write, kind, &address, &account.row, documents, change, &commit.facts)?;
                let now = write.now;
                let state = account.stored.state.renewed(now.seconds());
                account.stored.replace(write, self.connection, &state)?;
                let renewed = self.vault.account_by_id(write.tx, write.unlocked, self.connection, view)?;
                let renewed = renewed.ok_or_else(|| self.lost("the connection is gone"))?;
                Ok(Committed {
                    reauth_by: renewed.entry.reauth_by(&renewed.tokens),
                    about: About::intact(renewed.row.meta, write.unlocked, now),
                    refreshed_at: now.seconds(),
                })
            })
        })?;
        self.end();
        Ok(committed)
    }
}

/// The patch without an empty credential to be handed in, which would leave the account with none.
fn without_nothing<'p>(patch: &'p Document, account: &Account<'_>) -> Result<Cow<'p, Document>, Error> {
    let spends = account.entry.refresh.as_ref().map(|refresh| refresh.spends.as_str());
    let Some(name) =
        spends.filter(|name| patch.get(name).is_some_and(|value| matches!(value, "null" | "\"\"")))
    else {
        return Ok(Cow::Borrowed(patch));
    };
    let mut kept = Zeroizing::new(Vec::with_capacity(patch.as_bytes().len() + 1));
    for member in patch.members().filter(|member| member.name != *name) {
        let begins = if kept.is_empty() { b"{\"" } else { b",\"" };
        kept.extend_from_slice(begins);
        kept.extend_from_slice(member.name.raw().as_bytes());
        kept.extend_from_slice(b"\":");
        kept.extend_from_slice(member.value.as_bytes());
    }
    if kept.is_empty() {
        kept.push(b'{');
    }
    kept.push(b'}');
    Ok(Cow::Owned(Document::parse(kept)?))
}
