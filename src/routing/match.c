#include "routing/router_priv.h"

/* The first entry of a heap that some test lets pass. An entry that comes
 * after the best so far hides all below it, so that little is visited. */
struct search {
  const struct router *r;
  int64_t now_us;
  uint32_t other; /* the session, or the agent, that looks */
  bool (*passes)(const struct search *s, const struct heap_entry *e);
  const struct heap_entry *best;
};

static void search_below(struct search *s, const struct heap *h,
                         uint32_t place) {
  if (place >= h->count ||
      (s->best != NULL && heap_before(s->best, &h->entries[place]))) {
    return;
  }
  if (s->passes(s, &h->entries[place])) {
    s->best = &h->entries[place];
    return;
  }
  for (uint32_t child = 1; child <= HEAP_ARITY; child++) {
    search_below(s, h, place * HEAP_ARITY + child);
  }
}

static const struct heap_entry *search_heap(struct search *s,
                                            const struct heap *h) {
  s->best = NULL;
  search_below(s, h, 0);
  return s->best;
}

static bool agent_passes(const struct search *s, const struct heap_entry *e) {
  return !routing_excluded(s->r, s->other, (uint32_t)e->lo, s->now_us);
}

static bool session_passes(const struct search *s, const struct heap_entry *e) {
  return !routing_excluded(s->r, e->item, s->other, s->now_us);
}

/* The best of the signature's pool, without those who declined the session. */
static const struct heap_entry *best_pooled(struct search *search,
                                            uint32_t exclusions,
                                            const struct router_pool *pool) {
  if (exclusions != EXCLUSION_NONE) {
    return search_heap(search, &pool->ready);
  }
  return pool->ready.count > 0 ? &pool->ready.entries[0] : NULL;
}

/* The agent that is ready and may be in no pool yet: does it go before @best?
 * (If it is in the pool, it does not go before itself.) */
static bool fresh_goes_first(const struct search *search, uint32_t number,
                             const struct heap_entry *best) {
  const struct router *r = search->r;
  if (r->fresh == ROUTER_NONE) {
    return false;
  }
  const struct router_signature *s = &r->signatures[number];
  const struct router_agent *a = &r->agents[r->fresh];
  if (!a->state.channels[s->key.channel].ready ||
      !routing_eligible(&a->profile, r->fresh, &s->key, &s->needs)) {
    return false;
  }
  const struct heap_entry e = routing_agent_entry(r, number, r->fresh);
  return (best == NULL || heap_before(&e, best)) && agent_passes(search, &e);
}

bool router_best_agent(const struct router *r, uint32_t slot, int64_t now_us,
                       struct router_decision *out) {
  const struct router_session *session = router_session_at(r, slot);
  const uint32_t number = session->signature;
  const uint32_t queue = r->signatures[number].key.queue;
  if (session->reserved_for != ROUTER_NONE || r->queues[queue].paused) {
    return false;
  }
  struct search search = {
      .r = r, .now_us = now_us, .other = slot, .passes = agent_passes};
  const struct heap_entry *best =
      best_pooled(&search, session->exclusions, &r->pools[number]);
  const bool fresh = fresh_goes_first(&search, number, best);
  if (best == NULL && !fresh) {
    return false;
  }
  *out =
      (struct router_decision){.slot = slot,
                               .agent = fresh ? r->fresh : (uint32_t)best->lo,
                               .queue = queue};
  return true;
}

static bool head_before(const struct router_head *a,
                        const struct router_head *b) {
  if (a->precedence != b->precedence) {
    return a->precedence > b->precedence;
  }
  return a->hi != b->hi ? a->hi < b->hi : a->lo < b->lo;
}

static const struct contender nobody = {.slot = ROUTER_NONE};

/* The first of the heads of all signatures that the agent can serve now: of
 * those that rest, and of those that rise. */
static struct contender best_head(const struct router *r,
                                  const struct router_agent *a) {
  const struct router_head *rests = NULL;
  struct contender best = nobody;
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    const struct links *links = &a->links[c];
    const uint32_t count = a->state.channels[c].ready ? links->count : 0;
    for (uint32_t i = 0; i < count; i++) {
      const uint32_t number = links->at[i].signature;
      const struct router_head *head = &r->heads[number];
      if (head->slot != ROUTER_NONE &&
          (rests == NULL || head_before(head, rests))) {
        rests = head;
      }
      if (head->rises) {
        const struct contender rises = routing_contend_rising(
            r, number, &r->signatures[number].rising.entries[0]);
        best = routing_goes_before(&rises, &best) ? rises : best;
      }
    }
  }
  if (rests == NULL) {
    return best;
  }
  const struct contender other = routing_contend_resting(rests);
  return routing_goes_before(&other, &best) ? other : best;
}

/* The first of the signature's sessions that passes the test. */
static struct contender best_waiting(struct search *search, uint32_t number) {
  const struct router *r = search->r;
  const struct router_signature *s = &r->signatures[number];
  const struct heap_entry *rests = search_heap(search, &s->resting);
  const struct heap_entry *rises = search_heap(search, &s->rising);
  const struct contender a =
      rests == NULL ? nobody : routing_contend(r, rests->item);
  const struct contender b =
      rises == NULL ? nobody : routing_contend_rising(r, number, rises);
  return routing_goes_before(&a, &b) ? a : b;
}

/* The same as best_head(), for the rare agent that declined the best. */
static uint32_t best_not_declined(struct search *search,
                                  const struct router_agent *a) {
  const struct router *r = search->r;
  struct contender best = nobody;
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    const struct links *links = &a->links[c];
    const uint32_t count = a->state.channels[c].ready ? links->count : 0;
    for (uint32_t i = 0; i < count; i++) {
      const uint32_t number = links->at[i].signature;
      const struct router_head *head = &r->heads[number];
      if (head->slot == ROUTER_NONE && !head->rises) {
        continue;
      }
      const struct contender first = best_waiting(search, number);
      best = routing_goes_before(&first, &best) ? first : best;
    }
  }
  return best.slot;
}

bool router_best_session(const struct router *r, uint32_t agent, int64_t now_us,
                         struct router_decision *out) {
  const struct router_agent *a = router_agent_at(r, agent);
  uint32_t slot = best_head(r, a).slot;
  if (slot != ROUTER_NONE && r->sessions[slot].exclusions != EXCLUSION_NONE &&
      routing_excluded(r, slot, agent, now_us)) {
    struct search search = {
        .r = r, .now_us = now_us, .other = agent, .passes = session_passes};
    slot = best_not_declined(&search, a);
  }
  if (slot == ROUTER_NONE) {
    return false;
  }
  const uint32_t number = r->sessions[slot].signature;
  *out = (struct router_decision){
      .slot = slot, .agent = agent, .queue = r->signatures[number].key.queue};
  return true;
}

static bool has_agent(const struct search *s, const struct heap_entry *e) {
  struct router_decision ignored;
  return router_best_agent(s->r, e->item, s->now_us, &ignored);
}

bool router_best_match(const struct router *r, uint32_t queue, int64_t now_us,
                       struct router_decision *out) {
  const struct router_queue *q = router_queue_at(r, queue);
  struct search search = {.r = r, .now_us = now_us, .passes = has_agent};
  struct contender best = nobody;
  for (uint32_t n = q->paused ? SIGNATURE_NONE : q->signature_first;
       n != SIGNATURE_NONE; n = r->signatures[n].in[BY_QUEUE].next) {
    if (r->pools[n].ready.count > 0 || r->fresh != ROUTER_NONE) {
      const struct contender first = best_waiting(&search, n);
      best = routing_goes_before(&first, &best) ? first : best;
    }
  }
  return best.slot != ROUTER_NONE &&
         router_best_agent(r, best.slot, now_us, out);
}

static bool present(const struct router_agent *a, uint32_t channel,
                    enum router_presence presence) {
  return a->state.presence >= presence &&
         (presence != ROUTER_AVAILABLE || a->state.channels[channel].ready);
}

bool router_any_eligible(const struct router *r,
                         const struct router_request *request,
                         enum router_presence presence) {
  struct requirement key;
  struct needs needs;
  routing_make_requirement(request, &key);
  routing_merge_needs(&key, &router_queue_at(r, key.queue)->demands, &needs);
  struct candidates c;
  uint32_t agent;
  routing_start_candidates(&c, r, &key, &needs);
  while (routing_next_candidate(&c, &agent)) {
    if (present(&r->agents[agent], key.channel, presence)) {
      return true;
    }
  }
  return false;
}
