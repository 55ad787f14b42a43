//! Points in time.

use super::Invalid;

/// Seconds since 1970-01-01T00:00:00Z, between year 1970 and the end of year 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i64);

impl UnixTime {
    /// The last second of the year 9999: later values are milliseconds taken for seconds.
    pub const MAX: UnixTime = UnixTime(253_402_300_799);

    /// From seconds.
    pub fn new(seconds: i64) -> Result<Self, Invalid> {
        if (0..=Self::MAX.0).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(Invalid::new("time", "must be Unix seconds between 0 and 253402300799 (not milliseconds)"))
        }
    }

    /// As seconds.
    pub fn seconds(self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_up_to_the_year_9999() {
        for seconds in [0, 1_795_000_000, 253_402_300_799] {
            assert_eq!(UnixTime::new(seconds).unwrap().seconds(), seconds);
        }
        for seconds in [-1, 253_402_300_800, 1_795_000_000_000, i64::MIN, i64::MAX] {
            assert!(UnixTime::new(seconds).is_err(), "{seconds}");
        }
    }
}
