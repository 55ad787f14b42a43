//! A parser of PHP's `serialize()` format that instantiates nothing.
//!
//! It takes what `serialize()` writes and refuses what `unserialize()` merely puts up with (plus signs, leading
//! zeros, integers that do not fit, escaped strings): whatever it accepts, PHP reads alike. It does not recurse, and
//! what the text declares about itself, counts and lengths, is only ever compared with the bytes that are there.

use super::value::{Key, Node, Source, Tree, float, integer};
use super::{MAX_BYTES, MAX_DEPTH, Refused};

/// Parses an option as WordPress stores it.
pub fn parse_php(bytes: &[u8]) -> Result<Tree<'_>, Refused> {
    parse(Source::Borrowed(bytes))
}

pub(super) fn parse(source: Source<'_>) -> Result<Tree<'_>, Refused> {
    // WordPress trims an option before it unserialises it, and files end in newlines.
    let bytes = source.bytes().trim_ascii_end();
    if bytes.len() > MAX_BYTES {
        return Err(Refused::new(MAX_BYTES, "more than 16 MiB"));
    }
    let mut parser = Parser { bytes, at: 0, nodes: Vec::new(), open: Vec::new(), keys: Vec::new() };
    parser.run()?;
    let nodes = parser.nodes;
    Ok(Tree::new(source, nodes))
}

/// No element of an array takes fewer bytes than this one.
const SHORTEST_ELEMENT: &str = "i:0;N;";

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    open: Vec<Open>,
    /// Scratch for the search for repeated keys.
    keys: Vec<u32>,
}

/// An array or object whose end has not been reached.
struct Open {
    /// How many of its elements are still to come.
    left: usize,
    node: Option<u32>,
    /// Whether what is in it gets nodes: not in an object, which is kept but never looked into.
    shown: bool,
}

impl Parser<'_> {
    fn run(&mut self) -> Result<(), Refused> {
        self.value()?;
        while let Some(open) = self.open.last_mut() {
            if open.left == 0 {
                self.close()?;
            } else {
                open.left -= 1;
                self.key()?;
                self.value()?;
            }
        }
        if self.at == self.bytes.len() {
            Ok(())
        } else {
            self.refuse("something follows the end of the value")
        }
    }

    fn value(&mut self) -> Result<(), Refused> {
        let node = self.begin();
        match self.bytes.get(self.at) {
            Some(b'N') => self.expect(b"N")?,
            Some(b'b') => self.bool()?,
            Some(b'i') => self.int()?,
            Some(b'd') => self.float()?,
            Some(b's') => self.string(b"s:")?,
            Some(b'E') => self.string(b"E:")?,
            Some(b'C') => {
                self.custom_object()?;
                self.end(node);
                return Ok(());
            }
            Some(b'a') => {
                self.expect(b"a")?;
                return self.open(node, true);
            }
            Some(b'O') => {
                self.string(b"O:")?;
                return self.open(node, false);
            }
            Some(b'R' | b'r') => {
                return self.refuse("a PHP reference, which an option of Data Machine never has");
            }
            Some(_) => return self.refuse("not the beginning of a PHP-serialised value"),
            None => return self.refuse("the text ends too early"),
        }
        self.expect(b";")?;
        self.end(node);
        Ok(())
    }

    fn key(&mut self) -> Result<(), Refused> {
        let node = self.begin();
        match self.bytes.get(self.at) {
            Some(b'i') => self.int()?,
            Some(b's') => self.string(b"s:")?,
            _ => return self.refuse("expected an array key: an integer or a string"),
        }
        self.expect(b";")?;
        self.end(node);
        Ok(())
    }

    fn bool(&mut self) -> Result<(), Refused> {
        self.expect(b"b:")?;
        match self.bytes.get(self.at) {
            Some(b'0' | b'1') => self.at += 1,
            _ => return self.refuse("a boolean that is neither 0 nor 1"),
        }
        Ok(())
    }

    fn int(&mut self) -> Result<(), Refused> {
        self.expect(b"i:")?;
        let rest = &self.bytes[self.at..];
        let length = rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'-').count();
        if integer(&rest[..length]).is_none() {
            return self.refuse("not an integer of 64 bits as PHP writes it");
        }
        self.at += length;
        Ok(())
    }

    fn float(&mut self) -> Result<(), Refused> {
        self.expect(b"d:")?;
        let rest = &self.bytes[self.at..];
        let length = rest.iter().take_while(|byte| **byte != b';').count();
        if !is_float(&rest[..length]) {
            return self.refuse("not a floating point number as PHP writes it");
        }
        self.at += length;
        Ok(())
    }

    /// `s:5:"hello"` and what begins like it.
    fn string(&mut self, tag: &[u8]) -> Result<(), Refused> {
        self.expect(tag)?;
        let length = self.number()?;
        self.expect(b":\"")?;
        self.skip(length)?;
        self.expect(b"\"")
    }

    /// `C:4:"Name":5:{.....}`: what is in it is up to its class.
    fn custom_object(&mut self) -> Result<(), Refused> {
        self.string(b"C:")?;
        self.expect(b":")?;
        let length = self.number()?;
        self.expect(b":{")?;
        self.skip(length)?;
        self.expect(b"}")
    }

    /// `:2:{`, and from there on element by element.
    fn open(&mut self, node: Option<u32>, is_array: bool) -> Result<(), Refused> {
        if self.open.len() == MAX_DEPTH {
            return self.refuse("nested too deeply");
        }
        self.expect(b":")?;
        let left = self.number()?;
        if left > (self.bytes.len() - self.at) / SHORTEST_ELEMENT.len() {
            return self.refuse("more elements are declared than there can be");
        }
        self.expect(b":{")?;
        self.open.push(Open { left, node, shown: is_array && node.is_some() });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Refused> {
        self.expect(b"}")?;
        if let Some(Open { node, shown, .. }) = self.open.pop() {
            self.end(node);
            if let (Some(array), true) = (node, shown) {
                self.resolve_repeated_keys(array);
            }
        }
        Ok(())
    }

    /// Gives a key that occurs again its last value, and hides the later occurrences.
    fn resolve_repeated_keys(&mut self, array: u32) {
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        let mut key = array + 1;
        while (key as usize) < self.nodes.len() {
            keys.push(key);
            key = self.nodes[key as usize + 1].next;
        }
        // Shorter keys first: in that order lists come as they are, and where all ascend none is repeated.
        let order = |&one: &u32, &two: &u32| {
            let (one, two) = (self.key_at(one), self.key_at(two));
            one.len().cmp(&two.len()).then_with(|| one.cmp(two))
        };
        if !keys.is_sorted_by(|one, two| order(one, two).is_lt()) {
            keys.sort_unstable_by(|one, two| order(one, two).then(one.cmp(two)));
            // Backwards, so that the last value is handed on to the first place.
            for i in (1..keys.len()).rev() {
                let (before, this) = (keys[i - 1], keys[i]);
                if self.key_at(before) == self.key_at(this) {
                    self.nodes[before as usize].next = self.nodes[this as usize].next;
                    self.nodes[this as usize].next = Node::REPEATED;
                }
            }
        }
        self.keys = keys;
    }

    fn key_at(&self, index: u32) -> &[u8] {
        let Node { start, end, .. } = self.nodes[index as usize];
        Key::of(&self.bytes[start as usize..end as usize]).bytes()
    }

    /// A node for what begins here; none inside an object.
    fn begin(&mut self) -> Option<u32> {
        if self.open.last().is_some_and(|open| !open.shown) {
            return None;
        }
        let start = self.at as u32;
        self.nodes.push(Node { start, end: start, next: 0 });
        Some(self.nodes.len() as u32 - 1)
    }

    fn end(&mut self, node: Option<u32>) {
        let next = self.nodes.len() as u32;
        if let Some(node) = node {
            self.nodes[node as usize].end = self.at as u32;
            self.nodes[node as usize].next = next;
        }
    }

    /// A length or count.
    fn number(&mut self) -> Result<usize, Refused> {
        let rest = &self.bytes[self.at..];
        let digits = &rest[..rest.iter().take_while(|byte| byte.is_ascii_digit()).count()];
        match integer(digits).and_then(|number| usize::try_from(number).ok()) {
            Some(number) => {
                self.at += digits.len();
                Ok(number)
            }
            None => self.refuse("not a length or count as PHP writes it"),
        }
    }

    fn skip(&mut self, length: usize) -> Result<(), Refused> {
        if length > self.bytes.len() - self.at {
            return self.refuse("a declared length reaches past the end");
        }
        self.at += length;
        Ok(())
    }

    fn expect(&mut self, expected: &[u8]) -> Result<(), Refused> {
        let rest = &self.bytes[self.at..];
        if rest.starts_with(expected) {
            self.at += expected.len();
            Ok(())
        } else if expected.starts_with(rest) {
            self.refuse("the text ends too early")
        } else {
            self.refuse("a length that is wrong, or punctuation that is missing")
        }
    }

    fn refuse<T>(&self, problem: &'static str) -> Result<T, Refused> {
        Err(Refused::new(self.at, problem))
    }
}

/// `-0.5`, `1.0E+25`, `INF` and the like.
fn is_float(text: &[u8]) -> bool {
    let is_number = text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'+' | b'-' | b'E'));
    matches!(text, b"INF" | b"-INF" | b"NAN") || (is_number && float(text).is_some())
}
