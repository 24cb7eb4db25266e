#include "net/outbound_tunnel_priv.h"

#include <stdio.h>

#include "base/check.h"

/* Once connected, the wire's carrier: libcurl has made the connection, verified
 * the peer, and sends and receives. */
struct tunnel {
  struct carrier carrier;
  struct outbound_one *one; /* NULL: over */
  struct loop *loop;
  uv_poll_t poll;
  char *reason;
};

static struct tunnel *tunnel_of(struct carrier *c) {
  return LINK_OWNER(c, struct tunnel, carrier);
}

static int error_of(CURLcode code) {
  return code == CURLE_AGAIN ? UV_EAGAIN : UV_ECONNRESET;
}

static int tunnel_write(struct carrier *c, const char *bytes, size_t len) {
  size_t sent = 0;
  const CURLcode code =
      curl_easy_send(tunnel_of(c)->one->easy, bytes, len, &sent);
  return code == CURLE_OK ? (int)sent : error_of(code);
}

static int tunnel_read(struct carrier *c, char *bytes, size_t len) {
  size_t got = 0;
  const CURLcode code =
      curl_easy_recv(tunnel_of(c)->one->easy, bytes, len, &got);
  return code == CURLE_OK ? (int)got : error_of(code);
}

static void on_ready(uv_poll_t *poll, int status, int events) {
  struct tunnel *t = poll->data;
  if (status < 0) {
    wire_cut(t->carrier.wire, net_err_from_uv(status));
    return;
  }
  wire_is_ready(t->carrier.wire, (events & (UV_READABLE | UV_DISCONNECT)) != 0,
                (events & UV_WRITABLE) != 0);
}

static void tunnel_await(struct carrier *c, bool readable, bool writable) {
  struct tunnel *t = tunnel_of(c);
  const int events =
      (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
  if (events == 0) {
    (void)uv_poll_stop(&t->poll);
  } else {
    (void)uv_poll_start(&t->poll, events, on_ready);
  }
}

static void on_poll_closed(uv_handle_t *handle) {
  struct tunnel *t = handle->data;
  mem_free(t->loop->mem, t, sizeof *t);
}

/* The poll is stopped before libcurl closes the socket under it. */
static void tunnel_close(struct carrier *c) {
  struct tunnel *t = tunnel_of(c);
  (void)uv_poll_stop(&t->poll);
  outbound_one_free(t->one);
  t->one = NULL;
  uv_close((uv_handle_t *)&t->poll, on_poll_closed);
}

static const struct carrier_ops tunnel_ops = {.write = tunnel_write,
                                              .read = tunnel_read,
                                              .await = tunnel_await,
                                              .close = tunnel_close};

void tunnel_cut(struct outbound_one *c) {
  struct tunnel *t = c->ctx;
  bt_check(t->carrier.wire->carrier == &t->carrier);
  wire_cut(t->carrier.wire, BT_ERR_CLOSED);
}

static void give_up(struct tunnel *t, struct text reason) {
  struct wire *wire = t->carrier.wire;
  (void)snprintf(t->reason, OUTBOUND_REASON_MAX, "%.*s", TEXT_ARG(reason));
  mem_free(t->loop->mem, t, sizeof *t);
  wire_cut(wire, BT_ERR_CLOSED);
}

static void on_connected(void *ctx, const struct outbound_reply *reply) {
  struct tunnel *t = ctx;
  curl_socket_t fd = CURL_SOCKET_BAD;
  if (reply->status < 0) {
    give_up(t, reply->reason); /* the call frees itself */
    return;
  }
  (void)curl_easy_getinfo(t->one->easy, CURLINFO_ACTIVESOCKET, &fd);
  if (fd == CURL_SOCKET_BAD ||
      uv_poll_init_socket(&t->loop->uv, &t->poll, fd) != 0) {
    outbound_one_free(t->one);
    give_up(t, TEXT("failed: the connection was lost at once"));
    return;
  }
  t->poll.data = t;
  wire_begin_on(t->carrier.wire, &t->carrier);
}

enum bt_err tunnel_open(struct outbound *o, const struct tunnel_end *end,
                        struct wire *wire, struct tunnel **out) {
  struct tunnel *t = mem_new(o->loop->mem, sizeof *t);
  struct outbound_one *one =
      t == NULL ? NULL : outbound_one_new(o, on_connected, t);
  if (one == NULL) {
    mem_free(o->loop->mem, t, t == NULL ? 0 : sizeof *t);
    return BT_ERR_NOMEM;
  }
  one->tunnels = true;
  one->request =
      (struct outbound_request){.method = TEXT("GET"),
                                .url = arena_copy_text(&one->arena, end->url),
                                .timeout_ms = end->timeout_ms};
  if (one->request.url.ptr == NULL) {
    outbound_one_free(one);
    mem_free(o->loop->mem, t, sizeof *t);
    return BT_ERR_NOMEM;
  }
  *t = (struct tunnel){.carrier = {.ops = &tunnel_ops, .wire = wire},
                       .one = one,
                       .loop = o->loop,
                       .reason = end->reason};
  *out = t;
  outbound_one_begin(one);
  return BT_ERR_OK;
}

void tunnel_abandon(struct tunnel *t) {
  outbound_one_free(t->one);
  mem_free(t->loop->mem, t, sizeof *t);
}
