//! The option as JSON, turned into what PHP would have serialised.
//!
//! So there is one form of an option from here on: a piece that is kept has the same bytes whichever way it came,
//! and an import of the other form finds nothing new. Objects become arrays, as `json_decode($text, true)` has them.

use super::buffer::{Buffer, Full};
use super::number;
use super::php;
use super::value::{Source, Tree, float, integer};
use super::{MAX_BYTES, MAX_DEPTH, Refused};
use crate::domain::json::{Error, Event, Scanner};

/// Parses an option that was exported as JSON, still encrypted.
pub fn parse_json(text: &[u8]) -> Result<Tree<'static>, Refused> {
    if text.len() > MAX_BYTES {
        return Err(Refused::new(MAX_BYTES, "more than 16 MiB"));
    }
    let mut counts = count(text)?.into_iter();
    let mut writer = Writer { out: Buffer::new(text.len(), MAX_BYTES), open: Vec::new() };
    for event in Scanner::new(text, MAX_DEPTH)? {
        let (event, place) = event?;
        writer
            .write(event, &mut counts)
            .map_err(|Full| Refused::new(place.start, "more than 16 MiB as PHP serialises it"))?;
    }
    php::parse(Source::Owned(writer.out.into_bytes()))
}

impl From<Error> for Refused {
    fn from(Error { offset, reason }: Error) -> Self {
        Self::new(offset, reason)
    }
}

/// How many elements each array and object has, in the order in which they begin: PHP writes that first.
fn count(text: &[u8]) -> Result<Vec<u32>, Error> {
    let mut counts: Vec<u32> = Vec::new();
    let mut open = Vec::new();
    for event in Scanner::new(text, MAX_DEPTH)? {
        let (event, _) = event?;
        if let Some(&(container, is_array)) = open.last()
            && (matches!(event, Event::Key(_)) || (is_array && begins_value(event)))
        {
            let count: &mut u32 = &mut counts[container];
            *count += 1;
        }
        match event {
            Event::BeginObject | Event::BeginArray => {
                open.push((counts.len(), event == Event::BeginArray));
                counts.push(0);
            }
            Event::EndObject | Event::EndArray => drop(open.pop()),
            _ => {}
        }
    }
    Ok(counts)
}

fn begins_value(event: Event) -> bool {
    !matches!(event, Event::Key(_) | Event::EndObject | Event::EndArray)
}

struct Writer {
    out: Buffer,
    /// What is open: an array and the index of its next element, or an object.
    open: Vec<Option<u32>>,
}

impl Writer {
    fn write(&mut self, event: Event, counts: &mut impl Iterator<Item = u32>) -> Result<(), Full> {
        if let Some(Some(index)) = self.open.last_mut()
            && begins_value(event)
        {
            let key = format!("i:{index};");
            *index += 1;
            self.out.push(key.as_bytes())?;
        }
        match event {
            Event::BeginObject | Event::BeginArray => {
                self.open.push((event == Event::BeginArray).then_some(0));
                let count = counts.next().unwrap_or_default();
                self.out.push(format!("a:{count}:{{").as_bytes())
            }
            Event::EndObject | Event::EndArray => {
                self.open.pop();
                self.out.push(b"}")
            }
            Event::Key(name) => match name.as_plain() {
                Some(plain) => self.key(plain.as_bytes()),
                None => self.key(name.unescape().as_bytes()),
            },
            Event::String(text) => match text.as_plain() {
                Some(plain) => self.string(plain.as_bytes()),
                None => self.string(text.unescape().as_bytes()),
            },
            Event::Number(text) => self.number(text),
            Event::Bool(true) => self.out.push(b"b:1;"),
            Event::Bool(false) => self.out.push(b"b:0;"),
            Event::Null => self.out.push(b"N;"),
        }
    }

    fn key(&mut self, name: &[u8]) -> Result<(), Full> {
        if integer(name).is_some() { self.scalar(b"i:", name) } else { self.string(name) }
    }

    fn string(&mut self, text: &[u8]) -> Result<(), Full> {
        self.out.push(format!("s:{}:\"", text.len()).as_bytes())?;
        self.out.push(text)?;
        self.out.push(b"\";")
    }

    /// Integers that do not fit become floating point numbers, and those that do not fit become infinite.
    fn number(&mut self, text: &str) -> Result<(), Full> {
        if text == "-0" {
            return self.scalar(b"i:", b"0");
        }
        if integer(text.as_bytes()).is_some() {
            return self.scalar(b"i:", text.as_bytes());
        }
        let text = match float(text.as_bytes()) {
            Some(number) if number.is_finite() => number::float(number, 'E'),
            _ if text.starts_with('-') => "-INF".to_owned(),
            _ => "INF".to_owned(),
        };
        self.scalar(b"d:", text.as_bytes())
    }

    fn scalar(&mut self, tag: &[u8], text: &[u8]) -> Result<(), Full> {
        self.out.push(tag)?;
        self.out.push(text)?;
        self.out.push(b";")
    }
}
