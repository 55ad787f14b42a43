/* What the tests share: checks that say what went wrong, a directory that goes away, and a store in it. */
#ifndef CHECK_H
#define CHECK_H

#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif

#include <dm_connections.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT(text) (text), strlen(text)
#define NOTHING NULL, 0

/* Two keys, raw, 32 bytes each; and the first one in base64. */
#define KEY \
  "\x8f\x1c\x2a\xe9\x6d\x03\xb7\xf4\x50\xc6\x91\x8e\x3b\xd2\x7a\x05" \
  "\xe4\x19\x3f\x88\xac\x5b\x70\xd2\x16\xfd\x4e\x93\xcb\x68\x27\xa1"
#define OTHER_KEY \
  "\x17\xd4\xb0\x8c\x5e\x29\xfa\x63\x91\xe2\x74\x0f\xc8\x3d\xa5\x5b" \
  "\x06\xbf\x98\xe1\x4d\x7c\x32\xf8\xa9\x50\x0b\xe3\x67\x2f\x94\xdd"
#define KEY_BASE64 "jxwq6W0Dt/RQxpGOO9J6BeQZP4isW3DSFv1Ok8toJ6E="
#define SITE "https://example.org"

/* The last parameter of every call in these tests; each thread has its own. */
static __thread dm_error *error;

static inline void stop(const char *file, int line, const char *what) {
  fprintf(stderr, "%s:%d: %s\n", file, line, what);
  fflush(NULL);
  abort();
}

#define CHECK(condition) \
  do { if (!(condition)) stop(__FILE__, __LINE__, "not so: " #condition); } while (0)

static inline void forget_error(void) {
  CHECK(dm_error_free(error) == DM_OK);
  error = NULL;
}

/* The call did what it should; there is no error object then. */
static inline void expect_ok(dm_status status, const char *file, int line, const char *call) {
  if (status != DM_OK) {
    fprintf(stderr, "%s: %s %s\n", dm_status_name(status), dm_error_message(error), dm_error_detail(error));
    stop(file, line, call);
  }
  if (error != NULL) stop(file, line, "an error beside DM_OK");
}

/* The call was refused with this very code, and the error object says the same, and something to a person. */
static inline void expect_refusal(dm_status status, dm_status expected, const char *file, int line, const char *call) {
  if (status != expected) {
    fprintf(stderr, "%s instead of %s: %s\n", dm_status_name(status), dm_status_name(expected),
            dm_error_message(error));
    stop(file, line, call);
  }
  if (dm_error_code(error) != expected) stop(file, line, "the error has another code");
  if (strlen(dm_error_message(error)) < 10) stop(file, line, "the error has no message");
  if (dm_error_detail(error)[0] != '{') stop(file, line, "the error has no detail");
  /* Every secret in these tests is called so. */
  if (strstr(dm_error_message(error), "canary") != NULL || strstr(dm_error_detail(error), "canary") != NULL) {
    stop(file, line, "the error tells a secret");
  }
  forget_error();
}

#define OK(call) expect_ok((call), __FILE__, __LINE__, #call)
#define REFUSED(status, call) expect_refusal((call), (status), __FILE__, __LINE__, #call)

/* Whether a buffer's text contains another. */
static inline int has(const dm_buf *buf, const char *part) {
  return strstr(buf->ptr, part) != NULL;
}

/* A number for quick runs, and one for `make torture`. */
static inline int times(int quick, int torture) {
  const char *wanted = getenv("DM_TORTURE");
  return wanted != NULL && *wanted != '\0' ? torture : quick;
}

static inline int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place) {
  (void)about, (void)kind, (void)place;
  return remove(path);
}

static char check_directory[] = "/tmp/dm-test-XXXXXX";
static pid_t check_owner;

static inline void remove_directory(void) {
  if (getpid() == check_owner) nftw(check_directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of something in this test's directory, which is removed at exit. Not to be freed. */
static inline const char *in_directory(const char *name) {
  static __thread char paths[8][256];
  static __thread unsigned next;
  char *path = paths[next++ % 8];
  if (check_owner == 0) {
    CHECK(mkdtemp(check_directory) != NULL);
    check_owner = getpid();
    atexit(remove_directory);
  }
  snprintf(path, sizeof paths[0], "%s/%s", check_directory, name);
  return path;
}

static inline dm_keyring *keyring_of(const char *key) {
  dm_keyring *keyring = NULL;
  OK(dm_keyring_new(&keyring, &error));
  OK(dm_keyring_add_raw(keyring, key, 32, &error));
  return keyring;
}

/* Opens the store of this name with this key; `more` are further options, such as ",\"create\":false". */
static inline dm_status try_open(const char *name, const char *key, const char *more, dm_store **out) {
  char options[1024];
  dm_keyring *keyring = keyring_of(key);
  dm_status status;
  snprintf(options, sizeof options, "{\"path\":\"%s\",\"site\":\"" SITE "\"%s}", in_directory(name), more);
  status = dm_store_open(TEXT(options), keyring, out, &error);
  CHECK(dm_keyring_free(keyring) == DM_OK);
  return status;
}

static inline dm_store *open_store(const char *name, const char *key) {
  dm_store *store = NULL;
  OK(try_open(name, key, "", &store));
  CHECK(store != NULL);
  return store;
}

#endif
