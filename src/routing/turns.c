/* turns.c - when a queue that offers in turn offered each agent something last.
 */
#include <string.h>

#include "routing/router_priv.h"

bool routing_reserve_turns(struct router *r, uint32_t queue, size_t agents) {
  struct router_queue *q = &r->queues[queue];
  return mem_grow(r->mem, &q->turns, &q->turn_cap, agents, sizeof *q->turns);
}

void routing_set_strategy(struct router *r, uint32_t queue, uint32_t strategy) {
  struct router_queue *q = &r->queues[queue];
  if (q->strategy == ROUTER_ROUND_ROBIN && strategy != q->strategy) {
    memset(q->turns, 0, q->turn_cap * sizeof *q->turns);
  }
  q->strategy = strategy;
}

void routing_forget_turns(struct router *r, uint32_t agent) {
  for (uint32_t i = 0; i < r->queue_cap; i++) {
    if (agent < r->queues[i].turn_cap) {
      r->queues[i].turns[agent] = 0;
    }
  }
}

uint64_t router_turn(const struct router *r, uint32_t queue, uint32_t agent) {
  const struct router_queue *q = router_queue_at(r, queue);
  return agent < q->turn_cap ? q->turns[agent] : 0;
}

uint32_t router_turn_count(const struct router *r, uint32_t queue) {
  const struct router_queue *q = router_queue_at(r, queue);
  const size_t agents = q->turn_cap < r->agent_cap ? q->turn_cap : r->agent_cap;
  return q->strategy == ROUTER_ROUND_ROBIN ? (uint32_t)agents : 0;
}

void router_note_turn(struct router *r, uint32_t queue, uint32_t agent,
                      uint64_t turn) {
  struct router_queue *q = router_queue_at(r, queue);
  const struct router_agent *a = router_agent_at(r, agent);
  bt_check(turn <= ROUTER_ORDER_MAX);
  if (q->strategy != ROUTER_ROUND_ROBIN) {
    return;
  }
  bt_check(agent < q->turn_cap);
  q->turns[agent] = turn;
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    if (a->pooled[c]) {
      routing_reorder_agent(r, agent, c);
    }
  }
}
