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
  uint32_t channels;
  struct router_agent_state state;
};

struct ref_queue {
  struct router_queue_params params;
  bool paused;
};

struct reference {
  struct ref_session sessions[REF_SLOTS];
  struct ref_agent agents[REF_AGENTS];
  struct ref_queue queues[REF_QUEUES];
};

static bool ref_meets(const struct ref_agent *a,
                      const struct router_skill *needs, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t has = a->proficiency[needs[i].skill];
    if (has == 0 || has > needs[i].proficiency) {
      return false;
    }
  }
  return true;
}

static bool ref_eligible(const struct reference *ref, uint32_t agent,
                         const struct router_request *q) {
  const struct ref_agent *a = &ref->agents[agent];
  const struct router_queue_params *queue = &ref->queues[q->queue].params;
  return a->known && (a->channels >> q->channel & 1u) != 0 &&
         (a->all_queues || a->serves[q->queue]) &&
         ref_meets(a, q->needs, q->need_count) &&
         ref_meets(a, queue->needs, queue->need_count);
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

static uint32_t ref_score(const struct reference *ref, uint32_t agent,
                          const struct router_request *q) {
  const struct router_queue_params *queue = &ref->queues[q->queue].params;
  uint32_t score = 0;
  if (queue->strategy != ROUTER_MOST_SKILLED) {
    return 0;
  }
  for (uint32_t skill = 0; skill < REF_SKILLS; skill++) {
    bool needed = false;
    for (uint32_t i = 0; i < q->need_count; i++) {
      needed = needed || q->needs[i].skill == skill;
    }
    for (uint32_t i = 0; i < queue->need_count; i++) {
      needed = needed || queue->needs[i].skill == skill;
    }
    score += needed ? ref->agents[agent].proficiency[skill] : 0;
  }
  return score;
}

static bool ref_agent_before(const struct reference *ref, uint32_t a,
                             uint32_t b, const struct router_request *q) {
  const uint32_t score_a = ref_score(ref, a, q), score_b = ref_score(ref, b, q);
  const int64_t idle_a = ref->agents[a].state.idle_since_us;
  const int64_t idle_b = ref->agents[b].state.idle_since_us;
  if (score_a != score_b) {
    return score_a < score_b;
  }
  return idle_a != idle_b ? idle_a < idle_b : a < b;
}

/* Within one queue. */
static bool ref_session_before(const struct router_request *a,
                               const struct router_request *b) {
  if (a->skip_queue != b->skip_queue) {
    return a->skip_queue;
  }
  if (a->priority != b->priority) {
    return a->priority > b->priority;
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
  return pa != pb ? pa > pb : ref_session_before(qa, qb);
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
                ref_session_before(&s->request, mine);
  }
  return position;
}

static struct router_queue_stats ref_stats(const struct reference *ref,
                                           uint32_t queue) {
  struct router_queue_stats out = {.oldest_us = INT64_MAX};
  for (uint32_t i = 0; i < REF_SLOTS; i++) {
    const struct ref_session *s = &ref->sessions[i];
    if (s->waits && s->request.queue == queue) {
      out.waiting++;
      out.reserved += s->reserved_for != ROUTER_NONE;
      out.oldest_us = s->request.entered_us < out.oldest_us
                          ? s->request.entered_us
                          : out.oldest_us;
    }
  }
  for (uint32_t i = 0; i < REF_AGENTS; i++) {
    const struct ref_agent *a = &ref->agents[i];
    const struct router_queue_params *q = &ref->queues[queue].params;
    if (a->known && a->state.presence != ROUTER_OFFLINE &&
        (a->all_queues || a->serves[queue]) &&
        ref_meets(a, q->needs, q->need_count)) {
      out.agents_in++;
      out.agents_ready += a->state.channels[0].ready ||
                          a->state.channels[1].ready ||
                          a->state.channels[2].ready;
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
