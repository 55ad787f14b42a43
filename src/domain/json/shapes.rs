//! Shapes that our own types have in JSON.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

use crate::domain::{AccountName, AgentId, FlowId, Owner, Provider, RecordId, SessionId, UserId};

/// `"*"`, or a list.
pub enum StarOr<T> {
    /// Everything: it has to be written out.
    Star,
    /// Only these.
    These(T),
}

impl<T: Serialize> Serialize for StarOr<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Star => serializer.serialize_str("*"),
            Self::These(list) => list.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for StarOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = StarOr<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list or \"*\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                match text {
                    "*" => Ok(StarOr::Star),
                    _ => Err(E::custom("must be a list or \"*\"")),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                T::deserialize(SeqAccessDeserializer::new(list)).map(StarOr::These)
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

/// A member that may be absent, null, or there: for `#[serde(deserialize_with)]`.
pub fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// 32 bytes in hexadecimal, in lower case.
pub mod hex {
    use super::*;
    use crate::domain::unhex;

    /// For `#[serde(with)]`.
    pub fn serialize<S: Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&crate::domain::hex(bytes))
    }

    /// For `#[serde(with)]`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || D::Error::custom("must be 32 bytes in hexadecimal, in lower case");
        let bytes = if text.bytes().any(|c| c.is_ascii_uppercase()) { None } else { unhex(&text) };
        bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)
    }
}

macro_rules! as_text {
    ($($name:ident),*) => {
        $(impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        })*
    };
}

as_text!(AccountName, AgentId, FlowId, Owner, Provider, RecordId, SessionId, UserId);
