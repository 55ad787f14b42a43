//! What says where the chains have come to, to be kept outside the store.

use serde::{Deserialize, Serialize};

use super::verify::Finding;
use super::walk::{floor, mac_at};
use crate::crypto::{Fields, labels};
use crate::domain::hex;
use crate::store::{AuditHead, ReadTx};
use crate::vault::unlocked::Unlocked;
use crate::vault::{Error, Vault};

/// Where every chain had come to at a time. A store that was put back to an earlier time does not fit a later anchor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// When it was taken, in Unix seconds.
    pub at: i64,
    /// The chains.
    pub streams: Vec<AnchoredStream>,
    /// A MAC over the above and the chains' last records.
    pub hash: String,
}

/// Where one chain had come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchoredStream {
    /// The chain.
    pub stream: i64,
    /// The number of its last record.
    pub sequence: i64,
}

impl Vault {
    /// Where the audit chain is now. Kept outside the store, it is what shows that the whole store was put back.
    pub fn audit_anchor(&self) -> Result<Anchor, Error> {
        self.read(|tx, unlocked| take(tx, unlocked))
    }
}

/// An anchor of the chains as they are.
pub(super) fn take(tx: &mut dyn ReadTx, unlocked: &Unlocked) -> Result<Anchor, Error> {
    let streams = tx.audit_heads()?;
    let streams = streams.iter().map(|head| AnchoredStream { stream: head.stream, sequence: head.sequence });
    let mut anchor = Anchor { at: tx.now()?.seconds(), streams: streams.collect(), hash: String::new() };
    let mut macs = Vec::new();
    for stream in &anchor.streams {
        // A chain whose last record is gone fits no anchor; verifying names it.
        macs.push(known_mac(tx, unlocked, stream)?.unwrap_or_default());
    }
    anchor.hash = hash(&anchor, &macs, unlocked);
    Ok(anchor)
}

/// What an anchor finds wrong with the chains.
pub(super) fn compare(
    anchor: &Anchor,
    tx: &mut dyn ReadTx,
    unlocked: &Unlocked,
    heads: &[AuditHead],
) -> Result<Option<Finding>, Error> {
    let mut macs = Vec::new();
    for stream in &anchor.streams {
        let end = heads.iter().find(|head| head.stream == stream.stream).map_or(0, |head| head.sequence);
        if end < stream.sequence {
            let what = format!(
                "ends at record {end}, and had come to {} when the anchor was taken",
                stream.sequence
            );
            return Ok(Some(Finding::anchor("anchor_ahead", stream, &what)));
        }
        if stream.sequence < floor(tx, unlocked, stream.stream)?.through {
            let what =
                "was pruned beyond this anchor, which therefore proves nothing: take a new one after pruning";
            return Ok(Some(Finding::anchor("anchor_pruned", stream, what)));
        }
        macs.push(known_mac(tx, unlocked, stream)?.unwrap_or_default());
    }
    if hash(anchor, &macs, unlocked) == anchor.hash {
        return Ok(None);
    }
    let what = "is not the one that the anchor was taken of: the store was put back, and has gone on since";
    Ok(anchor.streams.first().map(|stream| Finding::anchor("anchor_differs", stream, what)).or_else(|| {
        Some(Finding::anchor("anchor_differs", &AnchoredStream { stream: 0, sequence: 0 }, what))
    }))
}

/// The MAC of the record that an anchor names, as long as it is known.
fn known_mac(
    tx: &mut dyn ReadTx,
    unlocked: &Unlocked,
    stream: &AnchoredStream,
) -> Result<Option<Vec<u8>>, Error> {
    let floor = floor(tx, unlocked, stream.stream)?;
    if stream.sequence == floor.through {
        return Ok(Some(floor.mac));
    }
    mac_at(tx, stream.stream, stream.sequence)
}

/// `hash = HMAC-SHA-256[MAC key "dm/v1/mac/audit"](fields(label, "anchor", store, at, for each chain: stream, sequence, MAC
/// of that record))`
fn hash(anchor: &Anchor, macs: &[Vec<u8>], unlocked: &Unlocked) -> String {
    let fields =
        Fields::new(labels::MAC_AUDIT).text("anchor").bytes(unlocked.store_id.as_bytes()).integer(anchor.at);
    let fields = anchor.streams.iter().zip(macs).fold(fields, |fields, (stream, mac)| {
        fields.integer(stream.stream).integer(stream.sequence).bytes(mac)
    });
    hex(&unlocked.audit.tag(&fields))
}
