//! The old option against PHP itself: what it prints, what it serialises, what it refuses.

mod differential;
mod fixtures;
mod hostile;
mod planning;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dm_connections::crypto::LegacyKey;
use dm_connections::domain::Provider;
use dm_connections::legacy::{Entry, Found, Tree, plan};

/// What PHP prints when it runs `script` with `input` on its standard input.
fn php(script: &Path, arguments: &[&str], input: Vec<u8>) -> Vec<u8> {
    let mut child = Command::new("php")
        .arg(script)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("php-cli is needed for these tests");
    let mut stdin = child.stdin.take().unwrap();
    // Both ways at once, or full pipes would wait for each other.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{} failed", script.display());
    output.stdout
}

fn tests(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(tests("fixtures").join(name)).unwrap()
}

fn keys() -> [LegacyKey; 1] {
    [LegacyKey::from_salt(fixture("SALT.txt").trim_ascii_end())]
}

/// A catalogue that knows all providers but one.
fn known(provider: &Provider) -> bool {
    provider.as_str() != "gone_provider"
}

fn entries<'t>(option: &'t Tree, keys: &'t [LegacyKey]) -> Vec<Entry<'t>> {
    plan(option, keys, &known).unwrap_or_else(|refused| panic!("{refused}")).collect()
}

fn path(entry: &Entry) -> String {
    entry.slot.path().join(" ")
}

/// The path and code of everything that is kept as it was, and of every member that is held back.
fn kept(entries: &[Entry]) -> Vec<String> {
    let mut kept = Vec::new();
    for entry in entries {
        match &entry.found {
            Found::Keep { why } => kept.push(format!("{}: {}", path(entry), why.code())),
            Found::Document { held_back, .. } => kept.extend(
                held_back
                    .iter()
                    .map(|member| format!("{} {}: {}", path(entry), member.name, member.why.code())),
            ),
        }
    }
    kept
}
