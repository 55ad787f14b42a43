//! Who owns a connection.

use std::fmt;
use std::str::FromStr;

use super::{Invalid, names};

/// The owner of a connection or app config; it never changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner(Kind);

// Private, so that no owner exists whose number or id was not checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    Site(u64),
    Org(String),
    User(u64),
    Agent(u64),
}

/// What it means that an owner has an account. Every answer about a connection says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OwnerClass {
    /// A service credential: of the site or of an organisation.
    Service,
    /// A person's own account.
    Personal,
    /// An account that an agent has itself.
    Agent,
}

impl Owner {
    /// `site:0`, the whole network.
    pub const NETWORK: Owner = Owner(Kind::Site(0));

    /// `site:N`: one blog of a network, or the network where N is 0.
    pub fn site(number: u64) -> Result<Self, Invalid> {
        Ok(Self(Kind::Site(within(number, 0)?)))
    }

    /// `org:ID`: an organisation.
    pub fn org(id: &str) -> Result<Self, Invalid> {
        if !names::is_plain(id, 64, true, "._-") {
            return Err(invalid());
        }
        Ok(Self(Kind::Org(id.to_owned())))
    }

    /// `user:N`: a person.
    pub fn user(number: u64) -> Result<Self, Invalid> {
        Ok(Self(Kind::User(within(number, 1)?)))
    }

    /// `agent:N`: an agent.
    pub fn agent(number: u64) -> Result<Self, Invalid> {
        Ok(Self(Kind::Agent(within(number, 1)?)))
    }

    /// Whether it is a service, a person or an agent.
    pub fn class(&self) -> OwnerClass {
        match self.0 {
            Kind::Site(_) | Kind::Org(_) => OwnerClass::Service,
            Kind::User(_) => OwnerClass::Personal,
            Kind::Agent(_) => OwnerClass::Agent,
        }
    }
}

impl OwnerClass {
    /// `service`, `personal` or `agent`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Personal => "personal",
            Self::Agent => "agent",
        }
    }
}

fn invalid() -> Invalid {
    Invalid::new(
        "owner",
        "must be site:0 (the network), site:N, user:N, agent:N (N without leading zeros) or org:ID (letters, digits, ., _ and -)",
    )
}

/// Databases and PHP count in signed 64-bit numbers.
fn within(number: u64, least: u64) -> Result<u64, Invalid> {
    if number >= least && i64::try_from(number).is_ok() { Ok(number) } else { Err(invalid()) }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Site(number) => write!(f, "site:{number}"),
            Kind::Org(id) => write!(f, "org:{id}"),
            Kind::User(number) => write!(f, "user:{number}"),
            Kind::Agent(number) => write!(f, "agent:{number}"),
        }
    }
}

impl FromStr for Owner {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (kind, id) = text.split_once(':').ok_or_else(invalid)?;
        // One owner has one spelling: "user:+1" and "user:01" also parse as a number.
        let canonical = id == "0" || !id.starts_with(['+', '0']);
        let number = || id.parse().ok().filter(|_| canonical).ok_or_else(invalid);
        match kind {
            "site" => Self::site(number()?),
            "org" => Self::org(id),
            "user" => Self::user(number()?),
            "agent" => Self::agent(number()?),
            _ => Err(invalid()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let long = format!("org:{}", "A".repeat(64));
        for text in
            ["site:0", "site:3", "user:1", "user:9223372036854775807", "agent:7", "org:Acme.1_x-y", &long]
        {
            assert_eq!(text.parse::<Owner>().unwrap().to_string(), text);
        }
        assert_eq!("site:0".parse::<Owner>().unwrap(), Owner::NETWORK);
    }

    #[test]
    fn refused() {
        let too_long = format!("org:{}", "A".repeat(65));
        let wrong = [
            "", ":", "user", "user:", "user:0", "agent:0", "user:01", "user:+1", "user:-1", "user: 1",
            "USER:1",
        ];
        let also = [
            "user:9223372036854775808",
            "site:-0",
            "site:00",
            "user:1:2",
            "org:",
            "org:.a",
            "org:a b",
            "group:1",
        ];
        for text in wrong.into_iter().chain(also).chain([&*too_long]) {
            assert!(text.parse::<Owner>().is_err(), "{text}");
        }
        assert!(Owner::user(0).is_err());
        assert!(Owner::site(1 << 63).is_err());
    }

    #[test]
    fn classes() {
        let class = |text: &str| text.parse::<Owner>().unwrap().class().as_str();
        assert_eq!(
            ["site:0", "org:a", "user:1", "agent:1"].map(class),
            ["service", "service", "personal", "agent"]
        );
    }
}
