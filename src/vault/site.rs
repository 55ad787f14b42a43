//! The site that opened a store, which may be another than the store's: a copy of a site, such as a staging one, has a
//! copy of its store. Such a clone works, but for what would break the live site's tokens.

use serde::Serialize;

use super::audit::{Event, Facts, What};
use super::shared::known_identity;
use super::{Code, Error, Vault};
use crate::store::{Identity, ReadTx};

/// Who opened a store.
#[derive(Debug, Clone)]
pub(super) struct Opener {
    /// The site, as it was given at open.
    pub(super) site: String,
    /// What it may do with another site's store.
    pub(super) clone: Cloned,
}

/// What a site may do with a store that belongs to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cloned {
    /// Nothing: it is not opened.
    #[default]
    Refused,
    /// Read it. What is changed is refused, but for `adopt`; who uses a connection is recorded. For a copy that cannot know
    /// whether its store is a copy, too, or the very store of the other site.
    Read,
    /// Whatever stays in the store: nothing is refreshed or revoked at a provider.
    Used,
}

/// What an adoption came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Adopted {
    /// The site that the store belongs to now.
    pub site: String,
    /// The one it belonged to before; the same where nothing had to be done.
    pub before: String,
}

impl Opener {
    /// Refuses another site's store to who did not say that it may be one.
    pub(super) fn check(&self, identity: &Identity) -> Result<(), Error> {
        if self.clone != Cloned::Refused || !self.is_another(identity) {
            return Ok(());
        }
        let message = format!(
            "this store belongs to {}, not to {}: a copy of a site does not use the live site's connections. \
             Give a copy a store of its own, or open this one as a copy with the option clone",
            identity.site, self.site
        );
        Err(Error::new(Code::SiteMismatch, message).with("site", identity.site.clone()))
    }

    /// Whether the store belongs to another site.
    pub(super) fn is_another(&self, identity: &Identity) -> bool {
        identity.site != self.site
    }
}

impl Vault {
    /// Refuses what reaches the provider (refreshing, revoking) where the store belongs to another site than the one
    /// that opened it. As the store is in this transaction: another process may have adopted it since.
    pub(super) fn refuse_clone(&self, tx: &mut dyn ReadTx) -> Result<(), Error> {
        let what = "Nothing is renewed or revoked at a provider from here, since that would break the connections of";
        self.refuse_another(tx, what)
    }

    /// Refuses what changes the store, where it belongs to another site and was opened to be read only.
    pub(super) fn refuse_change(&self, tx: &mut dyn ReadTx) -> Result<(), Error> {
        if self.opener.clone != Cloned::Read {
            return Ok(());
        }
        self.refuse_another(tx, "Nothing is changed in it from here, since it may be the very store of")
    }

    fn refuse_another(&self, tx: &mut dyn ReadTx, what: &str) -> Result<(), Error> {
        let identity = known_identity(tx)?;
        if !self.opener.is_another(&identity) {
            return Ok(());
        }
        let (theirs, ours) = (&identity.site, &self.opener.site);
        // Somebody else adopted it since: `adopt` asks for that word.
        let first = match self.opener.clone {
            Cloned::Refused => "open it with the option clone and ",
            Cloned::Read | Cloned::Used => "",
        };
        let message = format!(
            "this store belongs to {theirs}, and {ours} opened it: it is a copy, and so is every token in it. {what} \
             {theirs}. If {ours} is to take them over and {theirs} does not use them any more, {first}call dm_store_adopt (PHP: Vault::adopt()); \
             otherwise leave it, or connect the accounts anew in a store of its own"
        );
        Err(Error::new(Code::ClonedSite, message)
            .with("site", theirs.clone())
            .with("opened_by", ours.clone()))
    }

    /// Makes the site that opened the store the one that it belongs to. Nothing is written where it is already.
    pub fn adopt(&self) -> Result<Adopted, Error> {
        let ours = self.opener.site.clone();
        // What is known of the site is told after the transaction, and its lock must be free at a fork.
        let _inside = super::enter();
        // What else is wrong, the write says.
        if self.read(|tx, _| Ok(self.refuse_clone(tx).is_ok()))? {
            return Ok(Adopted { before: ours.clone(), site: ours });
        }
        let before = self.write_here(|write| {
            let identity = known_identity(write.tx)?;
            // Somebody else's since it was opened as its own site's: that is not taken back without a word.
            self.opener.check(&identity)?;
            if self.opener.is_another(&identity) {
                write.tx.set_site(&ours)?;
                let (site, site_was) = (Some(ours.clone()), Some(identity.site.clone()));
                let facts = Facts { site, site_was, ..Facts::default() };
                write.audit(&Event::of_store(What::Adopted, facts))?;
            }
            Ok(identity.site)
        })?;
        self.shared.belongs_to(&ours);
        Ok(Adopted { site: ours, before })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::DirBuilderExt;
    use std::path::Path;

    use super::*;
    use crate::crypto::KeyMaterial;
    use crate::vault::Options;

    fn open(path: &Path, site: &str, clone: Cloned) -> Vault {
        let options = Options { clone, ..Options::new(path.join("store"), site) };
        Vault::open(&options, &[KeyMaterial::raw(&[1; 32]).unwrap()]).unwrap()
    }

    fn told(vault: &Vault) -> Option<String> {
        match vault.read(|tx, _| vault.refuse_clone(tx)) {
            Ok(()) => None,
            Err(error) => {
                assert_eq!(error.code(), Code::ClonedSite);
                Some(error.message().to_owned())
            }
        }
    }

    #[test]
    fn a_clone_is_refused_as_the_store_is_now() {
        let path = std::env::temp_dir().join(format!("dm-site-{}", std::process::id()));
        std::fs::DirBuilder::new().mode(0o700).create(&path).unwrap();
        let live = open(&path, "https://live.example", Cloned::Refused);
        let copy = open(&path, "https://copy.example", Cloned::Used);
        assert_eq!(told(&live), None);
        let message = told(&copy).unwrap();
        for words in ["belongs to https://live.example", "https://copy.example opened it", "dm_store_adopt"] {
            assert!(message.contains(words), "{message}");
        }
        // In a transaction that writes, too.
        let written = copy.write(|write| copy.refuse_clone(write.tx));
        assert_eq!(written.unwrap_err().code(), Code::ClonedSite);
        // Through a handle of its own, as another process would.
        open(&path, "https://copy.example", Cloned::Used).adopt().unwrap();
        assert_eq!(told(&copy), None);
        let message = told(&live).unwrap();
        for words in
            ["belongs to https://copy.example", "open it with the option clone and call dm_store_adopt"]
        {
            assert!(message.contains(words), "{message}");
        }
        drop((live, copy));
        std::fs::remove_dir_all(&path).unwrap();
    }
}
