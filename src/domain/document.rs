//! What a provider or its class handed over: a JSON object, kept byte for byte.

use std::fmt;
use std::ops::Range;

use zeroize::{Zeroize, Zeroizing};

use super::Invalid;
use super::json::{Event, RawStr, Scanner};

/// A JSON object of at most 1 MiB and 64 levels, without duplicate keys; or `[]`, which is how PHP writes an empty
/// one. Its bytes are kept as they came, and wiped at the end.
#[derive(Clone)]
pub struct Document {
    text: Zeroizing<String>,
    members: Vec<Place>,
}

/// Where a member stands, so that the text is scanned only once.
#[derive(Clone)]
struct Place {
    /// Without its quotes.
    name: Range<usize>,
    escapes: bool,
    value: Range<usize>,
}

/// A top-level member.
#[derive(Clone, Copy)]
pub struct Member<'a> {
    /// Its name.
    pub name: RawStr<'a>,
    /// Its value as it stands in the document.
    pub value: &'a str,
}

impl Document {
    /// The most bytes that a document may have.
    pub const MAX_BYTES: usize = 1 << 20;
    /// How many objects and arrays may be open at once in a document, itself included.
    pub const MAX_DEPTH: usize = 64;

    /// The empty document, as PHP writes it: `[]`.
    pub fn empty() -> Self {
        Self { text: Zeroizing::new("[]".to_owned()), members: Vec::new() }
    }

    /// Checks the bytes and keeps them.
    pub fn parse(mut bytes: Zeroizing<Vec<u8>>) -> Result<Self, Invalid> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(Invalid::too_large("document", "must be at most 1 MiB"));
        }
        let text = String::from_utf8(std::mem::take(&mut *bytes)).map_err(|error| {
            let offset = error.utf8_error().valid_up_to();
            error.into_bytes().zeroize();
            Invalid::new("document", format!("not UTF-8, at byte {offset}"))
        })?;
        let text = Zeroizing::new(text);
        let members = places(&text)?;
        Ok(Self { text, members })
    }

    /// The bytes as they came.
    pub fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Whether it has no member.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The top-level members in their order.
    pub fn members(&self) -> impl ExactSizeIterator<Item = Member<'_>> {
        self.members.iter().map(|place| self.member(place))
    }

    /// The value of a top-level member as it stands in the document.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.members().find(|member| member.name == *name).map(|member| member.value)
    }

    /// A member that is a JSON string, unescaped.
    pub fn string(&self, name: &str) -> Option<Zeroizing<String>> {
        RawStr::of_value(self.get(name)?).map(RawStr::unescape)
    }

    /// A member that is a JSON integer, or a string of digits as PHP often has it.
    pub fn integer(&self, name: &str) -> Option<i64> {
        let value = self.get(name)?;
        let digits = RawStr::of_value(value).map_or(Some(value), RawStr::as_plain)?;
        // Rust's parser also takes a plus sign, which is no digit.
        if digits.starts_with('+') { None } else { digits.parse().ok() }
    }

    /// This document with the members of `patch` put over its own, as PHP's `array_merge` does with string keys:
    /// a replaced member keeps its place, a new one goes last, null is a value, nothing nested is merged. What is
    /// not replaced keeps its bytes.
    ///
    /// Unlike in PHP, whose arrays turn the key `"5"` into a number that `array_merge` then appends and renumbers,
    /// every name is a string here.
    pub fn merge(&self, patch: &Document) -> Result<Document, Invalid> {
        if patch.is_empty() {
            return Ok(self.clone());
        }
        let Some(last) = self.members.last() else { return Ok(patch.clone()) };
        let mut patches: Vec<(Member<'_>, bool)> = patch.members().map(|member| (member, false)).collect();
        let mut by_name: Vec<usize> = (0..patches.len()).collect();
        by_name.sort_unstable_by_key(|&index| patches[index].0.name);

        // Never longer than both together, so the buffer never moves and leaves no copy behind.
        let mut merged = Zeroizing::new(Vec::with_capacity(self.text.len() + patch.text.len()));
        let mut copied = 0;
        for place in &self.members {
            let name = self.member(place).name;
            if let Ok(found) = by_name.binary_search_by_key(&name, |&index| patches[index].0.name) {
                let (member, replaces) = &mut patches[by_name[found]];
                *replaces = true;
                merged.extend_from_slice(&self.as_bytes()[copied..place.value.start]);
                merged.extend_from_slice(member.value.as_bytes());
                copied = place.value.end;
            }
        }
        merged.extend_from_slice(&self.as_bytes()[copied..last.value.end]);
        for (member, _) in patches.iter().filter(|(_, replaces)| !replaces) {
            for part in [",\"", member.name.raw(), "\":", member.value] {
                merged.extend_from_slice(part.as_bytes());
            }
        }
        merged.extend_from_slice(&self.as_bytes()[last.value.end..]);
        Self::parse(merged)
    }

    /// This document with only the members that `keep` says of their names; they keep their order and their values' bytes.
    pub fn retain(&self, keep: impl Fn(&str) -> bool) -> Result<Document, Invalid> {
        let kept: Vec<Member<'_>> = self.members().filter(|member| keep(&member.name.unescape())).collect();
        if kept.len() == self.members.len() {
            return Ok(self.clone());
        }
        if kept.is_empty() {
            return Ok(Self::empty());
        }
        // Never longer than the whole, so the buffer never moves and leaves no copy behind.
        let mut left = Zeroizing::new(Vec::with_capacity(self.text.len()));
        for (at, member) in kept.iter().enumerate() {
            let opening = if at == 0 { "{\"" } else { ",\"" };
            for part in [opening, member.name.raw(), "\":", member.value] {
                left.extend_from_slice(part.as_bytes());
            }
        }
        left.push(b'}');
        Self::parse(left)
    }

    fn member(&self, place: &Place) -> Member<'_> {
        let name = RawStr::new(&self.text[place.name.clone()], place.escapes);
        Member { name, value: &self.text[place.value.clone()] }
    }
}

/// Scans the whole text, and says where its top-level members stand.
fn places(text: &str) -> Result<Vec<Place>, Invalid> {
    let mut members: Vec<Place> = Vec::new();
    let mut depth = 0;
    for event in Scanner::of_text(text, Document::MAX_DEPTH) {
        let (event, span) = event.map_err(|error| Invalid::new("document", error.to_string()))?;
        match event {
            Event::BeginObject | Event::BeginArray => depth += 1,
            Event::EndObject | Event::EndArray => depth -= 1,
            _ => {}
        }
        match (event, members.last_mut()) {
            (Event::Key(name), _) if depth == 1 => {
                let inside = span.start + 1..span.end - 1;
                members.push(Place { name: inside, escapes: name.has_escapes(), value: 0..0 });
            }
            // Whatever comes after a member's name, up to the next one or the end, is its value.
            (_, Some(member)) if depth > 0 && member.value.is_empty() => member.value = span,
            (_, Some(member)) if depth > 0 => member.value.end = span.end,
            _ => {}
        }
    }
    let root = text.trim_ascii();
    let empty_array = root.strip_prefix('[').is_some_and(|rest| rest.trim_ascii_start() == "]");
    if root.starts_with('{') || empty_array {
        Ok(members)
    } else {
        Err(Invalid::new("document", "must be a JSON object, or [] where it is empty"))
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({} bytes)", self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Document, Invalid> {
        Document::parse(Zeroizing::new(text.as_bytes().to_vec()))
    }

    fn document(text: &str) -> Document {
        parse(text).unwrap()
    }

    fn merged(base: &str, patch: &str) -> String {
        let merged = document(base).merge(&document(patch)).unwrap();
        String::from_utf8(merged.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn bytes_come_back() {
        for text in ["{}", "[]", " [ ]\n", r#"{"b":1.0,"a":[],"e":{} }"#, r#"{"é":"\u00e9/\/"}"#] {
            assert_eq!(document(text).as_bytes(), text.as_bytes());
        }
        assert_eq!(Document::empty().as_bytes(), b"[]");
    }

    #[test]
    fn refused() {
        for text in [
            "",
            "1",
            "null",
            r#""{""#,
            "[1]",
            r#"[{"a":1}]"#,
            "[[]]",
            r#"{"a":1,"a":2}"#,
            "{}{}",
            r#"{"a":}"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        let nested =
            |levels: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(levels - 1), "]".repeat(levels - 1));
        assert!(parse(&nested(64)).is_ok());
        assert!(parse(&nested(65)).is_err());
        let filled = |bytes: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes - 8));
        assert!(parse(&filled(Document::MAX_BYTES)).is_ok());
        assert!(parse(&filled(Document::MAX_BYTES + 1)).is_err());
    }

    #[test]
    fn errors_say_where_and_never_what() {
        let secret = |bytes: &[u8]| Document::parse(Zeroizing::new(bytes.to_vec())).unwrap_err().to_string();
        assert_eq!(secret(b"{\"a\":\"canary\xff\"}"), "document: not UTF-8, at byte 12");
        assert_eq!(secret(br#"{"canary" "x"}"#), "document: expected a colon, at byte 10");
        assert_eq!(format!("{:?}", document(r#"{"canary":1}"#)), "Document(12 bytes)");
    }

    #[test]
    fn members_as_they_stand() {
        let document = document(r#"{ "a" : {"x":[1,2]} ,"\u0062":"t\n","c":-1.50,"":null}"#);
        let members: Vec<_> = document.members().map(|m| (m.name.unescape().to_string(), m.value)).collect();
        let expected = [("a", r#"{"x":[1,2]}"#), ("b", r#""t\n""#), ("c", "-1.50"), ("", "null")];
        assert_eq!(members, expected.map(|(name, value)| (name.to_owned(), value)));
        assert_eq!(document.get("b"), Some(r#""t\n""#));
        assert_eq!(document.get("x"), None);
    }

    #[test]
    fn strings_and_integers() {
        let text =
            r#"{"s":"\ud83c\udf89","i":-12,"d":"0034","f":1.0,"p":"+1","big":9223372036854775808,"o":{}}"#;
        let document = document(text);
        assert_eq!(document.string("s").unwrap().as_str(), "🎉");
        assert!(document.string("i").is_none() && document.string("o").is_none());
        let integers = ["i", "d", "f", "p", "big", "o", "s", "none"].map(|name| document.integer(name));
        assert_eq!(integers, [Some(-12), Some(34), None, None, None, None, None, None]);
    }

    #[test]
    fn merging_is_what_array_merge_does() {
        let base = r#"{"a":1,"b":{"x":1},"c":3}"#;
        assert_eq!(merged(base, r#"{"d":4,"b":null,"a":"1"}"#), r#"{"a":"1","b":null,"c":3,"d":4}"#);
        assert_eq!(merged(base, r#"{"b":{"y":2}}"#), r#"{"a":1,"b":{"y":2},"c":3}"#);
        assert_eq!(merged(base, "[]"), base);
        assert_eq!(merged("[]", base), base);
        assert_eq!(merged("{}", base), base);
        assert_eq!(merged("[]", "[]"), "[]");
        assert_eq!(merged(r#"{"a":1}"#, r#"{"5":2}"#), r#"{"a":1,"5":2}"#);
    }

    #[test]
    fn merging_keeps_the_bytes_around_and_knows_names_by_meaning() {
        let merged = merged("{ \"\\u0061\" : 1.0 , \"b\":2 }\n", r#"{"a":[],"\u0063":3}"#);
        assert_eq!(merged, "{ \"\\u0061\" : [] , \"b\":2,\"\\u0063\":3 }\n");
    }

    #[test]
    fn merging_stays_within_the_limits() {
        let filled =
            |name: &str| document(&format!(r#"{{"{name}":"{}"}}"#, "x".repeat(Document::MAX_BYTES / 2)));
        assert!(filled("a").merge(&filled("a")).is_ok());
        let problem = filled("a").merge(&filled("b")).unwrap_err().to_string();
        assert_eq!(problem, "document: must be at most 1 MiB");
    }

    #[test]
    fn members_that_are_not_kept_go_and_the_others_stay_as_they_are() {
        let left = |text: &str, gone: &[&str]| {
            let left = document(text).retain(|name| !gone.contains(&name)).unwrap();
            String::from_utf8(left.as_bytes().to_vec()).unwrap()
        };
        let text = r#"{ "a" : 1.0, "b\u00e9":{"a":2} ,"c":"x" }"#;
        assert_eq!(left(text, &[]), text);
        assert_eq!(left(text, &["a"]), r#"{"b\u00e9":{"a":2},"c":"x"}"#);
        assert_eq!(left(text, &["bé", "c"]), r#"{"a":1.0}"#);
        assert_eq!(left(text, &["a", "bé", "c"]), "[]");
        assert_eq!(left("{}", &["a"]), "{}");
    }
}
