//! Another process that renews: it does what it is told, and tells what came of it.

use std::sync::Arc;
use std::time::Duration;

use dm_connections::vault::{
    Address, Begin, Cloned, Commit, DueOptions, Facts, Lease, Options, Vault, close_all,
};

use crate::support::process::{Role, hear, say};
use crate::support::{SITE, address, document, key};
use crate::{answered, code, commit, once, save};

/// The store, as this process opens it.
pub fn open(role: &Role) -> Arc<Vault> {
    let options = Options { patience: Duration::from_secs(60), ..Options::new(&role.store, SITE) };
    Arc::new(Vault::open(&options, &[key(1)]).unwrap())
}

/// The account that it is about.
pub fn account_of(role: &Role) -> Address {
    address(&role.arguments[0], "user:1", "default")
}

pub fn play(role: &Role) {
    let (vault, at) = (open(role), account_of(role));
    let mut lease: Option<Lease> = None;
    say("open");
    while let Some(word) = hear() {
        let (word, rest) = word.split_once(": ").unwrap_or((&word, ""));
        match word {
            "begin" => {
                let patience = rest.parse().map(Duration::from_millis).unwrap_or_default();
                let begun = vault.begin_refresh(&at, &Begin { patience: Some(patience), ..once() }).unwrap();
                let lost =
                    begun.told.lease.as_ref().map_or("", |lease| if lease.lost { " lost" } else { "" });
                say(format!("{}{lost}", begun.told.outcome));
                lease = begun.lease;
            }
            "commit" => match commit(lease.as_ref().unwrap(), rest) {
                Ok(_) => say("committed"),
                Err(error) => say(code(&error)),
            },
            // The same store, seen from a copy of the site.
            "clone" => {
                close_all();
                let copy = "https://staging.example.org";
                let options = Options { clone: Cloned::Used, ..Options::new(&role.store, copy) };
                let vault = Arc::new(Vault::open(&options, &[key(1)]).unwrap());
                let begun = vault.begin_refresh(&at, &once()).err().map(|error| code(&error));
                let due = vault.due(&DueOptions::default()).err().map(|error| code(&error));
                say(format!("{} {}", begun.unwrap_or_default(), due.unwrap_or_default()));
                say(vault.refresh_status(&at, &once()).unwrap().outcome);
            }
            // As a class does that stores what came by itself.
            "save" => {
                let (token, ends_in) = rest.split_once(' ').unwrap_or((rest, "3600"));
                let renewed = Facts { renewed: true, ..Facts::default() };
                say(save(&vault, &at, token, ends_in.parse().unwrap(), &renewed).revision);
            }
            "commit saved" => {
                let saved = Commit { if_revision: Some(rest.parse().unwrap()), ..Commit::default() };
                match lease.as_ref().unwrap().commit(&document("{}"), &saved) {
                    Ok(_) => say("committed"),
                    Err(error) => say(code(&error)),
                }
            }
            "refused" => match lease.as_ref().unwrap().fail(&answered(400, "invalid_grant")) {
                Ok(told) => say(told.outcome),
                Err(error) => say(code(&error)),
            },
            "close" => {
                lease = None;
                say("closed");
            }
            "shutdown" => {
                lease = None;
                close_all();
                say("shut down");
            }
            "shutdown first" => {
                close_all();
                lease = None;
                say("shut down");
            }
            // A process keeps eight stores open.
            "eight more" => {
                let others = (0..8).map(|number| {
                    let path = format!("{}-other-{number}", role.store.display());
                    Vault::open(&Options::new(path, SITE), &[key(1)]).unwrap()
                });
                say(others.count());
            }
            "token" => say(crate::token(&vault, &at)),
            "due" => {
                let due = vault.due(&DueOptions { limit: 1, ..DueOptions::default() }).unwrap();
                say(due.items.first().map_or("nothing", |about| &about.owner));
            }
            other => panic!("{other}"),
        }
    }
}
