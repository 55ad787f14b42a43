//! One session, many threads: each waits for its turn, but no longer than it is patient.
//!
//! A thread that is woken finds the session taken again by one that works in a loop; so where somebody has waited long
//! enough, the session is handed over instead of being returned (as `parking_lot` does it: "eventual fairness").

use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::patience::Patience;
use super::session::Session;
use crate::store::Error;

/// After how long of somebody's waiting the session is handed over.
const FAIR: Duration = Duration::from_millis(1);

/// Gives the session to one thread at a time. A mutex alone cannot: one waits for it without end.
#[derive(Debug)]
pub(super) struct Turns {
    session: Mutex<Session>,
    queue: Mutex<Queue>,
    returned: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    taken: bool,
    /// Taken, and left to one of those who had come before this one.
    handed_over: Option<u64>,
    /// The number of the next one who comes and has to wait.
    next: u64,
    /// So that a thread that is alone need not ask the kernel to wake nobody.
    waiting: usize,
    /// Since when somebody has been waiting and none of them was served.
    since: Option<Instant>,
}

/// The session, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    session: MutexGuard<'a, Session>,
}

impl Turns {
    pub fn new(session: Session) -> Self {
        Self { session: Mutex::new(session), queue: Mutex::default(), returned: Condvar::new() }
    }

    /// Waits for the other threads of this process.
    pub fn take(&self, patience: &Patience) -> Result<Turn<'_>, Error> {
        let mut queue = self.queue();
        if queue.taken {
            queue.waiting += 1;
            queue.since.get_or_insert_with(Instant::now);
            let number = queue.next;
            queue.next += 1;
            let must_wait =
                |queue: &mut Queue| queue.taken && queue.handed_over.is_none_or(|before| number >= before);
            let waited = self.returned.wait_timeout_while(queue, patience.rest(), must_wait);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
            queue.waiting -= 1;
            if must_wait(&mut queue) {
                // Whoever comes next has not waited since then.
                queue.since = queue.since.filter(|_| queue.waiting > 0);
                return Err(patience.busy());
            }
            queue.handed_over = None;
            queue.since = (queue.waiting > 0).then(Instant::now);
        }
        queue.taken = true;
        // Nobody else can have it now, but for a moment the one that is just giving it back.
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Turn { turns: self, session })
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut queue = self.turns.queue();
        if queue.since.is_some_and(|since| since.elapsed() > FAIR) {
            queue.handed_over = Some(queue.next);
            // One who comes later would go back to sleep, and wake nobody else.
            self.turns.returned.notify_all();
            return;
        }
        queue.taken = false;
        if queue.waiting > 0 {
            self.turns.returned.notify_one();
        }
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
