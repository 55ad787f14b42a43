/*
 * A program that forks while its other threads are busy in the library. Every child saves and reads through handles that
 * it inherited. Nothing hangs, and no acknowledged write is lost, of no process.
 */
#define _GNU_SOURCE
#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { THREADS = 4, ALIVE = 6 };

static dm_store *store;
static volatile int done;
static pthread_barrier_t all_run;

/* ASAN's allocator (gcc 12) leaves its own locks as they are at a fork: in a child of threads that were just allocating,
 * malloc() hangs, whoever calls it. So in that build no thread is in a call while this one forks. */
#ifdef __SANITIZE_ADDRESS__
static pthread_rwlock_t calls = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
#define BEGIN_CALL() CHECK(pthread_rwlock_rdlock(&calls) == 0)
#define BEGIN_FORK() CHECK(pthread_rwlock_wrlock(&calls) == 0)
#define END() CHECK(pthread_rwlock_unlock(&calls) == 0)
#else
#define BEGIN_CALL() ((void)0)
#define BEGIN_FORK() ((void)0)
#define END() ((void)0)
#endif

/* Saves its own connection over and over; gives the last number that the library acknowledged. */
static void *busy_thread(void *argument) {
  char owner[32], document[64];
  long number = 0;
  snprintf(owner, sizeof owner, "agent:%d", *(int *)argument);
  pthread_barrier_wait(&all_run);
  while (!done) {
    snprintf(document, sizeof document, "{\"n\":%ld}", ++number);
    BEGIN_CALL();
    OK(dm_conn_save(store, TEXT("x"), TEXT(owner), NOTHING, TEXT(document), NOTHING, NULL, &error));
    END();
  }
  return (void *)number;
}

static void expect_document(const char *owner, const char *document) {
  dm_buf got;
  OK(dm_conn_get(store, TEXT("x"), TEXT(owner), NOTHING, &got, NULL, &error));
  if (document != NULL && strcmp(got.ptr, document) != 0) fprintf(stderr, "%s: %s, not %s\n", owner, got.ptr, document);
  CHECK(document == NULL || strcmp(got.ptr, document) == 0);
  OK(dm_buf_free(&got));
}

/* Ends the process with 0 when all went well; a failed check aborts it. */
static void be_a_child(int number) {
  char owner[32], document[64];
  alarm(120);
  snprintf(owner, sizeof owner, "user:%d", number);
  snprintf(document, sizeof document, "{\"child\":%d}", number);
  expect_document("agent:1", NULL);
  OK(dm_conn_save(store, TEXT("x"), TEXT(owner), NOTHING, TEXT(document), NOTHING, NULL, &error));
  expect_document(owner, document);
  /* A child has children, too. */
  if (number % 5 == 0) {
    int status;
    pid_t grandchild = fork();
    CHECK(grandchild >= 0);
    if (grandchild == 0) {
      alarm(120);
      expect_document(owner, document);
      OK(dm_conn_delete(store, TEXT("x"), TEXT("org:absent"), NOTHING, NOTHING, NULL, &error));
      _exit(0);
    }
    CHECK(waitpid(grandchild, &status, 0) == grandchild && status == 0);
  }
  /* What a child closes stays open, and locked, in its parent. */
  if (number % 3 == 0) OK(dm_shutdown());
  if (number % 3 == 1) OK(dm_store_close(store));
  _exit(0);
}

static void expect_child_well(void) {
  int status = 0;
  CHECK(wait(&status) > 0);
  if (status != 0) fprintf(stderr, "a child ended with status %#x\n", (unsigned)status);
  CHECK(status == 0);
}

/* Saves without end, and has a child that does nothing, whose process id it tells. */
static void be_a_busy_parent(int tell) {
  pid_t child;
  OK(try_open("left", KEY, "", &store));
  child = fork();
  CHECK(child >= 0);
  while (child == 0) pause();
  CHECK(write(tell, &child, sizeof child) == (ssize_t)sizeof child);
  for (;;) OK(dm_conn_save(store, TEXT("x"), TEXT("org:busy"), NOTHING, TEXT("{}"), NOTHING, NULL, &error));
}

/* A process is killed while it writes, and its child lives on: what the dead one had locked is free all the same. */
static void a_child_keeps_nothing_locked(void) {
  const struct timespec moment = {0, 40000000};
  int round;
  for (round = 0; round < times(5, 50); round++) {
    dm_store *own;
    int tell[2];
    pid_t parent, child;
    CHECK(pipe(tell) == 0);
    parent = fork();
    CHECK(parent >= 0);
    if (parent == 0) be_a_busy_parent(tell[1]);
    CHECK(read(tell[0], &child, sizeof child) == (ssize_t)sizeof child);
    nanosleep(&moment, NULL);
    CHECK(kill(parent, SIGKILL) == 0 && waitpid(parent, NULL, 0) == parent);
    OK(try_open("left", KEY, "", &own));
    OK(dm_conn_save(own, TEXT("x"), TEXT("org:after"), NOTHING, TEXT("{}"), NOTHING, NULL, &error));
    OK(dm_shutdown());
    OK(dm_store_close(own));
    CHECK(kill(child, SIGKILL) == 0);
    close(tell[0]);
    close(tell[1]);
  }
}

int main(void) {
  const int children = times(24, 1000);
  pthread_t threads[THREADS];
  int names[THREADS], at;
  char owner[32], document[64];
  alarm((unsigned)times(300, 3600));

  CHECK(mkdir(in_directory("left"), 0700) == 0);
  a_child_keeps_nothing_locked();

  OK(try_open("store", KEY, ",\"patience_ms\":60000", &store));
  OK(dm_conn_save(store, TEXT("x"), TEXT("agent:1"), NOTHING, TEXT("{}"), NOTHING, NULL, &error));
  CHECK(pthread_barrier_init(&all_run, NULL, THREADS + 1) == 0);
  for (at = 0; at < THREADS; at++) {
    names[at] = at + 1;
    CHECK(pthread_create(&threads[at], NULL, busy_thread, &names[at]) == 0);
  }
  pthread_barrier_wait(&all_run);
  for (at = 1; at <= children; at++) {
    pid_t child;
    BEGIN_FORK();
    child = fork();
    CHECK(child >= 0);
    if (child == 0) be_a_child(at);
    END();
    if (at >= ALIVE) expect_child_well();
  }
  for (at = 1; at < (children < ALIVE ? children + 1 : ALIVE); at++) expect_child_well();
  done = 1;

  for (at = 0; at < THREADS; at++) {
    void *number;
    CHECK(pthread_join(threads[at], &number) == 0);
    CHECK((long)number > 0);
    snprintf(owner, sizeof owner, "agent:%d", at + 1);
    snprintf(document, sizeof document, "{\"n\":%ld}", (long)number);
    expect_document(owner, document);
  }
  for (at = 1; at <= children; at++) {
    snprintf(owner, sizeof owner, "user:%d", at);
    snprintf(document, sizeof document, "{\"child\":%d}", at);
    expect_document(owner, document);
  }
  OK(dm_store_close(store));
  OK(dm_shutdown());
  return EXIT_SUCCESS;
}
