//! The key: a wrong one, none, a file that is none.

use std::os::unix::fs::symlink;

use dm_connections::vault::{Code, Facts, Kind, Options, Vault};

use crate::support::{Site, address, document, key, refused, text};
use crate::{files, mend, says, set_mode};

const CONN: Kind = Kind::Connection;

#[test]
fn a_wrong_key_is_named_with_the_one_that_is_needed_and_nothing_is_changed() {
    let site = Site::new("wrong");
    let vault = site.open();
    let at = address("reddit", "user:1", "default");
    vault.save(CONN, &at, &document(r#"{"access_token":"canary"}"#), &Facts::default()).unwrap();
    let first = vault.info().unwrap().keys[0].id.clone();
    vault.add_key(&key(2)).unwrap();
    let second = vault.info().unwrap().keys[1].id.clone();
    let before = std::fs::read(site.database()).unwrap();
    for open_already in [true, false] {
        let error = refused(site.open_with(&[key(3)]), Code::WrongKey);
        says(&error, &[&first, &second, "Nothing was changed", "the key given does not fit", "Give the key"]);
        assert_eq!(error.detail()["needed"], second.as_str());
        let error = refused(site.open_with(&[key(3), key(4)]), Code::WrongKey);
        says(&error, &["none of the 2 keys"]);
        // The earlier key alone is not enough, and the error says which one is.
        says(&refused(site.open_with(&[key(1)]), Code::WrongKey), &[&second]);
        // A key file that is made nowhere is no way round it.
        refused(site.open_with(&[]), Code::MissingKey);
        if open_already {
            assert_eq!(text(&vault, CONN, &at), r#"{"access_token":"canary"}"#, "who has the key goes on");
            dm_connections::vault::close_all();
        }
    }
    assert_eq!(std::fs::read(site.database()).unwrap(), before);
    // Either the new one, with which rows of the earlier one wait, or both.
    let vault = site.open_with(&[key(2)]).unwrap();
    says(&refused(vault.get(CONN, &at), Code::KeyUnavailable), &[&first, "earlier key"]);
    dm_connections::vault::close_all();
    assert_eq!(text(&site.open_with(&[key(2), key(1)]).unwrap(), CONN, &at), r#"{"access_token":"canary"}"#);
}

#[test]
fn a_key_file_that_is_missing_or_none_is_named_and_never_replaced() {
    let site = Site::new("key-file");
    let vault = site.open_with(&[]).unwrap();
    let needed = vault.info().unwrap().keys[0].id.clone();
    let path = site.root.join("store-key/primary.key");
    let (name, good) = (path.to_str().unwrap(), std::fs::read(&path).unwrap());
    let away = site.root.join("away");
    std::fs::rename(&path, &away).unwrap();
    let check = |code, words: &[&str]| {
        let before = files(&site.root);
        for _ in 0..2 {
            let error = refused(site.open_with(&[]), code);
            says(&error, &[name]);
            says(&error, words);
            assert_eq!(files(&site.root), before, "nothing is made in its place");
            dm_connections::vault::close_all();
        }
    };
    check(Code::MissingKey, &[&needed, "Put the file back"]);
    for (content, words) in [
        (b"".as_slice(), "is empty"),
        (b"correct horse battery staple", "passphrases are refused"),
        (b"a passphrase of 32 bytes, exactly", "passphrases are refused"),
        (&[0; 32], "all zeros"),
        (&[7; 31], "A key is 32 random bytes"),
    ] {
        std::fs::write(&path, content).unwrap();
        set_mode(&path, 0o600);
        check(Code::InvalidKey, &[words, "openssl rand -base64 32"]);
        assert_eq!(std::fs::read(&path).unwrap(), content);
    }
    // The key of another store.
    std::fs::write(&path, [9; 32]).unwrap();
    let error = refused(site.open_with(&[]), Code::WrongKey);
    says(&error, &[&needed]);
    std::fs::write(&path, &good).unwrap();
    set_mode(&path, 0o640);
    let error = refused(site.open_with(&[]), Code::Permissions);
    says(&error, &[name, "0640", mend(&error)]);
    std::fs::remove_file(&path).unwrap();
    symlink(&away, &path).unwrap();
    check(Code::InvalidKey, &["symbolic link", "regular file"]);
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    check(Code::InvalidKey, &["a directory", "regular file"]);
    std::fs::remove_dir(&path).unwrap();
    std::fs::rename(&away, &path).unwrap();
    site.open_with(&[]).unwrap();
}

#[test]
fn a_key_file_of_ones_own_is_used_and_made_once() {
    let site = Site::new("own-key-file");
    let options = Options { key_file: Some(site.root.join("own.key")), ..site.options() };
    Vault::open(&options, &[]).unwrap();
    assert!(site.root.join("own.key").is_file() && !site.root.join("store-key").exists());
    dm_connections::vault::close_all();
    Vault::open(&options, &[]).unwrap();
    dm_connections::vault::close_all();
    let elsewhere = Options { key_file: Some(site.root.join("other.key")), ..site.options() };
    refused(Vault::open(&elsewhere, &[]), Code::MissingKey);
    // A store that cannot be made leaves no key behind that somebody might take for its own.
    let lost = Options {
        key_file: Some(site.root.join("no/such/own.key")),
        ..Options::new(site.root.join("b"), "b")
    };
    let error = refused(Vault::open(&lost, &[]), Code::MissingDirectory);
    says(&error, &[site.root.join("no/such").to_str().unwrap()]);
}
