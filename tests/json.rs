//! The JSON scanner and the documents on top of it, compared with serde_json. The two may differ in three things,
//! and only these: duplicate keys (which the comparison makes serde_json refuse too), the depth (which is set to
//! serde_json's), and numbers beyond a double, which are kept here as they are written.

use std::fmt;

use dm_connections::domain::Document;
use dm_connections::domain::json::{Error, Event, Scanner};
use proptest::prelude::*;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// serde_json stops at 128 levels, the scalar inside the last one counted.
const SERDE_DEPTH: usize = 127;

/// What serde_json reads, duplicate keys refused.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Strictly;

        impl<'de> Visitor<'de> for Strictly {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_str<E>(self, value: &str) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
                let mut array = Vec::new();
                while let Some(Strict(item)) = items.next_element()? {
                    array.push(item);
                }
                Ok(array.into())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
                let mut object = Map::new();
                while let Some((name, Strict(value))) = members.next_entry::<String, _>()? {
                    if object.insert(name, value).is_some() {
                        return Err(de::Error::custom("duplicate"));
                    }
                }
                Ok(object.into())
            }
        }

        deserializer.deserialize_any(Strictly).map(Strict)
    }
}

/// Puts together again what the scanner takes apart.
fn scanned(bytes: &[u8]) -> Result<Value, Error> {
    let mut open: Vec<(Option<String>, Value)> = Vec::new();
    let mut key = None;
    let mut root = None;
    for event in Scanner::new(bytes, SERDE_DEPTH)? {
        let (event, span) = event?;
        let mut done = match event {
            Event::BeginObject => {
                open.push((key.take(), Value::Object(Map::new())));
                continue;
            }
            Event::BeginArray => {
                open.push((key.take(), Value::Array(Vec::new())));
                continue;
            }
            Event::Key(name) => {
                assert_eq!(&bytes[span], format!("\"{}\"", name.raw()).as_bytes());
                key = Some(name.unescape().to_string());
                continue;
            }
            Event::EndObject | Event::EndArray => {
                let (name, value) = open.pop().unwrap();
                key = name;
                value
            }
            Event::String(text) => text.unescape().as_str().into(),
            Event::Number(number) => serde_json::from_str(number).unwrap_or(Value::Null),
            Event::Bool(value) => value.into(),
            Event::Null => Value::Null,
        };
        match open.last_mut() {
            Some((_, Value::Object(object))) => {
                object.insert(key.take().unwrap(), done.take());
            }
            Some((_, Value::Array(array))) => array.push(done.take()),
            _ => root = Some(done),
        }
    }
    Ok(root.expect("a scan that ends well has seen a value"))
}

fn agree(bytes: &[u8]) -> Result<(), TestCaseError> {
    match (scanned(bytes), serde_json::from_slice::<Strict>(bytes)) {
        (Ok(ours), Ok(Strict(theirs))) => prop_assert_eq!(ours, theirs),
        (Err(_), Err(_)) => {}
        (Ok(_), Err(error)) if error.to_string().starts_with("number out of range") => {}
        (ours, theirs) => {
            let text = String::from_utf8_lossy(bytes);
            prop_assert!(false, "{text:?}: {:?}, {:?}", ours.err(), theirs.err());
        }
    }
    Ok(())
}

/// A string as somebody may spell it: each character plain, or as an escape.
fn spelt() -> impl Strategy<Value = String> {
    let character = (any::<char>(), any::<bool>()).prop_map(|(c, escaped)| match c {
        c if escaped || c < ' ' || c == '"' || c == '\\' => {
            c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")).collect()
        }
        c => c.to_string(),
    });
    let short = prop::sample::select(vec!["a", "b", "\\u0061", "\\n", "\\/", "\\\"", "\\\\", ""]);
    prop::collection::vec(prop_oneof![character, short.prop_map(str::to_owned)], 0..4)
        .prop_map(|characters| format!("\"{}\"", characters.concat()))
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,3})?",
        spelt(),
    ]
}

fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::collection::vec((spelt(), "[ \n]?", value), 0..5).prop_map(|members| {
        let members =
            members.iter().map(|(name, space, value)| format!("{space}{name}{space}:{space}{value}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    })
}

fn json() -> impl Strategy<Value = String> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        let array =
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{} ]", items.join(", ")));
        prop_oneof![array, object(inner)]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn agrees_on_json(text in json()) {
        agree(text.as_bytes())?;
    }

    #[test]
    fn agrees_on_json_with_a_slip(text in json(), at in any::<prop::sample::Index>(), byte in any::<u8>(), how in 0..4) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            2 => { bytes.remove(at); }
            _ => bytes.truncate(at),
        }
        agree(&bytes)?;
    }

    #[test]
    fn agrees_on_what_looks_like_json(text in r#"[{}\[\]:, "\\ua01dD89eE.+\-tn\t]{0,12}"#) {
        agree(text.as_bytes())?;
        agree(format!("\"{text}\"").as_bytes())?;
        agree(format!("[{text}]").as_bytes())?;
    }

    #[test]
    fn documents_have_the_members_that_serde_json_finds(text in object(json())) {
        let Ok(Strict(Value::Object(expected))) = serde_json::from_str(&text) else { return Ok(()) };
        let document = Document::parse(Zeroizing::new(text.into_bytes())).unwrap();
        let members = document.members().map(|member| {
            (member.name.unescape().to_string(), serde_json::from_str::<Value>(member.value).unwrap())
        });
        prop_assert_eq!(members.collect::<Vec<_>>(), expected.clone().into_iter().collect::<Vec<_>>());
        for (name, value) in &expected {
            prop_assert_eq!(&serde_json::from_str::<Value>(document.get(name).unwrap()).unwrap(), value);
            let string = document.string(name);
            prop_assert_eq!(string.as_deref().map(String::as_str), value.as_str());
        }
    }

    #[test]
    fn merging_is_inserting_into_an_ordered_map(base in object(scalar()), patch in object(scalar())) {
        let (Ok(Strict(Value::Object(mut expected))), Ok(Strict(Value::Object(over)))) =
            (serde_json::from_str(&base), serde_json::from_str(&patch)) else { return Ok(()) };
        expected.extend(over);
        let document = |text: String| Document::parse(Zeroizing::new(text.into_bytes())).unwrap();
        let merged = document(base).merge(&document(patch)).unwrap();
        let merged: Map<String, Value> = serde_json::from_slice(merged.as_bytes()).unwrap();
        prop_assert_eq!(merged.into_iter().collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>());
    }
}

fn reason(text: &[u8]) -> String {
    scanned(text).unwrap_err().to_string()
}

#[test]
fn errors_say_where() {
    assert_eq!(reason(b""), "the JSON text ends too early, at byte 0");
    assert_eq!(reason(b"\xef\xbb\xbf{}"), "expected a value, at byte 0");
    assert_eq!(reason(b"[\"\xc3\"]"), "not UTF-8, at byte 2");
    assert_eq!(reason(b"[1,]"), "expected a value, at byte 3");
    assert_eq!(reason(b"[1}"), "expected a comma or the closing bracket, at byte 2");
    assert_eq!(reason(b"{\"a\":1,}"), "expected a member's name in double quotes, at byte 7");
    assert_eq!(reason(b"{\"a\" 1}"), "expected a colon, at byte 5");
    assert_eq!(reason(b"{} {}"), "something follows the end of the JSON text, at byte 3");
    assert_eq!(reason(b"[01]"), "expected a comma or the closing bracket, at byte 2");
    assert_eq!(reason(b"[-]"), "expected a digit, at byte 2");
    assert_eq!(reason(b"[\"a\nb\"]"), "a control character in a string, at byte 3");
    assert_eq!(reason(br#"["\x"]"#), "an escape that JSON does not know, at byte 2");
    assert_eq!(reason(br#"["\u12"]"#), "an escape that JSON does not know, at byte 2");
    for lone in [r#"["\ud800"]"#, r#"["\udc00"]"#, r#"["\ud800\n"]"#, r#"["\ud800\ud800"]"#] {
        assert_eq!(reason(lone.as_bytes()), "half of a surrogate pair, at byte 2");
    }
    let again = "a member's name that this object already has, at byte";
    assert_eq!(reason(br#"{"b":{"a":1},"a":2,"b":3}"#), format!("{again} 19"));
    assert_eq!(reason(br#"{"c":1,"ab":2,"\u0061b":3,"c":4}"#), format!("{again} 14"));
}

#[test]
fn numbers_are_kept_as_they_are_written() {
    for number in ["1e999", "-0", "1.0", "9007199254740993", "0.1E-0002"] {
        let mut scanner = Scanner::new(number.as_bytes(), 0).unwrap();
        assert!(matches!(scanner.next(), Some(Ok((Event::Number(text), _))) if text == number));
        assert!(scanner.next().is_none());
    }
}

#[test]
fn the_depth_is_held() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(scanned(nested(SERDE_DEPTH).as_bytes()).is_ok());
    assert_eq!(
        reason(nested(SERDE_DEPTH + 1).as_bytes()),
        format!("nested too deeply, at byte {SERDE_DEPTH}")
    );
    assert_eq!(reason("[".repeat(1 << 20).as_bytes()), format!("nested too deeply, at byte {SERDE_DEPTH}"));
}

#[test]
fn nothing_comes_after_an_error() {
    let mut scanner = Scanner::new(b"[1 2]", 1).unwrap();
    assert_eq!(scanner.by_ref().filter(Result::is_ok).count(), 2);
    assert!(scanner.next().is_none());
}

/// What would take minutes if the work grew with the square of the members.
#[test]
fn many_members_take_no_longer_each_than_few() {
    let text = |from: u32| {
        let members: Vec<_> = (from..from + 80_000).map(|number| format!("\"{number}\":0")).collect();
        Zeroizing::new(format!("{{{}}}", members.join(",")).into_bytes())
    };
    let started = std::time::Instant::now();
    let base = Document::parse(text(0)).unwrap();
    let merged = base.merge(&Document::parse(text(1_000)).unwrap()).unwrap();
    assert_eq!(merged.members().len(), 81_000);
    assert!(started.elapsed().as_secs() < 5);
}
