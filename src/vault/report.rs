//! What an import did, or would do.

use serde::Serialize;

/// What became of one entry of the old option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It is in the vault now.
    Imported,
    /// Nothing was to be done.
    Unchanged,
    /// The vault holds something else; the vault wins.
    Differs,
    /// It is in the vault, but for members that did not open.
    Quarantined,
    /// It is kept sealed as it was, for the way back.
    Kept,
}

impl Fate {
    /// As the ledger has it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Fate::Imported => "imported",
            Fate::Unchanged => "unchanged",
            Fate::Differs => "differs",
            Fate::Quarantined => "quarantined",
            Fate::Kept => "kept",
        }
    }
}

/// How many entries met which fate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // One for each fate, where they are described.
pub struct Counts {
    pub imported: u64,
    pub unchanged: u64,
    pub differs: u64,
    pub quarantined: u64,
    pub kept: u64,
}

/// A member of an account or config that is not in its document, or a delegation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportMember {
    /// Its name; of a delegation the owner, the account and the agent.
    pub name: String,
    /// `quarantined` or `kept`; of a delegation also `imported` (it is a grant), `unchanged` or `differs`.
    pub outcome: Fate,
    /// Why, for a program.
    pub code: &'static str,
    /// Why, for a person.
    pub why: String,
}

/// One entry of the old option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportEntry {
    /// Where it stands in the option.
    pub path: Vec<String>,
    /// `connection`, `config` or `other`.
    pub kind: &'static str,
    /// Its provider, where it has one.
    pub provider: Option<String>,
    /// Its owner, where it has one.
    pub owner: Option<String>,
    /// Its account name, where it has one.
    pub account: Option<String>,
    /// What became of it.
    pub outcome: Fate,
    /// Why, for a program.
    pub code: &'static str,
    /// Why, for a person.
    pub why: String,
    /// The row's id; none in a dry run.
    pub id: Option<String>,
    /// Members that are not in its document.
    pub members: Vec<ReportMember>,
}

/// The whole of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether nothing was kept of it.
    pub dry_run: bool,
    /// The sums.
    pub counts: Counts,
    /// Every entry, in the option's order.
    pub entries: Vec<ReportEntry>,
    /// Every delegation, in the option's order; taken up with the last slice.
    pub delegations: Vec<ReportMember>,
    /// Where the next slice begins; none where this was the last.
    pub next: Option<usize>,
}

impl Report {
    pub(super) fn new(dry_run: bool) -> Self {
        Self { dry_run, counts: Counts::default(), entries: Vec::new(), delegations: Vec::new(), next: None }
    }

    pub(super) fn add(&mut self, entry: ReportEntry) {
        let count = match entry.outcome {
            Fate::Imported => &mut self.counts.imported,
            Fate::Unchanged => &mut self.counts.unchanged,
            Fate::Differs => &mut self.counts.differs,
            Fate::Quarantined => &mut self.counts.quarantined,
            Fate::Kept => &mut self.counts.kept,
        };
        *count += 1;
        self.entries.push(entry);
    }
}
