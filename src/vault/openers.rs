//! What was found out about the rows that were read last.
//!
//! A process reads the same few connections again and again. Whether a row carries our MAC, what its wrapped key
//! unwraps to and what is derived from that depends on nothing but the row and the store's keys; so a row that is
//! byte for byte one that was opened before need only be decrypted. Any other is checked from the beginning.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::crypto::Opener;
use crate::store::{Meta, Row};

/// How many rows are remembered: more than most sites have. Each takes about 2 KiB.
const LIMIT: usize = 32;

/// The rows that were read last, the oldest first. It is part of a store's keys: dropped, and wiped, with them.
#[derive(Default)]
pub(super) struct Openers(Mutex<VecDeque<Known>>);

struct Known {
    meta: Meta,
    wrapped_key: Vec<u8>,
    opener: Arc<Opener>,
}

impl Openers {
    /// The opener of a row that was opened before and is the same since.
    pub(super) fn known(&self, row: &Row) -> Option<Arc<Opener>> {
        let same = |known: &&Known| {
            known.meta == row.meta && known.wrapped_key == row.wrapped_key && known.opener.is_for(&row.sealed)
        };
        self.rows().iter().find(same).map(|known| known.opener.clone())
    }

    /// Remembers a row that was checked and whose document was opened with this.
    pub(super) fn remember(&self, row: &Row, opener: Opener) {
        let mut rows = self.rows();
        // What the row was before is not read again.
        rows.retain(|known| known.meta.id != row.meta.id);
        if rows.len() == LIMIT {
            rows.pop_front();
        }
        let (meta, wrapped_key) = (row.meta.clone(), row.wrapped_key.clone());
        rows.push_back(Known { meta, wrapped_key, opener: Arc::new(opener) });
    }

    fn rows(&self) -> MutexGuard<'_, VecDeque<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;
    use crate::crypto::{Fields, OsRandom, Secret32, labels, record};
    use crate::domain::{KeyId, RecordId};

    fn row(number: usize) -> Row {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.to_le_bytes());
        let meta = Meta {
            id: RecordId::from_bytes(id),
            kind: Kind::Connection,
            provider: "reddit".to_owned(),
            owner: "user:1".to_owned(),
            account: "default".to_owned(),
            remote_id: None,
            display_name: None,
            scopes: String::new(),
            status: "active".to_owned(),
            status_cause: None,
            expires_at: None,
            revision: 1,
            seal_revision: 1,
            connected_at: 0,
            updated_at: 0,
            last_used_at: None,
            legacy: None,
            key_id: KeyId::from_bytes([1; 8]),
            row_mac: vec![0; 32],
        };
        Row { meta, wrapped_key: vec![1], sealed: Vec::new() }
    }

    /// Seals a document into the row, and what opens it.
    fn sealed(row: &mut Row) -> Opener {
        let (key, id) = (Secret32::copy_from(&[1; 32]), KeyId::from_bytes([2; 8]));
        let aad = Fields::new(labels::SEALED);
        row.sealed = record::seal(&key, id, &aad, b"{}", &OsRandom).unwrap();
        Opener::new(&key, id, aad, &row.sealed).unwrap()
    }

    fn remembered(openers: &Openers, number: usize) -> Row {
        let mut row = row(number);
        let opener = sealed(&mut row);
        openers.remember(&row, opener);
        row
    }

    #[test]
    fn a_row_is_known_as_long_as_it_is_the_same() {
        let openers = Openers::default();
        assert!(openers.known(&row(1)).is_none());
        let row = remembered(&openers, 1);
        assert_eq!(*openers.known(&row).unwrap().open(&row.sealed).unwrap(), *b"{}");
        let (mut edited, mut rewrapped, mut replaced) = (row.clone(), row.clone(), row.clone());
        edited.meta.status_cause = Some("edited".to_owned());
        rewrapped.wrapped_key = vec![2];
        sealed(&mut replaced);
        for other in [edited, rewrapped, replaced] {
            assert!(openers.known(&other).is_none());
        }
        let newer = remembered(&openers, 1);
        assert!(openers.known(&newer).is_some() && openers.known(&row).is_none());
        assert_eq!(openers.rows().len(), 1, "what it was before is forgotten");
    }

    #[test]
    fn so_many_rows_are_remembered_and_no_more() {
        let openers = Openers::default();
        let rows: Vec<_> = (0..=LIMIT).map(|number| remembered(&openers, number)).collect();
        assert_eq!(openers.rows().len(), LIMIT);
        assert!(openers.known(&rows[0]).is_none());
        assert!(rows[1..].iter().all(|row| openers.known(row).is_some()));
    }
}
