//! `kill -9` at any moment, while several write: what was acknowledged is there, what was not is there whole or not at
//! all.

use std::time::Duration;

use dm_connections::vault::{Options, Vault};

use crate::dice::Dice;
use crate::lane::{self, After, Content, ENTRIES, SLOTS};
use crate::support::process::{Actor, Watchdog, figures, size};
use crate::support::{Site, key};
use crate::whole;

const LANES: u64 = 4;

/// What the processes of one lane were told.
struct Lane {
    number: u64,
    /// What stands in each slot.
    slots: [Option<Content>; SLOTS],
    /// The highest revision that each slot ever had: it never goes back.
    revisions: [i64; SLOTS],
    imported: Vec<u64>,
    acknowledged: u64,
    /// Kills that hit a write under way.
    torn: u64,
    /// Of those, how many had taken effect.
    took: u64,
}

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    let _end = Watchdog::new("killing writers", size(240, 3600));
    let seed = Dice::seed();
    let (epochs, rounds) = (size(1, 20), size(10, 25));
    let (mut acknowledged, mut torn, mut took) = (0, 0, 0);
    for epoch in 0..epochs {
        let lanes = one_epoch(seed.wrapping_add(epoch), rounds);
        acknowledged += lanes.iter().map(|lane| lane.acknowledged).sum::<u64>();
        torn += lanes.iter().map(|lane| lane.torn).sum::<u64>();
        took += lanes.iter().map(|lane| lane.took).sum::<u64>();
    }
    assert!(acknowledged > 0 && torn > 0, "nothing was tested");
    figures(format_args!(
        "kill -9: {} kills, {torn} of them during a write ({took} of which took effect); \
         {acknowledged} acknowledged writes, lost: 0 (seed {seed})",
        epochs * rounds * LANES
    ));
}

/// One store, written and killed in all lanes, and looked through at the end.
fn one_epoch(seed: u64, rounds: u64) -> Vec<Lane> {
    let site = Site::new("kill");
    let options = Options { patience: Duration::from_secs(60), ..site.options() };
    let open = || Vault::open(&options, &[key(1), key(2), key(3)]).unwrap();
    let vault = open();
    // The store knows all keys from the beginning, and each process has them all.
    [3, 2, 1].into_iter().for_each(|number| drop(vault.add_key(&key(number)).unwrap()));
    let mut lanes: Vec<Lane> = (0..LANES).map(Lane::new).collect();
    std::thread::scope(|scope| {
        for lane in &mut lanes {
            let (site, vault) = (&site, &vault);
            scope.spawn(move || {
                let mut dice = Dice::new(seed ^ (lane.number << 32));
                for round in 0..rounds {
                    let said = killed_writer(site, lane.number, round * 10_000, &mut dice);
                    lane.check(vault, said);
                }
            });
        }
    });
    // Nobody is left: what the last kill left behind is what a crash leaves behind.
    let ledger = whole::number(&whole::sound(&whole::copy(&site)), "SELECT count(*) FROM import_ledger");
    dm_connections::vault::close_all();
    let vault = open();
    let imports: usize = lanes.iter().map(|lane| lane.imported.len()).sum();
    assert_eq!(ledger as u64, imports as u64 * ENTRIES);
    let rows: usize = lanes.iter().map(|lane| lane.check_all(&vault)).sum();
    assert_eq!(whole::all_rows(&vault).len(), rows);
    whole::sound(&whole::copy(&site));
    lanes
}

/// Starts a writer, kills it at some moment, and gives what it said.
fn killed_writer(site: &Site, lane: u64, first: u64, dice: &mut Dice) -> Vec<String> {
    let mut writer = Actor::start(&format!("lane {lane} {first} {}", dice.next()), &site.store());
    let mut said = Vec::new();
    if dice.below(8) > 0 {
        said.extend(writer.hear());
    }
    std::thread::sleep(Duration::from_micros(dice.below(150_000)));
    let lived = writer.kill();
    said.extend(std::iter::from_fn(|| writer.hear()));
    assert!(lived, "the writer ended by itself: {:?}", said.last());
    said
}

impl Lane {
    fn new(number: u64) -> Self {
        let (slots, revisions, imported) = ([None; SLOTS], [0; SLOTS], Vec::new());
        Self { number, slots, revisions, imported, acknowledged: 0, torn: 0, took: 0 }
    }

    /// Compares the store with what the killed writer said.
    fn check(&mut self, vault: &Vault, said: Vec<String>) {
        let mut pending = None;
        for message in said {
            if let Some(after) = message.strip_prefix("try ") {
                pending = Some(after.parse::<After>().unwrap());
            } else if let Some(revision) = message.strip_prefix("done ") {
                self.acknowledge(pending.take().unwrap(), revision.parse().unwrap());
            } else {
                assert_eq!(message, "ready");
            }
        }
        for index in 0..SLOTS {
            self.check_slot(vault, index, pending);
        }
        if let Some(After::Imported(number)) = pending {
            match lane::import(vault, self.number, number, true).unwrap().counts.unchanged {
                0 => {}
                ENTRIES => {
                    self.imported.push(number);
                    self.took += 1;
                }
                part => panic!("{part} of {ENTRIES} entries were imported"),
            }
        }
        self.torn += u64::from(pending.is_some());
    }

    fn acknowledge(&mut self, after: After, revision: i64) {
        self.acknowledged += 1;
        match after {
            After::Stands(index, content) => {
                self.slots[index] = Some(content);
                assert!(revision > self.revisions[index], "the revision went back");
                self.revisions[index] = revision;
            }
            After::Gone(index) => self.slots[index] = None,
            After::Imported(number) => self.imported.push(number),
            After::Same => {}
        }
    }

    fn check_slot(&mut self, vault: &Vault, index: usize, pending: Option<After>) {
        let lane = self.number;
        let (found, revision) = lane::standing(vault, lane, index)
            .unwrap_or_else(|error| panic!("lane {lane}, slot {index}: {error}"));
        let expected = self.slots[index];
        let wanted = match pending {
            Some(After::Stands(slot, content)) if slot == index => Some(Some(content)),
            Some(After::Gone(slot)) if slot == index => Some(None),
            _ => None,
        };
        if found != expected {
            assert_eq!(Some(found), wanted, "lane {lane}, slot {index}: {expected:?} was acknowledged");
            self.took += 1;
        }
        if found.is_some() {
            assert!(revision >= self.revisions[index], "lane {lane}, slot {index}: an earlier revision");
            self.revisions[index] = revision;
        }
        self.slots[index] = found;
    }

    /// Compares everything once more, and says how many rows the lane has.
    fn check_all(&self, vault: &Vault) -> usize {
        for (index, expected) in self.slots.iter().enumerate() {
            let (found, revision) = lane::standing(vault, self.number, index).unwrap();
            assert_eq!(found, *expected, "lane {}, slot {index}", self.number);
            assert!(found.is_none() || revision >= self.revisions[index]);
        }
        for number in &self.imported {
            let report = lane::import(vault, self.number, *number, true).unwrap();
            assert_eq!(report.counts.unchanged, ENTRIES, "lane {}, import {number}", self.number);
        }
        // Of each import, two entries are rows and one is kept.
        self.slots.iter().flatten().count() + 2 * self.imported.len()
    }
}
