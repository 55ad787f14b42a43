//! The optional parts of the audit's calls, as JSON.

use serde::Deserialize;

use super::options::{limited, member};
use crate::domain::UnixTime;
use crate::vault::{Anchor, AuditQuery, Error, EventsOptions, PruneOptions, VerifyOptions};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AuditRequest {
    agent: Option<String>,
    subject: Option<String>,
    connection: Option<String>,
    event: Option<String>,
    since: Option<i64>,
    until: Option<i64>,
    newest_first: bool,
    after: Option<String>,
    limit: Option<u32>,
}

impl AuditRequest {
    pub(super) fn into_query(self) -> Result<AuditQuery, Error> {
        Ok(AuditQuery {
            since: member("since", self.since, UnixTime::new)?,
            until: member("until", self.until, UnixTime::new)?,
            agent: member("agent", self.agent, |text| text.parse())?,
            subject: member("subject", self.subject, |text| text.parse())?,
            connection: member("connection", self.connection, |text| text.parse())?,
            event: self.event,
            newest_first: self.newest_first,
            after: member("after", self.after, |text| text.parse())?,
            limit: limited(self.limit, 1000)?,
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct VerifyRequest {
    after: Option<String>,
    limit: Option<u32>,
    anchor: Option<Anchor>,
}

impl VerifyRequest {
    pub(super) fn into_options(self) -> Result<VerifyOptions, Error> {
        Ok(VerifyOptions {
            after: member("after", self.after, |text| text.parse())?,
            limit: limited(self.limit, 10_000)?,
            anchor: self.anchor,
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PruneRequest {
    before: Option<i64>,
    accept_findings: bool,
    ignore_consumers: bool,
}

impl PruneRequest {
    pub(super) fn into_options(self) -> Result<PruneOptions, Error> {
        let before = member("before", self.before, UnixTime::new)?.ok_or_else(|| {
            let message = "before: give the time, in Unix seconds, before which records go";
            Error::of_argument("before", message)
        })?;
        let Self { accept_findings, ignore_consumers, .. } = self;
        Ok(PruneOptions { before, accept_findings, ignore_consumers })
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct EventsRequest {
    limit: Option<u32>,
    from_start: bool,
}

impl EventsRequest {
    pub(super) fn into_options(self) -> Result<EventsOptions, Error> {
        Ok(EventsOptions { limit: limited(self.limit, 1000)?, from_start: self.from_start })
    }
}
