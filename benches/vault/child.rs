//! Processes of their own: what is cold, and what takes memory, cannot be seen in one that did other things before.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use crate::c::{Name, Store};
use crate::machine::memory;
use crate::synthetic;
use crate::timing::nanoseconds;

/// Runs this program again as `child WHAT DIRECTORY [FILE]`, and gives the numbers that it prints.
pub fn run(what: &str, directory: &Path, file: Option<&Path>) -> Vec<f64> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["child", what])
        .arg(directory)
        .args(file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let numbers = String::from_utf8(output.stdout).unwrap();
    numbers.split_whitespace().map(|number| number.parse().unwrap()).collect()
}

/// What the child does.
pub fn main(arguments: &[String]) {
    let [what, directory, file @ ..] = arguments else { panic!("child WHAT DIRECTORY [FILE]") };
    let directory = Path::new(directory);
    let before = memory("VmRSS");
    match what.as_str() {
        // How long opening takes, and how long the first read.
        "open" => {
            let mut store = None;
            let open = nanoseconds(|| store = Some(Store::open(directory)));
            let read = nanoseconds(|| store.as_ref().unwrap().get(&synthetic::name(0), false));
            println!("{open} {read}");
        }
        // How much memory the process has before, at the end, and at most.
        "memory-open" => {
            let store = Store::open(directory);
            store.get(&synthetic::name(0), true);
            println!("{before} {} {}", memory("VmRSS"), memory("VmHWM"));
        }
        "memory-import" => {
            let option = std::fs::read(&file[0]).unwrap();
            let before = memory("VmRSS");
            let store = Store::open(directory);
            black_box(store.import(&option, "php", crate::opening::salt().as_bytes()));
            println!("{before} {} {}", memory("VmRSS"), memory("VmHWM"));
        }
        "memory-list" => {
            let store = Store::open(directory);
            let rows = list(&store);
            println!("{before} {} {} {rows}", memory("VmRSS"), memory("VmHWM"));
        }
        "memory-document" => {
            let store = Store::open(directory);
            let name = Name::new("tumblr", "site:0");
            let document = format!(r#"{{"access_token":"{}"}}"#, "x".repeat((1 << 20) - 19));
            store.save(&name, document.as_bytes());
            drop(document);
            store.get(&name, true);
            println!("{before} {} {}", memory("VmRSS"), memory("VmHWM"));
        }
        _ => panic!("a child cannot {what}"),
    }
}

/// Goes through all connections, a page of 1,000 at a time; says how many there are.
fn list(store: &Store) -> usize {
    let (mut rows, mut after) = (0, serde_json::Value::Null);
    loop {
        let mut query = serde_json::json!({ "limit": 1000 });
        if !after.is_null() {
            query["after"] = after;
        }
        let page: serde_json::Value = serde_json::from_slice(&store.find(&query.to_string())).unwrap();
        rows += page["items"].as_array().unwrap().len();
        after = page["next"].clone();
        if after.is_null() {
            return rows;
        }
    }
}
