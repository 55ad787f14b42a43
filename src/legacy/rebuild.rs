//! The way back: the option put together again, place by place.

use std::collections::HashMap;

use super::buffer::{Buffer, Full};
use super::encode::{self, NotJson};
use super::value::{Items, Kind, integer};
use super::{MAX_DEPTH, parse_php, write};
use crate::domain::SecretBytes;

/// An option that is being put together. Whatever is put somewhere comes behind what is there already, as in PHP.
#[derive(Default)]
pub struct Rebuilt {
    root: Branch,
    bytes: usize,
}

/// What became of something that was put into the option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is there.
    Placed,
    /// It is there, and what stood at the place that so many of its keys lead to gave way.
    Replaced(usize),
}

enum Node {
    Branch(Branch),
    /// A value as PHP serialises it.
    Leaf(SecretBytes),
}

#[derive(Default)]
struct Branch {
    children: Vec<(Vec<u8>, Node)>,
    /// Where the children are, of the first so many of them. Made when it pays.
    index: HashMap<Vec<u8>, usize>,
}

/// So many children are looked through faster than an index is made.
const FEW: usize = 8;

impl Branch {
    fn find(&mut self, key: &[u8]) -> Option<usize> {
        if self.children.len() <= FEW {
            return self.children.iter().position(|(name, _)| name == key);
        }
        for at in self.index.len()..self.children.len() {
            self.index.insert(self.children[at].0.clone(), at);
        }
        self.index.get(key).copied()
    }

    /// The branch under a key, made where there is none, and whether something gave way to it: a leaf that is an array
    /// opens up.
    fn below(&mut self, key: &[u8]) -> (&mut Branch, bool) {
        let mut gave_way = false;
        let at = self.find(key).unwrap_or_else(|| self.add(key, Node::Branch(Branch::default())));
        let node = &mut self.children[at].1;
        if let Node::Leaf(raw) = node {
            *node = Node::Branch(opened(raw).unwrap_or_else(|| {
                gave_way = true;
                Branch::default()
            }));
        }
        match node {
            Node::Branch(branch) => (branch, gave_way),
            Node::Leaf(_) => unreachable!("it was just made a branch"),
        }
    }

    fn add(&mut self, key: &[u8], node: Node) -> usize {
        self.children.push((key.to_vec(), node));
        self.children.len() - 1
    }

    /// Whether PHP takes it for a list.
    fn is_list(&self) -> bool {
        self.children.iter().zip(0..).all(|((key, _), position)| integer(key) == Some(position))
    }
}

/// A serialised array as a branch of leaves.
fn opened(raw: &[u8]) -> Option<Branch> {
    let tree = parse_php(raw).ok()?;
    let Kind::Array(items) = tree.root().kind() else { return None };
    let leaf = |(key, value): <Items as Iterator>::Item| {
        (key.bytes().to_vec(), Node::Leaf(value.raw().to_vec().into()))
    };
    Some(Branch { children: items.map(leaf).collect(), index: HashMap::new() })
}

impl Rebuilt {
    /// Puts a serialised value to a place, whose keys are as [`Slot::path`](super::Slot::path) shows them. What stood
    /// there gives way; an array that stands above it opens up and keeps its other elements.
    pub fn put(&mut self, path: &[String], raw: SecretBytes) -> Put {
        let mut put = Put::Placed;
        let Some((last, above)) = path.split_last() else { return put };
        let mut branch = &mut self.root;
        for (depth, key) in above.iter().enumerate() {
            self.bytes += key.len();
            let (below, gave_way) = branch.below(&unshown(key));
            if gave_way {
                put = Put::Replaced(depth + 1);
            }
            branch = below;
        }
        let last = unshown(last);
        self.bytes += last.len() + raw.len();
        match branch.find(&last) {
            Some(at) => {
                branch.children[at].1 = Node::Leaf(raw);
                put = Put::Replaced(path.len());
            }
            None => {
                branch.add(&last, Node::Leaf(raw));
            }
        }
        put
    }

    /// Whether something stands at a place already, or in it.
    pub fn has(&mut self, path: &[String]) -> bool {
        let mut branch = &mut self.root;
        for (depth, key) in path.iter().enumerate() {
            let Some(at) = branch.find(&unshown(key)) else { return false };
            match &mut branch.children[at].1 {
                Node::Branch(below) => branch = below,
                Node::Leaf(_) => return depth + 1 == path.len(),
            }
        }
        true
    }

    /// As PHP's `serialize()` writes it.
    pub fn into_php(self) -> SecretBytes {
        let mut out = Buffer::unlimited(self.bytes + self.bytes / 4 + 64);
        // It cannot be full.
        let _ = php(Node::Branch(self.root), &mut out);
        bytes_of(out)
    }

    /// As PHP's `json_encode()` writes it. Whoever put something in made sure of it with [`check_json`].
    pub fn into_json(self) -> Result<SecretBytes, NotJson> {
        let mut out = Buffer::unlimited(self.bytes + self.bytes / 4 + 64);
        json(Node::Branch(self.root), &mut out).map_err(not_json)?;
        Ok(bytes_of(out))
    }
}

fn bytes_of(out: Buffer) -> SecretBytes {
    std::mem::take(&mut *out.into_bytes()).into()
}

fn php(node: Node, out: &mut Buffer) -> Result<(), Full> {
    match node {
        Node::Leaf(raw) => out.push(&raw),
        Node::Branch(branch) => {
            write::begin_array(branch.children.len(), out)?;
            // Leaves go as they are written, so that not all of it is in memory twice.
            for (key, node) in branch.children {
                write::key(&key, out)?;
                php(node, out)?;
            }
            out.push(b"}")
        }
    }
}

fn json(node: Node, out: &mut Buffer) -> Result<(), encode::Error> {
    match node {
        Node::Leaf(raw) => json_leaf(&raw, out),
        Node::Branch(branch) => {
            let is_list = branch.is_list();
            out.push(if is_list { b"[" } else { b"{" })?;
            for (position, (key, node)) in branch.children.into_iter().enumerate() {
                if position > 0 {
                    out.push(b",")?;
                }
                if !is_list {
                    encode::string(&key, out)?;
                    out.push(b":")?;
                }
                json(node, out)?;
            }
            Ok(out.push(if is_list { b"]" } else { b"}" })?)
        }
    }
}

fn json_leaf(raw: &[u8], out: &mut Buffer) -> Result<(), encode::Error> {
    // Only serialised values get here; what is none is an object at least to JSON.
    let tree = parse_php(raw).map_err(|_| encode::Error::NotJson(NotJson::Object))?;
    encode::value(tree.root(), MAX_DEPTH, out)
}

fn not_json(error: encode::Error) -> NotJson {
    match error {
        encode::Error::NotJson(what) => what,
        // Never: the buffer has no limit.
        encode::Error::Full => NotJson::TooDeep,
    }
}

/// Whether JSON can hold a serialised value at a place.
pub fn check_json(path: &[String], raw: &[u8]) -> Result<(), NotJson> {
    let mut out = Buffer::unlimited(raw.len());
    let keys = path.iter().try_for_each(|key| encode::string(&unshown(key), &mut out));
    keys.and_then(|()| json_leaf(raw, &mut out)).map_err(not_json)
}

/// The same for a member, which is a serialised key and value.
pub fn check_json_member(raw: &[u8]) -> Result<(), NotJson> {
    let array = SecretBytes::from([b"a:1:{", raw, b"}"].concat());
    check_json(&[], &array)
}

/// A key that [`shown`](super::slot::shown) made a part of a path, as it was.
fn unshown(key: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(key.len());
    let mut rest = key.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next() {
                Some(b't') => b'\t',
                Some(b'r') => b'\r',
                Some(b'n') => b'\n',
                Some(b'x') => {
                    let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
                    let (high, low) = (digit().unwrap_or(0), digit().unwrap_or(0));
                    (high << 4 | low) as u8
                }
                other => other.unwrap_or(b'\\'),
            },
            plain => plain,
        });
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::legacy::Key;
    use crate::legacy::slot::shown;

    fn path(keys: &[&str]) -> Vec<String> {
        keys.iter().map(|key| (*key).to_owned()).collect()
    }

    fn put(option: &mut Rebuilt, keys: &[&str], raw: &str) -> Put {
        option.put(&path(keys), raw.as_bytes().to_vec().into())
    }

    fn text(bytes: &SecretBytes) -> String {
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn every_key_comes_back_from_a_path() {
        for key in
            [&b"plain"[..], b"back\\slash", b"\\x41", b"\xff\0\n\t\r'\"", "\u{1}\u{e9}".as_bytes(), b""]
        {
            let raw = [format!("s:{}:\"", key.len()).as_bytes(), key, b"\";"].concat();
            assert_eq!(unshown(&shown(Key::of(&raw))), key, "{}", key.escape_ascii());
        }
    }

    #[test]
    fn places_keep_their_order_and_integers_are_integers() {
        let mut option = Rebuilt::default();
        assert_eq!(put(&mut option, &["b", "z"], "i:1;"), Put::Placed);
        put(&mut option, &["a"], "s:1:\"x\";");
        put(&mut option, &["b", "5"], "N;");
        assert!(
            option.has(&path(&["b"])) && option.has(&path(&["b", "5"])) && !option.has(&path(&["b", "6"]))
        );
        assert_eq!(
            text(&option.into_php()),
            "a:2:{s:1:\"b\";a:2:{s:1:\"z\";i:1;i:5;N;}s:1:\"a\";s:1:\"x\";}"
        );
    }

    #[test]
    fn an_array_opens_up_for_what_is_put_into_it_and_anything_else_gives_way() {
        let mut option = Rebuilt::default();
        put(&mut option, &["gone"], "a:2:{s:1:\"a\";a:1:{s:1:\"k\";i:1;}s:1:\"b\";i:2;}");
        assert_eq!(put(&mut option, &["gone", "a", "n"], "i:3;"), Put::Placed);
        assert_eq!(put(&mut option, &["gone", "b", "n"], "i:4;"), Put::Replaced(2));
        assert_eq!(put(&mut option, &["gone", "a", "k"], "i:5;"), Put::Replaced(3));
        assert!(!option.has(&path(&["gone", "a", "k", "deeper"])));
        assert_eq!(text(&option.into_json().unwrap()), r#"{"gone":{"a":{"k":5,"n":3},"b":{"n":4}}}"#);
    }

    #[test]
    fn many_children_are_found_again() {
        let mut option = Rebuilt::default();
        for number in 0..100 {
            assert_eq!(put(&mut option, &["p", &format!("user:{number}"), "a"], "i:1;"), Put::Placed);
        }
        for number in 0..100 {
            assert_eq!(put(&mut option, &["p", &format!("user:{number}"), "a"], "i:2;"), Put::Replaced(3));
        }
        assert!(
            text(&option.into_php()).starts_with("a:1:{s:1:\"p\";a:100:{s:6:\"user:0\";a:1:{s:1:\"a\";i:2;}")
        );
    }

    #[test]
    fn lists_and_nothing_at_all_look_as_in_php() {
        assert_eq!(text(&Rebuilt::default().into_json().unwrap()), "[]");
        assert_eq!(text(&Rebuilt::default().into_php()), "a:0:{}");
        let mut option = Rebuilt::default();
        put(&mut option, &["p", "0"], "b:1;");
        put(&mut option, &["p", "1"], "d:0.5;");
        assert_eq!(text(&option.into_json().unwrap()), r#"{"p":[true,0.5]}"#);
    }

    #[test]
    fn what_json_cannot_hold_is_said_before() {
        assert_eq!(check_json(&path(&["a\\xff"]), b"N;"), Err(NotJson::NotUtf8));
        assert_eq!(check_json(&[], b"d:INF;"), Err(NotJson::NotFinite));
        assert_eq!(check_json_member(b"i:1;O:1:\"A\":0:{}"), Err(NotJson::Object));
        assert_eq!(check_json_member(b"i:1;s:1:\"x\";"), Ok(()));
    }
}
