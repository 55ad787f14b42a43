//! What somebody changed of the delegations, laid over those that are there now.

use std::collections::{HashMap, HashSet};

use super::delegations::{DEPTH, Delegation, delegations};
use super::php::parse_php;
use super::rebuild::Rebuilt;
use super::slot::shown;
use super::value::{Kind, Value};
use crate::domain::SecretBytes;

/// Delegations after a write.
pub struct MergedDelegations {
    /// As PHP serialises them; none where there is nothing any more.
    pub raw: Option<SecretBytes>,
    /// Those that were added, or say something else now.
    pub written: Vec<Delegation>,
    /// Those that were taken away.
    pub gone: Vec<Delegation>,
}

/// Lays what lies between `handed` and `written` over `stored`, delegation by delegation. All of them are serialised arrays,
/// or whatever else stands in their place.
pub fn merge_delegations(
    stored: Option<&[u8]>,
    handed: Option<&[u8]>,
    written: Option<&[u8]>,
) -> MergedDelegations {
    let [stored, before, after] = [stored, handed, written].map(|raw| raw.map(leaves).unwrap_or_default());
    let by_path = |leaves: &'_ [Leaf]| -> HashMap<Vec<String>, Vec<u8>> {
        leaves.iter().map(|leaf| (leaf.path.clone(), leaf.raw.clone())).collect()
    };
    let (was, is) = (by_path(&before), by_path(&after));
    let gone: HashSet<&[String]> = before.iter().map(path).filter(|path| !is.contains_key(*path)).collect();
    let is_new = |leaf: &&Leaf| was.get(&leaf.path) != Some(&leaf.raw);
    let new: HashSet<&[String]> = after.iter().filter(is_new).map(path).collect();
    let mut merged = Rebuilt::default();
    let mut any = false;
    for leaf in stored.iter().filter(|leaf| !gone.contains(path(leaf))) {
        // What is written in its place keeps that.
        let raw = is.get(&leaf.path).filter(|_| new.contains(path(leaf))).unwrap_or(&leaf.raw);
        any |= put(&mut merged, &leaf.path, raw);
    }
    for leaf in after.iter().filter(|leaf| new.contains(path(leaf))) {
        any |= put(&mut merged, &leaf.path, &leaf.raw);
    }
    let told = |raw: Option<&[u8]>, all: &HashSet<&[String]>| {
        let mut told = raw.map(delegations).unwrap_or_default();
        told.retain(|one| all.contains(one.path.as_slice()));
        told
    };
    // No array at all, or an empty one.
    let alone = |leaf: &&Leaf| leaf.path.is_empty();
    let written_alone = after.iter().filter(|leaf| new.contains(path(leaf))).find(alone);
    let stays_alone = || stored.iter().find(alone).filter(|leaf| is.contains_key(&leaf.path));
    let raw = match written_alone.or_else(stays_alone) {
        Some(alone) if !any => Some(alone.raw.clone().into()),
        _ => any.then(|| merged.into_php()),
    };
    MergedDelegations { raw, written: told(written, &new), gone: told(handed, &gone) }
}

/// Puts a leaf to its place; an empty array only where nothing stands. Says whether it is there.
fn put(merged: &mut Rebuilt, path: &[String], raw: &[u8]) -> bool {
    if path.is_empty() || (raw == b"a:0:{}" && merged.has(path)) {
        return false;
    }
    merged.put(path, raw.to_vec().into());
    true
}

/// A delegation, or what ends a path before there is one.
struct Leaf {
    path: Vec<String>,
    raw: Vec<u8>,
}

fn path(leaf: &Leaf) -> &[String] {
    &leaf.path
}

fn leaves(raw: &[u8]) -> Vec<Leaf> {
    let mut found = Vec::new();
    match parse_php(raw) {
        Ok(tree) => walk(tree.root(), &mut Vec::new(), &mut found),
        Err(_) => found.push(Leaf { path: Vec::new(), raw: raw.to_vec() }),
    }
    found
}

fn walk(value: Value<'_>, path: &mut Vec<String>, found: &mut Vec<Leaf>) {
    match value.kind() {
        Kind::Array(items) if path.len() < DEPTH && !items.is_empty() => {
            for (key, value) in items {
                path.push(shown(key));
                walk(value, path, found);
                path.pop();
            }
        }
        _ => found.push(Leaf { path: path.clone(), raw: value.raw().to_vec() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::legacy::parse_json;

    fn php(json: &str) -> Vec<u8> {
        parse_json(json.as_bytes()).unwrap().root().raw().to_vec()
    }

    /// What is left, and the names of what was written and what is gone.
    fn merged(
        stored: Option<&str>,
        handed: Option<&str>,
        written: Option<&str>,
    ) -> (Option<Vec<u8>>, Vec<String>, Vec<String>) {
        let [stored, handed, written] = [stored, handed, written].map(|json| json.map(php));
        let merged = merge_delegations(stored.as_deref(), handed.as_deref(), written.as_deref());
        let names = |all: Vec<Delegation>| all.into_iter().map(|one| one.path.join(" ")).collect();
        (merged.raw.map(|raw| raw.to_vec()), names(merged.written), names(merged.gone))
    }

    const ONE: &str = r#"{"site:0": {"desk": {"agent:5": {"n": 1}}}}"#;
    const TWO: &str = r#"{"site:0": {"desk": {"agent:5": {"n": 1}, "agent:6": {"n": 2}}}}"#;

    #[test]
    fn what_two_writers_add_and_take_away_goes_together() {
        let both = r#"{"site:0": {"desk": {"agent:5": {"n": 1}, "agent:7": {"n": 3}, "agent:6": {"n": 2}}}}"#;
        let other = r#"{"site:0": {"desk": {"agent:5": {"n": 1}, "agent:7": {"n": 3}}}}"#;
        let (left, written, gone) = merged(Some(other), Some(ONE), Some(TWO));
        assert_eq!((left, written, gone), (Some(php(both)), vec!["site:0 desk agent:6".to_owned()], vec![]));
        let (left, written, gone) = merged(Some(both), Some(TWO), Some(ONE));
        assert_eq!((left, written, gone), (Some(php(other)), vec![], vec!["site:0 desk agent:6".to_owned()]));
        // Taken away by one, unchanged for the other.
        assert_eq!(merged(Some(ONE), Some(TWO), Some(TWO)), (Some(php(ONE)), vec![], vec![]));
    }

    #[test]
    fn what_is_written_keeps_its_place_and_its_form() {
        let changed = r#"{"site:0": {"desk": {"agent:5": {"n": 9}, "agent:6": {"n": 2}}}}"#;
        let (left, written, _) = merged(Some(TWO), Some(TWO), Some(changed));
        assert_eq!((left, written), (Some(php(changed)), vec!["site:0 desk agent:5".to_owned()]));
        for odd in [
            r#"{"site:0": {"desk": []}}"#,
            r#"{"site:0": 5}"#,
            "[]",
            "5",
            r#"{"a": {"b": {"c": 1, "d": []}}}"#,
        ] {
            assert_eq!(merged(Some(ONE), Some(ONE), Some(odd)).0, Some(php(odd)), "{odd}");
            assert_eq!(merged(Some(odd), Some(odd), Some(TWO)).0, Some(php(TWO)), "{odd}");
            assert_eq!(merged(None, None, Some(odd)).0, Some(php(odd)), "{odd}");
            assert_eq!(merged(Some(odd), Some(odd), None).0, None, "{odd}");
            assert_eq!(merged(Some(odd), Some(odd), Some(odd)).0, Some(php(odd)), "{odd}");
        }
        // Emptied by one while another gave to somebody else.
        let other = r#"{"site:0": {"desk": {"agent:5": {"n": 1}, "agent:7": {"n": 3}}}}"#;
        let left = r#"{"site:0": {"desk": {"agent:7": {"n": 3}}}}"#;
        assert_eq!(merged(Some(other), Some(ONE), Some(r#"{"site:0": {"desk": []}}"#)).0, Some(php(left)));
        assert_eq!(merged(None, None, None), (None, vec![], vec![]));
    }
}
