#include "studio/targets_priv.h"

#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "studio/action.h"
#include "studio/builtin_priv.h"
#include "studio/code_priv.h"

/* A variable whose values are targets, or lists of them. */
struct followed {
  bool list;
  struct variable variable;
  const struct unit *unit; /* of a function's own variable */
};

enum { FOLLOWED_MAX = 64, FOLLOW_DEPTH_MAX = 40 };

struct finder {
  struct program *program;
  size_t cap;
  struct program_target *found; /* in plain memory until all are known */
  struct map index;             /* of them, by name */
  struct followed followed[FOLLOWED_MAX];
  size_t followed_count;
  unsigned depth;
  bool failed;
};

static bool same_name(const void *ctx, uint32_t value, const void *key) {
  const struct finder *f = ctx;
  const struct text *name = key;
  return text_equal(f->found[value].name, *name);
}

static void add_target(struct finder *f, struct text name, uint32_t line) {
  struct program *p = f->program;
  const uint64_t hash = hash_text(name);
  if (name.len == 0 || map_get(&f->index, hash, &name) != MAP_NONE) {
    return;
  }
  if (!mem_grow(p->mem, &f->found, &f->cap, p->target_count + 1,
                sizeof *f->found) ||
      !map_put(&f->index, hash, p->target_count)) {
    f->failed = true;
    return;
  }
  f->found[p->target_count++] = (struct program_target){name, line};
}

/* "A|B|C" */
static void add_list(struct finder *f, const struct expr *literal) {
  const struct text t = literal->text;
  for (size_t from = 0; from <= t.len;) {
    const size_t to = text_find(t, TEXT("|"), from);
    add_target(f, text_trim(text_sub(t, from, to - from)), literal->at.line);
    from = to + 1;
  }
}

/* ---- walking */

struct at {
  const struct unit *unit;
  const struct followed *wanted; /* or NULL */
};

typedef void look_expr_fn(struct finder *f, const struct at *at,
                          const struct expr *e);
typedef void look_stmt_fn(struct finder *f, const struct at *at,
                          const struct stmt *s);

struct look {
  look_expr_fn *expr;
  look_stmt_fn *stmt;
};

static void walk_expr(struct finder *f, const struct at *at,
                      const struct expr *e, const struct look *look) {
  if (e == NULL) {
    return;
  }
  look->expr(f, at, e);
  walk_expr(f, at, e->left, look);
  walk_expr(f, at, e->right, look);
  for (const struct expr *arg = e->args; arg != NULL; arg = arg->next) {
    walk_expr(f, at, arg, look);
  }
}

static void walk_block(struct finder *f, const struct at *at,
                       const struct block *block, const struct look *look) {
  for (const struct stmt *s = block->first; s != NULL; s = s->next) {
    look->stmt(f, at, s);
    walk_expr(f, at, s->value, look);
    walk_expr(f, at, s->limit, look);
    walk_expr(f, at, s->step, look);
    for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
      for (const struct expr *e = arm->values; e != NULL; e = e->next) {
        walk_expr(f, at, e, look);
      }
      walk_block(f, at, &arm->body, look);
    }
    walk_block(f, at, &s->body, look);
  }
}

static void walk_units(struct finder *f, const struct followed *wanted,
                       const struct look *look) {
  for (const struct unit *u = f->program->script.units; u != NULL;
       u = u->next) {
    const struct at at = {u, wanted};
    walk_block(f, &at, &u->body, look);
  }
}

/* ---- where a value comes from */

static void follow(struct finder *f, const struct unit *unit,
                   const struct expr *e, bool list);

static bool is_variable(const struct followed *v, const struct unit *unit,
                        const struct expr *e) {
  return e != NULL && e->kind == EXPR_NAME &&
         e->variable.local == v->variable.local &&
         e->variable.index == v->variable.index &&
         (!v->variable.local || unit == v->unit);
}

static void look_at_set(struct finder *f, const struct at *at,
                        const struct stmt *s) {
  if (!is_variable(at->wanted, at->unit, s->target)) {
    return;
  }
  if (s->kind == STMT_ASSIGN) {
    follow(f, at->unit, s->value, at->wanted->list);
  } else if (s->kind == STMT_FOREACH && !at->wanted->list) {
    follow(f, at->unit, s->value, true);
  }
}

static const struct unit *function_of(const struct finder *f,
                                      const struct expr *call) {
  return f->program->script.unit_at[call->callee_id];
}

/* The argument that is the parameter which is wanted. */
static void look_at_argument(struct finder *f, const struct at *at,
                             const struct expr *e) {
  const struct followed *v = at->wanted;
  if (e->callee != CALLEE_FUNCTION || !v->variable.local ||
      v->variable.index >= v->unit->param_count ||
      function_of(f, e) != v->unit) {
    return;
  }
  const bool method = e->kind == EXPR_METHOD;
  const struct expr *arg = method ? e->left : e->args;
  for (uint32_t i = 0; i < v->variable.index && arg != NULL; i++) {
    arg = method && i == 0 ? e->args : arg->next;
  }
  if (arg != NULL) {
    follow(f, at->unit, arg, v->list);
  }
}

static void follow_variable(struct finder *f, const struct unit *unit,
                            const struct expr *e, bool list) {
  static const struct look look = {look_at_argument, look_at_set};
  for (size_t i = 0; i < f->followed_count; i++) {
    if (f->followed[i].list == list && is_variable(&f->followed[i], unit, e)) {
      return;
    }
  }
  if (f->followed_count == FOLLOWED_MAX) {
    return;
  }
  struct followed *v = &f->followed[f->followed_count++];
  *v = (struct followed){list, e->variable, unit};
  walk_units(f, v, &look);
}

static void look_at_return(struct finder *f, const struct at *at,
                           const struct stmt *s) {
  if (s->kind == STMT_RETURN && s->value != NULL) {
    follow(f, at->unit, s->value, at->wanted->list);
  }
}

static void look_at_nothing(struct finder *f, const struct at *at,
                            const struct expr *e) {
  (void)f;
  (void)at;
  (void)e;
}

static bool is_action(const struct expr *e, enum action_id id) {
  return e->kind == EXPR_CALL && e->callee == CALLEE_ACTION &&
         e->callee_id == id;
}

static void follow_call(struct finder *f, const struct expr *e, bool list) {
  if (e->callee == CALLEE_FUNCTION) {
    static const struct look look = {look_at_nothing, look_at_return};
    const struct followed wanted = {.list = list};
    const struct at at = {function_of(f, e), &wanted};
    walk_block(f, &at, &at.unit->body, &look);
  } else if (is_action(e, ACTION_MENU) && list) {
    follow(f, NULL, e->args->next, true); /* the choices */
  }
}

/* list[i], or the .choice of what Menu() answered. */
static bool is_of_list(const struct expr *e) {
  return e->kind == EXPR_INDEX ||
         (e->kind == EXPR_MEMBER && text_equal(e->text, TEXT("choice")));
}

/* Adds what @e can be, as far as literals tell; of a list its elements. */
static void follow(struct finder *f, const struct unit *unit,
                   const struct expr *e, bool list) {
  if (f->depth == FOLLOW_DEPTH_MAX) {
    return;
  }
  f->depth++;
  if (e->kind == EXPR_TEXT && list) {
    add_list(f, e);
  } else if (e->kind == EXPR_TEXT) {
    add_target(f, e->text, e->at.line);
  } else if (e->kind == EXPR_NAME) {
    if (unit != NULL) {
      follow_variable(f, unit, e, list);
    }
  } else if (is_of_list(e) && !list) {
    follow(f, unit, e->left, true);
  } else if (e->kind == EXPR_CALL) {
    follow_call(f, e, list);
  }
  f->depth--;
}

/* ---- what names a target */

/* The argument of this call that does; NULL if none does. */
static const struct expr *target_argument(const struct expr *call) {
  if (is_action(call, ACTION_TRANSFER) && call->argc >= 2) {
    return call->args->next;
  }
  if (is_action(call, ACTION_CALLBACK) && call->argc == 3) {
    return call->args->next->next;
  }
  return is_action(call, ACTION_REQ_AGENT) ||
                 is_action(call, ACTION_GET_QUEUE_INFO)
             ? call->args
             : NULL;
}

/* BotExchange("x") names bot:x, CheckHours("x") names hours:x. */
static void add_of_kind(struct finder *f, const char *kind,
                        const struct expr *name) {
  struct textbuf b;
  textbuf_init(&b, f->program->mem);
  textbuf_addf(&b, "%s:%.*s", kind, TEXT_ARG(name->text));
  const struct text target =
      arena_copy_text(&f->program->arena, textbuf_text(&b));
  f->failed = f->failed || b.failed || target.ptr == NULL;
  textbuf_free(&b);
  if (!f->failed) {
    add_target(f, target, name->at.line);
  }
}

static const struct text payload_members[] = {
    {"queueId", 7}, {"queue", 5}, {"skill", 5}, {"agentId", 7}};
enum { PAYLOAD_MEMBERS = sizeof payload_members / sizeof payload_members[0] };

/* fromjson('{"action":"Transfer","queueId":"x"}') */
static void add_of_json(struct finder *f, const struct expr *call) {
  const struct expr *literal =
      call->kind == EXPR_METHOD ? call->left : call->args;
  struct arena arena;
  struct json *json = NULL;
  if (literal == NULL || literal->kind != EXPR_TEXT) {
    return;
  }
  arena_init(&arena, f->program->mem, 0);
  const bool read = json_parse(&arena, literal->text, JSON_DEPTH_DEFAULT, &json,
                               NULL) == BT_ERR_OK;
  for (size_t i = 0; i < PAYLOAD_MEMBERS && read; i++) {
    const struct text name = json_member_text(json, payload_members[i]);
    const struct text kept =
        name.len == 0 ? name : arena_copy_text(&f->program->arena, name);
    f->failed = f->failed || kept.ptr == NULL;
    if (kept.len > 0) {
      add_target(f, kept, literal->at.line);
    }
  }
  arena_free(&arena);
}

static void look_at_call(struct finder *f, const struct at *at,
                         const struct expr *e) {
  const struct expr *target = target_argument(e);
  if (e->callee == CALLEE_BUILTIN && e->callee_id == BUILTIN_FROMJSON) {
    add_of_json(f, e);
  }
  if (is_action(e, ACTION_BOT_EXCHANGE) && e->args->kind == EXPR_TEXT) {
    add_of_kind(f, "bot", e->args);
  } else if (is_action(e, ACTION_CHECK_HOURS) && e->args != NULL &&
             e->args->kind == EXPR_TEXT) {
    add_of_kind(f, "hours", e->args);
  }
  if (target != NULL) {
    follow(f, at->unit, target, false);
  }
}

/* payload.queueId = … */
static void look_at_payload(struct finder *f, const struct at *at,
                            const struct stmt *s) {
  if (s->kind != STMT_ASSIGN || s->target->kind != EXPR_MEMBER) {
    return;
  }
  for (size_t i = 0; i < PAYLOAD_MEMBERS; i++) {
    if (text_equal_nocase(payload_members[i], s->target->text)) {
      follow(f, at->unit, s->value, false);
    }
  }
}

/* By where they appear first. */
static void sort(struct program_target *found, size_t count) {
  for (size_t i = 1; i < count; i++) {
    const struct program_target t = found[i];
    size_t at = i;
    for (; at > 0 && found[at - 1].line > t.line; at--) {
      found[at] = found[at - 1];
    }
    found[at] = t;
  }
}

bool targets_find(struct program *program) {
  static const struct look look = {look_at_call, look_at_payload};
  struct finder f = {.program = program};
  map_init(&f.index, program->mem, same_name, &f);
  walk_units(&f, NULL, &look);
  program->targets = arena_alloc(&program->arena, (program->target_count + 1) *
                                                      sizeof *program->targets);
  if (program->targets == NULL) {
    f.failed = true;
  }
  if (f.found != NULL && !f.failed) {
    sort(f.found, program->target_count);
    memcpy(program->targets, f.found,
           program->target_count * sizeof *program->targets);
  }
  map_free(&f.index);
  mem_free(program->mem, f.found, f.cap * sizeof *f.found);
  return !f.failed;
}
