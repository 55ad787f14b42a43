//! The C ABI: handles, buffers, errors, panics. Each exported function is its signature and a call into the funnel.

// The contract of all of them stands once, at the head of the header: pointers are NULL or valid for their length.
#![allow(clippy::missing_safety_doc)]

mod admission;
mod audit;
mod audit_options;
mod backup;
mod buffer;
mod configs;
mod connections;
mod documents;
mod error;
mod events;
mod funnel;
mod grant_json;
mod grants;
mod handle;
mod input;
mod keyring;
mod keys;
mod legacy;
mod legacy_envelope;
mod legacy_write;
mod options;
mod owners;
mod refresh;
mod refresh_json;
mod status;
mod store;
mod version;
mod writes;

pub use admission::*;
pub use audit::*;
pub use backup::*;
pub use buffer::{dm_buf, dm_buf_free};
pub use configs::*;
pub use connections::*;
pub use error::{dm_error, dm_error_code, dm_error_detail, dm_error_free, dm_error_message};
pub use events::*;
pub use grants::*;
pub use keyring::*;
pub use keys::*;
pub use legacy::*;
pub use legacy_envelope::*;
pub use legacy_write::*;
pub use owners::*;
pub use refresh::*;
pub use status::{dm_status, dm_status_name};
pub use store::*;
pub use version::{dm_abi_version, dm_version};
pub use writes::*;
