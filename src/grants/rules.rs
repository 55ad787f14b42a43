//! What the catalogue says of a provider's operations, and what covers what by it.

use std::collections::BTreeMap;

use crate::domain::{AtMost, Limits, Powers, Scopes};

/// What the catalogue says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The scopes that each operation needs.
    pub operations: BTreeMap<String, Scopes>,
    /// The scopes that an agent may get at most.
    pub ceiling: AtMost,
}

impl Default for Rules {
    fn default() -> Self {
        Self { operations: BTreeMap::new(), ceiling: AtMost::Everything }
    }
}

impl Rules {
    /// Whether limits have a scope, by themselves or in an operation that needs it.
    pub(super) fn has_scope(&self, limits: &Limits, scope: &str) -> bool {
        let needed_by = |(operation, needs): (&String, &Scopes)| {
            limits.operations.contains(operation) && needs.contains(scope)
        };
        limits.scopes.contains(scope) || self.operations.iter().any(needed_by)
    }

    /// Whether limits have an operation, by itself or in all the scopes that it needs.
    fn has_operation(&self, limits: &Limits, operation: &str) -> bool {
        let by_scopes = |needs: &Scopes| !needs.is_empty() && limits.scopes.contains_all(needs);
        limits.operations.contains(operation) || self.operations.get(operation).is_some_and(by_scopes)
    }

    /// What of the wanted powers limits do not have.
    pub(super) fn missing(&self, limits: &Limits, wanted: &Powers) -> Powers {
        let scopes = wanted.scopes.only(|scope| !self.has_scope(limits, scope));
        let operations = wanted.operations.only(|operation| !self.has_operation(limits, operation));
        Powers { scopes, operations }
    }

    /// Whether limits have any of the wanted powers, or a part of one.
    pub(super) fn touches(&self, limits: &Limits, wanted: &Powers) -> bool {
        let touched = |operation: &str| {
            let needs = self.operations.get(operation);
            limits.operations.contains(operation)
                || needs.is_some_and(|needs| needs.iter().any(|scope| limits.scopes.contains(scope)))
        };
        wanted.is_empty()
            || wanted.scopes.iter().any(|scope| self.has_scope(limits, scope))
            || wanted.operations.iter().any(touched)
    }

    /// The wanted scopes, and those that the wanted operations need.
    pub(super) fn scopes_of(&self, wanted: &Powers) -> Scopes {
        let needs = wanted.operations.iter().filter_map(|operation| self.operations.get(operation));
        needs.fold(wanted.scopes.clone(), |scopes, needs| scopes.union(needs))
    }
}
