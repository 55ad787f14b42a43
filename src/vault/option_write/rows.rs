//! Accounts and configs that were written, member by member.

use super::pieces::Position;
use super::{WriteOutcome, Writing};
use crate::domain::{Document, SecretBytes};
use crate::legacy::{Change, Changed, Found, HeldBack, Members, Part, SEALED_FIELDS, Slot};
use crate::store::{Meta, Row};
use crate::vault::audit::What;
use crate::vault::delete::destroy;
use crate::vault::import::{address_of, content_fingerprint, enter, fingerprint, keep_members, legacy_of};
use crate::vault::report::Fate;
use crate::vault::row::{Came, Legacy, check_address, open};
use crate::vault::save::{Change as Write, Facts, Laid, OPTION, held_back as all_held_back};
use crate::vault::{Error, kept};

impl Writing<'_, '_> {
    pub(super) fn put_row(
        &mut self,
        change: &Change<'_>,
        document: &Document,
        enveloped: &[String],
        held_back: &[HeldBack],
    ) -> Result<(), Error> {
        let path = change.after.slot.path();
        self.take_apart(&path)?;
        self.rows.insert(path.clone());
        let Some(row) = self.row_at(&change.after.slot)? else {
            let position = self.clear_the_way(&path)?;
            let Position { order, came } = self.behind(position, change.number);
            let legacy = Legacy { order, came, ..legacy_of(enveloped, held_back) };
            self.insert_row(&change.after, (document, held_back), legacy)?;
            self.tell_row(path, "created", held_back.iter());
            return Ok(());
        };
        self.lay_over(change, &row, document, enveloped, held_back)
    }

    /// Lays what the writer changed over a row that is there.
    fn lay_over(
        &mut self,
        change: &Change<'_>,
        row: &Row,
        document: &Document,
        enveloped: &[String],
        held_back: &[HeldBack],
    ) -> Result<(), Error> {
        let path = change.after.slot.path();
        let (kind, address) = address_of(&change.after.slot)?;
        let intact = check_address(row, kind, &address, self.write.unlocked)?;
        let stored = Document::parse(open(intact, self.write.unlocked)?.into())?;
        let legacy = Legacy::from_column(row.meta.legacy.as_deref());

        let held = if self.whole { self.held_back_of(row, &path)? } else { Vec::new() };
        let handed = change.before.as_ref().map(|part| part.found(self.salts));
        let before = match &handed {
            _ if self.whole => {
                Some(Members::new(&stored, held.iter().map(|(name, raw)| (name.as_str(), &raw[..]))))
            }
            Some(Found::Document { document, held_back, .. }) => Some(Members::found(document, held_back)),
            _ => None,
        };
        let changed = Changed::between(before.as_ref(), &Members::found(document, held_back));
        // What the writer was handed still is what is stored: so is the order of what was written.
        let exact = match &handed {
            Some(Found::Document { document, .. }) => document.as_bytes() == stored.as_bytes(),
            _ => self.whole,
        };
        let patch = document.retain(|name| changed.written.contains(name))?;
        let is_anew = |one: &&HeldBack| changed.written.contains(&one.name);
        let new = if exact {
            document.clone()
        } else {
            let is_held = |name: &str| held_back.iter().any(|one| one.name == name && is_anew(&one));
            stored.retain(|name| !changed.gone.contains(name) && !is_held(name))?.merge(&patch)?
        };

        let superseded: Vec<String> =
            all_held_back(&legacy).into_iter().filter(|name| changed.has(name)).collect();
        let is_learned =
            |name: &&String| !legacy.enveloped.contains(name) && !SEALED_FIELDS.contains(&name.as_str());
        let learned: Vec<&String> = enveloped.iter().filter(is_learned).collect();
        let same =
            Changed::between(Some(&Members::found(&stored, &[])), &Members::found(&new, &[])).is_empty();
        if same && superseded.is_empty() && learned.is_empty() && !held_back.iter().any(|one| is_anew(&one)) {
            self.report.counts.unchanged += 1;
            return Ok(());
        }

        let if_another = legacy_of(enveloped, held_back);
        let left = |before: &[String], found: &[String]| -> Vec<String> {
            let before = before.iter().filter(|name| !changed.has(name));
            before.chain(found.iter().filter(|name| changed.written.contains(*name))).cloned().collect()
        };
        let after = Legacy {
            enveloped: legacy.enveloped.iter().chain(learned).cloned().collect(),
            quarantined: left(&legacy.quarantined, &if_another.quarantined),
            kept: left(&legacy.kept, &if_another.kept),
            order: legacy.order,
            came: legacy.came,
        };
        let if_another = Legacy {
            enveloped: after.enveloped.clone(),
            order: legacy.order,
            came: legacy.came,
            ..if_another
        };
        let laid =
            Laid { patch: &patch, held_back, changed: &changed, superseded, legacy: after, if_another };
        self.clear_the_way(&path)?;
        let facts = Facts { replace: true, ..Facts::default() };
        let saved = self.vault.put_merged(
            self.write,
            kind,
            &address,
            row,
            [&stored, &new],
            Write::Option(&laid),
            &facts,
        )?;

        let replaced = saved.replaced.is_some();
        let id = saved.id.parse()?;
        let slot = fingerprint(self.write.unlocked, &path);
        let anew: Vec<&HeldBack> = held_back.iter().filter(|one| replaced || is_anew(one)).collect();
        keep_members(self.write, slot, &path, anew.iter().copied(), id)?;
        // An import that opens more than this did may put its own in the place of just what was written.
        self.enter_row(&change.after, held_back, (id, exact.then_some(saved.revision)))?;
        self.tell_row(path, if replaced { "replaced" } else { "changed" }, anew.into_iter());
        Ok(())
    }

    /// Makes a row of a part that has none.
    pub(super) fn insert_row(
        &mut self,
        part: &Part<'_>,
        found: (&Document, &[HeldBack]),
        legacy: Legacy,
    ) -> Result<(), Error> {
        let (kind, address) = address_of(&part.slot)?;
        let because = (What::Saved, Some(OPTION));
        let row = self.vault.insert_found(self.write, kind, &address, found, legacy, because)?;
        let path = part.slot.path();
        let slot = fingerprint(self.write.unlocked, &path);
        keep_members(self.write, slot, &path, found.1.iter(), row.meta.id)?;
        self.enter_row(part, found.1, (row.meta.id, Some(row.meta.revision)))
    }

    fn enter_row(
        &mut self,
        part: &Part<'_>,
        held_back: &[HeldBack],
        row: (crate::domain::RecordId, Option<i64>),
    ) -> Result<(), Error> {
        let slot = fingerprint(self.write.unlocked, &part.slot.path());
        let content = content_fingerprint(self.write.unlocked, part.raw());
        let quarantined = held_back.iter().any(|one| one.why.quarantined());
        let fate = if quarantined { Fate::Quarantined } else { Fate::Imported };
        enter(self.write, slot, content, fate, Some(row))
    }

    /// What is held back from a row: names, with keys and values as PHP serialised them.
    fn held_back_of(&mut self, row: &Row, path: &[String]) -> Result<Vec<(String, SecretBytes)>, Error> {
        let slot = fingerprint(self.write.unlocked, path);
        let mut held = Vec::new();
        for note in self.write.tx.kept_of(row.meta.id)? {
            let Some(name) = note.member else { continue };
            if let Some(kept) = self.write.tx.kept_at(&slot, Some(&name))? {
                let opened = kept::open(&kept, self.write.unlocked)?;
                held.push((name, opened.raw().to_vec().into()));
            }
        }
        Ok(held)
    }

    /// The row of an account or config; none of anything else.
    pub(super) fn row_at(&mut self, slot: &Slot) -> Result<Option<Row>, Error> {
        if matches!(slot, Slot::Other { .. }) {
            return Ok(None);
        }
        let (kind, address) = address_of(slot)?;
        let [provider, owner, account] = address.columns();
        Ok(self.write.tx.row(kind, &provider, &owner, &account)?)
    }

    /// Deletes the row of an account or config, whatever is in it, and what belongs to it. Says where it stood; none where
    /// there was none.
    pub(super) fn remove_row(&mut self, slot: &Slot) -> Result<Option<Position>, Error> {
        let Some(row) = self.row_at(slot)? else { return Ok(None) };
        self.destroy(&row.meta)?;
        let Legacy { order, came, .. } = Legacy::from_column(row.meta.legacy.as_deref());
        Ok(Some(Position { order, came: Some(came.unwrap_or(Came::of_row(&row.meta))) }))
    }

    pub(super) fn destroy(&mut self, row: &Meta) -> Result<(), Error> {
        self.changed = true;
        destroy(self.write, row, What::Deleted, Some(OPTION)).map(drop)
    }

    fn tell_row<'m>(
        &mut self,
        path: Vec<String>,
        code: &'static str,
        held_back: impl Iterator<Item = &'m HeldBack>,
    ) {
        let names: Vec<&str> =
            held_back.filter(|one| one.why.quarantined()).map(|one| one.name.as_str()).collect();
        if names.is_empty() {
            let why = match code {
                "created" => "it is stored",
                "replaced" => "another remote account took its place",
                _ => "what was changed is stored",
            };
            return self.tell(path, WriteOutcome::Saved, code, why);
        }
        let why = format!("stored without {}, which no salt that was given opens", names.join(", "));
        self.tell(path, WriteOutcome::Quarantined, "quarantined", why);
    }
}
