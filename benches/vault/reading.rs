//! `dm_conn_get` against its floor.

use std::cell::RefCell;
use std::hint::black_box;
use std::path::Path;

use crate::c::{Name, Store};
use crate::floor::{Copy, Paths};
use crate::opening;
use crate::synthetic;
use crate::table::Table;
use crate::timing::{Contestant, in_turns, time};

/// The most times its floor that reading a document may cost.
const TARGET: f64 = 1.5;
const ROUNDS: usize = 300;
const CALLS: usize = 100;
/// Far more than the library remembers anything of.
const DIFFERENT: usize = 1_000;

pub fn run(directory: &Path) {
    let mut table = Table::new(["document", ""], &["time", "over the floor", "", "over paths compared", ""]);
    same(directory, &mut table);
    different(directory, &mut table);
    table.print(
        "dm_conn_get against its floor",
        &[
            &format!(
                "In turns, {ROUNDS} rounds of {CALLS} calls: the median of the rounds' medians, and of the rounds' ratios"
            ),
            &format!("with their 10th and 90th percentile. At most {TARGET} is the target."),
            "Floor: the outer lock, one prepared SELECT with the same pragmas, one AES-256-GCM open with a key that is",
            "ready. Paths compared: the lock as THREATS has it, which looks whether the two lock files and the database",
            "are still those at their paths. get gives back the document, get + about what is known of the row too.",
        ],
    );
}

/// One row again and again.
fn same(directory: &Path, table: &mut Table) {
    let place = directory.join("reading");
    let store = Store::open(&place);
    let option = std::fs::read("tests/fixtures/small.serialized").unwrap();
    store.import(&option, "php", opening::salt().as_bytes());
    let long = Name::new("youtube", "site:0");
    store.save(&long, format!(r#"{{"access_token":"{}"}}"#, "x".repeat(16 << 10)).as_bytes());
    let copy = Copy::new(&place, &directory.join("reading-floor"));
    for name in [Name::new("instagram", "site:0"), Name::new("reddit", "site:0"), long] {
        let length = store.document(&name).len();
        compare(table, &format!("{length} bytes"), &store, &copy, &[name]);
    }
}

/// Another row each time.
fn different(directory: &Path, table: &mut Table) {
    let place = synthetic::store(directory, DIFFERENT);
    let store = Store::open(&place);
    let copy = Copy::new(&place, &directory.join("different-floor"));
    let names: Vec<Name> = (0..DIFFERENT).map(synthetic::name).collect();
    compare(table, &format!("{DIFFERENT} rows in turn"), &store, &copy, &names);
}

fn compare(table: &mut Table, what: &str, store: &Store, copy: &Copy, names: &[Name]) {
    for name in names {
        copy.put(name, &store.document(name));
    }
    let reader = RefCell::new(copy.reader());
    let read = |paths| {
        let mut names = names.iter().cycle();
        let reader = &reader;
        move || drop(black_box(reader.borrow_mut().get(names.next().unwrap(), paths)))
    };
    let get = |about| {
        let mut names = names.iter().cycle();
        move || store.get(names.next().unwrap(), about)
    };
    let rounds = in_turns(
        ROUNDS,
        &mut [
            Contestant::new(CALLS, read(Paths::Trusted)),
            Contestant::new(CALLS, read(Paths::Compared)),
            Contestant::new(CALLS, get(false)),
            Contestant::new(CALLS, get(true)),
        ],
    );
    let (floor, compared) = (&rounds[0], &rounds[1]);
    for (number, call) in ["floor", "floor, paths compared", "get", "get + about"].into_iter().enumerate() {
        let mut cells = vec![if number == 0 { what } else { "" }.to_owned(), call.to_owned()];
        cells.push(time(rounds[number].spread().median));
        for floor in [floor, compared].into_iter().filter(|_| number >= 2) {
            let ratio = rounds[number].over(floor);
            let verdict = if ratio.median <= TARGET { "PASS" } else { "over" };
            cells.extend([ratio.to_string(), verdict.to_owned()]);
        }
        table.row(cells);
    }
}
