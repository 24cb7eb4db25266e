#include <stdio.h>

#include "base/check.h"
#include "bots/cognigy/line_priv.h"
#include "net/url.h"

enum {
  OPEN_WITHIN_US = 10000000,
  PING_EVERY_MS = 25000,
  PONG_WITHIN_MS = 5000,
  RETRY_MAX_S = 86400,
  MESSAGE_BYTES = 1 << 20
};

/* ---- its end */

void line_down(struct line *l, bool in_order, const char *why) {
  const struct line_user user = l->user;
  loop_timer_stop(l->timer);
  l->up = false;
  user.on_down(user.ctx, in_order, text_from(why));
}

static void on_timer(void *ctx) {
  struct line *l = ctx;
  if (!l->up) {
    line_down(l, false, "the endpoint did not open the connection in time");
  } else if (l->awaits_pong) {
    line_down(l, false, "the endpoint answered no ping");
  } else {
    l->awaits_pong = true;
    line_send(l, TEXT("2"));
    loop_timer_start_after(l->timer, l->pong_within_us);
  }
}

/* ---- packets */

void line_send(struct line *l, struct text packet) {
  if (l->ws != NULL) {
    (void)ws_send_text(l->ws, packet);
  } else if (l->polling) {
    line_poll_send(l, packet);
  }
}

static int64_t interval(const struct json *open, const char *key,
                        int64_t otherwise) {
  const struct json *m = json_member(open, text_from(key));
  return m != NULL && m->type == JSON_INT && m->i > 0 && m->i < 3600000
             ? m->i
             : otherwise;
}

static void take_open(struct line *l, struct arena *arena, struct text body) {
  struct json *tree = NULL;
  const bool good =
      json_parse(arena, body, JSON_DEPTH_DEFAULT, &tree, NULL) == BT_ERR_OK;
  const struct json *sid = good ? json_member(tree, TEXT("sid")) : NULL;
  if (sid != NULL && sid->type == JSON_TEXT) {
    textbuf_clear(&l->sid);
    textbuf_add(&l->sid, sid->text);
  }
  l->ping_every_us = interval(tree, "pingInterval", PING_EVERY_MS) * 1000;
  l->pong_within_us = interval(tree, "pingTimeout", PONG_WITHIN_MS) * 1000;
}

static void take_event(struct line *l, struct arena *arena,
                       const struct packet *p) {
  struct json *list = NULL;
  if (p->has_id) {
    char ack[32];
    (void)snprintf(ack, sizeof ack, "43%llu[]", (unsigned long long)p->id);
    line_send(l, text_from(ack));
  }
  if (json_parse(arena, p->body, JSON_DEPTH_DEFAULT, &list, NULL) !=
          BT_ERR_OK ||
      list->type != JSON_LIST || list->first == NULL ||
      list->first->type != JSON_TEXT) {
    return; /* not an event */
  }
  const struct line_event event = {.name = list->first->text,
                                   .argument = list->first->next,
                                   .numbered = p->has_id,
                                   .number = p->id};
  l->user.on_event(l->user.ctx, &event);
}

static void take_packet(struct line *l, struct arena *arena,
                        const struct packet *p) {
  switch (p->type) {
  case PACKET_OPEN:
    take_open(l, arena, p->body);
    break;
  case PACKET_CONNECT:
    if (!l->up) {
      l->up = true;
      loop_timer_start_after(l->timer, l->ping_every_us);
      l->user.on_up(l->user.ctx);
    }
    break;
  case PACKET_PONG:
    l->awaits_pong = false;
    loop_timer_start_after(l->timer, l->ping_every_us);
    break;
  case PACKET_PING:
    line_send(l, TEXT("3"));
    break;
  case PACKET_EVENT:
    take_event(l, arena, p);
    break;
  case PACKET_CLOSE:
  case PACKET_DISCONNECT:
    line_down(l, true, "the endpoint closed the connection");
    break;
  case PACKET_ERROR:
    line_down(l, false, "the endpoint refused the connection");
    break;
  case PACKET_ACK:
  case PACKET_BINARY:
  case PACKET_OTHER:
    break;
  }
}

void line_take(struct line *l, struct text bytes) {
  struct packet p;
  struct arena arena;
  if (!packet_read(bytes, &p)) {
    return;
  }
  arena_init(&arena, l->mem, 0);
  take_packet(l, &arena, &p);
  arena_free(&arena);
}

bool line_emit(struct line *l, struct text list) {
  struct textbuf packet;
  if (!l->up) {
    return false;
  }
  textbuf_init(&packet, l->mem);
  textbuf_add(&packet, TEXT("42"));
  textbuf_add(&packet, list);
  const bool good =
      !packet.failed &&
      (l->ws == NULL || ws_waiting_bytes(l->ws) + packet.len < MESSAGE_BYTES);
  if (good) {
    line_send(l, textbuf_text(&packet));
  }
  textbuf_free(&packet);
  return good;
}

/* ---- WebSocket */

static void on_message(void *ctx, struct ws *ws, struct text message) {
  (void)ws;
  line_take(ctx, message);
}

/* Attachments of events that nobody here knows. */
static void on_binary(void *ctx, struct ws *ws, struct text message) {
  (void)ctx;
  (void)ws;
  (void)message;
}

static const char *meaning(uint16_t code) {
  switch (code) {
  case WS_CODE_GOING_AWAY:
    return "going away";
  case WS_CODE_PROTOCOL:
    return "what came is no WebSocket";
  case WS_CODE_UNSUPPORTED:
    return "what came is not understood";
  case WS_CODE_NOT_UTF8:
    return "what came is not UTF-8";
  case WS_CODE_POLICY:
    return "policy";
  case WS_CODE_TOO_BIG:
    return "a packet was too large";
  case WS_CODE_INTERNAL:
    return "an error of the server";
  case WS_CODE_TRY_LATER:
    return "try again later";
  default:
    return "";
  }
}

static void on_close(void *ctx, struct ws *ws, uint16_t code,
                     struct text reason) {
  struct line *l = ctx;
  char why[320];
  (void)ws;
  l->ws = NULL;
  if (code == WS_CODE_NORMAL || code == WS_CODE_NONE) {
    line_down(l, true, "the endpoint closed the connection");
    return;
  }
  if (code == WS_CODE_ABNORMAL) {
    line_down(l, false, "the connection to the endpoint was cut");
    return;
  }
  const struct text said = reason.len > 0 ? reason : text_from(meaning(code));
  (void)snprintf(why, sizeof why,
                 "the connection to the endpoint was closed with the code "
                 "%u%s%.*s",
                 (unsigned)code, said.len > 0 ? ": " : "", TEXT_ARG(said));
  line_down(l, false, why);
}

static void on_open(void *ctx, struct ws *ws) {
  struct line *l = ctx;
  l->ws = ws;
}

/* Retry-After in seconds; a date is taken for nothing. */
static int64_t retry_after_ms(const struct client_response *response) {
  int64_t seconds = 0;
  for (size_t i = 0; i < response->header_count; i++) {
    const struct http_header *h = &response->headers[i];
    if (text_equal_nocase(h->name, TEXT("Retry-After")) &&
        text_to_i64(text_trim(h->value), &seconds)) {
      return seconds < 0             ? 0
             : seconds > RETRY_MAX_S ? INT64_C(1000) * RETRY_MAX_S
                                     : seconds * 1000;
    }
  }
  return 0;
}

/* Who has too much to do is not asked in another way at once. */
static bool is_busy(int status) {
  return status == 429 || status == 503;
}

/* A proxy that knows no WebSocket answers like any other server. */
static void on_refused(void *ctx, const struct client_response *response) {
  struct line *l = ctx;
  if (response->err == BT_ERR_OK) {
    l->refused = response->status;
    l->retry_after_ms = retry_after_ms(response);
    if (l->transport == LINE_AUTO && !is_busy(response->status)) {
      line_poll_begin(l);
      return;
    }
  }
  char why[480];
  if (response->err == BT_ERR_OK) {
    (void)snprintf(why, sizeof why, "the endpoint answered %d",
                   response->status);
  } else {
    (void)snprintf(why, sizeof why, "no connection to the endpoint: %s",
                   response->message);
  }
  line_down(l, false, why);
}

static const struct client_ws_handlers ws_handlers = {
    .ws = {.on_message = on_message,
           .on_binary = on_binary,
           .on_close = on_close},
    .on_open = on_open,
    .on_refused = on_refused};

static enum bt_err open_ws(struct line *l) {
  struct net_limits limits = net_limits_default();
  struct url_parts parts;
  struct textbuf path;
  const char *why;
  limits.ws_message_bytes = MESSAGE_BYTES;
  enum bt_err err =
      client_create_over(bots_loop(l->bots), bots_outbound(l->bots),
                         textbuf_text(&l->url), &limits, &l->client);
  if (err != BT_ERR_OK) {
    return err;
  }
  const bool good = url_split(textbuf_text(&l->url), &parts, &why);
  bt_check(good);
  textbuf_init(&path, l->mem);
  textbuf_add(&path, parts.path);
  textbuf_addf(&path, "?%.*s&EIO=3&transport=websocket",
               TEXT_ARG(textbuf_text(&l->query)));
  const struct client_target target = {.method = HTTP_GET,
                                       .path = textbuf_text(&path)};
  err = path.failed ? BT_ERR_NOMEM
                    : client_ws_open(l->client, &target, &ws_handlers, l);
  textbuf_free(&path);
  return err;
}

/* ---- life */

static bool fill(struct line *l, const struct line_options *o) {
  textbuf_init(&l->url, l->mem);
  textbuf_init(&l->query, l->mem);
  textbuf_init(&l->sid, l->mem);
  textbuf_init(&l->outgoing, l->mem);
  textbuf_add(&l->url, o->url);
  textbuf_add(&l->url, text_ends(o->url, TEXT("/")) ? TEXT("socket.io/")
                                                    : TEXT("/socket.io/"));
  textbuf_add(&l->query, o->query);
  return !l->url.failed && !l->query.failed;
}

enum bt_err line_open(const struct line_options *o,
                      const struct line_user *user, struct line **out) {
  const struct mem *mem = bots_mem(o->bots);
  struct line *l = mem_new(mem, sizeof *l);
  if (l == NULL) {
    return BT_ERR_NOMEM;
  }
  *l = (struct line){.user = *user,
                     .bots = o->bots,
                     .mem = mem,
                     .polls = o->polls,
                     .transport = o->transport,
                     .ping_every_us = INT64_C(1000) * PING_EVERY_MS,
                     .pong_within_us = INT64_C(1000) * PONG_WITHIN_MS};
  enum bt_err err =
      fill(l, o) ? loop_timer_create(bots_loop(o->bots), on_timer, l, &l->timer)
                 : BT_ERR_NOMEM;
  if (err == BT_ERR_OK && o->transport != LINE_POLLING) {
    err = open_ws(l);
  }
  if (err != BT_ERR_OK) {
    line_free(l);
    return err;
  }
  loop_timer_start_after(l->timer, OPEN_WITHIN_US);
  if (o->transport == LINE_POLLING) {
    line_poll_begin(l);
  }
  *out = l;
  return BT_ERR_OK;
}

int64_t line_retry_after_ms(const struct line *l) {
  return l->retry_after_ms;
}

void line_free(struct line *l) {
  if (l == NULL) {
    return;
  }
  if (l->up) {
    line_send(l, TEXT("41"));
  }
  if (l->ws != NULL) {
    ws_close(l->ws, WS_CODE_NORMAL, TEXT(""));
  }
  line_poll_end(l);
  if (l->freed != NULL) {
    *l->freed = true;
  }
  client_free(l->client);
  loop_timer_free(l->timer);
  textbuf_free(&l->url);
  textbuf_free(&l->query);
  textbuf_free(&l->sid);
  textbuf_free(&l->outgoing);
  mem_free(l->mem, l, sizeof *l);
}
