//! Identifiers. All are random or time-ordered; none says anything about what it names.

use std::fmt;
use std::str::FromStr;

use super::{Invalid, Random, RandomUnavailable, UnixTime, hex, unhex};

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
                f.write_str(&hex(&self.0))
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                let wrong = || Invalid::new($what, concat!("must be ", stringify!($length), " bytes in hexadecimal"));
                unhex(text).and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or_else(wrong)
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

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;

    impl Random for Counting {
        fn fill(&self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
            out.iter_mut().zip(1..).for_each(|(byte, number)| *byte = number);
            Ok(())
        }
    }

    #[test]
    fn record_ids_are_uuids_of_version_7_in_the_order_of_time() {
        let id = |seconds| RecordId::generate(UnixTime::new(seconds).unwrap(), &Counting).unwrap();
        assert_eq!(id(1_645_557_742).to_string(), "017f22e2-79b0-7102-8304-05060708090a");
        assert!(id(0) < id(1) && id(1) < id(UnixTime::MAX.seconds()));
        assert_eq!(id(7).to_string().parse::<RecordId>().unwrap(), id(7));
        assert!("017f22e2".parse::<RecordId>().is_err());
    }

    #[test]
    fn hexadecimal_and_back() {
        let id = KeyId::generate(&Counting).unwrap();
        assert_eq!(id.to_string(), "0102030405060708");
        assert_eq!("0102030405060708".parse::<KeyId>().unwrap(), id);
        assert_eq!("FFfe030405060708".parse::<KeyId>().unwrap().as_bytes()[..2], [255, 254]);
        for wrong in [
            "",
            "01020304050607",
            "010203040506070809",
            "+a02030405060708",
            "0g02030405060708",
            "é102030405060708",
        ] {
            assert!(wrong.parse::<KeyId>().is_err(), "{wrong}");
        }
        assert!("0102030405060708".parse::<StoreId>().is_err());
    }
}
