//! Whether a journal belongs to the database beside it.
//!
//! After a crash the journal holds the old pages, and whoever opens the database next rolls them back. If somebody put
//! back a backup meanwhile and left the journal, that would write pages of the old file into the restored one. SQLite
//! cannot tell; the change counter in page 1 can: every transaction raises it by one, and the journal holds the page as
//! it was before. The format: <https://sqlite.org/fileformat2.html#the_rollback_journal>.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::place::{self, Place};
use crate::store::Error;

const MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
const HEADER: usize = 28;
/// Where the change counter is in page 1.
const COUNTER: usize = 24;
/// Where the size of a page is in page 1.
const PAGE_SIZE: usize = 16;

/// Moves a journal that belongs to another database out of SQLite's way. The exclusive lock is held.
pub(super) fn set_aside_if_stale(place: &Place) -> Result<(), Error> {
    let header = place.header(&place.open(&place.database)?)?;
    let journal = place.open(&place.journal)?;
    if belongs(&header, &journal).map_err(|error| place::io(&place.journal, "reading", &error))? {
        return Ok(());
    }
    std::fs::rename(&place.journal, &place.stale_journal)
        .map_err(|error| place::io(&place.journal, "renaming", &error))?;
    place::sync_directory(&place.directory)
}

/// Whether the journal may be of the database that begins with `header`. Where it cannot be told, it is: a rollback
/// that is not done loses more often than one that is done wrongly.
fn belongs(header: &[u8], journal: &File) -> io::Result<bool> {
    // A database that was empty, or was left without its first page, has nothing to lose.
    let Some(counter) = number(header, COUNTER) else { return Ok(true) };
    let length = journal.metadata()?.len();
    let mut position = 0;
    while let Some(segment) = Segment::read(journal, position)? {
        if segment.database_pages == 0 {
            // The very first transaction of a database; rolling back would empty the file.
            return Ok(counter <= 1);
        }
        if u64::from(segment.page_size) != page_size(header) {
            return Ok(false);
        }
        let record = u64::from(segment.page_size) + 8;
        let begin = position + u64::from(segment.sector_size);
        let in_file = length.saturating_sub(begin) / record;
        // Zero until the segment is synced: then what is there counts, for a process that was killed wrote it.
        let records = match u64::from(segment.records) {
            0 => in_file,
            records => records.min(in_file),
        };
        for index in 0..records {
            let mut page = [0; 4 + COUNTER + 4];
            journal.read_exact_at(&mut page, begin + index * record)?;
            if number(&page, 0) == Some(1) {
                let before = number(&page[4..], COUNTER).unwrap_or_default();
                return Ok(counter == before || counter == before.wrapping_add(1));
            }
        }
        position = (begin + records * record).next_multiple_of(u64::from(segment.sector_size));
    }
    Ok(true)
}

/// The header of a part of the journal.
struct Segment {
    records: u32,
    database_pages: u32,
    sector_size: u32,
    page_size: u32,
}

impl Segment {
    /// None where there is no (complete, sensible) header.
    fn read(journal: &File, position: u64) -> io::Result<Option<Self>> {
        let mut header = [0; HEADER];
        match journal.read_exact_at(&mut header, position) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            result => result?,
        }
        let field = |offset| number(&header, offset).unwrap_or_default();
        let segment = Self {
            records: field(8),
            database_pages: field(16),
            sector_size: field(20),
            page_size: field(24),
        };
        let sensible = |size: u32, least: u32| size.is_power_of_two() && (least..=65536).contains(&size);
        let good = header.starts_with(&MAGIC)
            && sensible(segment.sector_size, 32)
            && sensible(segment.page_size, 512);
        Ok(good.then_some(segment))
    }
}

fn number(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(offset..offset + 4)?.try_into().ok()?))
}

/// The database's page size; 1 stands for 65536.
fn page_size(header: &[u8]) -> u64 {
    match u16::from_be_bytes([header[PAGE_SIZE], header[PAGE_SIZE + 1]]) {
        1 => 65536,
        size => u64::from(size),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const PAGE: u32 = 512;

    /// The beginning of a database whose change counter stands at `counter`.
    fn database(counter: u32) -> Vec<u8> {
        let mut page = vec![0; PAGE as usize];
        page[PAGE_SIZE..PAGE_SIZE + 2].copy_from_slice(&(PAGE as u16).to_be_bytes());
        page[COUNTER..COUNTER + 4].copy_from_slice(&counter.to_be_bytes());
        page
    }

    /// A part of a journal: a header of one sector, and these pages, the first with the counter.
    fn segment(records: u32, database_pages: u32, pages: &[u32], counter: u32) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for field in [records, 0, database_pages, 512, PAGE] {
            bytes.extend(field.to_be_bytes());
        }
        bytes.resize(512, 0);
        for number in pages {
            bytes.extend(number.to_be_bytes());
            bytes.extend(database(counter));
            bytes.extend([0; 4]);
        }
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }

    fn judged(counter: u32, journal: &[&[u8]]) -> bool {
        let name = format!("dm-journal-{}-{:?}", std::process::id(), std::thread::current().id());
        let path = std::env::temp_dir().join(name);
        let mut file = File::create_new(&path).unwrap();
        file.write_all(&journal.concat()).unwrap();
        let judged = belongs(&database(counter), &File::open(&path).unwrap()).unwrap();
        std::fs::remove_file(&path).unwrap();
        judged
    }

    #[test]
    fn the_counter_of_page_one_tells() {
        let journal = segment(3, 9, &[4, 1, 7], 41);
        for (counter, own) in [(40, false), (41, true), (42, true), (43, false), (7, false)] {
            assert_eq!(judged(counter, &[&journal]), own, "{counter}");
        }
        assert!(judged(0, &[&segment(1, 9, &[1], u32::MAX)]), "the counter wraps");
    }

    #[test]
    fn page_one_is_found_wherever_it_is() {
        let (first, second) = (segment(2, 9, &[4, 5], 41), segment(1, 9, &[1], 41));
        assert!(!judged(50, &[&first, &second]), "in a second part");
        assert!(!judged(50, &[&segment(0, 9, &[3, 1], 41)]), "in a part that was never synced");
        assert!(!judged(50, &[&segment(u32::MAX, 9, &[3, 1], 41)]), "in a part that goes to the end");
        assert!(!judged(50, &[&segment(1_000_000, 9, &[3, 1], 41)]), "whatever the header says");
    }

    #[test]
    fn what_cannot_be_told_is_left_to_sqlite() {
        assert!(judged(50, &[&segment(2, 9, &[4, 5], 41)]), "without page one");
        assert!(judged(50, &[&[0; 2048]]), "with a header that was struck out");
        assert!(judged(50, &[&MAGIC]), "cut short");
        assert!(!judged(50, &[&segment(0, 0, &[], 0)]), "a first transaction, and a database that had many");
        assert!(judged(1, &[&segment(0, 0, &[], 0)]), "a first transaction, and what it wrote");
    }
}
