//! A connection opened for a renewal: what is handed in, and what follows from its times.

use std::borrow::Cow;

use super::state::StoredState;
use crate::crypto::{Fields, labels};
use crate::domain::{Document, RecordId, UnixTime, hex};
use crate::providers::{Entry, Tokens};
use crate::store::{ReadTx, Row};
use crate::vault::get::not_found;
use crate::vault::row::{check_names, open_known};
use crate::vault::unlocked::Unlocked;
use crate::vault::{Address, Error, Kind, Vault};

/// How a caller wants it to be looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct View<'a> {
    /// Seconds, instead of the catalogue's.
    pub(super) margin: Option<u64>,
    /// The member that is handed in where the account has not what the catalogue names.
    pub(super) fallback: Option<&'a str>,
}

/// A connection, opened.
pub(super) struct Account<'a> {
    pub(super) row: Row,
    pub(super) document: Document,
    pub(super) entry: Cow<'a, Entry>,
    pub(super) tokens: Tokens,
    pub(super) stored: StoredState,
    /// Of what a renewal hands in; none where there is nothing.
    pub(super) fingerprint: Option<String>,
}

impl Vault {
    /// The connection at an address.
    pub(super) fn account(
        &self,
        tx: &mut dyn ReadTx,
        unlocked: &Unlocked,
        address: &Address,
        view: View<'_>,
    ) -> Result<Account<'_>, Error> {
        let [provider, owner, name] = address.columns();
        let row = tx.row(Kind::Connection, &provider, &owner, &name)?;
        let row = row.ok_or_else(|| not_found(Kind::Connection, address))?;
        check_names(&row, Kind::Connection, [&provider, &owner, &name])?;
        self.opened(tx, unlocked, row, view)
    }

    /// The connection with an id; none where it is gone.
    pub(super) fn account_by_id(
        &self,
        tx: &mut dyn ReadTx,
        unlocked: &Unlocked,
        id: RecordId,
        view: View<'_>,
    ) -> Result<Option<Account<'_>>, Error> {
        match tx.row_by_id(id)? {
            Some(row) if row.meta.kind == Kind::Connection => self.opened(tx, unlocked, row, view).map(Some),
            _ => Ok(None),
        }
    }

    fn opened(
        &self,
        tx: &mut dyn ReadTx,
        unlocked: &Unlocked,
        row: Row,
        view: View<'_>,
    ) -> Result<Account<'_>, Error> {
        // What is remembered of rows has a lock of its own, which must be free at a fork.
        let _inside = crate::vault::enter();
        let document = Document::parse(open_known(&row, unlocked)?.into())?;
        let entry = renewed_by(self.catalogue.entry(&row.meta.provider.parse()?), view.fallback, &document);
        let stored = StoredState::read(tx, unlocked, row.meta.id)?;
        let time = |seconds: Option<i64>| seconds.and_then(|seconds| UnixTime::new(seconds).ok());
        let connected_at = stored.state.consented_at.unwrap_or(row.meta.connected_at);
        let tokens = Tokens {
            margin: view.margin,
            ..entry.tokens(
                &document,
                UnixTime::new(connected_at)?,
                time(stored.state.refreshed_at),
                time(row.meta.expires_at),
            )
        };
        let fingerprint = fingerprint(&entry, row.meta.id, &document, unlocked);
        Ok(Account { row, document, entry, tokens, stored, fingerprint })
    }
}

/// The entry that a renewal of a document goes by.
pub(super) fn renewed_by<'e>(
    entry: &'e Entry,
    fallback: Option<&str>,
    document: &Document,
) -> Cow<'e, Entry> {
    match fallback.and_then(|member| entry.spending(member, document)) {
        Some(entry) => Cow::Owned(entry),
        None => Cow::Borrowed(entry),
    }
}

/// What stands for the credential that a renewal hands in, so that two can be compared where only one is known; none where
/// there is none.
///
/// `fingerprint = HMAC-SHA-256[MAC key "dm/v1/mac/fingerprints"](fields(label, store, connection, the member's value as it
/// stands in the document))`
pub(super) fn fingerprint(
    entry: &Entry,
    id: RecordId,
    document: &Document,
    unlocked: &Unlocked,
) -> Option<String> {
    let value = entry.to_spend(document)?;
    let fields = Fields::new(labels::MAC_FINGERPRINTS)
        .bytes(unlocked.store_id.as_bytes())
        .bytes(id.as_bytes())
        .text(value);
    Some(hex(&unlocked.fingerprints.tag(&fields)))
}
