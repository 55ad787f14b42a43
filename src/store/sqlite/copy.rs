//! A copy of the database file, made by who keeps everybody else from writing.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::place::{Place, canonical, io, sync_directory};
use crate::store::Error;

/// Copies the database into a new file. Not within a transaction: see [`Place::open`].
pub(super) fn copy(place: &Place, to: &Path) -> Result<u64, Error> {
    let missing = || Error::MissingDirectory { path: to.to_owned() };
    let (parent, name) = to.parent().zip(to.file_name()).ok_or_else(missing)?;
    if !parent.is_dir() {
        return Err(Error::MissingDirectory { path: parent.to_owned() });
    }
    place.check_document_root(&canonical(parent)?.join(name))?;
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    let mut new = made.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Error::Exists { path: to.to_owned() },
        _ => io(to, "making the file", &error),
    })?;
    let copied = fill(place, &mut new, to).and_then(|bytes| sync_directory(parent).map(|()| bytes));
    if copied.is_err() {
        // Half a copy is none.
        let _ = std::fs::remove_file(to);
    }
    copied
}

fn fill(place: &Place, new: &mut File, to: &Path) -> Result<u64, Error> {
    let mut database = place.open(&place.database)?;
    let copied = std::io::copy(&mut database, new).and_then(|bytes| new.sync_all().map(|()| bytes));
    copied.map_err(|error| io(to, "writing the copy", &error))
}
