//! Where a store lies: its files, whose they are, and whether they may lie there.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{FileType, Stat, fstat, lstat, stat};
use rustix::io::Errno;

use super::{Create, Options, filesystem};
use crate::store::Error;

/// The paths of a store.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub directory: PathBuf,
    pub database: PathBuf,
    pub journal: PathBuf,
    pub stale_journal: PathBuf,
    pub wal: PathBuf,
    pub gate: PathBuf,
    pub lock: PathBuf,
    pub waiting: PathBuf,
    document_root: Option<PathBuf>,
}

/// What tells one file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

/// What changes when a file is written to or another takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub id: FileId,
    pub size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileId {
    pub fn of(found: &Stat) -> Self {
        Self { device: found.st_dev, inode: found.st_ino }
    }
}

impl Stamp {
    /// Whether a change from now on shows: until its clock has ticked, a file system gives two changes one time.
    pub fn is_ripe(&self) -> bool {
        let (seconds, nanoseconds) = self.changed.max(self.modified);
        // Old file systems tick once a second, and show it.
        let tick = if nanoseconds == 0 { Duration::from_secs(2) } else { Duration::from_millis(50) };
        let last = Duration::new(seconds.unsigned_abs(), nanoseconds.unsigned_abs() as u32);
        let age = UNIX_EPOCH.checked_add(last).and_then(|last| SystemTime::now().duration_since(last).ok());
        age.is_some_and(|age| age > tick)
    }

    fn of(found: &Stat) -> Self {
        Self {
            id: FileId::of(found),
            size: found.st_size as u64,
            modified: (found.st_mtime, found.st_mtime_nsec as i64),
            changed: (found.st_ctime, found.st_ctime_nsec as i64),
        }
    }

    /// Of an open file.
    pub fn of_open(file: &File) -> Option<Self> {
        fstat(file).ok().as_ref().map(Self::of)
    }
}

impl Place {
    /// The paths; absolute, because a process may change its working directory.
    pub fn new(options: &Options) -> Result<Self, Error> {
        let absolute = |path: &Path| {
            std::path::absolute(path).map_err(|error| io(path, "making the path absolute", &error))
        };
        let directory = absolute(&options.directory)?;
        let file = |name| directory.join(name);
        Ok(Self {
            database: file("connections.sqlite"),
            journal: file("connections.sqlite-journal"),
            stale_journal: file("connections.sqlite-journal.stale"),
            wal: file("connections.sqlite-wal"),
            gate: file("gate.lock"),
            lock: file("store.lock"),
            waiting: file("waiting.lock"),
            document_root: options.document_root.as_deref().map(absolute).transpose()?,
            directory,
        })
    }

    /// Checks the place, and makes the directory and an empty database where that was asked for. Nothing is made
    /// before everything was found right.
    pub fn prepare(&self, create: Create) -> Result<(), Error> {
        match look(&self.directory)? {
            Some(_) => self.check_directory()?,
            None if create == Create::IfMissing => self.make_directory()?,
            None => return Err(Error::MissingDirectory { path: self.directory.clone() }),
        }
        match self.stamp()? {
            Some(_) => Ok(()),
            None if create == Create::IfMissing => self.make_file(&self.database),
            None => Err(Error::StoreMissing { path: self.database.clone() }),
        }
    }

    /// Checks the directory: a directory, ours, private, local, not to be reached through the web server.
    pub fn check_directory(&self) -> Result<(), Error> {
        let Some(found) = look(&self.directory)? else {
            return Err(Error::MissingDirectory { path: self.directory.clone() });
        };
        if !is(FileType::Directory, &found) {
            let detail = "it is no directory".into();
            return Err(Error::NotAStore { path: self.directory.clone(), detail });
        }
        let private =
            check_owner(&self.directory, &found).and_then(|()| check_mode(&self.directory, &found, 0o700));
        private.map_err(|error| self.with_a_better_mend(error))?;
        self.check_document_root(&canonical(&self.directory)?)?;
        filesystem::check(&self.directory)
    }

    /// Makes the directory, if its parent is a place for it.
    fn make_directory(&self) -> Result<(), Error> {
        let (Some(parent), Some(name)) = (self.directory.parent(), self.directory.file_name()) else {
            return Err(Error::MissingDirectory { path: self.directory.clone() });
        };
        let Some(found) = look(parent)?.filter(|found| is(FileType::Directory, found)) else {
            return Err(Error::MissingDirectory { path: parent.to_owned() });
        };
        // Whatever root makes in somebody's directory, that somebody cannot use.
        if rustix::process::geteuid().is_root() {
            check_owner(parent, &found)?;
        }
        self.check_document_root(&canonical(parent)?.join(name))?;
        filesystem::check(parent)?;
        match DirBuilder::new().mode(0o700).create(&self.directory) {
            Ok(()) => sync_directory(parent)?,
            // Another process was faster.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error)
                if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) =>
            {
                return Err(Error::MissingDirectory { path: self.directory.clone() });
            }
            Err(error) => return Err(io(&self.directory, "making the directory", &error)),
        }
        self.check_directory()
    }

    /// What to do about a directory with a wrong owner or mode in which no store has been made yet.
    fn with_a_better_mend(&self, error: Error) -> Error {
        if !look_at_link(&self.database).is_ok_and(|database| database.is_none()) {
            return error;
        }
        let path = self.directory.clone();
        let locks = [&self.gate, &self.lock, &self.waiting];
        let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
        match error {
            // It may be `/tmp`: nobody is told to close that to others.
            _ if entries.map(|entry| entry.path()).any(|entry| !locks.contains(&&entry)) => {
                Error::NotItsOwn { path }
            }
            // Made by root for the web server, as one makes a directory in `/var/lib`.
            Error::WrongUser { owner, .. } if owner == "root" => {
                let line = format!("chown {} {}", user(rustix::process::geteuid().as_raw()).0, quoted(&path));
                Error::WrongUser { path, owner, line }
            }
            error => error,
        }
    }

    pub fn check_document_root(&self, directory: &Path) -> Result<(), Error> {
        self.document_root.as_ref().map_or(Ok(()), |root| outside(directory, root))
    }

    /// The directory as it is now: it changes with every name in it.
    pub fn directory_stamp(&self) -> Result<Stamp, Error> {
        let found = look(&self.directory)?;
        let missing = || Error::MissingDirectory { path: self.directory.clone() };
        found.as_ref().map(Stamp::of).ok_or_else(missing)
    }

    /// The database file as it is now at its path; none if there is none.
    pub fn stamp(&self) -> Result<Option<Stamp>, Error> {
        Ok(look_at_link(&self.database)?.as_ref().map(Stamp::of))
    }

    /// Checks the database file: a file, ours, private.
    pub fn check_database(&self) -> Result<(), Error> {
        match look_at_link(&self.database)? {
            Some(found) => check_file(&self.database, &found),
            None => Ok(()),
        }
    }

    /// Whether somebody left a journal behind (or is in the middle of a transaction): SQLite will want to write.
    pub fn has_journal(&self) -> Result<bool, Error> {
        match look_at_link(&self.journal)? {
            Some(found) if found.st_size > 0 => check_file(&self.journal, &found).map(|()| true),
            _ => Ok(false),
        }
    }

    /// Whether there is such a file.
    pub fn exists(&self, path: &Path) -> Result<bool, Error> {
        Ok(look_at_link(path)?.is_some())
    }

    /// Opens one of the lock files, made if it is missing.
    pub fn open_lock(&self, path: &Path) -> Result<(File, FileId), Error> {
        let file = private(OpenOptions::new().create(true)).open(path);
        let file = file.map_err(|error| match look_at_link(path) {
            _ if error.kind() == ErrorKind::NotFound => {
                Error::MissingDirectory { path: self.directory.clone() }
            }
            // Why it cannot be opened is more telling than that it cannot.
            Ok(Some(found)) => check_file(path, &found).err().unwrap_or_else(|| io(path, "opening", &error)),
            _ => io(path, "opening", &error),
        })?;
        let found = fstat(&file).map_err(|error| io(path, "looking", &error.into()))?;
        check_file(path, &found)?;
        Ok((file, FileId::of(&found)))
    }

    /// Makes an empty private file, unless it exists.
    fn make_file(&self, path: &Path) -> Result<(), Error> {
        match private(OpenOptions::new().create_new(true)).open(path) {
            Ok(_) => sync_directory(&self.directory),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(io(path, "making the file", &error)),
        }
    }

    /// Opens one of the files to look at it past SQLite. Closing the database again drops the locks that this process
    /// has on it: not to be done within a transaction.
    pub fn open(&self, path: &Path) -> Result<File, Error> {
        File::open(path).map_err(|error| io(path, "opening", &error))
    }

    /// The database file, which keeps its inode as long as this is open. As with `open`, outside of transactions.
    pub fn pin(&self) -> Result<(File, FileId), Error> {
        let file = self.open(&self.database)?;
        let found = fstat(&file).map_err(|error| io(&self.database, "looking", &error.into()))?;
        Ok((file, FileId::of(&found)))
    }

    /// The beginning of the database file.
    pub fn header(&self, database: &File) -> Result<Vec<u8>, Error> {
        let mut header = Vec::with_capacity(100);
        let mut database = database;
        let read = database.rewind().and_then(|()| database.take(100).read_to_end(&mut header));
        read.map_err(|error| io(&self.database, "reading", &error))?;
        Ok(header)
    }

    /// Whether the disk or the quota is full: SQLite says only that it could not write.
    pub fn is_full(&self) -> bool {
        use rustix::fs::{Mode, OFlags};
        let full = |error| error == Errno::NOSPC || error == Errno::DQUOT;
        let file = rustix::fs::open(
            &self.directory,
            OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC,
            Mode::RUSR | Mode::WUSR,
        );
        match file {
            Ok(file) => {
                let wrote = rustix::io::write(&file, &[0xff; 16 * 1024]);
                wrote.is_err_and(full) || rustix::fs::fsync(&file).is_err_and(full)
            }
            Err(error) => full(error),
        }
    }
}

/// An input or output error at a path.
pub(super) fn io(path: &Path, action: &'static str, error: &std::io::Error) -> Error {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::DiskFull { path: path.to_owned() },
        _ => Error::Io { path: path.to_owned(), action, reason: error.to_string() },
    }
}

/// What identifies the file at a path, without following a link; none if there is none.
pub(super) fn identify(path: &Path) -> Result<Option<FileId>, Error> {
    Ok(look_at_link(path)?.map(|found| FileId::of(&found)))
}

/// Makes what was made, renamed or removed in a directory durable.
pub(super) fn sync_directory(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|directory| directory.sync_all()).map_err(|error| io(path, "syncing", &error))
}

/// For a file that only its owner may use.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.read(true).write(true).mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
}

fn look(path: &Path) -> Result<Option<Stat>, Error> {
    found(path, stat(path))
}

fn look_at_link(path: &Path) -> Result<Option<Stat>, Error> {
    found(path, lstat(path))
}

fn found(path: &Path, result: Result<Stat, Errno>) -> Result<Option<Stat>, Error> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(io(path, "looking", &error.into())),
    }
}

/// Refuses a directory (a resolved path) from which the web server may serve files.
pub fn outside(directory: &Path, document_root: &Path) -> Result<(), Error> {
    // A document root that does not exist serves nothing.
    let Ok(root) = document_root.canonicalize() else { return Ok(()) };
    if directory.starts_with(&root) {
        return Err(Error::InDocumentRoot { path: directory.to_owned(), root });
    }
    Ok(())
}

pub(super) fn canonical(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(|error| io(path, "resolving the path", &error))
}

pub(super) fn is(kind: FileType, found: &Stat) -> bool {
    FileType::from_raw_mode(found.st_mode) == kind
}

fn check_file(path: &Path, found: &Stat) -> Result<(), Error> {
    if !is(FileType::RegularFile, found) {
        let detail =
            if is(FileType::Symlink, found) { "it is a symbolic link" } else { "it is no regular file" };
        return Err(Error::NotAStore { path: path.to_owned(), detail: detail.into() });
    }
    check_owner(path, found)?;
    check_mode(path, found, 0o600)
}

fn check_owner(path: &Path, found: &Stat) -> Result<(), Error> {
    if found.st_uid == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    let (owner, argument) = user(found.st_uid);
    Err(Error::WrongUser { path: path.to_owned(), owner, line: format!("sudo -u {argument} ...") })
}

/// A user's name, or the number where there is none; and as `sudo` takes it.
fn user(uid: u32) -> (String, String) {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    match user_name(&users, uid) {
        Some(name) => (name.to_owned(), name.to_owned()),
        None => (uid.to_string(), format!("'#{uid}'")),
    }
}

/// The name of a user in the text of `/etc/passwd`, if it has one that a shell takes as it is.
fn user_name(passwd: &str, uid: u32) -> Option<&str> {
    let mut entries = passwd.lines().map(|line| line.split(':'));
    let name = entries.find_map(|mut fields| {
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then_some(name)
    })?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (!name.is_empty() && !name.starts_with('-') && name.bytes().all(plain)).then_some(name)
}

/// Nobody but the owner may anything, and the owner may what `needed` says.
fn check_mode(path: &Path, found: &Stat, needed: u32) -> Result<(), Error> {
    let mode = found.st_mode & 0o7777;
    if mode & 0o077 == 0 && mode & needed == needed {
        return Ok(());
    }
    let mend = format!("chmod {needed:o} {}", quoted(path));
    Err(Error::Permissions { path: path.to_owned(), mode, mend })
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+,:@%".contains(&byte);
    if text.bytes().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_named_only_in_a_way_that_a_shell_takes() {
        let passwd =
            "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:\n$(id):x:7:7::/:\n-u:x:8:8::/:\nbroken";
        assert_eq!(user_name(passwd, 33), Some("www-data"));
        for unknown in [7, 8, 34] {
            assert_eq!(user_name(passwd, unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_stamp_is_ripe_once_the_clock_of_its_file_system_has_ticked() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let ripe = |changed: Duration| {
            let changed = (changed.as_secs() as i64, changed.subsec_nanos().into());
            let id = FileId { device: 1, inode: 1 };
            Stamp { id, size: 0, modified: (1, 0), changed }.is_ripe()
        };
        assert!(!ripe(now));
        assert!(!ripe(now + Duration::from_secs(60)), "a clock that was put back");
        assert!(ripe(now - Duration::from_millis(500)));
        let whole = |seconds| Duration::from_secs(now.as_secs() - seconds);
        assert!(!ripe(whole(1)), "a clock that ticks once a second");
        assert!(ripe(whole(3)));
    }

    #[test]
    fn paths_are_quoted_for_a_shell() {
        assert_eq!(quoted(Path::new("/var/lib/site-1.example")), "/var/lib/site-1.example");
        assert_eq!(quoted(Path::new("/a b/it's $x")), r"'/a b/it'\''s $x'");
    }
}
