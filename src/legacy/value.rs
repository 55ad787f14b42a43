//! The old option as values over its own bytes.
//!
//! Parsing leaves no tree of allocations behind but a tape: one small node per key and value, in the order of the
//! text, that says where it lies. Nothing is copied out of the text, so there is nothing more to wipe than the text
//! itself; dropping it never recurses; and what has to be kept as it was is simply a slice.

use zeroize::Zeroizing;

/// A parsed option. It has no `Debug`: nearly all of it is secret.
pub struct Tree<'a> {
    source: Source<'a>,
    nodes: Vec<Node>,
}

/// The serialised bytes: the caller's own, or ours where the option came as JSON.
pub(super) enum Source<'a> {
    Borrowed(&'a [u8]),
    Owned(Zeroizing<Vec<u8>>),
}

impl Source<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }
}

/// Where one key or value lies. A key's node is followed by its value's, and that by what is in it.
#[derive(Clone, Copy)]
pub(super) struct Node {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Of a value: the first node behind it and all that is in it. Of a key: the node of its value, which is not
    /// the one behind it where the key occurs again later; [`Node::REPEATED`] where it occurred before.
    pub(super) next: u32,
}

impl Node {
    /// No key's value: the first node is the option itself.
    pub(super) const REPEATED: u32 = 0;
}

impl<'a> Tree<'a> {
    /// Only a parser makes one: the accessors below rely on what it has checked.
    pub(super) fn new(source: Source<'a>, nodes: Vec<Node>) -> Self {
        Self { source, nodes }
    }

    /// The option itself.
    pub fn root(&self) -> Value<'_> {
        Value { bytes: self.source.bytes(), nodes: &self.nodes, index: 0 }
    }
}

/// One value of the option.
#[derive(Clone, Copy)]
pub struct Value<'t> {
    bytes: &'t [u8],
    nodes: &'t [Node],
    index: u32,
}

/// What a value is.
pub enum Kind<'t> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer in decimal digits, which is also how JSON writes it.
    Int(&'t [u8]),
    /// A floating point number; it may be infinite or not a number.
    Float(f64),
    /// A string of any bytes.
    Str(&'t [u8]),
    /// An array.
    Array(Items<'t>),
    /// A PHP object or enum case, which is never looked into.
    Object,
}

impl<'t> Value<'t> {
    /// What it is.
    pub fn kind(self) -> Kind<'t> {
        let raw = self.raw();
        match raw {
            [b'b', _, digit, ..] => Kind::Bool(*digit == b'1'),
            [b'i', ..] => Kind::Int(scalar(raw)),
            [b'd', ..] => Kind::Float(float(scalar(raw)).unwrap_or(f64::NAN)),
            [b's', ..] => Kind::Str(string(raw)),
            [b'a', ..] => Kind::Array(Items {
                bytes: self.bytes,
                nodes: self.nodes,
                index: self.index + 1,
                end: self.node().next,
            }),
            [b'N', ..] => Kind::Null,
            _ => Kind::Object,
        }
    }

    /// The value as it is stored, PHP-serialised.
    pub fn raw(self) -> &'t [u8] {
        let node = self.node();
        &self.bytes[node.start as usize..node.end as usize]
    }

    fn node(self) -> Node {
        self.nodes[self.index as usize]
    }
}

/// The key of an array's element.
#[derive(Clone, Copy)]
pub struct Key<'t>(&'t [u8]);

impl<'t> Key<'t> {
    pub(super) fn of(raw: &'t [u8]) -> Self {
        Self(raw)
    }

    /// What it is to PHP. There the keys 5 and "5" are one and the same, so an integer is its digits here.
    pub fn bytes(self) -> &'t [u8] {
        match self.0 {
            [b'i', ..] => scalar(self.0),
            _ => string(self.0),
        }
    }

    /// As one of the domain's names.
    pub(super) fn parsed<T: std::str::FromStr>(self) -> Option<T> {
        std::str::from_utf8(self.bytes()).ok()?.parse().ok()
    }

    /// The key as it is stored, PHP-serialised.
    pub fn raw(self) -> &'t [u8] {
        self.0
    }
}

/// The elements of an array in PHP's order. Of a key that occurs more than once, PHP takes the first place and the
/// last value.
#[derive(Clone)]
pub struct Items<'t> {
    bytes: &'t [u8],
    nodes: &'t [Node],
    index: u32,
    end: u32,
}

impl Items<'_> {
    /// Whether there is none. To be asked before the first is taken.
    pub fn is_empty(&self) -> bool {
        self.index == self.end
    }

    /// Whether the keys are 0, 1, 2 ..., which is what makes it `[...]` in JSON.
    pub fn is_list(&self) -> bool {
        self.clone().zip(0..).all(|((key, _), position)| integer(key.bytes()) == Some(position))
    }
}

impl<'t> Iterator for Items<'t> {
    type Item = (Key<'t>, Value<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        while self.index < self.end {
            let key = self.nodes[self.index as usize];
            self.index = self.nodes[self.index as usize + 1].next;
            if key.next != Node::REPEATED {
                let value = Value { bytes: self.bytes, nodes: self.nodes, index: key.next };
                return Some((Key(&self.bytes[key.start as usize..key.end as usize]), value));
            }
        }
        None
    }
}

/// What PHP takes for an integer wherever it has the choice (array keys): decimal digits without plus sign, leading
/// zeros or minus zero, that fit into 64 bits.
pub(super) fn integer(text: &[u8]) -> Option<i64> {
    let canonical = matches!(text, b"0" | [b'-', b'1'..=b'9', ..] | [b'1'..=b'9', ..]);
    // What the parser refuses are other characters and numbers that do not fit.
    if canonical { std::str::from_utf8(text).ok()?.parse().ok() } else { None }
}

/// What is between the colon and the semicolon of `d:0.5;`.
fn scalar(raw: &[u8]) -> &[u8] {
    raw.get(2..raw.len().saturating_sub(1)).unwrap_or_default()
}

/// What is between the quotes of `s:5:"hello";`.
fn string(raw: &[u8]) -> &[u8] {
    let start = raw.iter().position(|&byte| byte == b'"').map_or(0, |quote| quote + 1);
    raw.get(start..raw.len().saturating_sub(2)).unwrap_or_default()
}

/// Rust knows PHP's spellings, `INF` and `NAN` too, and rounds as PHP does.
pub(super) fn float(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
