#include <string.h>

#include "routing/router_priv.h"

/* Signatures are made when a session first needs them and kept for a while
 * after their last one has gone: the same needs come back all day. */

static void chain_push(struct router *r, uint32_t *first, uint32_t number,
                       enum chain chain) {
  r->signatures[number].in[chain] =
      (struct chained){.prev = SIGNATURE_NONE, .next = *first};
  if (*first != SIGNATURE_NONE) {
    r->signatures[*first].in[chain].prev = number;
  }
  *first = number;
}

static void chain_remove(struct router *r, uint32_t *first, uint32_t number,
                         enum chain chain) {
  const struct chained c = r->signatures[number].in[chain];
  if (c.prev == SIGNATURE_NONE) {
    *first = c.next;
  } else {
    r->signatures[c.prev].in[chain].next = c.next;
  }
  if (c.next != SIGNATURE_NONE) {
    r->signatures[c.next].in[chain].prev = c.prev;
  }
}

static uint32_t *anchor_first(struct router *r,
                              const struct router_signature *s) {
  return s->anchor == ROUTER_NONE
             ? &router_queue_at(r, s->key.queue)->anchored_first
             : &r->skills[s->anchor].anchored_first;
}

/* Most queues are those of a skill and have no signature without one: whoever
 * looks for such signatures passes over them. */
static void list_anchoring(struct router *r, uint32_t queue) {
  r->queues[queue].anchored = (struct chained){.next = r->anchored};
  if (r->anchored != 0) {
    r->queues[r->anchored - 1].anchored.prev = queue + 1;
  }
  r->anchored = queue + 1;
}

static void unlist_anchoring(struct router *r, uint32_t queue) {
  const struct chained c = r->queues[queue].anchored;
  if (c.prev == 0) {
    r->anchored = c.next;
  } else {
    r->queues[c.prev - 1].anchored.next = c.next;
  }
  if (c.next != 0) {
    r->queues[c.next - 1].anchored.prev = c.prev;
  }
}

static void anchor_push(struct router *r, uint32_t number) {
  const struct router_signature *s = &r->signatures[number];
  uint32_t *first = anchor_first(r, s);
  if (s->anchor == ROUTER_NONE && *first == SIGNATURE_NONE) {
    list_anchoring(r, s->key.queue);
  }
  chain_push(r, first, number, BY_ANCHOR);
}

static void anchor_remove(struct router *r, uint32_t number) {
  const struct router_signature *s = &r->signatures[number];
  uint32_t *first = anchor_first(r, s);
  chain_remove(r, first, number, BY_ANCHOR);
  if (s->anchor == ROUTER_NONE && *first == SIGNATURE_NONE) {
    unlist_anchoring(r, s->key.queue);
  }
}

static uint64_t key_hash(const struct requirement *key) {
  return hash_bytes(key, offsetof(struct requirement, packed) +
                             key->count * sizeof key->packed[0]);
}

static void idle_push(struct router *r, uint32_t number) {
  chain_push(r, &r->idle_first, number, BY_IDLENESS);
  if (r->idle_count++ == 0) {
    r->idle_last = number;
  }
}

static void idle_remove(struct router *r, uint32_t number) {
  if (r->idle_last == number) {
    r->idle_last = r->signatures[number].in[BY_IDLENESS].prev;
  }
  chain_remove(r, &r->idle_first, number, BY_IDLENESS);
  r->idle_count--;
}

/* The newest stays: it was prepared for a session that is about to come. */
static void idle_trim(struct router *r) {
  while (r->idle_count > 1 && (r->idle_count > r->idle_limit ||
                               r->idle_links > r->idle_link_limit)) {
    routing_free_signature(r, r->idle_last);
  }
}

bool routing_reserve_skills(struct router *r, const uint32_t *packed,
                            uint32_t count) {
  return count == 0 ||
         mem_grow(r->mem, &r->skills, &r->skill_cap,
                  (size_t)need_skill(packed[count - 1]) + 1, sizeof *r->skills);
}

uint32_t routing_find_signature(const struct router *r,
                                const struct requirement *key) {
  const uint32_t found = map_get(&r->by_requirement, key_hash(key), key);
  return found == MAP_NONE ? SIGNATURE_NONE : found;
}

/* The number that the next signature will have, with room for it. */
static uint32_t next_number(struct router *r) {
  if (r->signature_free != SIGNATURE_NONE) {
    return r->signature_free;
  }
  const size_t want = (size_t)r->signature_count + 2;
  if (!mem_grow(r->mem, &r->signatures, &r->signature_cap, want,
                sizeof *r->signatures) ||
      !mem_grow(r->mem, &r->pools, &r->pool_cap, want, sizeof *r->pools) ||
      !mem_grow(r->mem, &r->heads, &r->head_cap, want, sizeof *r->heads)) {
    return SIGNATURE_NONE;
  }
  return r->signature_count + 1;
}

static void take_number(struct router *r, uint32_t number) {
  if (number == r->signature_free) {
    r->signature_free = r->signatures[number].in[BY_IDLENESS].next;
  } else {
    r->signature_count = number;
  }
}

static bool link_all(struct router *r, uint32_t number) {
  const struct router_signature *s = &r->signatures[number];
  struct router_pool *pool = &r->pools[number];
  struct candidates c;
  uint32_t agent;
  pool->channel = s->key.channel;
  pool->queue = s->key.queue;
  pool->strategy = router_queue_at(r, s->key.queue)->strategy;
  routing_start_candidates(&c, r, &s->key, &s->needs);
  while (routing_next_candidate(&c, &agent)) {
    const size_t links = r->agents[agent].links[pool->channel].count;
    if (!routing_reserve_pool(r, number, (size_t)pool->agent_count + 1) ||
        !routing_reserve_links(r, agent, pool->channel, links + 1)) {
      return false;
    }
    routing_link(r, number, agent);
  }
  return true;
}

static void clear_signature(struct router *r, uint32_t number) {
  struct router_signature *s = &r->signatures[number];
  struct router_pool *pool = &r->pools[number];
  const uint32_t next_free = s->in[BY_IDLENESS].next;
  routing_unlink_signature(r, number);
  mem_free(r->mem, s->resting.entries,
           s->resting.cap * sizeof *s->resting.entries);
  routing_free_slopes(r, number);
  mem_free(r->mem, pool->ready.entries,
           pool->ready.cap * sizeof *pool->ready.entries);
  memset(pool, 0, sizeof *pool);
  memset(s, 0, sizeof *s);
  s->in[BY_IDLENESS].next = next_free;
}

/* Into the queue's and its anchor's chains. */
static void enter_chains(struct router *r, uint32_t number) {
  struct router_signature *s = &r->signatures[number];
  struct router_queue *q = router_queue_at(r, s->key.queue);
  s->anchor = routing_rarest_skill(r, &s->needs);
  anchor_push(r, number);
  chain_push(r, &q->signature_first, number, BY_QUEUE);
  q->signature_count++;
}

static void leave_chains(struct router *r, uint32_t number) {
  const struct router_signature *s = &r->signatures[number];
  struct router_queue *q = router_queue_at(r, s->key.queue);
  anchor_remove(r, number);
  chain_remove(r, &q->signature_first, number, BY_QUEUE);
  q->signature_count--;
}

static uint32_t make_signature(struct router *r,
                               const struct requirement *key) {
  const uint32_t number = next_number(r);
  if (number == SIGNATURE_NONE || !map_reserve(&r->by_requirement, 1) ||
      !routing_reserve_skills(r, key->packed, key->count)) {
    return SIGNATURE_NONE;
  }
  struct router_signature *s = &r->signatures[number];
  s->key = *key;
  routing_merge_needs(key, &router_queue_at(r, key->queue)->demands, &s->needs);
  if (!link_all(r, number)) {
    clear_signature(r, number);
    return SIGNATURE_NONE;
  }
  take_number(r, number);
  s->used = true;
  bt_check(map_put(&r->by_requirement, key_hash(key), number));
  enter_chains(r, number);
  routing_refresh_head(r, number);
  idle_push(r, number);
  idle_trim(r);
  return number;
}

uint32_t routing_intern(struct router *r, const struct requirement *key) {
  const uint32_t found = routing_find_signature(r, key);
  if (found == SIGNATURE_NONE) {
    return make_signature(r, key);
  }
  if (r->signatures[found].sessions == 0) {
    idle_remove(r, found);
    idle_push(r, found);
  }
  return found;
}

void routing_count_session(struct router *r, uint32_t number, int change) {
  struct router_signature *s = &r->signatures[number];
  if (change > 0 && s->sessions++ == 0) {
    idle_remove(r, number);
    r->idle_links -= r->pools[number].agent_count;
  } else if (change < 0 && --s->sessions == 0) {
    idle_push(r, number);
    r->idle_links += r->pools[number].agent_count;
    idle_trim(r);
  }
}

void routing_free_signature(struct router *r, uint32_t number) {
  struct router_signature *s = &r->signatures[number];
  bt_check(s->sessions == 0);
  idle_remove(r, number);
  leave_chains(r, number);
  bt_check(map_remove(&r->by_requirement, key_hash(&s->key), number));
  clear_signature(r, number);
  s->in[BY_IDLENESS].next = r->signature_free;
  r->signature_free = number;
}

void routing_refit_signature(struct router *r, uint32_t number) {
  struct router_signature *s = &r->signatures[number];
  routing_unlink_signature(r, number);
  leave_chains(r, number);
  routing_merge_needs(&s->key, &router_queue_at(r, s->key.queue)->demands,
                      &s->needs);
  bt_check(link_all(r, number));
  enter_chains(r, number);
  routing_rebuild_waiting(r, number);
}
