/* Percentiles that are quoted are those that were measured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bench/samples.h"
#include "support.h"

static void percentiles_are_samples(void **state) {
  (void)state;
  struct test_mem tm;
  struct samples s;
  test_mem_init(&tm);
  samples_init(&s, &tm.mem);
  assert_int_equal(samples_at(&s, 500), 0);
  for (int64_t i = 100; i > 0; i--) {
    samples_add(&s, i);
  }
  samples_sort(&s);
  assert_int_equal(samples_at(&s, 0), 1);
  assert_int_equal(samples_at(&s, 500), 50);
  assert_int_equal(samples_at(&s, 990), 99);
  assert_int_equal(samples_at(&s, 991), 100);
  assert_int_equal(samples_at(&s, 1000), 100);
  samples_clear(&s);
  samples_add(&s, 7);
  samples_sort(&s);
  assert_int_equal(samples_at(&s, 1), 7);
  assert_int_equal(samples_at(&s, 500), 7);
  assert_int_equal(samples_at(&s, 1000), 7);
  samples_free(&s);
  assert_int_equal(tm.live_blocks, 0);
}

/* A run with samples missing must not pass for a whole one. */
static void what_is_lost_is_counted(void **state) {
  (void)state;
  struct test_mem tm;
  struct samples s;
  test_mem_init(&tm);
  tm.fail_at = 1;
  samples_init(&s, &tm.mem);
  samples_add(&s, 1);
  assert_int_equal(s.lost, 1);
  assert_int_equal(s.count, 0);
  samples_add(&s, 2);
  assert_int_equal(s.count, 1);
  samples_free(&s);
  assert_int_equal(tm.live_blocks, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(percentiles_are_samples),
      cmocka_unit_test(what_is_lost_is_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
