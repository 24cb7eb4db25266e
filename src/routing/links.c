#include "routing/router_priv.h"

/* A link joins an agent and a signature it is eligible for. Both sides keep it
 * in an array and know the other's place. In the signature's array, its pool,
 * the ready agents come first and are a heap. */

struct pool_ctx {
  struct router *r;
  uint32_t channel;
};

static void agent_moved(void *ctx, const struct heap_entry *e, uint32_t place) {
  const struct pool_ctx *c = ctx;
  c->r->agents[e->lo].links[c->channel].at[e->item].place = place;
}

/* What the strategy compares before the idle time and is fixed for a link's
 * life; in the bits above the time. */
static uint64_t fixed_score(const struct router *r,
                            const struct router_signature *s,
                            const struct router_profile *p) {
  const uint32_t strategy = router_queue_at(r, s->key.queue)->strategy;
  uint64_t score = 0;
  if (strategy == ROUTER_MOST_SKILLED) {
    for (uint32_t i = 0; i < s->needs.count; i++) {
      score +=
          routing_find_skill(p, need_skill(s->needs.packed[i]))->proficiency;
    }
  } else if (strategy == ROUTER_ORDERED) {
    const struct router_post *post = routing_find_post(p, s->key.queue);
    score = post == NULL || post->rank == 0 ? UNRANKED : post->rank;
  }
  return score << TIME_BITS;
}

uint32_t routing_occupancy(const struct router_agent_state *s) {
  uint32_t used = 0, capacity = 0;
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    used += s->channels[c].used;
    capacity += s->channels[c].capacity;
  }
  return capacity == 0 ? 0 : 100 * used / capacity;
}

/* The key as the agent is now. */
static uint64_t key_now(const struct router *r, const struct router_pool *pool,
                        uint64_t hi, uint32_t agent) {
  const struct router_agent *a = &r->agents[agent];
  if (pool->strategy == ROUTER_ROUND_ROBIN) {
    return r->queues[pool->queue].turns[agent];
  }
  if (pool->strategy == ROUTER_LEAST_OCCUPIED) {
    hi = (uint64_t)routing_occupancy(&a->state) << TIME_BITS;
  }
  return (hi & ~TIME_MASK) | (uint64_t)a->state.idle_since_us;
}

/* Of round robin the turn, which the idle time would break no tie of. */
struct heap_entry routing_agent_entry(const struct router *r, uint32_t number,
                                      uint32_t agent) {
  const uint64_t hi =
      fixed_score(r, &r->signatures[number], &r->agents[agent].profile);
  return (struct heap_entry){.hi = key_now(r, &r->pools[number], hi, agent),
                             .lo = agent};
}

/* What is fixed is looked up when the agent is ready for the first time, and
 * not for everybody at once, whose skills lie all over the memory, when a
 * signature is new. */
static void make_ready(struct router *r, uint32_t number, uint32_t place) {
  struct router_pool *pool = &r->pools[number];
  struct heap *h = &pool->ready;
  struct pool_ctx ctx = {r, pool->channel};
  struct heap_entry e = h->entries[place];
  bt_check(place >= h->count);
  const uint32_t agent = (uint32_t)e.lo;
  e.hi = e.hi == 0 ? routing_agent_entry(r, number, agent).hi
                   : key_now(r, pool, e.hi, agent);
  heap_put(h, place, h->entries[h->count], agent_moved, &ctx);
  heap_push(h, e, agent_moved, &ctx);
}

static void make_unready(struct router *r, struct router_pool *pool,
                         uint32_t place) {
  struct heap *h = &pool->ready;
  struct pool_ctx ctx = {r, pool->channel};
  const struct heap_entry e = h->entries[place];
  heap_remove(h, place, agent_moved, &ctx);
  heap_put(h, h->count, e, agent_moved, &ctx);
}

bool routing_reserve_links(struct router *r, uint32_t agent, uint32_t channel,
                           size_t want) {
  struct links *links = &r->agents[agent].links[channel];
  return mem_grow(r->mem, &links->at, &links->cap, want, sizeof *links->at);
}

bool routing_reserve_pool(struct router *r, uint32_t number, size_t want) {
  return heap_reserve(&r->pools[number].ready, r->mem, want);
}

static void put_link(struct links *links, uint32_t index, struct link link) {
  links->at[index] = link;
  if (index < LINKS_NEAR) {
    links->near[index] = link.signature;
  }
}

void routing_link(struct router *r, uint32_t number, uint32_t agent) {
  struct router_pool *pool = &r->pools[number];
  struct links *links = &r->agents[agent].links[pool->channel];
  bt_check(pool->agent_count < pool->ready.cap && links->count < links->cap);

  const uint32_t index = links->count++;
  const uint32_t place = pool->agent_count++;
  put_link(links, index, (struct link){.signature = number, .place = place});
  pool->ready.entries[place] = (struct heap_entry){.lo = agent, .item = index};
  r->idle_links += r->signatures[number].sessions == 0;
  if (r->agents[agent].pooled[pool->channel]) {
    make_ready(r, number, place);
  }
}

/* The last link of the agent takes the place of the one that goes. */
static void drop_from_agent(struct router *r, struct links *links,
                            uint32_t index) {
  const struct link last = links->at[--links->count];
  if (index < links->count) {
    put_link(links, index, last);
    r->pools[last.signature].ready.entries[last.place].item = index;
  }
}

static void unlink_one(struct router *r, struct links *links, uint32_t index) {
  const uint32_t number = links->at[index].signature;
  struct router_pool *pool = &r->pools[number];
  struct pool_ctx ctx = {r, pool->channel};
  if (links->at[index].place < pool->ready.count) {
    make_unready(r, pool, links->at[index].place);
  }
  heap_put(&pool->ready, links->at[index].place,
           pool->ready.entries[--pool->agent_count], agent_moved, &ctx);
  drop_from_agent(r, links, index);
  r->idle_links -= r->signatures[number].sessions == 0;
}

void routing_unlink_agent(struct router *r, uint32_t agent) {
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    struct links *links = &r->agents[agent].links[c];
    while (links->count > 0) {
      unlink_one(r, links, links->count - 1);
    }
  }
}

void routing_unlink_signature(struct router *r, uint32_t number) {
  const struct router_pool *pool = &r->pools[number];
  while (pool->agent_count > 0) {
    const struct heap_entry *e = &pool->ready.entries[pool->agent_count - 1];
    unlink_one(r, &r->agents[e->lo].links[pool->channel], e->item);
  }
}

/* What the loop over the pools reads lies all over the memory, each place named
 * by the one before it: so it is fetched in rounds, for all pools at once. */
static void prefetch_pools(const struct router *r, const struct links *links,
                           uint32_t channel) {
  for (uint32_t i = 0; i < links->count; i++) {
    routing_prefetch(&r->pools[link_signature(links, i)],
                     sizeof(struct router_pool));
  }
  for (uint32_t i = 0; i < links->count; i++) {
    const struct heap *h = &r->pools[link_signature(links, i)].ready;
    routing_prefetch(&h->entries[links->at[i].place], 1);
    routing_prefetch(&h->entries[h->count], 1);
  }
  for (uint32_t i = 0; i < links->count; i++) {
    const struct router_pool *pool = &r->pools[link_signature(links, i)];
    const uint32_t last = pool->ready.count < pool->agent_count
                              ? pool->ready.count
                              : pool->agent_count - 1;
    const uint64_t agent = pool->ready.entries[last].lo;
    routing_prefetch(&r->agents[agent].links[channel], 1);
  }
}

void routing_pool_agent(struct router *r, uint32_t agent, uint32_t channel) {
  const struct links *links = &r->agents[agent].links[channel];
  prefetch_pools(r, links, channel);
  for (uint32_t i = 0; i < links->count; i++) {
    make_ready(r, links->at[i].signature, links->at[i].place);
  }
  r->agents[agent].pooled[channel] = true;
}

void routing_unpool_agent(struct router *r, uint32_t agent, uint32_t channel) {
  const struct links *links = &r->agents[agent].links[channel];
  prefetch_pools(r, links, channel);
  for (uint32_t i = 0; i < links->count; i++) {
    make_unready(r, &r->pools[links->at[i].signature], links->at[i].place);
  }
  r->agents[agent].pooled[channel] = false;
}

void routing_reorder_agent(struct router *r, uint32_t agent, uint32_t channel) {
  const struct links *links = &r->agents[agent].links[channel];
  struct pool_ctx ctx = {r, channel};
  for (uint32_t i = 0; i < links->count; i++) {
    struct router_pool *pool = &r->pools[links->at[i].signature];
    struct heap_entry e = pool->ready.entries[links->at[i].place];
    const uint64_t hi = key_now(r, pool, e.hi, agent);
    if (hi != e.hi) {
      e.hi = hi;
      heap_change(&pool->ready, links->at[i].place, e, agent_moved, &ctx);
    }
  }
}
