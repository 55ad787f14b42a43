//! Adding a key, re-wrapping everything to it, and renewing data keys.

use serde::Serialize;

use super::audit::{Event, Facts, What};
use super::row::{check, kept_binding, open, row_binding, seal};
use super::shared::Write;
use super::unlocked::Unlocked;
use super::{Code, Error, Kind, Vault};
use crate::crypto::{Binding, DataKey, Kek, KeyMaterial, check_value, matches_check_value};
use crate::domain::{Document, KeyId, Provider, RecordId};
use crate::store::{Filter, KeyRecord, KeyStatus};

/// The most rows that one re-wrap takes on; beyond it the writers of the site would wait too long.
const REWRAP_LIMIT: u64 = 100_000;
/// How many rows are held in memory at a time.
const PAGE: u32 = 500;

/// A key was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyAdded {
    /// Its id in this store.
    pub key: String,
    /// Whether the store knew it before.
    pub known: bool,
}

/// Everything was re-wrapped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rewrapped {
    /// The key that now opens everything.
    pub key: String,
    /// How many rows and kept pieces it was.
    pub rewrapped: u64,
    /// Keys that this store needs no longer. Backups made before still do.
    pub retired: Vec<String>,
}

/// Data keys were renewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Renewed {
    /// How many rows were sealed anew.
    pub renewed: u64,
}

impl Vault {
    /// Makes `key` the primary one: what is written from now on, and the store's secret, are wrapped by it.
    pub fn add_key(&self, key: &KeyMaterial) -> Result<KeyAdded, Error> {
        // The keys are taken in after the transaction, and their lock must be free at a fork.
        let _inside = super::enter();
        let (added, identity, records) = self.write(|write| {
            let mut records = write.tx.keys()?;
            let store_id = write.unlocked.store_id;
            let known = records
                .iter()
                .find(|record| matches_check_value(key.key(), store_id, record.id, &record.check_value))
                .map(|record| record.id);
            let id = match known {
                Some(id) => id,
                None => KeyId::generate(write.random)?,
            };
            for record in &mut records {
                if record.status == KeyStatus::Primary && record.id != id {
                    record.status = KeyStatus::Active;
                    write.tx.set_key_status(record.id, record.status)?;
                }
            }
            match records.iter_mut().find(|record| record.id == id) {
                Some(record) => {
                    record.status = KeyStatus::Primary;
                    write.tx.set_key_status(id, record.status)?;
                }
                None => {
                    let check_value = check_value(key.key(), store_id, id).to_vec();
                    let created_at = write.now.seconds();
                    let record = KeyRecord { id, status: KeyStatus::Primary, check_value, created_at };
                    write.tx.insert_key(&record)?;
                    records.push(record);
                }
            }
            let kek = Kek::new(id, key.key().clone());
            write.tx.set_secret(id, &write.unlocked.secret.wrap(&kek, store_id, write.random)?)?;
            let facts = Facts { key: Some(id.to_string()), ..Facts::default() };
            write.audit(&Event::of_store(What::KeyAdded, facts))?;
            let identity = super::shared::known_identity(write.tx)?;
            Ok((KeyAdded { key: id.to_string(), known: known.is_some() }, identity, records))
        })?;
        self.shared.learn(std::slice::from_ref(key), &identity, &records)?;
        Ok(added)
    }

    /// Wraps every data key under the primary key, in one transaction, and retires the others. No document is
    /// opened, no revision and no MAC changes.
    pub fn rewrap(&self) -> Result<Rewrapped, Error> {
        self.write(|write| {
            let primary = write.unlocked.keyring.primary_id();
            let counts = write.tx.count()?;
            let rows = counts.connections + counts.configs + counts.kept;
            if rows > REWRAP_LIMIT {
                let message = format!(
                    "the store has {rows} rows; one step re-wraps {REWRAP_LIMIT} at most. Keep both keys: nothing was changed"
                );
                return Err(Error::new(Code::TooLarge, message).with("rows", rows));
            }
            let rewrapped = rewrap_rows(write)? + rewrap_kept(write)?;
            let mut retired = Vec::new();
            for record in write.tx.keys()?.iter().filter(|record| record.status == KeyStatus::Active) {
                write.tx.set_key_status(record.id, KeyStatus::Retired)?;
                retired.push(record.id.to_string());
            }
            let key = primary.to_string();
            let facts = Facts { key: Some(key.clone()), count: Some(rewrapped), ..Facts::default() };
            write.audit(&Event::of_store(What::Rewrapped, facts))?;
            Ok(Rewrapped { key, rewrapped, retired })
        })
    }

    /// Seals every connection and app config of a provider anew, each under a new data key.
    pub fn renew_provider(&self, provider: &Provider) -> Result<Renewed, Error> {
        self.write(|write| {
            let mut renewed = 0;
            for kind in [Kind::Connection, Kind::Config] {
                let mut filter = Filter { provider: Some(provider.to_string()), ..Filter::all(kind, PAGE) };
                loop {
                    let page = write.tx.find(&filter)?;
                    for meta in &page {
                        renewed += u64::from(renew(write, meta.id)?);
                    }
                    match page.last() {
                        Some(last) => filter.after = Some(last.id),
                        None => break,
                    }
                }
            }
            Ok(Renewed { renewed })
        })
    }

    /// Seals one connection or app config anew, under a new data key.
    pub fn renew_one(&self, id: RecordId) -> Result<Renewed, Error> {
        self.write(|write| {
            if renew(write, id)? {
                return Ok(Renewed { renewed: 1 });
            }
            Err(Error::new(Code::NotFound, format!("there is no connection or app config {id}")))
        })
    }
}

/// Seals one row under a new data key, so that no earlier blob of it opens. False where there is none.
fn renew(write: &mut Write<'_>, id: RecordId) -> Result<bool, Error> {
    let Some(row) = write.tx.row_by_id(id)? else { return Ok(false) };
    let document = Document::parse(open(check(&row, write.unlocked)?, write.unlocked)?.into())?;
    let mut meta = row.meta.clone();
    meta.revision += 1;
    meta.seal_revision += 1;
    meta.updated_at = write.now.seconds();
    let new = seal(meta, &document, &DataKey::generate(write.random)?, write.unlocked, write.random)?;
    write.update(&row.meta, &new, What::Renewed)?;
    Ok(true)
}

fn rewrap_rows(write: &mut Write<'_>) -> Result<u64, Error> {
    let primary = write.unlocked.primary()?;
    let (mut count, mut after) = (0, None);
    loop {
        let page = write.tx.wrapped_rows(after, PAGE)?;
        let Some(last) = page.last() else { return Ok(count) };
        after = Some(last.id);
        for row in page.iter().filter(|row| row.key_id != primary.id()) {
            let binding = row_binding(row.id, row.kind, &row.owner, &row.provider, 0, write.unlocked);
            let key = unwrapped(row.id, row.key_id, &row.wrapped_key, &binding, write.unlocked)?;
            write.tx.rewrap_row(row.id, primary.id(), &key.wrap(primary, &binding, write.random)?)?;
            count += 1;
        }
    }
}

fn rewrap_kept(write: &mut Write<'_>) -> Result<u64, Error> {
    let primary = write.unlocked.primary()?;
    let (mut count, mut after) = (0, None);
    loop {
        let page = write.tx.wrapped_kept(after, PAGE)?;
        let Some(last) = page.last() else { return Ok(count) };
        after = Some(last.id);
        for kept in page.iter().filter(|kept| kept.key_id != primary.id()) {
            let binding = kept_binding(write.unlocked, kept.id);
            let key = unwrapped(kept.id, kept.key_id, &kept.wrapped_key, &binding, write.unlocked)?;
            write.tx.rewrap_kept(kept.id, primary.id(), &key.wrap(primary, &binding, write.random)?)?;
            count += 1;
        }
    }
}

fn unwrapped(
    id: RecordId,
    key_id: KeyId,
    wrapped: &[u8],
    binding: &Binding<'_>,
    unlocked: &Unlocked,
) -> Result<DataKey, Error> {
    DataKey::unwrap(unlocked.kek(key_id)?, wrapped, binding).map_err(|_| {
        let message = format!(
            "integrity: the data key of {id} was changed by something else than this library. Nothing was re-wrapped. \
             Restore it from a backup, or delete the row"
        );
        Error::new(Code::Integrity, message).with("id", id.to_string())
    })
}
