//! Owners as a whole.

use std::ffi::c_char;

use super::buffer::Output;
use super::documents::{Text, optional};
use super::input::parsed;
use super::store::{ask, dm_store};
use super::{dm_buf, dm_error, dm_status};

/// Deletes everything that an owner has of one provider (of all, where `provider` is empty), in one transaction: its
/// connections under every account name, its app configs, and what was kept of the old option in the owner's own places
/// (`principals/OWNER`; of `site:0` its `account`, `accounts` and `config`, and nothing of principals). A person or an agent
/// is gone. Blobs and wrapped keys are overwritten; rows that do not open go too. What was imported once is still known,
/// so a second import brings nothing back. Of the old option's delegations (of email_imap) those of the owner go, and where
/// `provider` is empty those to it; providers that the catalogue does not know are kept whole and are not looked into. An
/// owner that has nothing is no error.
///
/// Grants end that named a connection which is gone; and where `provider` is empty all that the owner gave, and all that it
/// had where it is an agent.
///
/// `receipt` may be NULL; else it gets `{connections, configs, kept, delegations, unread, grants, note}`: how many of each are
/// gone, and (`unread`) how many kept pieces are left because no key that was given opens them, so that nobody can say whose they are. The caller
/// frees it. Any thread. Errors: DM_INVALID_ARGUMENT, DM_BUSY, DM_DISK_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_owner_clear(
    store: *const dm_store,
    owner: *const c_char,
    owner_len: usize,
    provider: *const c_char,
    provider_len: usize,
    receipt: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Ok(Output::optional(receipt)), error, |vault| {
            let (owner, provider) =
                (parsed("owner", owner, owner_len)?, optional("provider", Text(provider, provider_len))?);
            vault.clear(&owner, provider.as_ref())
        })
    }
}
