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
      !routing_eligible(&a->profile, &s->key, &s->needs)) {
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

/* The first of the heads of all signatures that the agent can serve now. */
static const struct router_head *best_head(const struct router *r,
                                           const struct router_agent *a) {
  const struct router_head *best = NULL;
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    const struct links *links = &a->links[c];
    const uint32_t count = a->state.channels[c].ready ? links->count : 0;
    for (uint32_t i = 0; i < count; i++) {
      const struct router_head *head = &r->heads[links->at[i].signature];
      if (head->slot != ROUTER_NONE &&
          (best == NULL || head_before(head, best))) {
        best = head;
      }
    }
  }
  return best;
}

/* The signature's head as this agent sees it: without what it declined. */
static bool head_for(struct search *search, uint32_t number,
                     struct router_head *out) {
  const struct router *r = search->r;
  *out = r->heads[number];
  if (out->slot == ROUTER_NONE) {
    return false;
  }
  const struct heap_entry *e =
      search_heap(search, &r->signatures[number].matchable);
  if (e == NULL) {
    return false;
  }
  out->hi = e->hi;
  out->lo = e->lo;
  out->slot = e->item;
  return true;
}

/* The same as best_head(), for the rare agent that declined the best. */
static uint32_t best_not_declined(struct search *search,
                                  const struct router_agent *a) {
  struct router_head best = {.slot = ROUTER_NONE}, head;
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    const struct links *links = &a->links[c];
    const uint32_t count = a->state.channels[c].ready ? links->count : 0;
    for (uint32_t i = 0; i < count; i++) {
      if (head_for(search, links->at[i].signature, &head) &&
          (best.slot == ROUTER_NONE || head_before(&head, &best))) {
        best = head;
      }
    }
  }
  return best.slot;
}

bool router_best_session(const struct router *r, uint32_t agent, int64_t now_us,
                         struct router_decision *out) {
  const struct router_agent *a = router_agent_at(r, agent);
  const struct router_head *best = best_head(r, a);
  if (best == NULL) {
    return false;
  }
  uint32_t slot = best->slot;
  if (r->sessions[slot].exclusions != EXCLUSION_NONE &&
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
  const struct heap_entry *best = NULL;
  for (uint32_t n = q->paused ? SIGNATURE_NONE : q->signature_first;
       n != SIGNATURE_NONE; n = r->signatures[n].in[BY_QUEUE].next) {
    const bool agents = r->pools[n].ready.count > 0 || r->fresh != ROUTER_NONE;
    const struct heap_entry *e =
        agents ? search_heap(&search, &r->signatures[n].matchable) : NULL;
    if (e != NULL && (best == NULL || heap_before(e, best))) {
      best = e;
    }
  }
  return best != NULL && router_best_agent(r, best->item, now_us, out);
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
  routing_merge_needs(&key, &router_queue_at(r, key.queue)->needs, &needs);
  struct candidates c;
  uint32_t agent;
  routing_start_candidates(&c, r, key.queue, key.channel, &needs);
  while (routing_next_candidate(&c, &agent)) {
    if (present(&r->agents[agent], key.channel, presence)) {
      return true;
    }
  }
  return false;
}
