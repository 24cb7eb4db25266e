/* waiting.c - the matchable sessions of a signature, in order of who goes
 * first.
 *
 * All of them age alike: the one with the higher line (priority minus ageing ×
 * time of entry) is ahead of the other for as long as both rise, so that a key
 * that never changes orders them; and the first of them is the first to reach
 * the maximum. From then on its priority stays: it moves to the resting ones.
 */
#include "routing/router_priv.h"

/* ---- priorities */

static int64_t line_of(const struct router_queue *q,
                       const struct router_session *s) {
  return (int64_t)s->priority * ROUTER_POINT -
         (int64_t)q->ageing * (s->entered_us / 1000);
}

static const struct router_queue *queue_of(const struct router *r,
                                           const struct router_session *s) {
  return &r->queues[r->signatures[s->signature].key.queue];
}

/* Who skipped the queue is before all others and does not age: among those that
 * rise, the first is the first to be capped. */
static bool ages(const struct router_queue *q, const struct router_session *s) {
  return q->ageing > 0 && !s->skip_queue && s->priority < q->max_priority;
}

int64_t routing_effective(const struct router *r, uint32_t slot) {
  const struct router_session *s = &r->sessions[slot];
  const struct router_queue *q = queue_of(r, s);
  if (!ages(q, s)) {
    return (int64_t)s->priority * ROUTER_POINT;
  }
  const int64_t now = line_of(q, s) + (int64_t)q->ageing * r->clock_ms;
  const int64_t most = (int64_t)q->max_priority * ROUTER_POINT;
  return now < most ? now : most;
}

int64_t router_effective_priority(const struct router *r, uint32_t slot) {
  bt_check(router_waits(r, slot));
  return routing_effective(r, slot);
}

/* When the session with this line reaches the maximum. */
static int64_t capped_at_ms(const struct router_queue *q, int64_t line) {
  const int64_t left = (int64_t)q->max_priority * ROUTER_POINT - line;
  return (left + q->ageing - 1) / q->ageing;
}

/* ---- entries */

/* Skipped ones first, then the higher priority, then the longer wait. */
static struct heap_entry resting_entry(const struct router *r, uint32_t slot) {
  const struct router_session *s = &r->sessions[slot];
  const struct router_queue *q = queue_of(r, s);
  const uint32_t priority = ages(q, s) ? q->max_priority : s->priority;
  const uint64_t behind = ROUTER_PRIORITY_MAX - (uint64_t)priority;
  return (struct heap_entry){.hi = (s->skip_queue ? 0 : WAITS_BIT) |
                                   behind << TIME_BITS |
                                   (uint64_t)s->entered_us,
                             .lo = s->order,
                             .item = slot};
}

static struct heap_entry rising_entry(const struct router *r, uint32_t slot) {
  const struct router_session *s = &r->sessions[slot];
  const uint64_t behind = (uint64_t)(ABOVE_ALL - line_of(queue_of(r, s), s));
  return (struct heap_entry){.hi = WAITS_BIT | behind,
                             .lo = (uint64_t)s->entered_us << ORDER_HIGH_BITS |
                                   s->order >> 32,
                             .tail = (uint32_t)s->order,
                             .item = slot};
}

static int64_t line_of_entry(const struct heap_entry *e) {
  return ABOVE_ALL - (int64_t)(e->hi & ~WAITS_BIT);
}

/* ---- contenders */

struct contender routing_contend(const struct router *r, uint32_t slot) {
  const struct router_session *s = &r->sessions[slot];
  return (struct contender){.slot = slot,
                            .precedence = queue_of(r, s)->precedence,
                            .skip_queue = s->skip_queue,
                            .effective = routing_effective(r, slot),
                            .entered_us = s->entered_us,
                            .order = s->order};
}

struct contender routing_contend_resting(const struct router_head *head) {
  const uint64_t behind = (head->hi & ~WAITS_BIT) >> TIME_BITS;
  return (struct contender){
      .slot = head->slot,
      .precedence = head->precedence,
      .skip_queue = (head->hi & WAITS_BIT) == 0,
      .effective = (ROUTER_PRIORITY_MAX - (int64_t)behind) * ROUTER_POINT,
      .entered_us = (int64_t)(head->hi & TIME_MASK),
      .order = head->lo};
}

struct contender routing_contend_rising(const struct router *r, uint32_t number,
                                        const struct heap_entry *e) {
  const struct router_queue *q = &r->queues[r->signatures[number].key.queue];
  const uint64_t high = e->lo & ((1u << ORDER_HIGH_BITS) - 1);
  return (struct contender){.slot = e->item,
                            .precedence = q->precedence,
                            .effective = line_of_entry(e) +
                                         (int64_t)q->ageing * r->clock_ms,
                            .entered_us = (int64_t)(e->lo >> ORDER_HIGH_BITS),
                            .order = high << 32 | e->tail};
}

bool routing_goes_before(const struct contender *a, const struct contender *b) {
  if (a->slot == ROUTER_NONE || b->slot == ROUTER_NONE) {
    return a->slot != ROUTER_NONE;
  }
  if (a->precedence != b->precedence) {
    return a->precedence > b->precedence;
  }
  if (a->skip_queue != b->skip_queue) {
    return a->skip_queue;
  }
  if (a->effective != b->effective) {
    return a->effective > b->effective;
  }
  return a->entered_us != b->entered_us ? a->entered_us < b->entered_us
                                        : a->order < b->order;
}

/* ---- which signature is capped next */

static void cap_moved(void *ctx, const struct heap_entry *e, uint32_t place) {
  const struct router *r = ctx;
  r->signatures[e->item].cap_place = place + 1;
}

bool routing_reserve_caps(struct router *r, size_t signatures) {
  if (r->caps == NULL) {
    r->caps = mem_new(r->mem, sizeof *r->caps);
  }
  return r->caps != NULL && heap_reserve(&r->caps->heap, r->mem, signatures);
}

void routing_free_caps(struct router *r) {
  if (r->caps != NULL) {
    struct heap *h = &r->caps->heap;
    mem_free(r->mem, h->entries, h->cap * sizeof *h->entries);
    mem_free(r->mem, r->caps, sizeof *r->caps);
    r->caps = NULL;
  }
}

static void refresh_cap(struct router *r, uint32_t number) {
  struct router_signature *s = &r->signatures[number];
  if (s->rising.count == 0) {
    if (s->cap_place != 0) {
      heap_remove(&r->caps->heap, s->cap_place - 1, cap_moved, r);
      s->cap_place = 0;
    }
    return;
  }
  const struct router_queue *q = &r->queues[s->key.queue];
  const int64_t line = line_of_entry(&s->rising.entries[0]);
  const struct heap_entry e = {
      .hi = (uint64_t)capped_at_ms(q, line), .lo = number, .item = number};
  if (s->cap_place == 0) {
    heap_push(&r->caps->heap, e, cap_moved, r);
  } else if (r->caps->heap.entries[s->cap_place - 1].hi != e.hi) {
    heap_change(&r->caps->heap, s->cap_place - 1, e, cap_moved, r);
  }
}

void routing_refresh_head(struct router *r, uint32_t number) {
  const struct router_signature *s = &r->signatures[number];
  const struct router_queue *q = router_queue_at(r, s->key.queue);
  struct router_head *head = &r->heads[number];
  if (s->rising.count > 0 || s->cap_place != 0) {
    refresh_cap(r, number);
  }
  if (q->paused || s->resting.count == 0) {
    head->slot = ROUTER_NONE;
    head->rises = !q->paused && s->rising.count > 0;
    return;
  }
  const struct heap_entry *first = &s->resting.entries[0];
  *head = (struct router_head){.hi = first->hi,
                               .lo = first->lo,
                               .slot = first->item,
                               .precedence = (uint16_t)q->precedence,
                               .rises = s->rising.count > 0};
}

/* ---- in and out */

static void waiting_moved(void *ctx, const struct heap_entry *e,
                          uint32_t place) {
  const struct router *r = ctx;
  r->sessions[e->item].place = place;
}

bool routing_reserve_waiting(struct router *r, uint32_t number, uint32_t ageing,
                             size_t want) {
  struct router_signature *s = &r->signatures[number];
  return heap_reserve(&s->resting, r->mem, want) &&
         (ageing == 0 || heap_reserve(&s->rising, r->mem, want));
}

static void push(struct router *r, uint32_t slot) {
  struct router_session *s = &r->sessions[slot];
  struct router_signature *signature = &r->signatures[s->signature];
  const struct router_queue *q = &r->queues[signature->key.queue];
  s->rises = ages(q, s) && capped_at_ms(q, line_of(q, s)) > r->clock_ms;
  if (s->rises) {
    heap_push(&signature->rising, rising_entry(r, slot), waiting_moved, r);
  } else {
    heap_push(&signature->resting, resting_entry(r, slot), waiting_moved, r);
  }
}

void routing_add_waiting(struct router *r, uint32_t slot) {
  push(r, slot);
  routing_refresh_head(r, r->sessions[slot].signature);
}

void routing_remove_waiting(struct router *r, uint32_t slot) {
  const struct router_session *s = &r->sessions[slot];
  struct router_signature *signature = &r->signatures[s->signature];
  heap_remove(s->rises ? &signature->rising : &signature->resting, s->place,
              waiting_moved, r);
  routing_refresh_head(r, s->signature);
}

/* What rises is put behind what rests, and all is read again from the front:
 * each goes at most where it, or one before it, was. */
void routing_rebuild_waiting(struct router *r, uint32_t number) {
  struct router_signature *s = &r->signatures[number];
  struct heap *all = &s->resting;
  bt_check(all->count + s->rising.count <= all->cap);
  for (uint32_t i = 0; i < s->rising.count; i++) {
    all->entries[all->count++] = s->rising.entries[i];
  }
  const uint32_t count = all->count;
  all->count = 0;
  s->rising.count = 0;
  for (uint32_t i = 0; i < count; i++) {
    push(r, all->entries[i].item);
  }
  routing_refresh_head(r, number);
}

void router_advance(struct router *r, int64_t now_us) {
  const int64_t now_ms = now_us / 1000;
  if (now_ms <= r->clock_ms) {
    return;
  }
  r->clock_ms = now_ms;
  struct heap *caps = r->caps == NULL ? NULL : &r->caps->heap;
  while (caps != NULL && caps->count > 0 &&
         (int64_t)caps->entries[0].hi <= now_ms) {
    const uint32_t number = caps->entries[0].item;
    struct heap *rising = &r->signatures[number].rising;
    const uint32_t slot = rising->entries[0].item;
    heap_remove(rising, 0, waiting_moved, r);
    push(r, slot);
    routing_refresh_head(r, number);
  }
}
