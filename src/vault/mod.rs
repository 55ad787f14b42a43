//! The use-cases, one transaction each: joins the domain, the crypto, the store, the catalogue and the old option.

mod about;
mod address;
mod audit;
mod backup;
mod clear;
mod delete;
mod disconnect;
mod error;
mod error_from;
mod export;
mod export_report;
mod find;
mod get;
mod grants;
mod import;
mod info;
mod kept;
mod key_file;
mod keys;
mod open;
mod openers;
mod option_write;
mod refresh;
mod registry;
mod report;
mod row;
mod save;
mod set_status;
mod shared;
mod site;
mod status;
mod unlocked;
mod upgrade;

use std::borrow::Cow;
use std::sync::Arc;

pub use about::About;
pub use address::Address;
pub use audit::{
    Anchor, AnchoredStream, AuditCursor, AuditItem, AuditPage, AuditQuery, EventItem, EventPage, EventPlace,
    EventsOptions, Finding, PruneOptions, Pruned, Verified, VerifyCursor, VerifyOptions, Waits,
};
pub use backup::Backup;
pub use clear::Cleared;
pub use delete::Receipt;
pub use disconnect::{AtProvider, DestroyedHere, Disconnect, Disconnected};
pub use error::{Code, Error};
pub use export::{ExportOptions, Exported};
pub use export_report::{ExportCounts, ExportReport, LeftOut};
pub use find::{Page, Query};
pub use get::Got;
pub use grants::{
    Acquired, AgentUses, Answer, ConnectionUse, ConnectionUses, Considered, Explained, GrantInfo, GrantPage,
    GrantQuery, MOST_GRANTS, MOST_TOOLS, Mode, NewGrant, Offer, Origin, People, ProposalPage, Proposed,
    ProposedGrant, Reached, ReachedConnection, RefusalTold, Revocation, Revoked, Terms, Which,
};
pub use import::{Format, ImportOptions};
pub use info::Info;
pub use keys::{KeyAdded, Renewed, Rewrapped};
pub use open::Options;
pub use option_write::{WriteCounts, WriteEntry, WriteOutcome, WriteReport};
pub use refresh::{
    Begin, Begun, Commit, Committed, Due, DueOptions, HolderTold, Lease, LeaseTold, ProviderAnswer, Told,
};
pub use registry::close_all;
pub use report::{Counts, Report, ReportEntry, ReportMember};
pub use save::{Facts, Saved};
pub use site::{Adopted, Cloned};
pub use status::{ProviderStatus, StatusList};

pub use crate::store::Kind;

use crate::providers::Catalogue;
use crate::store::{Engine, Outcome, ReadTx};
use shared::{Shared, Write};
use site::Opener;
use unlocked::Unlocked;

/// An open store, seen with one caller's catalogue.
///
/// All of one process that are open on the same place share one engine and one set of keys. May be used from any
/// thread, and after `fork()`.
pub struct Vault {
    shared: Arc<Shared>,
    /// The shared store's engine, with this caller's patience.
    engine: Box<dyn Engine>,
    patience: std::time::Duration,
    catalogue: Cow<'static, Catalogue>,
    opener: Opener,
}

impl Vault {
    /// Reads in one consistent snapshot.
    fn read<T>(
        &self,
        mut work: impl FnMut(&mut dyn ReadTx, &Arc<Unlocked>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.engine.snapshot(|tx| {
            let unlocked = self.shared.current(tx)?;
            work(tx, &unlocked)
        })
    }

    /// The same with every key at hand, for what tells of each row whether its key is.
    fn read_with_keys<T>(
        &self,
        mut work: impl FnMut(&mut dyn ReadTx, &Arc<Unlocked>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.read(|tx, unlocked| {
            let unlocked = self.shared.refreshed(tx, unlocked)?;
            work(tx, &unlocked)
        })
    }

    /// Writes all or nothing: an error of `work` leaves no trace.
    fn write<T>(&self, mut work: impl FnMut(&mut Write<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.write_here(|write| {
            self.refuse_change(write.tx)?;
            work(write)
        })
    }

    /// The same of what is also written where another site's store is only to be read.
    fn write_here<T>(&self, mut work: impl FnMut(&mut Write<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.engine.transaction(|tx| self.shared.within(tx, &mut work))
    }

    /// As `write`, and takes everything back at the end.
    fn rehearse<T>(&self, mut work: impl FnMut(&mut Write<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.try_write(|write| Ok((work(write)?, false)))
    }

    /// As `write`, and takes everything back where `work` says so by false: then there was no write.
    fn write_if<T>(
        &self,
        mut work: impl FnMut(&mut Write<'_>) -> Result<(T, bool), Error>,
    ) -> Result<T, Error> {
        self.try_write(|write| {
            self.refuse_change(write.tx)?;
            work(write)
        })
    }

    /// The transaction of both.
    fn try_write<T>(
        &self,
        mut work: impl FnMut(&mut Write<'_>) -> Result<(T, bool), Error>,
    ) -> Result<T, Error> {
        let mut result = None;
        self.engine.write(&mut |tx| {
            let done = self.shared.within(tx, &mut work);
            let outcome = if matches!(done, Ok((_, true))) { Outcome::Commit } else { Outcome::Rollback };
            result = Some(done.map(|(value, _)| value));
            outcome
        })?;
        result.unwrap_or_else(|| {
            Err(Error::new(Code::Internal, "the store's engine did not run the transaction"))
        })
    }
}

/// The calling thread counts as inside the library until what this returns is dropped: a `fork()` in another
/// thread waits that long. Taken by every call of the ABI, whose own tables need it too.
pub fn enter() -> impl Sized {
    crate::store::fork::enter()
}
