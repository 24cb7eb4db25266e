#include "base/map.h"

#include <string.h>

#include "base/check.h"

/* Linear probing over slots of eight bytes. Removal moves the followers back
 * instead of leaving a grave, so that a map whose keys come and go for months
 * stays as fast as a new one. */
struct map_slot {
  uint32_t tag;   /* 32 bits of the hash: its home, and a quick "no" */
  uint32_t value; /* plus one; 0 marks an empty slot */
};

enum { CAP_FIRST = 16 };
#define CAP_MAX ((size_t)1 << 31) /* a tag must be able to name every home */

static uint32_t tag_from(uint64_t hash) {
  return (uint32_t)(hash ^ hash >> 32);
}

/* At most three quarters full: beyond that the runs grow long. */
static size_t room(size_t cap) {
  return cap / 4 * 3;
}

void map_init(struct map *m, const struct mem *mem, map_same_fn *same,
              const void *ctx) {
  *m = (struct map){.mem = mem, .same = same, .ctx = ctx};
}

void map_free(struct map *m) {
  mem_free(m->mem, m->slots, m->cap * sizeof *m->slots);
  map_init(m, m->mem, m->same, m->ctx);
}

size_t map_bytes(const struct map *m) {
  return m->cap * sizeof *m->slots;
}

void map_clear(struct map *m) {
  if (m->count != 0) {
    memset(m->slots, 0, m->cap * sizeof *m->slots);
    m->count = 0;
  }
}

uint32_t map_get(const struct map *m, uint64_t hash, const void *key) {
  if (m->count == 0) {
    return MAP_NONE;
  }
  const size_t mask = m->cap - 1;
  const uint32_t tag = tag_from(hash);
  for (size_t at = tag & mask; m->slots[at].value != 0; at = (at + 1) & mask) {
    const struct map_slot s = m->slots[at];
    if (s.tag == tag && m->same(m->ctx, s.value - 1, key)) {
      return s.value - 1;
    }
  }
  return MAP_NONE;
}

static void insert(struct map_slot *slots, size_t mask, struct map_slot fresh) {
  size_t at = fresh.tag & mask;
  while (slots[at].value != 0) {
    at = (at + 1) & mask;
  }
  slots[at] = fresh;
}

static bool rehash(struct map *m, size_t cap) {
  struct map_slot *slots = mem_new(m->mem, cap * sizeof *slots);
  if (slots == NULL) {
    return false;
  }
  for (size_t i = 0; i < m->cap; i++) {
    if (m->slots[i].value != 0) {
      insert(slots, cap - 1, m->slots[i]);
    }
  }
  mem_free(m->mem, m->slots, m->cap * sizeof *m->slots);
  m->slots = slots;
  m->cap = cap;
  return true;
}

bool map_reserve(struct map *m, size_t more) {
  if (more <= room(m->cap) - m->count) {
    return true;
  }
  if (more > room(CAP_MAX) - m->count) {
    return false;
  }
  size_t cap = m->cap == 0 ? CAP_FIRST : m->cap;
  while (room(cap) < m->count + more) {
    cap *= 2;
  }
  return rehash(m, cap);
}

bool map_put(struct map *m, uint64_t hash, uint32_t value) {
  bt_check(value != MAP_NONE);
  if (!map_reserve(m, 1)) {
    return false;
  }
  insert(m->slots, m->cap - 1, (struct map_slot){tag_from(hash), value + 1});
  m->count++;
  return true;
}

/* Fill the hole at @hole from its run: whatever may live there moves back. */
static void close_hole(struct map *m, size_t hole) {
  const size_t mask = m->cap - 1;
  for (size_t at = (hole + 1) & mask; m->slots[at].value != 0;
       at = (at + 1) & mask) {
    const size_t from_home = (at - m->slots[at].tag) & mask;
    const size_t from_hole = (at - hole) & mask;
    if (from_home >= from_hole) {
      m->slots[hole] = m->slots[at];
      hole = at;
    }
  }
  m->slots[hole] = (struct map_slot){0, 0};
}

bool map_remove(struct map *m, uint64_t hash, uint32_t value) {
  if (m->count == 0 || value == MAP_NONE) {
    return false;
  }
  const size_t mask = m->cap - 1;
  const uint32_t tag = tag_from(hash);
  size_t at = tag & mask;
  while (m->slots[at].value != value + 1 || m->slots[at].tag != tag) {
    if (m->slots[at].value == 0) {
      return false;
    }
    at = (at + 1) & mask;
  }
  close_hole(m, at);
  m->count--;
  return true;
}
