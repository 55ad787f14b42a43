//! What would help, and who can do it.

use super::reason::{Reason, Refusal};

/// What would help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Connect an account.
    Connect,
    /// Say which account.
    NameAccount,
    /// Ask as the person whose account it is.
    AskAsOwner,
    /// Take the prohibition back.
    Lift,
    /// Issue a grant, or another one.
    Grant,
    /// Issue a grant that allows what is missing.
    Widen,
    /// Look at what was changed in the flow, and confirm it.
    ConfirmFlow,
    /// Wait.
    Wait,
    /// Connect it again; with what is missing, where something is.
    Reconnect,
    /// Let the operator look: the key, or the database.
    Operator,
    /// Nothing does.
    None,
}

/// Who can do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Who owns the account, or manages who does.
    Owner,
    /// Whose flow it is.
    FlowOwner,
    /// Whoever makes the request.
    Caller,
    /// Who runs the site.
    Operator,
    /// Nobody.
    Nobody,
}

impl Remedy {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::NameAccount => "name_account",
            Self::AskAsOwner => "ask_as_owner",
            Self::Lift => "lift",
            Self::Grant => "grant",
            Self::Widen => "widen",
            Self::ConfirmFlow => "confirm_flow",
            Self::Wait => "wait",
            Self::Reconnect => "reconnect",
            Self::Operator => "operator",
            Self::None => "none",
        }
    }
}

impl Who {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::FlowOwner => "flow_owner",
            Self::Caller => "caller",
            Self::Operator => "operator",
            Self::Nobody => "nobody",
        }
    }
}

impl Refusal {
    /// What would help, and who can do it.
    pub fn remedy(&self) -> (Remedy, Who) {
        match self.reason {
            Reason::NoConnection => (Remedy::Connect, Who::Owner),
            Reason::AmbiguousAccount => (Remedy::NameAccount, Who::Caller),
            Reason::UnknownFact | Reason::NobodyAsks | Reason::NotTheOwner => {
                (Remedy::AskAsOwner, Who::Owner)
            }
            Reason::Forbidden => (Remedy::Lift, Who::Owner),
            Reason::NoGrant
            | Reason::GrantRevoked
            | Reason::GrantExpired
            | Reason::GrantExhausted
            | Reason::ContextNotAllowed
            | Reason::SessionMismatch
            | Reason::FlowMismatch
            | Reason::ActingUserMismatch => (Remedy::Grant, Who::Owner),
            Reason::GrantNotYet => (Remedy::Wait, Who::Nobody),
            Reason::FlowChanged => (Remedy::ConfirmFlow, Who::FlowOwner),
            Reason::ScopeMissing => (Remedy::Widen, Who::Owner),
            Reason::CallerCeiling | Reason::ProviderCeiling => (Remedy::None, Who::Nobody),
            Reason::ScopeNotGiven | Reason::NeedsReauth | Reason::ConnectionExpired => {
                (Remedy::Reconnect, Who::Owner)
            }
            Reason::Integrity | Reason::KeyUnavailable => (Remedy::Operator, Who::Operator),
        }
    }
}
