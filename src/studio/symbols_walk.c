/* Every appearance of a name, out of the tree. */
#include "base/map.h"
#include "studio/symbols_priv.h"

struct walk {
  struct symbols *s;
  const struct unit *unit;
  uint32_t number; /* of the unit */
  bool failed;
};

static void add(struct walk *w, struct symbol_use use) {
  struct symbols *s = w->s;
  if (!mem_grow(s->mem, &s->uses, &s->use_cap, s->use_count + 1,
                sizeof *s->uses)) {
    w->failed = true;
    return;
  }
  s->uses[s->use_count++] = use;
}

static struct symbol_place place_of(struct place at) {
  return (struct symbol_place){at.line, at.column, at.length};
}

static bool is_param(const struct unit *unit, struct text name) {
  for (const struct param *p = unit->params; p != NULL; p = p->next) {
    if (text_equal_nocase(p->name, name)) {
      return true;
    }
  }
  return false;
}

static void add_name(struct walk *w, const struct expr *e, bool sets) {
  const bool local = e->variable.local;
  const bool param = local && is_param(w->unit, e->text);
  add(w, (struct symbol_use){.kind = param ? SYMBOL_PARAMETER : SYMBOL_VARIABLE,
                             .sets = sets,
                             .unit = local ? w->number : 0,
                             .id = e->variable.index,
                             .at = place_of(e->at),
                             .name = e->text});
}

static void add_call(struct walk *w, const struct expr *e) {
  struct symbol_use use = {.is_method = e->kind == EXPR_METHOD,
                           .id = e->callee_id,
                           .at = place_of(e->at),
                           .name = e->text};
  switch (e->callee) {
  case CALLEE_FUNCTION:
    use.kind = SYMBOL_FUNCTION;
    break;
  case CALLEE_BUILTIN:
    use.kind = SYMBOL_BUILTIN;
    break;
  case CALLEE_ACTION:
    use.kind = SYMBOL_ACTION;
    break;
  case CALLEE_UNKNOWN:
    return;
  }
  add(w, use);
}

/* A member of a variable is the variable's; one further in is nobody's. */
static void add_member(struct walk *w, const struct expr *e) {
  const bool direct = e->left->kind == EXPR_NAME;
  const struct variable v = direct ? e->left->variable : (struct variable){0};
  add(w, (struct symbol_use){.kind = SYMBOL_MEMBER,
                             .unit = !direct   ? UINT32_MAX
                                     : v.local ? w->number
                                               : 0,
                             .id = v.index,
                             .at = place_of(e->at),
                             .name = e->text});
}

static void walk_expr(struct walk *w, const struct expr *e) {
  if (e == NULL) {
    return;
  }
  walk_expr(w, e->left);
  if (e->kind == EXPR_NAME) {
    add_name(w, e, false);
  } else if (e->kind == EXPR_CALL || e->kind == EXPR_METHOD) {
    add_call(w, e);
  } else if (e->kind == EXPR_MEMBER) {
    add_member(w, e);
  }
  walk_expr(w, e->right);
  for (const struct expr *arg = e->args; arg != NULL; arg = arg->next) {
    walk_expr(w, arg);
  }
}

static void walk_target(struct walk *w, const struct expr *e) {
  if (e != NULL && e->kind == EXPR_NAME) {
    add_name(w, e, true);
  } else {
    walk_expr(w, e);
  }
}

static void walk_block(struct walk *w, const struct block *block) {
  for (const struct stmt *s = block->first; s != NULL; s = s->next) {
    walk_target(w, s->target);
    walk_expr(w, s->value);
    walk_expr(w, s->limit);
    walk_expr(w, s->step);
    for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
      for (const struct expr *e = arm->values; e != NULL; e = e->next) {
        walk_expr(w, e);
      }
      walk_block(w, &arm->body);
    }
    walk_block(w, &s->body);
  }
}

/* The local that a parameter is: a name that is there twice is one. */
static uint32_t param_index(const struct unit *unit,
                            const struct param *param) {
  uint32_t i = 0;
  while (i < unit->local_count &&
         !text_equal_nocase(unit->local_names[i], param->name)) {
    i++;
  }
  return i;
}

static void walk_unit(struct walk *w) {
  const struct unit *u = w->unit;
  if (u->kind != UNIT_MAIN && u->name.len > 0) {
    const bool function = u->kind == UNIT_FUNCTION;
    add(w,
        (struct symbol_use){.kind = function ? SYMBOL_FUNCTION : SYMBOL_SECTION,
                            .sets = true,
                            .id = w->number,
                            .at = place_of(u->at),
                            .name = u->name});
  }
  for (const struct param *p = u->params; p != NULL; p = p->next) {
    add(w, (struct symbol_use){.kind = SYMBOL_PARAMETER,
                               .sets = true,
                               .unit = w->number,
                               .id = param_index(u, p),
                               .at = place_of(p->at),
                               .name = p->name});
  }
  walk_block(w, &u->body);
}

static bool is_before(struct symbol_place a, struct symbol_place b) {
  return a.line != b.line ? a.line < b.line : a.column < b.column;
}

/* By place, in runs that are merged: units and targets come out of order. */
static void merge(const struct symbol_use *from, struct symbol_use *to,
                  size_t middle, size_t end) {
  size_t a = 0, b = middle;
  for (size_t i = 0; i < end; i++) {
    const bool left =
        a < middle && (b >= end || !is_before(from[b].at, from[a].at));
    to[i] = left ? from[a++] : from[b++];
  }
}

static bool sort(struct symbols *s) {
  struct symbol_use *other = NULL;
  size_t cap = 0;
  if (!mem_grow(s->mem, &other, &cap, s->use_count + 1, sizeof *other)) {
    return false;
  }
  for (size_t width = 1; width < s->use_count; width *= 2) {
    for (size_t from = 0; from < s->use_count; from += 2 * width) {
      const size_t rest = s->use_count - from;
      const size_t end = rest < 2 * width ? rest : 2 * width;
      merge(s->uses + from, other + from, width < end ? width : end, end);
    }
    for (size_t i = 0; i < s->use_count; i++) {
      s->uses[i] = other[i];
    }
  }
  mem_free(s->mem, other, cap * sizeof *other);
  return true;
}

/* ---- the first of each thing */

static bool is_same(const void *ctx, uint32_t value, const void *key) {
  const struct symbols *s = ctx;
  return symbols_is_same(&s->uses[value], key);
}

static uint64_t hash_of(const struct symbol_use *u) {
  const uint64_t number = ((uint64_t)u->unit << 32) ^ u->id;
  return hash_u64(number) ^ hash_u64((uint64_t)u->kind + 1) ^
         (u->kind == SYMBOL_MEMBER ? hash_text(u->name) : 0);
}

static bool mark_first(struct symbols *s) {
  struct map seen;
  bool good = true;
  map_init(&seen, s->mem, is_same, s);
  for (size_t i = 0; good && i < s->use_count; i++) {
    struct symbol_use *u = &s->uses[i];
    const uint64_t hash = hash_of(u);
    u->is_first = map_get(&seen, hash, u) == MAP_NONE;
    good = !u->is_first || map_put(&seen, hash, (uint32_t)i);
  }
  map_free(&seen);
  return good;
}

bool symbols_collect(struct symbols *s) {
  struct walk w = {.s = s};
  for (const struct unit *u = s->script.units; u != NULL && !w.failed;
       u = u->next, w.number++) {
    w.unit = u;
    walk_unit(&w);
  }
  return !w.failed && sort(s) && mark_first(s);
}
