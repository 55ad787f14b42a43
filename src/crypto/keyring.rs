//! The key-encryption keys of an open store, and how a key is recognised.
//!
//! ```text
//! check value = HKDF-SHA-256(salt = none, ikm = KEK, info = "dm/v1/check-value" | store id (16) | key id (8), 32)
//! ```
//!
//! The store keeps each key's id and check value. A key that a caller brings has no name: it is the one whose
//! check value fits. Keys of another store, or changed ones, fit none, and that is known before anything is opened.

use super::labels;
use super::primitives;
use super::secret::{Secret32, same_bytes, with_clean_stack};
use crate::domain::{KeyId, StoreId};

/// A key-encryption key and the id under which its store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kek {
    id: KeyId,
    key: Secret32,
}

impl Kek {
    /// A key with its id.
    pub fn new(id: KeyId, key: Secret32) -> Self {
        Self { id, key }
    }

    /// Its id.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The key itself.
    pub fn key(&self) -> &Secret32 {
        &self.key
    }
}

/// What a store keeps of a key, to recognise it by. Tells nothing about the key.
pub fn check_value(key: &Secret32, store: StoreId, id: KeyId) -> [u8; 32] {
    let mut value = [0; 32];
    with_clean_stack(|| {
        let prk = primitives::extract(&[], key.expose());
        let info: [&[u8]; 3] = [labels::CHECK_VALUE.as_bytes(), store.as_bytes(), id.as_bytes()];
        primitives::expand(&prk, &info, &mut value);
    });
    value
}

/// Whether `key` is the one that this store knows as `id`, by its check value, in constant time.
#[must_use]
pub fn matches_check_value(key: &Secret32, store: StoreId, id: KeyId, expected: &[u8]) -> bool {
    same_bytes(&check_value(key, store, id), expected)
}

/// The keys of a store that are loaded. One is primary: new data keys are wrapped under it, the others only read.
#[derive(Debug, Clone)]
pub struct Keyring {
    primary: KeyId,
    keks: Vec<Kek>,
}

impl Keyring {
    /// A keyring whose primary key has this id, whether or not that key will be loaded.
    pub fn new(primary: KeyId) -> Self {
        Self { primary, keks: Vec::new() }
    }

    /// Adds a key; a second one under the same id replaces the first.
    pub fn add(&mut self, kek: Kek) {
        self.keks.retain(|known| known.id != kek.id);
        self.keks.push(kek);
    }

    /// Makes a loaded key the primary one; `false`, and no change, where it is not loaded.
    #[must_use]
    pub fn set_primary(&mut self, id: KeyId) -> bool {
        let loaded = self.get(id).is_some();
        if loaded {
            self.primary = id;
        }
        loaded
    }

    /// The key with this id, where it is loaded.
    pub fn get(&self, id: KeyId) -> Option<&Kek> {
        self.keks.iter().find(|kek| kek.id == id)
    }

    /// The primary key, where it is loaded.
    pub fn primary(&self) -> Option<&Kek> {
        self.get(self.primary)
    }

    /// The id of the primary key, loaded or not.
    pub fn primary_id(&self) -> KeyId {
        self.primary
    }

    /// The ids of the loaded keys.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> + '_ {
        self.keks.iter().map(|kek| kek.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> StoreId {
        StoreId::from_bytes([1; 16])
    }

    fn id(byte: u8) -> KeyId {
        KeyId::from_bytes([byte; 8])
    }

    fn kek(byte: u8) -> Kek {
        Kek::new(id(byte), Secret32::copy_from(&[byte; 32]))
    }

    #[test]
    fn a_check_value_fits_one_key_store_and_id() {
        let key = Secret32::copy_from(&[7; 32]);
        let value = check_value(&key, store(), id(7));
        assert!(matches_check_value(&key, store(), id(7), &value));
        assert!(!matches_check_value(&Secret32::copy_from(&[8; 32]), store(), id(7), &value));
        assert!(!matches_check_value(&key, StoreId::from_bytes([2; 16]), id(7), &value));
        assert!(!matches_check_value(&key, store(), id(8), &value));
        assert!(!matches_check_value(&key, store(), id(7), &value[..16]));
    }

    #[test]
    fn the_primary_key_may_be_missing() {
        let mut keyring = Keyring::new(id(1));
        keyring.add(kek(2));
        assert!(keyring.primary().is_none());
        assert_eq!(keyring.primary_id(), id(1));
        assert_eq!(keyring.get(id(2)), Some(&kek(2)));
        assert!(!keyring.set_primary(id(3)));
        assert!(keyring.set_primary(id(2)));
        assert_eq!(keyring.primary(), Some(&kek(2)));
    }

    #[test]
    fn a_key_is_there_once() {
        let mut keyring = Keyring::new(id(1));
        keyring.add(kek(1));
        keyring.add(kek(2));
        keyring.add(kek(1));
        assert_eq!(keyring.ids().collect::<Vec<_>>(), [id(2), id(1)]);
    }
}
