/* place_priv.h - where a run stands, in words that outlive the compiler.
 *
 * An image is read by later versions, whose compiler may make other
 * instructions of the same script. It names instructions by what the script
 * has there (its n-th statement, its n-th call), and carries a number that
 * changes whenever a register of a sleeping run would mean something else.
 */
#ifndef BATON_STUDIO_PLACE_PRIV_H
#define BATON_STUDIO_PLACE_PRIV_H

#include "studio/code_priv.h"

/* Fills @part->calls, for the others: a run that sleeps stands at a call, and
 * is to wake as fast in a long script as in a short one. False: no memory. */
bool place_index_calls(struct arena *arena, struct part *part);
/* The instruction @pc of @part as a place. @calls: it is a call or an action
 * that has not returned. */
uint32_t place_of(const struct part *part, uint32_t pc, bool calls);
/* False: there is no such place. */
bool place_find(const struct part *part, uint32_t place, uint32_t *pc);
/* A hash of variables, texts, and what each call has beside it. */
uint32_t place_layout(const struct program *p);

#endif
