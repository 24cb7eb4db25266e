/* roster_priv.h - who is in a scenario: as it says, or by default. */
#ifndef BATON_SCENARIO_ROSTER_PRIV_H
#define BATON_SCENARIO_ROSTER_PRIV_H

#include "scenario/fields_priv.h"

struct roster_item {
  struct text id;
  const struct json *node; /* NULL: it is there by default */
};

struct roster_list {
  struct roster_item *items;
  size_t count;
};

struct roster {
  struct roster_list bots; /* the first one holds at the start */
  struct roster_list agents;
  struct roster_list queues;
  struct roster_list calendars;
};

/* Lives in @arena. False: out of memory. A scenario whose script does not
 * compile has no targets. */
bool roster_make(struct arena *arena, const struct scenario *s,
                 struct roster *out);
/* The item, or NULL. */
const struct roster_item *roster_find(const struct roster_list *list,
                                      struct text id);

#endif
