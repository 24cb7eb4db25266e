#include "base/check.h"
#include "studio/action.h"
#include "studio/handover_priv.h"

static const struct status_info {
  struct text name;
  bool now, released; /* is a transfer accepted? */
} statuses[] = {
#define STATUS(name, text, now, released, why)                                 \
  {{text, sizeof(text) - 1}, sizeof(now) == 1, sizeof(released) == 1},
#include "studio/statuses.def"
#undef STATUS
};

static const uint32_t bot_statuses =
    CHECKER_SET(PENDING) | CHECKER_SET(CONNECTED) | CHECKER_SET(RELEASING);
static const uint32_t over = CHECKER_SET(WRAPUP) | CHECKER_SET(COMPLETED);

static uint32_t accepting(const struct site *site) {
  uint32_t set = CHECKER_SET(SCRIPT);
  for (unsigned i = 0; i < CHECKER_STATUSES; i++) {
    if (site->deferred ? statuses[i].released : statuses[i].now) {
      set |= 1u << i;
    }
  }
  return site->released ? set | CHECKER_SET(PENDING) : set;
}

/* ---- Transfer */

static struct site *site_of(struct walker *w, const struct expr *call) {
  struct handover *h = w->h;
  for (struct site *s = h->sites; s != NULL; s = s->next) {
    if (s->call == call) {
      return s;
    }
  }
  struct site *s = arena_alloc(&h->c->arena, sizeof *s);
  if (s == NULL) {
    h->c->failed = true;
    return NULL;
  }
  *s = (struct site){.call = call,
                     .number = h->site_count++,
                     .deferred = handover_is_deferred(w, call),
                     .released = handover_is_released(w, call)};
  *h->sites_end = s;
  h->sites_end = &s->next;
  return s;
}

/* A bot that takes over talks; anybody else is waited for first. */
static uint32_t transferred(const struct expr *call) {
  const struct expr *first = call->args;
  bt_check(first != NULL);
  const struct expr *target =
      call->callee_id == ACTION_REQ_AGENT ? first : first->next;
  const bool bot = target != NULL && target->kind == EXPR_TEXT &&
                   text_starts(target->text, TEXT("bot:"));
  return bot ? CHECKER_SET(PENDING) | CHECKER_SET(CONNECTED)
             : CHECKER_SET(QUEUED) | CHECKER_SET(OFFERED) | CHECKER_SET(ACTIVE);
}

/* @no is the state if it is refused. */
static void try_transfer(struct site *site, struct flow_state *no) {
  uint32_t refused = no->set & ~accepting(site);
  if ((no->set & ~over) != 0) {
    refused &= ~over; /* the customer can always leave */
  }
  if (!no->live || no->doubtful) {
    return;
  }
  const bool counted = site->number < SITE_BITS;
  site->refused |= refused;
  site->by_time = site->by_time || no->by_time;
  site->lost = site->lost || (refused != 0 && !counted);
  /* What was refused before is made good by trying again where that is safe.
   */
  const uint32_t bit = counted ? 1u << site->number : 0;
  no->lost = refused != 0 ? no->lost | bit : 0;
}

static enum meaning do_transfer(struct walker *w, const struct expr *e,
                                struct flow *f) {
  struct site *site = site_of(w, e);
  if (site == NULL) {
    return MEANING_NONE;
  }
  flow_settle_states(f);
  struct flow yes = *f;
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    const bool live = f->states[i].live;
    yes.states[i] = (struct flow_state){.set = transferred(e), .live = live};
    try_transfer(site, &f->states[i]);
  }
  flow_set_flag(&yes, FLOW_OUTCOME, true);
  *f = flow_join(*f, yes);
  flow_drop_facts(f);
  w->h->moves++;
  return MEANING_ANSWER;
}

/* ---- ends of holds */

/* Who holds the session for good cannot be sent away by a script. */
static uint32_t staying(const struct expr *e) {
  const uint32_t agent = CHECKER_SET(ACTIVE) | over;
  return e->callee_id == ACTION_END_CONVERSATION ? agent
                                                 : agent | CHECKER_SET(OFFERED);
}

static uint32_t released(const struct expr *e, uint32_t set) {
  const uint32_t ended =
      e->callee_id == ACTION_END_CONVERSATION
          ? bot_statuses
          : bot_statuses | CHECKER_SET(SCRIPT) | CHECKER_SET(QUEUED);
  return (set & ended) != 0 ? (set & ~ended) | CHECKER_SET(IDLE) : set;
}

static enum meaning do_release(struct walker *w, const struct expr *e,
                               struct flow *f) {
  flow_settle_states(f);
  struct flow yes = *f;
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    struct flow_state *y = &yes.states[i], *n = &f->states[i];
    n->set &= staying(e);
    y->set = released(e, y->set & ~staying(e));
    y->by_time = false;
    y->waited_ms = 0;
    y->live = y->live && y->set != 0;
    n->live = n->live && n->set != 0;
  }
  flow_set_flag(&yes, FLOW_OUTCOME, true);
  *f = flow_join(*f, yes);
  flow_drop_facts(f);
  w->h->moves++;
  return MEANING_ANSWER;
}

/* ---- waiting */

static double seconds_of(const struct walker *w, const struct expr *e) {
  double d = 0;
  return handover_number(w, e, &d) ? d : -1;
}

/* The session has not come to @wanted in time, however unlikely that is here:
 * then it is @before still, and nobody thinks of it who does not ask. */
static void be_late(struct flow_state *s, uint32_t wanted, uint32_t before) {
  const uint32_t late = s->set & ~wanted;
  s->doubtful = late == 0;
  if (late != 0) {
    s->set = late;
  } else {
    s->set = (before & ~wanted) != 0 ? before & ~wanted : before;
  }
}

static enum meaning do_wait_for(struct walker *w, const struct expr *e,
                                struct flow *f) {
  const struct expr *id = e->args;
  const struct expr *status = id == NULL ? NULL : id->next;
  const struct expr *seconds = status == NULL ? NULL : status->next;
  bt_check(seconds != NULL);
  const uint32_t wanted =
      status->kind == EXPR_TEXT ? checker_status_set(status->text) : 0;
  flow_settle_states(f);
  struct flow yes = *f;
  flow_pass_time(f, seconds_of(w, seconds), w->h->c->world.drain_s);
  for (unsigned i = 0; i < FLOW_STATES && wanted != 0; i++) {
    struct flow_state *y = &yes.states[i];
    const uint32_t before = y->set;
    y->set =
        (flow_age(before) & wanted) != 0 ? flow_age(before) & wanted : wanted;
    y->by_time = false;
    be_late(&f->states[i], wanted, before);
  }
  flow_set_flag(&yes, FLOW_OUTCOME, true);
  *f = flow_join(*f, yes);
  return wanted != 0 ? MEANING_ANSWER : MEANING_NONE;
}

/* ---- calls */

static enum meaning do_action(struct walker *w, const struct expr *e,
                              struct flow *f) {
  const enum action_id id = (enum action_id)e->callee_id;
  const enum action_effect effect = action_info(id)->effect;
  if (effect != ACTION_EFFECT_NONE && effect != ACTION_EFFECT_TIME &&
      handover_is_other(w, e)) {
    flow_pass_time(f, -1, w->h->c->world.drain_s); /* it may have slept */
    return MEANING_NONE;
  }
  switch (effect) {
  case ACTION_EFFECT_TRANSFER:
    return do_transfer(w, e, f);
  case ACTION_EFFECT_RELEASE:
    return do_release(w, e, f);
  case ACTION_EFFECT_STATUS:
    return do_wait_for(w, e, f);
  case ACTION_EFFECT_TIME:
    flow_pass_time(f, id == ACTION_WAIT ? seconds_of(w, e->args) : -1,
                   w->h->c->world.drain_s);
    break;
  case ACTION_EFFECT_NONE:
    flow_settle_states(f);
    break;
  }
  return MEANING_NONE;
}

static enum meaning walk_call(struct walker *w, const struct expr *e,
                              struct flow *f) {
  handover_expr(w, e->left, f);
  for (const struct expr *arg = e->args; arg != NULL; arg = arg->next) {
    handover_expr(w, arg, f);
  }
  if (!flow_is_live(f)) {
    return MEANING_NONE;
  }
  if (e->callee == CALLEE_ACTION) {
    return do_action(w, e, f);
  }
  return e->callee == CALLEE_FUNCTION ? handover_function(w, e, f)
                                      : MEANING_NONE;
}

static enum meaning walk_truth(struct walker *w, const struct expr *e,
                               struct flow *f) {
  struct fork fork = handover_condition(w, e, *f);
  flow_set_flag(&fork.yes, FLOW_OUTCOME, true);
  *f = flow_join(fork.yes, fork.no);
  return MEANING_TRUTH;
}

static enum meaning walk_name(struct walker *w, const struct expr *e,
                              struct flow *f) {
  const unsigned flag = handover_flag(w, e);
  if (flag == FLOW_NO_FLAG) {
    return MEANING_NONE;
  }
  flow_copy_flag(f, flag, FLOW_OUTCOME);
  return handover_meaning(w->h, w->unit, e);
}

enum meaning handover_outcome(struct walker *w, const struct expr *e,
                              struct flow *f) {
  bool value;
  if (e == NULL || !flow_is_live(f)) {
    return MEANING_NONE;
  }
  const enum meaning m =
      e->kind == EXPR_NAME ? MEANING_NONE : handover_meaning(w->h, w->unit, e);
  if (e->kind == EXPR_NAME) {
    return walk_name(w, e, f);
  }
  if (e->kind == EXPR_CALL || e->kind == EXPR_METHOD) {
    return walk_call(w, e, f);
  }
  if (m == MEANING_CODE) {
    return handover_outcome(w, e->left, f) == MEANING_ANSWER ? MEANING_CODE
                                                             : MEANING_NONE;
  }
  if (handover_truth(e, &value)) {
    flow_set_flag(f, FLOW_OUTCOME, value);
    return m;
  }
  if (m == MEANING_TRUTH) {
    return walk_truth(w, e, f);
  }
  handover_expr(w, e->left, f);
  handover_expr(w, e->right, f);
  for (const struct expr *arg = e->args; arg != NULL; arg = arg->next) {
    handover_expr(w, arg, f);
  }
  return m;
}

void handover_expr(struct walker *w, const struct expr *e, struct flow *f) {
  if (e != NULL) {
    (void)handover_outcome(w, e, f);
    flow_drop_outcome(f);
  }
}
