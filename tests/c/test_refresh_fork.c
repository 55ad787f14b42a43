/* Leases and fork(): a child has none of its parent's, and one that is gone holds none. */
#include "check.h"

#include <sys/wait.h>

#define X TEXT("x"), TEXT("user:12"), NOTHING
#define OLD "{\"access_token\":\"canary-old\",\"refresh_token\":\"canary-spent\"}"
#define NEW "{\"access_token\":\"canary-new\",\"refresh_token\":\"canary-next\",\"expires_in\":7200}"

static dm_store *store;

static void connect_anew(void) {
  OK(dm_conn_delete(store, X, NOTHING, NULL, &error));
  OK(dm_conn_save(store, X, TEXT(OLD), TEXT("{\"expires_at\":1}"), NULL, &error));
}

/* Asks without waiting; gives the lease, or NULL. */
static dm_lease *begin(const char *expected) {
  dm_lease *lease = NULL;
  dm_buf told, got, app;
  OK(dm_refresh_begin(store, X, TEXT("{\"patience_ms\":0}"), &lease, &told, &got, &app, &error));
  if (!has(&told, expected)) fprintf(stderr, "%s\n", told.ptr);
  CHECK(has(&told, expected));
  OK(dm_buf_free(&told));
  OK(dm_buf_free(&got));
  OK(dm_buf_free(&app));
  return lease;
}

static pid_t new_child(void) {
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) alarm(120);
  return child;
}

static void expect_end(pid_t child) {
  int status;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
}

static void what_a_child_closes_its_parent_keeps(void) {
  dm_lease *lease;
  dm_buf got;
  pid_t child;
  connect_anew();
  lease = begin("\"outcome\":\"granted\"");
  child = new_child();
  if (child == 0) {
    CHECK(begin("\"outcome\":\"busy\"") == NULL);
    OK(dm_lease_close(lease));
    CHECK(begin("\"outcome\":\"busy\"") == NULL);
    _exit(0);
  }
  expect_end(child);
  CHECK(begin("\"outcome\":\"busy\"") == NULL);
  OK(dm_refresh_commit(lease, TEXT(NEW), NOTHING, NULL, &error));
  OK(dm_lease_close(lease));
  OK(dm_conn_get(store, X, &got, NULL, &error));
  CHECK(strcmp(got.ptr, NEW) == 0);
  OK(dm_buf_free(&got));
}

/* It may have asked the provider: the next one is granted it at once, and told so. */
static void a_child_that_is_gone_holds_nothing(void) {
  dm_lease *lease;
  pid_t child;
  connect_anew();
  child = new_child();
  if (child == 0) {
    CHECK(begin("\"lost\":false") != NULL);
    _exit(0);
  }
  expect_end(child);
  lease = begin("\"lost\":true");
  CHECK(lease != NULL);
  OK(dm_refresh_fail(lease, TEXT("{\"status\":400,\"error\":\"invalid_grant\"}"), NULL, &error));
  OK(dm_lease_close(lease));
  CHECK(begin("\"cause\":\"answer_lost\"") == NULL);
}

int main(void) {
  store = open_store("store", KEY);
  what_a_child_closes_its_parent_keeps();
  a_child_that_is_gone_holds_nothing();
  OK(dm_store_close(store));
  OK(dm_shutdown());
  return EXIT_SUCCESS;
}
