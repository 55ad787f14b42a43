//! Parts of the option that are no accounts and no configs: kept as they were written.

use super::{WriteOutcome, Writing};
use crate::domain::SecretBytes;
use crate::legacy::{self, Change, Found, Why};
use crate::vault::Error;
use crate::vault::import::{content_fingerprint, enter, fingerprint, legacy_of};
use crate::vault::kept::{self, Opened, Piece, Place, keep};
use crate::vault::report::Fate;
use crate::vault::row::{Came, Legacy};

/// Where something stands among the parts of the option.
#[derive(Clone, Copy)]
pub(super) struct Position {
    pub(super) order: Option<usize>,
    pub(super) came: Option<Came>,
}

impl Writing<'_, '_> {
    pub(super) fn put_piece(&mut self, change: &Change<'_>, why: Why) -> Result<(), Error> {
        let path = change.after.slot.path();
        let raw = change.after.raw();
        let slot = fingerprint(self.write.unlocked, &path);
        self.take_apart(&path)?;
        let instead_of = self.remove_row(&change.after.slot)?;
        if instead_of.is_some() {
            let gone = "something that is no account was written in its place";
            self.tell(path.clone(), WriteOutcome::Deleted, "deleted", gone);
        } else if self.holds(&slot, raw)? {
            self.pieces.insert(slot.to_vec());
            self.report.counts.unchanged += 1;
            return Ok(());
        }
        let position = self.clear_the_way(&path)?.or(instead_of);
        self.pieces.insert(slot.to_vec());
        self.keep_piece(&path, raw, why, self.behind(position, change.number))?;
        self.tell(path, WriteOutcome::Kept, why.code(), why.text());
        Ok(())
    }

    fn keep_piece(
        &mut self,
        path: &[String],
        raw: &[u8],
        why: Why,
        Position { order, came }: Position,
    ) -> Result<(), Error> {
        let slot = fingerprint(self.write.unlocked, path);
        let place = Place { path: path.to_vec(), member: None, position: None, order, came };
        keep(self.write, slot, &Piece { place, connection: None, reason: why.code(), raw })?;
        let content = content_fingerprint(self.write.unlocked, raw);
        enter(self.write, slot, content, Fate::Kept, None)
    }

    /// Whether just this is kept in a slot.
    fn holds(&mut self, slot: &[u8], raw: &[u8]) -> Result<bool, Error> {
        let Some(kept) = self.write.tx.kept_at(slot, None)? else { return Ok(false) };
        Ok(kept::open(&kept, self.write.unlocked)?.raw() == raw)
    }

    /// Forgets what is kept at a place and in the places above it, unless the writer put it there: something else stands there
    /// in the option that the writer knows. Says where it stood.
    pub(super) fn clear_the_way(&mut self, path: &[String]) -> Result<Option<Position>, Error> {
        let mut position = None;
        for length in 1..=path.len() {
            let slot = fingerprint(self.write.unlocked, &path[..length]);
            if self.pieces.contains(slot.as_slice()) {
                continue;
            }
            let Some(kept) = self.write.tx.kept_at(&slot, None)? else { continue };
            let Place { order, came, .. } = kept::open(&kept, self.write.unlocked)?.place;
            self.write.tx.delete_kept(kept.id)?;
            self.changed = true;
            position = Some(Position { order, came });
        }
        Ok(position)
    }

    /// Where something stands that takes the place of what stood there; without that, behind everything.
    pub(super) fn behind(&self, position: Option<Position>, number: usize) -> Position {
        let came = Some(self.came(number));
        match position {
            // Of several that take one place, the order is their own.
            Some(Position { order: Some(order), .. }) => Position { order: Some(order), came },
            Some(Position { order: None, came: earlier }) => Position { order: None, came: earlier.or(came) },
            None => Position { order: None, came },
        }
    }

    /// A provider that nobody knew was kept whole. Now that its parts are told apart, they take over. (A writer who saw
    /// everything has written them all.)
    pub(super) fn take_apart(&mut self, path: &[String]) -> Result<(), Error> {
        let ([provider, _, ..], false) = (path, self.whole) else { return Ok(()) };
        let slot = fingerprint(self.write.unlocked, std::slice::from_ref(provider));
        if self.pieces.contains(slot.as_slice()) {
            return Ok(());
        }
        let Some(kept) = self.write.tx.kept_at(&slot, None)? else { return Ok(()) };
        let whole = kept::open(&kept, self.write.unlocked)?;
        if !whole.raw().starts_with(b"a:") || whole.raw() == b"a:0:{}" {
            return Ok(());
        }
        self.write.tx.delete_kept(kept.id)?;
        self.changed = true;
        self.put_parts(provider, &whole)
    }

    fn put_parts(&mut self, provider: &str, whole: &Opened) -> Result<(), Error> {
        let name = format!("a:1:{{s:{}:\"{provider}\";", provider.len());
        let option = SecretBytes::from([name.as_bytes(), whole.raw(), b"}"].concat());
        let option = legacy::parse_php(&option)?;
        for (number, part) in legacy::parts(&option, &|_| true)?.enumerate() {
            let path = part.slot.path();
            if path.len() < 2 {
                // There are no parts.
                continue;
            }
            let place = Position { order: whole.place.order, came: whole.place.came };
            let position = self.behind(Some(place), number);
            match part.found(self.salts) {
                Found::Keep { why } => {
                    let slot = fingerprint(self.write.unlocked, &path);
                    if self.write.tx.kept_at(&slot, None)?.is_none() && self.row_at(&part.slot)?.is_none() {
                        self.keep_piece(&path, part.raw(), why, position)?;
                    }
                }
                Found::Document { document, enveloped, held_back } => {
                    // What came since stands there already.
                    if self.row_at(&part.slot)?.is_some() {
                        continue;
                    }
                    let Position { order, came } = position;
                    let legacy = Legacy { order, came, ..legacy_of(&enveloped, &held_back) };
                    self.insert_row(&part, (&document, &held_back), legacy)?;
                }
            }
        }
        Ok(())
    }
}
