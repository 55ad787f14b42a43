//! Reading one document: the owner's door.

use super::address::noun;
use super::row::{check_address, open};
use super::{About, Address, Code, Error, Kind, Vault};
use crate::crypto::Plaintext;

/// A document with what is known of its row.
pub struct Got {
    /// The bytes that went in.
    pub document: Plaintext,
    /// The row's plain facts.
    pub about: About,
}

impl Vault {
    /// The document of one connection or app config. Nothing else is opened.
    pub fn get(&self, kind: Kind, address: &Address) -> Result<Got, Error> {
        let [provider, owner, account] = address.columns();
        let (row, now, unlocked) = self.read(|tx, unlocked| {
            let row = tx.row(kind, &provider, &owner, &account)?;
            Ok((row, tx.now()?, unlocked.clone()))
        })?;
        let row = row.ok_or_else(|| not_found(kind, address))?;
        check_address(&row.meta, kind, address, &unlocked)?;
        Ok(Got { document: open(&row, &unlocked)?, about: About::of(&row.meta, &unlocked, now) })
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
