//! The codes that calls return.

use crate::vault::Code;

/// What a call came to. `DM_OK` is success; the numbers are stable and never given to anything else.
#[allow(non_camel_case_types)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub enum dm_status {
    /// Done. Outputs are written in this case only.
    DM_OK = 0,
    /// An argument is missing, malformed or out of its bounds; the detail's `argument` names it.
    DM_INVALID_ARGUMENT = 1,
    /// A handle that is closed, invented, of another kind, or whose store was closed to make room.
    DM_INVALID_HANDLE = 2,
    /// An input above 16 MiB, a document above 1 MiB, a store too large for one step, or more than 256 live grants of one owner to an
    /// agent.
    DM_TOO_LARGE = 3,
    /// A document that is not a JSON object, has duplicate keys, invalid UTF-8 or more than 64 levels.
    DM_INVALID_DOCUMENT = 4,
    /// There is no such connection, app config or grant.
    DM_NOT_FOUND = 5,
    /// The row moved on since the revision that was given: the detail's `revision` is the present one. Or the account name
    /// that was to be one owner's only is another's: the detail's `holder`.
    DM_CONFLICT = 6,
    /// Others held the store for longer than the caller's patience. Try again.
    DM_BUSY = 7,
    /// A row was changed by something that is not this library. It is not handed out.
    DM_INTEGRITY = 8,
    /// None of the keys given opens this store; the detail's `keys` names those that would.
    DM_WRONG_KEY = 9,
    /// There is no key: the key file, or the file that was named, is not there.
    DM_MISSING_KEY = 10,
    /// The store is open, but this row is sealed under a key that was not given; or an old envelope under another salt.
    DM_KEY_UNAVAILABLE = 11,
    /// Key material that is no key: a wrong length, a passphrase, a command that failed.
    DM_INVALID_KEY = 12,
    /// A status that may not follow the present one.
    DM_INVALID_TRANSITION = 13,
    /// The directory of the store is not there and cannot be made.
    DM_MISSING_DIRECTORY = 14,
    /// A store was expected here and there is none. None is made in its place.
    DM_STORE_MISSING = 15,
    /// A file or directory of the store, or a key file, is open to others; the detail's `mend` is the line to type.
    DM_PERMISSIONS = 16,
    /// The store or the key file belongs to another system user; the detail's `mend` is the line to type.
    DM_WRONG_USER = 17,
    /// The directory lies on a network file system, where SQLite's locks cannot be trusted.
    DM_NETWORK_FILE_SYSTEM = 18,
    /// No space is left. Nothing of the call was kept.
    DM_DISK_FULL = 19,
    /// The database file is damaged. Restore a backup.
    DM_CORRUPT = 20,
    /// The file at the store's place is not a store of this library.
    DM_NOT_A_STORE = 21,
    /// A later version of the library wrote this store; this one is too old for it.
    DM_STORE_NEWER = 22,
    /// The store's file was replaced under an open handle by another store.
    DM_STORE_REPLACED = 23,
    /// The store's id is not the one that was expected.
    DM_STORE_MISMATCH = 24,
    /// The store belongs to another site: this is a copy.
    DM_SITE_MISMATCH = 25,
    /// The system reported an input or output error.
    DM_IO = 26,
    /// A defect of this library; the detail says where. Nothing of the call was kept.
    DM_INTERNAL = 27,
    /// The old option is not one: malformed, hostile, too deep or too large. Nothing was imported.
    DM_IMPORT_REFUSED = 28,
    /// The store or its key would lie inside the document root, where a web server might serve it.
    DM_IN_DOCUMENT_ROOT = 29,
    /// The lease is not this holder's any more: somebody else was granted one since, or the account was connected anew,
    /// or is gone. What was handed in is not stored.
    DM_LEASE_LOST = 30,
    /// The store is a copy that another site opened: nothing is refreshed or revoked here until `dm_store_adopt`.
    DM_CLONED_SITE = 31,
}

use dm_status::*;

/// Every code, in the order of their numbers, with its name.
const ALL: [(dm_status, &std::ffi::CStr); 32] = [
    (DM_OK, c"DM_OK"),
    (DM_INVALID_ARGUMENT, c"DM_INVALID_ARGUMENT"),
    (DM_INVALID_HANDLE, c"DM_INVALID_HANDLE"),
    (DM_TOO_LARGE, c"DM_TOO_LARGE"),
    (DM_INVALID_DOCUMENT, c"DM_INVALID_DOCUMENT"),
    (DM_NOT_FOUND, c"DM_NOT_FOUND"),
    (DM_CONFLICT, c"DM_CONFLICT"),
    (DM_BUSY, c"DM_BUSY"),
    (DM_INTEGRITY, c"DM_INTEGRITY"),
    (DM_WRONG_KEY, c"DM_WRONG_KEY"),
    (DM_MISSING_KEY, c"DM_MISSING_KEY"),
    (DM_KEY_UNAVAILABLE, c"DM_KEY_UNAVAILABLE"),
    (DM_INVALID_KEY, c"DM_INVALID_KEY"),
    (DM_INVALID_TRANSITION, c"DM_INVALID_TRANSITION"),
    (DM_MISSING_DIRECTORY, c"DM_MISSING_DIRECTORY"),
    (DM_STORE_MISSING, c"DM_STORE_MISSING"),
    (DM_PERMISSIONS, c"DM_PERMISSIONS"),
    (DM_WRONG_USER, c"DM_WRONG_USER"),
    (DM_NETWORK_FILE_SYSTEM, c"DM_NETWORK_FILE_SYSTEM"),
    (DM_DISK_FULL, c"DM_DISK_FULL"),
    (DM_CORRUPT, c"DM_CORRUPT"),
    (DM_NOT_A_STORE, c"DM_NOT_A_STORE"),
    (DM_STORE_NEWER, c"DM_STORE_NEWER"),
    (DM_STORE_REPLACED, c"DM_STORE_REPLACED"),
    (DM_STORE_MISMATCH, c"DM_STORE_MISMATCH"),
    (DM_SITE_MISMATCH, c"DM_SITE_MISMATCH"),
    (DM_IO, c"DM_IO"),
    (DM_INTERNAL, c"DM_INTERNAL"),
    (DM_IMPORT_REFUSED, c"DM_IMPORT_REFUSED"),
    (DM_IN_DOCUMENT_ROOT, c"DM_IN_DOCUMENT_ROOT"),
    (DM_LEASE_LOST, c"DM_LEASE_LOST"),
    (DM_CLONED_SITE, c"DM_CLONED_SITE"),
];

impl From<Code> for dm_status {
    fn from(code: Code) -> Self {
        ALL.get(code as usize).map_or(DM_INTERNAL, |(status, _)| *status)
    }
}

/// The name of a code, such as `DM_BUSY`; `DM_UNKNOWN` for a number that is none.
///
/// Never NULL; static, not to be freed. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn dm_status_name(status: u32) -> *const std::ffi::c_char {
    let index = usize::try_from(status).unwrap_or(usize::MAX);
    ALL.get(index).map_or(c"DM_UNKNOWN", |(_, name)| name).as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers_and_the_vaults_codes_agree() {
        for (number, (status, name)) in ALL.iter().enumerate() {
            assert_eq!(*status as usize, number);
            assert_eq!(name.to_str(), Ok(format!("{status:?}").as_str()));
        }
        assert_eq!(dm_status::from(Code::ClonedSite), DM_CLONED_SITE);
        for (_, name) in &ALL[1..] {
            let camel: String = name.to_str().unwrap()[3..]
                .split('_')
                .map(|word| word[..1].to_owned() + &word[1..].to_lowercase())
                .collect();
            let code = crate::vault::Code::ALL.iter().find(|code| format!("{code:?}") == camel);
            assert!(
                code.is_some_and(|code| format!("{:?}", dm_status::from(*code)) == name.to_str().unwrap()),
                "{camel}"
            );
        }
    }
}
