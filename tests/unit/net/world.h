/* world.h - a server and raw peers on one loop, and a record of what happened.
 *
 * Everything runs in one thread: whoever waits for something turns the loop.
 */
#ifndef BATON_TESTS_NET_WORLD_H
#define BATON_TESTS_NET_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/client.h"
#include "net/server.h"
#include "support.h"

enum { PATIENCE_US = 10 * 1000 * 1000, WAITING_MAX = 16 };

struct world {
  struct test_mem heap;
  struct net_limits limits;
  struct loop *loop;
  struct http_server *server;
  uint16_t port;
  struct test_mem log_heap; /* apart, so that failing memory is the server's */
  struct textbuf log;       /* one line an event */
  struct net_ref waiting[WAITING_MAX];
  size_t waiting_count;
  struct http_stream *stream;
  struct ws *ws;
  enum bt_err last;
  bool stopped;
};

/* What happened, and forgets it. */
static inline const char *world_log(struct world *w) {
  static char copy[65536];
  const struct text t = textbuf_text(&w->log);
  const size_t len = t.len < sizeof copy - 1 ? t.len : sizeof copy - 1;
  memcpy(copy, t.len > 0 ? t.ptr : "", len);
  copy[len] = '\0';
  textbuf_clear(&w->log);
  return copy;
}

static inline void on_ws_message(void *ctx, struct ws *ws, struct text t) {
  struct world *w = ctx;
  textbuf_addf(&w->log, "message %.*s\n", TEXT_ARG(t));
  w->last = ws_send_text(ws, t);
}

static inline void on_ws_close(void *ctx, struct ws *ws, uint16_t code,
                               struct text reason) {
  struct world *w = ctx;
  textbuf_addf(&w->log, "closed %u %.*s\n", (unsigned)code, TEXT_ARG(reason));
  if (w->ws == ws) {
    w->ws = NULL;
  }
}

static const struct ws_handlers world_ws = {.on_message = on_ws_message,
                                            .on_close = on_ws_close};

static inline void on_stream_close(void *ctx, struct http_stream *stream,
                                   enum bt_err why) {
  struct world *w = ctx;
  textbuf_addf(&w->log, "stream closed: %s\n", bt_err_text(why));
  if (w->stream == stream) {
    w->stream = NULL;
  }
}

static const struct http_stream_handlers world_stream = {on_stream_close};

static inline void world_open_stream(struct world *w,
                                     struct http_request *req) {
  const struct http_header type = {TEXT("Content-Type"),
                                   TEXT("text/event-stream")};
  w->last = http_stream_open(req, &type, 1, &w->stream);
  if (w->last == BT_ERR_OK) {
    http_stream_handle(w->stream, &world_stream, w);
  }
}

static inline void world_accept_ws(struct world *w, struct http_request *req) {
  const bool chat = http_request_offers_protocol(req, TEXT("chat"));
  w->last =
      ws_accept(req, chat ? TEXT("chat") : TEXT(""), &world_ws, w, &w->ws);
}

static inline void world_respond(struct world *w, struct http_request *req) {
  const struct text path = http_request_path(req);
  const struct text body = http_request_body(req);
  if (text_equal(path, TEXT("/echo"))) {
    w->last = http_respond(req, 200, NULL, 0, body);
  } else if (text_equal(path, TEXT("/nothing"))) {
    w->last = http_respond(req, 204, NULL, 0, TEXT(""));
  } else if (text_equal(path, TEXT("/splitting"))) {
    const struct http_header evil = {TEXT("X"), TEXT("a\r\nSet-Cookie: b")};
    w->last = http_respond(req, 200, &evil, 1, TEXT(""));
  } else if (text_equal(path, TEXT("/peer"))) {
    w->last = http_respond(req, 200, NULL, 0, http_request_peer(req));
  } else {
    w->last = http_respond(req, 404, NULL, 0, TEXT("unknown"));
  }
}

static inline void on_world_request(void *ctx, struct http_request *req) {
  struct world *w = ctx;
  const struct text path = http_request_path(req);
  textbuf_addf(&w->log, "%s %.*s [%.*s]\n",
               http_method_name(http_request_method(req)), TEXT_ARG(path),
               TEXT_ARG(http_request_body(req)));
  if (text_equal(path, TEXT("/wait"))) {
    w->waiting[w->waiting_count++ % WAITING_MAX] = http_request_ref(req);
  } else if (text_equal(path, TEXT("/stream"))) {
    world_open_stream(w, req);
  } else if (text_equal(path, TEXT("/ws"))) {
    world_accept_ws(w, req);
  } else {
    world_respond(w, req);
  }
}

static inline void on_world_bad(void *ctx, const struct http_fault_info *fault,
                                struct textbuf *body) {
  struct world *w = ctx;
  textbuf_addf(&w->log, "bad %d %s\n", fault->status, fault->slug);
  textbuf_addf(body, "{\"fault\":\"%s\"}", fault->slug);
}

static const struct http_handlers world_handlers = {
    .on_request = on_world_request, .on_bad_request = on_world_bad};

/* The limits may be changed before world_listen(). */
static inline void world_begin(struct world *w) {
  memset(w, 0, sizeof *w);
  test_mem_init(&w->heap);
  test_mem_init(&w->log_heap);
  textbuf_init(&w->log, &w->log_heap.mem);
  w->limits = net_limits_default();
  assert_int_equal(loop_create(&w->heap.mem, &w->loop), BT_ERR_OK);
}

static inline void world_listen(struct world *w) {
  assert_int_equal(
      http_server_create(w->loop, &w->limits, &world_handlers, w, &w->server),
      BT_ERR_OK);
  assert_int_equal(http_server_listen(w->server, "127.0.0.1", 0, &w->port),
                   BT_ERR_OK);
  assert_int_not_equal(w->port, 0);
}

static inline void on_world_stopped(void *ctx) {
  struct world *w = ctx;
  assert_false(w->stopped);
  w->stopped = true;
}

static inline int64_t world_deadline(void) {
  return loop_now_us() + PATIENCE_US;
}

/* One turn; fails the test when it has waited too long. */
static inline void world_turn(struct world *w, int64_t deadline_us) {
  loop_turn(w->loop, 1000);
  if (loop_now_us() > deadline_us) {
    fail_msg("nothing happened; the log: %s", world_log(w));
  }
}

static inline void world_turns(struct world *w, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    loop_turn(w->loop, 0);
  }
}

/* Until the log has these words. */
static inline void world_await(struct world *w, const char *words) {
  const int64_t deadline_us = world_deadline();
  while (text_find(textbuf_text(&w->log), text_from(words), 0) ==
         textbuf_text(&w->log).len) {
    world_turn(w, deadline_us);
  }
}

static inline void world_stop(struct world *w, int64_t grace_us) {
  const int64_t deadline_us = world_deadline();
  http_server_stop(w->server, grace_us, on_world_stopped, w);
  while (!w->stopped) {
    world_turn(w, deadline_us);
  }
}

/* Ends everything; no memory may be left. */
static inline void world_end(struct world *w) {
  if (!w->stopped) {
    world_stop(w, 0);
  }
  http_server_free(w->server);
  loop_free(w->loop);
  textbuf_free(&w->log);
  assert_int_equal(w->heap.live_blocks, 0);
  assert_int_equal(w->heap.live_bytes, 0);
}

/* A raw peer. */

struct peer {
  struct world *world;
  size_t len;
  int fd;
  bool ended; /* the server has said goodbye, or reset the connection */
  char got[65536];
};

static inline void peer_connect(struct peer *p, struct world *w) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(w->port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  p->world = w;
  p->len = 0;
  p->ended = false;
  p->fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_true(p->fd >= 0);
  /* the listener's queue takes it: no turn of the loop is needed */
  assert_int_equal(connect(p->fd, (struct sockaddr *)&to, sizeof to), 0);
  assert_int_equal(fcntl(p->fd, F_SETFL, O_NONBLOCK), 0);
}

static inline void peer_close(struct peer *p) {
  assert_int_equal(close(p->fd), 0);
}

static inline void peer_send(struct peer *p, struct text bytes) {
  const int64_t deadline_us = world_deadline();
  size_t at = 0;
  while (at < bytes.len) {
    const ssize_t sent =
        send(p->fd, bytes.ptr + at, bytes.len - at, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
      return; /* the server may have hung up: what it said counts */
    }
    at += sent > 0 ? (size_t)sent : 0;
    world_turn(p->world, deadline_us);
  }
}

static inline void peer_say(struct peer *p, const char *bytes) {
  peer_send(p, text_from(bytes));
}

static inline void peer_receive(struct peer *p) {
  const ssize_t got =
      recv(p->fd, p->got + p->len, sizeof p->got - 1 - p->len, 0);
  if (got > 0) {
    p->len += (size_t)got;
  } else if (got == 0 || errno != EAGAIN) {
    p->ended = true;
  }
  p->got[p->len] = '\0';
}

static inline void peer_await_bytes(struct peer *p, size_t len) {
  const int64_t deadline_us = world_deadline();
  while (p->len < len && !p->ended) {
    world_turn(p->world, deadline_us);
    peer_receive(p);
  }
  assert_true(p->len >= len);
}

static inline void peer_await_end(struct peer *p) {
  const int64_t deadline_us = world_deadline();
  while (!p->ended) {
    world_turn(p->world, deadline_us);
    peer_receive(p);
  }
}

/* Without the lines that differ from run to run; forgets what was got. */
static inline const char *peer_got(struct peer *p) {
  static char copy[sizeof p->got];
  size_t len = 0;
  for (const char *at = p->got; at < p->got + p->len;) {
    const char *lf = memchr(at, '\n', (size_t)(p->got + p->len - at));
    const char *next = lf != NULL ? lf + 1 : p->got + p->len;
    if (strncmp(at, "Date: ", 6) != 0) {
      memcpy(copy + len, at, (size_t)(next - at));
      len += (size_t)(next - at);
    }
    at = next;
  }
  copy[len] = '\0';
  p->len = 0;
  return copy;
}

/* Until these words have come. */
static inline void peer_await(struct peer *p, const char *words) {
  const int64_t deadline_us = world_deadline();
  p->got[p->len] = '\0';
  while (strstr(p->got, words) == NULL) {
    if (p->ended || loop_now_us() > deadline_us) {
      fail_msg("\"%s\" did not come, but \"%s\"", words, p->got);
    }
    world_turn(p->world, deadline_us);
    peer_receive(p);
  }
}

#endif
