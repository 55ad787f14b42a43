//! The state a connection is in.

use std::fmt;
use std::str::FromStr;

use super::Invalid;

/// The status of a connection.
///
/// | from | may become |
/// | --- | --- |
/// | pending | active, error, revoked |
/// | active | expired, needs_reauth, revoked, error, key_unavailable |
/// | expired | active, needs_reauth, revoked, error, key_unavailable |
/// | needs_reauth | active, revoked, error, key_unavailable |
/// | revoked | nothing: only a save with new consent starts anew |
/// | error | active, expired, needs_reauth, revoked, key_unavailable |
/// | key_unavailable | active, needs_reauth, revoked, error |
///
/// Each may also become what it is: nothing changes then, except its cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Consent has begun and is not given yet.
    Pending,
    /// It can be used.
    Active,
    /// Its access has run out; a refresh may bring it back.
    Expired,
    /// A person has to consent again.
    NeedsReauth,
    /// It was ended, here or at the provider.
    Revoked,
    /// The last attempt to use or refresh it failed, and it is not known for how long.
    Error,
    /// The key that seals it is not at hand.
    KeyUnavailable,
}

impl Status {
    /// All of them.
    pub const ALL: [Status; 7] = [
        Self::Pending,
        Self::Active,
        Self::Expired,
        Self::NeedsReauth,
        Self::Revoked,
        Self::Error,
        Self::KeyUnavailable,
    ];

    /// As stored and shown: `needs_reauth`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Expired => "expired",
            Self::NeedsReauth => "needs_reauth",
            Self::Revoked => "revoked",
            Self::Error => "error",
            Self::KeyUnavailable => "key_unavailable",
        }
    }

    /// Whether a connection in this state may go over to `next`; the table is above.
    pub fn may_become(self, next: Status) -> bool {
        use Status::*;
        let others: &[Status] = match self {
            Pending => &[Active, Error, Revoked],
            Active => &[Expired, NeedsReauth, Revoked, Error, KeyUnavailable],
            Expired => &[Active, NeedsReauth, Revoked, Error, KeyUnavailable],
            NeedsReauth => &[Active, Revoked, Error, KeyUnavailable],
            Revoked => &[],
            Error => &[Active, Expired, NeedsReauth, Revoked, KeyUnavailable],
            KeyUnavailable => &[Active, NeedsReauth, Revoked, Error],
        };
        self == next || others.contains(&next)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or_else(|| {
            let all = Self::ALL.map(Self::as_str).join(", ");
            Invalid::new("status", format!("must be one of {all}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse::<Status>().unwrap(), status);
        }
        let problem = "Active".parse::<Status>().unwrap_err().to_string();
        assert!(problem.starts_with("status: must be one of pending, active, "), "{problem}");
    }

    /// Row by row and column by column in the order of `Status::ALL`, so that a slip in either place shows.
    #[test]
    fn the_whole_table() {
        let table = Status::ALL.map(|from| {
            Status::ALL.map(|to| if from.may_become(to) { 'x' } else { '.' }).iter().collect::<String>()
        });
        // pending active expired needs_reauth revoked error key_unavailable
        assert_eq!(table, ["xx..xx.", ".xxxxxx", ".xxxxxx", ".x.xxxx", "....x..", ".xxxxxx", ".x.xxxx"]);
    }
}
