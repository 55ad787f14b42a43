//! The store's clock: the machine's.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::domain::UnixTime;
use crate::store::Error;

/// The time now.
pub(super) fn now() -> Result<UnixTime, Error> {
    #[cfg(feature = "test-clock")]
    if let Some(time) = test_clock()? {
        return Ok(time);
    }
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| Error::Clock)?;
    i64::try_from(elapsed.as_secs()).ok().and_then(|seconds| UnixTime::new(seconds).ok()).ok_or(Error::Clock)
}

/// The time that a test has written into the file that the variable names. Read at every call, so that all processes of
/// a test have one clock; a file that cannot be read is an error, so that no test runs by another clock than it thinks.
#[cfg(feature = "test-clock")]
fn test_clock() -> Result<Option<UnixTime>, Error> {
    let Some(path) = std::env::var_os("DM_TEST_CLOCK") else { return Ok(None) };
    let text = std::fs::read_to_string(&path).ok();
    let seconds = text.and_then(|text| text.trim_end().parse().ok());
    // The name stands in here too: scripts/check-symbols.sh looks for it, and a format's text is always found.
    seconds.and_then(|seconds| UnixTime::new(seconds).ok()).map(Some).ok_or_else(|| {
        Error::Internal(format!(
            "DM_TEST_CLOCK: no Unix seconds in {}",
            std::path::Path::new(&path).display()
        ))
    })
}
