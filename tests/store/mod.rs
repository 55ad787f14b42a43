//! What the tests of the store share; each uses a part of it.
#![allow(dead_code, unused_imports)]

pub mod audit;
pub mod conformance;
pub mod directory;
pub mod events;
pub mod filters;
pub mod grants;
pub mod process;
pub mod refreshes;
pub mod samples;
