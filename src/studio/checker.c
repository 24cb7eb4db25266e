#include "studio/checker_priv.h"

/* In this order; the findings are sorted by their places at the end. */
static void (*const passes[])(struct checker *c) = {
    check_unset, check_unreachable, check_members,
    check_joins, check_requests,    check_handover,
};

struct checker_world checker_world_default(void) {
  return (struct checker_world){
      .entry = CHECKER_SET(RELEASING) | CHECKER_SET(IDLE), .drain_s = 2};
}

enum bt_err checker_run(const struct mem *mem, const struct program *program,
                        const struct checker_world *world,
                        struct diagnostics *diags) {
  struct checker c = {.program = program,
                      .world = world,
                      .reporter = {&program->source, diags}};
  arena_init(&c.arena, mem, 0);
  c.failed = !survey_run(&c);
  for (size_t i = 0; i < sizeof passes / sizeof passes[0] && !c.failed; i++) {
    passes[i](&c);
  }
  arena_free(&c.arena);
  diagnostics_sort(diags);
  return c.failed || diags->failed ? BT_ERR_NOMEM : BT_ERR_OK;
}

/* ---- walking */

void checker_walk_expr(struct checker *c, const struct unit *unit,
                       const struct expr *e, checker_look *look) {
  if (e == NULL) {
    return;
  }
  look(c, unit, e);
  checker_walk_expr(c, unit, e->left, look);
  checker_walk_expr(c, unit, e->right, look);
  for (const struct expr *arg = e->args; arg != NULL; arg = arg->next) {
    checker_walk_expr(c, unit, arg, look);
  }
}

static void walk_block(struct checker *c, const struct unit *unit,
                       const struct block *block, checker_look *look) {
  for (const struct stmt *s = block->first; s != NULL; s = s->next) {
    checker_walk_expr(c, unit, s->value, look);
    checker_walk_expr(c, unit, s->limit, look);
    checker_walk_expr(c, unit, s->step, look);
    checker_walk_expr(c, unit, s->target, look);
    for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
      for (const struct expr *e = arm->values; e != NULL; e = e->next) {
        checker_walk_expr(c, unit, e, look);
      }
      walk_block(c, unit, &arm->body, look);
    }
    walk_block(c, unit, &s->body, look);
  }
}

void checker_walk(struct checker *c, checker_look *look) {
  for (const struct unit *u = c->program->script.units; u != NULL;
       u = u->next) {
    walk_block(c, u, &u->body, look);
  }
}
