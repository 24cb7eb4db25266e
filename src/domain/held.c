#include "base/check.h"
#include "domain/held_priv.h"

/* More free steps than a group commit holds back are given back to memory. */
enum { FREE_STEPS_MAX = 256 };

void held_ring_free(struct held_ring *r, const struct mem *mem) {
  mem_free(mem, r->entries, r->cap * sizeof *r->entries);
  *r = (struct held_ring){0};
}

bool held_ring_reserve(struct held_ring *r, const struct mem *mem) {
  if (r->count < r->cap) {
    return true;
  }
  const size_t cap = r->cap == 0 ? 64 : r->cap * 2;
  struct held *entries = mem_new(mem, cap * sizeof *entries);
  if (entries == NULL) {
    return false;
  }
  for (size_t i = 0; i < r->count; i++) {
    entries[i] = *held_ring_at(r, i);
  }
  mem_free(mem, r->entries, r->cap * sizeof *r->entries);
  *r = (struct held_ring){.entries = entries, .cap = cap, .count = r->count};
  return true;
}

void held_ring_push(struct held_ring *r, const struct held *h) {
  bt_check(r->count < r->cap);
  r->entries[(r->first + r->count) % r->cap] = *h;
  r->count++;
}

struct held held_ring_pop(struct held_ring *r) {
  const struct held h = *held_ring_at(r, 0);
  bt_check(r->cap > 0);
  r->first = (r->first + 1) % r->cap;
  r->count--;
  return h;
}

const struct held *held_ring_at(const struct held_ring *r, size_t i) {
  bt_check(i < r->count && r->cap > 0);
  return &r->entries[(r->first + i) % r->cap];
}

struct step *step_pool_take(struct step_pool *p) {
  if (p->count > 0) {
    return p->free[--p->count];
  }
  struct step *step = mem_new(p->mem, sizeof *step);
  if (step != NULL) {
    step_init(step, p->mem);
  }
  return step;
}

static void discard(struct step_pool *p, struct step *step) {
  step_free(step);
  mem_free(p->mem, step, sizeof *step);
}

void step_pool_give(struct step_pool *p, struct step *step) {
  if (p->count == FREE_STEPS_MAX ||
      !mem_grow(p->mem, &p->free, &p->cap, p->count + 1,
                sizeof(struct step *))) {
    discard(p, step);
    return;
  }
  step_clear(step);
  p->free[p->count++] = step;
}

void step_pool_free(struct step_pool *p) {
  while (p->count > 0) {
    discard(p, p->free[--p->count]);
  }
  mem_free(p->mem, p->free, p->cap * sizeof(struct step *));
  *p = (struct step_pool){.mem = p->mem};
}
