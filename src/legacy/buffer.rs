//! A growing buffer for secrets.

use zeroize::{Zeroize, Zeroizing};

/// Bytes that leave no copy behind: a `Vec` that outgrows its memory frees it as it is, this one wipes it first.
pub(super) struct Buffer {
    bytes: Zeroizing<Vec<u8>>,
    limit: usize,
}

/// More bytes than the buffer's limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

impl Buffer {
    /// An empty one that takes at most `limit` bytes; `expected` of them without growing.
    pub(super) fn new(expected: usize, limit: usize) -> Self {
        Self { bytes: Zeroizing::new(Vec::with_capacity(expected.min(limit))), limit }
    }

    pub(super) fn push(&mut self, more: &[u8]) -> Result<(), Full> {
        let length = self.bytes.len() + more.len();
        if length > self.limit {
            return Err(Full);
        }
        if length > self.bytes.capacity() {
            let capacity = self.bytes.capacity().saturating_mul(2).clamp(length, self.limit);
            let mut larger = Zeroizing::new(Vec::with_capacity(capacity));
            larger.extend_from_slice(&self.bytes);
            self.bytes = larger;
        }
        self.bytes.extend_from_slice(more);
        Ok(())
    }

    /// As large as it has to be.
    pub(super) fn unlimited(expected: usize) -> Self {
        Self::new(expected, usize::MAX)
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Takes back what was pushed after the first `length` bytes.
    pub(super) fn truncate(&mut self, length: usize) {
        self.bytes[length..].zeroize();
        self.bytes.truncate(length);
    }

    pub(super) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_up_to_its_limit_and_takes_back() {
        let mut buffer = Buffer::new(0, 10);
        for _ in 0..3 {
            buffer.push(b"abc").unwrap();
        }
        assert_eq!(buffer.push(b"de"), Err(Full));
        buffer.push(b"d").unwrap();
        assert_eq!(buffer.len(), 10);
        buffer.truncate(4);
        buffer.push(b"!").unwrap();
        assert_eq!(buffer.into_bytes().as_slice(), b"abca!");
    }
}
