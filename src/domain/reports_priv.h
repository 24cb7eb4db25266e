/* reports_priv.h - what has happened outside while the journal had no room.
 *
 * A request that is refused is sent again by whoever sent it. Nobody sends
 * again that an agent's desk is gone, or what a server answered to a script: it
 * happened, and without it a session would wait for ever. Such reports are kept
 * and carried out before anything else, in their order, at their own times.
 */
#ifndef BATON_DOMAIN_REPORTS_PRIV_H
#define BATON_DOMAIN_REPORTS_PRIV_H

#include "engine/engine.h"

struct report;

struct reports {
  struct report *first, *last;
  size_t count;
};

/* Is it something that happened, and not something that is asked for? */
bool reports_take(const struct command *cmd);
/* Keeps a copy. False: there is no memory for it, or there are too many. */
bool reports_keep(struct reports *list, const struct mem *mem,
                  const struct command *cmd) BT_USE_RESULT;
/* The oldest; NULL: there is none. Good until it is dropped. */
const struct command *reports_first(const struct reports *list);
void reports_drop_first(struct reports *list, const struct mem *mem);
void reports_free(struct reports *list, const struct mem *mem);

#endif
