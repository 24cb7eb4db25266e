/* runs.c - sessions that are alike in lists, so that one that goes is replaced
 * by the next without a search, however many wait behind it. */
#include "routing/router_priv.h"

/* ---- slopes */

uint32_t routing_ageing_of(const struct router *r, uint32_t slope) {
  const struct router_slope *s = &r->slopes[slope];
  return s->ageing != ROUTER_NONE
             ? s->ageing
             : r->queues[r->signatures[s->signature].key.queue].ageing;
}

uint32_t routing_max_of(const struct router *r, uint32_t slope) {
  const struct router_slope *s = &r->slopes[slope];
  return s->max_priority != ROUTER_NONE
             ? s->max_priority
             : r->queues[r->signatures[s->signature].key.queue].max_priority;
}

static uint32_t make_slope(struct router *r, uint32_t number) {
  const uint32_t reused = r->slope_free;
  if (reused == SLOPE_NONE &&
      (!mem_grow(r->mem, &r->slopes, &r->slope_cap, (size_t)r->slope_count + 2,
                 sizeof *r->slopes) ||
       !routing_reserve_caps(r, (size_t)r->slope_count + 2))) {
    return SLOPE_NONE;
  }
  const uint32_t slope = reused == SLOPE_NONE ? ++r->slope_count : reused;
  struct router_slope *s = &r->slopes[slope];
  if (reused != SLOPE_NONE) {
    r->slope_free = s->next;
  }
  *s = (struct router_slope){.signature = number,
                             .next = r->signatures[number].slopes};
  r->signatures[number].slopes = slope;
  return slope;
}

uint32_t routing_find_slope(const struct router *r, uint32_t number,
                            uint32_t ageing, uint32_t max_priority,
                            uint32_t *used) {
  uint32_t found = SLOPE_NONE;
  *used = 0;
  for (uint32_t n = r->signatures[number].slopes; n != SLOPE_NONE;
       n = r->slopes[n].next) {
    const struct router_slope *s = &r->slopes[n];
    *used += s->sessions > 0;
    if (s->ageing == ageing && s->max_priority == max_priority) {
      found = n;
    }
  }
  return found;
}

static uint32_t unused_slope(const struct router *r, uint32_t number) {
  uint32_t n = r->signatures[number].slopes;
  while (n != SLOPE_NONE && r->slopes[n].sessions > 0) {
    n = r->slopes[n].next;
  }
  return n;
}

uint32_t routing_slope(struct router *r, uint32_t number, uint32_t ageing,
                       uint32_t max_priority) {
  uint32_t used;
  uint32_t slope = routing_find_slope(r, number, ageing, max_priority, &used);
  if (slope != SLOPE_NONE) {
    return slope;
  }
  slope = unused_slope(r, number);
  slope = slope != SLOPE_NONE ? slope : make_slope(r, number);
  if (slope != SLOPE_NONE) {
    r->slopes[slope].ageing = ageing;
    r->slopes[slope].max_priority = max_priority;
  }
  return slope;
}

void routing_free_slopes(struct router *r, uint32_t number) {
  struct router_signature *signature = &r->signatures[number];
  while (signature->slopes != SLOPE_NONE) {
    const uint32_t slope = signature->slopes;
    struct router_slope *s = &r->slopes[slope];
    bt_check(s->sessions == 0 && s->cap_place == 0);
    signature->slopes = s->next;
    mem_free(r->mem, s->rising.entries,
             s->rising.cap * sizeof *s->rising.entries);
    *s = (struct router_slope){.next = r->slope_free};
    r->slope_free = slope;
  }
}

/* ---- runs */

struct run_key {
  uint32_t slope;
  uint16_t priority;
  bool skip_queue;
};

static uint64_t hash_run(const struct run_key *k) {
  return hash_u64((uint64_t)k->slope << 32 | (uint32_t)k->priority << 1 |
                  (k->skip_queue ? 1u : 0u));
}

bool routing_same_run(const void *ctx, uint32_t value, const void *key) {
  const struct router *r = ctx;
  const struct run_key *k = key;
  const struct router_run *run = &r->runs[value];
  return run->slope == k->slope && run->priority == k->priority &&
         run->skip_queue == k->skip_queue;
}

bool routing_reserve_run(struct router *r) {
  const size_t want = (size_t)r->waiting + 1;
  return mem_grow(r->mem, &r->runs, &r->run_cap, want + 1, sizeof *r->runs) &&
         map_reserve(&r->open_runs, want - r->open_runs.count);
}

static uint32_t take_run(struct router *r) {
  const uint32_t run = r->run_free;
  if (run == RUN_NONE) {
    bt_check((size_t)r->run_count + 1 < r->run_cap);
    return ++r->run_count;
  }
  r->run_free = r->runs[run].first;
  return run;
}

static uint32_t begin_run(struct router *r, uint32_t slot,
                          const struct run_key *k, bool open) {
  const uint32_t run = take_run(r);
  r->runs[run] = (struct router_run){.first = slot,
                                     .last = slot,
                                     .slope = k->slope,
                                     .priority = k->priority,
                                     .skip_queue = k->skip_queue,
                                     .open = open};
  if (open) {
    bt_check(map_put(&r->open_runs, hash_run(k), run));
  }
  r->sessions[slot].older = r->sessions[slot].newer = ROUTER_NONE;
  return run;
}

static bool entered_before(const struct router_session *a,
                           const struct router_session *b) {
  return a->entered_us != b->entered_us ? a->entered_us < b->entered_us
                                        : a->order < b->order;
}

/* At its end, or, if an offer failed, at its front. False: it belongs between
 * two of them, where no search is worth the while. */
static bool join(struct router *r, uint32_t slot, struct router_run *run,
                 bool *first) {
  struct router_session *s = &r->sessions[slot];
  if (entered_before(&r->sessions[run->last], s)) {
    s->older = run->last;
    s->newer = ROUTER_NONE;
    r->sessions[run->last].newer = slot;
    run->last = slot;
    return true;
  }
  if (!entered_before(s, &r->sessions[run->first])) {
    return false;
  }
  s->older = ROUTER_NONE;
  s->newer = run->first;
  r->sessions[run->first].older = slot;
  run->first = slot;
  *first = true;
  return true;
}

uint32_t routing_join_run(struct router *r, uint32_t slot, bool *first) {
  const struct router_session *s = &r->sessions[slot];
  const struct run_key key = {s->slope, s->priority, s->skip_queue};
  const uint32_t found = map_get(&r->open_runs, hash_run(&key), &key);
  *first = false;
  if (found != MAP_NONE && join(r, slot, &r->runs[found], first)) {
    return found;
  }
  *first = true;
  return begin_run(r, slot, &key, found == MAP_NONE);
}

bool routing_leave_run(struct router *r, uint32_t slot) {
  const struct router_session *s = &r->sessions[slot];
  struct router_run *run = &r->runs[s->run];
  const bool first = s->older == ROUTER_NONE;
  if (first) {
    run->first = s->newer;
  } else {
    r->sessions[s->older].newer = s->newer;
  }
  if (s->newer == ROUTER_NONE) {
    run->last = s->older;
  } else {
    r->sessions[s->newer].older = s->older;
  }
  return first;
}

void routing_free_run(struct router *r, uint32_t run) {
  struct router_run *gone = &r->runs[run];
  if (gone->open) {
    const struct run_key key = {gone->slope, gone->priority, gone->skip_queue};
    bt_check(map_remove(&r->open_runs, hash_run(&key), run));
  }
  *gone = (struct router_run){.first = r->run_free};
  r->run_free = run;
}
