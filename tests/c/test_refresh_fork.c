/* Leases and fork(): a child has none of its parent's, and one that is gone holds none. */
#include "refreshing.h"

#include <sys/wait.h>

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
  pid_t child;
  connect_anew();
  lease = begin(AT_ONCE, "\"outcome\":\"granted\"", OLD, NULL);
  child = new_child();
  if (child == 0) {
    CHECK(begin(AT_ONCE, "\"outcome\":\"busy\"", OLD, NULL) == NULL);
    OK(dm_lease_close(lease));
    CHECK(begin(AT_ONCE, "\"outcome\":\"busy\"", OLD, NULL) == NULL);
    _exit(0);
  }
  expect_end(child);
  CHECK(begin(AT_ONCE, "\"outcome\":\"busy\"", OLD, NULL) == NULL);
  OK(dm_refresh_commit(lease, TEXT(NEW), NOTHING, NULL, &error));
  OK(dm_lease_close(lease));
  expect_document(NEW);
}

/* It may have asked the provider: the next one is granted it at once, and told so. */
static void a_child_that_is_gone_holds_nothing(void) {
  dm_lease *lease;
  pid_t child;
  connect_anew();
  child = new_child();
  if (child == 0) {
    CHECK(begin(AT_ONCE, "\"lost\":false", OLD, NULL) != NULL);
    _exit(0);
  }
  expect_end(child);
  lease = begin(AT_ONCE, "\"lost\":true", OLD, NULL);
  CHECK(lease != NULL);
  OK(dm_refresh_fail(lease, TEXT(REFUSAL), NULL, &error));
  OK(dm_lease_close(lease));
  CHECK(begin(AT_ONCE, "\"cause\":\"answer_lost\"", NULL, NULL) == NULL);
}

int main(void) {
  store = open_store("store", KEY);
  what_a_child_closes_its_parent_keeps();
  a_child_that_is_gone_holds_nothing();
  OK(dm_store_close(store));
  OK(dm_shutdown());
  return EXIT_SUCCESS;
}
