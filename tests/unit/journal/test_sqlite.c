#include "story.h"

#include <pthread.h>
#include <stdatomic.h>

static void what_was_appended_is_there_after_a_restart(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  story_write(&s, 1000);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.next, 1001);
  assert_int_equal(journal_last(s.journal), 1000);
  assert_int_equal(journal_durable(s.journal), 1000);
  assert_int_equal(s.warnings.len, 0);
  story_durable_to(&s, 1500); /* and goes on where it ended */
  story_close(&s);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.next, 1501);
  story_end(&s);
}

static void closing_writes_what_is_queued(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  story_append_to(&s, 5000);
  story_close(&s);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.next, 5001);
  story_end(&s);
}

static void a_directory_is_made_when_it_is_missing(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  assert_int_equal(rmdir(s.dir), 0);
  story_write(&s, 1);
  story_end(&s);
}

struct heard {
  struct story *story;
  _Atomic uint64_t durable;
  bool in_order;
};

static void hear_durable(void *ctx, uint64_t seq) {
  struct heard *h = ctx;
  h->in_order = h->in_order && seq > h->durable;
  h->durable = seq;
}

static void groups_form_under_load(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  struct heard heard = {.story = &s, .in_order = true};
  s.options = (struct journal_options){.centre = TEXT("acme"),
                                       .ctx = &heard,
                                       .queue_bytes = 64 << 10,
                                       .group_batches = 100,
                                       .checkpoint_kib = 64,
                                       .on_durable = hear_durable};
  assert_int_equal(story_open(&s), BT_ERR_OK);
  story_durable_to(&s, 20000);
  struct journal_stats stats;
  journal_get_stats(s.journal, &stats);
  assert_int_equal(stats.batches, 20000);
  assert_true(stats.groups >= 200 && stats.groups < 10000);
  assert_true(stats.checkpoints > 5);
  assert_true(stats.commit_p50_us > 0);
  assert_true(stats.commit_p99_us >= stats.commit_p50_us);
  assert_int_equal(stats.queued_batches, 0);
  story_close(&s);
  assert_int_equal(heard.durable, 20000);
  assert_true(heard.in_order);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.next, 20001);
  story_end(&s);
}

static void a_finished_session_is_found_after_a_restart(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  story_write(&s, 100);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  uint64_t seq = 0;
  for (uint64_t i = 10; i <= 100; i += 10) {
    assert_int_equal(journal_find_finished(s.journal, story_session(i), &seq),
                     BT_ERR_OK);
    assert_int_equal(seq, i);
  }
  assert_int_equal(journal_find_finished(s.journal, story_session(11), &seq),
                   BT_ERR_NOT_FOUND);
  story_end(&s);
}

/* --- reading beside writing ---------------------------------------------- */

struct reading {
  struct story *story;
  atomic_bool stop;
  uint64_t batches;
  enum bt_err err;
};

static enum bt_err count_batch(void *ctx, uint64_t seq, struct text bytes) {
  struct reading *r = ctx;
  char room[STORY_BYTES_MAX];
  if (!text_equal(bytes, story_bytes(seq, room))) {
    return BT_ERR_CORRUPT;
  }
  r->batches++;
  return BT_ERR_OK;
}

static void *read_all(void *arg) {
  struct reading *r = arg;
  const struct journal_sink sink = {.ctx = r, .batch = count_batch};
  enum bt_err err = BT_ERR_OK;
  while (err == BT_ERR_OK && !atomic_load(&r->stop)) {
    const uint64_t durable = journal_durable(r->story->journal);
    const uint64_t from = durable > 200 ? durable - 200 : 1;
    err = journal_read_range(r->story->journal, from, durable, &sink);
    uint64_t seq = 0;
    const uint64_t ended = durable / 10 * 10;
    if (err == BT_ERR_OK && ended > 0 &&
        (journal_find_finished(r->story->journal, story_session(ended), &seq) !=
             BT_ERR_OK ||
         seq != ended)) {
      err = BT_ERR_NOT_FOUND;
    }
  }
  r->err = err;
  return NULL;
}

static void everything_durable_can_be_read_while_more_is_written(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  s.options.checkpoint_kib = 64;
  assert_int_equal(story_open(&s), BT_ERR_OK);
  struct reading readings[2] = {{.story = &s}, {.story = &s}};
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, read_all, &readings[i]),
                     0);
  }
  for (uint64_t last = 100; last <= 10000; last += 100) {
    story_durable_to(&s, last);
  }
  for (int i = 0; i < 2; i++) {
    atomic_store(&readings[i].stop, true);
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(readings[i].err, BT_ERR_OK);
    assert_true(readings[i].batches > 0);
  }
  story_end(&s);
}

static void a_second_process_may_only_look(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  story_durable_to(&s, 50);
  struct journal *server = s.journal;

  s.journal = NULL;
  assert_int_equal(story_open(&s), BT_ERR_BUSY);
  char pid[32];
  (void)snprintf(pid, sizeof pid, "pid %ld", (long)getpid());
  assert_true(story_says(&s, pid));

  s.options.read_only = true;
  s.options.centre = (struct text){0};
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.next, 51);
  assert_true(text_equal(journal_centre(s.journal), TEXT("acme")));
  assert_int_equal(story_append(&s, 51), BT_ERR_STATE);
  assert_int_equal(journal_snapshot(s.journal, 50, TEXT("x")), BT_ERR_STATE);
  story_close(&s);
  journal_close(server);
  story_end(&s);
}

static void a_closed_journal_can_be_looked_at(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  story_write(&s, 50);
  s.options.read_only = true;
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.next, 51);
  story_end(&s);
}

static void waiting_ends_at_its_time(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  story_append_to(&s, 2000);
  const enum bt_err err = journal_sync_wait(s.journal, 2000, 0);
  assert_true(err == BT_ERR_BUSY || err == BT_ERR_OK);
  assert_int_equal(journal_sync_wait(s.journal, 2000, 60000), BT_ERR_OK);
  story_end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_appended_is_there_after_a_restart),
      cmocka_unit_test(closing_writes_what_is_queued),
      cmocka_unit_test(a_directory_is_made_when_it_is_missing),
      cmocka_unit_test(groups_form_under_load),
      cmocka_unit_test(a_finished_session_is_found_after_a_restart),
      cmocka_unit_test(everything_durable_can_be_read_while_more_is_written),
      cmocka_unit_test(a_second_process_may_only_look),
      cmocka_unit_test(a_closed_journal_can_be_looked_at),
      cmocka_unit_test(waiting_ends_at_its_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
