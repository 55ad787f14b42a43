//! What an entry of the catalogue says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::refresh::{Expiry, Refresh};
use crate::domain::{ScopeSeparator, Scopes};

/// What is known about one provider. What is not known is none.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object, the provider's entry")]
pub struct Entry {
    /// Its name for a person: `Instagram`.
    pub name: String,
    /// How an account may be connected; the usual way first.
    pub auth: Vec<Auth>,
    /// What stands between the scopes in its answers.
    #[serde(default)]
    pub scope_separator: ScopeSeparator,
    /// Which members of a document say what.
    pub members: Members,
    /// The members, of the account or where that has none of the app config, that may be handed to an agent.
    /// Nothing else may.
    #[serde(rename = "use")]
    pub use_list: Vec<String>,
    /// What may be done with an account, in words of our own, and the scopes that each needs: all of them.
    #[serde(default)]
    pub operations: BTreeMap<String, Scopes>,
    /// The scopes that an agent may ever get; none where there is no such limit.
    pub ceiling: Option<Scopes>,
    /// The members, of accounts and app configs, that are credentials.
    pub secrets: Vec<String>,
    /// How the app names itself at the token endpoint.
    pub token_endpoint_auth: Option<TokenEndpointAuth>,
    /// Whether it takes a proof key (RFC 7636).
    pub pkce: Option<Pkce>,
    /// How its tokens are renewed; none where they are not.
    pub refresh: Option<Refresh>,
    /// How long things last.
    #[serde(default)]
    pub expiry: Expiry,
    /// How consent is ended at the provider.
    pub revocation: Option<Revocation>,
    /// What else somebody who writes code for this provider has to know.
    pub note: Option<String>,
}

/// A way to connect an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// OAuth 1.0a (RFC 5849).
    #[serde(rename = "oauth1")]
    OAuth1,
    /// OAuth 2 (RFC 6749).
    #[serde(rename = "oauth2")]
    OAuth2,
    /// A password made for one app.
    AppPassword,
    /// A user name and a password.
    Password,
    /// A token that a person makes at the provider and pastes.
    Token,
}

/// Which top-level members of a document say what. Of several the first that makes sense counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Members {
    /// When the access ends.
    #[serde(default)]
    pub expires_at: Vec<String>,
    /// When the means to renew it end.
    #[serde(default)]
    pub refresh_expires_at: Vec<String>,
    /// When a person consented.
    #[serde(default)]
    pub consented_at: Vec<String>,
    /// When the access was renewed.
    #[serde(default)]
    pub refreshed_at: Vec<String>,
    /// What it may do.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// What the provider calls the account, for good.
    #[serde(default)]
    pub remote_id: Vec<String>,
    /// What a person calls it.
    #[serde(default)]
    pub display_name: Vec<String>,
}

/// How the app names itself at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenEndpointAuth {
    /// By an `Authorization: Basic` header.
    Basic,
    /// By parameters of the request's body.
    Body,
}

/// What a provider thinks of PKCE (RFC 7636).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pkce {
    /// It does not know it.
    None,
    /// It takes it.
    Optional,
    /// It insists on it.
    Required,
}

/// How consent is ended at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// The HTTP method.
    pub method: RevocationMethod,
    /// Where to; a name in braces is a member of the account or the app config.
    pub url: String,
}

/// The method of a [`Revocation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RevocationMethod {
    /// `DELETE`
    Delete,
    /// `POST` (RFC 7009)
    Post,
}

/// What never leaves through the agent's door: it renews access, or makes anybody the app.
const NEVER_HANDED_OUT: [&str; 5] =
    ["refresh_token", "client_secret", "app_secret", "consumer_secret", "api_secret"];

impl Entry {
    /// Finds what the types alone do not: each would leak a secret, or fail in silence.
    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(member) = self.use_list.iter().find(|member| NEVER_HANDED_OUT.contains(&member.as_str()))
        {
            return Err(format!("use: {member} is never handed out"));
        }
        if !self.use_list.iter().any(|member| self.secrets.contains(member)) {
            return Err(
                "use: has to name one of the secrets, or an agent could do nothing with it".to_owned()
            );
        }
        if Scopes::new(self.operations.keys().map(String::as_str)).is_err() {
            return Err(
                "operations: a name must be 1 to 256 bytes without white space, and 256 at most".to_owned()
            );
        }
        if let Some((operation, _)) = self.operations.iter().find(|(_, needs)| !self.may_need(needs)) {
            return Err(format!(
                "operations: {operation} needs more than the ceiling allows, so nobody could do it"
            ));
        }
        let members = &self.members;
        let mut in_the_clear = [
            &members.expires_at,
            &members.refresh_expires_at,
            &members.consented_at,
            &members.refreshed_at,
            &members.scopes,
            &members.remote_id,
            &members.display_name,
        ]
        .into_iter()
        .flatten();
        if let Some(member) = in_the_clear.find(|member| self.secrets.contains(member)) {
            return Err(format!(
                "members: {member} is one of the secrets, and these are kept in plain columns"
            ));
        }
        self.expiry.check()?;
        self.refresh.as_ref().map_or(Ok(()), |refresh| refresh.check(&self.expiry, &self.secrets))
    }

    fn may_need(&self, scopes: &Scopes) -> bool {
        self.ceiling.as_ref().is_none_or(|ceiling| scopes.is_subset(ceiling))
    }
}
