//! The store secret, and the MAC keys that are derived from it.
//!
//! ```text
//! wrapped store secret = record[KEK](fields("dm/v1/store-secret", store id), store secret)
//! MAC key              = HKDF-SHA-256(salt = none, ikm = store secret, info = label, 32)      RFC 5869
//! tag                  = HMAC-SHA-256[MAC key](fields)                                        RFC 2104
//! ```
//!
//! The secret is wrapped, never derived from a KEK: so a change of KEK re-wraps 32 bytes, and every MAC stays.

use std::fmt;

use hmac::Hmac;
use sha2::Sha256;

use super::keyring::Kek;
use super::labels::{self, Label};
use super::secret::{Secret32, same_bytes, with_clean_stack};
use super::{Error, Fields, primitives, record};
use crate::domain::{Random, StoreId};

/// The random secret of a store, from which its MAC keys come.
#[derive(Debug)]
pub struct StoreSecret(Secret32);

impl StoreSecret {
    /// A new random secret.
    pub fn generate(random: &dyn Random) -> Result<Self, Error> {
        Ok(Self(Secret32::generate(random)?))
    }

    /// Wraps it under `kek`, bound to the store.
    pub fn wrap(&self, kek: &Kek, store: StoreId, random: &dyn Random) -> Result<Vec<u8>, Error> {
        record::seal(kek.key(), kek.id(), &place(store), self.0.expose(), random)
    }

    /// Unwraps what [`StoreSecret::wrap`] made for the same store.
    pub fn unwrap(kek: &Kek, wrapped: &[u8], store: StoreId) -> Result<Self, Error> {
        let plaintext = record::open(kek.key(), kek.id(), &place(store), wrapped)?;
        let secret = (*plaintext).try_into().map_err(|_| Error::Format)?;
        Ok(Self(Secret32::copy_from(secret)))
    }

    /// The MAC key of one use: one of the `MAC_` labels of [`labels`].
    pub fn mac_key(&self, label: Label) -> MacKey {
        let mut key = Secret32::zeroed();
        with_clean_stack(|| {
            let prk = primitives::extract(&[], self.0.expose());
            primitives::expand(&prk, &[label.as_bytes()], key.expose_mut());
            MacKey(Box::new(primitives::hmac_state(key.expose())))
        })
    }
}

fn place(store: StoreId) -> Fields {
    Fields::new(labels::STORE_SECRET).bytes(store.as_bytes())
}

/// A MAC key as HMAC's prepared state, so that a tag costs no key set-up. Wiped when dropped.
pub struct MacKey(Box<Hmac<Sha256>>);

impl MacKey {
    /// The tag of `fields`.
    pub fn tag(&self, fields: &Fields) -> [u8; 32] {
        with_clean_stack(|| primitives::hmac(&self.0, fields.as_bytes()))
    }

    /// Whether `tag` is the tag of `fields`, in constant time. A tag of another length never is.
    #[must_use]
    pub fn verify(&self, fields: &Fields, tag: &[u8]) -> bool {
        same_bytes(&self.tag(fields), tag)
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{OsRandom, labels};
    use crate::domain::KeyId;

    fn kek() -> Kek {
        Kek::new(KeyId::generate(&OsRandom).unwrap(), Secret32::generate(&OsRandom).unwrap())
    }

    fn fields() -> Fields {
        Fields::new(labels::MAC_ROWS).text("user:12").integer(4)
    }

    #[test]
    fn a_tag_fits_its_fields_its_label_and_its_secret_only() {
        let secret = StoreSecret::generate(&OsRandom).unwrap();
        let key = secret.mac_key(labels::MAC_ROWS);
        let tag = key.tag(&fields());
        assert!(key.verify(&fields(), &tag));
        assert!(!key.verify(&fields().bytes(b""), &tag));
        assert!(!secret.mac_key(labels::MAC_GRANTS).verify(&fields(), &tag));
        assert!(!StoreSecret::generate(&OsRandom).unwrap().mac_key(labels::MAC_ROWS).verify(&fields(), &tag));
        assert!(!key.verify(&fields(), &tag[..31]));
        assert!(!key.verify(&fields(), &[]));
        for bit in 0..256 {
            let mut forged = tag;
            forged[bit / 8] ^= 1 << (bit % 8);
            assert!(!key.verify(&fields(), &forged), "bit {bit}");
        }
    }

    #[test]
    fn re_wrapping_keeps_every_mac() {
        let (first, second, store) = (kek(), kek(), StoreId::from_bytes([1; 16]));
        let secret = StoreSecret::generate(&OsRandom).unwrap();
        let tag = secret.mac_key(labels::MAC_ROWS).tag(&fields());

        let wrapped = secret.wrap(&first, store, &OsRandom).unwrap();
        let secret = StoreSecret::unwrap(&first, &wrapped, store).unwrap();
        let rewrapped = secret.wrap(&second, store, &OsRandom).unwrap();
        let secret = StoreSecret::unwrap(&second, &rewrapped, store).unwrap();
        assert!(secret.mac_key(labels::MAC_ROWS).verify(&fields(), &tag));
    }

    #[test]
    fn a_store_secret_unwraps_for_its_store_and_key_only() {
        let (kek, other, store) = (kek(), kek(), StoreId::from_bytes([1; 16]));
        let wrapped = StoreSecret::generate(&OsRandom).unwrap().wrap(&kek, store, &OsRandom).unwrap();
        let elsewhere = StoreId::from_bytes([2; 16]);
        assert_eq!(StoreSecret::unwrap(&kek, &wrapped, elsewhere).unwrap_err(), Error::DoesNotOpen);
        assert_eq!(StoreSecret::unwrap(&other, &wrapped, store).unwrap_err(), Error::DoesNotOpen);
    }

    #[test]
    fn is_never_shown() {
        let secret = StoreSecret::generate(&OsRandom).unwrap();
        assert_eq!(format!("{secret:?}"), "StoreSecret(Secret32(..))");
        assert_eq!(format!("{:?}", secret.mac_key(labels::MAC_ROWS)), "MacKey(..)");
    }
}
