/* callee_priv.h - what the name in a call stands for. */
#ifndef BATON_STUDIO_CALLEE_PRIV_H
#define BATON_STUDIO_CALLEE_PRIV_H

#include "studio/ast_priv.h"
#include "studio/source_priv.h"

/* Numbers the units and indexes their names. False: no memory. */
bool callee_index(struct arena *arena, struct script *script);
/* The first function or section of this name; NULL if there is none. */
struct unit *callee_unit(const struct script *script, enum unit_kind kind,
                         struct text name);
/* A name that is a call without parentheses, `now`, is made that call. False,
 * and nothing done, if it is none. */
bool callee_bind_name(struct expr *e);

/* Fills in .callee and .callee_id of an EXPR_CALL or EXPR_METHOD: a function of
 * the script, else a built-in, else an action. Reports what fits none of them,
 * and a wrong number of arguments. */
void callee_bind(struct reporter *r, const struct script *script,
                 struct expr *call);

#endif
