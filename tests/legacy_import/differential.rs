//! Thousands of values that PHP made up, and what PHP does with them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dm_connections::legacy::{Found, Kind, Value, parse_json, parse_php};

use super::{entries, php, tests};

/// The cases that `cases.php` prints, each with two fields.
fn cases(kind: &str, count: usize, fields: [&str; 2]) -> Vec<[Option<Vec<u8>>; 2]> {
    let lines = php(&tests("legacy_import/cases.php"), &[kind, &count.to_string()], Vec::new());
    let cases = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(|line| {
        let case: serde_json::Value = serde_json::from_slice(line).unwrap();
        fields.map(|field| case[field].as_str().map(|text| STANDARD.decode(text).unwrap()))
    });
    let cases: Vec<_> = cases.collect();
    assert_eq!(cases.len(), count);
    cases
}

/// The JSON of a serialised value as the import makes it: as the one member of an account. None where it is held
/// back.
fn json(serialised: &[u8]) -> Option<Vec<u8>> {
    let option = [br#"a:1:{s:6:"reddit";a:1:{s:7:"account";a:1:{s:1:"v";"#, serialised, b"}}}"].concat();
    let option = parse_php(&option).unwrap();
    let Found::Document { document, held_back, .. } = &entries(&option, &[])[0].found else {
        panic!("no document")
    };
    match held_back.as_slice() {
        [] => Some(document.get("v").unwrap().as_bytes().to_vec()),
        _ => None,
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn json_is_what_php_prints() {
    for [serialised, expected] in cases("values", 6000, ["php", "json"]) {
        let (serialised, expected) = (serialised.unwrap(), expected.unwrap());
        let expected = (!expected.is_empty()).then(|| lossy(&expected));
        assert_eq!(json(&serialised).as_deref().map(lossy), expected, "{}", lossy(&serialised));
    }
}

#[test]
fn json_becomes_what_php_serialises() {
    for [text, expected] in cases("texts", 6000, ["text", "php"]) {
        let text = text.unwrap();
        let ours = parse_json(&text).ok().map(|option| lossy(option.root().raw()));
        assert_eq!(ours, expected.as_deref().map(lossy), "{}", lossy(&text));
    }
}

#[test]
fn what_is_accepted_php_reads_alike() {
    let (mut accepted, mut refused_by_both) = (0, 0);
    for [serialised, expected] in cases("broken", 20_000, ["php", "json"]) {
        let serialised = serialised.unwrap();
        match parse_php(&serialised) {
            Err(_) if expected.is_none() => refused_by_both += 1,
            Err(_) => {} // PHP puts up with more.
            Ok(option) if has_object(option.root()) => {}
            Ok(_) => {
                let expected = expected.unwrap_or_else(|| panic!("PHP refuses {}", lossy(&serialised)));
                let expected = (!expected.is_empty()).then(|| lossy(&expected));
                let ours = json(serialised.trim_ascii_end()).as_deref().map(lossy);
                assert_eq!(ours, expected, "{}", lossy(&serialised));
                accepted += 1;
            }
        }
    }
    assert!(accepted > 2000 && refused_by_both > 2000, "{accepted} accepted, {refused_by_both} refused");
}

fn has_object(value: Value) -> bool {
    match value.kind() {
        Kind::Object => true,
        Kind::Array(mut items) => items.any(|(_, value)| has_object(value)),
        _ => false,
    }
}
