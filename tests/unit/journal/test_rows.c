/* Rows of several batches, and files from before there were any. */
#include "story.h"

enum { BATCHES = 300 };

static void assert_refused(struct story *s, enum bt_err code,
                           const char *words) {
  assert_int_equal(story_open(s), code);
  if (!story_says(s, words) || !story_says(s, s->dir)) {
    fail_msg("'%s' does not say '%s'", s->why.text, words);
  }
}

/* The journal's thread sleeps over its first group, so that all that comes
 * meanwhile lies in rows of several batches. */
static enum bt_err sleep_once(void *ctx, enum journal_point point) {
  const struct story *s = ctx;
  if (point == JOURNAL_BEFORE_WRITE && journal_durable(s->journal) == 0) {
    (void)usleep(100000);
  }
  return BT_ERR_OK;
}

static void write_rows_of_several(struct story *s, uint64_t last) {
  s->options.fault = sleep_once;
  story_write(s, last);
  s->options.fault = NULL;
}

static void a_changed_row_of_several_batches_is_named(void **state) {
  (void)state;
#define ROW "(SELECT min(seq) FROM journal WHERE first IS NOT NULL)"
  static const struct {
    const char *sql, *words;
  } changes[] = {
      {"UPDATE journal SET bytes = x'00' WHERE seq = " ROW, "does not verify"},
      {"UPDATE journal SET bytes = bytes || x'00' WHERE seq = " ROW,
       "does not verify"},
      {"UPDATE journal SET bytes = substr(bytes, 1, 900) WHERE seq = " ROW,
       "does not verify"},
      {"UPDATE journal SET chain = chain + 1 WHERE seq = " ROW,
       "does not verify"},
      {"UPDATE journal SET first = NULL WHERE seq = " ROW, "is missing"},
      {"UPDATE journal SET first = first + 1 WHERE seq = " ROW, "is missing"},
      {"UPDATE journal SET first = first - 1 WHERE seq = " ROW, "is missing"},
      {"DELETE FROM journal WHERE seq = " ROW, "is missing"},
  };
#undef ROW
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    struct story s;
    story_begin(&s);
    write_rows_of_several(&s, BATCHES);
    assert_int_equal(story_open(&s), BT_ERR_OK);
    assert_int_equal(s.next, BATCHES + 1);
    story_close(&s);
    story_sql(&s, changes[i].sql);
    assert_refused(&s, BT_ERR_CORRUPT, changes[i].words);
    story_end(&s);
  }
}

static void each_batch_of_a_row_of_several_is_read(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  write_rows_of_several(&s, BATCHES);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  struct textbuf out;
  char room[STORY_BYTES_MAX];
  textbuf_init(&out, &s.heap.mem);
  for (uint64_t seq = BATCHES; seq > 0; seq--) {
    textbuf_clear(&out);
    assert_int_equal(journal_read(s.journal, seq, &out), BT_ERR_OK);
    assert_true(text_equal(textbuf_text(&out), story_bytes(seq, room)));
  }
  textbuf_free(&out);
  story_end(&s);
}

/* A snapshot is of any batch, and a row has several. */
static void a_start_from_the_middle_of_a_row(void **state) {
  (void)state;
  for (uint64_t at = 120; at < 140; at++) {
    struct story s;
    story_begin(&s);
    s.options.fault = sleep_once;
    assert_int_equal(story_open(&s), BT_ERR_OK);
    story_append_to(&s, BATCHES);
    story_snapshot(&s, at, 1000);
    story_close(&s);
    s.options.fault = NULL;
    assert_int_equal(story_open(&s), BT_ERR_OK);
    assert_int_equal(s.snapshot_seq, at);
    assert_int_equal(s.next, BATCHES + 1);
    assert_int_equal(s.warnings.len, 0);
    story_durable_to(&s, BATCHES + 5);
    story_end(&s);
  }
}

/* As files were before rows of several batches. */
static void write_first_version(struct story *s, uint64_t last) {
  story_write_rows(s, last);
  story_sql(s, "ALTER TABLE journal DROP COLUMN first; PRAGMA user_version=1");
}

static void a_journal_of_the_first_version_goes_on(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  write_first_version(&s, 100);
  s.options.group_batches = 0;
  write_rows_of_several(&s, BATCHES);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.next, BATCHES + 1);
  story_end(&s);
}

/* An older program looks at the file's first bytes, not into the log. */
static void a_journal_that_was_renewed_says_so_at_once(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  write_first_version(&s, 100);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  unsigned char version[4];
  const int fd = open(story_path(&s, "journal.db"), O_RDONLY);
  assert_int_equal(pread(fd, version, sizeof version, 60), sizeof version);
  assert_int_equal(close(fd), 0);
  assert_int_equal(version[3], 2);
  story_end(&s);
}

static void a_journal_of_the_first_version_can_be_looked_at(void **state) {
  (void)state;
  struct story s;
  struct textbuf out;
  char room[STORY_BYTES_MAX];
  story_begin(&s);
  write_first_version(&s, 100);
  s.options.read_only = true;
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.next, 101);
  textbuf_init(&out, &s.heap.mem);
  assert_int_equal(journal_read(s.journal, 50, &out), BT_ERR_OK);
  assert_true(text_equal(textbuf_text(&out), story_bytes(50, room)));
  textbuf_free(&out);
  story_close(&s);
  s.options.read_only = false; /* and was left as it is */
  story_sql(&s, "INSERT INTO journal VALUES(101, 0, x'00')");
  assert_refused(&s, BT_ERR_CORRUPT, "batch 101 does not verify");
  story_end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_changed_row_of_several_batches_is_named),
      cmocka_unit_test(each_batch_of_a_row_of_several_is_read),
      cmocka_unit_test(a_start_from_the_middle_of_a_row),
      cmocka_unit_test(a_journal_of_the_first_version_goes_on),
      cmocka_unit_test(a_journal_that_was_renewed_says_so_at_once),
      cmocka_unit_test(a_journal_of_the_first_version_can_be_looked_at),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
