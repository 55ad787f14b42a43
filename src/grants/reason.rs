//! Why not.

use crate::domain::{AccountName, Owner, Powers, RecordId, Status, UnixTime};

/// Why a request is refused, in the order in which it is looked at: of two refusals the later one got further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// There is none to use.
    NoConnection,
    /// Several would do, and none was named.
    AmbiguousAccount,
    /// A part of the request is not known.
    UnknownFact,
    /// No agent acts and no person asks.
    NobodyAsks,
    /// No agent acts, and the person who asks neither owns nor manages it.
    NotTheOwner,
    /// A grant forbids it.
    Forbidden,
    /// The agent has no grant for it.
    NoGrant,
    /// The grant was taken back.
    GrantRevoked,
    /// The grant has not begun.
    GrantNotYet,
    /// The grant has ended.
    GrantExpired,
    /// The grant's uses are used up.
    GrantExhausted,
    /// The grant is not for what runs.
    ContextNotAllowed,
    /// The grant is for another conversation.
    SessionMismatch,
    /// The grant is for another flow.
    FlowMismatch,
    /// The flow was edited since its owner confirmed it.
    FlowChanged,
    /// The grant is not for whom this is done.
    ActingUserMismatch,
    /// The grant does not allow all of it.
    ScopeMissing,
    /// The caller may not do all of it.
    CallerCeiling,
    /// No agent may do all of it, the catalogue says.
    ProviderCeiling,
    /// The provider was not asked for all of it, or did not give it.
    ScopeNotGiven,
    /// Something else than this library changed the connection.
    Integrity,
    /// The key that seals it is not at hand.
    KeyUnavailable,
    /// A person has to consent again.
    NeedsReauth,
    /// Its access has run out.
    ConnectionExpired,
}

/// A refusal, with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// The connection that came nearest.
    pub connection: Option<RecordId>,
    /// The grant that came nearest, or that forbids; none where a grant is not what fails.
    pub grant: Option<RecordId>,
    /// The part of the request that is not known.
    pub fact: Option<&'static str>,
    /// What is missing; of the catalogue's and the provider's, scopes only, also those that operations need.
    pub missing: Powers,
    /// The accounts that would do, with their owners: one name may be of several.
    pub accounts: Vec<(Owner, AccountName)>,
    /// When it begins.
    pub until: Option<UnixTime>,
}

impl Refusal {
    /// For this reason, and nothing else is known.
    pub(super) fn new(reason: Reason) -> Self {
        let missing = Powers::default();
        Self { reason, connection: None, grant: None, fact: None, missing, accounts: Vec::new(), until: None }
    }
}

impl Reason {
    /// Why a connection that stands like this is not used by anybody; none where it may be.
    pub fn of_state(intact: bool, status: Status) -> Option<Self> {
        match status {
            _ if !intact => Some(Self::Integrity),
            Status::Active => None,
            Status::KeyUnavailable => Some(Self::KeyUnavailable),
            Status::Expired => Some(Self::ConnectionExpired),
            Status::NeedsReauth | Status::Revoked | Status::Error | Status::Pending => {
                Some(Self::NeedsReauth)
            }
        }
    }

    /// Whether it is only the connection's state that does not allow it now: everything else does.
    pub(super) fn is_state(self) -> bool {
        self >= Self::Integrity
    }

    /// The stable code. Never renamed.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoConnection => "no_connection",
            Self::AmbiguousAccount => "ambiguous_account",
            Self::UnknownFact => "unknown_fact",
            Self::NobodyAsks => "nobody_asks",
            Self::NotTheOwner => "not_the_owner",
            Self::Forbidden => "forbidden",
            Self::NoGrant => "no_grant",
            Self::GrantRevoked => "grant_revoked",
            Self::GrantNotYet => "grant_not_yet",
            Self::GrantExpired => "grant_expired",
            Self::GrantExhausted => "grant_exhausted",
            Self::ContextNotAllowed => "context_not_allowed",
            Self::SessionMismatch => "session_mismatch",
            Self::FlowMismatch => "flow_mismatch",
            Self::FlowChanged => "flow_changed",
            Self::ActingUserMismatch => "acting_user_mismatch",
            Self::ScopeMissing | Self::ScopeNotGiven => "scope_missing",
            Self::CallerCeiling => "caller_ceiling",
            Self::ProviderCeiling => "provider_ceiling",
            Self::Integrity => "integrity",
            Self::KeyUnavailable => "key_unavailable",
            Self::NeedsReauth => "needs_reauth",
            Self::ConnectionExpired => "connection_expired",
        }
    }

    /// The clause that failed: of the request, the grant, the caller, the catalogue, the provider or the connection.
    pub fn clause(self) -> &'static str {
        match self {
            Self::NoConnection | Self::AmbiguousAccount => "connection",
            Self::UnknownFact | Self::NobodyAsks | Self::NotTheOwner => "request",
            Self::Forbidden => "forbid",
            Self::NoGrant => "grant",
            Self::GrantRevoked => "grant.revoked",
            Self::GrantNotYet => "grant.not_before",
            Self::GrantExpired => "grant.expires_at",
            Self::GrantExhausted => "grant.uses",
            Self::ContextNotAllowed => "grant.contexts",
            Self::SessionMismatch => "grant.session",
            Self::FlowMismatch => "grant.flow",
            Self::FlowChanged => "grant.flow.digest",
            Self::ActingUserMismatch => "grant.for",
            Self::ScopeMissing => "grant.powers",
            Self::CallerCeiling => "caller",
            Self::ProviderCeiling => "catalogue",
            Self::ScopeNotGiven => "provider",
            Self::Integrity => "connection.integrity",
            Self::KeyUnavailable | Self::NeedsReauth | Self::ConnectionExpired => "connection.status",
        }
    }
}
