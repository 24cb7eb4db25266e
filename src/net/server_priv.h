/* server_priv.h - a server and its connections, for the files that make them.
 */
#ifndef BATON_NET_SERVER_PRIV_H
#define BATON_NET_SERVER_PRIV_H

#include "net/bounded_priv.h"
#include "net/deadline_priv.h"
#include "net/server.h"
#include "net/tls_priv.h"
#include "net/wire_priv.h"
#include "net/ws_priv.h"

enum conn_phase {
  CONN_HEAD,   /* between requests, or in the middle of a head */
  CONN_BODY,   /* a request's body is coming */
  CONN_BUSY,   /* the user has a request */
  CONN_STREAM, /* the user writes a streaming answer */
  CONN_WS,     /* it is a WebSocket */
  CONN_DONE    /* the last word is said; what comes is dropped */
};

union peer_address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

struct http_conn {
  struct wire wire;
  struct http_server *server;
  struct link link; /* in server->conns */
  struct deadline deadline;
  struct http_scan scan;
  struct http_request *request; /* CONN_BODY, CONN_BUSY */
  struct http_stream *stream;   /* CONN_STREAM */
  struct ws *ws;                /* from CONN_WS on */
  const void *owner;            /* see http_request_set_owner() */
  uint32_t slot;
  uint8_t phase;
  uint8_t wanted;  /* the deadline when nothing is blocked */
  bool blocked;    /* … and DEADLINE_WRITE rules instead */
  bool keep_alive; /* after the current request */
  bool taking;     /* inside on_bytes */
  bool held;       /* no next request before the answers have left */
  bool peer_is_v6;
  uint8_t peer[16]; /* the address, of IPv4 in the first four */
};

struct http_request {
  struct http_conn *conn;
  struct http_request *next_spare;
  void *tag;
  struct http_chunked chunked;
  struct textbuf head_text, body;
  struct http_head head;
  size_t timed;    /* bytes of an upload that have had their time */
  bool may_upload; /* its body may be larger than usual */
  bool is_upload;  /* it counts as one */
  char peer[46];   /* filled when asked for */
};

struct http_stream {
  struct http_server *server;
  struct http_conn *conn; /* NULL when it is closed */
  const struct http_stream_handlers *handlers;
  void *ctx;
  struct loop_task closed; /* tells on_close */
  enum bt_err why;
  bool chunked;
};

/* Where references lead; the generation outlives the connection. */
struct net_slot {
  struct http_conn *conn;
  uint32_t generation;
  uint32_t next_free;
};

struct http_server {
  struct loop *loop;
  const struct http_handlers *handlers;
  void *ctx;
  struct net_limits limits;
  struct net_limits widest; /* what one body may be at most, whosever it is */
  struct http_counters counters;
  struct wire_traffic traffic;
  struct bounded buffers;        /* answers may have all of it */
  struct bounded_share requests; /* … unfinished requests most of it, */
  struct bounded_share messages; /* and unfinished messages a half */
  struct deadlines deadlines;
  struct link conns;
  struct link listeners;
  struct net_slot *slots;
  size_t slot_cap, slot_count;
  uint32_t free_slot; /* index + 1; 0 for none */
  struct http_request *spare;
  int64_t spare_count;
  int64_t uploads; /* requests with a body beyond the usual */
  struct textbuf scratch;
  int64_t date_s; /* what date[] says */
  char date[64];
  bool stopping;
  bool strict; /* browsers are told to come by TLS alone */
  struct loop_timer *grace;
  struct loop_timer *retry; /* accepts what there was no memory for */
  struct loop_task stopped;
  loop_fn *on_stopped;
  void *stopped_ctx;
};

/* http_conn.c */
struct http_conn *http_conn_of(struct wire *wire);
/* Speaks TLS if @tls is not NULL. False when there is no memory: the connection
 * still waits at the listener. */
bool http_conn_accept(struct http_server *server, uv_tcp_t *listener,
                      struct tls *tls);
void http_conn_on_due(struct deadline *d, enum deadline_kind kind);
void http_conn_set_deadline(struct http_conn *conn, enum deadline_kind kind);
/* The current answer is complete: on to the next request, or the end. */
void http_conn_next(struct http_conn *conn);
/* Nothing more will be said. */
void http_conn_finish(struct http_conn *conn);
/* The server stops: the end now, or after the current request. */
void http_conn_stop(struct http_conn *conn);

/* http_slot.c */
bool http_slot_take(struct http_server *server, struct http_conn *conn);
void http_slot_free(struct http_server *server, uint32_t slot);
/* Old references of this connection lead nowhere any more. */
void http_slot_renew(const struct http_conn *conn);
struct net_ref http_slot_ref(const struct http_conn *conn);
struct http_conn *http_slot_find(const struct http_server *server,
                                 struct net_ref ref);

/* http_request.c */
struct http_request *http_request_new(struct http_conn *conn);
void http_request_end(struct http_request *req); /* its connection stays */
void http_request_free_spares(struct http_server *server);

/* http_answer.c */
/* Status line, net's own headers and the user's, ready for the body. */
struct http_answer {
  int status;
  const struct http_header *headers;
  size_t count;
  bool chunked;
  int64_t length; /* Content-Length; negative for none */
  bool keep_alive, minor_zero;
};
/* Room for the head and @more bytes, of which the head is written; NULL when
 * there is no memory. *@len: bytes of the head, to be committed with the rest.
 */
char *http_answer_begin(struct http_conn *conn, const struct http_answer *a,
                        size_t more, size_t *len);
/* Answers a request that never became one, and finishes. */
void http_conn_refuse(struct http_conn *conn, enum http_fault fault);

/* http_stream.c */
/* The stream ends; on_close says @why, from the loop. */
void http_stream_end(struct http_stream *stream, enum bt_err why);

/* server.c */
void http_server_conn_gone(struct http_server *server);

#endif
