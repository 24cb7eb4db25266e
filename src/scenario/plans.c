/* What somebody will do, earliest first. */
#include <string.h>

#include "base/check.h"
#include "scenario/world_priv.h"

static bool comes_before(const struct plan *a, const struct plan *b) {
  return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static bool grow(struct world *w) {
  const size_t cap = w->plan_cap == 0 ? 32 : w->plan_cap * 2;
  struct plan *grown = arena_alloc(&w->tale.arena, cap * sizeof *grown);
  if (grown == NULL) {
    return false;
  }
  if (w->plan_count > 0) {
    memcpy(grown, w->plans, w->plan_count * sizeof *grown);
  }
  w->plans = grown;
  w->plan_cap = cap;
  return true;
}

/* With faults everything comes a little later than it is written, and things
 * of one moment come in any order. */
static int64_t jitter_us(struct world *w) {
  const struct json *faults = field_at(w->scenario->root, F_SCENARIO_FAULTS);
  const int64_t most_us = field_us(faults, F_FAULTS_JITTER);
  if (!w->options.faults || most_us <= 0 || rand_below(&w->chance, 2) == 0) {
    return 0;
  }
  return (int64_t)rand_below(&w->chance, (uint64_t)most_us + 1);
}

void world_plan(struct world *w, int64_t after_us, const struct plan *plan) {
  if (after_us == FIELD_NEVER || (w->plan_count == w->plan_cap && !grow(w))) {
    return;
  }
  struct plan p = *plan;
  p.at_us = w->now_us + after_us + jitter_us(w);
  p.order = w->options.faults ? rand_u64(&w->chance) : w->plan_orders++;
  size_t at = w->plan_count++;
  for (; at > 0 && comes_before(&p, &w->plans[at - 1]); at--) {
    w->plans[at] = w->plans[at - 1];
  }
  w->plans[at] = p;
}

/* ---- carrying out */

static void bot_says_goodbye(struct world *w, struct actor *bot) {
  struct command cmd = world_actor_command(w, bot, COMMAND_GOODBYE);
  record_set_given(&cmd.args, FIELD_OUTCOME,
                   field_text(bot->node, F_BOT_OUTCOME));
  record_set_given(&cmd.args, FIELD_TEXT, field_text(bot->node, F_BOT_SAYS));
  record_set_given(&cmd.args, FIELD_REASON,
                   field_text(bot->node, F_BOT_REASON));
  const struct json *attributes = field_at(bot->node, F_BOT_ATTRIBUTES);
  if (attributes != NULL) {
    record_set_text(&cmd.args, FIELD_ATTRIBUTES, world_json(w, attributes));
  }
  const struct plan close = {
      .kind = PLAN_CLOSE, .actor = bot, .epoch = bot->epoch};
  world_plan(w, field_us(bot->node, F_BOT_CLOSES), &close);
  world_submit(w, &cmd);
}

static void bot_closes(struct world *w, const struct plan *p) {
  struct command cmd = world_actor_command(w, p->actor, COMMAND_BOT_CLOSED);
  record_set_num(&cmd.args, FIELD_EPOCH, p->epoch);
  world_submit(w, &cmd);
}

static void agent_answers(struct world *w, const struct plan *p) {
  const bool accepts =
      p->node == NULL ||
      text_equal(field_text(p->node, F_OFFER_DO), TEXT("accept"));
  struct command cmd = world_actor_command(
      w, p->actor, accepts ? COMMAND_ACCEPT_OFFER : COMMAND_DECLINE_OFFER);
  record_set_id(&cmd.args, FIELD_SESSION, p->session);
  if (!accepts) {
    record_set_given(&cmd.args, FIELD_REASON,
                     field_text(p->node, F_OFFER_REASON));
  }
  world_submit(w, &cmd);
}

static void agent_finishes(struct world *w, const struct plan *p) {
  struct command cmd = world_actor_command(
      w, p->actor, p->kind == PLAN_END ? COMMAND_END : COMMAND_COMPLETE);
  record_set_id(&cmd.args, FIELD_SESSION, p->session);
  if (p->kind == PLAN_COMPLETE) {
    record_set_given(&cmd.args, FIELD_DISPOSITION,
                     field_text(p->actor->node, F_AGENT_DISPOSITION));
  }
  world_submit(w, &cmd);
}

static void attach(struct world *w, const struct plan *p) {
  p->actor->epoch = p->epoch;
  struct command cmd = world_actor_command(w, p->actor, COMMAND_ACCEPT_INVITE);
  world_submit(w, &cmd);
}

void world_carry_out(struct world *w) {
  const struct plan p = w->plans[0];
  w->plan_count--;
  memmove(&w->plans[0], &w->plans[1], w->plan_count * sizeof w->plans[0]);
  w->now_us = p.at_us > w->now_us ? p.at_us : w->now_us;
  switch (p.kind) {
  case PLAN_STEP:
    people_do_step(w, p.actor, p.node);
    break;
  case PLAN_ANSWER:
    people_say(w, p.actor, field_text(p.node, F_REPLY_SAY));
    break;
  case PLAN_ATTACH:
    attach(w, &p);
    break;
  case PLAN_GOODBYE:
    bot_says_goodbye(w, p.actor);
    break;
  case PLAN_CLOSE:
    bot_closes(w, &p);
    break;
  case PLAN_OFFER:
    agent_answers(w, &p);
    break;
  case PLAN_END:
  case PLAN_COMPLETE:
    agent_finishes(w, &p);
    break;
  case PLAN_DROP:
  case PLAN_RETURN:
    people_connect(w, p.actor, p.kind == PLAN_RETURN);
    break;
  case PLAN_REPLY:
    rest_reply(w, &p);
    break;
  case PLAN_TURN:
    turns_answer(w, &p);
    break;
  }
}
