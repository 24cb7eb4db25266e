/* The log to which is only added: what it holds, and what it notices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "kept_log.h"

#define T0     INT64_C(1700000000000000)
#define SECOND INT64_C(1000000)

enum { FILE_MAX = 1 << 20 };

static int tear_down(void **state) {
  struct place *p = *state;
  close_log(p);
  kept_file_remove(&p->kept);
  free(p);
  return 0;
}

static enum bt_err put(struct place *p, const char *who, const char *what,
                       int second) {
  const struct audit_entry entry = {.at_us = T0 + second * SECOND,
                                    .role = TEXT("supervisor"),
                                    .who = text_from(who),
                                    .what = text_from(what),
                                    .of = TEXT("0192f0c1"),
                                    .from = TEXT("192.0.2.7"),
                                    .code = 200};
  return audit_put(p->audit, &entry);
}

/* Sven listens, reads, and so on: so many entries. */
static void fill(struct place *p, int count) {
  for (int i = 0; i < count; i++) {
    assert_int_equal(put(p, i % 3 == 0 ? "mara" : "sven",
                         i % 2 == 0 ? "listen" : "readTranscript", i),
                     BT_ERR_OK);
  }
}

static size_t slurp(const struct place *p, char bytes[FILE_MAX]) {
  FILE *file = fopen(p->kept.path, "r");
  assert_non_null(file);
  const size_t len = fread(bytes, 1, FILE_MAX - 1, file);
  bytes[len] = '\0';
  (void)fclose(file);
  return len;
}

static void spill(const struct place *p, const char *bytes, size_t len) {
  FILE *file = fopen(p->kept.path, "w");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, len, file), len);
  (void)fclose(file);
}

static enum bt_err verify(const struct place *p, const char *noted,
                          struct audit_report *out) {
  return audit_verify(&p->kept.memory.mem, p->kept.path, text_from(noted), out);
}

static void what_was_added_fits(void **state) {
  struct place *p = *state;
  struct audit_report report;
  fill(p, 20);
  assert_int_equal(audit_sync(p->audit), BT_ERR_OK);
  assert_int_equal(verify(p, NULL, &report), BT_ERR_OK);
  assert_int_equal(report.head.entries, 20);
  assert_string_equal(report.head.digest, audit_head(p->audit).digest);
}

static void an_entry_tells_who_did_what_to_whom_from_where(void **state) {
  struct place *p = *state;
  char bytes[FILE_MAX];
  fill(p, 1);
  (void)slurp(p, bytes);
  assert_ptr_equal(
      strstr(bytes, "{\"n\":1,\"at\":\"2023-11-14T22:13:20.000Z\",\"role\":"
                    "\"supervisor\",\"who\":\"mara\",\"what\":\"listen\","
                    "\"of\":\"0192f0c1\",\"from\":\"192.0.2.7\",\"code\":200,"
                    "\"digest\":\""),
      bytes);
}

/* Whoever has only sha256sum can see whether a line fits, too. */
static void the_digest_is_of_the_digest_before_and_the_line(void **state) {
  struct place *p = *state;
  char bytes[FILE_MAX], both[FILE_MAX], hex[AUDIT_DIGEST + 1] = "";
  uint8_t sum[DIGEST_SHA256_SIZE];
  fill(p, 1);
  (void)slurp(p, bytes);
  char *digest = strstr(bytes, "\"digest\":\"");
  const int len =
      snprintf(both, sizeof both, "%064d%.*s", 0, (int)(digest - bytes), bytes);
  digest_sha256((struct text){both, (size_t)len}, sum);
  hex_write(sum, sizeof sum, hex);
  assert_memory_equal(digest + strlen("\"digest\":\""), hex, AUDIT_DIGEST);
}

/* Every byte of a small log, one after the other. */
static void a_changed_byte_is_noticed(void **state) {
  struct place *p = *state;
  char bytes[FILE_MAX];
  struct audit_report report;
  fill(p, 4);
  const size_t len = slurp(p, bytes);
  for (size_t i = 0; i < len; i++) {
    bytes[i] ^= 1;
    spill(p, bytes, len);
    assert_int_equal(verify(p, audit_head(p->audit).digest, &report),
                     BT_ERR_CORRUPT);
    bytes[i] ^= 1;
  }
  spill(p, bytes, len);
  assert_int_equal(verify(p, NULL, &report), BT_ERR_OK);
}

/* The beginnings of the lines of a log of four. */
static void find_lines(char *bytes, char *lines[5]) {
  lines[0] = bytes;
  for (int i = 1; i < 5; i++) {
    lines[i] = strchr(lines[i - 1], '\n') + 1;
  }
}

static void an_entry_taken_out_is_noticed_where_it_was(void **state) {
  struct place *p = *state;
  char bytes[FILE_MAX], *lines[5];
  struct audit_report report;
  fill(p, 4);
  (void)slurp(p, bytes);
  find_lines(bytes, lines);
  memmove(lines[1], lines[2], strlen(lines[2]) + 1);
  spill(p, bytes, strlen(bytes));
  assert_int_equal(verify(p, NULL, &report), BT_ERR_CORRUPT);
  assert_int_equal(report.line, 2);
  assert_non_null(strstr(report.why, "taken out"));
}

static void entries_in_another_order_are_noticed(void **state) {
  struct place *p = *state;
  char bytes[FILE_MAX], moved[FILE_MAX], *lines[5];
  struct audit_report report;
  fill(p, 4);
  (void)slurp(p, bytes);
  find_lines(bytes, lines);
  const int len =
      snprintf(moved, sizeof moved, "%.*s%.*s%.*s%s",
               (int)(lines[1] - lines[0]), lines[0], (int)(lines[3] - lines[2]),
               lines[2], (int)(lines[2] - lines[1]), lines[1], lines[3]);
  spill(p, moved, (size_t)len);
  assert_int_equal(verify(p, NULL, &report), BT_ERR_CORRUPT);
  assert_int_equal(report.line, 2);
}

/* A shorter log fits in itself: only the head that was noted tells. */
static void a_cut_end_is_noticed_by_the_head_that_was_noted(void **state) {
  struct place *p = *state;
  char bytes[FILE_MAX], *lines[5];
  struct audit_report report;
  fill(p, 4);
  const struct audit_head noted = audit_head(p->audit);
  (void)slurp(p, bytes);
  find_lines(bytes, lines);
  spill(p, bytes, (size_t)(lines[3] - bytes));
  assert_int_equal(verify(p, NULL, &report), BT_ERR_OK);
  assert_int_equal(report.head.entries, 3);
  assert_int_equal(verify(p, noted.digest, &report), BT_ERR_CORRUPT);
  assert_int_equal(report.line, 0);
  assert_non_null(strstr(report.why, "cut"));
}

static void a_head_that_was_noted_long_ago_is_still_there(void **state) {
  struct place *p = *state;
  struct audit_report report;
  fill(p, 2);
  const struct audit_head noted = audit_head(p->audit);
  fill(p, 2);
  assert_int_equal(verify(p, noted.digest, &report), BT_ERR_OK);
}

/* The server has it open, and somebody makes it shorter. */
static void nothing_is_added_to_a_log_that_got_shorter(void **state) {
  struct place *p = *state;
  fill(p, 4);
  spill(p, "", 0);
  assert_int_equal(put(p, "sven", "listen", 9), BT_ERR_CORRUPT);
}

static void it_goes_on_after_a_restart(void **state) {
  struct place *p = *state;
  struct audit_report report;
  fill(p, 3);
  close_log(p);
  open_log(p);
  fill(p, 3);
  assert_int_equal(verify(p, NULL, &report), BT_ERR_OK);
  assert_int_equal(report.head.entries, 6);
}

static void half_a_line_of_a_crash_goes(void **state) {
  struct place *p = *state;
  char bytes[FILE_MAX];
  struct audit_report report;
  fill(p, 3);
  close_log(p);
  const size_t len = slurp(p, bytes);
  spill(p, bytes, len - 40);
  assert_int_equal(verify(p, NULL, &report), BT_ERR_CORRUPT);
  open_log(p);
  fill(p, 1);
  assert_int_equal(verify(p, NULL, &report), BT_ERR_OK);
  assert_int_equal(report.head.entries, 3);
}

/* `baton account` beside a running server. */
static void two_processes_write_one_chain(void **state) {
  struct place *p = *state;
  struct place other = *p;
  struct audit_report report;
  assert_int_equal(audit_open(&p->kept.memory.mem, p->kept.path, &other.audit),
                   BT_ERR_OK);
  for (int i = 0; i < 10; i++) {
    fill(p, 1);
    fill(&other, 2);
  }
  close_log(&other);
  assert_int_equal(verify(p, NULL, &report), BT_ERR_OK);
  assert_int_equal(report.head.entries, 30);
}

static void a_long_text_is_cut_at_a_character(void **state) {
  struct place *p = *state;
  char name[600];
  char bytes[FILE_MAX];
  struct audit_report report;
  memset(name, '\x01', sizeof name);
  for (size_t i = 1; i + 2 < sizeof name; i += 2) {
    memcpy(name + i, "ü", 2);
  }
  name[sizeof name - 1] = '\0';
  assert_int_equal(put(p, name, name, 0), BT_ERR_OK);
  (void)slurp(p, bytes);
  assert_null(strstr(bytes, "\xEF\xBF\xBD")); /* U+FFFD */
  assert_int_equal(verify(p, NULL, &report), BT_ERR_OK);
}

/* ---- finding */

struct found {
  uint64_t numbers[2000];
  size_t count, enough;
};

static bool on_found(void *ctx, uint64_t number, struct text line) {
  struct found *f = ctx;
  assert_true(text_starts(line, TEXT("{\"n\":")));
  assert_true(text_ends(line, TEXT("\"}")));
  f->numbers[f->count++] = number;
  return f->count < f->enough;
}

static struct audit_query all(void) {
  return (struct audit_query){.to_us = INT64_MAX, .before = UINT64_MAX};
}

static struct found find(struct place *p, const struct audit_query *q,
                         size_t enough) {
  struct found f = {.enough = enough};
  assert_int_equal(
      audit_find(&p->kept.memory.mem, p->kept.path, q, on_found, &f),
      BT_ERR_OK);
  return f;
}

static void the_newest_come_first_page_by_page(void **state) {
  struct place *p = *state;
  struct audit_query q = all();
  uint64_t next = 1000;
  fill(p, 1000); /* several blocks */
  for (int page = 0; page < 10; page++) {
    const struct found f = find(p, &q, 100);
    assert_int_equal(f.count, 100);
    for (size_t i = 0; i < f.count; i++) {
      assert_int_equal(f.numbers[i], next--);
    }
    q.before = f.numbers[99];
  }
  assert_int_equal(find(p, &q, 100).count, 0);
}

static void they_are_found_by_who_what_and_when(void **state) {
  struct place *p = *state;
  struct audit_query q = all();
  fill(p, 12);
  q.who = TEXT("mara");
  assert_int_equal(find(p, &q, 100).count, 4);
  q.what = TEXT("listen");
  assert_int_equal(find(p, &q, 100).count, 2);
  q.from_us = T0 + 1 * SECOND;
  q.to_us = T0 + 7 * SECOND;
  const struct found f = find(p, &q, 100);
  assert_int_equal(f.count, 1);
  assert_int_equal(f.numbers[0], 7);
}

static void an_empty_log_has_nothing(void **state) {
  struct place *p = *state;
  struct audit_query q = all();
  struct audit_report report;
  assert_int_equal(find(p, &q, 100).count, 0);
  assert_int_equal(verify(p, NULL, &report), BT_ERR_OK);
  assert_int_equal(report.head.entries, 0);
}

static void a_log_that_is_not_there_is_told(void **state) {
  struct place *p = *state;
  struct audit_report report;
  assert_int_equal(
      audit_verify(&p->kept.memory.mem, "audit.nowhere", TEXT(""), &report),
      BT_ERR_NOT_FOUND);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(what_was_added_fits),
      TEST(an_entry_tells_who_did_what_to_whom_from_where),
      TEST(the_digest_is_of_the_digest_before_and_the_line),
      TEST(a_changed_byte_is_noticed),
      TEST(an_entry_taken_out_is_noticed_where_it_was),
      TEST(entries_in_another_order_are_noticed),
      TEST(a_cut_end_is_noticed_by_the_head_that_was_noted),
      TEST(a_head_that_was_noted_long_ago_is_still_there),
      TEST(nothing_is_added_to_a_log_that_got_shorter),
      TEST(it_goes_on_after_a_restart),
      TEST(half_a_line_of_a_crash_goes),
      TEST(two_processes_write_one_chain),
      TEST(a_long_text_is_cut_at_a_character),
      TEST(the_newest_come_first_page_by_page),
      TEST(they_are_found_by_who_what_and_when),
      TEST(an_empty_log_has_nothing),
      TEST(a_log_that_is_not_there_is_told),
  };
#undef TEST
  return cmocka_run_group_tests(tests, NULL, NULL);
}
