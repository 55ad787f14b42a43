//! Holds what `DESIGN.md` says of the layers: imports go downwards only, `unsafe` stays where it is allowed, and no
//! file outgrows its reader. It reads tokens, not text, so comments and strings never count and no spelling of a
//! path (`crate::`, `super::super::`, grouped, in an expression or a macro) slips by.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};

/// Lower layers know nothing of higher ones, and those of one rank nothing of each other.
const RANKS: [(&str, u8); 8] = [
    ("ffi", 3),
    ("vault", 2),
    ("grants", 1),
    ("crypto", 1),
    ("store", 1),
    ("providers", 1),
    ("legacy", 1),
    ("domain", 0),
];

/// The one import between layers of the same rank: the old envelope's cipher.
const ACROSS: [(&str, &str); 1] = [("legacy", "crypto")];

/// Where `unsafe` may stand: the C ABI, and single files for what has no safe wrapper.
const UNSAFE: [&str; 2] = ["src/ffi/", "src/store/fork.rs"];

const LONGEST: usize = 500;

#[test]
fn the_source_keeps_its_layers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = rust_files(&root.join("src"));
    assert!(files.len() >= RANKS.len(), "only {} files found under src", files.len());
    let mut broken = Vec::new();
    for file in files {
        let name = file.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        broken.extend(violations(&name, &fs::read_to_string(&file).unwrap()));
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Every rule that a file breaks, as `file:line: what`.
fn violations(file: &str, source: &str) -> Vec<String> {
    let module: Vec<String> = file
        .trim_start_matches("src/")
        .trim_end_matches(".rs")
        .split('/')
        .filter(|part| !matches!(*part, "mod" | "lib"))
        .map(str::to_owned)
        .collect();
    let mut reader = Reader { file, layer: module.first().cloned(), broken: Vec::new() };
    if let Some(layer) = &reader.layer
        && rank(layer).is_none()
    {
        reader.broken.push(format!("{file}: `{layer}` is no layer"));
    }
    let lines = source.lines().count();
    if lines > LONGEST {
        reader.broken.push(format!("{file}: {lines} lines; at most {LONGEST}"));
    }
    match source.parse::<TokenStream>() {
        Ok(tokens) => reader.read(tokens, &module),
        Err(error) => reader.broken.push(format!("{file}: {error}")),
    }
    reader.broken
}

fn rank(layer: &str) -> Option<u8> {
    RANKS.iter().find(|(name, _)| *name == layer).map(|(_, rank)| *rank)
}

struct Reader<'a> {
    file: &'a str,
    /// None in `lib.rs`, which declares the layers and may name any.
    layer: Option<String>,
    broken: Vec<String>,
}

impl Reader<'_> {
    fn read(&mut self, tokens: TokenStream, module: &[String]) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at..] {
                [TokenTree::Ident(keyword), TokenTree::Ident(name), TokenTree::Group(body), ..]
                    if keyword == "mod" && body.delimiter() == Delimiter::Brace =>
                {
                    let inner = [module, &[plain(name)]].concat();
                    self.read(body.stream(), &inner);
                    at += 3;
                    continue;
                }
                [TokenTree::Ident(word), ..] if word == "unsafe" => self.unsafe_at(word),
                // Where a path begins; `super` and `crate` in the middle of one do not exist.
                [TokenTree::Ident(word), rest @ ..] if word == "crate" => self.path(word, Vec::new(), rest),
                [TokenTree::Ident(word), rest @ ..] if word == "super" && !follows_path(&tokens[..at]) => {
                    self.path(word, parent(module), rest);
                }
                [TokenTree::Group(group), ..] => self.read(group.stream(), module),
                _ => {}
            }
            at += 1;
        }
    }

    fn unsafe_at(&mut self, word: &Ident) {
        if !UNSAFE.iter().any(|allowed| self.file.starts_with(allowed)) {
            self.report(word, "`unsafe` is not allowed here");
        }
    }

    /// Follows the path that `start` begins, from the module `base`, as far as to its layer.
    fn path(&mut self, start: &Ident, base: Vec<String>, rest: &[TokenTree]) {
        match rest {
            [TokenTree::Punct(colon), TokenTree::Punct(_), rest @ ..]
                if colon.as_char() == ':' && colon.spacing() == Spacing::Joint =>
            {
                self.member(start, base, rest);
            }
            [TokenTree::Ident(word), ..] if word == "as" && base.is_empty() => {
                self.report(start, "another name for the root hides what is imported");
            }
            _ => {}
        }
    }

    fn member(&mut self, start: &Ident, base: Vec<String>, rest: &[TokenTree]) {
        if !base.is_empty() {
            return match rest {
                [TokenTree::Ident(word), rest @ ..] if word == "super" => {
                    self.path(start, parent(&base), rest)
                }
                _ => self.import(start, &base[0]),
            };
        }
        match rest {
            [TokenTree::Ident(name), ..] => self.import(name, &plain(name)),
            [TokenTree::Group(group), ..] => {
                let members: Vec<TokenTree> = group.stream().into_iter().collect();
                let comma = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ',');
                for member in members.split(comma).filter(|member| !member.is_empty()) {
                    self.member(start, Vec::new(), member);
                }
            }
            _ => self.report(start, "everything in the root is imported"),
        }
    }

    fn import(&mut self, at: &Ident, target: &str) {
        let Some(layer) = self.layer.clone() else { return };
        let allowed = layer == target
            || rank(target).is_some_and(|lower| rank(&layer).is_some_and(|own| lower < own))
            || ACROSS.contains(&(layer.as_str(), target));
        if !allowed {
            self.report(at, &format!("`{layer}` must not know `{target}`"));
        }
    }

    fn report(&mut self, at: &Ident, what: &str) {
        self.broken.push(format!("{}:{}: {what}", self.file, at.span().start().line));
    }
}

fn plain(name: &Ident) -> String {
    name.to_string().trim_start_matches("r#").to_owned()
}

fn parent(module: &[String]) -> Vec<String> {
    module[..module.len().saturating_sub(1)].to_vec()
}

fn follows_path(before: &[TokenTree]) -> bool {
    matches!(before.last(), Some(TokenTree::Punct(p)) if p.as_char() == ':')
}

/// The rules are only worth something if they can be broken.
#[test]
fn each_rule_can_be_broken() {
    let refused = [
        ("src/domain/ids.rs", "use crate::crypto::Secret32;"),
        ("src/domain/ids.rs", "pub use crate::store;"),
        ("src/store/mod.rs", "use crate::vault::Vault;"),
        ("src/store/mod.rs", "use crate::crypto::Secret32;"),
        ("src/store/mod.rs", "use super::crypto::Secret32;"),
        ("src/store/mod.rs", "use crate::{domain::{KeyId, StoreId}, legacy};"),
        ("src/store/sqlite/mod.rs", "use super::super::grants::decide;"),
        ("src/store/sqlite/rows.rs", "fn f() { super::super::super::vault::f() }"),
        ("src/store/sqlite/rows.rs", "mod tests { use super::super::super::super::vault; }"),
        ("src/store/mod.rs", "mod tests { use super::super::{domain, crypto}; }"),
        ("src/crypto/mod.rs", "use crate::legacy::Value;"),
        ("src/legacy/mod.rs", "use crate::store::Row;"),
        ("src/vault/mod.rs", "fn f() -> Option<crate::ffi::dm_status> { None }"),
        ("src/vault/mod.rs", "fn f() { format!(\"{}\", crate::ffi::VERSION); }"),
        ("src/vault/mod.rs", "macro_rules! m { () => { $crate::ffi::f() } }"),
        ("src/vault/mod.rs", "use crate::r#ffi::f;"),
        ("src/vault/mod.rs", "use crate::*;"),
        ("src/vault/mod.rs", "use crate::{self as root};"),
        ("src/vault/mod.rs", "use crate as root;"),
        ("src/vault/mod.rs", "use super as root;"),
        ("src/vault/mod.rs", "use crate::Reexported;"),
        ("src/vault/mod.rs", "fn f() { unsafe { g() } }"),
        ("src/store/mod.rs", "unsafe impl Send for X {}"),
        ("src/lib.rs", "#[unsafe(no_mangle)] pub extern \"C\" fn dm_f() {}"),
        ("src/util/mod.rs", ""),
        ("src/util.rs", ""),
    ];
    for (file, source) in refused {
        assert!(!violations(file, source).is_empty(), "{file} was allowed: {source}");
    }
    assert_eq!(violations("src/domain/ids.rs", &"\n".repeat(LONGEST + 1)).len(), 1);
    assert_eq!(
        violations("src/domain/ids.rs", "//! Ids.\n\nuse crate::{\n    store,\n    vault::Vault,\n};"),
        [
            "src/domain/ids.rs:4: `domain` must not know `store`",
            "src/domain/ids.rs:5: `domain` must not know `vault`"
        ]
    );
}

#[test]
fn what_the_layers_allow_is_allowed() {
    let allowed = [
        ("src/lib.rs", "pub mod ffi; pub use crate::vault::Vault; pub use self::domain::KeyId;"),
        (
            "src/ffi/mod.rs",
            "use crate::{domain::Owner, vault}; #[unsafe(no_mangle)] pub extern \"C\" fn dm_f() {}",
        ),
        ("src/vault/open.rs", "use super::Vault; use crate::{crypto, legacy, grants};"),
        ("src/legacy/plan.rs", "use crate::crypto::LegacyKey; use crate::domain::{self, Document};"),
        ("src/store/sqlite/rows.rs", "use super::super::Row; use super::*; pub(in crate::store) fn f() {}"),
        ("src/store/sqlite/rows.rs", "mod tests { use super::super::super::records; }"),
        ("src/store/fork.rs", "fn f() { unsafe { libc::getpid() }; }"),
        (
            "src/domain/ids.rs",
            "//! See [`crate::vault`].\n/* unsafe */ const A: &str = \"crate::vault unsafe\";",
        ),
        ("src/domain/ids.rs", "pub(crate) fn f<'a>(c: &'a char) -> bool { *c == '\"' } pub(super) fn g() {}"),
        ("src/domain/ids.rs", "const A: &str = r#\"\" unsafe { crate::vault } \"#;"),
    ];
    for (file, source) in allowed {
        assert_eq!(violations(file, source), [""; 0], "{source}");
    }
    assert_eq!(violations("src/domain/ids.rs", &"\n".repeat(LONGEST)), [""; 0]);
}
