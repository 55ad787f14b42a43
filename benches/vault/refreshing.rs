//! What asking for a renewal costs where nothing is to be renewed, beside reading; and a renewal, beside saving.

use std::path::Path;

use crate::Directory;
use crate::c::{Name, Store};
use crate::machine;
use crate::synthetic;
use crate::table::Table;
use crate::timing::{Contestant, in_turns, time};

const READS: (usize, usize) = (300, 100);
const WRITES: (usize, usize) = (60, 3);
/// Nothing is renewed twice within a minute: every renewal has an account of its own.
const ROWS: usize = 2_250;

pub fn run(directory: &Path) {
    let mut table = Table::new([""], &["time", "over get", "over get + about"]);
    let store = Store::open(&synthetic::store(directory, ROWS));
    let names = renewable();
    asking(&store, "one account", &names[..1], &mut table);
    asking(&store, "another one each time", &names, &mut table);
    table.print(
        "dm_refresh_begin of a fresh token",
        &[
            &format!("In turns, {} rounds of {} calls, in a store of {ROWS} rows, {} of them", READS.0, READS.1, names.len()),
            "renewable; medians with the 10th and 90th percentile. It gives the document and what get + about does, and how its",
            "renewals stand.",
        ],
    );

    let mut table = Table::new(["file system", ""], &["time", "over two saves"]);
    renewing(directory, &mut table);
    if let Some(memory) = Directory::new(Path::new("/dev/shm")) {
        renewing(&memory.0, &mut table);
    }
    table.print(
        "Renewing",
        &[
            &format!(
                "In turns, {} rounds of {} calls; a renewal is dm_refresh_begin, which",
                WRITES.0, WRITES.1
            ),
            "is granted, and dm_refresh_commit of a new access token and refresh token: two transactions.",
        ],
    );
}

/// The accounts that have what a renewal hands in, in the catalogue's way.
fn renewable() -> Vec<Name> {
    (0..ROWS).map(synthetic::name).filter(|name| name.provider == "reddit").collect()
}

fn asking(store: &Store, what: &str, names: &[Name], table: &mut Table) {
    let each = || names.iter().cycle();
    let [mut read, mut told, mut asked] = [each(), each(), each()];
    let (rounds, calls) = READS;
    let rounds = in_turns(
        rounds,
        &mut [
            Contestant::new(calls, || store.get(read.next().unwrap(), false)),
            Contestant::new(calls, || store.get(told.next().unwrap(), true)),
            Contestant::new(calls, || assert!(store.begin_refresh(asked.next().unwrap(), "{}").is_none())),
        ],
    );
    for (number, call) in ["get", "get + about", "begin: fresh"].into_iter().enumerate() {
        let mut cells = vec![format!("{what}: {call}"), time(rounds[number].spread().median)];
        cells.extend(rounds[..number].iter().map(|floor| rounds[number].over(floor).to_string()));
        table.row(cells);
    }
}

fn renewing(directory: &Path, table: &mut Table) {
    let store = Store::open(&synthetic::store(directory, ROWS));
    let names = renewable();
    let mut due = names.iter();
    let mut saved = (0..ROWS).cycle();
    let (rounds, calls) = WRITES;
    let rounds = in_turns(
        rounds,
        &mut [
            Contestant::new(calls, || {
                for _ in 0..2 {
                    let row = saved.next().unwrap();
                    store.save(&synthetic::name(row), synthetic::document(row).as_bytes());
                }
            }),
            Contestant::new(calls, || {
                let lease = store.begin_refresh(due.next().unwrap(), r#"{"force":true}"#).expect("granted");
                lease.commit(
                    &format!(r#"{{"access_token":"{0:0>180}","refresh_token":"{0:0>60}"}}"#, due.len()),
                    r#"{"expires_at":2100000000}"#,
                );
            }),
        ],
    );
    for (number, call) in ["two saves over a row", "a renewal"].into_iter().enumerate() {
        let kind = if number == 0 { machine::file_system(directory) } else { String::new() };
        let ratio = if number == 0 { String::new() } else { rounds[1].over(&rounds[0]).to_string() };
        table.row([kind, call.to_owned(), rounds[number].spread().times(), ratio]);
    }
}
