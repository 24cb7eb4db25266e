#include <string.h>

#include "base/check.h"
#include "net/server_priv.h"

bool http_request_wants_ws(const struct http_request *req) {
  return http_list_has(http_request_header(req, TEXT("upgrade")),
                       TEXT("websocket"));
}

bool http_request_offers_protocol(const struct http_request *req,
                                  struct text protocol) {
  const struct text offered =
      http_request_header(req, TEXT("sec-websocket-protocol"));
  return protocol.len > 0 && http_list_has(offered, protocol);
}

/* Which of two would count is not for us to guess. */
static bool stands_twice(const struct http_request *req, struct text name) {
  struct http_header h;
  size_t count = 0;
  for (size_t i = 0; http_request_header_at(req, i, &h); i++) {
    count += text_equal_nocase(h.name, name);
  }
  return count > 1;
}

/* RFC 6455, 4.2.1. */
static enum http_fault check_handshake(const struct http_request *req) {
  const struct text version =
      http_request_header(req, TEXT("sec-websocket-version"));
  const struct text key = http_request_header(req, TEXT("sec-websocket-key"));
  if (req->head.method != HTTP_GET || req->head.minor_zero ||
      req->head.framing != HTTP_NO_BODY || !req->head.upgrade ||
      !http_request_wants_ws(req)) {
    return HTTP_FAULT_BAD_UPGRADE;
  }
  if (stands_twice(req, TEXT("sec-websocket-key")) ||
      stands_twice(req, TEXT("sec-websocket-version"))) {
    return HTTP_FAULT_BAD_UPGRADE;
  }
  if (!text_equal(version, TEXT("13"))) {
    return HTTP_FAULT_BAD_WS_VERSION;
  }
  return ws_key_is_valid(key) ? HTTP_FAULT_NONE : HTTP_FAULT_BAD_UPGRADE;
}

static void set_deadline(struct ws *ws, enum deadline_kind kind) {
  http_conn_set_deadline(http_conn_of(ws->wire), kind);
}

static void on_over(struct ws *ws) {
  struct http_conn *conn = http_conn_of(ws->wire);
  conn->phase = CONN_DONE;
  conn->server->counters.websockets--;
  http_slot_renew(conn);
}

static const struct ws_host server_host = {.set_deadline = set_deadline,
                                           .on_over = on_over};

static bool write_switch(struct http_request *req, struct text protocol) {
  const struct text key = http_request_header(req, TEXT("sec-websocket-key"));
  struct wire *wire = &req->conn->wire;
  char accept[WS_ACCEPT_LEN];
  ws_accept_key(key, accept);
  bool good = wire_write(wire, TEXT("HTTP/1.1 101 Switching Protocols\r\n"
                                    "Upgrade: websocket\r\n"
                                    "Connection: Upgrade\r\n"
                                    "Sec-WebSocket-Accept: ")) &&
              wire_write(wire, (struct text){accept, sizeof accept});
  if (protocol.len > 0) {
    good = good && wire_write(wire, TEXT("\r\nSec-WebSocket-Protocol: ")) &&
           wire_write(wire, protocol);
  }
  return good && wire_write(wire, TEXT("\r\n\r\n"));
}

enum bt_err ws_accept(struct http_request *req, struct text protocol,
                      const struct ws_handlers *handlers, void *ctx,
                      struct ws **out) {
  struct http_conn *conn = req->conn;
  struct http_server *server = conn->server;
  bt_check(conn->phase == CONN_BUSY);
  bt_check(protocol.len == 0 || http_request_offers_protocol(req, protocol));
  const enum http_fault fault = check_handshake(req);
  if (fault != HTTP_FAULT_NONE) {
    http_conn_refuse(conn, fault);
    return BT_ERR_SYNTAX;
  }
  conn->wire.mem_in = &server->messages.mem;
  struct ws *ws = ws_create(&conn->wire, &server_host, &server->limits, false);
  const bool written = ws != NULL && write_switch(req, protocol);
  conn->ws = ws;
  http_request_end(req);
  if (!written) {
    wire_cut(&conn->wire, BT_ERR_NOMEM);
    return BT_ERR_NOMEM;
  }
  conn->phase = CONN_WS;
  server->counters.websockets++;
  ws_begin(ws, handlers, ctx);
  wire_resume(&conn->wire);
  *out = ws;
  return BT_ERR_OK;
}

struct net_ref ws_ref(const struct ws *ws) {
  bt_check(!ws->is_client);
  return http_slot_ref(http_conn_of(ws->wire));
}

struct ws *ws_find(struct http_server *server, struct net_ref ref) {
  const struct http_conn *conn = http_slot_find(server, ref);
  return conn != NULL && conn->phase == CONN_WS ? conn->ws : NULL;
}
