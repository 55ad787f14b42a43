//! A document becomes an account or app config of the old option again.

use std::collections::HashSet;

use zeroize::Zeroizing;

use super::buffer::{Buffer, Full};
use super::{Refused, json, write};
use crate::crypto::{LegacyKey, is_envelope};
use crate::domain::json::RawStr;
use crate::domain::{Document, Random, RandomUnavailable, SecretBytes};

/// The members that the old plug-in always seals.
pub const SEALED_FIELDS: [&str; 9] = [
    "access_token",
    "refresh_token",
    "oauth_token",
    "oauth_token_secret",
    "app_secret",
    "client_secret",
    "consumer_secret",
    "api_secret",
    "webhook_secret",
];

/// A member that was held back at the import.
pub struct Returning<'a> {
    /// How many members stood before it.
    pub position: usize,
    /// Its key and its value, PHP-serialised.
    pub raw: &'a [u8],
}

/// How members are sealed.
pub struct Sealing<'a> {
    /// The salt's key.
    pub key: &'a LegacyKey,
    /// The members to seal, beside [`SEALED_FIELDS`].
    pub fields: HashSet<&'a str>,
    /// For the IVs.
    pub random: &'a dyn Random,
}

/// Why a document became no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRebuilt {
    /// No random bytes to seal with.
    Random(RandomUnavailable),
    /// A value is no JSON: never, of a document.
    Json,
}

impl From<RandomUnavailable> for NotRebuilt {
    fn from(error: RandomUnavailable) -> Self {
        Self::Random(error)
    }
}

impl From<Refused> for NotRebuilt {
    fn from(_: Refused) -> Self {
        Self::Json
    }
}

impl From<Full> for NotRebuilt {
    fn from(_: Full) -> Self {
        Self::Json
    }
}

/// The account as PHP serialises it, and how many of its members were sealed. `returning` is in the order of positions:
/// each stands where it stood, as far as the document still has so many members.
pub fn account(
    document: &Document,
    returning: &[Returning<'_>],
    sealing: &Sealing<'_>,
) -> Result<(SecretBytes, u64), NotRebuilt> {
    let members = document.members();
    let mut out = Buffer::unlimited(2 * document.as_bytes().len());
    write::begin_array(members.len() + returning.len(), &mut out)?;
    let mut returning = returning.iter().peekable();
    let (mut position, mut sealed) = (0, 0);
    for member in members {
        while let Some(back) = returning.next_if(|back| back.position <= position) {
            out.push(back.raw)?;
            position += 1;
        }
        let name = member.name.unescape();
        write::key(name.as_bytes(), &mut out)?;
        match to_seal(&name, member.value, sealing) {
            Some(value) => {
                write::string(&sealing.key.seal(value.as_bytes(), sealing.random)?, &mut out)?;
                sealed += 1;
            }
            None => json::value(member.value, &mut out)?,
        }
        position += 1;
    }
    for back in returning {
        out.push(back.raw)?;
    }
    out.push(b"}")?;
    Ok((std::mem::take(&mut *out.into_bytes()).into(), sealed))
}

/// By the old plug-in's rule: a string that is not empty, and no envelope already.
fn to_seal(name: &str, value: &str, sealing: &Sealing<'_>) -> Option<Zeroizing<String>> {
    if !SEALED_FIELDS.contains(&name) && !sealing.fields.contains(name) {
        return None;
    }
    let text = RawStr::of_value(value)?.unescape();
    (!text.is_empty() && !is_envelope(text.as_bytes())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::OsRandom;

    #[test]
    fn what_was_held_back_stands_where_it_stood_as_far_as_that_goes() {
        let rebuilt = |json: &str| {
            let document = Document::parse(Zeroizing::new(json.as_bytes().to_vec())).unwrap();
            let key = LegacyKey::from_salt(b"salt");
            let sealing = Sealing { key: &key, fields: HashSet::new(), random: &OsRandom };
            let raw = [(0, "i:10;N;"), (2, "i:12;N;"), (3, "i:13;N;"), (5, "i:15;N;")];
            let returning = raw.map(|(position, raw)| Returning { position, raw: raw.as_bytes() });
            let (account, sealed) = account(&document, &returning, &sealing).unwrap();
            assert_eq!(sealed, 0);
            String::from_utf8(account.to_vec()).unwrap()
        };
        assert_eq!(
            rebuilt(r#"{"a":1,"b":2,"c":3}"#),
            "a:7:{i:10;N;s:1:\"a\";i:1;i:12;N;i:13;N;s:1:\"b\";i:2;i:15;N;s:1:\"c\";i:3;}"
        );
        assert_eq!(rebuilt(r#"{"a":1}"#), "a:5:{i:10;N;s:1:\"a\";i:1;i:12;N;i:13;N;i:15;N;}");
        assert_eq!(rebuilt("[]"), "a:4:{i:10;N;i:12;N;i:13;N;i:15;N;}");
    }
}
