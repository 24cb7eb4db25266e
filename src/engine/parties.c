/* Agents and bots coming and going, and what that does to their sessions. */
#include "base/check.h"
#include "engine/engine_priv.h"

static bool agent_is_known(struct ctx *x, uint32_t agent, struct answer *a) {
  if (agent < x->e->dir.agent_count) {
    return true;
  }
  answer_refuse(x, SESSION_NOBODY, REFUSAL_NOT_FOUND,
                TEXT("The centre has no such agent."), a);
  return false;
}

static uint32_t agent_of(const struct ctx *x, const struct record *args) {
  return record_has(args, FIELD_AGENT) ? (uint32_t)record_num(args, FIELD_AGENT)
                                       : x->by.number;
}

/* One command to every session of the list; it may take itself out of it. */
static void each_session(struct ctx *x, uint32_t first,
                         void (*act)(struct ctx *x, uint32_t slot)) {
  for (uint32_t slot = first; slot != SESSION_NOBODY;) {
    const uint32_t next = engine_live(x->e, slot)->link_next;
    act(x, slot);
    slot = next;
  }
}

/* ---- agents */

static void agent_is_back(struct ctx *x, uint32_t slot) {
  const struct live *l = engine_live(x->e, slot);
  const struct session_cmd cmd = {.type = SESSION_CMD_AGENT_BACK,
                                  .target = l->s.agent};
  do_session_late(x, slot, &cmd, NULL);
}

static void agent_is_lost(struct ctx *x, uint32_t slot) {
  const struct session *s = &engine_live(x->e, slot)->s;
  const struct session_cmd cmd = {.type = s->status == SESSION_OFFERED
                                              ? SESSION_CMD_DECLINE
                                              : SESSION_CMD_AGENT_LOST,
                                  .target = s->agent,
                                  .number = s->offer};
  do_session_late(x, slot, &cmd, NULL);
}

static void take_from_agent(struct ctx *x, uint32_t slot) {
  const struct session *s = &engine_live(x->e, slot)->s;
  struct session_cmd cmd = {
      .type = SESSION_CMD_TIMEOUT, .visit = s->visit, .target = SESSION_NOBODY};
  if (s->status == SESSION_OFFERED) {
    cmd = (struct session_cmd){
        .type = SESSION_CMD_DECLINE, .target = s->agent, .number = s->offer};
  } else if (s->status == SESSION_WRAPUP) {
    cmd = (struct session_cmd){.type = SESSION_CMD_DOCUMENTED,
                               .target = s->agent};
  }
  do_session_late(x, slot, &cmd, NULL);
}

void agent_give_up(struct ctx *x, uint32_t agent) {
  each_session(x, x->e->agents[agent].first, take_from_agent);
  enum agent_refusal why = AGENT_REFUSAL_NONE;
  (void)do_agent(x, agent,
                 (struct agent_cmd){.type = AGENT_CMD_GIVE_UP,
                                    .visit = x->e->agents[agent].a.visit},
                 &why);
}

static void answer_agent(struct ctx *x, uint32_t agent, const char *message,
                         struct answer *a) {
  (void)agent;
  answer_session(x, SESSION_NOBODY, 200, message, a);
}

void cmd_agent_joined(struct ctx *x, uint32_t slot, const struct record *args,
                      struct answer *a) {
  (void)slot;
  const uint32_t agent = agent_of(x, args);
  if (!agent_is_known(x, agent, a)) {
    return;
  }
  const uint32_t presence = x->e->agents[agent].a.presence;
  enum agent_refusal why = AGENT_REFUSAL_NONE;
  if (presence == AGENT_LOST) {
    (void)do_agent(x, agent, (struct agent_cmd){.type = AGENT_CMD_RECONNECT},
                   &why);
    each_session(x, x->e->agents[agent].first, agent_is_back);
  } else if (presence == AGENT_OFFLINE) {
    (void)do_agent(x, agent, (struct agent_cmd){.type = AGENT_CMD_LOGIN}, &why);
  }
  answer_agent(x, agent, "The agent's desk is connected.", a);
}

void cmd_agent_dropped(struct ctx *x, uint32_t slot, const struct record *args,
                       struct answer *a) {
  (void)slot;
  const uint32_t agent = agent_of(x, args);
  if (!agent_is_known(x, agent, a)) {
    return;
  }
  enum agent_refusal why = AGENT_REFUSAL_NONE;
  /* Offers go back first: a lost agent cannot decline any more. */
  each_session(x, x->e->agents[agent].first, agent_is_lost);
  (void)do_agent(x, agent, (struct agent_cmd){.type = AGENT_CMD_LOSE}, &why);
  answer_agent(x, agent, "The agent's desk is gone for now.", a);
}

static uint32_t away_code(struct ctx *x, struct text reason) {
  if (reason.len == 0) {
    reason = TEXT("away");
  }
  const uint32_t known = directory_away_code(&x->e->dir, reason);
  if (known != AGENT_AWAY_NONE) {
    return known;
  }
  struct record ev;
  ctx_event(x, &ev, EVENT_AWAY_REASON_PUT, SESSION_NOBODY);
  record_set_text(&ev, FIELD_AWAY_REASON, reason);
  emit(x, &ev);
  return directory_away_code(&x->e->dir, reason);
}

/* Whatever the agent has in hand is taken away first, and a lost connection is
 * no longer waited for. */
static void force_offline(struct ctx *x, uint32_t agent, struct text reason) {
  const struct agent *a = &x->e->agents[agent].a;
  enum agent_refusal why = AGENT_REFUSAL_NONE;
  agent_strip(x, agent, reason);
  (void)do_agent(x, agent,
                 (struct agent_cmd){.type = a->presence == AGENT_LOST
                                                ? AGENT_CMD_GIVE_UP
                                                : AGENT_CMD_LOGOUT,
                                    .visit = a->visit},
                 &why);
}

static bool may_set_state(struct ctx *x, uint32_t agent,
                          const struct record *args, struct answer *a) {
  const bool own = x->by.role == ROLE_AGENT;
  if (own && agent != x->by.number) {
    answer_refuse(x, SESSION_NOBODY, REFUSAL_FORBIDDEN,
                  TEXT("An agent sets its own state only."), a);
  } else if (own && record_num(args, FIELD_FORCE) != 0) {
    answer_refuse(x, SESSION_NOBODY, REFUSAL_FORBIDDEN,
                  TEXT("Only a supervisor takes work away with force."), a);
  } else {
    return true;
  }
  return false;
}

static void refuse_agent(struct ctx *x, enum agent_refusal why,
                         struct answer *a) {
  answer_refuse(x, SESSION_NOBODY,
                why == AGENT_REFUSAL_HAS_WORK ? REFUSAL_AGENT_HAS_WORK
                                              : REFUSAL_NOT_LOGGED_IN,
                ctx_format(x, "Refused: %s.", agent_refusal_detail(why)), a);
}

void cmd_agent_state(struct ctx *x, uint32_t slot, const struct record *args,
                     struct answer *a) {
  (void)slot;
  const uint32_t agent = agent_of(x, args);
  if (!agent_is_known(x, agent, a)) {
    return;
  }
  if (!may_set_state(x, agent, args, a)) {
    return;
  }
  const struct text state = record_text(args, FIELD_STATE);
  struct agent_cmd cmd = {0};
  if (text_equal_nocase(state, TEXT("available"))) {
    cmd.type = AGENT_CMD_SET_AVAILABLE;
  } else if (text_equal_nocase(state, TEXT("away"))) {
    cmd.type = AGENT_CMD_SET_AWAY;
    cmd.away_code = AGENT_AWAY_CUSTOM;
  } else {
    cmd.type = AGENT_CMD_LOGOUT;
  }
  const bool there = x->e->agents[agent].a.presence != AGENT_OFFLINE;
  if (cmd.type == AGENT_CMD_LOGOUT && there &&
      record_num(args, FIELD_FORCE) != 0) {
    force_offline(x, agent, record_text(args, FIELD_REASON));
    answer_agent(x, agent, "The agent is offline.", a);
    return;
  }
  if (cmd.type == AGENT_CMD_LOGOUT && !there) {
    answer_agent(x, agent, "The agent is offline already.", a);
    return;
  }
  struct agent_out out;
  enum agent_refusal why = agent_decide(&x->e->agents[agent].a, &cmd, &out);
  if (why != AGENT_REFUSAL_NONE) {
    refuse_agent(x, why, a);
    return;
  }
  if (cmd.type ==
      AGENT_CMD_SET_AWAY) { /* a new reason is an event of its own */
    cmd.away_code = away_code(x, record_text(args, FIELD_REASON));
  }
  (void)do_agent(x, agent, cmd, &why);
  answer_agent(x, agent, "The state was set.", a);
}

/* ---- bots */

static void bot_is_back(struct ctx *x, uint32_t slot) {
  const struct session_cmd cmd = {.type = SESSION_CMD_BOT_BACK};
  do_session_late(x, slot, &cmd, NULL);
}

/* A bot that was not there yet is invited again to what waits for it. */
static void invite_again(struct ctx *x, uint32_t slot) {
  const struct live *l = engine_live(x->e, slot);
  struct record *fx = ctx_effect(x, EFFECT_INVITE_BOT);
  record_set_id(fx, FIELD_SESSION, l->id);
  record_set_num(fx, FIELD_EPOCH, l->s.epoch);
  record_set_num(fx, FIELD_BOT,
                 l->s.status == SESSION_PENDING ? l->s.invited_id
                                                : l->s.holder_id);
}

void cmd_bot_joined(struct ctx *x, uint32_t slot, const struct record *args,
                    struct answer *a) {
  (void)slot;
  const uint32_t bot = (uint32_t)record_num(args, FIELD_BOT);
  bt_check(bot < x->e->dir.bot_count);
  const bool was_here = x->e->bots[bot].here;
  x->e->bots[bot].here = true;
  each_session(x, x->e->bots[bot].first, bot_is_back);
  each_session(x, x->e->bots[bot].first, invite_again);
  if (!was_here) {
    script_bot_back(x, bot);
  }
  answer_session(x, SESSION_NOBODY, 200, "The bot is connected.", a);
}

void cmd_bot_dropped(struct ctx *x, uint32_t slot, const struct record *args,
                     struct answer *a) {
  (void)slot;
  const uint32_t bot = (uint32_t)record_num(args, FIELD_BOT);
  bt_check(bot < x->e->dir.bot_count);
  x->e->bots[bot].here = false;
  answer_session(x, SESSION_NOBODY, 200, "The bot's connections are gone.", a);
}

void cmd_note_bot(struct ctx *x, uint32_t slot, const struct record *args,
                  struct answer *a) {
  struct record ev;
  ctx_event(x, &ev, EVENT_BOT_NOTED, slot);
  record_copy(&ev, FIELD_BOT, args);
  record_copy(&ev, FIELD_NOTE, args);
  emit(x, &ev);
  answer_session(x, slot, 200, "It was noted.", a);
}

/* ---- after a restart: every connection is gone */

static void bot_is_away(struct ctx *x, uint32_t slot) {
  const struct live *l = engine_live(x->e, slot);
  struct session_cmd cmd = {.type = SESSION_CMD_BOT_AWAY};
  if (l->s.status == SESSION_RELEASING) {
    /* It had said goodbye: its connection's end is the end of its part. */
    cmd = (struct session_cmd){.type = SESSION_CMD_DETACH, .epoch = l->s.epoch};
  }
  do_session_late(x, slot, &cmd, NULL);
}

static void customer_is_gone(struct ctx *x, uint32_t slot) {
  const struct live *l = engine_live(x->e, slot);
  if (!l->customer_here) {
    return;
  }
  struct record ev;
  ctx_event(x, &ev, EVENT_CUSTOMER_DROPPED, slot);
  const int64_t ms = x->e->dir.entries[l->entry].customer_ms;
  record_set_num(&ev, FIELD_DEADLINE, x->now_us + ms * 1000);
  emit(x, &ev);
}

void cmd_recovered(struct ctx *x, uint32_t slot, const struct record *args,
                   struct answer *a) {
  (void)args;
  struct record ev;
  ctx_event(x, &ev, EVENT_RECOVERED, SESSION_NOBODY);
  emit(x, &ev);
  for (uint32_t i = 0; i < x->e->dir.agent_count; i++) {
    const uint32_t presence = x->e->agents[i].a.presence;
    if (presence != AGENT_OFFLINE && presence != AGENT_LOST) {
      struct record lost;
      record_init(&lost, COMMAND_AGENT_DROPPED);
      record_set_num(&lost, FIELD_AGENT, i);
      cmd_agent_dropped(x, slot, &lost, a);
    }
  }
  for (uint32_t i = 0; i < x->e->dir.bot_count; i++) {
    each_session(x, x->e->bots[i].first, bot_is_away);
  }
  for (uint32_t s = 0; engine_next_session(x->e, &s); s++) {
    customer_is_gone(x, s);
    script_recover(x, s);
  }
  answer_session(x, SESSION_NOBODY, 200, "The sessions go on.", a);
}
