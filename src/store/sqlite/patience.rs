//! How long a caller waits, and how often it looks again.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use crate::store::Error;

/// The shortest and the longest pause between two looks: short, because a writer that has the gate waits only for
/// readers that are about to leave.
const FIRST_PAUSE: Duration = Duration::from_micros(100);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_millis(2);

/// The patience of one operation, from its beginning.
#[derive(Debug)]
pub(super) struct Patience {
    since: Instant,
    limit: Duration,
}

impl Patience {
    /// Begins now.
    pub fn new(limit: Duration) -> Self {
        Self { since: Instant::now(), limit }
    }

    /// What is left of it.
    pub fn rest(&self) -> Duration {
        self.limit.saturating_sub(self.since.elapsed())
    }

    /// The error of having waited in vain.
    pub fn busy(&self) -> Error {
        Error::Busy { waited: self.since.elapsed() }
    }

    /// Tries until it gives something, with pauses that grow and are never the same for two processes.
    pub fn poll<T>(&self, mut attempt: impl FnMut() -> Result<Option<T>, Error>) -> Result<T, Error> {
        let mut pause = FIRST_PAUSE;
        let mut random = None;
        loop {
            if let Some(found) = attempt()? {
                return Ok(found);
            }
            let rest = self.rest();
            if rest.is_zero() {
                return Err(self.busy());
            }
            let random = random.get_or_insert_with(RandomState::new);
            let jitter = random.hash_one(self.since.elapsed()) % 1000;
            std::thread::sleep((pause / 2 + pause * (jitter as u32) / 1000).min(rest));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polling_ends_with_what_it_waits_for_or_with_the_patience() {
        let patience = Patience::new(Duration::from_secs(5));
        let mut looks = 0;
        let third = patience.poll(|| {
            looks += 1;
            Ok((looks == 3).then_some("found"))
        });
        assert_eq!(third, Ok("found"));

        let patience = Patience::new(Duration::from_millis(20));
        match patience.poll(|| Ok(None::<()>)) {
            Err(Error::Busy { waited }) => assert!((20..200).contains(&waited.as_millis()), "{waited:?}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(patience.poll(|| Ok(Some(1))), Ok(1), "one look is always taken");
    }
}
