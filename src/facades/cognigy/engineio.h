/* engineio.h - the server's side of Engine.IO 3 with Socket.IO 2 within.
 *
 * A connection is a WebSocket, or a row of polls under one sid; above it there
 * is no difference. The client pings and we answer; who has not been heard of
 * for pingInterval and pingTimeout is gone.
 * github.com/socketio/engine.io-protocol (v3), socket.io-protocol (v4).
 */
#ifndef BATON_FACADES_COGNIGY_ENGINEIO_H
#define BATON_FACADES_COGNIGY_ENGINEIO_H

#include "bots/cognigy/packet.h"
#include "facades/facade_priv.h"

struct engineio;
struct eio;

struct eio_ops {
  size_t bytes; /* of the owner's own struct */
  /* A new connection, with its query: false refuses it (403). What is sent here
   * comes behind the handshake. */
  bool (*on_open)(struct eio *conn, struct text query);
  /* An EVENT or an ACK of the main namespace. */
  void (*on_packet)(struct eio *conn, const struct packet *packet);
  /* The last call. */
  void (*on_closed)(struct eio *conn);
};

enum { EIO_SID = 32 };

/* The first member of its owner's struct, which is cleared at first. */
struct eio {
  struct engineio *all;
  struct eio *next, *prev;
  char sid[EIO_SID];
  struct ws *ws;       /* NULL: it polls */
  struct net_ref poll; /* the request that waits */
  bool polls;          /* there is one */
  bool open, closing;
  int64_t heard_us;   /* by loop_now_us() */
  struct textbuf out; /* the payload of the next poll */
};

struct engineio {
  struct facade *facade;
  const struct eio_ops *ops;
  struct eio *conns;
  struct loop_timer *timer;
};

enum bt_err engineio_init(struct engineio *all, struct facade *f,
                          const struct eio_ops *ops) BT_USE_RESULT;
void engineio_free(struct engineio *all);

bool engineio_is_path(struct http_request *req);
/* Serves a request of engineio_is_path(): a new connection, or one of ours.
 * False: its sid is not ours. */
bool engineio_serve(struct engineio *all, struct http_request *req);
/* {"code":…,"message":…} as the vendor's server says it: 0 transport, 1 sid,
 * 3 request, 4 forbidden. */
void engineio_refuse(struct http_request *req, int code);

/* Sends an Engine.IO packet, such as "42[…]". */
void eio_send(struct eio *conn, struct text packet);
/* Says so, and closes. */
void eio_close(struct eio *conn);

#endif
