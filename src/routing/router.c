#include "routing/router.h"

#include <string.h>

#include "routing/router_priv.h"

static bool same_requirement(const void *ctx, uint32_t value, const void *key) {
  const struct router *r = ctx;
  return memcmp(&r->signatures[value].key, key, sizeof(struct requirement)) ==
         0;
}

void router_init(struct router *r, const struct mem *mem) {
  *r = (struct router){.mem = mem,
                       .idle_limit = ROUTER_IDLE_SIGNATURES,
                       .idle_link_limit = ROUTER_IDLE_LINKS};
  map_init(&r->by_requirement, mem, same_requirement, r);
  map_init(&r->open_runs, mem, routing_same_run, r);
}

static void free_heap(struct router *r, struct heap *h) {
  mem_free(r->mem, h->entries, h->cap * sizeof *h->entries);
}

static void free_set(struct router *r, struct router_agent_set *set) {
  mem_free(r->mem, set->words, set->cap * sizeof *set->words);
}

static void free_profile(struct router *r, struct router_profile *p) {
  mem_free(r->mem, p->skills, p->skill_cap * sizeof *p->skills);
  mem_free(r->mem, p->queues, p->queue_cap * sizeof *p->queues);
  mem_free(r->mem, p->posts, p->post_cap * sizeof *p->posts);
}

static void free_agents(struct router *r) {
  for (size_t i = 0; i < r->agent_cap; i++) {
    free_profile(r, &r->agents[i].profile);
    for (size_t c = 0; c < ROUTER_CHANNELS; c++) {
      const struct links *links = &r->agents[i].links[c];
      mem_free(r->mem, links->at, links->cap * sizeof *links->at);
    }
  }
  mem_free(r->mem, r->agents, r->agent_cap * sizeof *r->agents);
  free_set(r, &r->everywhere);
  for (size_t c = 0; c < ROUTER_CHANNELS; c++) {
    free_set(r, &r->on_channel[c]);
  }
  if (r->staged != NULL) {
    free_profile(r, r->staged);
    mem_free(r->mem, r->staged, sizeof *r->staged);
  }
}

static void free_signatures(struct router *r) {
  for (size_t i = 0; i < r->signature_cap; i++) {
    free_heap(r, &r->signatures[i].resting);
  }
  for (size_t i = 0; i < r->slope_cap; i++) {
    free_heap(r, &r->slopes[i].rising);
  }
  for (size_t i = 0; i < r->pool_cap; i++) {
    free_heap(r, &r->pools[i].ready);
  }
  mem_free(r->mem, r->pools, r->pool_cap * sizeof *r->pools);
  mem_free(r->mem, r->signatures, r->signature_cap * sizeof *r->signatures);
  mem_free(r->mem, r->heads, r->head_cap * sizeof *r->heads);
  mem_free(r->mem, r->slopes, r->slope_cap * sizeof *r->slopes);
  mem_free(r->mem, r->runs, r->run_cap * sizeof *r->runs);
}

void router_free(struct router *r) {
  free_agents(r);
  free_signatures(r);
  routing_free_caps(r);
  for (size_t i = 0; i < r->queue_cap; i++) {
    free_set(r, &r->queues[i].agents);
    mem_free(r->mem, r->queues[i].turns,
             r->queues[i].turn_cap * sizeof *r->queues[i].turns);
    for (size_t k = 0; k < ROUTER_RINGS_MAX; k++) {
      free_set(r, &r->queues[i].joined[k]);
    }
  }
  for (size_t i = 0; i < r->skill_cap; i++) {
    free_set(r, &r->skills[i].holders);
  }
  mem_free(r->mem, r->queues, r->queue_cap * sizeof *r->queues);
  mem_free(r->mem, r->skills, r->skill_cap * sizeof *r->skills);
  mem_free(r->mem, r->sessions, r->session_cap * sizeof *r->sessions);
  mem_free(r->mem, r->exclusions, r->exclusion_cap * sizeof *r->exclusions);
  map_free(&r->by_requirement);
  map_free(&r->open_runs);
}

bool router_has_skill_holder(const struct router *r, uint32_t skill) {
  return skill < r->skill_cap && r->skills[skill].holder_count > 0;
}
