/* Events, as a program reads them: told until they are done with, waited for by pruning, forgotten. */
#include "check.h"

#define REDDIT TEXT("reddit"), TEXT("user:12"), NOTHING
#define MAIL TEXT("mail")

/* The page's own cursor stands behind the events. */
static const char *cursor_of(const dm_buf *page) {
  static char cursor[64];
  const char *at = strstr(page->ptr, "],\"cursor\":\"");
  CHECK(at != NULL && sscanf(at + 12, "%63[0-9:]", cursor) == 1);
  return cursor;
}

/* Reads, looks for a text in the answer, and is done with it where that is said. */
static void expect(dm_store *store, const char *options, const char *part, int done) {
  dm_buf page;
  OK(dm_events_read(store, MAIL, TEXT(options), &page, &error));
  if (!has(&page, part)) fprintf(stderr, "%s\n", page.ptr);
  CHECK(has(&page, part) && !has(&page, "canary"));
  if (done) OK(dm_events_done(store, MAIL, TEXT(cursor_of(&page)), &error));
  OK(dm_buf_free(&page));
}

static void they_are_told_until_they_are_done_with(dm_store *store) {
  expect(store, "{}", "\"events\":[]", 1);
  OK(dm_conn_set_status(store, REDDIT, TEXT("needs_reauth"), NOTHING, NULL, &error));
  OK(dm_conn_set_status(store, REDDIT, TEXT("revoked"), NOTHING, NULL, &error));
  expect(store, "{}", "{\"event\":\"needs_reauth\"", 0);
  expect(store, "{}", "{\"event\":\"revoked\"", 0);
  expect(store, "{\"limit\":1}", "\"more\":true", 1);
  expect(store, "", "\"events\":[{\"event\":\"revoked\"", 1);
  expect(store, "", "\"events\":[]", 1);
  expect(store, "", "\"more\":false,\"missed\":false", 1);
}

static void what_fits_not_is_refused(dm_store *store) {
  dm_buf page;
  REFUSED(DM_INVALID_ARGUMENT, dm_events_read(store, TEXT("Mail"), NOTHING, &page, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_events_read(store, MAIL, TEXT("{\"limit\":1001}"), &page, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_events_read(store, MAIL, TEXT("{\"from\":1}"), &page, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_events_done(store, MAIL, TEXT("7"), &error));
  REFUSED(DM_CONFLICT, dm_events_done(store, MAIL, TEXT("0:1"), &error));
  REFUSED(DM_CONFLICT, dm_events_done(store, MAIL, TEXT("0:1000"), &error));
  REFUSED(DM_NOT_FOUND, dm_events_done(store, TEXT("nobody"), TEXT("0:1"), &error));
  REFUSED(DM_NOT_FOUND, dm_events_forget(store, TEXT("nobody"), &error));
}

static void pruning_waits_for_them(dm_store *store) {
  dm_buf pruned;
  expect(store, "", "\"events\":[]", 0);
  OK(dm_conn_save(store, REDDIT, TEXT("{}"), NOTHING, NULL, &error));
  /* What is of this second is not pruned. */
  sleep(1);
  OK(dm_audit_prune(store, TEXT("{\"before\":4000000000}"), &pruned, &error));
  CHECK(has(&pruned, "\"waits_for\":[{\"consumer\":\"mail\",\"at\":") && has(&pruned, "\"more\":false"));
  OK(dm_buf_free(&pruned));
  OK(dm_audit_prune(store, TEXT("{\"before\":4000000000,\"ignore_consumers\":true}"), &pruned, &error));
  CHECK(has(&pruned, "\"waits_for\":[]"));
  OK(dm_buf_free(&pruned));
  expect(store, "", "\"missed\":true", 1);
  expect(store, "", "\"missed\":false", 1);
  OK(dm_events_forget(store, MAIL, &error));
  REFUSED(DM_NOT_FOUND, dm_events_done(store, MAIL, TEXT("0:1"), &error));
}

int main(void) {
  dm_store *store = open_store("store", KEY);
  OK(dm_conn_save(store, REDDIT, TEXT("{\"access_token\":\"canary\"}"), NOTHING, NULL, &error));
  they_are_told_until_they_are_done_with(store);
  what_fits_not_is_refused(store);
  pruning_waits_for_them(store);
  OK(dm_store_close(store));
  return 0;
}
