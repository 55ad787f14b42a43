/*
 * Keeps one account, reads it back, lists what is there, deletes it.
 *
 *     cc quickstart.c $(pkg-config --cflags --libs dm_connections) -o quickstart
 *     ./quickstart /var/lib/example
 */
#include <dm_connections.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every text goes in as a pointer and a length. */
#define TEXT(text) (text), strlen(text)
#define NOTHING NULL, 0

/* 32 random bytes. Yours do not stand in the source: they come from a key file, a secret manager, the environment. */
static const char key[] = "\xc2\x07\x9b\x4f\xe8\x1d\x56\xa3\x3a\xf1\x60\x8c\xd5\xb9\x2e\x74"
                          "\x0d\x97\xea\x33\x81\xf4\x5c\xb6\x29\x7e\x10\xd8\xa2\x64\xbf\x5b";

/* A failure has a code for the program, and a sentence that says what to do about it. */
static void must(dm_status status, dm_error **error) {
  if (status == DM_OK) return;
  fprintf(stderr, "%s: %s\n", dm_status_name(status), dm_error_message(*error));
  dm_error_free(*error);
  exit(EXIT_FAILURE);
}

int main(int argc, char **argv) {
  dm_error *error = NULL;
  dm_keyring *keyring;
  dm_store *store;
  dm_buf buf;
  char options[4096];

  if (argc != 2) {
    fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
    return EXIT_FAILURE;
  }

  must(dm_keyring_new(&keyring, &error), &error);
  must(dm_keyring_add_raw(keyring, key, sizeof key - 1, &error), &error);

  /* The store lies in a directory of its own, which is made if only it is missing. */
  snprintf(options, sizeof options, "{\"path\": \"%s\", \"site\": \"https://example.org\"}", argv[1]);
  must(dm_store_open(TEXT(options), keyring, &store, &error), &error);
  dm_keyring_free(keyring);

  /* One account of user 12; a document is any JSON object. No account name is the account "default". */
  must(dm_conn_save(store, TEXT("reddit"), TEXT("user:12"), NOTHING,
                    TEXT("{\"username\":\"ada\",\"access_token\":\"secret\"}"), NOTHING, NULL, &error), &error);

  /* It comes back byte for byte. The buffer is ours until we give it back, and is wiped then. */
  must(dm_conn_get(store, TEXT("reddit"), TEXT("user:12"), NOTHING, &buf, NULL, &error), &error);
  printf("document: %s\n", buf.ptr);
  dm_buf_free(&buf);

  /* A listing decrypts nothing. */
  must(dm_conn_find(store, TEXT("{\"owner\": \"user:12\"}"), &buf, &error), &error);
  printf("found: %s\n", buf.ptr);
  dm_buf_free(&buf);

  must(dm_conn_delete(store, TEXT("reddit"), TEXT("user:12"), NOTHING, NOTHING, NULL, &error), &error);

  /* A failure that one expects is told by its code. */
  if (dm_conn_get(store, TEXT("reddit"), TEXT("user:12"), NOTHING, &buf, NULL, &error) == DM_NOT_FOUND) {
    printf("deleted: %s\n", dm_error_message(error));
    dm_error_free(error);
  }

  dm_store_close(store);
  return EXIT_SUCCESS;
}
