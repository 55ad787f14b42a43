//! A row and what is in it: sealing, opening, and the MAC over its plain columns.

use serde::{Deserialize, Serialize};

use super::address::noun;
use super::unlocked::Unlocked;
use super::{Address, Code, Error, Kind};
use crate::crypto::{Binding, DataKey, Fields, Plaintext, Purpose, labels};
use crate::domain::{Document, Random, RecordId};
use crate::store::{Meta, Row};

/// What a row remembers of the old option it came from: member names, no values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Legacy {
    /// Members that were `dm:enc:v1:` envelopes, and leave as such on the way back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) enveloped: Vec<String>,
    /// Members that did not open: never handed out, kept for the way back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) quarantined: Vec<String>,
    /// Members that JSON cannot hold, kept for the way back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) kept: Vec<String>,
    /// How many entries of the option stood before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) order: Option<usize>,
    /// When it came, where that was by a write of the option.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) came: Option<Came>,
}

/// When something came to the option by a write of it: behind what was imported, and in the order in which it came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Came {
    /// Unix seconds.
    pub(super) at: i64,
    /// With which write of the store.
    pub(super) write: i64,
    /// How many parts of the written option stood before it.
    pub(super) number: usize,
}

impl Legacy {
    /// From the column; what does not parse was refused by the MAC before.
    pub(super) fn from_column(column: Option<&str>) -> Self {
        column.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// The same, once nothing is held back any more.
    pub(super) fn without_held_back(&self) -> Self {
        Self { enveloped: self.enveloped.clone(), order: self.order, came: self.came, ..Self::default() }
    }

    /// For the column; NULL where there is nothing to remember.
    pub(super) fn column(&self) -> Option<String> {
        (*self != Self::default()).then(|| serde_json::to_string(self).unwrap_or_default())
    }
}

impl Came {
    /// Of a row that did not come by a write of the option: as far as can be known, by its second and by its revision, which
    /// begins above all that were there.
    pub(super) fn of_row(meta: &Meta) -> Self {
        Self { at: meta.connected_at, write: meta.revision, number: 0 }
    }
}

/// The columns that decisions rest on. Left out are `last_used_at`, on which none does, and the id of the wrapping
/// key, which the wrapped key itself authenticates and which changes without the row changing.
fn mac_fields(meta: &Meta, store: crate::domain::StoreId) -> Fields {
    Fields::new(labels::MAC_ROWS)
        .bytes(store.as_bytes())
        .bytes(meta.id.as_bytes())
        .integer(meta.kind.code())
        .text(&meta.provider)
        .text(&meta.owner)
        .text(&meta.account)
        .optional(meta.remote_id.as_deref().map(str::as_bytes))
        .optional(meta.display_name.as_deref().map(str::as_bytes))
        .text(&meta.scopes)
        .text(&meta.status)
        .optional(meta.status_cause.as_deref().map(str::as_bytes))
        .optional(meta.expires_at.map(i64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice))
        .integer(meta.revision)
        .integer(meta.seal_revision)
        .integer(meta.connected_at)
        .integer(meta.updated_at)
        .optional(meta.legacy.as_deref().map(str::as_bytes))
}

/// What a row's data key and document are bound to.
pub(super) fn row_binding<'a>(
    id: RecordId,
    kind: Kind,
    owner: &'a str,
    provider: &'a str,
    seal_revision: i64,
    unlocked: &Unlocked,
) -> Binding<'a> {
    let purpose = match kind {
        Kind::Connection => Purpose::Connection,
        Kind::Config => Purpose::Config,
    };
    Binding { store: unlocked.store_id, record: id, owner, provider, purpose, seal_revision }
}

fn binding<'a>(meta: &'a Meta, unlocked: &Unlocked) -> Binding<'a> {
    row_binding(meta.id, meta.kind, &meta.owner, &meta.provider, meta.seal_revision, unlocked)
}

/// A kept piece is bound to the store and its own id; it has no owner of its own and is never sealed twice.
pub(super) fn kept_binding(unlocked: &Unlocked, id: RecordId) -> Binding<'static> {
    Binding {
        store: unlocked.store_id,
        record: id,
        owner: "",
        provider: "",
        purpose: Purpose::Kept,
        seal_revision: 1,
    }
}

fn integrity(meta: &Meta, what: &str) -> Error {
    let message = format!(
        "integrity: {what} of {} {} was changed by something else than this library; it is not handed out. \
         Restore it from a backup, or delete it and connect again",
        noun(meta.kind),
        meta.id
    );
    Error::new(Code::Integrity, message).with("id", meta.id.to_string())
}

/// Whether nobody but us wrote the plain columns.
pub(super) fn intact(meta: &Meta, unlocked: &Unlocked) -> bool {
    unlocked.rows.verify(&mac_fields(meta, unlocked.store_id), &meta.row_mac)
}

/// A row whose plain columns carry our MAC: the proof that [`open`] asks for.
#[derive(Clone, Copy)]
pub(super) struct Intact<'a>(&'a Row);

/// Refuses a row whose plain columns do not carry our MAC.
pub(super) fn check<'a>(row: &'a Row, unlocked: &Unlocked) -> Result<Intact<'a>, Error> {
    if intact(&row.meta, unlocked) { Ok(Intact(row)) } else { Err(integrity(&row.meta, "the row")) }
}

/// Refuses a row that is another one than was asked for: an index may be edited too.
pub(super) fn check_address<'a>(
    row: &'a Row,
    kind: Kind,
    address: &Address,
    unlocked: &Unlocked,
) -> Result<Intact<'a>, Error> {
    let intact = check(row, unlocked)?;
    let [provider, owner, account] = address.columns();
    check_names(row, kind, [&provider, &owner, &account])?;
    Ok(intact)
}

/// Whether it has the names (provider, owner, account) that it was asked for by.
pub(super) fn check_names(row: &Row, kind: Kind, names: [&str; 3]) -> Result<(), Error> {
    let meta = &row.meta;
    let same = meta.kind == kind && [&meta.provider, &meta.owner, &meta.account] == names;
    if same { Ok(()) } else { Err(integrity(meta, "the row")) }
}

/// The row's data key.
pub(super) fn data_key(row: &Row, unlocked: &Unlocked) -> Result<DataKey, Error> {
    let kek = unlocked.kek(row.meta.key_id)?;
    DataKey::unwrap(kek, &row.wrapped_key, &binding(&row.meta, unlocked))
        .map_err(|_| integrity(&row.meta, "the data key"))
}

/// The row's document.
pub(super) fn open(Intact(row): Intact<'_>, unlocked: &Unlocked) -> Result<Plaintext, Error> {
    let key = data_key(row, unlocked)?;
    key.open(&binding(&row.meta, unlocked), &row.sealed)
        .map_err(|_| integrity(&row.meta, "the sealed document"))
}

/// The document of the row with these names (provider, owner, account): [`check_address`] and [`open`], but for a row
/// that was opened before.
pub(super) fn open_again(
    row: &Row,
    kind: Kind,
    names: [&str; 3],
    unlocked: &Unlocked,
) -> Result<Plaintext, Error> {
    check_names(row, kind, names)?;
    open_known(row, unlocked)
}

/// The same of a row that was not asked for by its names.
pub(super) fn open_known(row: &Row, unlocked: &Unlocked) -> Result<Plaintext, Error> {
    let refused = |_| integrity(&row.meta, "the sealed document");
    if let Some(opener) = unlocked.openers.known(row) {
        return opener.open(&row.sealed).map_err(refused);
    }
    check(row, unlocked)?;
    let key = data_key(row, unlocked)?;
    let opener = key.opener(&binding(&row.meta, unlocked), &row.sealed).map_err(refused)?;
    let document = opener.open(&row.sealed).map_err(refused)?;
    unlocked.openers.remember(row, opener);
    Ok(document)
}

/// Writes the MAC of the columns as they now are.
pub(super) fn sign(meta: &mut Meta, unlocked: &Unlocked) {
    meta.row_mac = unlocked.rows.tag(&mac_fields(meta, unlocked.store_id)).to_vec();
}

/// Seals `document` into a row whose columns are final, under `key`, and signs it.
pub(super) fn seal(
    mut meta: Meta,
    document: &Document,
    key: &DataKey,
    unlocked: &Unlocked,
    random: &dyn Random,
) -> Result<Row, Error> {
    let kek = unlocked.primary()?;
    meta.key_id = kek.id();
    let binding = binding(&meta, unlocked);
    let wrapped_key = key.wrap(kek, &binding, random)?;
    let sealed = key.seal(&binding, document.as_bytes(), random)?;
    sign(&mut meta, unlocked);
    Ok(Row { meta, wrapped_key, sealed })
}
