//! What a provider allows a connection to do.

use std::collections::BTreeSet;
use std::fmt;

use super::Invalid;

/// A set of scopes, in the provider's own words. In JSON, a list.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Scopes(BTreeSet<String>);

/// What stands between the scopes in a provider's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScopeSeparator {
    /// A comma, with or without white space; or white space alone, as these providers also write it.
    Comma,
    /// White space, as RFC 6749 has it. A comma is a part of the scope.
    #[default]
    Space,
}

impl Scopes {
    /// From single scopes.
    pub fn new<S: Into<String>>(scopes: impl IntoIterator<Item = S>) -> Result<Self, Invalid> {
        let mut set = BTreeSet::new();
        for scope in scopes {
            let scope = scope.into();
            if scope.is_empty()
                || scope.len() > 256
                || scope.contains(|c: char| c.is_whitespace() || c.is_control())
            {
                return Err(Invalid::new("scopes", "a scope must be 1 to 256 bytes without white space"));
            }
            set.insert(scope);
            if set.len() > 256 {
                return Err(Invalid::new("scopes", "must be at most 256"));
            }
        }
        Ok(Self(set))
    }

    /// From a provider's answer.
    pub fn parse(text: &str, separator: ScopeSeparator) -> Result<Self, Invalid> {
        let separates = |c: char| c.is_whitespace() || (c == ',' && separator == ScopeSeparator::Comma);
        Self::new(text.split(separates).filter(|scope| !scope.is_empty()))
    }

    /// From what `Display` wrote, and from nothing else.
    pub fn from_canonical(text: &str) -> Result<Self, Invalid> {
        let scopes = Self::parse(text, ScopeSeparator::Space)?;
        if scopes.to_string() == text {
            Ok(scopes)
        } else {
            Err(Invalid::new("scopes", "must be sorted, each once, with one space between"))
        }
    }

    /// Whether `scope` is among them.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// Whether each of them is also among `others`.
    pub fn is_subset(&self, others: &Scopes) -> bool {
        self.0.is_subset(&others.0)
    }

    /// Those that are such.
    pub fn only(&self, such: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|scope| such(scope)).cloned().collect())
    }

    /// Each that is among these or among others. That may be more than 256: only what comes from outside is counted.
    pub fn union(&self, others: &Scopes) -> Self {
        Self(self.0.union(&others.0).cloned().collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl TryFrom<Vec<String>> for Scopes {
    type Error = Invalid;

    fn try_from(scopes: Vec<String>) -> Result<Self, Invalid> {
        Self::new(scopes)
    }
}

impl serde::Serialize for Scopes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// Sorted, with one space between: the same set is always the same text.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{scope}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, separator: ScopeSeparator) -> String {
        Scopes::parse(text, separator).unwrap().to_string()
    }

    #[test]
    fn separators() {
        assert_eq!(parsed("write, read,,read ,\tx:y", ScopeSeparator::Comma), "read write x:y");
        assert_eq!(parsed("write  read\n", ScopeSeparator::Comma), "read write");
        assert_eq!(parsed(" b,c  a ", ScopeSeparator::Space), "a b,c");
        assert!(Scopes::parse(" ", ScopeSeparator::Space).unwrap().is_empty());
    }

    #[test]
    fn refused() {
        for scope in ["", "a b", "a\u{a0}b", "a\0", &"a".repeat(257)] {
            assert!(Scopes::new([scope]).is_err(), "{scope:?}");
        }
        let many = |count: u32| Scopes::new((0..count).map(|scope| scope.to_string()));
        assert_eq!(many(256).unwrap().iter().count(), 256);
        assert!(many(257).is_err());
        assert!(Scopes::new(vec!["same"; 1000]).is_ok());
    }

    #[test]
    fn canonical() {
        for text in ["", "a", "a b", "a,b c"] {
            assert_eq!(Scopes::from_canonical(text).unwrap().to_string(), text);
        }
        for text in [" ", "b a", "a  b", "a a", "a ", "a\tb"] {
            assert!(Scopes::from_canonical(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn sets() {
        let (few, more) = (Scopes::new(["a"]).unwrap(), Scopes::new(["b", "a"]).unwrap());
        assert!(few.is_subset(&more) && !more.is_subset(&few) && Scopes::default().is_subset(&few));
        assert!(more.contains("b") && !few.contains("b"));
        let others = Scopes::new(["c", "b"]).unwrap();
        assert_eq!(more.union(&others).to_string(), "a b c");
        assert_eq!(more.only(|scope| scope != "a").to_string(), "b");
    }
}
