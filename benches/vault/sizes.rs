//! Whether it matters how many connections a store has.

use std::cell::RefCell;
use std::hint::black_box;
use std::path::Path;

use crate::c::Store;
use crate::synthetic::{self, Numbers};
use crate::table::Table;
use crate::timing::{Contestant, Spread, in_turns, nanoseconds, time};

const ROUNDS: usize = 40;

/// How many connections; the last one takes minutes to fill.
pub fn sizes() -> Vec<usize> {
    let mut sizes = vec![9, 1_000, 100_000];
    if std::env::var_os("DM_BENCH_FULL").is_some_and(|full| full == "1") {
        sizes.push(1_000_000);
    }
    sizes
}

pub fn run(directory: &Path) {
    let mut table = Table::new(["call"], &[]);
    table.heads(sizes().iter().map(|rows| format!("{rows} rows")));
    let mut filling = Vec::new();
    let stores: Vec<(usize, Store)> = sizes()
        .into_iter()
        .map(|rows| {
            let place = directory.join(format!("size-{rows}"));
            filling.push(synthetic::fill(&place, rows));
            (rows, Store::open(&place))
        })
        .collect();
    each(&mut table, "get", 100, &stores, |store, row| store.get(&synthetic::name(row), true));
    each(&mut table, "save", 3, &stores, |store, row| {
        store.save(&synthetic::name(row), synthetic::document(row).as_bytes());
    });
    each(&mut table, "find, of an owner", 30, &stores, |store, row| {
        black_box(store.find(&format!(r#"{{"owner":"{}"}}"#, synthetic::owner(row))));
    });
    each(&mut table, "status, of an owner", 30, &stores, |store, row| {
        black_box(store.status(&synthetic::owner(row)));
    });
    table.row(["status, of all".to_owned()].into_iter().chain(stores.iter().map(|(_, store)| {
        let times = (0..3).map(|_| nanoseconds(|| drop(black_box(store.status("")))));
        time(Spread::of(times.collect()).median)
    })));
    table.row(["import of all".to_owned()].into_iter().chain(filling.iter().map(|&all| time(all))));
    table.print(
        "The size of the store",
        &[
            &format!("Random rows, {ROUNDS} rounds over all stores in turns; below the times, how many times the"),
            "smallest store's. An owner has nine connections. get tells about the row too; save puts another document",
            "in a row's place and syncs it. status of all, and the imports that filled the store, ran by themselves.",
        ],
    );
}

/// A row of times and one of ratios to the smallest store.
fn each(table: &mut Table, what: &str, calls: usize, stores: &[(usize, Store)], call: fn(&Store, usize)) {
    let numbers = RefCell::new(Numbers(0));
    let mut contestants: Vec<Contestant> = stores
        .iter()
        .map(|(rows, store)| {
            let numbers = &numbers;
            Contestant::new(calls, move || call(store, numbers.borrow_mut().below(*rows)))
        })
        .collect();
    let rounds = in_turns(ROUNDS, &mut contestants);
    let times = rounds.iter().map(|series| time(series.spread().median));
    table.row([what.to_owned()].into_iter().chain(times));
    let ratios = rounds[1..].iter().map(|series| series.over(&rounds[0]).to_string());
    table.row([String::new(), String::new()].into_iter().chain(ratios));
}
