//! What connections and app configs have in common.

use std::ffi::c_char;

use zeroize::Zeroizing;

use super::buffer::Output;
use super::funnel::run;
use super::input::{bytes, json, parsed, text};
use super::options::SaveOptions;
use super::store::{answer, dm_store, vault};
use super::{dm_buf, dm_error, dm_status};
use crate::domain::{AccountName, Document};
use crate::vault::{Address, Error, Facts, Kind};

/// A text as a caller hands it in.
#[derive(Clone, Copy)]
pub(super) struct Text(pub(super) *const c_char, pub(super) usize);

/// The names of a row as a caller hands them in; an empty account name is `default`.
#[derive(Clone, Copy)]
pub(super) struct Names {
    provider: Text,
    owner: Text,
    account: Text,
}

impl Names {
    pub(super) fn new(
        provider: *const c_char,
        provider_len: usize,
        owner: *const c_char,
        owner_len: usize,
        account: *const c_char,
        account_len: usize,
    ) -> Self {
        Self {
            provider: Text(provider, provider_len),
            owner: Text(owner, owner_len),
            account: Text(account, account_len),
        }
    }

    /// Those of an app config, which has no account name of its own.
    pub(super) fn of_config(
        provider: *const c_char,
        provider_len: usize,
        owner: *const c_char,
        owner_len: usize,
    ) -> Self {
        Self::new(provider, provider_len, owner, owner_len, std::ptr::null(), 0)
    }

    /// # Safety
    ///
    /// Each text is NULL or valid for its length.
    pub(super) unsafe fn address(self) -> Result<Address, Error> {
        // SAFETY: this function's contract.
        unsafe {
            let account = text("account", self.account.0, self.account.1)?;
            Ok(Address {
                provider: parsed("provider", self.provider.0, self.provider.1)?,
                owner: parsed("owner", self.owner.0, self.owner.1)?,
                account: if account.is_empty() { AccountName::default() } else { account.parse()? },
            })
        }
    }
}

/// Reads a document, and what else is known of the row where that is wanted.
///
/// # Safety
///
/// Texts are NULL or valid for their length, outputs NULL or valid for writing.
pub(super) unsafe fn get(
    kind: Kind,
    store: *const dm_store,
    names: Names,
    document: *mut dm_buf,
    about: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        let (document, about) = (Output::required("document", document)?, Output::optional(about));
        let vault = vault(store)?;
        // SAFETY: this function's contract.
        let got = vault.get(kind, &unsafe { names.address() }?)?;
        if !about.wanted() {
            // SAFETY: this function's contract.
            unsafe { document.give(got.document) };
            return Ok(());
        }
        let (bytes, facts) = got.with_about();
        let told = answer(&facts)?;
        // SAFETY: this function's contract.
        unsafe {
            document.give(bytes);
            about.give(told);
        }
        Ok(())
    })
}

/// What a row is written with: where, which document, and what is said of it.
///
/// # Safety
///
/// Each text is NULL or valid for its length.
pub(super) unsafe fn written(
    names: Names,
    given: Text,
    options: Text,
) -> Result<(Address, Document, Facts), Error> {
    // SAFETY: this function's contract.
    unsafe {
        let address = names.address()?;
        let options: SaveOptions = json("options", options.0, options.1)?;
        let facts = options.into_facts(&address)?;
        Ok((address, document("document", given)?, facts))
    }
}

/// A document as a caller hands it in. The copy of it is wiped whatever comes of it.
///
/// # Safety
///
/// The text is NULL or valid for its length.
pub(super) unsafe fn document(name: &'static str, given: Text) -> Result<Document, Error> {
    // SAFETY: this function's contract.
    let bytes = unsafe { bytes(name, given.0, given.1) }?;
    Ok(Document::parse(Zeroizing::new(bytes.to_vec()))?)
}

/// A value that an empty text leaves out.
///
/// # Safety
///
/// The text is NULL or valid for its length.
pub(super) unsafe fn optional<T>(name: &'static str, given: Text) -> Result<Option<T>, Error>
where
    T: std::str::FromStr<Err = crate::domain::Invalid>,
{
    // SAFETY: this function's contract.
    unsafe {
        if text(name, given.0, given.1)?.is_empty() {
            Ok(None)
        } else {
            parsed(name, given.0, given.1).map(Some)
        }
    }
}
