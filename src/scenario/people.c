/* The customer, bots, agents and the outside: they wait for their moments, and
 * do what the scenario says. */
#include "base/check.h"
#include "scenario/world_priv.h"

#include "engine/sleep.h"

/* ---- the moments of steps */

static bool needs_hold(const struct actor *a, enum verb verb) {
  if (a->party == PARTY_BOT) {
    return true;
  }
  return a->party == PARTY_AGENT && verb != VERB_STATE && verb != VERB_DROP &&
         verb != VERB_RETURN && verb != VERB_COMPLETE;
}

static bool holds_text(struct text t, struct text part) {
  for (size_t i = 0; i + part.len <= t.len; i++) {
    if (text_equal_nocase(text_sub(t, i, part.len), part)) {
      return true;
    }
  }
  return false;
}

static bool is_of(const struct tale_message *m, const struct actor *a) {
  static const uint32_t roles[] = {[PARTY_CUSTOMER] = ROLE_CUSTOMER,
                                   [PARTY_BOT] = ROLE_BOT,
                                   [PARTY_AGENT] = ROLE_AGENT,
                                   [PARTY_OUTSIDE] = ROLE_NONE};
  return m->role == roles[a->party] &&
         (a->party == PARTY_CUSTOMER || text_equal(m->author, a->id));
}

static bool was_said(const struct world *w, const struct actor *a,
                     struct text part) {
  for (size_t i = a->messages_from; i < w->tale.messages.count; i++) {
    const struct tale_message *m = tale_message_at(&w->tale, i);
    if (!is_of(m, a) && holds_text(m->text, part)) {
      return true;
    }
  }
  return false;
}

static bool has_come(const struct world *w, const struct actor *a,
                     struct text name) {
  for (size_t i = a->events_from; i < w->tale.events.count; i++) {
    if (text_equal(text_from(event_name(tale_event_at(&w->tale, i)->type)),
                   name)) {
      return true;
    }
  }
  return false;
}

/* From now; FIELD_NEVER while its moment has not come. */
static int64_t step_after_us(const struct world *w, const struct actor *a) {
  const struct json *step = a->step;
  const int64_t wait_us = field_us(step, F_STEP_WAIT);
  const struct json *after = field_at(step, F_STEP_AFTER);
  const struct json *on = field_at(step, F_STEP_ON);
  int64_t due_us = a->since_us + wait_us;
  if (needs_hold(a, step_verb(step)) && !a->holds) {
    return FIELD_NEVER;
  }
  if (field_at(step, F_STEP_AT) != NULL) {
    due_us = w->tale.start_us + field_us(step, F_STEP_AT) + wait_us;
  } else if (after != NULL || on != NULL) {
    const bool come = after != NULL
                          ? was_said(w, a, field_text(step, F_STEP_AFTER))
                          : has_come(w, a, field_text(step, F_STEP_ON));
    if (!come) {
      return FIELD_NEVER;
    }
    due_us = w->now_us + wait_us;
  }
  return due_us > w->now_us ? due_us - w->now_us : 0;
}

void people_look(struct world *w) {
  for (size_t i = 0; i < w->actor_count && !id_is_null(w->session); i++) {
    struct actor *a = &w->actors[i];
    const int64_t after_us =
        a->step == NULL || a->planned ? FIELD_NEVER : step_after_us(w, a);
    if (after_us != FIELD_NEVER) {
      const struct plan p = {.kind = PLAN_STEP, .actor = a, .node = a->step};
      a->planned = true;
      world_plan(w, after_us, &p);
    }
  }
}

/* ---- doing them */

void people_say(struct world *w, struct actor *a, struct text text) {
  struct command cmd = world_actor_command(w, a, COMMAND_SAY);
  record_set_text(&cmd.args, FIELD_TEXT, text);
  world_submit(w, &cmd);
}

void people_connect(struct world *w, struct actor *a, bool here) {
  enum command_type type =
      here ? COMMAND_CUSTOMER_JOINED : COMMAND_CUSTOMER_DROPPED;
  if (a->party == PARTY_AGENT) {
    type = here ? COMMAND_AGENT_JOINED : COMMAND_AGENT_DROPPED;
  } else if (a->party == PARTY_BOT) {
    type = COMMAND_BOT_CLOSED;
  }
  struct command cmd = world_actor_command(w, a, type);
  if (!here && a->party != PARTY_BOT) {
    cmd.by.role = ROLE_SYSTEM;
    record_set_num(&cmd.args, FIELD_AGENT, a->number);
  }
  world_submit(w, &cmd);
}

static void say_goodbye(struct world *w, struct actor *a,
                        const struct json *step) {
  struct command cmd = world_actor_command(w, a, COMMAND_GOODBYE);
  record_set_text(&cmd.args, FIELD_OUTCOME, field_text(a->node, F_BOT_OUTCOME));
  record_set_given(&cmd.args, FIELD_TEXT, field_text(step, F_STEP_GOODBYE));
  const struct plan close = {.kind = PLAN_CLOSE, .actor = a, .epoch = a->epoch};
  world_plan(w, field_us(a->node, F_BOT_CLOSES), &close);
  world_submit(w, &cmd);
}

/* A command with one text, or none. */
static void command_with(struct world *w, const struct actor *a,
                         enum command_type type, enum field field,
                         struct text text) {
  struct command cmd = world_actor_command(w, a, type);
  record_set_given(&cmd.args, field, text);
  world_submit(w, &cmd);
}

static void do_verb(struct world *w, struct actor *a, const struct json *step) {
  switch (step_verb(step)) {
  case VERB_SAY:
    people_say(w, a, field_text(step, F_STEP_SAY));
    break;
  case VERB_LEAVE:
    command_with(w, a, COMMAND_LEAVE, FIELD_REASON, TEXT(""));
    break;
  case VERB_DROP:
  case VERB_RETURN:
    people_connect(w, a, step_verb(step) == VERB_RETURN);
    break;
  case VERB_GOODBYE:
    say_goodbye(w, a, step);
    break;
  case VERB_CLOSE:
    command_with(w, a, COMMAND_BOT_CLOSED, FIELD_REASON, TEXT(""));
    break;
  case VERB_STATE:
    command_with(w, a, COMMAND_AGENT_STATE, FIELD_STATE,
                 field_text(step, F_STEP_STATE));
    break;
  case VERB_END:
    command_with(w, a, COMMAND_END, FIELD_REASON, TEXT(""));
    break;
  case VERB_COMPLETE:
    command_with(w, a, COMMAND_COMPLETE, FIELD_DISPOSITION,
                 field_text(step, F_STEP_COMPLETE));
    break;
  case VERB_TRANSFER:
    command_with(w, a, COMMAND_TRANSFER, FIELD_TARGET,
                 field_text(step, F_STEP_TRANSFER));
    break;
  case VERB_SIGNAL:
    command_with(w, a, COMMAND_SIGNAL, FIELD_VALUE,
                 world_json(w, field_at(step, F_STEP_SIGNAL)));
    break;
  case VERB_PAUSE:
    world_supervise(w, COMMAND_PAUSE_QUEUE, field_text(step, F_STEP_PAUSE));
    break;
  case VERB_OPEN:
    world_supervise(w, COMMAND_OPEN_QUEUE, field_text(step, F_STEP_OPEN));
    break;
  case VERBS:
    break;
  }
}

/* The next step is looked at from here on: what this one brings about counts
 * for it, what was before does not. */
void people_do_step(struct world *w, struct actor *a, const struct json *step) {
  a->step = step->next;
  a->planned = false;
  a->since_us = w->now_us;
  a->events_from = w->tale.events.count;
  a->messages_from = w->tale.messages.count;
  do_verb(w, a, step);
}

/* ---- what others do to them */

static struct actor *find_actor(struct world *w, enum scenario_party party,
                                uint32_t number) {
  for (size_t i = 0; i < w->actor_count; i++) {
    if (w->actors[i].party == party && w->actors[i].number == number) {
      return &w->actors[i];
    }
  }
  return NULL;
}

/* Who has the session now. */
static void look_who_holds(struct world *w) {
  const struct engine *e = domain_engine(w->domain);
  uint32_t slot;
  if (!engine_find(e, w->session, &slot)) {
    return;
  }
  const struct session *s = engine_session(e, slot);
  for (size_t i = 0; i < w->actor_count; i++) {
    struct actor *a = &w->actors[i];
    const bool holds =
        (a->party == PARTY_BOT && s->holder == SESSION_HOLDER_BOT &&
         s->holder_id == a->number) ||
        (a->party == PARTY_AGENT && s->holder == SESSION_HOLDER_AGENT &&
         s->holder_id == a->number);
    if (holds && !a->holds) {
      a->since_us = w->now_us;
    }
    if (holds && a->party == PARTY_BOT) {
      a->epoch = s->epoch;
    }
    a->holds = holds;
  }
}

const struct json *people_next(struct actor *a) {
  const struct json *next = a->next;
  if (next != NULL && next->next != NULL) {
    a->next = next->next;
  }
  return next;
}

static void plan_offer(struct world *w, const struct record *ev) {
  struct actor *a =
      find_actor(w, PARTY_AGENT, (uint32_t)record_num(ev, FIELD_AGENT));
  if (a == NULL) {
    return;
  }
  const struct json *offer = people_next(a);
  const struct plan p = {.kind = PLAN_OFFER,
                         .actor = a,
                         .session = record_id(ev, FIELD_SESSION),
                         .node = offer};
  if (!text_equal(field_text(offer, F_OFFER_DO), TEXT("ignore"))) {
    world_plan(w, field_us(offer, F_OFFER_WAIT), &p);
  }
}

static void plan_agent(struct world *w, const struct record *ev,
                       enum plan_kind kind, enum scenario_field delay) {
  struct actor *a =
      find_actor(w, PARTY_AGENT, (uint32_t)record_num(ev, FIELD_AGENT));
  if (a != NULL) {
    const struct plan p = {
        .kind = kind, .actor = a, .session = record_id(ev, FIELD_SESSION)};
    world_plan(w, field_us(a->node, delay), &p);
  }
}

static void plan_answer(struct world *w) {
  struct actor *a = w->customer;
  const struct json *answer = a->next;
  if (answer == NULL) {
    return;
  }
  a->next = answer->next;
  const struct plan p = {.kind = PLAN_ANSWER, .actor = a, .node = answer};
  const bool own = field_at(answer, F_REPLY_WAIT) != NULL;
  if (!field_flag(answer, F_REPLY_SILENT)) {
    world_plan(w,
               own ? field_us(answer, F_REPLY_WAIT)
                   : field_us(a->node, F_CUSTOMER_THINKS),
               &p);
  }
}

/* With faults: for a moment the line is dead. */
static void maybe_drop(struct world *w, struct actor *a) {
  const struct json *faults = field_at(w->scenario->root, F_SCENARIO_FAULTS);
  if (!w->options.faults || !field_flag(faults, F_FAULTS_DROPS) ||
      rand_below(&w->chance, 4) != 0) {
    return;
  }
  const int64_t at_us = (int64_t)rand_below(&w->chance, 3000000);
  const struct plan drop = {.kind = PLAN_DROP, .actor = a};
  const struct plan back = {.kind = PLAN_RETURN, .actor = a};
  world_plan(w, at_us, &drop);
  world_plan(w, at_us + 500000, &back);
}

static void hear_of_session(struct world *w, const struct record *ev) {
  if (ev->type == EVENT_SCRIPT_SLEPT &&
      record_num(ev, FIELD_SLEEP) == SLEEP_CUSTOMER) {
    plan_answer(w);
  } else if (ev->type == EVENT_OF_SESSION(CONNECTED)) {
    maybe_drop(
        w, find_actor(w, PARTY_AGENT, (uint32_t)record_num(ev, FIELD_AGENT)));
  } else if (ev->type == EVENT_OF_SESSION(QUEUED)) {
    maybe_drop(w, w->customer);
  }
  look_who_holds(w);
}

void people_hear_event(struct world *w, const struct record *ev) {
  if (ev->type == EVENT_OF_SESSION(OFFERED)) {
    plan_offer(w, ev);
  } else if (ev->type == EVENT_OF_SESSION(CONNECTED)) {
    plan_agent(w, ev, PLAN_END, F_AGENT_ENDS);
  } else if (ev->type == EVENT_OF_SESSION(WRAPPING)) {
    plan_agent(w, ev, PLAN_COMPLETE, F_AGENT_COMPLETES);
  }
  if (record_has(ev, FIELD_SESSION) &&
      id_equal(record_id(ev, FIELD_SESSION), w->session)) {
    hear_of_session(w, ev);
  }
}

/* A bot that is invited comes, one that is told to go closes. At the start the
 * stage does it. */
void people_hear_effect(struct world *w, const struct record *fx) {
  if (fx->type == EFFECT_ASK_BOT) {
    turns_ask(w, fx);
    return;
  }
  if ((fx->type != EFFECT_INVITE_BOT && fx->type != EFFECT_CLOSE_BOT) ||
      id_is_null(w->session) || w->staging) {
    return;
  }
  struct actor *a =
      find_actor(w, PARTY_BOT, (uint32_t)record_num(fx, FIELD_BOT));
  const bool come = fx->type == EFFECT_INVITE_BOT;
  const struct plan p = {.kind = come ? PLAN_ATTACH : PLAN_CLOSE,
                         .actor = a,
                         .epoch = (uint32_t)record_num(fx, FIELD_EPOCH)};
  if (a != NULL) {
    world_plan(w, field_us(a->node, come ? F_BOT_ATTACHES : F_BOT_OBEYS), &p);
  }
}

/* ---- the end */

static void say_missed(struct world *w, const struct actor *a) {
  static const char *const who[] = {"the customer", "bot", "agent",
                                    "meanwhile"};
  const bool named = a->party == PARTY_BOT || a->party == PARTY_AGENT;
  const struct finding_place place =
      yaml_tree_place(&w->scenario->file->tree, a->step);
  const struct json *after = field_at(a->step, F_STEP_AFTER);
  const struct json *on = field_at(a->step, F_STEP_ON);
  const struct text which = after != NULL ? field_text(a->step, F_STEP_AFTER)
                                          : field_text(a->step, F_STEP_ON);
  world_trouble(w, "%.*s:%u: %s%s%.*s never came to this step%s%.*s%s",
                TEXT_ARG(place.file), place.line, who[a->party],
                named ? " " : "", named ? (int)a->id.len : 0, a->id.ptr,
                after != NULL ? ": nobody said \""
                : on != NULL  ? ": there was no "
                              : "",
                TEXT_ARG(which), after != NULL ? "\"" : "");
}

void people_close(struct world *w) {
  for (size_t i = 0; i < w->actor_count; i++) {
    const struct actor *a = &w->actors[i];
    if (a->step != NULL && !field_flag(a->step, F_STEP_OPTIONAL)) {
      say_missed(w, a);
    }
  }
}
