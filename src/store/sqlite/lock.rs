//! The outer lock: two files that exclude with `flock`, which a foreign `close()` in the same process does not
//! drop. Readers take the gate shared, then the lock shared, and release the gate; writers take both exclusively
//! and hold both. So a writer that has the gate keeps new readers out and waits only for those inside.
//!
//! Nobody is woken, everybody polls; so a process that writes in a loop would take the gate again before anyone else
//! looks. Whoever waits says so by a shared lock on a third file, and a writer that was inside a moment ago lets those
//! who wait go first. That file is a hint and protects nothing.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::failure::Operation;
use super::patience::{LONGEST_PAUSE, Patience};
use super::place::{FileId, Place, Stamp, identify, io};
use crate::store::Error;
use crate::store::fork::{Entered, ParentOnly};

/// What an operation is going to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Shared,
    Exclusive,
}

/// For how long a writer counts as one that was inside a moment ago.
const MOMENT: Duration = Duration::from_millis(50);
/// How long it lets others go first: each of them looks at least once meanwhile.
const COURTESY: Duration = LONGEST_PAUSE.saturating_mul(2);

/// The lock files; opened when they are needed.
#[derive(Debug, Default)]
pub(super) struct Locks {
    gate: Option<Arc<LockFile>>,
    lock: Option<Arc<LockFile>>,
    waiting: Option<Arc<LockFile>>,
    /// When this session last began to write.
    wrote: Option<Instant>,
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
        if access == Access::Exclusive {
            self.let_others_go_first(operation)?;
        }
        let place = operation.place;
        operation.patience.poll(|| {
            let gate = self.pass_gate(access, operation)?;
            let wanted = access.wanted();
            let lock =
                operation.patience.poll(|| try_lock(&mut self.lock, &place.lock, wanted, operation))?;
            let gate = (access == Access::Exclusive).then_some(gate);
            let directory = place.directory_stamp()?;
            // Somebody may have put back a whole directory, or cleared it of lock files: then others lock other
            // files than these.
            let current = known == Some(directory)
                || is_current(&mut self.gate, &place.gate)? & is_current(&mut self.lock, &place.lock)?;
            if !current {
                self.waiting = None;
            }
            Ok(current.then_some(Held { lock, gate, directory }))
        })
    }

    /// Takes note that a write ends now.
    pub fn wrote(&mut self) {
        self.wrote = Some(Instant::now());
    }

    /// Locks the gate; whoever has to wait for it says so.
    fn pass_gate<'a>(&mut self, access: Access, operation: &'a Operation<'_>) -> Result<Locked<'a>, Error> {
        let place = operation.place;
        let mut said = None;
        operation.patience.poll(|| {
            let gate = try_lock(&mut self.gate, &place.gate, access.wanted(), operation)?;
            if gate.is_none() && said.is_none() {
                said = try_lock(&mut self.waiting, &place.waiting, Access::Shared.wanted(), operation)?;
            }
            Ok(gate)
        })
    }

    /// Waits a little while somebody else waits, if this session wrote a moment ago.
    fn let_others_go_first(&mut self, operation: &Operation<'_>) -> Result<(), Error> {
        if self.wrote.is_none_or(|ended| ended.elapsed() > MOMENT) {
            return Ok(());
        }
        let nobody_waits = || {
            let wanted = Access::Exclusive.wanted();
            try_lock(&mut self.waiting, &operation.place.waiting, wanted, operation)
        };
        match Patience::new(COURTESY.min(operation.patience.rest())).poll(nobody_waits) {
            Ok(_) | Err(Error::Busy { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Access {
    fn wanted(self) -> FlockOperation {
        match self {
            Self::Shared => FlockOperation::NonBlockingLockShared,
            Self::Exclusive => FlockOperation::NonBlockingLockExclusive,
        }
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

/// Locks one of the files, opened if it is not; none while somebody else has it.
fn try_lock<'a>(
    slot: &mut Option<Arc<LockFile>>,
    path: &Path,
    wanted: FlockOperation,
    operation: &'a Operation<'_>,
) -> Result<Option<Locked<'a>>, Error> {
    let file = match slot {
        Some(file) => file.clone(),
        None => {
            let (file, id) = operation.place.open_lock(path)?;
            slot.insert(Arc::new(LockFile { file: ParentOnly::new(file.into()), id })).clone()
        }
    };
    let inside = operation.inside;
    match apply(&file, wanted, inside) {
        Ok(()) => Ok(Some(Locked { file, inside })),
        Err(Errno::WOULDBLOCK | Errno::INTR) => Ok(None),
        Err(error) => Err(io(path, "locking", &error.into())),
    }
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
