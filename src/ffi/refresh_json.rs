//! What renewing takes, as JSON.

use serde::Deserialize;

use super::options::{SaveOptions, patience};
use crate::domain::json::given;
use crate::vault::{Begin, Commit, DueOptions, Error, ProviderAnswer};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BeginJson {
    margin: Option<u64>,
    force: bool,
    rejected_revision: Option<i64>,
    fallback: Option<String>,
    http_timeout: Option<u32>,
    patience_ms: Option<u64>,
}

impl BeginJson {
    pub(super) fn into_begin(self) -> Result<Begin, Error> {
        let http_timeout = within("http_timeout", self.http_timeout, 30, 1, 300)?;
        Ok(Begin {
            margin: self.margin,
            force: self.force,
            rejected_revision: self.rejected_revision,
            fallback: self.fallback,
            http_timeout,
            patience: self.patience_ms.map(patience).transpose()?,
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CommitJson {
    if_revision: Option<i64>,
    #[serde(deserialize_with = "given")]
    display_name: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    scopes: Option<Option<Vec<String>>>,
    #[serde(deserialize_with = "given")]
    expires_at: Option<Option<i64>>,
}

impl CommitJson {
    pub(super) fn into_commit(self) -> Result<Commit, Error> {
        let Self { if_revision, display_name, scopes, expires_at } = self;
        let mut facts = SaveOptions::default();
        (facts.display_name, facts.scopes, facts.expires_at) = (display_name, scopes, expires_at);
        Ok(Commit { if_revision, facts: facts.into_facts_without_grants()? })
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AnswerJson {
    status: Option<u16>,
    error: Option<String>,
    retry_after: Option<u64>,
    unsupported: bool,
}

impl AnswerJson {
    pub(super) fn into_answer(self) -> Result<ProviderAnswer, Error> {
        if self.status.is_some_and(|status| !(100..=599).contains(&status)) {
            let message = "status: must be an HTTP status, 100 to 599; leave it out where no answer came";
            return Err(Error::of_argument("status", message));
        }
        let Self { status, error, retry_after, unsupported } = self;
        Ok(ProviderAnswer { status, error, retry_after, unsupported })
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DueJson {
    limit: Option<u32>,
    claim: Option<u32>,
}

impl DueJson {
    pub(super) fn into_options(self) -> Result<DueOptions, Error> {
        Ok(DueOptions {
            limit: within("limit", self.limit, 20, 1, 100)?,
            claim: within("claim", self.claim, 600, 1, 86_400)?,
        })
    }
}

/// A number of a range, or what it is by itself.
fn within(name: &'static str, given: Option<u32>, usual: u32, least: u32, most: u32) -> Result<u32, Error> {
    let number = given.unwrap_or(usual);
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    Err(Error::of_argument(name, format!("{name}: must be {least} to {most}")))
}
