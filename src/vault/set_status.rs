//! Saying how a connection fares, without touching its document.

use super::audit::What;
use super::get::not_found;
use super::row::{check_address, sign};
use super::{About, Address, Code, Error, Kind, Vault};
use crate::domain::Status;

/// The longest cause that is kept, in bytes.
const CAUSE_LIMIT: usize = 255;

impl Vault {
    /// Sets a connection's status, where the present one allows it, with a cause that says why (or none).
    pub fn set_status(&self, address: &Address, status: Status, cause: Option<&str>) -> Result<About, Error> {
        check_cause("cause", cause)?;
        let [provider, owner, account] = address.columns();
        let kind = Kind::Connection;
        self.write(|write| {
            let row = write.tx.row(kind, &provider, &owner, &account)?;
            let mut row = row.ok_or_else(|| not_found(kind, address))?;
            check_address(&row, kind, address, write.unlocked)?;
            let present: Status = row.meta.status.parse()?;
            if !present.may_become(status) {
                let message = format!(
                    "a connection that is {present} cannot become {status}; connect it again with a save"
                );
                let error = Error::new(Code::InvalidTransition, message).with("from", present.as_str());
                return Err(error.with("to", status.as_str()));
            }
            let before = row.meta.clone();
            row.meta.status = status.as_str().to_owned();
            row.meta.status_cause = cause.map(str::to_owned);
            row.meta.revision += 1;
            row.meta.updated_at = write.now.seconds();
            sign(&mut row.meta, write.unlocked);
            write.update(&before, &row, What::StatusSet)?;
            Ok(About::of(row.meta, write.unlocked, write.now))
        })
    }
}

/// Refuses what is no short code; the error names the argument.
pub(super) fn check_cause(argument: &str, cause: Option<&str>) -> Result<(), Error> {
    if cause.is_some_and(|cause| cause.len() > CAUSE_LIMIT || cause.chars().any(char::is_control)) {
        let message =
            format!("{argument}: at most 255 bytes, without control characters, and never a secret");
        return Err(Error::of_argument(argument, message));
    }
    Ok(())
}
