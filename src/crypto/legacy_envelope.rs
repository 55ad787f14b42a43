//! The old plug-in's cipher, to read what it wrote. Nothing new is ever sealed with it.
//!
//! ```text
//! envelope = "dm:enc:v1:" base64(iv (12)) ":" base64(tag (16)) ":" base64(ciphertext)
//! key      = SHA-256(salt | "datamachine-oauth")
//! AES-256-GCM[key](iv, no authenticated data, plaintext)
//! ```

use super::primitives::{self, NONCE, TAG};
use super::secret::{Plaintext, Secret32, with_clean_stack};
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
}
