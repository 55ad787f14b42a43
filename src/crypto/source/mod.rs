//! Where a key-encryption key comes from: a caller, a file, or a command.
//!
//! A key is 32 random bytes, raw or in standard base64. Nothing is derived from anything weaker: a passphrase is
//! refused, in each form that can be recognised as one.

mod command;
mod file;

use std::path::Path;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::error::KeyProblem;
use super::secret::Secret32;
use crate::domain::Random;

/// A key that a caller brought. Which key of a store it is, its check value tells
/// ([`super::matches_check_value`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyMaterial(Secret32);

impl KeyMaterial {
    /// From 32 raw bytes.
    pub fn raw(bytes: &[u8]) -> Result<Self, KeyProblem> {
        let not_a_key = |problem| KeyProblem::NotAKey { what: "the key".into(), problem };
        raw_key(bytes).map(Self).map_err(not_a_key)
    }

    /// From base64 (standard alphabet, with or without padding, white space around it).
    pub fn base64(text: &str) -> Result<Self, KeyProblem> {
        let not_a_key = |problem| KeyProblem::NotAKey { what: "the key".into(), problem };
        base64_key(text.as_bytes()).map(Self).map_err(not_a_key)
    }

    /// From a file that holds 32 raw bytes or base64. It has to be a regular file of this process's user that nobody
    /// else may read or write.
    pub fn file(path: &Path) -> Result<Self, KeyProblem> {
        file::read(path).map(Self)
    }

    /// From a new file with a new random key. Where the file is there already, somebody else having made it a moment
    /// ago included, its key is read instead.
    pub fn make_file(path: &Path, random: &dyn Random) -> Result<Self, KeyProblem> {
        file::make(path, random).map(Self)
    }

    /// From what a command prints (32 raw bytes or base64, nothing else): a program and its arguments, run without a
    /// shell, and stopped after ten seconds.
    pub fn command(argv: &[String]) -> Result<Self, KeyProblem> {
        command::run(argv, command::TIME_LIMIT).map(Self)
    }

    /// The key.
    pub fn key(&self) -> &Secret32 {
        &self.0
    }

    /// The key, kept.
    pub fn into_key(self) -> Secret32 {
        self.0
    }
}

/// More than any key takes in any form, with some white space around it.
const MOST: usize = 1024;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A key in either form: 32 bytes are a raw one, since no base64 of a key has that length.
fn any_key(bytes: &[u8]) -> Result<Secret32, &'static str> {
    if bytes.len() == 32 { raw_key(bytes) } else { base64_key(bytes) }
}

fn raw_key(bytes: &[u8]) -> Result<Secret32, &'static str> {
    let bytes: &[u8; 32] = bytes.try_into().map_err(|_| "is not 32 bytes long")?;
    // 32 random bytes are all printable once in 6 * 10^13 times; a passphrase is always.
    if bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err("is text, not random bytes");
    }
    not_zero(Secret32::copy_from(bytes))
}

fn base64_key(text: &[u8]) -> Result<Secret32, &'static str> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Err("is empty");
    }
    // 32 bytes are 43 characters, or 44 with padding.
    if !(43..=44).contains(&text.len()) {
        return Err("is not the base64 of 32 bytes");
    }
    let mut decoded = Zeroizing::new([0; 33]);
    let length = BASE64.decode_slice(text, &mut decoded[..]).map_err(|_| "is not valid base64")?;
    let key = decoded[..length].try_into().map_err(|_| "is not the base64 of 32 bytes")?;
    not_zero(Secret32::copy_from(key))
}

fn not_zero(key: Secret32) -> Result<Secret32, &'static str> {
    if key == Secret32::zeroed() { Err("is all zeros") } else { Ok(key) }
}

/// Whether a path or program is a key that was put in the wrong place, and so must not be repeated in an error.
fn is_misplaced_key(text: &[u8]) -> bool {
    // An absolute path may happen to be good base64; it hardly ever ends in padding.
    base64_key(text).is_ok() && (text.ends_with(b"=") || !text.starts_with(b"/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::OsRandom;
    use base64::engine::general_purpose::STANDARD;

    fn problem(result: Result<KeyMaterial, KeyProblem>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn the_same_key_in_each_form() {
        let bytes: [u8; 32] = std::array::from_fn(|i| 0xF0 ^ (i as u8));
        let text = STANDARD.encode(bytes);
        let key = KeyMaterial::raw(&bytes).unwrap();
        assert_eq!(key.key().expose(), &bytes);
        assert_eq!(KeyMaterial::base64(&text).unwrap(), key);
        assert_eq!(KeyMaterial::base64(text.trim_end_matches('=')).unwrap(), key);
        assert_eq!(KeyMaterial::base64(&format!(" \r\n{text}\n")).unwrap(), key);
    }

    #[test]
    fn every_random_key_survives_base64() {
        for _ in 0..200 {
            let key = Secret32::generate(&OsRandom).unwrap();
            let text = STANDARD.encode(key.expose());
            assert_eq!(KeyMaterial::base64(&text).unwrap().into_key(), key);
        }
    }

    #[test]
    fn passphrases_are_refused_with_the_mend() {
        let passphrases = ["correct horse battery staple", "a passphrase of 32 characters ..", "hunter2", ""];
        for passphrase in passphrases {
            for text in
                [problem(KeyMaterial::raw(passphrase.as_bytes())), problem(KeyMaterial::base64(passphrase))]
            {
                assert!(text.contains("passphrases are refused"), "{text}");
                assert!(text.contains("`openssl rand -base64 32`"), "{text}");
                assert!(text.contains("`head -c 32 /dev/urandom`"), "{text}");
                assert!(passphrase.is_empty() || !text.contains(passphrase), "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let hexadecimal = "00112233445566778899aabbccddeeff".repeat(2);
        let url_safe = "-_".repeat(21) + "A=";
        let two = format!("{0}{0}", STANDARD.encode([7; 32]));
        for text in [&hexadecimal, &url_safe, &two, &STANDARD.encode([7; 31]), &STANDARD.encode([7; 33])] {
            assert!(KeyMaterial::base64(text).is_err(), "{text}");
        }
        for length in [0, 16, 31, 33, 64] {
            assert!(KeyMaterial::raw(&vec![7; length]).is_err(), "{length}");
        }
        assert!(problem(KeyMaterial::raw(&[0; 32])).contains("all zeros"));
        assert!(problem(KeyMaterial::base64(&STANDARD.encode([0; 32]))).contains("all zeros"));
    }
}
