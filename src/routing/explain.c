#include "routing/router_priv.h"

/* Each step answers true when it has found the reason. They run in the order of
 * why.def: what the agent cannot change first, who goes first at the end. */
struct question {
  const struct router *r;
  const struct router_session *session;
  const struct router_signature *signature;
  const struct router_agent *a;
  uint32_t slot, agent;
  int64_t now_us;
  struct router_why *out;
};

static bool because(const struct question *q, enum router_why_reason reason) {
  q->out->reason = reason;
  return true;
}

/* The first later ring in which the agent could take it; 0: there is none. */
static uint32_t later_ring(const struct question *q) {
  const struct router_queue *queue =
      router_queue_at(q->r, q->signature->key.queue);
  struct requirement key = q->signature->key;
  struct needs needs;
  key.agent = ROUTER_NONE;
  for (key.ring++; key.ring <= queue->demands.ring_count; key.ring++) {
    routing_merge_needs(&key, &queue->demands, &needs);
    if (routing_eligible(&q->a->profile, q->agent, &key, &needs)) {
      return key.ring;
    }
  }
  return 0;
}

static bool outside_ring(const struct question *q) {
  const struct router_signature *s = q->signature;
  struct requirement key = s->key;
  key.agent = ROUTER_NONE;
  if (routing_eligible(&q->a->profile, q->agent, &key, &s->needs)) {
    return false;
  }
  q->out->ring = later_ring(q);
  return q->out->ring > 0 && because(q, ROUTER_WHY_OUTSIDE_RING);
}

/* It is kept for one agent, and this is another. */
static bool not_preferred(const struct question *q) {
  const uint32_t preferred = q->signature->key.agent;
  if (preferred == ROUTER_NONE || preferred == q->agent) {
    return false;
  }
  q->out->other_agent = preferred;
  return because(q, ROUTER_WHY_OTHER_PREFERRED);
}

static bool not_able(const struct question *q) {
  const struct router_profile *p = &q->a->profile;
  const struct needs *needs = &q->signature->needs;
  const struct requirement *key = &q->signature->key;
  if (outside_ring(q)) {
    return true;
  }
  if (!routing_belongs(p, key->queue, key->ring)) {
    return because(q, ROUTER_WHY_NOT_SERVED);
  }
  if ((p->channels >> q->signature->key.channel & 1u) == 0) {
    return because(q, ROUTER_WHY_NO_CHANNEL);
  }
  const uint32_t unmet = routing_unmet_need(p, needs);
  if (unmet == needs->count) {
    return false;
  }
  const uint32_t skill = need_skill(needs->packed[unmet]);
  const struct agent_skill *has = routing_find_skill(p, skill);
  const bool strong =
      has != NULL && has->proficiency < need_best(needs->packed[unmet]);
  q->out->skill = skill;
  q->out->needed = strong ? need_best(needs->packed[unmet])
                          : need_weakest(needs->packed[unmet]);
  q->out->has = has == NULL ? 0 : has->proficiency;
  return because(q, strong ? ROUTER_WHY_TOO_SKILLED : ROUTER_WHY_LACKS_SKILL);
}

static bool not_present(const struct question *q) {
  switch ((enum router_presence)q->a->state.presence) {
  case ROUTER_OFFLINE:
    return because(q, ROUTER_WHY_NOT_LOGGED_IN);
  case ROUTER_AWAY:
    return because(q, ROUTER_WHY_AWAY);
  case ROUTER_LOST:
    return because(q, ROUTER_WHY_LOST);
  case ROUTER_AVAILABLE:
    return false;
  }
  bt_check_failed("presence in range", __FILE__, __LINE__, __func__);
}

static bool not_matchable(const struct question *q) {
  if (q->session->reserved_for != ROUTER_NONE) {
    q->out->other_agent = q->session->reserved_for;
    return because(q, ROUTER_WHY_RESERVED);
  }
  return q->r->queues[q->signature->key.queue].paused &&
         because(q, ROUTER_WHY_QUEUE_PAUSED);
}

static bool not_ready(const struct question *q) {
  const uint32_t c = q->signature->key.channel;
  if (q->a->state.channels[c].ready) {
    return false;
  }
  q->out->used = q->a->state.channels[c].used;
  q->out->capacity = q->a->state.channels[c].capacity;
  return because(q, q->out->used < q->out->capacity ? ROUTER_WHY_BLOCKED
                                                    : ROUTER_WHY_AT_CAPACITY);
}

static bool has_declined(const struct question *q) {
  if (!routing_excluded(q->r, q->slot, q->agent, q->now_us)) {
    return false;
  }
  q->out->until_us = routing_find_exclusion(q->r, q->slot, q->agent)->until_us;
  return because(q, ROUTER_WHY_DECLINED);
}

static struct router_rank agent_rank(const struct question *q, uint32_t agent) {
  const struct heap_entry e =
      routing_agent_entry(q->r, q->session->signature, agent);
  const uint32_t queue = q->signature->key.queue;
  return (struct router_rank){.strategy = q->r->queues[queue].strategy,
                              .score = (uint32_t)(e.hi >> TIME_BITS),
                              .turn = router_turn(q->r, queue, agent),
                              .idle_since_us =
                                  q->r->agents[agent].state.idle_since_us};
}

static struct router_rank session_rank(const struct question *q,
                                       uint32_t slot) {
  const struct router_session *s = &q->r->sessions[slot];
  const uint32_t queue = q->r->signatures[s->signature].key.queue;
  return (struct router_rank){.precedence = q->r->queues[queue].precedence,
                              .priority = s->priority,
                              .effective = routing_effective(q->r, slot),
                              .ageing = routing_ageing_of(q->r, s->slope),
                              .max_priority = routing_max_of(q->r, s->slope),
                              .skip_queue = s->skip_queue,
                              .entered_us = s->entered_us};
}

static bool agent_goes_first(const struct question *q) {
  struct router_decision best;
  if (!router_best_agent(q->r, q->slot, q->now_us, &best) ||
      best.agent == q->agent) {
    return false;
  }
  q->out->other_agent = best.agent;
  q->out->mine = agent_rank(q, q->agent);
  q->out->theirs = agent_rank(q, best.agent);
  return because(q, ROUTER_WHY_OTHER_AGENT_FIRST);
}

static bool session_goes_first(const struct question *q) {
  struct router_decision best;
  if (!router_best_session(q->r, q->agent, q->now_us, &best) ||
      best.slot == q->slot) {
    return false;
  }
  q->out->other_slot = best.slot;
  q->out->mine = session_rank(q, q->slot);
  q->out->theirs = session_rank(q, best.slot);
  return because(q, ROUTER_WHY_OTHER_SESSION_FIRST);
}

/* The question of this agent and this session, which waits. */
static struct question question_of(const struct router *r, uint32_t slot,
                                   uint32_t agent, struct router_why *out) {
  const struct router_session *session = router_session_at(r, slot);
  return (struct question){.r = r,
                           .slot = slot,
                           .agent = agent,
                           .session = session,
                           .signature = &r->signatures[session->signature],
                           .a = &r->agents[agent],
                           .out = out};
}

static void begin_answer(struct router_why *out,
                         enum router_why_reason reason) {
  *out = (struct router_why){.skill = ROUTER_NONE,
                             .other_agent = ROUTER_NONE,
                             .other_slot = ROUTER_NONE,
                             .reason = reason};
}

static bool is_known(const struct router *r, uint32_t agent) {
  return agent < r->agent_cap && r->agents[agent].known;
}

bool router_is_unable(const struct router *r, uint32_t slot, uint32_t agent,
                      struct router_why *out) {
  begin_answer(out, ROUTER_WHY_UNKNOWN_AGENT);
  if (!is_known(r, agent)) {
    return true;
  }
  const struct question q = question_of(r, slot, agent, out);
  return not_able(&q) || not_preferred(&q);
}

void router_explain(const struct router *r, uint32_t slot, uint32_t agent,
                    int64_t now_us, struct router_why *out) {
  begin_answer(out, ROUTER_WHY_NOT_WAITING);
  if (!router_waits(r, slot)) {
    return;
  }
  if (r->sessions[slot].reserved_for == agent) {
    out->reason = ROUTER_WHY_OFFERED;
    return;
  }
  if (!is_known(r, agent)) {
    out->reason = ROUTER_WHY_UNKNOWN_AGENT;
    return;
  }
  struct question q = question_of(r, slot, agent, out);
  q.now_us = now_us;
  if (!not_able(&q) && !not_present(&q) && !not_preferred(&q) &&
      !not_matchable(&q) && !not_ready(&q) && !has_declined(&q) &&
      !agent_goes_first(&q) && !session_goes_first(&q)) {
    (void)because(&q, ROUTER_WHY_WOULD_BE_OFFERED);
  }
}

const char *router_why_text(uint32_t reason) {
#define WHY(name, text, doc) [ROUTER_WHY_##name] = (text),
  static const char *const texts[] = {
#include "routing/why.def"
  };
#undef WHY
  bt_check(reason < ROUTER_WHYS);
  return texts[reason];
}

const char *router_why_detail(uint32_t reason) {
#define WHY(name, text, doc) [ROUTER_WHY_##name] = (doc),
  static const char *const details[] = {
#include "routing/why.def"
  };
#undef WHY
  bt_check(reason < ROUTER_WHYS);
  return details[reason];
}

const char *router_strategy_text(uint32_t strategy) {
#define STRATEGY(name, text, doc) [ROUTER_##name] = (text),
  static const char *const texts[] = {
#include "routing/strategy.def"
  };
#undef STRATEGY
  bt_check(strategy < ROUTER_STRATEGIES);
  return texts[strategy];
}
