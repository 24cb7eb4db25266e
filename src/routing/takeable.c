/* What an agent may take by hand, in the order in which it would be offered. */
#include "routing/router_priv.h"

/* Looking for the first session behind another one. */
struct search {
  const struct router *r;
  struct contender after; /* slot ROUTER_NONE: from the beginning */
  struct contender best;
};

static bool is_behind(const struct search *s, const struct contender *c) {
  return s->after.slot == ROUTER_NONE || routing_goes_before(&s->after, c);
}

/* The first of the run that is behind it. */
static void look_in_run(struct search *s, uint32_t run) {
  for (uint32_t slot = s->r->runs[run].first; slot != ROUTER_NONE;
       slot = s->r->sessions[slot].newer) {
    const struct contender c = routing_contend(s->r, slot);
    if (is_behind(s, &c)) {
      s->best = routing_goes_before(&c, &s->best) ? c : s->best;
      return;
    }
  }
}

/* Below a run whose first session is behind it already, all are further. */
static void look_in(struct search *s, const struct heap *h, uint32_t place) {
  if (place >= h->count) {
    return;
  }
  const uint32_t run = h->entries[place].item;
  const struct contender first = routing_contend(s->r, s->r->runs[run].first);
  look_in_run(s, run);
  if (is_behind(s, &first)) {
    return;
  }
  for (uint32_t child = 1; child <= HEAP_ARITY; child++) {
    look_in(s, h, place * HEAP_ARITY + child);
  }
}

static void look_in_signature(struct search *s, uint32_t number) {
  const struct router_signature *g = &s->r->signatures[number];
  look_in(s, &g->resting, 0);
  for (uint32_t i = g->slopes; i != SLOPE_NONE; i = s->r->slopes[i].next) {
    look_in(s, &s->r->slopes[i].rising, 0);
  }
}

uint32_t router_next_takeable(const struct router *r, uint32_t agent,
                              uint32_t after, router_takes_fn *takes,
                              const void *ctx) {
  const struct router_agent *a = router_agent_at(r, agent);
  struct search s = {
      .r = r, .after = {.slot = ROUTER_NONE}, .best = {.slot = ROUTER_NONE}};
  if (after != ROUTER_NONE) {
    s.after = routing_contend(r, after);
  }
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    for (uint32_t i = 0; i < a->links[c].count; i++) {
      const uint32_t number = a->links[c].at[i].signature;
      if (takes(ctx, r->signatures[number].key.queue)) {
        look_in_signature(&s, number);
      }
    }
  }
  return s.best.slot;
}

static uint32_t first_of(const struct router *r, uint32_t number) {
  struct search s = {
      .r = r, .after = {.slot = ROUTER_NONE}, .best = {.slot = ROUTER_NONE}};
  look_in_signature(&s, number);
  return s.best.slot;
}

bool router_preferring(const struct router *r, uint32_t agent, uint32_t *slot) {
  const struct router_agent *a = router_agent_at(r, agent);
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    for (uint32_t i = 0; i < a->links[c].count; i++) {
      const uint32_t number = a->links[c].at[i].signature;
      const uint32_t first = r->signatures[number].key.agent == agent
                                 ? first_of(r, number)
                                 : ROUTER_NONE;
      if (first != ROUTER_NONE) {
        *slot = first;
        return true;
      }
    }
  }
  return false;
}
