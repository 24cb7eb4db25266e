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

struct peer_agent peer_next_agent(struct peer_rand *r);
/* Needs skills that one of the @count agents @as has. */
struct peer_session peer_next_session(struct peer_rand *r, uint32_t id,
                                      const struct peer_agent *as,
                                      uint32_t count);

#endif
