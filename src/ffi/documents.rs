//! What connections and app configs have in common.

use std::ffi::c_char;

use zeroize::Zeroizing;

use super::buffer::Output;
use super::dm_buf;
use super::input::{bytes, json, parsed, text};
use super::options::{DeleteOptions, DisconnectOptions, FindQuery, SaveOptions};
use super::store::{answer, dm_store, vault};
use crate::domain::{AccountName, Document};
use crate::vault::{Address, Error, Kind};

/// A text as a caller hands it in.
#[derive(Clone, Copy)]
pub(super) struct Text(pub(super) *const c_char, pub(super) usize);

/// The names of a row as a caller hands them in; an empty account name is `default`.
#[derive(Clone, Copy)]
pub(super) struct Names {
    pub(super) provider: Text,
    pub(super) owner: Text,
    pub(super) account: Text,
}

impl Names {
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

/// # Safety
///
/// Texts are NULL or valid for their length, outputs NULL or valid for writing.
pub(super) unsafe fn get(
    kind: Kind,
    store: *const dm_store,
    names: Names,
    document: *mut dm_buf,
    about: *mut dm_buf,
) -> Result<(), Error> {
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
}

/// Whether a document replaces what is there or is laid over it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Write {
    Save,
    Merge,
}

/// # Safety
///
/// As for [`get`].
pub(super) unsafe fn write(
    write: Write,
    kind: Kind,
    store: *const dm_store,
    names: Names,
    document: Text,
    options: Text,
    result: *mut dm_buf,
) -> Result<(), Error> {
    let result = Output::optional(result);
    let vault = vault(store)?;
    // SAFETY: this function's contract.
    let (address, document, facts) = unsafe {
        let document = Zeroizing::new(bytes("document", document.0, document.1)?.to_vec());
        let options: SaveOptions = json("options", options.0, options.1)?;
        let address = names.address()?;
        let facts = options.into_facts(&address)?;
        (address, Document::parse(document)?, facts)
    };
    let saved = match write {
        Write::Save => vault.save(kind, &address, &document, &facts),
        Write::Merge => vault.merge(kind, &address, &document, &facts),
    }?;
    // SAFETY: this function's contract.
    unsafe { result.give(answer(&saved)?) };
    Ok(())
}

/// # Safety
///
/// As for [`get`].
pub(super) unsafe fn delete(
    kind: Kind,
    store: *const dm_store,
    names: Names,
    options: Text,
    receipt: *mut dm_buf,
) -> Result<(), Error> {
    let receipt = Output::optional(receipt);
    let vault = vault(store)?;
    // SAFETY: this function's contract.
    let (address, options): (_, DeleteOptions) =
        unsafe { (names.address()?, json("options", options.0, options.1)?) };
    let told = vault.delete(kind, &address, options.if_revision)?;
    // SAFETY: this function's contract.
    unsafe { receipt.give(answer(&told)?) };
    Ok(())
}

/// # Safety
///
/// As for [`get`].
pub(super) unsafe fn disconnect(
    store: *const dm_store,
    names: Names,
    options: Text,
    receipt: *mut dm_buf,
) -> Result<(), Error> {
    let receipt = Output::optional(receipt);
    let vault = vault(store)?;
    // SAFETY: this function's contract.
    let (address, options): (_, DisconnectOptions) =
        unsafe { (names.address()?, json("options", options.0, options.1)?) };
    let told = vault.disconnect(&address, &options.into_disconnect()?)?;
    // SAFETY: this function's contract.
    unsafe { receipt.give(answer(&told)?) };
    Ok(())
}

/// # Safety
///
/// As for [`get`].
pub(super) unsafe fn find(
    kind: Kind,
    store: *const dm_store,
    query: Text,
    out: *mut dm_buf,
) -> Result<(), Error> {
    let out = Output::required("out", out)?;
    let vault = vault(store)?;
    // SAFETY: this function's contract.
    let query: FindQuery = unsafe { json("query", query.0, query.1) }?;
    let page = answer(&vault.find(kind, &query.into_query()?)?)?;
    // SAFETY: this function's contract.
    unsafe { out.give(page) };
    Ok(())
}

/// # Safety
///
/// As for [`get`].
pub(super) unsafe fn set_status(
    store: *const dm_store,
    names: Names,
    status: Text,
    cause: Text,
    result: *mut dm_buf,
) -> Result<(), Error> {
    let result = Output::optional(result);
    let vault = vault(store)?;
    // SAFETY: this function's contract.
    let (address, status, cause) = unsafe {
        (names.address()?, parsed("status", status.0, status.1)?, text("cause", cause.0, cause.1)?)
    };
    let about = vault.set_status(&address, status, (!cause.is_empty()).then_some(cause))?;
    // SAFETY: this function's contract.
    unsafe { result.give(answer(&about)?) };
    Ok(())
}

/// # Safety
///
/// As for [`get`].
pub(super) unsafe fn status(
    store: *const dm_store,
    provider: Text,
    owner: Text,
    out: *mut dm_buf,
) -> Result<(), Error> {
    let out = Output::required("out", out)?;
    let vault = vault(store)?;
    // SAFETY: this function's contract.
    let (provider, owner) = unsafe { (optional("provider", provider)?, optional("owner", owner)?) };
    let list = answer(&vault.status(provider.as_ref(), owner.as_ref())?)?;
    // SAFETY: this function's contract.
    unsafe { out.give(list) };
    Ok(())
}

/// A value that an empty text leaves out.
///
/// # Safety
///
/// As for [`get`].
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
