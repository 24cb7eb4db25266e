#include "bench/peer_workload.h"

static double peer_unit(struct peer_rand *r) {
  r->state += 0x6D2B79F5u;
  uint32_t t = (r->state ^ r->state >> 15) * (1u | r->state);
  t = (t + (t ^ t >> 7) * (61u | t)) ^ t;
  return (double)(t ^ t >> 14) / 4294967296.0;
}

static uint32_t peer_below(struct peer_rand *r, uint32_t bound) {
  return (uint32_t)(peer_unit(r) * bound);
}

/* @count different ones of @from (at most PEER_SKILLS), ascending. */
static void peer_sample(struct peer_rand *r, const uint32_t *from,
                        uint32_t size, uint32_t count, uint32_t *out) {
  uint32_t copy[PEER_SKILLS];
  for (uint32_t i = 0; i < size; i++) {
    copy[i] = from[i];
  }
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t j = i + peer_below(r, size - i);
    const uint32_t taken = copy[j];
    copy[j] = copy[i];
    copy[i] = taken;
    uint32_t at = i;
    for (; at > 0 && out[at - 1] > taken; at--) {
      out[at] = out[at - 1];
    }
    out[at] = taken;
  }
}

struct peer_agent peer_next_agent(struct peer_rand *r) {
  struct peer_agent a;
  uint32_t all[PEER_SKILLS];
  for (uint32_t i = 0; i < PEER_SKILLS; i++) {
    all[i] = i;
  }
  peer_sample(r, all, PEER_SKILLS, PEER_AGENT_SKILLS, a.skills);
  for (uint32_t i = 0; i < PEER_AGENT_SKILLS; i++) {
    a.proficiency[i] = 1 + peer_below(r, PEER_PROFICIENCY_BEST);
  }
  return a;
}

struct peer_session peer_next_session(struct peer_rand *r, uint32_t id,
                                      const struct peer_agent *as,
                                      uint32_t count) {
  struct peer_session s = {.id = id};
  const struct peer_agent *a = &as[peer_below(r, count)];
  const double u = peer_unit(r);
  s.skill_count = u < 0.5 ? 1 : u < 0.8 ? 2 : 3;
  peer_sample(r, a->skills, PEER_AGENT_SKILLS, s.skill_count, s.skills);
  s.priority = peer_below(r, 10);
  return s;
}
