//! The one way from C into Rust: no panic leaves, every error becomes a status and an object.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use super::{dm_error, dm_status, error};
use crate::vault::{self, Code, Error};

thread_local! {
    /// Whether this thread is in a call; another panic is its host's.
    static CALLED: Cell<bool> = const { Cell::new(false) };
    /// Where the last panic of this thread came from.
    static PANICKED_AT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `body`; on failure hands an error object out through `out`, which may be NULL.
///
/// For its whole length the calling thread counts as inside the library, so that a `fork()` in another thread waits.
pub(super) fn run(out: *mut *mut dm_error, body: impl FnOnce() -> Result<(), Error>) -> dm_status {
    static HOOK: Once = Once::new();
    HOOK.call_once(quiet_panics);
    let _inside = vault::enter();
    CALLED.set(true);
    let result = catch_unwind(AssertUnwindSafe(body));
    CALLED.set(false);
    let result = result.unwrap_or_else(|_| {
        let place = PANICKED_AT.take().unwrap_or_else(|| "an unknown place".to_owned());
        let message =
            format!("a defect of the library at {place}; nothing of the call was kept. Please report it");
        Err(Error::new(Code::Internal, message).with("at", place))
    });
    match result {
        Ok(()) => dm_status::DM_OK,
        Err(failure) => {
            let status = failure.code().into();
            if !out.is_null() {
                // SAFETY: every exported function demands that its `error` is NULL or valid for writing.
                unsafe { out.write(error::hand_out(&failure)) };
            }
            status
        }
    }
}

/// A caught panic would still print its message, with paths and perhaps a secret: keep only file name and line.
fn quiet_panics() {
    let hosts = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !CALLED.get() {
            return hosts(panic);
        }
        let place = panic.location().map(|place| {
            let file = place.file().rsplit('/').next().unwrap_or_default();
            format!("{file}:{}", place.line())
        });
        PANICKED_AT.set(place);
    }));
}
