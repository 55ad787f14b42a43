//! What the layers below say, as the vault's error.

use super::{Code, Error};
use crate::domain::{Invalid, RandomUnavailable};
use crate::{crypto, legacy, store};

impl From<Invalid> for Error {
    fn from(error: Invalid) -> Self {
        let code = match error.what {
            _ if error.too_large => Code::TooLarge,
            "document" => Code::InvalidDocument,
            _ => Code::InvalidArgument,
        };
        Error::new(code, error.to_string()).with("argument", error.what)
    }
}

impl From<RandomUnavailable> for Error {
    fn from(error: RandomUnavailable) -> Self {
        Error::new(Code::Io, error.to_string())
    }
}

impl From<crypto::Error> for Error {
    fn from(error: crypto::Error) -> Self {
        match error {
            crypto::Error::KeyMaterial(problem) => problem.into(),
            crypto::Error::Random(error) => error.into(),
            crypto::Error::Format | crypto::Error::DoesNotOpen => {
                Error::new(Code::Integrity, error.to_string())
            }
        }
    }
}

impl From<crypto::KeyProblem> for Error {
    fn from(problem: crypto::KeyProblem) -> Self {
        use crypto::KeyProblem as P;
        let code = match &problem {
            P::NotAKey { .. } | P::BadPath { .. } | P::NotAFile { .. } | P::Command { .. } => {
                Code::InvalidKey
            }
            P::Missing { .. } => Code::MissingKey,
            P::MissingDirectory { .. } => Code::MissingDirectory,
            P::Permissions { .. } => Code::Permissions,
            P::WrongUser { .. } => Code::WrongUser,
            P::Io { .. } | P::Random(_) => Code::Io,
        };
        let error = Error::new(code, problem.to_string());
        match problem {
            P::MissingDirectory { mend, .. } | P::Permissions { mend, .. } | P::WrongUser { mend, .. } => {
                error.with("mend", mend)
            }
            _ => error,
        }
    }
}

impl From<legacy::Refused> for Error {
    fn from(error: legacy::Refused) -> Self {
        Error::new(Code::ImportRefused, format!("the old option was refused, nothing was imported: {error}"))
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        use store::Error as S;
        let code = match &error {
            S::MissingDirectory { .. } => Code::MissingDirectory,
            S::StoreMissing { .. } => Code::StoreMissing,
            S::Permissions { .. } | S::NotItsOwn { .. } => Code::Permissions,
            S::WrongUser { .. } => Code::WrongUser,
            S::InDocumentRoot { .. } => Code::InDocumentRoot,
            S::NetworkFileSystem { .. } => Code::NetworkFileSystem,
            S::DiskFull { .. } => Code::DiskFull,
            S::Busy { .. } => Code::Busy,
            S::Corrupt { .. } => Code::Corrupt,
            S::NotAStore { .. } => Code::NotAStore,
            S::Newer { .. } => Code::StoreNewer,
            S::Replaced { .. } => Code::StoreReplaced,
            S::Conflict | S::Exists { .. } => Code::Conflict,
            S::Io { .. } | S::InDoubt { .. } | S::Clock => Code::Io,
            S::Internal(_) => Code::Internal,
        };
        let told = Error::new(code, error.to_string());
        match error {
            S::Permissions { mend, .. } | S::WrongUser { line: mend, .. } => told.with("mend", mend),
            S::MissingDirectory { path }
            | S::NotItsOwn { path }
            | S::StoreMissing { path }
            | S::Exists { path }
            | S::Corrupt { path, .. }
            | S::NotAStore { path, .. } => told.with("path", path.display().to_string()),
            _ => told,
        }
    }
}
