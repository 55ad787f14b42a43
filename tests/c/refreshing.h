/* What the tests of renewing share: one account that has ended, and asking for its lease. */
#ifndef REFRESHING_H
#define REFRESHING_H

#include "check.h"

#define X TEXT("x"), TEXT("user:12"), NOTHING
#define OLD "{\"access_token\":\"canary-old\",\"refresh_token\":\"canary-spent\"}"
#define NEW "{\"access_token\":\"canary-new\",\"refresh_token\":\"canary-next\",\"expires_in\":7200}"
#define REFUSAL "{\"status\":400,\"error\":\"invalid_grant\"}"
#define ENDED "{\"expires_at\":1}"
#define AT_ONCE "{\"patience_ms\":0}"

static dm_store *store;

/* An account whose access token has ended, newly connected. */
static inline void connect_anew(void) {
  OK(dm_conn_delete(store, X, NOTHING, NULL, &error));
  OK(dm_conn_save(store, X, TEXT(OLD), TEXT(ENDED), NULL, &error));
}

/* Asks, and compares: what is told has to contain `expected`, and be no secret. The lease, or NULL. */
static inline dm_lease *begin(const char *options, const char *expected, const char *document, const char *config) {
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

static inline void expect_document(const char *expected) {
  dm_buf got;
  OK(dm_conn_get(store, X, &got, NULL, &error));
  CHECK(strcmp(got.ptr, expected) == 0);
  OK(dm_buf_free(&got));
}

#endif
