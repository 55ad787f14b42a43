//! The optional parts of calls, as JSON.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::grant_json::{GrantJson, offers};
use crate::domain::json::given;
use crate::domain::{DisplayName, Invalid, RemoteId, Scopes, UnixTime};
use crate::vault::{
    Address, Cloned, Disconnect, Error, ExportOptions, Facts, Format, ImportOptions, Options, Query,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenOptions {
    path: PathBuf,
    site: String,
    #[serde(default)]
    clone: CloneJson,
    store_id: Option<String>,
    create: Option<bool>,
    document_root: Option<PathBuf>,
    key_file: Option<PathBuf>,
    patience_ms: Option<u64>,
    catalogue: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "clone has to be true, false or \"read\"")]
enum CloneJson {
    Flag(bool),
    Word(CloneWord),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum CloneWord {
    Read,
}

impl Default for CloneJson {
    fn default() -> Self {
        Self::Flag(false)
    }
}

impl CloneJson {
    fn into_cloned(self) -> Cloned {
        match self {
            Self::Flag(false) => Cloned::Refused,
            Self::Flag(true) => Cloned::Used,
            Self::Word(CloneWord::Read) => Cloned::Read,
        }
    }
}

impl OpenOptions {
    pub(super) fn into_options(self) -> Result<Options, Error> {
        let mut options = Options::new(self.path, self.site);
        options.store_id = member("store_id", self.store_id, |id| id.parse())?;
        options.clone = self.clone.into_cloned();
        options.create = self.create;
        options.document_root = self.document_root;
        options.key_file = self.key_file;
        if let Some(milliseconds) = self.patience_ms {
            options.patience = patience(milliseconds)?;
        }
        options.catalogue = self.catalogue.map(|json| json.get().as_bytes().to_vec());
        Ok(options)
    }
}

/// How long to wait.
pub(super) fn patience(milliseconds: u64) -> Result<Duration, Error> {
    if milliseconds > 600_000 {
        let message = "patience_ms: at most 600000 (ten minutes)";
        return Err(Error::of_argument("patience_ms", message));
    }
    Ok(Duration::from_millis(milliseconds))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SaveOptions {
    if_revision: Option<i64>,
    exclusive_name: bool,
    #[serde(deserialize_with = "given")]
    remote_id: Option<Option<String>>,
    replace: bool,
    renewed: bool,
    #[serde(deserialize_with = "given")]
    pub(super) display_name: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    pub(super) scopes: Option<Option<Vec<String>>>,
    status: Option<String>,
    #[serde(deserialize_with = "given")]
    pub(super) expires_at: Option<Option<i64>>,
    grants: Vec<GrantJson>,
}

impl SaveOptions {
    pub(super) fn into_facts(mut self, address: &Address) -> Result<Facts, Error> {
        let grants = offers(std::mem::take(&mut self.grants), address)?;
        Ok(Facts { grants, ..self.into_facts_without_grants()? })
    }

    /// All that is said of the document alone.
    pub(super) fn into_facts_without_grants(self) -> Result<Facts, Error> {
        Ok(Facts {
            if_revision: self.if_revision,
            exclusive_name: self.exclusive_name,
            remote_id: nullable("remote_id", self.remote_id, |id| id.parse::<RemoteId>())?,
            replace: self.replace,
            display_name: nullable("display_name", self.display_name, |name| name.parse::<DisplayName>())?,
            scopes: nullable("scopes", self.scopes, Scopes::new)?,
            status: member("status", self.status, |status| status.parse())?,
            expires_at: nullable("expires_at", self.expires_at, UnixTime::new)?,
            renewed: self.renewed,
            grants: Vec::new(),
        })
    }
}

/// Makes a value of a member that is there; the error names the member as the caller wrote it.
pub(super) fn member<T, U>(
    name: &'static str,
    given: Option<T>,
    make: impl Fn(T) -> Result<U, Invalid>,
) -> Result<Option<U>, Error> {
    given.map(make).transpose().map_err(|error| Error::from(Invalid { what: name, ..error }))
}

/// The same for one that may be null.
fn nullable<T, U>(
    name: &'static str,
    given: Option<Option<T>>,
    make: impl Fn(T) -> Result<U, Invalid>,
) -> Result<Option<Option<U>>, Error> {
    given.map(|value| member(name, value, &make)).transpose()
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DeleteOptions {
    pub(super) if_revision: Option<i64>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DisconnectOptions {
    at_provider: Option<String>,
    reason: Option<String>,
    if_revision: Option<i64>,
    id: Option<String>,
}

impl DisconnectOptions {
    pub(super) fn into_disconnect(self) -> Result<Disconnect, Error> {
        Ok(Disconnect {
            at_provider: member("at_provider", self.at_provider, |text| text.parse())?.unwrap_or_default(),
            reason: self.reason,
            if_revision: self.if_revision,
            id: member("id", self.id, |text| text.parse())?,
        })
    }
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
        Ok(Query {
            provider: member("provider", self.provider, |text| text.parse())?,
            owner: member("owner", self.owner, |text| text.parse())?,
            account: member("account", self.account, |text| text.parse())?,
            remote_id: member("remote_id", self.remote_id, |text| text.parse())?,
            status: member("status", self.status, |text| text.parse())?,
            expiring_before: member("expiring_before", self.expiring_before, UnixTime::new)?,
            after: member("after", self.after, |text| text.parse())?,
            limit: limited(self.limit, 1000)?,
        })
    }
}

/// How much is asked for at once, if it is said.
pub(super) fn limited(limit: Option<u32>, most: u32) -> Result<Option<u32>, Error> {
    if limit.is_some_and(|limit| !(1..=most).contains(&limit)) {
        return Err(Error::of_argument("limit", format!("limit: 1 to {most}")));
    }
    Ok(limit)
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
    from: usize,
    limit: Option<NonZeroUsize>,
}

impl ImportRequest {
    pub(super) fn options(&self) -> ImportOptions {
        let Self { dry_run, from, .. } = *self;
        let limit = self.limit.map(NonZeroUsize::get);
        ImportOptions { dry_run, from, limit, ..ImportOptions::new(format(self.format.as_ref())) }
    }
}

fn format(given: Option<&FormatName>) -> Format {
    match given {
        None | Some(FormatName::Php) => Format::Php,
        Some(FormatName::Json) => Format::Json,
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WriteRequest {
    format: Option<FormatName>,
}

impl WriteRequest {
    pub(super) fn format(&self) -> Format {
        format(self.format.as_ref())
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ExportRequest {
    format: Option<FormatName>,
    fields: FieldsJson,
    leave_out: bool,
}

impl ExportRequest {
    pub(super) fn into_options(self) -> ExportOptions {
        let (fields, fields_of) = match self.fields {
            FieldsJson::OfAll(fields) => (fields, BTreeMap::new()),
            FieldsJson::OfEach(fields_of) => (Vec::new(), fields_of),
        };
        ExportOptions { format: format(self.format.as_ref()), fields, fields_of, leave_out: self.leave_out }
    }
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a list of members, or an object with such a list for each provider")]
enum FieldsJson {
    OfAll(Vec<String>),
    OfEach(BTreeMap<String, Vec<String>>),
}

impl Default for FieldsJson {
    fn default() -> Self {
        Self::OfAll(Vec::new())
    }
}
