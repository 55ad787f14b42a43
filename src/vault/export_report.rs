//! What an export did, without any secret; and the error where it was refused.

use serde::Serialize;
use serde_json::Value;

use super::{Code, Error};

/// The whole of an export.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ExportReport {
    /// How many bytes the option has.
    pub bytes: u64,
    /// How many write transactions the store had seen then.
    pub writes: u64,
    /// The sums.
    pub counts: ExportCounts,
    /// What the vault holds and the option does not.
    pub left_out: Vec<LeftOut>,
}

/// How much of what is in the option.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ExportCounts {
    /// Accounts, one for each connection.
    pub accounts: u64,
    /// App configs.
    pub configs: u64,
    /// Pieces that were kept at the import, verbatim.
    pub kept: u64,
    /// Members of accounts and configs that were held back at the import, verbatim.
    pub returned: u64,
    /// Members that were sealed anew.
    pub sealed: u64,
}

/// Something that the vault holds and the option does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// `connection`, `config`, or `kept` for a piece of the old option.
    pub kind: &'static str,
    /// Where it would stand, where it has a place.
    pub path: Option<Vec<String>>,
    /// Its provider, where it has one.
    pub provider: Option<String>,
    /// Its owner, where it has one.
    pub owner: Option<String>,
    /// Its account name, where it has one.
    pub account: Option<String>,
    /// The id of the row or piece.
    pub id: String,
    /// The member, where it is only one.
    pub member: Option<String>,
    /// Why, for a program.
    pub code: &'static str,
    /// Why, for a person.
    pub why: String,
}

/// What the old shape has no place for, whatever the caller says.
pub(super) const NO_PLACE: &str = "owner_has_no_place";
/// What something newer stands in the place of.
pub(super) const SUPERSEDED: &str = "superseded";
/// What ended here, and would be allowed again.
pub(super) const GRANT_ENDED: &str = "grant_ended";
pub(super) const CONNECTION_GONE: &str = "connection_gone";
/// As the errors' names.
pub(super) const KEY_UNAVAILABLE: &str = "key_unavailable";
pub(super) const INTEGRITY: &str = "integrity";

impl LeftOut {
    /// Whether it is lost only to an export that puts up with that.
    fn is_a_problem(&self) -> bool {
        !matches!(self.code, NO_PLACE | SUPERSEDED | GRANT_ENDED | CONNECTION_GONE)
    }

    fn name(&self) -> String {
        let name = match (&self.provider, &self.owner, &self.account) {
            (Some(provider), Some(owner), Some(account)) => format!("{provider} of {owner} ({account})"),
            (Some(provider), Some(owner), None) => format!("the app config of {provider} of {owner}"),
            _ => match &self.path {
                Some(path) => path.join(" > "),
                None => format!("kept piece {}", self.id),
            },
        };
        match &self.member {
            Some(member) => format!("{member} of {name}"),
            None => name,
        }
    }
}

/// How many are named in the sentence for a person, and in the detail for a program.
const NAMED: usize = 5;
const LISTED: usize = 100;

/// The refusal of an export that would lack something; none where it would not.
pub(super) fn refusal(left_out: &[LeftOut]) -> Option<Error> {
    let problems: Vec<&LeftOut> = left_out.iter().filter(|one| one.is_a_problem()).collect();
    let has = |code| problems.iter().any(|one| one.code == code);
    let (code, mend) = match problems.first()? {
        _ if has(INTEGRITY) => {
            (Code::Integrity, "restore them from a backup, or delete them and connect again")
        }
        _ if has(KEY_UNAVAILABLE) => (Code::KeyUnavailable, "open the store with the earlier key, too"),
        _ => (Code::InvalidDocument, "export in PHP's own form, which holds everything"),
    };
    let names: Vec<String> = problems.iter().take(NAMED).map(|one| one.name()).collect();
    let more = match problems.len() - names.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!(
        "nothing was exported, because the option would lack {}{more}: {mend}; or export with `leave_out`, which goes \
         without them and lists them in its report",
        names.join(", ")
    );
    let listed: Vec<Value> =
        problems.iter().take(LISTED).filter_map(|one| serde_json::to_value(one).ok()).collect();
    Some(Error::new(code, message).with("count", problems.len()).with("left_out", listed))
}
