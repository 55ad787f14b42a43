//! Where a row is looked for.

use crate::domain::{AccountName, Owner, Provider};

/// What a row is. App configs are owned, stored and sealed like connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A connected account.
    Connection,
    /// A provider's client registration; always under the account name `default`.
    Config,
}

impl Kind {
    /// As the store's column has it.
    pub(super) fn column(self) -> i64 {
        match self {
            Kind::Connection => 0,
            Kind::Config => 1,
        }
    }

    /// For a person.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Kind::Connection => "connection",
            Kind::Config => "app config",
        }
    }

    /// From the store's column; anything else was put there by somebody else.
    pub(super) fn from_column(column: i64) -> Option<Self> {
        [Kind::Connection, Kind::Config].into_iter().find(|kind| kind.column() == column)
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
