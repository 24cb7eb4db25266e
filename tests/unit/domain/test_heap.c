/* A block keeps its bytes while it grows and shrinks, on huge pages or not. */
#include "domain/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MIB = 1 << 20 };

/* AddressSanitizer asks for this name: it ends the process else when there is
 * no memory, which is what is tested here. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl*) */
const char *__asan_default_options(void);
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl*) */
const char *__asan_default_options(void) {
  return "allocator_may_return_null=1";
}

static unsigned char byte_at(size_t at) {
  return (unsigned char)(at * 31 / 4096 + at);
}

static void fill(unsigned char *block, size_t from, size_t to) {
  for (size_t i = from; i < to; i++) {
    block[i] = byte_at(i);
  }
}

static void is_filled(const unsigned char *block, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (block[i] != byte_at(i)) {
      fail_msg("byte %zu of %zu is another", i, size);
    }
  }
}

static void a_block_keeps_its_bytes(void **state) {
  (void)state;
  const struct mem *mem = heap_mem();
  static const size_t sizes[] = {
      100,     MIB,         2 * MIB - 1, 2 * MIB,  2 * MIB + 1,
      3 * MIB, 9 * MIB + 7, 9 * MIB + 9, 20 * MIB, 5 * MIB,
      4 * MIB, 2 * MIB,     MIB,         30 * MIB, 10};
  unsigned char *block = NULL;
  size_t size = 0;
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    block = mem->resize(mem->ctx, block, size, sizes[i]);
    assert_non_null(block);
    is_filled(block, size < sizes[i] ? size : sizes[i]);
    fill(block, size < sizes[i] ? size : sizes[i], sizes[i]);
    size = sizes[i];
  }
  assert_null(mem->resize(mem->ctx, block, size, 0));
}

static void many_blocks_lie_apart(void **state) {
  (void)state;
  enum { BLOCKS = 8, SIZE = 2 * MIB + 4096 };
  const struct mem *mem = heap_mem();
  unsigned char *blocks[BLOCKS];
  for (int i = 0; i < BLOCKS; i++) {
    blocks[i] = mem->resize(mem->ctx, NULL, 0, SIZE);
    assert_non_null(blocks[i]);
    fill(blocks[i], 0, SIZE);
  }
  mem_free(mem, blocks[3], SIZE);
  blocks[3] = mem->resize(mem->ctx, NULL, 0, SIZE);
  fill(blocks[3], 0, SIZE);
  for (int i = 0; i < BLOCKS; i++) {
    is_filled(blocks[i], SIZE);
    mem_free(mem, blocks[i], SIZE);
  }
}

/* More than there is: the block stays as it was. */
static void what_cannot_be_had_changes_nothing(void **state) {
  (void)state;
  const struct mem *mem = heap_mem();
  enum { SIZE = 3 * MIB };
  unsigned char *block = mem->resize(mem->ctx, NULL, 0, SIZE);
  assert_non_null(block);
  fill(block, 0, SIZE);
  assert_null(mem->resize(mem->ctx, block, SIZE, SIZE_MAX / 4));
  is_filled(block, SIZE);
  mem_free(mem, block, SIZE);
  assert_null(mem->resize(mem->ctx, NULL, 0, SIZE_MAX / 4));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_block_keeps_its_bytes),
      cmocka_unit_test(many_blocks_lie_apart),
      cmocka_unit_test(what_cannot_be_had_changes_nothing),
  };
  const int plain = cmocka_run_group_tests_name("plain", tests, NULL, NULL);
  heap_use_huge_pages();
  return plain + cmocka_run_group_tests_name("huge pages", tests, NULL, NULL);
}
