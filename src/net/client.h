/* client.h - a small HTTP/1.1 and WebSocket client on the loop.
 *
 * Plain sockets for our own commands, benchmarks and tests against our own
 * server; or WebSockets to other people's servers, over an outbound, by its
 * rules and with TLS. One connection, one request at a time (others wait in
 * line), kept alive. No redirects, no cookies, no proxies. Other calls to other
 * people's servers go over outbound.h and courier.h.
 *
 * A client may be freed at any time, even in one of its callbacks: what waits
 * is then forgotten without a call, and its WebSocket is cut.
 */
#ifndef BATON_NET_CLIENT_H
#define BATON_NET_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "net/http_parse.h"
#include "net/limits.h"
#include "net/loop.h"
#include "net/outbound.h"
#include "net/ws.h"

struct client;

struct client_response {
  enum bt_err err;     /* BT_ERR_OK: the rest is filled */
  const char *message; /* a sentence about the error */
  int status;
  const struct http_header *headers;
  size_t header_count;
  struct text body;
};

/* Everything in @response is borrowed for the call.
 * BT_ERR_CLOSED: refused, or cut before the answer was whole. BT_ERR_BUSY: too
 * slow. BT_ERR_SYNTAX: not HTTP. BT_ERR_FULL: larger than the limit.
 * BT_ERR_NOT_FOUND: no such host. BT_ERR_IO, BT_ERR_NOMEM. */
typedef void client_fn(void *ctx, const struct client_response *response);

struct client_target {
  enum http_method method;
  struct text path;                  /* with query, percent-encoded */
  const struct http_header *headers; /* besides Host and Content-Length */
  size_t header_count;
};

/* @host: a name or an address literal. Nothing is connected yet. @limits is
 * copied, NULL for the defaults. BT_ERR_NOMEM. */
enum bt_err client_create(struct loop *loop, struct text host, uint16_t port,
                          const struct net_limits *limits,
                          struct client **out) BT_USE_RESULT;
/* The same for the host and port of @url, whose scheme says whether TLS is
 * spoken (https, wss). The outbound is borrowed and outlives it.
 * BT_ERR_SYNTAX: it is no URL. BT_ERR_NOMEM. */
enum bt_err client_create_over(struct loop *loop, struct outbound *outbound,
                               struct text url, const struct net_limits *limits,
                               struct client **out) BT_USE_RESULT;
void client_free(struct client *client); /* NULL is fine */

/* Sends when the connection is free, connecting first if need be; everything is
 * copied. @fn is called once, from the loop. A request is not repeated by
 * itself when a kept connection turns out dead. BT_ERR_NOMEM: nothing happened.
 */
enum bt_err client_request(struct client *client,
                           const struct client_target *target, struct text body,
                           client_fn *fn, void *ctx) BT_USE_RESULT;

struct client_ws_handlers {
  struct ws_handlers ws;
  void (*on_open)(void *ctx, struct ws *ws);
  /* Instead of on_open; the answer's status if there was one. */
  void (*on_refused)(void *ctx, const struct client_response *response);
};

/* Turns the client's connection into a WebSocket: no requests afterwards.
 * @target's method is GET. BT_ERR_STATE: it has been used. BT_ERR_NOMEM. */
enum bt_err client_ws_open(struct client *client,
                           const struct client_target *target,
                           const struct client_ws_handlers *handlers,
                           void *ctx) BT_USE_RESULT;

#endif
