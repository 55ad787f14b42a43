//! What is known of a connection's renewals, as it is stored and believed.

use serde::{Deserialize, Serialize};

use super::holder::Holder;
use crate::crypto::{Fields, labels};
use crate::domain::RecordId;
use crate::store::{ReadTx, RefreshRow};
use crate::vault::shared::Write;
use crate::vault::unlocked::Unlocked;
use crate::vault::{Code, Error};

/// No lease lives longer, in seconds; one that says so was made by a clock that jumped.
pub(super) const LONGEST_LEASE: i64 = 600;

/// From then on nobody waits for a holder any more, in seconds since it was granted; a long lease has three times its
/// length.
const HARD_LIMIT: i64 = 900;

/// Everything that is known. Absent members are as if nothing ever happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    /// Counts the leases that were granted.
    pub(super) fence: i64,
    /// The one that is granted now.
    pub(super) lease: Option<Held>,
    /// The fingerprint of a credential that was handed in without an answer that could be kept.
    pub(super) lost: Option<String>,
    /// Failures in a row.
    pub(super) failures: u32,
    /// The last of them.
    pub(super) cause: Option<String>,
    /// Not before then.
    pub(super) next_at: Option<i64>,
    /// Not until a person asks for it.
    pub(super) gave_up: bool,
    /// When it was renewed.
    pub(super) refreshed_at: Option<i64>,
    /// When a person consented, where that is later than when it was connected.
    pub(super) consented_at: Option<i64>,
    /// The end of the consent that was told of.
    pub(super) told: Option<i64>,
    /// The member that was handed in last, where the account had not what the catalogue names.
    pub(super) fallback: Option<String>,
}

impl State {
    /// After a renewal: nobody holds a lease, and no failure counts any more.
    pub(super) fn renewed(&self, now: i64) -> Self {
        let &Self { fence, consented_at, told, .. } = self;
        let fallback = self.fallback.clone();
        Self { fence, refreshed_at: Some(now), consented_at, told, fallback, ..Self::default() }
    }

    /// After a person consented anew.
    pub(super) fn consented(&self, now: i64) -> Self {
        Self { fence: self.fence, consented_at: Some(now), ..Self::default() }
    }
}

/// A lease that was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    /// Random, so that no two are the same even where the fence was put back.
    pub(super) nonce: String,
    pub(super) holder: Holder,
    pub(super) taken_at: i64,
    pub(super) expires_at: i64,
    /// Whatever its holder does, it is over then.
    pub(super) hard_until: i64,
    /// The fingerprint of what is handed in.
    pub(super) intent: String,
    /// That of what its holder stored itself since: nobody else hands that in either while it is at it, and where it is gone
    /// nothing of that is spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) stored: Option<String>,
    /// The holder closed it without saying what came of it.
    #[serde(default)]
    pub(super) given_up: bool,
}

impl Held {
    /// The second at which a lease of that length, granted now, is over whatever its holder does.
    pub(super) fn hard_until(now: i64, length: i64) -> i64 {
        now.saturating_add(HARD_LIMIT.max(3 * length))
    }

    /// Whether nobody has to wait for it, whatever its holder does: it is over, or says what no lease can.
    pub(super) fn is_void(&self, now: i64) -> bool {
        now >= self.hard_until
            || self.expires_at > now.saturating_add(LONGEST_LEASE)
            || self.hard_until > Self::hard_until(now, LONGEST_LEASE)
    }
}

/// A state with the revision that it was read at.
#[derive(Debug, Clone, Default)]
pub(super) struct StoredState {
    /// 0 where there is none.
    revision: i64,
    pub(super) state: State,
}

impl StoredState {
    /// What is stored. Where something else than this library wrote it nothing is believed: at worst a provider is asked
    /// once too often.
    pub(super) fn read(tx: &mut dyn ReadTx, unlocked: &Unlocked, id: RecordId) -> Result<Self, Error> {
        let Some(row) = tx.refresh(id)? else { return Ok(Self::default()) };
        let ours = unlocked.refreshes.verify(&fields(&row, unlocked), &row.mac) && row.connection == id;
        let state = ours.then(|| serde_json::from_str(&row.state).ok()).flatten().unwrap_or_default();
        Ok(Self { revision: row.revision, state })
    }

    /// Writes `state` in its place.
    pub(super) fn replace(&self, write: &mut Write<'_>, id: RecordId, state: &State) -> Result<(), Error> {
        if self.state == *state {
            return Ok(());
        }
        let text = serde_json::to_string(state)
            .map_err(|_| Error::new(Code::Internal, "the state of a renewal is no JSON"))?;
        let revision = self.revision.saturating_add(1);
        let mut row = RefreshRow { connection: id, revision, state: text, mac: Vec::new() };
        row.mac = write.unlocked.refreshes.tag(&fields(&row, write.unlocked)).to_vec();
        Ok(write.tx.put_refresh(&row, self.revision)?)
    }
}

/// `MAC = HMAC-SHA-256[MAC key "dm/v1/mac/refreshes"](fields(label, store, connection, revision, state))`
fn fields(row: &RefreshRow, unlocked: &Unlocked) -> Fields {
    Fields::new(labels::MAC_REFRESHES)
        .bytes(unlocked.store_id.as_bytes())
        .bytes(row.connection.as_bytes())
        .integer(row.revision)
        .text(&row.state)
}
