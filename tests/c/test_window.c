/* Somebody who reads the old option and writes it: what they changed is done, and nothing else. */
#include "check.h"

#include <stdint.h>

#define JSON TEXT("{\"format\":\"json\"}")

/* What a writer is handed. */
static dm_buf handed(dm_store *store, const dm_salts *salts) {
  dm_buf option;
  OK(dm_legacy_export(store, salts, JSON, &option, NULL, &error));
  return option;
}

static void set_up(dm_store *store) {
  OK(dm_conn_save(store, TEXT("reddit"), TEXT("site:0"), NOTHING, TEXT("{\"access_token\":\"canary\",\"n\":1}"), NOTHING,
                  NULL, &error));
  OK(dm_conn_save(store, TEXT("twitter"), TEXT("user:12"), TEXT("two"), TEXT("{\"n\":1}"), NOTHING, NULL, &error));
}

static void what_was_not_changed_is_not_written(dm_store *store, const dm_salts *salts) {
  dm_buf base = handed(store, salts), report;
  uint64_t before = 0, after = 0;
  char writes[64];
  OK(dm_store_writes(store, &before, &error));
  OK(dm_legacy_write(store, base.ptr, base.len, base.ptr, base.len, salts, JSON, &report, &error));
  OK(dm_store_writes(store, &after, &error));
  snprintf(writes, sizeof writes, "\"entries\":[],\"writes\":%llu}", (unsigned long long)before);
  CHECK(before == after && has(&report, "\"unchanged\":2,\"saved\":0,\"deleted\":0,") && has(&report, writes));
  OK(dm_buf_free(&report));
  OK(dm_buf_free(&base));
}

static void what_was_changed_is_laid_over_what_is_there(dm_store *store, const dm_salts *salts) {
  static const char written[] =
      "{\"reddit\":{\"account\":{\"access_token\":\"canary-2\",\"n\":1},\"accounts\":{\"new\":{\"n\":3}},\"odd\":5}}";
  dm_buf base = handed(store, salts), report, got;
  /* Somebody else writes meanwhile. */
  OK(dm_conn_merge(store, TEXT("reddit"), TEXT("site:0"), NOTHING, TEXT("{\"n\":2}"), NOTHING, NULL, &error));
  OK(dm_legacy_write(store, base.ptr, base.len, TEXT(written), salts, JSON, &report, &error));
  CHECK(has(&report, "\"saved\":2,\"deleted\":1,\"kept\":1,") && !has(&report, "canary"));
  CHECK(has(&report, "{\"path\":[\"reddit\",\"accounts\",\"new\"],\"outcome\":\"saved\",\"code\":\"created\","));
  OK(dm_buf_free(&report));
  OK(dm_buf_free(&base));
  OK(dm_conn_get(store, TEXT("reddit"), TEXT("site:0"), NOTHING, &got, NULL, &error));
  CHECK(strcmp(got.ptr, "{\"access_token\":\"canary-2\",\"n\":2}") == 0);
  OK(dm_buf_free(&got));
  REFUSED(DM_NOT_FOUND, dm_conn_get(store, TEXT("twitter"), TEXT("user:12"), TEXT("two"), &got, NULL, &error));
  got = handed(store, salts);
  CHECK(has(&got, "\"odd\":5") && has(&got, "\"accounts\":{\"new\":{\"n\":3}}") && !has(&got, "twitter"));
  OK(dm_buf_free(&got));
}

static void without_a_base_the_store_becomes_what_is_written(dm_store *store, const dm_salts *salts) {
  dm_buf option, report;
  OK(dm_conn_save(store, TEXT("reddit"), TEXT("org:acme"), NOTHING, TEXT("{\"n\":9}"), NOTHING, NULL, &error));
  OK(dm_legacy_write(store, NOTHING, TEXT("a:1:{s:7:\"twitter\";a:1:{s:7:\"account\";a:1:{s:1:\"n\";i:5;}}}"), NULL, NOTHING,
                     NULL, &error));
  option = handed(store, salts);
  CHECK(strcmp(option.ptr, "{\"twitter\":{\"account\":{\"n\":5}}}") == 0);
  OK(dm_buf_free(&option));
  OK(dm_legacy_write(store, NOTHING, TEXT("a:0:{}"), NULL, NOTHING, &report, &error));
  CHECK(has(&report, "\"deleted\":1,"));
  OK(dm_buf_free(&report));
  /* The old shape has no place for it. */
  OK(dm_conn_get(store, TEXT("reddit"), TEXT("org:acme"), NOTHING, &option, NULL, &error));
  OK(dm_buf_free(&option));
}

static void what_is_no_option_is_refused(dm_store *store, const dm_salts *salts) {
  static const char *const options[] = {"", "x", "O:8:\"stdClass\":0:{}", "a:1:{s:6:\"reddit\";R:1;}", "i:1;"};
  size_t at;
  for (at = 0; at < sizeof options / sizeof *options; at++) {
    REFUSED(DM_IMPORT_REFUSED, dm_legacy_write(store, TEXT("a:0:{}"), TEXT(options[at]), salts, NOTHING, NULL, &error));
    REFUSED(DM_IMPORT_REFUSED, dm_legacy_write(store, NOTHING, TEXT(options[at]), salts, NOTHING, NULL, &error));
    if (*options[at] == '\0') continue;
    REFUSED(DM_IMPORT_REFUSED, dm_legacy_write(store, TEXT(options[at]), TEXT("a:0:{}"), salts, NOTHING, NULL, &error));
  }
}

int main(void) {
  dm_store *store = open_store("store", KEY);
  dm_salts *salts;
  OK(dm_salts_new(&salts, &error));
  OK(dm_salts_add(salts, TEXT("what wp_salt() returned"), &error));
  set_up(store);
  what_was_not_changed_is_not_written(store, salts);
  what_was_changed_is_laid_over_what_is_there(store, salts);
  without_a_base_the_store_becomes_what_is_written(store, salts);
  what_is_no_option_is_refused(store, salts);
  OK(dm_salts_free(salts));
  OK(dm_store_close(store));
  OK(dm_shutdown());
  return EXIT_SUCCESS;
}
