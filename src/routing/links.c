#include "routing/router_priv.h"

/* A link joins an agent and a signature it is eligible for. Both sides keep it
 * in an array and know the other's place. In the signature's array the ready
 * agents come first and are a heap. */

struct place_ctx {
  struct router *r;
  uint32_t channel;
};

static void agent_moved(void *ctx, const struct heap_entry *e, uint32_t place) {
  const struct place_ctx *c = ctx;
  c->r->agents[e->lo].links[c->channel].at[e->item].place = place;
}

static struct place_ctx places(struct router *r, uint32_t number) {
  return (struct place_ctx){r, r->signatures[number].key.channel};
}

/* By strategy, in the bits above the time: fixed for a link's life. */
static uint64_t score(const struct router *r, const struct router_signature *s,
                      const struct router_profile *p) {
  uint64_t sum = 0;
  if (router_queue_at(r, s->key.queue)->strategy == ROUTER_MOST_SKILLED) {
    for (uint32_t i = 0; i < s->needs.count; i++) {
      sum += routing_find_skill(p, need_skill(s->needs.packed[i]))->proficiency;
    }
  }
  return sum << TIME_BITS;
}

static uint64_t with_idle_since(uint64_t hi, const struct router_agent *a) {
  return (hi & ~TIME_MASK) | (uint64_t)a->state.idle_since_us;
}

static void make_ready(struct router *r, uint32_t number, uint32_t place) {
  struct heap *h = &r->signatures[number].agents;
  struct place_ctx ctx = places(r, number);
  struct heap_entry e = h->entries[place];
  bt_check(place >= h->count);
  e.hi = with_idle_since(e.hi, &r->agents[e.lo]);
  heap_put(h, place, h->entries[h->count], agent_moved, &ctx);
  heap_push(h, e, agent_moved, &ctx);
}

static void make_unready(struct router *r, uint32_t number, uint32_t place) {
  struct heap *h = &r->signatures[number].agents;
  struct place_ctx ctx = places(r, number);
  const struct heap_entry e = h->entries[place];
  heap_remove(h, place, agent_moved, &ctx);
  heap_put(h, h->count, e, agent_moved, &ctx);
}

bool routing_reserve_links(struct router *r, uint32_t agent, uint32_t channel,
                           size_t want) {
  struct links *links = &r->agents[agent].links[channel];
  return mem_grow(r->mem, &links->at, &links->cap, want, sizeof *links->at);
}

bool routing_reserve_agents(struct router *r, uint32_t number, size_t want) {
  return heap_reserve(&r->signatures[number].agents, r->mem, want);
}

void routing_link(struct router *r, uint32_t number, uint32_t agent) {
  struct router_signature *s = &r->signatures[number];
  struct router_agent *a = &r->agents[agent];
  struct links *links = &a->links[s->key.channel];
  bt_check(s->agent_count < s->agents.cap && links->count < links->cap);

  const uint32_t index = links->count++;
  const uint32_t place = s->agent_count++;
  links->at[index] = (struct link){.signature = number, .place = place};
  s->agents.entries[place] = (struct heap_entry){
      .hi = score(r, s, &a->profile), .lo = agent, .item = index};
  r->idle_links += s->sessions == 0;
  if (a->state.channels[s->key.channel].ready) {
    make_ready(r, number, place);
  }
}

/* The last link of the agent takes the place of the one that goes. */
static void drop_from_agent(struct router *r, struct links *links,
                            uint32_t index) {
  const struct link last = links->at[--links->count];
  if (index < links->count) {
    links->at[index] = last;
    r->signatures[last.signature].agents.entries[last.place].item = index;
  }
}

static void unlink_one(struct router *r, struct links *links, uint32_t index) {
  const uint32_t number = links->at[index].signature;
  struct router_signature *s = &r->signatures[number];
  struct place_ctx ctx = places(r, number);
  if (links->at[index].place < s->agents.count) {
    make_unready(r, number, links->at[index].place);
  }
  heap_put(&s->agents, links->at[index].place,
           s->agents.entries[--s->agent_count], agent_moved, &ctx);
  drop_from_agent(r, links, index);
  r->idle_links -= s->sessions == 0;
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
  struct router_signature *s = &r->signatures[number];
  while (s->agent_count > 0) {
    const struct heap_entry *e = &s->agents.entries[s->agent_count - 1];
    unlink_one(r, &r->agents[e->lo].links[s->key.channel], e->item);
  }
}

void routing_link_ready(struct router *r, uint32_t agent, uint32_t channel) {
  const struct links *links = &r->agents[agent].links[channel];
  for (uint32_t i = 0; i < links->count; i++) {
    make_ready(r, links->at[i].signature, links->at[i].place);
  }
}

void routing_link_unready(struct router *r, uint32_t agent, uint32_t channel) {
  const struct links *links = &r->agents[agent].links[channel];
  for (uint32_t i = 0; i < links->count; i++) {
    make_unready(r, links->at[i].signature, links->at[i].place);
  }
}

void routing_link_reorder(struct router *r, uint32_t agent, uint32_t channel) {
  const struct router_agent *a = &r->agents[agent];
  const struct links *links = &a->links[channel];
  for (uint32_t i = 0; i < links->count; i++) {
    struct heap *h = &r->signatures[links->at[i].signature].agents;
    struct place_ctx ctx = {r, channel};
    struct heap_entry e = h->entries[links->at[i].place];
    e.hi = with_idle_since(e.hi, a);
    heap_change(h, links->at[i].place, e, agent_moved, &ctx);
  }
}
