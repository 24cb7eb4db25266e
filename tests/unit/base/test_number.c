#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rand.h"
#include "base/text.h"
#include "support.h"

static void integers_are_exact_to_the_last_one(void **state) {
  (void)state;
  int64_t n = 0;
  assert_true(text_to_i64(TEXT("9223372036854775807"), &n));
  assert_true(n == INT64_MAX);
  assert_true(text_to_i64(TEXT("-9223372036854775808"), &n));
  assert_true(n == INT64_MIN);
  assert_true(text_to_i64(TEXT("-0"), &n));
  assert_true(n == 0);
  assert_true(text_to_i64(TEXT("007"), &n));
  assert_true(n == 7);
}

static void what_is_no_integer_leaves_the_result_alone(void **state) {
  (void)state;
  static const char *const bad[] = {"",
                                    "-",
                                    "+1",
                                    " 1",
                                    "1 ",
                                    "1.0",
                                    "1e3",
                                    "0x10",
                                    "--1",
                                    "9223372036854775808",
                                    "-9223372036854775809",
                                    "99999999999999999999"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    int64_t n = 42;
    assert_false(text_to_i64(text_from(bad[i]), &n));
    assert_true(n == 42);
  }
}

static void what_is_no_number_leaves_the_result_alone(void **state) {
  (void)state;
  static const char *const bad[] = {
      "",      "-",   ".",     "-.",    "5.",    "1e",     "1e+",
      ".e5",   "e5",  "+1",    " 1",    "1 ",    "nan",    "inf",
      "0x1p3", ".-5", "1.5.2", "1e5.2", "1e999", "-1e999", "1,5"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    double d = 42;
    assert_false(text_to_double(text_from(bad[i]), &d));
    assert_true(d == 42);
  }
}

static void digits_before_the_point_may_be_missing(void **state) {
  (void)state;
  double d = 0;
  assert_true(text_to_double(TEXT(".5"), &d) && d == 0.5);
  assert_true(text_to_double(TEXT("-.25"), &d) && d == -0.25);
  assert_true(text_to_double(TEXT(".5e3"), &d) && d == 500);
}

static void hard_numbers_are_rounded_correctly(void **state) {
  (void)state;
  static const char *const hard[] = {
      "0",
      "-0.0",
      "1e22",
      "1e23",
      "9007199254740993",
      "9007199254740993.0",
      "2.2250738585072011e-308",
      "2.2250738585072014e-308",
      "5e-324",
      "2.4703282292062327e-324",
      "2.4703282292062328e-324",
      "1e-400",
      "1.7976931348623157e308",
      "1.7976931348623158e308",
      "1.00000000000000011102230246251565404236316680908203125",
      "1.00000000000000011102230246251565404236316680908203124",
      "1.00000000000000011102230246251565404236316680908203126",
      "123456789012345678901234567890e-10",
      "0.00000000000000000000000000001e29",
      "8.5e-17",
      "7205759403792793199999e-5",
      "6.02214076e23"};
  for (size_t i = 0; i < sizeof hard / sizeof hard[0]; i++) {
    double d = 42;
    assert_true(text_to_double(text_from(hard[i]), &d));
    assert_true(d == strtod(hard[i], NULL));
  }
}

static void a_digit_far_behind_still_decides(void **state) {
  (void)state;
  /* Halfway between 1 and the next double, then zeros, then perhaps a one. */
  char tie[2000] = "1.00000000000000011102230246251565404236316680908203125";
  const size_t len = strlen(tie);
  memset(tie + len, '0', sizeof tie - len);
  double d = 0;
  assert_true(text_to_double((struct text){tie, sizeof tie}, &d));
  assert_true(d == 1.0);
  tie[sizeof tie - 1] = '1';
  assert_true(text_to_double((struct text){tie, sizeof tie}, &d));
  assert_true(d == nextafter(1.0, 2.0));
}

static void long_zeros_and_their_exponent_cancel(void **state) {
  (void)state;
  char text[1100];
  text[0] = '0';
  text[1] = '.';
  memset(text + 2, '0', 1000);
  strncpy(text + 1002, "25e1001", sizeof text - 1002);
  double d = 0;
  assert_true(text_to_double(text_from(text), &d));
  assert_true(d == 2.5);
  assert_true(text_to_double(TEXT("0e999999999999999999999"), &d));
  assert_true(d == 0);
  assert_true(text_to_double(TEXT("1e-999999999999999999999"), &d));
  assert_true(d == 0);
}

static double random_double(struct rand *r) {
  double d = (double)NAN;
  while (!isfinite(d)) {
    const uint64_t bits = rand_u64(r);
    memcpy(&d, &bits, sizeof d);
  }
  return d;
}

static void random_numbers_agree_with_the_c_library(void **state) {
  (void)state;
  struct rand r;
  rand_seed(&r, 1);
  for (int i = 0; i < 20000; i++) {
    char text[64];
    const int precision = (int)rand_below(&r, 25);
    const double from = i % 2 == 0 ? random_double(&r) : rand_unit(&r) * 1e9;
    (void)snprintf(text, sizeof text, "%.*e", precision, from);
    double d = 0;
    const bool fits = isfinite(strtod(text, NULL));
    assert_int_equal(text_to_double(text_from(text), &d), fits);
    assert_true(!fits || d == strtod(text, NULL));
  }
}

static void assert_written(double d, const char *expected) {
  struct test_mem tm;
  struct textbuf b;
  test_mem_init(&tm);
  textbuf_init(&b, &tm.mem);
  textbuf_add_double(&b, d);
  textbuf_add_char(&b, '\0');
  assert_string_equal(b.ptr, expected);
  textbuf_free(&b);
}

static void doubles_are_written_as_people_do(void **state) {
  (void)state;
  assert_written(0, "0");
  assert_written(-0.0, "0");
  assert_written(1, "1");
  assert_written(-17.5, "-17.5");
  assert_written(0.1 + 0.2, "0.3");
  assert_written(1.0 / 3, "0.333333333333333");
  assert_written(2.0 / 3, "0.666666666666667");
  assert_written(100, "100");
  assert_written(1e15, "1000000000000000");
  assert_written(123456789012345680.0, "123456789012346000");
  assert_written(999999999999999.9, "1000000000000000");
  assert_written(1e20, "100000000000000000000");
  assert_written(1e21, "1e21");
  assert_written(-1.5e300, "-1.5e300");
  assert_written(0.000001, "0.000001");
  assert_written(0.00000123, "0.00000123");
  assert_written(0.0000001, "1e-7");
  assert_written(5e-324, "4.94065645841247e-324");
  assert_written((double)INFINITY, "inf");
  assert_written(-(double)INFINITY, "-inf");
  assert_written((double)NAN, "nan");
}

static void exact_doubles_read_back_as_themselves(void **state) {
  (void)state;
  struct test_mem tm;
  struct textbuf b;
  struct rand r;
  test_mem_init(&tm);
  textbuf_init(&b, &tm.mem);
  rand_seed(&r, 2);
  for (int i = 0; i < 20000; i++) {
    const double d = i % 2 == 0 ? random_double(&r) : rand_unit(&r) * 1e6;
    double back = 0;
    textbuf_clear(&b);
    textbuf_add_double_exact(&b, d);
    assert_true(text_to_double(textbuf_text(&b), &back));
    assert_true(back == d);
  }
  textbuf_clear(&b);
  textbuf_add_double_exact(&b, 0.1 + 0.2);
  textbuf_add_char(&b, ' ');
  textbuf_add_double_exact(&b, 0.1);
  textbuf_add_char(&b, ' ');
  textbuf_add_double_exact(&b, 1.7976931348623157e308);
  assert_true(
      text_equal(textbuf_text(&b),
                 TEXT("0.30000000000000004 0.1 1.7976931348623157e308")));
  textbuf_free(&b);
}

static void the_locale_does_not_matter(void **state) {
  (void)state;
  /* Not every machine has a locale with a decimal comma. */
  if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL) {
    skip();
  }
  double d = 0;
  assert_true(text_to_double(TEXT("1.00000000000000000000000000005e5"), &d));
  assert_true(d == 1e5);
  assert_written(2.25, "2.25");
  assert_written(1.25e-9, "1.25e-9");
  (void)setlocale(LC_ALL, "C");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(integers_are_exact_to_the_last_one),
      cmocka_unit_test(what_is_no_integer_leaves_the_result_alone),
      cmocka_unit_test(what_is_no_number_leaves_the_result_alone),
      cmocka_unit_test(digits_before_the_point_may_be_missing),
      cmocka_unit_test(hard_numbers_are_rounded_correctly),
      cmocka_unit_test(a_digit_far_behind_still_decides),
      cmocka_unit_test(long_zeros_and_their_exponent_cancel),
      cmocka_unit_test(random_numbers_agree_with_the_c_library),
      cmocka_unit_test(doubles_are_written_as_people_do),
      cmocka_unit_test(exact_doubles_read_back_as_themselves),
      cmocka_unit_test(the_locale_does_not_matter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
