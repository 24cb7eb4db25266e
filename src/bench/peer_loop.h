/* peer_loop.h - the closed loop of the peer workload on a router.
 *
 * The caller sees every assignment and may time what lies between two marks.
 * Memory that runs out stops the program: there is nothing to measure.
 */
#ifndef BATON_BENCH_PEER_LOOP_H
#define BATON_BENCH_PEER_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "bench/peer_workload.h"
#include "routing/router.h"

enum peer_mark {
  PEER_BEGIN,   /* an agent is free, or a session enters */
  PEER_DECIDE,  /* the indexes know; the router is asked */
  PEER_DECIDED, /* it has answered */
  PEER_END      /* the indexes know what became of it */
};

struct peer_loop {
  struct router r;
  const struct mem *mem;
  struct peer_agent *agents;
  uint32_t *busy;       /* ring of the busy agents, the longest first */
  uint32_t *ids;        /* session of a slot */
  uint32_t *free_slots; /* a stack */
  uint32_t agent_count, busy_first, busy_count;
  uint32_t slot_count, free_count;
  uint32_t sessions; /* drawn so far */
  int64_t clock;     /* counts what becomes idle or enters */
  struct peer_rand rand;
  void *ctx; /* of the two below; both may be NULL */
  void (*assigned)(void *ctx, char how, uint32_t agent, uint32_t session);
  void (*mark)(void *ctx, enum peer_mark mark, bool matched);
};

/* @l is cleared but for mem, ctx and the functions, and does not move until
 * peer_close(). @idle of the agents are idle, the others busy; room for
 * @waiting sessions, none of which is there yet. */
void peer_open(struct peer_loop *l, uint32_t agents, uint32_t waiting,
               uint32_t idle);
void peer_close(struct peer_loop *l);

/* Draws a session and puts it into the queue; answers its slot. */
uint32_t peer_enter(struct peer_loop *l);
/* The agent that was busy longest is free, takes a session or idles; then a new
 * session enters and is taken or waits. */
void peer_step(struct peer_loop *l);

#endif
