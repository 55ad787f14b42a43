//! Several processes, and one that is killed.

use std::sync::Arc;
use std::time::Duration;

use dm_connections::domain::UnixTime;
use dm_connections::vault::{Begin, Cloned, Code, Commit, Facts, Options};
use serde_json::json;

use crate::support::audit::sound;
use crate::support::process::{Actor, Role, hear, say};
use crate::support::{SITE, Site, document, key, refused};
use crate::*;

const PROVIDERS: [&str; 8] =
    ["twitter", "facebook", "instagram", "threads", "reddit", "linkedin", "pinterest", "youtube"];

pub fn play() {
    let Some(role) = Role::of_this_process() else { return };
    let options = Options { patience: Duration::from_secs(120), ..Options::new(role.store.clone(), SITE) };
    let vault = Vault::open(&options, &[key(1)]).unwrap();
    say("ready");
    hear();
    match role.name.as_str() {
        // Their own provider's account and somebody else's member of a shared one, as PHP code does: read all, write all.
        "writer" | "naive" => {
            let provider = &role.arguments[0];
            for n in 1..=role.number(1) {
                let base = option(&vault);
                let mut written = base.clone();
                written[provider]["account"]["n"] = json!(n);
                written[provider]["account"]["access_token"] = sealed(&format!("canary-{n}"));
                written["shared"]["account"][provider.as_str()] = json!(n);
                let base = if role.name == "writer" { Some(&base) } else { None };
                write_only(&vault, base, &written);
            }
        }
        "killed" => loop {
            let base = option(&vault);
            let n = base["reddit"]["account"]["n"].as_u64().unwrap() + 1;
            let mut written = base.clone();
            for provider in PROVIDERS {
                written[provider] =
                    json!({"account": {"n": n, "access_token": sealed(&format!("canary-{n}"))}});
            }
            written["odd"] = json!({"n": n});
            write_only(&vault, Some(&base), &written);
            say(n);
        },
        other => panic!("{other}"),
    }
    say("done");
}

fn run(name: &str, role: &str, times: u64) -> (Site, Vault) {
    let site = Site::new(name);
    let vault = site.open();
    // The shared one is known by its row.
    save(&vault, "shared", "site:0", "default", r#"{"n":0}"#);
    for provider in PROVIDERS {
        save(&vault, provider, "site:0", "default", r#"{"n":0}"#);
    }
    let mut actors: Vec<Actor> = PROVIDERS
        .iter()
        .map(|provider| Actor::start(&format!("{role} {provider} {times}"), &site.store()))
        .collect();
    actors.iter_mut().for_each(|actor| actor.expect("ready"));
    actors.iter_mut().for_each(|actor| actor.tell("go"));
    actors.iter_mut().for_each(|actor| actor.expect("done"));
    (site, vault)
}

/// How many of the writers' last values are there.
fn there(vault: &Vault, times: u64) -> usize {
    let now = opened(&option(vault));
    let own = PROVIDERS.iter().filter(|provider| now[**provider]["account"]["n"] == times);
    let own = own.filter(|provider| now[**provider]["account"]["access_token"] == format!("canary-{times}"));
    own.count() + PROVIDERS.iter().filter(|provider| now["shared"]["account"][**provider] == times).count()
}

#[test]
fn eight_processes_that_each_change_their_own_lose_nothing() {
    let times = if std::env::var_os("DM_TORTURE").is_some() { 500 } else { 50 };
    let (site, vault) = run("write-eight", "writer", times);
    assert_eq!(there(&vault, times), 16);
    sound(&vault);
    drop(site);
}

/// What the three-way merge is for: those that replace everything lose each other's writes.
#[test]
fn the_same_without_a_base_loses() {
    let (_site, vault) = run("write-naive", "naive", 10);
    assert!(there(&vault, 10) < 16);
}

#[test]
fn a_writer_that_is_killed_wrote_all_or_nothing() {
    let site = Site::new("write-killed");
    let vault = site.open();
    for provider in PROVIDERS {
        save(&vault, provider, "site:0", "default", r#"{"n":0}"#);
    }
    for round in 0..12_u64 {
        let mut actor = Actor::start("killed", &site.store());
        actor.expect("ready");
        actor.tell("go");
        actor.hear().unwrap();
        std::thread::sleep(Duration::from_micros(997 * round));
        actor.kill();
        let mut acknowledged = 0;
        while let Some(word) = actor.hear() {
            acknowledged = word.parse().unwrap();
        }
        let now = opened(&option(&vault));
        let n = now["reddit"]["account"]["n"].as_u64().unwrap();
        assert!(n >= acknowledged);
        for provider in PROVIDERS {
            assert_eq!(
                now[provider]["account"],
                json!({"n": n, "access_token": format!("canary-{n}")}),
                "{provider}"
            );
        }
        assert_eq!(now["odd"]["n"], n);
    }
    sound(&vault);
}

fn expired(name: &str) -> (Site, Arc<Vault>, Value) {
    let site = Site::new(name);
    let vault = Arc::new(site.open());
    let facts = Facts { expires_at: Some(Some(UnixTime::new(1).unwrap())), ..Facts::default() };
    let tokens = document(r#"{"access_token":"canary-a","refresh_token":"canary-r"}"#);
    vault.save(CONN, &address("reddit", "site:0", "default"), &tokens, &facts).unwrap();
    let base = option(&vault);
    (site, vault, base)
}

fn answer() -> dm_connections::domain::Document {
    document(r#"{"access_token":"canary-b","refresh_token":"canary-s"}"#)
}

#[test]
fn while_somebody_renews_a_write_is_what_a_save_is() {
    let at = address("reddit", "site:0", "default");
    // Beside the credential: the answer is laid over it.
    let (_site, vault, base) = expired("write-leased");
    let lease = vault.begin_refresh(&at, &Begin::default()).unwrap().lease.unwrap();
    let mut option = base.clone();
    option["reddit"]["account"]["note"] = json!(1);
    write_only(&vault, Some(&base), &option);
    lease.commit(&answer(), &Commit::default()).unwrap();
    let now = text(&vault, "reddit", "site:0", "default");
    assert_eq!(now, r#"{"access_token":"canary-b","refresh_token":"canary-s","note":1}"#);
    drop((lease, vault, _site));
    // Another credential is a new consent: the answer comes too late.
    let (_site, vault, base) = expired("write-consent");
    let lease = vault.begin_refresh(&at, &Begin::default()).unwrap().lease.unwrap();
    let mut option = base.clone();
    option["reddit"]["account"]["refresh_token"] = sealed("canary-consented");
    write_only(&vault, Some(&base), &option);
    refused(lease.commit(&answer(), &Commit::default()), Code::LeaseLost);
    assert!(text(&vault, "reddit", "site:0", "default").contains("canary-consented"));
    // And taken out.
    let (base, mut option) = (self::option(&vault), self::option(&vault));
    drop(lease);
    let lease = vault.begin_refresh(&at, &Begin { force: true, ..Begin::default() }).unwrap().lease.unwrap();
    option.as_object_mut().unwrap().shift_remove("reddit");
    write_only(&vault, Some(&base), &option);
    refused(lease.commit(&answer(), &Commit::default()), Code::LeaseLost);
}

#[test]
fn on_a_copy_of_the_site_writes_work_and_nothing_is_renewed() {
    let (site, vault, base) = expired("write-clone");
    let options = Options { clone: Cloned::Used, site: "https://copy.example".into(), ..site.options() };
    let copy = Arc::new(Vault::open(&options, &[key(1)]).unwrap());
    let mut option = base.clone();
    option["reddit"]["account"]["note"] = json!(1);
    write(&copy, &base, &option);
    let at = address("reddit", "site:0", "default");
    refused(copy.begin_refresh(&at, &Begin::default()).map(drop), Code::ClonedSite);
    drop(vault);
}
