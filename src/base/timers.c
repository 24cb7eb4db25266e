#include "base/timers.h"

#include "base/check.h"

/* A heap of four children a node: half as deep as a binary one, and the four
 * entries fill a cache line. Each running timer knows its place in it. */
struct timers_entry {
  int64_t deadline_us;
  uint32_t id;
};

struct timers_node {
  struct timer timer;
  uint32_t at;   /* place in the heap, or AT_FREE */
  uint32_t next; /* free list */
};

enum { CHILDREN = 4 };
#define AT_FREE UINT32_MAX

void timers_init(struct timers *t, const struct mem *mem) {
  *t = (struct timers){.mem = mem};
}

void timers_free(struct timers *t) {
  mem_free(t->mem, t->nodes, t->node_cap * sizeof *t->nodes);
  mem_free(t->mem, t->heap, t->heap_cap * sizeof *t->heap);
  timers_init(t, t->mem);
}

bool timers_reserve(struct timers *t, size_t more) {
  if (more > AT_FREE - 1 - t->count) {
    return false;
  }
  const size_t want = t->count + more;
  if (want <= t->heap_cap) {
    return true; /* it grows last: the nodes have room too */
  }
  return mem_grow(t->mem, &t->nodes, &t->node_cap, want, sizeof *t->nodes) &&
         mem_grow(t->mem, &t->heap, &t->heap_cap, want, sizeof *t->heap);
}

static struct timers_node *node_of(const struct timers *t, uint32_t id) {
  bt_check(id != TIMER_NONE && id <= t->node_cap);
  return &t->nodes[id - 1];
}

static bool is_before(const struct timers *t, struct timers_entry a,
                      struct timers_entry b) {
  if (a.deadline_us != b.deadline_us) {
    return a.deadline_us < b.deadline_us;
  }
  return t->nodes[a.id - 1].timer.order < t->nodes[b.id - 1].timer.order;
}

static void place(struct timers *t, size_t at, struct timers_entry e) {
  t->heap[at] = e;
  t->nodes[e.id - 1].at = (uint32_t)at;
}

static void sift_up(struct timers *t, size_t at, struct timers_entry e) {
  while (at > 0) {
    const size_t parent = (at - 1) / CHILDREN;
    if (!is_before(t, e, t->heap[parent])) {
      break;
    }
    place(t, at, t->heap[parent]);
    at = parent;
  }
  place(t, at, e);
}

/* The earliest of the children that begin at @first. Which one it is cannot be
 * predicted, so nothing but the rare tie may branch on it. */
static size_t earliest_child(const struct timers *t, size_t first) {
  const size_t end = t->count - first < CHILDREN ? t->count : first + CHILDREN;
  size_t best = first;
  int64_t best_us = t->heap[first].deadline_us;
  for (size_t i = first + 1; i < end; i++) {
    const int64_t us = t->heap[i].deadline_us;
    if (us == best_us) {
      best = is_before(t, t->heap[i], t->heap[best]) ? i : best;
    }
    best = us < best_us ? i : best;
    best_us = us < best_us ? us : best_us;
  }
  return best;
}

static void sift_down(struct timers *t, size_t at, struct timers_entry e) {
  for (size_t first = at * CHILDREN + 1; first < t->count;
       first = at * CHILDREN + 1) {
    const size_t child = earliest_child(t, first);
    if (!is_before(t, t->heap[child], e)) {
      break;
    }
    place(t, at, t->heap[child]);
    at = child;
  }
  place(t, at, e);
}

/* Ids are used again, last freed first. While the free list is empty the ids
 * 1 … count are exactly those that run, so the next new one is count + 1. */
static uint32_t take_id(struct timers *t) {
  const uint32_t id = t->free_head;
  if (id == TIMER_NONE) {
    return (uint32_t)t->count + 1;
  }
  t->free_head = t->nodes[id - 1].next;
  return id;
}

uint32_t timers_start(struct timers *t, struct timer spec) {
  if (!timers_reserve(t, 1)) {
    return TIMER_NONE;
  }
  const uint32_t id = take_id(t);
  spec.order = t->next_order++;
  *node_of(t, id) = (struct timers_node){.timer = spec};
  const size_t last = t->count++;
  sift_up(t, last, (struct timers_entry){spec.deadline_us, id});
  return id;
}

/* Put @e into the hole: it may have to go either way. */
static void fill_hole(struct timers *t, size_t hole, struct timers_entry e) {
  if (hole != 0 && is_before(t, e, t->heap[(hole - 1) / CHILDREN])) {
    sift_up(t, hole, e);
  } else {
    sift_down(t, hole, e);
  }
}

void timers_stop(struct timers *t, uint32_t id) {
  if (id == TIMER_NONE) {
    return;
  }
  struct timers_node *n = node_of(t, id);
  bt_check(n->at < t->count && t->heap[n->at].id == id);
  const size_t hole = n->at;
  const struct timers_entry last = t->heap[--t->count];
  if (last.id != id) {
    fill_hole(t, hole, last);
  }
  n->at = AT_FREE;
  n->next = t->free_head;
  t->free_head = id;
}

void timers_reorder(struct timers *t, uint32_t id, uint64_t order) {
  struct timers_node *n = node_of(t, id);
  bt_check(n->at < t->count && t->heap[n->at].id == id);
  n->timer.order = order;
  fill_hole(t, n->at, t->heap[n->at]);
}

const struct timer *timers_get(const struct timers *t, uint32_t id) {
  const struct timers_node *n = node_of(t, id);
  bt_check(n->at < t->count && t->heap[n->at].id == id);
  return &n->timer;
}

int64_t timers_next(const struct timers *t) {
  return t->count == 0 ? INT64_MAX : t->heap[0].deadline_us;
}

bool timers_take_due(struct timers *t, int64_t now_us, struct timer *out,
                     uint32_t *id) {
  if (t->count == 0 || t->heap[0].deadline_us > now_us) {
    return false;
  }
  const uint32_t due = t->heap[0].id;
  *out = *timers_get(t, due);
  *id = due;
  timers_stop(t, due);
  return true;
}
