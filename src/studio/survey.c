#include "studio/action.h"
#include "studio/builtin_priv.h"
#include "studio/checker_priv.h"

/* Variables of the script come first, then those of each function. */
struct surveyor {
  struct checker *c;
  const struct unit *unit;
  uint32_t order;
  unsigned loops;
};

size_t survey_first_local(const struct survey *s, const struct unit *unit) {
  return unit == NULL ? s->script->all_variables : unit->first_local;
}

struct survey_var *survey_find(const struct survey *s, const struct unit *unit,
                               const struct expr *name) {
  const size_t first = name->variable.local ? survey_first_local(s, unit) : 0;
  return &s->vars[first + name->variable.index];
}

/* ---- what functions are called with */

static uint8_t gives(const struct expr *value) {
  if (value == NULL) {
    return 0;
  }
  if (value->callee == CALLEE_BUILTIN) {
    return value->callee_id == BUILTIN_GETRESTPROXY ? SURVEY_GIVES_PROXY : 0;
  }
  if (value->callee != CALLEE_ACTION ||
      value->callee_id == ACTION_REST_REQUEST) {
    return 0;
  }
  return value->callee_id == ACTION_GET_SESSION_INFO ? SURVEY_GIVES_INFO
                                                     : SURVEY_GIVES_ANSWER;
}

static void append(struct survey_set **first, struct survey_set **last,
                   struct survey_set *set) {
  if (*first == NULL) {
    *first = set;
  } else {
    (*last)->next = set;
  }
  *last = set;
}

static void add_args(struct surveyor *s, const struct expr *call) {
  const struct unit *unit = s->c->program->script.unit_at[call->callee_id];
  struct survey_var *v =
      &s->c->survey.vars[survey_first_local(&s->c->survey, unit)];
  for (const struct expr *arg = checker_first_arg(call); arg != NULL;
       arg = checker_next_arg(call, arg), v++) {
    struct survey_set *set = arena_alloc(&s->c->arena, sizeof *set);
    if (set == NULL) {
      s->c->failed = true;
      return;
    }
    *set = (struct survey_set){NULL, arg, s->unit, ++s->order, NULL};
    append(&v->args, &v->last_arg, set);
    v->gives |= gives(arg);
  }
}

const struct expr *checker_first_arg(const struct expr *call) {
  return call->kind == EXPR_METHOD ? call->left : call->args;
}

const struct expr *checker_next_arg(const struct expr *call,
                                    const struct expr *arg) {
  return arg == call->left ? call->args : arg->next;
}

/* ---- reads */

static void read_expr(struct surveyor *s, const struct expr *e) {
  if (e == NULL) {
    return;
  }
  if (e->callee == CALLEE_FUNCTION) {
    add_args(s, e);
  }
  s->order++;
  if (e->kind == EXPR_NAME) {
    struct survey_var *v = survey_find(&s->c->survey, s->unit, e);
    if (v->first_read == NULL) {
      v->first_read = e;
      v->first_read_unit = s->unit;
      v->first_read_order = s->order;
      v->first_read_in_loop = s->loops > 0;
    }
  }
  read_expr(s, e->left);
  read_expr(s, e->right);
  for (const struct expr *arg = e->args; arg != NULL; arg = arg->next) {
    read_expr(s, arg);
  }
}

/* ---- sets */

static const struct expr *root_of(const struct expr *e) {
  while (e->kind != EXPR_NAME && e->left != NULL) {
    e = e->left;
  }
  return e->kind == EXPR_NAME ? e : NULL;
}

static void add_set(struct surveyor *s, const struct expr *target,
                    const struct expr *value) {
  const struct expr *root = root_of(target);
  struct survey_set *set = arena_alloc(&s->c->arena, sizeof *set);
  if (root == NULL || set == NULL) {
    s->c->failed = s->c->failed || set == NULL;
    return;
  }
  *set = (struct survey_set){target, value, s->unit, ++s->order, NULL};
  struct survey_var *v = survey_find(&s->c->survey, s->unit, root);
  const bool whole = target->kind == EXPR_NAME;
  v->gives |= whole ? gives(value) : 0;
  struct survey_set **first = whole ? &v->sets : &v->members;
  struct survey_set **last = whole ? &v->last_set : &v->last_member;
  append(first, last, set);
}

static void set_target(struct surveyor *s, const struct stmt *stmt) {
  const struct expr *target = stmt->target;
  if (target == NULL) {
    return;
  }
  if (target->kind != EXPR_NAME) {
    read_expr(s, target->left);
    read_expr(s, target->right);
  }
  add_set(s, target, stmt->kind == STMT_ASSIGN ? stmt->value : NULL);
}

/* ---- statements */

static void survey_block(struct surveyor *s, const struct block *block);

static void survey_stmt(struct surveyor *s, const struct stmt *stmt) {
  const bool loop = stmt->kind == STMT_FOR || stmt->kind == STMT_FOREACH ||
                    stmt->kind == STMT_REPEAT;
  read_expr(s, stmt->value);
  read_expr(s, stmt->limit);
  read_expr(s, stmt->step);
  set_target(s, stmt);
  for (const struct arm *arm = stmt->arms; arm != NULL; arm = arm->next) {
    for (const struct expr *e = arm->values; e != NULL; e = e->next) {
      read_expr(s, e);
    }
    survey_block(s, &arm->body);
  }
  s->loops += loop;
  survey_block(s, &stmt->body);
  s->loops -= loop;
}

static void survey_block(struct surveyor *s, const struct block *block) {
  for (const struct stmt *stmt = block->first; stmt != NULL && !s->c->failed;
       stmt = stmt->next) {
    survey_stmt(s, stmt);
  }
}

/* ---- all of it */

static void name_variables(struct survey *s) {
  for (uint32_t i = 0; i < s->script->variable_count; i++) {
    s->vars[i].name = s->script->variables[i];
  }
  for (const struct unit *u = s->script->units; u != NULL; u = u->next) {
    for (uint32_t i = 0; i < u->local_count; i++) {
      s->vars[survey_first_local(s, u) + i].name = u->local_names[i];
    }
  }
}

bool survey_run(struct checker *c) {
  struct survey *s = &c->survey;
  struct surveyor surveyor = {.c = c};
  s->script = &c->program->script;
  s->count = survey_first_local(s, NULL);
  s->vars = arena_alloc(&c->arena, (s->count + 1) * sizeof *s->vars);
  if (s->vars == NULL) {
    return false;
  }
  name_variables(s);
  for (const struct unit *u = s->script->units; u != NULL; u = u->next) {
    surveyor.unit = u;
    survey_block(&surveyor, &u->body);
  }
  return !c->failed;
}
