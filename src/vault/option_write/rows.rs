//! Accounts and configs that were written, member by member.

use super::overlay::{Edit, Overlay, Present, Written};
use super::pieces::Position;
use super::{WriteOutcome, Writing};
use crate::domain::{Document, SecretBytes};
use crate::legacy::{Change, Changed, Found, HeldBack, Members, Part, Slot};
use crate::store::{Meta, Row};
use crate::vault::audit::What;
use crate::vault::delete::destroy;
use crate::vault::import::{address_of, content_fingerprint, enter, fingerprint, keep_members, legacy_of};
use crate::vault::report::Fate;
use crate::vault::row::{Came, Legacy, check_address, open};
use crate::vault::save::{Change as Write, Facts, OPTION};
use crate::vault::{Error, kept};

impl Writing<'_, '_> {
    pub(super) fn put_row(&mut self, change: &Change<'_>, written: Written<'_>) -> Result<(), Error> {
        let path = change.after.slot.path();
        self.take_apart(&path)?;
        self.rows.insert(path.clone());
        let Some(row) = self.row_at(&change.after.slot)? else {
            let Written { document, enveloped, held_back } = written;
            let position = self.clear_the_way(&path)?;
            let Position { order, came } = self.behind(position, change.number);
            let legacy = Legacy { order, came, ..legacy_of(enveloped, held_back) };
            self.insert_row(&change.after, (document, held_back), legacy)?;
            self.tell_row(path, "created", held_back.iter());
            return Ok(());
        };
        let (kind, address) = address_of(&change.after.slot)?;
        let intact = check_address(&row, kind, &address, self.write.unlocked)?;
        let document = Document::parse(open(intact, self.write.unlocked)?.into())?;
        let present = Present { document, legacy: Legacy::from_column(row.meta.legacy.as_deref()) };
        let edit = self.edit(change, written, &row, &present.document)?;
        let overlay = Overlay::new(written, &present, &edit)?;
        if overlay.is_nothing() {
            self.report.counts.unchanged += 1;
            return Ok(());
        }
        self.lay_over(change, &row, &overlay, [&present.document, &overlay.document], edit.exact)
    }

    /// What the writer changed of what they were handed; of what is stored, if they saw everything.
    fn edit(
        &mut self,
        change: &Change<'_>,
        written: Written<'_>,
        row: &Row,
        stored: &Document,
    ) -> Result<Edit, Error> {
        let after = Members::found(written.document, written.held_back);
        if self.whole {
            let held = self.held_back_of(row, &change.after.slot.path())?;
            let before = Members::new(stored, held.iter().map(|(name, raw)| (name.as_str(), &raw[..])));
            return Ok(Edit { changed: Changed::between(Some(&before), &after), exact: true });
        }
        Ok(match change.before.as_ref().map(|part| part.found(self.salts)) {
            Some(Found::Document { document, held_back, .. }) => {
                let before = Members::found(&document, &held_back);
                let exact = document.as_bytes() == stored.as_bytes();
                Edit { changed: Changed::between(Some(&before), &after), exact }
            }
            _ => Edit { changed: Changed::between(None, &after), exact: false },
        })
    }

    /// Lays what the writer changed over a row that is there.
    fn lay_over(
        &mut self,
        change: &Change<'_>,
        row: &Row,
        overlay: &Overlay<'_>,
        documents: [&Document; 2],
        exact: bool,
    ) -> Result<(), Error> {
        let path = change.after.slot.path();
        let (kind, address) = address_of(&change.after.slot)?;
        self.clear_the_way(&path)?;
        let laid = overlay.laid();
        let facts = Facts { replace: true, ..Facts::default() };
        let saved = self.vault.put_merged(
            self.write,
            kind,
            &address,
            row,
            documents,
            Write::Option(&laid),
            &facts,
        )?;
        let replaced = saved.replaced.is_some();
        let id = saved.id.parse()?;
        let slot = fingerprint(self.write.unlocked, &path);
        let anew = overlay.held_back_anew(replaced);
        keep_members(self.write, slot, &path, anew.clone(), id)?;
        // An import that opens more than this did may put its own in the place of just what was written.
        self.enter_row(&change.after, laid.held_back, (id, exact.then_some(saved.revision)))?;
        self.tell_row(path, if replaced { "replaced" } else { "changed" }, anew);
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
