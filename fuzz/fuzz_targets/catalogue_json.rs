//! A caller's additions to the catalogue, and what they make of a document.
#![no_main]

use dm_connections::domain::{Document, Provider};
use dm_connections::providers::Catalogue;
use libfuzzer_sys::fuzz_target;
use zeroize::Zeroizing;

const DOCUMENT: &[u8] =
    br#"{"id":"1","username":"ada","scope":"a,b c","expires_in":3600,"expires_at":"4102444800","token":{"expiry":1}}"#;

fuzz_target!(|data: &[u8]| {
    let Ok(catalogue) = Catalogue::embedded().extended(data) else { return };
    let document = Document::parse(Zeroizing::new(DOCUMENT.to_vec())).unwrap();
    for slug in ["reddit", "x", "a"] {
        let entry = catalogue.entry(&slug.parse::<Provider>().unwrap());
        entry.facts(&document);
        entry.carries_credentials(&document);
    }
});
