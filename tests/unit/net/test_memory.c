#include "world.h"

#define HOST "Host: baton.example\r\n"

/* A visit that uses all of the server: answers at once and late, a body in
 * chunks, a stream, a WebSocket with fragments, a mistake. Whoever cannot be
 * served is cut or told so; what is said must be true. */
static const char *const visits[] = {
    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
    "PUT /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n0\r\n\r\n",
    "GET /stream HTTP/1.1\r\n" HOST "\r\n",
    "GET /ws HTTP/1.1\r\n" HOST "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n",
    "GET / HTTP/1.1\r\nHos",
};
enum { VISITS = sizeof visits / sizeof visits[0] };

static void turn_patiently(struct world *w) {
  for (unsigned i = 0; i < 6; i++) {
    loop_turn(w->loop, 0);
  }
}

static void send_some(struct peer *p, struct text bytes) {
  (void)!send(p->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
}

static void visit(struct world *w, const char *bytes) {
  struct peer p;
  peer_connect(&p, w);
  const struct text all = text_from(bytes);
  send_some(&p, text_sub(all, 0, all.len - 3));
  turn_patiently(w);
  send_some(&p, text_sub(all, all.len - 3, 3));
  turn_patiently(w);
  if (w->stream != NULL) {
    (void)http_stream_write(w->stream, TEXT("data: x\n\n"));
  }
  if (w->ws != NULL) {
    static const char fragments[] = "\x01\x82\0\0\0\0he\x80\x83\0\0\0\0llo";
    send_some(&p, (struct text){fragments, sizeof fragments - 1});
  }
  turn_patiently(w);
  peer_receive(&p);
  p.got[p.len] = '\0';
  /* no half answer: what has come is whole or nothing */
  assert_true(p.len == 0 || strstr(p.got, "\r\n\r\n") != NULL);
  if (strncmp(p.got, "HTTP/1.1 200 OK\r\nDate", 21) == 0 &&
      strstr(p.got, "chunked") == NULL) {
    assert_non_null(strstr(p.got, "\r\n\r\nhello"));
  }
  peer_close(&p);
  turn_patiently(w);
}

/* The n-th allocation fails, and with @for_ever every later one. True if there
 * was an n-th. */
static bool run_with_failure(uint64_t n, bool for_ever) {
  struct world w;
  world_begin(&w);
  world_listen(&w);
  w.heap.fail_at = w.heap.calls + n;
  w.heap.fail_for_ever = for_ever;
  for (size_t i = 0; i < VISITS; i++) {
    visit(&w, visits[i]);
    w.stream = NULL; /* its listener has gone */
  }
  const bool failed = w.heap.calls >= w.heap.fail_at;
  w.heap.fail_at = 0;
  /* it recovers by itself */
  struct peer p;
  peer_connect(&p, &w);
  peer_say(&p, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nok");
  peer_await(&p, "\r\n\r\nok");
  peer_close(&p);
  world_end(&w);
  return failed;
}

static void any_allocation_may_fail_once(void **state) {
  (void)state;
  uint64_t n = 1;
  while (run_with_failure(n, false)) {
    n++;
  }
  assert_true(n > 20);
}

static void memory_may_be_gone_for_a_while(void **state) {
  (void)state;
  uint64_t n = 1;
  while (run_with_failure(n, true)) {
    n++;
  }
  assert_true(n > 10);
}

static void on_answer(void *ctx, const struct client_response *r) {
  unsigned *answers = ctx;
  assert_true(r->err == BT_ERR_OK || r->message != NULL);
  ++*answers;
}

/* Each request that was taken is answered once, by its answer or an error. */
static bool client_with_failure(uint64_t n) {
  struct world w;
  struct client *client = NULL;
  unsigned taken = 0;
  unsigned answers = 0;
  const struct client_target target = {.method = HTTP_POST,
                                       .path = TEXT("/echo")};
  world_begin(&w);
  world_listen(&w);
  w.heap.fail_at = w.heap.calls + n;
  if (client_create(w.loop, TEXT("127.0.0.1"), w.port, NULL, &client) ==
      BT_ERR_OK) {
    for (unsigned i = 0; i < 3; i++) {
      taken += client_request(client, &target, TEXT("hello"), on_answer,
                              &answers) == BT_ERR_OK;
    }
    const int64_t deadline_us = world_deadline();
    while (answers < taken) {
      world_turn(&w, deadline_us);
    }
    client_free(client);
  }
  const bool failed = w.heap.calls >= w.heap.fail_at;
  w.heap.fail_at = 0;
  world_end(&w);
  assert_int_equal(answers, taken);
  return failed;
}

static void a_client_answers_every_request_it_took(void **state) {
  (void)state;
  uint64_t n = 1;
  while (client_with_failure(n)) {
    n++;
  }
  assert_true(n > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_allocation_may_fail_once),
      cmocka_unit_test(memory_may_be_gone_for_a_while),
      cmocka_unit_test(a_client_answers_every_request_it_took),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
