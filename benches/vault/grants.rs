//! `dm_grant_check` against the floor of its own look-ups, and many tools against one check.

use std::cell::RefCell;
use std::hint::black_box;
use std::path::Path;

use rusqlite::Statement;

use crate::c::Store;
use crate::floor::{Copy, Paths};
use crate::synthetic::{self, Numbers};
use crate::table::Table;
use crate::timing::{Contestant, in_turns, time};

const ROUNDS: usize = 100;
const CALLS: usize = 50;
/// The most times the floor of its look-ups that a check may cost.
const TARGET: f64 = 2.0;
/// The most times one check that 100 tools in one call may cost.
const TOOLS_TARGET: f64 = 10.0;
const TOOLS: usize = 100;

/// How many grants, each of a pair of its own.
fn sizes() -> Vec<usize> {
    let mut sizes = vec![10, 10_000];
    if std::env::var_os("DM_BENCH_FULL").is_some_and(|full| full == "1") {
        sizes.push(1_000_000);
    }
    sizes
}

pub fn run(directory: &Path) {
    let mut table = Table::new(["grants", ""], &["time", "over the floor", ""]);
    for grants in sizes() {
        let place = directory.join(format!("grants-{grants}"));
        synthetic::fill(&place, grants);
        let store = Store::open(&place);
        (0..grants).for_each(|row| give(&store, row));
        compare(&mut table, grants, &store, &Copy::new(&place, &directory.join(format!("floor-{grants}"))));
    }
    table.print(
        "dm_grant_check against the floor of its own look-ups",
        &[
            &format!("Random pairs of an agent and an owner, in turns, {ROUNDS} rounds of {CALLS} calls. At most {TARGET} is the"),
            &format!("target for a check, and {TOOLS_TARGET} checks for {TOOLS} tools in one call (their ratio is to one check)."),
            "Floor: the outer lock that compares paths, and three prepared SELECTs of all columns in one transaction: the",
            "owner's connections of the provider, the pair's head, its grants. It checks no MAC, reads no JSON and decides",
            "nothing.",
        ],
    );
}

/// Each row's agent, so that every pair has one grant: an owner has nine rows.
pub fn agent(row: usize) -> usize {
    1 + row % 9
}

fn give(store: &Store, row: usize) {
    let name = synthetic::name(row);
    let grant = format!(
        r#"{{"agent":"agent:{}","owner":"{}","provider":"{}","scopes":"*","contexts":["chat"],"granted_by":"{}"}}"#,
        agent(row),
        name.owner,
        name.provider,
        name.owner
    );
    drop(black_box(store.create_grant(&grant)));
}

pub fn request(row: usize) -> String {
    format!(
        r#"{{"agent":"agent:{}","subject":{{"asking":"{}"}},"session":null,"context":"chat","flow":null,"may":{{"scopes":"*","operations":"*"}},"manages":[]}}"#,
        agent(row),
        synthetic::owner(row)
    )
}

fn check(store: &Store, row: usize) -> Vec<u8> {
    let wanted = format!(r#"{{"provider":"{}"}}"#, synthetic::name(row).provider);
    store.check_grant(&request(row), &wanted)
}

/// As many tools of the row's provider.
fn tools(store: &Store, row: usize) -> Vec<u8> {
    let provider = synthetic::name(row).provider;
    let tools: Vec<String> =
        (0..TOOLS).map(|tool| format!(r#""tool_{tool}":{{"provider":"{provider}"}}"#)).collect();
    store.resolve_tools(&request(row), &format!("{{{}}}", tools.join(",")))
}

fn compare(table: &mut Table, grants: usize, store: &Store, copy: &Copy) {
    let allowed = check(store, 0);
    assert!(allowed.starts_with(br#"{"allowed":true"#), "{}", String::from_utf8_lossy(&allowed));
    let select = |sql: &str| RefCell::new(copy.connection.prepare(sql).unwrap());
    let connections =
        select("SELECT * FROM connections WHERE kind = 0 AND provider = ?1 AND owner = ?2 LIMIT 1001");
    let head = select("SELECT * FROM grant_heads WHERE agent = ?1 AND owner = ?2");
    let pair =
        select("SELECT * FROM grants WHERE agent = ?1 AND owner = ?2 AND state = 'active' ORDER BY id");
    let floor = |row: usize| {
        let (name, agent) = (synthetic::name(row), format!("agent:{}", agent(row)));
        copy.shared(Paths::Compared, || {
            copy.connection.execute_batch("BEGIN").unwrap();
            all(&mut connections.borrow_mut(), &name.provider, &name.owner);
            all(&mut head.borrow_mut(), &agent, &name.owner);
            all(&mut pair.borrow_mut(), &agent, &name.owner);
            copy.connection.execute_batch("COMMIT").unwrap();
        });
    };
    let numbers = RefCell::new(Numbers(0));
    let row = || numbers.borrow_mut().below(grants);
    let rounds = in_turns(
        ROUNDS,
        &mut [
            Contestant::new(CALLS, || floor(row())),
            Contestant::new(CALLS, || drop(black_box(check(store, row())))),
            Contestant::new(CALLS / 5, || drop(black_box(tools(store, row())))),
        ],
    );
    let verdict = |ratio: f64, target: f64| if ratio <= target { "PASS" } else { "over" }.to_owned();
    let over = rounds[1].over(&rounds[0]);
    let many = rounds[2].over(&rounds[1]);
    table.row(vec![grants.to_string(), "floor".to_owned(), time(rounds[0].spread().median)]);
    table.row(vec![
        String::new(),
        "check".to_owned(),
        time(rounds[1].spread().median),
        over.to_string(),
        verdict(over.median, TARGET),
    ]);
    table.row(vec![
        String::new(),
        format!("{TOOLS} tools"),
        time(rounds[2].spread().median),
        many.to_string(),
        verdict(many.median, TOOLS_TARGET),
    ]);
}

/// Looks at every column of every row.
fn all(select: &mut Statement<'_>, first: &str, second: &str) {
    let columns = select.column_count();
    let mut rows = select.query([first, second]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        for column in 0..columns {
            black_box(row.get_ref(column).unwrap());
        }
    }
}
