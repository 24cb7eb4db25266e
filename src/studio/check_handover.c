/* The handover check: see handover_priv.h. */
#include <string.h>

#include "studio/event_priv.h"
#include "studio/handover_priv.h"

enum { WALK_DEPTH_MAX = 300 };

static void walk_block(struct walker *w, const struct block *block,
                       struct flow *f);

size_t handover_variable(const struct walker *w, const struct expr *name) {
  const struct survey *s = &w->h->c->survey;
  return (size_t)(survey_find(s, w->unit, name) - s->vars);
}

/* ---- flags */

bool handover_truth(const struct expr *e, bool *out) {
  const bool one = e->number > 0 && e->number < 2;
  const bool zero = !(e->number > 0) && !(e->number < 0);
  if (e->kind != EXPR_BOOL && (e->kind != EXPR_NUMBER || !(one || zero))) {
    return false;
  }
  *out = one;
  return true;
}

unsigned handover_flag(const struct walker *w, const struct expr *e) {
  const struct handover *h = w->h;
  unsigned i = 0;
  if (e->kind != EXPR_NAME) {
    return h->flag_count;
  }
  while (i < h->flag_count && h->flags[i] != handover_variable(w, e)) {
    i++;
  }
  return i;
}

/* Set to true or false wherever it is set, and nowhere counted with. */
static bool is_flag(const struct survey_var *v) {
  bool value, all = v->sets != NULL && v->first_read != NULL;
  for (const struct survey_set *s = v->sets; s != NULL; s = s->next) {
    all = all && s->value != NULL && handover_truth(s->value, &value);
  }
  return all;
}

/* Of the script only: a function's own begin anew with each call. */
static void find_flags(struct handover *h) {
  const struct survey *s = &h->c->survey;
  for (size_t i = 0; i < s->script->variable_count; i++) {
    if (h->flag_count < FLOW_FLAGS_MAX && is_flag(&s->vars[i])) {
      h->flags[h->flag_count++] = i;
    }
  }
}

/* ---- statements */

static void walk_assign(struct walker *w, const struct stmt *s,
                        struct flow *f) {
  struct fact fact = handover_expr(w, s->value, f);
  bool value;
  if (s->target->kind != EXPR_NAME) {
    (void)handover_expr(w, s->target, f);
    return;
  }
  const unsigned flag = handover_flag(w, s->target);
  if (flag < w->h->flag_count && handover_truth(s->value, &value)) {
    flow_set_flag(f, flag, value);
  }
  fact.variable = handover_variable(w, s->target);
  flow_add_fact(f, fact);
}

static void walk_if(struct walker *w, const struct stmt *s, struct flow *f) {
  struct flow rest = *f, after = {0};
  for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
    struct fork fork = {.yes = rest};
    if (arm->values != NULL) {
      fork = handover_condition(w, arm->values, rest);
    }
    walk_block(w, &arm->body, &fork.yes);
    after = flow_join(after, fork.yes);
    rest = fork.no;
  }
  *f = flow_join(after, rest);
}

/* A label of SELECT is a condition, one of SWITCH is what the value equals. */
static struct fork walk_label(struct walker *w, const struct stmt *s,
                              const struct expr *label, struct flow f) {
  if (s->kind == STMT_SELECT) {
    return handover_condition(w, label, f);
  }
  if (s->value->kind == EXPR_MEMBER && s->value->left->kind == EXPR_NAME) {
    return handover_equal(w, s->value, label, f);
  }
  (void)handover_expr(w, label, &f);
  return (struct fork){f, f};
}

static void walk_arms(struct walker *w, const struct stmt *s, struct flow *f) {
  struct flow after = {0};
  const struct arm *fallback = NULL;
  (void)handover_expr(w, s->value, f);
  struct flow rest = *f;
  for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
    struct flow body = {0};
    for (const struct expr *e = arm->values; e != NULL; e = e->next) {
      const struct fork fork = walk_label(w, s, e, rest);
      body = flow_join(body, fork.yes);
      rest = fork.no;
    }
    walk_block(w, &arm->body, &body);
    after = flow_join(after, body);
    fallback = arm->is_default ? arm : fallback;
  }
  if (fallback != NULL) {
    walk_block(w, &fallback->body, &rest);
  }
  *f = flow_join(after, rest);
}

static bool runs_at_least_once(const struct stmt *s) {
  return s->kind == STMT_FOR ||
         (s->kind == STMT_REPEAT && s->value->kind == EXPR_NUMBER &&
          s->value->number >= 1);
}

/* Again and again until the set at the loop's head stays the same. */
static struct flow walk_rounds(struct walker *w, const struct stmt *s,
                               struct flow before) {
  struct loop_flow loop = {.outer = w->loop};
  struct flow head, next = before, end;
  w->loop = &loop;
  do {
    head = next;
    loop.continues = (struct flow){0};
    struct flow body = head;
    walk_block(w, &s->body, &body);
    end = flow_join(body, loop.continues);
    next = flow_join(head, end);
  } while (!flow_equal(&next, &head));
  w->loop = loop.outer;
  const struct flow after = flow_join(end, loop.breaks);
  return runs_at_least_once(s) ? after : flow_join(after, before);
}

static bool same_loop(const void *ctx, uint32_t value, const void *key) {
  const struct handover *h = ctx;
  return h->loops[value].loop == key;
}

/* NULL: no memory. */
static struct loop_memo *memo_of(struct handover *h, const struct stmt *s) {
  const uint64_t hash = hash_u64((uint64_t)(uintptr_t)s);
  const uint32_t i = map_get(&h->loop_index, hash, s);
  if (i != MAP_NONE) {
    return &h->loops[i];
  }
  if (!mem_grow(h->c->arena.mem, &h->loops, &h->loop_cap, h->loop_count + 1,
                sizeof *h->loops) ||
      !map_put(&h->loop_index, hash, (uint32_t)h->loop_count)) {
    h->c->failed = true;
    return NULL;
  }
  h->loops[h->loop_count].loop = s;
  return &h->loops[h->loop_count++];
}

static const struct loop_memo *walk_anew(struct walker *w, const struct stmt *s,
                                         struct flow entry) {
  const struct flow outer = w->returns;
  w->returns = (struct flow){0};
  const struct flow exit = walk_rounds(w, s, entry);
  const struct flow returns = w->returns;
  w->returns = outer;
  struct loop_memo *memo = memo_of(w->h, s); /* the table may have moved */
  if (memo != NULL) {
    *memo = (struct loop_memo){s, entry, exit, returns};
  }
  return memo;
}

static void walk_loop(struct walker *w, const struct stmt *s, struct flow *f) {
  (void)handover_expr(w, s->value, f);
  (void)handover_expr(w, s->limit, f);
  (void)handover_expr(w, s->step, f);
  if (s->target != NULL) {
    flow_drop_variable(f, handover_variable(w, s->target));
  }
  const struct loop_memo *known = memo_of(w->h, s);
  if (known == NULL || !flow_is_live(f)) {
    return;
  }
  if (!flow_is_live(&known->entry) || !flow_equal(&known->entry, f)) {
    known = walk_anew(w, s, *f);
  }
  if (known != NULL) {
    *f = known->exit;
    w->returns = flow_join(w->returns, known->returns);
  }
}

static void walk_jump(struct walker *w, const struct stmt *s, struct flow *f) {
  (void)handover_expr(w, s->value, f);
  switch ((unsigned)s->kind) {
  case STMT_BREAK:
    w->loop->breaks = flow_join(w->loop->breaks, *f);
    break;
  case STMT_CONTINUE:
    w->loop->continues = flow_join(w->loop->continues, *f);
    break;
  case STMT_RETURN:
    w->returns = flow_join(w->returns, *f);
    break;
  default:
    break; /* EXIT leads nowhere */
  }
  flow_kill(f);
}

static void walk_dynamic(struct walker *w, const struct stmt *s,
                         struct flow *f) {
  if (s->target->kind == EXPR_NAME) {
    flow_drop_variable(f, handover_variable(w, s->target));
  }
}

static void walk_stmt(struct walker *w, const struct stmt *s, struct flow *f) {
  switch (s->kind) {
  case STMT_ASSIGN:
    walk_assign(w, s, f);
    break;
  case STMT_DYNAMIC:
    walk_dynamic(w, s, f);
    break;
  case STMT_IF:
    walk_if(w, s, f);
    break;
  case STMT_SWITCH:
  case STMT_SELECT:
    walk_arms(w, s, f);
    break;
  case STMT_FOR:
  case STMT_FOREACH:
  case STMT_REPEAT:
    walk_loop(w, s, f);
    break;
  case STMT_CALL:
  case STMT_TRACE:
    (void)handover_expr(w, s->value, f);
    break;
  case STMT_RETURN:
  case STMT_EXIT:
  case STMT_BREAK:
  case STMT_CONTINUE:
    walk_jump(w, s, f);
    break;
  }
}

static void walk_block(struct walker *w, const struct block *block,
                       struct flow *f) {
  w->depth++;
  for (const struct stmt *s = block->first; s != NULL && flow_is_live(f);
       s = s->next) {
    walk_stmt(w, s, f);
  }
  w->depth--;
}

/* ---- functions */

static struct summary *find_summary(const struct handover *h,
                                    const struct unit *unit,
                                    const struct flow *entry) {
  for (struct summary *s = h->summaries; s != NULL; s = s->next) {
    if (s->unit == unit && flow_equal_states(&s->entry, entry)) {
      return s;
    }
  }
  return NULL;
}

static struct flow walk_unit(struct handover *h, const struct unit *unit,
                             struct flow f, unsigned depth) {
  struct walker w = {.h = h, .unit = unit, .depth = depth};
  walk_block(&w, &unit->body, &f);
  return flow_join(f, w.returns);
}

static void forget_loops(struct handover *h) {
  if (h->loop_count > 0) {
    memset(h->loops, 0, h->loop_count * sizeof *h->loops);
  }
  h->loop_count = 0;
  map_clear(&h->loop_index);
}

/* A recursive call sees what is known so far; what was computed with less is
 * thrown away and computed again until nothing changes. */
static void run_summary(struct handover *h, struct summary *s, unsigned depth) {
  struct flow before;
  bool again = false;
  s->running = true;
  do {
    before = s->exit;
    s->asked = false;
    h->summaries = s;
    if (again) {
      forget_loops(h);
    }
    s->exit = flow_join(s->exit, walk_unit(h, s->unit, s->entry, depth));
    flow_drop_facts(&s->exit);
    again = s->asked && !flow_equal(&before, &s->exit);
  } while (again && !h->c->failed);
  s->running = false;
}

void handover_function(struct walker *w, const struct unit *unit,
                       struct flow *f) {
  struct handover *h = w->h;
  if (w->depth >= WALK_DEPTH_MAX) {
    return; /* a chain of calls that no person follows either */
  }
  struct summary *s = find_summary(h, unit, f);
  if (s != NULL) {
    s->asked = s->asked || s->running;
    *f = s->exit;
    return;
  }
  s = arena_alloc(&h->c->arena, sizeof *s);
  if (s == NULL) {
    h->c->failed = true;
    return;
  }
  *s = (struct summary){.unit = unit, .entry = *f, .next = h->summaries};
  flow_drop_facts(&s->entry);
  run_summary(h, s, w->depth + 1);
  *f = s->exit;
}

/* ---- the whole script */

/* A section may find the flags as any part has left them. */
static struct flow section_begin(const struct handover *h,
                                 const struct unit *unit, uint32_t entry) {
  struct flow f = flow_begin(entry);
  for (unsigned i = 1; unit->kind == UNIT_SECTION && i < 1u << h->flag_count;
       i++) {
    f.states[i] = f.states[0];
  }
  return f;
}

void check_handover(struct checker *c) {
  struct handover h = {.c = c};
  h.sites_end = &h.sites;
  map_init(&h.loop_index, c->arena.mem, same_loop, &h);
  find_flags(&h);
  for (const struct unit *u = c->program->script.units; u != NULL;
       u = u->next) {
    if (u->kind != UNIT_FUNCTION) { /* functions: where they are called */
      const uint32_t entry =
          u->kind == UNIT_MAIN ? c->world->entry : event_entry_set(u->name);
      (void)walk_unit(&h, u, section_begin(&h, u, entry), 0);
    }
  }
  for (const struct site *s = h.sites; s != NULL && !c->failed; s = s->next) {
    handover_report(c, s);
  }
  map_free(&h.loop_index);
  mem_free(c->arena.mem, h.loops, h.loop_cap * sizeof *h.loops);
}
