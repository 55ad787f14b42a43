//! One-record authenticated encryption: every record has its own key, and says which key made it.
//!
//! ```text
//! record = 01 | key id (8) | salt (32) | commitment (32) | ciphertext | tag (16)
//!
//! salt        = 32 random bytes
//! prk         = HKDF-SHA-256-Extract(salt, key)
//! record key  = HKDF-SHA-256-Expand(prk, "derive" | 01 | key id | label, 32)
//! commitment  = HKDF-SHA-256-Expand(prk, "commit" | 01 | key id | label, 32)
//! ciphertext  = AES-256-GCM[record key](nonce = 0, authenticated data = fields, plaintext)
//! ```
//!
//! HKDF is RFC 5869. One key per message with a commitment beside it, and the nonce of zeros, are the construction
//! of Amazon's committing suites (`DERIVEKEY`, `COMMITKEY`):
//! <https://github.com/awslabs/aws-encryption-sdk-specification>, `s3-encryption/key-derivation.md`.
//!
//! - A record key is used for one message, so the nonce may be zero: what must never repeat is the pair. The
//!   limit of 2^32 messages per key with random nonces is gone; salts collide after about 2^128 records.
//! - AES-GCM does not commit to its key: a ciphertext can be made that opens under two. The commitment does, and it
//!   is compared in constant time before anything is decrypted.
//! - Version, key id and label are in the derivation, everything else that binds is in the fields.

use std::mem;

use zeroize::Zeroizing;

use super::Error;
use super::Fields;
use super::primitives::{self, Cipher, NONCE, TAG, Unauthentic};
use super::secret::{Plaintext, Secret32, same_bytes, with_clean_stack};
use crate::domain::{KeyId, Random};

const VERSION: u8 = 1;
const KEY_ID: usize = 8;
const SALT: usize = 32;
const COMMITMENT: usize = 32;
const HEADER: usize = 1 + KEY_ID + SALT + COMMITMENT;

/// How much longer a record is than its plaintext.
pub const OVERHEAD: usize = HEADER + TAG;

/// Seals `plaintext` under `key`, bound to `aad`. `key_id` is what the record will say about its key.
pub fn seal(
    key: &Secret32,
    key_id: KeyId,
    aad: &Fields,
    plaintext: &[u8],
    random: &dyn Random,
) -> Result<Vec<u8>, Error> {
    let mut salt = [0; SALT];
    random.fill(&mut salt)?;
    let mut record = Zeroizing::new(Vec::with_capacity(OVERHEAD + plaintext.len()));
    with_clean_stack(|| {
        let derived = Derived::new(key, key_id, &salt, aad);
        record.push(VERSION);
        record.extend_from_slice(key_id.as_bytes());
        record.extend_from_slice(&salt);
        record.extend_from_slice(&derived.commitment);
        record.extend_from_slice(plaintext);
        let tag = derived.encrypt(aad, &mut record[HEADER..]);
        record.extend_from_slice(&tag);
    });
    Ok(mem::take(&mut *record))
}

/// Opens a record that was sealed under this key, key id and `aad`.
pub fn open(key: &Secret32, key_id: KeyId, aad: &Fields, record: &[u8]) -> Result<Plaintext, Error> {
    let parts = Parts::of(record)?;
    with_clean_stack(|| {
        let derived = Derived::committed(key, key_id, aad, &parts)?;
        parts.decrypted(|buffer| {
            primitives::decrypt(derived.key.expose(), &[0; NONCE], aad.as_bytes(), buffer, parts.tag)
        })
    })
}

/// What it takes to open one record again: its key is derived and its commitment compared. Wiped when dropped.
pub struct Opener {
    header: [u8; HEADER],
    aad: Fields,
    cipher: Cipher,
}

impl Opener {
    /// For a record that was sealed under this key, key id and `aad`.
    pub fn new(key: &Secret32, key_id: KeyId, aad: Fields, record: &[u8]) -> Result<Self, Error> {
        let parts = Parts::of(record)?;
        let cipher = with_clean_stack(|| {
            let derived = Derived::committed(key, key_id, &aad, &parts)?;
            Ok::<_, Error>(Cipher::new(derived.key.expose()))
        })?;
        Ok(Self { header: *record.first_chunk().ok_or(Error::Format)?, aad, cipher })
    }

    /// Whether it is that record: whether it begins as that one did, for the rest is what opening checks.
    pub fn is_for(&self, record: &[u8]) -> bool {
        record.starts_with(&self.header)
    }

    /// Opens that record, and no other.
    pub fn open(&self, record: &[u8]) -> Result<Plaintext, Error> {
        let parts = Parts::of(record)?;
        if !self.is_for(record) {
            return Err(Error::DoesNotOpen);
        }
        with_clean_stack(|| {
            parts.decrypted(|buffer| self.cipher.decrypt(&[0; NONCE], self.aad.as_bytes(), buffer, parts.tag))
        })
    }
}

/// The id of the key that a record was sealed under, as the record says (nothing proves it before it opens).
pub fn key_id_of(record: &[u8]) -> Result<KeyId, Error> {
    Ok(Parts::of(record)?.key_id)
}

/// A record, taken apart.
struct Parts<'a> {
    key_id: KeyId,
    salt: &'a [u8; SALT],
    commitment: &'a [u8; COMMITMENT],
    ciphertext: &'a [u8],
    tag: &'a [u8; TAG],
}

impl<'a> Parts<'a> {
    fn of(record: &'a [u8]) -> Result<Self, Error> {
        Self::split(record).ok_or(Error::Format)
    }

    fn split(record: &'a [u8]) -> Option<Self> {
        let ([VERSION], rest) = record.split_first_chunk()? else { return None };
        let (key_id, rest) = rest.split_first_chunk::<KEY_ID>()?;
        let (salt, rest) = rest.split_first_chunk()?;
        let (commitment, rest) = rest.split_first_chunk()?;
        let (ciphertext, tag) = rest.split_last_chunk()?;
        Some(Self { key_id: KeyId::from_bytes(*key_id), salt, commitment, ciphertext, tag })
    }

    fn decrypted(
        &self,
        decrypt: impl FnOnce(&mut [u8]) -> Result<(), Unauthentic>,
    ) -> Result<Plaintext, Error> {
        // One byte more: where it is handed out, the C ABI puts a NUL behind it.
        let mut plaintext = Plaintext::with_capacity(self.ciphertext.len() + 1);
        plaintext.append(self.ciphertext);
        decrypt(&mut plaintext).map_err(|_| Error::DoesNotOpen)?;
        Ok(plaintext)
    }
}

/// What is derived for one record.
struct Derived {
    key: Secret32,
    commitment: [u8; COMMITMENT],
}

impl Derived {
    fn new(key: &Secret32, key_id: KeyId, salt: &[u8; SALT], aad: &Fields) -> Self {
        let mut derived = Self { key: Secret32::zeroed(), commitment: [0; COMMITMENT] };
        let prk = primitives::extract(salt, key.expose());
        let (id, label) = (key_id.as_bytes(), aad.label().as_bytes());
        primitives::expand(&prk, &[b"derive", &[VERSION], id, label], derived.key.expose_mut());
        primitives::expand(&prk, &[b"commit", &[VERSION], id, label], &mut derived.commitment);
        derived
    }

    /// For a record that says that it was made with this.
    fn committed(key: &Secret32, key_id: KeyId, aad: &Fields, parts: &Parts<'_>) -> Result<Self, Error> {
        let derived = Self::new(key, key_id, parts.salt, aad);
        if parts.key_id != key_id || !same_bytes(&derived.commitment, parts.commitment) {
            return Err(Error::DoesNotOpen);
        }
        Ok(derived)
    }

    fn encrypt(&self, aad: &Fields, buffer: &mut [u8]) -> [u8; TAG] {
        primitives::encrypt(self.key.expose(), &[0; NONCE], aad.as_bytes(), buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{OsRandom, labels};

    const PLAINTEXT: &[u8] = b"{\"access_token\":\"CANARY\"}";

    fn key_id() -> KeyId {
        KeyId::from_bytes([4; 8])
    }

    fn aad() -> Fields {
        Fields::new(labels::SEALED).text("here")
    }

    fn sealed() -> (Secret32, Vec<u8>) {
        let key = Secret32::generate(&OsRandom).unwrap();
        let record = seal(&key, key_id(), &aad(), PLAINTEXT, &OsRandom).unwrap();
        (key, record)
    }

    #[test]
    fn opens_with_the_same_key_id_and_fields_only() {
        let (key, record) = sealed();
        assert_eq!(*open(&key, key_id(), &aad(), &record).unwrap(), *PLAINTEXT);
        assert_eq!(key_id_of(&record).unwrap(), key_id());
        assert_eq!(record.len(), PLAINTEXT.len() + OVERHEAD);

        let refused = |key: &Secret32, id, aad: &Fields| open(key, id, aad, &record).unwrap_err();
        let other_key = Secret32::generate(&OsRandom).unwrap();
        assert_eq!(refused(&other_key, key_id(), &aad()), Error::DoesNotOpen);
        assert_eq!(refused(&key, KeyId::from_bytes([5; 8]), &aad()), Error::DoesNotOpen);
        assert_eq!(refused(&key, key_id(), &aad().bytes(b"")), Error::DoesNotOpen);
        assert_eq!(refused(&key, key_id(), &Fields::new(labels::DATA_KEY).text("here")), Error::DoesNotOpen);
    }

    #[test]
    fn no_changed_bit_goes_unnoticed() {
        let (key, record) = sealed();
        for bit in 0..8 * record.len() {
            let mut changed = record.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let expected = if bit < 8 { Error::Format } else { Error::DoesNotOpen };
            assert_eq!(open(&key, key_id(), &aad(), &changed).unwrap_err(), expected, "bit {bit}");
        }
    }

    #[test]
    fn nothing_shorter_or_longer_opens() {
        let (key, record) = sealed();
        for length in 0..record.len() {
            let expected = if length < OVERHEAD { Error::Format } else { Error::DoesNotOpen };
            assert_eq!(open(&key, key_id(), &aad(), &record[..length]).unwrap_err(), expected, "{length}");
        }
        let longer = [&record[..], &[0]].concat();
        assert_eq!(open(&key, key_id(), &aad(), &longer).unwrap_err(), Error::DoesNotOpen);
    }

    #[test]
    fn two_records_of_one_plaintext_share_nothing() {
        let (key, first) = sealed();
        let second = seal(&key, key_id(), &aad(), PLAINTEXT, &OsRandom).unwrap();
        for (part, from) in [("salt", 9), ("commitment", 41), ("ciphertext", HEADER)] {
            assert_ne!(first[from..from + 24], second[from..from + 24], "{part}");
        }
    }

    /// AES-GCM alone would open such a record: the commitment is what refuses it.
    #[test]
    fn a_good_ciphertext_under_a_wrong_commitment_does_not_open() {
        let (key, record) = sealed();
        let salt = record[9..41].try_into().unwrap();
        let derived = Derived::new(&key, key_id(), salt, &aad());
        let (body, tag) = record[HEADER..].split_last_chunk().unwrap();
        let mut body = body.to_vec();
        assert!(
            primitives::decrypt(derived.key.expose(), &[0; NONCE], aad().as_bytes(), &mut body, tag).is_ok()
        );
        assert_eq!(body, PLAINTEXT);

        let mut uncommitted = record.clone();
        uncommitted[41..HEADER].fill(0);
        assert_eq!(open(&key, key_id(), &aad(), &uncommitted).unwrap_err(), Error::DoesNotOpen);
    }

    #[test]
    fn an_opener_opens_its_own_record_as_often_as_asked() {
        let (key, record) = sealed();
        let opener = Opener::new(&key, key_id(), aad(), &record).unwrap();
        for _ in 0..2 {
            assert_eq!(*opener.open(&record).unwrap(), *PLAINTEXT);
        }
        let another = seal(&key, key_id(), &aad(), PLAINTEXT, &OsRandom).unwrap();
        assert_eq!(opener.open(&another).unwrap_err(), Error::DoesNotOpen);
        for bit in 0..8 * record.len() {
            let mut changed = record.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(opener.open(&changed).is_err(), "bit {bit}");
        }
        let other_key = Secret32::generate(&OsRandom).unwrap();
        assert!(Opener::new(&other_key, key_id(), aad(), &record).is_err());
        // The commitment binds the key, opening the fields.
        let elsewhere = Opener::new(&key, key_id(), aad().bytes(b""), &record).unwrap();
        assert_eq!(elsewhere.open(&record).unwrap_err(), Error::DoesNotOpen);
        assert!(Opener::new(&key, KeyId::from_bytes([5; 8]), aad(), &record).is_err());
    }

    #[test]
    fn without_randomness_nothing_is_sealed() {
        struct Broken;
        impl Random for Broken {
            fn fill(&self, _: &mut [u8]) -> Result<(), crate::domain::RandomUnavailable> {
                Err(crate::domain::RandomUnavailable)
            }
        }
        let key = Secret32::copy_from(&[1; 32]);
        let result = seal(&key, key_id(), &aad(), PLAINTEXT, &Broken);
        assert!(matches!(result, Err(Error::Random(_))));
    }
}
