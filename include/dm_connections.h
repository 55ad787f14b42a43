/*
 * libdm_connections: a site's connected external accounts, each encrypted in a row of its own.
 *
 * Text and bytes go in as a pointer and a length, NUL bytes included; nothing has to be terminated, and nothing is
 * kept after the call. NULL with length 0 is the empty text; NULL with any other length, and anything above 16 MiB,
 * is an error. Text is UTF-8.
 *
 * A call that can fail returns a dm_status: DM_OK is 0, the numbers are stable and never given to anything else.
 * Its last parameter may be NULL; otherwise a failure puts an error there, which has a code, a message for a person
 * and detail as a JSON object, and which the caller frees with dm_error_free(). Outputs are written on success only.
 *
 * A dm_buf that a call filled belongs to the caller until dm_buf_free(), which wipes it. Its ptr[len] is NUL, not
 * counted.
 *
 * A store, a keyring, a list of salts and an error are handles: the pointer is a ticket that is looked up and never
 * followed. A closed or invented one gives DM_INVALID_HANDLE. NULL may be freed or closed.
 *
 * Every function may be called from any thread, and a store goes on working in a child after fork(). One process
 * has one open store per place, however often it is opened; it stays open after dm_store_close(), until
 * dm_shutdown() or until eight others are in use. The library cannot be unloaded.
 *
 * Nothing secret is ever in an error, a listing or a log: only in the document that dm_conn_get() and
 * dm_config_get() hand out, in the option of dm_legacy_export(), and in the value of dm_legacy_open().
 */

#ifndef DM_CONNECTIONS_H
#define DM_CONNECTIONS_H

/* Written by `make header` from src/ffi. Change it there. */

#include <stddef.h>
#include <stdint.h>

/// What a call came to. `DM_OK` is success; the numbers are stable and never given to anything else.
typedef enum {
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
} dm_status;

/// What went wrong in one call. Freed with `dm_error_free`; not changed by later calls.
typedef struct dm_error dm_error;

/// Key-encryption keys that a caller gives. The first is the one that a new store is made with, and that
/// `dm_key_add` adds; the others are earlier ones, which go on opening what they sealed.
///
/// May be used from any thread. Wiped by `dm_keyring_free`.
typedef struct dm_keyring dm_keyring;

/// The right to renew one connection's credential. May be used from any thread. A child after `fork()` that closes it takes
/// nothing from its parent, which still has it.
typedef struct dm_lease dm_lease;

/// Salts of the old option's envelopes: what `wp_salt('auth')` returns, and what it returned earlier.
///
/// May be used from any thread. Wiped by `dm_salts_free`.
typedef struct dm_salts dm_salts;

/// An open store. May be used from any thread, and after `fork()`: the child opens files of its own.
typedef struct dm_store dm_store;

/// Bytes handed out by the library, to be given back to `dm_buf_free`, which wipes them.
///
/// `ptr[len]` is a NUL byte that `len` does not count. Whoever holds the buffer may read it from any thread.
typedef struct {
  /// The first byte; NULL in an empty buffer that was never filled.
  char *ptr;
  /// How many bytes there are.
  size_t len;
} dm_buf;

/// The version of the ABI: `major << 16 | minor`. A caller refuses another major and a lower minor than it knows.
/// Any thread.
uint32_t dm_abi_version(void);

/// The version of the library, such as `"0.1.0"`. Never NULL; static, not to be freed. Any thread.
const char *dm_version(void);

/// The name of a code, such as `DM_BUSY`; `DM_UNKNOWN` for a number that is none.
///
/// Never NULL; static, not to be freed. Any thread.
const char *dm_status_name(uint32_t status);

/// The `dm_status` of an error; `DM_OK` for NULL, `DM_INVALID_HANDLE` for one that was freed. Any thread.
dm_status dm_error_code(const dm_error *error);

/// A sentence for a person: what was wrong and what to do. It holds no secret.
///
/// Never NULL; UTF-8; valid until `dm_error_free`, not to be freed itself. Empty for NULL or a freed error. Any thread.
const char *dm_error_message(const dm_error *error);

/// Details for a program: a JSON object, whose members depend on the code (`argument`, `revision`, `mend`, `keys` ...).
///
/// Never NULL; valid until `dm_error_free`, not to be freed itself. `{}` for NULL or a freed error. Any thread.
const char *dm_error_detail(const dm_error *error);

/// Frees an error. NULL is fine; one that was freed before gives `DM_INVALID_HANDLE`. Any thread.
dm_status dm_error_free(dm_error *error);

/// Wipes and frees what a buffer holds and sets it to `{NULL, 0}`.
///
/// NULL and an empty buffer are fine. Returns `DM_INVALID_HANDLE` for a pointer that no call of this library handed
/// out, or that was freed before; nothing is touched then. Any thread.
///
/// # Safety
///
/// `buf` is NULL or points to a `dm_buf`.
dm_status dm_buf_free(dm_buf *buf);

/// Makes an empty keyring in `*out`; the caller frees it with `dm_keyring_free`. Any thread.
dm_status dm_keyring_new(dm_keyring **out, dm_error **error);

/// Adds a key of exactly 32 raw bytes. They are copied; the caller wipes its own. Passphrases are refused.
dm_status dm_keyring_add_raw(dm_keyring *keyring, const char *key, size_t key_len, dm_error **error);

/// Adds a key given as base64 of 32 bytes, as a constant or an environment variable holds it.
dm_status dm_keyring_add_base64(dm_keyring *keyring, const char *key, size_t key_len, dm_error **error);

/// Adds the key in a file: 32 raw bytes, or base64. The file has to be the caller's own and closed to others (0600).
dm_status dm_keyring_add_file(dm_keyring *keyring,
                              const char *path,
                              size_t path_len,
                              dm_error **error);

/// Adds the key that a command prints, raw or as base64: for a key management service. `argv` is a JSON list such as
/// `["/usr/local/bin/print-key", "site"]`; no shell is involved. The command has 10 seconds.
dm_status dm_keyring_add_command(dm_keyring *keyring,
                                 const char *argv,
                                 size_t argv_len,
                                 dm_error **error);

/// Makes a new random key in a new file (0600, base64) and adds it. Where the file is there already, its key is added.
dm_status dm_keyring_make_file(dm_keyring *keyring,
                               const char *path,
                               size_t path_len,
                               dm_error **error);

/// Wipes and frees a keyring; stores that were opened with it stay open. NULL is fine. Any thread.
dm_status dm_keyring_free(dm_keyring *keyring);

/// Opens a store into `*out`, or makes it where there is none; the caller closes it with `dm_store_close`.
///
/// `options` is a JSON object:
///
/// - `path`: the store's directory, absolute; made (0700) where only it is missing
/// - `site`: the site that opens the store; one that is made belongs to it, and another site's is refused
/// - `clone`: true opens another site's store too, as the copy that a staging site has: everything that stays in the
///   store works, but nothing is refreshed or revoked at a provider (DM_CLONED_SITE) until `dm_store_adopt`. "read"
///   refuses every other change of it, too, for a copy that may have the other site's very store before it; only what is
///   handed out is recorded. false (optional)
/// - `store_id`: the id that the store has to have; where it is given, no store is made (optional)
/// - `create`: whether a store may be made where there is none; true unless store_id is given (optional)
/// - `document_root`: neither the store nor its key may lie inside this directory (optional)
/// - `key_file`: where the key file lies; by itself in PATH-key/primary.key beside the store (optional)
/// - `patience_ms`: how long a call waits for other processes before DM_BUSY; 5000 (optional)
/// - `catalogue`: `{"providers": {slug: entry}}`, adds to the catalogue for this handle (optional). An entry has at least
///   `{"name", "auth": ["oauth2"], "members": {"expires_at": [..], "scopes": [..], "remote_id": [..], "display_name":
///   [..]}, "use": [..], "secrets": [..]}`, where the lists name members of documents; and optionally `"operations": {name:
///   [scopes that it needs]}`, `"ceiling": [the only scopes that an agent may ever get]`, and `"refresh"` and `"expiry"`,
///   from which follows when tokens are renewed (docs/catalogue.md). With `"any": true` beside `providers` (each optional)
///   accounts of a provider that has no entry are taken out of the old option like all others, and not kept as they are
///
/// `keyring` gives the key and earlier ones; with NULL or an empty one the key file is used, and made together with
/// a new store. One process shares one open store per place, however often it is opened, and keeps it after
/// `dm_store_close` for the next opening; of more than eight the one used longest ago is closed, its keys are wiped
/// and its handles answer DM_INVALID_HANDLE. One in which a lease is held is closed only where one is held in all.
///
/// Errors: DM_MISSING_DIRECTORY, DM_STORE_MISSING, DM_PERMISSIONS, DM_WRONG_USER, DM_NETWORK_FILE_SYSTEM,
/// DM_IN_DOCUMENT_ROOT, DM_NOT_A_STORE, DM_STORE_NEWER, DM_STORE_MISMATCH, DM_SITE_MISMATCH, DM_WRONG_KEY,
/// DM_MISSING_KEY, DM_INVALID_KEY, DM_BUSY, DM_CORRUPT, DM_DISK_FULL.
dm_status dm_store_open(const char *options,
                        size_t options_len,
                        const dm_keyring *keyring,
                        dm_store **out,
                        dm_error **error);

/// Tells what is known of a store, as a JSON object without secrets:
/// `{version, store_id, site, clone, engine, path, created_at, schema, writes, keys: [{id, status, loaded, created_at}],
/// key_file, counts: {connections, configs, kept}}`. `clone` is true where `site` is another site than the one that opened
/// it (see `dm_store_open`). The caller frees `*out` with `dm_buf_free`.
dm_status dm_store_info(const dm_store *store,
                        dm_buf *out,
                        dm_error **error);

/// Makes the site that this handle was opened with the one that the store belongs to, and tells `{site, before}`: the site
/// now, and before. The caller frees `*out`, which may be NULL, with `dm_buf_free`. Any thread.
///
/// For a copy that takes the connections over: tokens that both sites hold are broken for the one when the other renews
/// them, so the site of before must not use them any more. From now on it is refused at open (DM_SITE_MISMATCH), or sees
/// a clone; handles that it has open work on as those of a clone do. The audit tells (`adopted`). Where the store belongs
/// to this site already, nothing is written, and the two are the same.
///
/// Errors: DM_SITE_MISMATCH (another site adopted it since this handle was opened without `clone`), DM_STORE_REPLACED,
/// DM_BUSY, DM_DISK_FULL.
dm_status dm_store_adopt(const dm_store *store,
                         dm_buf *out,
                         dm_error **error);

/// Closes a handle; calls that other threads have under way on it finish. The process keeps the store itself open for
/// the next `dm_store_open`. NULL is fine.
dm_status dm_store_close(dm_store *store);

/// Closes every store of this process and wipes their keys. Handles that are open answer DM_INVALID_HANDLE from now
/// on, and are still to be closed. For programs that end, or that drop what they know; PHP never needs it.
dm_status dm_shutdown(void);

/// Reads the document of one connection into `*document`: byte for byte what was saved. Nothing else is opened.
///
/// `provider` is a slug, `owner` one of `site:0` (the network), `site:N`, `org:ID`, `user:N`, `agent:N`; an empty
/// `account` is `default`. `about` may be NULL; else it gets a JSON object without secrets:
/// `{id, provider, owner, owner_class, account, remote_id, display_name, scopes, status, status_cause, expires_at,
/// revision, connected_at, updated_at, last_used_at, quarantined, integrity}`, times in Unix seconds UTC. `owner_class`
/// is `service` (site, org), `personal` (user) or `agent`. `status` is the one that counts now: an `active` row past its
/// expiry is `expired`, one whose key was not given is `key_unavailable`. `last_used_at` is when its use was last
/// allowed by `dm_conn_acquire`, or by `dm_grant_admit` in the mode `enforce`; reading it here is none. `integrity` is
/// false where something else than this library changed the row: then nothing in it is to be believed.
///
/// The caller frees both with `dm_buf_free`, which wipes them. Any thread.
/// Errors: DM_NOT_FOUND, DM_INTEGRITY, DM_KEY_UNAVAILABLE, DM_BUSY, DM_INVALID_ARGUMENT.
dm_status dm_conn_get(const dm_store *store,
                      const char *provider,
                      size_t provider_len,
                      const char *owner,
                      size_t owner_len,
                      const char *account,
                      size_t account_len,
                      dm_buf *document,
                      dm_buf *about,
                      dm_error **error);

/// Saves a document (a JSON object of at most 1 MiB and 64 levels; `[]` is the empty one) as the whole of a connection.
///
/// What the catalogue knows of the provider is read in the document (expiry, scopes, remote identity, display name);
/// `options` says otherwise, or more (NULL and 0 for none), all optional:
///
/// - `if_revision`: compare-and-swap: the revision that was read, 0 where there must be none
/// - `exclusive_name`: true refuses the save (DM_CONFLICT, the detail's `holder` names the owner) where another owner has
///   a connection of this provider under this account name; checked in the transaction that writes
/// - `remote_id`: the remote account identifier, null where it is unknown
/// - `replace`: true lets another remote account take the place of the one that is there; else it is refused
/// - `display_name`: a name for a person
/// - `scopes`: a list of scopes
/// - `status`: "pending" or "active"; a save without it makes the row active
/// - `expires_at`: Unix seconds, null where it does not expire
/// - `renewed`: true says that the provider renewed these credentials by itself, as a class does that stores them within its
///   renewal; else credentials that are new count as a person's consent, from which `reauth_by` follows
/// - `grants`: a list of at most 256 grants as `dm_grant_create` takes them, but without `connection`, `owner` and
///   `provider`: each is about any of this owner's for this provider, or with `only_this` true about this connection
///   alone. All or nothing: where one is refused nothing is saved, and the message names it. One that the agent has in the
///   very same terms is not given again, so that it may stand wherever an account is connected
///
/// The id of the connection stays while the remote identity is the same or unknown. Another one than the row's, in the
/// document or in `remote_id`, is refused (DM_CONFLICT, the detail's `remote_id` and `present` name both) and changes
/// nothing; with `replace` it makes a new connection in its place. `result` may be NULL; else it gets `{id, revision, created, replaced, ended_grants, grants, status,
/// owner_class, superseded}`, where `replaced` is the id of a connection that stood here before and is gone, `ended_grants`
/// how many grants that named it ended with it, `grants` the ids of those that were given, in their order, and `superseded` names quarantined members of the old option that this save put an end to. The caller frees it. Any thread.
/// The first connection that an agent has of a provider brings along a grant to it (`dm_grant_list`, origin `own_account`).
/// A row that does not open is not overwritten (DM_KEY_UNAVAILABLE, DM_INTEGRITY): give its key, or delete it first.
/// Errors: DM_CONFLICT, DM_INVALID_DOCUMENT, DM_TOO_LARGE, DM_INTEGRITY, DM_KEY_UNAVAILABLE, DM_BUSY, DM_DISK_FULL.
dm_status dm_conn_save(const dm_store *store,
                       const char *provider,
                       size_t provider_len,
                       const char *owner,
                       size_t owner_len,
                       const char *account,
                       size_t account_len,
                       const char *document,
                       size_t document_len,
                       const char *options,
                       size_t options_len,
                       dm_buf *result,
                       dm_error **error);

/// Lays the top-level members of `patch` over the stored document, as PHP's `array_merge` does on string keys: a
/// replaced member keeps its place, new ones go last, null is a value, nothing nested is merged. A patch that brings
/// credentials makes the connection active again. One that says nothing new of the remote identity leaves it as it was
/// saved; one that names another is refused as there.
///
/// `options` and `result` are those of `dm_conn_save`. Errors: those of `dm_conn_save`, and DM_NOT_FOUND.
dm_status dm_conn_merge(const dm_store *store,
                        const char *provider,
                        size_t provider_len,
                        const char *owner,
                        size_t owner_len,
                        const char *account,
                        size_t account_len,
                        const char *patch,
                        size_t patch_len,
                        const char *options,
                        size_t options_len,
                        dm_buf *result,
                        dm_error **error);

/// Deletes a connection: its document, its data key, and members of the old option that were quarantined beside it.
/// Deleting what is absent is no error. `options` may be `{"if_revision": n}`. `receipt` may be NULL; else it gets
/// `{deleted, id, grants, note}`: `grants` that named it ended with it, and the note says what a deletion here cannot do. The caller frees it. Any thread.
/// A row that does not open can be deleted too. Errors: DM_CONFLICT, DM_BUSY.
dm_status dm_conn_delete(const dm_store *store,
                         const char *provider,
                         size_t provider_len,
                         const char *owner,
                         size_t owner_len,
                         const char *account,
                         size_t account_len,
                         const char *options,
                         size_t options_len,
                         dm_buf *receipt,
                         dm_error **error);

/// Ends a connection for good, and says what is true since: the document, its data key, what was held back beside it and the
/// right to renew it are destroyed here, the grants that named it end, and one audit record `disconnected` has the
/// provider's answer. The library talks to no provider: ask it first, while the document can be read, and say what it
/// answered. In this order nothing is lost: who dies in between finds the connection still there, and disconnects it again.
///
/// `options`, all optional:
///
/// - `at_provider`: "revoked", "unsupported" (there is no way to ask), "failed" (asked, and it did not say that it ended the
///   access) or "not_asked", which it is by itself
/// - `reason`: a short code of at most 255 bytes, without control characters, and never a secret: "http_500"
/// - `id`: the connection that the provider was asked about; another one that took its place meanwhile is left alone
/// - `if_revision`: as `dm_conn_save`
///
/// `receipt` may be NULL; else it gets `{deleted, id, present, at_provider, reason, revocation, grants, lease, destroyed,
/// backups, note}`: `deleted` is false where there was nothing, which is no error; `present` is the id of another
/// connection that was left alone; `revocation` is `{method, url}` for who has to end the access by hand (in the URL a name
/// in braces is a member of the account or the app config), null where the catalogue knows none; `grants` is how many ended,
/// `lease` whether somebody had the right to renew it; `destroyed` is `{document, data_key, held_back}`, the last a
/// number; `backups` and `note` are sentences for a person. Never a secret. The caller frees it. Any thread.
/// A row that does not open can be disconnected too. Errors: DM_CONFLICT, DM_INVALID_ARGUMENT, DM_BUSY.
dm_status dm_conn_disconnect(const dm_store *store,
                             const char *provider,
                             size_t provider_len,
                             const char *owner,
                             size_t owner_len,
                             const char *account,
                             size_t account_len,
                             const char *options,
                             size_t options_len,
                             dm_buf *receipt,
                             dm_error **error);

/// Lists connections without opening any. `query` is a JSON object of what to look for, all optional (NULL and 0 lists
/// everything):
///
/// - provider, owner, account, remote_id, status
/// - `expiring_before`: Unix seconds
/// - `limit`: rows of a page, 1 to 1000; 100
/// - `after`: the `next` of the page before
///
/// `*out` gets `{items: [...], next}`, items as `about` in `dm_conn_get`, in the order of their ids; `next` is null on
/// the last page. The caller frees it. Any thread. Never a secret. Errors: DM_INVALID_ARGUMENT, DM_BUSY.
dm_status dm_conn_find(const dm_store *store,
                       const char *query,
                       size_t query_len,
                       dm_buf *out,
                       dm_error **error);

/// Sets a connection's status, with a cause of at most 255 bytes or none (never a secret in it). Allowed are
///
/// - pending -> active, error, revoked
/// - active -> expired, needs_reauth, revoked, error, key_unavailable
/// - expired -> active, needs_reauth, revoked, error, key_unavailable
/// - needs_reauth -> active, revoked, error, key_unavailable
/// - error -> active, expired, needs_reauth, revoked, key_unavailable
/// - key_unavailable -> active, needs_reauth, revoked, error
///
/// and each to itself; from revoked only a save leads out. `result` may be NULL; else it gets what `about` is in
/// `dm_conn_get`. Errors: DM_INVALID_TRANSITION, DM_NOT_FOUND, DM_INTEGRITY, DM_BUSY.
dm_status dm_conn_set_status(const dm_store *store,
                             const char *provider,
                             size_t provider_len,
                             const char *owner,
                             size_t owner_len,
                             const char *account,
                             size_t account_len,
                             const char *status,
                             size_t status_len,
                             const char *cause,
                             size_t cause_len,
                             dm_buf *result,
                             dm_error **error);

/// Tells which providers are set up and connected, without opening anything. An empty `provider` or `owner` means all.
///
/// `*out` gets `{providers: [{provider, name, configured, connected, statuses: {status: count}, next_expiry}]}`. `name` is for
/// people; of a provider that the catalogue does not know it is the slug. A provider that was asked for is there even where it
/// has nothing. The caller frees it. Any thread.
dm_status dm_conn_status(const dm_store *store,
                         const char *provider,
                         size_t provider_len,
                         const char *owner,
                         size_t owner_len,
                         dm_buf *out,
                         dm_error **error);

/// Reads the document of one app config; as `dm_conn_get`, without an account name.
dm_status dm_config_get(const dm_store *store,
                        const char *provider,
                        size_t provider_len,
                        const char *owner,
                        size_t owner_len,
                        dm_buf *document,
                        dm_buf *about,
                        dm_error **error);

/// Saves a document as the whole of an app config; as `dm_conn_save`, without an account name. Of the options only
/// `if_revision` and `status` mean something: "pending" is a registration that lacks something.
dm_status dm_config_save(const dm_store *store,
                         const char *provider,
                         size_t provider_len,
                         const char *owner,
                         size_t owner_len,
                         const char *document,
                         size_t document_len,
                         const char *options,
                         size_t options_len,
                         dm_buf *result,
                         dm_error **error);

/// Lays `patch` over the stored app config; as `dm_conn_merge`, without an account name.
dm_status dm_config_merge(const dm_store *store,
                          const char *provider,
                          size_t provider_len,
                          const char *owner,
                          size_t owner_len,
                          const char *patch,
                          size_t patch_len,
                          const char *options,
                          size_t options_len,
                          dm_buf *result,
                          dm_error **error);

/// Deletes an app config; as `dm_conn_delete`, without an account name.
dm_status dm_config_delete(const dm_store *store,
                           const char *provider,
                           size_t provider_len,
                           const char *owner,
                           size_t owner_len,
                           const char *options,
                           size_t options_len,
                           dm_buf *receipt,
                           dm_error **error);

/// Lists app configs; as `dm_conn_find`.
dm_status dm_config_find(const dm_store *store,
                         const char *query,
                         size_t query_len,
                         dm_buf *out,
                         dm_error **error);

/// Makes the keyring's first key the store's primary one: what is written from now on, and the store's own secret, are
/// wrapped by it. Rows sealed before keep their key until `dm_key_rewrap`; until then open the store with both.
///
/// `result` may be NULL; else it gets `{key, known}`. Other processes that have the store open answer
/// DM_WRONG_KEY to writes until they open it with the new key. Errors: DM_INVALID_ARGUMENT (an empty keyring), DM_BUSY.
dm_status dm_key_add(const dm_store *store,
                     const dm_keyring *keyring,
                     dm_buf *result,
                     dm_error **error);

/// Wraps every data key of the store under the primary key, in one transaction, and retires the other keys. No document
/// is opened, no revision changes. `result` may be NULL; else it gets `{key, rewrapped, retired}`. Backups made before
/// still need the retired keys. Errors: DM_TOO_LARGE (above 100,000 rows), DM_KEY_UNAVAILABLE, DM_BUSY; nothing changed.
dm_status dm_key_rewrap(const dm_store *store,
                        dm_buf *result,
                        dm_error **error);

/// Seals anew, under new data keys, all connections and app configs of `provider`, or the one with `id`; exactly one of
/// the two is given, the other is empty. Earlier blobs of these rows do not open any more. `result` may be NULL; else it
/// gets `{renewed}`. Errors: DM_NOT_FOUND (no such id), DM_INTEGRITY, DM_KEY_UNAVAILABLE, DM_BUSY; nothing changed.
dm_status dm_key_renew(const dm_store *store,
                       const char *provider,
                       size_t provider_len,
                       const char *id,
                       size_t id_len,
                       dm_buf *result,
                       dm_error **error);

/// Makes an empty list of salts in `*out`; the caller frees it with `dm_salts_free`. Any thread.
dm_status dm_salts_new(dm_salts **out, dm_error **error);

/// Adds a salt, byte for byte; the most recent one first. It is not kept: only the key that it gives is.
dm_status dm_salts_add(dm_salts *salts, const char *salt, size_t salt_len, dm_error **error);

/// Wipes and frees a list of salts. NULL is fine. Any thread.
dm_status dm_salts_free(dm_salts *salts);

/// Imports the old option `datamachine_auth_data`, in one transaction. `salts` open its envelopes (NULL for none).
/// `options` may be `{"format": "php" | "json", "dry_run": true | false, "from": n, "limit": n}`; the bytes of PHP's
/// serialize(), no dry run and all of it by themselves.
///
/// A large option can be imported in slices, each in a transaction of its own: at most `limit` of its entries, behind the
/// first `from` ones. The report's `next` is the `from` of the next slice, and null once all is done; the delegations are taken
/// up with the last one. Between them the option has to stay as it is.
///
/// Every account and app config becomes a row. A member whose envelope does not open is quarantined: never handed out,
/// kept for the way back. What has no place in a row (delegations, unknown providers and slots, empty slots, what JSON
/// cannot hold) is kept sealed as it was. A second import changes nothing that was changed or deleted here since; with an
/// earlier salt it opens what was quarantined. A dry run gives the same report and keeps nothing.
///
/// The delegations of email_imap become grants (`dm_grant_list` with the origin `delegation`) to the same agent, for the same
/// mailbox and operations, for anyone who asks. An agent that gets an account of its own gets the grant to it (origin
/// `own_account`). Neither is given again once it ended.
///
/// `report` may be NULL; else it gets `{dry_run, counts: {imported, unchanged, differs, quarantined, kept}, entries: [{path,
/// kind, provider, owner, account, outcome, code, why, id, members: [{name, outcome, code, why}]}], delegations: [{name,
/// outcome, code, why}], next}`, kind being `connection`, `config` or `other`. A delegation is named by its owner, account and
/// agent, and is `imported` (it is a grant), `unchanged` (code `granted_before`, or `ended_since`), `differs` (the option's
/// delegations changed since they were kept), or `kept`, with the reason. The caller frees it. Errors: DM_IMPORT_REFUSED (nothing was imported), DM_BUSY.
dm_status dm_legacy_import(const dm_store *store,
                           const char *option,
                           size_t option_len,
                           const dm_salts *salts,
                           const char *options,
                           size_t options_len,
                           dm_buf *report,
                           dm_error **error);

/// Writes the old option anew into `*option`: the array that `datamachine_auth_data` would hold had the old plug-in made all
/// changes since the import, with the first of the salts for its envelopes. What its own classes read in it is what they
/// read before, and what changed since. One consistent snapshot; nothing is changed.
///
/// `options`, all optional (NULL and 0 for none):
///
/// - `format`: "php" for what serialize() writes (the default), or "json"
/// - `fields`: a list of members to seal, beside those that the old plug-in always seals (access_token, refresh_token ...)
///   and those that came sealed: what the classes or the filter `datamachine_auth_encrypted_fields` add; or an object with
///   such a list for each provider, by slug
/// - `leave_out`: true goes without what does not open (or, as JSON, what JSON cannot hold); else such a thing refuses the
///   whole export, and the detail's `left_out` names it (the first hundred)
///
/// Verbatim and in their places come: members that were quarantined or held back at the import (under the salts of then),
/// delegations, unknown providers and slots, empty slots. What was imported keeps its order; what came since goes last.
/// What was deleted since is not in it, nor what the old shape has no place for (org:ID, site:N but site:0), nor a delegation
/// whose grant has ended since. Grants are not in it.
///
/// `*option` is secret: by the old plug-in's rules only some members are sealed, all others are plaintext in it. Store it
/// nowhere but in the option, and free it at once with `dm_buf_free`, which wipes it. `report` may be NULL; else it gets,
/// without secrets, `{bytes, writes, counts: {accounts, configs, kept, returned, sealed}, left_out: [{kind, path, provider, owner,
/// account, id, member, code, why}]}`: what `dm_store_writes` told then; how many accounts and configs, kept pieces, members
/// that came back verbatim and members sealed anew are in it; and what the vault holds and the option does not, kind being `connection`, `config` or
/// `kept`, code `owner_has_no_place`, `superseded` (kept, and something connected since stands there), `grant_ended` and
/// `connection_gone` (of a delegation), `key_unavailable`, `integrity`, or what JSON cannot hold. The caller frees both. Any
/// thread.
///
/// Errors: DM_KEY_UNAVAILABLE, DM_INTEGRITY, DM_INVALID_DOCUMENT (JSON cannot hold it), DM_INVALID_ARGUMENT (no salt),
/// DM_TOO_LARGE (more entries than an import takes), DM_CORRUPT, DM_BUSY.
dm_status dm_legacy_export(const dm_store *store,
                           const dm_salts *salts,
                           const char *options,
                           size_t options_len,
                           dm_buf *option,
                           dm_buf *report,
                           dm_error **error);

/// Asks whether a provider class may read a connection while an agent or a flow acts, before it reads it with `dm_conn_get`.
///
/// `request` and `wanted` are those of `dm_grant_check`, and so is what `*out` gets; only that an access which has run out is
/// no refusal, since the class renews it. `mode` says what a refusal means:
///
/// - `observe`: the caller lets it through. Nothing is written where it is allowed; what would have been refused is in the
///   audit (`observed`, the first of an hour), and among the proposals
/// - `enforce`: the caller refuses. A use is counted and recorded (`admitted`), a refusal recorded as `dm_conn_acquire` does,
///   and it is among the proposals too
///
/// The caller frees `*out`. Any thread. Errors: DM_INVALID_ARGUMENT, DM_INTEGRITY, DM_BUSY, DM_DISK_FULL.
dm_status dm_grant_admit(const dm_store *store,
                         const char *request,
                         size_t request_len,
                         const char *wanted,
                         size_t wanted_len,
                         const char *mode,
                         size_t mode_len,
                         dm_buf *out,
                         dm_error **error);

/// Lists what `dm_grant_admit` refused, or would have, and would still. `query` is a JSON object, all optional: `limit` (1 to 1000;
/// 100), `after` (the `next` of the page before).
///
/// `*out` gets `{items: [{id, grant, decision, count, first_at, last_at}], next}`: `grant` is the narrowest that would let it
/// through, as `dm_grant_create` takes it but for who gives it, or null where no grant would; `decision` is what
/// `dm_grant_check` answers now, with the remedy. A request that is met again, in another conversation too, is counted. A page
/// may be empty and have a `next`. At most 10,000 are kept: then the one goes that was met the longest ago.
/// The caller frees it. Any thread. Errors: DM_INVALID_ARGUMENT, DM_BUSY.
dm_status dm_proposal_list(const dm_store *store,
                           const char *query,
                           size_t query_len,
                           dm_buf *out,
                           dm_error **error);

/// Gives the grant that a proposal proposes. `options` is a JSON object: `by` (who gives it) and `why` (optional). The proposal
/// is gone with it.
///
/// `*out` gets `{grant}`: the grant as `dm_grant_list` shows it, or null where the request is allowed by now. The caller frees
/// it. Any thread. Errors: DM_NOT_FOUND (no such proposal), DM_CONFLICT (no grant would help: the message says what would),
/// DM_INTEGRITY, DM_TOO_LARGE, DM_INVALID_ARGUMENT, DM_BUSY.
dm_status dm_proposal_accept(const dm_store *store,
                             const char *id,
                             size_t id_len,
                             const char *options,
                             size_t options_len,
                             dm_buf *out,
                             dm_error **error);

/// Forgets a proposal; the same request met again proposes it again. One that is not there is no error. Any thread.
/// Errors: DM_INVALID_ARGUMENT, DM_BUSY.
dm_status dm_proposal_dismiss(const dm_store *store,
                              const char *id,
                              size_t id_len,
                              dm_error **error);

/// Lists what happened. `query` is a JSON object of conditions, each optional: `agent`, `subject` (whose account it was, such
/// as `user:12`), `connection` (an id, of a connection or app config), `event`, `since` and `until` (Unix seconds, from and
/// before), `newest_first`, `limit` (1 to 1000; 100), `after` (the `next` of the page before). Nothing at all lists everything.
///
/// `*out` gets `{items: [...], next}`, where `next` is null on the last page; each item is `{stream, sequence, at, event, agent,
/// subject, connection, grant, details, repeats, intact}`. `agent` is null where trusted code of the site acted. Where
/// `intact` is false, the record is not as it was written. Events: `saved`, `merged`, `status_set`, `deleted`,
/// `disconnected` (its `code` is what the provider said), `refreshed`, `refresh_failed`, `needs_reauth` and `expiring` (of
/// its tokens), `renewed` (its data key), `imported` (each one row), `import_done`, `owner_cleared`, `key_added`, `rewrapped`,
/// `adopted` (the store, by another site), `acquired` and `admitted` (a use), `refused` and
/// `observed` (it would have been; with `repeats`: how often in that hour, a count that nothing authenticates), `grant_created`,
/// `grant_revoked`, `grant_deleted` (each one grant; `agent` has it, `subject` gave it), `pair_reset` (all that an agent had from an owner
/// was ended, and something else than this library had changed it or put it back), and of the chain itself `begun`, `baseline`,
/// `carried`, `checkpoint`, `broken`. `details` has of a row `kind`, `provider`, `account`, `status`, `revision`, `seal_revision`, of a grant
/// `provider` and `revision`, of a request `provider`, `account`, `behalf`, `context`, `session`, `flow`, `target`, `code`, of a
/// failed renewal `code`, `count` (in a row) and `until` (when it is tried again), of `expiring` `until`, of an adoption `site` and
/// `site_was`, and never a secret. The caller frees `*out`. Any thread. Errors: DM_INVALID_ARGUMENT, DM_BUSY.
dm_status dm_audit_query(const dm_store *store,
                         const char *query,
                         size_t query_len,
                         dm_buf *out,
                         dm_error **error);

/// Compares every audit record with the one before it, every row and every pair (all grants of an owner to an agent) with
/// its last record, and all with an anchor that was kept outside. Nothing is decrypted. `options` is a JSON object: `anchor`
/// (what `dm_audit_anchor` gave), `limit` (1 to 10,000 records, rows, pairs and grants in one call, which is what writers wait
/// for; 10,000; a pair is looked at whole), `after` (the `next` of the call before: go on until it is null). The anchor is looked at
/// with the first page.
///
/// `*out` gets `{ok, findings: [{code, stream, sequence, through, connection, agent, owner, message}], records, rows, pairs, next}`;
/// `agent` and `owner` are null where it is no pair. A finding is no error of the call. Codes: `record_changed`, `record_missing`
/// (`sequence` to `through`), `record_unknown`, `head_changed`, `chain_broken` (a write found the chain damaged, and went on);
/// `row_changed`, `row_put_back`, `row_missing`, `row_unknown`, `row_ahead`; `pair_changed` (a grant was inserted, edited, deleted or
/// brought back: none of the pair counts), `pair_put_back`, `pair_missing`, `pair_unknown`, `pair_ahead`; and of the anchor
/// `anchor_ahead`, `anchor_differs` (the store was put back) and `anchor_pruned` (too old to say). The caller frees `*out`. Any thread.
/// Errors: DM_INVALID_ARGUMENT, DM_BUSY, DM_CORRUPT.
dm_status dm_audit_verify(const dm_store *store,
                          const char *options,
                          size_t options_len,
                          dm_buf *out,
                          dm_error **error);

/// Tells where the audit chain has come to: `{at, streams: [{stream, sequence}], hash}`. Kept outside the store and given to
/// `dm_audit_verify` later, it shows whether the whole store was put back to an earlier time, which nothing inside the
/// store can. It is no secret. The caller frees `*out`. Any thread. Errors: DM_BUSY.
dm_status dm_audit_anchor(const dm_store *store,
                          dm_buf *out,
                          dm_error **error);

/// Deletes old audit records, at most 10,000 in a call. `options` is a JSON object: `before` (Unix seconds; what happened
/// before it goes), `accept_findings` (whether records that are not as they were written go too; false) and `ignore_consumers`
/// (whether records go that a reader of events is not done with, which is told then that it `missed` some; false: they stay). What
/// the records say last of a row that stands, or of a pair, is carried forward, so that verifying still names what was put back.
///
/// `result` may be NULL; else it gets `{pruned, carried, refusals, accepted, more, waits_for: [{consumer, at}], anchor}`: call again
/// while `more`. `waits_for` are the readers of events (dm_events_read) that have to be done first with records that old, and since
/// when each is where it is: they hold up no `more`; dm_events_forget those that come no more. Anchors that were taken
/// before prove nothing any more, so keep this one. The caller frees it. Any thread. Errors: DM_INVALID_ARGUMENT,
/// DM_INTEGRITY (there are findings; the detail's `findings` is how many), DM_BUSY, DM_DISK_FULL.
dm_status dm_audit_prune(const dm_store *store,
                         const char *options,
                         size_t options_len,
                         dm_buf *result,
                         dm_error **error);

/// Copies the store, as it is at one moment, into a new file at `path`, an absolute one, with the mode 0600; other processes go
/// on reading meanwhile, and wait with writing. Nothing is written over: DM_CONFLICT where there is something. Until it is
/// whole, the copy is called `path.part`. One that a killed process left is taken over by the next copy to the same path;
/// DM_CONFLICT where somebody writes it just now, or it is something else. The store's database file can be replaced with the
/// copy, as docs/operations.md says; it is as secret as the store, and useless without its keys, which are no part of it.
///
/// `result` may be NULL; else it gets `{bytes, writes, store_id, keys}`: what `dm_store_writes` told then, and the ids of the
/// keys without which not all of it opens. The caller frees it. Any thread.
///
/// Errors: DM_INVALID_ARGUMENT (a relative path), DM_CONFLICT, DM_MISSING_DIRECTORY, DM_IN_DOCUMENT_ROOT, DM_DISK_FULL, DM_IO,
/// DM_STORE_REPLACED, DM_BUSY. No file is left then.
dm_status dm_store_backup(const dm_store *store,
                          const char *path,
                          size_t path_len,
                          dm_buf *result,
                          dm_error **error);

/// Tells a consumer what happened to connections since it was done last, in order, whichever process did it: at least once.
/// `consumer` is a name that the reader keeps ([a-z0-9][a-z0-9._-]*, at most 64 bytes). `options` is a JSON object: `limit` (1 to
/// 1000 events; 100), `from_start` (where a consumer that is new begins: at the first audit record that is left; without it at the
/// end, and then only what comes is told). The first read makes the consumer known, and from then on dm_audit_prune waits for it.
/// Nothing else is written: what is not marked with dm_events_done comes again, also to another process that reads as the same
/// consumer meanwhile.
///
/// `*out` gets `{events: [{event, at, connection, provider, owner, account, cause, status, until, failures, replaced_by, cursor,
/// intact}], cursor, more, missed}`. Deal with the events, call dm_events_done with the page's `cursor` (also where there are no
/// events: then pruning goes on), and read again while `more`: one call looks at 10,000 audit records at most, so that `more` is
/// true of a page without events, too. An event's own `cursor` is for those who stop in the middle of a page.
///
/// Events, of connections only: `refreshed`; `failing` (a renewal failed: `cause`, `failures` in a row, tried again at `until`);
/// `needs_reauth` (a person has to consent again: `cause`); `expiring` (a person has to consent again by `until`); `revoked` (the status
/// was set to it, or the connection was disconnected: `cause`); `replaced` (another remote account took its place: `replaced_by` is the
/// connection there now); `damaged`. `at` and `until` are Unix seconds, `connection` and `replaced_by` ids, `cause` a code or null; what
/// an event has not is null. An event tells what happened then: read the connection for how it is now.
///
/// `damaged` is an audit record that is not as it was written, or that follows one that is gone: it may have been any event or none, and
/// nothing that it says is told but the connection, which is the one to look at. Only its `intact` is false. `missed` says that records
/// are gone that this consumer was not told: deleted by pruning with `ignore_consumers`, or by something else than this library, or the
/// chain was damaged or cut; look at the connections themselves. It is told until dm_events_done goes beyond. After a backup was
/// put back, what came after the consumer's cursor of that time comes again.
///
/// The caller frees `*out`. Any thread. Errors: DM_INVALID_ARGUMENT, DM_BUSY, DM_DISK_FULL (a consumer's first read).
dm_status dm_events_read(const dm_store *store,
                         const char *consumer,
                         size_t consumer_len,
                         const char *options,
                         size_t options_len,
                         dm_buf *out,
                         dm_error **error);

/// The consumer has dealt with everything up to `cursor`, which dm_events_read told, and is not told it again. The cursor where it
/// is already is fine, and writes nothing. Any thread. Errors: DM_INVALID_ARGUMENT (no cursor), DM_NOT_FOUND (nobody reads by that
/// name), DM_CONFLICT (the consumer is done with more already, or the store was put back to before that; the detail's `cursor` is where
/// it is: read again), DM_BUSY, DM_DISK_FULL.
dm_status dm_events_done(const dm_store *store,
                         const char *consumer,
                         size_t consumer_len,
                         const char *cursor,
                         size_t cursor_len,
                         dm_error **error);

/// Forgets a consumer that comes no more: dm_audit_prune waits for it no longer. One that comes again is new. Any thread. Errors:
/// DM_INVALID_ARGUMENT, DM_NOT_FOUND (nobody reads by that name), DM_BUSY, DM_DISK_FULL.
dm_status dm_events_forget(const dm_store *store,
                           const char *consumer,
                           size_t consumer_len,
                           dm_error **error);

/// Gives an agent a grant: by itself an agent may use nothing. Who may give it is for the caller to know; nothing of it may
/// come from the agent, its tools or its model.
///
/// `grant` is a JSON object; a member that is not listed here is an error:
///
/// - `agent`: `agent:N`
/// - `connection`: the id of the only connection; or `owner` and `provider`: any of that owner's for that provider, also
///   one that is connected later
/// - `operations`, `scopes`: each a list or `"*"`; at least one of the two. Operations are those of the catalogue
/// - `effect`: "permit" (the default) or "forbid", which wins over every permission
/// - `contexts`: a list of chat, pipeline, system, cli, rest; or `"*"` (the default)
/// - `run`: `"any"` (the default), `{"session": id}`, or `{"flow": {"id": id, "digest": 64 hexadecimal digits}}`
/// - `for`: "owner" (the default for a person's account, and only there: that person asks, or their own flow runs that the
///   grant names), `{"users": ["user:3"]}` (in the same way), "anyone" (the default of one that forbids), or "nobody"
///   (automation without a person)
/// - `not_before`, `expires_at`: Unix seconds; `uses`: how often. All optional
/// - `note`: for people (optional)
/// - `granted_by`: who gives it, such as `user:12` or `cli`; `why` (optional)
///
/// What could never work is refused, and the detail's `argument` names the member: nothing to do, an operation that the
/// catalogue does not know of the provider (`known` has its operations), scopes of which it lets no agent have any
/// (`ceiling` has those that it does), no context, no user, "owner" where the owner is no person, an end that is past or not
/// after the beginning, no uses, uses of one that forbids. A scope that the connection does not have yet is no error.
///
/// `*out` gets the grant as `dm_grant_list` shows it. An agent has at most 256 live grants of one owner; then this is
/// DM_TOO_LARGE, unless one of them has ended: it makes place. The caller frees `*out`. Any thread.
/// Errors: DM_INVALID_ARGUMENT, DM_NOT_FOUND (no such connection), DM_TOO_LARGE, DM_INTEGRITY, DM_BUSY, DM_DISK_FULL.
dm_status dm_grant_create(const dm_store *store,
                          const char *grant,
                          size_t grant_len,
                          dm_buf *out,
                          dm_error **error);

/// Takes grants back: the one with `id`; or, where `id` is empty, all that the agent, the owner, or both in `options` have
/// with each other. The next decision of every process knows it. One that was taken back before is no error.
///
/// `options` is a JSON object: `by` (who takes it back), `why` (optional); and where `id` is empty `agent`, `owner` or both.
/// Revoking all of an owner and an agent is also the way out where something else than this library changed their grants.
///
/// `receipt` may be NULL; else it gets `{revoked, removed}`: how many were taken back, and how many that this library had
/// not written were deleted. The caller frees it. Any thread.
/// Errors: DM_NOT_FOUND (no such grant), DM_INTEGRITY, DM_INVALID_ARGUMENT, DM_BUSY.
dm_status dm_grant_revoke(const dm_store *store,
                          const char *id,
                          size_t id_len,
                          const char *options,
                          size_t options_len,
                          dm_buf *receipt,
                          dm_error **error);

/// Lists grants. `query` is a JSON object of what to look for, all optional: `agent`, `owner`, `provider`, `connection` (those
/// that name it), `origin`, `revoked` (true or false), `limit` (1 to 1000; 100), `after` (the `next` of the page before).
///
/// `*out` gets `{items, next}`, items in the order of their ids: `{id, agent, owner, owner_class, provider, connection,
/// effect, status, origin, not_before, expires_at, uses_left, scopes, operations, contexts, run, for, note, granted_by,
/// granted_why, granted_at, revoked_by, revoked_why, revoked_at, revision, integrity}`. `status` is active, not_yet,
/// expired, exhausted or revoked. `origin` is null where somebody gave it by hand; `delegation` of the old option;
/// `own_account`: the agent's own account was connected; `observed`. `integrity` is false where something else than this library changed the grants of that
/// owner to that agent: then none of them counts, `status` is null, and what they would say is left out.
/// The caller frees it. Any thread. Errors: DM_INVALID_ARGUMENT, DM_BUSY.
dm_status dm_grant_list(const dm_store *store,
                        const char *query,
                        size_t query_len,
                        dm_buf *out,
                        dm_error **error);

/// Decides whether a request may use a connection now, and says why not. Nothing is counted, written or decrypted; a
/// refusal is an answer, and no error.
///
/// `request` is a JSON object, who is asking right now. Nothing of it may come from a tool's arguments or from a model. A
/// member that is missing is unknown, and what is unknown is refused; null says that there is none:
///
/// - `agent`: the agent that acts, `agent:N`, or null
/// - `subject`: `{"asking": "user:N"}` (that person is here), `{"scheduled": "user:N"}` (their flow runs), or null
/// - `session`: its id, or null
/// - `context`: chat, pipeline, system, cli or rest
/// - `flow`: `{"id", "owner": "user:N" or null, "digest": 64 hexadecimal digits}`, or null
/// - `may`: what the caller may do at most: `{"scopes", "operations"}`, each a list or `"*"`
/// - `manages`: a list of the owners (site, org) that the caller may manage
///
/// `wanted` is a JSON object: `provider`; and optionally `owner`, `account`, `connection` (an id), `scopes`, `operations`.
///
/// `*out` gets `{allowed, provider, connection, owner, owner_class, account, grant, scopes, operations, refusal}`; `refusal` is
/// null or `{reason, clause, message, fact, missing: {scopes, operations}, accounts: [{owner, account}], until, remedy,
/// who, whose}`. The codes:
///
/// - `reason`: no_connection, ambiguous_account, unknown_fact, nobody_asks, not_the_owner, forbidden, no_grant,
///   grant_revoked, grant_not_yet, grant_expired, grant_exhausted, context_not_allowed, session_mismatch, flow_mismatch,
///   flow_changed, acting_user_mismatch, scope_missing, caller_ceiling, provider_ceiling, integrity, key_unavailable,
///   needs_reauth, connection_expired
/// - `remedy`: connect, name_account, ask_as_owner, lift, grant, widen, confirm_flow, wait, reconnect, operator, none
/// - `who` can do it: owner, flow_owner, caller, operator, nobody; and `whose` matter that is, such as `user:12`
///
/// The caller frees it. Any thread. Errors: DM_INVALID_ARGUMENT, DM_BUSY.
dm_status dm_grant_check(const dm_store *store,
                         const char *request,
                         size_t request_len,
                         const char *wanted,
                         size_t wanted_len,
                         dm_buf *out,
                         dm_error **error);

/// Asks for a credential: the agent's door. Decides as `dm_grant_check` does, counts the use, writes the audit record, and only
/// then hands out the members that the catalogue's `use` list of the provider names, in one transaction: never a refresh
/// token or a client's secret. `request` and `wanted` are those of `dm_grant_check`.
///
/// `*decision` gets what `dm_grant_check` answers. Where it is allowed, `*credential` gets a JSON object, such as
/// `{"access_token": "..."}`; else `{NULL, 0}`. A refusal is an answer, and no error; the first one of an agent about a connection with
/// a reason in an hour is in the audit, repeats are counted. An account that has none of what it would hand out is
/// `needs_reauth`. The caller frees both, which wipes them. Any thread.
/// Errors: DM_INVALID_ARGUMENT, DM_BUSY, DM_DISK_FULL, DM_INTEGRITY (the audit leaves no number for a record).
dm_status dm_conn_acquire(const dm_store *store,
                          const char *request,
                          size_t request_len,
                          const char *wanted,
                          size_t wanted_len,
                          dm_buf *decision,
                          dm_buf *credential,
                          dm_error **error);

/// Says why, at length. `question` is a JSON object, one of:
///
/// - `{"request", "wanted"}`, as in `dm_grant_check`: `*out` gets `{decision, considered: [{connection, owner, account,
///   allowed, grant, scopes, refusal, grants: [{grant, reason, clause}]}]}`: every connection that might have been meant,
///   the grant that allows it, forbids it or came nearest, and every permission about it, with the reason that it is not
///   enough (null where it is); where one forbids, none was looked at
/// - `{"connection": id}`: who can use it now beside its owner: `{connection, reason, items: [{grant, people, forbids}], next}`
/// - `{"agent": "agent:N"}`: what it can use now, and for whom: `{agent, items: [{grant, people, connections: [{connection,
///   reason, forbids}]}], next}`
///
/// The last two tell the grants that are active now, of the connection and of any of its owner's, those that forbid among them,
/// and those that are not to be believed (`integrity` false: nothing is allowed by them). A `grant` is as `dm_grant_list` shows
/// it, a `connection` as `about` in `dm_conn_get`. `people` are a list of users, "anyone", "nobody", or null where the grant is
/// not to be believed. `forbids` are the ids of the grants that forbid this agent something with the connection, and win.
/// `reason` is why nobody can use the connection now: integrity, key_unavailable, needs_reauth, connection_expired, or null.
/// `connections` are at most the first 1000 of the owner's for the provider. Both take `limit` and `after`; a page may have
/// fewer items than its limit, or none, and yet a `next`.
///
/// The caller frees `*out`. Any thread. Errors: DM_INVALID_ARGUMENT, DM_NOT_FOUND, DM_BUSY.
dm_status dm_grant_explain(const dm_store *store,
                           const char *question,
                           size_t question_len,
                           dm_buf *out,
                           dm_error **error);

/// Decides about up to 1000 tools in one call, so that an agent's list shows only what would work. `tools` is a JSON object:
/// for each tool's name what it wants, as `wanted` in `dm_grant_check`. `*out` gets an object with the same names, and for
/// each what `dm_grant_check` would answer. Nothing is counted, written or decrypted. The caller frees it. Any thread.
/// Errors: DM_INVALID_ARGUMENT, DM_TOO_LARGE, DM_BUSY.
dm_status dm_tools_resolve(const dm_store *store,
                           const char *request,
                           size_t request_len,
                           const char *tools_json,
                           size_t tools_len,
                           dm_buf *out,
                           dm_error **error);

/// Seals a value as the old plug-in does: `*envelope` gets `dm:enc:v1:...` under the first of the salts and a random
/// IV, so never the same twice. Any bytes, none too. For what the old plug-in has to read: the vault itself seals
/// nothing so. The caller frees `*envelope`. Any thread. Errors: DM_INVALID_ARGUMENT (no salt), DM_TOO_LARGE.
dm_status dm_legacy_seal(const dm_salts *salts,
                         const char *value,
                         size_t value_len,
                         dm_buf *envelope,
                         dm_error **error);

/// Opens one of the old plug-in's envelopes with the first of the salts that can, and envelopes inside it too. `*value`
/// gets the bytes that were sealed, a secret. The caller frees it, which wipes it. Any thread.
///
/// Errors, with the detail's `reason`: DM_INVALID_ARGUMENT (`not_an_envelope`: the value is stored as it is;
/// `envelope_malformed`: cut off or damaged, no salt opens it), DM_KEY_UNAVAILABLE (`envelope_does_not_open`: none of
/// these salts opens it).
dm_status dm_legacy_open(const dm_salts *salts,
                         const char *envelope,
                         size_t envelope_len,
                         dm_buf *value,
                         dm_error **error);

/// Does what somebody changed who wrote the old option `datamachine_auth_data`, in one transaction. `base` is what they were
/// handed, as `dm_legacy_export` gave it (in any order), `option` what they wrote; `salts` open its envelopes (NULL for
/// none). `options` may be `{"format": "php" | "json"}` of both; the bytes of PHP's serialize() by themselves.
///
/// An account, app config or other part that is the same in both is left alone, whatever stands there by now: what was
/// deleted meanwhile is not brought back. Of one that differs, the top-level members that differ (opened: a secret that was
/// only sealed anew does not) are laid over what is stored by now, and those that are gone from it are taken away; where it was
/// deleted meanwhile, all of it is stored anew. Another remote account takes the place of the one that was there, as a save with
/// `replace` does. What is in `base` and not in `option` is deleted, as `dm_conn_delete` does. What an import keeps sealed
/// (unknown providers and slots, what JSON cannot hold, envelopes that do not open) is kept here, too, and the way back gives
/// it back as it was written.
///
/// With an empty `base` (NULL and 0) the writer saw everything: the store becomes what `option` says, and what it has beside
/// that is deleted, but for what the old shape has no place for (org:ID, site:N but site:0). What is the same is left alone.
///
/// Delegations of email_imap that were added or changed become grants (origin `delegation`), those that were taken out have
/// theirs revoked. Where nothing at all is to be done, nothing is written, and the number of writes stays.
///
/// `report` may be NULL; else it gets, without secrets, `{counts: {unchanged, saved, deleted, kept, quarantined, granted,
/// revoked}, entries: [{path, outcome, code, why}], writes}`, the entries being what was changed, and `writes` what
/// `dm_store_writes` tells since. `saved` has the code `created`, `changed` or `replaced`; `quarantined` is saved but for members
/// that do not open; `deleted` has `deleted`, or `kept_deleted` of what was kept; `kept` has the reason. The caller frees it. The
/// audit's records have the code `option`. Any thread.
///
/// Errors: DM_IMPORT_REFUSED (one of the two cannot be read), DM_INTEGRITY and DM_KEY_UNAVAILABLE (what a change is to be laid
/// over does not open), DM_TOO_LARGE, DM_BUSY, DM_DISK_FULL. Nothing was written then.
dm_status dm_legacy_write(const dm_store *store,
                          const char *base,
                          size_t base_len,
                          const char *option,
                          size_t option_len,
                          const dm_salts *salts,
                          const char *options,
                          size_t options_len,
                          dm_buf *report,
                          dm_error **error);

/// Deletes everything that an owner has of one provider (of all, where `provider` is empty), in one transaction: its
/// connections under every account name, its app configs, and what was kept of the old option in the owner's own places
/// (`principals/OWNER`; of `site:0` its `account`, `accounts` and `config`, and nothing of principals). A person or an agent
/// is gone. Blobs and wrapped keys are overwritten; rows that do not open go too. What was imported once is still known,
/// so a second import brings nothing back. Of the old option's delegations (of email_imap) those of the owner go, and where
/// `provider` is empty those to it; providers that the catalogue does not know are kept whole and are not looked into. An
/// owner that has nothing is no error.
///
/// Grants end that named a connection which is gone; and where `provider` is empty all that the owner gave, and all that it
/// had where it is an agent.
///
/// `receipt` may be NULL; else it gets `{connections, configs, kept, delegations, unread, grants, note}`: how many of each are
/// gone, and (`unread`) how many kept pieces are left because no key that was given opens them, so that nobody can say whose they are. The caller
/// frees it. Any thread. Errors: DM_INVALID_ARGUMENT, DM_BUSY, DM_DISK_FULL.
dm_status dm_owner_clear(const dm_store *store,
                         const char *owner,
                         size_t owner_len,
                         const char *provider,
                         size_t provider_len,
                         dm_buf *receipt,
                         dm_error **error);

/// Asks for the right to renew a connection's credential. At most one process has it at a time, and nobody may ask the
/// provider without.
///
/// `options` is a JSON object, all optional (NULL and 0 for none):
///
/// - `margin`: how long before its end the access token is renewed, in seconds; what the catalogue says
/// - `force`: true where a person asks for it: also where it is fresh, waits after a failure or was given up; not within the
///   provider's minimum interval
/// - `rejected_revision`: the provider refused the access token of this revision: it is renewed although it looks fresh, unless
///   the row was written since; not within the minimum interval either
/// - `fallback`: the member that is handed in where the account has not what the catalogue names
/// - `http_timeout`: how long the caller's request to the provider may take, 1 to 300 seconds; 30. The lease lives twice as long
/// - `patience_ms`: how long to wait while somebody else renews it; the store's. Nothing is locked meanwhile
///
/// `*out` gets `{outcome, about, now, reauth_by, spends, grant_type, lease, holder, until, cause, failures}`; `about` is that of
/// `dm_conn_get`, times are Unix seconds by the store's clock, and what does not apply is null:
///
/// - `fresh`: there is nothing to do; `*document` is what is stored
/// - `granted`: `*lease` is the right, to be closed with `dm_lease_close` whatever becomes of it; `*document` is the account,
///   `*config` the owner's app config of the provider, else the site's (empty where there is none). `lease` is `{fence,
///   expires_at, hard_until, lost}`, `spends` the member to hand in by `grant_type`. `lost`: an earlier answer may have got
///   lost, and what is handed in may be spent; a refusal then says `answer_lost`. Ask the provider, and then call one of
///   `dm_refresh_commit`, `dm_refresh_fail` and `dm_refresh_release`
/// - `busy`: `holder` (`{host, pid, since}`) is renewing it; `until` is when its lease ends. As long as it lives, nobody else
///   gets one before `hard_until`
/// - `backoff`: it failed (`cause`, `failures` in a row), or its token has ended and is `too_young` to be renewed; `until` is when to
///   try again, null where only a person can ask (`force`)
/// - `dead`: a person has to connect the account again; `cause` says why. No document is handed out
/// - `unsupported`: nothing can be renewed; `cause` is `not_supported`, `nothing_to_spend`, `no_expiry`, `refresh_expired` or
///   `too_late`
///
/// `*lease` is NULL and the buffers are empty where nothing belongs there. The caller frees the buffers with `dm_buf_free`. Any
/// thread. Errors: DM_NOT_FOUND, DM_CLONED_SITE, DM_INTEGRITY, DM_KEY_UNAVAILABLE, DM_INVALID_ARGUMENT, DM_BUSY (the store),
/// DM_DISK_FULL.
dm_status dm_refresh_begin(const dm_store *store,
                           const char *provider,
                           size_t provider_len,
                           const char *owner,
                           size_t owner_len,
                           const char *account,
                           size_t account_len,
                           const char *options,
                           size_t options_len,
                           dm_lease **lease,
                           dm_buf *out,
                           dm_buf *document,
                           dm_buf *config,
                           dm_error **error);

/// Tells how a connection's renewals stand, and changes nothing: what `dm_refresh_begin` would answer now, without waiting; where
/// it would grant, `outcome` is `due`. `options` and `*out` are those of `dm_refresh_begin`. The caller frees `*out`. Any
/// thread. Errors: DM_NOT_FOUND, DM_INTEGRITY, DM_KEY_UNAVAILABLE, DM_INVALID_ARGUMENT, DM_BUSY.
dm_status dm_refresh_status(const dm_store *store,
                            const char *provider,
                            size_t provider_len,
                            const char *owner,
                            size_t owner_len,
                            const char *account,
                            size_t account_len,
                            const char *options,
                            size_t options_len,
                            dm_buf *out,
                            dm_error **error);

/// Stores what the provider answered, before anything else happens: lays the members of `patch` over the stored account, as
/// `dm_conn_merge` does, makes the connection active and ends the lease. A null or empty text for the member that was handed in
/// leaves the stored one, since an answer without a new one means that the old one goes on.
///
/// `options` is a JSON object, all optional: `if_revision` (the holder saved the account itself since it was granted the lease,
/// with `renewed`, and this is the revision of that save), and `expires_at`, `scopes`, `display_name` as `dm_conn_save` has them.
///
/// It waits for the store at least 30 seconds; after DM_BUSY it can be called again, and should be: what it holds may be the
/// only good token. A lease that has run out is accepted while nobody was granted another and the stored credential is the one
/// that was handed in. `result` may be NULL; else it gets `{about, refreshed_at, reauth_by}`. The caller frees it. Any thread.
/// Errors: DM_LEASE_LOST, DM_CONFLICT (the answer is of another remote account), DM_INVALID_DOCUMENT, DM_TOO_LARGE, DM_BUSY,
/// DM_DISK_FULL, DM_INVALID_HANDLE (it has ended).
dm_status dm_refresh_commit(const dm_lease *lease,
                            const char *patch,
                            size_t patch_len,
                            const char *options,
                            size_t options_len,
                            dm_buf *result,
                            dm_error **error);

/// Says that the renewal failed, and ends the lease. `answer` is a JSON object, all optional: `status` (HTTP), `error` (the code
/// in the answer: `invalid_grant`), `retry_after` (seconds), `unsupported` (true: the provider was not asked, who calls cannot
/// renew it). `{}` says that no answer came. What it means is in the catalogue: a transient failure is tried again later, with
/// growing waits and not for ever; a final one makes the connection `needs_reauth`, and nobody asks the provider again.
///
/// `result` may be NULL; else it gets what `out` is in `dm_refresh_begin`: `backoff`, `dead`, `unsupported`, or `fresh` where the
/// stored credential is not the one that was refused: somebody else won, and what is stored is good. The caller frees it. Any
/// thread. Errors: DM_LEASE_LOST (the connection is gone), DM_BUSY, DM_INVALID_ARGUMENT, DM_INVALID_HANDLE (it has ended).
dm_status dm_refresh_fail(const dm_lease *lease,
                          const char *answer,
                          size_t answer_len,
                          dm_buf *result,
                          dm_error **error);

/// Ends the lease and says that nothing was handed in. Any thread. Errors: DM_BUSY, DM_INVALID_HANDLE (it has ended).
dm_status dm_refresh_release(const dm_lease *lease,
                             dm_error **error);

/// Closes the handle. A lease that nothing was said of is given up: what was handed in may be spent, and the next one tries it
/// once more. To be called before `dm_shutdown`, after which nothing can be written down. In a child after `fork()` it only closes the child's handle. NULL is fine.
dm_status dm_lease_close(dm_lease *lease);

/// Lists the connections of all owners whose credential is to be renewed now, and claims them: no other call gives them out
/// for as long, so that two cron runs do not meet. Accounts that were connected together are spread by chance. Renewing them is
/// `dm_refresh_begin` and so on. A consent that ends within a week is recorded once (`expiring`).
///
/// `options` is a JSON object, all optional: `limit` (1 to 100; 20), `claim` (seconds, 1 to 86400; 600).
///
/// `*out` gets `{items: [...], more, next_at}`, items as `about` in `dm_conn_get`; `more`: call again at once, also where there
/// are no items (at most 500 are looked at in a call); `next_at`: when to look again. The caller frees it. Any thread.
/// Errors: DM_CLONED_SITE, DM_INVALID_ARGUMENT, DM_BUSY, DM_DISK_FULL.
dm_status dm_refresh_due(const dm_store *store,
                         const char *options,
                         size_t options_len,
                         dm_buf *out,
                         dm_error **error);

/// Tells how many write transactions the store has ever seen: one number, and nothing is opened. Who keeps what was read of a
/// store (an option that `dm_legacy_export` gave, whose report has the same number) asks whether it is still so. A write
/// that changed nothing may count. Any thread. Errors: DM_STORE_REPLACED, DM_BUSY.
dm_status dm_store_writes(const dm_store *store,
                          uint64_t *out,
                          dm_error **error);

#endif  /* DM_CONNECTIONS_H */
