//! The outer lock: two files that exclude with `flock`, which a foreign `close()` in the same process does not
//! drop. Readers take the gate shared, then the lock shared, and release the gate; writers take both exclusively
//! and hold both. So a writer that has the gate keeps new readers out and waits only for those inside.

use std::path::Path;
use std::sync::Arc;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::failure::Operation;
use super::place::{FileId, Place, Stamp, identify, io};
use crate::store::Error;
use crate::store::fork::{Entered, ParentOnly};

/// What an operation is going to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Shared,
    Exclusive,
}

/// The two lock files; opened when they are needed.
#[derive(Debug, Default)]
pub(super) struct Locks {
    gate: Option<Arc<LockFile>>,
    lock: Option<Arc<LockFile>>,
}

#[derive(Debug)]
struct LockFile {
    file: ParentOnly,
    id: FileId,
}

/// A lock file that is locked.
#[derive(Debug)]
struct Locked<'a> {
    file: Arc<LockFile>,
    inside: &'a Entered,
}

/// The outer lock, held until it is dropped.
#[derive(Debug)]
pub(super) struct Held<'a> {
    // Dropped in this order: whoever gets the gate next shall find the lock free.
    lock: Locked<'a>,
    gate: Option<Locked<'a>>,
    /// The directory as it was once everything was locked.
    pub directory: Stamp,
}

impl Locks {
    /// Locks, as patiently as is allowed. The names in the directory are not looked at if it is as it was when they
    /// were right (`known`).
    pub fn acquire<'a>(
        &mut self,
        access: Access,
        operation: &'a Operation<'_>,
        known: Option<Stamp>,
    ) -> Result<Held<'a>, Error> {
        let place = operation.place;
        operation.patience.poll(|| {
            let gate = lock_file(&mut self.gate, &place.gate, access, operation)?;
            let lock = lock_file(&mut self.lock, &place.lock, access, operation)?;
            let gate = (access == Access::Exclusive).then_some(gate);
            let directory = place.directory_stamp()?;
            // Somebody may have put back a whole directory, or cleared it of lock files: then others lock other
            // files than these.
            let current = known == Some(directory)
                || is_current(&mut self.gate, &place.gate)? & is_current(&mut self.lock, &place.lock)?;
            Ok(current.then_some(Held { lock, gate, directory }))
        })
    }
}

impl Held<'_> {
    /// From exclusive to shared. The gate is held meanwhile, so nobody gets in between.
    pub fn downgrade(&mut self, place: &Place) -> Result<(), Error> {
        let changed = apply(&self.lock.file, FlockOperation::NonBlockingLockShared, self.lock.inside);
        changed.map_err(|error| io(&place.lock, "locking", &error.into()))?;
        self.gate = None;
        Ok(())
    }
}

/// Locks one of the files, opened if it is not.
fn lock_file<'a>(
    slot: &mut Option<Arc<LockFile>>,
    path: &Path,
    access: Access,
    operation: &'a Operation<'_>,
) -> Result<Locked<'a>, Error> {
    let file = match slot {
        Some(file) => file.clone(),
        None => {
            let (file, id) = operation.place.open_lock(path)?;
            slot.insert(Arc::new(LockFile { file: ParentOnly::new(file.into()), id })).clone()
        }
    };
    let inside = operation.inside;
    let wanted = match access {
        Access::Shared => FlockOperation::NonBlockingLockShared,
        Access::Exclusive => FlockOperation::NonBlockingLockExclusive,
    };
    operation.patience.poll(|| match apply(&file, wanted, inside) {
        Ok(()) => Ok(Some(Locked { file: file.clone(), inside })),
        Err(Errno::WOULDBLOCK | Errno::INTR) => Ok(None),
        Err(error) => Err(io(path, "locking", &error.into())),
    })
}

fn apply(file: &LockFile, operation: FlockOperation, inside: &Entered) -> Result<(), Errno> {
    flock(file.file.get(inside).ok_or(Errno::BADF)?, operation)
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // Unlocking an open file does not fail.
        let _ = apply(&self.file, FlockOperation::NonBlockingUnlock, self.inside);
    }
}

/// Whether the open file is the one at the path; if it is not, it is opened anew the next time.
fn is_current(slot: &mut Option<Arc<LockFile>>, path: &Path) -> Result<bool, Error> {
    let current = identify(path)?.is_some_and(|id| slot.as_ref().is_some_and(|file| file.id == id));
    if !current {
        *slot = None;
    }
    Ok(current)
}
