/* socket.h - bots that come to us: GET /api/v1/bots/{name}/socket.
 *
 * One socket serves many sessions, several sockets of a bot share the sessions
 * in turn, and a session stays on its socket. Frames: docs/bots.md.
 */
#ifndef BATON_BOTS_SOCKET_SOCKET_H
#define BATON_BOTS_SOCKET_SOCKET_H

#include "bots/bot.h"

extern const struct bot_ops bot_socket_ops;

/* A socket of the bot: takes the call on every path. */
void bot_socket_open(struct bot *owner, struct call *c);

#endif
