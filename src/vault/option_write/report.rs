//! What a write of the option did.

use serde::Serialize;

/// What became of a part of the option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WriteOutcome {
    /// An account or app config is stored as it was written.
    Saved,
    /// It is gone.
    Deleted,
    /// It is kept sealed as it was written: nothing uses it.
    Kept,
    /// It is stored, but for members that did not open.
    Quarantined,
    /// A delegation is a grant now.
    Granted,
    /// A delegation's grant was taken back.
    Revoked,
}

/// How many parts met which fate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // One for each outcome, where they are described.
pub struct WriteCounts {
    /// Those for which nothing had to be done.
    pub unchanged: u64,
    pub saved: u64,
    pub deleted: u64,
    pub kept: u64,
    pub quarantined: u64,
    pub granted: u64,
    pub revoked: u64,
}

/// One part that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WriteEntry {
    /// Where it stands in the option; empty of something that was kept and whose place nobody can read any more.
    pub path: Vec<String>,
    /// What became of it.
    pub outcome: WriteOutcome,
    /// Why, for a program.
    pub code: &'static str,
    /// Why, for a person.
    pub why: String,
}

/// The whole of a write.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct WriteReport {
    /// The sums.
    pub counts: WriteCounts,
    /// What was changed.
    pub entries: Vec<WriteEntry>,
    /// How many write transactions the store has seen since.
    pub writes: u64,
}

impl WriteReport {
    pub(super) fn add(
        &mut self,
        path: Vec<String>,
        outcome: WriteOutcome,
        code: &'static str,
        why: impl Into<String>,
    ) {
        let count = match outcome {
            WriteOutcome::Saved => &mut self.counts.saved,
            WriteOutcome::Deleted => &mut self.counts.deleted,
            WriteOutcome::Kept => &mut self.counts.kept,
            WriteOutcome::Quarantined => &mut self.counts.quarantined,
            WriteOutcome::Granted => &mut self.counts.granted,
            WriteOutcome::Revoked => &mut self.counts.revoked,
        };
        *count += 1;
        self.entries.push(WriteEntry { path, outcome, code, why: why.into() });
    }
}
