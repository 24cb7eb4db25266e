#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "support.h"

struct wide {
  char bytes[24];
};

static void new_memory_is_cleared_and_given_back(void **state) {
  (void)state;
  struct test_mem tm;
  test_mem_init(&tm);
  char *p = mem_new(&tm.mem, 100);
  for (int i = 0; i < 100; i++) {
    assert_int_equal(p[i], 0);
  }
  assert_int_equal(tm.live_bytes, 100);
  mem_free(&tm.mem, p, 100);
  mem_free(&tm.mem, NULL, 0);
  assert_int_equal(tm.live_bytes, 0);
  assert_int_equal(tm.live_blocks, 0);
}

static void an_array_grows_by_half_and_keeps_its_elements(void **state) {
  (void)state;
  struct test_mem tm;
  test_mem_init(&tm);
  uint32_t *numbers = NULL;
  size_t cap = 0;
  for (uint32_t i = 0; i < 10000; i++) {
    assert_true(mem_grow(&tm.mem, &numbers, &cap, i + 1, sizeof *numbers));
    assert_int_equal(numbers[i], 0);
    numbers[i] = i;
  }
  for (uint32_t i = 0; i < 10000; i++) {
    assert_int_equal(numbers[i], i);
  }
  assert_true(tm.calls < 30); /* geometric, not one by one */
  assert_true(cap <= 15010);
  assert_int_equal(tm.live_bytes, cap * sizeof *numbers);
  mem_free(&tm.mem, numbers, cap * sizeof *numbers);
  assert_int_equal(tm.live_bytes, 0);
}

static void new_elements_are_cleared(void **state) {
  (void)state;
  struct test_mem tm;
  test_mem_init(&tm);
  struct wide *a = NULL;
  size_t cap = 0;
  assert_true(mem_grow(&tm.mem, &a, &cap, 3, sizeof *a));
  assert_true(mem_grow(&tm.mem, &a, &cap, 50, sizeof *a));
  assert_true(cap >= 50);
  for (size_t i = 0; i < cap; i++) {
    assert_int_equal(a[i].bytes[23], 0);
  }
  mem_free(&tm.mem, a, cap * sizeof *a);
}

static void a_failure_changes_nothing(void **state) {
  (void)state;
  struct test_mem tm;
  test_mem_init(&tm);
  uint32_t *numbers = NULL;
  size_t cap = 0;
  assert_true(mem_grow(&tm.mem, &numbers, &cap, 4, sizeof *numbers));
  numbers[3] = 42;
  uint32_t *const before = numbers;
  const size_t cap_before = cap;
  tm.fail_at = tm.calls + 1;
  assert_false(mem_grow(&tm.mem, &numbers, &cap, 100, sizeof *numbers));
  assert_ptr_equal(numbers, before);
  assert_int_equal(cap, cap_before);
  assert_int_equal(numbers[3], 42);
  mem_free(&tm.mem, numbers, cap * sizeof *numbers);
}

static void a_size_that_cannot_be_is_refused_without_asking(void **state) {
  (void)state;
  struct test_mem tm;
  test_mem_init(&tm);
  struct wide *a = NULL;
  size_t cap = 0;
  assert_false(mem_grow(&tm.mem, &a, &cap, SIZE_MAX / 8, sizeof *a));
  assert_false(mem_grow(&tm.mem, &a, &cap, SIZE_MAX, sizeof *a));
  assert_int_equal(tm.calls, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(new_memory_is_cleared_and_given_back),
      cmocka_unit_test(an_array_grows_by_half_and_keeps_its_elements),
      cmocka_unit_test(new_elements_are_cleared),
      cmocka_unit_test(a_failure_changes_nothing),
      cmocka_unit_test(a_size_that_cannot_be_is_refused_without_asking),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
