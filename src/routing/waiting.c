/* waiting.c - the matchable sessions of a signature, in order of who goes
 * first, by the first of each run.
 *
 * All of one slope age alike: the one with the higher line (priority minus
 * ageing × time of entry) is ahead of the other for as long as both rise, so
 * that a key that never changes orders them; and the first of them is the first
 * to reach the maximum. From then on its priority stays: its run moves to the
 * resting ones, until the first of it goes.
 */
#include "routing/router_priv.h"

/* ---- priorities */

static int64_t line_of(const struct router *r, const struct router_session *s) {
  return (int64_t)s->priority * ROUTER_POINT -
         (int64_t)routing_ageing_of(r, s->slope) * (s->entered_us / 1000);
}

static const struct router_queue *queue_of(const struct router *r,
                                           const struct router_session *s) {
  return &r->queues[r->signatures[s->signature].key.queue];
}

/* Who skipped the queue is before all others and does not age: among those that
 * rise, the first is the first to be capped. */
static bool ages(const struct router *r, const struct router_session *s) {
  return !s->skip_queue && routing_ageing_of(r, s->slope) > 0 &&
         s->priority < routing_max_of(r, s->slope);
}

int64_t routing_effective(const struct router *r, uint32_t slot) {
  const struct router_session *s = &r->sessions[slot];
  if (!ages(r, s)) {
    return (int64_t)s->priority * ROUTER_POINT;
  }
  const int64_t now =
      line_of(r, s) + (int64_t)routing_ageing_of(r, s->slope) * r->clock_ms;
  const int64_t most = (int64_t)routing_max_of(r, s->slope) * ROUTER_POINT;
  return now < most ? now : most;
}

int64_t router_effective_priority(const struct router *r, uint32_t slot) {
  bt_check(router_waits(r, slot));
  return routing_effective(r, slot);
}

/* ---- entries: the first session of a run */

/* Skipped ones first, then the higher priority, then the longer wait. */
static struct heap_entry resting_entry(const struct router *r, uint32_t run) {
  const struct router_session *s = &r->sessions[r->runs[run].first];
  const uint32_t priority =
      ages(r, s) ? routing_max_of(r, s->slope) : s->priority;
  const uint64_t behind = ROUTER_PRIORITY_MAX - (uint64_t)priority;
  return (struct heap_entry){.hi = (s->skip_queue ? 0 : WAITS_BIT) |
                                   behind << TIME_BITS |
                                   (uint64_t)s->entered_us,
                             .lo = s->order,
                             .item = run};
}

static struct heap_entry rising_entry(const struct router *r, uint32_t run) {
  const struct router_session *s = &r->sessions[r->runs[run].first];
  const uint64_t behind = (uint64_t)(ABOVE_ALL - line_of(r, s));
  return (struct heap_entry){.hi = WAITS_BIT | behind,
                             .lo = (uint64_t)s->entered_us << ORDER_HIGH_BITS |
                                   s->order >> 32,
                             .tail = (uint32_t)s->order,
                             .item = run};
}

int64_t routing_resting_entered(const struct heap_entry *e) {
  return (int64_t)(e->hi & TIME_MASK);
}

int64_t routing_rising_entered(const struct heap_entry *e) {
  return (int64_t)(e->lo >> ORDER_HIGH_BITS);
}

int64_t routing_line_of_entry(const struct heap_entry *e) {
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

struct contender routing_contend_rising(const struct router *r, uint32_t slope,
                                        const struct heap_entry *e) {
  const uint32_t number = r->slopes[slope].signature;
  const struct router_queue *q = &r->queues[r->signatures[number].key.queue];
  const uint64_t high = e->lo & ((1u << ORDER_HIGH_BITS) - 1);
  return (struct contender){.slot = r->runs[e->item].first,
                            .precedence = q->precedence,
                            .effective = routing_line_of_entry(e) +
                                         (int64_t)routing_ageing_of(r, slope) *
                                             r->clock_ms,
                            .entered_us = routing_rising_entered(e),
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

/* ---- the head */

static bool any_rises(const struct router *r, uint32_t number) {
  uint32_t slope = r->signatures[number].slopes;
  while (slope != SLOPE_NONE && r->slopes[slope].rising.count == 0) {
    slope = r->slopes[slope].next;
  }
  return slope != SLOPE_NONE;
}

void routing_refresh_head(struct router *r, uint32_t number) {
  const struct router_signature *s = &r->signatures[number];
  const struct router_queue *q = router_queue_at(r, s->key.queue);
  const bool rests = !q->paused && s->resting.count > 0;
  const struct heap_entry *first = s->resting.entries;
  r->heads[number] = (struct router_head){
      .hi = rests ? first->hi : UINT64_MAX,
      .slot = rests ? r->runs[first->item].first : ROUTER_NONE,
      .behind = (uint16_t)(UINT16_MAX - (rests ? q->precedence : 0)),
      .rises = !q->paused && any_rises(r, number)};
}

/* ---- in and out */

static void run_moved(void *ctx, const struct heap_entry *e, uint32_t place) {
  const struct router *r = ctx;
  r->runs[e->item].place = place;
}

bool routing_reserve_waiting(struct router *r, uint32_t slope,
                             uint32_t ageing) {
  struct router_slope *s = &r->slopes[slope];
  struct router_signature *signature = &r->signatures[s->signature];
  const bool rises = s->ageing == ROUTER_NONE ? ageing > 0 : s->ageing > 0;
  return heap_reserve(&signature->resting, r->mem,
                      (size_t)signature->sessions + 1) &&
         (!rises || heap_reserve(&s->rising, r->mem, (size_t)s->sessions + 1));
}

static bool still_rises(const struct router *r, uint32_t run) {
  const struct router_session *s = &r->sessions[r->runs[run].first];
  return ages(r, s) &&
         routing_capped_at_ms(r, s->slope, line_of(r, s)) > r->clock_ms;
}

static struct heap *order_of(struct router *r, const struct router_run *run) {
  struct router_slope *slope = &r->slopes[run->slope];
  return run->rises ? &slope->rising : &r->signatures[slope->signature].resting;
}

static void push(struct router *r, uint32_t number) {
  struct router_run *run = &r->runs[number];
  run->rises = still_rises(r, number);
  heap_push(order_of(r, run),
            run->rises ? rising_entry(r, number) : resting_entry(r, number),
            run_moved, r);
}

/* Another session is its first. */
static void reorder(struct router *r, uint32_t number) {
  const struct router_run *run = &r->runs[number];
  if (run->rises == still_rises(r, number)) {
    heap_change(order_of(r, run), run->place,
                run->rises ? rising_entry(r, number) : resting_entry(r, number),
                run_moved, r);
  } else {
    heap_remove(order_of(r, run), run->place, run_moved, r);
    push(r, number);
  }
}

static void refresh(struct router *r, uint32_t slope) {
  const struct router_slope *s = &r->slopes[slope];
  if (s->rising.count > 0 || s->cap_place != 0) {
    routing_refresh_cap(r, slope);
  }
  routing_refresh_head(r, s->signature);
}

void routing_add_waiting(struct router *r, uint32_t slot) {
  bool first;
  const uint32_t run = routing_join_run(r, slot, &first);
  r->sessions[slot].run = run;
  if (!first) {
    return;
  }
  if (r->runs[run].last == slot) {
    push(r, run);
  } else {
    reorder(r, run);
  }
  refresh(r, r->runs[run].slope);
}

/* The first of a run is read now. When it goes, the next one will be, which was
 * last touched when it came: it is fetched while there is time. */
static void prefetch_second(const struct router *r,
                            const struct router_run *run) {
  const uint32_t second = r->sessions[run->first].newer;
  if (second != ROUTER_NONE) {
    routing_prefetch(&r->sessions[second], 1);
  }
}

void routing_remove_waiting(struct router *r, uint32_t slot) {
  struct router_session *s = &r->sessions[slot];
  const uint32_t number = s->run;
  const bool first = routing_leave_run(r, slot);
  s->run = RUN_NONE;
  if (!first) {
    return;
  }
  const struct router_run *run = &r->runs[number];
  if (run->first == ROUTER_NONE) {
    heap_remove(order_of(r, run), run->place, run_moved, r);
    routing_free_run(r, number);
  } else {
    reorder(r, number);
    prefetch_second(r, run);
  }
  refresh(r, s->slope);
}

/* What rises is put behind what rests, and all is read again from the front:
 * each goes at most where it, or one before it, was. */
void routing_rebuild_waiting(struct router *r, uint32_t number) {
  struct router_signature *s = &r->signatures[number];
  struct heap *all = &s->resting;
  for (uint32_t n = s->slopes; n != SLOPE_NONE; n = r->slopes[n].next) {
    struct heap *rising = &r->slopes[n].rising;
    bt_check(all->count + rising->count <= all->cap);
    for (uint32_t i = 0; i < rising->count; i++) {
      all->entries[all->count++] = rising->entries[i];
    }
    rising->count = 0;
  }
  const uint32_t count = all->count;
  all->count = 0;
  for (uint32_t i = 0; i < count; i++) {
    push(r, all->entries[i].item);
  }
  for (uint32_t n = s->slopes; n != SLOPE_NONE; n = r->slopes[n].next) {
    routing_refresh_cap(r, n);
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
    const uint32_t slope = caps->entries[0].item;
    reorder(r, r->slopes[slope].rising.entries[0].item);
    refresh(r, slope);
  }
}
