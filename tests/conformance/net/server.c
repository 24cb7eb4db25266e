/* server.c - a server that does everything net can do, for real clients.
 *
 * /echo the body · /late the body, 20 ms later · /stream three events · /ws an
 * echo of messages, subprotocol "chat". Over TLS if it is given a certificate
 * with its key in a file. Ends on SIGTERM.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "net/server.h"
#include "support.h"

enum { LATE_MAX = 4096, GRACE_US = 5000000, PEM_MAX = 16384 };

struct house {
  struct loop *loop;
  struct http_server *server;
  struct loop_timer *timer;
  struct net_ref late[LATE_MAX];
  size_t late_count;
};

static void on_message(void *ctx, struct ws *ws, struct text message) {
  (void)ctx;
  bt_check(ws_send_text(ws, message) == BT_ERR_OK);
}

static void on_close(void *ctx, struct ws *ws, uint16_t code,
                     struct text reason) {
  (void)ctx;
  (void)ws;
  (void)code;
  (void)reason;
}

static const struct ws_handlers ws_handlers = {.on_message = on_message,
                                               .on_close = on_close};

static void open_ws(struct http_request *req) {
  const struct text chat = TEXT("chat");
  struct ws *ws;
  const bool offered = http_request_offers_protocol(req, chat);
  (void)!ws_accept(req, offered ? chat : TEXT(""), &ws_handlers, NULL, &ws);
}

static void stream_events(struct http_request *req) {
  const struct http_header type = {TEXT("Content-Type"),
                                   TEXT("text/event-stream")};
  struct http_stream *stream;
  bt_check(http_stream_open(req, &type, 1, &stream) == BT_ERR_OK);
  for (int i = 1; i <= 3; i++) {
    char event[16];
    const int len = snprintf(event, sizeof event, "data: %d\n\n", i);
    (void)http_stream_write(stream, (struct text){event, (size_t)len});
  }
  http_stream_close(stream);
}

static void answer_late(void *ctx) {
  struct house *h = ctx;
  for (size_t i = 0; i < h->late_count; i++) {
    struct http_request *req = http_request_find(h->server, h->late[i]);
    if (req != NULL) {
      (void)http_respond(req, 200, NULL, 0, http_request_body(req));
    }
  }
  h->late_count = 0;
}

static void on_request(void *ctx, struct http_request *req) {
  struct house *h = ctx;
  const struct text path = http_request_path(req);
  if (text_equal(path, TEXT("/echo"))) {
    (void)http_respond(req, 200, NULL, 0, http_request_body(req));
  } else if (text_equal(path, TEXT("/late")) && h->late_count < LATE_MAX) {
    h->late[h->late_count++] = http_request_ref(req);
    loop_timer_start_after(h->timer, 20000);
  } else if (text_equal(path, TEXT("/stream"))) {
    stream_events(req);
  } else if (text_equal(path, TEXT("/ws"))) {
    open_ws(req);
  } else {
    (void)http_respond(req, 404, NULL, 0, TEXT("no such page"));
  }
}

static const struct http_handlers handlers = {.on_request = on_request};

static void on_signal(void *ctx, int number) {
  (void)number;
  loop_stop(ctx);
}

static void on_stopped(void *ctx) {
  loop_stop(ctx);
}

/* A certificate and its key. */
static struct tls *read_identity(const struct mem *mem, const char *path) {
  static char pem[PEM_MAX];
  FILE *file = fopen(path, "re");
  bt_check(file != NULL);
  const struct text text = {pem, fread(pem, 1, sizeof pem, file)};
  (void)fclose(file);
  struct tls *tls = NULL;
  struct tls_fault fault;
  bt_check(tls_create(mem, &(struct tls_identity){text, text}, &tls, &fault) ==
           BT_ERR_OK);
  return tls;
}

int main(int argc, char **argv) {
  static struct house h;
  struct test_mem heap;
  uint16_t port = 0;
  test_mem_init(&heap);
  struct tls *tls = argc > 1 ? read_identity(&heap.mem, argv[1]) : NULL;
  bt_check(loop_create(&heap.mem, &h.loop) == BT_ERR_OK);
  bt_check(loop_timer_create(h.loop, answer_late, &h, &h.timer) == BT_ERR_OK);
  bt_check(http_server_create(h.loop, NULL, &handlers, &h, &h.server) ==
           BT_ERR_OK);
  bt_check(http_server_listen_tls(h.server, "::", 0, tls, &port) == BT_ERR_OK);
  bt_check(loop_on_signals(h.loop, on_signal, h.loop) == BT_ERR_OK);
  printf("%u\n", (unsigned)port);
  (void)fflush(stdout);
  loop_run(h.loop);
  http_server_stop(h.server, GRACE_US, on_stopped, h.loop);
  loop_run(h.loop);
  http_server_free(h.server);
  tls_free(tls);
  loop_timer_free(h.timer);
  loop_free(h.loop);
  return heap.live_blocks == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
