//! What a document says about its connection.

use zeroize::Zeroizing;

use super::Entry;
use crate::domain::{DisplayName, Document, RemoteId, Scopes, UnixTime};

/// What the plain columns of a connection say, read from its document. A member that is missing or makes no sense
/// is none, never an error: what a provider's class stored has to be kept whatever it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// When the access ends.
    pub expires_at: Option<UnixTime>,
    /// What it may do. An empty text says nothing.
    pub scopes: Option<Scopes>,
    /// What the provider calls the account.
    pub remote_id: Option<RemoteId>,
    /// What a person calls the account.
    pub display_name: Option<DisplayName>,
}

impl Entry {
    /// Reads the facts from an account's document.
    pub fn facts(&self, document: &Document) -> Facts {
        let members = &self.members;
        Facts {
            expires_at: first(&members.expires_at, |name| time(document, name)),
            scopes: first(&members.scopes, |name| {
                let scopes = Scopes::parse(&document.string(name)?, self.scope_separator).ok()?;
                (!scopes.is_empty()).then_some(scopes)
            }),
            remote_id: first(&members.remote_id, |name| text(document, name)?.trim().parse().ok()),
            display_name: first(&members.display_name, |name| DisplayName::lossy(&text(document, name)?)),
        }
    }

    /// Whether a document or patch brings a credential: one of the secrets, not null and not empty.
    pub fn carries_credentials(&self, document: &Document) -> bool {
        let brings =
            |name: &String| document.get(name).is_some_and(|value| value != "null" && value != "\"\"");
        self.secrets.iter().any(brings)
    }
}

fn first<T>(names: &[String], read: impl Fn(&str) -> Option<T>) -> Option<T> {
    names.iter().find_map(|name| read(name))
}

/// A string, or a number's digits: providers' ids are either.
fn text(document: &Document, name: &str) -> Option<Zeroizing<String>> {
    let digits = || document.get(name).filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()));
    document.string(name).or_else(|| Some(Zeroizing::new(digits()?.to_owned())))
}

/// Seconds; also milliseconds, as JavaScript counts, of any day since 2001. 0 is how PHP writes "no expiry".
fn time(document: &Document, name: &str) -> Option<UnixTime> {
    match document.integer(name)? {
        0 => None,
        milliseconds @ 1_000_000_000_000.. => UnixTime::new(milliseconds / 1000).ok(),
        seconds => UnixTime::new(seconds).ok(),
    }
}
