//! The envelope: each record's document is sealed under a data key of its own, and that under a KEK.
//!
//! ```text
//! wrapped data key = record[KEK](fields("dm/v1/data-key", place), data key id (8) | data key (32))
//! sealed document  = record[data key](fields("dm/v1/sealed", place, seal revision), document)
//! place            = store id, record id, owner, provider, purpose
//! ```
//!
//! `record` is [`super::record`]'s. The place binds both: moved to another row, owner, provider, purpose or store,
//! neither opens. The seal revision binds the document alone: an earlier blob of the same row does not open,
//! and re-wrapping a data key to another KEK touches no document.

use zeroize::Zeroizing;

use super::keyring::Kek;
use super::labels::{self, Label};
use super::record::{self, Opener};
use super::secret::{Plaintext, Secret32};
use super::{Error, Fields};
use crate::domain::{KeyId, Random, RecordId, StoreId};

/// What a sealed content is for. The names are part of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The document of a connection.
    Connection,
    /// The document of an app config.
    Config,
    /// A piece of the old option that is kept as it was.
    Kept,
}

impl Purpose {
    /// Its stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Config => "config",
            Self::Kept => "kept",
        }
    }
}

/// The place that a sealed content belongs to, and which writing of it this is.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a> {
    /// The store.
    pub store: StoreId,
    /// The row.
    pub record: RecordId,
    /// The owner in its canonical form (`user:12`).
    pub owner: &'a str,
    /// The provider's slug.
    pub provider: &'a str,
    /// What the content is for.
    pub purpose: Purpose,
    /// Counts the writings of the content.
    pub seal_revision: i64,
}

impl Binding<'_> {
    fn place(&self, label: Label) -> Fields {
        Fields::new(label)
            .bytes(self.store.as_bytes())
            .bytes(self.record.as_bytes())
            .text(self.owner)
            .text(self.provider)
            .text(self.purpose.as_str())
    }

    fn writing(&self) -> Fields {
        self.place(labels::SEALED).integer(self.seal_revision)
    }
}

const ID: usize = 8;

/// The random key of one record, with its id. Only ever stored wrapped.
#[derive(Debug)]
pub struct DataKey {
    id: KeyId,
    key: Secret32,
}

impl DataKey {
    /// A new random data key.
    pub fn generate(random: &dyn Random) -> Result<Self, Error> {
        Ok(Self { id: KeyId::generate(random)?, key: Secret32::generate(random)? })
    }

    /// Its random id.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Wraps it under `kek`, bound to the place (not to the seal revision).
    pub fn wrap(&self, kek: &Kek, binding: &Binding, random: &dyn Random) -> Result<Vec<u8>, Error> {
        let mut plaintext = Zeroizing::new([0; ID + 32]);
        plaintext[..ID].copy_from_slice(self.id.as_bytes());
        plaintext[ID..].copy_from_slice(self.key.expose());
        record::seal(kek.key(), kek.id(), &binding.place(labels::DATA_KEY), &plaintext[..], random)
    }

    /// Unwraps what [`DataKey::wrap`] made at the same place. [`record::key_id_of`] tells which KEK it takes.
    pub fn unwrap(kek: &Kek, wrapped: &[u8], binding: &Binding) -> Result<Self, Error> {
        let plaintext = record::open(kek.key(), kek.id(), &binding.place(labels::DATA_KEY), wrapped)?;
        let (id, key) = plaintext.split_first_chunk::<ID>().ok_or(Error::Format)?;
        let key = key.try_into().map_err(|_| Error::Format)?;
        Ok(Self { id: KeyId::from_bytes(*id), key: Secret32::copy_from(key) })
    }

    /// Seals a document at its place and seal revision.
    pub fn seal(&self, binding: &Binding, plaintext: &[u8], random: &dyn Random) -> Result<Vec<u8>, Error> {
        record::seal(&self.key, self.id, &binding.writing(), plaintext, random)
    }

    /// Opens what [`DataKey::seal`] made at the same place and seal revision.
    pub fn open(&self, binding: &Binding, sealed: &[u8]) -> Result<Plaintext, Error> {
        record::open(&self.key, self.id, &binding.writing(), sealed)
    }

    /// What it takes to open it again.
    pub fn opener(&self, binding: &Binding, sealed: &[u8]) -> Result<Opener, Error> {
        Opener::new(&self.key, self.id, binding.writing(), sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::OsRandom;

    fn kek() -> Kek {
        Kek::new(KeyId::generate(&OsRandom).unwrap(), Secret32::generate(&OsRandom).unwrap())
    }

    fn binding() -> Binding<'static> {
        Binding {
            store: StoreId::from_bytes([1; 16]),
            record: RecordId::from_bytes([2; 16]),
            owner: "user:12",
            provider: "reddit",
            purpose: Purpose::Connection,
            seal_revision: 3,
        }
    }

    /// The binding, with each part changed in turn.
    fn elsewhere() -> [Binding<'static>; 6] {
        let here = binding();
        [
            Binding { store: StoreId::from_bytes([9; 16]), ..here },
            Binding { record: RecordId::from_bytes([9; 16]), ..here },
            Binding { owner: "user:1", ..here },
            Binding { provider: "2reddit", ..here },
            Binding { purpose: Purpose::Config, ..here },
            Binding { seal_revision: 2, ..here },
        ]
    }

    #[test]
    fn a_document_comes_back_through_both_layers() {
        let kek = kek();
        let key = DataKey::generate(&OsRandom).unwrap();
        let wrapped = key.wrap(&kek, &binding(), &OsRandom).unwrap();
        for document in [&b"{\"access_token\":\"t\"}"[..], b"", &[0; 70_000]] {
            let sealed = key.seal(&binding(), document, &OsRandom).unwrap();
            let key = DataKey::unwrap(&kek, &wrapped, &binding()).unwrap();
            assert_eq!(*key.open(&binding(), &sealed).unwrap(), *document);
        }
    }

    #[test]
    fn a_document_opens_nowhere_else() {
        let key = DataKey::generate(&OsRandom).unwrap();
        let sealed = key.seal(&binding(), b"{}", &OsRandom).unwrap();
        for other in elsewhere() {
            assert_eq!(key.open(&other, &sealed).unwrap_err(), Error::DoesNotOpen, "{other:?}");
        }
        let other = DataKey::generate(&OsRandom).unwrap();
        assert_eq!(other.open(&binding(), &sealed).unwrap_err(), Error::DoesNotOpen);
    }

    #[test]
    fn a_data_key_unwraps_nowhere_else_but_at_every_seal_revision() {
        let kek = kek();
        let key = DataKey::generate(&OsRandom).unwrap();
        let wrapped = key.wrap(&kek, &binding(), &OsRandom).unwrap();
        for other in elsewhere() {
            let unwrapped = DataKey::unwrap(&kek, &wrapped, &other);
            if other.seal_revision == binding().seal_revision {
                assert_eq!(unwrapped.unwrap_err(), Error::DoesNotOpen, "{other:?}");
            } else {
                assert_eq!(unwrapped.unwrap().id(), key.id());
            }
        }
    }

    #[test]
    fn another_kek_under_the_same_id_does_not_unwrap() {
        let right = kek();
        let key = DataKey::generate(&OsRandom).unwrap();
        let wrapped = key.wrap(&right, &binding(), &OsRandom).unwrap();
        let wrong = Kek::new(right.id(), Secret32::generate(&OsRandom).unwrap());
        assert_eq!(DataKey::unwrap(&wrong, &wrapped, &binding()).unwrap_err(), Error::DoesNotOpen);
    }
}
