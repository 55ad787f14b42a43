//! The primitives, each headed by its formula. Everything else in this layer is built of these alone, and
//! Wycheproof's vectors are run against them (`tests/wycheproof.rs`).

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// The length of an AES-GCM nonce in bytes.
pub const NONCE: usize = 12;
/// The length of an AES-GCM tag in bytes.
pub const TAG: usize = 16;

/// The tag does not fit the key, nonce, authenticated data and ciphertext.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unauthentic;

/// `HKDF-SHA-256-Extract(salt, ikm)`, the extract step of RFC 5869; [`expand`] is the next.
pub fn extract(salt: &[u8], ikm: &[u8]) -> Hkdf<Sha256> {
    Hkdf::new(Some(salt), ikm)
}

/// `HKDF-SHA-256-Expand(prk, info joined, length of out)`, the expand step of RFC 5869, into `out`.
///
/// # Panics
/// When `out` is longer than the RFC allows, 255 hashes (8160 bytes); ours are 32.
pub fn expand(prk: &Hkdf<Sha256>, info: &[&[u8]], out: &mut [u8]) {
    prk.expand_multi_info(info, out).expect("a key is shorter than 255 hashes");
}

/// The HMAC-SHA-256 state of a key (RFC 2104), before any message.
pub fn hmac_state(key: &[u8]) -> Hmac<Sha256> {
    <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// `HMAC-SHA-256[key](message)` (RFC 2104), from the key's prepared state.
pub fn hmac(state: &Hmac<Sha256>, message: &[u8]) -> [u8; 32] {
    state.clone().chain_update(message).finalize().into_bytes().into()
}

/// `SHA-256(parts joined)` (FIPS 180-4), into `out`.
pub fn sha256(parts: &[&[u8]], out: &mut [u8; 32]) {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize_into(out.into());
}

/// `AES-256-GCM[key](nonce, aad, buffer)` (NIST SP 800-38D): encrypts `buffer` in place and gives the tag.
pub fn encrypt(key: &[u8; 32], nonce: &[u8; NONCE], aad: &[u8], buffer: &mut [u8]) -> [u8; TAG] {
    Aes256Gcm::new(key.into())
        .encrypt_inout_detached(&Nonce::from(*nonce), aad, buffer.into())
        .expect("a buffer in memory is below AES-GCM's limit of 64 GiB")
        .into()
}

/// The inverse: checks the tag first, and only then decrypts `buffer` in place.
pub fn decrypt(
    key: &[u8; 32],
    nonce: &[u8; NONCE],
    aad: &[u8],
    buffer: &mut [u8],
    tag: &[u8; TAG],
) -> Result<(), Unauthentic> {
    decrypt_with(&Aes256Gcm::new(key.into()), nonce, aad, buffer, tag)
}

/// An AES-256-GCM key that is set up. Wiped when dropped.
pub struct Cipher(Box<Aes256Gcm>);

impl Cipher {
    /// Sets up a key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Box::new(Aes256Gcm::new(key.into())))
    }

    /// As [`decrypt`], with this key.
    pub fn decrypt(
        &self,
        nonce: &[u8; NONCE],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG],
    ) -> Result<(), Unauthentic> {
        decrypt_with(&self.0, nonce, aad, buffer, tag)
    }
}

fn decrypt_with(
    cipher: &Aes256Gcm,
    nonce: &[u8; NONCE],
    aad: &[u8],
    buffer: &mut [u8],
    tag: &[u8; TAG],
) -> Result<(), Unauthentic> {
    cipher
        .decrypt_inout_detached(&Nonce::from(*nonce), aad, buffer.into(), &Tag::from(*tag))
        .map_err(|_| Unauthentic)
}
