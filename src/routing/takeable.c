/* What an agent may take by hand, in the order in which it would be offered. */
#include <string.h>

#include "routing/router_priv.h"

/* The first sessions so far, at most @cap, in order. */
struct listing {
  const struct router *r;
  uint32_t *slots;
  uint32_t cap, count;
};

/* Where the session belongs among them. */
static uint32_t place_of(const struct listing *l, const struct contender *c) {
  uint32_t low = 0, high = l->count;
  while (low < high) {
    const uint32_t mid = low + (high - low) / 2;
    const struct contender other = routing_contend(l->r, l->slots[mid]);
    if (routing_goes_before(&other, c)) {
      low = mid + 1;
    } else {
      high = mid;
    }
  }
  return low;
}

/* False: it comes after as many as there is room for, and so does whatever
 * comes after it. */
static bool enlist(struct listing *l, uint32_t slot) {
  const struct contender c = routing_contend(l->r, slot);
  const uint32_t place = place_of(l, &c);
  if (place == l->cap) {
    return false;
  }
  l->count += l->count < l->cap;
  memmove(&l->slots[place + 1], &l->slots[place],
          (l->count - place - 1) * sizeof *l->slots);
  l->slots[place] = slot;
  return true;
}

/* Those of the runs below do not go before the first of this one. */
static void list_runs(struct listing *l, const struct heap *h, uint32_t place) {
  if (place >= h->count) {
    return;
  }
  const uint32_t first = l->r->runs[h->entries[place].item].first;
  uint32_t slot = first;
  while (slot != ROUTER_NONE && enlist(l, slot)) {
    slot = l->r->sessions[slot].newer;
  }
  for (uint32_t child = 1; slot != first && child <= HEAP_ARITY; child++) {
    list_runs(l, h, place * HEAP_ARITY + child);
  }
}

static void list_signature(struct listing *l, uint32_t number) {
  const struct router_signature *s = &l->r->signatures[number];
  list_runs(l, &s->resting, 0);
  for (uint32_t n = s->slopes; n != SLOPE_NONE; n = l->r->slopes[n].next) {
    list_runs(l, &l->r->slopes[n].rising, 0);
  }
}

uint32_t router_list_takeable(const struct router *r,
                              const struct router_taker *by, uint32_t *slots,
                              uint32_t cap) {
  const struct router_agent *a = router_agent_at(r, by->agent);
  struct listing l = {.r = r, .slots = slots, .cap = cap};
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    for (uint32_t i = 0; i < a->links[c].count; i++) {
      const uint32_t number = link_signature(&a->links[c], i);
      if (by->takes(by->ctx, r->signatures[number].key.queue)) {
        list_signature(&l, number);
      }
    }
  }
  return l.count;
}

bool router_preferring(const struct router *r, uint32_t agent, uint32_t *slot) {
  const struct router_agent *a = router_agent_at(r, agent);
  struct listing l = {.r = r, .slots = slot, .cap = 1};
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    for (uint32_t i = 0; i < a->links[c].count && l.count == 0; i++) {
      const uint32_t number = link_signature(&a->links[c], i);
      if (r->signatures[number].key.agent == agent) {
        list_signature(&l, number);
      }
    }
  }
  return l.count > 0;
}
