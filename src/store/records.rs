//! What a store holds: plain columns and ciphertext. Nothing here is checked or opened; that is the vault's part.

use crate::domain::{KeyId, RecordId, StoreId};

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A connected account.
    Connection,
    /// An app config: the provider's client registration.
    Config,
}

impl Kind {
    /// As stored.
    pub fn code(self) -> i64 {
        match self {
            Kind::Connection => 0,
            Kind::Config => 1,
        }
    }

    /// From what is stored.
    pub fn from_code(code: i64) -> Option<Self> {
        [Kind::Connection, Kind::Config].into_iter().find(|kind| kind.code() == code)
    }
}

/// The plain columns of a row, exactly as stored. They may have been edited: the vault checks the MAC
/// before it believes any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// The record's id.
    pub id: RecordId,
    /// A connection or an app config.
    pub kind: Kind,
    /// The provider's slug.
    pub provider: String,
    /// The owner, in its text form.
    pub owner: String,
    /// The account's name.
    pub account: String,
    /// The account's identifier at the provider.
    pub remote_id: Option<String>,
    /// What the account is called at the provider.
    pub display_name: Option<String>,
    /// The granted scopes, in their canonical form.
    pub scopes: String,
    /// The stored status. What a caller is told is the effective one ([`StatusFilter`]).
    pub status: String,
    /// Why it is in that status.
    pub status_cause: Option<String>,
    /// When the credential expires, in Unix seconds.
    pub expires_at: Option<i64>,
    /// How often the row was written.
    pub revision: i64,
    /// How often the blob was written.
    pub seal_revision: i64,
    /// When the account was connected, in Unix seconds.
    pub connected_at: i64,
    /// When the row was last written, in Unix seconds.
    pub updated_at: i64,
    /// When the credential was last handed out, in Unix seconds.
    pub last_used_at: Option<i64>,
    /// The members that were envelopes in the old option, as a JSON list of names.
    pub legacy: Option<String>,
    /// The key-encryption key that wraps the data key.
    pub key_id: KeyId,
    /// The MAC over the columns that decisions rest on.
    pub row_mac: Vec<u8>,
}

/// A whole row: the plain columns, the wrapped data key, the sealed document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The plain columns.
    pub meta: Meta,
    /// The data key, wrapped by `meta.key_id`.
    pub wrapped_key: Vec<u8>,
    /// The document, sealed by the data key.
    pub sealed: Vec<u8>,
}

/// What re-wrapping a row needs, and nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedRow {
    /// The record's id.
    pub id: RecordId,
    /// A connection or an app config.
    pub kind: Kind,
    /// The provider's slug.
    pub provider: String,
    /// The owner, in its text form.
    pub owner: String,
    /// The key-encryption key that wraps the data key.
    pub key_id: KeyId,
    /// The data key, wrapped.
    pub wrapped_key: Vec<u8>,
}

/// A piece of the old option that is kept sealed as it was, for the way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The record's id.
    pub id: RecordId,
    /// The connection or app config that it was held back from, if one was made.
    pub connection: Option<RecordId>,
    /// The keyed fingerprint of where it stood in the option.
    pub slot: Vec<u8>,
    /// The member that was held back; none where the whole slot is kept. Unique within the slot.
    pub member: Option<String>,
    /// The stable code of why it is kept.
    pub reason: String,
    /// The key-encryption key that wraps the data key.
    pub key_id: KeyId,
    /// The data key, wrapped.
    pub wrapped_key: Vec<u8>,
    /// The piece, sealed by the data key. Its seal revision is always 1.
    pub sealed: Vec<u8>,
}

/// What a listing says about a kept piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptNote {
    /// The record's id.
    pub id: RecordId,
    /// The member that was held back; none where the whole slot is kept.
    pub member: Option<String>,
    /// The stable code of why it is kept.
    pub reason: String,
}

/// What re-wrapping a kept piece needs, and nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKept {
    /// The record's id.
    pub id: RecordId,
    /// The key-encryption key that wraps the data key.
    pub key_id: KeyId,
    /// The data key, wrapped.
    pub wrapped_key: Vec<u8>,
}

/// What was ever imported from one slot of the old option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// The keyed fingerprint of where it stood in the option.
    pub slot: Vec<u8>,
    /// The keyed fingerprint of what stood there.
    pub content: Vec<u8>,
    /// What became of it.
    pub outcome: String,
    /// The connection or app config that was made of it.
    pub connection: Option<RecordId>,
    /// That record's revision after the import.
    pub revision: Option<i64>,
    /// When, in Unix seconds.
    pub imported_at: i64,
}

/// Which store this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The store's random id; a copy of the store has the same.
    pub store_id: StoreId,
    /// The site it belongs to.
    pub site: String,
    /// When it was made, in Unix seconds.
    pub created_at: i64,
    /// The key-encryption key that wraps the store secret.
    pub secret_key_id: KeyId,
    /// The store secret, wrapped.
    pub wrapped_secret: Vec<u8>,
    /// How many write transactions were committed. The engine counts; `initialise` starts at 0.
    pub writes: i64,
}

/// What a key-encryption key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyStatus {
    /// New data keys are wrapped with it. A store has exactly one.
    Primary,
    /// It still wraps something.
    Active,
    /// Nothing is wrapped with it any more; backups may be.
    Retired,
}

impl KeyStatus {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyStatus::Primary => "primary",
            KeyStatus::Active => "active",
            KeyStatus::Retired => "retired",
        }
    }

    /// From what is stored.
    pub fn from_text(text: &str) -> Option<Self> {
        [KeyStatus::Primary, KeyStatus::Active, KeyStatus::Retired]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// A key-encryption key that the store knows: never the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its random id.
    pub id: KeyId,
    /// What it is for.
    pub status: KeyStatus,
    /// What a key offered under this id has to yield.
    pub check_value: Vec<u8>,
    /// When it was added, in Unix seconds.
    pub created_at: i64,
}

/// Which rows to list: all conditions that are given must hold. Ordered by id; a page starts behind `after`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Connections or app configs.
    pub kind: Kind,
    /// Only of this provider.
    pub provider: Option<String>,
    /// Only of this owner.
    pub owner: Option<String>,
    /// Only of this account name.
    pub account: Option<String>,
    /// Only of this identifier at the provider.
    pub remote_id: Option<String>,
    /// Only of this effective status.
    pub status: Option<StatusFilter>,
    /// Only what expires before this time, in Unix seconds.
    pub expiring_before: Option<i64>,
    /// Only ids greater than this one.
    pub after: Option<RecordId>,
    /// At most so many.
    pub limit: u32,
}

impl Filter {
    /// Every row of a kind, `limit` at a time.
    pub fn all(kind: Kind, limit: u32) -> Self {
        Self {
            kind,
            provider: None,
            owner: None,
            account: None,
            remote_id: None,
            status: None,
            expiring_before: None,
            after: None,
            limit,
        }
    }
}

/// The effective status: a row whose key is not loaded is `key_unavailable` and nothing else; otherwise a
/// stored `active` that has expired is `expired` and no longer `active`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusFilter {
    /// The effective status that is asked for.
    pub status: String,
    /// The time at which it is asked, in Unix seconds.
    pub now: i64,
    /// The key-encryption keys that this process has.
    pub loaded_keys: Vec<KeyId>,
}

/// A grant, exactly as stored. It may have been edited: the vault checks its MAC and its pair's head before it believes
/// any of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRow {
    /// The grant's id.
    pub id: RecordId,
    /// To whom, in its text form: `agent:7`.
    pub agent: String,
    /// Whose connections, in its text form.
    pub owner: String,
    /// For what.
    pub provider: String,
    /// The only connection that it is about; none where it is about any.
    pub connection: Option<RecordId>,
    /// `permit` or `forbid`.
    pub effect: String,
    /// `active` or `revoked`.
    pub state: String,
    /// From then on, in Unix seconds.
    pub not_before: Option<i64>,
    /// Until then, in Unix seconds.
    pub expires_at: Option<i64>,
    /// How many times more.
    pub uses_left: Option<i64>,
    /// Everything else, as canonical JSON.
    pub terms: String,
    /// What it came from; empty where somebody gave it by hand.
    pub origin: String,
    /// How often it was written.
    pub revision: i64,
    /// The MAC over all of these.
    pub mac: Vec<u8>,
}

/// What says which grants an agent has from an owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantHead {
    /// To whom.
    pub agent: String,
    /// Whose connections.
    pub owner: String,
    /// How many active grants there are.
    pub count: i64,
    /// How often the pair was written.
    pub sequence: i64,
    /// The MAC over the active grants' MACs.
    pub head: Vec<u8>,
}

/// Which grants to list: all conditions that are given must hold. Ordered by id; a page starts behind `after`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GrantFilter {
    /// Only of this agent.
    pub agent: Option<String>,
    /// Only of this owner.
    pub owner: Option<String>,
    /// Only for this provider.
    pub provider: Option<String>,
    /// Only those that name this connection.
    pub connection: Option<RecordId>,
    /// Only in this state.
    pub state: Option<String>,
    /// Only of this origin; never the empty one.
    pub origin: Option<String>,
    /// Only ids greater than this one.
    pub after: Option<RecordId>,
    /// At most so many.
    pub limit: u32,
}

/// A request that was refused, or would have been, exactly as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposalRow {
    /// Says which requests are taken for the same.
    pub id: RecordId,
    /// The last of them, as JSON.
    pub request: String,
    /// What it wanted, as JSON.
    pub wanted: String,
    /// How often.
    pub count: i64,
    /// When first, in Unix seconds.
    pub first_at: i64,
    /// When last, in Unix seconds.
    pub last_at: i64,
    /// The MAC over id, request and wanted.
    pub mac: Vec<u8>,
}

/// How much a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Connections.
    pub connections: u64,
    /// App configs.
    pub configs: u64,
    /// Kept pieces of the old option.
    pub kept: u64,
    /// Entries of the import ledger.
    pub ledger: u64,
}
