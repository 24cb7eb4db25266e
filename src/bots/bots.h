/* bots.h - bots that come to us: GET /api/v1/bots/{name}/socket.
 *
 * One socket serves many sessions, several sockets of a bot share the sessions
 * in turn, and a session stays on its socket. The epoch at which a bot was
 * given the hold is kept here, per socket and session: nobody sends it, so what
 * comes late is refused by the engine. Frames: docs/bots.md.
 */
#ifndef BATON_BOTS_BOTS_H
#define BATON_BOTS_BOTS_H

#include "api/api.h"

struct bots;

/* Serves the bots of the api's domain from now on. Before the first request.
 * BT_ERR_NOMEM. */
enum bt_err bots_create(struct api *api, struct bots **out) BT_USE_RESULT;
/* After the server was freed and before the api is; NULL is fine. */
void bots_free(struct bots *bots);

#endif
