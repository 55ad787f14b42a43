//! A key from a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::fs::OFlags;
use zeroize::Zeroizing;

use super::super::error::KeyProblem;
use super::super::secret::Secret32;
use super::{MOST, any_key, is_misplaced_key};
use crate::domain::{KeyId, Random};

const ROOT: u32 = 0;

/// Reads the key in the file at `path`.
pub fn read(path: &Path) -> Result<Secret32, KeyProblem> {
    check_path(path)?;
    // Non-blocking, since opening a pipe would wait for a writer.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits() as i32)
        .open(path)
        .map_err(|error| cannot_open(path, &error))?;
    check_file(path, &file)?;

    let mut content = Zeroizing::new([0; MOST]);
    let length = fill(&mut file, &mut content[..]).map_err(|error| io_problem(path, "read", &error))?;
    let what = || format!("the key file {}", path.display());
    if length == MOST {
        return Err(KeyProblem::NotAKey { what: what(), problem: "is longer than a key" });
    }
    any_key(&content[..length]).map_err(|problem| KeyProblem::NotAKey { what: what(), problem })
}

/// Makes a file with a new key at `path`, or reads the one that is there.
pub fn make(path: &Path, random: &dyn Random) -> Result<Secret32, KeyProblem> {
    match read(path) {
        Err(KeyProblem::Missing { .. }) => make_new(path, random),
        Ok(key) => {
            // Whoever made it a moment ago may not have come to this yet; where we may not, it is an old file.
            let _ = path.parent().map(sync_directory);
            Ok(key)
        }
        Err(problem) => Err(problem),
    }
}

/// Writes the whole key under another name first: whoever finds a file at `path` finds all of it.
fn make_new(path: &Path, random: &dyn Random) -> Result<Secret32, KeyProblem> {
    let problem = |error: io::Error| io_problem(path, "made", &error);
    let directory = check_directory(path)?;
    let key = Secret32::generate(random)?;
    let temporary = directory.join(format!(".dm-key-{}.tmp", KeyId::generate(random)?));

    let mut file = create_new(&temporary).map_err(problem)?;
    let linked = write_key(&mut file, &key).and_then(|()| fs::hard_link(&temporary, path));
    fs::remove_file(&temporary).map_err(problem)?;
    // The name has to last before anything is sealed with the key, also where somebody else was faster.
    sync_directory(directory).map_err(problem)?;
    match linked {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(problem(error)),
    }
}

fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn write_key(file: &mut File, key: &Secret32) -> io::Result<()> {
    let mut line = Zeroizing::new([b'\n'; 45]);
    STANDARD.encode_slice(key.expose(), &mut line[..44]).map_err(io::Error::other)?;
    file.write_all(&line[..])?;
    file.sync_all()
}

fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

fn check_path(path: &Path) -> Result<(), KeyProblem> {
    if is_misplaced_key(path.as_os_str().as_bytes()) {
        return Err(KeyProblem::BadPath { problem: "is a key itself: it has to name a file that holds one" });
    }
    if !path.is_absolute() {
        return Err(KeyProblem::BadPath { problem: "has to be absolute (begin with /)" });
    }
    Ok(())
}

/// Regular, ours, and closed to everybody else.
fn check_file(path: &Path, file: &File) -> Result<(), KeyProblem> {
    let found = file.metadata().map_err(|error| io_problem(path, "read", &error))?;
    let kind = found.file_type();
    if !kind.is_file() {
        let kind = match kind {
            kind if kind.is_dir() => "a directory",
            kind if kind.is_fifo() => "a pipe",
            _ => "a device",
        };
        return Err(KeyProblem::NotAFile { path: path.into(), kind });
    }
    if found.uid() != user() {
        return Err(wrong_user(path, found.uid()));
    }
    let mode = found.mode() & 0o7777;
    if mode & 0o077 != 0 {
        let mend = format!("chmod 600 {}", quoted(path));
        return Err(KeyProblem::Permissions { path: path.into(), mode, mend });
    }
    Ok(())
}

/// The directory that the file is to be made in.
fn check_directory(path: &Path) -> Result<&Path, KeyProblem> {
    let directory = path.parent().ok_or(KeyProblem::BadPath { problem: "has to name a file" })?;
    match fs::metadata(directory) {
        // What root makes in another user's directory locks that user out.
        Ok(found) if user() == ROOT && found.uid() != ROOT => Err(wrong_user(directory, found.uid())),
        Ok(_) => Ok(directory),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(KeyProblem::MissingDirectory {
            path: directory.into(),
            mend: format!("mkdir -m 700 {}", quoted(directory)),
        }),
        Err(error) => Err(io_problem(path, "made", &error)),
    }
}

fn cannot_open(path: &Path, error: &io::Error) -> KeyProblem {
    match (error.kind(), fs::symlink_metadata(path)) {
        (_, Ok(found)) if found.is_symlink() => {
            KeyProblem::NotAFile { path: path.into(), kind: "a symbolic link" }
        }
        (ErrorKind::PermissionDenied, Ok(found)) if found.uid() != user() => wrong_user(path, found.uid()),
        (ErrorKind::NotFound, _) => KeyProblem::Missing { path: path.into() },
        _ => io_problem(path, "read", error),
    }
}

fn wrong_user(path: &Path, owner: u32) -> KeyProblem {
    let user = user();
    let mend = format!("run this as `sudo -u '#{owner}' ...`, or type `chown {user} {}`", quoted(path));
    KeyProblem::WrongUser { path: path.into(), owner, user, mend }
}

fn io_problem(path: &Path, action: &'static str, error: &io::Error) -> KeyProblem {
    KeyProblem::Io { path: path.into(), action, reason: error.to_string() }
}

fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

/// Reads until the end or until `buffer` is full.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::OsRandom;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;
    use std::process::Command;
    use std::thread;

    const KEY: &str = "8PHy8/T19vf4+fr7/P3+/+Dh4uPk5ebn6Onq6+zt7u8=";

    /// A new directory of ours, removed at the end.
    struct Place(PathBuf);

    impl Place {
        fn new() -> Self {
            let name = format!("dm-key-file-{}", KeyId::generate(&OsRandom).unwrap());
            let path = std::env::temp_dir().join(name);
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }

        fn with(&self, content: impl AsRef<[u8]>, mode: u32) -> PathBuf {
            let path = self.path(&format!("key-{}", fs::read_dir(&self.0).unwrap().count()));
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn problem(path: &Path) -> String {
        let error = read(path).unwrap_err();
        let text = format!("{error}\n{error:?}");
        assert!(!text.contains("CANARY"), "{text}");
        text
    }

    #[test]
    fn reads_base64_and_raw_bytes() {
        let place = Place::new();
        let key = read(&place.with(KEY, 0o600)).unwrap();
        assert_eq!(key.expose()[..4], [0xF0, 0xF1, 0xF2, 0xF3]);
        assert_eq!(read(&place.with(key.expose(), 0o400)).unwrap(), key);
        assert_eq!(read(&place.with(format!("{KEY}\r\n"), 0o600)).unwrap(), key);
    }

    #[test]
    fn what_is_open_to_others_is_refused_with_the_mend() {
        let place = Place::new();
        for mode in [0o640, 0o604, 0o620, 0o610, 0o601, 0o666] {
            let path = place.with(KEY, mode);
            let text = problem(&path);
            assert!(text.contains(&format!("mode {mode:04o}")), "{text}");
            assert!(text.contains(&format!("`chmod 600 '{}'`", path.display())), "{text}");
        }
        let path = place.path("it's");
        fs::rename(place.with(KEY, 0o644), &path).unwrap();
        let KeyProblem::Permissions { mend, .. } = read(&path).unwrap_err() else { panic!() };
        assert!(Command::new("sh").arg("-c").arg(mend).status().unwrap().success());
        assert!(read(&path).is_ok(), "the mend mends");
    }

    #[test]
    fn what_is_no_key_file_is_refused() {
        let place = Place::new();
        let key = place.with(KEY, 0o600);
        symlink(&key, place.path("link")).unwrap();
        symlink(place.path("nothing"), place.path("dangling")).unwrap();
        assert!(
            Command::new("mkfifo").arg("-m").arg("600").arg(place.path("pipe")).status().unwrap().success()
        );

        assert!(problem(&place.path("missing")).contains("there is no key file"));
        assert!(problem(&place.path("link")).contains("is a symbolic link"));
        assert!(problem(&place.path("dangling")).contains("is a symbolic link"));
        assert!(problem(&place.0).contains("is a directory"));
        assert!(problem(&place.path("pipe")).contains("is a pipe"));
        assert!(problem(Path::new("/dev/null")).contains("is a device"));
        assert!(problem(&place.with("", 0o600)).contains("is empty"));
        assert!(problem(&place.with("CANARY is a passphrase", 0o600)).contains("passphrases are refused"));
        assert!(problem(&place.with("CANARY-56789-0123456789-01234567", 0o600)).contains("is text"));
        assert!(problem(&place.with([0; 32], 0o600)).contains("all zeros"));
        assert!(problem(&place.with("CANARY\n".repeat(1000), 0o600)).contains("longer than a key"));
    }

    #[test]
    fn a_key_in_the_place_of_a_path_is_not_repeated() {
        for path in [KEY, &KEY[..43], "/PHy8/T19vf4+fr7/P3+/+Dh4uPk5ebn6Onq6+zt7u8=", "relative/CANARY"] {
            for result in [read(Path::new(path)), make(Path::new(path), &OsRandom)] {
                let error = result.unwrap_err();
                let text = format!("{error}\n{error:?}");
                assert!(text.starts_with("the path of the key file"), "{text}");
                assert!(!text.contains(path), "{text}");
            }
        }
    }

    #[test]
    fn a_new_key_is_written_once_and_read_again() {
        let place = Place::new();
        let path = place.path("key");
        let key = make(&path, &OsRandom).unwrap();
        assert_eq!(make(&path, &OsRandom).unwrap(), key);
        assert_eq!(read(&path).unwrap(), key);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(fs::read(&path).unwrap().len(), 45);
        assert_eq!(fs::read_dir(&place.0).unwrap().count(), 1, "the temporary file is gone");
        assert_ne!(make(&place.path("other"), &OsRandom).unwrap(), key);
    }

    #[test]
    fn of_many_who_make_it_at_once_all_have_the_same() {
        for _ in 0..20 {
            let place = Place::new();
            let path = place.path("key");
            let makers: Vec<_> = (0..8)
                .map(|_| {
                    let path = path.clone();
                    thread::spawn(move || make(&path, &OsRandom).unwrap())
                })
                .collect();
            for maker in makers {
                assert_eq!(maker.join().unwrap(), read(&path).unwrap());
            }
            assert_eq!(fs::read_dir(&place.0).unwrap().count(), 1);
        }
    }

    #[test]
    fn an_unusable_file_is_never_replaced() {
        let place = Place::new();
        let path = place.with("CANARY", 0o600);
        assert!(make(&path, &OsRandom).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"CANARY");
    }

    #[test]
    fn a_missing_directory_is_named_with_the_mend() {
        let place = Place::new();
        let path = place.path("keys").join("key");
        let KeyProblem::MissingDirectory { mend, .. } = make(&path, &OsRandom).unwrap_err() else { panic!() };
        assert!(Command::new("sh").arg("-c").arg(mend).status().unwrap().success());
        assert!(make(&path, &OsRandom).is_ok());
    }

    #[test]
    fn another_users_files_and_directories_are_refused() {
        if user() != ROOT {
            return; // only root can make them
        }
        let place = Place::new();
        let path = place.with(KEY, 0o600);
        std::os::unix::fs::chown(&path, Some(4321), None).unwrap();
        let text = problem(&path);
        assert!(text.contains("belongs to user 4321") && text.contains("`sudo -u '#4321' ...`"), "{text}");

        std::os::unix::fs::chown(&place.0, Some(4321), None).unwrap();
        let made = make(&place.path("new"), &OsRandom);
        assert!(matches!(made, Err(KeyProblem::WrongUser { owner: 4321, user: ROOT, .. })), "{made:?}");
        assert!(!place.path("new").exists());
    }
}
