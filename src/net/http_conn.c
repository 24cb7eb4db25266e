#include <string.h>

#include "base/check.h"
#include "net/server_priv.h"

/* Above the limit of connections this many are told so; more are just cut. */
enum { REFUSING_MAX = 64 };
/* An upload has the time of a body for each so many bytes. */
enum { UPLOAD_STEP = 65536 };

struct http_conn *http_conn_of(struct wire *wire) {
  return LINK_OWNER(wire, struct http_conn, wire);
}

/* Deadlines. */

/* A peer that does not take what it asked for is on one clock only. */
static void apply_deadline(struct http_conn *conn) {
  struct deadlines *ds = &conn->server->deadlines;
  if (conn->blocked) {
    deadline_set(ds, &conn->deadline, DEADLINE_WRITE);
  } else if (conn->wanted != DEADLINE_NONE) {
    deadline_set(ds, &conn->deadline, (enum deadline_kind)conn->wanted);
  } else {
    deadline_clear(&conn->deadline);
  }
}

void http_conn_set_deadline(struct http_conn *conn, enum deadline_kind kind) {
  conn->wanted = (uint8_t)kind;
  if (!conn->blocked) {
    apply_deadline(conn);
  }
}

static void on_blocked(struct wire *wire) {
  struct http_conn *conn = http_conn_of(wire);
  conn->blocked = true;
  apply_deadline(conn);
}

static void on_drained(struct wire *wire) {
  struct http_conn *conn = http_conn_of(wire);
  if (conn->blocked) {
    conn->blocked = false;
    apply_deadline(conn);
    if (conn->phase == CONN_WS) {
      ws_on_drained(conn->ws);
    }
  }
  if (conn->held) {
    conn->held = false;
    wire_resume(wire);
  }
}

static void too_slow(struct http_conn *conn) {
  conn->server->counters.timeouts++;
  wire_cut(&conn->wire, BT_ERR_BUSY);
}

void http_conn_on_due(struct deadline *d, enum deadline_kind kind) {
  struct http_conn *conn = LINK_OWNER(d, struct http_conn, deadline);
  switch (kind) {
  case DEADLINE_HEADER:
    if (conn->scan.seen == 0) {
      too_slow(conn);
      break;
    }
    /* fall through */
  case DEADLINE_BODY:
    conn->server->counters.timeouts++;
    http_conn_refuse(conn, HTTP_FAULT_REQUEST_TIMEOUT);
    break;
  case DEADLINE_IDLE:
    http_conn_finish(conn);
    break;
  case DEADLINE_WS_PING:
  case DEADLINE_WS_MESSAGE:
    ws_on_due(conn->ws, kind);
    break;
  case DEADLINE_LINGER:
    wire_cut(&conn->wire, BT_ERR_OK);
    break;
  case DEADLINE_ANSWER:
  case DEADLINE_WRITE:
  case DEADLINE_WS_PONG:
  case DEADLINE_WS_CLOSE:
    too_slow(conn);
    break;
  case DEADLINE_CONNECT:
  case DEADLINE_RESPONSE:
  case DEADLINE_NONE:
    bt_check_failed("a deadline of servers", __FILE__, __LINE__, __func__);
  }
}

/* From one request to the next. */

void http_conn_finish(struct http_conn *conn) {
  conn->phase = CONN_DONE;
  http_conn_set_deadline(conn, DEADLINE_LINGER);
  wire_finish(&conn->wire);
}

void http_conn_next(struct http_conn *conn) {
  struct wire *wire = &conn->wire;
  if (wire->closing) {
    return;
  }
  const bool heard_all = wire->ended && !conn->taking && wire->kept_len == 0;
  if (!conn->keep_alive || heard_all) {
    http_conn_finish(conn);
    return;
  }
  conn->phase = CONN_HEAD;
  conn->scan = (struct http_scan){0};
  http_conn_set_deadline(conn, DEADLINE_IDLE);
  /* Who sends requests and does not read the answers gets no more of them. */
  conn->held = wire->out_bytes > (size_t)conn->server->limits.out_bytes / 4;
  if (!conn->held) {
    wire_resume(wire);
  }
}

static void dispatch(struct http_conn *conn) {
  struct http_server *server = conn->server;
  conn->phase = CONN_BUSY;
  http_slot_renew(conn);
  http_conn_set_deadline(conn,
                         conn->wire.ended ? DEADLINE_ANSWER : DEADLINE_NONE);
  wire_pause(&conn->wire);
  server->counters.requests++;
  server->handlers->on_request(server->ctx, conn->request);
}

/* Taking bytes. */

/* An upload is kept whole: not many at once. */
static enum http_fault begin_upload(struct http_conn *conn) {
  struct http_server *server = conn->server;
  if (server->uploads >= server->limits.uploads) {
    return HTTP_FAULT_NO_MEMORY;
  }
  conn->request->is_upload = true;
  server->uploads++;
  return HTTP_FAULT_NONE;
}

/* Beyond the usual size only where the user takes it. A chunked body is an
 * upload once it is as large as one: until then nobody knows. */
static enum http_fault judge_body(struct http_conn *conn) {
  struct http_server *server = conn->server;
  struct http_request *req = conn->request;
  const int64_t usual = server->limits.body_bytes;
  if (req->head.framing == HTTP_NO_BODY ||
      (req->head.framing == HTTP_BY_LENGTH &&
       req->head.length <= (uint64_t)usual)) {
    return HTTP_FAULT_NONE;
  }
  const struct http_handlers *h = server->handlers;
  const bool taken =
      h->takes_upload != NULL && h->takes_upload(server->ctx, req);
  if (!taken) {
    return req->head.framing == HTTP_BY_LENGTH ? HTTP_FAULT_BODY_TOO_LARGE
                                               : HTTP_FAULT_NONE;
  }
  req->may_upload = true;
  return req->head.framing == HTTP_BY_LENGTH ? begin_upload(conn)
                                             : HTTP_FAULT_NONE;
}

/* The head is whole and in order; the request may have a body to come. */
static void begin_request(struct http_conn *conn, bool more_is_here) {
  const struct net_limits *limits = &conn->server->limits;
  struct http_request *req = conn->request;
  if (req->head.framing == HTTP_NO_BODY) {
    dispatch(conn);
    return;
  }
  if (req->head.framing == HTTP_CHUNKED) {
    http_chunked_init(&req->chunked,
                      req->may_upload ? limits->upload_bytes
                                      : limits->body_bytes,
                      limits->chunk_overhead_bytes);
  }
  if (req->head.expects_continue && !more_is_here &&
      !wire_write(&conn->wire, TEXT("HTTP/1.1 100 Continue\r\n\r\n"))) {
    http_conn_refuse(conn, HTTP_FAULT_NO_MEMORY);
    return;
  }
  conn->phase = CONN_BODY;
  http_conn_set_deadline(conn, DEADLINE_BODY);
}

static size_t take_head(struct http_conn *conn, const char *bytes, size_t len) {
  const struct net_limits *limits = &conn->server->limits;
  enum http_fault fault;
  size_t end = 0;
  if (!http_scan_head(&conn->scan, (struct text){bytes, len}, limits, &end,
                      &fault)) {
    if (fault != HTTP_FAULT_NONE) {
      http_conn_refuse(conn, fault);
    } else if (conn->wanted != DEADLINE_HEADER) {
      http_conn_set_deadline(conn, DEADLINE_HEADER);
    }
    return 0;
  }
  struct http_request *req = http_request_new(conn);
  if (req == NULL) {
    http_conn_refuse(conn, HTTP_FAULT_NO_MEMORY);
    return end;
  }
  conn->request = req;
  textbuf_add(&req->head_text,
              (struct text){bytes + conn->scan.start, end - conn->scan.start});
  fault = req->head_text.failed
              ? HTTP_FAULT_NO_MEMORY
              : http_parse_request(textbuf_text(&req->head_text),
                                   &conn->server->widest, &req->head);
  if (fault == HTTP_FAULT_NONE) {
    fault = judge_body(conn);
  }
  if (fault != HTTP_FAULT_NONE) {
    http_conn_refuse(conn, fault);
  } else {
    begin_request(conn, end < len);
  }
  return end;
}

static size_t take_body(struct http_conn *conn, const char *bytes, size_t len) {
  struct http_request *req = conn->request;
  enum http_fault fault = HTTP_FAULT_NONE;
  struct text data = {bytes, len};
  size_t used = 0;
  bool whole = false;
  if (req->head.framing == HTTP_CHUNKED) {
    whole = http_chunked_take(&req->chunked, data, &used, &data, &fault);
  } else {
    data = text_sub(data, 0, (size_t)req->head.length - req->body.len);
    used = data.len;
    whole = req->body.len + used == req->head.length;
  }
  textbuf_add(&req->body, data);
  if (fault == HTTP_FAULT_NONE && req->body.failed) {
    fault = HTTP_FAULT_NO_MEMORY;
  }
  if (fault == HTTP_FAULT_NONE && req->may_upload && !req->is_upload &&
      req->body.len > (size_t)conn->server->limits.body_bytes) {
    fault = begin_upload(conn);
  }
  if (fault != HTTP_FAULT_NONE) {
    http_conn_refuse(conn, fault);
  } else if (whole) {
    dispatch(conn);
  } else if (req->is_upload && req->body.len - req->timed >= UPLOAD_STEP) {
    req->timed = req->body.len;
    http_conn_set_deadline(conn, DEADLINE_BODY);
  }
  return used;
}

static size_t take_step(struct http_conn *conn, char *bytes, size_t len) {
  switch ((enum conn_phase)conn->phase) {
  case CONN_HEAD:
    return conn->held ? 0 : take_head(conn, bytes, len);
  case CONN_BODY:
    return take_body(conn, bytes, len);
  case CONN_WS:
    return ws_take(conn->ws, bytes, len);
  case CONN_DONE:
    return len;
  case CONN_BUSY:
  case CONN_STREAM:
    break; /* not before the answer is complete */
  }
  return 0;
}

static size_t on_bytes(struct wire *wire, char *bytes, size_t len) {
  struct http_conn *conn = http_conn_of(wire);
  size_t taken = 0;
  size_t step = 1;
  conn->taking = true;
  while (step > 0 && taken < len && !wire->closing) {
    step = take_step(conn, bytes + taken, len - taken);
    taken += step;
  }
  conn->taking = false;
  if (conn->phase == CONN_HEAD && wire->ended && !conn->held &&
      !wire->closing) {
    http_conn_finish(conn);
  }
  return taken;
}

static void on_end(struct wire *wire) {
  struct http_conn *conn = http_conn_of(wire);
  switch ((enum conn_phase)conn->phase) {
  case CONN_HEAD:
  case CONN_BODY:
    if (wire->kept_len == 0 || conn->wanted == DEADLINE_HEADER) {
      http_conn_finish(conn);
    }
    break;
  case CONN_STREAM:
  case CONN_WS:
    wire_cut(wire, BT_ERR_CLOSED);
    break;
  case CONN_BUSY: /* it may still read; most have gone */
    http_conn_set_deadline(conn, DEADLINE_ANSWER);
    break;
  case CONN_DONE:
    break;
  }
}

/* Birth and death. */

static void on_closed(struct wire *wire, enum bt_err why) {
  struct http_conn *conn = http_conn_of(wire);
  struct http_server *server = conn->server;
  deadline_clear(&conn->deadline);
  if (conn->stream != NULL) {
    http_stream_end(conn->stream, why);
  }
  if (conn->ws != NULL) {
    ws_free(conn->ws);
  }
  if (conn->request != NULL) {
    http_request_end(conn->request);
  }
  http_slot_free(server, conn->slot);
  link_remove(&conn->link);
  server->counters.open--;
  mem_free(server->loop->mem, conn, sizeof *conn);
  http_server_conn_gone(server);
}

static const struct wire_user conn_user = {.on_bytes = on_bytes,
                                           .on_end = on_end,
                                           .on_blocked = on_blocked,
                                           .on_drained = on_drained,
                                           .on_closed = on_closed};

static struct http_conn *conn_new(struct http_server *server) {
  const struct mem *mem = server->loop->mem;
  struct http_conn *conn = mem_new(mem, sizeof *conn);
  if (conn == NULL) {
    return NULL;
  }
  conn->server = server;
  conn->wanted = DEADLINE_HEADER;
  deadline_init(&conn->deadline);
  if (!http_slot_take(server, conn)) {
    mem_free(mem, conn, sizeof *conn);
    return NULL;
  }
  if (wire_init(&conn->wire, server->loop, &server->buffers.mem, &conn_user) !=
      BT_ERR_OK) {
    http_slot_free(server, conn->slot);
    mem_free(mem, conn, sizeof *conn);
    return NULL;
  }
  conn->wire.traffic = &server->traffic;
  conn->wire.mem_in = &server->requests.mem;
  link_init(&conn->link);
  link_add_last(&server->conns, &conn->link);
  server->counters.open++;
  return conn;
}

static void accept_full(struct http_conn *conn) {
  struct http_server *server = conn->server;
  const uint64_t max = (uint64_t)server->limits.connections;
  server->counters.refused++;
  if (server->counters.open > max + REFUSING_MAX) {
    wire_cut(&conn->wire, BT_ERR_FULL);
  } else {
    http_conn_refuse(conn, HTTP_FAULT_TOO_MANY_CONNECTIONS);
  }
}

static bool begin(struct http_conn *conn, struct tls *tls) {
  if (tls != NULL) {
    return tls_accept(tls, &conn->wire) == BT_ERR_OK;
  }
  wire_begin(&conn->wire);
  return true;
}

/* Now: of a connection that is cut it cannot be asked any more. */
static void note_peer(struct http_conn *conn) {
  union peer_address name;
  int len = sizeof name;
  memset(&name, 0, sizeof name);
  (void)uv_tcp_getpeername(&conn->wire.tcp, &name.any, &len);
  conn->peer_is_v6 = name.any.sa_family != AF_INET;
  if (conn->peer_is_v6) {
    memcpy(conn->peer, &name.v6.sin6_addr, sizeof name.v6.sin6_addr);
  } else {
    memcpy(conn->peer, &name.v4.sin_addr, sizeof name.v4.sin_addr);
  }
}

bool http_conn_accept(struct http_server *server, uv_tcp_t *listener,
                      struct tls *tls) {
  struct http_conn *conn = conn_new(server);
  if (conn == NULL) {
    return false;
  }
  if (wire_accept(&conn->wire, listener) != BT_ERR_OK || !begin(conn, tls)) {
    wire_cut(&conn->wire, BT_ERR_IO);
    return true;
  }
  note_peer(conn);
  server->counters.accepted++;
  if (server->counters.open > (uint64_t)server->limits.connections) {
    accept_full(conn);
  } else {
    apply_deadline(conn);
  }
  return true;
}

void http_conn_stop(struct http_conn *conn) {
  switch ((enum conn_phase)conn->phase) {
  case CONN_HEAD:
    if (conn->scan.seen == 0) {
      http_conn_finish(conn);
    }
    break;
  case CONN_STREAM:
    http_stream_end(conn->stream, BT_ERR_BUSY);
    break;
  case CONN_WS:
    ws_close(conn->ws, WS_CODE_GOING_AWAY, TEXT("the server is stopping"));
    break;
  case CONN_BODY:
  case CONN_BUSY:
  case CONN_DONE:
    break;
  }
}
