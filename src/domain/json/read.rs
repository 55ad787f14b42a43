//! JSON that becomes one of our own types: options, queries, the catalogue. Not for documents.

use serde::de::DeserializeOwned;

use super::Scanner;
use crate::domain::Invalid;

/// None of our own types is nested deeper.
const DEPTH: usize = 16;

/// Reads `json` as a `T`. The error names the member that is wrong and never quotes what was found there: somebody
/// may have put a secret in the wrong place. A member that stands twice is refused, as serde_json alone would not.
pub fn read<T: DeserializeOwned>(what: &'static str, json: &[u8]) -> Result<T, Invalid> {
    let events = Scanner::new(json, DEPTH).map(|mut scanner| scanner.find_map(Result::err));
    if let Err(error) | Ok(Some(error)) = events {
        return Err(Invalid::new(what, error.to_string()));
    }
    // Which member it was is only looked for where one is wrong.
    if let Ok(value) = serde_json::from_slice(json) {
        return Ok(value);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let place = error.path().iter().next().map(|_| format!("{}: ", error.path())).unwrap_or_default();
        let problem = error.inner().to_string();
        let problem = match problem.split_once(", expected ") {
            Some((found, expected)) if !found.starts_with("unknown field") => format!("expected {expected}"),
            _ => problem,
        };
        Invalid::new(what, format!("{place}{problem}"))
    })
}
