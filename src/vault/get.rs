//! Reading one document: the owner's door.

use std::sync::Arc;

use super::address::noun;
use super::row::open_again;
use super::unlocked::Unlocked;
use super::{About, Address, Code, Error, Kind, Vault};
use crate::crypto::Plaintext;
use crate::domain::UnixTime;
use crate::store::Meta;

/// A document with what is known of its row.
pub struct Got {
    /// The bytes that went in.
    pub document: Plaintext,
    /// Checked: nobody but us wrote it.
    meta: Meta,
    unlocked: Arc<Unlocked>,
    now: UnixTime,
}

impl Got {
    /// The document and the row's plain facts.
    pub fn with_about(self) -> (Plaintext, About) {
        (self.document, About::intact(self.meta, &self.unlocked, self.now))
    }
}

impl Vault {
    /// The document of one connection or app config. Nothing else is opened.
    pub fn get(&self, kind: Kind, address: &Address) -> Result<Got, Error> {
        // What is remembered of rows has a lock of its own, which must be free at a fork.
        let _inside = super::enter();
        let [provider, owner, account] =
            [address.provider.as_str(), &address.owner.to_string(), address.account.as_str()];
        let (row, now, unlocked) = self.read(|tx, unlocked| {
            let row = tx.row(kind, provider, owner, account)?;
            let unlocked = match &row {
                Some(row) if unlocked.keyring.get(row.meta.key_id).is_none() => {
                    self.shared.refreshed(tx, unlocked)?
                }
                _ => unlocked.clone(),
            };
            Ok((row, tx.now()?, unlocked))
        })?;
        let row = row.ok_or_else(|| not_found(kind, address))?;
        let document = open_again(&row, kind, [provider, owner, account], &unlocked)?;
        Ok(Got { document, meta: row.meta, unlocked, now })
    }
}

pub(super) fn not_found(kind: Kind, address: &Address) -> Error {
    let Address { provider, owner, account } = address;
    let (noun, named) = match kind {
        Kind::Connection => (noun(kind), format!(" named {account}")),
        Kind::Config => (noun(kind), String::new()),
    };
    Error::new(Code::NotFound, format!("{owner} has no {noun} of {provider}{named}"))
}
