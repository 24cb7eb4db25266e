/* scope_priv.h - what every name of a script stands for. */
#ifndef BATON_STUDIO_SCOPE_PRIV_H
#define BATON_STUDIO_SCOPE_PRIV_H

#include "base/arena.h"
#include "studio/ast_priv.h"
#include "studio/source_priv.h"

/* The script's variable that holds what its main part, or a section, returns.
 */
#define SCOPE_RESULT "_RETURN"

/* Fills in .variable and .callee of every expression, the locals of functions
 * and the variables of the script; reports unknown functions, wrong argument
 * counts and duplicates.
 *
 * A function's parameters are its own, and so is every name that it sets before
 * it reads it (in the order of the text); any other name is the script's.
 *
 * False: no memory. */
bool scope_run(struct reporter *r, struct arena *arena, struct script *script);

#endif
