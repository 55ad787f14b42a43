/* Connecting, granting, disconnecting: what the receipt says, and what is true then. */
#include "check.h"

#define MINE TEXT("x"), TEXT("user:12"), NOTHING
#define ACCOUNT "{\"access_token\":\"canary-token\",\"refresh_token\":\"canary-refresh\",\"user_id\":\"42\"}"

/* Connects the account, gives an agent a grant to this connection alone, and says its id. */
static const char *connect_with_a_grant(dm_store *store) {
  static char id[37];
  const char *at;
  dm_buf result;
  OK(dm_conn_save(store, MINE, TEXT(ACCOUNT),
                  TEXT("{\"grants\":[{\"agent\":\"agent:7\",\"only_this\":true,\"operations\":\"*\",\"scopes\":\"*\","
                       "\"granted_by\":\"user:12\"}]}"),
                  &result, &error));
  CHECK((at = strstr(result.ptr, "\"id\":\"")) != NULL);
  snprintf(id, sizeof id, "%.36s", at + 6);
  OK(dm_buf_free(&result));
  return id;
}

static void the_receipt_is_true(dm_store *store) {
  char expected[64];
  dm_buf receipt, found;
  snprintf(expected, sizeof expected, "\"id\":\"%s\"", connect_with_a_grant(store));
  OK(dm_conn_disconnect(store, MINE, TEXT("{\"at_provider\":\"failed\",\"reason\":\"http_500\"}"), &receipt, &error));
  CHECK(has(&receipt, "\"deleted\":true") && has(&receipt, expected) && has(&receipt, "\"present\":null"));
  CHECK(has(&receipt, "\"at_provider\":\"failed\"") && has(&receipt, "\"reason\":\"http_500\""));
  CHECK(has(&receipt, "\"revocation\":{\"method\":\"POST\",\"url\":\"https://api.x.com/2/oauth2/revoke\"}"));
  CHECK(has(&receipt, "\"grants\":1") && has(&receipt, "\"lease\":false"));
  CHECK(has(&receipt, "\"destroyed\":{\"document\":true,\"data_key\":true,\"held_back\":0}"));
  CHECK(has(&receipt, "\"backups\":\"Backups") && has(&receipt, "by hand") && !has(&receipt, "canary"));
  OK(dm_buf_free(&receipt));
  REFUSED(DM_NOT_FOUND, dm_conn_get(store, MINE, &found, NULL, &error));
  OK(dm_grant_list(store, TEXT("{\"agent\":\"agent:7\"}"), &found, &error));
  CHECK(has(&found, "\"status\":\"revoked\"") && !has(&found, "\"status\":\"active\""));
  OK(dm_buf_free(&found));
  OK(dm_audit_query(store, TEXT("{\"event\":\"disconnected\"}"), &found, &error));
  CHECK(has(&found, expected + 5) && has(&found, "\"code\":\"failed\"") && !has(&found, "canary"));
  OK(dm_buf_free(&found));
  /* Again, it is no error, and nobody has to want the receipt. */
  OK(dm_conn_disconnect(store, MINE, NOTHING, &receipt, &error));
  CHECK(has(&receipt, "\"deleted\":false") && has(&receipt, "\"at_provider\":\"not_asked\""));
  OK(dm_buf_free(&receipt));
  OK(dm_conn_disconnect(store, MINE, TEXT("{\"at_provider\":\"revoked\"}"), NULL, &error));
}

static void what_is_refused_changes_nothing(dm_store *store) {
  static const char *const wrong[] = {
      "{\"at_provider\":\"Revoked\"}", "{\"at_provider\":1}",   "{\"reason\":\"a\\nb\"}",
      "{\"reason\":1}",                "{\"id\":\"no id\"}",    "{\"if_revision\":\"1\"}",
      "{\"account\":\"default\"}",
  };
  char other[128];
  size_t at;
  dm_buf receipt;
  connect_with_a_grant(store);
  for (at = 0; at < sizeof wrong / sizeof *wrong; at++) {
    REFUSED(DM_INVALID_ARGUMENT, dm_conn_disconnect(store, MINE, TEXT(wrong[at]), NULL, &error));
  }
  REFUSED(DM_CONFLICT, dm_conn_disconnect(store, MINE, TEXT("{\"if_revision\":0}"), NULL, &error));
  snprintf(other, sizeof other, "{\"at_provider\":\"revoked\",\"id\":\"%s\"}", "01932c07-20bd-7000-8000-000000000000");
  OK(dm_conn_disconnect(store, MINE, TEXT(other), &receipt, &error));
  CHECK(has(&receipt, "\"deleted\":false") && has(&receipt, "\"present\":\"") && has(&receipt, "left alone"));
  OK(dm_buf_free(&receipt));
  OK(dm_conn_get(store, MINE, &receipt, NULL, &error));
  CHECK(strcmp(receipt.ptr, ACCOUNT) == 0);
  OK(dm_buf_free(&receipt));
}

int main(void) {
  dm_store *store = open_store("store", KEY);
  the_receipt_is_true(store);
  what_is_refused_changes_nothing(store);
  OK(dm_store_close(store));
  OK(dm_shutdown());
  return EXIT_SUCCESS;
}
