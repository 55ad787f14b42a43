//! Somebody wrote the old option: what they changed is done here, and nothing else.
//!
//! ```text
//! what they were handed --\
//!                          diff --> parts that changed --> rows, kept pieces, grants, as they are now
//! what they wrote --------/
//! ```
//!
//! A part that is byte for byte what it was is not even looked at, and one that changed is laid over what is stored by now,
//! member by member: whoever wrote something else meanwhile loses nothing.

mod overlay;
mod pieces;
mod report;
mod rows;

pub use report::{WriteCounts, WriteEntry, WriteOutcome, WriteReport};

use std::collections::{HashMap, HashSet};

use self::overlay::Written;
use super::export::path_of;
use super::find::LONGEST_PAGE;
use super::grants::{self, Redelegation};
use super::import::{ENTRY_LIMIT, fingerprint};
use super::kept;
use super::row::Came;
use super::shared::Write;
use super::{Code, Error, Format, Kind, Vault};
use crate::crypto::LegacyKey;
use crate::domain::Provider;
use crate::legacy::{self, Change, Diff, Found, Part, Slot, Tree};
use crate::store::Filter;

impl Vault {
    /// Does what somebody changed who was handed `base` and wrote `option`, in one transaction. Without a base they saw
    /// everything: the store becomes what the option says. `salts` open its envelopes: the present one, and earlier ones.
    pub fn write_option(
        &self,
        base: Option<&[u8]>,
        option: &[u8],
        salts: &[LegacyKey],
        format: Format,
    ) -> Result<WriteReport, Error> {
        let parse = match format {
            Format::Php => legacy::parse_php,
            Format::Json => legacy::parse_json,
        };
        let option = parse(option)?;
        let base = base.map(parse).transpose().map_err(|refused| Error::from(refused).at("base"))?;
        let touched = touched(base.as_ref(), &option);
        if touched.is_empty() && base.is_some() {
            // Nobody has to wait for that.
            let known = |provider: &Provider| self.catalogue.knows(provider);
            let unchanged = legacy::diff(base.as_ref(), &option, &known)?.unchanged as u64;
            let counts = WriteCounts { unchanged, ..WriteCounts::default() };
            return Ok(WriteReport { counts, writes: self.writes()?, ..WriteReport::default() });
        }
        self.write_if(|write| {
            let known = self.known(write, &touched)?;
            let known = |provider: &Provider| self.catalogue.knows(provider) || known.contains(provider);
            let diff = legacy::diff(base.as_ref(), &option, &known)?;
            check_limit(diff.unchanged + diff.written.len())?;
            let mut writing = Writing::new(self, write, salts, base.is_none());
            writing.run(diff)?;
            Ok(writing.finish())
        })
    }

    /// The providers that the catalogue does not know and whose parts are told apart all the same: those of which the store has
    /// rows, or parts.
    fn known(
        &self,
        write: &mut Write<'_>,
        touched: &HashMap<&[u8], bool>,
    ) -> Result<HashSet<Provider>, Error> {
        check_limit(touched.len())?;
        let mut known = HashSet::new();
        for (key, handed) in touched {
            let provider = std::str::from_utf8(key).ok().and_then(|key| key.parse::<Provider>().ok());
            let Some(provider) = provider.filter(|provider| !self.catalogue.knows(provider)) else {
                continue;
            };
            // What was handed out and does not lie here whole lies here in parts.
            if has_rows(write, &provider)? || (*handed && !is_whole(write, &provider)?) {
                known.insert(provider);
            }
        }
        Ok(known)
    }
}

fn check_limit(entries: usize) -> Result<(), Error> {
    if entries > ENTRY_LIMIT {
        let message = format!("the old option has more than {ENTRY_LIMIT} entries; nothing was written");
        return Err(Error::new(Code::ImportRefused, message));
    }
    Ok(())
}

/// The keys behind which a writer changed anything, and whether there was something before.
fn touched<'t>(base: Option<&'t Tree<'_>>, option: &'t Tree<'_>) -> HashMap<&'t [u8], bool> {
    let handed = base.map(providers).unwrap_or_default();
    let written = providers(option);
    let differs = |key: &&[u8]| handed.get(key) != written.get(key);
    let keys = handed.keys().chain(written.keys()).copied().filter(differs);
    keys.map(|key| (key, handed.contains_key(key))).collect()
}

/// What stands behind each key of the option.
fn providers<'t>(option: &'t Tree<'_>) -> HashMap<&'t [u8], &'t [u8]> {
    let legacy::Kind::Array(items) = option.root().kind() else { return HashMap::new() };
    items.map(|(key, value)| (key.bytes(), value.raw())).collect()
}

fn has_rows(write: &mut Write<'_>, provider: &Provider) -> Result<bool, Error> {
    for kind in [Kind::Connection, Kind::Config] {
        let any = Filter { provider: Some(provider.to_string()), ..Filter::all(kind, 1) };
        if !write.tx.find(&any)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_whole(write: &mut Write<'_>, provider: &Provider) -> Result<bool, Error> {
    let slot = fingerprint(write.unlocked, &[provider.to_string()]);
    Ok(write.tx.kept_at(&slot, None)?.is_some())
}

/// A write of the option under way.
struct Writing<'s, 'w> {
    vault: &'s Vault,
    write: &'s mut Write<'w>,
    salts: &'s [LegacyKey],
    /// The writer saw everything.
    whole: bool,
    /// The places of accounts and configs in the written option, and the slots of what is kept of it.
    rows: HashSet<Vec<String>>,
    pieces: HashSet<Vec<u8>>,
    changed: bool,
    report: WriteReport,
}

impl<'s, 'w> Writing<'s, 'w> {
    fn new(vault: &'s Vault, write: &'s mut Write<'w>, salts: &'s [LegacyKey], whole: bool) -> Self {
        let (rows, pieces) = (HashSet::new(), HashSet::new());
        Self { vault, write, salts, whole, rows, pieces, changed: false, report: WriteReport::default() }
    }

    fn run(&mut self, diff: Diff<'_>) -> Result<(), Error> {
        self.report.counts.unchanged = diff.unchanged as u64;
        let is_delegations = |slot: &Slot| matches!(slot, Slot::Other { path } if *path == grants::place());
        let whole = self.whole;
        let none = Redelegation { handed: None, written: None, whole, came: self.came(0) };
        let mut delegations = None;
        for change in &diff.written {
            if is_delegations(&change.after.slot) {
                let handed = change.before.as_ref().map(Part::raw);
                let (written, came) = (Some(change.after.raw()), self.came(change.number));
                delegations = Some(Redelegation { handed, written, whole, came });
            } else {
                self.put(change)?;
            }
        }
        for part in &diff.gone {
            if is_delegations(&part.slot) {
                delegations = Some(Redelegation { handed: Some(part.raw()), ..none });
            } else {
                self.remove(part)?;
            }
        }
        if self.whole {
            self.sweep()?;
            delegations.get_or_insert(none);
        }
        // The mailboxes that they name are there by now.
        delegations.map_or(Ok(()), |change| self.redelegate(&change))
    }

    fn put(&mut self, change: &Change<'_>) -> Result<(), Error> {
        let found = change.after.found(self.salts);
        match &found {
            Found::Keep { why } => self.put_piece(change, *why),
            Found::Document { document, enveloped, held_back } => {
                self.put_row(change, Written { document, enveloped, held_back })
            }
        }
    }

    fn remove(&mut self, part: &Part<'_>) -> Result<(), Error> {
        let path = part.slot.path();
        self.take_apart(&path)?;
        let had_row = self.remove_row(&part.slot)?.is_some();
        let had_piece = self.clear_the_way(&path)?.is_some();
        if had_row {
            self.tell(path, WriteOutcome::Deleted, "deleted", "it was taken out of the option");
        } else if had_piece {
            let why = "what was kept here was taken out of the option";
            self.tell(path, WriteOutcome::Deleted, "kept_deleted", why);
        } else {
            self.report.counts.unchanged += 1;
        }
        Ok(())
    }

    /// Deletes what the writer saw and did not write again.
    fn sweep(&mut self) -> Result<(), Error> {
        for kind in [Kind::Connection, Kind::Config] {
            let mut filter = Filter::all(kind, LONGEST_PAGE);
            loop {
                let page = self.write.tx.find(&filter)?;
                let Some(last) = page.last() else { break };
                filter.after = Some(last.id);
                for meta in page {
                    // Whose place nobody can tell has none.
                    let Ok(Some(path)) = path_of(&meta) else { continue };
                    if !self.rows.contains(&path) {
                        self.destroy(&meta)?;
                        self.tell(
                            path,
                            WriteOutcome::Deleted,
                            "deleted",
                            "the written option does not have it",
                        );
                    }
                }
            }
        }
        let delegations = fingerprint(self.write.unlocked, &grants::place());
        let mut after = None;
        loop {
            let page = self.write.tx.kept(after, LONGEST_PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            for piece in page.iter().filter(|piece| piece.connection.is_none()) {
                let written = self.pieces.contains(piece.slot.as_slice());
                if written || piece.slot == delegations {
                    continue;
                }
                let path = kept::open(piece, self.write.unlocked).map(|opened| opened.place.path);
                self.write.tx.delete_kept(piece.id)?;
                let why = "what was kept here is not in the written option";
                self.tell(path.unwrap_or_default(), WriteOutcome::Deleted, "kept_deleted", why);
            }
        }
    }

    /// Makes grants of new delegations, and takes back those of delegations that are gone.
    fn redelegate(&mut self, change: &Redelegation<'_>) -> Result<(), Error> {
        let told = grants::redelegate(self.write, &self.vault.catalogue, change)?;
        let Some(told) = told else {
            self.report.counts.unchanged += 1;
            return Ok(());
        };
        self.changed = true;
        for one in told {
            let outcome = match one.code {
                "granted" => WriteOutcome::Granted,
                "revoked" => WriteOutcome::Revoked,
                "deleted" => WriteOutcome::Deleted,
                _ => WriteOutcome::Kept,
            };
            let path = grants::place().into_iter().chain(one.path).collect();
            self.tell(path, outcome, one.code, one.why);
        }
        Ok(())
    }

    fn came(&self, number: usize) -> Came {
        Came { at: self.write.now.seconds(), write: self.write.fresh_revision, number }
    }

    fn tell(&mut self, path: Vec<String>, outcome: WriteOutcome, code: &'static str, why: impl Into<String>) {
        self.changed = true;
        self.report.add(path, outcome, code, why);
    }

    /// The report, and whether there was anything to be done.
    fn finish(mut self) -> (WriteReport, bool) {
        let writes = self.write.fresh_revision - i64::from(!self.changed);
        self.report.writes = writes.unsigned_abs();
        (self.report, self.changed)
    }
}
