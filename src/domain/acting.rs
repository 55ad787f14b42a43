//! Who is asking right now.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::acting_json::{RequestShape, SubjectShape};
use super::json::hex;
use super::{Invalid, Limits, Owner, names};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $what:literal, $owner:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// From the number that WordPress knows it by.
            pub fn new(number: u64) -> Result<Self, Invalid> {
                match Owner::$owner(number) {
                    Ok(_) => Ok(Self(number)),
                    Err(_) => Err(Invalid::new($what, "must be a number from 1 to 9223372036854775807")),
                }
            }

            /// Whether this is whom an owner names.
            pub fn is(self, owner: &Owner) -> bool {
                Owner::$owner(self.0).as_ref() == Ok(owner)
            }

            /// The number.
            pub fn number(self) -> u64 {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($what, ":{}"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                let number = text.strip_prefix(concat!($what, ":")).and_then(|number| number.parse().ok());
                let id = number.and_then(|number| Self::new(number).ok());
                // One has one spelling: `+1` and `01` also parse as a number.
                id.filter(|id| id.to_string() == text).ok_or_else(|| {
                    Invalid::new($what, concat!("must be ", $what, ":N, such as ", $what, ":12"))
                })
            }
        }
    };
}

number! {
    /// A person.
    UserId, "user", user
}
number! {
    /// An agent.
    AgentId, "agent", agent
}

macro_rules! opaque {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// From what the site calls it.
            pub fn new(id: &str) -> Result<Self, Invalid> {
                match names::is_readable(id) {
                    true => Ok(Self(id.to_owned())),
                    false => Err(Invalid::new($what, "must be 1 to 255 bytes without control characters")),
                }
            }

            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                Self::new(text)
            }
        }
    };
}

opaque! {
    /// A conversation.
    SessionId, "session"
}
opaque! {
    /// A flow: work that was set up once and runs by itself.
    FlowId, "flow"
}

/// A hash of a flow's configuration: another one when anybody has edited it.
pub type Digest = [u8; 32];

/// A part of a request, where the site could tell it. One that it could not tell refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact<T> {
    /// It is so.
    Known(T),
    /// Nobody knows.
    Unknown,
}

/// On whose behalf, and on what basis. In JSON `{"asking": user}`, `{"scheduled": user}` or null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Option<SubjectShape>", into = "Option<SubjectShape>")]
pub enum Subject {
    /// That person is here, and asks.
    Asking(UserId),
    /// That person's flow runs.
    Scheduled(UserId),
    /// Nobody's.
    Nobody,
}

/// What runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunContext {
    /// A conversation with an agent.
    Chat,
    /// A step of a flow.
    Pipeline,
    /// A task of the system's.
    System,
    /// A command line.
    Cli,
    /// A call from outside.
    Rest,
}

/// The flow that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `id`, `owner` and `digest`")]
pub struct Flow {
    /// Which one.
    pub id: FlowId,
    /// Whose it is. In JSON it has to be said, if only by null.
    #[serde(deserialize_with = "Option::deserialize")]
    pub owner: Option<UserId>,
    /// How it is configured now.
    #[serde(with = "hex")]
    pub digest: Digest,
}

/// Who is asking right now. Nothing of it comes from a tool's arguments or from a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RequestShape", into = "RequestShape")]
pub struct ActingRequest {
    /// The agent that acts; none where none does.
    pub agent: Fact<Option<AgentId>>,
    /// On whose behalf.
    pub subject: Fact<Subject>,
    /// The conversation.
    pub session: Fact<Option<SessionId>>,
    /// What runs.
    pub context: Fact<RunContext>,
    /// The flow that runs.
    pub flow: Fact<Option<Flow>>,
    /// What the caller may do at most.
    pub may: Fact<Limits>,
    /// The site and organisations that the caller may manage.
    pub manages: Fact<BTreeSet<Owner>>,
}

impl<T> Fact<T> {
    /// What is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown => None,
        }
    }
}

impl<T> Fact<Option<T>> {
    /// What is known to be there.
    pub fn there(&self) -> Option<&T> {
        self.known().and_then(Option::as_ref)
    }
}

impl Subject {
    /// The person for whom it is, if there is one.
    pub fn person(self) -> Option<UserId> {
        match self {
            Self::Asking(person) | Self::Scheduled(person) => Some(person),
            Self::Nobody => None,
        }
    }
}

/// `asking user:3`, `scheduled user:3`, or `none`.
impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Asking(person) => write!(f, "asking {person}"),
            Self::Scheduled(person) => write!(f, "scheduled {person}"),
            Self::Nobody => f.write_str("none"),
        }
    }
}

impl RunContext {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Chat, Self::Pipeline, Self::System, Self::Cli, Self::Rest];

    /// As stored and shown: `chat`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Pipeline => "pipeline",
            Self::System => "system",
            Self::Cli => "cli",
            Self::Rest => "rest",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_by_name() {
        let names = RunContext::ALL.map(RunContext::as_str);
        assert_eq!(names, ["chat", "pipeline", "system", "cli", "rest"]);
    }

    #[test]
    fn numbers_and_ids_are_checked() {
        assert!(UserId::new(0).is_err() && AgentId::new(u64::MAX).is_err());
        assert_eq!(UserId::new(7).unwrap().number(), 7);
        assert!(UserId::new(7).unwrap().is(&Owner::user(7).unwrap()));
        assert!(!AgentId::new(7).unwrap().is(&Owner::user(7).unwrap()));
        assert!(SessionId::new(" ").is_err() && FlowId::new("a\n").is_err());
        assert_eq!(FlowId::new("night 1").unwrap().as_str(), "night 1");
        assert_eq!(SessionId::new("é").unwrap().as_str(), "é");
    }
}
