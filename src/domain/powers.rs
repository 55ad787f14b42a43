//! What may be done with a connection: scopes in the provider's words, operations in the catalogue's.

use serde::{Deserialize, Serialize};

use super::Scopes;
use super::json::StarOr;

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Powers {
    /// Scopes.
    pub scopes: Scopes,
    /// Operations: words like scopes.
    pub operations: Scopes,
}

/// The most of one kind that may be done. In JSON `"*"`, or a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StarOr<Scopes>", into = "StarOr<Scopes>")]
pub enum AtMost {
    /// Everything: `*`.
    Everything,
    /// Only these; none, where it is empty.
    These(Scopes),
}

/// The most that may be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `scopes` and `operations`, each a list or \"*\"")]
pub struct Limits {
    /// Of scopes.
    pub scopes: AtMost,
    /// Of operations.
    pub operations: AtMost,
}

impl From<StarOr<Scopes>> for AtMost {
    fn from(given: StarOr<Scopes>) -> Self {
        match given {
            StarOr::Star => Self::Everything,
            StarOr::These(words) => Self::These(words),
        }
    }
}

impl From<AtMost> for StarOr<Scopes> {
    fn from(limit: AtMost) -> Self {
        match limit {
            AtMost::Everything => Self::Star,
            AtMost::These(words) => Self::These(words),
        }
    }
}

impl AtMost {
    /// Whether it is within.
    pub fn contains(&self, word: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::These(words) => words.contains(word),
        }
    }

    /// Whether nothing is within.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::These(words) if words.is_empty())
    }

    /// Whether all of them are within.
    pub fn contains_all(&self, words: &Scopes) -> bool {
        words.iter().all(|word| self.contains(word))
    }
}

impl Limits {
    /// No limits.
    pub const NONE: Self = Self { scopes: AtMost::Everything, operations: AtMost::Everything };

    /// These and no more.
    pub fn only(powers: &Powers) -> Self {
        let Powers { scopes, operations } = powers.clone();
        Self { scopes: AtMost::These(scopes), operations: AtMost::These(operations) }
    }

    /// Whether nothing may be done at all.
    pub fn is_nothing(&self) -> bool {
        self.scopes.is_nothing() && self.operations.is_nothing()
    }
}

impl Powers {
    /// Whether there is nothing in particular.
    pub fn is_empty(&self) -> bool {
        self.scopes.is_empty() && self.operations.is_empty()
    }
}
