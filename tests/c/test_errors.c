/* What goes wrong, and how it is told: a code for the program, a sentence for a person, details as JSON. */
#include "check.h"

#include <fcntl.h>
#include <sys/file.h>

#define X TEXT("x"), TEXT("user:1"), NOTHING

static void errors_are_objects_that_the_caller_owns(dm_store *store) {
  dm_error *first = NULL, *second = NULL;
  dm_buf got;
  CHECK(dm_conn_get(store, X, &got, NULL, &first) == DM_NOT_FOUND);
  CHECK(dm_conn_get(store, TEXT("x"), TEXT("nobody"), NOTHING, &got, NULL, &second) == DM_INVALID_ARGUMENT);
  /* A later failure changes nothing in an earlier error. */
  CHECK(dm_error_code(first) == DM_NOT_FOUND && dm_error_code(second) == DM_INVALID_ARGUMENT);
  CHECK(strstr(dm_error_message(second), "owner") != NULL);
  CHECK(strstr(dm_error_detail(second), "\"argument\":\"owner\"") != NULL);
  OK(dm_error_free(first));
  CHECK(dm_error_free(first) == DM_INVALID_HANDLE && dm_error_code(first) == DM_INVALID_HANDLE);
  OK(dm_error_free(second));
  /* Nobody has to want one. */
  CHECK(dm_conn_get(store, X, &got, NULL, NULL) == DM_NOT_FOUND);
}

static void arguments_are_checked(dm_store *store) {
  dm_buf got;
  REFUSED(DM_INVALID_ARGUMENT, dm_conn_get(store, TEXT("X!"), TEXT("user:1"), NOTHING, &got, NULL, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_conn_get(store, TEXT("x"), TEXT("user:0"), NOTHING, &got, NULL, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_conn_get(store, TEXT("x"), TEXT("user:01"), NOTHING, &got, NULL, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_conn_get(store, TEXT("x"), TEXT("user:1"), TEXT("../x"), &got, NULL, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_conn_save(store, X, TEXT("{}"), TEXT("{\"nonsense\":1}"), NULL, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_conn_save(store, X, TEXT("{}"), TEXT("{\"status\":\"revoked\"}"), NULL, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_conn_find(store, TEXT("{\"limit\":0}"), &got, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_conn_find(store, TEXT("{\"limit\":1001}"), &got, &error));
}

static void documents_are_checked(dm_store *store) {
  static const char *const wrong[] = {"", "[1]", "\"canary\"", "{\"canary\":1,\"canary\":2}", "{\"canary\":1}x",
                                      "{\"canary\":\"\xff\"}", "{\"canary\":1", "{\"a\":\"\\ud800 canary\"}"};
  static char large[(1 << 20) + 2], deep[400] = "";
  size_t at;
  for (at = 0; at < sizeof wrong / sizeof *wrong; at++) {
    REFUSED(DM_INVALID_DOCUMENT, dm_conn_save(store, X, TEXT(wrong[at]), NOTHING, NULL, &error));
  }
  for (at = 0; at < 65; at++) strcat(deep, "{\"a\":");
  strcat(deep, "1");
  for (at = 0; at < 65; at++) strcat(deep, "}");
  REFUSED(DM_INVALID_DOCUMENT, dm_conn_save(store, X, TEXT(deep), NOTHING, NULL, &error));
  memset(large, ' ', sizeof large);
  memcpy(large, "{}", 2);
  REFUSED(DM_TOO_LARGE, dm_conn_save(store, X, large, (1 << 20) + 1, NOTHING, NULL, &error));
  OK(dm_conn_save(store, X, large, 1 << 20, NOTHING, NULL, &error));
  OK(dm_conn_delete(store, X, NOTHING, NULL, &error));
}

static void write_file(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CREAT, 0600);
  CHECK(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
  close(file);
}

static void places_are_checked(void) {
  dm_store *store = NULL;
  char root[512];
  REFUSED(DM_MISSING_DIRECTORY, try_open("no/such", KEY, "", &store));

  CHECK(mkdir(in_directory("empty"), 0700) == 0);
  REFUSED(DM_STORE_MISSING, try_open("empty", KEY, ",\"create\":false", &store));
  CHECK(rmdir(in_directory("empty")) == 0);

  snprintf(root, sizeof root, ",\"document_root\":\"%s\"", in_directory(""));
  REFUSED(DM_IN_DOCUMENT_ROOT, try_open("served", KEY, root, &store));
  CHECK(access(in_directory("served"), F_OK) != 0);

  CHECK(mkdir(in_directory("loose"), 0700) == 0 && chmod(in_directory("loose"), 0755) == 0);
  CHECK(try_open("loose", KEY, "", &store) == DM_PERMISSIONS);
  CHECK(strstr(dm_error_detail(error), "\"mend\":\"chmod 700 ") != NULL);
  forget_error();

  CHECK(mkdir(in_directory("text"), 0700) == 0);
  write_file(in_directory("text/connections.sqlite"), "This is no database, and it is long enough to be looked at.");
  REFUSED(DM_NOT_A_STORE, try_open("text", KEY, "", &store));
  CHECK(store == NULL);
}

/* Files of another user would lock the web server out, so not even root opens its store, and nothing is made. */
static void another_user_is_refused(void) {
  dm_store *store = NULL;
  if (geteuid() != 0) return;
  CHECK(mkdir(in_directory("theirs"), 0700) == 0 && chown(in_directory("theirs"), 65534, 65534) == 0);
  CHECK(try_open("theirs", KEY, "", &store) == DM_WRONG_USER);
  CHECK(strstr(dm_error_message(error), "sudo -u ") != NULL);
  forget_error();
  CHECK(rmdir(in_directory("theirs")) == 0);
}

static void identities_are_checked(void) {
  dm_keyring *keyring = keyring_of(KEY);
  dm_store *store = open_store("store", KEY);
  char options[512];
  snprintf(options, sizeof options, "{\"path\":\"%s\",\"site\":\"https://staging.example.org\"}", in_directory("store"));
  REFUSED(DM_SITE_MISMATCH, dm_store_open(TEXT(options), keyring, &store, &error));
  snprintf(options, sizeof options, "{\"path\":\"%s\",\"site\":\"%s\",\"clone\":1}", in_directory("store"), SITE);
  REFUSED(DM_INVALID_ARGUMENT, dm_store_open(TEXT(options), keyring, &store, &error));
  REFUSED(DM_STORE_MISMATCH,
          try_open("store", KEY, ",\"store_id\":\"00000000000000000000000000000001\"", &store));
  OK(dm_keyring_free(keyring));
  OK(dm_store_close(store));
}

static void keys_are_checked(void) {
  dm_store *store = open_store("keys", KEY);
  dm_keyring *next = keyring_of(OTHER_KEY);
  char options[512];
  dm_buf got, found;
  OK(dm_conn_save(store, X, TEXT("{\"t\":\"canary\"}"), NOTHING, NULL, &error));
  REFUSED(DM_WRONG_KEY, try_open("keys", OTHER_KEY, "", &store));
  /* A store that was made with a key is not opened without one. */
  OK(dm_shutdown());
  snprintf(options, sizeof options, "{\"path\":\"%s\",\"site\":\"" SITE "\"}", in_directory("keys"));
  REFUSED(DM_MISSING_KEY, dm_store_open(TEXT(options), NULL, &store, &error));
  OK(dm_store_close(store));

  /* The new key alone opens the store, but no row from before: it says so, and heals when the earlier key is there. */
  store = open_store("keys", KEY);
  OK(dm_key_add(store, next, NULL, &error));
  OK(dm_keyring_free(next));
  OK(dm_shutdown());
  OK(dm_store_close(store));
  store = open_store("keys", OTHER_KEY);
  REFUSED(DM_KEY_UNAVAILABLE, dm_conn_get(store, X, &got, NULL, &error));
  REFUSED(DM_KEY_UNAVAILABLE, dm_conn_save(store, X, TEXT("{}"), NOTHING, NULL, &error));
  OK(dm_conn_find(store, TEXT("{\"status\":\"key_unavailable\"}"), &found, &error));
  CHECK(has(&found, "\"provider\":\"x\""));
  OK(dm_buf_free(&found));
  OK(dm_shutdown());
  OK(dm_store_close(store));
}

/* Another process holds the store for longer than the caller will wait. */
static void patience_ends(void) {
  dm_store *store = NULL;
  int gate, lock;
  OK(try_open("busy", KEY, ",\"patience_ms\":50", &store));
  gate = open(in_directory("busy/gate.lock"), O_RDWR);
  lock = open(in_directory("busy/store.lock"), O_RDWR);
  CHECK(gate >= 0 && lock >= 0 && flock(gate, LOCK_EX) == 0 && flock(lock, LOCK_EX) == 0);
  REFUSED(DM_BUSY, dm_conn_save(store, X, TEXT("{}"), NOTHING, NULL, &error));
  close(lock);
  close(gate);
  OK(dm_conn_save(store, X, TEXT("{}"), NOTHING, NULL, &error));
  OK(dm_store_close(store));
}

static void damage_is_told(void) {
  dm_store *store = open_store("damaged", KEY);
  dm_buf got;
  struct stat about;
  const char *path;
  OK(dm_conn_save(store, X, TEXT("{}"), NOTHING, NULL, &error));
  OK(dm_shutdown());
  OK(dm_store_close(store));
  path = in_directory("damaged/connections.sqlite");
  CHECK(stat(path, &about) == 0 && truncate(path, about.st_size / 2) == 0);
  REFUSED(DM_CORRUPT, try_open("damaged", KEY, "", &store));

  /* Another store's file in place of this one, under an open handle. */
  store = open_store("other", KEY);
  OK(dm_shutdown());
  OK(dm_store_close(store));
  store = open_store("replaced", KEY);
  CHECK(rename(in_directory("other/connections.sqlite"), in_directory("replaced/connections.sqlite")) == 0);
  REFUSED(DM_STORE_REPLACED, dm_conn_get(store, X, &got, NULL, &error));
  OK(dm_store_close(store));
}

int main(void) {
  dm_store *store = open_store("store", KEY);
  errors_are_objects_that_the_caller_owns(store);
  arguments_are_checked(store);
  documents_are_checked(store);
  OK(dm_store_close(store));
  places_are_checked();
  another_user_is_refused();
  identities_are_checked();
  keys_are_checked();
  patience_ends();
  damage_is_told();
  OK(dm_shutdown());
  return EXIT_SUCCESS;
}
