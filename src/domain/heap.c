#include "domain/heap.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Large arrays are read at random: with pages of 4 KiB, every other read would
 * first look for the page. The system may refuse; nothing depends on it. */
enum { HUGE_PAGE = 2 << 20 };

static void advise(char *block, size_t size) {
  const size_t before = -(uintptr_t)block & (HUGE_PAGE - 1);
  if (size >= before + HUGE_PAGE) {
    (void)madvise(block + before, (size - before) & ~(size_t)(HUGE_PAGE - 1),
                  MADV_HUGEPAGE);
  }
}

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size) {
  (void)ctx;
  (void)old_size;
  if (new_size == 0) {
    free(old);
    return NULL;
  }
  void *block = realloc(old, new_size);
  if (block != NULL && new_size >= HUGE_PAGE) {
    advise(block, new_size);
  }
  return block;
}

const struct mem *heap_mem(void) {
  static const struct mem mem = {.resize = resize};
  return &mem;
}
