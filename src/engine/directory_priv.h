/* directory_priv.h - what queues say about rings and agents. */
#ifndef BATON_ENGINE_DIRECTORY_PRIV_H
#define BATON_ENGINE_DIRECTORY_PRIV_H

#include "engine/directory.h"

/* Reads rings, ageing, preferences and the order of agents out of a queue's
 * configuration, which lives as long as the directory. */
void directory_read_rings(struct directory *d, uint32_t queue,
                          const struct json *c);
/* What all queues say about the agent. Lives in @arena. */
void directory_read_posts(const struct directory *d, uint32_t agent,
                          struct arena *arena, struct router_agent_params *out);

/* Does a skill or queue stand for an agent, and so not for itself? */
bool directory_is_hidden(struct text name);

/* ---- directory_calendars.c */
void directory_init_calendars(struct directory *d);
void directory_free_calendars(struct directory *d);

#endif
