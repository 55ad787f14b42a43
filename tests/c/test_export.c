/* The way back: the old option's envelope, and the option rebuilt. */
#include "check.h"

static void one_value_goes_there_and_back(const dm_salts *salts) {
  static const char secret[] = "canary\0\xff";
  dm_buf envelope, again, value;
  OK(dm_legacy_seal(salts, secret, sizeof secret, &envelope, &error));
  CHECK(strncmp(envelope.ptr, "dm:enc:v1:", 10) == 0 && !has(&envelope, "canary"));
  OK(dm_legacy_seal(salts, secret, sizeof secret, &again, &error));
  CHECK(strcmp(envelope.ptr, again.ptr) != 0);
  OK(dm_legacy_open(salts, envelope.ptr, envelope.len, &value, &error));
  CHECK(value.len == sizeof secret && memcmp(value.ptr, secret, sizeof secret) == 0);
  OK(dm_buf_free(&value));

  /* Not an envelope; one that is cut off; one of another salt. */
  REFUSED(DM_INVALID_ARGUMENT, dm_legacy_open(salts, TEXT("canary"), &value, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_legacy_open(salts, envelope.ptr, envelope.len - 3, &value, &error));
  REFUSED(DM_KEY_UNAVAILABLE, dm_legacy_open(NULL, envelope.ptr, envelope.len, &value, &error));
  OK(dm_buf_free(&envelope));
  OK(dm_buf_free(&again));
}

static void without_a_salt_nothing_is_sealed(void) {
  dm_salts *none;
  dm_buf envelope;
  OK(dm_salts_new(&none, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_legacy_seal(none, TEXT("canary"), &envelope, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_legacy_seal(NULL, TEXT("canary"), &envelope, &error));
  OK(dm_salts_free(none));
}

static void an_owner_goes_whole(dm_store *store) {
  dm_buf receipt;
  OK(dm_conn_save(store, TEXT("reddit"), TEXT("user:12"), NOTHING, TEXT("{\"a\":\"canary\"}"), NOTHING, NULL, &error));
  OK(dm_conn_save(store, TEXT("reddit"), TEXT("user:12"), TEXT("two"), TEXT("{}"), NOTHING, NULL, &error));
  OK(dm_config_save(store, TEXT("twitter"), TEXT("user:12"), TEXT("{}"), NOTHING, NULL, &error));
  OK(dm_owner_clear(store, TEXT("user:12"), TEXT("reddit"), &receipt, &error));
  CHECK(has(&receipt, "{\"connections\":2,\"configs\":0,\"kept\":0,\"unread\":0,\"note\":\""));
  OK(dm_buf_free(&receipt));
  OK(dm_owner_clear(store, TEXT("user:12"), NOTHING, &receipt, &error));
  CHECK(has(&receipt, "{\"connections\":0,\"configs\":1,"));
  OK(dm_buf_free(&receipt));
  OK(dm_owner_clear(store, TEXT("user:12"), NOTHING, NULL, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_owner_clear(store, TEXT("user:0"), NOTHING, NULL, &error));
}

int main(void) {
  dm_store *store = open_store("store", KEY);
  dm_salts *salts;
  OK(dm_salts_new(&salts, &error));
  OK(dm_salts_add(salts, TEXT("what wp_salt() returned"), &error));
  one_value_goes_there_and_back(salts);
  without_a_salt_nothing_is_sealed();
  an_owner_goes_whole(store);
  OK(dm_salts_free(salts));
  OK(dm_store_close(store));
  OK(dm_shutdown());
  return EXIT_SUCCESS;
}
