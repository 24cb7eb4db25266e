/* region.c - blocks of powers of two, each size with its list of free ones. */
#include "region.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum { REGION_BYTES = 4 << 20, SMALLEST = 5, SIZES = 23 };

/* The lists are within: they go back in time with the blocks. */
static struct {
  size_t used;              /* of bytes */
  size_t first_free[SIZES]; /* place and one; 0: none */
  alignas(max_align_t) unsigned char bytes[REGION_BYTES];
} region;

static unsigned size_class(size_t size) {
  unsigned c = SMALLEST;
  while (((size_t)1 << c) < size) {
    c++;
  }
  bt_check(c < SIZES);
  return c;
}

static void *take(size_t size) {
  const unsigned c = size_class(size);
  size_t at = region.first_free[c];
  if (at != 0) {
    memcpy(&region.first_free[c], &region.bytes[--at], sizeof at);
    return &region.bytes[at];
  }
  at = region.used;
  region.used += (size_t)1 << c;
  bt_check(region.used <= REGION_BYTES);
  return &region.bytes[at];
}

static void give(unsigned char *block, size_t size) {
  const unsigned c = size_class(size);
  const size_t place = (size_t)(block - region.bytes) + 1;
  memcpy(block, &region.first_free[c], sizeof place);
  region.first_free[c] = place;
}

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size) {
  (void)ctx;
  if (old != NULL && new_size > 0 &&
      size_class(old_size) == size_class(new_size)) {
    return old;
  }
  void *now = new_size == 0 ? NULL : take(new_size);
  if (old != NULL) {
    if (now != NULL) {
      memcpy(now, old, old_size < new_size ? old_size : new_size);
    }
    give(old, old_size);
  }
  return now;
}

const struct mem *region_mem(void) {
  static const struct mem mem = {.resize = resize};
  return &mem;
}

void region_reset(void) {
  memset(&region, 0, sizeof region);
}

size_t region_used(void) {
  return region.used;
}

#define HEAD_BYTES ((size_t)(region.bytes - (unsigned char *)&region))

void region_save(struct region_copy *copy) {
  copy->len = HEAD_BYTES + region.used;
  if (copy->cap < copy->len) {
    copy->cap = copy->len * 2;
    copy->bytes = realloc(copy->bytes, copy->cap);
    bt_check(copy->bytes != NULL);
  }
  memcpy(copy->bytes, &region, copy->len);
}

void region_put_back(const struct region_copy *copy) {
  memcpy(&region, copy->bytes, copy->len);
}

void region_copy_free(struct region_copy *copy) {
  free(copy->bytes);
  *copy = (struct region_copy){0};
}
