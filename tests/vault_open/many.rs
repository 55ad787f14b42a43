//! More stores than a process keeps open.

use dm_connections::vault::{Code, Facts, Kind, Options, Vault, close_all};

use crate::says;
use crate::support::{SITE, Site, address, document, key, refused, text};

const CONN: Kind = Kind::Connection;

#[test]
fn the_ninth_store_closes_the_one_used_longest_ago() {
    let site = Site::new("nine");
    // Those of other tests.
    close_all();
    let at = address("reddit", "user:1", "default");
    let open = |number: u8| {
        let options = Options::new(site.root.join(format!("store-{number}")), SITE);
        Vault::open(&options, &[key(1 + number)]).unwrap()
    };
    let json = |number: u8| format!(r#"{{"access_token":"canary-{number}"}}"#);
    let made = |number: u8| {
        let vault = open(number);
        vault.save(CONN, &at, &document(&json(number)), &Facts::default()).unwrap();
        vault
    };
    let mut vaults: Vec<Vault> = (0..8).map(made).collect();
    // So the second is the one used longest ago.
    assert_eq!(text(&vaults[0], CONN, &at), json(0));
    vaults.push(made(8));
    let error = refused(vaults[1].get(CONN, &at), Code::InvalidHandle);
    says(&error, &["closed", "more than eight", "Open it again"]);
    refused(vaults[1].save(CONN, &at, &document("{}"), &Facts::default()), Code::InvalidHandle);
    refused(vaults[1].info(), Code::InvalidHandle);
    for number in [0, 2, 3, 4, 5, 6, 7, 8] {
        assert_eq!(text(&vaults[usize::from(number)], CONN, &at), json(number), "the others go on");
    }
    // Opened again it is there, and its old handle stays closed; the first makes room now.
    assert_eq!(text(&open(1), CONN, &at), json(1));
    refused(vaults[1].get(CONN, &at), Code::InvalidHandle);
    refused(vaults[0].get(CONN, &at), Code::InvalidHandle);
    for number in 0..9 {
        assert_eq!(text(&open(number), CONN, &at), json(number));
    }
}

#[test]
fn stores_that_were_closed_on_purpose_open_again() {
    let site = Site::new("close-all");
    let at = address("reddit", "user:1", "default");
    let vault = site.open();
    vault.save(CONN, &at, &document("{}"), &Facts::default()).unwrap();
    close_all();
    says(&refused(vault.get(CONN, &at), Code::InvalidHandle), &["dm_shutdown", "Open it again"]);
    assert_eq!(text(&site.open(), CONN, &at), "{}");
}

#[test]
fn a_store_that_was_just_opened_does_not_make_room_for_the_next() {
    let site = Site::new("fresh-handles");
    close_all();
    let at = address("reddit", "user:1", "default");
    let open = |number: u8| {
        let options = Options::new(site.root.join(format!("store-{number}")), SITE);
        Vault::open(&options, &[key(1 + number)]).unwrap()
    };
    let vaults: Vec<Vault> = (0..8).map(open).collect();
    let use_it = |vault: &Vault| vault.find(CONN, &Default::default()).map(drop);
    vaults.iter().for_each(|vault| use_it(vault).unwrap());
    // Two more, both opened before either is used.
    let (ninth, tenth) = (open(8), open(9));
    use_it(&ninth).unwrap();
    use_it(&tenth).unwrap();
    refused(vaults[0].get(CONN, &at), Code::InvalidHandle);
    refused(vaults[1].get(CONN, &at), Code::InvalidHandle);
    // Opening one that is open is a use of it, too.
    let again = open(2);
    drop(open(0));
    use_it(&again).unwrap();
}
