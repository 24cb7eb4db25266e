#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/text.h"
#include "support.h"

#define assert_text(buf, expected)                                             \
  assert_true(text_equal(textbuf_text(buf), text_from(expected)))

static void writes_follow_each_other(void **state) {
  (void)state;
  struct test_mem tm;
  struct textbuf b;
  test_mem_init(&tm);
  textbuf_init(&b, &tm.mem);
  assert_text(&b, "");
  textbuf_add(&b, TEXT("session "));
  textbuf_add_u64(&b, 18446744073709551615u);
  textbuf_add_char(&b, ' ');
  textbuf_add_i64(&b, INT64_MIN);
  textbuf_addf(&b, " %s=%d", "epoch", 3);
  textbuf_add(&b, (struct text){NULL, 0});
  assert_text(&b, "session 18446744073709551615 -9223372036854775808 epoch=3");
  textbuf_clear(&b);
  assert_text(&b, "");
  textbuf_free(&b);
  assert_int_equal(tm.live_bytes, 0);
}

static void long_formats_are_not_cut(void **state) {
  (void)state;
  struct test_mem tm;
  struct textbuf b;
  test_mem_init(&tm);
  textbuf_init(&b, &tm.mem);
  for (int width = 250; width < 260; width++) {
    textbuf_clear(&b);
    textbuf_addf(&b, "<%*d>", width, 7);
    assert_int_equal(b.len, width + 2);
    assert_int_equal(b.ptr[b.len - 1], '>');
    assert_int_equal(b.ptr[b.len - 2], '7');
  }
  textbuf_free(&b);
}

static void a_page_of_writes_needs_one_check(void **state) {
  (void)state;
  struct test_mem tm;
  struct textbuf b;
  test_mem_init(&tm);
  textbuf_init(&b, &tm.mem);
  b.limit = 10;
  textbuf_add(&b, TEXT("12345678"));
  assert_false(b.failed);
  textbuf_add(&b, TEXT("too much"));
  textbuf_add(&b, TEXT("9")); /* would fit, but would leave a hole */
  assert_true(b.failed);
  assert_text(&b, "12345678");
  textbuf_clear(&b);
  textbuf_add(&b, TEXT("1234567890"));
  assert_false(b.failed);
  textbuf_add_char(&b, '!');
  assert_true(b.failed);
  textbuf_free(&b);
}

static void running_out_of_memory_is_remembered(void **state) {
  (void)state;
  for (uint64_t nth = 1; nth < 8; nth++) {
    struct test_mem tm;
    struct textbuf b;
    test_mem_init(&tm);
    tm.fail_at = nth;
    textbuf_init(&b, &tm.mem);
    for (int i = 0; i < 1000; i++) {
      textbuf_addf(&b, "%03d", i);
    }
    assert_true(b.failed);
    for (size_t i = 0; i + 3 <= b.len; i += 3) {
      char number[] = {b.ptr[i], b.ptr[i + 1], b.ptr[i + 2], '\0'};
      assert_int_equal(strtol(number, NULL, 10), i / 3);
    }
    textbuf_free(&b);
    assert_int_equal(tm.live_bytes, 0);
  }
}

static void reserved_room_is_there(void **state) {
  (void)state;
  struct test_mem tm;
  struct textbuf b;
  test_mem_init(&tm);
  textbuf_init(&b, &tm.mem);
  assert_true(textbuf_reserve(&b, 5000));
  const uint64_t calls = tm.calls;
  for (int i = 0; i < 5000; i++) {
    textbuf_add_char(&b, 'x');
  }
  assert_int_equal(tm.calls, calls);
  assert_false(textbuf_reserve(&b, SIZE_MAX));
  assert_true(b.failed);
  textbuf_free(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(writes_follow_each_other),
      cmocka_unit_test(long_formats_are_not_cut),
      cmocka_unit_test(a_page_of_writes_needs_one_check),
      cmocka_unit_test(running_out_of_memory_is_remembered),
      cmocka_unit_test(reserved_room_is_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
