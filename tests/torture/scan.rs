//! Other code in the same process reads the store's files: a backup, a virus scanner. Its `close()` drops the POSIX
//! locks that SQLite has on them, which has to lose nothing.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use crate::support::Site;
use crate::support::process::{Actor, Watchdog, figures, size};
use crate::{whole, writers};

/// A thread that opens, reads and closes every file of a directory, as fast as it can.
pub struct Scanner {
    directory: PathBuf,
    end: Arc<AtomicBool>,
    looks: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Scanner {
    pub fn start(directory: &Path) -> Self {
        let (end, looks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let thread = std::thread::spawn({
            let (directory, end, looks) = (directory.to_owned(), end.clone(), looks.clone());
            move || {
                while !end.load(Ordering::Relaxed) {
                    looks.fetch_add(look(&directory), Ordering::Relaxed);
                }
            }
        });
        Self { directory: directory.to_owned(), end, looks, thread: Some(thread) }
    }

    /// The same from the thread that writes.
    pub fn look(&self) {
        self.looks.fetch_add(look(&self.directory), Ordering::Relaxed);
    }

    pub fn looks(&self) -> u64 {
        self.looks.load(Ordering::Relaxed)
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || std::thread::panicking());
    }
}

/// Reads every file and says how many there were.
fn look(directory: &Path) -> u64 {
    let files = std::fs::read_dir(directory).into_iter().flatten();
    let read = files.filter_map(|entry| {
        let mut file = std::fs::File::open(entry.ok()?.path()).ok()?;
        file.read_to_end(&mut Vec::new()).ok()
    });
    read.count() as u64
}

#[test]
fn reading_the_files_in_the_processes_that_write_loses_nothing() {
    let site = Site::new("scan");
    let _end = Watchdog::new("reading the files of the store", size(90, 1200));
    let (writers, turns) = (4, size(40, 1000));
    let vault = site.open();
    writers::prepare(&vault, 0..=writers);
    let scanner = Scanner::start(&site.store());
    // Half of them close the store and open it again all the time: that is when a WAL was removed.
    let role = |writer: u64| {
        format!("write {writer} {turns} scan {}", if writer.is_multiple_of(2) { "reopen" } else { "" })
    };
    let others: Vec<_> = (0..writers).map(|writer| Actor::start(&role(writer), &site.store())).collect();
    for turn in 1..=turns {
        scanner.look();
        writers::one_write(&vault, writers, turn).unwrap();
        writers::check(&vault, writers, turn).unwrap();
    }
    others.into_iter().for_each(Actor::finish);
    let looks = scanner.looks();
    drop(scanner);
    (0..=writers).for_each(|writer| writers::check(&vault, writer, turns).unwrap());
    whole::all_rows(&vault);
    whole::sound(&whole::copy(&site));
    assert!(looks > turns);
    figures(format_args!(
        "reading the files in-process: {} processes, {} writes, {looks} files read beside them in one of the processes; lost: 0",
        writers + 1,
        (writers + 1) * (turns + turns / 4)
    ));
}
