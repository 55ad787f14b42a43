//! Handles are tokens, not addresses: a slot, its generation and the kind of thing. They are looked up and
//! never dereferenced, so a closed, doubled or invented one is an error and not undefined behaviour.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::vault::{Code, Error};

const TAG_BITS: u32 = 4;
const SLOT_BITS: u32 = 24;

/// The living things of one kind.
pub(super) struct Table<T> {
    /// In every token of this table, so that a token of another table is never taken for one.
    tag: usize,
    /// What a caller knows the kind by.
    kind: &'static str,
    slots: Mutex<Vec<Slot<T>>>,
}

struct Slot<T> {
    generation: usize,
    value: Option<Arc<T>>,
}

impl<T> Table<T> {
    pub(super) const fn new(tag: usize, kind: &'static str) -> Self {
        assert!(tag > 0 && tag < 1 << TAG_BITS);
        Self { tag, kind, slots: Mutex::new(Vec::new()) }
    }

    // Nothing here panics while it holds the lock half way through a change, so a poisoned one is sound.
    fn slots(&self) -> MutexGuard<'_, Vec<Slot<T>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes `value` in and gives its token.
    pub(super) fn insert(&self, value: T) -> Result<usize, Error> {
        let mut slots = self.slots();
        let index = match slots.iter().position(|slot| slot.value.is_none()) {
            Some(index) => index,
            None if slots.len() < 1 << SLOT_BITS => {
                slots.push(Slot { generation: 0, value: None });
                slots.len() - 1
            }
            None => {
                return Err(Error::new(
                    Code::TooLarge,
                    format!("too many {} handles are open: free some", self.kind),
                ));
            }
        };
        let slot = &mut slots[index];
        slot.generation += 1;
        slot.value = Some(Arc::new(value));
        Ok((slot.generation << SLOT_BITS | index) << TAG_BITS | self.tag)
    }

    fn find<'a>(&self, slots: &'a mut [Slot<T>], token: usize) -> Option<&'a mut Slot<T>> {
        let index = token >> TAG_BITS & ((1 << SLOT_BITS) - 1);
        let generation = token >> TAG_BITS >> SLOT_BITS;
        let slot = slots.get_mut(index)?;
        (token & ((1 << TAG_BITS) - 1) == self.tag && slot.generation == generation && slot.value.is_some())
            .then_some(slot)
    }

    /// What the token stands for. It lives on while the caller works with it, even if another thread closes it.
    pub(super) fn get(&self, token: usize) -> Result<Arc<T>, Error> {
        let mut slots = self.slots();
        self.find(&mut slots, token).and_then(|slot| slot.value.clone()).ok_or_else(|| self.dead(token))
    }

    /// Takes it out; its token is dead from now on.
    pub(super) fn remove(&self, token: usize) -> Result<Arc<T>, Error> {
        let mut slots = self.slots();
        self.find(&mut slots, token).and_then(|slot| slot.value.take()).ok_or_else(|| self.dead(token))
    }

    fn dead(&self, token: usize) -> Error {
        let problem = if token == 0 { "is NULL" } else { "is closed, or was never one" };
        Error::new(Code::InvalidHandle, format!("the {} handle {problem}", self.kind))
            .with("handle", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_foreign_and_invented_tokens_are_errors() {
        let stores: Table<u8> = Table::new(1, "store");
        let keyrings: Table<u8> = Table::new(2, "keyring");
        let first = stores.insert(7).unwrap();
        let other = keyrings.insert(8).unwrap();
        assert_eq!(*stores.get(first).unwrap(), 7);
        assert!(stores.get(other).is_err() && keyrings.get(first).is_err());
        assert_eq!(*stores.remove(first).unwrap(), 7);
        assert!(stores.get(first).is_err() && stores.remove(first).is_err());
        let second = stores.insert(9).unwrap();
        assert!(second != first && stores.get(first).is_err());
        for invented in [0, 1, 16, 17, usize::MAX, usize::MAX - 14] {
            assert!(stores.get(invented).is_err());
        }
    }
}
