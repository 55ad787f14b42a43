//! Asking whether a request may use a connection. Nothing is counted, written or opened.

use super::answer::Answer;
use super::gather::Gather;
use crate::domain::ActingRequest;
use crate::grants::Wanted;
use crate::vault::{Error, Vault};

impl Vault {
    /// Whether a request may use a connection now, and why not.
    pub fn check_grant(&self, request: &ActingRequest, wanted: &Wanted) -> Result<Answer, Error> {
        self.gather(|gather| {
            let outcome = gather.consider(request, wanted, false)?;
            Ok(Answer::of(&outcome, request, wanted))
        })
    }

    /// One snapshot to decide in.
    pub(super) fn gather<T>(
        &self,
        mut work: impl FnMut(&mut Gather<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.read(|tx, unlocked| work(&mut Gather::new(tx, &self.shared, unlocked, &self.catalogue)?))
    }
}
