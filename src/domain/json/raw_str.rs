//! A JSON string as it stands in the text.

use std::cmp::Ordering;
use std::fmt;

use zeroize::Zeroizing;

/// The inside of a JSON string, between its quotes and with its escapes. Two are equal when they mean the same,
/// however they are spelt. It is a view: nothing is unescaped until [`RawStr::unescape`] is called.
#[derive(Clone, Copy)]
pub struct RawStr<'a> {
    raw: &'a str,
    escapes: bool,
}

impl<'a> RawStr<'a> {
    /// `raw` has been checked by the scanner: every escape in it is whole.
    pub(in crate::domain) fn new(raw: &'a str, escapes: bool) -> Self {
        Self { raw, escapes }
    }

    /// Takes a scanned string value, its quotes included, apart; none where it is no string.
    pub fn of_value(value: &'a str) -> Option<Self> {
        let raw = value.strip_prefix('"')?.strip_suffix('"')?;
        Some(Self { raw, escapes: raw.contains('\\') })
    }

    /// As it stands in the text, without the quotes.
    pub fn raw(self) -> &'a str {
        self.raw
    }

    /// Whether there is any escape in it.
    pub fn has_escapes(self) -> bool {
        self.escapes
    }

    /// What it means, where that can be had without a copy.
    pub fn as_plain(self) -> Option<&'a str> {
        (!self.escapes).then_some(self.raw)
    }

    /// What it means, in a buffer that is wiped.
    pub fn unescape(self) -> Zeroizing<String> {
        // What is unescaped is never longer, so the buffer never moves and leaves no copy behind.
        let mut text = Zeroizing::new(String::with_capacity(self.raw.len()));
        match self.as_plain() {
            Some(plain) => text.push_str(plain),
            None => self.chars().for_each(|c| text.push(c)),
        }
        text
    }

    fn chars(self) -> Unescaped<'a> {
        Unescaped(self.raw.chars())
    }
}

struct Unescaped<'a>(std::str::Chars<'a>);

impl Unescaped<'_> {
    fn unit(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |unit, _| Some(unit << 4 | self.0.next()?.to_digit(16)?))
    }
}

impl Iterator for Unescaped<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self.0.next()? {
            '\\' => {}
            plain => return Some(plain),
        }
        match self.0.next()? {
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'u' => match self.unit()? {
                high @ 0xd800..=0xdbff => {
                    self.0.nth(1)?; // the "\u" of the low half
                    char::from_u32(0x10000 + ((high - 0xd800) << 10) + (self.unit()? - 0xdc00))
                }
                unit => char::from_u32(unit),
            },
            itself => Some(itself),
        }
    }
}

impl Ord for RawStr<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.as_plain(), other.as_plain()) {
            (Some(one), Some(two)) => one.cmp(two),
            // Code points sort as their UTF-8 does, so both ways give one order.
            _ => self.chars().cmp(other.chars()),
        }
    }
}

impl PartialOrd for RawStr<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for RawStr<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for RawStr<'_> {}

impl PartialEq<str> for RawStr<'_> {
    fn eq(&self, other: &str) -> bool {
        match self.as_plain() {
            Some(plain) => plain == other,
            None => self.chars().eq(other.chars()),
        }
    }
}

impl fmt::Debug for RawStr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawStr({} bytes)", self.raw.len())
    }
}
