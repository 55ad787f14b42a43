//! The key file of a site where nothing is set up: where it lies, and when it is made.

use std::path::{Path, PathBuf};

use super::{Code, Error, Options};
use crate::crypto::KeyMaterial;
use crate::domain::{KeyId, Random, StoreId};
use crate::store::sqlite::outside;

/// The place of the key.
pub(super) struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// Where the options put it; by itself in a directory of its own beside the store's, so that a copy of the
    /// store's directory is not a copy of its key.
    pub(super) fn new(options: &Options) -> Result<Self, Error> {
        let path = options.key_file.clone().unwrap_or_else(|| beside(&options.path));
        if let (Some(root), Some(directory)) = (&options.document_root, path.parent()) {
            // Compared as it resolves: a link must not lead the key into what the web server serves.
            let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
            outside(&directory, root).map_err(|error| {
                Error::new(
                    Code::InDocumentRoot,
                    format!("the key file {}: {error}, as key_file", path.display()),
                )
            })?;
        }
        Ok(Self { path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Refuses a place where no key file can be made.
    pub(super) fn check_place(&self) -> Result<(), Error> {
        match self.path.parent() {
            Some(directory) if !directory.is_dir() && !directory.parent().is_some_and(Path::is_dir) => {
                Err(cannot_make(directory, "the directory that it would be in does not exist"))
            }
            _ => Ok(()),
        }
    }

    /// The key of a store that exists. A missing file is never replaced by a new key.
    pub(super) fn read(&self, store: StoreId, needed: KeyId) -> Result<Vec<KeyMaterial>, Error> {
        if !self.path.exists() {
            let path = self.path.display();
            let message = format!(
                "missing key: store {store} needs key {needed}, no key was given, and the key file {path} is not there. \
                 Put the file back from its backup, or give the key"
            );
            let error = Error::new(Code::MissingKey, message).with("needed", needed.to_string());
            return Err(error.with("key_file", path.to_string()));
        }
        Ok(vec![KeyMaterial::file(&self.path)?])
    }

    /// The key for a new store: one that lies there already, or a new random one.
    pub(super) fn read_or_make(&self, random: &dyn Random) -> Result<KeyMaterial, Error> {
        if self.path.exists() {
            return Ok(KeyMaterial::file(&self.path)?);
        }
        if let Some(directory) = self.path.parent() {
            make_private(directory)?;
        }
        Ok(KeyMaterial::make_file(&self.path, random)?)
    }
}

/// `/var/lib/dm` keeps its key in `/var/lib/dm-key/primary.key`; where no directory can be made beside it, in its own.
fn beside(store: &Path) -> PathBuf {
    let name = store.file_name().map(|name| format!("{}-key", name.to_string_lossy()));
    let directory = name.and_then(|name| Some(store.parent()?.join(name)));
    match directory {
        Some(directory) if directory.is_dir() || writable_parent(&directory) => directory.join("primary.key"),
        _ => store.join("primary.key"),
    }
}

fn writable_parent(directory: &Path) -> bool {
    directory.parent().is_some_and(|parent| rustix::fs::access(parent, rustix::fs::Access::WRITE_OK).is_ok())
}

fn make_private(directory: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().mode(0o700).create(directory);
    match made {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(cannot_make(directory, &error.to_string()))
        }
        _ => Ok(()),
    }
}

fn cannot_make(directory: &Path, why: &str) -> Error {
    let directory = directory.display();
    let message = format!(
        "the directory {directory} for the key file cannot be made: {why}. Make it (its owner must be the web \
         server's user, its mode 0700), or give another key_file"
    );
    Error::new(Code::MissingDirectory, message).with("path", directory.to_string())
}
