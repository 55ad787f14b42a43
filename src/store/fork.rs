//! What happens at `fork()`.
//!
//! SQLite's table of open files is copied into a child, so a connection that the child opens may exclude nobody;
//! an inherited `flock` is the parent's too, so a child that lives on keeps locked what its parent had locked when
//! it died; and a mutex that another thread holds at the fork is held in the child for ever. So:
//!
//! - A barrier. Every call into the library [enters](enter) it, and a fork waits until nobody is inside: then no
//!   lock is taken, no transaction is open and every mutex of ours is free. A fork that waits keeps new calls out,
//!   so that busy threads cannot starve it.
//! - A thread that is inside itself when it forks starts a program (a key command), and waits for nobody: those
//!   inside may be waiting for it. Its child goes on to `exec`, which closes all that is ours.
//! - The child closes the lock files' descriptors, which does not unlock them for the parent, and finds out
//!   through `Process` that what it inherited is not its own. An inherited connection is then leaked: closing
//!   it would touch the parent's.
//!
//! A raw `clone` runs no handlers; `Process` knows by the process id. This is the only unsafe code of the store.

use std::cell::Cell;
use std::marker::PhantomData;
use std::os::fd::{BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError, TryLockError};
use std::time::Duration;

/// How many threads are inside; the highest bit is set while one forks.
static BARRIER: AtomicU32 = AtomicU32::new(0);
const FORKING: u32 = 1 << 31;

/// How many forks lie between this process and the first one.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// The descriptors that a child closes. Used inside the barrier only.
static DESCRIPTORS: Mutex<Vec<Arc<AtomicI32>>> = Mutex::new(Vec::new());
const CLOSED: i32 = -1;

thread_local! {
    /// How often this thread has entered.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Being inside: until it is dropped, no other thread of this process forks.
#[derive(Debug)]
pub struct Entered {
    /// It belongs to its thread.
    _thread: PhantomData<*const ()>,
}

/// Enters the barrier; a thread may enter again while it is inside.
pub fn enter() -> Entered {
    install();
    DEPTH.with(|depth| {
        if depth.get() == 0 {
            admit();
        }
        depth.set(depth.get() + 1);
    });
    Entered { _thread: PhantomData }
}

impl Drop for Entered {
    fn drop(&mut self) {
        DEPTH.with(|depth| {
            depth.set(depth.get() - 1);
            if depth.get() == 0 {
                BARRIER.fetch_sub(1, Ordering::Release);
            }
        });
    }
}

/// Sleeps, and lets other threads fork meanwhile although this one is inside: it holds nothing.
pub fn rest(duration: Duration) {
    let counted = inside();
    if counted {
        BARRIER.fetch_sub(1, Ordering::Release);
    }
    std::thread::sleep(duration);
    if counted {
        admit();
    }
}

/// Counts this thread in, unless a fork is waiting.
fn admit() {
    let mut state = BARRIER.load(Ordering::Relaxed);
    loop {
        if state & FORKING != 0 {
            pause();
            state = BARRIER.load(Ordering::Relaxed);
        } else {
            match BARRIER.compare_exchange_weak(state, state + 1, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => state = now,
            }
        }
    }
}

fn pause() {
    std::thread::sleep(Duration::from_micros(50));
}

fn inside() -> bool {
    DEPTH.with(Cell::get) > 0
}

fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // SAFETY: the handlers are functions that live as long as the process (the library is never unloaded), and
        // neither unwind nor allocate. It fails only without memory, and then `Process` is left, by the process id.
        let _ = unsafe { libc::pthread_atfork(Some(before), Some(after_in_parent), Some(after_in_child)) };
    });
}

extern "C" fn before() {
    if inside() {
        return;
    }
    // One thread forks at a time.
    while BARRIER.fetch_or(FORKING, Ordering::Acquire) & FORKING != 0 {
        pause();
    }
    while BARRIER.load(Ordering::Acquire) != FORKING {
        pause();
    }
}

extern "C" fn after_in_parent() {
    if !inside() {
        BARRIER.fetch_and(!FORKING, Ordering::Release);
    }
}

extern "C" fn after_in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    if inside() {
        // The other threads that were inside do not exist here.
        BARRIER.store(1, Ordering::Release);
        return;
    }
    let descriptors = match DESCRIPTORS.try_lock() {
        Ok(descriptors) => Some(descriptors),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    };
    for descriptor in descriptors.iter().flat_map(|list| list.iter()) {
        close(descriptor);
    }
    BARRIER.store(0, Ordering::Release);
}

fn close(descriptor: &AtomicI32) {
    let number = descriptor.swap(CLOSED, Ordering::AcqRel);
    if number != CLOSED {
        // SAFETY: `ParentOnly::new` took the descriptor over, and the swap gives it to nobody else.
        drop(unsafe { OwnedFd::from_raw_fd(number) });
    }
}

/// An open file that no child keeps: it is closed there at once.
#[derive(Debug)]
pub(super) struct ParentOnly {
    descriptor: Arc<AtomicI32>,
}

impl ParentOnly {
    /// Takes a file over. To be called inside the barrier.
    pub fn new(file: OwnedFd) -> Self {
        let descriptor = Arc::new(AtomicI32::new(file.into_raw_fd()));
        DESCRIPTORS.lock().unwrap_or_else(PoisonError::into_inner).push(descriptor.clone());
        Self { descriptor }
    }

    /// The file; none in a child. The witness is what keeps it open: no fork closes it while a thread is inside.
    pub fn get<'a>(&'a self, _inside: &'a Entered) -> Option<BorrowedFd<'a>> {
        let number = self.descriptor.load(Ordering::Acquire);
        // SAFETY: it is closed when `self` is dropped, which the borrow prevents, or in a child of a thread that
        // is not inside, which the witness excludes.
        (number != CLOSED).then(|| unsafe { BorrowedFd::borrow_raw(number) })
    }
}

impl Drop for ParentOnly {
    fn drop(&mut self) {
        let _inside = enter();
        let mut descriptors = DESCRIPTORS.lock().unwrap_or_else(PoisonError::into_inner);
        descriptors.retain(|other| !Arc::ptr_eq(other, &self.descriptor));
        close(&self.descriptor);
    }
}

/// Which process something belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Process {
    generation: u32,
    id: i32,
}

impl Process {
    /// The process that is running.
    pub fn current() -> Self {
        Self {
            generation: GENERATION.load(Ordering::Relaxed),
            id: rustix::process::getpid().as_raw_nonzero().get(),
        }
    }
}
