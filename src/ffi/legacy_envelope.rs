//! The old plug-in's envelope, for one value.

use std::ffi::c_char;

use super::buffer::Output;
use super::funnel::run;
use super::input::bytes;
use super::legacy::{dm_salts, keys, sealing_key};
use super::{dm_buf, dm_error, dm_status};
use crate::crypto::{LegacyOpen, OsRandom, Plaintext, is_envelope, open_envelope};
use crate::vault::{Code, Error};

/// Seals a value as the old plug-in does: `*envelope` gets `dm:enc:v1:...` under the first of the salts and a random
/// IV, so never the same twice. Any bytes, none too. For what the old plug-in has to read: the vault itself seals
/// nothing so. The caller frees `*envelope`. Any thread. Errors: DM_INVALID_ARGUMENT (no salt), DM_TOO_LARGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_legacy_seal(
    salts: *const dm_salts,
    value: *const c_char,
    value_len: usize,
    envelope: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        let envelope = Output::required("envelope", envelope)?;
        // SAFETY: the ABI's contract.
        let value = unsafe { bytes("value", value, value_len) }?;
        let sealed = sealing_key(salts)?.seal(value, &OsRandom)?;
        // SAFETY: the ABI's contract.
        unsafe { envelope.give(Plaintext::from(sealed)) };
        Ok(())
    })
}

/// Opens one of the old plug-in's envelopes with the first of the salts that can, and envelopes inside it too. `*value`
/// gets the bytes that were sealed, a secret. The caller frees it, which wipes it. Any thread.
///
/// Errors, with the detail's `reason`: DM_INVALID_ARGUMENT (`not_an_envelope`: the value is stored as it is;
/// `envelope_malformed`: cut off or damaged, no salt opens it), DM_KEY_UNAVAILABLE (`envelope_does_not_open`: none of
/// these salts opens it).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_legacy_open(
    salts: *const dm_salts,
    envelope: *const c_char,
    envelope_len: usize,
    value: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        let value = Output::required("value", value)?;
        // SAFETY: the ABI's contract.
        let envelope = unsafe { bytes("envelope", envelope, envelope_len) }?;
        let opened = opened(salts, envelope)?;
        // SAFETY: the ABI's contract.
        unsafe { value.give(opened) };
        Ok(())
    })
}

fn opened(salts: *const dm_salts, envelope: &[u8]) -> Result<Plaintext, Error> {
    let keys = keys(salts)?;
    let no_envelope =
        |reason: &str, message: &str| Error::of_argument("envelope", message).with("reason", reason);
    if !is_envelope(envelope) {
        let message =
            "envelope: does not begin with dm:enc:v1:, so nothing is to be opened: it is the value itself";
        return Err(no_envelope("not_an_envelope", message));
    }
    open_envelope(&keys, envelope).map_err(|refused| match refused {
        LegacyOpen::Malformed => {
            let message = "envelope: is marked as encrypted but cut off or damaged, so no salt opens it. Connect the \
                           account again, or enter the value anew";
            no_envelope("envelope_malformed", message)
        }
        LegacyOpen::DoesNotOpen => {
            let message = "the envelope was sealed under other WordPress salts than those given, or damaged since. \
                           Give the earlier salt; if there is none, connect the account again";
            Error::new(Code::KeyUnavailable, message).with("reason", "envelope_does_not_open")
        }
    })
}
