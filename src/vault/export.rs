//! The way back: the old option's array, put together again from what the vault holds.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::export_report::{
    CONNECTION_GONE, ExportReport, GRANT_ENDED, INTEGRITY, KEY_UNAVAILABLE, LeftOut, NO_PLACE, SUPERSEDED,
    refusal,
};
use super::find::LONGEST_PAGE;
use super::grants::{Ended, EndedBecause, ended, place};
use super::import::ENTRY_LIMIT;
use super::kept::{self, Opened};
use super::row::{Came, Legacy, check, open};
use super::save::held_back;
use super::shared::known_identity;
use super::unlocked::Unlocked;
use super::{Code, Error, Format, Kind, Vault};
use crate::crypto::LegacyKey;
use crate::domain::{Document, Owner, OwnerClass, Random, RecordId, SecretBytes};
use crate::legacy::{self, NotJson, NotRebuilt, Put, Rebuilt, Returning, Sealing, Slot, Why};
use crate::store::{Kept, Meta, ReadTx, Row};

/// How an export is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportOptions {
    /// How the bytes are written.
    pub format: Format,
    /// Members to seal, beside those that the old plug-in always seals and those that came sealed.
    pub fields: Vec<String>,
    /// The same of single providers, by slug.
    pub fields_of: BTreeMap<String, Vec<String>>,
    /// Whether to go without what does not open, or does not go into the format; else that is an error.
    pub leave_out: bool,
}

/// The option, which is nearly all secret, and what is known of it, which is not.
pub struct Exported {
    /// As PHP's `serialize()` or `json_encode()` writes it.
    pub option: SecretBytes,
    /// What is in it, and what is not.
    pub report: ExportReport,
}

impl Vault {
    /// The old option as its plug-in would hold it now: what was imported, with what changed since. `salt` seals.
    pub fn export(&self, salt: &LegacyKey, options: &ExportOptions) -> Result<Exported, Error> {
        // Only read in the transaction, so that writers do not wait for the opening and sealing.
        let (held, ended, writes, unlocked) = self.read(|tx, unlocked| {
            let writes = known_identity(tx)?.writes.unsigned_abs();
            Ok((Held::read(tx)?, ended(tx, unlocked)?, writes, unlocked.clone()))
        })?;
        let mut export = Export {
            unlocked: &unlocked,
            random: &*self.shared.random,
            salt,
            options,
            option: Rebuilt::default(),
            report: ExportReport { writes, ..ExportReport::default() },
            members: HashMap::new(),
            ended,
            pieces: HashMap::new(),
        };
        for item in export.items(held) {
            match item.content {
                Content::Row(row) => export.row(&row)?,
                Content::Piece(id, piece) => export.piece(id, &piece),
            }
        }
        export.orphans();
        export.finish()
    }
}

/// All that the store holds, sealed.
struct Held {
    rows: Vec<Row>,
    kept: Vec<Kept>,
}

impl Held {
    fn read(tx: &mut dyn ReadTx) -> Result<Self, Error> {
        let counts = tx.count()?;
        let entries = counts.connections + counts.configs + counts.kept;
        if entries > ENTRY_LIMIT as u64 {
            let message =
                format!("the store holds more than {ENTRY_LIMIT} entries, too many for the old option");
            return Err(Error::new(Code::TooLarge, message).with("limit", ENTRY_LIMIT));
        }
        let mut held = Self { rows: Vec::new(), kept: Vec::new() };
        let mut after = None;
        loop {
            let page = tx.wrapped_rows(after, LONGEST_PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for row in page {
                held.rows.extend(tx.row_by_id(row.id)?);
            }
        }
        let mut after = None;
        loop {
            let page = tx.kept(after, LONGEST_PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            held.kept.extend(page);
        }
        // Listed by id, and counted by kind: an index that somebody edited must not make a connection vanish.
        if held.rows.len() + held.kept.len() != entries as usize {
            let message = "the store's tables and their indexes tell different things: restore a backup";
            return Err(Error::new(Code::Corrupt, message));
        }
        Ok(held)
    }
}

/// How many entries stood before something at the import. What came since goes last, in the order in which it came.
type Order = (usize, Came, RecordId);

/// What goes to one place of the option.
struct Item {
    order: Order,
    content: Content,
}

enum Content {
    Row(Box<Row>),
    Piece(RecordId, Opened),
}

/// A member that was held back from a row, by its name: opened, or why it does not open.
type Member = (RecordId, Result<Opened, Error>);

struct Export<'a> {
    unlocked: &'a Unlocked,
    random: &'a dyn Random,
    salt: &'a LegacyKey,
    options: &'a ExportOptions,
    option: Rebuilt,
    report: ExportReport,
    members: HashMap<RecordId, HashMap<String, Member>>,
    /// The delegations that do not go back.
    ended: Ended,
    /// The pieces that are in the option, by their places.
    pieces: HashMap<Vec<String>, RecordId>,
}

impl Export<'_> {
    /// Everything that goes to a place of its own, in order. Members of rows are put aside.
    fn items(&mut self, held: Held) -> Vec<Item> {
        let mut items = Vec::with_capacity(held.rows.len() + held.kept.len());
        for row in held.rows {
            let meta = &row.meta;
            let legacy = Legacy::from_column(meta.legacy.as_deref());
            let came = legacy.came.unwrap_or(Came::of_row(meta));
            let order = (legacy.order.unwrap_or(usize::MAX), came, meta.id);
            items.push(Item { order, content: Content::Row(Box::new(row)) });
        }
        for kept in held.kept {
            let opened = kept::open(&kept, self.unlocked);
            match (kept.connection, kept.member, opened) {
                (Some(row), Some(name), opened) => {
                    self.members.entry(row).or_default().insert(name, (kept.id, opened));
                }
                (_, _, Ok(opened)) => {
                    let place = &opened.place;
                    let order = (place.order.unwrap_or(usize::MAX), place.came.unwrap_or_default(), kept.id);
                    items.push(Item { order, content: Content::Piece(kept.id, opened) });
                }
                (_, _, Err(error)) => self.leave_out(of_piece(kept.id, None), &Because::of(&error)),
            }
        }
        items.sort_unstable_by_key(|item| item.order);
        items
    }

    fn row(&mut self, row: &Row) -> Result<(), Error> {
        let members = self.members.remove(&row.meta.id).unwrap_or_default();
        let mut about = of_row(row);
        // Before anything is believed of it, its owner too.
        let intact = match check(row, self.unlocked) {
            Ok(intact) => intact,
            Err(error) => return self.problem(about, error),
        };
        let Some(path) = path_of(&row.meta)? else {
            self.leave_out(about, &Because::no_place());
            return Ok(());
        };
        about.path = Some(path.clone());
        let document = match open(intact, self.unlocked) {
            Ok(document) => Document::parse(document.into())?,
            Err(error) => return self.problem(about, error),
        };
        let legacy = Legacy::from_column(row.meta.legacy.as_deref());
        let returning = self.returning(&legacy, &members, &path, &about);
        let of_provider = self.options.fields_of.get(&row.meta.provider).into_iter().flatten();
        let sealing = Sealing {
            key: self.salt,
            fields: legacy
                .enveloped
                .iter()
                .chain(&self.options.fields)
                .chain(of_provider)
                .map(String::as_str)
                .collect(),
            random: self.random,
        };
        let (raw, sealed) = legacy::account(&document, &returning, &sealing).map_err(not_rebuilt)?;
        if let Err(why) = self.fits(|| legacy::check_json(&path, &raw)) {
            self.leave_out(about, &Because::not_json(why));
            return Ok(());
        }
        let counts = &mut self.report.counts;
        match row.meta.kind {
            Kind::Connection => counts.accounts += 1,
            Kind::Config => counts.configs += 1,
        }
        counts.returned += returning.len() as u64;
        counts.sealed += sealed;
        self.place(&path, raw);
        Ok(())
    }

    /// The members that were held back from a row and still are, in the order in which they stood.
    fn returning<'m>(
        &mut self,
        legacy: &Legacy,
        members: &'m HashMap<String, Member>,
        path: &[String],
        about: &LeftOut,
    ) -> Vec<Returning<'m>> {
        let mut returning = Vec::new();
        for name in held_back(legacy) {
            let because = match members.get(&name) {
                Some((_, Ok(opened))) if opened.place.path == path => {
                    match self.fits(|| legacy::check_json_member(opened.raw())) {
                        Ok(()) => {
                            let position = opened.place.position.unwrap_or(usize::MAX);
                            returning.push(Returning { position, raw: opened.raw() });
                            continue;
                        }
                        Err(why) => Because::not_json(why),
                    }
                }
                Some((_, Err(error))) => Because::of(error),
                _ => Because::gone("it was held back at the import, and is gone from where it was kept"),
            };
            self.leave_out(LeftOut { member: Some(name), ..about.clone() }, &because);
        }
        returning.sort_by_key(|one| one.position);
        returning
    }

    fn piece(&mut self, id: RecordId, piece: &Opened) {
        let path = &piece.place.path;
        let about = of_piece(id, Some(path));
        let raw = match *path == place() {
            true => self.delegations(id, piece.raw()),
            false => Some(piece.raw().to_vec().into()),
        };
        let Some(raw) = raw else { return };
        if self.option.has(path) {
            self.leave_out(about, &Because::superseded());
        } else if let Err(why) = self.fits(|| legacy::check_json(path, &raw)) {
            self.leave_out(about, &Because::not_json(why));
        } else {
            self.report.counts.kept += 1;
            self.pieces.insert(path.clone(), id);
            self.place(path, raw);
        }
    }

    /// What of the kept delegations still holds here; nothing where none does.
    fn delegations(&mut self, id: RecordId, raw: &[u8]) -> Option<SecretBytes> {
        let ended = std::mem::take(&mut self.ended).delegations;
        let paths: HashSet<&[String]> = ended.iter().map(|one| one.path.as_slice()).collect();
        let left = legacy::without_delegations(raw, &|path| paths.contains(path));
        for one in ended {
            let path: Vec<String> = place().into_iter().chain(one.path).collect();
            self.leave_out(of_piece(id, Some(&path)), &Because::ended(one.because));
        }
        left.map(SecretBytes::from)
    }

    /// Puts something into the option, and tells of a kept piece that gave way to it, or a part of one.
    fn place(&mut self, path: &[String], raw: SecretBytes) {
        let Put::Replaced(depth) = self.option.put(path, raw) else { return };
        let piece = (1..=depth).find_map(|keys| Some((keys, self.pieces.get(&path[..keys])?)));
        if let Some((keys, &id)) = piece {
            if keys == depth {
                self.report.counts.kept -= 1;
                self.pieces.remove(&path[..keys]);
            }
            self.leave_out(of_piece(id, Some(&path[..depth])), &Because::superseded());
        }
    }

    /// Members of rows that are not there any more.
    fn orphans(&mut self) {
        for (_, members) in std::mem::take(&mut self.members) {
            for (name, (id, _)) in members {
                let about = LeftOut { member: Some(name), ..of_piece(id, None) };
                self.leave_out(about, &Because::gone("the connection that it was held back from is gone"));
            }
        }
    }

    fn finish(mut self) -> Result<Exported, Error> {
        if !self.options.leave_out
            && let Some(error) = refusal(&self.report.left_out)
        {
            return Err(error);
        }
        let option = match self.options.format {
            Format::Php => self.option.into_php(),
            Format::Json => self
                .option
                .into_json()
                .map_err(|_| Error::new(Code::Internal, "the option holds what JSON cannot"))?,
        };
        self.report.bytes = option.len() as u64;
        Ok(Exported { option, report: self.report })
    }

    /// What the format has to be asked for: PHP's own takes everything.
    fn fits(&self, check: impl FnOnce() -> Result<(), NotJson>) -> Result<(), NotJson> {
        match self.options.format {
            Format::Php => Ok(()),
            Format::Json => check(),
        }
    }

    /// What does not open is told; any other error is the export's.
    fn problem(&mut self, about: LeftOut, error: Error) -> Result<(), Error> {
        if matches!(error.code(), Code::Integrity | Code::KeyUnavailable) {
            self.leave_out(about, &Because::of(&error));
            Ok(())
        } else {
            Err(error)
        }
    }

    fn leave_out(&mut self, about: LeftOut, because: &Because) {
        let Because { code, why } = because;
        self.report.left_out.push(LeftOut { code, why: why.clone(), ..about });
    }
}

/// Why something is not in the option.
struct Because {
    code: &'static str,
    why: String,
}

impl Because {
    fn new(code: &'static str, why: impl Into<String>) -> Self {
        Self { code, why: why.into() }
    }

    /// It does not open.
    fn of(error: &Error) -> Self {
        let code = if error.code() == Code::KeyUnavailable { KEY_UNAVAILABLE } else { INTEGRITY };
        Self::new(code, error.message())
    }

    fn ended(because: EndedBecause) -> Self {
        match because {
            EndedBecause::Grant => Self::new(GRANT_ENDED, "the grant that it became here has ended since"),
            EndedBecause::Connection => Self::new(CONNECTION_GONE, "the mailbox that it was about is gone"),
            EndedBecause::Error(error) => Self::of(&error),
        }
    }

    fn gone(what: &str) -> Self {
        Self::new(INTEGRITY, format!("integrity: {what}. Restore it from a backup"))
    }

    fn not_json(what: NotJson) -> Self {
        Self::new(Why::NotJson(what).code(), "JSON cannot hold it; PHP's own form can")
    }

    fn no_place() -> Self {
        Self::new(
            NO_PLACE,
            "the old option has a place for the network, users and agents, and for no other owner",
        )
    }

    fn superseded() -> Self {
        Self::new(SUPERSEDED, "what was kept of the old option here gave way to what was connected since")
    }
}

fn of_row(row: &Row) -> LeftOut {
    let meta = &row.meta;
    let (kind, account) = match meta.kind {
        Kind::Connection => ("connection", Some(meta.account.clone())),
        Kind::Config => ("config", None),
    };
    let (provider, owner) = (Some(meta.provider.clone()), Some(meta.owner.clone()));
    LeftOut { kind, provider, owner, account, ..of_piece(meta.id, None) }
}

fn of_piece(id: RecordId, path: Option<&[String]>) -> LeftOut {
    LeftOut {
        kind: "kept",
        path: path.map(<[String]>::to_vec),
        provider: None,
        owner: None,
        account: None,
        id: id.to_string(),
        member: None,
        code: "",
        why: String::new(),
    }
}

/// Where a row stands in the option; none of an owner that has no place there. Its names carry our MAC.
pub(super) fn path_of(meta: &Meta) -> Result<Option<Vec<String>>, Error> {
    let (provider, owner) = (meta.provider.parse()?, meta.owner.parse::<Owner>()?);
    if owner.class() == OwnerClass::Service && owner != Owner::NETWORK {
        return Ok(None);
    }
    let slot = match meta.kind {
        Kind::Connection => Slot::Account { provider, owner, account: meta.account.parse()? },
        Kind::Config => Slot::Config { provider, owner },
    };
    Ok(Some(slot.path()))
}

fn not_rebuilt(error: NotRebuilt) -> Error {
    match error {
        NotRebuilt::Random(error) => error.into(),
        NotRebuilt::Json => Error::new(Code::Internal, "a stored document is no JSON"),
    }
}
