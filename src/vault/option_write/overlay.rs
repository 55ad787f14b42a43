//! What somebody wrote of an account or config, laid over what is stored of it by now. Nothing is read or written here.

use crate::domain::Document;
use crate::legacy::{Changed, HeldBack, Members, SEALED_FIELDS};
use crate::vault::Error;
use crate::vault::import::legacy_of;
use crate::vault::row::Legacy;
use crate::vault::save::{Laid, held_back as all_held_back};

/// An account or config as it stands in the written option.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    pub(super) document: &'a Document,
    /// The members that came in an envelope which opened.
    pub(super) enveloped: &'a [String],
    /// Those that are missing from the document.
    pub(super) held_back: &'a [HeldBack],
}

/// The row that it is laid over.
pub(super) struct Present {
    pub(super) document: Document,
    /// What the row remembers of the option.
    pub(super) legacy: Legacy,
}

/// What the writer changed of it.
pub(super) struct Edit {
    pub(super) changed: Changed,
    /// What the writer was handed still is what is stored: so is the order of what was written.
    pub(super) exact: bool,
}

/// What comes of it.
pub(super) struct Overlay<'a> {
    written: Written<'a>,
    present: &'a Present,
    changed: &'a Changed,
    /// The written members that are new.
    patch: Document,
    /// The whole document that is to be stored.
    pub(super) document: Document,
    /// The members that were held back before and are not, or are something else now.
    superseded: Vec<String>,
    /// Those of which it was not known that the option has them sealed.
    learned: Vec<&'a String>,
}

impl<'a> Overlay<'a> {
    pub(super) fn new(written: Written<'a>, present: &'a Present, edit: &'a Edit) -> Result<Self, Error> {
        let (changed, stored, legacy) = (&edit.changed, &present.document, &present.legacy);
        let patch = written.document.retain(|name| changed.written.contains(name))?;
        let document = if edit.exact {
            written.document.clone()
        } else {
            let is_held = |name: &str| changed.written.contains(name) && written.holds_back(name);
            stored.retain(|name| !changed.gone.contains(name) && !is_held(name))?.merge(&patch)?
        };
        let superseded = all_held_back(legacy).into_iter().filter(|name| changed.has(name)).collect();
        let is_learned =
            |name: &&String| !legacy.enveloped.contains(name) && !SEALED_FIELDS.contains(&name.as_str());
        let learned = written.enveloped.iter().filter(is_learned).collect();
        Ok(Self { written, present, changed, patch, document, superseded, learned })
    }

    /// Whether the row stays as it is.
    pub(super) fn is_nothing(&self) -> bool {
        let (before, after) =
            (Members::found(&self.present.document, &[]), Members::found(&self.document, &[]));
        Changed::between(Some(&before), &after).is_empty()
            && self.superseded.is_empty()
            && self.learned.is_empty()
            && self.held_back_anew(false).next().is_none()
    }

    /// What is held back and was not before; of a row that took another one's place, all that is held back.
    pub(super) fn held_back_anew(&self, replaced: bool) -> impl Iterator<Item = &'a HeldBack> + Clone {
        let changed = self.changed;
        self.written.held_back.iter().filter(move |one| replaced || changed.written.contains(&one.name))
    }

    /// The same for who writes it.
    pub(super) fn laid(&self) -> Laid<'_> {
        let legacy = self.legacy();
        // Another account's row remembers nothing of what was held back from this one.
        let if_another = Legacy {
            enveloped: legacy.enveloped.clone(),
            order: legacy.order,
            came: legacy.came,
            ..legacy_of(self.written.enveloped, self.written.held_back)
        };
        let (patch, held_back, changed) = (&self.patch, self.written.held_back, self.changed);
        Laid { patch, held_back, changed, superseded: self.superseded.clone(), legacy, if_another }
    }

    /// What the row remembers of the option from now on.
    fn legacy(&self) -> Legacy {
        let before = &self.present.legacy;
        let now = legacy_of(self.written.enveloped, self.written.held_back);
        let left = |before: &[String], now: &[String]| -> Vec<String> {
            let before = before.iter().filter(|name| !self.changed.has(name));
            before.chain(now.iter().filter(|name| self.changed.written.contains(*name))).cloned().collect()
        };
        Legacy {
            enveloped: before.enveloped.iter().chain(self.learned.iter().copied()).cloned().collect(),
            quarantined: left(&before.quarantined, &now.quarantined),
            kept: left(&before.kept, &now.kept),
            order: before.order,
            came: before.came,
        }
    }
}

impl Written<'_> {
    fn holds_back(&self, name: &str) -> bool {
        self.held_back.iter().any(|one| one.name == name)
    }
}
