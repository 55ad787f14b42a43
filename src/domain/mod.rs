//! Plain types and their rules: no I/O, no clock, no randomness. An invalid value cannot be constructed.

mod ids;
mod invalid;
mod random;
mod time;

pub use ids::{KeyId, RecordId, StoreId};
pub use invalid::Invalid;
pub use random::{Random, RandomUnavailable};
pub use time::UnixTime;
