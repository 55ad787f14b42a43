//! Containers for what must not outlive its use.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::domain::{Random, RandomUnavailable, SecretBytes};

/// A decrypted document or other sealed content: wiped when dropped.
pub type Plaintext = SecretBytes;

/// 32 secret bytes: a key-encryption key, a data key, the store secret.
///
/// Boxed, because moving an array copies it and nobody wipes the place it came from; moving a box
/// copies a pointer. Wiped when dropped, compared in constant time, never shown.
pub struct Secret32(Box<[u8; 32]>);

impl Secret32 {
    /// 32 fresh random bytes.
    pub fn generate(random: &dyn Random) -> Result<Self, RandomUnavailable> {
        let mut secret = Self::zeroed();
        random.fill(&mut secret.0[..])?;
        Ok(secret)
    }

    /// A copy of `bytes`; wiping the original is the caller's part.
    pub fn copy_from(bytes: &[u8; 32]) -> Self {
        let mut secret = Self::zeroed();
        secret.0.copy_from_slice(bytes);
        secret
    }

    /// To be filled in place.
    pub(super) fn zeroed() -> Self {
        Self(Box::new([0; 32]))
    }

    /// The bytes, to be filled in place.
    pub(super) fn expose_mut(&mut self) -> &mut [u8; 32] {
        &mut self.0
    }

    /// The bytes.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Clone for Secret32 {
    fn clone(&self) -> Self {
        Self::copy_from(&self.0)
    }
}

impl PartialEq for Secret32 {
    fn eq(&self, other: &Self) -> bool {
        same_bytes(&self.0[..], &other.0[..])
    }
}

impl Eq for Secret32 {}

impl fmt::Debug for Secret32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret32(..)")
    }
}

impl Drop for Secret32 {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for Secret32 {}

/// Whether `a` and `b` are the same, in a time that depends on their lengths only.
pub(super) fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Runs `work`, then wipes the stack that it used: ciphers and hashes leave copies of keys there that no
/// destructor reaches. What `work` returns must hold secrets behind a pointer only.
pub(super) fn with_clean_stack<T>(work: impl FnOnce() -> T) -> T {
    // Not inlined, so that everything `work` calls lies below this frame, where the wiping reaches.
    #[inline(never)]
    fn call<T>(work: impl FnOnce() -> T) -> T {
        work()
    }
    let result = call(work);
    zeroize::zeroize_stack::<STACK>();
    result
}

/// More than the deepest of our calls uses, in unoptimised builds too.
const STACK: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_never_shown() {
        let secret = Secret32::copy_from(&[0xAB; 32]);
        assert_eq!(format!("{secret:?}"), "Secret32(..)");
    }

    #[test]
    fn equality_looks_at_every_byte() {
        let secret = Secret32::copy_from(&[1; 32]);
        assert_eq!(secret, secret.clone());
        for position in 0..32 {
            let mut other = [1; 32];
            other[position] = 2;
            assert_ne!(secret, Secret32::copy_from(&other), "byte {position}");
        }
        assert!(!same_bytes(b"same", b"same but longer"));
    }
}
