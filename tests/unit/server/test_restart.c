#include "server/restart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void delays_grow_and_end_at_a_minute(void **state) {
  (void)state;
  static const int64_t seconds[] = {1, 2, 4, 8, 16, 32, 60, 60};
  for (uint32_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
    assert_int_equal(restart_delay_s(i), seconds[i]);
  }
  assert_int_equal(restart_delay_s(UINT32_MAX), 60);
}

static void who_has_served_for_a_while_begins_at_the_first_delay(void **state) {
  (void)state;
  struct restart r = {0};
  r = restart_next(&r, 0);
  r = restart_next(&r, RESTART_CALM_S - 1);
  assert_int_equal(r.in_row, 2);
  r = restart_next(&r, RESTART_CALM_S);
  assert_int_equal(r.in_row, 1);
  assert_int_equal(r.total, 3);
}

static void what_is_told_is_read_as_it_was_written(void **state) {
  (void)state;
  const struct restart most = {UINT32_MAX, UINT32_MAX - 1, UINT16_MAX};
  struct restart got;
  char text[RESTART_TEXT];
  restart_write(&most, text);
  assert_string_equal(text, "4294967295:4294967294:65535");
  assert_true(restart_read(text_from(text), &got));
  assert_int_equal(got.total, most.total);
  assert_int_equal(got.in_row, most.in_row);
  assert_int_equal(got.port, most.port);
}

static void nothing_else_is_read(void **state) {
  (void)state;
  static const char *const wrong[] = {"",
                                      ":",
                                      "1",
                                      "1:2",
                                      "1:2:",
                                      "1:2:3:",
                                      "1::3",
                                      "1:2:3:4",
                                      "1:2:65536",
                                      "-1:2:3",
                                      "1:-2:3",
                                      "1:2:x",
                                      "1:4294967295:3"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct restart got;
    assert_false(restart_read(text_from(wrong[i]), &got));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(delays_grow_and_end_at_a_minute),
      cmocka_unit_test(who_has_served_for_a_while_begins_at_the_first_delay),
      cmocka_unit_test(what_is_told_is_read_as_it_was_written),
      cmocka_unit_test(nothing_else_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
