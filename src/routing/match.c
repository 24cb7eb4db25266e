#include <stddef.h>

#include "routing/router_priv.h"

/* The first ready agent that did not decline the session. An entry that comes
 * after the best so far hides all below it, so that little is visited. */
struct agent_search {
  const struct router *r;
  int64_t now_us;
  uint32_t slot;
  const struct heap_entry *best;
};

static bool may_ask(const struct agent_search *s, const struct heap_entry *e) {
  return !routing_excluded(s->r, s->slot, (uint32_t)e->lo, s->now_us);
}

static void search_below(struct agent_search *s, const struct heap *h,
                         uint32_t place) {
  if (place >= h->count ||
      (s->best != NULL && heap_before(s->best, &h->entries[place]))) {
    return;
  }
  if (may_ask(s, &h->entries[place])) {
    s->best = &h->entries[place];
    return;
  }
  for (uint32_t child = 1; child <= HEAP_ARITY; child++) {
    search_below(s, h, place * HEAP_ARITY + child);
  }
}

/* The best of the signature's pool, without those who declined the session. */
static const struct heap_entry *best_pooled(struct agent_search *search,
                                            uint32_t exclusions,
                                            const struct router_pool *pool) {
  if (exclusions == EXCLUSION_NONE) {
    return pool->ready.count > 0 ? &pool->ready.entries[0] : NULL;
  }
  search->best = NULL;
  search_below(search, &pool->ready, 0);
  return search->best;
}

static uint64_t skills_of(const struct needs *needs) {
  uint64_t bits = 0;
  for (uint32_t i = 0; i < needs->count; i++) {
    bits |= routing_skill_bit(need_skill(needs->packed[i]));
  }
  return bits;
}

/* Those who are ready and may be in no pool yet: the best of them is *@out if
 * it goes before @best. (Who is in the pool does not go before itself.) */
static const struct heap_entry *best_fresh(const struct agent_search *search,
                                           uint32_t number,
                                           const struct heap_entry *best,
                                           struct heap_entry *out) {
  const struct router *r = search->r;
  const struct router_signature *s = &r->signatures[number];
  const uint64_t skills = skills_of(&s->needs);
  for (uint32_t i = 0; i < r->fresh_count; i++) {
    const uint32_t agent = r->fresh[i];
    const struct router_agent *a = &r->agents[agent];
    if ((skills & ~a->skills) == 0 && a->state.channels[s->key.channel].ready &&
        routing_eligible(&a->profile, agent, &s->key, &s->needs)) {
      const struct heap_entry e = routing_agent_entry(r, number, agent);
      if ((best == NULL || heap_before(&e, best)) && may_ask(search, &e)) {
        *out = e;
        best = out;
      }
    }
  }
  return best;
}

bool router_best_agent(const struct router *r, uint32_t slot, int64_t now_us,
                       struct router_decision *out) {
  const struct router_session *session = router_session_at(r, slot);
  const uint32_t number = session->signature;
  const uint32_t queue = r->signatures[number].key.queue;
  if (session->reserved_for != ROUTER_NONE || r->queues[queue].paused) {
    return false;
  }
  struct agent_search search = {.r = r, .now_us = now_us, .slot = slot};
  const struct heap_entry *best =
      best_pooled(&search, session->exclusions, &r->pools[number]);
  struct heap_entry fresh;
  best = best_fresh(&search, number, best, &fresh);
  if (best == NULL) {
    return false;
  }
  *out = (struct router_decision){
      .slot = slot, .agent = (uint32_t)best->lo, .queue = queue};
  return true;
}

static const struct contender nobody = {.slot = ROUTER_NONE};

/* The first of the signature's sessions whose priority still grows. */
static struct contender best_rising(const struct router *r, uint32_t number) {
  struct contender best = nobody;
  for (uint32_t n = r->signatures[number].slopes; n != SLOPE_NONE;
       n = r->slopes[n].next) {
    const struct heap *rising = &r->slopes[n].rising;
    if (rising->count > 0) {
      const struct contender first =
          routing_contend_rising(r, n, &rising->entries[0]);
      best = routing_goes_before(&first, &best) ? first : best;
    }
  }
  return best;
}

/* Two signatures whose first ones have the same key. */
static bool tie_before(const struct router *r, uint32_t a, uint32_t b) {
  return a != ROUTER_NONE &&
         (b == ROUTER_NONE || r->sessions[a].order < r->sessions[b].order);
}

/* The first of the heads so far, and whose it is. */
struct first_head {
  struct router_head head;
  uint32_t number;
};

/* The first of the heads of these signatures; @first: so far. All are fetched
 * before one is looked at, and the common comparison does not branch: that is
 * most of what a decision costs. */
static struct first_head best_resting(const struct router *r,
                                      const struct links *links,
                                      struct first_head first) {
  const struct router_head *const heads = r->heads;
  struct router_head best = first.head;
  uint32_t number = first.number;
  for (uint32_t i = 0; i < links->count; i++) {
    routing_prefetch(&heads[link_signature(links, i)], 1);
  }
  for (uint32_t i = 0; i < links->count; i++) {
    const uint32_t of = link_signature(links, i);
    const struct router_head h = heads[of];
    best.rises |= h.rises;
    bool before = h.hi < best.hi;
    if (h.behind != best.behind) {
      before = h.behind < best.behind;
    } else if (h.hi == best.hi) {
      before = tie_before(r, h.slot, best.slot);
    }
    best.hi = before ? h.hi : best.hi;
    best.slot = before ? h.slot : best.slot;
    best.behind = before ? h.behind : best.behind;
    number = before ? of : number;
  }
  return (struct first_head){best, number};
}

static struct contender best_rising_of(const struct router *r,
                                       const struct links *links,
                                       struct contender best) {
  for (uint32_t i = 0; i < links->count; i++) {
    const uint32_t number = link_signature(links, i);
    if (r->heads[number].rises) {
      const struct contender rises = best_rising(r, number);
      best = routing_goes_before(&rises, &best) ? rises : best;
    }
  }
  return best;
}

/* Who is chosen is mostly reserved next. What is read then lies far apart: it
 * is fetched side by side, and before it is known that it is needed. */
static void prefetch_signature(const struct router *r, uint32_t slot,
                               uint32_t number) {
  routing_prefetch(&r->sessions[slot], 1);
  routing_prefetch(&r->signatures[number],
                   offsetof(struct router_signature, anchor));
}

static void prefetch_chosen(const struct router *r, uint32_t slot) {
  enum { ENTRIES = 10 };
  const struct router_session *s = &r->sessions[slot];
  const struct heap *resting = &r->signatures[s->signature].resting;
  routing_prefetch(&r->runs[s->run], 1);
  routing_prefetch(&r->slopes[s->slope], sizeof *r->slopes);
  routing_prefetch(resting->entries,
                   (resting->count < ENTRIES ? resting->count : ENTRIES) *
                       sizeof *resting->entries);
  if (s->newer != ROUTER_NONE) {
    routing_prefetch(&r->sessions[s->newer], sizeof *s);
  }
}

/* Of all signatures that the agent can serve now: the first of those that
 * rest, and of those that rise. */
static uint32_t best_head(const struct router *r,
                          const struct router_agent *a) {
  struct first_head rests = {
      .head = {.hi = UINT64_MAX, .slot = ROUTER_NONE, .behind = UINT16_MAX}};
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    if (a->state.channels[c].ready) {
      rests = best_resting(r, &a->links[c], rests);
    }
  }
  const uint32_t slot = rests.head.slot;
  if (slot != ROUTER_NONE) {
    prefetch_signature(r, slot, rests.number);
  }
  if (!rests.head.rises) {
    return slot;
  }
  struct contender best =
      slot == ROUTER_NONE ? nobody : routing_contend(r, slot);
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    if (a->state.channels[c].ready) {
      best = best_rising_of(r, &a->links[c], best);
    }
  }
  return best.slot;
}

/* The first of a signature's sessions that some test lets pass. */
struct session_search {
  const struct router *r;
  int64_t now_us;
  uint32_t agent;
  bool (*passes)(const struct session_search *s, uint32_t slot);
  struct contender best;
};

static bool may_offer(const struct session_search *s, uint32_t slot) {
  return !routing_excluded(s->r, slot, s->agent, s->now_us);
}

static bool has_agent(const struct session_search *s, uint32_t slot) {
  struct router_decision ignored;
  return router_best_agent(s->r, slot, s->now_us, &ignored);
}

/* Where one that nobody declined does not pass, none behind it does. */
static uint32_t first_passing(const struct session_search *s, uint32_t run) {
  uint32_t slot = s->r->runs[run].first;
  while (slot != ROUTER_NONE && !s->passes(s, slot)) {
    const struct router_session *session = &s->r->sessions[slot];
    slot = session->exclusions == EXCLUSION_NONE ? ROUTER_NONE : session->newer;
  }
  return slot;
}

static void search_runs(struct session_search *s, const struct heap *h,
                        uint32_t place) {
  if (place >= h->count) {
    return;
  }
  const uint32_t run = h->entries[place].item;
  const struct contender first = routing_contend(s->r, s->r->runs[run].first);
  if (!routing_goes_before(&first, &s->best)) {
    return; /* nor does any below */
  }
  const uint32_t slot = first_passing(s, run);
  const struct contender passing =
      slot == ROUTER_NONE ? nobody : routing_contend(s->r, slot);
  s->best = routing_goes_before(&passing, &s->best) ? passing : s->best;
  for (uint32_t child = 1; child <= HEAP_ARITY; child++) {
    search_runs(s, h, place * HEAP_ARITY + child);
  }
}

static void search_signature(struct session_search *s, uint32_t number) {
  const struct router *r = s->r;
  search_runs(s, &r->signatures[number].resting, 0);
  for (uint32_t n = r->signatures[number].slopes; n != SLOPE_NONE;
       n = r->slopes[n].next) {
    search_runs(s, &r->slopes[n].rising, 0);
  }
}

/* The same as best_head(), for the rare agent that declined the best. */
static uint32_t best_not_declined(struct session_search *search,
                                  const struct router_agent *a) {
  const struct router *r = search->r;
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    const struct links *links = &a->links[c];
    const uint32_t count = a->state.channels[c].ready ? links->count : 0;
    for (uint32_t i = 0; i < count; i++) {
      const uint32_t number = link_signature(links, i);
      const struct router_head *head = &r->heads[number];
      if (head->slot != ROUTER_NONE || head->rises) {
        search_signature(search, number);
      }
    }
  }
  return search->best.slot;
}

bool router_best_session(const struct router *r, uint32_t agent, int64_t now_us,
                         struct router_decision *out) {
  const struct router_agent *a = router_agent_at(r, agent);
  uint32_t slot = best_head(r, a);
  if (slot != ROUTER_NONE && r->sessions[slot].exclusions != EXCLUSION_NONE &&
      routing_excluded(r, slot, agent, now_us)) {
    struct session_search search = {.r = r,
                                    .now_us = now_us,
                                    .agent = agent,
                                    .passes = may_offer,
                                    .best = nobody};
    slot = best_not_declined(&search, a);
  }
  if (slot == ROUTER_NONE) {
    return false;
  }
  prefetch_chosen(r, slot);
  const uint32_t number = r->sessions[slot].signature;
  *out = (struct router_decision){
      .slot = slot, .agent = agent, .queue = r->signatures[number].key.queue};
  return true;
}

bool router_best_match(const struct router *r, uint32_t queue, int64_t now_us,
                       struct router_decision *out) {
  const struct router_queue *q = router_queue_at(r, queue);
  struct session_search search = {
      .r = r, .now_us = now_us, .passes = has_agent, .best = nobody};
  for (uint32_t n = q->paused ? SIGNATURE_NONE : q->signature_first;
       n != SIGNATURE_NONE; n = r->signatures[n].in[BY_QUEUE].next) {
    if (r->pools[n].ready.count > 0 || r->fresh_count > 0) {
      search_signature(&search, n);
    }
  }
  return search.best.slot != ROUTER_NONE &&
         router_best_agent(r, search.best.slot, now_us, out);
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
