#include "story.h"

static const size_t MIB = 1 << 20;

static int count_rows(const struct story *s, const char *table) {
  char sql[64];
  sqlite3 *db = NULL;
  sqlite3_stmt *stmt = NULL;
  (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
  assert_int_equal(sqlite3_open(story_path(s, "journal.db"), &db), SQLITE_OK);
  assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
  const int rows = sqlite3_column_int(stmt, 0);
  (void)sqlite3_finalize(stmt);
  (void)sqlite3_close(db);
  return rows;
}

/* Batches to 300; snapshots at 100 and at 200, of 1 MiB and a bit. */
static void write_two(struct story *s) {
  assert_int_equal(story_open(s), BT_ERR_OK);
  story_append_to(s, 100);
  story_snapshot(s, 100, MIB + 17);
  story_append_to(s, 200);
  story_snapshot(s, 200, MIB + 18);
  story_durable_to(s, 300);
  story_close(s);
}

static void a_start_reads_the_newest_and_what_came_after(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  write_two(&s);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.snapshot_seq, 200);
  assert_int_equal(s.snapshot_len, MIB + 18);
  assert_int_equal(s.next, 301);
  /* the batches before it are still the history */
  const struct journal_sink sink = story_sink(&s);
  s.next = 1;
  assert_int_equal(journal_read_range(s.journal, 1, 300, &sink), BT_ERR_OK);
  assert_int_equal(s.next, 301);
  story_end(&s);
}

static void one_of_nothing_and_one_of_an_empty_journal(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  story_snapshot(&s, 0, 100);
  story_durable_to(&s, 10);
  story_snapshot(&s, 10, 0);
  story_close(&s);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.snapshot_seq, 10);
  assert_int_equal(s.snapshot_len, 0);
  story_close(&s);
  s.refuse_snapshots = 1;
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.snapshot_len, 100);
  assert_int_equal(s.next, 11);
  story_end(&s);
}

/* The newest of before this batch; 0 if there is none. */
static uint64_t snapshot_before(const struct story *s, uint64_t batch) {
  struct test_mem tm;
  struct textbuf bytes;
  uint64_t seq = 0;
  test_mem_init(&tm);
  textbuf_init(&bytes, &tm.mem);
  const enum bt_err err =
      journal_read_snapshot(s->journal, batch, &seq, &bytes);
  assert_true(err == BT_ERR_OK || err == BT_ERR_NOT_FOUND);
  if (err == BT_ERR_OK) {
    char *state = story_state(seq, bytes.len);
    assert_memory_equal(bytes.ptr, state, bytes.len);
    free(state);
  }
  textbuf_free(&bytes);
  return err == BT_ERR_OK ? seq : 0;
}

static void of_older_ones_fewer_are_kept(void **state) {
  (void)state;
  enum { STEP = 10, LAST = 640 };
  struct story s;
  story_begin(&s);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  for (uint64_t seq = STEP; seq <= LAST; seq += STEP) {
    story_append_to(&s, seq);
    story_snapshot(&s, seq, seq % 4 == 0 ? 20 : MIB + 1);
  }
  for (uint64_t batch = 1; batch <= LAST; batch++) {
    const uint64_t at = snapshot_before(&s, batch);
    const uint64_t age = LAST - at;
    assert_true(at < batch);
    assert_true(batch - at <= (age / 2 > STEP ? age / 2 : STEP));
  }
  assert_int_equal(snapshot_before(&s, LAST), LAST - STEP);
  story_close(&s);
  const int kept = count_rows(&s, "snapshot");
  assert_in_range(kept, 5, 16);
  assert_in_range(count_rows(&s, "part"), kept, 2 * kept);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.snapshot_seq, LAST);
  story_end(&s);
}

static void a_damaged_one_is_passed_over_by_readers(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  write_two(&s);
  story_sql(&s, "UPDATE snapshot SET sum = sum + 1 WHERE seq = 200");
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(snapshot_before(&s, 300), 100);
  assert_int_equal(snapshot_before(&s, 101), 100);
  assert_int_equal(snapshot_before(&s, 100), 0);
  story_end(&s);
}

static void a_damaged_one_falls_back_to_the_older(void **state) {
  (void)state;
  static const char *const damages[] = {
      "UPDATE part SET bytes = x'00' WHERE id = (SELECT max(id) FROM part)",
      "DELETE FROM part WHERE id = (SELECT max(id) - 1 FROM part)",
      "UPDATE snapshot SET sum = sum + 1 WHERE seq = 200",
      "UPDATE snapshot SET size = size + 1 WHERE seq = 200",
      "UPDATE snapshot SET parts = parts - 1 WHERE seq = 200",
      "UPDATE snapshot SET seq = 199 WHERE seq = 200",
  };
  for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
    struct story s;
    story_begin(&s);
    write_two(&s);
    story_sql(&s, damages[i]);
    assert_int_equal(story_open(&s), BT_ERR_OK);
    assert_int_equal(s.snapshot_seq, 100);
    assert_int_equal(s.next, 301);
    assert_true(story_warned(&s, "does not verify"));
    story_end(&s);
  }
}

static void without_any_the_batches_are_enough(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  write_two(&s);
  story_sql(&s, "UPDATE snapshot SET sum = 0");
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.snapshot_seq, 0);
  assert_int_equal(s.next, 301);
  story_end(&s);
}

/* Newer code that cannot read the old form starts from the batches. */
static void one_that_is_not_understood_is_passed_over(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  write_two(&s);
  s.refuse_snapshots = 1;
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.snapshot_seq, 100);
  story_close(&s);
  s.refuse_snapshots = 2;
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.snapshot_seq, 0);
  assert_int_equal(s.next, 301);
  assert_true(story_warned(&s, "in a form that this version does not read"));
  /* and writes a new one at the same place, which then counts */
  story_snapshot(&s, 300, 10);
  story_snapshot(&s, 300, 20);
  story_close(&s);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.snapshot_len, 20);
  story_end(&s);
}

static void
one_that_is_ahead_of_the_batches_means_that_they_are_lost(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  s.options.group_batches = 1;
  write_two(&s);
  story_sql(&s, "DELETE FROM journal WHERE seq > 150");
  assert_int_equal(unlink(story_path(&s, "journal.mark")), 0);
  assert_int_equal(story_open(&s), BT_ERR_CORRUPT);
  assert_true(story_says(&s, "batch 151 is missing"));
  story_end(&s);
}

static void only_one_at_a_time_is_written(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  char *bytes = story_state(0, 4 * MIB);
  const struct text text = {bytes, 4 * MIB};
  assert_int_equal(journal_snapshot(s.journal, 0, text), BT_ERR_OK);
  assert_int_equal(journal_snapshot(s.journal, 0, text), BT_ERR_BUSY);
  free(bytes);
  story_close(&s); /* ends the first */
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.snapshot_len, 4 * MIB);
  story_end(&s);
}

/* --- while it is written ------------------------------------------------- */

struct interruption {
  struct story *story;
  enum journal_point point;
  unsigned nth;
  enum bt_err err; /* BT_ERR_OK: the process ends there */
};

static enum bt_err interrupt(void *ctx, enum journal_point point) {
  struct interruption *i = ctx;
  if (point != i->point || i->nth == 0 || --i->nth > 0) {
    return BT_ERR_OK;
  }
  if (i->err == BT_ERR_OK) {
    _exit(0);
  }
  return i->err;
}

static void write_interrupted(struct story *s, struct interruption *i) {
  s->options.ctx = i;
  s->options.on_warning = NULL;
  s->options.fault = interrupt;
  if (story_open(s) == BT_ERR_OK) {
    story_durable_to(s, 300);
    story_snapshot(s, 300, 5 * MIB);
  }
  _exit(1);
}

static void a_crash_in_the_middle_leaves_the_older_and_no_rest(void **state) {
  (void)state;
  const struct interruption all[] = {{.point = JOURNAL_SNAPSHOT_PART, .nth = 1},
                                     {.point = JOURNAL_SNAPSHOT_PART, .nth = 4},
                                     {.point = JOURNAL_SNAPSHOT_END, .nth = 1}};
  for (size_t n = 0; n < sizeof all / sizeof *all; n++) {
    struct story s;
    story_begin(&s);
    write_two(&s);
    const pid_t child = fork();
    if (child == 0) {
      struct interruption i = all[n];
      write_interrupted(&s, &i);
    }
    int status = 1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(story_open(&s), BT_ERR_OK);
    assert_int_equal(s.snapshot_seq, 200);
    assert_int_equal(s.next, 301);
    story_close(&s);
    assert_int_equal(count_rows(&s, "part"), 4);
    story_end(&s);
  }
}

static void forward_warning(void *ctx, const char *sentence) {
  const struct interruption *i = ctx;
  story_warn(i->story, sentence);
}

static void a_full_disk_costs_the_snapshot_and_nothing_else(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  struct interruption i = {.story = &s,
                           .point = JOURNAL_SNAPSHOT_PART,
                           .nth = 3,
                           .err = BT_ERR_FULL};
  s.options.ctx = &i;
  s.options.on_warning = forward_warning;
  s.options.fault = interrupt;
  assert_int_equal(story_open(&s), BT_ERR_OK);
  story_append_to(&s, 100);
  char *bytes = story_state(100, 5 * MIB);
  assert_int_equal(
      journal_snapshot(s.journal, 100, (struct text){bytes, 5 * MIB}),
      BT_ERR_OK);
  free(bytes);
  story_durable_to(&s, 200);
  story_close(&s);
  assert_true(story_warned(&s, "cannot write a snapshot"));
  assert_int_equal(count_rows(&s, "part"), 0); /* the room is given back */
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.next, 201);
  story_snapshot(&s, 200, MIB); /* and the next one is as good as ever */
  story_close(&s);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.snapshot_seq, 200);
  story_end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_start_reads_the_newest_and_what_came_after),
      cmocka_unit_test(one_of_nothing_and_one_of_an_empty_journal),
      cmocka_unit_test(of_older_ones_fewer_are_kept),
      cmocka_unit_test(a_damaged_one_is_passed_over_by_readers),
      cmocka_unit_test(a_damaged_one_falls_back_to_the_older),
      cmocka_unit_test(without_any_the_batches_are_enough),
      cmocka_unit_test(one_that_is_not_understood_is_passed_over),
      cmocka_unit_test(
          one_that_is_ahead_of_the_batches_means_that_they_are_lost),
      cmocka_unit_test(only_one_at_a_time_is_written),
      cmocka_unit_test(a_crash_in_the_middle_leaves_the_older_and_no_rest),
      cmocka_unit_test(a_full_disk_costs_the_snapshot_and_nothing_else),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
