//! Why a piece of the old option does not become a connection, or a member does not become part of one.

use super::encode::NotJson;

/// The reason why something is kept, sealed, as it was: nothing uses it, and the way back restores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Of a member: it begins like an old envelope and is none.
    EnvelopeMalformed,
    /// Of a member: no salt that was given opens it.
    EnvelopeDoesNotOpen,
    /// Of a member: JSON cannot hold it.
    NotJson(NotJson),
    /// The catalogue does not know the provider.
    UnknownProvider,
    /// Nothing is known to be stored under this name.
    UnknownSlot,
    /// There is nothing in it.
    Empty,
    /// Which agents may use whose mailboxes: to become grants.
    Delegations,
    /// An array has to be here, and something else is.
    NotAnArray,
    /// An account or config that is a list, and so has no named members.
    IsList,
    /// The provider's name is no slug.
    BadProvider,
    /// The owner's name is neither `user:N` nor `agent:N`.
    BadPrincipal,
    /// The account's name is none that an account can have.
    BadAccountName,
    /// A named account has the name that the unnamed one has from now on.
    DefaultNameTaken,
    /// More than a document may have: bytes, or members that would have to be held back.
    TooLarge,
}

impl Why {
    /// The same for ever, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::EnvelopeMalformed => "envelope_malformed",
            Self::EnvelopeDoesNotOpen => "envelope_does_not_open",
            Self::NotJson(NotJson::NotUtf8) => "not_utf8",
            Self::NotJson(NotJson::Object) => "php_object",
            Self::NotJson(NotJson::NotFinite) => "not_finite",
            Self::NotJson(NotJson::TooDeep) => "too_deep",
            Self::UnknownProvider => "unknown_provider",
            Self::UnknownSlot => "unknown_slot",
            Self::Empty => "empty",
            Self::Delegations => "delegations",
            Self::NotAnArray => "not_an_array",
            Self::IsList => "is_list",
            Self::BadProvider => "bad_provider",
            Self::BadPrincipal => "bad_principal",
            Self::BadAccountName => "bad_account_name",
            Self::DefaultNameTaken => "default_name_taken",
            Self::TooLarge => "too_large",
        }
    }

    /// For the person who owns the site: what it means, and what can be done.
    pub fn text(self) -> &'static str {
        match self {
            Self::EnvelopeMalformed => {
                "It is marked as encrypted but is cut off or damaged, so no key can open it. Connect this account \
                 again, or enter the value anew."
            }
            Self::EnvelopeDoesNotOpen => {
                "It was encrypted under other WordPress salts than those given, or damaged since. Give the earlier \
                 salt and import again; if there is none, connect this account again or enter the value anew."
            }
            Self::NotJson(NotJson::NotUtf8) => {
                "It, or a name in it, is binary data and no text, which a connection cannot hold. If this account \
                 does not work without it, connect it again."
            }
            Self::NotJson(NotJson::Object) => {
                "It is, or contains, an object of PHP code, which is never loaded. If this account does not work \
                 without it, connect it again."
            }
            Self::NotJson(NotJson::NotFinite) => {
                "It is, or contains, an infinite or undefined number, which a connection cannot hold. If this account \
                 does not work without it, connect it again."
            }
            Self::NotJson(NotJson::TooDeep) => {
                "Its arrays are nested too deeply for a connection. If this account does not work without it, connect \
                 it again."
            }
            Self::UnknownProvider => {
                "No provider of this name is known; its plug-in may be gone. When the provider is known again, import \
                 again, or connect its accounts anew."
            }
            Self::UnknownSlot => {
                "Data Machine stores nothing under this name, so another plug-in may have put it there. Nothing needs \
                 to be done."
            }
            Self::Empty => "There is nothing in it. Nothing needs to be done.",
            Self::Delegations => {
                "These are permissions of agents to use mailboxes, and no accounts. Those of email_imap become grants, \
                 as the report says of each; narrow them to whom they are for. Nothing ever looked at those of another provider."
            }
            Self::NotAnArray => {
                "It is not of the form that Data Machine stores, so the old plug-in could not use it either. If an \
                 account is missing, connect it again."
            }
            Self::IsList => {
                "It is a plain list without names for its values, so nothing could use it as an account. If an account \
                 is missing, connect it again."
            }
            Self::BadProvider => {
                "Its name is none that a provider can have: a-z, 0-9, _ and -. If an account is missing, connect it \
                 again."
            }
            Self::BadPrincipal => {
                "It belongs to nobody: an owner is written user:12 or agent:7. If an account is missing, connect it \
                 again."
            }
            Self::BadAccountName => {
                "Its name is none that an account can have: a-z, 0-9, ., _ and -, at most 128 of them. Connect this \
                 account again under another name."
            }
            Self::DefaultNameTaken => {
                "The name default now stands for the account without a name. Connect this account again under another \
                 name."
            }
            Self::TooLarge => {
                "It is larger than a connection can be: 1 MiB, of which at most 256 values cannot be used as they are. \
                 Connect this account again."
            }
        }
    }

    /// Whether it is a credential that cannot be read: an envelope that does not open.
    pub fn quarantined(self) -> bool {
        matches!(self, Self::EnvelopeMalformed | Self::EnvelopeDoesNotOpen)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const ALL: [Why; 17] = [
        Why::EnvelopeMalformed,
        Why::EnvelopeDoesNotOpen,
        Why::NotJson(NotJson::NotUtf8),
        Why::NotJson(NotJson::Object),
        Why::NotJson(NotJson::NotFinite),
        Why::NotJson(NotJson::TooDeep),
        Why::UnknownProvider,
        Why::UnknownSlot,
        Why::Empty,
        Why::Delegations,
        Why::NotAnArray,
        Why::IsList,
        Why::BadProvider,
        Why::BadPrincipal,
        Why::BadAccountName,
        Why::DefaultNameTaken,
        Why::TooLarge,
    ];

    #[test]
    fn every_reason_has_its_own_code_and_text() {
        assert_eq!(ALL.map(Why::code).into_iter().collect::<HashSet<_>>().len(), ALL.len());
        assert_eq!(ALL.map(Why::text).into_iter().collect::<HashSet<_>>().len(), ALL.len());
    }
}
