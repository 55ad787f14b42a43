//! Where in the old option something stood.

use super::value::Key;
use crate::domain::{AccountName, Owner, OwnerClass, Provider};

/// The place of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slot {
    /// An account; the unnamed one is `default`.
    Account {
        /// Of which provider.
        provider: Provider,
        /// Whose: `site:0`, `user:N` or `agent:N`.
        owner: Owner,
        /// Which of them.
        account: AccountName,
    },
    /// An app config.
    Config {
        /// Of which provider.
        provider: Provider,
        /// Whose: `site:0`, `user:N` or `agent:N`.
        owner: Owner,
    },
    /// Any other place.
    Other {
        /// The keys that lead to it. One that cannot be shown as it is has `\` escapes.
        path: Vec<String>,
    },
}

impl Slot {
    /// The keys that lead to it, such as `reddit`, `principals`, `user:66`, `account`. No two places have the same.
    pub fn path(&self) -> Vec<String> {
        match self {
            Self::Account { provider, owner, account } if *account == AccountName::default() => {
                below(owner_path(provider, owner), "account")
            }
            Self::Account { provider, owner, account } => {
                below(below(owner_path(provider, owner), "accounts"), account.as_str())
            }
            Self::Config { provider, owner } => below(owner_path(provider, owner), "config"),
            Self::Other { path } => path.clone(),
        }
    }
}

/// The path to where a provider keeps what is one owner's: the site's own lies directly in the provider.
pub(super) fn owner_path(provider: &Provider, owner: &Owner) -> Vec<String> {
    let path = vec![provider.to_string()];
    match owner.class() {
        OwnerClass::Service => path,
        OwnerClass::Personal | OwnerClass::Agent => below(below(path, "principals"), owner.to_string()),
    }
}

pub(super) fn below(mut path: Vec<String>, key: impl Into<String>) -> Vec<String> {
    path.push(key.into());
    path
}

/// A key for a path. What is no text, or would disturb a terminal, is escaped; a backslash then too, so that no two
/// keys look alike.
pub(super) fn shown(key: Key) -> String {
    match std::str::from_utf8(key.bytes()) {
        Ok(text) if !text.chars().any(|c| c.is_control() || c == '\\') => text.to_owned(),
        _ => key.bytes().escape_ascii().to_string(),
    }
}
