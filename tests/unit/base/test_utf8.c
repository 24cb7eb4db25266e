#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"

static size_t length_of(const char *bytes) {
  return utf8_length(text_from(bytes), 0);
}

static void well_formed_sequences(void **state) {
  (void)state;
  assert_int_equal(length_of("A"), 1);
  assert_int_equal(length_of("\xc2\x80"), 2);
  assert_int_equal(length_of("\xdf\xbf"), 2);
  assert_int_equal(length_of("\xe0\xa0\x80"), 3);
  assert_int_equal(length_of("\xed\x9f\xbf"), 3);
  assert_int_equal(length_of("\xee\x80\x80"), 3);
  assert_int_equal(length_of("\xf0\x90\x80\x80"), 4);
  assert_int_equal(length_of("\xf4\x8f\xbf\xbf"), 4);
  assert_int_equal(utf8_length(TEXT("a"), 1), 0);
}

static void malformed_sequences(void **state) {
  (void)state;
  static const char *const bad[] = {
      "\x80",             /* begins nothing */
      "\xc0\x80",         /* overlong NUL */
      "\xc1\xbf",         /* overlong */
      "\xe0\x9f\xbf",     /* overlong */
      "\xed\xa0\x80",     /* surrogate */
      "\xed\xbf\xbf",     /* surrogate */
      "\xf0\x8f\xbf\xbf", /* overlong */
      "\xf4\x90\x80\x80", /* beyond U+10FFFF */
      "\xf5\x80\x80\x80",
      "\xff",
      "\xe2\x82",  /* cut */
      "\xe2\x82 ", /* interrupted */
      "\xf0\x9f\x98",
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(length_of(bad[i]), 0);
  }
}

static void the_first_bad_byte_is_found_wherever_it_is(void **state) {
  (void)state;
  char bytes[40];
  for (size_t bad = 0; bad < sizeof bytes; bad++) {
    for (size_t i = 0; i < sizeof bytes; i++) {
      bytes[i] = (char)(i == bad ? 0xff : 'a');
    }
    assert_int_equal(utf8_first_bad((struct text){bytes, sizeof bytes}), bad);
  }
  const struct text good = TEXT("naïve 日本語 😀 and plain letters");
  assert_int_equal(utf8_first_bad(good), good.len);
  assert_int_equal(utf8_first_bad(TEXT("12345678\xe2\x82")), 8);
}

static void every_code_point_survives_the_round_trip(void **state) {
  (void)state;
  for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
    if (cp == 0xd800) {
      cp = 0xe000;
    }
    char bytes[4];
    const struct text t = {bytes, utf8_encode(cp, bytes)};
    size_t length = 0;
    if (utf8_decode(t, 0, &length) != cp || length != t.len) {
      fail_msg("U+%04X", (unsigned)cp);
    }
  }
}

static void counting_counts_characters(void **state) {
  (void)state;
  assert_int_equal(utf8_count(TEXT("")), 0);
  assert_int_equal(utf8_count(TEXT("abc")), 3);
  assert_int_equal(utf8_count(TEXT("é日😀")), 3);
}

static void what_is_cut_ends_with_a_whole_character(void **state) {
  (void)state;
  const struct text t = TEXT("aé日😀");
  static const size_t whole[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (size_t max = 0; max < sizeof whole / sizeof whole[0]; max++) {
    assert_int_equal(utf8_cut(t, max).len, whole[max]);
  }
}

static void a_sentence_without_room_ends_with_a_whole_character(void **state) {
  (void)state;
  const char whole[] = "abcde", cut[] = "abc\xe6\x97"; /* of "abc日" */
  assert_true(text_equal(utf8_printed(whole, sizeof whole, 5), TEXT("abcde")));
  assert_true(text_equal(utf8_printed(cut, sizeof cut, 6), TEXT("abc")));
  assert_int_equal(utf8_printed(whole, sizeof whole, -1).len, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(well_formed_sequences),
      cmocka_unit_test(malformed_sequences),
      cmocka_unit_test(the_first_bad_byte_is_found_wherever_it_is),
      cmocka_unit_test(every_code_point_survives_the_round_trip),
      cmocka_unit_test(counting_counts_characters),
      cmocka_unit_test(what_is_cut_ends_with_a_whole_character),
      cmocka_unit_test(a_sentence_without_room_ends_with_a_whole_character),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
