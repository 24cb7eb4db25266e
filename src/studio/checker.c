#include "studio/action.h"
#include "studio/builtin_priv.h"
#include "studio/checker_priv.h"

/* In this order; the findings are sorted by their places at the end. */
static void (*const passes[])(struct checker *c) = {
    check_unset,     check_unreachable, check_members,  check_plain,
    check_joins,     check_requests,    check_handover, check_conditions,
    check_transfers, check_answers,
};

struct checker_world checker_world_default(void) {
  return (struct checker_world){
      .entry = CHECKER_SET(RELEASING) | CHECKER_SET(IDLE), .drain_s = 2};
}

/* ---- the world */

static const struct {
  struct text name;
  uint32_t set;
} names[] = {
#define STATUS(name, text, now, released, why)                                 \
  {{text, sizeof(text) - 1}, CHECKER_SET(name)},
#include "studio/statuses.def"
#undef STATUS
    {{"script", 6}, CHECKER_SET(SCRIPT)},
};

struct text checker_status_name(unsigned bit) {
  return bit < CHECKER_BITS ? names[bit].name : TEXT("");
}

static uint32_t find_set(struct text name, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (text_equal_nocase(names[i].name, name)) {
      return names[i].set;
    }
  }
  return 0;
}

uint32_t checker_status_set(struct text name) {
  const uint32_t set = find_set(name, CHECKER_STATUSES);
  return set == CHECKER_SET(CONNECTED) ? set | CHECKER_SET(SCRIPT) : set;
}

static bool is_between(char c) {
  return c == ' ' || c == ',' || c == '\t';
}

uint32_t checker_entry_set(struct text list) {
  uint32_t all = 0;
  for (size_t at = 0; at < list.len; at++) {
    size_t end = at;
    while (end < list.len && !is_between(list.ptr[end])) {
      end++;
    }
    const uint32_t set = find_set(text_sub(list, at, end - at), CHECKER_BITS);
    if (end > at && set == 0) {
      return 0;
    }
    all |= set;
    at = end;
  }
  return all;
}

/* ---- what the script states itself: "// baton: entry script" */

static void read_statement(struct checker *c, uint32_t line, struct text says) {
  const struct text key = TEXT("entry ");
  const uint32_t set =
      text_starts(says, key)
          ? checker_entry_set(text_sub(says, key.len, says.len))
          : 0;
  if (set == 0) {
    report(&c->reporter,
           (struct finding){
               .code = DIAGNOSTIC_CODE_BAD_STATEMENT,
               .at = {line, 1, 1},
               .hint = TEXT("as in \"// baton: entry releasing, idle\"; a "
                            "script that holds the session: \"entry script\"")},
           "'%.*s' states nothing that is known", TEXT_ARG(says));
  } else if (!c->world.given) {
    c->world.entry = set;
  }
}

static void read_statements(struct checker *c) {
  const struct text mark = TEXT("// baton:");
  for (uint32_t line = 1; line <= program_line_count(c->program); line++) {
    const struct text text = text_trim(program_line(c->program, line));
    if (text_starts(text, mark)) {
      read_statement(c, line, text_trim(text_sub(text, mark.len, text.len)));
    }
  }
}

enum bt_err checker_run(const struct mem *mem, const struct program *program,
                        const struct checker_world *world,
                        struct diagnostics *diags) {
  struct checker c = {.program = program,
                      .world = *world,
                      .reporter = {&program->source, diags}};
  arena_init(&c.arena, mem, 0);
  c.failed = !survey_run(&c);
  read_statements(&c);
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

static void walk_statements(struct checker *c, const struct unit *unit,
                            const struct block *block,
                            checker_look_stmt *look) {
  for (const struct stmt *s = block->first; s != NULL; s = s->next) {
    look(c, unit, s);
    for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
      walk_statements(c, unit, &arm->body, look);
    }
    walk_statements(c, unit, &s->body, look);
  }
}

void checker_walk_statements(struct checker *c, checker_look_stmt *look) {
  for (const struct unit *u = c->program->script.units; u != NULL;
       u = u->next) {
    walk_statements(c, u, &u->body, look);
  }
}

/* ---- questions */

bool checker_leaves(const struct stmt *s) {
  const struct expr *e = s->value;
  const bool throws = s->kind == STMT_CALL && e->kind == EXPR_METHOD &&
                      e->callee == CALLEE_BUILTIN &&
                      e->callee_id == BUILTIN_THROW;
  return throws || (s->kind == STMT_CALL && e->kind == EXPR_CALL &&
                    checker_is_action(e, ACTION_RUN_SCRIPT));
}

bool checker_is_action(const struct expr *e, unsigned action) {
  return e != NULL && e->callee == CALLEE_ACTION && e->callee_id == action;
}

bool checker_always(struct checker *c, const struct unit *unit,
                    const struct expr *e, bool (*test)(const struct expr *e)) {
  if (e->kind != EXPR_NAME) {
    return false;
  }
  const struct survey_var *v = survey_find(&c->survey, unit, e);
  bool all = (v->sets != NULL) != (v->args != NULL);
  for (const struct survey_set *s = v->sets; s != NULL && all; s = s->next) {
    all = s->value != NULL && test(s->value);
  }
  for (const struct survey_set *s = v->args; s != NULL && all; s = s->next) {
    all = test(s->value);
  }
  return all;
}

bool checker_has_finding(const struct checker *c, unsigned code,
                         struct place at) {
  const struct diagnostics *d = c->reporter.diags;
  for (size_t i = 0; i < d->count; i++) {
    if (d->items[i].code == code && d->items[i].line == at.line &&
        d->items[i].column == at.column) {
      return true;
    }
  }
  return false;
}
