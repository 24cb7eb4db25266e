/* expression_priv.h - an expression that is compiled into a finished program.
 */
#ifndef BATON_STUDIO_EXPRESSION_PRIV_H
#define BATON_STUDIO_EXPRESSION_PRIV_H

#include "studio/compiler_priv.h"

/* What a program becomes with one more part behind its own: one that computes
 * an expression in the frame of another part, and ends. All the rest is the
 * program's, so that its images fit. */
struct expression {
  struct program program; /* shallow: borrows the parts of what it stands on */
  uint32_t part;
  uint16_t result; /* register of that part */
};

/* Compiles @source against the names of part @of. BT_ERR_SYNTAX: @diags says
 * why not. BT_ERR_NOMEM. */
struct expression_source {
  const struct program *program;
  uint32_t of;
  struct text source;
};
enum bt_err expression_compile(const struct mem *mem,
                               const struct expression_source *from,
                               struct diagnostics *diags,
                               struct expression *out) BT_USE_RESULT;
void expression_free(struct expression *e);

/* compiler.c: adds the part; false: no memory. */
bool compiler_run_expression(struct reporter *r, struct expression *into,
                             const struct unit *unit, const struct expr *e);

/* scope.c: what the names of an expression stand for in @unit; a name that
 * nobody knows there is reported. */
struct scope_place {
  const struct script *script;
  const struct unit *unit;
};
void scope_bind_expression(struct reporter *r, const struct scope_place *at,
                           struct expr *e);

#endif
