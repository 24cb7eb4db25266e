/* laws_priv.h - what must hold of the engine whatever happens in a scenario.
 *
 * The invariants of a session's life that can be seen from outside: they hold
 * in every scenario, however it is shaken. What does not is a trouble of the
 * world, and so a failure of the scenario.
 */
#ifndef BATON_SCENARIO_LAWS_PRIV_H
#define BATON_SCENARIO_LAWS_PRIV_H

#include "engine/engine.h"

struct world;

struct laws {
  struct engine *mirror; /* made of the events alone */
  struct id session;     /* the one under test, as it was before */
  struct session before;
  uint32_t messages; /* of it, so far */
  bool broken;       /* said once */
};

enum bt_err laws_init(struct world *w) BT_USE_RESULT;
void laws_free(struct world *w);
void laws_fold(struct world *w, uint64_t seq, const struct record *ev);
/* After each command. */
void laws_after(struct world *w);
/* At the end: is the engine that was made of the events the same? */
void laws_close(struct world *w);

#endif
