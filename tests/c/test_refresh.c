/* Renewing: who is granted a lease, what comes of it, and what the next one is told. */
#include "refreshing.h"

#include <pthread.h>
#include <time.h>

#define APP "{\"client_id\":\"42\",\"client_secret\":\"canary-app\"}"
#define ASKED "{\"force\":true,\"patience_ms\":0}"

static void expect_status(const char *expected) {
  dm_buf told;
  OK(dm_refresh_status(store, X, NOTHING, &told, &error));
  if (!has(&told, expected)) fprintf(stderr, "%s\n", told.ptr);
  CHECK(has(&told, expected) && !has(&told, "canary"));
  OK(dm_buf_free(&told));
}

static void fail(dm_lease *lease, const char *answer, const char *expected) {
  dm_buf result;
  OK(dm_refresh_fail(lease, TEXT(answer), &result, &error));
  if (!has(&result, expected)) fprintf(stderr, "%s\n", result.ptr);
  CHECK(has(&result, expected) && !has(&result, "canary"));
  OK(dm_buf_free(&result));
  OK(dm_lease_close(lease));
}

static void one_renews_it_for_all(void) {
  dm_lease *lease;
  dm_buf result;
  connect_anew();
  expect_status("\"outcome\":\"due\"");
  lease = begin("{}", "\"lease\":{\"fence\":1,", OLD, NULL);
  CHECK(lease != NULL);
  CHECK(begin(AT_ONCE, "\"outcome\":\"busy\"", OLD, NULL) == NULL);
  CHECK(begin(ASKED, "\"outcome\":\"busy\"", OLD, NULL) == NULL);
  expect_status("\"holder\":{\"host\":\"");
  OK(dm_refresh_commit(lease, TEXT(NEW), NOTHING, &result, &error));
  CHECK(has(&result, "\"about\":{") && has(&result, "\"refreshed_at\":") && !has(&result, "canary"));
  OK(dm_buf_free(&result));
  CHECK(begin("{}", "\"outcome\":\"fresh\"", NEW, NULL) == NULL);
  expect_status("\"outcome\":\"fresh\"");
  /* It is over, whatever is said of it now. */
  REFUSED(DM_INVALID_HANDLE, dm_refresh_commit(lease, TEXT(OLD), NOTHING, NULL, &error));
  REFUSED(DM_INVALID_HANDLE, dm_refresh_fail(lease, TEXT(REFUSAL), NULL, &error));
  REFUSED(DM_INVALID_HANDLE, dm_refresh_release(lease, &error));
  OK(dm_lease_close(lease));
  CHECK(dm_lease_close(lease) == DM_INVALID_HANDLE);
  expect_document(NEW);
}

/* The config is the owner's, else the site's; an answer without a new refresh token keeps the old one. */
static void what_it_takes_comes_with_it(void) {
  dm_lease *lease;
  connect_anew();
  OK(dm_config_save(store, TEXT("x"), TEXT("site:0"), TEXT(APP), NOTHING, NULL, &error));
  lease = begin("{}", "\"spends\":\"refresh_token\",\"grant_type\":\"refresh_token\"", OLD, APP);
  OK(dm_refresh_commit(lease, TEXT("{\"access_token\":\"canary-new\",\"refresh_token\":\"\"}"),
                       TEXT("{\"expires_at\":4000000000}"), NULL, &error));
  OK(dm_lease_close(lease));
  CHECK(begin("{}", "\"expires_at\":4000000000",
              "{\"access_token\":\"canary-new\",\"refresh_token\":\"canary-spent\"}", NULL) == NULL);
  OK(dm_config_delete(store, TEXT("x"), TEXT("site:0"), NOTHING, NULL, &error));
}

static void a_refusal_ends_it_for_good(void) {
  connect_anew();
  fail(begin("{}", "\"lost\":false", OLD, NULL), REFUSAL, "\"outcome\":\"dead\"");
  CHECK(begin("{}", "\"outcome\":\"dead\"", NULL, NULL) == NULL);
  CHECK(begin(ASKED, "\"status\":\"needs_reauth\"", NULL, NULL) == NULL);
  expect_document(OLD);
}

static void a_failure_is_tried_again(void) {
  dm_lease *lease;
  connect_anew();
  fail(begin("{}", "\"lost\":false", OLD, NULL), "{\"status\":429,\"retry_after\":3000}", "\"outcome\":\"backoff\"");
  CHECK(begin("{}", "\"failures\":1", OLD, NULL) == NULL);
  /* A person need not wait. No answer at all: it may have been spent. */
  fail(begin(ASKED, "\"lost\":false", OLD, NULL), "{}", "\"failures\":2");
  lease = begin(ASKED, "\"lost\":true", OLD, NULL);
  fail(lease, REFUSAL, "\"cause\":\"answer_lost\"");
}

static void released_is_as_if_never_asked(void) {
  dm_lease *lease;
  connect_anew();
  lease = begin("{}", "\"lease\":{\"fence\":1,", OLD, NULL);
  OK(dm_refresh_release(lease, &error));
  OK(dm_lease_close(lease));
  lease = begin("{}", "\"lease\":{\"fence\":2,", OLD, NULL);
  OK(dm_refresh_release(lease, &error));
  OK(dm_lease_close(lease));
  fail(begin("{}", "\"lost\":false", OLD, NULL), REFUSAL, "\"cause\":\"refresh_refused\"");
}

/* The program went between the provider's answer and the commit: the next one tries what may be spent, and says so. */
static void closed_without_a_word(void) {
  connect_anew();
  OK(dm_lease_close(begin("{}", "\"lost\":false", OLD, NULL)));
  fail(begin("{}", "\"lost\":true", OLD, NULL), REFUSAL, "\"cause\":\"answer_lost\"");
}

static void who_comes_too_late_stores_nothing(void) {
  dm_lease *lease;
  connect_anew();
  lease = begin("{}", "\"outcome\":\"granted\"", OLD, NULL);
  OK(dm_conn_save(store, X, TEXT("{\"access_token\":\"canary-other\",\"refresh_token\":\"canary-others\"}"),
                  NOTHING, NULL, &error));
  REFUSED(DM_LEASE_LOST, dm_refresh_commit(lease, TEXT(NEW), NOTHING, NULL, &error));
  expect_document("{\"access_token\":\"canary-other\",\"refresh_token\":\"canary-others\"}");
  fail(lease, REFUSAL, "\"outcome\":\"fresh\"");
  connect_anew();
  lease = begin("{}", "\"outcome\":\"granted\"", OLD, NULL);
  OK(dm_conn_delete(store, X, NOTHING, NULL, &error));
  REFUSED(DM_LEASE_LOST, dm_refresh_commit(lease, TEXT(NEW), NOTHING, NULL, &error));
  REFUSED(DM_LEASE_LOST, dm_refresh_fail(lease, NOTHING, NULL, &error));
  OK(dm_lease_close(lease));
  REFUSED(DM_NOT_FOUND, dm_refresh_status(store, X, NOTHING, &(dm_buf){NULL, 0}, &error));
}

/* A lease of what these options are granted it for, given back. */
static void expect_granted(const char *options, const char *expected, const char *document) {
  dm_lease *lease = begin(options, expected, document, NULL);
  CHECK(lease != NULL);
  OK(dm_refresh_release(lease, &error));
  OK(dm_lease_close(lease));
}

static long long revision_of(const dm_buf *told) {
  long long revision = 0;
  const char *at = strstr(told->ptr, "\"revision\":");
  CHECK(at != NULL && sscanf(at + 11, "%lld", &revision) == 1);
  return revision;
}

static void what_the_caller_knows_counts(void) {
  static const char *const wrong[] = {
      "{\"http_timeout\":0}",      "{\"http_timeout\":301}", "{\"patience_ms\":600001}", "{\"margin\":-1}",
      "{\"rejected_revision\":\"\"}", "{\"force\":1}",       "{\"fallback\":7}",         "{\"margins\":1}",
  };
  char options[64];
  size_t at;
  dm_lease *lease;
  dm_buf told, got, app;
  connect_anew();
  for (at = 0; at < sizeof wrong / sizeof *wrong; at++) {
    REFUSED(DM_INVALID_ARGUMENT, dm_refresh_begin(store, X, TEXT(wrong[at]), &lease, &told, &got, &app, &error));
  }
  expect_granted("{\"http_timeout\":300}", "\"lost\":false", OLD);
  /* Fresh by the catalogue; not by the caller's margin, nor where the provider refused the access token. */
  snprintf(options, sizeof options, "{\"expires_at\":%lld}", (long long)time(NULL) + 1000);
  OK(dm_conn_save(store, X, TEXT(OLD), TEXT(options), &told, &error));
  CHECK(begin(AT_ONCE, "\"outcome\":\"fresh\"", OLD, NULL) == NULL);
  expect_granted("{\"margin\":1200}", "\"lost\":false", OLD);
  snprintf(options, sizeof options, "{\"rejected_revision\":%lld}", revision_of(&told));
  expect_granted(options, "\"lost\":false", OLD);
  snprintf(options, sizeof options, "{\"rejected_revision\":%lld}", revision_of(&told) - 1);
  CHECK(begin(options, "\"outcome\":\"fresh\"", OLD, NULL) == NULL);
  OK(dm_buf_free(&told));
  OK(dm_conn_save(store, X, TEXT("{\"access_token\":\"canary\"}"), TEXT(ENDED), NULL, &error));
  CHECK(begin(AT_ONCE, "\"cause\":\"nothing_to_spend\"", "{\"access_token\":\"canary\"}", NULL) == NULL);
  expect_granted("{\"fallback\":\"access_token\"}", "\"spends\":\"access_token\"", "{\"access_token\":\"canary\"}");
}

/* A class that stores what came by itself says whose doing that was, and which save was its own. */
static void a_holder_that_saved_it_itself_says_so(void) {
  char own[64];
  dm_lease *lease;
  dm_buf saved;
  connect_anew();
  lease = begin(AT_ONCE, "\"lost\":false", OLD, NULL);
  OK(dm_conn_save(store, X, TEXT(NEW), TEXT("{\"renewed\":true}"), &saved, &error));
  REFUSED(DM_LEASE_LOST, dm_refresh_commit(lease, TEXT("{}"), NOTHING, NULL, &error));
  snprintf(own, sizeof own, "{\"if_revision\":%lld}", revision_of(&saved));
  OK(dm_refresh_commit(lease, TEXT("{}"), TEXT(own), NULL, &error));
  OK(dm_buf_free(&saved));
  OK(dm_lease_close(lease));
  expect_document(NEW);
}

static void disconnecting_ends_the_lease(void) {
  dm_lease *lease;
  dm_buf receipt;
  connect_anew();
  lease = begin(AT_ONCE, "\"lost\":false", OLD, NULL);
  OK(dm_conn_disconnect(store, X, NOTHING, &receipt, &error));
  CHECK(has(&receipt, "\"lease\":true"));
  OK(dm_buf_free(&receipt));
  REFUSED(DM_LEASE_LOST, dm_refresh_commit(lease, TEXT(NEW), NOTHING, NULL, &error));
  OK(dm_lease_close(lease));
  REFUSED(DM_NOT_FOUND, dm_conn_get(store, X, &receipt, NULL, &error));
}

/* How it stands can be asked there all the same. */
static void a_copy_of_the_site_renews_nothing(void) {
  dm_store *own = store;
  dm_keyring *keyring = keyring_of(KEY);
  dm_lease *lease;
  dm_buf told, got, app;
  char options[512];
  connect_anew();
  snprintf(options, sizeof options, "{\"path\":\"%s\",\"site\":\"https://staging.example.org\",\"clone\":true}",
           in_directory("store"));
  OK(dm_store_open(TEXT(options), keyring, &store, &error));
  REFUSED(DM_CLONED_SITE, dm_refresh_begin(store, X, NOTHING, &lease, &told, &got, &app, &error));
  REFUSED(DM_CLONED_SITE, dm_refresh_due(store, NOTHING, &told, &error));
  expect_status("\"outcome\":\"due\"");
  OK(dm_store_close(store));
  OK(dm_keyring_free(keyring));
  store = own;
}

enum { THREADS = 8 };
static pthread_barrier_t all_run;

/* Gives whether this thread was granted it; the others wait, and get what it brought. */
static void *ask(void *round) {
  dm_lease *lease = NULL;
  dm_buf told, got, app;
  (void)round;
  pthread_barrier_wait(&all_run);
  OK(dm_refresh_begin(store, X, TEXT("{\"patience_ms\":60000}"), &lease, &told, &got, &app, &error));
  if (lease == NULL) {
    CHECK(has(&told, "\"outcome\":\"fresh\"") && strcmp(got.ptr, NEW) == 0);
  } else {
    CHECK(strcmp(got.ptr, OLD) == 0);
    OK(dm_refresh_commit(lease, TEXT(NEW), NOTHING, NULL, &error));
    OK(dm_lease_close(lease));
  }
  OK(dm_buf_free(&told));
  OK(dm_buf_free(&got));
  OK(dm_buf_free(&app));
  return lease;
}

static void one_of_many_threads_renews(void) {
  int round, at, granted;
  for (round = 0; round < times(5, 200); round++) {
    pthread_t threads[THREADS];
    connect_anew();
    CHECK(pthread_barrier_init(&all_run, NULL, THREADS) == 0);
    for (at = 0; at < THREADS; at++) CHECK(pthread_create(&threads[at], NULL, ask, NULL) == 0);
    for (at = granted = 0; at < THREADS; at++) {
      void *lease;
      CHECK(pthread_join(threads[at], &lease) == 0);
      granted += lease != NULL;
    }
    CHECK(granted == 1);
    CHECK(pthread_barrier_destroy(&all_run) == 0);
  }
}

static void what_is_due_is_given_out_once(void) {
  dm_buf due;
  connect_anew();
  OK(dm_refresh_due(store, TEXT("{\"limit\":1}"), &due, &error));
  CHECK(has(&due, "\"provider\":\"x\"") && has(&due, "\"owner\":\"user:12\"") && !has(&due, "canary"));
  OK(dm_buf_free(&due));
  OK(dm_refresh_due(store, NOTHING, &due, &error));
  CHECK(has(&due, "\"items\":[]"));
  OK(dm_buf_free(&due));
  REFUSED(DM_INVALID_ARGUMENT, dm_refresh_due(store, TEXT("{\"limit\":101}"), &due, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_refresh_due(store, TEXT("{\"claim\":0}"), &due, &error));
}

int main(void) {
  store = open_store("store", KEY);
  one_renews_it_for_all();
  what_it_takes_comes_with_it();
  a_refusal_ends_it_for_good();
  a_failure_is_tried_again();
  released_is_as_if_never_asked();
  closed_without_a_word();
  who_comes_too_late_stores_nothing();
  one_of_many_threads_renews();
  what_is_due_is_given_out_once();
  what_the_caller_knows_counts();
  a_holder_that_saved_it_itself_says_so();
  disconnecting_ends_the_lease();
  a_copy_of_the_site_renews_nothing();
  OK(dm_store_close(store));
  OK(dm_shutdown());
  return EXIT_SUCCESS;
}
