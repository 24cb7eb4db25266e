#include "world.h"

enum { COUNT = 2000 };
#define LONG_US (INT64_C(6) * PATIENCE_US)

struct crowd {
  struct world *world;
  struct client *clients[COUNT];
  struct ws *sockets[COUNT];
  unsigned open, heard, closed, answers;
};

struct member {
  struct crowd *crowd;
  unsigned index;
};
static struct member members[COUNT];

static void on_open(void *ctx, struct ws *ws) {
  const struct member *m = ctx;
  m->crowd->sockets[m->index] = ws;
  m->crowd->open++;
}

static void on_refused(void *ctx, const struct client_response *r) {
  (void)ctx;
  fail_msg("refused: %s", r->message);
}

static void on_message(void *ctx, struct ws *ws, struct text message) {
  const struct member *m = ctx;
  char expected[16];
  (void)ws;
  (void)snprintf(expected, sizeof expected, "I am %u", m->index);
  assert_true(text_equal(message, text_from(expected)));
  m->crowd->heard++;
}

static void on_close(void *ctx, struct ws *ws, uint16_t code,
                     struct text reason) {
  const struct member *m = ctx;
  (void)ws;
  (void)reason;
  assert_int_equal(code, WS_CODE_GOING_AWAY);
  m->crowd->closed++;
}

static const struct client_ws_handlers handlers = {
    .ws = {.on_message = on_message, .on_close = on_close},
    .on_open = on_open,
    .on_refused = on_refused};

static void on_answer(void *ctx, const struct client_response *r) {
  const struct member *m = ctx;
  assert_int_equal(r->err, BT_ERR_OK);
  assert_int_equal(r->status, 200);
  m->crowd->answers++;
}

static void begin(struct crowd *c, struct world *w) {
  memset(c, 0, sizeof *c);
  c->world = w;
  world_begin(w);
  world_listen(w);
  for (unsigned i = 0; i < COUNT; i++) {
    members[i] = (struct member){c, i};
    assert_int_equal(client_create(w->loop, TEXT("127.0.0.1"), w->port, NULL,
                                   &c->clients[i]),
                     BT_ERR_OK);
  }
}

static void end(struct crowd *c) {
  for (unsigned i = 0; i < COUNT; i++) {
    client_free(c->clients[i]);
  }
  world_end(c->world);
}

static void await_count(struct world *w, const unsigned *count) {
  const int64_t deadline_us = loop_now_us() + LONG_US;
  while (*count < COUNT) {
    world_turn(w, deadline_us);
    textbuf_clear(&w->log);
  }
}

/* Everybody hears his own words; then the house closes. */
static void two_thousand_websockets_at_once(void **state) {
  (void)state;
  static struct crowd c;
  struct world w;
  begin(&c, &w);
  const struct client_target target = {.method = HTTP_GET, .path = TEXT("/ws")};
  for (unsigned i = 0; i < COUNT; i++) {
    assert_int_equal(
        client_ws_open(c.clients[i], &target, &handlers, &members[i]),
        BT_ERR_OK);
  }
  await_count(&w, &c.open);
  assert_int_equal(http_server_counters(w.server).websockets, COUNT);
  for (unsigned i = 0; i < COUNT; i++) {
    char words[16];
    (void)snprintf(words, sizeof words, "I am %u", i);
    assert_int_equal(ws_send_text(c.sockets[i], text_from(words)), BT_ERR_OK);
  }
  await_count(&w, &c.heard);
  world_stop(&w, LONG_US);
  assert_int_equal(c.closed, COUNT);
  end(&c);
}

static void two_thousand_requests_at_once(void **state) {
  (void)state;
  static struct crowd c;
  struct world w;
  begin(&c, &w);
  const struct client_target target = {.method = HTTP_POST,
                                       .path = TEXT("/echo")};
  for (unsigned i = 0; i < COUNT; i++) {
    assert_int_equal(client_request(c.clients[i], &target, TEXT("hello"),
                                    on_answer, &members[i]),
                     BT_ERR_OK);
  }
  await_count(&w, &c.answers);
  assert_int_equal(http_server_counters(w.server).accepted, COUNT);
  assert_int_equal(http_server_counters(w.server).requests, COUNT);
  end(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_thousand_websockets_at_once),
      cmocka_unit_test(two_thousand_requests_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
