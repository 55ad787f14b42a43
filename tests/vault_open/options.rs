//! Options that are none.

use dm_connections::vault::{Code, Options, Vault};

use crate::support::{SITE, Site, key, refused};
use crate::{files, says};

#[test]
fn bad_options_are_named_and_nothing_is_made() {
    let site = Site::new("options");
    let good = || site.options();
    let id = "0123456789abcdef0123456789abcdef".parse().unwrap();
    for (options, argument, words) in [
        (Options::new("store", SITE), "path", "absolute"),
        (Options::new("./store", SITE), "path", "absolute"),
        (Options::new("", SITE), "path", "absolute"),
        (Options::new(site.store(), ""), "site", "must name the site"),
        (Options::new(site.store(), "x".repeat(256)), "site", "255 bytes"),
        (Options::new(site.store(), "https://example.org\n"), "site", "must name the site"),
        (Options { key_file: Some("primary.key".into()), ..good() }, "key_file", "absolute"),
        (Options { create: Some(true), store_id: Some(id), ..good() }, "create", "leave one of the two out"),
    ] {
        for keys in [&[][..], &[key(1)]] {
            let error = refused(Vault::open(&options, keys), Code::InvalidArgument);
            assert_eq!(error.detail()["argument"], argument);
            says(&error, &[argument, words]);
        }
    }
    for catalogue in ["", "[", "[7]", "7", r#"{"providers":7}"#, r#"{"providers":{"No Slug":{}}}"#, "\u{0}"] {
        let options = Options { catalogue: Some(catalogue.into()), ..good() };
        let error = Vault::open(&options, &[key(1)]).err().unwrap_or_else(|| panic!("{catalogue}"));
        assert!(matches!(error.code(), Code::InvalidArgument | Code::InvalidDocument), "{error}");
        says(&error, &["catalogue"]);
    }
    assert!(files(&site.root).is_empty());
}
