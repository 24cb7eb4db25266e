#include "routing/router_priv.h"

static void needs_of(const struct router_queue_params *params,
                     struct needs *out) {
  *out = (struct needs){.count = params->need_count};
  routing_pack_needs(params->needs, params->need_count, out->packed);
}

/* An agent may become eligible for all the queue's signatures at once. */
static bool reserve_refit(struct router *r, uint32_t number,
                          const struct needs *queue_needs) {
  const struct requirement *key = &r->signatures[number].key;
  const size_t more = r->queues[key->queue].signature_count;
  struct needs needs;
  struct candidates c;
  uint32_t agent;
  size_t agents = 0;
  routing_merge_needs(key, queue_needs, &needs);
  routing_start_candidates(&c, r, key->queue, key->channel, &needs);
  while (routing_next_candidate(&c, &agent)) {
    const size_t links = r->agents[agent].links[key->channel].count;
    if (!routing_reserve_pool(r, number, ++agents) ||
        !routing_reserve_links(r, agent, key->channel, links + more)) {
      return false;
    }
  }
  return true;
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
       n = r->signatures[n].in[BY_QUEUE].next) {
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
    const uint32_t next = r->signatures[n].in[BY_QUEUE].next;
    routing_refit_signature(r, n);
    n = next;
  }
}

void router_put_queue(struct router *r, uint32_t queue,
                      const struct router_queue_params *params) {
  bt_check(router_prepare_queue(r, queue, params) == BT_ERR_OK);
  struct router_queue *q = &r->queues[queue];
  if (!q->known) {
    *q = (struct router_queue){.known = true,
                               .oldest = ROUTER_NONE,
                               .newest = ROUTER_NONE,
                               .reserved_first = ROUTER_NONE};
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
       n = r->signatures[n].in[BY_QUEUE].next) {
    routing_refresh_head(r, n);
  }
}

bool router_queue_paused(const struct router *r, uint32_t queue) {
  return router_queue_at(r, queue)->paused;
}

bool router_queue_full(const struct router *r, uint32_t queue) {
  const struct router_queue *q = router_queue_at(r, queue);
  return q->max_size > 0 && q->waiting >= q->max_size;
}

static bool ready_somewhere(const struct router_agent *a) {
  bool ready = false;
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    ready = ready || a->state.channels[c].ready;
  }
  return ready;
}

static int64_t oldest_us(const struct router *r, const struct router_queue *q) {
  const int64_t in_line =
      q->oldest == ROUTER_NONE ? INT64_MAX : r->sessions[q->oldest].entered_us;
  const int64_t late = q->latecomers.count == 0
                           ? INT64_MAX
                           : (int64_t)q->latecomers.entries[0].hi;
  return in_line < late ? in_line : late;
}

void router_stats(const struct router *r, uint32_t queue,
                  struct router_queue_stats *out) {
  const struct router_queue *q = router_queue_at(r, queue);
  struct candidates c;
  uint32_t agent;
  *out = (struct router_queue_stats){.waiting = q->waiting,
                                     .reserved = q->reserved_count,
                                     .oldest_us = oldest_us(r, q)};
  routing_start_candidates(&c, r, queue, ROUTER_NONE, &q->needs);
  while (routing_next_candidate(&c, &agent)) {
    const struct router_agent *a = &r->agents[agent];
    out->agents_in += a->state.presence != ROUTER_OFFLINE;
    out->agents_ready += ready_somewhere(a);
  }
}
