//! Pieces of the old option that are kept sealed as they were, together with where they stood.

use serde::{Deserialize, Serialize};

use super::row::{Came, kept_binding};
use super::shared::Write;
use super::unlocked::Unlocked;
use super::{Code, Error};
use crate::crypto::{DataKey, Plaintext};
use crate::domain::RecordId;
use crate::store::Kept;

/// Where a piece stood in the option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The keys that led to it, or to the account that it is a member of.
    pub(super) path: Vec<String>,
    /// Its own name, where it is a member that was held back.
    pub(super) member: Option<String>,
    /// How many members of its account stood before it.
    pub(super) position: Option<usize>,
    /// How many entries of the option stood before it; pieces kept by earlier versions do not say.
    #[serde(default)]
    pub(super) order: Option<usize>,
    /// When it came, where that was by a write of the option.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) came: Option<Came>,
}

/// A piece on its way in.
pub(super) struct Piece<'a> {
    pub(super) place: Place,
    /// The row that it was held back from.
    pub(super) connection: Option<RecordId>,
    pub(super) reason: &'static str,
    /// As PHP serialised it.
    pub(super) raw: &'a [u8],
}

/// How many bytes say how long the place is.
const LENGTH: usize = 8;

/// Seals a piece under a data key of its own.
pub(super) fn keep(write: &mut Write<'_>, slot: [u8; 32], piece: &Piece<'_>) -> Result<(), Error> {
    let id = RecordId::generate(write.now, write.random)?;
    let place = serde_json::to_vec(&piece.place).unwrap_or_default();
    let mut content = Plaintext::with_capacity(LENGTH + place.len() + piece.raw.len());
    content.append(&(place.len() as u64).to_le_bytes());
    content.append(&place);
    content.append(piece.raw);
    let kek = write.unlocked.primary()?;
    let binding = kept_binding(write.unlocked, id);
    let key = DataKey::generate(write.random)?;
    let kept = Kept {
        id,
        connection: piece.connection,
        slot: slot.to_vec(),
        member: piece.place.member.clone(),
        reason: piece.reason.to_owned(),
        key_id: kek.id(),
        wrapped_key: key.wrap(kek, &binding, write.random)?,
        sealed: key.seal(&binding, &content, write.random)?,
    };
    Ok(write.tx.insert_kept(&kept)?)
}

/// A piece that was opened. It has no `Debug`: what is in it is secret.
pub(super) struct Opened {
    pub(super) place: Place,
    content: Plaintext,
    start: usize,
}

impl Opened {
    /// As PHP serialised it; of a member, its key and its value.
    pub(super) fn raw(&self) -> &[u8] {
        &self.content[self.start..]
    }
}

/// Opens a piece.
pub(super) fn open(kept: &Kept, unlocked: &Unlocked) -> Result<Opened, Error> {
    let kek = unlocked.kek(kept.key_id)?;
    let binding = kept_binding(unlocked, kept.id);
    let content = DataKey::unwrap(kek, &kept.wrapped_key, &binding)
        .and_then(|key| key.open(&binding, &kept.sealed))
        .map_err(|_| integrity(kept))?;
    let (place, start) = place(&content).ok_or_else(|| integrity(kept))?;
    Ok(Opened { place, content, start })
}

/// The place, and where the piece itself begins.
fn place(content: &[u8]) -> Option<(Place, usize)> {
    let (length, rest) = content.split_first_chunk::<LENGTH>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let place = serde_json::from_slice(rest.get(..length)?).ok()?;
    Some((place, LENGTH + length))
}

fn integrity(kept: &Kept) -> Error {
    let message = format!(
        "integrity: piece {} of the old option, kept at its import, was changed by something else than this library. \
         Restore it from a backup",
        kept.id
    );
    Error::new(Code::Integrity, message).with("id", kept.id.to_string())
}
