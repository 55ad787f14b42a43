/*
 * A token that ended is renewed: by one process, however many run this at once. The others wait and get what it brought.
 *
 *     cc renew.c $(pkg-config --cflags --libs dm_connections) -o renew
 *     ./renew /var/lib/example
 */
#include <dm_connections.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(text) (text), strlen(text)
#define NOTHING NULL, 0

static dm_error *error;

static void must(dm_status status) {
  if (status == DM_OK) return;
  fprintf(stderr, "%s: %s\n", dm_status_name(status), dm_error_message(error));
  dm_error_free(error);
  exit(EXIT_FAILURE);
}

/* Here a program POSTs the account's refresh token to the provider's token endpoint. This one makes an answer up. */
static const char *ask_the_provider(const char *account, const char *app) {
  printf("handing in the refresh token of %s to the app %s\n", account, app);
  return "{\"access_token\":\"second\",\"refresh_token\":\"next\",\"expires_in\":7200}";
}

/* What to call the provider's API with, renewed where it has ended. */
static void use(dm_store *store) {
  dm_lease *lease;
  dm_buf told, account, app;
  must(dm_refresh_begin(store, TEXT("x"), TEXT("user:12"), NOTHING, NOTHING, &lease, &told, &account, &app, &error));
  if (lease != NULL) {
    const char *answer = ask_the_provider(account.ptr, app.ptr);
    /* First of all it is stored: the old one is spent, and this may be the only good one. Of a refusal say
     * dm_refresh_fail(lease, "{\"status\": 400, \"error\": \"invalid_grant\"}", ...); of no answer at all "{}". */
    must(dm_refresh_commit(lease, TEXT(answer), NOTHING, NULL, &error));
    dm_lease_close(lease);
    printf("renewed\n");
  } else {
    /* `fresh`; or `busy`, `backoff`, `dead` or `unsupported`, with until when and why. */
    printf("nothing to renew: %s\nit has %s\n", told.ptr, account.len > 0 ? account.ptr : "nothing of use");
  }
  dm_buf_free(&told);
  dm_buf_free(&account); /* wiped */
  dm_buf_free(&app);
}

int main(int argc, char **argv) {
  dm_store *store;
  char options[4096];

  if (argc != 2) {
    fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
    return EXIT_FAILURE;
  }
  snprintf(options, sizeof options, "{\"path\": \"%s\", \"site\": \"https://example.org\"}", argv[1]);
  must(dm_store_open(TEXT(options), NULL, &store, &error)); /* a key file is made beside it */

  /* The app that is registered at the provider, and an account that was connected through it a while ago. */
  must(dm_config_save(store, TEXT("x"), TEXT("site:0"), TEXT("{\"client_id\":\"42\"}"), NOTHING, NULL, &error));
  must(dm_conn_save(store, TEXT("x"), TEXT("user:12"), NOTHING,
                    TEXT("{\"access_token\":\"first\",\"refresh_token\":\"spent by the renewal\"}"),
                    TEXT("{\"expires_at\": 1700000000}"), NULL, &error));
  use(store);
  use(store);

  dm_store_close(store);
  return EXIT_SUCCESS;
}
