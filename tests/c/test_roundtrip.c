/* What a program does with the library, from the first call to the last. */
#include "check.h"

#define REDDIT TEXT("reddit"), TEXT("user:12")

/* The document comes back as it went in: the order of its keys, its numbers, its escapes, its empty arrays. */
static const char document[] =
    "{\"username\":\"ada\", \"n\":1.0, \"big\":12345678901234567890, \"none\":[], \"\\u0061\":\"\\ud83d\\ude00/\\/\","
    "\"access_token\":\"secret-token\",\"refresh_token\":\"other-secret\"}";

static void versions_are_checked_at_load(void) {
  CHECK(dm_abi_version() >> 16 == 0);
  CHECK((dm_abi_version() & 0xffff) >= 1);
  CHECK(strcmp(dm_version(), DM_TEST_VERSION) == 0);
  CHECK(strcmp(dm_status_name(DM_OK), "DM_OK") == 0);
  CHECK(strcmp(dm_status_name(DM_IN_DOCUMENT_ROOT), "DM_IN_DOCUMENT_ROOT") == 0);
  CHECK(strcmp(dm_status_name(4711), "DM_UNKNOWN") == 0);
}

static void a_connection_is_saved_and_read(dm_store *store) {
  dm_buf result, got, about;
  OK(dm_conn_save(store, REDDIT, NOTHING, TEXT(document), NOTHING, &result, &error));
  CHECK(has(&result, "\"created\":true") && has(&result, "\"replaced\":null"));
  CHECK(has(&result, "\"owner_class\":\"personal\""));
  OK(dm_buf_free(&result));

  OK(dm_conn_get(store, REDDIT, TEXT("default"), &got, &about, &error));
  CHECK(got.len == strlen(document) && memcmp(got.ptr, document, got.len) == 0);
  CHECK(got.ptr[got.len] == '\0');
  CHECK(has(&about, "\"provider\":\"reddit\"") && has(&about, "\"owner\":\"user:12\""));
  CHECK(has(&about, "\"account\":\"default\"") && has(&about, "\"status\":\"active\""));
  CHECK(!has(&about, "secret"));
  OK(dm_buf_free(&got));
  CHECK(got.ptr == NULL && got.len == 0);
  OK(dm_buf_free(&got));
  OK(dm_buf_free(&about));
}

/* The number of a member, as a listing or a result has it. */
static long long number(const dm_buf *buf, const char *member) {
  const char *at = strstr(buf->ptr, member);
  CHECK(at != NULL);
  return strtoll(at + strlen(member), NULL, 10);
}

static void a_writer_can_say_what_it_read(dm_store *store) {
  dm_buf got, about;
  char options[64];
  OK(dm_conn_get(store, REDDIT, NOTHING, &got, &about, &error));
  snprintf(options, sizeof options, "{\"if_revision\":%lld}", number(&about, "\"revision\":"));
  OK(dm_buf_free(&got));
  OK(dm_buf_free(&about));
  OK(dm_conn_save(store, REDDIT, NOTHING, TEXT("{\"a\":1}"), TEXT(options), NULL, &error));
  REFUSED(DM_CONFLICT, dm_conn_save(store, REDDIT, NOTHING, TEXT("{}"), TEXT(options), NULL, &error));
  /* Revision 0 means that there must be none yet. */
  REFUSED(DM_CONFLICT, dm_conn_save(store, REDDIT, NOTHING, TEXT("{}"), TEXT("{\"if_revision\":0}"), NULL, &error));
  OK(dm_conn_get(store, REDDIT, NOTHING, &got, NULL, &error));
  CHECK(strcmp(got.ptr, "{\"a\":1}") == 0);
  OK(dm_buf_free(&got));
}

static void a_merge_touches_only_what_it_names(dm_store *store) {
  dm_buf got;
  OK(dm_conn_save(store, REDDIT, NOTHING, TEXT("{\"a\":1,\"b\":[1.0],\"c\":3}"), NOTHING, NULL, &error));
  OK(dm_conn_merge(store, REDDIT, NOTHING, TEXT("{\"d\":null,\"a\":{\"new\":true}}"), NOTHING, NULL, &error));
  OK(dm_conn_get(store, REDDIT, NOTHING, &got, NULL, &error));
  CHECK(strcmp(got.ptr, "{\"a\":{\"new\":true},\"b\":[1.0],\"c\":3,\"d\":null}") == 0);
  OK(dm_buf_free(&got));
  REFUSED(DM_NOT_FOUND, dm_conn_merge(store, REDDIT, TEXT("absent"), TEXT("{}"), NOTHING, NULL, &error));
}

static void another_remote_identity_is_refused_or_another_connection(dm_store *store) {
  dm_buf result;
  OK(dm_conn_save(store, REDDIT, TEXT("r"), TEXT("{}"), TEXT("{\"remote_id\":\"t2_a\"}"), NULL, &error));
  OK(dm_conn_save(store, REDDIT, TEXT("r"), TEXT("{}"), TEXT("{\"remote_id\":\"t2_a\"}"), &result, &error));
  CHECK(has(&result, "\"created\":false") && has(&result, "\"replaced\":null"));
  OK(dm_buf_free(&result));
  REFUSED(DM_CONFLICT, dm_conn_save(store, REDDIT, TEXT("r"), TEXT("{}"), TEXT("{\"remote_id\":\"t2_b\"}"), NULL, &error));
  REFUSED(DM_CONFLICT, dm_conn_merge(store, REDDIT, TEXT("r"), TEXT("{\"username\":\"b\"}"), NOTHING, NULL, &error));
  OK(dm_conn_save(store, REDDIT, TEXT("r"), TEXT("{}"), TEXT("{\"remote_id\":\"t2_b\",\"replace\":true}"), &result,
                  &error));
  CHECK(has(&result, "\"replaced\":\""));
  OK(dm_buf_free(&result));
  OK(dm_conn_delete(store, REDDIT, TEXT("r"), NOTHING, NULL, &error));
}

static void a_status_says_why(dm_store *store) {
  dm_buf about;
  OK(dm_conn_set_status(store, REDDIT, NOTHING, TEXT("needs_reauth"), TEXT("refused by reddit"), &about, &error));
  CHECK(has(&about, "\"status\":\"needs_reauth\"") && has(&about, "\"status_cause\":\"refused by reddit\""));
  OK(dm_buf_free(&about));
  REFUSED(DM_INVALID_TRANSITION, dm_conn_set_status(store, REDDIT, NOTHING, TEXT("pending"), NOTHING, NULL, &error));
  OK(dm_conn_set_status(store, REDDIT, NOTHING, TEXT("active"), NOTHING, NULL, &error));
}

static int count_found(dm_store *store, const char *query) {
  dm_buf page;
  int count = 0;
  const char *at;
  OK(dm_conn_find(store, TEXT(query), &page, &error));
  CHECK(!has(&page, "secret"));
  for (at = page.ptr; (at = strstr(at, "\"owner_class\"")) != NULL; at++) count++;
  OK(dm_buf_free(&page));
  return count;
}

static void connections_are_found_without_opening_them(dm_store *store) {
  dm_buf page, status;
  OK(dm_conn_save(store, TEXT("x"), TEXT("site:0"), TEXT("shop"), TEXT("{\"t\":\"secret\"}"),
                  TEXT("{\"remote_id\":\"4711\",\"expires_at\":4102444800}"), NULL, &error));
  OK(dm_conn_save(store, TEXT("x"), TEXT("user:12"), NOTHING, TEXT("{}"), NOTHING, NULL, &error));
  CHECK(count_found(store, "") == 3);
  CHECK(count_found(store, "{\"provider\":\"x\"}") == 2);
  CHECK(count_found(store, "{\"owner\":\"user:12\"}") == 2);
  CHECK(count_found(store, "{\"provider\":\"x\",\"owner\":\"user:12\"}") == 1);
  CHECK(count_found(store, "{\"account\":\"shop\"}") == 1);
  CHECK(count_found(store, "{\"remote_id\":\"4711\"}") == 1);
  CHECK(count_found(store, "{\"status\":\"active\"}") == 3);
  CHECK(count_found(store, "{\"status\":\"revoked\"}") == 0);
  CHECK(count_found(store, "{\"expiring_before\":4102444801}") == 1);
  CHECK(count_found(store, "{\"expiring_before\":4102444800}") == 0);

  OK(dm_conn_status(store, TEXT("x"), NOTHING, &status, &error));
  CHECK(has(&status, "\"provider\":\"x\"") && has(&status, "\"connected\":true"));
  CHECK(has(&status, "\"configured\":false") && !has(&status, "reddit"));
  OK(dm_buf_free(&status));

  OK(dm_conn_find(store, NOTHING, &page, &error));
  CHECK(has(&page, "\"next\":null"));
  OK(dm_buf_free(&page));
}

/* Page by page: `next` of one page is `after` of the following. */
static void a_listing_has_pages(dm_store *store) {
  char query[256] = "{\"limit\":1}";
  int pages = 0;
  for (;;) {
    dm_buf page;
    const char *next;
    OK(dm_conn_find(store, TEXT(query), &page, &error));
    pages++;
    next = strstr(page.ptr, "\"next\":\"");
    if (next != NULL) snprintf(query, sizeof query, "{\"limit\":1,\"after\":\"%.36s\"}", next + strlen("\"next\":\""));
    OK(dm_buf_free(&page));
    if (next == NULL) break;
    CHECK(pages < 10);
  }
  CHECK(pages == 3);
}

static void app_configs_are_apart_from_connections(dm_store *store) {
  dm_buf got, found;
  OK(dm_config_save(store, REDDIT, TEXT("{\"client_id\":\"i\",\"client_secret\":\"secret\"}"), NOTHING, NULL, &error));
  OK(dm_config_merge(store, REDDIT, TEXT("{\"client_id\":\"j\"}"), NOTHING, NULL, &error));
  OK(dm_config_get(store, REDDIT, &got, NULL, &error));
  CHECK(strcmp(got.ptr, "{\"client_id\":\"j\",\"client_secret\":\"secret\"}") == 0);
  OK(dm_buf_free(&got));
  OK(dm_config_find(store, TEXT("{\"provider\":\"reddit\"}"), &found, &error));
  CHECK(has(&found, "\"owner\":\"user:12\"") && !has(&found, "secret"));
  OK(dm_buf_free(&found));
  OK(dm_config_delete(store, REDDIT, NOTHING, NULL, &error));
  REFUSED(DM_NOT_FOUND, dm_config_get(store, REDDIT, &got, NULL, &error));
  OK(dm_conn_get(store, REDDIT, NOTHING, &got, NULL, &error));
  OK(dm_buf_free(&got));
}

static void what_is_deleted_is_gone(dm_store *store) {
  dm_buf receipt, got;
  OK(dm_conn_delete(store, REDDIT, NOTHING, NOTHING, &receipt, &error));
  CHECK(has(&receipt, "\"deleted\":true"));
  OK(dm_buf_free(&receipt));
  REFUSED(DM_NOT_FOUND, dm_conn_get(store, REDDIT, NOTHING, &got, NULL, &error));
  OK(dm_conn_delete(store, REDDIT, NOTHING, NOTHING, &receipt, &error));
  CHECK(has(&receipt, "\"deleted\":false"));
  OK(dm_buf_free(&receipt));
}

/* What was kept is kept: for another handle, after closing, and after everything was shut down. */
static void the_store_outlives_its_handles(void) {
  dm_store *first = open_store("store", KEY), *second = open_store("store", KEY);
  dm_buf got, info;
  CHECK(first != second);
  OK(dm_conn_save(first, TEXT("x"), TEXT("agent:7"), NOTHING, TEXT("{\"kept\":1}"), NOTHING, NULL, &error));
  OK(dm_store_close(first));
  OK(dm_conn_get(second, TEXT("x"), TEXT("agent:7"), NOTHING, &got, NULL, &error));
  CHECK(strcmp(got.ptr, "{\"kept\":1}") == 0);
  OK(dm_buf_free(&got));
  OK(dm_store_info(second, &info, &error));
  CHECK(has(&info, "\"store_id\":") && has(&info, SITE) && has(&info, "\"connections\":3"));
  OK(dm_buf_free(&info));

  OK(dm_shutdown());
  REFUSED(DM_INVALID_HANDLE, dm_store_info(second, &info, &error));
  OK(dm_store_close(second));
  first = open_store("store", KEY);
  OK(dm_conn_get(first, TEXT("x"), TEXT("agent:7"), NOTHING, &got, NULL, &error));
  OK(dm_buf_free(&got));
  OK(dm_store_close(first));
}

/* A staging site's copy: it works, and takes the connections over once that is said. */
static void a_copy_of_the_site_is_opened_as_one_and_adopted(void) {
  dm_store *live = open_store("copied", KEY), *staging = NULL;
  dm_keyring *keyring = keyring_of(KEY);
  char options[512];
  dm_buf info, adopted;
  snprintf(options, sizeof options, "{\"path\":\"%s\",\"site\":\"https://staging.example.org\",\"clone\":true}",
           in_directory("copied"));
  OK(dm_conn_save(live, REDDIT, NOTHING, TEXT("{}"), NOTHING, NULL, &error));
  OK(dm_store_open(TEXT(options), keyring, &staging, &error));
  OK(dm_conn_merge(staging, REDDIT, NOTHING, TEXT("{\"n\":1}"), NOTHING, NULL, &error));
  OK(dm_store_info(staging, &info, &error));
  CHECK(has(&info, "\"site\":\"" SITE "\"") && has(&info, "\"clone\":true"));
  OK(dm_buf_free(&info));
  OK(dm_store_adopt(staging, &adopted, &error));
  CHECK(strcmp(adopted.ptr, "{\"site\":\"https://staging.example.org\",\"before\":\"" SITE "\"}") == 0);
  OK(dm_buf_free(&adopted));
  OK(dm_store_info(live, &info, &error));
  CHECK(has(&info, "\"clone\":true"));
  OK(dm_buf_free(&info));
  REFUSED(DM_SITE_MISMATCH, dm_store_adopt(live, &adopted, &error));
  OK(dm_store_close(live));
  REFUSED(DM_SITE_MISMATCH, try_open("copied", KEY, "", &live));
  OK(dm_store_close(staging));
  OK(dm_keyring_free(keyring));
}

/* The ninth closes the one that was opened longest ago; its handle says so. */
static void a_process_has_at_most_eight_stores(void) {
  dm_store *stores[9];
  dm_buf info;
  int at;
  for (at = 0; at < 9; at++) {
    char name[16];
    snprintf(name, sizeof name, "many-%d", at);
    stores[at] = open_store(name, KEY);
  }
  REFUSED(DM_INVALID_HANDLE, dm_store_info(stores[0], &info, &error));
  for (at = 1; at < 9; at++) {
    OK(dm_store_info(stores[at], &info, &error));
    OK(dm_buf_free(&info));
  }
  for (at = 0; at < 9; at++) OK(dm_store_close(stores[at]));
}

int main(void) {
  dm_store *store;
  versions_are_checked_at_load();
  store = open_store("store", KEY);
  a_connection_is_saved_and_read(store);
  a_writer_can_say_what_it_read(store);
  a_merge_touches_only_what_it_names(store);
  another_remote_identity_is_refused_or_another_connection(store);
  a_status_says_why(store);
  connections_are_found_without_opening_them(store);
  a_listing_has_pages(store);
  app_configs_are_apart_from_connections(store);
  what_is_deleted_is_gone(store);
  OK(dm_store_close(store));
  the_store_outlives_its_handles();
  a_copy_of_the_site_is_opened_as_one_and_adopted();
  a_process_has_at_most_eight_stores();
  OK(dm_shutdown());
  return EXIT_SUCCESS;
}
