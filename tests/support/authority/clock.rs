//! The authority's clock: the machine's, or one that stands until it is set again.

use std::time::SystemTime;

use serde::Deserialize;

/// In seconds since 1970.
#[derive(Debug, Default, Clone, Copy)]
pub struct Clock(Option<i64>);

/// What an admin does to it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// It stands at this moment.
    Now(i64),
    /// It stands so many seconds after what it says.
    Advance(i64),
    /// It is the machine's (true), or it stands (false).
    Machine(bool),
}

impl Clock {
    pub fn now(self) -> i64 {
        self.0.unwrap_or_else(|| SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64)
    }

    pub fn turn(&mut self, turn: Turn) {
        self.0 = match turn {
            Turn::Now(now) => Some(now),
            Turn::Advance(seconds) => Some(self.now() + seconds),
            Turn::Machine(true) => None,
            Turn::Machine(false) => Some(self.now()),
        }
    }
}
