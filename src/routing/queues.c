#include "routing/router_priv.h"

static void needs_of(const struct router_queue_params *params,
                     struct needs *out) {
  *out = (struct needs){.count = params->need_count};
  routing_pack_needs(params->needs, params->need_count, out->packed);
}

static bool reserve_list(struct router *r, const struct requirement *key,
                         const struct needs *needs,
                         const struct router_agent_list *list) {
  const size_t more = r->queues[key->queue].signature_count;
  for (uint32_t i = 0; i < list->count; i++) {
    const uint32_t agent = list->refs[i].agent;
    const struct router_agent *a = &r->agents[agent];
    const size_t links = a->links[key->channel].count;
    if (routing_eligible(&a->profile, key, needs) &&
        !routing_reserve_links(r, agent, key->channel, links + more)) {
      return false;
    }
  }
  return true;
}

/* An agent may become eligible for all the queue's signatures at once, and a
 * signature for as many agents as there are candidates. */
static bool reserve_refit(struct router *r, uint32_t number,
                          const struct needs *queue_needs) {
  const struct requirement *key = &r->signatures[number].key;
  struct needs needs;
  routing_merge_needs(key, queue_needs, &needs);
  const struct candidates c = routing_candidates(r, key->queue, &needs);
  const size_t agents = (size_t)c.lists[0]->count + c.lists[1]->count;
  return routing_reserve_agents(r, number, agents) &&
         reserve_list(r, key, &needs, c.lists[0]) &&
         reserve_list(r, key, &needs, c.lists[1]);
}

enum bt_err router_prepare_queue(struct router *r, uint32_t queue,
                                 const struct router_queue_params *params) {
  bt_check(queue < ROUTER_INDEX_MAX);
  bt_check(params->strategy < ROUTER_STRATEGIES);
  struct needs needs;
  needs_of(params, &needs);
  if (!mem_grow(r->mem, &r->queues, &r->queue_cap, (size_t)queue + 1,
                sizeof *r->queues) ||
      !routing_reserve_skills(r, needs.packed, needs.count)) {
    return BT_ERR_NOMEM;
  }
  if (!r->queues[queue].known) {
    return BT_ERR_OK;
  }
  for (uint32_t n = r->queues[queue].signature_first; n != SIGNATURE_NONE;
       n = r->signatures[n].in_queue.next) {
    if (!reserve_refit(r, n, &needs)) {
      return BT_ERR_NOMEM;
    }
  }
  return BT_ERR_OK;
}

/* Refitting moves a signature to the front of the queue's chain, so the rest of
 * the chain as it was still lies ahead. */
static void refit_all(struct router *r, const struct router_queue *q) {
  uint32_t n = q->signature_first;
  for (uint32_t left = q->signature_count; left > 0; left--) {
    const uint32_t next = r->signatures[n].in_queue.next;
    routing_refit_signature(r, n);
    n = next;
  }
}

void router_put_queue(struct router *r, uint32_t queue,
                      const struct router_queue_params *params) {
  bt_check(router_prepare_queue(r, queue, params) == BT_ERR_OK);
  struct router_queue *q = &r->queues[queue];
  if (!q->known) {
    *q = (struct router_queue){.known = true, .reserved_first = ROUTER_NONE};
  }
  q->strategy = params->strategy;
  q->precedence = params->precedence;
  q->max_size = params->max_size;
  needs_of(params, &q->needs);
  refit_all(r, q);
}

void router_pause(struct router *r, uint32_t queue, bool paused) {
  struct router_queue *q = router_queue_at(r, queue);
  q->paused = paused;
  for (uint32_t n = q->signature_first; n != SIGNATURE_NONE;
       n = r->signatures[n].in_queue.next) {
    routing_refresh_head(r, n);
  }
}

bool router_queue_paused(const struct router *r, uint32_t queue) {
  return router_queue_at(r, queue)->paused;
}

bool router_queue_full(const struct router *r, uint32_t queue) {
  const struct router_queue *q = router_queue_at(r, queue);
  return q->max_size > 0 && q->by_age.count >= q->max_size;
}

static bool ready_somewhere(const struct router_agent *a) {
  bool ready = false;
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    ready = ready || a->state.channels[c].ready;
  }
  return ready;
}

static void count_agents(const struct router *r, uint32_t queue,
                         const struct router_agent_list *list,
                         struct router_queue_stats *out) {
  const struct needs *needs = &r->queues[queue].needs;
  for (uint32_t i = 0; i < list->count; i++) {
    const struct router_agent *a = &r->agents[list->refs[i].agent];
    if (a->state.presence != ROUTER_OFFLINE &&
        routing_serves(&a->profile, queue) &&
        routing_unmet_need(&a->profile, needs) == needs->count) {
      out->agents_in++;
      out->agents_ready += ready_somewhere(a);
    }
  }
}

void router_stats(const struct router *r, uint32_t queue,
                  struct router_queue_stats *out) {
  const struct router_queue *q = router_queue_at(r, queue);
  const struct candidates c = routing_candidates(r, queue, &q->needs);
  *out = (struct router_queue_stats){
      .waiting = q->by_age.count,
      .reserved = q->reserved_count,
      .oldest_us =
          q->by_age.count > 0 ? (int64_t)q->by_age.entries[0].hi : INT64_MAX,
  };
  count_agents(r, queue, c.lists[0], out);
  count_agents(r, queue, c.lists[1], out);
}
