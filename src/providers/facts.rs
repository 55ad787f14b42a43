//! What a document says about its connection.

use zeroize::Zeroizing;

use super::{Entry, Refresh, Tokens};
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

    /// What the row and the account's document say of its tokens. Where both do, of the consent the document knows
    /// better (a row's time is kept when the same account is connected again), and of a renewal the later one counts.
    pub fn tokens(
        &self,
        document: &Document,
        connected_at: UnixTime,
        refreshed_at: Option<UnixTime>,
        expires_at: Option<UnixTime>,
    ) -> Tokens {
        let at = |names: &[String]| first(names, |name| time(document, name)).map(UnixTime::seconds);
        Tokens {
            consented_at: at(&self.members.consented_at).unwrap_or(connected_at.seconds()),
            refreshed_at: refreshed_at.map(UnixTime::seconds).max(at(&self.members.refreshed_at)),
            expires_at: expires_at.map(UnixTime::seconds),
            refresh_expires_at: at(&self.members.refresh_expires_at),
            renewable: self.to_spend(document).is_some(),
            margin: None,
        }
    }

    /// What a renewal hands in, as it stands in the document: neither null nor empty.
    pub fn to_spend<'d>(&self, document: &'d Document) -> Option<&'d str> {
        let name = &self.refresh.as_ref()?.spends;
        document.get(name).filter(|_| brings(document, name))
    }

    /// Whether two documents of an account have the same to hand in: what the catalogue names, or where neither has that all
    /// of the secrets, since a caller may renew it with another member ([`spending`](Self::spending)).
    pub fn is_renewed_alike(&self, before: &Document, after: &Document) -> bool {
        match (self.to_spend(before), self.to_spend(after)) {
            (None, None) => self.secrets.iter().all(|name| before.get(name) == after.get(name)),
            (before, after) => before == after,
        }
    }

    /// The same entry for an account that a caller renews with another member than the catalogue names, if it has that.
    pub fn spending(&self, member: &str, document: &Document) -> Option<Entry> {
        let usual = self.to_spend(document).is_some();
        let refresh = self.refresh.clone().map_or_else(
            || Refresh::spending(member),
            |refresh| Refresh { spends: member.to_owned(), ..refresh },
        );
        (!usual && brings(document, member)).then(|| Entry { refresh: Some(refresh), ..self.clone() })
    }

    /// Whether a document or patch brings a credential: one of the secrets, not null and not empty.
    pub fn carries_credentials(&self, document: &Document) -> bool {
        self.secrets.iter().any(|name| brings(document, name))
    }
}

fn brings(document: &Document, name: &str) -> bool {
    document.get(name).is_some_and(|value| value != "null" && value != "\"\"")
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
