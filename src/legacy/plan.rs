//! What is in the option, one entry after the other.

use super::Refused;
use super::account::{self, HeldBack};
use super::slot::{Slot, below, owner_path, shown};
use super::value::{Items, Key, Kind, Tree, Value};
use super::why::Why;
use crate::crypto::LegacyKey;
use crate::domain::{AccountName, Document, Owner, OwnerClass, Provider};

/// One account, one config, or one piece that is neither. It has no `Debug`: what is in it is secret.
pub struct Entry<'t> {
    /// Where it stood.
    pub slot: Slot,
    /// What it is.
    pub found: Found,
    /// All of it, PHP-serialised, as it is stored.
    pub content: &'t [u8],
}

/// What an entry is.
pub enum Found {
    /// An account or config as a document.
    Document {
        /// Its members, opened where they were in envelopes.
        document: Document,
        /// The names of those that were in envelopes.
        enveloped: Vec<String>,
        /// The members that are missing from the document.
        held_back: Vec<HeldBack>,
    },
    /// Something to be kept as it is.
    Keep {
        /// Why nothing else can be done with it.
        why: Why,
    },
}

/// Walks the option. `keys` open its envelopes, the first that can; `known` tells whether the catalogue has a
/// provider.
///
/// The entries are made while they are asked for, so that no more than one account needs to lie open in memory.
pub fn plan<'p>(
    option: &'p Tree<'_>,
    keys: &'p [LegacyKey],
    known: &'p dyn Fn(&Provider) -> bool,
) -> Result<Plan<'p>, Refused> {
    Ok(Plan { keys, parts: parts(option, known)? })
}

/// The same with nothing opened yet.
pub fn parts<'p>(option: &'p Tree<'_>, known: &'p dyn Fn(&Provider) -> bool) -> Result<Parts<'p>, Refused> {
    match option.root().kind() {
        Kind::Array(providers) => Ok(Parts { known, open: vec![(Level::Option, providers)] }),
        _ => Err(Refused::new(0, "it has to be an array of providers")),
    }
}

/// The entries of an option, in its order.
pub struct Plan<'p> {
    keys: &'p [LegacyKey],
    parts: Parts<'p>,
}

impl<'p> Iterator for Plan<'p> {
    type Item = Entry<'p>;

    fn next(&mut self) -> Option<Entry<'p>> {
        Some(self.parts.next()?.entry(self.keys))
    }
}

/// One entry that nobody has looked into.
#[derive(Clone)]
pub struct Part<'t> {
    /// Where it stands.
    pub slot: Slot,
    value: Value<'t>,
    /// Why it is no account or config.
    kept: Option<Why>,
}

impl<'t> Part<'t> {
    /// All of it, PHP-serialised, as it is stored.
    pub fn raw(&self) -> &'t [u8] {
        self.value.raw()
    }

    /// As an entry of a plan.
    pub fn entry(self, keys: &[LegacyKey]) -> Entry<'t> {
        Entry { found: self.found(keys), content: self.raw(), slot: self.slot }
    }

    /// What it is. `keys` open its envelopes, the first that can.
    pub fn found(&self, keys: &[LegacyKey]) -> Found {
        match self.kept {
            Some(why) => Found::Keep { why },
            None => account::found(self.value, keys),
        }
    }
}

/// The entries of an option, in its order.
pub struct Parts<'p> {
    known: &'p dyn Fn(&Provider) -> bool,
    /// The arrays around the next entry, and what is left of them.
    open: Vec<(Level, Items<'p>)>,
}

impl<'p> Iterator for Parts<'p> {
    type Item = Part<'p>;

    fn next(&mut self) -> Option<Part<'p>> {
        loop {
            let (level, items) = self.open.last_mut()?;
            let Some((key, value)) = items.next() else {
                self.open.pop();
                continue;
            };
            match level.step(key, value, self.known) {
                Step::Into(level, items) => self.open.push((level, items)),
                Step::Account(slot) => return Some(Part { slot, value, kept: None }),
                Step::Keep(slot, why) => return Some(Part { slot, value, kept: Some(why) }),
            }
        }
    }
}

/// Which array of the option it is.
enum Level {
    Option,
    Provider(Provider),
    Principals(Provider),
    Principal(Provider, Owner),
    Accounts(Provider, Owner),
}

/// What an element of such an array is.
enum Step<'t> {
    Into(Level, Items<'t>),
    /// An account or config.
    Account(Slot),
    Keep(Slot, Why),
}

impl Level {
    fn step<'t>(&self, key: Key, value: Value<'t>, known: &dyn Fn(&Provider) -> bool) -> Step<'t> {
        let keep = |why| Step::Keep(Slot::Other { path: below(self.path(), shown(key)) }, why);
        let into = |level| match value.kind() {
            Kind::Array(items) if items.is_empty() => keep(Why::Empty),
            Kind::Array(items) => Step::Into(level, items),
            _ => keep(Why::NotAnArray),
        };
        match self {
            Self::Option => match key.parsed::<Provider>() {
                None => keep(Why::BadProvider),
                Some(provider) if !known(&provider) => keep(Why::UnknownProvider),
                Some(provider) => into(Self::Provider(provider)),
            },
            Self::Provider(provider) => match key.bytes() {
                b"principals" => into(Self::Principals(provider.clone())),
                b"delegations" => keep(Why::Delegations),
                _ => Self::owned(provider, &Owner::NETWORK, key, keep, into),
            },
            Self::Principals(provider) => match key.parsed::<Owner>() {
                Some(owner) if owner.class() != OwnerClass::Service => {
                    into(Self::Principal(provider.clone(), owner))
                }
                _ => keep(Why::BadPrincipal),
            },
            Self::Principal(provider, owner) => Self::owned(provider, owner, key, keep, into),
            Self::Accounts(provider, owner) => match key.parsed::<AccountName>() {
                None => keep(Why::BadAccountName),
                Some(account) if account == AccountName::default() => keep(Why::DefaultNameTaken),
                Some(account) => {
                    Step::Account(Slot::Account { provider: provider.clone(), owner: owner.clone(), account })
                }
            },
        }
    }

    /// What the site and each principal have alike.
    fn owned<'t>(
        provider: &Provider,
        owner: &Owner,
        key: Key,
        keep: impl Fn(Why) -> Step<'t>,
        into: impl Fn(Self) -> Step<'t>,
    ) -> Step<'t> {
        let (provider, owner) = (provider.clone(), owner.clone());
        match key.bytes() {
            b"account" => Step::Account(Slot::Account { provider, owner, account: AccountName::default() }),
            b"config" => Step::Account(Slot::Config { provider, owner }),
            b"accounts" => into(Self::Accounts(provider, owner)),
            _ => keep(Why::UnknownSlot),
        }
    }

    fn path(&self) -> Vec<String> {
        match self {
            Self::Option => Vec::new(),
            Self::Provider(provider) => owner_path(provider, &Owner::NETWORK),
            Self::Principals(provider) => below(owner_path(provider, &Owner::NETWORK), "principals"),
            Self::Principal(provider, owner) => owner_path(provider, owner),
            Self::Accounts(provider, owner) => below(owner_path(provider, owner), "accounts"),
        }
    }
}
