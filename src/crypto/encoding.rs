//! The one encoding of what is authenticated: lengths first, so that no two lists of fields look the same.
//!
//! ```text
//! fields = count (u64 LE) | for each field: length (u64 LE) | bytes
//! ```
//!
//! It is PASETO's pre-authentication encoding (PAE, <https://github.com/paseto-standard/paseto-spec>,
//! "Common"), with the label as the first field. An integer is 8 bytes (i64 LE); an optional field is
//! `00`, or `01` and its bytes, so that a missing one is not an empty one.

use super::labels::Label;
use crate::domain::SecretBytes;

const COUNT: usize = 8;
/// Enough for the columns of nearly every row.
const CAPACITY: usize = 512;

/// Fields in their canonical encoding, for authenticated data and MACs. Wiped when dropped: some are secret.
pub struct Fields {
    label: Label,
    count: u64,
    encoded: SecretBytes,
}

impl Fields {
    /// A list that begins with its label, which says what the fields after it mean.
    pub fn new(label: Label) -> Self {
        let mut encoded = SecretBytes::with_capacity(CAPACITY);
        encoded.append(&[0; COUNT]);
        Self { label, count: 0, encoded }.bytes(label.as_bytes())
    }

    /// Adds bytes.
    pub fn bytes(self, bytes: &[u8]) -> Self {
        self.field(&[bytes])
    }

    /// Adds a text.
    pub fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    /// Adds a number.
    pub fn integer(self, number: i64) -> Self {
        self.bytes(&number.to_le_bytes())
    }

    /// Adds bytes that may be missing.
    pub fn optional(self, bytes: Option<&[u8]>) -> Self {
        match bytes {
            None => self.field(&[&[0]]),
            Some(bytes) => self.field(&[&[1], bytes]),
        }
    }

    /// The label it began with.
    pub fn label(&self) -> Label {
        self.label
    }

    /// The encoding.
    pub fn as_bytes(&self) -> &[u8] {
        &self.encoded
    }

    fn field(mut self, parts: &[&[u8]]) -> Self {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        self.encoded.append(&(length as u64).to_le_bytes());
        for part in parts {
            self.encoded.append(part);
        }
        self.count += 1;
        self.encoded[..COUNT].copy_from_slice(&self.count.to_le_bytes());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::labels;
    use super::*;

    fn encoded(fields: Fields) -> Vec<u8> {
        fields.as_bytes().to_vec()
    }

    fn new() -> Fields {
        Fields::new(labels::SEALED)
    }

    #[test]
    fn is_count_then_lengths_and_bytes() {
        let mut expected = vec![3, 0, 0, 0, 0, 0, 0, 0];
        expected.extend_from_slice(b"\x0c\0\0\0\0\0\0\0dm/v1/sealed");
        expected.extend_from_slice(b"\x02\0\0\0\0\0\0\0ab");
        expected.extend_from_slice(b"\x08\0\0\0\0\0\0\0\xfe\xff\xff\xff\xff\xff\xff\xff");
        assert_eq!(encoded(new().text("ab").integer(-2)), expected);
    }

    #[test]
    fn no_two_lists_look_the_same() {
        let lists = [
            encoded(new()),
            encoded(new().bytes(b"")),
            encoded(new().bytes(b"").bytes(b"")),
            encoded(new().bytes(b"ab").bytes(b"c")),
            encoded(new().bytes(b"a").bytes(b"bc")),
            encoded(new().bytes(b"abc")),
            encoded(new().optional(None)),
            encoded(new().optional(Some(b""))),
            encoded(new().optional(Some(b"\0"))),
            encoded(new().optional(Some(b"a"))),
            encoded(Fields::new(labels::DATA_KEY)),
        ];
        for (position, list) in lists.iter().enumerate() {
            assert!(!lists[..position].contains(list), "list {position}");
        }
    }

    #[test]
    fn grows_beyond_its_first_capacity() {
        let long = vec![7; 10_000];
        let fields = new().bytes(&long).text("end");
        assert_eq!(fields.as_bytes().len(), 8 + (8 + 12) + (8 + 10_000) + (8 + 3));
        assert!(fields.as_bytes().ends_with(b"end"));
    }
}
