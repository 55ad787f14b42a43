/* The way back: the old option's envelope, and the option rebuilt. */
#include "check.h"

#include <stdint.h>

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
  CHECK(has(&receipt, "{\"connections\":2,\"configs\":0,\"kept\":0,\"delegations\":0,\"unread\":0,\"grants\":0,\"note\":\""));
  OK(dm_buf_free(&receipt));
  OK(dm_owner_clear(store, TEXT("user:12"), NOTHING, &receipt, &error));
  CHECK(has(&receipt, "{\"connections\":0,\"configs\":1,"));
  OK(dm_buf_free(&receipt));
  OK(dm_owner_clear(store, TEXT("user:12"), NOTHING, NULL, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_owner_clear(store, TEXT("user:0"), NOTHING, NULL, &error));
}

/* Quarantined, unknown and empty as in a real option; `plain` and `canary` are what must stay in the option. */
static const char original[] =
    "a:2:{s:6:\"reddit\";a:3:{"
    "s:7:\"account\";a:2:{s:8:\"username\";s:6:\"canary\";s:3:\"own\";s:1:\"x\";}"
    "s:5:\"extra\";a:0:{}"
    "s:10:\"principals\";a:1:{s:7:\"user:12\";a:1:{s:7:\"account\";a:2:{"
    "s:12:\"access_token\";s:15:\"dm:enc:v1:x:y:z\";s:8:\"username\";s:3:\"bob\";}}}}"
    "s:4:\"gone\";s:6:\"canary\";}";

static void an_untouched_option_comes_back(dm_store *store, const dm_salts *salts) {
  dm_buf option, report;
  OK(dm_legacy_import(store, original, sizeof original - 1, salts, NOTHING, NULL, &error));
  OK(dm_legacy_export(store, salts, NOTHING, &option, &report, &error));
  CHECK(option.len == sizeof original - 1 && memcmp(option.ptr, original, option.len) == 0);
  CHECK(has(&report, "\"counts\":{\"accounts\":2,\"configs\":0,\"kept\":2,\"returned\":1,\"sealed\":0},\"left_out\":[]"));
  CHECK(!has(&report, "canary") && !has(&report, "dm:enc"));
  OK(dm_buf_free(&option));
  OK(dm_buf_free(&report));
  OK(dm_legacy_export(store, salts, TEXT("{\"format\":\"json\"}"), &option, NULL, &error));
  CHECK(strcmp(option.ptr,
               "{\"reddit\":{\"account\":{\"username\":\"canary\",\"own\":\"x\"},\"extra\":[],\"principals\":{\"user:12\":"
               "{\"account\":{\"access_token\":\"dm:enc:v1:x:y:z\",\"username\":\"bob\"}}}},\"gone\":\"canary\"}") == 0);
  OK(dm_buf_free(&option));
}

static void what_changed_is_changed_and_sealed(dm_store *store, const dm_salts *salts) {
  static const char begin[] = "\"access_token\":\"";
  dm_buf option, report, value;
  const char *envelope, *end;
  OK(dm_conn_save(store, TEXT("reddit"), TEXT("user:12"), NOTHING, TEXT("{\"access_token\":\"canary\",\"own\":\"y\"}"), NOTHING,
                  NULL, &error));
  OK(dm_conn_delete(store, TEXT("reddit"), TEXT("site:0"), NOTHING, NOTHING, NULL, &error));
  OK(dm_conn_save(store, TEXT("reddit"), TEXT("org:acme"), NOTHING, TEXT("{\"access_token\":\"canary\"}"), NOTHING, NULL, &error));
  OK(dm_legacy_export(store, salts, TEXT("{\"format\":\"json\",\"fields\":[\"own\"]}"), &option, &report, &error));
  CHECK(has(&option, "{\"reddit\":{\"extra\":[],\"principals\":{\"user:12\":{\"account\":{\"access_token\":\"dm:enc:v1:"));
  CHECK(has(&option, "\",\"own\":\"dm:enc:v1:") && !has(&option, "org:acme"));
  envelope = strstr(option.ptr, begin) + strlen(begin);
  end = strchr(envelope, '"');
  OK(dm_legacy_open(salts, envelope, (size_t)(end - envelope), &value, &error));
  CHECK(strcmp(value.ptr, "canary") == 0);
  CHECK(has(&report, "\"owner\":\"org:acme\"") && has(&report, "\"code\":\"owner_has_no_place\"") && !has(&report, "canary"));
  OK(dm_buf_free(&option));
  OK(dm_buf_free(&report));
  OK(dm_buf_free(&value));
}

static void what_goes_wrong_is_said(dm_store *store, const dm_salts *salts) {
  dm_salts *none;
  dm_buf option;
  OK(dm_salts_new(&none, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_legacy_export(store, none, NOTHING, &option, NULL, &error));
  OK(dm_salts_free(none));
  REFUSED(DM_INVALID_ARGUMENT, dm_legacy_export(store, salts, TEXT("{\"format\":\"xml\"}"), &option, NULL, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_legacy_export(store, salts, TEXT("{\"fields\":\"own\"}"), &option, NULL, &error));
  /* What JSON cannot hold: an object of PHP code, which is never loaded. */
  OK(dm_legacy_import(store, TEXT("a:1:{s:5:\"other\";O:6:\"canary\":0:{}}"), salts, NOTHING, NULL, &error));
  REFUSED(DM_INVALID_DOCUMENT, dm_legacy_export(store, salts, TEXT("{\"format\":\"json\"}"), &option, NULL, &error));
  OK(dm_legacy_export(store, salts, TEXT("{\"format\":\"json\",\"leave_out\":true}"), &option, NULL, &error));
  CHECK(!has(&option, "other"));
  OK(dm_buf_free(&option));
  OK(dm_legacy_export(store, salts, NOTHING, &option, NULL, &error));
  CHECK(has(&option, "s:5:\"other\";O:6:\"canary\":0:{}"));
  OK(dm_buf_free(&option));
}

/* Who keeps an option that was read asks for this number, and reads anew when it moved. */
static void the_number_of_writes_tells_whether_an_option_is_still_so(dm_store *store, const dm_salts *salts) {
  dm_buf option, report;
  uint64_t before = 0, after = 0;
  char told[64];
  OK(dm_legacy_export(store, salts, NOTHING, &option, &report, &error));
  OK(dm_store_writes(store, &before, &error));
  snprintf(told, sizeof told, "\"writes\":%llu,", (unsigned long long)before);
  CHECK(before > 0 && has(&report, told));
  OK(dm_buf_free(&option));
  OK(dm_buf_free(&report));
  OK(dm_conn_save(store, TEXT("reddit"), TEXT("user:13"), NOTHING, TEXT("{}"), NOTHING, NULL, &error));
  OK(dm_store_writes(store, &after, &error));
  CHECK(after == before + 1);
}

int main(void) {
  dm_store *store = open_store("store", KEY);
  dm_salts *salts;
  OK(dm_salts_new(&salts, &error));
  OK(dm_salts_add(salts, TEXT("what wp_salt() returned"), &error));
  one_value_goes_there_and_back(salts);
  without_a_salt_nothing_is_sealed();
  an_owner_goes_whole(store);
  an_untouched_option_comes_back(store, salts);
  what_changed_is_changed_and_sealed(store, salts);
  what_goes_wrong_is_said(store, salts);
  the_number_of_writes_tells_whether_an_option_is_still_so(store, salts);
  OK(dm_salts_free(salts));
  OK(dm_store_close(store));
  OK(dm_shutdown());
  return EXIT_SUCCESS;
}
