//! Bytes that nobody finds afterwards.

use std::fmt;
use std::mem;
use std::ops::{Deref, DerefMut};

use zeroize::{ZeroizeOnDrop, Zeroizing, optimization_barrier};

/// Bytes that are wiped when they are dropped, and when they move because they grew (a `Vec` would just free them).
///
/// Its wiping is a `memset` that the compiler may not leave out; `Zeroizing` writes one byte after the other, which
/// for a document takes longer than decrypting it.
#[derive(Default)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// No bytes yet, and memory for `capacity` of them.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Adds bytes at the end.
    #[inline]
    pub fn append(&mut self, bytes: &[u8]) {
        if bytes.len() > self.0.capacity() - self.0.len() {
            self.grow(bytes.len());
        }
        self.0.extend_from_slice(bytes);
    }

    /// Moves to where `additional` bytes more find room.
    #[cold]
    fn grow(&mut self, additional: usize) {
        let needed = self.len() + additional;
        let mut larger = Self::with_capacity(needed.max(2 * self.0.capacity()));
        larger.0.extend_from_slice(&self.0);
        *self = larger;
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        self.0.clear();
        // All that is allocated: what was longer once left bytes behind the end.
        self.0.resize(self.0.capacity(), 0);
        optimization_barrier(&self.0[..]);
    }
}

impl ZeroizeOnDrop for SecretBytes {}

impl From<Vec<u8>> for SecretBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<SecretBytes> for Zeroizing<Vec<u8>> {
    fn from(mut secret: SecretBytes) -> Self {
        Zeroizing::new(mem::take(&mut secret.0))
    }
}

impl Deref for SecretBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for SecretBytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appending_keeps_the_content() {
        let mut secret = SecretBytes::default();
        for chunk in 0..100u8 {
            secret.append(&[chunk; 7]);
        }
        let expected: Vec<u8> = (0..100u8).flat_map(|chunk| [chunk; 7]).collect();
        assert_eq!(*secret, expected);
        assert_eq!(**Zeroizing::from(secret), expected);
    }

    #[test]
    fn is_never_shown() {
        assert_eq!(format!("{:?}", SecretBytes::from(b"canary".to_vec())), "SecretBytes(..)");
    }
}
