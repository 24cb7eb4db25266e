#include "world.h"

/* What came back, as lines in the world's log. */
static void on_answer(void *ctx, const struct client_response *r) {
  struct world *w = ctx;
  if (r->err != BT_ERR_OK) {
    textbuf_addf(&w->log, "failed: %s: %s\n", bt_err_text(r->err), r->message);
  } else {
    textbuf_addf(&w->log, "answer %d [%.*s]\n", r->status, TEXT_ARG(r->body));
  }
}

static struct client *client_of(struct world *w, const char *host,
                                uint16_t port) {
  struct client *client = NULL;
  assert_int_equal(
      client_create(w->loop, text_from(host), port, &w->limits, &client),
      BT_ERR_OK);
  return client;
}

static void ask(struct world *w, struct client *client, enum http_method method,
                const char *path, const char *body) {
  const struct http_header header = {TEXT("X-Test"), TEXT("1")};
  const struct client_target target = {.method = method,
                                       .path = text_from(path),
                                       .headers = &header,
                                       .header_count = 1};
  assert_int_equal(
      client_request(client, &target, text_from(body), on_answer, w),
      BT_ERR_OK);
}

static void requests_are_answered_one_after_the_other(void **state) {
  (void)state;
  struct world w;
  world_begin(&w);
  world_listen(&w);
  struct client *client = client_of(&w, "127.0.0.1", w.port);
  ask(&w, client, HTTP_POST, "/echo", "one");
  ask(&w, client, HTTP_HEAD, "/missing", "");
  ask(&w, client, HTTP_GET, "/nothing", "");
  ask(&w, client, HTTP_PUT, "/echo?q", "two");
  ask(&w, client, HTTP_GET, "/missing", "");
  assert_string_equal(world_log(&w), ""); /* not from inside the call */
  world_await(&w, "answer 404 [unknown]");
  assert_string_equal(world_log(&w), "POST /echo [one]\nanswer 200 [one]\n"
                                     "HEAD /missing []\nanswer 404 []\n"
                                     "GET /nothing []\nanswer 204 []\n"
                                     "PUT /echo [two]\nanswer 200 [two]\n"
                                     "GET /missing []\nanswer 404 [unknown]\n");
  assert_int_equal(http_server_counters(w.server).accepted, 1);
  client_free(client);
  world_end(&w);
}

static void names_are_looked_up(void **state) {
  (void)state;
  struct world w;
  world_begin(&w);
  world_listen(&w);
  struct client *client = client_of(&w, "localhost", w.port);
  ask(&w, client, HTTP_POST, "/echo", "hi");
  const int64_t deadline_us = world_deadline();
  while (text_find(textbuf_text(&w.log), TEXT("answer 200 [hi]"), 0) ==
             textbuf_text(&w.log).len &&
         text_find(textbuf_text(&w.log), TEXT("failed"), 0) ==
             textbuf_text(&w.log).len) {
    world_turn(&w, deadline_us);
  }
  client_free(client);
  client = client_of(&w, "no.such.host.invalid", w.port);
  ask(&w, client, HTTP_POST, "/echo", "hi");
  client_free(client); /* in the middle of it: forgotten without a call */
  world_end(&w);
}

static void who_does_not_listen_is_named(void **state) {
  (void)state;
  struct world w;
  world_begin(&w);
  world_listen(&w);
  /* a port that was free a moment ago */
  struct http_server *other = NULL;
  uint16_t port = 0;
  assert_int_equal(
      http_server_create(w.loop, NULL, &world_handlers, &w, &other), BT_ERR_OK);
  assert_int_equal(http_server_listen(other, "127.0.0.1", 0, &port), BT_ERR_OK);
  http_server_stop(other, 0, on_world_stopped, &w);
  const int64_t deadline_us = world_deadline();
  while (!w.stopped) {
    world_turn(&w, deadline_us);
  }
  http_server_free(other);
  w.stopped = false;
  struct client *client = client_of(&w, "127.0.0.1", port);
  ask(&w, client, HTTP_GET, "/", "");
  world_await(&w, "failed");
  assert_string_equal(world_log(&w),
                      "failed: the other side, or this object, is closed: "
                      "nothing listens at this address and port\n");
  client_free(client);
  world_end(&w);
}

static void a_late_answer_is_given_up(void **state) {
  (void)state;
  struct world w;
  world_begin(&w);
  w.limits.response_us = 300000;
  world_listen(&w);
  struct client *client = client_of(&w, "127.0.0.1", w.port);
  ask(&w, client, HTTP_GET, "/wait", "");
  ask(&w, client, HTTP_POST, "/echo", "next"); /* on a new connection */
  world_await(&w, "answer 200 [next]");
  assert_string_equal(world_log(&w),
                      "GET /wait []\n"
                      "failed: not now: try again: no whole answer in time\n"
                      "POST /echo [next]\nanswer 200 [next]\n");
  client_free(client);
  world_end(&w);
}

/* A server that says what the test wants, in pieces of any size. */
struct liar {
  int listener, fd;
  uint16_t port;
};

static void liar_begin(struct liar *l) {
  struct sockaddr_in at = {.sin_family = AF_INET};
  socklen_t len = sizeof at;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  l->listener = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(l->listener, (struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(listen(l->listener, 8), 0);
  assert_int_equal(getsockname(l->listener, (struct sockaddr *)&at, &len), 0);
  assert_int_equal(fcntl(l->listener, F_SETFL, O_NONBLOCK), 0);
  l->port = ntohs(at.sin_port);
}

static void liar_answer(struct world *w, struct liar *l, const char *bytes,
                        size_t piece) {
  const int64_t deadline_us = world_deadline();
  const struct text all = text_from(bytes);
  char request[1024];
  while ((l->fd = accept(l->listener, NULL, NULL)) < 0) {
    world_turn(w, deadline_us);
  }
  assert_int_equal(fcntl(l->fd, F_SETFL, O_NONBLOCK), 0);
  while (recv(l->fd, request, sizeof request, 0) <= 0) {
    world_turn(w, deadline_us);
  }
  for (size_t at = 0; at < all.len; at += piece) {
    const struct text t = text_sub(all, at, piece);
    (void)!send(l->fd, t.ptr, t.len, MSG_NOSIGNAL);
    world_turns(w, 2);
  }
  (void)shutdown(l->fd, SHUT_WR); /* the client may be gone already */
}

static void answers_are_read_in_every_framing(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    const char *log;
  } list[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "answer 200 [abc]\n"},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
       "Content-Length: 0\r\n\r\n",
       "answer 200 []\n"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
       "2\r\nab\r\n1;x\r\nc\r\n0\r\nT: x\r\n\r\n",
       "answer 200 [abc]\n"},
      {"HTTP/1.0 200 OK\r\n\r\nuntil the end", "answer 200 [until the end]\n"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
       "failed: the other side, or this object, is closed: the connection was "
       "cut before the answer was whole\n"},
      {"", "failed: the other side, or this object, is closed: the connection "
           "was cut before the answer was whole\n"},
      {"SSH-2.0-OpenSSH_9.2\r\n\r\n",
       "failed: the input is malformed: The request line must be METHOD SP "
       "TARGET SP HTTP/1.1 CRLF.\n"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
       "failed: the input is malformed: Content-Length must be one whole "
       "decimal number, given once.\n"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n",
       "failed: a fixed limit was reached: the answer is larger than the "
       "limit\n"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n",
       "failed: a fixed limit was reached: the answer is larger than the "
       "limit\n"},
  };
  struct world w;
  struct liar l;
  world_begin(&w);
  world_listen(&w);
  w.limits.response_bytes = 1000;
  liar_begin(&l);
  for (size_t i = 0; i < 2 * sizeof list / sizeof list[0]; i++) {
    struct client *client = client_of(&w, "127.0.0.1", l.port);
    ask(&w, client, HTTP_GET, "/", "");
    liar_answer(&w, &l, list[i / 2].bytes, i % 2 == 0 ? 1 : 1000);
    world_await(&w, "\n");
    assert_string_equal(world_log(&w), list[i / 2].log);
    assert_int_equal(close(l.fd), 0);
    client_free(client);
  }
  assert_int_equal(close(l.listener), 0);
  world_end(&w);
}

static void on_answer_free(void *ctx, const struct client_response *r) {
  struct client **client = ctx;
  assert_int_equal(r->status, 200);
  client_free(*client);
  *client = NULL;
}

static void a_client_may_be_freed_in_its_callback(void **state) {
  (void)state;
  struct world w;
  world_begin(&w);
  world_listen(&w);
  struct client *client = client_of(&w, "127.0.0.1", w.port);
  const struct client_target target = {.method = HTTP_POST,
                                       .path = TEXT("/echo")};
  assert_int_equal(
      client_request(client, &target, TEXT("x"), on_answer_free, &client),
      BT_ERR_OK);
  ask(&w, client, HTTP_GET, "/never", "");
  const int64_t deadline_us = world_deadline();
  while (client != NULL) {
    world_turn(&w, deadline_us);
  }
  world_turns(&w, 5);
  assert_string_equal(world_log(&w), "POST /echo [x]\n");
  world_end(&w);
}

/* WebSocket. */

struct talk {
  struct world *world;
  struct ws *ws;
};

static void on_talk_open(void *ctx, struct ws *ws) {
  struct talk *t = ctx;
  t->ws = ws;
  textbuf_addf(&t->world->log, "open\n");
}

static void on_talk_refused(void *ctx, const struct client_response *r) {
  struct talk *t = ctx;
  on_answer(t->world, r);
}

static void on_talk_message(void *ctx, struct ws *ws, struct text m) {
  struct talk *t = ctx;
  (void)ws;
  textbuf_addf(&t->world->log, "heard %.*s\n", (int)(m.len < 20 ? m.len : 20),
               m.ptr);
}

static void on_talk_close(void *ctx, struct ws *ws, uint16_t code,
                          struct text reason) {
  struct talk *t = ctx;
  (void)ws;
  t->ws = NULL;
  textbuf_addf(&t->world->log, "client closed %u %.*s\n", (unsigned)code,
               TEXT_ARG(reason));
}

static const struct client_ws_handlers talk_handlers = {
    .ws = {.on_message = on_talk_message, .on_close = on_talk_close},
    .on_open = on_talk_open,
    .on_refused = on_talk_refused};

static void open_talk(struct talk *t, struct client *client, const char *path) {
  const struct client_target target = {.method = HTTP_GET,
                                       .path = text_from(path)};
  assert_int_equal(client_ws_open(client, &target, &talk_handlers, t),
                   BT_ERR_OK);
}

static void both_ends_of_a_websocket_understand_each_other(void **state) {
  (void)state;
  struct world w;
  struct talk t = {.world = &w};
  static char big[16000];
  world_begin(&w);
  world_listen(&w);
  struct client *client = client_of(&w, "127.0.0.1", w.port);
  open_talk(&t, client, "/ws");
  world_await(&w, "open");
  (void)world_log(&w);
  assert_int_equal(ws_send_text(t.ws, TEXT("h\xc3\xa9llo")), BT_ERR_OK);
  world_await(&w, "heard h\xc3\xa9llo\n");
  memset(big, 'b', sizeof big);
  assert_int_equal(ws_send_text(t.ws, (struct text){big, sizeof big}),
                   BT_ERR_OK);
  world_await(&w, "heard bbbbbbbbbbbbbbbbbbbb\n");
  (void)world_log(&w);
  ws_close(t.ws, WS_CODE_NORMAL, TEXT("done"));
  world_await(&w, "client closed");
  assert_string_equal(world_log(&w),
                      "closed 1000 done\nclient closed 1000 done\n");
  client_free(client);
  client = client_of(&w, "127.0.0.1", w.port);
  open_talk(&t, client, "/ws");
  world_await(&w, "open");
  (void)world_log(&w);
  ws_close(w.ws, WS_CODE_GOING_AWAY, TEXT(""));
  world_await(&w, "\nclosed");
  assert_string_equal(world_log(&w), "client closed 1001 \nclosed 1001 \n");
  client_free(client);
  world_end(&w);
}

static void a_refused_websocket_says_why(void **state) {
  (void)state;
  struct world w;
  struct talk t = {.world = &w};
  world_begin(&w);
  world_listen(&w);
  struct client *client = client_of(&w, "127.0.0.1", w.port);
  open_talk(&t, client, "/other");
  world_await(&w, "answer 404 [unknown]");
  assert_int_equal(client_ws_open(client,
                                  &(struct client_target){.method = HTTP_GET,
                                                          .path = TEXT("/")},
                                  &talk_handlers, &t),
                   BT_ERR_STATE);
  client_free(client);
  world_end(&w);
}

static void refuse_handshake(const char *answer) {
  struct world w;
  struct liar l;
  struct talk t = {.world = &w};
  world_begin(&w);
  world_listen(&w);
  liar_begin(&l);
  struct client *client = client_of(&w, "127.0.0.1", l.port);
  open_talk(&t, client, "/ws");
  liar_answer(&w, &l, answer, 1000);
  world_await(&w, "\n");
  assert_string_equal(world_log(&w),
                      "failed: the input is malformed: the WebSocket handshake "
                      "was answered wrong\n");
  assert_int_equal(close(l.fd), 0);
  assert_int_equal(close(l.listener), 0);
  client_free(client);
  world_end(&w);
}

static void a_wrong_handshake_is_noticed(void **state) {
  (void)state;
  refuse_handshake("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\n"
                   "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                   "\r\n");
}

static void freeing_the_client_cuts_its_websocket_silently(void **state) {
  (void)state;
  struct world w;
  struct talk t = {.world = &w};
  world_begin(&w);
  world_listen(&w);
  struct client *client = client_of(&w, "127.0.0.1", w.port);
  open_talk(&t, client, "/ws");
  world_await(&w, "open");
  (void)world_log(&w);
  client_free(client);
  world_await(&w, "closed 1006");
  assert_string_equal(world_log(&w), "closed 1006 \n");
  world_end(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(requests_are_answered_one_after_the_other),
      cmocka_unit_test(names_are_looked_up),
      cmocka_unit_test(who_does_not_listen_is_named),
      cmocka_unit_test(a_late_answer_is_given_up),
      cmocka_unit_test(answers_are_read_in_every_framing),
      cmocka_unit_test(a_client_may_be_freed_in_its_callback),
      cmocka_unit_test(both_ends_of_a_websocket_understand_each_other),
      cmocka_unit_test(a_refused_websocket_says_why),
      cmocka_unit_test(a_wrong_handshake_is_noticed),
      cmocka_unit_test(freeing_the_client_cuts_its_websocket_silently),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
