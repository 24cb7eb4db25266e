/* reference.h - a router that looks at everything, to compare with.
 *
 * No indexes: each question walks over all sessions and all agents and says in
 * the plainest way what the rules of routing are.
 */
#ifndef BATON_TESTS_ROUTING_REFERENCE_H
#define BATON_TESTS_ROUTING_REFERENCE_H

#include <string.h>

#include "routing/router.h"

enum { REF_AGENTS = 12, REF_QUEUES = 4, REF_SKILLS = 6, REF_SLOTS = 48 };

struct ref_session {
  bool waits;
  struct router_request request;
  uint32_t reserved_for;
  int64_t excluded_until_us[REF_AGENTS];
};

struct ref_agent {
  bool known, all_queues;
  uint32_t proficiency[REF_SKILLS]; /* 0: has not */
  bool serves[REF_QUEUES];
  struct router_post posts[REF_QUEUES]; /* by queue */
  uint32_t channels;
  struct router_agent_state state;
};

struct ref_queue {
  struct router_queue_params params;
  bool paused;
  uint64_t turns[REF_AGENTS]; /* each agent's last offer of this queue */
};

struct reference {
  struct ref_session sessions[REF_SLOTS];
  struct ref_agent agents[REF_AGENTS];
  struct ref_queue queues[REF_QUEUES];
  int64_t clock_ms;
};

/* The rings of the queue up to @ring take it away, or make it easier. */
static uint32_t ref_weakest(const struct router_queue_params *queue,
                            uint32_t ring, struct router_skill need) {
  uint32_t weakest = need.proficiency;
  for (uint32_t i = 0; i < ring && i < queue->ring_count; i++) {
    const struct router_ring *g = &queue->rings[i];
    for (uint32_t k = 0; k < g->without_count; k++) {
      if (g->without[k] == need.skill) {
        return 0;
      }
    }
    weakest += g->relax;
  }
  return weakest < 20 ? weakest : 20;
}

static bool ref_meets(const struct ref_agent *a,
                      const struct router_queue_params *queue, uint32_t ring,
                      const struct router_skill *needs, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t has = a->proficiency[needs[i].skill];
    const uint32_t weakest = ref_weakest(queue, ring, needs[i]);
    if (weakest > 0 && (has == 0 || has > weakest)) {
      return false;
    }
  }
  return true;
}

/* Who is better than is asked for is not asked, unless a ring has taken the
 * whole need away. */
static bool ref_too_good(const struct ref_agent *a,
                         const struct router_queue_params *queue,
                         const struct router_request *q) {
  for (uint32_t i = 0; i < q->need_count; i++) {
    if (ref_weakest(queue, q->ring, q->needs[i]) > 0 &&
        a->proficiency[q->needs[i].skill] < q->best[i]) {
      return true;
    }
  }
  return false;
}

static bool ref_belongs(const struct ref_agent *a, uint32_t queue,
                        uint32_t ring) {
  const uint32_t joins = a->posts[queue].ring;
  return a->all_queues || a->serves[queue] || (joins > 0 && joins <= ring);
}

static bool ref_eligible(const struct reference *ref, uint32_t agent,
                         const struct router_request *q) {
  const struct ref_agent *a = &ref->agents[agent];
  const struct router_queue_params *queue = &ref->queues[q->queue].params;
  return a->known && (a->channels >> q->channel & 1u) != 0 &&
         (!q->has_preferred || q->preferred == agent) &&
         ref_belongs(a, q->queue, q->ring) && !ref_too_good(a, queue, q) &&
         ref_meets(a, queue, q->ring, q->needs, q->need_count) &&
         ref_meets(a, queue, q->ring, queue->needs, queue->need_count);
}

static bool ref_any_eligible(const struct reference *ref,
                             const struct router_request *q,
                             enum router_presence presence) {
  for (uint32_t i = 0; i < REF_AGENTS; i++) {
    const struct router_agent_state *s = &ref->agents[i].state;
    if (ref_eligible(ref, i, q) && s->presence >= presence &&
        (presence != ROUTER_AVAILABLE || s->channels[q->channel].ready)) {
      return true;
    }
  }
  return false;
}

static bool ref_alone(const struct reference *ref, uint32_t slot,
                      uint32_t agent) {
  for (uint32_t i = 0; i < REF_AGENTS; i++) {
    if (i != agent && ref->agents[i].state.presence == ROUTER_AVAILABLE &&
        ref_eligible(ref, i, &ref->sessions[slot].request)) {
      return false;
    }
  }
  return true;
}

/* May the two be matched, if nobody better were there? */
static bool ref_pair(const struct reference *ref, uint32_t slot, uint32_t agent,
                     int64_t now_us) {
  const struct ref_session *s = &ref->sessions[slot];
  return s->waits && s->reserved_for == ROUTER_NONE &&
         !ref->queues[s->request.queue].paused &&
         ref_eligible(ref, agent, &s->request) &&
         ref->agents[agent].state.channels[s->request.channel].ready &&
         (now_us >= s->excluded_until_us[agent] || ref_alone(ref, slot, agent));
}

static uint32_t ref_skill_score(const struct reference *ref, uint32_t agent,
                                const struct router_request *q) {
  const struct router_queue_params *queue = &ref->queues[q->queue].params;
  uint32_t score = 0;
  for (uint32_t skill = 0; skill < REF_SKILLS; skill++) {
    bool needed = false;
    for (uint32_t i = 0; i < q->need_count; i++) {
      needed = needed || q->needs[i].skill == skill;
    }
    for (uint32_t i = 0; i < queue->need_count; i++) {
      needed = needed || queue->needs[i].skill == skill;
    }
    needed = needed &&
             ref_weakest(queue, q->ring, (struct router_skill){skill, 1}) > 0;
    score += needed ? ref->agents[agent].proficiency[skill] : 0;
  }
  return score;
}

static uint32_t ref_occupancy(const struct router_agent_state *s) {
  uint32_t used = 0, capacity = 0;
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    used += s->channels[c].used;
    capacity += s->channels[c].capacity;
  }
  return capacity == 0 ? 0 : used * 100 / capacity;
}

/* What the strategy looks at first; the lower one goes first. */
static uint64_t ref_score(const struct reference *ref, uint32_t agent,
                          const struct router_request *q) {
  const struct ref_agent *a = &ref->agents[agent];
  const uint32_t rank = a->posts[q->queue].rank;
  switch ((enum router_strategy)ref->queues[q->queue].params.strategy) {
  case ROUTER_MOST_SKILLED:
    return ref_skill_score(ref, agent, q);
  case ROUTER_LEAST_OCCUPIED:
    return ref_occupancy(&a->state);
  case ROUTER_ROUND_ROBIN:
    return ref->queues[q->queue].turns[agent];
  case ROUTER_ORDERED:
    return rank > 0 ? rank : UINT64_MAX;
  case ROUTER_LONGEST_IDLE:
  case ROUTER_STRATEGIES:
    break;
  }
  return 0;
}

static bool ref_agent_before(const struct reference *ref, uint32_t a,
                             uint32_t b, const struct router_request *q) {
  const uint64_t score_a = ref_score(ref, a, q), score_b = ref_score(ref, b, q);
  const bool in_turn =
      ref->queues[q->queue].params.strategy == ROUTER_ROUND_ROBIN;
  const int64_t idle_a = ref->agents[a].state.idle_since_us;
  const int64_t idle_b = ref->agents[b].state.idle_since_us;
  if (score_a != score_b) {
    return score_a < score_b;
  }
  return idle_a != idle_b && !in_turn ? idle_a < idle_b : a < b;
}

/* In 1/ROUTER_POINT of a point: a hundredth of a point a minute is one of these
 * a millisecond. */
static int64_t ref_effective(const struct reference *ref,
                             const struct router_request *q) {
  const struct router_queue_params *queue = &ref->queues[q->queue].params;
  const int64_t waited_ms = ref->clock_ms - q->entered_us / 1000;
  const int64_t initial = (int64_t)q->priority * ROUTER_POINT;
  const int64_t ageing = q->has_ageing ? q->ageing : queue->ageing;
  const int64_t most =
      (int64_t)(q->has_max_priority ? q->max_priority : queue->max_priority) *
      ROUTER_POINT;
  const int64_t aged = initial + waited_ms * ageing;
  return q->skip_queue || initial >= most ? initial : aged < most ? aged : most;
}

/* Within one queue. */
static bool ref_session_before(const struct reference *ref,
                               const struct router_request *a,
                               const struct router_request *b) {
  const int64_t ea = ref_effective(ref, a), eb = ref_effective(ref, b);
  if (a->skip_queue != b->skip_queue) {
    return a->skip_queue;
  }
  if (ea != eb) {
    return ea > eb;
  }
  return a->entered_us != b->entered_us ? a->entered_us < b->entered_us
                                        : a->order < b->order;
}

static bool ref_goes_first(const struct reference *ref, uint32_t a,
                           uint32_t b) {
  const struct router_request *qa = &ref->sessions[a].request;
  const struct router_request *qb = &ref->sessions[b].request;
  const uint32_t pa = ref->queues[qa->queue].params.precedence;
  const uint32_t pb = ref->queues[qb->queue].params.precedence;
  return pa != pb ? pa > pb : ref_session_before(ref, qa, qb);
}

static uint32_t ref_best_agent(const struct reference *ref, uint32_t slot,
                               int64_t now_us) {
  uint32_t best = ROUTER_NONE;
  for (uint32_t i = 0; i < REF_AGENTS; i++) {
    if (ref_pair(ref, slot, i, now_us) &&
        (best == ROUTER_NONE ||
         ref_agent_before(ref, i, best, &ref->sessions[slot].request))) {
      best = i;
    }
  }
  return best;
}

static uint32_t ref_best_session(const struct reference *ref, uint32_t agent,
                                 int64_t now_us) {
  uint32_t best = ROUTER_NONE;
  for (uint32_t i = 0; i < REF_SLOTS; i++) {
    if (ref_pair(ref, i, agent, now_us) &&
        (best == ROUTER_NONE || ref_goes_first(ref, i, best))) {
      best = i;
    }
  }
  return best;
}

static uint32_t ref_best_match(const struct reference *ref, uint32_t queue,
                               int64_t now_us) {
  uint32_t best = ROUTER_NONE;
  for (uint32_t i = 0; i < REF_SLOTS; i++) {
    const struct ref_session *s = &ref->sessions[i];
    if (s->waits && s->request.queue == queue &&
        ref_best_agent(ref, i, now_us) != ROUTER_NONE &&
        (best == ROUTER_NONE || ref_goes_first(ref, i, best))) {
      best = i;
    }
  }
  return best;
}

static uint32_t ref_position(const struct reference *ref, uint32_t slot) {
  const struct router_request *mine = &ref->sessions[slot].request;
  uint32_t position = 1;
  for (uint32_t i = 0; i < REF_SLOTS; i++) {
    const struct ref_session *s = &ref->sessions[i];
    position += s->waits && s->request.queue == mine->queue &&
                ref_session_before(ref, &s->request, mine);
  }
  return position;
}

static struct router_queue_stats ref_stats(const struct reference *ref,
                                           uint32_t queue, uint32_t ring,
                                           uint32_t usual) {
  struct router_queue_stats out = {.oldest_us = INT64_MAX};
  uint32_t channels = 0;
  for (uint32_t i = 0; i < REF_SLOTS; i++) {
    const struct ref_session *s = &ref->sessions[i];
    if (s->waits && s->request.queue == queue) {
      out.waiting++;
      channels |= 1u << s->request.channel;
      out.reserved += s->reserved_for != ROUTER_NONE;
      out.oldest_us = s->request.entered_us < out.oldest_us
                          ? s->request.entered_us
                          : out.oldest_us;
    }
  }
  channels = channels == 0 ? usual : channels;
  for (uint32_t i = 0; i < REF_AGENTS; i++) {
    const struct ref_agent *a = &ref->agents[i];
    const struct router_queue_params *q = &ref->queues[queue].params;
    if (a->known && a->state.presence != ROUTER_OFFLINE &&
        ref_belongs(a, queue, ring) &&
        ref_meets(a, q, ring, q->needs, q->need_count)) {
      bool ready = false;
      for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
        const bool counts = (channels >> c & 1u) != 0;
        ready = ready || (counts && a->state.channels[c].ready);
        out.ready_on[c] += a->state.channels[c].ready;
      }
      out.agents_in += (a->channels & channels) != 0;
      out.agents_ready += ready;
    }
  }
  return out;
}

static void ref_init(struct reference *ref) {
  memset(ref, 0, sizeof *ref);
  for (uint32_t i = 0; i < REF_SLOTS; i++) {
    ref->sessions[i].reserved_for = ROUTER_NONE;
  }
}

#endif
