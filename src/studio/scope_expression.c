/* The names of one expression, looked up in a program that is finished. */
#include "studio/callee_priv.h"
#include "studio/expression_priv.h"

enum { NAMES_MAX = 256 }; /* looked at for "did you mean" */

static bool find(const struct text *names, uint32_t count, struct text name,
                 uint32_t *out) {
  for (uint32_t i = 0; i < count; i++) {
    if (text_equal_nocase(names[i], name)) {
      *out = i;
      return true;
    }
  }
  return false;
}

/* All names of the place, as many as there is room for. */
static size_t known_names(const struct scope_place *at,
                          struct text names[NAMES_MAX]) {
  size_t count = 0;
  for (uint32_t i = 0; i < at->unit->local_count && count < NAMES_MAX; i++) {
    names[count++] = at->unit->local_names[i];
  }
  for (uint32_t i = 0; i < at->script->variable_count && count < NAMES_MAX;
       i++) {
    names[count++] = at->script->variables[i];
  }
  return count;
}

static void report_unknown(struct reporter *r, const struct scope_place *at,
                           const struct expr *e) {
  struct text names[NAMES_MAX] = {{"", 0}};
  const size_t count = known_names(at, names);
  const size_t near = text_nearest(e->text, names, count);
  const struct finding f = {.code = DIAGNOSTIC_CODE_SYNTAX, .at = e->at};
  if (near < count) {
    report(r, f, "no variable is called '%.*s' here; did you mean '%.*s'?",
           TEXT_ARG(e->text), TEXT_ARG(names[near]));
  } else {
    report(r, f, "no variable is called '%.*s' here", TEXT_ARG(e->text));
  }
}

static void bind_name(struct reporter *r, const struct scope_place *at,
                      struct expr *e) {
  const struct unit *unit = at->unit;
  const struct script *script = at->script;
  uint32_t i = 0;
  if (find(unit->local_names, unit->local_count, e->text, &i)) {
    e->variable = (struct variable){true, i};
  } else if (find(script->variables, script->variable_count, e->text, &i)) {
    e->variable = (struct variable){false, i};
  } else if (!callee_bind_name(e)) {
    report_unknown(r, at, e);
  }
}

void scope_bind_expression(struct reporter *r, const struct scope_place *at,
                           struct expr *e) {
  for (; e != NULL; e = e->next) {
    scope_bind_expression(r, at, e->left);
    scope_bind_expression(r, at, e->right);
    scope_bind_expression(r, at, e->args);
    if (e->kind == EXPR_NAME) {
      bind_name(r, at, e);
    } else if (e->callee == CALLEE_UNKNOWN &&
               (e->kind == EXPR_CALL || e->kind == EXPR_METHOD)) {
      callee_bind(r, at->script, e);
    }
  }
}
