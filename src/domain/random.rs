//! Where randomness comes from is handed in, so that tests own it.

/// A source of cryptographically secure random bytes.
pub trait Random: Send + Sync {
    /// Fills `out` entirely, or fails; never partly.
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomUnavailable>;
}

/// The system gave no random bytes. Nothing is sealed without them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct RandomUnavailable;
