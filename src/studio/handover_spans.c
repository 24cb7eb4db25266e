/* Which of the script's variables are followed by the same flag: a script that
 * transfers ten times, each time with a variable of its own, needs one flag,
 * because none of them is used where another is. */
#include "studio/handover_priv.h"

#define WHOLE UINT32_MAX

struct spanning {
  struct handover *h;
  const struct unit *unit;
  uint32_t n; /* the statement at hand */
};

/* ---- where a variable is used */

static void see(struct spanning *s, const struct expr *name) {
  const struct survey *survey = &s->h->c->survey;
  const size_t i = (size_t)(survey_find(survey, s->unit, name) - survey->vars);
  if (i >= survey->script->variable_count) {
    return; /* a function's own */
  }
  struct span *span = &s->h->spans[i];
  if (span->first == WHOLE) {
    span->first = s->n;
    s->h->order[s->h->order_count++] = (uint32_t)i;
  }
  if (s->unit->kind != UNIT_MAIN) {
    *span = (struct span){0, WHOLE};
  } else if (span->last != WHOLE) {
    span->last = s->n;
  }
}

static void see_expr(struct spanning *s, const struct expr *e) {
  if (e == NULL) {
    return;
  }
  if (e->kind == EXPR_NAME) {
    see(s, e);
  }
  see_expr(s, e->left);
  see_expr(s, e->right);
  for (const struct expr *arg = e->args; arg != NULL; arg = arg->next) {
    see_expr(s, arg);
  }
}

static void see_block(struct spanning *s, const struct block *block);

static void see_stmt(struct spanning *s, const struct stmt *stmt) {
  see_expr(s, stmt->target);
  see_expr(s, stmt->value);
  see_expr(s, stmt->limit);
  see_expr(s, stmt->step);
  for (const struct arm *arm = stmt->arms; arm != NULL; arm = arm->next) {
    for (const struct expr *e = arm->values; e != NULL; e = e->next) {
      see_expr(s, e);
    }
    see_block(s, &arm->body);
  }
  see_block(s, &stmt->body);
}

static void see_block(struct spanning *s, const struct block *block) {
  for (const struct stmt *stmt = block->first; stmt != NULL;
       stmt = stmt->next) {
    see_stmt(s, stmt);
  }
}

/* Functions and sections run at any moment: what they use is used everywhere.
 */
static void see_units(struct handover *h) {
  const struct unit *first = h->c->program->script.units;
  for (const struct unit *u = first; u != NULL; u = u->next) {
    struct spanning s = {.h = h, .unit = u};
    for (const struct stmt *stmt = u->body.first; stmt != NULL;
         stmt = stmt->next) {
      see_stmt(&s, stmt);
      s.n += u->kind == UNIT_MAIN;
    }
  }
}

bool handover_find_spans(struct handover *h) {
  const size_t count = h->c->survey.script->variable_count;
  struct arena *arena = &h->c->arena;
  h->spans = arena_alloc(arena, (count + 1) * sizeof *h->spans);
  h->order = arena_alloc(arena, (count + 1) * sizeof *h->order);
  bool good = h->spans != NULL && h->order != NULL;
  for (unsigned flag = 0; flag < FLOW_FLAGS_MAX; flag++) {
    h->taken[flag] = arena_alloc(arena, (count + 1) * sizeof(struct span *));
    good = good && h->taken[flag] != NULL;
  }
  for (size_t i = 0; good && i < count; i++) {
    h->spans[i] = (struct span){.first = WHOLE};
  }
  if (good) {
    see_units(h);
  }
  return good;
}

/* ---- flags */

static bool is_free(const struct handover *h, unsigned flag,
                    const struct span *span) {
  for (uint32_t i = 0; i < h->taken_count[flag]; i++) {
    const struct span *other = h->taken[flag][i];
    if (span->first <= other->last && other->first <= span->last) {
      return false;
    }
  }
  return true;
}

bool handover_take_flag(struct handover *h, size_t i, unsigned max) {
  const struct span *span = &h->spans[i];
  for (unsigned flag = 0; flag < max; flag++) {
    if (is_free(h, flag, span)) {
      h->taken[flag][h->taken_count[flag]++] = span;
      h->flag_of[i] = (uint8_t)flag;
      return true;
    }
  }
  return false;
}

void handover_begin_spans(struct handover *h, uint32_t n, struct flow *f) {
  for (; h->begun < h->order_count; h->begun++) {
    const uint32_t i = h->order[h->begun];
    if (h->spans[i].first > n) {
      return;
    }
    if (h->flag_of[i] != FLOW_NO_FLAG && h->spans[i].last != WHOLE) {
      flow_set_flag(f, h->flag_of[i], false);
    }
  }
}
