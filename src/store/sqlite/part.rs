//! The file that a copy is written into until it is whole.
//!
//! Whoever writes it holds a lock on it. One that nobody holds was left by a process that was killed, and the next copy to
//! the same place takes it over.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Seek};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, FlockOperation, Stat, flock, fstat};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::place::{FileId, Place, identify, io, is, private};
use super::schema::APPLICATION_ID;
use crate::store::Error;

/// An empty part of the copy that is to be at a path, locked until it is closed.
pub(super) fn take(place: &Place, to: &Path) -> Result<(File, PathBuf), Error> {
    let mut path = to.as_os_str().to_owned();
    path.push(".part");
    let path = PathBuf::from(path);
    // Once more only where another copy ended just now.
    loop {
        let made = private(OpenOptions::new().create_new(true)).open(&path);
        let (opened, new) = match made {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                (private(&mut OpenOptions::new()).open(&path), false)
            }
            made => (made, true),
        };
        let mut file = match opened {
            Ok(file) => file,
            Err(error) if new => return Err(io(&path, "making the file", &error)),
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(_) => return Err(Error::Exists { path }),
        };
        if !lock(&file, new) {
            return Err(Error::Exists { path });
        }
        let found = fstat(&file).map_err(|error| io(&path, "looking", &error.into()))?;
        if identify(&path)? != Some(FileId::of(&found)) {
            continue;
        }
        if !new && !is_left_behind(place, &file, &found)? {
            return Err(Error::Exists { path });
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .map_err(|error| io(&path, "emptying the file", &error))?;
        return Ok((file, path));
    }
}

/// Locks a part; false while somebody else writes it. Where the file system has no locks, only a new one is nobody else's.
fn lock(file: &File, new: bool) -> bool {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => true,
        Err(Errno::WOULDBLOCK) => false,
        Err(_) => new,
    }
}

/// Whether a file is as [`take`] makes it, with nothing in it but the beginning of a store: whatever else has that name is
/// somebody's.
fn is_left_behind(place: &Place, file: &File, found: &Stat) -> Result<bool, Error> {
    let private = is(FileType::RegularFile, found)
        && found.st_uid == geteuid().as_raw()
        && found.st_mode & 0o7777 == 0o600
        && found.st_nlink == 1;
    if !private {
        return Ok(false);
    }
    let header = place.header(file)?;
    Ok(header.is_empty() || header.get(68..72) == Some(&APPLICATION_ID.to_be_bytes()))
}
