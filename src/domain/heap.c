#include "domain/heap.h"

#include <stdlib.h>

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size) {
  (void)ctx;
  (void)old_size;
  if (new_size == 0) {
    free(old);
    return NULL;
  }
  return realloc(old, new_size);
}

const struct mem *heap_mem(void) {
  static const struct mem mem = {.resize = resize};
  return &mem;
}
