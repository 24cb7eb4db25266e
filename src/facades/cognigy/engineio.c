#include "facades/cognigy/engineio.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/digest.h"
#include "facades/shared/reply.h"

enum {
  PING_MS = 25000,
  PING_TIMEOUT_MS = 5000,
  SWEEP_US = 5000000,
  WAITING_MAX = 4 << 20 /* bytes for a page that does not poll */
};
#define SILENCE_US (INT64_C(1000) * (PING_MS + PING_TIMEOUT_MS) + SWEEP_US)

static const char *const messages[] = {
    "Transport unknown", "Session ID unknown", "Bad handshake method",
    "Bad request",       "Forbidden",          "Unsupported protocol version"};

void engineio_refuse(struct http_request *req, int code) {
  char body[96];
  (void)snprintf(body, sizeof body, "{\"code\":%d,\"message\":\"%s\"}", code,
                 messages[code]);
  reply_json(req, code == 4 ? 403 : 400, text_from(body));
}

/* ---- life */

static struct eio *find(const struct engineio *all, struct text sid) {
  struct eio *c = all->conns;
  while (c != NULL &&
         (sid.len != EIO_SID || memcmp(c->sid, sid.ptr, EIO_SID) != 0)) {
    c = c->next;
  }
  return c;
}

static struct eio *add(struct engineio *all) {
  struct facade *f = all->facade;
  struct eio *c = mem_new(f->mem, all->ops->bytes);
  uint8_t random[EIO_SID / 2];
  if (c == NULL) {
    return NULL;
  }
  api_random(f->api, random, sizeof random);
  hex_write(random, sizeof random, c->sid);
  c->all = all;
  c->heard_us = loop_now_us();
  textbuf_init(&c->out, f->mem);
  c->next = all->conns;
  if (c->next != NULL) {
    c->next->prev = c;
  }
  all->conns = c;
  return c;
}

static void drop(struct eio *c) {
  struct engineio *all = c->all;
  if (c->prev != NULL) {
    c->prev->next = c->next;
  } else {
    all->conns = c->next;
  }
  if (c->next != NULL) {
    c->next->prev = c->prev;
  }
  if (c->open) {
    all->ops->on_closed(c);
  }
  textbuf_free(&c->out);
  mem_free(all->facade->mem, c, all->ops->bytes);
}

/* ---- out */

static struct http_request *take_poll(struct eio *c) {
  struct http_server *server = api_server(c->all->facade->api);
  if (!c->polls || server == NULL) {
    return NULL;
  }
  c->polls = false;
  return http_request_find(server, c->poll);
}

static void answer_poll(struct http_request *req, struct text payload) {
  reply_send(req, 200, "text/plain; charset=UTF-8", payload);
}

static void flush(struct eio *c) {
  if (c->ws != NULL || c->out.len == 0) {
    return;
  }
  struct http_request *req = take_poll(c);
  if (req != NULL) {
    answer_poll(req, textbuf_text(&c->out));
    textbuf_clear(&c->out);
  }
}

void eio_send(struct eio *c, struct text packet) {
  if (c->ws != NULL) {
    if (ws_send_text(c->ws, packet) == BT_ERR_FULL) {
      ws_close(c->ws, WS_CODE_TRY_LATER, TEXT("reads too slowly"));
    }
    return;
  }
  packet_add(&c->out, packet);
  c->closing = c->closing || c->out.failed || c->out.len > WAITING_MAX;
  flush(c);
}

void eio_close(struct eio *c) {
  c->closing = true;
  if (c->ws != NULL) {
    eio_send(c, TEXT("41"));
    ws_close(c->ws, WS_CODE_NORMAL, TEXT(""));
  } else {
    eio_send(c, TEXT("1"));
  }
}

static void put_handshake(struct eio *c) {
  struct textbuf b;
  textbuf_init(&b, c->all->facade->mem);
  textbuf_addf(&b,
               "0{\"sid\":\"%.*s\",\"upgrades\":[],\"pingInterval\":%d,"
               "\"pingTimeout\":%d}",
               EIO_SID, c->sid, PING_MS, PING_TIMEOUT_MS);
  eio_send(c, textbuf_text(&b));
  textbuf_free(&b);
  eio_send(c, TEXT("40"));
}

/* ---- in */

static void pong(struct eio *c, struct text probe) {
  struct textbuf b;
  textbuf_init(&b, c->all->facade->mem);
  textbuf_add_char(&b, '3');
  textbuf_add(&b, probe);
  eio_send(c, textbuf_text(&b));
  textbuf_free(&b);
}

/* Who asks for another namespace would wait for ever. */
static void refuse_namespace(struct eio *c, struct text wanted) {
  struct textbuf b;
  textbuf_init(&b, c->all->facade->mem);
  textbuf_addf(&b, "44%.*s,\"Invalid namespace\"", TEXT_ARG(wanted));
  eio_send(c, textbuf_text(&b));
  textbuf_free(&b);
}

/* False: it is no packet. */
static bool take(struct eio *c, struct text bytes) {
  struct packet p;
  if (!packet_read(bytes, &p)) {
    return false;
  }
  c->heard_us = loop_now_us();
  switch (p.type) {
  case PACKET_PING:
    pong(c, p.body);
    break;
  case PACKET_EVENT:
  case PACKET_ACK:
  case PACKET_BINARY:
    c->all->ops->on_packet(c, &p);
    break;
  case PACKET_CLOSE:
  case PACKET_DISCONNECT:
    c->closing = true;
    if (c->ws != NULL) {
      ws_close(c->ws, WS_CODE_NORMAL, TEXT(""));
    }
    break;
  case PACKET_OPEN:
  case PACKET_PONG:
  case PACKET_CONNECT:
  case PACKET_ERROR:
    break;
  case PACKET_OTHER:
    if (p.wants.len > 0) {
      refuse_namespace(c, p.wants);
    }
    break;
  }
  return true;
}

static void on_message(void *ctx, struct ws *ws, struct text message) {
  if (!take(ctx, message)) {
    ws_close(ws, WS_CODE_PROTOCOL, TEXT("no packet of Engine.IO 3"));
  }
}

/* An attachment: its event was refused. */
static void on_binary(void *ctx, struct ws *ws, struct text message) {
  (void)ctx;
  (void)ws;
  (void)message;
}

static void on_close(void *ctx, struct ws *ws, uint16_t code,
                     struct text reason) {
  struct eio *c = ctx;
  (void)ws;
  (void)code;
  (void)reason;
  c->ws = NULL;
  drop(c);
}

static const struct ws_handlers ws_handlers = {
    .on_message = on_message, .on_binary = on_binary, .on_close = on_close};

/* ---- requests */

bool engineio_is_path(struct http_request *req) {
  const struct text path = http_request_path(req);
  return text_equal(path, TEXT("/socket.io/")) ||
         text_equal(path, TEXT("/socket.io"));
}

static bool open(struct eio *c, struct text query) {
  textbuf_clear(&c->out);
  put_handshake(c);
  c->open = c->all->ops->on_open(c, query);
  return c->open;
}

/* The query goes with the request: it is copied before. */
static void open_socket(struct engineio *all, struct http_request *req,
                        struct text query) {
  struct eio *c = add(all);
  if (c == NULL) {
    (void)http_respond(req, 503, NULL, 0, TEXT(""));
    return;
  }
  struct ws *ws = NULL;
  if (ws_accept(req, TEXT(""), &ws_handlers, c, &ws) != BT_ERR_OK) {
    drop(c);
    return;
  }
  c->ws = ws;
  if (!open(c, query)) {
    ws_close(ws, WS_CODE_POLICY, TEXT("forbidden"));
  }
}

static void open_polling(struct engineio *all, struct http_request *req,
                         struct text query) {
  struct eio *c = add(all);
  if (c == NULL) {
    (void)http_respond(req, 503, NULL, 0, TEXT(""));
    return;
  }
  if (!open(c, query)) {
    drop(c);
    engineio_refuse(req, 4);
    return;
  }
  answer_poll(req, textbuf_text(&c->out));
  textbuf_clear(&c->out);
}

static void serve_poll(struct eio *c, struct http_request *req) {
  struct http_request *older = take_poll(c);
  if (older != NULL) {
    answer_poll(older, TEXT("1:6")); /* noop */
  }
  c->poll = http_request_ref(req);
  c->polls = true;
  flush(c);
  if (c->closing && !c->polls) {
    drop(c);
  }
}

static void serve_post(struct eio *c, struct http_request *req) {
  struct text payload = http_request_body(req), packet;
  bool good = true;
  while (good && packet_next(&payload, &packet)) {
    good = take(c, packet);
  }
  if (!good || payload.len > 0) {
    engineio_refuse(req, 3);
    c->closing = true;
  } else {
    reply_send(req, 200, "text/html", TEXT("ok"));
  }
  if (c->closing) {
    struct http_request *poll = take_poll(c);
    if (poll != NULL) {
      answer_poll(poll, TEXT("1:6"));
    }
    drop(c);
  }
}

static void serve_ours(struct eio *c, struct http_request *req) {
  c->heard_us = loop_now_us();
  if (c->ws != NULL || http_request_wants_ws(req)) {
    engineio_refuse(req, 3);
  } else if (http_request_method(req) == HTTP_POST) {
    serve_post(c, req);
  } else {
    serve_poll(c, req);
  }
}

bool engineio_serve(struct engineio *all, struct http_request *req) {
  struct arena arena;
  arena_init(&arena, all->facade->mem, 0);
  const struct text query = arena_copy_text(&arena, http_request_query(req));
  const struct text sid = query_text(&arena, query, TEXT("sid"));
  const struct text by = query_text(&arena, query, TEXT("transport"));
  const struct text version = query_text(&arena, query, TEXT("EIO"));
  struct eio *c = sid.len > 0 ? find(all, sid) : NULL;
  const bool ours = sid.len == 0 || c != NULL;
  if (c != NULL) {
    serve_ours(c, req);
  } else if (ours && version.len > 0 && !text_equal(version, TEXT("3"))) {
    engineio_refuse(req, 5);
  } else if (ours && http_request_wants_ws(req)) {
    open_socket(all, req, query);
  } else if (ours && text_equal(by, TEXT("polling"))) {
    http_request_method(req) == HTTP_GET ? open_polling(all, req, query)
                                         : engineio_refuse(req, 2);
  } else if (ours) {
    engineio_refuse(req, text_equal(by, TEXT("websocket")) ? 3 : 0);
  }
  arena_free(&arena);
  return ours;
}

/* ---- those who went without a word */

static void sweep(void *ctx) {
  struct engineio *all = ctx;
  const int64_t late_us = loop_now_us() - SILENCE_US;
  for (struct eio *c = all->conns, *next; c != NULL; c = next) {
    next = c->next;
    if (c->heard_us >= late_us && !(c->closing && c->ws == NULL)) {
      continue;
    }
    if (c->ws != NULL) {
      ws_close(c->ws, WS_CODE_NORMAL, TEXT("no ping"));
    } else {
      drop(c);
    }
  }
  loop_timer_start_after(all->timer, SWEEP_US);
}

enum bt_err engineio_init(struct engineio *all, struct facade *f,
                          const struct eio_ops *ops) {
  *all = (struct engineio){.facade = f, .ops = ops};
  const enum bt_err err = loop_timer_create(f->loop, sweep, all, &all->timer);
  if (err == BT_ERR_OK) {
    loop_timer_start_after(all->timer, SWEEP_US);
  }
  return err;
}

void engineio_free(struct engineio *all) {
  while (all->conns != NULL) {
    drop(all->conns);
  }
  loop_timer_free(all->timer);
}
