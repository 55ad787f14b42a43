//! One session, many threads: each waits for its turn, but no longer than it is patient.

use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::patience::Patience;
use super::session::Session;
use crate::store::Error;

/// Gives the session to one thread at a time. A mutex alone cannot: one waits for it without end.
#[derive(Debug)]
pub(super) struct Turns {
    session: Mutex<Session>,
    taken: Mutex<bool>,
    returned: Condvar,
}

/// The session, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    session: MutexGuard<'a, Session>,
}

impl Turns {
    pub fn new(session: Session) -> Self {
        Self { session: Mutex::new(session), taken: Mutex::new(false), returned: Condvar::new() }
    }

    /// Waits for the other threads of this process.
    pub fn take(&self, patience: &Patience) -> Result<Turn<'_>, Error> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.returned.wait_timeout_while(taken, patience.rest(), |taken| *taken);
        let (mut taken, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if *taken {
            return Err(patience.busy());
        }
        *taken = true;
        // Nobody else can have it now, but for a moment the one that is just giving it back.
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Turn { turns: self, session })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.turns.taken.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.turns.returned.notify_one();
    }
}

impl Deref for Turn<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl DerefMut for Turn<'_> {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}
