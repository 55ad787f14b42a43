//! The optional parts of calls, as JSON.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::domain::{DisplayName, RemoteId, Scopes, UnixTime};
use crate::vault::{Code, Error, Facts, Format, ImportOptions, Options, Query};

/// A member that may be absent, null, or there.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenOptions {
    path: PathBuf,
    site: String,
    store_id: Option<String>,
    create: Option<bool>,
    document_root: Option<PathBuf>,
    key_file: Option<PathBuf>,
    patience_ms: Option<u64>,
    catalogue: Option<Box<RawValue>>,
}

impl OpenOptions {
    pub(super) fn into_options(self) -> Result<Options, Error> {
        let mut options = Options::new(self.path, self.site);
        options.store_id = self.store_id.map(|id| id.parse()).transpose()?;
        options.create = self.create;
        options.document_root = self.document_root;
        options.key_file = self.key_file;
        if let Some(milliseconds) = self.patience_ms {
            if milliseconds > 600_000 {
                let message = "patience_ms: at most 600000 (ten minutes)";
                return Err(Error::new(Code::InvalidArgument, message).with("argument", "patience_ms"));
            }
            options.patience = Duration::from_millis(milliseconds);
        }
        options.catalogue = self.catalogue.map(|json| json.get().as_bytes().to_vec());
        Ok(options)
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SaveOptions {
    if_revision: Option<i64>,
    #[serde(deserialize_with = "given")]
    remote_id: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    display_name: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    scopes: Option<Option<Vec<String>>>,
    status: Option<String>,
    #[serde(deserialize_with = "given")]
    expires_at: Option<Option<i64>>,
}

impl SaveOptions {
    pub(super) fn into_facts(self) -> Result<Facts, Error> {
        Ok(Facts {
            if_revision: self.if_revision,
            remote_id: inner(self.remote_id, |id| id.parse::<RemoteId>())?,
            display_name: inner(self.display_name, |name| name.parse::<DisplayName>())?,
            scopes: inner(self.scopes, Scopes::new)?,
            status: self.status.map(|status| status.parse()).transpose()?,
            expires_at: inner(self.expires_at, UnixTime::new)?,
        })
    }
}

fn inner<T, U, E>(
    given: Option<Option<T>>,
    make: impl Fn(T) -> Result<U, E>,
) -> Result<Option<Option<U>>, E> {
    given.map(|value| value.map(&make).transpose()).transpose()
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DeleteOptions {
    pub(super) if_revision: Option<i64>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FindQuery {
    provider: Option<String>,
    owner: Option<String>,
    account: Option<String>,
    remote_id: Option<String>,
    status: Option<String>,
    expiring_before: Option<i64>,
    after: Option<String>,
    limit: Option<u32>,
}

impl FindQuery {
    pub(super) fn into_query(self) -> Result<Query, Error> {
        if self.limit.is_some_and(|limit| !(1..=1000).contains(&limit)) {
            let message = "limit: 1 to 1000";
            return Err(Error::new(Code::InvalidArgument, message).with("argument", "limit"));
        }
        Ok(Query {
            provider: self.provider.map(|text| text.parse()).transpose()?,
            owner: self.owner.map(|text| text.parse()).transpose()?,
            account: self.account.map(|text| text.parse()).transpose()?,
            remote_id: self.remote_id.map(|text| text.parse()).transpose()?,
            status: self.status.map(|text| text.parse()).transpose()?,
            expiring_before: self.expiring_before.map(UnixTime::new).transpose()?,
            after: self.after.map(|text| text.parse()).transpose()?,
            limit: self.limit,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum FormatName {
    Php,
    Json,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ImportRequest {
    format: Option<FormatName>,
    dry_run: bool,
}

impl ImportRequest {
    pub(super) fn options(&self) -> ImportOptions {
        let format = match self.format {
            None | Some(FormatName::Php) => Format::Php,
            Some(FormatName::Json) => Format::Json,
        };
        ImportOptions { format, dry_run: self.dry_run }
    }
}
