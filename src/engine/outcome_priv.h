/* outcome_priv.h - how sessions end, in the words that the centre has for it.
 */
#ifndef BATON_ENGINE_OUTCOME_PRIV_H
#define BATON_ENGINE_OUTCOME_PRIV_H

#include "engine/engine_priv.h"

/* May the session have the outcome that @args state, if they state one? Else
 * the answer says what may be chosen: REFUSAL_UNKNOWN_DISPOSITION, or
 * REFUSAL_INVALID_MEMBER for a note that is missing. */
bool outcome_fits(struct ctx *x, uint32_t slot, const struct record *args,
                  struct answer *a);
/* Outcome and note, as far as they are given, into the timeline; a configured
 * one by its id, however it was said. */
void outcome_record(struct ctx *x, uint32_t slot, const struct record *args);

#endif
