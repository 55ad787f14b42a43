//! A document, and after a NUL byte a patch for it.
#![no_main]

use dm_connections::domain::Document;
use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

fn read(bytes: &[u8]) -> Option<Document> {
    let document = Document::parse(Zeroizing::new(bytes.to_vec())).ok()?;
    assert_eq!(document.as_bytes(), bytes);
    serde_json::from_slice::<IgnoredAny>(bytes).unwrap();
    Some(document)
}

/// What a merge has to give: members in order, each with its raw value.
fn members(document: &Document) -> Vec<(String, String)> {
    document.members().map(|member| (member.name.unescape().to_string(), member.value.to_owned())).collect()
}

fuzz_target!(|data: &[u8]| {
    let mut halves = data.splitn(2, |byte| *byte == 0);
    let Some(document) = halves.next().and_then(read) else { return };
    let Some(patch) = halves.next().and_then(read) else { return };
    let Ok(merged) = document.merge(&patch) else { return };

    let mut expected = members(&document);
    for (name, value) in members(&patch) {
        match expected.iter_mut().find(|member| member.0 == name) {
            Some(member) => member.1 = value,
            None => expected.push((name, value)),
        }
    }
    assert_eq!(members(&read(merged.as_bytes()).unwrap()), expected);
});
