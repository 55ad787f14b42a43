//! The old option's delegations: which agents may do what with whose named mailboxes.
//!
//! ```text
//! email_imap => delegations => { owner: { account name: { agent: { operations, granted_at, granted_by } } } }
//! ```
//!
//! Of `operations` the old plug-in asks whether all that it needs are there; it never looks at the other two, nor at who
//! asks. The delegations of any other provider nothing ever looked at.

use super::buffer::{Buffer, Full};
use super::php::parse_php;
use super::slot::shown;
use super::value::{Items, Key, Kind, Value};
use super::write;
use crate::domain::{AccountName, AgentId, Owner, OwnerClass, Scopes, UnixTime, UserId};

/// Where they stand in the option.
pub const DELEGATIONS: [&str; 2] = ["email_imap", "delegations"];

/// One delegation, or something in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// The keys that lead to it from where delegations stand, as a path shows them: owner, account name, agent.
    pub path: Vec<String>,
    /// What it says.
    pub found: Result<Delegated, NotDelegated>,
}

/// What a delegation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegated {
    /// Whose account.
    pub owner: Owner,
    /// Its name.
    pub account: AccountName,
    /// Who may use it.
    pub agent: AgentId,
    /// For what.
    pub operations: Scopes,
    /// Who gave it, where a person was logged in.
    pub granted_by: Option<UserId>,
    /// When, where that can be read.
    pub granted_at: Option<UnixTime>,
}

/// Why something in the place of a delegation is none that anything could use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotDelegated {
    /// It is no array.
    NotAnArray,
    /// Its owner is none that can have named accounts.
    BadOwner,
    /// Its account name is none, or that of the account without a name, which is not delegated.
    BadAccountName,
    /// Its agent is none.
    BadAgent,
    /// It names no operations, or something that is none.
    BadOperations,
}

impl NotDelegated {
    /// The same for ever, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAnArray => "not_an_array",
            Self::BadOwner => "bad_owner",
            Self::BadAccountName => "bad_account_name",
            Self::BadAgent => "bad_agent",
            Self::BadOperations => "bad_operations",
        }
    }

    /// For the person who owns the site: what it means, and what can be done.
    pub fn text(self) -> &'static str {
        match self {
            Self::NotAnArray => {
                "It is not of the form that Data Machine stores, so it allowed nothing before either. Nothing needs to be \
                 done."
            }
            Self::BadOwner => {
                "It is of nobody who could have a mailbox: an owner is written site:0, user:12 or agent:7. It allowed \
                 nothing before either. Nothing needs to be done."
            }
            Self::BadAccountName => {
                "Its name is none that a named mailbox can have, so it allowed nothing before either. Nothing needs to \
                 be done."
            }
            Self::BadAgent => {
                "It is to nobody: an agent is written agent:7. It allowed nothing before either. Nothing needs to be done."
            }
            Self::BadOperations => {
                "It does not say in words for what it is. If an agent is missing it, give that agent a grant."
            }
        }
    }
}

/// All delegations that were serialised there, in their order.
pub fn delegations(raw: &[u8]) -> Vec<Delegation> {
    let mut found = Vec::new();
    let Ok(tree) = parse_php(raw) else {
        return vec![Delegation { path: Vec::new(), found: Err(NotDelegated::NotAnArray) }];
    };
    walk(tree.root(), &mut Vec::new(), &mut found);
    found
}

fn walk<'t>(value: Value<'t>, keys: &mut Vec<Key<'t>>, found: &mut Vec<Delegation>) {
    let mut add = |what| {
        let path = keys.iter().map(|key| shown(*key)).collect();
        found.push(Delegation { path, found: what });
    };
    match (value.kind(), keys.as_slice()) {
        (Kind::Array(members), [owner, account, agent]) => {
            add(delegated([*owner, *account, *agent], members))
        }
        (Kind::Array(items), _) => {
            for (key, value) in items {
                keys.push(key);
                walk(value, keys, found);
                keys.pop();
            }
        }
        _ => add(Err(NotDelegated::NotAnArray)),
    }
}

fn delegated([owner, account, agent]: [Key; 3], members: Items) -> Result<Delegated, NotDelegated> {
    let has_named_accounts = |owner: &Owner| owner.class() != OwnerClass::Service || *owner == Owner::NETWORK;
    let is_named = |account: &AccountName| *account != AccountName::default();
    let mut delegated = Delegated {
        owner: owner.parsed().filter(has_named_accounts).ok_or(NotDelegated::BadOwner)?,
        account: account.parsed().filter(is_named).ok_or(NotDelegated::BadAccountName)?,
        agent: agent.parsed().ok_or(NotDelegated::BadAgent)?,
        operations: Scopes::default(),
        granted_by: None,
        granted_at: None,
    };
    for (key, value) in members {
        match (key.bytes(), value.kind()) {
            (b"operations", Kind::Array(words)) => {
                let words: Option<Vec<String>> = words.map(|(_, word)| text(word)).collect();
                delegated.operations =
                    words.and_then(|words| Scopes::new(words).ok()).ok_or(NotDelegated::BadOperations)?;
            }
            (b"granted_by", Kind::Int(digits)) => {
                let number = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
                delegated.granted_by = number.and_then(|number| UserId::new(number).ok());
            }
            (b"granted_at", Kind::Str(bytes)) => {
                delegated.granted_at = std::str::from_utf8(bytes).ok().and_then(seconds);
            }
            _ => {}
        }
    }
    if delegated.operations.is_empty() { Err(NotDelegated::BadOperations) } else { Ok(delegated) }
}

fn text(value: Value) -> Option<String> {
    match value.kind() {
        Kind::Str(bytes) => String::from_utf8(bytes.to_vec()).ok(),
        _ => None,
    }
}

/// What PHP's `gmdate('c')` writes: `2026-11-21T16:55:21+00:00`.
fn seconds(text: &str) -> Option<UnixTime> {
    let date = text.strip_suffix("+00:00").or_else(|| text.strip_suffix('Z'))?;
    let bytes = date.as_bytes();
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if bytes.len() != 19 || separators.iter().any(|(at, separator)| bytes[*at] != *separator) {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = date.get(from..to)?;
        digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let in_range =
        (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61;
    if !in_range || year < 1970 {
        return None;
    }
    // Days since 1 March of the year 0, when a leap day is the last of its year; 719468 of them before 1970.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    UnixTime::new(((days * 24 + hour) * 60 + minute) * 60 + second).ok()
}

/// The same without what `gone` says of the keys that lead to it, and without the arrays that are empty after that; none
/// where nothing is left.
pub fn without_delegations(raw: &[u8], gone: &dyn Fn(&[String]) -> bool) -> Option<Vec<u8>> {
    let tree = parse_php(raw).ok()?;
    rest(tree.root(), &mut Vec::new(), gone)
}

fn rest(value: Value, path: &mut Vec<String>, gone: &dyn Fn(&[String]) -> bool) -> Option<Vec<u8>> {
    let Kind::Array(items) = value.kind() else { return Some(value.raw().to_vec()) };
    if path.len() == DEPTH {
        return Some(value.raw().to_vec());
    }
    let (mut left, mut count, mut removed) = (Vec::new(), 0, false);
    for (key, value) in items {
        path.push(shown(key));
        let kept = if gone(path) { None } else { rest(value, path, gone) };
        path.pop();
        let Some(kept) = kept else {
            removed = true;
            continue;
        };
        left.extend_from_slice(key.raw());
        left.extend(kept);
        count += 1;
    }
    // A buffer without a limit is never full.
    if removed && count == 0 { None } else { array(count, &left).ok() }
}

fn array(count: usize, elements: &[u8]) -> Result<Vec<u8>, Full> {
    let mut out = Buffer::unlimited(elements.len());
    write::begin_array(count, &mut out)?;
    out.push(elements)?;
    out.push(b"}")?;
    Ok(std::mem::take(&mut *out.into_bytes()))
}

/// How many keys lead to a delegation.
pub(super) const DEPTH: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::legacy::parse_json;

    fn php(json: &str) -> Vec<u8> {
        parse_json(json.as_bytes()).unwrap().root().raw().to_vec()
    }

    const GOOD: &str =
        r#"{"operations": ["read"], "granted_at": "2026-11-21T16:55:21+00:00", "granted_by": 1}"#;

    #[test]
    fn each_is_read_or_told_by_its_place() {
        let all = delegations(&php(&format!(
            r#"{{"site:0": {{"desk": {{"agent:5": {GOOD}, "agent:05": {GOOD}, "user:5": {GOOD}, "agent:6": 1,
                                     "agent:7": {{"operations": []}}, "agent:8": {{}}, "agent:9": {{"operations": "read"}},
                                     "agent:10": {{"operations": [1]}}, "agent:11": {{"operations": ["two words"]}}}},
                           "default": {{"agent:5": {GOOD}}}, "Desk": {{"agent:5": {GOOD}}}, "box": 3}},
                "site:2": {{"desk": {{"agent:5": {GOOD}}}}}, "org:x": {{"desk": {{"agent:5": {GOOD}}}}}, "user:1": null,
                "agent:5": {{"own": {{"agent:6": {{"operations": {{"3": "send", "7": "read"}}}}}}}}}}"#
        )));
        let told: Vec<String> = all
            .iter()
            .map(|one| match &one.found {
                Ok(found) => format!("{}: {} {}", one.path.join(" "), found.agent, found.operations),
                Err(why) => format!("{}: {}", one.path.join(" "), why.code()),
            })
            .collect();
        assert_eq!(
            told,
            [
                "site:0 desk agent:5: agent:5 read",
                "site:0 desk agent:05: bad_agent",
                "site:0 desk user:5: bad_agent",
                "site:0 desk agent:6: not_an_array",
                "site:0 desk agent:7: bad_operations",
                "site:0 desk agent:8: bad_operations",
                "site:0 desk agent:9: bad_operations",
                "site:0 desk agent:10: bad_operations",
                "site:0 desk agent:11: bad_operations",
                "site:0 default agent:5: bad_account_name",
                "site:0 Desk agent:5: bad_account_name",
                "site:0 box: not_an_array",
                "site:2 desk agent:5: bad_owner",
                "org:x desk agent:5: bad_owner",
                "user:1: not_an_array",
                "agent:5 own agent:6: agent:6 read send",
            ]
        );
        let first = all[0].found.clone().unwrap();
        assert_eq!(first.granted_by.unwrap().to_string(), "user:1");
        assert_eq!(first.granted_at.unwrap().seconds(), 1_795_280_121);
        assert_eq!(all.last().unwrap().found.clone().unwrap().granted_at, None);
        assert_eq!(delegations(b"i:5;")[0].found, Err(NotDelegated::NotAnArray));
        assert_eq!(delegations(b"a:0:{}"), []);
    }

    #[test]
    fn times_are_those_of_php() {
        for (text, expected) in [
            ("1970-01-01T00:00:00+00:00", Some(0)),
            ("2024-02-29T23:59:59Z", Some(1_709_251_199)),
            ("2000-03-01T00:00:00+00:00", Some(951_868_800)),
            ("2100-02-28T12:30:00+00:00", Some(4_107_501_000)),
            ("2024-13-01T00:00:00+00:00", None),
            ("2024-01-01 00:00:00+00:00", None),
            ("2024-01-01T00:00:00+02:00", None),
            ("2024-01-01T00:00:0é+00:00", None),
            ("+024-01-01T00:00:00+00:00", None),
            ("", None),
        ] {
            assert_eq!(seconds(text).map(UnixTime::seconds), expected, "{text}");
        }
    }

    #[test]
    fn what_is_gone_takes_the_arrays_along_that_are_empty_then() {
        let raw = php(
            r#"{"user:1": {"a": {"agent:5": {"x": {"y": 1}}, "agent:6": {}}, "b": {"agent:5": {}}, "c": []},
                          "user:2": {"a": {"agent:5": {}}}, "user:3": []}"#,
        );
        let left = |gone: &dyn Fn(&[String]) -> bool| without_delegations(&raw, gone);
        assert_eq!(left(&|_| false).unwrap(), raw);
        assert_eq!(
            left(&|path| path.get(2).is_some_and(|agent| agent == "agent:5")).unwrap(),
            php(r#"{"user:1": {"a": {"agent:6": {}}, "c": []}, "user:3": []}"#)
        );
        assert_eq!(left(&|path| path[0] != "user:3").unwrap(), php(r#"{"user:3": []}"#));
        assert_eq!(left(&|_| true), None);
        assert_eq!(without_delegations(b"i:5;", &|_| true).unwrap(), b"i:5;");
    }
}
