/* client_priv.h - a client's connection and what waits for it. */
#ifndef BATON_NET_CLIENT_PRIV_H
#define BATON_NET_CLIENT_PRIV_H

#include "net/client.h"
#include "net/deadline_priv.h"
#include "net/outbound_tunnel_priv.h"
#include "net/wire_priv.h"
#include "net/ws_priv.h"

/* A request, ready to be sent. */
struct client_call {
  struct link link; /* in client->calls; the first may be in flight */
  enum http_method method;
  struct textbuf bytes;
  client_fn *fn;
  void *ctx;
  bool opens_ws;
  char accept[WS_ACCEPT_LEN]; /* the answer to our key */
};

struct client {
  struct loop *loop;
  struct net_limits limits;
  struct textbuf host;
  uint16_t port;
  struct outbound *outbound; /* NULL: plain sockets of our own */
  bool tls;
  struct link calls;
  struct client_conn *conn; /* NULL: not connected */
  struct deadlines deadlines;
  struct loop_task kick; /* sends the next call */
  const struct client_ws_handlers *ws_handlers;
  void *ws_ctx;
};

enum client_phase {
  CLIENT_CONNECTING,
  CLIENT_READY,
  CLIENT_HEAD,
  CLIENT_BODY,
  CLIENT_WS,
  CLIENT_DONE
};

/* Outlives its client until the system has let go of it. */
struct client_conn {
  struct wire wire;
  struct loop *loop;
  struct client *client; /* NULL when it was freed, or is done with us */
  struct resolve *resolve;
  struct tunnel *tunnel; /* until it is connected */
  char reason[OUTBOUND_REASON_MAX];
  struct deadline deadline;
  struct http_scan scan;
  struct http_head head;
  struct textbuf head_text, body;
  struct http_chunked chunked;
  struct ws *ws;
  enum client_phase phase;
};

/* client.c */
/* The first call is answered. It is gone when its function is called, which
 * may free the client. */
void client_answer(struct client *client,
                   const struct client_response *response);
void client_fail(struct client *client, enum bt_err err, const char *message);
struct client_call *client_first_call(const struct client *client);

/* client_conn.c */
/* Begins to connect; client->conn is set. BT_ERR_NOMEM, BT_ERR_IO. */
enum bt_err client_conn_open(struct client *client) BT_USE_RESULT;
/* Sends the first call. */
void client_conn_send(struct client_conn *conn);
/* The client wants nothing of it any more. */
void client_conn_abandon(struct client_conn *conn);
void client_conn_on_due(struct deadline *d, enum deadline_kind kind);

#endif
