//! The option as JSON, turned into what PHP would have serialised.
//!
//! So there is one form of an option from here on: a piece that is kept has the same bytes whichever way it came,
//! and an import of the other form finds nothing new. Objects become arrays, as `json_decode($text, true)` has them.

use super::buffer::{Buffer, Full};
use super::php;
use super::value::{Source, Tree};
use super::write;
use super::{MAX_BYTES, MAX_DEPTH, Refused};
use crate::domain::json::{Error, Event, Scanner};

/// Parses an option that was exported as JSON, still encrypted.
pub fn parse_json(text: &[u8]) -> Result<Tree<'static>, Refused> {
    if text.len() > MAX_BYTES {
        return Err(Refused::new(MAX_BYTES, "more than 16 MiB"));
    }
    let mut out = Buffer::new(text.len(), MAX_BYTES);
    convert(|| Scanner::new(text, MAX_DEPTH), &mut out)?;
    php::parse(Source::Owned(out.into_bytes()))
}

/// Appends a JSON value that is known to be right, as PHP would serialise it.
pub(super) fn value(text: &str, out: &mut Buffer) -> Result<(), Refused> {
    convert(|| Ok(Scanner::of_text(text, MAX_DEPTH)), out)
}

fn convert<'a>(scan: impl Fn() -> Result<Scanner<'a>, Error>, out: &mut Buffer) -> Result<(), Refused> {
    let mut counts = count(scan()?)?.into_iter();
    let mut writer = Writer { out, open: Vec::new() };
    for event in scan()? {
        let (event, place) = event?;
        writer
            .write(event, &mut counts)
            .map_err(|Full| Refused::new(place.start, "more than 16 MiB as PHP serialises it"))?;
    }
    Ok(())
}

impl From<Error> for Refused {
    fn from(Error { offset, reason }: Error) -> Self {
        Self::new(offset, reason)
    }
}

/// How many elements each array and object has, in the order in which they begin: PHP writes that first.
fn count(scanner: Scanner<'_>) -> Result<Vec<u32>, Error> {
    let mut counts: Vec<u32> = Vec::new();
    let mut open = Vec::new();
    for event in scanner {
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

struct Writer<'b> {
    out: &'b mut Buffer,
    /// What is open: an array and the index of its next element, or an object.
    open: Vec<Option<u32>>,
}

impl Writer<'_> {
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
                write::begin_array(counts.next().unwrap_or_default() as usize, self.out)
            }
            Event::EndObject | Event::EndArray => {
                self.open.pop();
                self.out.push(b"}")
            }
            Event::Key(name) => write::with_meaning(name, |name| write::key(name, self.out)),
            Event::String(text) => write::with_meaning(text, |text| write::string(text, self.out)),
            Event::Number(text) => write::number(text, self.out),
            Event::Bool(true) => self.out.push(b"b:1;"),
            Event::Bool(false) => self.out.push(b"b:0;"),
            Event::Null => self.out.push(b"N;"),
        }
    }
}
