/* Renewing: who is granted a lease, what comes of it, and what the next one is told. */
#include "check.h"

#include <pthread.h>

#define X TEXT("x"), TEXT("user:12"), NOTHING
#define OLD "{\"access_token\":\"canary-old\",\"refresh_token\":\"canary-spent\"}"
#define NEW "{\"access_token\":\"canary-new\",\"refresh_token\":\"canary-next\",\"expires_in\":7200}"
#define APP "{\"client_id\":\"42\",\"client_secret\":\"canary-app\"}"
#define REFUSAL "{\"status\":400,\"error\":\"invalid_grant\"}"
#define AT_ONCE "{\"patience_ms\":0}"
#define ASKED "{\"force\":true,\"patience_ms\":0}"

static dm_store *store;

/* An account whose access token has ended, newly connected. */
static void connect_anew(void) {
  OK(dm_conn_delete(store, X, NOTHING, NULL, &error));
  OK(dm_conn_save(store, X, TEXT(OLD), TEXT("{\"expires_at\":1}"), NULL, &error));
}

/* Asks, and compares: what is told has to contain `expected`, and be no secret. The lease, or NULL. */
static dm_lease *begin(const char *options, const char *expected, const char *document, const char *config) {
  dm_lease *lease = NULL;
  dm_buf told, got, app;
  OK(dm_refresh_begin(store, X, TEXT(options), &lease, &told, &got, &app, &error));
  if (!has(&told, expected)) fprintf(stderr, "%s\n", told.ptr);
  CHECK(has(&told, expected) && !has(&told, "canary"));
  CHECK(has(&told, "\"outcome\":\"granted\"") == (lease != NULL));
  CHECK(document == NULL ? got.ptr == NULL && got.len == 0 : strcmp(got.ptr, document) == 0);
  CHECK(config == NULL ? app.ptr == NULL && app.len == 0 : strcmp(app.ptr, config) == 0);
  OK(dm_buf_free(&told));
  OK(dm_buf_free(&got));
  OK(dm_buf_free(&app));
  return lease;
}

static void expect_status(const char *expected) {
  dm_buf told;
  OK(dm_refresh_status(store, X, NOTHING, &told, &error));
  if (!has(&told, expected)) fprintf(stderr, "%s\n", told.ptr);
  CHECK(has(&told, expected) && !has(&told, "canary"));
  OK(dm_buf_free(&told));
}

static void expect_document(const char *expected) {
  dm_buf got;
  OK(dm_conn_get(store, X, &got, NULL, &error));
  CHECK(strcmp(got.ptr, expected) == 0);
  OK(dm_buf_free(&got));
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
  OK(dm_store_close(store));
  OK(dm_shutdown());
  return EXIT_SUCCESS;
}
