//! Where a row is looked for.

use crate::domain::{AccountName, Owner, Provider};
use crate::store::Kind;

/// What a row is, for a person.
pub(super) fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Connection => "connection",
        Kind::Config => "app config",
    }
}

/// The three names that are unique among the rows of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The outside service.
    pub provider: Provider,
    /// Whose it is.
    pub owner: Owner,
    /// Which of the owner's accounts there.
    pub account: AccountName,
}

impl Address {
    /// The names as they are stored.
    pub(super) fn columns(&self) -> [String; 3] {
        [self.provider.to_string(), self.owner.to_string(), self.account.to_string()]
    }
}
