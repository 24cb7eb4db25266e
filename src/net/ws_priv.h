/* ws_priv.h - a WebSocket as its connection sees it. */
#ifndef BATON_NET_WS_PRIV_H
#define BATON_NET_WS_PRIV_H

#include "net/deadline_priv.h"
#include "net/limits.h"
#include "net/wire_priv.h"
#include "net/ws.h"
#include "net/ws_frame.h"

/* What the connection under a WebSocket does for it. */
struct ws_host {
  void (*set_deadline)(struct ws *ws, enum deadline_kind kind);
  /* on_close has been called: the user's pointer means nothing any more. */
  void (*on_over)(struct ws *ws);
};

struct ws {
  struct wire *wire;
  const struct ws_host *host;
  const struct ws_handlers *handlers;
  void *ctx;
  void *tag;
  struct ws_reader reader;
  size_t out_max;
  int64_t message_us;       /* a message's bytes may take so long */
  int64_t message_until_us; /* of the one that is unfinished; 0: none is */
  bool is_client;
  bool close_sent;
  bool over;
};

/* NULL when there is no memory. Unfinished messages are kept in wire->mem_in.
 */
struct ws *ws_create(struct wire *wire, const struct ws_host *host,
                     const struct net_limits *limits, bool is_client);
/* The connection speaks WebSocket from now on. */
void ws_begin(struct ws *ws, const struct ws_handlers *handlers, void *ctx);
/* Bytes of the peer; how many were taken. */
size_t ws_take(struct ws *ws, char *bytes, size_t len);
void ws_on_due(struct ws *ws, enum deadline_kind kind);
/* The peer has taken what was written: the deadline is set anew, but an
 * unfinished message gets no more time by it. */
void ws_on_drained(struct ws *ws);
/* The wire is closed: on_close if it is still owed, and the memory goes. */
void ws_free(struct ws *ws);

enum { WS_KEY_LEN = 24, WS_ACCEPT_LEN = 28 };
/* RFC 6455, 4.2.2: the answer to a key, no NUL. */
void ws_accept_key(struct text key, char out[WS_ACCEPT_LEN]);
/* A fresh key, no NUL. */
void ws_make_key(char out[WS_KEY_LEN]);
/* 16 bytes in base64? */
bool ws_key_is_valid(struct text key);
/* Unpredictable bytes. */
void net_random(void *out, size_t len);

#endif
