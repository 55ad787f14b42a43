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

    /// What of the wanted powers limits do not have; none where they suffice. Limits to nothing at all do not even
    /// suffice where nothing in particular is wanted.
    pub(super) fn missing(&self, limits: &Limits, wanted: &Powers) -> Option<Powers> {
        let scopes = wanted.scopes.only(|scope| !self.has_scope(limits, scope));
        let operations = wanted.operations.only(|operation| !self.has_operation(limits, operation));
        let missing = Powers { scopes, operations };
        (!missing.is_empty() || limits.is_nothing()).then_some(missing)
    }

    /// Whether limits have any of the wanted powers, or a part of one.
    pub(super) fn touch(&self, limits: &Limits, wanted: &Powers) -> bool {
        wanted.is_empty()
            || wanted.scopes.iter().any(|scope| self.touch_scope(limits, scope))
            || wanted.operations.iter().any(|operation| self.touch_operation(limits, operation))
    }

    /// Whether limits have a scope, or an operation that needs it or may need it.
    pub(super) fn touch_scope(&self, limits: &Limits, scope: &str) -> bool {
        let may_need = |operation| self.operations.get(operation).is_none_or(|needs| needs.contains(scope));
        let by_operation = match &limits.operations {
            AtMost::Everything => true,
            AtMost::These(operations) => operations.iter().any(may_need),
        };
        by_operation || limits.scopes.contains(scope)
    }

    /// Whether limits have an operation, or a scope that it needs or may need.
    fn touch_operation(&self, limits: &Limits, operation: &str) -> bool {
        let by_scope = match (&limits.scopes, self.operations.get(operation)) {
            (AtMost::Everything, _) => true,
            (AtMost::These(scopes), Some(needs)) => needs.iter().any(|scope| scopes.contains(scope)),
            (AtMost::These(scopes), None) => !scopes.is_empty(),
        };
        by_scope || limits.operations.contains(operation)
    }

    /// The wanted scopes, and those that the wanted operations need.
    pub(super) fn scopes_of(&self, wanted: &Powers) -> Scopes {
        let needs = wanted.operations.iter().filter_map(|operation| self.operations.get(operation));
        needs.fold(wanted.scopes.clone(), |scopes, needs| scopes.union(needs))
    }
}
