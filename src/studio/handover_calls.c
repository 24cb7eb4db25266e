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

static uint32_t accepting(bool deferred) {
  uint32_t set = 0;
  for (unsigned i = 0; i < CHECKER_BITS; i++) {
    if (deferred ? statuses[i].released : statuses[i].now) {
      set |= 1u << i;
    }
  }
  return set;
}

static uint32_t status_bit(const struct expr *e) {
  for (unsigned i = 0; i < CHECKER_BITS && e->kind == EXPR_TEXT; i++) {
    if (text_equal_nocase(e->text, statuses[i].name)) {
      return 1u << i;
    }
  }
  return 0;
}

/* The seconds that stand there as a number, or in a variable that is set to one
 * number only; negative if they are not known. */
static double known_seconds(const struct walker *w, const struct expr *e) {
  double d;
  bt_check(e != NULL);
  if (e->kind == EXPR_NUMBER) {
    return e->number;
  }
  if (e->kind == EXPR_TEXT) {
    return text_to_double(text_trim(e->text), &d) ? d : -1;
  }
  if (e->kind != EXPR_NAME) {
    return -1;
  }
  const struct survey_var *v = survey_find(&w->h->c->survey, w->unit, e);
  const bool once = v->sets != NULL && v->sets->next == NULL &&
                    v->sets->value != NULL &&
                    v->sets->value->kind == EXPR_NUMBER;
  return once ? v->sets->value->number : -1;
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
  *s = (struct site){.call = call, .deferred = handover_is_deferred(w, call)};
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

static void try_transfer(struct site *site, struct flow_state *s,
                         uint32_t target) {
  const uint32_t over = CHECKER_SET(WRAPUP) | CHECKER_SET(COMPLETED);
  uint32_t refused = s->set & ~accepting(site->deferred);
  if ((s->set & ~over) != 0) {
    refused &= ~over; /* the customer can always leave */
  }
  site->refused |= refused;
  site->by_time = site->by_time || s->by_time;
  s->set |= target;
}

static struct fact do_transfer(struct walker *w, const struct expr *e,
                               struct flow *f) {
  struct site *site = site_of(w, e);
  if (site == NULL) {
    return (struct fact){0};
  }
  flow_settle_states(f);
  const struct fact fact = {
      .kind = FACT_CODE, .yes = transferred(e), .no = flow_set(f)};
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    if (f->states[i].live) {
      try_transfer(site, &f->states[i], fact.yes);
    }
  }
  flow_drop_facts(f);
  return fact;
}

/* ---- the other actions */

static struct fact do_release(struct flow *f) {
  const uint32_t bot = CHECKER_SET(PENDING) | CHECKER_SET(CONNECTED) |
                       CHECKER_SET(RELEASING) | CHECKER_SET(IDLE);
  flow_settle_states(f);
  const uint32_t before = flow_set(f);
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    struct flow_state *s = &f->states[i];
    s->set = (s->set & ~bot) | (s->set & bot ? CHECKER_SET(IDLE) : 0);
    s->by_time = false;
  }
  flow_drop_facts(f);
  return (struct fact){.kind = FACT_CODE, .yes = flow_set(f), .no = before};
}

static struct fact do_wait_for(struct walker *w, const struct expr *e,
                               struct flow *f) {
  const struct expr *id = e->args;
  const struct expr *status = id == NULL ? NULL : id->next;
  const struct expr *seconds = status == NULL ? NULL : status->next;
  bt_check(seconds != NULL);
  const uint32_t wanted = status_bit(status);
  flow_settle_states(f);
  const uint32_t before = flow_set(f);
  flow_pass_time(f, known_seconds(w, seconds), w->h->c->world->drain_s);
  if (wanted == 0) {
    return (struct fact){0};
  }
  /* If the time ran out it has not come, however unlikely that is here. */
  const uint32_t late = flow_set(f) & ~wanted, other = before & ~wanted;
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    f->states[i].set |= wanted;
  }
  return (struct fact){.kind = FACT_CODE,
                       .yes = wanted,
                       .no = late != 0    ? late
                             : other != 0 ? other
                                          : before};
}

static struct fact do_action(struct walker *w, const struct expr *e,
                             struct flow *f) {
  const enum action_id id = (enum action_id)e->callee_id;
  switch (action_info(id)->effect) {
  case ACTION_EFFECT_TRANSFER:
    return do_transfer(w, e, f);
  case ACTION_EFFECT_RELEASE:
    return do_release(f);
  case ACTION_EFFECT_TIME:
    flow_pass_time(f, id == ACTION_WAIT ? known_seconds(w, e->args) : -1,
                   w->h->c->world->drain_s);
    break;
  case ACTION_EFFECT_STATUS:
    return do_wait_for(w, e, f);
  case ACTION_EFFECT_NONE:
    break;
  }
  flow_settle_states(f);
  const uint32_t set = flow_set(f);
  const bool info = id == ACTION_GET_SESSION_INFO;
  return (struct fact){
      .kind = info ? FACT_STATUS : FACT_NONE, .yes = set, .no = set};
}

static const struct unit *function_of(const struct walker *w,
                                      const struct expr *e) {
  const struct unit *u = w->h->c->program->script.units;
  for (uint32_t i = 0; i < e->callee_id; i++) {
    u = u->next;
  }
  return u;
}

struct fact handover_call(struct walker *w, const struct expr *e,
                          struct flow *f) {
  if (e->callee == CALLEE_ACTION) {
    return do_action(w, e, f);
  }
  if (e->callee == CALLEE_FUNCTION) {
    handover_function(w, function_of(w, e), f);
  }
  return (struct fact){0};
}

struct fact handover_expr(struct walker *w, const struct expr *e,
                          struct flow *f) {
  if (e == NULL || !flow_is_live(f)) {
    return (struct fact){0};
  }
  (void)handover_expr(w, e->left, f);
  (void)handover_expr(w, e->right, f);
  for (const struct expr *arg = e->args; arg != NULL; arg = arg->next) {
    (void)handover_expr(w, arg, f);
  }
  const bool call = e->kind == EXPR_CALL || e->kind == EXPR_METHOD;
  return call && flow_is_live(f) ? handover_call(w, e, f) : (struct fact){0};
}
