/* centre_priv.h - what puts things into the directory, and takes them away. */
#ifndef BATON_ENGINE_CENTRE_PRIV_H
#define BATON_ENGINE_CENTRE_PRIV_H

#include "engine/engine_priv.h"

/* ---- references.c */
/* Is each name in the object, which was checked, the name of something, and has
 * nothing else its names? Else *a says where and which was meant. */
bool references_hold(struct ctx *x, enum config_object object,
                     const struct json *c, struct answer *a);
/* Which objects and scripts name it, in words; empty: none. */
struct text reference_use(struct ctx *x, enum config_object object,
                          uint32_t number);

/* ---- remove.c */
void apply_removed(struct engine *e, const struct record *ev);
/* The event that tells of it; 0: things of the kind stay. */
uint32_t removed_event(enum config_object kind);
/* May the configuration file put this object, which the API may have changed
 * since? Else *a says what differs, and who changed it. */
bool file_may_put(struct ctx *x, enum config_object kind, const struct json *c,
                  struct answer *a);

#endif
