/* A log that is not kept for ever: files of a day, sealed, removed, and proved.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kept_log.h"

#define T0  INT64_C(1700000000000000)
#define DAY INT64_C(86400000000)
#define MS  INT64_C(1000)

enum { FILE_MAX = 1 << 20, KEPT_DAYS = 3, A_DAY = 5 };

static int tear_down(void **state) {
  struct place *p = *state;
  close_log(p);
  DIR *dir = opendir(p->kept.dir);
  const struct dirent *entry = NULL;
  while ((entry = readdir(dir)) != NULL) {
    (void)unlinkat(dirfd(dir), entry->d_name, 0);
  }
  (void)closedir(dir);
  kept_file_remove(&p->kept);
  free(p);
  return 0;
}

static void put(struct audit *a, int64_t at_us) {
  const struct audit_entry entry = {
      .at_us = at_us, .who = TEXT("sven"), .what = TEXT("listen"), .code = 200};
  assert_int_equal(audit_put(a, &entry), BT_ERR_OK);
}

static struct audit_retired retire(struct place *p, int64_t now_us) {
  struct audit_retired done;
  assert_int_equal(audit_retire(p->audit, now_us, KEPT_DAYS * DAY, &done),
                   BT_ERR_OK);
  return done;
}

/* So many days with five entries each, looked after at each one's end. */
static void live(struct place *p, int days) {
  for (int day = 0; day < days; day++) {
    for (int i = 0; i < A_DAY; i++) {
      put(p->audit, T0 + day * DAY + i * MS);
    }
    (void)retire(p, T0 + (day + 1) * DAY);
  }
}

static const char *segment(const struct place *p, unsigned first) {
  static char path[128];
  (void)snprintf(path, sizeof path, "%s.%012u", p->kept.path, first);
  return path;
}

static bool is_there(const char *path) {
  return access(path, F_OK) == 0;
}

static enum bt_err verify(struct place *p, const char *noted) {
  return audit_verify(&p->kept.memory.mem, p->kept.path, text_from(noted),
                      &p->report);
}

static void assert_broken(struct place *p, uint64_t line, const char *words) {
  assert_int_equal(verify(p, NULL), BT_ERR_CORRUPT);
  assert_int_equal(p->report.line, line);
  if (strstr(p->report.why, words) == NULL) {
    fail_msg("\"%s\" does not say \"%s\"", p->report.why, words);
  }
}

static size_t slurp(const char *path, char bytes[FILE_MAX]) {
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  const size_t len = fread(bytes, 1, FILE_MAX - 1, file);
  bytes[len] = '\0';
  (void)fclose(file);
  return len;
}

static void spill(const char *path, const char *bytes, size_t len) {
  (void)unlink(path);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, len, file), len);
  (void)fclose(file);
}

/* ---- sealing */

static void the_file_of_a_day_is_sealed_and_the_chain_goes_on(void **state) {
  struct place *p = *state;
  struct stat st;
  char bytes[FILE_MAX], first[256];
  live(p, 1);
  const struct audit_head before = audit_head(p->audit);
  assert_true(is_there(segment(p, 1)));
  assert_int_equal(stat(segment(p, 1), &st), 0);
  assert_int_equal(st.st_mode & 0777, 0400);
  put(p->audit, T0 + DAY);
  (void)slurp(p->kept.path, bytes);
  (void)snprintf(first, sizeof first,
                 "{\"n\":6,\"at\":\"2023-11-15T22:13:20.000Z\",\"role\":"
                 "\"system\",\"who\":\"server\",\"what\":\"auditSegment\","
                 "\"of\":\"%s\",\"digest\":",
                 before.digest);
  assert_ptr_equal(strstr(bytes, first), bytes);
  assert_int_equal(verify(p, before.digest), BT_ERR_OK);
  assert_int_equal(p->report.head.entries, 7);
  assert_int_equal(p->report.removed, 0);
}

static void what_is_younger_than_a_day_is_not_sealed(void **state) {
  struct place *p = *state;
  put(p->audit, T0);
  assert_false(retire(p, T0 + DAY - 1).sealed);
  assert_false(is_there(segment(p, 1)));
  assert_true(retire(p, T0 + DAY).sealed);
  assert_false(retire(p, T0 + 9 * DAY).sealed); /* there is nothing in it */
}

static void it_goes_on_after_a_restart(void **state) {
  struct place *p = *state;
  live(p, 1);
  close_log(p);
  open_log(p);
  assert_int_equal(audit_head(p->audit).entries, A_DAY);
  put(p->audit, T0 + DAY);
  assert_int_equal(verify(p, NULL), BT_ERR_OK);
  assert_int_equal(p->report.head.entries, A_DAY + 2);
}

/* Sealed, and then the power goes before there is another file. */
static void a_crash_while_it_is_sealed_loses_nothing(void **state) {
  struct place *p = *state;
  live(p, 1);
  close_log(p);
  assert_int_equal(unlink(p->kept.path), 0);
  open_log(p);
  put(p->audit, T0 + DAY);
  assert_int_equal(verify(p, NULL), BT_ERR_OK);
  assert_int_equal(p->report.head.entries, A_DAY + 2);
}

/* `baton account` has it open while the server seals it. */
static void another_process_follows(void **state) {
  struct place *p = *state;
  struct audit *other = NULL;
  put(p->audit, T0);
  assert_int_equal(audit_open(&p->kept.memory.mem, p->kept.path, &other),
                   BT_ERR_OK);
  assert_true(retire(p, T0 + DAY).sealed);
  put(other, T0 + DAY);
  put(p->audit, T0 + DAY);
  put(other, T0 + DAY);
  audit_close(other);
  assert_int_equal(verify(p, NULL), BT_ERR_OK);
  assert_int_equal(p->report.head.entries, 5);
}

/* ---- removing */

static void what_is_too_old_goes_and_is_written_down(void **state) {
  struct place *p = *state;
  char bytes[FILE_MAX];
  live(p, 3);
  assert_true(is_there(segment(p, 1)));
  const struct audit_retired done = retire(p, T0 + 4 * DAY + A_DAY * MS);
  assert_int_equal(done.from, 1);
  assert_int_equal(done.to,
                   11); /* … and the second with a line that opens it */
  assert_false(is_there(segment(p, 1)));
  assert_false(is_there(segment(p, 6)));
  assert_true(is_there(segment(p, 12)));
  assert_int_equal(verify(p, NULL), BT_ERR_OK);
  assert_int_equal(p->report.removed, 11);
  (void)slurp(p->kept.path, bytes);
  assert_non_null(strstr(bytes, "\"what\":\"auditRemoved\",\"of\":\"1-11 11 "));
  assert_non_null(strstr(bytes, " 2023-11-14T22:13:20.000Z "));
}

static void it_stays_provable_for_a_year(void **state) {
  struct place *p = *state;
  for (int day = 0; day < 365; day++) {
    put(p->audit, T0 + day * DAY);
    (void)retire(p, T0 + day * DAY + DAY);
    assert_int_equal(verify(p, NULL), BT_ERR_OK);
  }
  assert_true(p->report.removed > 300);
}

/* Written down, and then the power goes before anything is gone. */
static void a_crash_before_they_are_gone_is_made_good(void **state) {
  struct place *p = *state;
  static char first[FILE_MAX], second[FILE_MAX];
  live(p, 3);
  const size_t first_len = slurp(segment(p, 1), first);
  const size_t second_len = slurp(segment(p, 6), second);
  (void)retire(p, T0 + 4 * DAY + A_DAY * MS);
  spill(segment(p, 6), second, second_len); /* the first of two was gone */
  assert_int_equal(verify(p, NULL), BT_ERR_CORRUPT);
  spill(segment(p, 1), first, first_len); /* none was */
  assert_int_equal(verify(p, NULL), BT_ERR_OK);
  assert_int_equal(retire(p, T0 + 4 * DAY + A_DAY * MS).to, 11);
  assert_false(is_there(segment(p, 1)));
  assert_int_equal(verify(p, NULL), BT_ERR_OK);
}

static void a_head_that_was_noted_may_be_the_last_that_went(void **state) {
  struct place *p = *state;
  live(p, 1);
  const struct audit_head early = audit_head(p->audit);
  for (int day = 1; day < 3; day++) {
    put(p->audit, T0 + day * DAY);
    (void)retire(p, T0 + (day + 1) * DAY);
  }
  assert_int_equal(retire(p, T0 + 3 * DAY + A_DAY * MS).to, A_DAY);
  assert_int_equal(verify(p, early.digest), BT_ERR_OK);
  (void)retire(p, T0 + 9 * DAY);
  assert_int_equal(verify(p, NULL), BT_ERR_OK);
  assert_int_equal(verify(p, early.digest), BT_ERR_CORRUPT);
  assert_non_null(strstr(p->report.why, "removed by their age"));
}

/* ---- what somebody else removes or changes */

static void a_file_that_nobody_wrote_down_is_missed(void **state) {
  struct place *p = *state;
  live(p, 3);
  put(p->audit, T0 + 3 * DAY);
  assert_int_equal(unlink(segment(p, 1)), 0);
  assert_broken(p, 0, "entries 1 to 5 are missing");
}

static void a_file_from_the_middle_is_missed(void **state) {
  struct place *p = *state;
  live(p, 3);
  put(p->audit, T0 + 3 * DAY);
  assert_int_equal(unlink(segment(p, 6)), 0);
  assert_broken(p, 6, "another number");
}

static void a_further_file_than_was_written_down_is_missed(void **state) {
  struct place *p = *state;
  live(p, 3);
  (void)retire(p, T0 + 4 * DAY + A_DAY * MS);
  assert_int_equal(unlink(segment(p, 12)), 0);
  assert_broken(p, 0, "entries 1 to 17 are missing");
}

static void a_changed_byte_of_a_sealed_file_is_noticed_there(void **state) {
  struct place *p = *state;
  char bytes[FILE_MAX];
  live(p, 3);
  const size_t len = slurp(segment(p, 6), bytes);
  for (size_t i = 0; i < len; i += 7) {
    bytes[i] ^= 1;
    spill(segment(p, 6), bytes, len);
    assert_int_equal(verify(p, NULL), BT_ERR_CORRUPT);
    assert_non_null(strstr(p->report.why, "audit.log.000000000006"));
    bytes[i] ^= 1;
  }
}

/* ---- reading */

struct found {
  uint64_t numbers[200];
  size_t count, enough;
};

static bool on_found(void *ctx, uint64_t number, struct text line) {
  struct found *f = ctx;
  (void)line;
  f->numbers[f->count++] = number;
  return f->count < f->enough;
}

static void the_newest_come_first_over_all_files(void **state) {
  struct place *p = *state;
  struct audit_query q = {.to_us = INT64_MAX, .before = UINT64_MAX};
  live(p, 3);
  put(p->audit, T0 + 3 * DAY);
  uint64_t next = audit_head(p->audit).entries;
  while (next > 0) {
    struct found f = {.enough = 4};
    assert_int_equal(
        audit_find(&p->kept.memory.mem, p->kept.path, &q, on_found, &f),
        BT_ERR_OK);
    assert_int_equal(f.count, next < 4 ? next : 4);
    for (size_t i = 0; i < f.count; i++) {
      assert_int_equal(f.numbers[i], next--);
    }
    q.before = next + 1;
  }
}

static void what_lies_beside_it_is_no_part_of_it(void **state) {
  struct place *p = *state;
  char path[128];
  live(p, 2);
  (void)snprintf(path, sizeof path, "%s.1.gz", p->kept.path);
  spill(path, "x", 1);
  (void)snprintf(path, sizeof path, "%s.00000000000x", p->kept.path);
  spill(path, "x", 1);
  assert_int_equal(verify(p, NULL), BT_ERR_OK);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(the_file_of_a_day_is_sealed_and_the_chain_goes_on),
      TEST(what_is_younger_than_a_day_is_not_sealed),
      TEST(it_goes_on_after_a_restart),
      TEST(a_crash_while_it_is_sealed_loses_nothing),
      TEST(another_process_follows),
      TEST(what_is_too_old_goes_and_is_written_down),
      TEST(it_stays_provable_for_a_year),
      TEST(a_crash_before_they_are_gone_is_made_good),
      TEST(a_head_that_was_noted_may_be_the_last_that_went),
      TEST(a_file_that_nobody_wrote_down_is_missed),
      TEST(a_file_from_the_middle_is_missed),
      TEST(a_further_file_than_was_written_down_is_missed),
      TEST(a_changed_byte_of_a_sealed_file_is_noticed_there),
      TEST(the_newest_come_first_over_all_files),
      TEST(what_lies_beside_it_is_no_part_of_it),
  };
#undef TEST
  return cmocka_run_group_tests(tests, NULL, NULL);
}
