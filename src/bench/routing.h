/* routing.h - what a routing decision costs in memory.
 *
 * Peer workload v1 on the router alone. A decision is everything from "this
 * agent is free" (or "this session enters") to the indexes knowing who took
 * whom; the search is the part of it that asks. Only steps that matched count.
 */
#ifndef BATON_BENCH_ROUTING_H
#define BATON_BENCH_ROUTING_H

#include <stdint.h>

#include "bench/bench.h"

struct bench_routing_case {
  uint32_t waiting; /* 0: nobody waits, and half of the agents are idle */
  uint32_t agents;
  uint64_t steps; /* each is one release and one arrival */
};

/* Reads of a decision that wait for the one before, whatever is fetched ahead:
 * the agent names its kinds, of whose first sessions one is chosen, which names
 * its list and the next of it. What lies side by side counts once. */
enum { BENCH_ROUTING_CHAIN = 4 };

struct bench_routing_row {
  uint32_t waiting, agents;
  double decisions_per_s;
  int64_t p50_ns, p99_ns;
  int64_t search_p50_ns, search_p99_ns;
  double session_bytes;    /* a waiting session: itself and what finds it */
  uint64_t eligible_bytes; /* which agents may take which kinds: in all */
  uint64_t total_bytes;    /* all that the router has taken */
  double read_ns; /* one read that waits for another, anywhere in as much */
};

/* BT_ERR_NOMEM. */
enum bt_err bench_routing(struct bench *b, const struct bench_routing_case *c,
                          struct bench_routing_row *out) BT_USE_RESULT;

#endif
