//! `libdm_connections`: encrypted connections for Data Machine.
//!
//! The layers, from the outside in, import downwards only (`tests/layers.rs` holds that):
//! `ffi -> vault -> {grants, crypto, store, providers, legacy} -> domain`.

pub mod crypto;
pub mod domain;
pub mod ffi;
pub mod grants;
pub mod legacy;
pub mod providers;
pub mod store;
pub mod vault;
