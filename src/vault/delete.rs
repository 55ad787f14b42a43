//! Disconnecting.

use serde::Serialize;

use super::grants::end_of_connection;
use super::save::check_revision;
use super::{Address, Error, Kind, Vault};

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
    pub note: &'static str,
}

/// What every deletion here cannot do.
pub(super) const NOTE: &str = "Backups made earlier stay readable to who has the key of that time. The provider was not \
                               told: revoke the access there.";

impl Vault {
    /// Deletes a row, its sealed document, its wrapped data key and what was held back beside it at an import. A row
    /// that does not open, or was tampered with, can be deleted too: that is the way out of it.
    pub fn delete(&self, kind: Kind, address: &Address, if_revision: Option<i64>) -> Result<Receipt, Error> {
        let [provider, owner, account] = address.columns();
        let (id, grants) = self.write(|write| {
            let row = write.tx.row(kind, &provider, &owner, &account)?;
            check_revision(if_revision, row.as_ref())?;
            let Some(row) = row else { return Ok((None, 0)) };
            write.delete(&row.meta, None)?;
            write.tx.delete_kept_of(row.meta.id)?;
            let ended = end_of_connection(write, row.meta.id, "the connection was deleted")?;
            Ok((Some(row.meta.id.to_string()), ended))
        })?;
        Ok(Receipt { deleted: id.is_some(), id, grants, note: NOTE })
    }
}
