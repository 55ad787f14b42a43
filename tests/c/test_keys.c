/* The ways to give a key, and the way from one key to the next. */
#include "check.h"

#include <fcntl.h>

static void write_file(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  CHECK(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
  close(file);
}

/* Opens the store of a name with what is in this keyring, which may be NULL. */
static dm_status open_with(const char *name, const dm_keyring *keyring, dm_store **store) {
  char options[512];
  snprintf(options, sizeof options, "{\"path\":\"%s\",\"site\":\"" SITE "\"}", in_directory(name));
  return dm_store_open(TEXT(options), keyring, store, &error);
}

static void a_key_is_given_raw_as_base64_as_a_file_or_by_a_command(void) {
  dm_store *store = open_store("ways", KEY);
  dm_keyring *keyring;
  char command[512];
  OK(dm_store_close(store));
  write_file(in_directory("key"), KEY_BASE64 "\n");
  snprintf(command, sizeof command, "[\"/bin/cat\",\"%s\"]", in_directory("key"));

  OK(dm_keyring_new(&keyring, &error));
  OK(dm_keyring_add_base64(keyring, TEXT(KEY_BASE64), &error));
  OK(open_with("ways", keyring, &store));
  OK(dm_keyring_free(keyring));
  OK(dm_store_close(store));

  OK(dm_keyring_new(&keyring, &error));
  OK(dm_keyring_add_file(keyring, TEXT(in_directory("key")), &error));
  OK(open_with("ways", keyring, &store));
  OK(dm_keyring_free(keyring));
  OK(dm_store_close(store));

  OK(dm_keyring_new(&keyring, &error));
  OK(dm_keyring_add_command(keyring, TEXT(command), &error));
  OK(open_with("ways", keyring, &store));
  OK(dm_keyring_free(keyring));
  OK(dm_store_close(store));
}

static void a_key_file_is_made_and_read(void) {
  dm_keyring *keyring;
  dm_store *store;
  struct stat about;
  OK(dm_keyring_new(&keyring, &error));
  OK(dm_keyring_make_file(keyring, TEXT(in_directory("made")), &error));
  CHECK(stat(in_directory("made"), &about) == 0 && (about.st_mode & 0777) == 0600);
  OK(open_with("own", keyring, &store));
  OK(dm_keyring_free(keyring));
  OK(dm_shutdown());
  OK(dm_store_close(store));

  OK(dm_keyring_new(&keyring, &error));
  OK(dm_keyring_add_file(keyring, TEXT(in_directory("made")), &error));
  OK(open_with("own", keyring, &store));
  OK(dm_keyring_free(keyring));
  OK(dm_store_close(store));
}

/* Where nothing is set up, a key file is made with the store, and found again. */
static void without_a_key_there_is_a_key_file(void) {
  dm_store *store;
  dm_buf info, got;
  OK(open_with("nothing", NULL, &store));
  OK(dm_conn_save(store, TEXT("x"), TEXT("user:1"), NOTHING, TEXT("{\"a\":1}"), NOTHING, NULL, &error));
  OK(dm_store_info(store, &info, &error));
  CHECK(has(&info, "\"key_file\":\"/"));
  OK(dm_buf_free(&info));
  OK(dm_shutdown());
  OK(dm_store_close(store));
  OK(open_with("nothing", NULL, &store));
  OK(dm_conn_get(store, TEXT("x"), TEXT("user:1"), NOTHING, &got, NULL, &error));
  OK(dm_buf_free(&got));
  OK(dm_store_close(store));
}

static void what_is_no_key_is_refused(void) {
  static const char zeros[32];
  dm_keyring *keyring;
  OK(dm_keyring_new(&keyring, &error));
  REFUSED(DM_INVALID_KEY, dm_keyring_add_raw(keyring, TEXT("a passphrase"), &error));
  REFUSED(DM_INVALID_KEY, dm_keyring_add_raw(keyring, NOTHING, &error));
  REFUSED(DM_INVALID_KEY, dm_keyring_add_raw(keyring, zeros, sizeof zeros, &error));
  REFUSED(DM_INVALID_KEY, dm_keyring_add_base64(keyring, TEXT("correct horse battery staple"), &error));
  REFUSED(DM_INVALID_KEY, dm_keyring_add_command(keyring, TEXT("[\"/bin/false\"]"), &error));
  REFUSED(DM_MISSING_KEY, dm_keyring_add_file(keyring, TEXT(in_directory("absent")), &error));
  CHECK(chmod(in_directory("key"), 0644) == 0);
  REFUSED(DM_PERMISSIONS, dm_keyring_add_file(keyring, TEXT(in_directory("key")), &error));
  CHECK(chmod(in_directory("key"), 0600) == 0);
  OK(dm_keyring_free(keyring));
}

static void expect_readable(dm_store *store) {
  dm_buf got;
  OK(dm_conn_get(store, TEXT("x"), TEXT("user:1"), NOTHING, &got, NULL, &error));
  CHECK(strcmp(got.ptr, "{\"a\":1}") == 0);
  OK(dm_buf_free(&got));
}

/* A new key is added, everything is wrapped under it, and from then on it is enough. */
static void a_store_moves_to_another_key(void) {
  dm_store *store = open_store("moving", KEY);
  dm_keyring *next = keyring_of(OTHER_KEY);
  dm_buf result;
  OK(dm_conn_save(store, TEXT("x"), TEXT("user:1"), NOTHING, TEXT("{\"a\":1}"), NOTHING, NULL, &error));
  OK(dm_key_add(store, next, NULL, &error));
  expect_readable(store);
  OK(dm_key_rewrap(store, &result, &error));
  CHECK(has(&result, "\"rewrapped\":1"));
  OK(dm_buf_free(&result));
  expect_readable(store);
  OK(dm_keyring_free(next));
  OK(dm_shutdown());
  OK(dm_store_close(store));

  REFUSED(DM_WRONG_KEY, try_open("moving", KEY, "", &store));
  store = open_store("moving", OTHER_KEY);
  expect_readable(store);

  /* One provider, or one connection, can have new data keys. */
  OK(dm_key_renew(store, TEXT("x"), NOTHING, &result, &error));
  CHECK(has(&result, "\"renewed\":1"));
  OK(dm_buf_free(&result));
  expect_readable(store);
  OK(dm_store_close(store));
}

int main(void) {
  a_key_is_given_raw_as_base64_as_a_file_or_by_a_command();
  a_key_file_is_made_and_read();
  without_a_key_there_is_a_key_file();
  what_is_no_key_is_refused();
  a_store_moves_to_another_key();
  OK(dm_shutdown());
  return EXIT_SUCCESS;
}
