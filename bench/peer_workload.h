/* peer_workload.h - peer workload v1, number for number as the peers draw it.
 *
 * Agents have 5 of 50 skills with a proficiency of 1 … 5, 5 the best; sessions
 * need 1 to 3 skills that some agent has, with a priority of 0 … 9. A closed
 * loop: the agent that was busy longest is free, takes a session or idles; then
 * a new session enters and is taken or waits. The generator is mulberry32, so
 * that the same assignments come out of every exact engine.
 */
#ifndef BATON_BENCH_PEER_WORKLOAD_H
#define BATON_BENCH_PEER_WORKLOAD_H

#include <math.h>
#include <stdint.h>

enum { PEER_SKILLS = 50, PEER_AGENT_SKILLS = 5, PEER_PROFICIENCY_BEST = 5 };

struct peer_agent {
  uint32_t skills[PEER_AGENT_SKILLS]; /* ascending */
  uint32_t proficiency[PEER_AGENT_SKILLS];
};

struct peer_session {
  uint32_t id; /* from 1 */
  uint32_t priority;
  uint32_t skills[3];
  uint32_t skill_count;
};

struct peer_rand {
  uint32_t state;
};

static inline double peer_unit(struct peer_rand *r) {
  r->state += 0x6D2B79F5u;
  uint32_t t = (r->state ^ r->state >> 15) * (1u | r->state);
  t = (t + (t ^ t >> 7) * (61u | t)) ^ t;
  return (double)(t ^ t >> 14) / 4294967296.0;
}

static inline uint32_t peer_below(struct peer_rand *r, uint32_t bound) {
  return (uint32_t)floor(peer_unit(r) * bound);
}

/* @count different ones of @from (at most PEER_SKILLS), ascending. */
static inline void peer_sample(struct peer_rand *r, const uint32_t *from,
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

static inline struct peer_agent peer_next_agent(struct peer_rand *r) {
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

static inline struct peer_session peer_next_session(struct peer_rand *r,
                                                    uint32_t id,
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

#endif
