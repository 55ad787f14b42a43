//! The least that reading one document can cost under the same promises: the outer lock, one prepared SELECT of all
//! columns with the same pragmas, one AES-256-GCM open of the same bytes with a key that is ready. It checks
//! no path, no MAC and no name, derives no key and wipes nothing.

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::hint::black_box;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use aes_gcm::aead::{Aead, AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use rusqlite::{Connection, OpenFlags, Statement};
use rustix::fs::{FlockOperation, Stat, flock, lstat};

use crate::c::Name;

const COLUMNS: usize = 21;
const SELECT: &str = "SELECT id, kind, provider, owner, account, remote_id, display_name, scopes, status, status_cause, \
                      expires_at, revision, seal_revision, connected_at, updated_at, last_used_at, legacy, key_id, \
                      row_mac, wrapped_key, sealed FROM connections \
                      WHERE kind = 0 AND provider = ?1 AND owner = ?2 AND account = 'default'";
/// What stands before the ciphertext in a sealed document: version, key id, salt, commitment.
const HEADER: usize = 73;
const TAG: usize = 16;

/// Whether the open files are compared with those at their paths, as the library's lock does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Paths {
    Trusted,
    Compared,
}

/// A copy of a store's database, whose documents are sealed under one key that is at hand.
pub struct Copy {
    pub connection: Connection,
    gate: File,
    lock: File,
    cipher: Aes256Gcm,
    /// The two lock files and the database, with what was at their paths.
    paths: [(CString, Stat); 3],
}

impl Copy {
    /// Copies the store in `from` to the directory `to`.
    pub fn new(from: &Path, to: &Path) -> Self {
        std::fs::create_dir(to).unwrap();
        let database = to.join("connections.sqlite");
        std::fs::copy(from.join("connections.sqlite"), &database).unwrap();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(database, flags).unwrap();
        connection
            .execute_batch(
                "PRAGMA synchronous = FULL;
                 PRAGMA secure_delete = ON;
                 PRAGMA cell_size_check = ON;
                 PRAGMA mmap_size = 0;
                 PRAGMA temp_store = MEMORY;
                 PRAGMA journal_mode = TRUNCATE;",
            )
            .unwrap();
        let file = |name| OpenOptions::new().create(true).append(true).open(to.join(name)).unwrap();
        let cipher = Aes256Gcm::new(&[7; 32].into());
        let (gate, lock) = (file("gate.lock"), file("store.lock"));
        let paths = ["gate.lock", "store.lock", "connections.sqlite"].map(|name| {
            let path = CString::new(to.join(name).as_os_str().as_bytes()).unwrap();
            let stat = lstat(&path).unwrap();
            (path, stat)
        });
        Self { connection, gate, lock, cipher, paths }
    }

    /// Seals a document of its own into a row that exists, in as many bytes as were there.
    pub fn put(&self, name: &Name, document: &[u8]) {
        let sealed = [&[0; HEADER], &self.cipher.encrypt(&Nonce::default(), document).unwrap()[..]].concat();
        let sql = "UPDATE connections SET sealed = ?3 WHERE kind = 0 AND provider = ?1 AND owner = ?2 \
                   AND length(sealed) = length(?3)";
        let changed = self.connection.execute(sql, (&name.provider, &name.owner, sealed)).unwrap();
        assert_eq!(changed, 1, "the row is there and has the same length");
    }

    /// Ready to read.
    pub fn reader(&self) -> Reader<'_> {
        Reader { copy: self, select: self.connection.prepare(SELECT).unwrap() }
    }

    /// Runs `work` under the outer lock as a reader has it.
    pub fn shared<T>(&self, paths: Paths, work: impl FnOnce() -> T) -> T {
        let Self { gate, lock, .. } = self;
        flock(gate, FlockOperation::NonBlockingLockShared).unwrap();
        flock(lock, FlockOperation::NonBlockingLockShared).unwrap();
        flock(gate, FlockOperation::Unlock).unwrap();
        if paths == Paths::Compared {
            for (path, opened) in &self.paths {
                let found = lstat(path).unwrap();
                assert!((found.st_dev, found.st_ino) == (opened.st_dev, opened.st_ino));
            }
        }
        let done = work();
        flock(lock, FlockOperation::Unlock).unwrap();
        done
    }

    /// Runs `work` under the outer lock as a writer has it.
    pub fn exclusively(&self, work: impl FnOnce(&Connection)) {
        flock(&self.gate, FlockOperation::NonBlockingLockExclusive).unwrap();
        flock(&self.lock, FlockOperation::NonBlockingLockExclusive).unwrap();
        work(&self.connection);
        flock(&self.lock, FlockOperation::Unlock).unwrap();
        flock(&self.gate, FlockOperation::Unlock).unwrap();
    }
}

/// A copy with its statement prepared.
pub struct Reader<'a> {
    copy: &'a Copy,
    select: Statement<'a>,
}

impl Reader<'_> {
    /// Reads and opens one document.
    pub fn get(&mut self, name: &Name, paths: Paths) -> Vec<u8> {
        let (select, cipher) = (&mut self.select, &self.copy.cipher);
        let sealed = self.copy.shared(paths, || {
            select.query_row((&name.provider, &name.owner), |row| {
                for column in 0..COLUMNS - 1 {
                    black_box(row.get_ref(column)?);
                }
                Ok(row.get_ref(COLUMNS - 1)?.as_blob()?[HEADER..].to_vec())
            })
        });
        let mut document = sealed.unwrap();
        let tag = Tag::try_from(&document[document.len() - TAG..]).unwrap();
        document.truncate(document.len() - TAG);
        cipher.decrypt_inout_detached(&Nonce::default(), b"", (&mut document[..]).into(), &tag).unwrap();
        document
    }
}
