//! Buffers that go out to the caller.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::dm_status;
use super::funnel::run;
use crate::domain::SecretBytes;
use crate::vault::{Code, Error};

/// Bytes handed out by the library, to be given back to `dm_buf_free`, which wipes them.
///
/// `ptr[len]` is a NUL byte that `len` does not count. Whoever holds the buffer may read it from any thread.
#[allow(non_camel_case_types)]
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct dm_buf {
    /// The first byte; NULL in an empty buffer that was never filled.
    pub ptr: *mut std::ffi::c_char,
    /// How many bytes there are.
    pub len: usize,
}

const EMPTY: dm_buf = dm_buf { ptr: std::ptr::null_mut(), len: 0 };

/// The bytes behind every buffer that is out, by their address: so freeing what is none is an error.
static OUT: LazyLock<Mutex<HashMap<usize, SecretBytes>>> = LazyLock::new(Mutex::default);

/// A place to write a buffer to, checked before the work begins.
pub(super) struct Output(Option<*mut dm_buf>);

impl Output {
    /// One that the caller has to give.
    pub(super) fn required(name: &'static str, out: *mut dm_buf) -> Result<Self, Error> {
        if out.is_null() { Err(super::input::missing(name)) } else { Ok(Self(Some(out))) }
    }

    /// One that may be NULL.
    pub(super) fn optional(out: *mut dm_buf) -> Self {
        Self((!out.is_null()).then_some(out))
    }

    /// Whether the caller wants it.
    pub(super) fn wanted(&self) -> bool {
        self.0.is_some()
    }

    /// Hands `bytes` over.
    ///
    /// # Safety
    ///
    /// The pointer that this was made of is still valid for writing.
    pub(super) unsafe fn give(self, mut bytes: SecretBytes) {
        let Some(out) = self.0 else { return };
        let len = bytes.len();
        bytes.append(&[0]);
        let ptr = bytes.as_mut_ptr();
        OUT.lock().unwrap_or_else(PoisonError::into_inner).insert(ptr as usize, bytes);
        // SAFETY: checked for NULL in the constructors, valid by this function's contract.
        unsafe { out.write(dm_buf { ptr: ptr.cast(), len }) };
    }

    /// Hands `bytes` over, or says that there are none: `{NULL, 0}`.
    ///
    /// # Safety
    ///
    /// As for [`give`](Self::give).
    pub(super) unsafe fn give_any(self, bytes: Option<SecretBytes>) {
        // SAFETY: this function's contract.
        unsafe {
            match (bytes, self.0) {
                (Some(bytes), _) => self.give(bytes),
                (None, Some(out)) => out.write(EMPTY),
                (None, None) => {}
            }
        }
    }
}

/// Wipes and frees what a buffer holds and sets it to `{NULL, 0}`.
///
/// NULL and an empty buffer are fine. Returns `DM_INVALID_HANDLE` for a pointer that no call of this library handed
/// out, or that was freed before; nothing is touched then. Any thread.
///
/// # Safety
///
/// `buf` is NULL or points to a `dm_buf`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_buf_free(buf: *mut dm_buf) -> dm_status {
    run(std::ptr::null_mut(), || {
        if buf.is_null() {
            return Ok(());
        }
        // SAFETY: not NULL, so it points to a dm_buf by the function's contract.
        let buf = unsafe { &mut *buf };
        if !buf.ptr.is_null() {
            let freed = OUT.lock().unwrap_or_else(PoisonError::into_inner).remove(&(buf.ptr as usize));
            freed.ok_or_else(|| {
                Error::new(Code::InvalidHandle, "the buffer was not handed out, or was freed before")
            })?;
        }
        *buf = EMPTY;
        Ok(())
    })
}
