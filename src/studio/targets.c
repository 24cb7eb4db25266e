#include "studio/targets_priv.h"

#include <string.h>

#include "studio/action.h"
#include "studio/code_priv.h"

struct finder {
  struct program *program;
  size_t cap;
  struct program_target *found; /* in plain memory until all are known */
  struct text variables[16];    /* that stand as a target */
  size_t variable_count;
  bool failed;
};

static void add_target(struct finder *f, const struct expr *literal) {
  struct program *p = f->program;
  for (size_t i = 0; i < p->target_count; i++) {
    if (text_equal(f->found[i].name, literal->text)) {
      return;
    }
  }
  if (literal->text.len == 0) {
    return;
  }
  if (!mem_grow(p->mem, &f->found, &f->cap, p->target_count + 1,
                sizeof *f->found)) {
    f->failed = true;
    return;
  }
  f->found[p->target_count++] =
      (struct program_target){literal->text, literal->at.line};
}

/* The argument of this call that names a target; NULL if none does. */
static const struct expr *target_argument(const struct expr *call) {
  if (call->kind != EXPR_CALL || call->callee != CALLEE_ACTION) {
    return NULL;
  }
  if (call->callee_id == ACTION_TRANSFER && call->argc >= 2) {
    return call->args->next;
  }
  return call->callee_id == ACTION_REQ_AGENT ? call->args : NULL;
}

static void look_at_call(struct finder *f, const struct expr *call) {
  const struct expr *target = target_argument(call);
  const size_t max = sizeof f->variables / sizeof f->variables[0];
  if (target == NULL) {
    return;
  }
  if (target->kind == EXPR_TEXT) {
    add_target(f, target);
  } else if (target->kind == EXPR_NAME && f->variable_count < max) {
    f->variables[f->variable_count++] = target->text;
  }
}

static void look_at_expr(struct finder *f, const struct expr *e) {
  if (e == NULL) {
    return;
  }
  look_at_call(f, e);
  look_at_expr(f, e->left);
  look_at_expr(f, e->right);
  for (const struct expr *arg = e->args; arg != NULL; arg = arg->next) {
    look_at_expr(f, arg);
  }
}

static bool names_target(const struct finder *f, const struct expr *e) {
  static const struct text members[] = {
      {"queueId", 7}, {"queue", 5}, {"skill", 5}, {"agentId", 7}};
  const bool member = e->kind == EXPR_MEMBER;
  const struct text *names = member ? members : f->variables;
  const size_t count = member ? 4 : f->variable_count;
  for (size_t i = 0; i < count; i++) {
    if (text_equal_nocase(names[i], e->text)) {
      return member || e->kind == EXPR_NAME;
    }
  }
  return false;
}

typedef void look_fn(struct finder *f, const struct stmt *s);

static void look_at_calls(struct finder *f, const struct stmt *s) {
  look_at_expr(f, s->value);
  look_at_expr(f, s->limit);
  look_at_expr(f, s->step);
  for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
    for (const struct expr *e = arm->values; e != NULL; e = e->next) {
      look_at_expr(f, e);
    }
  }
}

static void look_at_assignment(struct finder *f, const struct stmt *s) {
  if (s->kind == STMT_ASSIGN && s->value->kind == EXPR_TEXT &&
      names_target(f, s->target)) {
    add_target(f, s->value);
  }
}

static void walk(struct finder *f, const struct block *block, look_fn *look) {
  for (const struct stmt *s = block->first; s != NULL; s = s->next) {
    look(f, s);
    walk(f, &s->body, look);
    for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
      walk(f, &arm->body, look);
    }
  }
}

static void walk_units(struct finder *f, look_fn *look) {
  for (const struct unit *u = f->program->script.units; u != NULL;
       u = u->next) {
    walk(f, &u->body, look);
  }
}

bool targets_find(struct program *program) {
  struct finder f = {.program = program};
  walk_units(&f, look_at_calls);
  walk_units(&f, look_at_assignment);
  program->targets = arena_alloc(&program->arena, (program->target_count + 1) *
                                                      sizeof *program->targets);
  if (program->targets == NULL) {
    f.failed = true;
  }
  if (f.found != NULL && !f.failed) {
    memcpy(program->targets, f.found,
           program->target_count * sizeof *program->targets);
  }
  mem_free(program->mem, f.found, f.cap * sizeof *f.found);
  return !f.failed;
}
