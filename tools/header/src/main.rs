//! Writes the C header, from `src/ffi` as `cbindgen.toml` says, to the file given.

use std::error::Error;
use std::path::{Path, PathBuf};

/// The header is a manual and is read from the top: what comes first, in this order. Other files follow by name.
const FIRST: [&str; 10] =
    ["version", "status", "error", "buffer", "keyring", "store", "connections", "configs", "keys", "legacy"];

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args_os().nth(1).ok_or("usage: header FILE")?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml"))?;
    // The files themselves, not the crate: what is public inside the crate is no business of the header.
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in sources(&root.join("src/ffi"))? {
        builder = builder.with_src(source);
    }
    builder.generate()?.write_to_file(file);
    Ok(())
}

fn sources(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for entry in directory.read_dir()? {
        sources.push(entry?.path());
    }
    // It only names the others, and cbindgen would follow.
    sources.retain(|path| !path.ends_with("mod.rs"));
    let place =
        |path: &PathBuf| FIRST.iter().position(|name| path.file_stem().is_some_and(|stem| stem == *name));
    sources.sort_by_key(|path| (place(path).unwrap_or(FIRST.len()), path.clone()));
    Ok(sources)
}
