//! Plain types and their rules: no I/O, no clock, no randomness. An invalid value cannot be constructed.

mod acting;
mod acting_json;
mod document;
mod grant;
mod hexadecimal;
mod ids;
mod invalid;
pub mod json;
mod names;
mod owner;
mod powers;
mod random;
mod scopes;
mod secret_bytes;
mod status;
mod time;

pub use acting::{
    ActingRequest, AgentId, Digest, Fact, Flow, FlowId, RunContext, SessionId, Subject, UserId,
};
pub use document::{Document, Member};
pub use grant::{Contexts, Effect, Grant, Run, Target, Whom};
pub use hexadecimal::{hex, unhex};
pub use ids::{KeyId, RecordId, StoreId};
pub use invalid::Invalid;
pub use names::{AccountName, Consumer, DisplayName, Provider, RemoteId};
pub use owner::{Owner, OwnerClass};
pub use powers::{AtMost, Limits, Powers};
pub use random::{Random, RandomUnavailable};
pub use scopes::{ScopeSeparator, Scopes};
pub use secret_bytes::SecretBytes;
pub use status::Status;
pub use time::UnixTime;
