/* check_priv.h - what the files of the checks share. */
#ifndef BATON_SIM_CHECK_PRIV_H
#define BATON_SIM_CHECK_PRIV_H

#include "world.h"

void check_watches_begin(struct world *w);
void check_watches_end(struct world *w);
/* What the world was told against the engine of a new process. */
void check_told(struct world *w);
/* Nobody waits beside an agent who would be offered it. */
void check_matches(struct world *w);

/* What was told of an open session; NULL: nothing, or it is over. */
struct watch *check_watch(struct world *w, struct id session);

/* ---- check_heard.c */

struct peer;
struct json;
void check_heard_begin(struct world *w);
void check_heard_end(struct world *w);
/* An event of a session is let out. */
void check_know(struct world *w, const struct record *ev);
void check_shown(struct peer *p, const struct json *view);
void check_hears_from(struct peer *p, struct id session,
                      const struct json *view);
void check_hears(struct peer *p, struct id session, const struct json *message,
                 bool all);
/* When all is calm: the server keeps no line that its peer has left. */
void check_lines(struct world *w);

#endif
