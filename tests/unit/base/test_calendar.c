#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "base/calendar.h"
#include "base/rand.h"
#include "support.h"

static void assert_written(int64_t unix_us, const char *expected) {
  struct test_mem tm;
  struct textbuf b;
  test_mem_init(&tm);
  textbuf_init(&b, &tm.mem);
  textbuf_add_time(&b, unix_us);
  textbuf_add_char(&b, '\0');
  assert_string_equal(b.ptr, expected);
  textbuf_free(&b);
}

static int64_t parse(const char *t) {
  int64_t us = -1;
  assert_true(time_from_text(text_from(t), &us));
  return us;
}

static void times_are_written_in_milliseconds(void **state) {
  (void)state;
  assert_written(0, "1970-01-01T00:00:00.000Z");
  assert_written(-1, "1969-12-31T23:59:59.999Z");
  assert_written(951782400000000, "2000-02-29T00:00:00.000Z");
  assert_written(1795352833123999, "2026-11-22T13:07:13.123Z");
  assert_written(253402300799999999, "9999-12-31T23:59:59.999Z");
  assert_written(INT64_MAX, "294247-01-10T04:00:54.775Z");
  assert_written(INT64_MIN, "-290308-12-21T19:59:05.224Z");
}

static void every_form_of_the_rfc_is_read(void **state) {
  (void)state;
  const int64_t noon = 1795352833000000;
  assert_true(parse("2026-11-22T13:07:13Z") == noon);
  assert_true(parse("2026-11-22t13:07:13z") == noon);
  assert_true(parse("2026-11-22T13:07:13.0Z") == noon);
  assert_true(parse("2026-11-22T14:07:13+01:00") == noon);
  assert_true(parse("2026-11-22T09:37:13-03:30") == noon);
  assert_true(parse("2026-11-23T00:07:13.5+11:00") == noon + 500000);
  assert_true(parse("2026-11-22T13:07:13.1234567899Z") == noon + 123456);
  assert_true(parse("2026-11-22T13:07:13-00:00") == noon);
  assert_true(parse("0000-02-29T00:00:00Z") < 0);
}

static void a_leap_second_is_the_last_of_a_utc_day(void **state) {
  (void)state;
  int64_t us = 0;
  assert_true(parse("2016-12-31T23:59:60Z") == parse("2017-01-01T00:00:00Z"));
  assert_true(parse("2017-01-01T00:59:60.25+01:00") ==
              parse("2017-01-01T00:00:00.25Z"));
  assert_false(time_from_text(TEXT("2016-12-31T12:59:60Z"), &us));
  assert_false(time_from_text(TEXT("2016-12-31T23:59:61Z"), &us));
}

static void anything_else_is_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"",
                                    "2026-11-22",
                                    "2026-11-22T13:07:13",
                                    "2026-11-22 13:07:13Z",
                                    "2026-11-22T13:07Z",
                                    "2026-11-22T13:07:13.Z",
                                    "2026-11-22T13:07:13,5Z",
                                    "2026-11-22T13:07:13Z ",
                                    "2026-11-22T13:07:13+0100",
                                    "2026-11-22T13:07:13+24:00",
                                    "2026-11-22T13:07:13+01:60",
                                    "2026-11-22T24:00:00Z",
                                    "2026-11-22T13:60:13Z",
                                    "2026-13-22T13:07:13Z",
                                    "2026-00-22T13:07:13Z",
                                    "2026-11-00T13:07:13Z",
                                    "2026-11-31T13:07:13Z",
                                    "2026-02-29T13:07:13Z",
                                    "1900-02-29T13:07:13Z",
                                    "26-11-22T13:07:13Z",
                                    "2026-1-22T13:07:13Z",
                                    "+026-11-22T13:07:13Z",
                                    "12026-11-22T13:07:13Z"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    int64_t us = 42;
    assert_false(time_from_text(text_from(bad[i]), &us));
    assert_true(us == 42);
  }
}

static void the_calendar_agrees_with_the_c_library(void **state) {
  (void)state;
  struct rand r;
  rand_seed(&r, 5);
  for (int i = 0; i < 50000; i++) {
    const int64_t us = (int64_t)(rand_u64(&r) >> 1) - (INT64_MAX / 2);
    const time_t seconds = us / 1000000 - (us % 1000000 < 0);
    struct tm tm;
    assert_non_null(gmtime_r(&seconds, &tm));
    const struct civil c = civil_from_us(us);
    assert_int_equal(c.year, tm.tm_year + 1900);
    assert_int_equal(c.month, tm.tm_mon + 1);
    assert_int_equal(c.day, tm.tm_mday);
    assert_int_equal(c.hour, tm.tm_hour);
    assert_int_equal(c.minute, tm.tm_min);
    assert_int_equal(c.second, tm.tm_sec);
    assert_true(civil_to_us(c) == us);
  }
}

static void every_day_of_the_eras_follows_the_one_before(void **state) {
  (void)state;
  const int64_t day_us = 86400 * INT64_C(1000000);
  const int64_t first = civil_to_us((struct civil){1599, 12, 31, 0, 0, 0, 0});
  for (int day = 0; day < 2 * 146097; day++) {
    const int64_t us = first + day * day_us;
    assert_true(civil_to_us(civil_from_us(us)) == us);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(times_are_written_in_milliseconds),
      cmocka_unit_test(every_form_of_the_rfc_is_read),
      cmocka_unit_test(a_leap_second_is_the_last_of_a_utc_day),
      cmocka_unit_test(anything_else_is_refused),
      cmocka_unit_test(the_calendar_agrees_with_the_c_library),
      cmocka_unit_test(every_day_of_the_eras_follows_the_one_before),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
