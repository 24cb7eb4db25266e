#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdalign.h>
#include <string.h>

#include "base/arena.h"
#include "support.h"

static void memory_is_cleared_and_aligned(void **state) {
  (void)state;
  struct test_mem tm;
  struct arena a;
  test_mem_init(&tm);
  arena_init(&a, &tm.mem, 0);
  for (size_t size = 0; size < 3000; size += 7) {
    char *p = arena_alloc(&a, size);
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
    for (size_t i = 0; i < size; i++) {
      assert_int_equal(p[i], 0);
    }
    memset(p, 0xff, size);
  }
  arena_free(&a);
  assert_int_equal(tm.live_bytes, 0);
}

static void reset_keeps_the_largest_chunk_for_the_next_step(void **state) {
  (void)state;
  struct test_mem tm;
  struct arena a;
  test_mem_init(&tm);
  arena_init(&a, &tm.mem, 0);
  for (int i = 0; i < 100; i++) {
    assert_non_null(arena_alloc(&a, 1000));
  }
  arena_reset(&a);
  assert_int_equal(tm.live_blocks, 1);
  assert_int_equal(a.used, 0);
  const uint64_t calls = tm.calls;
  for (int i = 0; i < 30; i++) {
    char *p = arena_alloc(&a, 1000);
    assert_int_equal(p[999], 0);
    memset(p, 1, 1000);
  }
  assert_int_equal(tm.calls, calls); /* a steady state allocates nothing */
  arena_free(&a);
  assert_int_equal(tm.live_bytes, 0);
}

static void the_limit_is_an_answer(void **state) {
  (void)state;
  struct test_mem tm;
  struct arena a;
  test_mem_init(&tm);
  arena_init(&a, &tm.mem, 10000);
  assert_null(arena_alloc(&a, 10001));
  assert_null(arena_alloc(&a, SIZE_MAX));
  int got = 0;
  while (arena_alloc(&a, 100) != NULL) {
    got++;
  }
  assert_int_equal(got, 10000 / 112);
  assert_true(tm.live_bytes < 10000 + 4096);
  arena_reset(&a);
  assert_non_null(arena_alloc(&a, 100));
  arena_free(&a);
  assert_int_equal(tm.live_bytes, 0);
}

static void a_copied_text_ends_in_nul(void **state) {
  (void)state;
  struct test_mem tm;
  struct arena a;
  test_mem_init(&tm);
  arena_init(&a, &tm.mem, 0);
  char original[] = "billing";
  const struct text copy =
      arena_copy_text(&a, (struct text){original, strlen(original)});
  original[0] = 'B';
  assert_string_equal(copy.ptr, "billing");
  assert_int_equal(copy.len, 7);
  const struct text none = arena_copy_text(&a, (struct text){NULL, 0});
  assert_string_equal(none.ptr, "");
  arena_free(&a);
}

static void no_memory_is_null_and_nothing_breaks(void **state) {
  (void)state;
  struct test_mem tm;
  struct arena a;
  test_mem_init(&tm);
  arena_init(&a, &tm.mem, 0);
  assert_non_null(arena_alloc(&a, 10));
  tm.fail_at = tm.calls + 1;
  assert_null(arena_alloc(&a, 100000));
  assert_non_null(arena_alloc(&a, 10)); /* the small chunk still serves */
  tm.fail_at = tm.calls + 1;
  const struct text big = {(const char[5000]){0}, 5000};
  assert_null(arena_copy_text(&a, big).ptr);
  assert_non_null(arena_alloc(&a, 100000));
  arena_free(&a);
  assert_int_equal(tm.live_bytes, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_is_cleared_and_aligned),
      cmocka_unit_test(reset_keeps_the_largest_chunk_for_the_next_step),
      cmocka_unit_test(the_limit_is_an_answer),
      cmocka_unit_test(a_copied_text_ends_in_nul),
      cmocka_unit_test(no_memory_is_null_and_nothing_breaks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
