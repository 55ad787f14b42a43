//! Opening a store, importing the old option into it and exporting it again, and the memory that it takes.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::c::Store;
use crate::child;
use crate::sizes;
use crate::synthetic;
use crate::table::Table;
use crate::timing::{Contestant, Spread, in_turns, nanoseconds, time};

const ROWS: usize = 1_000;

pub fn run(directory: &Path) {
    opening(directory);
    if let Some(large) = large(directory) {
        importing(directory, &large);
    }
}

fn opening(directory: &Path) {
    let place = synthetic::store(directory, ROWS);
    let cold: Vec<Vec<f64>> = (0..30).map(|_| child::run("open", &place, None)).collect();
    let column = |index: usize| Spread::of(cold.iter().map(|times| times[index]).collect());
    let kept = Store::open(&place);
    let warm = in_turns(30, &mut [Contestant::new(100, || drop(Store::open(&place)))]);
    let new = (0..20).map(|number| {
        let place = directory.join(format!("new-{number}"));
        nanoseconds(|| drop(Store::open(&place)))
    });
    let mut table = Table::new([""], &["time"]);
    table.row(["cold: in a new process".to_owned(), column(0).times()]);
    table.row(["the first read after that".to_owned(), column(1).times()]);
    table.row(["warm: it is open in this process".to_owned(), warm[0].spread().times()]);
    table.row(["made new, and synced".to_owned(), Spread::of(new.collect()).times()]);
    table.print(
        "Opening",
        &["Medians with the 10th and 90th percentile, of 30 processes, 30 rounds of 100 calls, 20 stores. With a raw key."],
    );
    drop(kept);
}

fn importing(directory: &Path, large: &Path) {
    let option = std::fs::read(large).unwrap();
    let salt = salt();
    let (mut first, mut again, mut back) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..5 {
        let store = Store::open(&directory.join(format!("large-{number}")));
        first.push(nanoseconds(|| drop(black_box(store.import(&option, "php", salt.as_bytes())))));
        again.push(nanoseconds(|| drop(black_box(store.import(&option, "php", salt.as_bytes())))));
        back.push(nanoseconds(|| drop(black_box(store.export(salt.as_bytes())))));
    }
    let rows = serde_json::from_slice::<serde_json::Value>(&Store::open(&directory.join("large-0")).import(
        &option,
        "php",
        salt.as_bytes(),
    ));
    let rows = rows.unwrap()["entries"].as_array().unwrap().len();
    let mut table = Table::new([""], &["time", "an entry"]);
    for (what, times) in
        [("into an empty store", first), ("again: everything is there", again), ("exporting all of it", back)]
    {
        let spread = Spread::of(times);
        table.row([what.to_owned(), spread.times(), time(spread.median / rows as f64)]);
    }
    let megabytes = option.len() as f64 / 1e6;
    table.print(
        "Importing and exporting `large`",
        &[&format!(
            "{rows} entries, {megabytes:.1} MB as PHP serialised it, three of four in envelopes; five stores."
        )],
    );
}

/// The fixture `large`, where there is a PHP to make it.
pub fn large(directory: &Path) -> Option<PathBuf> {
    let file = directory.join("large.serialized");
    if !file.exists() {
        let made = Command::new("php").arg("tests/fixtures/make-large.php").arg(directory).status();
        if !made.is_ok_and(|status| status.success()) {
            println!("\nNo PHP (with openssl) to make the fixture `large`: its import is left out.");
            return None;
        }
    }
    Some(file)
}

pub fn salt() -> String {
    let salt = std::fs::read_to_string("tests/fixtures/SALT.txt").unwrap();
    salt.trim_end_matches('\n').to_owned()
}

/// What processes of their own take.
pub fn memory(directory: &Path) {
    let mut table = Table::new(["a process that"], &["before", "at the end", "at most"]);
    let mut add = |what: String, numbers: Vec<f64>| {
        table
            .row([what].into_iter().chain(numbers.iter().take(3).map(|kb| format!("{:.1} MB", kb / 1024.0))));
    };
    let small = synthetic::store(directory, ROWS);
    add(format!("opened {ROWS} rows and read one"), child::run("memory-open", &small, None));
    add("saved and read a document of 1 MiB".to_owned(), child::run("memory-document", &small, None));
    if let Some(large) = large(directory) {
        let place = directory.join("large-memory");
        add("imported `large`".to_owned(), child::run("memory-import", &place, Some(&large)));
    }
    let rows = sizes::sizes().into_iter().max().unwrap_or(ROWS);
    let sized = directory.join(format!("size-{rows}"));
    let place = if sized.exists() { sized } else { synthetic::store(directory, rows) };
    add(format!("opened {rows} rows and read one"), child::run("memory-open", &place, None));
    add(format!("listed {rows} rows, 1,000 at a time"), child::run("memory-list", &place, None));
    table.print("Memory", &["VmRSS and VmHWM of /proc/self/status, the program itself included."]);
}
