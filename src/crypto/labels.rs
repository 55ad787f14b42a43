//! Every label of every derivation and authenticated encoding, in one place.
//!
//! A label is part of the format: it is never changed and never used for a second thing. A new format gets
//! a new label with the next version.

/// A versioned name that separates one use of a key from every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label(&'static str);

impl Label {
    /// As it goes into derivations and encodings.
    pub fn as_bytes(self) -> &'static [u8] {
        self.0.as_bytes()
    }
}

/// The document of a connection or app config, or a kept piece, sealed under a data key.
pub const SEALED: Label = Label("dm/v1/sealed");
/// A data key, wrapped under a KEK.
pub const DATA_KEY: Label = Label("dm/v1/data-key");
/// The store secret, wrapped under a KEK.
pub const STORE_SECRET: Label = Label("dm/v1/store-secret");
/// The check value of a KEK.
pub const CHECK_VALUE: Label = Label("dm/v1/check-value");

/// The key of row MACs.
pub const MAC_ROWS: Label = Label("dm/v1/mac/rows");
/// The key of grants' MACs.
pub const MAC_GRANTS: Label = Label("dm/v1/mac/grants");
/// The key of the heads that say which grants a pair has.
pub const MAC_GRANT_HEADS: Label = Label("dm/v1/mac/grant-heads");
/// The key of proposals, and of their ids.
pub const MAC_PROPOSALS: Label = Label("dm/v1/mac/proposals");
/// The key that chains the audit records.
pub const MAC_AUDIT: Label = Label("dm/v1/mac/audit");
/// The key of fingerprints (of refresh tokens, to compare without decrypting).
pub const MAC_FINGERPRINTS: Label = Label("dm/v1/mac/fingerprints");
/// The key of what is known of renewals.
pub const MAC_REFRESHES: Label = Label("dm/v1/mac/refreshes");
/// The key of the import ledger's slots and contents.
pub const MAC_LEDGER: Label = Label("dm/v1/mac/import-ledger");
/// The key of the slots of kept pieces.
pub const MAC_KEPT: Label = Label("dm/v1/mac/kept");

#[cfg(test)]
pub(super) const ALL: [Label; 13] = [
    SEALED,
    DATA_KEY,
    STORE_SECRET,
    CHECK_VALUE,
    MAC_ROWS,
    MAC_GRANTS,
    MAC_GRANT_HEADS,
    MAC_PROPOSALS,
    MAC_AUDIT,
    MAC_FINGERPRINTS,
    MAC_REFRESHES,
    MAC_LEDGER,
    MAC_KEPT,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_the_same() {
        for (position, label) in ALL.iter().enumerate() {
            assert!(!ALL[..position].contains(label), "{label:?}");
        }
    }
}
