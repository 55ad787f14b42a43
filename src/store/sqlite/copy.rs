//! A copy of the database file, made by who keeps everybody else from writing.

use std::fs::File;
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::part;
use super::place::{Place, canonical, identify, io, sync_directory};
use crate::store::Error;

/// Copies the database into a new file. Not within a transaction: see [`Place::open`].
pub(super) fn copy(place: &Place, to: &Path) -> Result<u64, Error> {
    let missing = || Error::MissingDirectory { path: to.to_owned() };
    let (parent, name) = to.parent().zip(to.file_name()).ok_or_else(missing)?;
    if !parent.is_dir() {
        return Err(Error::MissingDirectory { path: parent.to_owned() });
    }
    place.check_document_root(&canonical(parent)?.join(name))?;
    if identify(to)?.is_some() {
        return Err(Error::Exists { path: to.to_owned() });
    }
    // What is killed halfway leaves nothing that could be taken for a copy.
    let (mut new, part) = part::take(place, to)?;
    let copied = fill(place, &mut new, &part).and_then(|bytes| put(&part, to).map(|()| bytes));
    if copied.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    let copied = copied?;
    sync_directory(parent)?;
    Ok(copied)
}

fn fill(place: &Place, new: &mut File, path: &Path) -> Result<u64, Error> {
    let mut database = place.open(&place.database)?;
    let copied = std::io::copy(&mut database, new).and_then(|bytes| new.sync_all().map(|()| bytes));
    copied.map_err(|error| io(path, "writing the copy", &error))
}

/// Gives the copy its name, unless something has it.
fn put(part: &Path, to: &Path) -> Result<(), Error> {
    match renameat_with(CWD, part, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        Err(Errno::EXIST) => Err(Error::Exists { path: to.to_owned() }),
        // Not every file system can say so.
        Err(Errno::INVAL | Errno::NOSYS) if identify(to)?.is_none() => {
            std::fs::rename(part, to).map_err(|error| io(to, "renaming the copy", &error))
        }
        Err(Errno::INVAL | Errno::NOSYS) => Err(Error::Exists { path: to.to_owned() }),
        Err(error) => Err(io(to, "renaming the copy", &error.into())),
    }
}
