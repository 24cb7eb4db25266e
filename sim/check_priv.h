/* check_priv.h - what the files of the checks share. */
#ifndef BATON_SIM_CHECK_PRIV_H
#define BATON_SIM_CHECK_PRIV_H

#include "world.h"

void check_watches_begin(struct world *w);
void check_watches_end(struct world *w);
/* What the world was told against the engine of a new process. */
void check_told(struct world *w);
/* Nobody waits beside an agent who would be offered it. */
void check_matches(struct world *w);

#endif
