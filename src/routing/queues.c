#include "routing/router_priv.h"

static void demands_of(const struct router_queue_params *params,
                       struct demands *out) {
  *out = (struct demands){.needs = {.count = params->need_count},
                          .ring_count = params->ring_count};
  routing_pack_needs(params->needs, NULL, params->need_count,
                     out->needs.packed);
  for (uint32_t i = 0; i < params->ring_count; i++) {
    bt_check(params->rings[i].without_count <= ROUTER_NEEDS_MAX);
    out->rings[i] = params->rings[i];
  }
}

/* An agent may become eligible for all the queue's signatures at once. */
static bool reserve_refit(struct router *r, uint32_t number,
                          const struct demands *demands) {
  const struct requirement *key = &r->signatures[number].key;
  const size_t more = r->queues[key->queue].signature_count;
  struct needs needs;
  struct candidates c;
  uint32_t agent;
  size_t agents = 0;
  routing_merge_needs(key, demands, &needs);
  routing_start_candidates(&c, r, key, &needs);
  while (routing_next_candidate(&c, &agent)) {
    const size_t links = r->agents[agent].links[key->channel].count;
    if (!routing_reserve_pool(r, number, ++agents) ||
        !routing_reserve_links(r, agent, key->channel, links + more)) {
      return false;
    }
  }
  return true;
}

/* All its sessions may begin to rise. */
static bool reserve_slopes(struct router *r, uint32_t number, uint32_t ageing) {
  for (uint32_t n = r->signatures[number].slopes; n != SLOPE_NONE;
       n = r->slopes[n].next) {
    if (!routing_reserve_waiting(r, n, ageing)) {
      return false;
    }
  }
  return true;
}

enum bt_err router_prepare_queue(struct router *r, uint32_t queue,
                                 const struct router_queue_params *params) {
  bt_check(queue < ROUTER_INDEX_MAX);
  bt_check(params->strategy < ROUTER_STRATEGIES);
  bt_check(params->precedence <= UINT16_MAX);
  bt_check(params->ageing <= ROUTER_AGEING_MAX &&
           params->max_priority <= ROUTER_PRIORITY_MAX);
  bt_check(params->ring_count <= ROUTER_RINGS_MAX);
  struct demands demands;
  demands_of(params, &demands);
  if (!mem_grow(r->mem, &r->queues, &r->queue_cap, (size_t)queue + 1,
                sizeof *r->queues) ||
      !routing_reserve_skills(r, demands.needs.packed, demands.needs.count) ||
      (params->strategy == ROUTER_ROUND_ROBIN &&
       !routing_reserve_turns(r, queue, r->agent_cap))) {
    return BT_ERR_NOMEM;
  }
  if (!r->queues[queue].known) {
    return BT_ERR_OK;
  }
  for (uint32_t n = r->queues[queue].signature_first; n != SIGNATURE_NONE;
       n = r->signatures[n].in[BY_QUEUE].next) {
    if (!reserve_refit(r, n, &demands) ||
        !reserve_slopes(r, n, params->ageing)) {
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
  const bool known = q->known;
  if (!known) {
    q->known = true;
    q->reserved_first = ROUTER_NONE;
  }
  r->queues_by[q->strategy] -= known;
  r->queues_by[params->strategy]++;
  routing_set_strategy(r, queue, params->strategy);
  q->precedence = params->precedence;
  q->max_size = params->max_size;
  q->ageing = params->ageing;
  q->max_priority = params->max_priority;
  demands_of(params, &q->demands);
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

/* On any of the channels, as bits? */
static bool ready_on(const struct router_agent *a, uint8_t channels) {
  bool ready = false;
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    ready = ready || ((channels >> c & 1u) != 0 && a->state.channels[c].ready);
  }
  return ready;
}

static int64_t older_of(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* The first session of a run is its oldest, and its time is in the key by which
 * the run stands in order: no session need be looked at. */
static int64_t oldest_in(const struct heap *runs,
                         int64_t (*entered)(const struct heap_entry *e)) {
  int64_t oldest = INT64_MAX;
  for (uint32_t i = 0; i < runs->count; i++) {
    oldest = older_of(oldest, entered(&runs->entries[i]));
  }
  return oldest;
}

static int64_t oldest_us(const struct router *r, const struct router_queue *q) {
  int64_t oldest = INT64_MAX;
  for (uint32_t n = q->signature_first; n != SIGNATURE_NONE;
       n = r->signatures[n].in[BY_QUEUE].next) {
    const struct router_signature *s = &r->signatures[n];
    oldest = older_of(oldest, oldest_in(&s->resting, routing_resting_entered));
    for (uint32_t k = s->slopes; k != SLOPE_NONE; k = r->slopes[k].next) {
      oldest = older_of(
          oldest, oldest_in(&r->slopes[k].rising, routing_rising_entered));
    }
  }
  for (uint32_t slot = q->reserved_first; slot != ROUTER_NONE;
       slot = r->sessions[slot].newer) {
    oldest = older_of(oldest, r->sessions[slot].entered_us);
  }
  return oldest;
}

static uint8_t waiting_channels(const struct router *r,
                                const struct router_queue *q) {
  uint8_t channels = 0;
  for (uint32_t n = q->signature_first; n != SIGNATURE_NONE;
       n = r->signatures[n].in[BY_QUEUE].next) {
    const struct router_signature *s = &r->signatures[n];
    channels |= (uint8_t)((s->sessions > 0) << s->key.channel);
  }
  return channels;
}

static void count_agents(const struct router *r, uint32_t queue, uint32_t ring,
                         uint8_t usual, struct router_queue_stats *out) {
  const struct router_queue *q = router_queue_at(r, queue);
  const struct requirement key = {.queue = queue,
                                  .channel = ROUTER_NONE,
                                  .ring = ring,
                                  .agent = ROUTER_NONE};
  const uint8_t waiting = waiting_channels(r, q);
  const uint8_t channels = waiting != 0 ? waiting : usual;
  struct needs needs;
  struct candidates c;
  uint32_t agent;
  bt_check(ring <= ROUTER_RINGS_MAX);
  routing_merge_needs(&key, &q->demands, &needs);
  routing_start_candidates(&c, r, &key, &needs);
  while (routing_next_candidate(&c, &agent)) {
    const struct router_agent *a = &r->agents[agent];
    out->agents_in += a->state.presence != ROUTER_OFFLINE &&
                      (a->profile.channels & channels) != 0;
    out->agents_ready += ready_on(a, channels);
    for (uint32_t k = 0; k < ROUTER_CHANNELS; k++) {
      out->ready_on[k] += a->state.channels[k].ready;
    }
  }
}

void router_stats(const struct router *r, uint32_t queue, uint8_t usual,
                  struct router_queue_stats *out) {
  const struct router_queue *q = router_queue_at(r, queue);
  *out = (struct router_queue_stats){.waiting = q->waiting,
                                     .reserved = q->reserved_count,
                                     .oldest_us = oldest_us(r, q)};
  count_agents(r, queue, 0, usual, out);
}

void router_ring_stats(const struct router *r, uint32_t queue, uint32_t ring,
                       uint8_t usual, struct router_queue_stats *out) {
  *out = (struct router_queue_stats){.oldest_us = INT64_MAX};
  count_agents(r, queue, ring, usual, out);
}
