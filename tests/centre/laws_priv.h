/* laws_priv.h - the part of the laws that looks at timers and scripts. */
#ifndef BATON_TESTS_LAWS_PRIV_H
#define BATON_TESTS_LAWS_PRIV_H

#include "engine/engine_priv.h"

/* Does this timer run, and for this owner? */
bool laws_timer_runs(const struct engine *e, uint32_t timer,
                     enum timer_kind kind, uint32_t owner);
/* The script that holds the session will go on by itself. */
bool laws_own_script_can_go_on(const struct engine *e, const struct live *l);
/* What is left when a session is over waits for a time or an answer. */
bool laws_rest_can_go_on(const struct engine *e, const struct live *l);
/* Between two steps every run sleeps, and nobody calls in vain. */
bool laws_runs_sleep(const struct engine *e, uint32_t slot,
                     const struct live *l);

#endif
