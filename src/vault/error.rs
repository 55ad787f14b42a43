//! The one error that leaves the vault: a stable code, a sentence for a person, and details for a program.

use std::fmt;

use serde_json::{Map, Value};

/// What kind of error it is. The numbers are the ABI's and are never given to anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // The meanings stand once, at `ffi::dm_status`.
#[repr(u32)]
pub enum Code {
    InvalidArgument = 1,
    InvalidHandle = 2,
    TooLarge = 3,
    InvalidDocument = 4,
    NotFound = 5,
    Conflict = 6,
    Busy = 7,
    Integrity = 8,
    WrongKey = 9,
    MissingKey = 10,
    KeyUnavailable = 11,
    InvalidKey = 12,
    InvalidTransition = 13,
    MissingDirectory = 14,
    StoreMissing = 15,
    Permissions = 16,
    WrongUser = 17,
    NetworkFileSystem = 18,
    DiskFull = 19,
    Corrupt = 20,
    NotAStore = 21,
    StoreNewer = 22,
    StoreReplaced = 23,
    StoreMismatch = 24,
    SiteMismatch = 25,
    Io = 26,
    Internal = 27,
    ImportRefused = 28,
    InDocumentRoot = 29,
    LeaseLost = 30,
    ClonedSite = 31,
}

impl Code {
    /// Every code, in the order of their numbers.
    pub const ALL: [Code; 31] = [
        Code::InvalidArgument,
        Code::InvalidHandle,
        Code::TooLarge,
        Code::InvalidDocument,
        Code::NotFound,
        Code::Conflict,
        Code::Busy,
        Code::Integrity,
        Code::WrongKey,
        Code::MissingKey,
        Code::KeyUnavailable,
        Code::InvalidKey,
        Code::InvalidTransition,
        Code::MissingDirectory,
        Code::StoreMissing,
        Code::Permissions,
        Code::WrongUser,
        Code::NetworkFileSystem,
        Code::DiskFull,
        Code::Corrupt,
        Code::NotAStore,
        Code::StoreNewer,
        Code::StoreReplaced,
        Code::StoreMismatch,
        Code::SiteMismatch,
        Code::Io,
        Code::Internal,
        Code::ImportRefused,
        Code::InDocumentRoot,
        Code::LeaseLost,
        Code::ClonedSite,
    ];
}

/// An error of the vault. It never holds a secret: neither the message nor the detail.
#[derive(Debug, Clone)]
pub struct Error {
    code: Code,
    message: String,
    detail: Map<String, Value>,
}

impl Error {
    /// An error with a sentence for a person.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), detail: Map::new() }
    }

    /// An error about an argument, which its detail names too.
    pub fn of_argument(name: &str, message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message).with("argument", name)
    }

    /// The same error with one more detail for a program.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }

    /// The same error about a part of what was handed in: `grants[2]`.
    #[must_use]
    pub fn at(self, place: &str) -> Self {
        Self { message: format!("{place}: {}", self.message), ..self }
    }

    /// What kind it is.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The sentence for a person.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The details, as a JSON object.
    pub fn detail(&self) -> &Map<String, Value> {
        &self.detail
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
