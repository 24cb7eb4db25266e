#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/loop.h"
#include "server/clock.h"

enum { SECOND_US = 1000000 };

static void it_begins_with_the_time_of_day(void **state) {
  (void)state;
  struct clock c;
  clock_start(&c, 0);
  const int64_t off = clock_now_us(&c) - loop_unix_us();
  assert_true(off > -SECOND_US && off < SECOND_US);
}

/* The journal's last event happened an hour from now: the system's clock has
 * been set back since. */
static void it_is_never_before_the_journal(void **state) {
  (void)state;
  struct clock c;
  const int64_t last_us = loop_unix_us() + INT64_C(3600) * SECOND_US;
  clock_start(&c, last_us);
  const int64_t first = clock_now_us(&c);
  assert_true(first >= last_us);
  assert_true(first < last_us + SECOND_US);
}

static void it_only_goes_forward(void **state) {
  (void)state;
  struct clock c;
  clock_start(&c, 0);
  int64_t before = clock_now_us(&c);
  for (int i = 0; i < 10000; i++) {
    const int64_t now = clock_now_us(&c);
    assert_true(now >= before);
    before = now;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_begins_with_the_time_of_day),
      cmocka_unit_test(it_is_never_before_the_journal),
      cmocka_unit_test(it_only_goes_forward),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
