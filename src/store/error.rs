//! What can go wrong in a store, each in a sentence for a person: what is wrong, and what to do. Never row content.

use std::path::PathBuf;
use std::time::Duration;

/// An error of a store. After any but [`Error::InDoubt`], nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The directory of the store, or the directory it would be made in, does not exist.
    #[error("the directory {} does not exist; make it (its owner must be the web server's user, its mode 0700) or \
             give another path", .path.display())]
    MissingDirectory {
        /// The directory that is missing.
        path: PathBuf,
    },
    /// There is no store here, and none was to be made.
    #[error("there is no store at {}; if there should be one, put back its backup, or else create a new one on \
             purpose", .path.display())]
    StoreMissing {
        /// The database file that is missing or empty.
        path: PathBuf,
    },
    /// Somebody else may read or write what only its owner may.
    #[error("{} has the mode {:04o}, so that others than its owner may use it or its owner may not; type: {mend}",
            .path.display(), .mode)]
    Permissions {
        /// What has the wrong mode.
        path: PathBuf,
        /// The mode it has.
        mode: u32,
        /// The line that mends it.
        mend: String,
    },
    /// The directory is used for other things.
    #[error("other things than a store of connections lie in {}, and the store needs a directory of its own; give \
             one that does not exist yet, or an empty one", .path.display())]
    NotItsOwn {
        /// The directory.
        path: PathBuf,
    },
    /// The process runs as another user than the one whose store it is; root too is another user.
    #[error("{} belongs to the user {owner}, and only that user may use it (files of another user would lock the \
             web server out); type: {line}", .path.display())]
    WrongUser {
        /// What belongs to somebody else.
        path: PathBuf,
        /// Whose it is: a name, or a number where there is no name.
        owner: String,
        /// The line to type.
        line: String,
    },
    /// The directory can be reached through the web server.
    #[error("{} is inside the document root {}, from where files may be served; give a directory outside of it",
            .path.display(), .root.display())]
    InDocumentRoot {
        /// The store's directory.
        path: PathBuf,
        /// The document root.
        root: PathBuf,
    },
    /// The directory is on a file system on which locks cannot be relied upon.
    #[error("{} is on a network file system ({kind}), where the locks of SQLite cannot be relied upon; give a \
             directory on a local disk", .path.display())]
    NetworkFileSystem {
        /// The store's directory.
        path: PathBuf,
        /// The file system's name.
        kind: String,
    },
    /// There is no room left, or the quota is used up.
    #[error("the disk or the quota of {} is full; make room and try again", .path.display())]
    DiskFull {
        /// The store's directory.
        path: PathBuf,
    },
    /// Somebody else had the store for the whole of the caller's patience.
    #[error("the store was in use by another process or thread for {:.1} s; try again", .waited.as_secs_f64())]
    Busy {
        /// How long was waited.
        waited: Duration,
    },
    /// The database is damaged.
    #[error("the database {} is damaged ({detail}); put back a backup", .path.display())]
    Corrupt {
        /// The database file.
        path: PathBuf,
        /// What was noticed, never content.
        detail: String,
    },
    /// The file is something else.
    #[error("{} is not a store of connections ({detail}); give another directory, or move that file away",
            .path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        detail: String,
    },
    /// A newer library wrote the store, and it says that this one is too old for it.
    #[error("the store {} needs a library that knows schema {needed} for this, and this one knows {known}; install \
             the newer version (and reload php-fpm)", .path.display())]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The schema that the store asks for.
        needed: u32,
        /// The schema that this library knows.
        known: u32,
    },
    /// The database was removed or replaced while it was open, and what is there now cannot be used, or does not
    /// have what was just written.
    #[error("the database {} was removed or replaced while it was in use: {detail}", .path.display())]
    Replaced {
        /// The database file.
        path: PathBuf,
        /// What is there now, and what to do.
        detail: String,
    },
    /// The operating system refused something.
    #[error("{action} failed at {}: {reason}", .path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the operating system or SQLite said.
        reason: String,
    },
    /// The disk failed to confirm the very end of a commit: the change can be seen, but may not survive a crash.
    #[error(
        "the change was made, but the disk did not confirm it ({reason}); check the disk, then read again and \
             repeat the change if it is missing"
    )]
    InDoubt {
        /// What SQLite said.
        reason: String,
    },
    /// A new file was to be made, and there is something already.
    #[error("there is something at {} already, and nothing is written over; give another path", .path.display())]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// What was to be written is taken, has changed, or is not there.
    #[error("the record was changed by somebody else, or exists already; read it again")]
    Conflict,
    /// The machine's clock cannot be used.
    #[error("the machine's clock is before 1970 or after 9999; set it")]
    Clock,
    /// A mistake of this library.
    #[error("internal error of the store: {0}")]
    Internal(String),
}
