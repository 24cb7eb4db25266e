/* centre.h - a scenario in the world of a centre's own file. */
#ifndef BATON_SCENARIO_CENTRE_H
#define BATON_SCENARIO_CENTRE_H

#include "scenario/scenario.h"
#include "server/config.h"

/* What a scenario takes from its `centre`. */
struct scenario_centre {
  struct arena *arena;   /* takes what is made */
  const struct json *at; /* the member that names the file */
  const char *script;    /* path of the script under test */
  struct server_config config;
  bool no_memory;
};

/* @root, and the queues, agents, bots, calendars and skills of the centre,
 * the time zone, and the entry point that begins the script: the one that the
 * scenario's entryPoint names by its id, else the first that names the script.
 * An object that stands in both has its members from the scenario, and the rest
 * from the centre. What is added has the place of @c->at. */
struct json *scenario_centre_join(struct scenario_centre *c,
                                  const struct json *scenario);

#endif
