//! The decision of the grants against a model of its own (`model.rs`), on situations by the dice, on every situation of
//! a small world, and one by one as sentences.
#![allow(missing_docs)]
#![allow(clippy::result_large_err)] // A refusal is an answer like the other.

mod compare;
mod exhaustive;
mod generated;
mod model;
mod proposals;
mod reasons;
mod stories;
mod story;
mod world;

#[path = "../torture/dice.rs"]
mod dice;
