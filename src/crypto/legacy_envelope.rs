//! The old plug-in's cipher, to read what it wrote and to write what it has to read. The vault seals nothing with it.
//!
//! ```text
//! envelope = "dm:enc:v1:" base64(iv (12)) ":" base64(tag (16)) ":" base64(ciphertext)
//! key      = SHA-256(salt | "datamachine-oauth")
//! AES-256-GCM[key](iv, no authenticated data, plaintext)
//! ```

use super::primitives::{self, NONCE, TAG};
use super::secret::{Plaintext, Secret32, with_clean_stack};
use crate::domain::{Random, RandomUnavailable};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const PREFIX: &[u8] = b"dm:enc:v1:";
const CONTEXT: &[u8] = b"datamachine-oauth";

/// Whether a stored string claims to be an envelope.
pub fn is_envelope(value: &[u8]) -> bool {
    value.starts_with(PREFIX)
}

/// Why an envelope gave no plaintext.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LegacyOpen {
    /// It is not of the form that the old plug-in wrote.
    #[error("the envelope is malformed")]
    Malformed,
    /// It is well-formed: the salt was another one, or bytes were changed.
    #[error("the envelope does not open with this salt")]
    DoesNotOpen,
}

/// The old plug-in's key, made of WordPress's `auth` salt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyKey(Secret32);

impl LegacyKey {
    /// From what `wp_salt('auth')` gave.
    pub fn from_salt(salt: &[u8]) -> Self {
        let mut key = Secret32::zeroed();
        with_clean_stack(|| primitives::sha256(&[salt, CONTEXT], key.expose_mut()));
        Self(key)
    }

    /// Opens an envelope.
    pub fn open(&self, envelope: &[u8]) -> Result<Plaintext, LegacyOpen> {
        let Parts { iv, tag, mut ciphertext } = Parts::of(envelope).ok_or(LegacyOpen::Malformed)?;
        with_clean_stack(|| primitives::decrypt(self.0.expose(), &iv, &[], &mut ciphertext, &tag))
            .map_err(|_| LegacyOpen::DoesNotOpen)?;
        Ok(ciphertext)
    }

    /// Seals a value under a random IV.
    pub fn seal(&self, value: &[u8], random: &dyn Random) -> Result<Vec<u8>, RandomUnavailable> {
        let mut iv = [0; NONCE];
        random.fill(&mut iv)?;
        // Encrypted in place, so wiped should anything go wrong before.
        let mut ciphertext = Plaintext::from(value.to_vec());
        let tag = with_clean_stack(|| primitives::encrypt(self.0.expose(), &iv, &[], &mut ciphertext));
        let [iv, tag, ciphertext] = [&iv[..], &tag[..], &ciphertext[..]].map(|part| STANDARD.encode(part));
        Ok([PREFIX, iv.as_bytes(), b":", tag.as_bytes(), b":", ciphertext.as_bytes()].concat())
    }
}

/// Opens an envelope with the first of the keys that can. An envelope inside it (the old class sealed again what it
/// could not open) is opened too: what stands for a credential is never ciphertext.
pub fn open_envelope(keys: &[LegacyKey], envelope: &[u8]) -> Result<Plaintext, LegacyOpen> {
    for key in keys {
        match key.open(envelope) {
            Ok(plaintext) if is_envelope(&plaintext) => return open_envelope(keys, &plaintext),
            Err(LegacyOpen::DoesNotOpen) => {}
            other => return other,
        }
    }
    Err(LegacyOpen::DoesNotOpen)
}

struct Parts {
    iv: [u8; NONCE],
    tag: [u8; TAG],
    /// Decrypted in place, so wiped from the start.
    ciphertext: Plaintext,
}

impl Parts {
    fn of(envelope: &[u8]) -> Option<Self> {
        let mut parts = envelope.strip_prefix(PREFIX)?.split(|byte| *byte == b':');
        let (iv, tag, ciphertext) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        Some(Self {
            iv: (*decode(iv)?).try_into().ok()?,
            tag: (*decode(tag)?).try_into().ok()?,
            ciphertext: decode(ciphertext)?,
        })
    }
}

/// Strict standard base64 with padding: what PHP's `base64_encode` writes.
fn decode(text: &[u8]) -> Option<Plaintext> {
    STANDARD.decode(text).ok().map(Plaintext::from)
}

/// What does not open is in `tests/known-answers/legacy-envelope.json`.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::OsRandom;

    const SALT: &[u8] = b"put your unique phrase here";
    /// Made with PHP 8.2: `openssl_encrypt('tok\xc3\xa9n', 'aes-256-gcm', hash('sha256', SALT . 'datamachine-oauth',
    /// true), OPENSSL_RAW_DATA, 'abcdefghijkl', $tag, '', 16)`.
    const ENVELOPE: &str = "dm:enc:v1:YWJjZGVmZ2hpamts:+igs18zJxSw0ql+EGW5DGQ==:wGd0ZiNN";

    #[test]
    fn opens_what_php_wrote() {
        let key = LegacyKey::from_salt(SALT);
        assert!(is_envelope(ENVELOPE.as_bytes()));
        assert_eq!(*key.open(ENVELOPE.as_bytes()).unwrap(), *"tokén".as_bytes());
    }

    /// Every byte from a list.
    struct Known(&'static [u8]);

    impl Random for Known {
        fn fill(&self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
            out.copy_from_slice(self.0);
            Ok(())
        }
    }

    #[test]
    fn seals_what_php_would_have_written() {
        let key = LegacyKey::from_salt(SALT);
        let sealed = key.seal("tokén".as_bytes(), &Known(b"abcdefghijkl")).unwrap();
        assert_eq!(sealed, ENVELOPE.as_bytes());
    }

    #[test]
    fn what_is_sealed_opens_and_is_never_the_same_twice() {
        let (key, earlier) = (LegacyKey::from_salt(SALT), LegacyKey::from_salt(b"earlier"));
        for value in [&b""[..], b"\0\xff", &[b'a'; 70_000]] {
            let sealed = key.seal(value, &OsRandom).unwrap();
            assert_ne!(sealed, key.seal(value, &OsRandom).unwrap());
            assert_eq!(earlier.open(&sealed).unwrap_err(), LegacyOpen::DoesNotOpen);
            assert_eq!(*open_envelope(&[earlier.clone(), key.clone()], &sealed).unwrap(), *value);
            let twice = earlier.seal(&sealed, &OsRandom).unwrap();
            assert_eq!(*open_envelope(&[key.clone(), earlier.clone()], &twice).unwrap(), *value);
            assert_eq!(
                open_envelope(std::slice::from_ref(&earlier), &twice).unwrap_err(),
                LegacyOpen::DoesNotOpen
            );
        }
        assert_eq!(open_envelope(&[key], b"dm:enc:v1:x").unwrap_err(), LegacyOpen::Malformed);
    }
}
