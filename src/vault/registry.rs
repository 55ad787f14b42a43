//! The stores that this process has open: one per place, at most eight.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::open::{brought, open_shared};
use super::shared::Shared;
use super::{Code, Error, Options};
use crate::crypto::KeyMaterial;
use crate::store::sqlite::outside;

/// How many stores one process keeps open.
const LIMIT: usize = 8;

static OPEN: Mutex<Vec<(PathBuf, Arc<Shared>)>> = Mutex::new(Vec::new());

fn open_stores() -> MutexGuard<'static, Vec<(PathBuf, Arc<Shared>)>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The store of that place: the one that is open, for who brings its key, or one newly opened.
pub(super) fn shared(options: &Options, keys: &[KeyMaterial]) -> Result<Arc<Shared>, Error> {
    // Held while a store is opened, so that two threads do not open one place twice.
    let mut open = open_stores();
    let place = options.path.canonicalize().unwrap_or_else(|_| options.path.clone());
    if let Some(index) = open.iter().position(|(path, _)| *path == place) {
        if let Some(root) = &options.document_root {
            outside(&place, root)?;
        }
        let shared = open[index].1.clone();
        let admitted = brought(options, keys, &shared).and_then(|keys| shared.admit(options, &keys));
        match admitted {
            Ok(()) => return Ok(shared),
            Err(error) if !is_gone(error.code()) => return Err(error),
            Err(_) => open.remove(index).1.close(),
        }
    }
    let shared = Arc::new(open_shared(options, keys)?);
    if open.len() == LIMIT {
        // Who renews something there has the only good token in hand.
        let order = |at: &usize| (open[*at].1.leases.load(Ordering::Acquire) > 0, open[*at].1.last_used());
        let oldest = (0..LIMIT).min_by_key(order).unwrap_or_default();
        open.remove(oldest).1.close();
    }
    // The directory may have been made just now.
    let place = options.path.canonicalize().unwrap_or(place);
    open.push((place, shared.clone()));
    Ok(shared)
}

/// Whether the store that was open is not the one at its place any more.
fn is_gone(code: Code) -> bool {
    matches!(code, Code::StoreReplaced | Code::StoreMissing | Code::MissingDirectory | Code::NotAStore)
}

/// Closes every store of this process and wipes its keys. Handles that are still open answer with an error.
pub fn close_all() {
    let _inside = super::enter();
    for (_, shared) in open_stores().drain(..) {
        shared.close();
    }
}
