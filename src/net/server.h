/* server.h - HTTP/1.1 server: requests, answers, streams, WebSockets.
 *
 * net parses, holds peers to the limits, keeps answers in order; it knows no
 * paths and no sessions. Only one request of a connection is with the user at a
 * time: the next pipelined one comes after the answer.
 *
 * Lifetimes: a `struct http_request *` and all texts read from it are good
 * until it is answered (respond, stream, accept) or its connection goes away;
 * nobody is told of the latter. Who answers later keeps the `struct net_ref`
 * and asks http_request_find(). A stream or WebSocket is good until its
 * on_close has returned, which comes exactly once.
 *
 * What is written leaves at the end of the loop's turn, all of a connection
 * together. No callback runs inside a function called here.
 */
#ifndef BATON_NET_SERVER_H
#define BATON_NET_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "net/http_parse.h"
#include "net/limits.h"
#include "net/loop.h"
#include "net/tls.h"
#include "net/ws.h"

struct http_server;

/* "Not Found"; "Status" for one without a name (RFC 9110, 15). */
struct text http_status_reason(int status);
struct http_request;
struct http_stream;

/* Names one request, stream or WebSocket of a server, for good. */
struct net_ref {
  uint32_t slot;
  uint32_t generation;
};

struct http_handlers {
  /* Answer at once, or keep the reference and answer later. */
  void (*on_request)(void *ctx, struct http_request *req);
  /* Optional: write a body of type application/problem+json for a request that
   * never became one. Status and connection are net's business. */
  void (*on_bad_request)(void *ctx, const struct http_fault_info *fault,
                         struct textbuf *body);
  /* Optional: may this request, whose head is here, have a body of upload_bytes
   * instead of body_bytes? Read it and leave it. */
  bool (*takes_upload)(void *ctx, const struct http_request *req);
};

/* BT_ERR_NOMEM; BT_ERR_RANGE for limits that do not fit. @handlers is borrowed
 * and outlives the server; @limits is copied, NULL for the defaults. */
enum bt_err http_server_create(struct loop *loop,
                               const struct net_limits *limits,
                               const struct http_handlers *handlers, void *ctx,
                               struct http_server **out) BT_USE_RESULT;
/* @address: IPv4 or IPv6 literal ("0.0.0.0", "::1"; "::" takes both families).
 * @port 0 lets the system choose. The port in use goes to *@bound (may be
 * NULL). May be called for several addresses.
 * BT_ERR_SYNTAX (not an address), BT_ERR_EXISTS (port taken), BT_ERR_IO. */
enum bt_err http_server_listen(struct http_server *server, const char *address,
                               uint16_t port, uint16_t *bound) BT_USE_RESULT;
/* The same, over TLS if @tls is not NULL; borrowed, outlives the server. */
enum bt_err http_server_listen_tls(struct http_server *server,
                                   const char *address, uint16_t port,
                                   struct tls *tls,
                                   uint16_t *bound) BT_USE_RESULT;
/* From now on answers over TLS tell browsers to ask this host over TLS alone,
 * for a year (RFC 6797), or do not; at first they do not. */
void http_server_set_strict(struct http_server *server, bool strict);
/* Graceful end: no new connections; idle ones are closed, WebSockets with 1001,
 * streams ended; requests in flight may still be answered, then their
 * connection is closed. What is left after @grace_us is cut. @on_stopped comes
 * once from the loop when no connection is left; then free the server. */
void http_server_stop(struct http_server *server, int64_t grace_us,
                      loop_fn *on_stopped, void *ctx);
/* Ends the connections of @owner as http_server_stop() ends all; @cut: at once,
 * with what was not answered yet. */
void http_server_let_go(struct http_server *server, const void *owner,
                        bool cut);
/* How many there are of it. */
size_t http_server_owned(const struct http_server *server, const void *owner);
/* After on_stopped, or when it never listened. */
void http_server_free(struct http_server *server);

/* Those in force; borrowed. */
const struct net_limits *http_server_limits(const struct http_server *server);

struct http_counters {
#define COUNTER(field, meaning) uint64_t field;
#include "net/counters.def"
#undef COUNTER
};
struct http_counters http_server_counters(const struct http_server *server);

/* A request. */

enum http_method http_request_method(const struct http_request *req);
/* As sent: percent-encoded (see net/url.h), begins with '/', or is "*". */
struct text http_request_path(const struct http_request *req);
/* What stands behind the first '?', as sent; empty if nothing. */
struct text http_request_query(const struct http_request *req);
/* Value of the first header of this name (any case), without surrounding
 * blanks; ptr NULL if there is none. */
struct text http_request_header(const struct http_request *req,
                                struct text name);
/* The host that is asked, with a port if it was sent with one: that of the
 * target, if it is a whole URL, else of the header Host (RFC 9112, 3.2.2). */
struct text http_request_host(const struct http_request *req);
/* Did it come over TLS, to us or to a proxy before us (X-Forwarded-Proto)? For
 * URLs of ours that an answer names. */
bool http_request_is_https(const struct http_request *req);
/* The token of "Authorization: Bearer TOKEN", the scheme in any case (RFC 6750,
 * RFC 9110 11.1); ptr NULL if there is no such header. */
struct text http_request_bearer(const struct http_request *req);
/* By position, for signatures over all headers; false past the end. */
bool http_request_header_at(const struct http_request *req, size_t index,
                            struct http_header *out);
struct text http_request_body(const struct http_request *req);
/* The peer's address as text ("192.0.2.1", "2001:db8::1"), without port.
 * Behind a proxy it is the proxy's. */
struct text http_request_peer(struct http_request *req);

struct net_ref http_request_ref(const struct http_request *req);
/* NULL when it was answered, or its connection has gone. */
struct http_request *http_request_find(struct http_server *server,
                                       struct net_ref ref);
/* The connection is of @owner, which is never looked at, until another request
 * on it says otherwise: where several parties share a server. */
void http_request_set_owner(struct http_request *req, const void *owner);
/* Something of the user's, borrowed; NULL at first. */
void http_request_set_tag(struct http_request *req, void *tag);
void *http_request_tag(const struct http_request *req);

/* Answers and ends @req on every path. net adds Date, Content-Length and
 * Connection; the others come from @headers, whose control characters become
 * blanks. @body is copied; it does not leave for HEAD, 204 and 304.
 * BT_ERR_NOMEM: the connection is cut, so that the peer sees no half answer. */
enum bt_err http_respond(struct http_request *req, int status,
                         const struct http_header *headers, size_t count,
                         struct text body);

/* A streaming answer (server-sent events). */

struct http_stream_handlers {
  /* The last word on this stream. BT_ERR_OK: we closed it; BT_ERR_CLOSED: the
   * peer went away; BT_ERR_FULL: it read too slowly; BT_ERR_BUSY: stopped. */
  void (*on_close)(void *ctx, struct http_stream *stream, enum bt_err why);
};

/* Status 200. Ends @req on every path. To a HEAD request the stream closes by
 * itself. BT_ERR_NOMEM: the connection is cut, *@out untouched. */
enum bt_err http_stream_open(struct http_request *req,
                             const struct http_header *headers, size_t count,
                             struct http_stream **out) BT_USE_RESULT;
void http_stream_handle(struct http_stream *stream,
                        const struct http_stream_handlers *handlers, void *ctx);
/* BT_ERR_FULL: limit of waiting bytes; the connection is cut and on_close
 * follows. BT_ERR_CLOSED: on_close is on its way. BT_ERR_NOMEM: cut, too. */
enum bt_err http_stream_write(struct http_stream *stream, struct text bytes);
/* Bytes queued that the system has not taken yet. */
size_t http_stream_waiting_bytes(const struct http_stream *stream);
/* Everything written still leaves. on_close follows. */
void http_stream_close(struct http_stream *stream);
struct net_ref http_stream_ref(const struct http_stream *stream);
/* NULL when it is closed. */
struct http_stream *http_stream_find(struct http_server *server,
                                     struct net_ref ref);

/* A WebSocket. */

/* Does the request ask for a WebSocket (Upgrade names it)? */
bool http_request_wants_ws(const struct http_request *req);
/* Does the peer offer this subprotocol? */
bool http_request_offers_protocol(const struct http_request *req,
                                  struct text protocol);
/* Accepts the upgrade and ends @req on every path; @protocol is echoed (empty
 * for none; it must have been offered). BT_ERR_SYNTAX: the handshake was wrong
 * and has been answered so (400; 426 for another version). BT_ERR_NOMEM. */
enum bt_err ws_accept(struct http_request *req, struct text protocol,
                      const struct ws_handlers *handlers, void *ctx,
                      struct ws **out) BT_USE_RESULT;
struct net_ref ws_ref(const struct ws *ws);
/* NULL when it is closed. */
struct ws *ws_find(struct http_server *server, struct net_ref ref);

#endif
