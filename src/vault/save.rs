//! Writing one document: the whole of it, or a patch.

use serde::Serialize;

use super::audit::What;
use super::get::not_found;
use super::grants::{Offer, end_of_connection, give_own};
use super::import::with_status;
use super::row::{Legacy, check, check_address, data_key, open, seal};
use super::shared::Write;
use super::{Address, Code, Error, Kind, Vault};
use crate::crypto::DataKey;
use crate::domain::{DisplayName, Document, RecordId, RemoteId, Scopes, Status, UnixTime};
use crate::legacy::{Changed, HeldBack};
use crate::store::{Filter, Meta, Row};

/// What a caller says of a document beside the document. What it does not say, the catalogue reads in the document.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Compare-and-swap: the row has to be at this revision; 0 means that there must be none.
    pub if_revision: Option<i64>,
    /// No other owner may have a connection of the provider under this account name.
    pub exclusive_name: bool,
    /// The remote account identifier; `Some(None)` says that it is unknown.
    pub remote_id: Option<Option<RemoteId>>,
    /// Another remote account may take the place of the one that is there; else it is refused.
    pub replace: bool,
    /// A name for a person.
    pub display_name: Option<Option<DisplayName>>,
    /// The granted scopes.
    pub scopes: Option<Option<Scopes>>,
    /// `pending` or `active`; a save without it makes the row active.
    pub status: Option<Status>,
    /// When the credential expires; `Some(None)` says that it does not.
    pub expires_at: Option<Option<UnixTime>>,
    /// The provider renewed these credentials by itself: no person consented anew.
    pub renewed: bool,
    /// What agents may do with it, given in the same transaction.
    pub grants: Vec<Offer>,
}

/// What a write came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Saved {
    /// The row's id.
    pub id: String,
    /// Its revision after the write.
    pub revision: i64,
    /// Whether there was none before.
    pub created: bool,
    /// The id of the connection that stood here with another remote identity, and is gone.
    pub replaced: Option<String>,
    /// How many grants that named that connection ended with it.
    pub ended_grants: u64,
    /// The ids of the grants that were given with it, in their order; one that the agent had already is told, too.
    pub grants: Vec<String>,
    /// The row's status.
    pub status: &'static str,
    /// `service`, `personal` or `agent`.
    pub owner_class: &'static str,
    /// Quarantined members that this write superseded.
    pub superseded: Vec<String>,
}

/// How the new document comes out of the old one.
#[derive(Clone, Copy)]
pub(super) enum Change<'a> {
    Whole(&'a Document),
    Patch(&'a Document),
    /// A patch of whom the lease was granted to.
    Renewal(&'a Document),
    /// By somebody who wrote the old option.
    Option(&'a Laid<'a>),
}

/// What somebody wrote who wrote the old option, to be laid over a row.
pub(super) struct Laid<'a> {
    /// The members that are new.
    pub(super) patch: &'a Document,
    /// All members that are held back from what was written.
    pub(super) held_back: &'a [HeldBack],
    /// What was changed.
    pub(super) changed: &'a Changed,
    /// The members that were held back before and are not, or are something else now.
    pub(super) superseded: Vec<String>,
    /// What the row remembers of the option since, or the one that another remote account's new row has.
    pub(super) legacy: Legacy,
    pub(super) if_another: Legacy,
}

/// The code of the records of what came through the old option.
pub(super) const OPTION: &str = "option";

impl Change<'_> {
    fn what(self) -> What {
        match self {
            Change::Whole(_) => What::Saved,
            Change::Patch(_) | Change::Option(_) => What::Merged,
            Change::Renewal(_) => What::Refreshed,
        }
    }

    /// Finishes a sealed row and writes it, with its record.
    fn write(self, write: &mut Write<'_>, before: Option<&Meta>, row: Row) -> Result<Meta, Error> {
        let (row, code) = match self {
            Change::Option(laid) => {
                // Another remote account's row has none of what was held back before.
                let is_new = |one: &&HeldBack| before.is_none() || laid.changed.written.contains(&one.name);
                let held_back = laid.held_back.iter().filter(is_new);
                (with_status(row, held_back, write.unlocked), Some(OPTION))
            }
            _ => (row, None),
        };
        match (before, code) {
            (Some(before), Some(code)) => write.update_because(before, &row, self.what(), code),
            (Some(before), None) => write.update(before, &row, self.what()),
            (None, Some(code)) => write.insert_because(&row, self.what(), code),
            (None, None) => write.insert(&row, self.what()),
        }?;
        Ok(row.meta)
    }
}

impl Vault {
    /// Stores a document in place of what was there. The id stays while the remote identity is the same or unknown;
    /// another identity is refused, or makes a new connection in its place where [`Facts::replace`] says so.
    pub fn save(
        &self,
        kind: Kind,
        address: &Address,
        document: &Document,
        facts: &Facts,
    ) -> Result<Saved, Error> {
        self.write_document(kind, address, Change::Whole(document), facts)
    }

    /// Lays the top-level members of `patch` over the stored document.
    pub fn merge(
        &self,
        kind: Kind,
        address: &Address,
        patch: &Document,
        facts: &Facts,
    ) -> Result<Saved, Error> {
        self.write_document(kind, address, Change::Patch(patch), facts)
    }

    fn write_document(
        &self,
        kind: Kind,
        address: &Address,
        change: Change<'_>,
        facts: &Facts,
    ) -> Result<Saved, Error> {
        if kind == Kind::Config && !facts.grants.is_empty() {
            let message = "grants: agents use connections; an app config has no grants";
            return Err(Error::of_argument("grants", message));
        }
        let of_a_config = Facts { if_revision: facts.if_revision, status: facts.status, ..Facts::default() };
        let facts = if kind == Kind::Config { &of_a_config } else { facts };
        if !matches!(facts.status, None | Some(Status::Pending | Status::Active)) {
            let message = "a save makes a connection `pending` or `active`; set another status by itself";
            return Err(Error::of_argument("status", message));
        }
        let [provider, owner, account] = address.columns();
        self.write(|write| {
            let existing = write.tx.row(kind, &provider, &owner, &account)?;
            if let Some(row) = &existing {
                check_address(row, kind, address, write.unlocked)?;
            }
            check_revision(facts.if_revision, existing.as_ref())?;
            if facts.exclusive_name {
                check_name_is_free(write, kind, address)?;
            }
            let mut saved = match (change, existing) {
                (Change::Whole(document), None) => self.insert(write, kind, address, document, facts),
                (Change::Whole(document), Some(row)) => {
                    self.update(write, kind, address, &row, document, change, facts)
                }
                (Change::Patch(patch) | Change::Renewal(patch), Some(row)) => {
                    let stored = Document::parse(open(check(&row, write.unlocked)?, write.unlocked)?.into())?;
                    self.lay_over(write, kind, address, &row, [&stored, patch], change, facts)
                }
                (_, None) => Err(not_found(kind, address)),
                (Change::Option(_), Some(_)) => Err(Error::new(Code::Internal, "no document was written")),
            }?;
            saved.grants = self.give_offers(write, &facts.grants, saved.id.parse()?, address)?;
            Ok(saved)
        })
    }

    fn insert(
        &self,
        write: &mut Write<'_>,
        kind: Kind,
        address: &Address,
        document: &Document,
        facts: &Facts,
    ) -> Result<Saved, Error> {
        let row = self.new_row(write, kind, address, document, facts, Legacy::default())?;
        write.insert(&row, What::Saved)?;
        give_own(write, kind, address)?;
        Ok(saved(&row.meta, address, true, None, Vec::new()))
    }

    /// A row that does not exist yet, sealed under a data key of its own.
    pub(super) fn new_row(
        &self,
        write: &Write<'_>,
        kind: Kind,
        address: &Address,
        document: &Document,
        facts: &Facts,
        legacy: Legacy,
    ) -> Result<Row, Error> {
        let [provider, owner, account] = address.columns();
        let now = write.now.seconds();
        let mut meta = Meta {
            id: RecordId::generate(write.now, write.random)?,
            kind,
            provider,
            owner,
            account,
            remote_id: None,
            display_name: None,
            scopes: String::new(),
            status: String::new(),
            status_cause: None,
            expires_at: None,
            revision: write.fresh_revision,
            seal_revision: 1,
            connected_at: now,
            updated_at: now,
            last_used_at: None,
            legacy: legacy.column(),
            key_id: write.unlocked.keyring.primary_id(),
            row_mac: Vec::new(),
        };
        self.describe(&mut meta, kind, address, document, facts);
        meta.status = facts.status.unwrap_or(Status::Active).as_str().to_owned();
        seal(meta, document, &DataKey::generate(write.random)?, write.unlocked, write.random)
    }

    /// Lays a patch over the stored document of a row.
    #[allow(clippy::too_many_arguments)] // As `update`.
    pub(super) fn lay_over(
        &self,
        write: &mut Write<'_>,
        kind: Kind,
        address: &Address,
        row: &Row,
        [stored, patch]: [&Document; 2],
        change: Change<'_>,
        facts: &Facts,
    ) -> Result<Saved, Error> {
        let merged = stored.merge(patch)?;
        self.put_merged(write, kind, address, row, [stored, &merged], change, facts)
    }

    /// Puts what was laid over the stored document of a row in its place.
    #[allow(clippy::too_many_arguments)] // As `update`.
    pub(super) fn put_merged(
        &self,
        write: &mut Write<'_>,
        kind: Kind,
        address: &Address,
        row: &Row,
        [stored, merged]: [&Document; 2],
        change: Change<'_>,
        facts: &Facts,
    ) -> Result<Saved, Error> {
        let said = |document| self.catalogue.entry(&address.provider).facts(document).remote_id;
        let mut facts = facts.clone();
        // What was said of the account at a save counts on where a patch says nothing new.
        if row.meta.remote_id.is_some() && said(stored) == said(merged) {
            facts.remote_id.get_or_insert(None);
        }
        self.update(write, kind, address, row, merged, change, &facts)
    }

    #[allow(clippy::too_many_arguments)] // One private step of a use-case; a struct for it would hide nothing.
    fn update(
        &self,
        write: &mut Write<'_>,
        kind: Kind,
        address: &Address,
        row: &Row,
        document: &Document,
        change: Change<'_>,
        facts: &Facts,
    ) -> Result<Saved, Error> {
        // Opening the key proves that what stands here is not something that could still be healed.
        let key = data_key(row, write.unlocked)?;
        let mut meta = row.meta.clone();
        self.describe(&mut meta, kind, address, document, facts);
        let legacy = Legacy::from_column(meta.legacy.as_deref());
        let (left, superseded) = match change {
            Change::Whole(_) => (legacy.without_held_back(), held_back(&legacy)),
            Change::Patch(patch) | Change::Renewal(patch) => legacy_after(&legacy, patch),
            Change::Option(laid) => (laid.legacy.clone(), laid.superseded.clone()),
        };
        if is_another(&row.meta, &meta) {
            if !facts.replace {
                return Err(another(&row.meta, &meta));
            }
            write.delete(&row.meta, What::Deleted, Some("replaced"))?;
            write.tx.delete_kept_of(row.meta.id)?;
            let legacy = match change {
                Change::Option(laid) => laid.if_another.clone(),
                _ => legacy.without_held_back(),
            };
            let new = self.new_row(write, kind, address, document, facts, legacy)?;
            let new = change.write(write, None, new)?;
            let why = "another remote account took the connection's place";
            let ended_grants = end_of_connection(write, row.meta.id, why)?;
            let saved = saved(&new, address, false, Some(row.meta.id), superseded);
            return Ok(Saved { ended_grants, ..saved });
        }
        let renewed = match change {
            Change::Whole(_) | Change::Renewal(_) => true,
            Change::Patch(patch) | Change::Option(&Laid { patch, .. }) => {
                self.catalogue.entry(&address.provider).carries_credentials(patch)
            }
        };
        if let Some(status) = facts.status.or(renewed.then_some(Status::Active)) {
            meta.status = status.as_str().to_owned();
            meta.status_cause = None;
        }
        meta.legacy = left.column();
        meta.revision += 1;
        meta.seal_revision += 1;
        meta.updated_at = write.now.seconds();
        let new = seal(meta, document, &key, write.unlocked, write.random)?;
        let new = change.write(write, Some(&row.meta), new)?;
        let entry = self.catalogue.entry(&address.provider);
        if kind == Kind::Connection
            && !matches!(change, Change::Renewal(_))
            && write.has_renewals(row.meta.id, entry, facts.renewed)?
        {
            let before = Document::parse(open(check(row, write.unlocked)?, write.unlocked)?.into())?;
            write.renewals_after(row.meta.id, entry, [&before, document], facts.renewed)?;
        }
        write.forget_held_back(row.meta.id, &superseded)?;
        Ok(saved(&new, address, false, None, superseded))
    }

    /// Fills the columns that come from the document or from the caller. What neither tells stays as it was, but for
    /// the expiry: a document without one does not expire.
    fn describe(&self, meta: &mut Meta, kind: Kind, address: &Address, document: &Document, given: &Facts) {
        if kind == Kind::Config {
            return;
        }
        let found = self.catalogue.entry(&address.provider).facts(document);
        meta.expires_at = given.expires_at.unwrap_or(found.expires_at).map(UnixTime::seconds);
        if let Some(remote_id) = given.remote_id.clone().unwrap_or(found.remote_id) {
            meta.remote_id = Some(remote_id.to_string());
        }
        if let Some(name) = given.display_name.clone().unwrap_or(found.display_name) {
            meta.display_name = Some(name.to_string());
        }
        if let Some(scopes) = given.scopes.clone().unwrap_or(found.scopes) {
            meta.scopes = scopes.to_string();
        }
    }
}

/// Whether a write names another remote account than the row has. One that is not known is no other.
fn is_another(row: &Meta, new: &Meta) -> bool {
    matches!((&row.remote_id, &new.remote_id), (Some(present), Some(named)) if present != named)
}

fn another(row: &Meta, new: &Meta) -> Error {
    let (present, named) =
        (row.remote_id.as_deref().unwrap_or_default(), new.remote_id.as_deref().unwrap_or_default());
    let message = format!(
        "{} of {} named {} is the account {present}, and what is to be saved is of {named}: connect that under another \
         account name, disconnect this one first, or say `replace` where {named} is to take its place",
        row.provider, row.owner, row.account
    );
    Error::new(Code::Conflict, message).with("remote_id", named).with("present", present)
}

fn saved(
    meta: &Meta,
    address: &Address,
    created: bool,
    replaced: Option<RecordId>,
    superseded: Vec<String>,
) -> Saved {
    Saved {
        id: meta.id.to_string(),
        revision: meta.revision,
        created,
        replaced: replaced.map(|id| id.to_string()),
        ended_grants: 0,
        grants: Vec::new(),
        status: meta.status.parse::<Status>().map_or("error", Status::as_str),
        owner_class: address.owner.class().as_str(),
        superseded,
    }
}

/// All members that are held back beside a row.
pub(super) fn held_back(legacy: &Legacy) -> Vec<String> {
    legacy.quarantined.iter().chain(&legacy.kept).cloned().collect()
}

/// What is still held back after a patch, and what the patch superseded.
fn legacy_after(legacy: &Legacy, patch: &Document) -> (Legacy, Vec<String>) {
    let named = |name: &String| patch.get(name).is_some();
    let left = |names: &[String]| names.iter().filter(|name| !named(name)).cloned().collect();
    let after = Legacy {
        quarantined: left(&legacy.quarantined),
        kept: left(&legacy.kept),
        ..legacy.without_held_back()
    };
    (after, held_back(legacy).into_iter().filter(named).collect())
}

/// Tells a writer whose revision moved on.
pub(super) fn check_revision(expected: Option<i64>, row: Option<&Row>) -> Result<(), Error> {
    let present = row.map_or(0, |row| row.meta.revision);
    match expected {
        Some(expected) if expected != present => {
            let message = match present {
                0 => format!(
                    "the revision given is {expected}, and there is nothing here: it was deleted, or never was. \
                     Save it with revision 0 where it is to be made"
                ),
                _ => format!(
                    "the revision given is {expected}, and the row is at {present}: read it again, and try with \
                     that revision"
                ),
            };
            Err(Error::new(Code::Conflict, message).with("revision", present).with("expected", expected))
        }
        _ => Ok(()),
    }
}

/// Refuses a name that another owner's connection of the provider has. One row of our own at most can have it.
fn check_name_is_free(write: &mut Write<'_>, kind: Kind, address: &Address) -> Result<(), Error> {
    let [provider, owner, account] = address.columns();
    let named = Filter { provider: Some(provider), account: Some(account), ..Filter::all(kind, 2) };
    let Some(other) = write.tx.find(&named)?.into_iter().find(|row| row.owner != owner) else {
        return Ok(());
    };
    let Address { provider, account, .. } = address;
    let message = format!(
        "{} has an account of {provider} named {account}, and that name is to be one owner's only: choose another \
         name, or delete that account first",
        other.owner
    );
    Err(Error::new(Code::Conflict, message).with("holder", other.owner))
}
