#include "routing/router_priv.h"

static struct router_queue *queue_of(const struct router *r,
                                     const struct router_session *s) {
  return &r->queues[r->signatures[s->signature].key.queue];
}

static void late_moved(void *ctx, const struct heap_entry *e, uint32_t place) {
  const struct router *r = ctx;
  r->sessions[e->item].older = place;
}

/* Who comes new is the last in line. Who comes back with an earlier time, or is
 * restored in no order, goes among the latecomers instead of searching the line
 * for its place. */
static void line_add(struct router *r, uint32_t slot) {
  struct router_session *s = &r->sessions[slot];
  struct router_queue *q = queue_of(r, s);
  q->waiting++;
  s->late = q->newest != ROUTER_NONE &&
            s->entered_us < r->sessions[q->newest].entered_us;
  if (s->late) {
    heap_push(&q->latecomers,
              (struct heap_entry){
                  .hi = (uint64_t)s->entered_us, .lo = s->order, .item = slot},
              late_moved, r);
    return;
  }
  s->older = q->newest;
  s->newer = ROUTER_NONE;
  if (q->newest == ROUTER_NONE) {
    q->oldest = slot;
  } else {
    r->sessions[q->newest].newer = slot;
  }
  q->newest = slot;
}

static void line_remove(struct router *r, uint32_t slot) {
  const struct router_session *s = &r->sessions[slot];
  struct router_queue *q = queue_of(r, s);
  q->waiting--;
  if (s->late) {
    heap_remove(&q->latecomers, s->older, late_moved, r);
    return;
  }
  if (s->older == ROUTER_NONE) {
    q->oldest = s->newer;
  } else {
    r->sessions[s->older].newer = s->newer;
  }
  if (s->newer == ROUTER_NONE) {
    q->newest = s->older;
  } else {
    r->sessions[s->newer].older = s->older;
  }
}

static void reserved_add(struct router *r, uint32_t slot) {
  struct router_session *s = &r->sessions[slot];
  struct router_queue *q = queue_of(r, s);
  s->reserved_prev = ROUTER_NONE;
  s->reserved_next = q->reserved_first;
  if (q->reserved_first != ROUTER_NONE) {
    r->sessions[q->reserved_first].reserved_prev = slot;
  }
  q->reserved_first = slot;
  q->reserved_count++;
}

static void reserved_remove(struct router *r, uint32_t slot) {
  struct router_session *s = &r->sessions[slot];
  struct router_queue *q = queue_of(r, s);
  if (s->reserved_prev == ROUTER_NONE) {
    q->reserved_first = s->reserved_next;
  } else {
    r->sessions[s->reserved_prev].reserved_next = s->reserved_next;
  }
  if (s->reserved_next != ROUTER_NONE) {
    r->sessions[s->reserved_next].reserved_prev = s->reserved_prev;
  }
  s->reserved_for = ROUTER_NONE;
  q->reserved_count--;
}

/* Room for another latecomer, if this session would be one. */
static bool reserve_line(struct router *r, struct router_queue *q,
                         const struct router_request *request) {
  return q->newest == ROUTER_NONE ||
         request->entered_us >= r->sessions[q->newest].entered_us ||
         heap_reserve(&q->latecomers, r->mem, (size_t)q->latecomers.count + 1);
}

/* The signature of the request, with room for one more session. */
static uint32_t admit(struct router *r, uint32_t slot,
                      const struct router_request *request) {
  struct requirement key;
  routing_make_requirement(request, &key);
  struct router_queue *q = router_queue_at(r, request->queue);
  const uint32_t number = routing_intern(r, &key);
  if (number == SIGNATURE_NONE ||
      !mem_grow(r->mem, &r->sessions, &r->session_cap, (size_t)slot + 1,
                sizeof *r->sessions) ||
      !reserve_line(r, q, request) ||
      !routing_reserve_waiting(r, number, q->ageing,
                               (size_t)r->signatures[number].sessions + 1)) {
    return SIGNATURE_NONE;
  }
  return number;
}

enum bt_err router_prepare_session(struct router *r, uint32_t slot,
                                   const struct router_request *request) {
  bt_check(slot < ROUTER_INDEX_MAX);
  return admit(r, slot, request) == SIGNATURE_NONE ? BT_ERR_NOMEM : BT_ERR_OK;
}

void router_enqueue(struct router *r, uint32_t slot,
                    const struct router_request *request) {
  bt_check(slot < ROUTER_INDEX_MAX && !router_waits(r, slot));
  bt_check(request->priority <= ROUTER_PRIORITY_MAX);
  bt_check(request->entered_us >= 0 &&
           request->entered_us <= ROUTER_TIME_MAX_US);
  const uint32_t number = admit(r, slot, request);
  bt_check(number != SIGNATURE_NONE);

  r->sessions[slot] = (struct router_session){
      .entered_us = request->entered_us,
      .order = request->order,
      .signature = number,
      .reserved_for = ROUTER_NONE,
      .priority = (uint16_t)request->priority,
      .skip_queue = request->skip_queue,
  };
  routing_count_session(r, number, 1);
  line_add(r, slot);
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
  line_remove(r, slot);
  routing_forget_exclusions(r, slot);
  s->signature = SIGNATURE_NONE;
  routing_count_session(r, number, -1);
  r->waiting--;
}

bool router_waits(const struct router *r, uint32_t slot) {
  return slot < r->session_cap && r->sessions[slot].signature != SIGNATURE_NONE;
}

void router_reprioritise(struct router *r, uint32_t slot, uint32_t priority) {
  struct router_session *s = router_session_at(r, slot);
  bt_check(priority <= ROUTER_PRIORITY_MAX);
  if (s->reserved_for != ROUTER_NONE) {
    s->priority = (uint16_t)priority;
    return;
  }
  routing_remove_waiting(r, slot);
  s->priority = (uint16_t)priority;
  routing_add_waiting(r, slot);
}

/* The signature that the session has when these rings are open. */
static uint32_t widened(struct router *r, uint32_t slot, uint32_t ring) {
  bt_check(ring <= ROUTER_RINGS_MAX);
  const uint32_t now = router_session_at(r, slot)->signature;
  struct requirement key = r->signatures[now].key;
  key.ring = ring;
  key.agent = ROUTER_NONE;
  const uint32_t number = routing_intern(r, &key);
  if (number == SIGNATURE_NONE ||
      !routing_reserve_waiting(r, number, router_queue_at(r, key.queue)->ageing,
                               (size_t)r->signatures[number].sessions + 1)) {
    return SIGNATURE_NONE;
  }
  return number;
}

enum bt_err router_prepare_widen(struct router *r, uint32_t slot,
                                 uint32_t ring) {
  return widened(r, slot, ring) == SIGNATURE_NONE ? BT_ERR_NOMEM : BT_ERR_OK;
}

void router_widen(struct router *r, uint32_t slot, uint32_t ring) {
  const uint32_t number = widened(r, slot, ring);
  bt_check(number != SIGNATURE_NONE);
  struct router_session *s = router_session_at(r, slot);
  const uint32_t before = s->signature;
  if (number == before) {
    return;
  }
  const bool matchable = s->reserved_for == ROUTER_NONE;
  if (matchable) {
    routing_remove_waiting(r, slot);
  }
  s->signature = number;
  if (matchable) {
    routing_add_waiting(r, slot);
  }
  routing_count_session(r, number, 1);
  routing_count_session(r, before, -1);
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

/* Does the entry of this set come before the session? */
struct rivals {
  const struct router *r;
  const struct heap *h;
  const struct contender *mine;
};

static bool is_ahead(const struct rivals *x, uint32_t place) {
  const struct contender theirs =
      routing_contend(x->r, x->h->entries[place].item);
  return routing_goes_before(&theirs, x->mine);
}

/* Those before the session in the part of the heap below @place: below an entry
 * that does not come before it there are none. */
static uint32_t count_before(const struct rivals *x, uint32_t place) {
  if (place >= x->h->count || !is_ahead(x, place)) {
    return 0;
  }
  uint32_t count = 1;
  for (uint32_t child = 1; child <= HEAP_ARITY; child++) {
    count += count_before(x, place * HEAP_ARITY + child);
  }
  return count;
}

uint32_t router_position(const struct router *r, uint32_t slot) {
  const struct router_queue *q = queue_of(r, router_session_at(r, slot));
  const struct contender mine = routing_contend(r, slot);
  uint32_t position = 1;
  for (uint32_t n = q->signature_first; n != SIGNATURE_NONE;
       n = r->signatures[n].in[BY_QUEUE].next) {
    const struct rivals resting = {r, &r->signatures[n].resting, &mine};
    const struct rivals rising = {r, &r->signatures[n].rising, &mine};
    position += count_before(&resting, 0) + count_before(&rising, 0);
  }
  for (uint32_t other = q->reserved_first; other != ROUTER_NONE;
       other = r->sessions[other].reserved_next) {
    const struct contender theirs = routing_contend(r, other);
    position += routing_goes_before(&theirs, &mine);
  }
  return position;
}
