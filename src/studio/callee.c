#include "studio/callee_priv.h"

#include <stdio.h>

#include "base/map.h"
#include "studio/action.h"
#include "studio/builtin_priv.h"
#include "studio/parser_priv.h"

struct call {
  struct reporter *reporter;
  const struct script *script;
  struct expr *expr;
  uint32_t argc; /* the value of a method counted */
};

static void check_count(const struct call *c, uint32_t argc, uint32_t min,
                        uint32_t max) {
  if (argc >= min && argc <= max) {
    return;
  }
  char wanted[32];
  if (min == max) {
    (void)snprintf(wanted, sizeof wanted, "%u", min);
  } else {
    (void)snprintf(wanted, sizeof wanted, "%u to %u", min, max);
  }
  report(c->reporter,
         (struct finding){.code = DIAGNOSTIC_CODE_ARGUMENT_COUNT,
                          .at = c->expr->at},
         "'%.*s' takes %s argument%s, %u given", TEXT_ARG(c->expr->text),
         wanted, max == 1 ? "" : "s", argc);
}

/* ---- functions of the script */

static struct unit **bucket(const struct script *script, struct text name) {
  return &script->by_name[hash_text_nocase(name) & script->name_mask];
}

struct unit *callee_unit(const struct script *script, enum unit_kind kind,
                         struct text name) {
  struct unit *u = *bucket(script, name);
  while (u != NULL && !(u->kind == kind && text_equal_nocase(u->name, name))) {
    u = u->same_hash;
  }
  return u;
}

bool callee_index(struct arena *arena, struct script *script) {
  uint32_t index = 0, size = 1;
  while (size < script->unit_count) {
    size *= 2;
  }
  script->name_mask = size - 1;
  script->by_name = arena_alloc(arena, size * sizeof(struct unit *));
  script->unit_at =
      arena_alloc(arena, script->unit_count * sizeof(struct unit *));
  if (script->by_name == NULL || script->unit_at == NULL) {
    return false;
  }
  for (struct unit *u = script->units; u != NULL; u = u->next) {
    u->index = index;
    script->unit_at[index++] = u;
    if (u->kind != UNIT_MAIN && callee_unit(script, u->kind, u->name) == NULL) {
      struct unit **first = bucket(script, u->name);
      u->same_hash = *first;
      *first = u;
    }
  }
  return true;
}

static bool bind_function(const struct call *c) {
  const struct unit *u = callee_unit(c->script, UNIT_FUNCTION, c->expr->text);
  if (u == NULL) {
    return false;
  }
  c->expr->callee = CALLEE_FUNCTION;
  c->expr->callee_id = u->index;
  check_count(c, c->argc, u->param_count, u->param_count);
  return true;
}

/* ---- built-ins */

bool callee_bind_name(struct expr *e) {
  const enum builtin_id id = builtin_find_name(e->text);
  if (id == BUILTINS) {
    return false;
  }
  e->kind = EXPR_CALL;
  e->callee = CALLEE_BUILTIN;
  e->callee_id = id;
  return true;
}

static bool bind_builtin(const struct call *c) {
  const enum builtin_id id = builtin_find(c->expr->text);
  if (id == BUILTINS) {
    return false;
  }
  const struct builtin_info *info = builtin_info(id);
  const bool method = c->expr->kind == EXPR_METHOD;
  if (!method && info->use == BUILTIN_USE_METHOD) {
    return false;
  }
  c->expr->callee = CALLEE_BUILTIN;
  c->expr->callee_id = id;
  const uint32_t self = method && info->min_args > 0;
  check_count(c, c->argc - self, info->min_args - self, info->max_args - self);
  return true;
}

/* ---- actions */

static bool bind_action(const struct call *c) {
  const enum action_id id = action_find(c->expr->text);
  if (id == ACTIONS) {
    return false;
  }
  const struct action_info *info = action_info(id);
  const bool method = c->expr->kind == EXPR_METHOD;
  if (method != (info->offer == ACTION_OFFER_METHOD)) {
    return false;
  }
  c->expr->callee = CALLEE_ACTION;
  c->expr->callee_id = id;
  check_count(c, c->expr->argc, info->min_args, info->max_args);
  return true;
}

/* ---- nothing of these */

enum { NAMES_MAX = BUILTINS + ACTIONS + 64 };

static size_t collect_names(const struct call *c, struct text *names) {
  size_t n = 0;
  for (size_t i = 0; i < BUILTINS; i++) {
    names[n++] = builtin_info((enum builtin_id)i)->name;
  }
  for (size_t i = 0; i < ACTIONS; i++) {
    names[n++] = action_info((enum action_id)i)->name;
  }
  for (const struct unit *u = c->script->units; u != NULL && n < NAMES_MAX;
       u = u->next) {
    if (u->kind == UNIT_FUNCTION) {
      names[n++] = u->name;
    }
  }
  return n;
}

/* What is known of such a name: empty if nothing is. */
static struct text cure(const struct call *c, struct textbuf *out) {
  const enum action_id action = action_find(c->expr->text);
  const enum builtin_id builtin = builtin_find(c->expr->text);
  if (c->expr->kind == EXPR_METHOD && action != ACTIONS) {
    textbuf_addf(out, "it is no method: write %.*s(…)",
                 TEXT_ARG(action_info(action)->name));
    return textbuf_text(out);
  }
  if (c->expr->kind == EXPR_CALL && builtin != BUILTINS) {
    textbuf_addf(out, "it is a method: write x.%.*s(…)",
                 TEXT_ARG(builtin_info(builtin)->name));
    return textbuf_text(out);
  }
  return parser_call_habit(c->expr->text);
}

static void report_unknown(const struct call *c) {
  struct text names[NAMES_MAX];
  struct textbuf hint;
  const size_t count = collect_names(c, names);
  textbuf_init(&hint, c->reporter->diags->arena.mem);
  const struct text habit = cure(c, &hint);
  report(c->reporter,
         (struct finding){
             .code = DIAGNOSTIC_CODE_UNKNOWN_FUNCTION,
             .at = c->expr->at,
             .hint = habit.len > 0
                         ? habit
                         : report_nearest(&hint, c->expr->text, names, count)},
         "there is no %s '%.*s'",
         c->expr->kind == EXPR_METHOD ? "method" : "function or action",
         TEXT_ARG(c->expr->text));
  textbuf_free(&hint);
}

void callee_bind(struct reporter *r, const struct script *script,
                 struct expr *call) {
  const struct call c = {.reporter = r,
                         .script = script,
                         .expr = call,
                         .argc = call->argc +
                                 (call->kind == EXPR_METHOD ? 1u : 0u)};
  if (bind_function(&c) || bind_builtin(&c) || bind_action(&c) ||
      (script->nameless && call->kind == EXPR_CALL)) {
    return;
  }
  report_unknown(&c);
}
