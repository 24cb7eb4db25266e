/* What the script remembers of the session: which variables are followed. */
#include <string.h>

#include "studio/action.h"
#include "studio/handover_priv.h"

enum { MEANING_KNOWN = 0x80, MEANING_DEPTH_MAX = 60, SCRIPT_FLAGS_MAX = 4 };

/* ---- literals */

bool handover_truth(const struct expr *e, bool *out) {
  const bool one = e->number > 0 && e->number < 2;
  const bool zero = !(e->number > 0) && !(e->number < 0);
  if (e->kind != EXPR_BOOL && (e->kind != EXPR_NUMBER || !(one || zero))) {
    return false;
  }
  *out = one;
  return true;
}

/* The only number that is ever given to @v. */
static bool only_number(const struct survey_var *v, double *out) {
  const struct survey_set *s = v->sets == NULL ? v->args : v->sets;
  const bool once = s != NULL && s->next == NULL && s->value != NULL &&
                    (v->sets == NULL || v->args == NULL) &&
                    s->value->kind == EXPR_NUMBER;
  *out = once ? s->value->number : 0;
  return once;
}

bool handover_number(const struct walker *w, const struct expr *e,
                     double *out) {
  double d = 0;
  if (e == NULL) {
    return false;
  }
  bool known = false;
  if (e->kind == EXPR_NUMBER) {
    d = e->number;
    known = true;
  } else if (e->kind == EXPR_TEXT) {
    known = text_to_double(text_trim(e->text), &d);
  } else if (e->kind == EXPR_UNARY && e->op == EXPR_OP_NEG) {
    known = handover_number(w, e->left, &d);
    d = -d;
  } else if (e->kind == EXPR_NAME) {
    known = only_number(survey_find(&w->h->c->survey, w->unit, e), &d);
  }
  *out = known ? d : *out;
  return known;
}

/* ---- meanings */

static enum meaning join(enum meaning a, enum meaning b) {
  if (a == MEANING_ANY || a == b) {
    return b;
  }
  return b == MEANING_ANY ? a : MEANING_NONE;
}

static enum meaning meaning_of_sets(struct handover *h,
                                    const struct survey_set *s) {
  enum meaning m = MEANING_ANY;
  for (; s != NULL && m != MEANING_NONE; s = s->next) {
    m = join(m, s->value == NULL ? MEANING_NONE
                                 : handover_meaning(h, s->unit, s->value));
  }
  return m;
}

static enum meaning meaning_of_variable(struct handover *h, size_t i) {
  const struct survey_var *v = &h->c->survey.vars[i];
  if ((h->meanings[i] & MEANING_KNOWN) != 0) {
    return (enum meaning)(h->meanings[i] & ~MEANING_KNOWN);
  }
  if (h->meaning_depth == MEANING_DEPTH_MAX || v->members != NULL) {
    return MEANING_NONE;
  }
  h->meanings[i] = MEANING_KNOWN | MEANING_ANY; /* while it is looked at */
  h->meaning_depth++;
  const enum meaning m =
      join(meaning_of_sets(h, v->sets), meaning_of_sets(h, v->args));
  h->meaning_depth--;
  h->meanings[i] = (uint8_t)(MEANING_KNOWN | m);
  return m;
}

static enum meaning meaning_of_returns(struct handover *h,
                                       const struct unit *unit,
                                       const struct block *block) {
  enum meaning m = MEANING_ANY;
  for (const struct stmt *s = block->first; s != NULL; s = s->next) {
    if (s->kind == STMT_RETURN && s->value != NULL) {
      m = join(m, handover_meaning(h, unit, s->value));
    }
    m = join(m, meaning_of_returns(h, unit, &s->body));
    for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
      m = join(m, meaning_of_returns(h, unit, &arm->body));
    }
  }
  return m;
}

static size_t unit_number(const struct handover *h, const struct unit *unit) {
  size_t n = h->c->survey.count;
  for (const struct unit *u = h->c->program->script.units; u != unit;
       u = u->next) {
    n++;
  }
  return n;
}

enum meaning handover_unit_meaning(struct handover *h,
                                   const struct unit *unit) {
  const size_t i = unit_number(h, unit);
  if ((h->meanings[i] & MEANING_KNOWN) != 0) {
    return (enum meaning)(h->meanings[i] & ~MEANING_KNOWN);
  }
  if (h->meaning_depth == MEANING_DEPTH_MAX) {
    return MEANING_NONE;
  }
  h->meanings[i] = MEANING_KNOWN | MEANING_ANY;
  h->meaning_depth++;
  const enum meaning m = meaning_of_returns(h, unit, &unit->body);
  h->meaning_depth--;
  h->meanings[i] = (uint8_t)(MEANING_KNOWN | m);
  return m;
}

const struct unit *handover_function_of(const struct handover *h,
                                        const struct expr *call) {
  return h->c->program->script.unit_at[call->callee_id];
}

static enum meaning meaning_of_call(struct handover *h, const struct expr *e) {
  if (e->callee == CALLEE_FUNCTION) {
    return handover_unit_meaning(h, handover_function_of(h, e));
  }
  if (e->callee != CALLEE_ACTION) {
    return MEANING_NONE;
  }
  const enum action_effect effect =
      action_info((enum action_id)e->callee_id)->effect;
  return effect == ACTION_EFFECT_TRANSFER || effect == ACTION_EFFECT_RELEASE ||
                 effect == ACTION_EFFECT_STATUS
             ? MEANING_ANSWER
             : MEANING_NONE;
}

static enum meaning meaning_of_literal(const struct expr *e) {
  bool value;
  if (e->kind == EXPR_TEXT) {
    return e->text.len == 0 ? MEANING_ANY : MEANING_NONE;
  }
  if (!handover_truth(e, &value)) {
    return MEANING_NONE;
  }
  return e->kind == EXPR_NUMBER && !value ? MEANING_ANY : MEANING_TRUTH;
}

enum meaning handover_meaning(struct handover *h, const struct unit *unit,
                              const struct expr *e) {
  switch ((unsigned)e->kind) {
  case EXPR_NULL:
    return MEANING_ANY;
  case EXPR_BOOL:
  case EXPR_NUMBER:
  case EXPR_TEXT:
    return meaning_of_literal(e);
  case EXPR_NAME:
    return meaning_of_variable(
        h, (size_t)(survey_find(&h->c->survey, unit, e) - h->c->survey.vars));
  case EXPR_MEMBER:
    return text_equal(e->text, TEXT("code")) &&
                   handover_meaning(h, unit, e->left) == MEANING_ANSWER
               ? MEANING_CODE
               : MEANING_NONE;
  case EXPR_CALL:
  case EXPR_METHOD:
    return meaning_of_call(h, e);
  case EXPR_UNARY:
    return e->op == EXPR_OP_NOT ? MEANING_TRUTH : MEANING_NONE;
  case EXPR_BINARY:
    return e->op <= EXPR_OP_GE ? MEANING_TRUTH : MEANING_NONE;
  default:
    return MEANING_NONE;
  }
}

/* ---- flags */

size_t handover_variable(const struct walker *w, const struct expr *name) {
  const struct survey *s = &w->h->c->survey;
  return (size_t)(survey_find(s, w->unit, name) - s->vars);
}

unsigned handover_flag(const struct walker *w, const struct expr *e) {
  return e->kind == EXPR_NAME ? w->h->flag_of[handover_variable(w, e)]
                              : (unsigned)FLOW_NO_FLAG;
}

static bool is_followed(struct handover *h, size_t i, bool answers) {
  const struct survey_var *v = &h->c->survey.vars[i];
  if ((v->sets == NULL && v->args == NULL) || v->first_read == NULL ||
      h->flag_of[i] != FLOW_NO_FLAG) {
    return false;
  }
  const enum meaning m = meaning_of_variable(h, i);
  return answers ? m == MEANING_ANSWER || m == MEANING_CODE
                 : m == MEANING_TRUTH;
}

/* Gives bits from @bit on to a function's [@first, @end): answers before what
 * is only true or false. Returns the bit after the last. */
static unsigned give_flags(struct handover *h, size_t first, size_t end,
                           unsigned bit, unsigned max) {
  for (unsigned pass = 0; pass < 2; pass++) {
    for (size_t i = first; i < end && bit < max; i++) {
      if (is_followed(h, i, pass == 0)) {
        h->flag_of[i] = (uint8_t)bit++;
      }
    }
  }
  return bit;
}

/* The script's variables, in the order in which they are used. */
static void give_script_flags(struct handover *h, unsigned max) {
  for (unsigned pass = 0; pass < 2; pass++) {
    for (uint32_t n = 0; n < h->order_count; n++) {
      const size_t i = h->order[n];
      if (is_followed(h, i, pass == 0) && handover_take_flag(h, i, max) &&
          h->flag_of[i] >= h->flag_count) {
        h->flag_count = h->flag_of[i] + 1u;
      }
    }
  }
}

bool handover_find_flags(struct handover *h) {
  const struct survey *s = &h->c->survey;
  h->flag_of = arena_alloc(&h->c->arena, s->count + 1);
  h->meanings = arena_alloc(&h->c->arena, s->count + s->script->unit_count + 1);
  if (h->flag_of == NULL || h->meanings == NULL || !handover_find_spans(h)) {
    return false;
  }
  memset(h->flag_of, FLOW_NO_FLAG, s->count);
  size_t first = s->script->variable_count;
  const bool alone = s->count == first;
  give_script_flags(h, alone ? (unsigned)FLOW_FLAGS_MAX
                             : (unsigned)SCRIPT_FLAGS_MAX);
  for (const struct unit *u = s->script->units; u != NULL; u = u->next) {
    (void)give_flags(h, first, first + u->local_count, h->flag_count,
                     FLOW_FLAGS_MAX);
    first += u->local_count;
  }
  return true;
}

void handover_drop_locals(const struct handover *h, struct flow *f) {
  for (unsigned flag = h->flag_count; flag < FLOW_FLAGS_MAX; flag++) {
    flow_set_flag(f, flag, false);
  }
}
