#include "routing/router_priv.h"

static struct router_queue *queue_of(const struct router *r,
                                     const struct router_session *s) {
  return &r->queues[r->signatures[s->signature].key.queue];
}

static void reserved_add(struct router *r, uint32_t slot) {
  struct router_session *s = &r->sessions[slot];
  struct router_queue *q = queue_of(r, s);
  s->older = ROUTER_NONE;
  s->newer = q->reserved_first;
  if (q->reserved_first != ROUTER_NONE) {
    r->sessions[q->reserved_first].older = slot;
  }
  q->reserved_first = slot;
  q->reserved_count++;
}

static void reserved_remove(struct router *r, uint32_t slot) {
  struct router_session *s = &r->sessions[slot];
  struct router_queue *q = queue_of(r, s);
  if (s->older == ROUTER_NONE) {
    q->reserved_first = s->newer;
  } else {
    r->sessions[s->older].newer = s->newer;
  }
  if (s->newer != ROUTER_NONE) {
    r->sessions[s->newer].older = s->older;
  }
  s->reserved_for = ROUTER_NONE;
  q->reserved_count--;
}

static uint32_t own_ageing(const struct router_request *q) {
  return q->has_ageing ? q->ageing : ROUTER_NONE;
}

static uint32_t own_max(const struct router_request *q) {
  return q->has_max_priority ? q->max_priority : ROUTER_NONE;
}

/* The slope of the request, in its signature, with room for one more. */
static uint32_t find_place(struct router *r,
                           const struct router_request *request) {
  struct requirement key;
  routing_make_requirement(request, &key);
  const uint32_t number = routing_intern(r, &key);
  const uint32_t slope =
      number == SIGNATURE_NONE
          ? SLOPE_NONE
          : routing_slope(r, number, own_ageing(request), own_max(request));
  const uint32_t ageing = router_queue_at(r, request->queue)->ageing;
  const bool room =
      slope != SLOPE_NONE && routing_reserve_waiting(r, slope, ageing);
  return room ? slope : SLOPE_NONE;
}

bool router_slope_fits(const struct router *r,
                       const struct router_request *request) {
  struct requirement key;
  uint32_t used;
  routing_make_requirement(request, &key);
  const uint32_t number = routing_find_signature(r, &key);
  return number == SIGNATURE_NONE ||
         routing_find_slope(r, number, own_ageing(request), own_max(request),
                            &used) != SLOPE_NONE ||
         used < ROUTER_SLOPES_MAX;
}

static uint32_t admit(struct router *r, uint32_t slot,
                      const struct router_request *request) {
  const bool room = mem_grow(r->mem, &r->sessions, &r->session_cap,
                             (size_t)slot + 1, sizeof *r->sessions) &&
                    routing_reserve_run(r);
  return room ? find_place(r, request) : SLOPE_NONE;
}

static void check_request(const struct router_request *q) {
  bt_check(q->priority <= ROUTER_PRIORITY_MAX);
  bt_check(q->entered_us >= 0 && q->entered_us <= ROUTER_TIME_MAX_US);
  bt_check(!q->has_ageing || q->ageing <= ROUTER_AGEING_MAX);
  bt_check(!q->has_max_priority || q->max_priority <= ROUTER_PRIORITY_MAX);
}

enum bt_err router_prepare_session(struct router *r, uint32_t slot,
                                   const struct router_request *request) {
  bt_check(slot < ROUTER_INDEX_MAX);
  return admit(r, slot, request) == SLOPE_NONE ? BT_ERR_NOMEM : BT_ERR_OK;
}

void router_enqueue(struct router *r, uint32_t slot,
                    const struct router_request *request) {
  bt_check(slot < ROUTER_INDEX_MAX && !router_waits(r, slot));
  check_request(request);
  const uint32_t slope = admit(r, slot, request);
  bt_check(slope != SLOPE_NONE);
  const uint32_t number = r->slopes[slope].signature;

  r->sessions[slot] = (struct router_session){
      .entered_us = request->entered_us,
      .order = request->order,
      .signature = number,
      .slope = slope,
      .reserved_for = ROUTER_NONE,
      .priority = (uint16_t)request->priority,
      .skip_queue = request->skip_queue,
  };
  routing_count_session(r, number, 1);
  r->slopes[slope].sessions++;
  queue_of(r, &r->sessions[slot])->waiting++;
  routing_add_waiting(r, slot);
  r->waiting++;
}

void router_dequeue(struct router *r, uint32_t slot) {
  struct router_session *s = router_session_at(r, slot);
  const uint32_t number = s->signature;
  if (s->reserved_for == ROUTER_NONE) {
    routing_remove_waiting(r, slot);
  } else {
    reserved_remove(r, slot);
  }
  routing_forget_exclusions(r, slot);
  r->slopes[s->slope].sessions--;
  queue_of(r, s)->waiting--;
  s->signature = SIGNATURE_NONE;
  routing_count_session(r, number, -1);
  r->waiting--;
}

bool router_waits(const struct router *r, uint32_t slot) {
  return slot < r->session_cap && r->sessions[slot].signature != SIGNATURE_NONE;
}

/* The slope that the session has when these rings are open. */
static uint32_t widened(struct router *r, uint32_t slot, uint32_t ring) {
  bt_check(ring <= ROUTER_RINGS_MAX);
  const struct router_session *s = router_session_at(r, slot);
  const struct router_slope own = r->slopes[s->slope];
  struct requirement key = r->signatures[s->signature].key;
  key.ring = ring;
  key.agent = ROUTER_NONE;
  const uint32_t number = routing_intern(r, &key);
  const uint32_t slope =
      number == SIGNATURE_NONE
          ? SLOPE_NONE
          : routing_slope(r, number, own.ageing, own.max_priority);
  const bool room =
      slope != SLOPE_NONE &&
      routing_reserve_waiting(r, slope, router_queue_at(r, key.queue)->ageing);
  return room ? slope : SLOPE_NONE;
}

enum bt_err router_prepare_widen(struct router *r, uint32_t slot,
                                 uint32_t ring) {
  return widened(r, slot, ring) == SLOPE_NONE ? BT_ERR_NOMEM : BT_ERR_OK;
}

/* To another slope, of its own signature or another, or with another priority.
 * Room was reserved. */
static void move_to(struct router *r, uint32_t slot, uint32_t slope,
                    uint32_t priority) {
  struct router_session *s = router_session_at(r, slot);
  const uint32_t before = s->signature, number = r->slopes[slope].signature;
  const bool matchable = s->reserved_for == ROUTER_NONE;
  if (matchable) {
    routing_remove_waiting(r, slot);
  }
  r->slopes[s->slope].sessions--;
  r->slopes[slope].sessions++;
  s->signature = number;
  s->slope = slope;
  s->priority = (uint16_t)priority;
  if (matchable) {
    routing_add_waiting(r, slot);
  }
  routing_count_session(r, number, 1);
  routing_count_session(r, before, -1);
}

void router_widen(struct router *r, uint32_t slot, uint32_t ring) {
  const uint32_t slope = widened(r, slot, ring);
  bt_check(slope != SLOPE_NONE);
  const struct router_session *s = router_session_at(r, slot);
  if (slope != s->slope) {
    move_to(r, slot, slope, s->priority);
  }
}

/* The same queue and channel: what it waits in is not for it to change. */
static void check_same(const struct router *r, uint32_t slot,
                       const struct router_request *q) {
  const uint32_t number = router_session_at(r, slot)->signature;
  const struct requirement *key = &r->signatures[number].key;
  bt_check(key->queue == q->queue && key->channel == q->channel);
}

enum bt_err router_prepare_change(struct router *r, uint32_t slot,
                                  const struct router_request *request) {
  check_same(r, slot, request);
  return find_place(r, request) == SLOPE_NONE ? BT_ERR_NOMEM : BT_ERR_OK;
}

void router_change(struct router *r, uint32_t slot,
                   const struct router_request *request) {
  check_request(request);
  check_same(r, slot, request);
  const uint32_t slope = find_place(r, request);
  bt_check(slope != SLOPE_NONE);
  const struct router_session *s = router_session_at(r, slot);
  if (slope != s->slope || request->priority != s->priority) {
    move_to(r, slot, slope, request->priority);
  }
}

void router_reserve(struct router *r, uint32_t slot, uint32_t agent) {
  struct router_session *s = router_session_at(r, slot);
  bt_check(s->reserved_for == ROUTER_NONE && agent != ROUTER_NONE);
  routing_remove_waiting(r, slot);
  s->reserved_for = agent;
  reserved_add(r, slot);
}

void router_unreserve(struct router *r, uint32_t slot) {
  bt_check(router_session_at(r, slot)->reserved_for != ROUTER_NONE);
  reserved_remove(r, slot);
  routing_add_waiting(r, slot);
}

uint32_t router_reserved_for(const struct router *r, uint32_t slot) {
  return router_session_at(r, slot)->reserved_for;
}

/* Those that come before one session. */
struct rivals {
  const struct router *r;
  const struct heap *h;
  const struct contender *mine;
};

static uint32_t count_in_run(const struct rivals *x, uint32_t run) {
  uint32_t count = 0;
  for (uint32_t slot = x->r->runs[run].first; slot != ROUTER_NONE;
       slot = x->r->sessions[slot].newer) {
    const struct contender theirs = routing_contend(x->r, slot);
    if (!routing_goes_before(&theirs, x->mine)) {
      break;
    }
    count++;
  }
  return count;
}

/* Those before it in the runs of the heap below @place: below a run of which
 * none comes before it there are none. */
static uint32_t count_before(const struct rivals *x, uint32_t place) {
  uint32_t count =
      place >= x->h->count ? 0 : count_in_run(x, x->h->entries[place].item);
  if (count == 0) {
    return 0;
  }
  for (uint32_t child = 1; child <= HEAP_ARITY; child++) {
    count += count_before(x, place * HEAP_ARITY + child);
  }
  return count;
}

static uint32_t count_in_signature(const struct router *r, uint32_t number,
                                   const struct contender *mine) {
  const struct rivals resting = {r, &r->signatures[number].resting, mine};
  uint32_t count = count_before(&resting, 0);
  for (uint32_t n = r->signatures[number].slopes; n != SLOPE_NONE;
       n = r->slopes[n].next) {
    const struct rivals rising = {r, &r->slopes[n].rising, mine};
    count += count_before(&rising, 0);
  }
  return count;
}

uint32_t router_position(const struct router *r, uint32_t slot) {
  const struct router_queue *q = queue_of(r, router_session_at(r, slot));
  const struct contender mine = routing_contend(r, slot);
  uint32_t position = 1;
  for (uint32_t n = q->signature_first; n != SIGNATURE_NONE;
       n = r->signatures[n].in[BY_QUEUE].next) {
    position += count_in_signature(r, n, &mine);
  }
  for (uint32_t other = q->reserved_first; other != ROUTER_NONE;
       other = r->sessions[other].newer) {
    const struct contender theirs = routing_contend(r, other);
    position += routing_goes_before(&theirs, &mine);
  }
  return position;
}
