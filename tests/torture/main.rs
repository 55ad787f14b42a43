//! The whole vault under what happens to processes: killed, forked, many at once, their files read, replaced and put
//! back under them. Every test is quick by itself and thorough with `DM_TORTURE=1` (`make torture`).
#![allow(missing_docs)]

mod acquire;
mod backups;
mod crowd;
mod dice;
mod fair;
mod forks;
mod kill;
mod kill_whole;
mod lane;
mod option;
mod refusals;
mod restore;
mod rotate;
mod scan;
mod swap;
mod syscalls;
mod whole;
mod writers;

#[path = "../support/mod.rs"]
mod support;

use support::process::Role;

/// What the processes of these tests do.
#[test]
fn role() {
    let Some(role) = Role::of_this_process() else { return };
    match role.name.as_str() {
        "acquire" => acquire::play(&role),
        "lane" => lane::play(&role),
        "write" => writers::write(&role),
        "read" => writers::read(&role),
        "swap" => swap::play(&role),
        "rewrap" => kill_whole::rewrap(&role),
        "import" => kill_whole::import_mixed(&role),
        "turns" => option::play(&role),
        "step" => syscalls::play(&role),
        "restored" => restore::play(&role),
        "fair" => fair::play(&role),
        "rotate" => rotate::play(&role),
        "fork" => forks::play(&role),
        other => panic!("there is no role {other}"),
    }
}
