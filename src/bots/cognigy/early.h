/* early.h - what an endpoint says before it is ready: it waits until then.
 *
 * The session is not the bot's yet. A list is good when it is zero but for its
 * memory, and owns what it keeps.
 */
#ifndef BATON_BOTS_COGNIGY_EARLY_H
#define BATON_BOTS_COGNIGY_EARLY_H

#include "bots/cognigy/line.h"

struct early_event;

struct early {
  const struct mem *mem;
  struct early_event *first, *last;
  unsigned count;
  size_t bytes;
};

/* Everything is copied. False: it is too much, or there is no memory. */
bool early_keep(struct early *list, const struct line_event *event);
/* Gives what was kept in its order, and keeps it no more; a clear in between is
 * fine. */
void early_give(struct early *list,
                void (*fn)(void *ctx, const struct line_event *event),
                void *ctx);
void early_clear(struct early *list);

#endif
