//! What it costs to be handed a credential, against the one durable commit that has to come before it.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::Directory;
use crate::c::Store;
use crate::floor::Copy;
use crate::grants::request;
use crate::machine;
use crate::synthetic;
use crate::table::Table;
use crate::timing::{Contestant, in_turns};

const ROUNDS: usize = 60;
const CALLS: usize = 3;
const ROWS: usize = 999;
/// So many that no round uses them up.
const USES: &str = "1000000000";

pub fn run(directory: &Path) {
    let mut table = Table::new(["file system", ""], &["time", "over the floor"]);
    acquiring(directory, &mut table);
    if let Some(memory) = Directory::new(Path::new("/dev/shm")) {
        acquiring(&memory.0, &mut table);
    }
    table.print(
        "Acquiring a credential",
        &[
            &format!("In turns, {ROUNDS} rounds of {CALLS} calls, in a store of {ROWS} connections, each with a grant; medians with"),
            "the 10th and 90th percentile. Floor: the outer lock, and one row of 300 bytes inserted in a transaction with the",
            "same pragmas: one durable commit. Acquiring decides, opens the document, and writes an audit record and the head",
            "of the chain; with counted uses the grant and the head of its pair as well.",
        ],
    );
}

fn acquiring(directory: &Path, table: &mut Table) {
    let place = synthetic::store(directory, ROWS);
    let store = Store::open(&place);
    // Even owners' grants are without a limit, odd ones' are counted.
    for row in 0..ROWS {
        let name = synthetic::name(row);
        let uses = if is_counted(row) { format!(r#","uses":{USES}"#) } else { String::new() };
        store.create_grant(&format!(
            r#"{{"agent":"agent:{}","owner":"{}","provider":"{}","scopes":"*","granted_by":"{}"{uses}}}"#,
            crate::grants::agent(row),
            name.owner,
            name.provider,
            name.owner
        ));
    }
    let copy = Copy::new(&place, &directory.join("acquiring-floor"));
    copy.connection.execute_batch("CREATE TABLE record (number INTEGER PRIMARY KEY, text BLOB)").unwrap();
    let acquire = |counted: bool| {
        // Only what has an access token in these documents.
        let hands_out = |row: &usize| !["facebook", "bluesky"].contains(&&*synthetic::name(*row).provider);
        let mut rows = (0..ROWS).filter(move |row| is_counted(*row) == counted).filter(hands_out).cycle();
        let store = &store;
        move || {
            let row = rows.next().unwrap();
            store.acquire(&request(row), &format!(r#"{{"provider":"{}"}}"#, synthetic::name(row).provider));
        }
    };
    let rounds = in_turns(
        ROUNDS,
        &mut [
            Contestant::new(CALLS, || copy.exclusively(commit)),
            Contestant::new(CALLS, acquire(false)),
            Contestant::new(CALLS, acquire(true)),
        ],
    );
    let names = ["floor: one durable commit", "acquire", "acquire, with counted uses"];
    for (number, (name, series)) in names.into_iter().zip(&rounds).enumerate() {
        let kind = if number == 0 { machine::file_system(directory) } else { String::new() };
        let ratio = if number == 0 { String::new() } else { series.over(&rounds[0]).to_string() };
        table.row([kind, name.to_owned(), series.spread().times(), ratio]);
    }
}

fn is_counted(row: usize) -> bool {
    row / 9 % 2 == 1
}

fn commit(connection: &Connection) {
    let transaction =
        rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate).unwrap();
    let sql = "INSERT INTO record (text) VALUES (?1)";
    assert_eq!(transaction.prepare_cached(sql).unwrap().execute([[7u8; 300]]).unwrap(), 1);
    transaction.commit().unwrap();
}
