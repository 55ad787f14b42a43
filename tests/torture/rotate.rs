//! One process changes the key; others that have both keys go on.

use dm_connections::vault::{Facts, Kind, Options, Vault};

use crate::support::process::{Actor, Role, say};
use crate::support::{SITE, Site, address, document, key, text};

/// Adds the second key and re-wraps everything to it, or only adds it.
pub fn play(role: &Role) {
    let vault = Vault::open(&Options::new(&role.store, SITE), &[key(1), key(2)]).unwrap();
    vault.add_key(&key(2)).unwrap();
    if role.arguments[0] == "rewrap" {
        vault.rewrap().unwrap();
    }
    let at = address("x", "user:2", "default");
    vault.save(Kind::Connection, &at, &document(r#"{"access_token":"canary"}"#), &Facts::default()).unwrap();
    say("rotated");
}

#[test]
fn a_key_that_was_given_opens_what_another_process_sealed_under_it() {
    for how in ["add", "rewrap"] {
        let site = Site::new("rotate");
        let vault = site.open_with(&[key(1), key(2)]).unwrap();
        let at = address("x", "user:1", "default");
        let json = r#"{"access_token":"canary"}"#;
        vault.save(Kind::Connection, &at, &document(json), &Facts::default()).unwrap();
        let mut other = Actor::start(&format!("rotate {how}"), &site.store());
        other.expect("rotated");
        // The first thing that this process does after that is a read.
        assert_eq!(text(&vault, Kind::Connection, &address("x", "user:2", "default")), json, "{how}");
        assert_eq!(text(&vault, Kind::Connection, &at), json, "{how}");
        let statuses: Vec<_> =
            crate::whole::all_rows(&vault).into_iter().map(|row| row.about.status).collect();
        assert_eq!(statuses, ["active", "active"]);
        vault.save(Kind::Connection, &at, &document(json), &Facts::default()).unwrap();
    }
}
