//! The names of things: providers, accounts, and what a remote service calls an account.

use std::fmt;
use std::str::FromStr;

use super::Invalid;

/// A non-empty text of at most `longest` bytes that begins with a letter or digit and goes on with these or any of
/// `punctuation`; capital letters only where they are allowed.
pub(super) fn is_plain(text: &str, longest: usize, capitals: bool, punctuation: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_alphanumeric() && (capitals || !c.is_ascii_uppercase());
    text.len() <= longest
        && text.starts_with(alphanumeric)
        && text.chars().all(|c| alphanumeric(c) || punctuation.contains(c))
}

pub(super) fn is_readable(text: &str) -> bool {
    text.len() <= 255 && !text.trim().is_empty() && !text.chars().any(char::is_control)
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:expr, $problem:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                let rule: fn(&str) -> bool = $rule;
                if rule(text) { Ok(Self(text.to_owned())) } else { Err(Invalid::new($what, $problem)) }
            }
        }
    };
}

name! {
    /// The slug of an external service: `instagram`.
    Provider, "provider", |text| is_plain(text, 64, false, "_-"),
    "must be a slug such as instagram: a-z, 0-9, _ and -, beginning with a letter or digit, at most 64 bytes"
}
name! {
    /// Which of an owner's accounts of one provider; [`AccountName::default`] is `default`.
    AccountName, "account", |text| is_plain(text, 128, false, "._-"),
    "must be a name such as default: a-z, 0-9, ., _ and -, beginning with a letter or digit, at most 128 bytes"
}
name! {
    /// A reader of events, by the name that it keeps.
    Consumer, "consumer", |text| is_plain(text, 64, false, "._-"),
    "must be a name such as newsletter: a-z, 0-9, ., _ and -, beginning with a letter or digit, at most 64 bytes"
}
name! {
    /// What the provider calls an account, and never another one: a number, a handle, an address.
    RemoteId, "remote_id", is_readable,
    "must be 1 to 255 bytes without control characters, and not blank"
}
name! {
    /// An account's name for a person to recognise it by. Nothing is decided by it.
    DisplayName, "display_name", is_readable,
    "must be 1 to 255 bytes without control characters, and not blank"
}

impl Default for AccountName {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl DisplayName {
    /// The nearest valid name: no control characters, no white space around it, cut where it is too long.
    /// None where nothing is left.
    pub fn lossy(text: &str) -> Option<Self> {
        let readable: String = text.trim().chars().filter(|c| !c.is_control()).collect();
        let end = (0..=readable.len().min(255)).rev().find(|&end| readable.is_char_boundary(end))?;
        readable[..end].trim().parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts<T: FromStr + fmt::Display>(good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(text.parse::<T>().ok().unwrap().to_string(), *text);
        }
        for text in bad {
            assert!(text.parse::<T>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn slugs() {
        let (long, too_long) = ("a".repeat(64), "a".repeat(65));
        accepts::<Provider>(
            &["instagram", "email_imap", "9gag", "my-app", &long],
            &["", "_x", "-x", "X", "a.b", "a b", "a\0", "é", "a/b", &too_long],
        );
    }

    #[test]
    fn account_names() {
        let (long, too_long) = ("0".repeat(128), "0".repeat(129));
        accepts::<AccountName>(
            &["default", "0", "a.b-c_d", &long],
            &["", ".a", "_a", "-a", "A", "a b", "a\n", "ä", &too_long],
        );
        assert_eq!(AccountName::default().as_str(), "default");
    }

    #[test]
    fn remote_ids_and_display_names() {
        let (long, too_long) = ("é".repeat(127) + "a", "é".repeat(128));
        let good = ["17841400000000000", "a b", "joe@example.org", "Zoë 🎉", &*long];
        let bad = ["", " ", "\u{3000}", "a\nb", "a\0", "\u{85}a", &too_long];
        accepts::<RemoteId>(&good, &bad);
        accepts::<DisplayName>(&good, &bad);
    }

    #[test]
    fn the_nearest_display_name() {
        let name = |text: &str| DisplayName::lossy(text).map(|name| name.to_string());
        assert_eq!(name("  Zoë\t\u{1b}[31m \n"), Some("Zoë[31m".to_owned()));
        assert_eq!(name(" \u{7}\u{7f} "), None);
        assert_eq!(name(""), None);
        assert_eq!(name(&"é".repeat(200)), Some("é".repeat(127)));
        assert_eq!(name(&("a".repeat(254) + " b")), Some("a".repeat(254)));
    }
}
