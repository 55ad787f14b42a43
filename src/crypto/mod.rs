//! Secrets, key derivation, AEAD, MACs, the envelope and the keyring.
//!
//! ```text
//! KEK (32 bytes, the caller's) ──wraps──> data key (one per record) ──seals──> document
//!        │
//!        ├──wraps──> store secret ──HKDF by label──> MAC keys (rows, grants, audit ...)
//!        └──HKDF by label──> check value (tells a changed key from a changed file)
//! ```
//!
//! Every formula stands above the function that computes it; every byte layout in the header of its module.
//! Only `source` ([`KeyMaterial`]) does any I/O, and the randomness is what the caller hands in.

mod encoding;
mod envelope;
mod error;
mod keyring;
pub mod labels;
mod legacy_envelope;
mod mac;
#[doc(hidden)]
pub mod primitives;
mod random;
pub mod record;
mod secret;
mod source;

pub use encoding::Fields;
pub use envelope::{Binding, DataKey, Purpose};
pub use error::{CommandProblem, Error, KeyProblem};
pub use keyring::{Kek, Keyring, check_value, matches_check_value};
pub use legacy_envelope::{LegacyKey, LegacyOpen, is_envelope, open_envelope};
pub use mac::{MacKey, StoreSecret};
pub use random::OsRandom;
pub use record::Opener;
pub use secret::{Plaintext, Secret32};
pub use source::KeyMaterial;
