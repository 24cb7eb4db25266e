/* directory_priv.h - what the parts of the directory share. */
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

/* ---- directory.c: names and texts of things of any kind */
/* A copy, which lives as long as the directory. */
struct text directory_keep(struct directory *d, struct text t);
bool directory_is_named(struct text key, struct text id, struct text name);
uint32_t directory_get(const struct map *m, struct text name);
/* Makes it lead to number @i, unless a lower one has it. */
void directory_add_name(struct map *m, struct text name, uint32_t i);
/* Makes both lead there. */
void directory_add_names(struct map *m, struct text id, struct text name,
                         uint32_t i);
/* A copy of the name in @c, or @id where it has none. */
struct text directory_name_or(struct directory *d, const struct json *c,
                              enum config_member member, struct text id);

/* ---- directory_calendars.c */
void directory_init_calendars(struct directory *d);
void directory_free_calendars(struct directory *d);

/* ---- directory_dispositions.c */
void directory_init_dispositions(struct directory *d);
void directory_free_dispositions(struct directory *d);

#endif
