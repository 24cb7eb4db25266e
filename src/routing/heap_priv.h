/* heap_priv.h - a heap of four children a node whose entries know their place.
 *
 * Entries come smallest (hi, lo, tail) first. Whoever owns the items is told of
 * each move, so that an entry can be removed from the middle. Inline, so that
 * the telling costs no call. The array's memory is the owner's (heap_reserve).
 */
#ifndef BATON_ROUTING_HEAP_PRIV_H
#define BATON_ROUTING_HEAP_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/mem.h"

enum { HEAP_ARITY = 4 };

struct heap_entry {
  uint64_t hi, lo; /* the key; no two entries have the same */
  uint32_t tail;   /* its end, where lo does not hold it all */
  uint32_t item;
};

struct heap {
  struct heap_entry *entries;
  size_t cap;
  uint32_t count;
};

/* The entry is now at @place. */
typedef void heap_moved_fn(void *ctx, const struct heap_entry *e,
                           uint32_t place);

static inline bool heap_before(const struct heap_entry *a,
                               const struct heap_entry *b) {
  if (a->hi != b->hi) {
    return a->hi < b->hi;
  }
  return a->lo != b->lo ? a->lo < b->lo : a->tail < b->tail;
}

static inline bool heap_reserve(struct heap *h, const struct mem *mem,
                                size_t want) {
  return mem_grow(mem, &h->entries, &h->cap, want, sizeof *h->entries);
}

static inline void heap_put(struct heap *h, uint32_t place, struct heap_entry e,
                            heap_moved_fn *moved, void *ctx) {
  h->entries[place] = e;
  moved(ctx, &e, place);
}

/* Let @e rise from the hole at @place; answers where it came to rest. */
static inline uint32_t heap_rise(struct heap *h, uint32_t place,
                                 struct heap_entry e, heap_moved_fn *moved,
                                 void *ctx) {
  while (place > 0) {
    const uint32_t parent = (place - 1) / HEAP_ARITY;
    if (!heap_before(&e, &h->entries[parent])) {
      break;
    }
    heap_put(h, place, h->entries[parent], moved, ctx);
    place = parent;
  }
  heap_put(h, place, e, moved, ctx);
  return place;
}

static inline uint32_t heap_first_child(const struct heap *h, uint32_t place) {
  const uint32_t first = place * HEAP_ARITY + 1;
  const uint32_t end =
      first + HEAP_ARITY < h->count ? first + HEAP_ARITY : h->count;
  uint32_t best = first;
  for (uint32_t child = first + 1; child < end; child++) {
    if (heap_before(&h->entries[child], &h->entries[best])) {
      best = child;
    }
  }
  return best;
}

/* Let @e sink from the hole at @place. */
static inline void heap_sink(struct heap *h, uint32_t place,
                             struct heap_entry e, heap_moved_fn *moved,
                             void *ctx) {
  while (place * HEAP_ARITY + 1 < h->count) {
    const uint32_t child = heap_first_child(h, place);
    if (!heap_before(&h->entries[child], &e)) {
      break;
    }
    heap_put(h, place, h->entries[child], moved, ctx);
    place = child;
  }
  heap_put(h, place, e, moved, ctx);
}

/* The key of the entry at @place becomes that of @e. */
static inline void heap_change(struct heap *h, uint32_t place,
                               struct heap_entry e, heap_moved_fn *moved,
                               void *ctx) {
  bt_check(place < h->count);
  if (heap_rise(h, place, e, moved, ctx) == place) {
    heap_sink(h, place, e, moved, ctx);
  }
}

/* There is room for it. */
static inline void heap_push(struct heap *h, struct heap_entry e,
                             heap_moved_fn *moved, void *ctx) {
  bt_check(h->count < h->cap);
  (void)heap_rise(h, h->count++, e, moved, ctx);
}

static inline void heap_remove(struct heap *h, uint32_t place,
                               heap_moved_fn *moved, void *ctx) {
  bt_check(place < h->count);
  h->count--;
  if (place < h->count) {
    heap_change(h, place, h->entries[h->count], moved, ctx);
  }
}

#endif
