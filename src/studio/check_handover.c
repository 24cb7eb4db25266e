/* The handover check: see handover_priv.h. */
#include "base/check.h"
#include "studio/event_priv.h"
#include "studio/handover_priv.h"

/* ---- statements */

static void walk_assign(struct walker *w, const struct stmt *s,
                        struct flow *f) {
  if (s->target->kind != EXPR_NAME) {
    handover_expr(w, s->value, f);
    handover_expr(w, s->target, f);
    return;
  }
  const unsigned flag = handover_flag(w, s->target);
  const enum meaning m = handover_outcome(w, s->value, f);
  if (flag != FLOW_NO_FLAG && m == MEANING_NONE) {
    flow_forget_flag(f, flag);
  } else if (flag != FLOW_NO_FLAG) {
    flow_copy_flag(f, FLOW_OUTCOME, flag);
  }
  flow_drop_outcome(f);
  handover_learn(w, handover_variable(w, s->target), s->value, f);
}

static void walk_if(struct walker *w, const struct stmt *s, struct flow *f) {
  struct flow rest = *f, after = {0};
  for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
    struct fork fork = {.yes = rest};
    if (arm->values != NULL) {
      fork = handover_condition(w, arm->values, rest);
    }
    handover_block(w, &arm->body, &fork.yes);
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
  const struct expr *value = s->value;
  if (value->kind == EXPR_NAME ||
      (value->kind == EXPR_MEMBER && value->left->kind == EXPR_NAME)) {
    return handover_equal(w, value, label, f);
  }
  handover_expr(w, label, &f);
  return (struct fork){f, f};
}

static void walk_arms(struct walker *w, const struct stmt *s, struct flow *f) {
  struct flow after = {0};
  const struct arm *fallback = NULL;
  handover_expr(w, s->value, f);
  struct flow rest = *f;
  for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
    struct flow body = {0};
    for (const struct expr *e = arm->values; e != NULL; e = e->next) {
      const struct fork fork = walk_label(w, s, e, rest);
      body = flow_join(body, fork.yes);
      rest = fork.no;
    }
    handover_block(w, &arm->body, &body);
    after = flow_join(after, body);
    fallback = arm->is_default ? arm : fallback;
  }
  if (fallback != NULL) {
    handover_block(w, &fallback->body, &rest);
  }
  *f = flow_join(after, rest);
}

/* The part is over: what was refused by now stays refused. */
static void lose(struct handover *h, const struct flow *f) {
  const uint32_t lost = flow_lost(f);
  for (struct site *s = h->sites; s != NULL; s = s->next) {
    s->lost =
        s->lost || (s->number < SITE_BITS && (lost >> s->number & 1u) != 0);
  }
}

static void walk_return(struct walker *w, const struct stmt *s,
                        struct flow *f) {
  const enum meaning m = handover_outcome(w, s->value, f);
  if (s->value != NULL && m == MEANING_NONE) {
    flow_forget_flag(f, FLOW_OUTCOME);
  }
  w->returns = flow_join(w->returns, *f);
}

static void walk_jump(struct walker *w, const struct stmt *s, struct flow *f) {
  bt_check(w->loop != NULL || s->kind == STMT_RETURN || s->kind == STMT_EXIT);
  switch ((unsigned)s->kind) {
  case STMT_BREAK:
    w->loop->breaks = flow_join(w->loop->breaks, *f);
    break;
  case STMT_CONTINUE:
    w->loop->continues = flow_join(w->loop->continues, *f);
    break;
  case STMT_RETURN:
    walk_return(w, s, f);
    break;
  default: /* EXIT leads nowhere */
    lose(w->h, f);
    break;
  }
  flow_kill(f);
}

static void walk_dynamic(struct walker *w, const struct stmt *s,
                         struct flow *f) {
  if (s->target->kind == EXPR_NAME) {
    flow_drop_variable(f, handover_variable(w, s->target));
  }
}

static void walk_call(struct walker *w, const struct stmt *s, struct flow *f) {
  handover_expr(w, s->value, f);
  if (checker_leaves(s)) { /* ON Error, the fallback, or the next script */
    flow_kill(f);
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
    handover_loop(w, s, f);
    break;
  case STMT_CALL:
    walk_call(w, s, f);
    break;
  case STMT_TRACE:
    handover_expr(w, s->value, f);
    break;
  case STMT_RETURN:
  case STMT_EXIT:
  case STMT_BREAK:
  case STMT_CONTINUE:
    walk_jump(w, s, f);
    break;
  }
}

/* Can it raise an error? */
static bool can_fail(const struct expr *e) {
  if (e == NULL) {
    return false;
  }
  if (e->kind == EXPR_METHOD || e->kind == EXPR_INDEX ||
      (e->kind == EXPR_CALL && e->callee == CALLEE_BUILTIN) ||
      (e->kind == EXPR_BINARY && e->op >= EXPR_OP_SUB)) {
    return true;
  }
  bool can = can_fail(e->left) || can_fail(e->right);
  for (const struct expr *a = e->args; a != NULL && !can; a = a->next) {
    can = can_fail(a);
  }
  return can;
}

void handover_block(struct walker *w, const struct block *block,
                    struct flow *f) {
  const bool main_part = block == &w->unit->body && w->unit->kind == UNIT_MAIN;
  uint32_t n = 0;
  w->depth++;
  for (const struct stmt *s = block->first; s != NULL && flow_is_live(f);
       s = s->next) {
    if (main_part) {
      handover_begin_spans(w->h, n++, f);
    }
    const uint32_t set = flow_set(f);
    const struct checker_world *world = &w->h->c->world;
    if (world->at_line != NULL) {
      world->at_line(world->at_line_ctx, s->at.line, set);
    }
    w->h->seen |= set;
    w->h->failing |= can_fail(s->value) || can_fail(s->target) ? set : 0;
    walk_stmt(w, s, f);
  }
  w->depth--;
}

struct flow handover_walk_unit(struct handover *h, const struct unit *unit,
                               struct flow f, unsigned depth) {
  struct walker w = {.h = h, .unit = unit, .depth = depth};
  handover_block(&w, &unit->body, &f);
  return flow_join(f, w.returns);
}

/* ---- the whole script */

/* A section may find the flags as any part has left them. */
static struct flow section_begin(const struct handover *h, uint32_t entry) {
  struct flow f = flow_begin(entry);
  for (unsigned i = 1; i < 1u << h->flag_count; i++) {
    f.states[i] = f.states[0];
  }
  return f;
}

static void walk_part(struct handover *h, const struct unit *unit,
                      struct flow f) {
  const struct flow end = handover_walk_unit(h, unit, f, 0);
  h->seen |= flow_set(&end);
  lose(h, &end);
}

/* Events that tell what the session's status is, and then the others, which
 * find it where the parts so far may have brought it. */
static void walk_sections(struct handover *h, bool any_time) {
  for (const struct unit *u = h->c->program->script.units; u != NULL;
       u = u->next) {
    if (u->kind != UNIT_SECTION || event_comes_any_time(u->name) != any_time) {
      continue;
    }
    const bool error = text_equal(u->name, TEXT("Error"));
    const uint32_t found = error ? h->failing : flow_age(h->seen);
    const uint32_t entry = event_entry_set(u->name) & (any_time ? found : ~0u);
    if (entry != 0) {
      walk_part(h, u, section_begin(h, entry));
    }
  }
}

void check_handover(struct checker *c) {
  struct handover h = {.c = c};
  h.sites_end = &h.sites;
  if (!handover_find_flags(&h)) {
    c->failed = true;
    return;
  }
  handover_init_loops(&h);
  walk_part(&h, c->program->script.units, flow_begin(c->world.entry));
  walk_sections(&h, false);
  walk_sections(&h, true);
  for (const struct site *s = h.sites; s != NULL && !c->failed; s = s->next) {
    handover_report(c, s);
  }
  handover_free_loops(&h);
}
