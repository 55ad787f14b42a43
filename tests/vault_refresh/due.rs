//! What is to be renewed without anybody's asking.

use std::collections::BTreeSet;

use dm_connections::vault::{DueOptions, Facts, close_all};

use crate::support::process::Actor;
use crate::support::{Site, address, fixture};
use crate::{CONN, Scene, answered, commit, save};

fn due(scene: &Scene, limit: u32) -> Vec<String> {
    let due = scene.vault.due(&DueOptions { limit, ..DueOptions::default() }).unwrap();
    due.items.into_iter().map(|about| format!("{} {}", about.owner, about.account)).collect()
}

/// One more account that is due.
fn ended(scene: &Scene, owner: &str, account: &str) {
    save(&scene.vault, &address("x", owner, account), "canary-r1", -10, &Facts::default());
}

#[test]
fn all_owners_accounts_are_listed_once() {
    let scene = Scene::new("due-owners");
    for (owner, account) in
        [("site:0", "default"), ("agent:7", "default"), ("user:1", "second"), ("user:2", "default")]
    {
        ended(&scene, owner, account);
    }
    save(&scene.vault, &address("x", "user:3", "default"), "canary-r1", 3600, &Facts::default());
    let mut listed = due(&scene, 2);
    assert_eq!(listed.len(), 2);
    listed.extend(due(&scene, 100));
    listed.sort();
    assert_eq!(
        listed,
        ["agent:7 default", "site:0 default", "user:1 default", "user:1 second", "user:2 default"]
    );
    assert_eq!(due(&scene, 100), Vec::<String>::new(), "claimed");
    // What is claimed is not held: who asks for it by name is granted it.
    scene.granted().release().unwrap();
}

#[test]
fn the_limit_is_kept_and_more_is_said() {
    let scene = Scene::new("due-limit");
    (2..=7).for_each(|number| ended(&scene, &format!("user:{number}"), "default"));
    for (listed, more) in [(3, true), (3, true), (1, false), (0, false)] {
        let page = scene.vault.due(&DueOptions { limit: 3, ..DueOptions::default() }).unwrap();
        assert_eq!((page.items.len(), page.more), (listed, more));
        assert!(page.next_at.is_some());
    }
}

#[test]
fn two_processes_never_get_the_same_one() {
    let scene = Scene::new("due-processes");
    (2..=30).for_each(|number| ended(&scene, &format!("user:{number}"), "default"));
    let mut workers: Vec<Actor> = (0..3).map(|_| scene.worker()).collect();
    let (mut seen, mut nothing) = (Vec::new(), 0);
    while nothing < workers.len() {
        workers.iter_mut().for_each(|worker| worker.tell("due"));
        nothing = 0;
        for worker in &mut workers {
            match worker.hear().unwrap().as_str() {
                "nothing" => nothing += 1,
                owner => seen.push(owner.to_owned()),
            }
        }
    }
    let different: BTreeSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), different.len()), (30, 30));
    workers.into_iter().for_each(Actor::finish);
}

#[test]
fn what_is_held_dead_or_waits_is_not_listed() {
    let scene = Scene::new("due-not");
    let held = scene.granted();
    assert!(due(&scene, 10).is_empty());
    held.fail(&answered(503, "")).unwrap();
    assert!(due(&scene, 10).is_empty());
    crate::refuse(&crate::lease(scene.force()));
    let page = scene.vault.due(&DueOptions::default()).unwrap();
    assert_eq!((page.items.len(), page.next_at), (0, None), "never again");
    // A new consent is looked at.
    scene.connect("canary-r2", -10);
    assert_eq!(due(&scene, 10).len(), 1);
}

#[test]
fn a_row_that_does_not_open_stops_no_other() {
    let scene = Scene::new("due-tampered");
    ended(&scene, "user:2", "default");
    scene.site.sql().execute("UPDATE connections SET display_name = 'x' WHERE owner = 'user:1'", []).unwrap();
    let page = scene.vault.due(&DueOptions::default()).unwrap();
    assert_eq!(page.items.iter().map(|about| about.owner.as_str()).collect::<Vec<_>>(), ["user:2"]);
    assert!(!page.more, "and it is not asked for in a loop");
}

#[test]
fn what_is_gone_leaves_nothing_behind() {
    let scene = Scene::new("due-gone");
    let rows = || {
        let count = |table| {
            let sql = format!("SELECT count(*) FROM {table}");
            scene.site.sql().query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
        };
        (count("refreshes"), count("refresh_schedule"))
    };
    let held = scene.granted();
    assert_eq!(rows(), (1, 1));
    scene.vault.delete(CONN, &scene.at, None).unwrap();
    assert_eq!(rows(), (0, 0));
    assert!(commit(&held, "canary-r2").is_err());
    drop(held);
    assert_eq!(rows(), (0, 0));

    scene.connect("canary-r1", -10);
    let _held = scene.granted();
    scene.vault.disconnect(&scene.at, &Default::default()).unwrap();
    assert_eq!(rows(), (0, 0));

    scene.connect("canary-r1", -10);
    let held = scene.granted();
    scene.vault.clear(&"user:1".parse().unwrap(), None).unwrap();
    drop(held);
    assert_eq!(rows(), (0, 0));
}

#[test]
fn every_connection_of_an_older_store_is_looked_at() {
    let site = Site::new("due-older");
    drop(site.open());
    close_all();
    std::fs::write(site.database(), fixture("store-1.sqlite")).unwrap();
    let vault = site.open();
    let connections = vault.info().unwrap().counts.connections;
    assert!(connections > 10);
    let scheduled = || {
        let sql = "SELECT count(*), coalesce(sum(look_at = 0), 0) FROM refresh_schedule";
        site.sql().query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    // The first that asks makes the store anew.
    let page = vault.due(&DueOptions { limit: 100, ..DueOptions::default() }).unwrap();
    let (all, unseen): (i64, i64) = scheduled();
    assert_eq!((all as u64, unseen, page.more), (connections, 0, false));
}
