//! Whether anything was written since.

use super::funnel::run;
use super::input::missing;
use super::store::{dm_store, vault};
use super::{dm_error, dm_status};

/// Tells how many write transactions the store has ever seen: one number, and nothing is opened. Who keeps what was read of a
/// store (an option that `dm_legacy_export` gave, whose report has the same number) asks whether it is still so. A write
/// that changed nothing may count. Any thread. Errors: DM_STORE_REPLACED, DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_store_writes(
    store: *const dm_store,
    out: *mut u64,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        if out.is_null() {
            return Err(missing("out"));
        }
        let writes = vault(store)?.writes()?;
        // SAFETY: not NULL, so valid for writing by the ABI's contract.
        unsafe { out.write(writes) };
        Ok(())
    })
}
