//! The operating system's randomness.

use crate::domain::{Random, RandomUnavailable};

/// The operating system's cryptographically secure random bytes (`getrandom(2)`).
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        getrandom::fill(out).map_err(|_| RandomUnavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ_and_fill_everything() {
        let (mut first, mut second) = ([0; 64], [0; 64]);
        OsRandom.fill(&mut first).unwrap();
        OsRandom.fill(&mut second).unwrap();
        assert_ne!(first, second);
        assert_ne!(first[32..], [0; 32]);
    }
}
