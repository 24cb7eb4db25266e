/* publish_priv.h - the texts that were published as scripts. */
#ifndef BATON_ENGINE_PUBLISH_PRIV_H
#define BATON_ENGINE_PUBLISH_PRIV_H

#include "engine/engine_priv.h"

void apply_script_put(struct engine *e, const struct record *ev);
/* Of a snapshot: a text, and who published it if that is known. */
bool restore_version(struct engine *e, const struct record *r);
/* Fills in number @i of what was published; false beyond the last. */
bool engine_publication(const struct engine *e, size_t i, struct record *r);
void publications_free(struct engine *e);

#endif
