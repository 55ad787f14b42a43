/*
 * Every exported function with what no caller should hand in: NULL, absurd lengths, bytes that are no text, handles that
 * are closed, of another kind or invented. Each gets an error code, and its outputs stay as they were.
 */
#include "check.h"

#include <ctype.h>
#include <stdint.h>

#define LIMIT ((size_t)16 << 20)

/* "canary" under the salt "salt". */
#define ENVELOPE "dm:enc:v1:YWJjZGVmZ2hpamts:9/3YrbPsVY0J1YMtZCNpSg==:LaGH6h6l"

enum { STORE, KEYRING, SALTS, ERROR, LEASE, HANDLES };
enum { TEXTS = 5, BUFFERS = 3 };

/* Everything that any function takes. A call uses what it needs. */
typedef struct {
  void *handle[HANDLES];
  struct { const char *ptr; size_t len; } text[TEXTS];
  void *made;         /* where a new handle goes, through `out` */
  void **out;
  dm_buf bufs[BUFFERS]; /* where bytes go, through `into` */
  dm_buf *into[BUFFERS];
  uint64_t number;      /* where a number goes, through `counted` */
  uint64_t *counted;
  dm_error **error;
} arguments;

#define S a->handle[STORE]
#define K a->handle[KEYRING]
#define A a->handle[SALTS]
#define E a->handle[ERROR]
#define L a->handle[LEASE]
#define FIRST a->into[0]
#define SECOND a->into[1]
#define THIRD a->into[2]
#define T(at) a->text[at].ptr, a->text[at].len
#define CALL(name, ...) static dm_status name(arguments *a) { (void)a; return dm_##name(__VA_ARGS__); }
/* Those that cannot fail: what they give is looked at, and is not NULL. */
#define LOOK(name, call) static dm_status name(arguments *a) { (void)a; return (call) ? DM_OK : DM_INVALID_HANDLE; }

LOOK(abi_version, dm_abi_version() != 0)
LOOK(version, *dm_version())
LOOK(status_name, *dm_status_name(UINT32_MAX))
LOOK(error_message, *dm_error_message(E))
LOOK(error_detail, strcmp(dm_error_detail(E), "{}") != 0)
LOOK(error_code, dm_error_code(E) != DM_INVALID_HANDLE && dm_error_code(E) != DM_OK)
CALL(error_free, E)
CALL(buf_free, FIRST)
CALL(keyring_new, (dm_keyring **)a->out, a->error)
CALL(keyring_add_raw, K, T(0), a->error)
CALL(keyring_add_base64, K, T(0), a->error)
CALL(keyring_add_file, K, T(0), a->error)
CALL(keyring_add_command, K, T(0), a->error)
CALL(keyring_make_file, K, T(0), a->error)
CALL(keyring_free, K)
CALL(store_open, T(0), K, (dm_store **)a->out, a->error)
CALL(store_info, S, FIRST, a->error)
CALL(store_adopt, S, FIRST, a->error)
CALL(store_backup, S, T(0), FIRST, a->error)
CALL(store_writes, S, a->counted, a->error)
CALL(store_close, S)
LOOK(shutdown, dm_shutdown() == DM_OK)
CALL(conn_get, S, T(0), T(1), T(2), FIRST, SECOND, a->error)
CALL(conn_save, S, T(0), T(1), T(2), T(3), T(4), FIRST, a->error)
CALL(conn_merge, S, T(0), T(1), T(2), T(3), T(4), FIRST, a->error)
CALL(conn_delete, S, T(0), T(1), T(2), T(3), FIRST, a->error)
CALL(conn_disconnect, S, T(0), T(1), T(2), T(3), FIRST, a->error)
CALL(conn_set_status, S, T(0), T(1), T(2), T(3), T(4), FIRST, a->error)
CALL(conn_find, S, T(0), FIRST, a->error)
CALL(conn_status, S, T(0), T(1), FIRST, a->error)
CALL(config_get, S, T(0), T(1), FIRST, SECOND, a->error)
CALL(config_save, S, T(0), T(1), T(2), T(3), FIRST, a->error)
CALL(config_merge, S, T(0), T(1), T(2), T(3), FIRST, a->error)
CALL(config_delete, S, T(0), T(1), T(2), FIRST, a->error)
CALL(config_find, S, T(0), FIRST, a->error)
CALL(key_add, S, K, FIRST, a->error)
CALL(key_rewrap, S, FIRST, a->error)
CALL(key_renew, S, T(0), T(1), FIRST, a->error)
CALL(salts_new, (dm_salts **)a->out, a->error)
CALL(salts_add, A, T(0), a->error)
CALL(salts_free, A)
CALL(owner_clear, S, T(0), T(1), FIRST, a->error)
CALL(audit_query, S, T(0), FIRST, a->error)
CALL(audit_verify, S, T(0), FIRST, a->error)
CALL(audit_anchor, S, FIRST, a->error)
CALL(audit_prune, S, T(0), FIRST, a->error)
CALL(events_read, S, T(0), T(1), FIRST, a->error)
CALL(events_done, S, T(0), T(1), a->error)
CALL(events_forget, S, T(0), a->error)
CALL(grant_create, S, T(0), FIRST, a->error)
CALL(grant_revoke, S, T(0), T(1), FIRST, a->error)
CALL(grant_list, S, T(0), FIRST, a->error)
CALL(grant_check, S, T(0), T(1), FIRST, a->error)
CALL(grant_explain, S, T(0), FIRST, a->error)
CALL(grant_admit, S, T(0), T(1), T(2), FIRST, a->error)
CALL(conn_acquire, S, T(0), T(1), FIRST, SECOND, a->error)
CALL(proposal_list, S, T(0), FIRST, a->error)
CALL(proposal_accept, S, T(0), T(1), FIRST, a->error)
CALL(proposal_dismiss, S, T(0), a->error)
CALL(tools_resolve, S, T(0), T(1), FIRST, a->error)
CALL(legacy_seal, A, T(0), FIRST, a->error)
CALL(legacy_open, A, T(0), FIRST, a->error)
CALL(legacy_import, S, T(0), A, T(1), FIRST, a->error)
CALL(legacy_write, S, T(0), T(1), A, T(2), FIRST, a->error)
CALL(legacy_export, S, A, T(0), FIRST, SECOND, a->error)
CALL(refresh_begin, S, T(0), T(1), T(2), T(3), (dm_lease **)a->out, FIRST, SECOND, THIRD, a->error)
CALL(refresh_status, S, T(0), T(1), T(2), T(3), FIRST, a->error)
CALL(refresh_commit, L, T(0), T(1), FIRST, a->error)
CALL(refresh_fail, L, T(0), FIRST, a->error)
CALL(refresh_release, L, a->error)
CALL(refresh_due, S, T(0), FIRST, a->error)
CALL(lease_close, L)

/* handles: S, K, A, E, L (a lease); in lower case where NULL is fine.
 * texts, in order, each with a value that works; upper case must not be empty:
 *   Provider, Owner, account, Document, Json (j for optional ones), sTatus, cause, raw Key, Base64, File, New file,
 *   command (Vector), prUne's options, Legacy option (l: that was handed out), old Envelope, id (Id: of a proposal), Grant, Revocation, who asks (y),
 *   what is Wanted (w: tools that want it), Mode, Question, bY whom, Consumer, cursor (Z), X for any bytes.
 * outputs: H a handle, n a number, R a buffer that has to be given, o one that may be NULL (in order). */
static const struct function {
  const char *name;
  dm_status (*call)(arguments *);
  const char *handles, *texts, *outputs;
} functions[] = {
#define F(name, handles, texts, outputs) {"dm_" #name, name, handles, texts, outputs}
    F(abi_version, "", "", ""),
    F(version, "", "", ""),
    F(status_name, "", "", ""),
    F(error_code, "E", "", ""),
    F(error_message, "E", "", ""),
    F(error_detail, "E", "", ""),
    F(error_free, "e", "", ""),
    F(buf_free, "", "", ""),
    F(keyring_new, "", "", "H"),
    F(keyring_add_raw, "K", "K", ""),
    F(keyring_add_base64, "K", "B", ""),
    F(keyring_add_file, "K", "F", ""),
    F(keyring_add_command, "K", "V", ""),
    F(keyring_make_file, "K", "N", ""),
    F(keyring_free, "k", "", ""),
    F(store_open, "k", "J", "H"),
    F(store_info, "S", "", "R"),
    F(store_adopt, "S", "", "o"),
    F(store_backup, "S", "N", "o"),
    F(store_writes, "S", "", "n"),
    F(store_close, "s", "", ""),
    F(conn_get, "S", "POa", "Ro"),
    F(conn_save, "S", "POaDj", "o"),
    F(conn_merge, "S", "POaDj", "o"),
    F(conn_delete, "S", "POaj", "o"),
    F(conn_disconnect, "S", "POaj", "o"),
    F(conn_set_status, "S", "POaTc", "o"),
    F(conn_find, "S", "j", "R"),
    F(conn_status, "S", "po", "R"),
    F(config_get, "S", "PO", "Ro"),
    F(config_save, "S", "PODj", "o"),
    F(config_merge, "S", "PODj", "o"),
    F(config_delete, "S", "POj", "o"),
    F(config_find, "S", "j", "R"),
    F(key_add, "SK", "", "o"),
    F(key_rewrap, "S", "", "o"),
    F(key_renew, "S", "Pi", "o"),
    F(salts_new, "", "", "H"),
    F(salts_add, "A", "X", ""),
    F(salts_free, "a", "", ""),
    F(owner_clear, "S", "Op", "o"),
    F(audit_query, "S", "j", "R"),
    F(audit_verify, "S", "j", "R"),
    F(audit_anchor, "S", "", "R"),
    F(audit_prune, "S", "U", "o"),
    F(events_read, "S", "Cj", "R"),
    F(events_done, "S", "CZ", ""),
    F(events_forget, "S", "C", ""),
    F(grant_create, "S", "G", "R"),
    F(grant_revoke, "S", "iR", "o"),
    F(grant_list, "S", "j", "R"),
    F(grant_check, "S", "jW", "R"),
    F(grant_explain, "S", "Q", "R"),
    F(grant_admit, "S", "yWM", "R"),
    F(conn_acquire, "S", "yW", "RR"),
    F(proposal_list, "S", "j", "R"),
    F(proposal_accept, "S", "IY", "R"),
    F(proposal_dismiss, "S", "I", ""),
    F(tools_resolve, "S", "jw", "R"),
    F(legacy_seal, "A", "X", "R"),
    F(legacy_open, "A", "E", "R"),
    F(legacy_import, "Sa", "Lj", "o"),
    F(legacy_write, "Sa", "lLj", "o"),
    F(legacy_export, "SA", "j", "Ro"),
    F(refresh_begin, "S", "POaj", "HRRR"),
    F(refresh_status, "S", "POaj", "R"),
    F(refresh_commit, "L", "Dj", "o"),
    F(refresh_fail, "L", "j", "o"),
    F(refresh_release, "L", "", ""),
    F(refresh_due, "S", "j", "R"),
    F(lease_close, "l", "", ""),
    F(shutdown, "", "", ""),
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static char *huge;  /* LIMIT + 1 bytes */
static char *deep;  /* 100,000 times [ */
static char open_options[512], command[512];

static const char *working(char kind) {
  switch (kind) {
    case 'P': case 'p': return "reddit";
    case 'O': case 'o': return "user:12";
    case 'D': return "{\"a\":1}";
    case 'J': return open_options;
    case 'U': return "{\"before\":1}";
    case 'T': return "active";
    case 'K': return KEY;
    case 'B': return KEY_BASE64;
    case 'F': return in_directory("key");
    case 'N': return in_directory("new-key");
    case 'V': return command;
    case 'L': case 'l': return "a:0:{}";
    case 'E': return ENVELOPE;
    case 'G': return "{\"agent\":\"agent:7\",\"owner\":\"user:12\",\"provider\":\"reddit\",\"operations\":[\"read\"],"
                      "\"granted_by\":\"user:12\"}";
    case 'R': return "{\"agent\":\"agent:7\",\"by\":\"user:12\"}";
    case 'W': return "{\"provider\":\"reddit\"}";
    case 'w': return "{\"post\":{\"provider\":\"reddit\"}}";
    case 'Q': return "{\"agent\":\"agent:7\"}";
    case 'y': return "{\"agent\":null,\"subject\":{\"asking\":\"user:12\"},\"session\":null,\"context\":\"chat\","
                     "\"flow\":null,\"may\":{\"scopes\":\"*\",\"operations\":\"*\"},\"manages\":[]}";
    case 'M': return "observe";
    case 'Y': return "{\"by\":\"user:12\"}";
    case 'I': return "01932c07-20bd-7000-8000-000000000000";
    case 'C': return "mail";
    case 'Z': return "0:0";
    case 'X': return "salt";
    default: return "";
  }
}

/* A mark in every output, which a failing call must leave there. */
static char mark;
static const dm_buf untouched = {&mark, 77};
static const uint64_t uncounted = UINT64_MAX - 7;

#define TOKENS "{\"access_token\":\"t\",\"refresh_token\":\"r\"}"
#define ENDED "{\"expires_at\":1}"

/* A lease of an account made for it. */
static void lend(arguments *a) {
  dm_buf got[BUFFERS];
  int at;
  OK(dm_conn_delete(S, TEXT("x"), TEXT("user:12"), NOTHING, NOTHING, NULL, &error));
  OK(dm_conn_save(S, TEXT("x"), TEXT("user:12"), NOTHING, TEXT(TOKENS), TEXT(ENDED), NULL, &error));
  OK(dm_refresh_begin(S, TEXT("x"), TEXT("user:12"), NOTHING, NOTHING, (dm_lease **)&L, &got[0], &got[1], &got[2],
                      &error));
  CHECK(L != NULL);
  for (at = 0; at < BUFFERS; at++) OK(dm_buf_free(&got[at]));
}

/* Arguments with which the function works. */
static void prepare(const struct function *f, arguments *a) {
  size_t at;
  memset(a, 0, sizeof *a);
  a->handle[STORE] = open_store("store", KEY);
  a->handle[KEYRING] = keyring_of(KEY);
  OK(dm_salts_new((dm_salts **)&a->handle[SALTS], &error));
  OK(dm_salts_add(a->handle[SALTS], TEXT("salt"), &error));
  CHECK(dm_salts_add(a->handle[SALTS], NULL, 1, (dm_error **)&a->handle[ERROR]) == DM_INVALID_ARGUMENT);
  for (at = 0; f->texts[at] != '\0'; at++) {
    a->text[at].ptr = working(f->texts[at]);
    a->text[at].len = strlen(a->text[at].ptr);
  }
  a->made = &mark;
  a->out = &a->made;
  for (at = 0; at < BUFFERS; at++) {
    a->bufs[at] = untouched;
    a->into[at] = &a->bufs[at];
  }
  a->number = uncounted;
  a->counted = &a->number;
  a->error = &error;
  if (strpbrk(f->handles, "Ll") != NULL) lend(a);
  if (strcmp(f->name, "dm_buf_free") == 0) memset(a->bufs, 0, sizeof a->bufs);
}

/* What some functions need to find, and one must not. */
static void furnish(const struct function *f, arguments *a) {
  static char proposal[37], cursor[32];
  static const char asks[] = "{\"agent\":\"agent:7\",\"subject\":{\"asking\":\"user:12\"},\"session\":null,"
                             "\"context\":\"chat\",\"flow\":null,\"may\":{\"scopes\":\"*\",\"operations\":\"*\"},"
                             "\"manages\":[]}";
  const char *id;
  dm_buf listed;
  const char *ended = f->call == refresh_begin ? ENDED : "{}";
  OK(dm_conn_delete(S, TEXT("reddit"), TEXT("user:12"), NOTHING, NOTHING, NULL, &error));
  OK(dm_conn_save(S, TEXT("reddit"), TEXT("user:12"), NOTHING, TEXT(TOKENS), TEXT(ended), NULL, &error));
  OK(dm_config_save(S, TEXT("reddit"), TEXT("user:12"), TEXT("{}"), NOTHING, NULL, &error));
  remove(in_directory("new-key"));
  if (f->texts[0] == 'C') {
    OK(dm_events_read(S, TEXT("mail"), NOTHING, &listed, &error));
    CHECK((id = strstr(listed.ptr, "\"cursor\":\"")) != NULL && sscanf(id + 10, "%31[0-9:]", cursor) == 1);
    if (f->texts[1] == 'Z') a->text[1].ptr = cursor, a->text[1].len = strlen(cursor);
    OK(dm_buf_free(&listed));
  }
  if (f->texts[0] != 'I') return;
  OK(dm_grant_revoke(S, NOTHING, TEXT("{\"agent\":\"agent:7\",\"by\":\"user:12\"}"), NULL, &error));
  OK(dm_grant_admit(S, TEXT(asks), TEXT("{\"provider\":\"reddit\"}"), TEXT("observe"), &listed, &error));
  OK(dm_buf_free(&listed));
  OK(dm_proposal_list(S, NOTHING, &listed, &error));
  CHECK((id = strstr(listed.ptr, "\"id\":\"")) != NULL);
  snprintf(proposal, sizeof proposal, "%.36s", id + 6);
  a->text[0].ptr = proposal;
  OK(dm_buf_free(&listed));
}

static void dispose(arguments *a) {
  dm_lease_close(L);
  dm_store_close(a->handle[STORE]);
  dm_keyring_free(a->handle[KEYRING]);
  dm_salts_free(a->handle[SALTS]);
  dm_error_free(a->handle[ERROR]);
}

static void expect_works(const struct function *f) {
  arguments a;
  size_t at;
  dm_buf *buf = a.bufs;
  prepare(f, &a);
  furnish(f, &a);
  CHECK(f->call(&a) == DM_OK);
  CHECK(error == NULL);
  for (at = 0; f->outputs[at] != '\0'; at++) {
    if (f->outputs[at] == 'H') {
      CHECK(a.made != &mark && a.made != NULL);
      dm_store_close(a.made), dm_keyring_free(a.made), dm_salts_free(a.made), dm_lease_close(a.made);
    } else if (f->outputs[at] == 'n') {
      CHECK(a.number != uncounted);
    } else {
      CHECK(buf->ptr != &mark && buf->ptr[buf->len] == '\0');
      OK(dm_buf_free(buf++));
    }
  }
  dispose(&a);
}

/* The call is refused: with this code, or any where that is DM_OK. */
static void expect_refused(const struct function *f, arguments *a, dm_status expected) {
  int makes = strchr(f->outputs, 'H') != NULL, at;
  dm_status status = f->call(a);
  if (status == DM_OK || (expected != DM_OK && status != expected)) {
    fprintf(stderr, "%s gave %s\n", f->name, dm_status_name(status));
    CHECK(!"refused");
  }
  CHECK(!makes || a->made == &mark);
  CHECK(a->number == uncounted);
  for (at = 0; at < BUFFERS; at++) CHECK(a->bufs[at].ptr == untouched.ptr && a->bufs[at].len == untouched.len);
  if (a->error != NULL && error != NULL) {
    CHECK(dm_error_code(error) == status && *dm_error_message(error) != '\0');
    forget_error();
  }
}

static void try_text(const struct function *f, size_t at, const char *ptr, size_t len, dm_status expected) {
  arguments a;
  prepare(f, &a);
  a.text[at].ptr = ptr;
  a.text[at].len = len;
  expect_refused(f, &a, expected);
  /* Nobody has to want the error. */
  a.error = NULL;
  expect_refused(f, &a, expected);
  dispose(&a);
}

static void try_texts(const struct function *f) {
  static const char *const no_json[] = {"1", "null", "\"text\"", "[1]", "{", "{\"a\":1}x", "{\"a\":\"\xff\"}",
                                        "{\"nonsense\":1,}", "{\"limit\":-1", "{\"\\ud800\":1}"};
  size_t at, one;
  for (at = 0; f->texts[at] != '\0'; at++) {
    char kind = f->texts[at];
    try_text(f, at, NULL, 1, DM_INVALID_ARGUMENT);
    try_text(f, at, NULL, SIZE_MAX, DM_OK);
    try_text(f, at, "x", SIZE_MAX, DM_TOO_LARGE);
    try_text(f, at, "x", LIMIT + 1, DM_TOO_LARGE);
    try_text(f, at, huge, LIMIT + 1, DM_TOO_LARGE);
    if (kind == 'X') continue;
    try_text(f, at, huge, LIMIT, DM_OK);
    try_text(f, at, "\xff\xfe", 2, DM_OK);
    try_text(f, at, "\xed\xa0\x80", 3, DM_OK);
    try_text(f, at, "a\0b", 3, DM_OK);
    try_text(f, at, "\0", 1, DM_OK);
    try_text(f, at, deep, strlen(deep), DM_OK);
    if (isupper((unsigned char)kind)) {
      try_text(f, at, NULL, 0, DM_OK);
      try_text(f, at, "", 0, DM_OK);
    }
    if (strchr("JjDGRyWwQY", kind) != NULL) {
      for (one = 0; one < sizeof no_json / sizeof *no_json; one++) {
        try_text(f, at, no_json[one], strlen(no_json[one]), DM_OK);
      }
    }
  }
}

static void try_handle(const struct function *f, int kind, void *handle, dm_status expected) {
  arguments a;
  void *own;
  prepare(f, &a);
  own = a.handle[kind];
  a.handle[kind] = handle;
  expect_refused(f, &a, expected);
  a.handle[kind] = own;
  dispose(&a);
}

static void try_handles(const struct function *f) {
  static const char kinds[] = "SKAEL";
  size_t at, other;
  for (at = 0; f->handles[at] != '\0'; at++) {
    int kind = (int)(strchr(kinds, toupper((unsigned char)f->handles[at])) - kinds);
    const uintptr_t invented[] = {1, 15, 16, 17, 0x7fffffff, UINTPTR_MAX, UINTPTR_MAX - 15, (uintptr_t)&mark};
    arguments closed;
    if (isupper((unsigned char)f->handles[at])) try_handle(f, kind, NULL, DM_OK);
    for (other = 0; other < sizeof invented / sizeof *invented; other++) {
      try_handle(f, kind, (void *)invented[other], DM_INVALID_HANDLE);
    }
    /* Closed; and closed twice, the second time in vain. */
    prepare(f, &closed);
    if (closed.handle[LEASE] == NULL) lend(&closed);
    dispose(&closed);
    try_handle(f, kind, closed.handle[kind], DM_INVALID_HANDLE);
    CHECK(dm_store_close(closed.handle[STORE]) == DM_INVALID_HANDLE);
    CHECK(dm_keyring_free(closed.handle[KEYRING]) == DM_INVALID_HANDLE);
    CHECK(dm_salts_free(closed.handle[SALTS]) == DM_INVALID_HANDLE);
    CHECK(dm_error_free(closed.handle[ERROR]) == DM_INVALID_HANDLE);
    CHECK(dm_lease_close(closed.handle[LEASE]) == DM_INVALID_HANDLE);
    try_handle(f, kind, closed.handle[kind], DM_INVALID_HANDLE);
    /* Alive, but something else. */
    prepare(f, &closed);
    if (closed.handle[LEASE] == NULL) lend(&closed);
    for (other = 0; other < HANDLES; other++) {
      if ((int)other != kind) try_handle(f, kind, closed.handle[other], DM_INVALID_HANDLE);
    }
    dispose(&closed);
  }
}

static void try_outputs(const struct function *f) {
  size_t at, buf = 0;
  for (at = 0; f->outputs[at] != '\0'; at++) {
    arguments a;
    prepare(f, &a);
    furnish(f, &a);
    if (f->outputs[at] == 'H') a.out = NULL;
    else if (f->outputs[at] == 'n') a.counted = NULL;
    else a.into[buf++] = NULL;
    if (f->outputs[at] == 'o') {
      CHECK(f->call(&a) == DM_OK);
      if (buf > 1) OK(dm_buf_free(a.into[0]));
    } else {
      expect_refused(f, &a, DM_INVALID_ARGUMENT);
    }
    dispose(&a);
  }
}

static void buffers_are_freed_once(void) {
  dm_store *store = open_store("store", KEY);
  dm_buf buf, copy, invented = {&mark, 1}, empty = {NULL, 5};
  OK(dm_store_info(store, &buf, &error));
  copy = buf;
  OK(dm_buf_free(&buf));
  CHECK(dm_buf_free(&copy) == DM_INVALID_HANDLE);
  CHECK(dm_buf_free(&invented) == DM_INVALID_HANDLE && invented.ptr == &mark && mark == 0);
  OK(dm_buf_free(&empty));
  OK(dm_buf_free(NULL));
  OK(dm_store_close(NULL));
  OK(dm_keyring_free(NULL));
  OK(dm_salts_free(NULL));
  OK(dm_error_free(NULL));
  OK(dm_lease_close(NULL));
  CHECK(dm_error_code(NULL) == DM_OK && *dm_error_message(NULL) == '\0');
  OK(dm_store_close(store));
}

/* The header's functions are those of the table: whoever adds one adds it here. */
static void the_table_is_the_header(void) {
  FILE *header = fopen(DM_TEST_HEADER, "r");
  char line[1024];
  int declared = 0, at;
  CHECK(header != NULL);
  while (fgets(line, sizeof line, header) != NULL) {
    char *name, *end = strstr(line, "//");
    if (end != NULL) *end = '\0';
    if (strncmp(line, " *", 2) == 0 || (end = strchr(line, '(')) == NULL) continue;
    *end = '\0';
    for (name = end; name > line && (isalnum((unsigned char)name[-1]) || name[-1] == '_'); name--) {}
    if (strncmp(name, "dm_", 3) != 0) continue;
    for (at = 0; at < FUNCTIONS && strcmp(functions[at].name, name) != 0; at++) {}
    if (at == FUNCTIONS) fprintf(stderr, "%s is not tried here\n", name);
    CHECK(at < FUNCTIONS);
    declared++;
  }
  fclose(header);
  CHECK(declared == FUNCTIONS);
}

int main(void) {
  FILE *key;
  int at;
  the_table_is_the_header();
  huge = malloc(LIMIT + 2);
  deep = malloc(100001);
  CHECK(huge != NULL && deep != NULL);
  memset(huge, 'a', LIMIT + 1);
  memset(deep, '[', 100000);
  huge[LIMIT + 1] = deep[100000] = '\0';
  snprintf(open_options, sizeof open_options, "{\"path\":\"%s\",\"site\":\"" SITE "\"}", in_directory("store"));
  snprintf(command, sizeof command, "[\"/bin/cat\",\"%s\"]", in_directory("key"));
  umask(077);
  key = fopen(in_directory("key"), "w");
  CHECK(key != NULL && fputs(KEY, key) >= 0 && fclose(key) == 0);

  for (at = 0; at < FUNCTIONS; at++) {
    expect_works(&functions[at]);
    try_texts(&functions[at]);
    try_handles(&functions[at]);
    try_outputs(&functions[at]);
  }
  buffers_are_freed_once();
  OK(dm_shutdown());
  free(huge);
  free(deep);
  return EXIT_SUCCESS;
}
