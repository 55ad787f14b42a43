//! Deleting a row.

use serde::Serialize;

use super::audit::What;
use super::grants::end_of_connection;
use super::save::check_revision;
use super::shared::Write;
use super::{Address, Error, Kind, Vault};
use crate::store::Meta;

/// What a deletion came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// Whether there was something; deleting what is absent is no error.
    pub deleted: bool,
    /// The id of what is gone.
    pub id: Option<String>,
    /// How many grants that named it ended with it.
    pub grants: u64,
    /// What a deletion here cannot do.
    pub note: String,
}

/// What no deletion here reaches.
pub(super) const BACKUPS: &str = "Backups made earlier stay readable to who has the key of that time.";
/// What a deletion by itself does not do.
pub(super) const NOT_TOLD: &str = "The provider was not told: revoke the access there.";

/// What every deletion here cannot do.
pub(super) fn note() -> String {
    format!("{BACKUPS} {NOT_TOLD}")
}

/// What went with a row.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Destroyed {
    /// How many pieces that were held back beside it at an import.
    pub(super) held_back: u64,
    /// How many grants that named it.
    pub(super) grants: u64,
    /// Whether somebody had the right to renew it.
    pub(super) lease: bool,
}

/// Deletes a row, its sealed document, its wrapped data key, what was held back beside it at an import, and ends the
/// grants that named it, each with its record; `code` is the row's record's.
pub(super) fn destroy(
    write: &mut Write<'_>,
    row: &Meta,
    what: What,
    code: Option<&str>,
) -> Result<Destroyed, Error> {
    let lease = write.is_leased(row.id)?;
    write.delete(row, what, code)?;
    let held_back = write.tx.delete_kept_of(row.id)?;
    let grants = end_of_connection(write, row.id, "the connection was deleted")?;
    Ok(Destroyed { held_back, grants, lease })
}

impl Vault {
    /// Deletes a row and what belongs to it. A row that does not open, or was tampered with, can be deleted too: that is
    /// the way out of it.
    pub fn delete(&self, kind: Kind, address: &Address, if_revision: Option<i64>) -> Result<Receipt, Error> {
        let [provider, owner, account] = address.columns();
        let (id, gone) = self.write(|write| {
            let row = write.tx.row(kind, &provider, &owner, &account)?;
            check_revision(if_revision, row.as_ref())?;
            let Some(row) = row else { return Ok((None, Destroyed::default())) };
            let gone = destroy(write, &row.meta, What::Deleted, None)?;
            Ok((Some(row.meta.id.to_string()), gone))
        })?;
        Ok(Receipt { deleted: id.is_some(), id, grants: gone.grants, note: note() })
    }
}
