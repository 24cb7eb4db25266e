#include "studio/area_priv.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Nothing in a run is wider than a value or an address. */
enum { ALIGNMENT = 8 };

static size_t rounded(size_t size) {
  return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static bool is_within(const struct area *a, const char *piece) {
  return (uintptr_t)piece >= (uintptr_t)a->begin &&
         (uintptr_t)piece < (uintptr_t)a->end;
}

/* NULL if there is no room. */
static char *take(struct area *a, size_t size) {
  if (size > (size_t)(a->end - a->at) ||
      rounded(size) > (size_t)(a->end - a->at)) {
    return NULL;
  }
  char *piece = a->at;
  a->at += rounded(size);
  return piece;
}

/* The newest piece makes room again, and can grow where it stands. */
static bool is_newest(const struct area *a, const char *piece, size_t size) {
  return piece + rounded(size) == a->at;
}

static bool resize_newest(struct area *a, char *piece, size_t new_size) {
  const size_t room = (size_t)(a->end - piece);
  if (new_size > room || rounded(new_size) > room) {
    return false;
  }
  a->at = piece + rounded(new_size);
  return true;
}

static void *fresh(struct area *a, size_t size) {
  char *piece = take(a, size);
  if (piece != NULL) {
    return piece;
  }
  a->overflowed = true;
  return a->outer->resize(a->outer->ctx, NULL, 0, size);
}

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size) {
  struct area *a = ctx;
  if (old == NULL) {
    return fresh(a, new_size);
  }
  if (!is_within(a, old)) {
    return a->outer->resize(a->outer->ctx, old, old_size, new_size);
  }
  if (is_newest(a, old, old_size) && resize_newest(a, old, new_size)) {
    return new_size == 0 ? NULL : old;
  }
  if (new_size == 0) {
    return NULL;
  }
  void *moved = fresh(a, new_size);
  if (moved != NULL) {
    memcpy(moved, old, old_size < new_size ? old_size : new_size);
  }
  return moved;
}

void area_init(struct area *a, const struct mem *outer, char *block,
               size_t size) {
  *a = (struct area){.mem = {resize, a},
                     .outer = outer,
                     .begin = block,
                     .at = block,
                     .end = block + size};
}
