/* What supervisors do to sessions by hand. Each is an event that names who did
 * it and why, and capacity is claimed where the router claims it. */
#include "base/check.h"
#include "engine/engine_priv.h"

static void put_reason(struct record *extra, const struct record *args) {
  record_init(extra, 0);
  record_copy(extra, FIELD_REASON, args);
}

/* ---- to another queue */

/* What the supervisor does not say stays as it is. */
static void keep_rest(const struct live *l, struct record *move) {
  if (!record_has(move, FIELD_PRIORITY)) {
    record_set_num(move, FIELD_PRIORITY, l->priority);
  }
  if (!record_has(move, FIELD_KEEP_CLOCK)) {
    record_set_num(move, FIELD_KEEP_CLOCK, 1);
  }
  if (!record_has(move, FIELD_REASON)) {
    record_set_given(move, FIELD_REASON, l->reason);
  }
  if (!record_has(move, FIELD_NOTE)) {
    record_set_given(move, FIELD_NOTE, l->note);
  }
  record_set_given(move, FIELD_SKILLS, l->skills);
  record_set_num(move, FIELD_SKIP_QUEUE, l->skip_queue);
  live_put_ageing(move, &l->ageing);
}

void cmd_move(struct ctx *x, uint32_t slot, const struct record *args,
              struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  if (!live_in_queue(&l->s)) {
    answer_refuse_usual(x, slot, REFUSAL_NOT_QUEUED, a);
    return;
  }
  struct record move = *args;
  move.type = COMMAND_TRANSFER;
  keep_rest(l, &move);
  x->a_move = true;
  cmd_transfer(x, slot, &move, a);
  x->a_move = false;
}

/* ---- to an agent */

static bool find_agent(struct ctx *x, const struct record *args,
                       uint32_t *agent, struct answer *a) {
  const struct text name = record_text(args, FIELD_AGENT_ID);
  *agent = directory_agent(&x->e->dir, name);
  if (*agent != DIR_NONE) {
    return true;
  }
  answer_refuse(x, SESSION_NOBODY, REFUSAL_UNKNOWN_TARGET,
                absent_detail(x, CONFIG_AGENT, name), a);
  return false;
}

static enum refusal refusal_of_agent(enum agent_refusal why) {
  switch ((uint32_t)why) {
  case AGENT_REFUSAL_NONE:
    return REFUSAL_NONE;
  case AGENT_REFUSAL_AT_CAPACITY:
    return REFUSAL_AGENT_AT_CAPACITY;
  case AGENT_REFUSAL_BLOCKED:
    return REFUSAL_CHANNEL_BLOCKED;
  default:
    return REFUSAL_NOT_LOGGED_IN;
  }
}

bool agent_has_place(struct ctx *x, uint32_t slot, uint32_t agent,
                     struct answer *a) {
  const struct agent_slot *g = &x->e->agents[agent];
  const uint8_t channel = engine_live(x->e, slot)->channel;
  const struct agent_cmd cmd = {
      .type = AGENT_CMD_ASSIGN, .channel = channel, .now_us = x->now_us};
  struct agent_out out;
  const enum agent_refusal no = agent_decide(&g->a, &cmd, &out);
  if (no == AGENT_REFUSAL_NONE) {
    return true;
  }
  const enum refusal why = refusal_of_agent(no);
  answer_refuse(x, slot, why,
                ctx_format(x, "Agent '%.*s': %s (%s: %u of %u in hand).",
                           TEXT_ARG(x->e->dir.agents[agent].id),
                           agent_refusal_detail(no), channel_name(channel),
                           agent_used(&g->a, channel),
                           g->a.load[channel].capacity),
                a);
  return false;
}

void agent_claim(struct ctx *x, uint32_t slot, uint32_t agent,
                 const struct record *args) {
  const struct session_cmd cmd = {.type = SESSION_CMD_ASSIGN, .target = agent};
  struct record extra;
  enum refusal why = REFUSAL_NONE;
  put_reason(&extra, args);
  record_copy(&extra, FIELD_CONSULT, args); /* who hands over says so */
  record_copy(&extra, FIELD_WHEN, args);
  const bool done = do_session(x, slot, &cmd, &extra, &why);
  bt_check(done); /* it waits, and the agent has a place */
}

static bool is_offered_to(const struct ctx *x, uint32_t slot, uint32_t agent) {
  const struct session *s = &engine_live(x->e, slot)->s;
  return s->status == SESSION_OFFERED && s->agent == agent;
}

/* It is offered to that very agent: the supervisor accepts in their name. Not
 * an offer that has run out, though its timer is late: nobody may. */
static bool accept_for(struct ctx *x, uint32_t slot, uint32_t agent,
                       const struct record *args) {
  const struct session *s = &engine_live(x->e, slot)->s;
  if (!is_offered_to(x, slot, agent) ||
      offers_get(&x->e->offers, s->offer)->deadline_us <= x->now_us) {
    return false;
  }
  const struct session_cmd cmd = {
      .type = SESSION_CMD_ACCEPT, .target = agent, .number = s->offer};
  struct record extra;
  enum refusal why = REFUSAL_NONE;
  put_reason(&extra, args);
  return do_session(x, slot, &cmd, &extra, &why);
}

/* Whoever has the session, or is asked, has it no more: it waits. What nobody
 * has waits in the agent's own queue for the moment. */
static bool bring_to_queue(struct ctx *x, uint32_t slot, uint32_t agent,
                           const struct record *args, enum refusal *why) {
  const struct session *s = &engine_live(x->e, slot)->s;
  struct session_cmd cmd = {.target = x->e->dir.agents[agent].queue,
                            .privileged = true};
  struct record extra;
  put_reason(&extra, args);
  switch ((enum session_status)s->status) {
  case SESSION_QUEUED:
    return true;
  case SESSION_OFFERED:
    cmd.type = SESSION_CMD_WITHDRAW;
    break;
  case SESSION_ACTIVE:
    cmd.type = SESSION_CMD_REQUEUE;
    break;
  case SESSION_NONE:
  case SESSION_PENDING:
  case SESSION_CONNECTED:
  case SESSION_RELEASING:
  case SESSION_IDLE:
  case SESSION_WRAPUP:
  case SESSION_COMPLETED:
  case SESSION_STATUSES: {
    const struct place p = {.queue = cmd.target,
                            .reason = record_text(args, FIELD_REASON)};
    cmd.type = SESSION_CMD_TRANSFER;
    put_place(x, slot, &p, &extra);
    break;
  }
  }
  return do_session(x, slot, &cmd, &extra, why);
}

void cmd_assign(struct ctx *x, uint32_t slot, const struct record *args,
                struct answer *a) {
  const struct session *s = &engine_live(x->e, slot)->s;
  uint32_t agent;
  enum refusal why = REFUSAL_NONE;
  if (!find_agent(x, args, &agent, a)) {
    return;
  }
  if (s->status == SESSION_ACTIVE && s->agent == agent) {
    answer_session(x, slot, 200, "The agent has the session already.", a);
    return;
  }
  if (!accept_for(x, slot, agent, args)) {
    /* With the offer that is over goes the place that it holds. */
    if (!is_offered_to(x, slot, agent) && !agent_has_place(x, slot, agent, a)) {
      return;
    }
    if (!bring_to_queue(x, slot, agent, args, &why)) {
      answer_refuse_usual(x, slot, why, a);
      return;
    }
    agent_claim(x, slot, agent, args);
  }
  answer_session(x, slot, 200, "The agent has the session.", a);
}

/* ---- back from an agent */

static void take_back(struct ctx *x, uint32_t slot, enum session_cmd_type type,
                      const struct record *args, struct answer *a) {
  const struct session_cmd cmd = {.type = type};
  struct record extra;
  enum refusal why = REFUSAL_NONE;
  put_reason(&extra, args);
  if (!do_session(x, slot, &cmd, &extra, &why)) {
    answer_refuse_usual(x, slot, why, a);
    return;
  }
  answer_session(x, slot, 200,
                 type == SESSION_CMD_REQUEUE
                     ? "The session is back at its place."
                     : "The offer was withdrawn; the session keeps its place.",
                 a);
}

void cmd_requeue(struct ctx *x, uint32_t slot, const struct record *args,
                 struct answer *a) {
  take_back(x, slot, SESSION_CMD_REQUEUE, args, a);
}

void cmd_withdraw_offer(struct ctx *x, uint32_t slot, const struct record *args,
                        struct answer *a) {
  take_back(x, slot, SESSION_CMD_WITHDRAW, args, a);
}

void agent_strip(struct ctx *x, uint32_t agent, struct text reason) {
  struct record extra;
  record_init(&extra, 0);
  record_set_given(&extra, FIELD_REASON, reason);
  for (uint32_t slot = x->e->agents[agent].first; slot != SESSION_NOBODY;
       slot = x->e->agents[agent].first) {
    const struct session *s = &engine_live(x->e, slot)->s;
    const struct session_cmd cmd = {
        .type = s->status == SESSION_OFFERED  ? SESSION_CMD_WITHDRAW
                : s->status == SESSION_ACTIVE ? SESSION_CMD_REQUEUE
                                              : SESSION_CMD_DOCUMENTED,
        .target = agent,
        .privileged = true};
    enum refusal why = REFUSAL_NONE;
    const bool done = do_session(x, slot, &cmd, &extra, &why);
    bt_check(done); /* each of these statuses knows its command */
  }
}
