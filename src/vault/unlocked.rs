//! What opening a store's secret gives: its keys, under their ids, and the MAC keys derived from the secret.

use serde_json::json;

use super::openers::Openers;
use super::{Code, Error};
use crate::crypto::{Kek, KeyMaterial, Keyring, MacKey, StoreSecret, labels, matches_check_value};
use crate::domain::{KeyId, StoreId};
use crate::store::{Identity, KeyRecord, KeyStatus};

/// The keys of an open store. Wiped when dropped.
pub(super) struct Unlocked {
    pub(super) store_id: StoreId,
    pub(super) keyring: Keyring,
    pub(super) secret: StoreSecret,
    /// Over the plain columns of rows.
    pub(super) rows: MacKey,
    /// Over the audit chain.
    pub(super) audit: MacKey,
    /// Over grants.
    pub(super) grants: MacKey,
    /// Over the heads of pairs.
    pub(super) grant_heads: MacKey,
    /// Over proposals.
    pub(super) proposals: MacKey,
    /// Over what is known of renewals.
    pub(super) refreshes: MacKey,
    /// Over what a renewal hands in, to compare without keeping it.
    pub(super) fingerprints: MacKey,
    /// Over what was ever imported.
    pub(super) ledger: MacKey,
    /// For the rows that were read last.
    pub(super) openers: Openers,
}

impl Unlocked {
    /// Tries every key given against the check values, then opens the store's secret.
    pub(super) fn new(
        given: &[KeyMaterial],
        identity: &Identity,
        known: &[KeyRecord],
    ) -> Result<Self, Error> {
        let mut keyring = Keyring::new(identity.secret_key_id);
        for record in known {
            let fits = |key: &&KeyMaterial| {
                matches_check_value(key.key(), identity.store_id, record.id, &record.check_value)
            };
            if let Some(key) = given.iter().find(fits) {
                keyring.add(Kek::new(record.id, key.key().clone()));
            }
        }
        let kek = keyring.primary().ok_or_else(|| wrong_key(given.len(), identity, known))?;
        let secret = StoreSecret::unwrap(kek, &identity.wrapped_secret, identity.store_id).map_err(|_| {
            Error::new(
                Code::Integrity,
                "the store's own secret does not open although its key is right: restore a backup",
            )
        })?;
        let [rows, audit, grants, grant_heads, proposals, refreshes, fingerprints, ledger] = [
            labels::MAC_ROWS,
            labels::MAC_AUDIT,
            labels::MAC_GRANTS,
            labels::MAC_GRANT_HEADS,
            labels::MAC_PROPOSALS,
            labels::MAC_REFRESHES,
            labels::MAC_FINGERPRINTS,
            labels::MAC_LEDGER,
        ]
        .map(|label| secret.mac_key(label));
        let (store_id, openers) = (identity.store_id, Openers::default());
        Ok(Self {
            store_id,
            keyring,
            secret,
            rows,
            audit,
            grants,
            grant_heads,
            proposals,
            refreshes,
            fingerprints,
            ledger,
            openers,
        })
    }

    /// The key that everything new is wrapped under.
    pub(super) fn primary(&self) -> Result<&Kek, Error> {
        self.kek(self.keyring.primary_id())
    }

    /// The key that a row names, or the error that says which one is missing.
    pub(super) fn kek(&self, id: KeyId) -> Result<&Kek, Error> {
        self.keyring.get(id).ok_or_else(|| {
            let message =
                format!("this row is sealed under key {id}, which was not given: give it as an earlier key");
            Error::new(Code::KeyUnavailable, message).with("key", id.to_string())
        })
    }
}

fn wrong_key(given: usize, identity: &Identity, known: &[KeyRecord]) -> Error {
    let needed = identity.secret_key_id;
    let earlier: Vec<String> = known
        .iter()
        .filter(|key| key.id != needed && key.status != KeyStatus::Retired)
        .map(|key| key.id.to_string())
        .collect();
    let keys = if given == 1 {
        "the key given does".to_owned()
    } else {
        format!("none of the {given} keys given does")
    };
    let also = if earlier.is_empty() {
        String::new()
    } else {
        format!(" (earlier keys in use: {})", earlier.join(", "))
    };
    let message = format!(
        "wrong key: store {} is opened by key {needed}{also}, and {keys} not fit. Nothing was changed. \
         Give the key that it was made or last re-wrapped with; a new key can be added beside it",
        identity.store_id
    );
    Error::new(Code::WrongKey, message)
        .with("store_id", identity.store_id.to_string())
        .with("needed", needed.to_string())
        .with(
            "keys",
            known
                .iter()
                .map(|key| json!({"id": key.id.to_string(), "status": key.status.as_str()}))
                .collect::<Vec<_>>(),
        )
}
