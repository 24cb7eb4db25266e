/* callee_priv.h - what the name in a call stands for. */
#ifndef BATON_STUDIO_CALLEE_PRIV_H
#define BATON_STUDIO_CALLEE_PRIV_H

#include "studio/ast_priv.h"
#include "studio/source_priv.h"

/* Fills in .callee and .callee_id of an EXPR_CALL or EXPR_METHOD: a function of
 * the script, else a built-in, else an action. Reports what fits none of them,
 * and a wrong number of arguments. */
void callee_bind(struct reporter *r, const struct script *script,
                 struct expr *call);

#endif
