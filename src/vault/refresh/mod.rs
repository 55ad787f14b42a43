//! Renewing credentials: once, by one process, and none is lost.
//!
//! ```text
//! begin ──take──> lease: fence + 1, holder, until when, and the intent (the fingerprint of what will be handed in)
//!   the caller asks the provider; nothing is locked meanwhile
//! commit: stores what came, where the stored credential is still the intent's    fail: waits, or gives up    release: nothing was sent
//! ```
//!
//! A holder that is gone leaves its intent behind: what was handed in may be spent. The next one tries it once more, and a
//! refusal then says `answer_lost`.

mod account;
mod begin;
mod commit;
mod due;
mod fail;
mod holder;
mod lease;
mod standing;
mod state;
mod stored;

pub use begin::{Begin, Begun};
pub use commit::{Commit, Committed};
pub use due::{Due, DueOptions};
pub use fail::ProviderAnswer;
pub use lease::Lease;
pub use standing::{HolderTold, LeaseTold, Told};
