//! What a save costs, and how much of that is the disk.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::Directory;
use crate::c::{Name, Store};
use crate::floor::Copy;
use crate::machine;
use crate::synthetic;
use crate::table::Table;
use crate::timing::{Contestant, in_turns};

const ROUNDS: usize = 60;
const CALLS: usize = 3;
const ROWS: usize = 1_000;

pub fn run(directory: &Path) {
    let mut table = Table::new(["file system", ""], &["time", "over the floor"]);
    saving(directory, &mut table);
    if let Some(memory) = Directory::new(Path::new("/dev/shm")) {
        saving(&memory.0, &mut table);
    }
    table.print(
        "Saving",
        &[
            &format!("In turns, {ROUNDS} rounds of {CALLS} calls, in a store of {ROWS} rows; medians with the 10th and 90th"),
            "percentile. Floor: the outer lock, and one UPDATE of a sealed document in a transaction with the same pragmas.",
            "On a disk most of it is waiting for the disk, three times in one save; in memory is what the library does.",
        ],
    );
}

fn saving(directory: &Path, table: &mut Table) {
    let place = synthetic::store(directory, ROWS);
    let store = Store::open(&place);
    let copy = Copy::new(&place, &directory.join("writing-floor"));
    let page = OpenOptions::new().create_new(true).write(true).open(directory.join("page")).unwrap();
    let sealed: Vec<u8> =
        copy.connection.query_row("SELECT sealed FROM connections LIMIT 1", [], |row| row.get(0)).unwrap();
    let [mut updated, mut saved] = [(0..ROWS).cycle(), (0..ROWS).cycle()];
    let mut new = 0;
    let rounds = in_turns(
        ROUNDS,
        &mut [
            Contestant::new(CALLS, || {
                let name = synthetic::name(updated.next().unwrap());
                copy.exclusively(|connection| update(connection, &name, &sealed));
            }),
            Contestant::new(CALLS, || {
                let row = saved.next().unwrap();
                store.save(&synthetic::name(row), synthetic::document(row).as_bytes());
            }),
            Contestant::new(CALLS, || {
                new += 1;
                store.save(&Name::new("tiktok", format!("user:{new}")), synthetic::document(new).as_bytes());
            }),
            Contestant::new(CALLS, || {
                page.write_all_at(&[1; 4096], 0).unwrap();
                page.sync_data().unwrap();
            }),
        ],
    );
    let names = ["floor", "save over a row", "save of a new row", "one page and fdatasync"];
    for (number, (name, series)) in names.into_iter().zip(&rounds).enumerate() {
        let kind = if number == 0 { machine::file_system(directory) } else { String::new() };
        let ratio = if number == 0 { String::new() } else { series.over(&rounds[0]).to_string() };
        table.row([kind, name.to_owned(), series.spread().times(), ratio]);
    }
}

/// What a save at least writes: the document, and the count of writes.
fn update(connection: &Connection, name: &Name, sealed: &[u8]) {
    let transaction =
        rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate).unwrap();
    let row = "UPDATE connections SET sealed = ?3, revision = revision + 1 WHERE kind = 0 AND provider = ?1 \
               AND owner = ?2 AND account = 'default'";
    let parameters = (&name.provider, &name.owner, sealed);
    assert_eq!(transaction.prepare_cached(row).unwrap().execute(parameters).unwrap(), 1);
    transaction.prepare_cached("UPDATE store SET writes = writes + 1").unwrap().execute([]).unwrap();
    transaction.commit().unwrap();
}
