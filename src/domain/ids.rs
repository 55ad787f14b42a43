//! Identifiers. All are random or time-ordered; none says anything about what it names.

use std::fmt;
use std::str::FromStr;

use super::{Invalid, Random, RandomUnavailable, UnixTime};

/// The id of a connection, an app config or a kept piece: a UUIDv7 (RFC 9562, section 5.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId([u8; 16]);

impl RecordId {
    /// A new id: the time in its upper bits, so that ids made later sort later.
    pub fn generate(now: UnixTime, random: &dyn Random) -> Result<Self, RandomUnavailable> {
        let mut bytes = [0; 10];
        random.fill(&mut bytes)?;
        let milliseconds = now.seconds().unsigned_abs() * 1000;
        let id = uuid::Builder::from_unix_timestamp_millis(milliseconds, &bytes).into_uuid();
        Ok(Self(id.into_bytes()))
    }

    /// From the bytes that a store holds.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        uuid::Uuid::from_bytes(self.0).hyphenated().fmt(f)
    }
}

impl FromStr for RecordId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let id = uuid::Uuid::try_parse(text)
            .map_err(|_| Invalid::new("id", "must be a UUID such as 01932c07-20bd-7000-8000-000000000000"))?;
        Ok(Self(id.into_bytes()))
    }
}

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident, $length:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $length]);

        impl $name {
            /// A new random id.
            pub fn generate(random: &dyn Random) -> Result<Self, RandomUnavailable> {
                let mut bytes = [0; $length];
                random.fill(&mut bytes)?;
                Ok(Self(bytes))
            }

            /// From the bytes that a store holds.
            pub fn from_bytes(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// Its bytes.
            pub fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                let wrong = || Invalid::new($what, concat!("must be ", stringify!($length), " bytes in hexadecimal"));
                if text.len() != 2 * $length || !text.is_ascii() {
                    return Err(wrong());
                }
                let mut bytes = [0; $length];
                for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
                    let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
                    *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
                }
                Ok(Self(bytes))
            }
        }
    };
}

random_id! {
    /// The random id of a store; another store never has it, a copy of the store does.
    StoreId, 16, "store id"
}
random_id! {
    /// The random id of a key-encryption key or of a data key. It says nothing about the key.
    KeyId, 8, "key id"
}
