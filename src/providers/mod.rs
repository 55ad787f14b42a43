//! The catalogue: what is known about each provider, as data. No other layer branches on a provider's name.
//!
//! The entries are in `catalogue.json`; what is not known stays unset there. A caller may add entries, or replace
//! them whole, with a JSON document of the same shape: `{"providers": {"slug": {entry}}}`. A provider without an
//! entry works by the generic one; of the old option its accounts are only taken apart where the caller says `"any": true`.
//!
//! How the `use` lists were drawn up (what an agent may be handed):
//!
//! - No refresh token and no secret of the app, whatever the kind of OAuth. A catalogue that says otherwise is refused.
//! - OAuth 1.0a (`twitter`): the access token and its secret, since no request can be signed without both. The app's
//!   `api_secret`, without which they sign nothing, stays with the app config.
//! - `facebook`: the page's token. The user's token, which makes page tokens and is what a refresh spends, stays.
//! - Passwords (`email_imap`, `http_basic`, `bluesky`): there is nothing less than the password itself.
//! - With them goes what a request has to name: the account's id at the provider, the host.

mod entry;
mod facts;
mod policy;
mod refresh;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::domain::json::read;
use crate::domain::{Invalid, Provider};

pub use entry::{Auth, Entry, Members, Pkce, Revocation, RevocationMethod, TokenEndpointAuth};
pub use facts::Facts;
pub use policy::{Cause, Jitter, Never, NextRefresh, Retry, Tokens, Verdict};
pub use refresh::{Answers, Backoff, Expiry, Refresh, Seconds};

/// What is known about the providers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    generic: Entry,
    #[serde(deserialize_with = "checked")]
    providers: BTreeMap<Provider, Entry>,
    #[serde(default)]
    any: bool,
}

/// What a caller adds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with the member `providers`, or `any`")]
struct Extension {
    #[serde(default, deserialize_with = "checked")]
    providers: BTreeMap<Provider, Entry>,
    /// Every other provider is known as well, by the generic entry.
    #[serde(default)]
    any: bool,
}

impl Catalogue {
    /// The catalogue that the library comes with.
    pub fn embedded() -> &'static Catalogue {
        static EMBEDDED: LazyLock<Catalogue> = LazyLock::new(|| {
            read("catalogue", include_bytes!("catalogue.json")).expect("the embedded catalogue is tested")
        });
        &EMBEDDED
    }

    /// This catalogue with the entries of a caller's JSON document, each in place of the one of its name.
    pub fn extended(&self, json: &[u8]) -> Result<Catalogue, Invalid> {
        let extension = read::<Extension>("catalogue", json)?;
        let mut extended = self.clone();
        extended.providers.extend(extension.providers);
        extended.any |= extension.any;
        Ok(extended)
    }

    /// What is known about a provider: its own entry, or else the generic one.
    pub fn entry(&self, provider: &Provider) -> &Entry {
        self.providers.get(provider).unwrap_or(&self.generic)
    }

    /// Whether a provider has an entry of its own, or needs none.
    pub fn knows(&self, provider: &Provider) -> bool {
        self.any || self.providers.contains_key(provider)
    }
}

fn checked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Provider, Entry>, D::Error> {
    let entries = BTreeMap::<String, Entry>::deserialize(deserializer)?;
    let checked = entries.into_iter().map(|(slug, entry)| {
        let provider = slug.parse().map_err(|error| format!("{slug:?}: {error}"))?;
        entry.check().map_err(|problem| format!("{slug}: {problem}"))?;
        Ok((provider, entry))
    });
    checked.collect::<Result<_, String>>().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests;
