#include "routing/router_priv.h"

const struct router_exclusion_node *
routing_find_exclusion(const struct router *r, uint32_t slot, uint32_t agent) {
  uint32_t at = router_session_at(r, slot)->exclusions;
  while (at != EXCLUSION_NONE && r->exclusions[at].agent != agent) {
    at = r->exclusions[at].next;
  }
  return at == EXCLUSION_NONE ? NULL : &r->exclusions[at];
}

/* No other eligible agent is there: busy ones will be free one day, those who
 * are away or logged out may not. */
static bool alone(const struct router *r, uint32_t slot, uint32_t agent) {
  const struct router_pool *pool =
      &r->pools[router_session_at(r, slot)->signature];
  for (uint32_t i = 0; i < pool->agent_count; i++) {
    const uint32_t other = (uint32_t)pool->ready.entries[i].lo;
    if (other != agent && r->agents[other].state.presence == ROUTER_AVAILABLE) {
      return false;
    }
  }
  return true;
}

bool routing_excluded(const struct router *r, uint32_t slot, uint32_t agent,
                      int64_t now_us) {
  const struct router_exclusion_node *x =
      routing_find_exclusion(r, slot, agent);
  return x != NULL && now_us < x->until_us && !alone(r, slot, agent);
}

enum bt_err router_prepare_exclude(struct router *r) {
  if (r->exclusion_free != EXCLUSION_NONE ||
      mem_grow(r->mem, &r->exclusions, &r->exclusion_cap,
               (size_t)r->exclusion_count + 2, sizeof *r->exclusions)) {
    return BT_ERR_OK;
  }
  return BT_ERR_NOMEM;
}

static uint32_t take_node(struct router *r) {
  bt_check(router_prepare_exclude(r) == BT_ERR_OK);
  const uint32_t at = r->exclusion_free;
  if (at == EXCLUSION_NONE) {
    return ++r->exclusion_count;
  }
  r->exclusion_free = r->exclusions[at].next;
  return at;
}

void router_exclude(struct router *r, uint32_t slot, uint32_t agent,
                    int64_t until_us) {
  struct router_session *s = router_session_at(r, slot);
  for (uint32_t at = s->exclusions; at != EXCLUSION_NONE;
       at = r->exclusions[at].next) {
    if (r->exclusions[at].agent == agent) {
      r->exclusions[at].until_us = until_us;
      return;
    }
  }
  const uint32_t at = take_node(r);
  r->exclusions[at] = (struct router_exclusion_node){
      .until_us = until_us, .agent = agent, .next = s->exclusions};
  s->exclusions = at;
}

void routing_forget_exclusions(struct router *r, uint32_t slot) {
  struct router_session *s = router_session_at(r, slot);
  while (s->exclusions != EXCLUSION_NONE) {
    const uint32_t at = s->exclusions;
    s->exclusions = r->exclusions[at].next;
    r->exclusions[at].next = r->exclusion_free;
    r->exclusion_free = at;
  }
}

size_t router_exclusions(const struct router *r, uint32_t slot,
                         struct router_exclusion *out, size_t cap) {
  size_t count = 0;
  for (uint32_t at = router_session_at(r, slot)->exclusions;
       at != EXCLUSION_NONE; at = r->exclusions[at].next) {
    if (count < cap) {
      out[count] =
          (struct router_exclusion){.agent = r->exclusions[at].agent,
                                    .until_us = r->exclusions[at].until_us};
    }
    count++;
  }
  return count;
}
