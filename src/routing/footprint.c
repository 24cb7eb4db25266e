/* footprint.c - the memory that a router has taken, by what it is for. */
#include "routing/router_priv.h"

static size_t heap_bytes(const struct heap *h) {
  return h->cap * sizeof *h->entries;
}

static size_t set_bytes(const struct router_agent_set *set) {
  return set->cap * sizeof *set->words;
}

static size_t profile_bytes(const struct router_profile *p) {
  return p->skill_cap * sizeof *p->skills + p->queue_cap * sizeof *p->queues +
         p->post_cap * sizeof *p->posts;
}

/* Everything there is because sessions wait. */
static size_t session_bytes(const struct router *r) {
  size_t bytes = r->session_cap * sizeof *r->sessions +
                 r->run_cap * sizeof *r->runs +
                 r->slope_cap * sizeof *r->slopes +
                 r->signature_cap * sizeof *r->signatures +
                 r->head_cap * sizeof *r->heads +
                 r->exclusion_cap * sizeof *r->exclusions +
                 map_bytes(&r->by_requirement) + map_bytes(&r->open_runs);
  for (size_t i = 0; i < r->signature_cap; i++) {
    bytes += heap_bytes(&r->signatures[i].resting);
  }
  for (size_t i = 0; i < r->slope_cap; i++) {
    bytes += heap_bytes(&r->slopes[i].rising);
  }
  return r->caps == NULL ? bytes
                         : bytes + sizeof *r->caps + heap_bytes(&r->caps->heap);
}

/* Who may take which kind of session, and who of them is ready. */
static size_t eligible_bytes(const struct router *r) {
  size_t bytes = r->pool_cap * sizeof *r->pools;
  for (size_t i = 0; i < r->pool_cap; i++) {
    bytes += heap_bytes(&r->pools[i].ready);
  }
  for (size_t i = 0; i < r->agent_cap; i++) {
    for (size_t c = 0; c < ROUTER_CHANNELS; c++) {
      bytes += r->agents[i].links[c].cap * sizeof(struct link);
    }
  }
  return bytes;
}

static size_t queue_bytes(const struct router *r) {
  size_t bytes = r->queue_cap * sizeof *r->queues;
  for (size_t i = 0; i < r->queue_cap; i++) {
    bytes += set_bytes(&r->queues[i].agents) +
             r->queues[i].turn_cap * sizeof *r->queues[i].turns;
    for (size_t k = 0; k < ROUTER_RINGS_MAX; k++) {
      bytes += set_bytes(&r->queues[i].joined[k]);
    }
  }
  return bytes;
}

/* What the configuration says. */
static size_t centre_bytes(const struct router *r) {
  size_t bytes = queue_bytes(r) + r->agent_cap * sizeof *r->agents +
                 r->skill_cap * sizeof *r->skills + set_bytes(&r->everywhere);
  for (size_t i = 0; i < r->agent_cap; i++) {
    bytes += profile_bytes(&r->agents[i].profile);
  }
  for (size_t i = 0; i < r->skill_cap; i++) {
    bytes += set_bytes(&r->skills[i].holders);
  }
  for (size_t c = 0; c < ROUTER_CHANNELS; c++) {
    bytes += set_bytes(&r->on_channel[c]);
  }
  return r->staged == NULL
             ? bytes
             : bytes + sizeof *r->staged + profile_bytes(r->staged);
}

void router_footprint(const struct router *r, struct router_footprint *out) {
  *out = (struct router_footprint){.sessions = session_bytes(r),
                                   .eligible = eligible_bytes(r),
                                   .centre = centre_bytes(r)};
}
