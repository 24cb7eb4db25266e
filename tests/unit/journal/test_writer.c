/* A disk that fails: what is told, what is kept, what is never told. */
#include "story.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

/* The nth time that the journal passes a point, and what happens there. */
struct trouble {
  struct story story;
  enum journal_point point;
  unsigned nth;
  unsigned times; /* so often in a row */
  enum bt_err err;
  bool stop_process;
  /* what was heard */
  pthread_mutex_t lock;
  struct journal_error failed;
  unsigned failures;
  _Atomic uint64_t durable;
};

static enum bt_err strike(void *ctx, enum journal_point point) {
  struct trouble *t = ctx;
  if (point != t->point || t->times == 0) {
    return BT_ERR_OK;
  }
  if (t->nth > 1) {
    t->nth--;
    return BT_ERR_OK;
  }
  t->times--;
  if (t->stop_process) {
    _exit(0);
  }
  return t->err;
}

static void hear_failed(void *ctx, const struct journal_error *why) {
  struct trouble *t = ctx;
  (void)pthread_mutex_lock(&t->lock);
  t->failed = *why;
  t->failures++;
  (void)pthread_mutex_unlock(&t->lock);
}

static void hear_durable(void *ctx, uint64_t seq) {
  struct trouble *t = ctx;
  t->durable = seq;
}

static void trouble_begin(struct trouble *t) {
  *t = (struct trouble){0};
  story_begin(&t->story);
  assert_int_equal(pthread_mutex_init(&t->lock, NULL), 0);
  t->story.options = (struct journal_options){.centre = TEXT("acme"),
                                              .ctx = t,
                                              .group_batches = 10,
                                              .on_durable = hear_durable,
                                              .on_failed = hear_failed,
                                              .fault = strike};
}

static unsigned failures(struct trouble *t) {
  (void)pthread_mutex_lock(&t->lock);
  const unsigned n = t->failures;
  (void)pthread_mutex_unlock(&t->lock);
  return n;
}

/* Restart without the fault: the batches that are there are right, no
 * acknowledged one is missing. Returns how many there are. */
static uint64_t restart(struct trouble *t) {
  story_close(&t->story);
  t->times = 0;
  struct journal_options plain = t->story.options;
  plain.fault = NULL;
  t->story.options = plain;
  assert_int_equal(story_open(&t->story), BT_ERR_OK);
  assert_true(t->story.next - 1 >= t->durable);
  return t->story.next - 1;
}

/* --- the nth operation fails --------------------------------------------- */

static void fail_nth(enum journal_point point, unsigned nth) {
  struct trouble t;
  trouble_begin(&t);
  t.point = point;
  t.nth = nth;
  t.times = 1;
  t.err = BT_ERR_IO;
  t.story.options.checkpoint_kib = 16;
  assert_int_equal(story_open(&t.story), BT_ERR_OK);
  enum bt_err err = BT_ERR_OK;
  for (uint64_t seq = 1; seq <= 400 && err == BT_ERR_OK; seq++) {
    err = story_append(&t.story, seq);
  }
  const uint64_t last = journal_last(t.story.journal);
  if (last == 400) {
    err = journal_sync_wait(t.story.journal, last, -1);
  }
  assert_int_equal(err, BT_ERR_IO);
  const uint64_t durable = journal_durable(t.story.journal);
  assert_true(durable < 400);

  assert_int_equal(story_append(&t.story, last + 1), BT_ERR_IO);
  assert_int_equal(journal_snapshot(t.story.journal, 0, TEXT("x")), BT_ERR_IO);
  assert_int_equal(journal_sync_wait(t.story.journal, last, -1), BT_ERR_IO);
  struct journal_stats stats;
  journal_get_stats(t.story.journal, &stats);
  assert_true(stats.failed);
  while (failures(&t) == 0) {
    (void)usleep(1000);
  }
  assert_int_equal(failures(&t), 1);
  assert_int_equal(t.failed.code, BT_ERR_IO);
  assert_int_equal(journal_durable(t.story.journal), durable);
  const uint64_t stored = restart(&t);
  assert_true(stored <= last);
  if (point != JOURNAL_AFTER_COMMIT) {
    assert_int_equal(stored, durable);
  }
  story_durable_to(&t.story, 500);
  story_end(&t.story);
}

static void whatever_fails_nothing_acknowledged_is_lost(void **state) {
  (void)state;
  static const enum journal_point points[] = {
      JOURNAL_BEFORE_WRITE, JOURNAL_BEFORE_COMMIT, JOURNAL_AFTER_COMMIT,
      JOURNAL_BEFORE_CHECKPOINT};
  for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
    for (unsigned nth = 1; nth <= 4; nth++) {
      fail_nth(points[i], nth);
    }
  }
}

static void reading_goes_on_after_a_failure(void **state) {
  (void)state;
  struct trouble t;
  trouble_begin(&t);
  assert_int_equal(story_open(&t.story), BT_ERR_OK);
  story_durable_to(&t.story, 100);
  t.point = JOURNAL_BEFORE_COMMIT;
  t.err = BT_ERR_IO;
  t.times = 1;
  assert_int_equal(story_append(&t.story, 101), BT_ERR_OK);
  assert_int_equal(journal_sync_wait(t.story.journal, 101, -1), BT_ERR_IO);
  const struct journal_sink sink = story_sink(&t.story);
  assert_int_equal(journal_read_range(t.story.journal, 1, 200, &sink),
                   BT_ERR_OK);
  assert_int_equal(t.story.next, 101);
  story_end(&t.story);
}

/* --- a full disk --------------------------------------------------------- */

static void a_full_disk_is_waited_for(void **state) {
  (void)state;
  static const enum journal_point points[] = {JOURNAL_BEFORE_WRITE,
                                              JOURNAL_BEFORE_COMMIT};
  for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
    struct trouble t;
    trouble_begin(&t);
    t.point = points[i];
    t.nth = 2;
    t.times = 3; /* three tries without room */
    t.err = BT_ERR_FULL;
    assert_int_equal(story_open(&t.story), BT_ERR_OK);
    story_append_to(&t.story, 200);
    assert_int_equal(journal_sync_wait(t.story.journal, 200, -1), BT_ERR_OK);
    assert_int_equal(failures(&t), 1); /* told once */
    assert_int_equal(t.failed.code, BT_ERR_FULL);
    struct journal_stats stats;
    journal_get_stats(t.story.journal, &stats);
    assert_false(stats.full || stats.failed);
    assert_int_equal(restart(&t), 200);
    story_end(&t.story);
  }
}

static void while_it_is_full_the_queue_says_so(void **state) {
  (void)state;
  struct trouble t;
  trouble_begin(&t);
  t.point = JOURNAL_BEFORE_WRITE;
  t.times = 1000000;
  t.err = BT_ERR_FULL;
  t.story.options.queue_bytes = 10000;
  assert_int_equal(story_open(&t.story), BT_ERR_OK);
  uint64_t seq = 1;
  while (story_append(&t.story, seq) == BT_ERR_OK) {
    seq++;
  }
  assert_int_equal(story_append(&t.story, seq), BT_ERR_FULL);
  while (failures(&t) == 0) {
    (void)usleep(1000);
  }
  struct journal_stats stats;
  journal_get_stats(t.story.journal, &stats);
  assert_true(stats.full && !stats.failed);
  assert_int_equal(stats.queued_batches, seq - 1);
  assert_int_equal(journal_durable(t.story.journal), 0);
  assert_int_equal(journal_sync_wait(t.story.journal, 1, 10), BT_ERR_BUSY);
  assert_int_equal(restart(&t), 0); /* closing does not wait for room */
  story_end(&t.story);
}

static void set_file_limit(rlim_t bytes) {
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = bytes;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* No hook here: the kernel itself refuses to let the log grow. */
static void a_real_limit_is_survived_and_recovered_from(void **state) {
  (void)state;
  (void)signal(SIGXFSZ, SIG_IGN);
  struct trouble t;
  trouble_begin(&t);
  t.story.options.queue_bytes = 100000;
  assert_int_equal(story_open(&t.story), BT_ERR_OK);
  story_durable_to(&t.story, 100);
  set_file_limit(256 << 10);
  uint64_t seq = 101;
  while (failures(&t) == 0) {
    seq += story_append(&t.story, seq) == BT_ERR_OK;
  }
  assert_int_equal(t.failed.code, BT_ERR_FULL);
  assert_non_null(strstr(t.failed.text, "Make room on the disk"));
  assert_true(journal_durable(t.story.journal) < seq - 1);
  set_file_limit(RLIM_INFINITY);
  story_durable_to(&t.story, seq + 500);
  assert_int_equal(restart(&t), seq + 500);
  story_end(&t.story);
}

/* --- stopping at each point ---------------------------------------------- */

static void run_until_stopped(struct trouble *t, int pipe_fd) {
  if (story_open(&t->story) != BT_ERR_OK) {
    _exit(2);
  }
  for (uint64_t seq = 1; seq <= 2000; seq++) {
    if (story_append(&t->story, seq) != BT_ERR_OK ||
        journal_sync_wait(t->story.journal, seq, -1) != BT_ERR_OK ||
        write(pipe_fd, &seq, sizeof seq) != sizeof seq) {
      _exit(3);
    }
  }
  _exit(4); /* the point was never reached */
}

static void stop_at(enum journal_point point, unsigned nth) {
  struct trouble t;
  trouble_begin(&t);
  t.point = point;
  t.nth = nth;
  t.times = 1;
  t.stop_process = true;
  t.story.options.checkpoint_kib = 32;
  int fds[2];
  assert_int_equal(pipe(fds), 0);
  const pid_t child = fork();
  if (child == 0) {
    run_until_stopped(&t, fds[1]);
  }
  (void)close(fds[1]);
  uint64_t acknowledged = 0;
  while (read(fds[0], &acknowledged, sizeof acknowledged) > 0) {
  }
  (void)close(fds[0]);
  int status = 1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  t.durable = acknowledged;
  const uint64_t stored = restart(&t);
  assert_true(stored <= acknowledged + 1);
  assert_int_equal(stored, acknowledged + (point == JOURNAL_AFTER_COMMIT));
  story_end(&t.story);
}

static void stopping_at_any_point_loses_nothing_acknowledged(void **state) {
  (void)state;
  for (unsigned nth = 1; nth <= 21; nth += 10) {
    stop_at(JOURNAL_BEFORE_WRITE, nth);
    stop_at(JOURNAL_BEFORE_COMMIT, nth);
    stop_at(JOURNAL_AFTER_COMMIT, nth);
  }
}

/* The checkpoint comes after its group was told, so nothing is in between. */
static void stopping_before_a_checkpoint_loses_nothing(void **state) {
  (void)state;
  struct trouble t;
  trouble_begin(&t);
  t.point = JOURNAL_BEFORE_CHECKPOINT;
  t.nth = 3;
  t.times = 1;
  t.stop_process = true;
  t.story.options.checkpoint_kib = 32;
  int fds[2];
  assert_int_equal(pipe(fds), 0);
  const pid_t child = fork();
  if (child == 0) {
    run_until_stopped(&t, fds[1]);
  }
  (void)close(fds[1]);
  uint64_t acknowledged = 0;
  while (read(fds[0], &acknowledged, sizeof acknowledged) > 0) {
  }
  (void)close(fds[0]);
  assert_int_equal(waitpid(child, NULL, 0), child);
  t.durable = acknowledged;
  assert_true(acknowledged > 0);
  assert_true(restart(&t) <= acknowledged + 1);
  story_end(&t.story);
}

static void each_point_has_a_name(void **state) {
  (void)state;
  assert_string_equal(journal_point_name(JOURNAL_BEFORE_WRITE), "BEFORE_WRITE");
  assert_string_equal(journal_point_name(JOURNAL_SNAPSHOT_END), "SNAPSHOT_END");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whatever_fails_nothing_acknowledged_is_lost),
      cmocka_unit_test(reading_goes_on_after_a_failure),
      cmocka_unit_test(a_full_disk_is_waited_for),
      cmocka_unit_test(while_it_is_full_the_queue_says_so),
      cmocka_unit_test(a_real_limit_is_survived_and_recovered_from),
      cmocka_unit_test(stopping_at_any_point_loses_nothing_acknowledged),
      cmocka_unit_test(stopping_before_a_checkpoint_loses_nothing),
      cmocka_unit_test(each_point_has_a_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
