#include "story.h"

#include "journal/latency_priv.h"

static void nothing_has_no_percentile(void **state) {
  (void)state;
  const struct latency l = {0};
  assert_int_equal(latency_percentile(&l, 50), 0);
}

static void small_values_are_exact(void **state) {
  (void)state;
  struct latency l = {0};
  for (int64_t us = 1; us <= 10; us++) {
    latency_add(&l, us);
  }
  assert_int_equal(latency_percentile(&l, 50), 5);
  assert_int_equal(latency_percentile(&l, 100), 10);
}

/* Never below the truth, at most an eighth above it. */
static void large_values_are_an_eighth_too_high_at_most(void **state) {
  (void)state;
  for (int64_t us = 16; us < 100000000; us += us / 7) {
    struct latency l = {0};
    latency_add(&l, us);
    const int64_t told = latency_percentile(&l, 99);
    assert_true(told >= us);
    assert_true(told <= us + us / 8);
  }
}

static void one_slow_commit_in_a_hundred_is_the_hundredth(void **state) {
  (void)state;
  struct latency l = {0};
  for (int i = 0; i < 99; i++) {
    latency_add(&l, 10);
  }
  latency_add(&l, 1000000);
  assert_int_equal(latency_percentile(&l, 99), 10);
  assert_true(latency_percentile(&l, 100) >= 1000000);
}

static void the_impossible_is_kept_within_bounds(void **state) {
  (void)state;
  struct latency l = {0};
  latency_add(&l, -5);
  latency_add(&l, INT64_MAX);
  assert_int_equal(latency_percentile(&l, 50), 0);
  assert_true(latency_percentile(&l, 100) > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_has_no_percentile),
      cmocka_unit_test(small_values_are_exact),
      cmocka_unit_test(large_values_are_an_eighth_too_high_at_most),
      cmocka_unit_test(one_slow_commit_in_a_hundred_is_the_hundredth),
      cmocka_unit_test(the_impossible_is_kept_within_bounds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
