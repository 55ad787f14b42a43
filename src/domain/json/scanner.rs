//! The scanner itself.

use std::ops::Range;

use super::{Error, RawStr};

/// What comes next in the text. It has no `Debug`, since strings and numbers may be secrets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// `{`
    BeginObject,
    /// `}`
    EndObject,
    /// `[`
    BeginArray,
    /// `]`
    EndArray,
    /// A member's name; its value comes next.
    Key(RawStr<'a>),
    /// A string value.
    String(RawStr<'a>),
    /// A number as it is written: nothing is rounded.
    Number(&'a str),
    /// `true` or `false`
    Bool(bool),
    /// `null`
    Null,
}

#[derive(Clone, Copy)]
enum Open {
    Array,
    /// An object, and how many keys of the objects around it are remembered before its own.
    Object(usize),
}

#[derive(Clone, Copy)]
enum Expected {
    Value,
    ValueOrEnd,
    KeyOrEnd,
    CommaOrEnd,
    Nothing,
}

/// Reads one JSON text as a sequence of [`Event`]s, each with the bytes it covers (a string's quotes included).
/// Only after the `None` at the end is it known that the whole text was right; after an error comes only `None`.
pub struct Scanner<'a> {
    text: &'a str,
    at: usize,
    max_depth: usize,
    expected: Expected,
    open: Vec<Open>,
    /// The keys of all open objects and where they stand; an object's own are compared when it ends.
    keys: Vec<(RawStr<'a>, usize)>,
}

impl<'a> Scanner<'a> {
    /// A scanner over bytes that should be UTF-8; at most `max_depth` objects and arrays may be open at once.
    pub fn new(bytes: &'a [u8], max_depth: usize) -> Result<Self, Error> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| Error { offset: error.valid_up_to(), reason: "not UTF-8" })?;
        Ok(Self::of_text(text, max_depth))
    }

    /// The same over text that is known to be UTF-8.
    pub fn of_text(text: &'a str, max_depth: usize) -> Self {
        Self { text, at: 0, max_depth, expected: Expected::Value, open: Vec::new(), keys: Vec::new() }
    }

    fn event(&mut self) -> Result<Option<(Event<'a>, Range<usize>)>, Error> {
        let mut start = self.skip_white_space();
        let event = match (self.expected, self.peek(), self.open.last()) {
            (Expected::Nothing, None, _) => return Ok(None),
            (Expected::Nothing, Some(_), _) => {
                return Err(self.error("something follows the end of the JSON text"));
            }
            (_, None, _) => return Err(self.error("the JSON text ends too early")),
            (Expected::ValueOrEnd | Expected::CommaOrEnd, Some(b']'), Some(Open::Array)) => {
                self.at += 1;
                self.close(Event::EndArray)
            }
            (Expected::KeyOrEnd | Expected::CommaOrEnd, Some(b'}'), Some(&Open::Object(first))) => {
                self.at += 1;
                self.refuse_duplicates(first)?;
                self.close(Event::EndObject)
            }
            (Expected::CommaOrEnd, Some(b','), Some(container)) => {
                let in_object = matches!(container, Open::Object(_));
                self.at += 1;
                start = self.skip_white_space();
                if in_object { self.key()? } else { self.value()? }
            }
            (Expected::CommaOrEnd, _, _) => return Err(self.error("expected a comma or the closing bracket")),
            (Expected::KeyOrEnd, _, _) => self.key()?,
            (Expected::Value | Expected::ValueOrEnd, _, _) => self.value()?,
        };
        let end = match event {
            Event::Key(name) => start + name.raw().len() + 2, // the colon is already behind us
            _ => self.at,
        };
        Ok(Some((event, start..end)))
    }

    fn key(&mut self) -> Result<Event<'a>, Error> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.error("expected a member's name in double quotes"));
        }
        let name = self.string()?;
        self.keys.push((name, start));
        self.skip_white_space();
        if self.peek() != Some(b':') {
            return Err(self.error("expected a colon"));
        }
        self.at += 1;
        self.expected = Expected::Value;
        Ok(Event::Key(name))
    }

    fn value(&mut self) -> Result<Event<'a>, Error> {
        let event = match self.peek() {
            Some(b'{') => return self.begin(Open::Object(self.keys.len()), Event::BeginObject),
            Some(b'[') => return self.begin(Open::Array, Event::BeginArray),
            Some(b'"') => Event::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => Event::Number(self.number()?),
            Some(b't') => self.word("true", Event::Bool(true))?,
            Some(b'f') => self.word("false", Event::Bool(false))?,
            Some(b'n') => self.word("null", Event::Null)?,
            _ => return Err(self.error("expected a value")),
        };
        self.expect_what_follows();
        Ok(event)
    }

    fn begin(&mut self, container: Open, event: Event<'a>) -> Result<Event<'a>, Error> {
        if self.open.len() == self.max_depth {
            return Err(self.error("nested too deeply"));
        }
        self.at += 1;
        self.open.push(container);
        self.expected = match container {
            Open::Array => Expected::ValueOrEnd,
            Open::Object(_) => Expected::KeyOrEnd,
        };
        Ok(event)
    }

    fn close(&mut self, event: Event<'a>) -> Event<'a> {
        self.open.pop();
        self.expect_what_follows();
        event
    }

    fn expect_what_follows(&mut self) {
        self.expected = if self.open.is_empty() { Expected::Nothing } else { Expected::CommaOrEnd };
    }

    /// Sorts rather than hashes: no text can make it slow, and an object of few keys costs next to nothing.
    fn refuse_duplicates(&mut self, first: usize) -> Result<(), Error> {
        let keys = &mut self.keys[first..];
        keys.sort_unstable();
        let again = keys.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1).min();
        self.keys.truncate(first);
        match again {
            Some(offset) => Err(Error { offset, reason: "a member's name that this object already has" }),
            None => Ok(()),
        }
    }

    fn string(&mut self) -> Result<RawStr<'a>, Error> {
        self.at += 1;
        let (start, mut escapes) = (self.at, false);
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escapes = true;
                    self.escape()?;
                }
                Some(0..=0x1f) => return Err(self.error("a control character in a string")),
                Some(_) => self.at += 1,
                None => return Err(self.error("the JSON text ends too early")),
            }
        }
        let raw = &self.text[start..self.at];
        self.at += 1;
        Ok(RawStr::new(raw, escapes))
    }

    fn escape(&mut self) -> Result<(), Error> {
        let start = self.at;
        let lone = Error { offset: start, reason: "half of a surrogate pair" };
        self.at += 2;
        match self.text.as_bytes().get(start + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(()),
            Some(b'u') => match self.unit(start)? {
                0xd800..=0xdbff if self.text[self.at..].starts_with("\\u") => {
                    self.at += 2;
                    if matches!(self.unit(start)?, 0xdc00..=0xdfff) { Ok(()) } else { Err(lone) }
                }
                0xd800..=0xdfff => Err(lone),
                _ => Ok(()),
            },
            _ => Err(Error { offset: start, reason: "an escape that JSON does not know" }),
        }
    }

    /// The four hexadecimal digits of a `\u` escape, which began at `start`.
    fn unit(&mut self, start: usize) -> Result<u16, Error> {
        let wrong = Error { offset: start, reason: "an escape that JSON does not know" };
        let digits = self.text.as_bytes().get(self.at..self.at + 4).ok_or(wrong)?;
        self.at += 4;
        digits.iter().try_fold(0, |unit, &digit| {
            let digit = char::from(digit).to_digit(16).ok_or(wrong)?;
            Ok(unit << 4 | digit as u16)
        })
    }

    fn number(&mut self) -> Result<&'a str, Error> {
        let start = self.at;
        self.skip(b"-");
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.skip(b".") {
            self.digits()?;
        }
        if self.skip(b"eE") {
            self.skip(b"+-");
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    fn digits(&mut self) -> Result<(), Error> {
        let start = self.at;
        while self.skip(b"0123456789") {}
        if self.at == start { Err(self.error("expected a digit")) } else { Ok(()) }
    }

    fn word(&mut self, word: &'static str, event: Event<'a>) -> Result<Event<'a>, Error> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.error("expected a value"));
        }
        self.at += word.len();
        Ok(event)
    }

    fn skip(&mut self, any_of: &[u8]) -> bool {
        let found = self.peek().is_some_and(|byte| any_of.contains(&byte));
        self.at += usize::from(found);
        found
    }

    fn skip_white_space(&mut self) -> usize {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.at
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn error(&self, reason: &'static str) -> Error {
        Error { offset: self.at, reason }
    }
}

impl<'a> Iterator for Scanner<'a> {
    type Item = Result<(Event<'a>, Range<usize>), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let event = self.event();
        if event.is_err() {
            // Nothing more is read: what would come is not known to be JSON.
            (self.at, self.expected) = (self.text.len(), Expected::Nothing);
        }
        event.transpose()
    }
}
