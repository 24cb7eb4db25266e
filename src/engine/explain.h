/* explain.h - a session's story in words, from its events. */
#ifndef BATON_ENGINE_EXPLAIN_H
#define BATON_ENGINE_EXPLAIN_H

#include "engine/engine.h"

/* Appends one paragraph per thing that matters: what happened, what was
 * refused and why, what would have been accepted, how long the window was. The
 * events are those of one session, oldest first. @now_us: for what is still
 * going on. */
void explain_session(const struct engine *e, const struct record *events,
                     size_t count, int64_t now_us, struct textbuf *out);

#endif
