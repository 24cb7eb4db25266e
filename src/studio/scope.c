#include "studio/scope_priv.h"

#include <string.h>

#include "base/map.h"

#include "studio/builtin_priv.h"
#include "studio/callee_priv.h"

/* The names of one scope, numbered in order of appearance. */
struct names {
  const struct mem *mem;
  struct text *texts;
  struct place *places;
  size_t count, text_cap, place_cap;
  struct map index;
};

struct scope {
  struct reporter *reporter;
  struct arena *arena;
  struct script *script;
  struct unit *unit; /* being walked */
  struct names globals;
  struct names locals;  /* of the function */
  bool taken[BUILTINS]; /* names of built-ins that the script itself sets */
  struct names sets;    /* what the script sets anywhere, as it is written */
  struct names reads;   /* the script's variables that the function has read */
  bool failed;
};

static bool same_name(const void *ctx, uint32_t value, const void *key) {
  const struct names *n = ctx;
  const struct text *name = key;
  return text_equal_nocase(n->texts[value], *name);
}

static void init_names(struct names *n, const struct mem *mem) {
  *n = (struct names){.mem = mem};
  map_init(&n->index, mem, same_name, n);
}

static void clear_names(struct names *n) {
  n->count = 0;
  map_clear(&n->index);
}

static void free_names(struct names *n) {
  map_free(&n->index);
  mem_free(n->mem, n->texts, n->text_cap * sizeof *n->texts);
  mem_free(n->mem, n->places, n->place_cap * sizeof *n->places);
}

/* .count if it is not there. */
static size_t find_name(const struct names *n, struct text name) {
  const uint32_t i = map_get(&n->index, hash_text_nocase(name), &name);
  return i == MAP_NONE ? n->count : i;
}

static size_t add_name(struct scope *s, struct names *n, struct text name,
                       struct place at) {
  const size_t i = find_name(n, name);
  if (i < n->count) {
    return i;
  }
  if (!mem_grow(n->mem, &n->texts, &n->text_cap, n->count + 1,
                sizeof *n->texts) ||
      !mem_grow(n->mem, &n->places, &n->place_cap, n->count + 1,
                sizeof *n->places) ||
      !map_put(&n->index, hash_text_nocase(name), (uint32_t)n->count)) {
    s->failed = true;
    return 0;
  }
  n->texts[n->count] = name;
  n->places[n->count] = at;
  return n->count++;
}

/* ---- variables */

enum { GLOBAL_LEN = 7 };

/* Names that are the script's wherever they stand. */
static bool is_script_name(struct text name) {
  return text_equal_nocase(text_sub(name, 0, GLOBAL_LEN), TEXT("global:")) ||
         text_equal_nocase(name, TEXT("_err")) ||
         text_equal_nocase(name, TEXT("_errline")) ||
         text_equal_nocase(name, TEXT(SCOPE_RESULT)) ||
         text_equal_nocase(name, TEXT("event"));
}

/* The variable that a plain name means: `x` where only `global:x` is set, as
 * in global:keys = "{keys}{key}", is that one. */
static struct text meant_name(struct scope *s, struct text name) {
  if (is_script_name(name) || find_name(&s->sets, name) < s->sets.count) {
    return name;
  }
  char *copy = arena_alloc(s->arena, name.len + GLOBAL_LEN);
  if (copy == NULL) {
    s->failed = true;
    return name;
  }
  memcpy(copy, "global:", GLOBAL_LEN);
  memcpy(copy + GLOBAL_LEN, name.ptr, name.len);
  const struct text global = {copy, name.len + GLOBAL_LEN};
  return find_name(&s->sets, global) < s->sets.count ? global : name;
}

static void bind_name(struct scope *s, struct expr *e, bool sets) {
  const bool function = s->unit->kind == UNIT_FUNCTION;
  const bool fixed = !function || is_script_name(e->text) ||
                     find_name(&s->reads, e->text) < s->reads.count;
  size_t i = find_name(&s->locals, e->text);
  if (!fixed && i == s->locals.count && sets) {
    i = add_name(s, &s->locals, e->text, e->at);
  }
  if (!fixed && i < s->locals.count) {
    e->variable = (struct variable){true, (uint32_t)i};
    return;
  }
  if (function) {
    (void)add_name(s, &s->reads, e->text, e->at);
  }
  const struct text name = sets ? e->text : meant_name(s, e->text);
  e->variable =
      (struct variable){false, (uint32_t)add_name(s, &s->globals, name, e->at)};
}

/* `now` alone is a call of now(), unless the script sets a variable of that
 * name anywhere. */
static bool bind_reserved(struct scope *s, struct expr *e) {
  const enum builtin_id id = builtin_find_name(e->text);
  return id != BUILTINS && !s->taken[id] &&
         find_name(&s->locals, e->text) == s->locals.count &&
         callee_bind_name(e);
}

static void take_name(struct scope *s, const struct expr *target) {
  while (target != NULL &&
         (target->kind == EXPR_MEMBER || target->kind == EXPR_INDEX)) {
    target = target->left;
  }
  if (target == NULL || target->kind != EXPR_NAME) {
    return;
  }
  (void)add_name(s, &s->sets, target->text, target->at);
  const enum builtin_id id = builtin_find_name(target->text);
  if (id != BUILTINS) {
    s->taken[id] = true;
  }
}

static void take_names(struct scope *s, const struct block *block) {
  for (const struct stmt *stmt = block->first; stmt != NULL;
       stmt = stmt->next) {
    take_name(s, stmt->target);
    for (const struct arm *arm = stmt->arms; arm != NULL; arm = arm->next) {
      take_names(s, &arm->body);
    }
    take_names(s, &stmt->body);
  }
}

/* ---- expressions */

static void walk_expr(struct scope *s, struct expr *e);

static void walk_list(struct scope *s, struct expr *e) {
  for (; e != NULL; e = e->next) {
    walk_expr(s, e);
  }
}

static void walk_expr(struct scope *s, struct expr *e) {
  if (e == NULL) {
    return;
  }
  walk_expr(s, e->left);
  walk_expr(s, e->right);
  walk_list(s, e->args);
  if (e->kind == EXPR_NAME) {
    if (!bind_reserved(s, e)) {
      bind_name(s, e, false);
    }
  } else if (e->callee == CALLEE_UNKNOWN &&
             (e->kind == EXPR_CALL || e->kind == EXPR_METHOD)) {
    callee_bind(s->reporter, s->script, e);
  }
}

/* What stands left of =: a plain name is set, anything else is read first. */
static void walk_target(struct scope *s, struct expr *e) {
  if (e != NULL && e->kind == EXPR_NAME) {
    bind_name(s, e, true);
  } else {
    walk_expr(s, e);
  }
}

/* ---- statements */

static void walk_block(struct scope *s, const struct block *block);

/* What the main part returns is kept for a script that runs this one with
 * RunSub. */
static void bind_result(struct scope *s, struct stmt *stmt) {
  struct expr *name = arena_alloc(s->arena, sizeof *name);
  if (name == NULL) {
    s->failed = true;
    return;
  }
  *name = (struct expr){
      .kind = EXPR_NAME, .at = stmt->at, .text = TEXT(SCOPE_RESULT)};
  stmt->target = name;
}

static void walk_stmt(struct scope *s, struct stmt *stmt) {
  if (stmt->kind == STMT_RETURN && stmt->value != NULL &&
      s->unit->kind != UNIT_FUNCTION) {
    bind_result(s, stmt);
  }
  walk_expr(s, stmt->value);
  walk_expr(s, stmt->limit);
  walk_expr(s, stmt->step);
  walk_target(s, stmt->target);
  for (const struct arm *arm = stmt->arms; arm != NULL; arm = arm->next) {
    walk_list(s, arm->values);
    walk_block(s, &arm->body);
  }
  walk_block(s, &stmt->body);
}

static void walk_block(struct scope *s, const struct block *block) {
  for (struct stmt *stmt = block->first; stmt != NULL; stmt = stmt->next) {
    walk_stmt(s, stmt);
  }
}

/* ---- units */

static void report_duplicate(struct scope *s, struct place at, struct text name,
                             struct place first) {
  report(s->reporter,
         (struct finding){.code = DIAGNOSTIC_CODE_DUPLICATE, .at = at},
         "'%.*s' is there already, on line %u", TEXT_ARG(name), first.line);
}

static void walk_params(struct scope *s) {
  for (const struct param *p = s->unit->params; p != NULL; p = p->next) {
    const size_t before = find_name(&s->locals, p->name);
    if (before < s->locals.count) {
      report_duplicate(s, p->at, p->name, s->locals.places[before]);
    }
    (void)add_name(s, &s->locals, p->name, p->at);
  }
}

static void keep_locals(struct scope *s) {
  struct unit *unit = s->unit;
  unit->local_names =
      arena_alloc(s->arena, (s->locals.count + 1) * sizeof(struct text));
  if (unit->local_names == NULL) {
    s->failed = true;
    return;
  }
  unit->local_count = (uint32_t)s->locals.count;
  for (size_t i = 0; i < s->locals.count; i++) {
    unit->local_names[i] = s->locals.texts[i];
  }
}

static void check_duplicate_unit(struct scope *s, const struct unit *unit) {
  if (unit->kind == UNIT_MAIN || unit->name.len == 0) {
    return;
  }
  const struct unit *first = callee_unit(s->script, unit->kind, unit->name);
  if (first != unit) {
    report_duplicate(s, unit->at, unit->name, first->at);
  }
}

static void walk_unit(struct scope *s, struct unit *unit) {
  s->unit = unit;
  clear_names(&s->locals);
  clear_names(&s->reads);
  check_duplicate_unit(s, unit);
  walk_params(s);
  walk_block(s, &unit->body);
  if (unit->kind == UNIT_FUNCTION) {
    keep_locals(s);
  }
}

/* The variables that the machine itself sets always exist. */
static void add_own_variables(struct scope *s) {
  static const struct place nowhere = {1, 1, 1};
  (void)add_name(s, &s->globals, TEXT("_ERR"), nowhere);
  (void)add_name(s, &s->globals, TEXT("_ERRLINE"), nowhere);
  (void)add_name(s, &s->globals, TEXT("event"), nowhere);
}

static void number_locals(struct script *script) {
  script->all_variables = script->variable_count;
  for (struct unit *u = script->units; u != NULL; u = u->next) {
    u->first_local = script->all_variables;
    script->all_variables += u->local_count;
  }
}

static void keep_globals(struct scope *s) {
  struct script *script = s->script;
  const size_t count = s->globals.count;
  script->variables = arena_alloc(s->arena, (count + 1) * sizeof(struct text));
  script->variable_places =
      arena_alloc(s->arena, (count + 1) * sizeof(struct place));
  if (script->variables == NULL || script->variable_places == NULL) {
    s->failed = true;
    return;
  }
  script->variable_count = (uint32_t)count;
  for (size_t i = 0; i < count; i++) {
    script->variables[i] = s->globals.texts[i];
    script->variable_places[i] = s->globals.places[i];
  }
}

bool scope_run(struct reporter *r, struct arena *arena, struct script *script) {
  struct scope s = {.reporter = r, .arena = arena, .script = script};
  init_names(&s.globals, arena->mem);
  init_names(&s.locals, arena->mem);
  init_names(&s.reads, arena->mem);
  init_names(&s.sets, arena->mem);
  add_own_variables(&s);
  s.failed = s.failed || !callee_index(arena, script);
  for (const struct unit *u = script->units; u != NULL; u = u->next) {
    take_names(&s, &u->body);
  }
  for (struct unit *u = script->units; u != NULL && !s.failed; u = u->next) {
    walk_unit(&s, u);
  }
  if (!s.failed) {
    keep_globals(&s);
    number_locals(script);
  }
  free_names(&s.globals);
  free_names(&s.locals);
  free_names(&s.reads);
  free_names(&s.sets);
  return !s.failed;
}
