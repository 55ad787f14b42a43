//! The one error of this layer.

use std::fmt;

/// A value that breaks a rule of its type. Never carries the value itself: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// What was to be made, in the words a caller uses: `provider`, `owner`, `document` ...
    pub what: &'static str,
    /// What is wrong with it and what would be right.
    pub problem: String,
    /// Whether it is only too large.
    pub too_large: bool,
}

impl Invalid {
    /// An error about `what`.
    pub fn new(what: &'static str, problem: impl Into<String>) -> Self {
        Self { what, problem: problem.into(), too_large: false }
    }

    /// The same about a value that is only too large.
    pub fn too_large(what: &'static str, problem: impl Into<String>) -> Self {
        Self { too_large: true, ..Self::new(what, problem) }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.problem)
    }
}

impl std::error::Error for Invalid {}
