//! Each way in which a store does not open, as a caller sees it: its code, and a message that names what is wrong and
//! how to mend it. What the engine by itself makes of a place or a file is in the tests of the store.
#![allow(missing_docs)]

mod clones;
mod damage;
mod keys;
mod many;
mod options;
mod place;
mod state;

#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};

use dm_connections::vault::{Error, Options, Vault};
use support::process::{Role, say};
use support::{SITE, key, told};

/// What the processes of these tests do.
#[test]
fn role() {
    let Some(role) = Role::of_this_process() else { return };
    match role.name.as_str() {
        "open" => match Vault::open(&Options::new(&role.store, SITE), &[key(1)]) {
            Ok(_) => say("opened"),
            Err(error) => say(format!("{:?} | {} | {}", error.code(), told(&error), mend(&error))),
        },
        "adopt" => clones::adopt(&role),
        "hold" => state::hold(&role),
        "fill" => place::fill(&role),
        other => panic!("there is no role {other}"),
    }
}

/// The line to type, where there is one.
fn mend(error: &Error) -> &str {
    error.detail().get("mend").and_then(|mend| mend.as_str()).unwrap_or_default()
}

/// The files of a directory and below it, by their names.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        }
        found.push(path);
    }
    found.sort();
    found
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The message has to have all of these in it.
#[track_caller]
fn says(error: &Error, words: &[&str]) {
    for word in words {
        assert!(error.message().contains(word), "{word:?} is missing in: {error}");
    }
}
