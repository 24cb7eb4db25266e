/* The reserve: what is taken comes back whole, and nothing lies over another.
 */
#include "domain/reserve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 1 << 16, BLOCKS = 64 };

static int begin(void **state) {
  (void)state;
  assert_null(reserve_take(1)); /* without one there is nothing */
  assert_false(reserve_has(&(int){0}));
  return reserve_begin(SIZE) ? 0 : -1;
}

static void it_gives_what_it_has_and_no_more(void **state) {
  (void)state;
  assert_int_equal(reserve_left(), SIZE);
  assert_null(reserve_take(0));
  assert_null(reserve_take(SIZE + 1));
  assert_null(reserve_take(SIZE_MAX));
  char *all = reserve_take(SIZE);
  assert_non_null(all);
  assert_true(reserve_has(all) && reserve_has(all + SIZE - 1));
  assert_false(reserve_has(all + SIZE));
  assert_null(reserve_take(1));
  reserve_give(all, SIZE);
  assert_int_equal(reserve_left(), SIZE);
}

/* Random blocks, each filled with a byte of its own; at the end all is one
 * piece again. */
static void what_is_given_back_becomes_one_piece(void **state) {
  (void)state;
  struct {
    unsigned char *at;
    size_t size;
  } blocks[BLOCKS] = {{NULL, 0}};
  srand(7);
  for (int i = 0; i < 20000; i++) {
    const size_t k = (size_t)rand() % BLOCKS;
    if (blocks[k].at == NULL) {
      blocks[k].size = 1 + (size_t)rand() % 3000;
      blocks[k].at = reserve_take(blocks[k].size);
      if (blocks[k].at != NULL) {
        assert_int_equal((uintptr_t)blocks[k].at % _Alignof(max_align_t), 0);
        memset(blocks[k].at, (int)k, blocks[k].size);
      }
    } else {
      for (size_t b = 0; b < blocks[k].size; b++) {
        assert_int_equal(blocks[k].at[b], k);
      }
      reserve_give(blocks[k].at, blocks[k].size);
      blocks[k].at = NULL;
    }
  }
  for (size_t k = 0; k < BLOCKS; k++) {
    if (blocks[k].at != NULL) {
      reserve_give(blocks[k].at, blocks[k].size);
    }
  }
  assert_int_equal(reserve_left(), SIZE);
  void *all = reserve_take(SIZE);
  assert_non_null(all);
  reserve_give(all, SIZE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_gives_what_it_has_and_no_more),
      cmocka_unit_test(what_is_given_back_becomes_one_piece),
  };
  return cmocka_run_group_tests(tests, begin, NULL);
}
