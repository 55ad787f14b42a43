/*
 * Threads on one handle, and what may go on beside them in the same process: another plug-in that opens, reads and closes
 * the store's files (which drops SQLite's own locks), a second process that writes, handles that come and go.
 */
#include "check.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>

enum { THREADS = 4 };

#define SHARED TEXT("x"), TEXT("site:0"), NOTHING
#define COUNTER TEXT("x"), TEXT("site:1"), NOTHING

static dm_store *store;
static volatile int done;
static int rounds;

static dm_status try_open_patiently(dm_store **out) {
  return try_open("store", KEY, ",\"patience_ms\":60000", out);
}

/* Reads the counter and its revision. */
static long long read_counter(long long *revision) {
  dm_buf got, about;
  long long count;
  OK(dm_conn_get(store, COUNTER, &got, &about, &error));
  count = strtoll(strstr(got.ptr, ":") + 1, NULL, 10);
  *revision = strtoll(strstr(about.ptr, "\"revision\":") + strlen("\"revision\":"), NULL, 10);
  OK(dm_buf_free(&got));
  OK(dm_buf_free(&about));
  return count;
}

/* Of several writers that say the same revision exactly one wins, so counting this way counts right. */
static void count_up(void) {
  dm_status status;
  do {
    long long revision, count = read_counter(&revision);
    char document[64], options[64];
    snprintf(document, sizeof document, "{\"n\":%lld}", count + 1);
    snprintf(options, sizeof options, "{\"if_revision\":%lld}", revision);
    status = dm_conn_save(store, COUNTER, TEXT(document), TEXT(options), NULL, &error);
    if (status == DM_CONFLICT) {
      forget_error();
    } else {
      OK(status);
    }
  } while (status != DM_OK);
}

/* Each thread has a member of one document; merging keeps those of the others. */
static void merge_own_member(int number, int round) {
  char patch[64];
  snprintf(patch, sizeof patch, "{\"t%d\":%d}", number, round);
  OK(dm_conn_merge(store, SHARED, TEXT(patch), NOTHING, NULL, &error));
}

static void *worker(void *argument) {
  int number = *(int *)argument, round;
  for (round = 1; round <= rounds; round++) {
    merge_own_member(number, round);
    count_up();
  }
  return NULL;
}

static void *other_plugin(void *nothing) {
  static const char *const names[] = {"store/connections.sqlite", "store/connections.sqlite-journal",
                                      "store/gate.lock", "store/store.lock", "store/waiting.lock"};
  char buffer[4096];
  size_t at;
  while (!done) {
    for (at = 0; at < sizeof names / sizeof *names; at++) {
      int file = open(in_directory(names[at]), O_RDONLY);
      if (file < 0) continue;
      while (read(file, buffer, sizeof buffer) > 0) {}
      close(file);
    }
  }
  return nothing;
}

static void *comer_and_goer(void *nothing) {
  while (!done) {
    dm_store *own;
    dm_buf info;
    OK(try_open_patiently(&own));
    OK(dm_store_info(own, &info, &error));
    OK(dm_buf_free(&info));
    OK(dm_store_close(own));
  }
  return nothing;
}

/* A process of its own, started before there were threads. */
static void other_process(void) {
  int round;
  alarm(600);
  OK(try_open_patiently(&store));
  for (round = 1; round <= rounds; round++) {
    merge_own_member(THREADS + 1, round);
    count_up();
  }
  _exit(0);
}

/* Uses a handle until somebody closes it. */
static void *late_user(void *handle) {
  dm_buf info;
  dm_status status;
  while ((status = dm_store_info(handle, &info, &error)) == DM_OK) OK(dm_buf_free(&info));
  REFUSED(DM_INVALID_HANDLE, status);
  return NULL;
}

static void a_handle_is_closed_while_it_is_used(void) {
  const struct timespec moment = {0, 10000000};
  pthread_t user;
  dm_store *own;
  OK(try_open_patiently(&own));
  CHECK(pthread_create(&user, NULL, late_user, own) == 0);
  nanosleep(&moment, NULL);
  OK(dm_store_close(own));
  CHECK(pthread_join(user, NULL) == 0);
}

int main(void) {
  pthread_t threads[THREADS], plugin, visitor;
  int names[THREADS], at, status;
  long long revision;
  char expected[64];
  dm_buf got;
  pid_t process;
  rounds = times(15, 500);
  alarm((unsigned)times(300, 3600));

  OK(try_open_patiently(&store));
  OK(dm_conn_save(store, SHARED, TEXT("{}"), NOTHING, NULL, &error));
  OK(dm_conn_save(store, COUNTER, TEXT("{\"n\":0}"), NOTHING, NULL, &error));
  OK(dm_store_close(store));
  OK(dm_shutdown());
  process = fork();
  CHECK(process >= 0);
  if (process == 0) other_process();

  OK(try_open_patiently(&store));
  CHECK(pthread_create(&plugin, NULL, other_plugin, NULL) == 0);
  CHECK(pthread_create(&visitor, NULL, comer_and_goer, NULL) == 0);
  for (at = 0; at < THREADS; at++) {
    names[at] = at + 1;
    CHECK(pthread_create(&threads[at], NULL, worker, &names[at]) == 0);
  }
  a_handle_is_closed_while_it_is_used();
  for (at = 0; at < THREADS; at++) CHECK(pthread_join(threads[at], NULL) == 0);
  CHECK(waitpid(process, &status, 0) == process && status == 0);
  done = 1;
  CHECK(pthread_join(plugin, NULL) == 0 && pthread_join(visitor, NULL) == 0);

  CHECK(read_counter(&revision) == (long long)(THREADS + 1) * rounds);
  OK(dm_conn_get(store, SHARED, &got, NULL, &error));
  for (at = 1; at <= THREADS + 1; at++) {
    snprintf(expected, sizeof expected, "\"t%d\":%d", at, rounds);
    CHECK(has(&got, expected));
  }
  OK(dm_buf_free(&got));
  OK(dm_store_close(store));
  OK(dm_shutdown());
  return EXIT_SUCCESS;
}
