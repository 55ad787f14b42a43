//! Stores of any size: users with one account of each of nine services, like those of the old option.

use std::fmt::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::c::{Name, Store};
use crate::timing::nanoseconds;

const PROVIDERS: [&str; 9] =
    ["instagram", "threads", "facebook", "twitter", "reddit", "linkedin", "pinterest", "bluesky", "youtube"];
/// The rows of one import: about 9 MB of JSON, where 16 MiB are allowed.
const CHUNK: usize = 18_000;

/// Numbers that look random and are the same in every run (SplitMix64).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn hex(&mut self, digits: usize) -> String {
        let mut text = String::new();
        while text.len() < digits {
            write!(text, "{:016x}", self.next()).unwrap();
        }
        text.truncate(digits);
        text
    }
}

pub fn owner(row: usize) -> String {
    format!("user:{}", 1 + row / PROVIDERS.len())
}

pub fn name(row: usize) -> Name {
    Name::new(PROVIDERS[row % PROVIDERS.len()], owner(row))
}

/// An account of about 450 bytes.
pub fn document(row: usize) -> String {
    let mut numbers = Numbers(row as u64);
    format!(
        r#"{{"username":"person_{row}","user_id":"{}","access_token":"fake-{}","refresh_token":"fake-{}","scope":"read write publish","token_expires_at":{},"authenticated_at":1760000000}}"#,
        10_000_000_000 + row as u64,
        numbers.hex(180),
        numbers.hex(60),
        2_000_000_000 + row as u64,
    )
}

/// The rows as an old option in JSON.
fn option(rows: Range<usize>) -> String {
    let providers = PROVIDERS.iter().enumerate().map(|(number, provider)| {
        let accounts = rows.clone().filter(|row| row % PROVIDERS.len() == number);
        let principals = accounts.map(|row| format!(r#""{}":{{"account":{}}}"#, owner(row), document(row)));
        format!(r#""{provider}":{{"principals":{{{}}}}}"#, principals.collect::<Vec<_>>().join(","))
    });
    format!("{{{}}}", providers.collect::<Vec<_>>().join(","))
}

/// The directory of a store with so many rows; made when it is first asked for.
pub fn store(directory: &Path, rows: usize) -> PathBuf {
    let place = directory.join(format!("rows-{rows}"));
    if !place.exists() {
        fill(&place, rows);
    }
    place
}

/// Makes a store with so many rows. Gives the nanoseconds that its imports took.
pub fn fill(place: &Path, rows: usize) -> f64 {
    let store = Store::open(place);
    let chunks = (0..rows).step_by(CHUNK).map(|first| option(first..rows.min(first + CHUNK)));
    chunks.map(|option| nanoseconds(|| drop(store.import(option.as_bytes(), "json", b"unused")))).sum()
}
