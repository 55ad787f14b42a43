/* The old option, as PHP's serialize() wrote it, and what becomes of it. */
#include "check.h"

/* One provider with an app config, an account of the site and one of user 12, whose token is an envelope that no
 * salt opens. */
static const char option[] =
    "a:1:{s:6:\"reddit\";a:3:{"
    "s:6:\"config\";a:1:{s:9:\"client_id\";s:2:\"id\";}"
    "s:7:\"account\";a:2:{s:8:\"username\";s:3:\"ada\";s:12:\"access_token\";s:5:\"plain\";}"
    "s:10:\"principals\";a:1:{s:7:\"user:12\";a:1:{s:7:\"account\";a:2:{"
    "s:8:\"username\";s:3:\"bob\";s:12:\"access_token\";s:15:\"dm:enc:v1:x:y:z\";}}}}}";

static void a_dry_run_keeps_nothing(dm_store *store, const dm_salts *salts) {
  dm_buf report, got;
  OK(dm_legacy_import(store, TEXT(option), salts, TEXT("{\"dry_run\":true}"), &report, &error));
  CHECK(has(&report, "\"dry_run\":true") && has(&report, "\"imported\":2") && has(&report, "\"quarantined\":1"));
  CHECK(!has(&report, "plain") && !has(&report, "dm:enc"));
  OK(dm_buf_free(&report));
  REFUSED(DM_NOT_FOUND, dm_conn_get(store, TEXT("reddit"), TEXT("site:0"), NOTHING, &got, NULL, &error));
}

static void accounts_and_configs_become_rows(dm_store *store, const dm_salts *salts) {
  dm_buf report, got, about;
  OK(dm_legacy_import(store, TEXT(option), salts, TEXT("{\"format\":\"php\"}"), &report, &error));
  CHECK(has(&report, "\"dry_run\":false") && has(&report, "\"imported\":2") && has(&report, "\"quarantined\":1"));
  OK(dm_buf_free(&report));
  OK(dm_config_get(store, TEXT("reddit"), TEXT("site:0"), &got, NULL, &error));
  CHECK(strcmp(got.ptr, "{\"client_id\":\"id\"}") == 0);
  OK(dm_buf_free(&got));
  OK(dm_conn_get(store, TEXT("reddit"), TEXT("site:0"), NOTHING, &got, NULL, &error));
  CHECK(strcmp(got.ptr, "{\"username\":\"ada\",\"access_token\":\"plain\"}") == 0);
  OK(dm_buf_free(&got));

  /* What did not open is held back, and named. */
  OK(dm_conn_get(store, TEXT("reddit"), TEXT("user:12"), NOTHING, &got, &about, &error));
  CHECK(strcmp(got.ptr, "{\"username\":\"bob\"}") == 0);
  CHECK(has(&about, "\"quarantined\":[\"access_token\"]"));
  OK(dm_buf_free(&got));
  OK(dm_buf_free(&about));
}

static void a_second_import_brings_nothing_back(dm_store *store, const dm_salts *salts) {
  dm_buf report, got;
  OK(dm_conn_delete(store, TEXT("reddit"), TEXT("site:0"), NOTHING, NOTHING, NULL, &error));
  OK(dm_legacy_import(store, TEXT(option), salts, NOTHING, &report, &error));
  CHECK(has(&report, "\"imported\":0"));
  OK(dm_buf_free(&report));
  REFUSED(DM_NOT_FOUND, dm_conn_get(store, TEXT("reddit"), TEXT("site:0"), NOTHING, &got, NULL, &error));
}

static void hostile_options_are_refused(dm_store *store, const dm_salts *salts) {
  static const char *const options[] = {
      "", "x", "O:8:\"stdClass\":0:{}", "a:1:{s:6:\"reddit\";R:1;}", "a:99999999:{}", "s:99:\"short\";", "a:1:{i:0;",
      "i:1;", "b:0;",
  };
  size_t at;
  for (at = 0; at < sizeof options / sizeof *options; at++) {
    REFUSED(DM_IMPORT_REFUSED, dm_legacy_import(store, TEXT(options[at]), salts, NOTHING, NULL, &error));
  }
  REFUSED(DM_IMPORT_REFUSED,
          dm_legacy_import(store, TEXT("[1"), salts, TEXT("{\"format\":\"json\"}"), NULL, &error));
}

int main(void) {
  dm_store *store = open_store("store", KEY);
  dm_salts *salts;
  OK(dm_salts_new(&salts, &error));
  OK(dm_salts_add(salts, "what wp_salt() returned\0", 24, &error));
  a_dry_run_keeps_nothing(store, salts);
  accounts_and_configs_become_rows(store, salts);
  a_second_import_brings_nothing_back(store, salts);
  hostile_options_are_refused(store, salts);
  OK(dm_salts_free(salts));
  OK(dm_store_close(store));
  OK(dm_shutdown());
  return EXIT_SUCCESS;
}
