/* The first memory of a run: pieces of one block, and of the memory outside
 * when the block is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "studio/area_priv.h"
#include "support.h"

enum { BLOCK = 128 };

struct fixture {
  struct test_mem tm;
  struct area a;
  _Alignas(16) char block[BLOCK];
};

static void begin(struct fixture *f) {
  test_mem_init(&f->tm);
  area_init(&f->a, &f->tm.mem, f->block, sizeof f->block);
}

static char *resize(struct fixture *f, char *old, size_t old_size,
                    size_t new_size) {
  return f->a.mem.resize(f->a.mem.ctx, old, old_size, new_size);
}

static void test_pieces_lie_in_the_block(void **state) {
  (void)state;
  struct fixture f;
  begin(&f);
  char *a = resize(&f, NULL, 0, 10), *b = resize(&f, NULL, 0, 20);
  assert_ptr_equal(a, f.block);
  assert_ptr_equal(b, f.block + 16); /* aligned to eight bytes */
  assert_int_equal(f.tm.calls, 0);
}

static void test_the_newest_grows_and_goes_where_it_is(void **state) {
  (void)state;
  struct fixture f;
  begin(&f);
  char *a = resize(&f, NULL, 0, 10);
  assert_ptr_equal(resize(&f, a, 10, 60), a);
  assert_null(resize(&f, a, 60, 0));
  assert_ptr_equal(resize(&f, NULL, 0, BLOCK), a);
}

static void test_an_older_one_moves_with_its_bytes(void **state) {
  (void)state;
  struct fixture f;
  begin(&f);
  char *a = resize(&f, NULL, 0, 8);
  memcpy(a, "content", 8);
  char *b = resize(&f, NULL, 0, 8);
  char *moved = resize(&f, a, 8, 24);
  assert_ptr_equal(moved, b + 8);
  assert_string_equal(moved, "content");
}

static void test_what_does_not_fit_comes_from_outside(void **state) {
  (void)state;
  struct fixture f;
  begin(&f);
  char *a = resize(&f, NULL, 0, BLOCK / 2);
  memcpy(a, "content", 8);
  char *b = resize(&f, a, BLOCK / 2, BLOCK + 1);
  assert_int_equal(f.tm.live_blocks, 1);
  assert_string_equal(b, "content");
  b = resize(&f, b, BLOCK + 1, 4 * BLOCK);
  assert_string_equal(b, "content");
  assert_null(resize(&f, b, 4 * BLOCK, 0));
  assert_int_equal(f.tm.live_bytes, 0);
}

static void test_what_cannot_grow_stays(void **state) {
  (void)state;
  struct fixture f;
  begin(&f);
  f.tm.fail_at = 1;
  char *a = resize(&f, NULL, 0, 8);
  memcpy(a, "content", 8);
  assert_null(resize(&f, a, 8, 2 * BLOCK));
  assert_string_equal(a, "content");
  assert_ptr_equal(resize(&f, NULL, 0, 8), a + 8);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pieces_lie_in_the_block),
      cmocka_unit_test(test_the_newest_grows_and_goes_where_it_is),
      cmocka_unit_test(test_an_older_one_moves_with_its_bytes),
      cmocka_unit_test(test_what_does_not_fit_comes_from_outside),
      cmocka_unit_test(test_what_cannot_grow_stays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
