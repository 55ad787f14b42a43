//! What somebody with the database in hand can do: at worst a provider is asked once too often.

use rusqlite::params;

use dm_connections::domain::RecordId;
use dm_connections::vault::{Facts, Kind};

use crate::support::{address, document};
use crate::{Scene, answered, commit, is_lost, lease, once, save};

type State = (Vec<u8>, i64, String, Vec<u8>);

fn state(scene: &Scene, owner: &str) -> State {
    let sql = "SELECT connection, r.revision, state, mac FROM refreshes r JOIN connections ON id = connection \
               WHERE owner = ?1";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    scene.site.sql().query_row(sql, [owner], row).unwrap()
}

fn put(scene: &Scene, connection: &[u8], (_, revision, state, mac): &State) {
    let sql = "INSERT OR REPLACE INTO refreshes (connection, revision, state, mac) VALUES (?1, ?2, ?3, ?4)";
    scene.site.sql().execute(sql, params![connection, revision, state, mac]).unwrap();
}

#[test]
fn a_state_that_is_not_ours_says_nothing() {
    let scene = Scene::new("tampered-edited");
    let edits = [
        "state = replace(state, '\"failures\":1', '\"failures\":0')",
        "state = ''",
        "state = 'null'",
        "state = '{\"fence\":9223372036854775807}'",
        "revision = revision + 1",
        "revision = 9223372036854775807",
        "mac = zeroblob(32)",
        "mac = x''",
    ];
    for edit in edits {
        lease(scene.force()).fail(&answered(503, "")).unwrap();
        assert_eq!(scene.outcome(), "backoff");
        scene.site.sql().execute(&format!("UPDATE refreshes SET {edit}"), []).unwrap();
        let begun = scene.begin();
        assert_eq!((begun.told.outcome, begun.told.failures), ("granted", 0), "{edit}");
        assert_eq!(begun.told.lease.as_ref().unwrap().fence, 1, "{edit}");
        // And it can be written again.
        assert_eq!(scene.outcome(), "busy", "{edit}");
        lease(begun).fail(&answered(503, "")).unwrap();
        assert_eq!(scene.outcome(), "backoff", "{edit}");
        scene.site.sql().execute("DELETE FROM refreshes", []).unwrap();
    }
}

#[test]
fn a_deleted_state_is_as_if_nothing_ever_happened() {
    let scene = Scene::new("tampered-deleted");
    let held = scene.granted();
    scene.site.sql().execute("DELETE FROM refreshes", []).unwrap();
    let begun = scene.begin();
    assert!(!is_lost(&begun));
    assert!(commit(&held, "canary-late").is_err(), "another was granted since");
    drop(held);
    assert_eq!(scene.outcome(), "busy", "the end of one lease is not the other's");
    commit(&lease(begun), "canary-r2").unwrap();
    assert_eq!(scene.token(), "canary-r2");
}

#[test]
fn an_answer_is_kept_also_where_the_state_was_deleted() {
    let scene = Scene::new("tampered-kept");
    let held = scene.granted();
    scene.site.sql().execute("DELETE FROM refreshes", []).unwrap();
    commit(&held, "canary-r2").unwrap();
    assert_eq!((scene.token().as_str(), scene.outcome()), ("canary-r2", "fresh"));
}

#[test]
fn another_connections_state_is_not_this_ones() {
    let scene = Scene::new("tampered-copied");
    let other = address("x", "user:2", "default");
    save(&scene.vault, &other, "canary-r1", -10, &Facts::default());
    let held = lease(scene.vault.begin_refresh(&other, &once()).unwrap());
    scene.granted().release().unwrap();
    let (mine, its) = (state(&scene, "user:1"), state(&scene, "user:2"));
    put(&scene, &mine.0, &its);
    scene.granted().release().unwrap();
    put(&scene, &mine.0, &its);
    commit(&held, "canary-r2").unwrap();
    assert_eq!(scene.token(), "canary-r1");
    // Nor is another's schedule: it only costs a look.
    scene.site.sql().execute("UPDATE refresh_schedule SET connection = zeroblob(16) WHERE look_at IS NOT NULL AND connection = ?1", [&mine.0]).unwrap();
    scene.vault.due(&Default::default()).unwrap();
    scene.granted().release().unwrap();
}

#[test]
fn an_older_state_put_back_is_a_backup_of_it() {
    let scene = Scene::new("tampered-back");
    let held = scene.granted();
    let of_then = state(&scene, "user:1");
    commit(&held, "canary-r2").unwrap();
    put(&scene, &of_then.0, &of_then);
    // The lease that it tells of is over, and was of another token.
    assert_eq!(scene.outcome(), "fresh");
    let begun = scene.force();
    assert!(!is_lost(&begun), "{:?}", begun.told);
    commit(&lease(begun), "canary-r3").unwrap();
    assert_eq!((scene.token().as_str(), scene.outcome()), ("canary-r3", "fresh"));
}

#[test]
fn a_schedule_that_is_none_costs_a_look() {
    let scene = Scene::new("tampered-schedule");
    for edit in ["look_at = -5", "look_at = 9223372036854775807", "look_at = NULL"] {
        scene.site.sql().execute(&format!("UPDATE refresh_schedule SET {edit}"), []).unwrap();
        let due = scene.vault.due(&Default::default()).unwrap();
        assert_eq!(due.items.len(), usize::from(edit.ends_with("-5")), "{edit}");
        scene.granted().release().unwrap();
    }
    scene.site.sql().execute("DELETE FROM refresh_schedule", []).unwrap();
    assert!(scene.vault.due(&Default::default()).unwrap().items.is_empty());
    // What is written is looked at again.
    scene.connect("canary-r2", -10);
    assert_eq!(scene.vault.due(&Default::default()).unwrap().items.len(), 1);
}

#[test]
fn what_is_no_connection_is_not_looked_at() {
    let scene = Scene::new("tampered-kind");
    let app = document(r#"{"client_id":"1","client_secret":"canary-app"}"#);
    let at = address("x", "site:0", "default");
    let id = scene.vault.save(Kind::Config, &at, &app, &Facts::default()).unwrap().id;
    let id = id.parse::<RecordId>().unwrap();
    let sql = "INSERT INTO refresh_schedule (connection, look_at) VALUES (?1, 0)";
    scene.site.sql().execute(sql, [id.as_bytes()]).unwrap();
    assert_eq!(scene.vault.due(&Default::default()).unwrap().items.len(), 1);
    let sql = "SELECT count(*) FROM refresh_schedule WHERE connection = ?1";
    let left: i64 = scene.site.sql().query_row(sql, [id.as_bytes()], |row| row.get(0)).unwrap();
    assert_eq!(left, 0, "nor again");
}

#[test]
fn no_token_is_in_the_state_the_records_or_the_files() {
    let scene = Scene::new("tampered-canary");
    lease(scene.force()).fail(&answered(503, "")).unwrap();
    drop(lease(scene.force()));
    commit(&lease(scene.force()), "canary-r2").unwrap();
    scene.connect("canary-r3", -10);
    let _held = scene.granted();
    scene.connect("canary-r4", -10);
    crate::refuse(&scene.granted());
    scene.vault.due(&Default::default()).unwrap();
    let text = state(&scene, "user:1").2;
    let records = format!("{:?}", scene.vault.audit(&Default::default()).unwrap().items);
    assert!(!text.contains("canary") && !records.contains("canary"), "{text} {records}");
    for (path, bytes) in scene.site.every_byte() {
        assert!(!bytes.windows(6).any(|part| part == b"canary"), "{}", path.display());
    }
}
