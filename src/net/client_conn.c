#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "net/client_priv.h"

/* A name being looked up, off the loop's thread. */
struct resolve {
  uv_getaddrinfo_t uv;
  struct client_conn *conn; /* NULL: nobody waits any more */
  struct loop *loop;
};

static struct client_conn *conn_of(struct wire *wire) {
  return LINK_OWNER(wire, struct client_conn, wire);
}

static void set_deadline(struct client_conn *conn, enum deadline_kind kind) {
  if (conn->client != NULL) {
    deadline_set(&conn->client->deadlines, &conn->deadline, kind);
  }
}

/* The end. */

/* From here on the client knows this connection no more, and may be freed. */
static struct client *detach(struct client_conn *conn) {
  struct client *client = conn->client;
  deadline_clear(&conn->deadline);
  conn->phase = CLIENT_DONE;
  conn->client = NULL;
  if (client != NULL) {
    client->conn = NULL;
  }
  return client;
}

/* One that is still connecting; after that it is the wire's. */
static void drop_tunnel(struct client_conn *conn) {
  if (conn->tunnel != NULL && !conn->wire.closing) {
    tunnel_abandon(conn->tunnel);
    conn->tunnel = NULL;
  }
}

static void give_up(struct client_conn *conn, enum bt_err err,
                    const char *message) {
  const enum client_phase phase = conn->phase;
  struct client *client = detach(conn);
  drop_tunnel(conn);
  wire_cut(&conn->wire, err);
  if (client != NULL && phase != CLIENT_READY && phase != CLIENT_WS) {
    client_fail(client, err, message);
  }
}

void client_conn_abandon(struct client_conn *conn) {
  if (conn->ws != NULL) {
    conn->ws->over = true; /* nobody is there to be told */
  }
  detach(conn);
  drop_tunnel(conn);
  if (conn->ws != NULL && conn->ws->close_sent && conn->wire.carrier != NULL) {
    wire_hurry(&conn->wire); /* our last words leave yet */
  } else {
    wire_cut(&conn->wire, BT_ERR_CLOSED);
  }
}

static const char *sentence_of(const struct client_conn *conn, enum bt_err why,
                               enum client_phase phase) {
  if (conn->reason[0] != '\0') {
    return conn->reason;
  }
  if (phase == CLIENT_CONNECTING) {
    return why == BT_ERR_CLOSED ? "nothing listens at this address and port"
                                : "the connection could not be made";
  }
  return "the connection was cut before the answer was whole";
}

static void on_closed(struct wire *wire, enum bt_err why) {
  struct client_conn *conn = conn_of(wire);
  const struct mem *mem = conn->loop->mem;
  const enum client_phase phase = conn->phase;
  if (conn->resolve != NULL) {
    conn->resolve->conn = NULL;
    uv_cancel((uv_req_t *)&conn->resolve->uv);
  }
  struct client *client = detach(conn);
  if (conn->ws != NULL) {
    ws_free(conn->ws);
  } else if (client != NULL && phase != CLIENT_READY) {
    client_fail(client, why == BT_ERR_OK ? BT_ERR_CLOSED : why,
                sentence_of(conn, why, phase));
  }
  textbuf_free(&conn->head_text);
  textbuf_free(&conn->body);
  mem_free(mem, conn, sizeof *conn);
}

void client_conn_on_due(struct deadline *d, enum deadline_kind kind) {
  struct client_conn *conn = LINK_OWNER(d, struct client_conn, deadline);
  switch (kind) {
  case DEADLINE_CONNECT:
    give_up(conn, BT_ERR_BUSY, "no connection in time");
    break;
  case DEADLINE_RESPONSE:
    give_up(conn, BT_ERR_BUSY, "no whole answer in time");
    break;
  case DEADLINE_WS_MESSAGE:
  case DEADLINE_WS_PING:
  case DEADLINE_WS_PONG:
  case DEADLINE_WS_CLOSE:
    ws_on_due(conn->ws, kind);
    break;
  case DEADLINE_LINGER:
    wire_cut(&conn->wire, BT_ERR_OK);
    break;
  case DEADLINE_ANSWER:
  case DEADLINE_HEADER:
  case DEADLINE_BODY:
  case DEADLINE_IDLE:
  case DEADLINE_WRITE:
  case DEADLINE_NONE:
    bt_check_failed("a deadline of clients", __FILE__, __LINE__, __func__);
  }
}

/* Answers. */

static void complete(struct client_conn *conn) {
  struct http_header headers[HTTP_FIELDS_MAX];
  const struct text head = textbuf_text(&conn->head_text);
  for (size_t i = 0; i < conn->head.field_count; i++) {
    headers[i].name = http_span_text(head, conn->head.fields[i].name);
    headers[i].value = http_span_text(head, conn->head.fields[i].value);
  }
  const struct client_response response = {.err = BT_ERR_OK,
                                           .message = "",
                                           .status = conn->head.status,
                                           .headers = headers,
                                           .header_count =
                                               conn->head.field_count,
                                           .body = textbuf_text(&conn->body)};
  struct client *client = conn->client;
  conn->phase = CLIENT_READY;
  conn->scan = (struct http_scan){0};
  deadline_clear(&conn->deadline);
  if (!conn->head.keep_alive || client_first_call(client)->opens_ws) {
    detach(conn);
    wire_cut(&conn->wire, BT_ERR_OK);
  }
  client_answer(client, &response);
}

static void ws_set_deadline(struct ws *ws, enum deadline_kind kind) {
  set_deadline(conn_of(ws->wire), kind);
}

static void ws_on_over(struct ws *ws) {
  (void)ws; /* the connection goes on to its end by itself */
}

static const struct ws_host client_host = {.set_deadline = ws_set_deadline,
                                           .on_over = ws_on_over};

/* "" without it. */
static struct text header_of(const struct client_conn *conn, struct text name) {
  const struct text head = textbuf_text(&conn->head_text);
  const size_t at = http_head_find(&conn->head, head, name);
  return at < conn->head.field_count
             ? http_span_text(head, conn->head.fields[at].value)
             : TEXT("");
}

/* RFC 6455, 4.1: we ask for no extension and no protocol, so none is ours. */
static bool handshake_is_good(const struct client_conn *conn,
                              const struct client_call *call) {
  const struct http_head *h = &conn->head;
  const struct text head = textbuf_text(&conn->head_text);
  return h->upgrade &&
         text_equal_nocase(header_of(conn, TEXT("upgrade")),
                           TEXT("websocket")) &&
         text_equal(header_of(conn, TEXT("sec-websocket-accept")),
                    (struct text){call->accept, sizeof call->accept}) &&
         http_head_find(h, head, TEXT("sec-websocket-extensions")) ==
             h->field_count &&
         http_head_find(h, head, TEXT("sec-websocket-protocol")) ==
             h->field_count;
}

/* The call stays the first, so that nothing is sent as a request any more. */
static void begin_ws(struct client_conn *conn) {
  struct client *client = conn->client;
  if (!handshake_is_good(conn, client_first_call(client))) {
    give_up(conn, BT_ERR_SYNTAX, "the WebSocket handshake was answered wrong");
    return;
  }
  conn->ws = ws_create(&conn->wire, &client_host, &client->limits, true);
  if (conn->ws == NULL) {
    give_up(conn, BT_ERR_NOMEM, "out of memory");
    return;
  }
  conn->phase = CLIENT_WS;
  ws_begin(conn->ws, &client->ws_handlers->ws, client->ws_ctx);
  client->ws_handlers->on_open(client->ws_ctx, conn->ws);
}

/* Taking bytes. */

static const char too_large[] = "the answer is larger than the limit";

static void begin_body(struct client_conn *conn) {
  const struct net_limits *limits = &conn->client->limits;
  const bool opens_ws = client_first_call(conn->client)->opens_ws;
  if (conn->head.status == 101 && opens_ws) {
    begin_ws(conn);
  } else if (conn->head.status < 200) {
    conn->scan = (struct http_scan){0}; /* the true answer comes behind it */
  } else if (conn->head.framing == HTTP_NO_BODY) {
    complete(conn);
  } else if (conn->head.length > (uint64_t)limits->response_bytes) {
    give_up(conn, BT_ERR_FULL, too_large);
  } else {
    http_chunked_init(&conn->chunked, limits->response_bytes,
                      limits->chunk_overhead_bytes);
    conn->phase = CLIENT_BODY;
  }
}

static size_t take_head(struct client_conn *conn, struct text bytes) {
  const struct net_limits *limits = &conn->client->limits;
  const struct client_call *call = client_first_call(conn->client);
  enum http_fault fault;
  size_t end = 0;
  if (!http_scan_head(&conn->scan, bytes, limits, &end, &fault)) {
    if (fault != HTTP_FAULT_NONE) {
      give_up(conn, BT_ERR_SYNTAX, http_fault_info(fault)->sentence);
    }
    return 0;
  }
  textbuf_clear(&conn->head_text);
  textbuf_clear(&conn->body);
  textbuf_add(&conn->head_text,
              text_sub(bytes, conn->scan.start, end - conn->scan.start));
  if (conn->head_text.failed) {
    give_up(conn, BT_ERR_NOMEM, "out of memory");
    return end;
  }
  fault = http_parse_response(textbuf_text(&conn->head_text), call->method,
                              limits, &conn->head);
  if (fault != HTTP_FAULT_NONE) {
    give_up(conn, BT_ERR_SYNTAX, http_fault_info(fault)->sentence);
  } else {
    begin_body(conn);
  }
  return end;
}

static bool take_piece(struct client_conn *conn, struct text bytes,
                       size_t *used, enum http_fault *fault) {
  struct text data = bytes;
  bool whole = false;
  if (conn->head.framing == HTTP_CHUNKED) {
    whole = http_chunked_take(&conn->chunked, bytes, used, &data, fault);
  } else {
    if (conn->head.framing == HTTP_BY_LENGTH) {
      data = text_sub(bytes, 0, (size_t)conn->head.length - conn->body.len);
    }
    *used = data.len;
    whole = conn->head.framing == HTTP_BY_LENGTH &&
            conn->body.len + data.len == conn->head.length;
  }
  textbuf_add(&conn->body, data);
  return whole;
}

static size_t take_body(struct client_conn *conn, struct text bytes) {
  enum http_fault fault = HTTP_FAULT_NONE;
  size_t used = 0;
  const bool whole = take_piece(conn, bytes, &used, &fault);
  const size_t max = (size_t)conn->client->limits.response_bytes;
  if (fault == HTTP_FAULT_BODY_TOO_LARGE || conn->body.len > max) {
    give_up(conn, BT_ERR_FULL, too_large);
  } else if (fault != HTTP_FAULT_NONE) {
    give_up(conn, BT_ERR_SYNTAX, http_fault_info(fault)->sentence);
  } else if (conn->body.failed) {
    give_up(conn, BT_ERR_NOMEM, "out of memory");
  } else if (whole) {
    complete(conn);
  }
  return used;
}

static size_t take_step(struct client_conn *conn, char *bytes, size_t len) {
  switch (conn->phase) {
  case CLIENT_HEAD:
    return take_head(conn, (struct text){bytes, len});
  case CLIENT_BODY:
    return take_body(conn, (struct text){bytes, len});
  case CLIENT_WS:
    return ws_take(conn->ws, bytes, len);
  case CLIENT_CONNECTING:
  case CLIENT_READY: /* an answer to nothing */
    give_up(conn, BT_ERR_SYNTAX, "bytes that belong to no request");
    break;
  case CLIENT_DONE:
    break;
  }
  return len;
}

static size_t on_bytes(struct wire *wire, char *bytes, size_t len) {
  struct client_conn *conn = conn_of(wire);
  size_t taken = 0;
  size_t step = 1;
  while (step > 0 && taken < len && !wire->closing) {
    step = take_step(conn, bytes + taken, len - taken);
    taken += step;
  }
  return taken;
}

static void on_end(struct wire *wire) {
  struct client_conn *conn = conn_of(wire);
  if (conn->phase == CLIENT_BODY && conn->head.framing == HTTP_TO_END) {
    complete(conn);
    return;
  }
  if (conn->phase == CLIENT_READY) {
    (void)detach(conn); /* the next request connects anew */
  }
  wire_cut(wire, BT_ERR_CLOSED);
}

/* Connecting and sending. */

void client_conn_send(struct client_conn *conn) {
  const struct client_call *call = client_first_call(conn->client);
  bt_check(call != NULL && conn->phase == CLIENT_READY);
  if (!wire_write(&conn->wire, textbuf_text(&call->bytes))) {
    conn->phase = CLIENT_HEAD;
    give_up(conn, BT_ERR_NOMEM, "out of memory");
    return;
  }
  conn->phase = CLIENT_HEAD;
  set_deadline(conn, DEADLINE_RESPONSE);
}

static void on_connected(struct wire *wire) {
  struct client_conn *conn = conn_of(wire);
  conn->tunnel = NULL;
  conn->phase = CLIENT_READY;
  client_conn_send(conn);
}

static const struct wire_user conn_user = {.on_bytes = on_bytes,
                                           .on_end = on_end,
                                           .on_connected = on_connected,
                                           .on_closed = on_closed};

static void on_resolved(uv_getaddrinfo_t *uv, int status,
                        struct addrinfo *found) {
  struct resolve *resolve = uv->data;
  struct client_conn *conn = resolve->conn;
  mem_free(resolve->loop->mem, resolve, sizeof *resolve);
  if (conn != NULL) {
    conn->resolve = NULL;
    enum bt_err err = BT_ERR_NOT_FOUND;
    if (status == 0) {
      err = wire_connect(&conn->wire, found->ai_addr);
    }
    if (err != BT_ERR_OK) {
      give_up(conn, err, "there is no host of this name");
    }
  }
  uv_freeaddrinfo(found);
}

static enum bt_err look_up(struct client_conn *conn, const char *host,
                           const char *port) {
  const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                 .ai_socktype = SOCK_STREAM};
  struct resolve *resolve = mem_new(conn->loop->mem, sizeof *resolve);
  if (resolve == NULL) {
    return BT_ERR_NOMEM;
  }
  resolve->conn = conn;
  resolve->loop = conn->loop;
  resolve->uv.data = resolve;
  const int status = uv_getaddrinfo(&conn->loop->uv, &resolve->uv, on_resolved,
                                    host, port, &hints);
  if (status != 0) {
    mem_free(conn->loop->mem, resolve, sizeof *resolve);
    return net_err_from_uv(status);
  }
  conn->resolve = resolve;
  return BT_ERR_OK;
}

static enum bt_err reach(struct client_conn *conn, struct text name,
                         uint16_t port) {
  char host[256];
  char service[8];
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  if (name.len >= sizeof host) {
    return BT_ERR_NOT_FOUND;
  }
  memcpy(host, name.ptr, name.len);
  host[name.len] = '\0';
  if (uv_ip4_addr(host, port, &v4) == 0) {
    return wire_connect(&conn->wire, (const struct sockaddr *)&v4);
  }
  if (uv_ip6_addr(host, port, &v6) == 0) {
    return wire_connect(&conn->wire, (const struct sockaddr *)&v6);
  }
  bt_check(snprintf(service, sizeof service, "%u", (unsigned)port) > 0);
  return look_up(conn, host, service);
}

/* By the outbound's rules. */
static enum bt_err reach_over(struct client_conn *conn,
                              const struct client *client) {
  const struct text host = textbuf_text(&client->host);
  const bool v6 = text_find(host, TEXT(":"), 0) < host.len;
  struct textbuf url;
  textbuf_init(&url, conn->loop->mem);
  textbuf_addf(&url, v6 ? "%s://[%.*s]:%u/" : "%s://%.*s:%u/",
               client->tls ? "https" : "http", TEXT_ARG(host),
               (unsigned)client->port);
  const struct tunnel_end end = {.url = textbuf_text(&url),
                                 .timeout_ms = client->limits.connect_us / 1000,
                                 .reason = conn->reason};
  const enum bt_err err = url.failed ? BT_ERR_NOMEM
                                     : tunnel_open(client->outbound, &end,
                                                   &conn->wire, &conn->tunnel);
  textbuf_free(&url);
  return err;
}

enum bt_err client_conn_open(struct client *client) {
  const struct mem *mem = client->loop->mem;
  struct client_conn *conn = mem_new(mem, sizeof *conn);
  if (conn == NULL) {
    return BT_ERR_NOMEM;
  }
  conn->loop = client->loop;
  conn->phase = CLIENT_CONNECTING;
  deadline_init(&conn->deadline);
  textbuf_init(&conn->head_text, mem);
  textbuf_init(&conn->body, mem);
  enum bt_err err = wire_init(&conn->wire, client->loop, mem, &conn_user);
  if (err != BT_ERR_OK) {
    mem_free(mem, conn, sizeof *conn);
    return err;
  }
  err = client->outbound != NULL
            ? reach_over(conn, client)
            : reach(conn, textbuf_text(&client->host), client->port);
  if (err != BT_ERR_OK) {
    wire_cut(&conn->wire, err);
    return err;
  }
  conn->client = client;
  client->conn = conn;
  set_deadline(conn, DEADLINE_CONNECT);
  return BT_ERR_OK;
}
