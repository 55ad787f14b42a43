//! `dm_conn_get` against its floor.

use std::hint::black_box;
use std::path::Path;

use crate::c::{Name, Store};
use crate::floor::Copy;
use crate::table::Table;
use crate::timing::{Contestant, in_turns, time};

/// The most times its floor that reading a document may cost.
const TARGET: f64 = 1.5;
const ROUNDS: usize = 300;
const CALLS: usize = 100;

pub fn run(directory: &Path) {
    let place = directory.join("reading");
    let store = Store::open(&place);
    let salt = std::fs::read("tests/fixtures/SALT.txt").unwrap();
    let option = std::fs::read("tests/fixtures/small.serialized").unwrap();
    store.import(&option, "php", salt.trim_ascii_end());
    let long = Name::new("youtube", "site:0");
    store.save(&long, format!(r#"{{"access_token":"{}"}}"#, "x".repeat(16 << 10)).as_bytes());

    let copy = Copy::new(&place, &directory.join("reading-floor"));
    let mut table =
        Table::new(&["document", "floor", "get", "ratio", "target", "get + about", "ratio", "target"]);
    for name in [Name::new("instagram", "site:0"), Name::new("reddit", "site:0"), long] {
        let document = store.document(&name);
        copy.put(&name, &document);
        let mut reader = copy.reader();
        assert!(reader.get(&name) == document);
        let [floor, get, about] = &in_turns(
            ROUNDS,
            &mut [
                Contestant::new(CALLS, || drop(black_box(reader.get(&name)))),
                Contestant::new(CALLS, || store.get(&name, false)),
                Contestant::new(CALLS, || store.get(&name, true)),
            ],
        )[..] else {
            unreachable!("three contestants")
        };
        let mut cells = vec![format!("{} bytes", document.len()), time(floor.spread().median)];
        for series in [get, about] {
            let ratio = series.over(floor);
            let verdict = if ratio.median <= TARGET { "PASS" } else { "over" };
            cells.extend([time(series.spread().median), ratio.to_string(), verdict.to_owned()]);
        }
        table.row(cells);
    }
    table.print(
        "dm_conn_get against its floor",
        &[
            &format!("Each in turns, {ROUNDS} rounds of {CALLS} calls; the median of the rounds' medians, and of their"),
            &format!("ratios with the 10th and 90th percentile. At most {TARGET} is the target."),
            "Floor: the outer lock, one prepared SELECT, one AES-256-GCM open with a key that is ready.",
        ],
    );
}
