//! Options that somebody made up to hurt: refused, or read, in bounded time and memory.

use std::process::Command;
use std::time::{Duration, Instant};

use dm_connections::legacy::{Kind, MAX_BYTES, MAX_DEPTH, Refused, Value, parse_json, parse_php};
use proptest::prelude::*;

use super::{entries, keys};

fn refused(serialised: &[u8]) -> Refused {
    let text = String::from_utf8_lossy(serialised);
    parse_php(serialised).map(|_| ()).expect_err(&text)
}

#[test]
fn lies_about_lengths_and_counts_are_refused() {
    let cases: &[(&str, usize)] = &[
        // Longer or shorter than it says.
        (r#"s:6:"hello";"#, 11),
        (r#"s:4:"hello";"#, 9),
        (r#"s:1000000000:"hello";"#, 14),
        (r#"s:18446744073709551615:"hello";"#, 2),
        (r#"s:9223372036854775807:"hello";"#, 23),
        (r#"s:-1:"hello";"#, 2),
        (r#"s:+5:"hello";"#, 2),
        (r#"s:05:"hello";"#, 2),
        (r#"s::"hello";"#, 2),
        (r#"a:1000000000:{i:0;N;}"#, 12),
        (r#"a:18446744073709551616:{}"#, 2),
        (r#"a:-1:{}"#, 2),
        (r#"a:01:{i:0;N;}"#, 2),
        (r#"a:2:{i:0;N;}"#, 3),
        (r#"a:0:{i:0;N;}"#, 5),
        (r#"a:2:{i:0;b:1;i:1;}"#, 17),
        (r#"a:1:{i:0;b:1;i:1;}"#, 13),
        (r#"O:8:"stdClass":1000000000:{}"#, 25),
        (r#"O:9:"stdClass":0:{}"#, 14),
        (r#"C:1:"X":99:{}"#, 12),
        (r#"C:1:"X":1:{}"#, 12),
        // Numbers that PHP does not write.
        ("i:9223372036854775808;", 2),
        ("i:+1;", 2),
        ("i:01;", 2),
        ("i:-0;", 2),
        ("i:;", 2),
        ("i:1 ;", 3),
        ("d:;", 2),
        ("d:0x1;", 2),
        ("d:1e5;", 2),
        ("d:infinity;", 2),
        ("b:2;", 2),
        ("N:", 1),
        // Not there, cut off, or more than there should be.
        ("", 0),
        ("\n", 0),
        ("a", 1),
        ("a:1:{", 3),
        ("a:1:{i:0;", 9),
        ("a:1:{i:0;N;", 11),
        ("a:1:{d:0;N;}", 5),
        ("a:1:{a:0:{}N;}", 5),
        ("a:0:{};", 6),
        ("a:0:{} a:0:{}", 6),
        (" a:0:{}", 0),
        ("Z:0:{}", 0),
        // What serialize() never writes.
        (r#"S:1:"\61";"#, 0),
    ];
    for (text, offset) in cases {
        assert_eq!(refused(text.as_bytes()).offset, *offset, "{text}: {}", refused(text.as_bytes()));
    }
}

#[test]
fn references_are_refused_wherever_they_are() {
    let arrays = [
        r#"a:2:{i:0;N;i:1;R:2;}"#,
        r#"a:2:{i:0;O:1:"X":0:{}i:1;r:2;}"#,
        r#"a:1:{i:0;O:1:"X":1:{s:1:"p";R:1;}}"#,
    ];
    for text in arrays {
        let error = refused(text.as_bytes());
        assert!(error.problem.contains("reference"), "{text}: {error}");
    }
}

#[test]
fn objects_are_skipped_whole_and_never_looked_into() {
    let objects = [
        r#"O:8:"stdClass":2:{s:2:"id";a:1:{i:0;O:1:"X":0:{}}s:4:"name";s:3:"}};";}"#,
        r#"C:11:"ArrayObject":21:{x:i:0;a:0:{};m:a:0:{}}"#,
        r#"E:11:"Suit:Hearts";"#,
    ];
    for object in objects {
        let text = format!(r#"a:2:{{i:0;{object}i:1;b:1;}}"#);
        let option = parse_php(text.as_bytes()).unwrap();
        let Kind::Array(items) = option.root().kind() else { panic!("{text}") };
        let values: Vec<Value> = items.map(|(_, value)| value).collect();
        assert!(matches!(values[0].kind(), Kind::Object), "{text}");
        assert_eq!(values[0].raw(), object.as_bytes());
        assert!(matches!(values[1].kind(), Kind::Bool(true)), "{text}");
    }
}

#[test]
fn depth_ends_where_it_is_said_to() {
    let nested = |open: &str, levels: usize, inside: &str, close: &str| {
        [open.repeat(levels), inside.to_owned(), close.repeat(levels)].concat()
    };
    for open in ["a:1:{i:0;", r#"O:1:"X":1:{i:0;"#] {
        assert!(parse_php(nested(open, MAX_DEPTH, "N;", "}").as_bytes()).is_ok());
        assert_eq!(refused(nested(open, MAX_DEPTH + 1, "N;", "}").as_bytes()).problem, "nested too deeply");
        assert_eq!(refused(nested(open, 1_000_000, "N;", "}").as_bytes()).problem, "nested too deeply");
    }
    assert!(parse_json(nested("[", MAX_DEPTH, "", "]").as_bytes()).is_ok());
    for levels in [MAX_DEPTH + 1, 1_000_000] {
        assert!(parse_json(nested("[", levels, "", "]").as_bytes()).is_err());
    }
}

#[test]
fn an_error_says_nothing_of_the_content() {
    let error = refused(br#"a:1:{s:6:"secret";s:5:"hunter2";}"#).to_string();
    assert_eq!(
        error,
        "the old option cannot be read: a length that is wrong, or punctuation that is missing, at byte 28"
    );
}

/// Makes 16 MiB of one kind or another.
fn blob(kind: &str) -> Vec<u8> {
    let filled = |before: &str, element: &str, after: &str| {
        let count = (MAX_BYTES - 64) / element.len();
        let before = before.replace('N', &count.to_string());
        [before.as_bytes(), element.repeat(count).as_bytes(), after.as_bytes()].concat()
    };
    let counted = |before: &str, element: &dyn Fn(usize) -> String, count: usize, after: &str| {
        let elements: String = (0..count).map(element).collect();
        [&before.replace('N', &count.to_string()), &elements, after].concat().into_bytes()
    };
    match kind {
        "php nested arrays" => "a:1:{i:0;".repeat(MAX_BYTES / 9).into_bytes(),
        "php nested objects" => r#"O:1:"X":1:{i:0;"#.repeat(MAX_BYTES / 15).into_bytes(),
        "php one key over and over" => filled("a:N:{", "i:0;N;", "}"),
        "php tiny arrays" => filled("a:N:{", "i:0;a:0:{}", "}"),
        "php keys out of order" => {
            counted("a:N:{", &|i| format!("s:7:\"{:07}\";N;", 1_040_000 - i), 1_040_000, "}")
        }
        "php long keys" => counted("a:N:{", &|i| format!("s:5000:\"{:05000}\";N;", 9_999 - i), 3_300, "}"),
        "php one long string" => filled("s:N:\"", "\u{1}", "\";"),
        "php one long number" => filled("d:", "1", ";"),
        "php unclosed string" => filled("a:1:{i:0;s:N:\"", "x", ""),
        "php tiny accounts" => {
            let account = |i| format!("s:6:\"{i:06}\";a:1:{{i:0;N;}}");
            counted("a:1:{s:6:\"reddit\";a:1:{s:8:\"accounts\";a:N:{", &account, 640_000, "}}}")
        }
        "php members to hold back" => {
            let member = |i| format!("s:6:\"{i:06}\";d:NAN;");
            counted("a:1:{s:6:\"reddit\";a:1:{s:7:\"account\";a:N:{", &member, 860_000, "}}}")
        }
        "json nested" => "[".repeat(MAX_BYTES).into_bytes(),
        "json tiny arrays" => filled("[", "[],", "0]"),
        "json zeros" => filled("[", "0,", "0]"),
        "json members" => counted("{", &|i| format!("\"{i:07}\":0,"), 1_380_000, "\"\":0}"),
        "json one long string" => filled("\"", "x", "\""),
        "json one long number" => filled("", "1", ""),
        _ => unreachable!("{kind}"),
    }
}

/// Runs in a process of its own, so that its memory can be measured.
#[test]
fn in_a_process_of_its_own() {
    let Ok(kind) = std::env::var("HOSTILE_OPTION") else { return };
    let blob = blob(&kind);
    assert!((MAX_BYTES - 1_000_000..=MAX_BYTES).contains(&blob.len()), "{} bytes", blob.len());
    let started = Instant::now();
    let parsed = if kind.starts_with("php") { parse_php(&blob) } else { parse_json(&blob) };
    if let Ok(option) = &parsed
        && matches!(option.root().kind(), Kind::Array(_))
    {
        let keys = keys();
        let known = |_: &_| true;
        let entries = dm_connections::legacy::plan(option, &keys, &known).unwrap().count();
        println!("{entries} entries");
    }
    println!("refused: {:?}", parsed.as_ref().err());
    drop(parsed);
    let elapsed = started.elapsed();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim().trim_end_matches(" kB");
    let times = peak.parse::<usize>().unwrap() * 1024 / MAX_BYTES;
    println!("{kind}: {elapsed:?}, {times} times 16 MiB");
    assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");
    assert!(times <= 8, "{times} times 16 MiB");
}

#[test]
fn huge_ones_take_bounded_time_and_memory() {
    let kinds = [
        "php nested arrays",
        "php nested objects",
        "php one key over and over",
        "php tiny arrays",
        "php keys out of order",
        "php long keys",
        "php one long string",
        "php one long number",
        "php unclosed string",
        "php tiny accounts",
        "php members to hold back",
        "json nested",
        "json tiny arrays",
        "json zeros",
        "json members",
        "json one long string",
        "json one long number",
    ];
    for kind in kinds {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "hostile::in_a_process_of_its_own", "--nocapture"])
            .env("HOSTILE_OPTION", kind)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{kind}: {said}");
        println!("{said}");
    }
}

#[test]
fn more_than_16_mib_is_refused() {
    let serialised = format!("s:{MAX_BYTES}:\"{}\";", "x".repeat(MAX_BYTES));
    assert_eq!(refused(serialised.as_bytes()).problem, "more than 16 MiB");
    let json = format!("\"{}\"", "x".repeat(MAX_BYTES));
    assert!(parse_json(json.as_bytes()).is_err());
}

/// Pieces of the format in any order: nearly right more often than random bytes are.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "a:0:{}",
        "a:1:{",
        "a:2:{",
        "}",
        "i:0;",
        "i:1;",
        "i:-5;",
        "N;",
        "b:1;",
        "d:0.5;",
        "d:NAN;",
        "s:1:\"7\";",
        "s:0:\"\";",
        "s:6:\"reddit\";",
        "s:7:\"account\";",
        "s:8:\"accounts\";",
        "s:10:\"principals\";",
        "s:6:\"user:1\";",
        "s:10:\"dm:enc:v1:\";",
        "O:1:\"X\":1:{",
        "C:1:\"X\":2:{};}",
        "E:3:\"X:Y\";",
        "R:1;",
        "s:9:\"",
        "\";",
        "\u{e9}",
        "\n",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat().into_bytes())
}

/// Everything that can be asked of a value.
fn look_at(value: Value, within: &[u8]) {
    let raw = value.raw();
    assert!(within.windows(raw.len()).any(|window| std::ptr::eq(window, raw)));
    if let Kind::Array(items) = value.kind() {
        assert_eq!(items.is_empty(), items.clone().count() == 0);
        let mut keys = std::collections::HashSet::new();
        for (key, element) in items {
            assert!(keys.insert(key.bytes()), "a key occurs twice");
            look_at(element, raw);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_is_refused_or_whole(text in pieces()) {
        if let Ok(option) = parse_php(&text) {
            assert_eq!(option.root().raw(), text.trim_ascii_end());
            look_at(option.root(), &text);
            if matches!(option.root().kind(), Kind::Array(_)) {
                entries(&option, &[]);
            }
        }
    }

    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = (parse_php(&bytes), parse_json(&bytes));
    }
}
