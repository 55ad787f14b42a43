//! The old option comes in: once, in one transaction, and never over what happened here since.

use super::audit::{Event, Facts as AuditFacts, What};
use super::grants::{give_delegated, give_own, place};
use super::kept::{Piece, Place, keep};
use super::report::{Fate, Report, ReportEntry, ReportMember};
use super::row::{Legacy, check, data_key, open, seal, sign};
use super::save::Facts;
use super::shared::Write;
use super::unlocked::Unlocked;
use super::{Address, Kind};
use super::{Code, Error, Vault};
use crate::crypto::{Fields, LegacyKey, labels};
use crate::domain::{AccountName, Document, RecordId, Status};
use crate::legacy::{self, Entry, Found, HeldBack, Slot, Why};
use crate::store::{LedgerEntry, Row};

/// The most entries that one import takes on, ten times the largest option that was ever seen: each is a row, and a
/// line of the report.
pub(super) const ENTRY_LIMIT: usize = 200_000;

/// How the option's bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As PHP's `serialize()` writes it, which is how `wp_options` holds it.
    Php,
    /// The same array as JSON.
    Json,
}

/// How an import is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportOptions {
    /// How the bytes are written.
    pub format: Format,
    /// Whether everything is taken back at the end.
    pub dry_run: bool,
    /// How many entries of the option are passed over: a slice of it, in a transaction of its own.
    pub from: usize,
    /// How many are taken at most.
    pub limit: Option<usize>,
}

impl ImportOptions {
    /// All of it, for good.
    pub const fn new(format: Format) -> Self {
        Self { format, dry_run: false, from: 0, limit: None }
    }
}

/// What one entry came to.
struct Verdict {
    fate: Fate,
    code: &'static str,
    why: String,
    id: Option<RecordId>,
}

impl Vault {
    /// Imports the old option. `salts` open its envelopes: the present one, and earlier ones.
    pub fn import(
        &self,
        option: &[u8],
        salts: &[LegacyKey],
        options: ImportOptions,
    ) -> Result<Report, Error> {
        let option = match options.format {
            Format::Php => legacy::parse_php(option)?,
            Format::Json => legacy::parse_json(option)?,
        };
        let known = |provider: &crate::domain::Provider| self.catalogue.knows(provider);
        // Nothing is opened for that, and no slice is imported of what is refused later.
        let count = legacy::parts(&option, &known)?.count();
        if count > ENTRY_LIMIT {
            let message = format!("the old option has more than {ENTRY_LIMIT} entries; nothing was imported");
            return Err(Error::new(Code::ImportRefused, message));
        }
        let end = options.limit.map_or(count, |limit| options.from.saturating_add(limit).min(count));
        let work = |write: &mut Write<'_>| {
            let mut report = Report::new(options.dry_run);
            let mut delegations = None;
            for (number, part) in legacy::parts(&option, &known)?.enumerate() {
                if matches!(&part.slot, Slot::Other { path } if *path == place()) {
                    delegations = Some(part.raw());
                }
                if (options.from..end).contains(&number) {
                    let entry = part.entry(salts);
                    let verdict = self.import_entry(write, &entry, number)?;
                    report.add(reported(&entry, verdict, options.dry_run));
                }
            }
            if end < count {
                report.next = Some(end);
                return Ok(report);
            }
            // The mailboxes that they name may stand behind them.
            if let Some(raw) = delegations {
                let kept = write.tx.ledger(&fingerprint(write.unlocked, &place()))?;
                let content = content_fingerprint(write.unlocked, raw);
                let changed = kept.is_some_and(|kept| kept.content != content);
                report.delegations = give_delegated(write, &self.catalogue, raw, changed)?;
            }
            let count = Some(count as u64);
            write.audit(&Event::of_store(What::ImportDone, AuditFacts { count, ..AuditFacts::default() }))?;
            Ok(report)
        };
        if options.dry_run { self.rehearse(work) } else { self.write(work) }
    }

    fn import_entry(&self, write: &mut Write<'_>, entry: &Entry, number: usize) -> Result<Verdict, Error> {
        let slot = fingerprint(write.unlocked, &entry.slot.path());
        let content = content_fingerprint(write.unlocked, entry.content);
        let seen = write.tx.ledger(&slot)?;
        let (document, enveloped, held_back) = match &entry.found {
            Found::Keep { why } => return keep_entry(write, entry, number, why, slot, content, seen),
            Found::Document { document, enveloped, held_back } => (document, enveloped, held_back),
        };
        let (kind, address) = address_of(&entry.slot)?;
        self.forget_kept_provider(write, &address)?;
        let legacy = Legacy { order: Some(number), ..legacy_of(enveloped, held_back) };
        let [provider, owner, account] = address.columns();
        let row = match write.tx.row(kind, &provider, &owner, &account)? {
            None if seen.is_some() => return Ok(gone_since(seen, &content)),
            None => {
                let found = (document, held_back.as_slice());
                self.insert_found(write, kind, &address, found, legacy.clone(), (What::Imported, None))?
            }
            Some(row) if healable(seen.as_ref(), &content, &row, &legacy, write.unlocked) => {
                write.tx.delete_kept_of(row.meta.id)?;
                heal(write, &row, document, &legacy, held_back)?
            }
            Some(row) => return stands_already(write, slot, content, seen, &row, document),
        };
        keep_members(write, slot, &entry.slot.path(), held_back.iter(), row.meta.id)?;
        let fate = if legacy.quarantined.is_empty() { Fate::Imported } else { Fate::Quarantined };
        note(write, slot, content, fate, Some(&row))?;
        Ok(imported(fate, &legacy, &row))
    }

    /// Makes a row of what was found in the option; `what` and a code are its record's.
    pub(super) fn insert_found(
        &self,
        write: &mut Write<'_>,
        kind: Kind,
        address: &Address,
        (document, held_back): (&Document, &[HeldBack]),
        legacy: Legacy,
        (what, code): (What, Option<&str>),
    ) -> Result<Row, Error> {
        let row = self.new_row(write, kind, address, document, &Facts::default(), legacy)?;
        let row = with_status(row, held_back, write.unlocked);
        match code {
            Some(code) => write.insert_because(&row, what, code),
            None => write.insert(&row, what),
        }?;
        give_own(write, kind, address)?;
        Ok(row)
    }

    /// A provider that was unknown before was kept whole; now that the catalogue knows it, its parts take over.
    fn forget_kept_provider(&self, write: &mut Write<'_>, address: &Address) -> Result<(), Error> {
        let slot = fingerprint(write.unlocked, &[address.provider.to_string()]);
        if let Some(kept) = write.tx.kept_at(&slot, None)? {
            write.tx.delete_kept(kept.id)?;
        }
        Ok(())
    }
}

/// The row with the status that a member which did not open gives it: one that a salt may open waits for its key,
/// one that never will is in error.
pub(super) fn with_status<'m>(
    mut row: Row,
    held_back: impl IntoIterator<Item = &'m HeldBack>,
    unlocked: &Unlocked,
) -> Row {
    if let Some(worst) = held_back.into_iter().find(|member| member.why.quarantined()) {
        let opens_with_a_salt = matches!(worst.why, Why::EnvelopeDoesNotOpen);
        let status = if opens_with_a_salt { Status::KeyUnavailable } else { Status::Error };
        row.meta.status = status.as_str().to_owned();
        row.meta.status_cause = Some(format!("quarantined: {}", worst.why.code()));
        sign(&mut row.meta, unlocked);
    }
    row
}

/// Members that did not open at an earlier import do now: another salt was given.
fn heal(
    write: &mut Write<'_>,
    row: &Row,
    document: &Document,
    legacy: &Legacy,
    held_back: &[HeldBack],
) -> Result<Row, Error> {
    let key = data_key(row, write.unlocked)?;
    let mut meta = row.meta.clone();
    meta.status = Status::Active.as_str().to_owned();
    meta.status_cause = None;
    meta.legacy = legacy.column();
    meta.revision += 1;
    meta.seal_revision += 1;
    meta.updated_at = write.now.seconds();
    let new = seal(meta, document, &key, write.unlocked, write.random)?;
    let new = with_status(new, held_back, write.unlocked);
    write.update(&row.meta, &new, What::Imported)?;
    Ok(new)
}

/// Keeps an entry sealed as it was.
fn keep_entry(
    write: &mut Write<'_>,
    entry: &Entry,
    number: usize,
    why: &Why,
    slot: [u8; 32],
    content: [u8; 32],
    seen: Option<LedgerEntry>,
) -> Result<Verdict, Error> {
    match seen {
        Some(seen) if seen.content == content => Ok(Verdict {
            fate: Fate::Unchanged,
            code: "imported_before",
            why: "kept at an earlier import".to_owned(),
            id: None,
        }),
        Some(_) => Ok(Verdict {
            fate: Fate::Differs,
            code: "differs",
            why: "the option changed since it was kept; what was kept first stays".to_owned(),
            id: None,
        }),
        None => {
            let place = Place {
                path: entry.slot.path(),
                member: None,
                position: None,
                order: Some(number),
                came: None,
            };
            keep(write, slot, &Piece { place, connection: None, reason: why.code(), raw: entry.content })?;
            note(write, slot, content, Fate::Kept, None)?;
            Ok(Verdict { fate: Fate::Kept, code: why.code(), why: why.text().to_owned(), id: None })
        }
    }
}

/// Keeps members of a row sealed as they were.
pub(super) fn keep_members<'m>(
    write: &mut Write<'_>,
    slot: [u8; 32],
    path: &[String],
    members: impl Iterator<Item = &'m HeldBack>,
    row: RecordId,
) -> Result<(), Error> {
    for member in members {
        let place = Place {
            path: path.to_vec(),
            member: Some(member.name.clone()),
            position: Some(member.position),
            order: None,
            came: None,
        };
        let piece = Piece { place, connection: Some(row), reason: member.why.code(), raw: &member.raw };
        keep(write, slot, &piece)?;
    }
    Ok(())
}

pub(super) fn address_of(slot: &Slot) -> Result<(Kind, Address), Error> {
    let of = |provider: &crate::domain::Provider, owner: &crate::domain::Owner, account: AccountName| {
        Address { provider: provider.clone(), owner: owner.clone(), account }
    };
    match slot {
        Slot::Account { provider, owner, account } => {
            Ok((Kind::Connection, of(provider, owner, account.clone())))
        }
        Slot::Config { provider, owner } => Ok((Kind::Config, of(provider, owner, AccountName::default()))),
        Slot::Other { .. } => {
            Err(Error::new(Code::Internal, "a document stands in no slot of an account or config"))
        }
    }
}

pub(super) fn legacy_of(enveloped: &[String], held_back: &[HeldBack]) -> Legacy {
    let names = |quarantined: bool| {
        held_back
            .iter()
            .filter(|member| member.why.quarantined() == quarantined)
            .map(|member| member.name.clone())
            .collect()
    };
    Legacy {
        enveloped: enveloped.to_vec(),
        quarantined: names(true),
        kept: names(false),
        ..Legacy::default()
    }
}

/// Whether fewer members are held back than when this same content came in, and nobody wrote the row since.
fn healable(
    seen: Option<&LedgerEntry>,
    content: &[u8; 32],
    row: &Row,
    legacy: &Legacy,
    unlocked: &Unlocked,
) -> bool {
    let before = Legacy::from_column(row.meta.legacy.as_deref());
    let untouched = |seen: &LedgerEntry| {
        seen.content == content
            && seen.connection == Some(row.meta.id)
            && seen.revision == Some(row.meta.revision)
            && check(row, unlocked).is_ok()
    };
    seen.is_some_and(untouched) && legacy.quarantined.len() < before.quarantined.len()
}

fn imported(fate: Fate, legacy: &Legacy, row: &Row) -> Verdict {
    let why = match fate {
        Fate::Quarantined => format!("imported without {}", legacy.quarantined.join(", ")),
        _ if !legacy.kept.is_empty() => {
            format!("imported without {}, which JSON cannot hold", legacy.kept.join(", "))
        }
        _ => "imported".to_owned(),
    };
    Verdict { fate, code: fate.as_str(), why, id: Some(row.meta.id) }
}

/// What the option holds where the vault has a row: never written over it.
fn stands_already(
    write: &mut Write<'_>,
    slot: [u8; 32],
    content: [u8; 32],
    seen: Option<LedgerEntry>,
    row: &Row,
    document: &Document,
) -> Result<Verdict, Error> {
    let verdict = |fate, code, why: &str| Verdict { fate, code, why: why.to_owned(), id: Some(row.meta.id) };
    let same_option = seen.as_ref().is_some_and(|seen| seen.content == content);
    // The old class sealed a secret anew at every save: other bytes may be the same account.
    let verdict = match check(row, write.unlocked).and_then(|row| open(row, write.unlocked)) {
        Ok(held) if *held == *document.as_bytes() => {
            verdict(Fate::Unchanged, "same", "the vault holds the same")
        }
        Ok(_) if same_option => {
            verdict(Fate::Differs, "changed_since", "imported before and changed here since; the vault wins")
        }
        Ok(_) => verdict(
            Fate::Differs,
            "differs",
            "the option holds something else than the vault; the vault wins",
        ),
        Err(error) => verdict(Fate::Differs, "does_not_open", error.message()),
    };
    if seen.is_none() {
        note(write, slot, content, verdict.fate, Some(row))?;
    }
    Ok(verdict)
}

/// What the option holds where the vault had a row and has none.
fn gone_since(seen: Option<LedgerEntry>, content: &[u8; 32]) -> Verdict {
    let same_option = seen.is_some_and(|seen| seen.content == content);
    let why = if same_option {
        "imported before and deleted here since; it is not brought back"
    } else {
        "deleted here since it was imported, and the option went on; it is not brought back"
    };
    Verdict { fate: Fate::Differs, code: "deleted_since", why: why.to_owned(), id: None }
}

fn note(
    write: &mut Write<'_>,
    slot: [u8; 32],
    content: [u8; 32],
    fate: Fate,
    row: Option<&Row>,
) -> Result<(), Error> {
    let row = row.map(|row| (row.meta.id, Some(row.meta.revision)));
    enter(write, slot, content, fate, row)
}

/// Enters into the ledger what stood in a slot, and the row that was made of it: at a revision where it holds just that.
pub(super) fn enter(
    write: &mut Write<'_>,
    slot: [u8; 32],
    content: [u8; 32],
    fate: Fate,
    row: Option<(RecordId, Option<i64>)>,
) -> Result<(), Error> {
    Ok(write.tx.put_ledger(&LedgerEntry {
        slot: slot.to_vec(),
        content: content.to_vec(),
        outcome: fate.as_str().to_owned(),
        connection: row.map(|row| row.0),
        revision: row.and_then(|row| row.1),
        imported_at: write.now.seconds(),
    })?)
}

/// A place of the option as the ledger knows it: keyed, so that the ledger tells nobody what was there.
pub(super) fn fingerprint(unlocked: &Unlocked, path: &[String]) -> [u8; 32] {
    unlocked.ledger.tag(
        &path.iter().fold(Fields::new(labels::MAC_LEDGER).text("slot"), |fields, part| fields.text(part)),
    )
}

pub(super) fn content_fingerprint(unlocked: &Unlocked, content: &[u8]) -> [u8; 32] {
    unlocked.ledger.tag(&Fields::new(labels::MAC_LEDGER).text("content").bytes(content))
}

fn reported(entry: &Entry, verdict: Verdict, dry_run: bool) -> ReportEntry {
    let (kind, provider, owner, account) = match &entry.slot {
        Slot::Account { provider, owner, account } => {
            ("connection", Some(provider.to_string()), Some(owner.to_string()), Some(account.to_string()))
        }
        Slot::Config { provider, owner } => {
            ("config", Some(provider.to_string()), Some(owner.to_string()), None)
        }
        Slot::Other { path } => ("other", path.first().cloned(), None, None),
    };
    let held_back = match &entry.found {
        Found::Document { held_back, .. } => held_back.as_slice(),
        Found::Keep { .. } => &[],
    };
    let members = held_back.iter().map(|member| ReportMember {
        name: member.name.clone(),
        outcome: if member.why.quarantined() { Fate::Quarantined } else { Fate::Kept },
        code: member.why.code(),
        why: member.why.text().to_owned(),
    });
    ReportEntry {
        path: entry.slot.path(),
        kind,
        provider,
        owner,
        account,
        outcome: verdict.fate,
        code: verdict.code,
        why: verdict.why,
        id: verdict.id.filter(|_| !dry_run).map(|id| id.to_string()),
        members: members.collect(),
    }
}
