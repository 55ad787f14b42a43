//! Writers that give the revision they read: of two with the same one, exactly one wins, and the other is told.

use dm_connections::vault::{Code, Facts, Kind, Options, Vault};

use crate::support::process::{Actor, Role, Watchdog, figures, hear, say, size};
use crate::support::{SITE, Site, address, document, key, text, told};
use crate::whole;

const CONN: Kind = Kind::Connection;

/// Reads when it is told `read`, and then writes with the revision it read, when it is told how. Argument: its name.
pub fn play(role: &Role) {
    let name = &role.arguments[0];
    let vault = Vault::open(&Options::new(&role.store, SITE), &[key(1)]).unwrap();
    let at = address("reddit", "user:1", "default");
    let mut revision = 0;
    while let Some(word) = hear() {
        if word == "read" {
            revision = vault.get(CONN, &at).map_or(0, |got| got.with_about().1.revision);
            say(format!("read {revision}"));
            continue;
        }
        let facts = Facts { if_revision: Some(revision), ..Facts::default() };
        let json = document(&format!(r#"{{"access_token":"canary","winner":"{name}"}}"#));
        let written = match word.as_str() {
            "save" => vault.save(CONN, &at, &json, &facts).map(|saved| saved.revision),
            "merge" => vault.merge(CONN, &at, &json, &facts).map(|saved| saved.revision),
            "delete" => vault.delete(CONN, &at, Some(revision)).map(|_| 0),
            other => panic!("{other}"),
        };
        match written {
            Ok(revision) => say(format!("won {revision}")),
            Err(error) if error.code() == Code::Conflict => {
                told(&error);
                say(format!("lost to {}", error.detail()["revision"]));
            }
            Err(error) => say(format!("failed: {:?}: {}", error.code(), told(&error))),
        }
    }
}

#[test]
fn of_two_that_give_a_revision_exactly_one_wins() {
    let site = Site::new("swap");
    let _end = Watchdog::new("compare and swap", size(60, 900));
    let vault = site.open();
    let names = ["left", "right"];
    let mut writers = names.map(|name| Actor::start(&format!("swap {name}"), &site.store()));
    let at = address("reddit", "user:1", "default");
    let (rounds, mut wins) = (size(120, 4000), [0_u64; 2]);
    for round in 0..rounds {
        // One in eight deletes, so that the next one makes it anew: that is a revision of 0.
        let words = match round % 8 {
            6 => ["delete", "delete"],
            5 => ["delete", "save"],
            7 | 0 => ["save", "save"],
            other if other % 2 == 0 => ["merge", "save"],
            _ => ["merge", "merge"],
        };
        writers.iter_mut().for_each(|writer| writer.tell("read"));
        let read = writers.each_mut().map(|writer| writer.hear().unwrap());
        assert_eq!(read[0], read[1]);
        for (writer, word) in
            writers.iter_mut().zip(if read[0] == "read 0" { ["save", "save"] } else { words })
        {
            writer.tell(word);
        }
        let said = writers.each_mut().map(|writer| writer.hear().unwrap());
        let won = said.each_ref().map(|said| said.strip_prefix("won ").map(str::to_owned));
        let (winner, revision) = match &won {
            [Some(revision), None] => (0, revision),
            [None, Some(revision)] => (1, revision),
            _ => panic!("round {round}, {words:?}: {said:?}"),
        };
        assert_eq!(said[1 - winner], format!("lost to {revision}"), "the loser is told what is there now");
        wins[winner] += 1;
        if revision == "0" {
            assert_eq!(vault.get(CONN, &at).err().unwrap().code(), Code::NotFound);
        } else {
            let standing: serde_json::Value = serde_json::from_str(&text(&vault, CONN, &at)).unwrap();
            assert_eq!(standing["winner"], names[winner]);
        }
    }
    writers.into_iter().for_each(Actor::finish);
    whole::sound(&whole::copy(&site));
    assert!(wins.iter().all(|wins| *wins > 0), "one of them never wins: {wins:?}");
    figures(format_args!(
        "compare and swap: {rounds} rounds of two processes, {wins:?} won; both or none: 0"
    ));
}
