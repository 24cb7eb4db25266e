#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rand.h"

static void the_published_sequence(void **state) {
  (void)state;
  struct rand r = {{1, 2, 3, 4}};
  static const uint64_t expected[] = {11520u, 0u, 1509978240u,
                                      1215971899390074240u};
  for (size_t i = 0; i < 4; i++) {
    assert_true(rand_u64(&r) == expected[i]);
  }
}

static void a_seed_fixes_everything(void **state) {
  (void)state;
  struct rand a;
  struct rand b;
  rand_seed(&a, 0);
  assert_true(a.s[0] == 0xe220a8397b1dcdafu); /* splitmix64 of 0 */
  rand_seed(&b, 0);
  for (int i = 0; i < 100; i++) {
    assert_true(rand_u64(&a) == rand_u64(&b));
  }
  rand_seed(&b, 1);
  assert_true(rand_u64(&a) != rand_u64(&b));
}

static void below_is_below_and_even(void **state) {
  (void)state;
  struct rand r;
  unsigned seen[6] = {0};
  rand_seed(&r, 7);
  for (int i = 0; i < 60000; i++) {
    const uint64_t n = rand_below(&r, 6);
    assert_true(n < 6);
    seen[n]++;
  }
  for (int i = 0; i < 6; i++) {
    assert_in_range(seen[i], 9600, 10400);
  }
  assert_true(rand_below(&r, 1) == 0);
  for (int i = 0; i < 100; i++) {
    assert_true(rand_below(&r, UINT64_MAX) < UINT64_MAX);
  }
}

static void a_unit_is_never_one(void **state) {
  (void)state;
  struct rand r;
  double sum = 0;
  rand_seed(&r, 9);
  for (int i = 0; i < 10000; i++) {
    const double d = rand_unit(&r);
    assert_true(d >= 0 && d < 1);
    sum += d;
  }
  assert_true(sum > 4800 && sum < 5200);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_published_sequence),
      cmocka_unit_test(a_seed_fixes_everything),
      cmocka_unit_test(below_is_below_and_even),
      cmocka_unit_test(a_unit_is_never_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
