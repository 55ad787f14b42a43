//! What somebody who was handed one option and wrote another changed: which parts of it, and in an account or config which
//! members.

use std::collections::{HashMap, HashSet};

use super::account::HeldBack;
use super::buffer::Buffer;
use super::plan::{Part, parts};
use super::value::Tree;
use super::{Refused, json};
use crate::domain::{Document, Provider};

/// What a writer changed.
pub struct Diff<'t> {
    /// How many parts of the written option are byte for byte what they were.
    pub unchanged: usize,
    /// What is there that was not, or was something else, in the order of the written option.
    pub written: Vec<Change<'t>>,
    /// What was there and is not, in the order of the option that the writer was handed.
    pub gone: Vec<Part<'t>>,
}

/// A part of the written option that is new or another than before.
pub struct Change<'t> {
    /// What the writer was handed; none where there was nothing.
    pub before: Option<Part<'t>>,
    /// What the writer wrote.
    pub after: Part<'t>,
    /// How many parts of the written option stand before it.
    pub number: usize,
}

/// Compares the option that a writer was handed (none: an empty one) with the written one.
pub fn diff<'t>(
    base: Option<&'t Tree<'_>>,
    option: &'t Tree<'_>,
    known: &'t dyn Fn(&Provider) -> bool,
) -> Result<Diff<'t>, Refused> {
    // In their order, so that what is told of them has one.
    let mut handed: Vec<Option<Part>> = Vec::new();
    if let Some(base) = base {
        handed.extend(parts(base, known)?.map(Some));
    }
    let places: HashMap<Vec<String>, usize> =
        handed.iter().enumerate().filter_map(|(at, part)| Some((part.as_ref()?.slot.path(), at))).collect();
    let mut diff = Diff { unchanged: 0, written: Vec::new(), gone: Vec::new() };
    for (number, after) in parts(option, known)?.enumerate() {
        let before = places.get(&after.slot.path()).and_then(|&at| handed[at].take());
        match before {
            Some(before) if before.raw() == after.raw() => diff.unchanged += 1,
            before => diff.written.push(Change { before, after, number }),
        }
    }
    diff.gone = handed.into_iter().flatten().collect();
    Ok(diff)
}

/// An account or config as somebody has it.
pub struct Members<'a> {
    document: &'a Document,
    /// The members that are missing from the document: names, and what stands there.
    held_back: Vec<(&'a str, &'a [u8])>,
}

impl<'a> Members<'a> {
    /// A document, and what is held back from it: names, with keys and values as PHP serialised them.
    pub fn new(document: &'a Document, held_back: impl Iterator<Item = (&'a str, &'a [u8])>) -> Self {
        Self { document, held_back: held_back.collect() }
    }

    /// As it was found in an option.
    pub fn found(document: &'a Document, held_back: &'a [HeldBack]) -> Self {
        Self::new(document, held_back.iter().map(|one| (one.name.as_str(), one.raw.as_slice())))
    }
}

/// The names of the members that somebody changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// New ones, and those with another value.
    pub written: HashSet<String>,
    /// Those that were taken away.
    pub gone: HashSet<String>,
}

impl Changed {
    /// Between what somebody was handed (none: nothing) and what they wrote. Values are compared opened: a secret that was
    /// only sealed anew is the same.
    pub fn between(before: Option<&Members<'_>>, after: &Members<'_>) -> Self {
        let mut handed = before.map(contents).unwrap_or_default();
        let mut changed = Self::default();
        for (name, content) in contents(after) {
            match handed.remove(&name) {
                Some(before) if before.is(&content) => {}
                _ => drop(changed.written.insert(name)),
            }
        }
        changed.gone = handed.into_keys().collect();
        changed
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.written.is_empty() && self.gone.is_empty()
    }

    /// Whether a member is among them.
    pub fn has(&self, name: &str) -> bool {
        self.written.contains(name) || self.gone.contains(name)
    }
}

/// What is behind a member's name.
enum Content<'a> {
    Json(&'a str),
    HeldBack(&'a [u8]),
}

impl Content<'_> {
    /// Whether PHP cannot tell them apart.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Content::Json(one), Content::Json(other)) => one == other || as_php(one) == as_php(other),
            (Content::HeldBack(one), Content::HeldBack(other)) => one == other,
            _ => false,
        }
    }
}

/// None of what is no JSON: never, of a document.
fn as_php(value: &str) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    let mut out = Buffer::unlimited(2 * value.len());
    json::value(value, &mut out).ok()?;
    Some(out.into_bytes())
}

fn contents<'a>(members: &Members<'a>) -> HashMap<String, Content<'a>> {
    let document = members.document.members();
    let held_back = members.held_back.iter().map(|(name, raw)| ((*name).to_owned(), Content::HeldBack(raw)));
    document
        .map(|member| (member.name.unescape().to_string(), Content::Json(member.value)))
        .chain(held_back)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::legacy::parse_json;

    fn tree(json: &str) -> Tree<'static> {
        parse_json(json.as_bytes()).unwrap()
    }

    fn known(provider: &Provider) -> bool {
        provider.as_str() != "gone"
    }

    /// What was written (`+` where nothing stood there, else `~`), and what is gone (`-`).
    fn told(base: Option<&str>, option: &str) -> (usize, Vec<String>) {
        let (base, option) = (base.map(tree), tree(option));
        let diff = diff(base.as_ref(), &option, &known).unwrap();
        let mut told = Vec::new();
        for change in &diff.written {
            let sign = if change.before.is_some() { '~' } else { '+' };
            told.push(format!("{}{sign}{}", change.number, change.after.slot.path().join("/")));
        }
        told.extend(diff.gone.iter().map(|part| format!("-{}", part.slot.path().join("/"))));
        (diff.unchanged, told)
    }

    const BASE: &str = r#"{"reddit": {"account": {"a": 1}, "accounts": {"x": {"b": 1}, "y": {"c": 1}}, "own": 5,
        "principals": {"user:1": {"account": {"d": 1}, "config": {"e": 1}}}}, "gone": {"account": {"f": 1}}}"#;

    #[test]
    fn the_same_in_another_order_is_no_change() {
        let option = r#"{"gone": {"account": {"f": 1}}, "reddit": {"own": 5, "principals": {"user:1": {"config": {"e": 1},
            "account": {"d": 1}}}, "accounts": {"y": {"c": 1}, "x": {"b": 1}}, "account": {"a": 1}}}"#;
        assert_eq!(told(Some(BASE), option), (7, vec![]));
    }

    #[test]
    fn each_part_that_changed_is_told_by_itself() {
        let option = r#"{"reddit": {"account": {"a": 2}, "accounts": {"y": {"c": 1}, "z": {"b": 1}}, "own": 5,
            "principals": []}, "gone": {"account": {"f": 1}, "new": null}}"#;
        let changed = [
            "0~reddit/account",
            "2+reddit/accounts/z",
            "4+reddit/principals",
            "5~gone",
            "-reddit/accounts/x",
        ];
        let gone = ["-reddit/principals/user:1/account", "-reddit/principals/user:1/config"];
        let all: Vec<String> = changed.iter().chain(&gone).map(|one| (*one).to_owned()).collect();
        assert_eq!(told(Some(BASE), option), (2, all));
    }

    #[test]
    fn without_a_base_all_of_it_is_new() {
        assert_eq!(
            told(None, r#"{"reddit": {"account": {"a": 1}}}"#),
            (0, vec!["0+reddit/account".to_owned()])
        );
        assert_eq!(told(None, "[]"), (0, vec![]));
        assert!(diff(None, &tree("5"), &known).is_err());
    }

    fn between(before: Option<&str>, after: &str) -> (Vec<String>, Vec<String>) {
        let document = |json: &str| Document::parse(json.as_bytes().to_vec().into()).unwrap();
        let (before, after) = (before.map(document), document(after));
        let before = before.as_ref().map(|document| Members::found(document, &[]));
        let changed = Changed::between(before.as_ref(), &Members::found(&after, &[]));
        let sorted = |names: HashSet<String>| {
            let mut names: Vec<String> = names.into_iter().collect();
            names.sort();
            names
        };
        (sorted(changed.written), sorted(changed.gone))
    }

    #[test]
    fn members_are_compared_by_what_php_sees() {
        let before = r#"{"a":1,"b":{},"c":"\u00e9","d":1.0,"e":null}"#;
        assert_eq!(between(Some(before), r#"{"e":null,"d":1.0,"c":"é","b":[],"a":1}"#), (vec![], vec![]));
        let (written, gone) = between(Some(before), r#"{"a":"1","b":[],"c":"é","d":1,"f":0}"#);
        assert_eq!((written, gone), (vec!["a".into(), "d".into(), "f".into()], vec!["e".to_owned()]));
        assert_eq!(between(None, r#"{"a":1}"#), (vec!["a".to_owned()], vec![]));
    }

    #[test]
    fn what_is_held_back_is_compared_as_it_stands() {
        let document = Document::empty();
        let held = |raw: &'static [u8]| Members::new(&document, [("a", raw)].into_iter());
        assert!(Changed::between(Some(&held(b"x")), &held(b"x")).is_empty());
        let changed = Changed::between(Some(&held(b"x")), &held(b"y"));
        assert!(changed.has("a") && changed.gone.is_empty());
        let none = Members::found(&document, &[]);
        assert!(Changed::between(Some(&held(b"x")), &none).gone.contains("a"));
    }
}
