#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/calendar.h"
#include "base/rand.h"
#include "base/tz.h"
#include "support.h"

#define YEAR_S INT64_C(31556952)

static int64_t unix_s(const char *t) {
  int64_t us = 0;
  assert_true(time_from_text(text_from(t), &us));
  return us / 1000000;
}

static struct tz *from_rule(struct test_mem *tm, const char *rule) {
  struct tz *zone = NULL;
  test_mem_init(tm);
  assert_int_equal(tz_from_rule(&tm->mem, text_from(rule), &zone), BT_ERR_OK);
  return zone;
}

static void utc_is_no_zone(void **state) {
  (void)state;
  assert_int_equal(tz_offset_at(NULL, 1795352833), 0);
  assert_true(tz_from_local(NULL, 1795352833) == 1795352833);
  assert_true(text_equal(tz_name(NULL), TEXT("UTC")));
}

static void clocks_in_berlin_change_in_march_and_october(void **state) {
  (void)state;
  struct test_mem tm;
  struct tz *berlin = from_rule(&tm, "CET-1CEST,M3.5.0,M10.5.0/3");
  assert_int_equal(tz_offset_at(berlin, unix_s("2026-03-29T00:59:59Z")), 3600);
  assert_int_equal(tz_offset_at(berlin, unix_s("2026-03-29T01:00:00Z")), 7200);
  assert_int_equal(tz_offset_at(berlin, unix_s("2026-10-25T00:59:59Z")), 7200);
  assert_int_equal(tz_offset_at(berlin, unix_s("2026-10-25T01:00:00Z")), 3600);
  tz_free(berlin);
  assert_int_equal(tm.live_blocks, 0);
}

static void summer_in_the_south_spans_the_new_year(void **state) {
  (void)state;
  struct test_mem tm;
  struct tz *sydney = from_rule(&tm, "AEST-10AEDT,M10.1.0,M4.1.0/3");
  assert_int_equal(tz_offset_at(sydney, unix_s("2026-12-31T12:00:00Z")), 39600);
  assert_int_equal(tz_offset_at(sydney, unix_s("2026-01-01T12:00:00Z")), 39600);
  assert_int_equal(tz_offset_at(sydney, unix_s("2026-07-01T12:00:00Z")), 36000);
  tz_free(sydney);
}

/* 02:30 does not come on the last Sunday of March and comes twice on that of
 * October. */
static void local_times_that_are_left_out_or_come_twice(void **state) {
  (void)state;
  struct test_mem tm;
  struct tz *berlin = from_rule(&tm, "CET-1CEST,M3.5.0,M10.5.0/3");
  assert_true(tz_from_local(berlin, unix_s("2026-03-29T02:30:00Z")) ==
              unix_s("2026-03-29T01:30:00Z"));
  assert_true(tz_from_local(berlin, unix_s("2026-10-25T02:30:00Z")) ==
              unix_s("2026-10-25T00:30:00Z"));
  assert_true(tz_from_local(berlin, unix_s("2026-07-01T12:00:00Z")) ==
              unix_s("2026-07-01T10:00:00Z"));
  tz_free(berlin);
}

static void rules_that_are_none(void **state) {
  (void)state;
  static const char *const bad[] = {"",
                                    "UT0",
                                    "CET",
                                    "CET-",
                                    "CET-1CEST",
                                    "CET-1CEST,M3.5.0",
                                    "CET-1CEST,M13.5.0,M10.5.0",
                                    "CET-1CEST,M3.6.0,M10.5.0",
                                    "CET-1CEST,M3.5.7,M10.5.0",
                                    "CET-1CEST,J0,J366",
                                    "CET-1CEST,M3.5.0,M10.5.0/999",
                                    "CET-1CEST,M3.5.0,M10.5.0 ",
                                    "<+03",
                                    "CET-99999999999"};
  struct test_mem tm;
  struct tz *zone = NULL;
  test_mem_init(&tm);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(tz_from_rule(&tm.mem, text_from(bad[i]), &zone),
                     BT_ERR_SYNTAX);
  }
  assert_null(zone);
}

static void names_stay_below_their_directory(void **state) {
  (void)state;
  static const char *const good[] = {
      "UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+3"};
  static const char *const bad[] = {"",     "/etc/passwd", "../etc", "Europe/",
                                    "a//b", "a.b",         "a b"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_true(tz_name_is_valid(text_from(good[i])));
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_false(tz_name_is_valid(text_from(bad[i])));
  }
}

/* ---- files, with the C library as the judge */

enum { FILE_MAX = 65536 };

static struct text read_zone(const char *name, char bytes[FILE_MAX]) {
  char path[256];
  (void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
  FILE *f = fopen(path, "rb");
  if (f == NULL) {
    return (struct text){NULL, 0};
  }
  const size_t len = fread(bytes, 1, FILE_MAX, f);
  (void)fclose(f);
  return (struct text){bytes, len};
}

/* Both ways, at moments of 230 years. */
static void compare_with_libc(const struct tz *zone, const char *name,
                              int64_t from_s) {
  struct rand r;
  rand_seed(&r, 3);
  assert_int_equal(setenv("TZ", name, 1), 0);
  tzset();
  for (int i = 0; i < 2000; i++) {
    const time_t at =
        (time_t)(from_s + (int64_t)rand_below(&r, 230 * (uint64_t)YEAR_S));
    struct tm local;
    assert_non_null(localtime_r(&at, &local));
    if (tz_offset_at(zone, at) != local.tm_gmtoff) {
      print_error("%s at %lld: %d, not %ld\n", name, (long long)at,
                  tz_offset_at(zone, at), local.tm_gmtoff);
    }
    assert_int_equal(tz_offset_at(zone, at), local.tm_gmtoff);
    const int64_t back = tz_from_local(zone, at + local.tm_gmtoff);
    assert_int_equal(back + tz_offset_at(zone, back), at + local.tm_gmtoff);
  }
}

static void files_agree_with_the_c_library(void **state) {
  (void)state;
  static const char *const names[] = {
      "Europe/Berlin",    "America/New_York",    "America/Los_Angeles",
      "Asia/Kolkata",     "Australia/Lord_Howe", "Asia/Kathmandu",
      "America/Santiago", "Africa/Casablanca",   "Pacific/Apia",
      "Europe/Dublin",    "America/Phoenix",     "Etc/UTC"};
  static char bytes[FILE_MAX];
  size_t read = 0;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    struct test_mem tm;
    struct tz *zone = NULL;
    const struct text file = read_zone(names[i], bytes);
    if (file.len == 0) {
      continue; /* not every machine has the package tzdata */
    }
    test_mem_init(&tm);
    assert_int_equal(tz_from_tzif(&tm.mem, text_from(names[i]), file, &zone),
                     BT_ERR_OK);
    compare_with_libc(zone, names[i], -100 * YEAR_S);
    assert_true(text_equal(tz_name(zone), text_from(names[i])));
    tz_free(zone);
    assert_int_equal(tm.live_bytes, 0);
    read++;
  }
  if (read == 0) {
    skip();
  }
}

/* Rules of every form. Before 1970 glibc knows no summer. */
static void rules_agree_with_the_c_library(void **state) {
  (void)state;
  static const char *const rules[] = {"EST5EDT,M3.2.0,M11.1.0",
                                      "CET-1CEST,M3.5.0,M10.5.0/3",
                                      "<+03>-3",
                                      "IST-1GMT0,M10.5.0,M3.5.0/1",
                                      "AAA3BBB,J60/0,J300/4",
                                      "AAA-5:45BBB,59,300/12:30:15",
                                      "<-02>2<-01>,M3.4.0/-1,M10.4.0/0"};
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    struct test_mem tm;
    struct tz *zone = from_rule(&tm, rules[i]);
    compare_with_libc(zone, rules[i], 2 * YEAR_S);
    tz_free(zone);
  }
}

static void cut_and_broken_files_are_found(void **state) {
  (void)state;
  static char bytes[FILE_MAX];
  const struct text file = read_zone("Europe/Berlin", bytes);
  struct rand r;
  rand_seed(&r, 5);
  struct test_mem tm;
  test_mem_init(&tm);
  for (size_t len = 0; len < file.len; len += 7) {
    struct tz *zone = NULL;
    const enum bt_err err =
        tz_from_tzif(&tm.mem, TEXT("X"), (struct text){bytes, len}, &zone);
    assert_true(err == BT_ERR_CORRUPT || len + 40 > file.len);
    tz_free(zone);
  }
  for (int i = 0; i < 2000 && file.len > 0; i++) {
    struct tz *zone = NULL;
    const size_t at = (size_t)rand_below(&r, file.len);
    const char before = bytes[at];
    bytes[at] = (char)(unsigned char)rand_below(&r, 256);
    if (tz_from_tzif(&tm.mem, TEXT("X"), file, &zone) == BT_ERR_OK) {
      (void)tz_offset_at(zone, 1795352833);
    }
    tz_free(zone);
    bytes[at] = before;
  }
  assert_int_equal(tm.live_bytes, 0);
}

static void without_memory(void **state) {
  (void)state;
  static char bytes[FILE_MAX];
  const struct text file = read_zone("Europe/Berlin", bytes);
  if (file.len == 0) {
    skip();
  }
  for (uint64_t n = 1; n <= 2; n++) {
    struct test_mem tm;
    struct tz *zone = NULL;
    test_mem_init(&tm);
    tm.fail_at = n;
    assert_int_equal(tz_from_tzif(&tm.mem, TEXT("X"), file, &zone),
                     BT_ERR_NOMEM);
    assert_int_equal(tm.live_bytes, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(utc_is_no_zone),
      cmocka_unit_test(clocks_in_berlin_change_in_march_and_october),
      cmocka_unit_test(summer_in_the_south_spans_the_new_year),
      cmocka_unit_test(local_times_that_are_left_out_or_come_twice),
      cmocka_unit_test(rules_that_are_none),
      cmocka_unit_test(names_stay_below_their_directory),
      cmocka_unit_test(files_agree_with_the_c_library),
      cmocka_unit_test(rules_agree_with_the_c_library),
      cmocka_unit_test(cut_and_broken_files_are_found),
      cmocka_unit_test(without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
