//! What can go wrong, in words that help its owner and nobody else.

use std::path::PathBuf;
use std::time::Duration;

use crate::domain::RandomUnavailable;

/// Why something could not be sealed, opened or read. Never tells one failed check from another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No random bytes: nothing was sealed.
    #[error(transparent)]
    Random(#[from] RandomUnavailable),
    /// The bytes are no record of a version that this library knows.
    #[error(
        "the sealed bytes have a format that this version does not know: they are damaged, or a newer version wrote them"
    )]
    Format,
    /// Another key, another place, or changed bytes: which one is not told, and cannot be.
    #[error("the sealed bytes do not open: they were changed or moved, or the key is another one")]
    DoesNotOpen,
    /// A key that was handed over cannot be used.
    #[error(transparent)]
    KeyMaterial(#[from] KeyProblem),
}

/// Why key material was refused, and what to do. Never holds a byte of it, nor a command's arguments or output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// No random bytes to make a key of.
    #[error(transparent)]
    Random(#[from] RandomUnavailable),
    /// Not 32 random bytes.
    #[error(
        "{what} {problem}. A key is 32 random bytes, raw or in base64; passphrases are refused. Make one with `openssl rand -base64 32` (or `head -c 32 /dev/urandom` for a raw one)"
    )]
    NotAKey {
        /// Where it came from: `the key`, `the key file /path` ...
        what: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A path that cannot be one of a key file.
    #[error("the path of the key file {problem}")]
    BadPath {
        /// What is wrong with it; the path is not repeated, since it may be a key put in the wrong place.
        problem: &'static str,
    },
    /// There is no such file.
    #[error("there is no key file {}: put the key there (mode 0600), or correct the path", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// There is no directory to make the key file in.
    #[error("there is no directory {} for the key file: make it with `{mend}`", path.display())]
    MissingDirectory {
        /// The directory.
        path: PathBuf,
        /// The line to type.
        mend: String,
    },
    /// Others can read or write it.
    #[error("the key file {} has mode {mode:04o}, so others may read it: close it with `{mend}`", path.display())]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// The line to type.
        mend: String,
    },
    /// It, or the directory it is to be made in, is another user's.
    #[error("{} belongs to user {owner}, and this process runs as user {user}: {mend}", path.display())]
    WrongUser {
        /// The file or directory.
        path: PathBuf,
        /// The user id that owns it.
        owner: u32,
        /// The user id of this process.
        user: u32,
        /// What to do.
        mend: String,
    },
    /// A directory, a symbolic link, a device ...
    #[error("the key file {} is {kind}: it has to be a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is instead.
        kind: &'static str,
    },
    /// The system refused.
    #[error("the key file {} cannot be {action}: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// `read`, `made` ...
        action: &'static str,
        /// The system's reason.
        reason: String,
    },
    /// The command gave no key.
    #[error("the key command '{program}' {problem}")]
    Command {
        /// The program's name, without arguments.
        program: String,
        /// What happened.
        problem: CommandProblem,
    },
}

/// What went wrong with a key command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandProblem {
    /// It could not be started.
    #[error("cannot be started: {0}")]
    Start(String),
    /// Its output could not be read.
    #[error("gave no readable output: {0}")]
    Output(String),
    /// It took too long and was killed.
    #[error("gave no key within {} seconds and was stopped", .0.as_secs_f32())]
    TooSlow(Duration),
    /// It printed more than a key.
    #[error("printed more than a key: it has to print the key alone, on its standard output")]
    TooMuch,
    /// It reported a failure.
    #[error("failed ({0}): run it by hand as the same user to see why")]
    Failed(String),
}
