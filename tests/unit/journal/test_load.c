/* What happens to a journal between two starts, and what the second one says.
 * Each damage is made to real files. */
#include "story.h"

enum { BATCHES = 300, MANY_BATCHES = 600, FLIPS = 60 };

static long file_size(const struct story *s, const char *name) {
  struct stat st;
  assert_int_equal(stat(story_path(s, name), &st), 0);
  return (long)st.st_size;
}

static void cut_file(const struct story *s, const char *name, long size) {
  assert_int_equal(truncate(story_path(s, name), size), 0);
}

static void flip_byte(const struct story *s, const char *name, long at) {
  const int fd = open(story_path(s, name), O_RDWR);
  char byte;
  assert_int_equal(pread(fd, &byte, 1, at), 1);
  byte = (char)~byte;
  assert_int_equal(pwrite(fd, &byte, 1, at), 1);
  assert_int_equal(close(fd), 0);
}

static void write_file(const struct story *s, const char *name,
                       const char *content) {
  FILE *f = fopen(story_path(s, name), "w");
  assert_non_null(f);
  assert_true(fputs(content, f) >= 0);
  assert_int_equal(fclose(f), 0);
}

static void copy_file(const struct story *s, const char *from, const char *to) {
  char bytes[4096];
  const int in = open(story_path(s, from), O_RDONLY);
  const int out = open(story_path(s, to), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  assert_true(in >= 0 && out >= 0);
  ssize_t n;
  while ((n = read(in, bytes, sizeof bytes)) > 0) {
    assert_int_equal(write(out, bytes, (size_t)n), n);
  }
  (void)close(in);
  (void)close(out);
}

static void remove_file(const struct story *s, const char *name) {
  assert_int_equal(unlink(story_path(s, name)), 0);
}

static void assert_refused(struct story *s, enum bt_err code,
                           const char *words) {
  assert_int_equal(story_open(s), code);
  if (!story_says(s, words) || !story_says(s, s->dir)) {
    fail_msg("'%s' does not say '%s'", s->why.text, words);
  }
}

/* --- crashes that are nobody's fault ------------------------------------- */

static void a_crash_loses_nothing_durable(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  story_crash(&s, BATCHES);
  assert_true(file_size(&s, "journal.db-wal") > 0);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.next, BATCHES + 1);
  story_end(&s);
}

/* It may lie in the system's memory alone, and counts as clean there when a
 * sync failed: then the log goes with the power, and with it what came behind.
 */
static void what_a_start_has_read_no_longer_needs_the_log(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  story_crash(&s, BATCHES);
  assert_true(file_size(&s, "journal.db-wal") > 0);
  story_crash(&s, BATCHES); /* starts, does nothing, and is gone */
  assert_int_equal(file_size(&s, "journal.db-wal"), 0);
  remove_file(&s, "journal.db-wal");
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.next, BATCHES + 1);
  story_end(&s);
}

static void a_log_that_somebody_reads_is_left_and_told_of(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  story_crash(&s, BATCHES);
  sqlite3 *db = NULL;
  assert_int_equal(sqlite3_open(story_path(&s, "journal.db"), &db), SQLITE_OK);
  assert_int_equal(
      sqlite3_exec(db, "BEGIN; SELECT count(*) FROM journal", NULL, NULL, NULL),
      SQLITE_OK);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_true(story_warned(&s, "could not be folded"));
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
  story_end(&s);
}

/* What the crash cut was never acknowledged: half a frame at the end. */
static void half_a_commit_at_the_end_of_the_log_is_no_damage(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  story_crash(&s, BATCHES);
  const int fd = open(story_path(&s, "journal.db-wal"), O_WRONLY | O_APPEND);
  assert_int_equal(write(fd, "half a frame", 12), 12);
  assert_int_equal(close(fd), 0);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.next, BATCHES + 1);
  story_end(&s);
}

static void a_crash_while_it_was_made_leaves_nothing_behind(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  write_file(&s, "journal.lock", "");
  write_file(&s, "journal.db.new", "half");
  write_file(&s, "journal.db.new-journal", "half");
  story_write(&s, 5);
  assert_int_equal(access(story_path(&s, "journal.db.new-journal"), F_OK), -1);
  story_end(&s);
}

/* A mark that was made and not yet written when the power went. */
static void an_empty_mark_is_a_missing_one(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  story_write(&s, 5);
  write_file(&s, "journal.mark", "");
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_true(story_warned(&s, "journal.mark is missing"));
  story_end(&s);
}

/* --- the log ------------------------------------------------------------- */

static void a_deleted_log_is_noticed(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  story_crash(&s, BATCHES);
  remove_file(&s, "journal.db-wal");
  assert_refused(&s, BT_ERR_CORRUPT, "batches up to 300 were acknowledged");
  assert_refused(&s, BT_ERR_CORRUPT, "journal.db-wal"); /* still, on retry */
  /* the cure that the message names */
  remove_file(&s, "journal.mark");
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_true(s.next <= BATCHES);
  story_end(&s);
}

static void a_cut_log_is_noticed(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  story_crash(&s, BATCHES);
  cut_file(&s, "journal.db-wal", file_size(&s, "journal.db-wal") / 2);
  assert_refused(&s, BT_ERR_CORRUPT, "batches up to 300 were acknowledged");
  story_end(&s);
}

static void a_flipped_byte_in_the_log_is_noticed(void **state) {
  (void)state;
  for (long part = 1; part < 8; part++) {
    struct story s;
    story_begin(&s);
    story_crash(&s, BATCHES);
    flip_byte(&s, "journal.db-wal", file_size(&s, "journal.db-wal") * part / 8);
    const enum bt_err err = story_open(&s);
    /* bytes beyond the last commit are of an older round of the log */
    assert_true(err == BT_ERR_CORRUPT || s.next == BATCHES + 1);
    story_end(&s);
  }
}

/* --- the file ------------------------------------------------------------ */

static void an_older_copy_of_the_file_is_noticed(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  story_write(&s, 100);
  copy_file(&s, "journal.db", "copy");
  story_write(&s, 200);
  copy_file(&s, "copy", "journal.db");
  assert_refused(&s, BT_ERR_CORRUPT, "ends with batch 100");
  story_end(&s);
}

static void a_cut_file_is_noticed_wherever_it_is_cut(void **state) {
  (void)state;
  static const long kept_percent[] = {0, 1, 20, 50, 90, 99};
  for (size_t i = 0; i < sizeof kept_percent / sizeof *kept_percent; i++) {
    struct story s;
    story_begin(&s);
    story_write(&s, BATCHES);
    const long size = file_size(&s, "journal.db");
    cut_file(&s, "journal.db", size * kept_percent[i] / 100);
    assert_refused(&s, BT_ERR_CORRUPT, i == 0 ? "is empty" : "cut off");
    assert_int_equal(file_size(&s, "journal.db"), size * kept_percent[i] / 100);
    story_end(&s);
  }
}

static void a_cut_file_beside_a_log_is_noticed(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  s.options.checkpoint_kib = 16;
  story_crash(&s, MANY_BATCHES);
  assert_true(file_size(&s, "journal.db-wal") > 0);
  cut_file(&s, "journal.db", 12288);
  assert_int_equal(story_open(&s), BT_ERR_CORRUPT);
  assert_true(story_says(&s, "backup") || story_says(&s, "acknowledged"));
  story_end(&s);
}

/* Anything may be hit; then the start fails, or what was hit holds no batch
 * and all of them are still right (the reader compares each byte). */
static void a_flipped_byte_anywhere_never_changes_a_batch(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  story_write(&s, BATCHES);
  copy_file(&s, "journal.db", "whole");
  copy_file(&s, "journal.mark", "mark");
  struct rand r;
  rand_seed(&r, 1);
  unsigned noticed = 0;
  for (int i = 0; i < FLIPS; i++) {
    const long size = file_size(&s, "journal.db");
    const long at = (long)rand_below(&r, (uint64_t)size);
    flip_byte(&s, "journal.db", at);
    const enum bt_err err = story_open(&s);
    noticed += err != BT_ERR_OK;
    if (err == BT_ERR_OK) {
      assert_int_equal(s.next, BATCHES + 1);
    } else {
      assert_true(err == BT_ERR_CORRUPT || err == BT_ERR_FOREIGN);
    }
    story_close(&s);
    (void)unlink(story_path(&s, "journal.db-wal"));
    (void)unlink(story_path(&s, "journal.db-shm"));
    copy_file(&s, "whole", "journal.db");
    copy_file(&s, "mark", "journal.mark");
  }
  assert_true(noticed > FLIPS / 2);
  story_end(&s);
}

/* Changes that SQLite itself finds nothing wrong with. */
static void a_changed_row_is_named(void **state) {
  (void)state;
  static const struct {
    const char *sql, *words;
  } changes[] = {
      {"UPDATE journal SET bytes = x'00' WHERE seq = 77",
       "batch 77 does not verify"},
      {"UPDATE journal SET bytes = (SELECT bytes FROM journal WHERE seq = 5), chain = (SELECT chain FROM journal WHERE seq = 5) WHERE seq = 77",
       "batch 77 does not verify"},
      {"UPDATE journal SET chain = chain + 1 WHERE seq = 300",
       "two different journals"},
      {"DELETE FROM journal WHERE seq = 77", "batch 77 is missing"},
      {"DELETE FROM journal WHERE seq = 1", "batch 1 is missing"},
      {"DELETE FROM journal WHERE seq = 300", "ends with batch 299"},
      {"DELETE FROM journal", "ends with batch 0"},
      {"UPDATE journal SET seq = 400 WHERE seq = 77", "batch 77 is missing"},
      {"INSERT INTO journal VALUES(301, 0, NULL, x'00')",
       "batch 301 does not verify"},
      {"UPDATE journal SET seq = -1 WHERE seq = 1", "batch 1 is missing"},
  };
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    struct story s;
    story_begin(&s);
    story_write_rows(&s, BATCHES);
    story_sql(&s, changes[i].sql);
    assert_refused(&s, BT_ERR_CORRUPT, changes[i].words);
    story_end(&s);
  }
}

static void a_batch_that_is_damaged_later_is_not_read(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  s.options.group_batches = 1;
  assert_int_equal(story_open(&s), BT_ERR_OK);
  story_durable_to(&s, 100);
  story_sql(&s, "UPDATE journal SET bytes = x'00' WHERE seq = 50");
  struct textbuf out;
  textbuf_init(&out, &s.heap.mem);
  assert_int_equal(journal_read(s.journal, 49, &out), BT_ERR_OK);
  textbuf_clear(&out);
  assert_int_equal(journal_read(s.journal, 50, &out), BT_ERR_CORRUPT);
  assert_int_equal(out.len, 0);
  textbuf_free(&out);
  story_end(&s);
}

static void a_lost_table_is_noticed(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  story_write(&s, 5);
  story_sql(&s, "DROP TABLE finished");
  assert_refused(&s, BT_ERR_CORRUPT, "backup");
  story_end(&s);
}

static void a_mark_that_is_nonsense_is_noticed(void **state) {
  (void)state;
  static const char *const marks[] = {
      "nonsense", "baton mark 1 seq 5 chain 7\n",
      "baton mark 1 seq 00000000000000000005 chain 0000000000000007\nmore"};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    struct story s;
    story_begin(&s);
    story_write(&s, 5);
    write_file(&s, "journal.mark", marks[i]);
    assert_refused(&s, BT_ERR_CORRUPT, "remove this file");
    story_end(&s);
  }
}

/* --- other people's files ------------------------------------------------ */

static void files_of_others_are_left_alone(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  write_file(&s, "thesis.txt", "three years of work");
  assert_refused(&s, BT_ERR_FOREIGN, "it holds 'thesis.txt'");
  assert_int_equal(access(story_path(&s, "journal.db"), F_OK), -1);
  story_end(&s);
}

static void a_file_that_is_no_database_is_refused(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  char text[201];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  write_file(&s, "journal.db", text);
  assert_refused(&s, BT_ERR_FOREIGN, "is not a journal");
  write_file(&s, "journal.db", "");
  assert_refused(&s, BT_ERR_CORRUPT, "is empty");
  assert_int_equal(file_size(&s, "journal.db"), 0);
  story_end(&s);
}

static void a_database_of_another_program_is_refused(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  story_sql(&s, "PRAGMA application_id=12345; CREATE TABLE journal(a)");
  assert_refused(&s, BT_ERR_FOREIGN, "another program (application id 12345");
  story_end(&s);
}

static void a_newer_format_is_refused(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  story_write(&s, 5);
  story_sql(&s, "PRAGMA user_version=3");
  assert_refused(&s, BT_ERR_FOREIGN,
                 "format 3, and this program knows up to 2");
  story_end(&s);
}

static void another_page_size_is_refused(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  story_write(&s, 5);
  story_sql(&s, "PRAGMA journal_mode=DELETE; PRAGMA page_size=8192; VACUUM");
  assert_refused(&s, BT_ERR_CORRUPT, "pages of 8192 bytes");
  story_end(&s);
}

static void the_journal_of_another_centre_is_refused(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  story_write(&s, 5);
  s.options.centre = TEXT("globex");
  assert_refused(&s, BT_ERR_FOREIGN, "centre 'acme', not of 'globex'");
  s.options.centre = (struct text){0};
  assert_refused(&s, BT_ERR_FOREIGN, "centre 'acme', not of ''");
  story_end(&s);
}

/* Same name, same numbers, other history. */
static void the_mark_of_another_journal_is_noticed(void **state) {
  (void)state;
  struct story s;
  struct story other;
  story_begin(&s);
  story_begin(&other);
  story_write(&s, 5);
  story_write(&other, 5);
  char mark[128] = {0};
  const int fd = open(story_path(&other, "journal.mark"), O_RDONLY);
  assert_true(read(fd, mark, sizeof mark - 1) > 0);
  assert_int_equal(close(fd), 0);
  write_file(&s, "journal.mark", mark);
  assert_refused(&s, BT_ERR_CORRUPT, "two different journals");
  story_end(&other);
  story_end(&s);
}

static void a_missing_file_beside_its_parts_is_no_new_journal(void **state) {
  (void)state;
  static const char *const parts[] = {"journal.mark", "journal.db-wal",
                                      "journal.db-shm"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    struct story s;
    story_begin(&s);
    write_file(&s, parts[i], "what is left");
    assert_refused(&s, BT_ERR_CORRUPT, parts[i]);
    assert_int_equal(access(story_path(&s, "journal.db"), F_OK), -1);
    story_end(&s);
  }
}

static void set_dir(struct story *s, const char *dir) {
  const int len = snprintf(s->dir, sizeof s->dir, "%s", dir);
  assert_true(len < (int)sizeof s->dir);
}

static void a_path_that_cannot_be_a_journal_is_refused(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  s.options.read_only = true;
  assert_refused(&s, BT_ERR_NOT_FOUND, "holds no journal");
  write_file(&s, "file", "");

  struct story lost = s;
  set_dir(&lost, story_path(&s, "no/such"));
  assert_refused(&lost, BT_ERR_NOT_FOUND, "No such file");
  lost.options.read_only = false;
  assert_refused(&lost, BT_ERR_IO, "cannot make the directory");
  set_dir(&lost, story_path(&s, "file"));
  assert_refused(&lost, BT_ERR_FOREIGN, "is not a directory");
  lost.dir[0] = '\0';
  assert_refused(&lost, BT_ERR_RANGE, "must have a name");
  story_end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_crash_loses_nothing_durable),
      cmocka_unit_test(what_a_start_has_read_no_longer_needs_the_log),
      cmocka_unit_test(a_log_that_somebody_reads_is_left_and_told_of),
      cmocka_unit_test(half_a_commit_at_the_end_of_the_log_is_no_damage),
      cmocka_unit_test(a_crash_while_it_was_made_leaves_nothing_behind),
      cmocka_unit_test(an_empty_mark_is_a_missing_one),
      cmocka_unit_test(a_deleted_log_is_noticed),
      cmocka_unit_test(a_cut_log_is_noticed),
      cmocka_unit_test(a_flipped_byte_in_the_log_is_noticed),
      cmocka_unit_test(an_older_copy_of_the_file_is_noticed),
      cmocka_unit_test(a_cut_file_is_noticed_wherever_it_is_cut),
      cmocka_unit_test(a_cut_file_beside_a_log_is_noticed),
      cmocka_unit_test(a_flipped_byte_anywhere_never_changes_a_batch),
      cmocka_unit_test(a_changed_row_is_named),
      cmocka_unit_test(a_batch_that_is_damaged_later_is_not_read),
      cmocka_unit_test(a_lost_table_is_noticed),
      cmocka_unit_test(a_mark_that_is_nonsense_is_noticed),
      cmocka_unit_test(files_of_others_are_left_alone),
      cmocka_unit_test(a_file_that_is_no_database_is_refused),
      cmocka_unit_test(a_database_of_another_program_is_refused),
      cmocka_unit_test(a_newer_format_is_refused),
      cmocka_unit_test(another_page_size_is_refused),
      cmocka_unit_test(the_journal_of_another_centre_is_refused),
      cmocka_unit_test(the_mark_of_another_journal_is_noticed),
      cmocka_unit_test(a_missing_file_beside_its_parts_is_no_new_journal),
      cmocka_unit_test(a_path_that_cannot_be_a_journal_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
