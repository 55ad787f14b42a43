//! What a record says.

use serde::{Deserialize, Serialize};

use crate::crypto::{Fields, MacKey, labels};
use crate::domain::{RecordId, hex};
use crate::store::{GrantHead, Kind, Meta};

/// What happened. The names are stable: queries ask for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::vault) enum What {
    /// The chain begins.
    Begun,
    /// A row, or a pair of an agent and an owner, that was there when the chain began.
    Baseline,
    /// The chain was found damaged by a write, and goes on behind it.
    Broken,
    /// A whole document was saved.
    Saved,
    /// A patch was laid over a document.
    Merged,
    /// A status was set.
    StatusSet,
    /// A row was deleted.
    Deleted,
    /// A connection was ended for good, and its row deleted, after the provider was asked or not.
    Disconnected,
    /// A row was sealed under a new data key.
    Renewed,
    /// A connection's credential was renewed.
    Refreshed,
    /// A renewal failed.
    RefreshFailed,
    /// A renewal was refused for good: a person has to consent again.
    NeedsReauth,
    /// A person has to consent again soon.
    Expiring,
    /// A row was made of the old option, or healed from it.
    Imported,
    /// An import was done.
    ImportDone,
    /// An owner was cleared, its rows each in a record of their own.
    OwnerCleared,
    /// A key became the primary one.
    KeyAdded,
    /// Every data key was wrapped under the primary key.
    Rewrapped,
    /// The store became another site's.
    Adopted,
    /// An agent was given a grant.
    GrantCreated,
    /// A grant was taken back, or ended with what it named.
    GrantRevoked,
    /// A grant was deleted: it had ended long ago, or was not what this library wrote.
    GrantDeleted,
    /// All that an agent had from an owner was ended, and something else than this library had changed it or put it back.
    PairReset,
    /// A credential was handed out.
    Acquired,
    /// A provider's class was let in while an agent acts.
    Admitted,
    /// Somebody was refused, for the first time in that hour.
    Refused,
    /// A provider's class would have been refused, for the first time in that hour, and was only watched.
    Observed,
    /// How a row or a pair stands, from a record that was pruned.
    Carried,
    /// Everything before a number was pruned.
    Checkpoint,
}

impl What {
    /// As stored and told.
    pub(in crate::vault) fn as_str(self) -> &'static str {
        match self {
            What::Begun => "begun",
            What::Baseline => "baseline",
            What::Broken => "broken",
            What::Saved => "saved",
            What::Merged => "merged",
            What::StatusSet => "status_set",
            What::Deleted => "deleted",
            What::Disconnected => "disconnected",
            What::Renewed => "renewed",
            What::Refreshed => "refreshed",
            What::RefreshFailed => "refresh_failed",
            What::NeedsReauth => "needs_reauth",
            What::Expiring => "expiring",
            What::Imported => "imported",
            What::ImportDone => "import_done",
            What::OwnerCleared => "owner_cleared",
            What::KeyAdded => "key_added",
            What::Rewrapped => "rewrapped",
            What::Adopted => "adopted",
            What::GrantCreated => "grant_created",
            What::GrantRevoked => "grant_revoked",
            What::GrantDeleted => "grant_deleted",
            What::Acquired => "acquired",
            What::Admitted => "admitted",
            What::PairReset => "pair_reset",
            What::Refused => "refused",
            What::Observed => "observed",
            What::Carried => "carried",
            What::Checkpoint => "checkpoint",
        }
    }
}

/// One thing that happened, before it is chained.
#[derive(Debug, Clone)]
pub(in crate::vault) struct Event {
    pub(in crate::vault) what: What,
    /// Who acted, where it was an agent.
    pub(in crate::vault) agent: Option<String>,
    /// Whose account it was.
    pub(in crate::vault) subject: Option<String>,
    pub(in crate::vault) connection: Option<RecordId>,
    pub(in crate::vault) grant: Option<RecordId>,
    pub(in crate::vault) facts: Facts,
}

/// What a record says beside its columns, as JSON: names, numbers and MACs of MACs, never a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::vault) struct Facts {
    /// `connection` or `config`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) provider: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) revision: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) seal_revision: Option<i64>,
    /// How the row stands since: see [`row_tag`]. Absent where there is none any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) row: Option<String>,
    /// How it stood before. Absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) was: Option<String>,
    /// How the grants of the record's agent and subject stand since. Absent where it says nothing of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) pair: Option<PairFacts>,
    /// A stable code: why refused, what was found broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) code: Option<String>,
    /// What a refused agent wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) target: Option<String>,
    /// On whose behalf an agent acted: `asking user:3`, `scheduled user:3`; absent where it was nobody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) behalf: Option<String>,
    /// What ran: `chat`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) context: Option<String>,
    /// The conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) session: Option<String>,
    /// The flow that ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) flow: Option<String>,
    /// The id of a key-encryption key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) key: Option<String>,
    /// The site that the store belongs to since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) site: Option<String>,
    /// The site that it belonged to before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) site_was: Option<String>,
    /// How many rows and pieces it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) count: Option<u64>,
    /// Until when, in Unix seconds: a renewal is not tried again, a person can still consent in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) until: Option<i64>,
    /// Of a checkpoint: the last number that was pruned, and that record's MAC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) through: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) mac: Option<String>,
    /// Of a checkpoint: how many findings were accepted with what was pruned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::vault) accepted: Option<u64>,
}

/// How a pair of an agent and an owner stands: its head over the active grants.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::vault) struct PairFacts {
    /// Since: see [`pair_tag`].
    pub(super) tag: String,
    /// Before. Absent where it had no grant yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) was: Option<String>,
    /// The number of the head: every change has one more.
    pub(super) sequence: i64,
}

impl PairFacts {
    /// What to record of a change.
    pub(in crate::vault) fn of(before: Option<&GrantHead>, after: &GrantHead, key: &MacKey) -> Self {
        let tag = |head: &GrantHead| pair_tag(&head.head, key);
        Self { tag: tag(after), was: before.map(tag), sequence: after.sequence }
    }
}

impl Facts {
    /// From a record; what does not parse says nothing, and its MAC tells why.
    pub(super) fn of(record: &[u8]) -> Self {
        serde_json::from_slice(record).unwrap_or_default()
    }
}

impl Event {
    /// Something about the store as a whole.
    pub(in crate::vault) fn of_store(what: What, facts: Facts) -> Self {
        Self { what, agent: None, subject: None, connection: None, grant: None, facts }
    }

    /// Something about a row: as it was before, and as it is since.
    pub(super) fn of_row(what: What, before: Option<&Meta>, after: Option<&Meta>, key: &MacKey) -> Self {
        let named = after.or(before);
        let facts = Facts {
            kind: named.map(|meta| kind_name(meta.kind).to_owned()),
            provider: named.map(|meta| meta.provider.clone()),
            account: named.map(|meta| meta.account.clone()),
            status: after.map(|meta| meta.status.clone()),
            revision: named.map(|meta| meta.revision),
            seal_revision: named.map(|meta| meta.seal_revision),
            row: after.map(|meta| row_tag(&meta.row_mac, key)),
            was: before.map(|meta| row_tag(&meta.row_mac, key)),
            ..Facts::default()
        };
        Self {
            subject: named.map(|meta| meta.owner.clone()),
            connection: named.map(|meta| meta.id),
            ..Self::of_store(what, facts)
        }
    }

    /// Something about what an agent has from an owner, as a whole.
    pub(in crate::vault) fn of_pair(what: What, agent: &str, owner: &str, stands: PairFacts) -> Self {
        Self {
            agent: Some(agent.to_owned()),
            subject: Some(owner.to_owned()),
            ..Self::of_store(what, Facts { pair: Some(stands), ..Facts::default() })
        }
    }

    /// Whether it says how a row stands since.
    pub(super) fn about_row(&self) -> bool {
        self.facts.row.is_some() || matches!(self.what, What::Deleted | What::Disconnected)
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Connection => "connection",
        Kind::Config => "config",
    }
}

/// What a record keeps of a row: a MAC of the row's MAC, in hexadecimal. The MAC itself, in the open, would help to put
/// the row back.
///
/// `row tag = HMAC-SHA-256[MAC key "dm/v1/mac/audit"](fields(label, "row", row MAC))`
pub(super) fn row_tag(row_mac: &[u8], key: &MacKey) -> String {
    tag("row", row_mac, key)
}

/// The same of a pair, by its head.
///
/// `pair tag = HMAC-SHA-256[MAC key "dm/v1/mac/audit"](fields(label, "pair", head of the pair))`
pub(super) fn pair_tag(head: &[u8], key: &MacKey) -> String {
    tag("pair", head, key)
}

fn tag(of: &str, mac: &[u8], key: &MacKey) -> String {
    hex(&key.tag(&Fields::new(labels::MAC_AUDIT).text(of).bytes(mac)))
}
