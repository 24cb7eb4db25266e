#include "world.h"

#include "net/ws_frame.h"

#define HOST "Host: baton.example\r\n"
#define HANDSHAKE                                                              \
  "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"                  \
  "Sec-WebSocket-Version: 13\r\n"                                              \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
/* RFC 6455, 1.3 gives this answer to that key. */
#define SWITCHED                                                               \
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"                 \
  "Connection: Upgrade\r\n"                                                    \
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

static void open_ws(struct world *w, struct peer *p) {
  peer_connect(p, w);
  peer_say(p, "GET /ws HTTP/1.1\r\n" HOST HANDSHAKE "\r\n");
  peer_await(p, "\r\n\r\n");
  assert_string_equal(peer_got(p), SWITCHED "\r\n");
  (void)world_log(w);
}

static void begin(struct world *w, struct peer *p) {
  world_listen(w);
  open_ws(w, p);
}

/* A frame as a client sends it. */
static struct text frame(unsigned first, struct text payload) {
  static char bytes[70000];
  static const uint8_t mask[WS_MASK_LEN] = {0xa1, 0xb2, 0xc3, 0xd4};
  const size_t header = ws_header_write(bytes, WS_OP_TEXT, payload.len, mask);
  bytes[0] = (char)first;
  memcpy(bytes + header, payload.ptr, payload.len);
  ws_mask(bytes + header, payload.len, mask, 0);
  return (struct text){bytes, header + payload.len};
}

static void await_exactly(struct peer *p, struct text bytes) {
  peer_await_bytes(p, bytes.len);
  assert_int_equal(p->len, bytes.len);
  assert_memory_equal(p->got, bytes.ptr, bytes.len);
  p->len = 0;
}

static void a_message_is_echoed(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  begin(&w, &p);
  peer_send(&p, frame(0x81, TEXT("hello")));
  await_exactly(&p, TEXT("\x81\x05hello"));
  assert_string_equal(world_log(&w), "message hello\n");
  const struct net_ref ref = ws_ref(w.ws);
  assert_ptr_equal(ws_find(w.server, ref), w.ws);
  peer_send(&p, frame(0x88, TEXT("\x03\xe8"
                                 "bye")));
  await_exactly(&p, TEXT("\x88\x05\x03\xe8"
                         "bye"));
  peer_await_end(&p);
  assert_string_equal(world_log(&w), "closed 1000 bye\n");
  assert_null(ws_find(w.server, ref));
  assert_int_equal(http_server_counters(w.server).websockets, 0);
  peer_close(&p);
  world_end(&w);
}

/* The first frames may come with the handshake, and everything in pieces. */
static void it_does_not_depend_on_how_the_bytes_came(void **state) {
  (void)state;
  struct world w;
  char bytes[1024];
  struct text all = {bytes, 0};
  static const struct {
    unsigned first;
    struct text payload;
  } frames[] = {{0x01, {"he", 2}},      {0x89, {"ping", 4}}, {0x00, {"", 0}},
                {0x80, {"llo", 3}},     {0x8a, {"pong", 4}}, {0x81, {"x", 1}},
                {0x88, {"\x0f\xa0", 2}}};
  const struct text handshake =
      TEXT("GET /ws HTTP/1.1\r\n" HOST HANDSHAKE "\r\n");
  memcpy(bytes, handshake.ptr, handshake.len);
  all.len = handshake.len;
  for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
    const struct text f = frame(frames[i].first, frames[i].payload);
    memcpy(bytes + all.len, f.ptr, f.len);
    all.len += f.len;
  }
  world_begin(&w);
  world_listen(&w);
  for (size_t piece = 1; piece <= all.len; piece += piece < 10 ? 1 : 100) {
    struct peer p;
    peer_connect(&p, &w);
    for (size_t at = 0; at < all.len; at += piece) {
      peer_send(&p, text_sub(all, at, piece));
    }
    peer_await_end(&p);
    assert_string_equal(peer_got(&p), SWITCHED "\r\n"
                                               "\x8a\x04ping\x81\x05hello"
                                               "\x81\x01x\x88\x02\x0f\xa0");
    assert_string_equal(world_log(&w), "GET /ws []\nmessage hello\n"
                                       "message x\nclosed 4000 \n");
    peer_close(&p);
  }
  world_end(&w);
}

static void a_wrong_handshake_is_refused_with_a_reason(void **state) {
  (void)state;
#define GET "GET /ws HTTP/1.1\r\n" HOST
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define UP  "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define V13 "Sec-WebSocket-Version: 13\r\n"
  static const char *const bad[] = {
      GET V13 KEY "Upgrade: websocket\r\n",
      GET V13 KEY "Connection: Upgrade\r\n",
      GET V13 KEY "Upgrade: h2c\r\nConnection: Upgrade\r\n",
      GET V13 UP,
      GET V13 UP "Sec-WebSocket-Key: short\r\n",
      GET V13 UP "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=!\r\n",
      GET V13 UP "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA\r\n",
      "POST /ws HTTP/1.1\r\n" HOST V13 UP KEY,
      "GET /ws HTTP/1.0\r\n" HOST V13 UP KEY,
      GET V13 UP KEY "Content-Length: 2\r\n",
      GET V13 UP KEY KEY,
      GET V13 UP KEY V13,
  };
  struct world w;
  world_begin(&w);
  world_listen(&w);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct peer p;
    peer_connect(&p, &w);
    peer_say(&p, bad[i]);
    peer_say(&p, "\r\nxx");
    peer_await_end(&p);
    assert_int_equal(strncmp(peer_got(&p), "HTTP/1.1 400 ", 13), 0);
    assert_int_equal(w.last, BT_ERR_SYNTAX);
    peer_close(&p);
  }
  struct peer p;
  peer_connect(&p, &w);
  peer_say(&p, GET UP KEY "Sec-WebSocket-Version: 8\r\n\r\n");
  peer_await_end(&p);
  const char *got = peer_got(&p);
  assert_int_equal(strncmp(got, "HTTP/1.1 426 Upgrade Required\r\n", 31), 0);
  assert_non_null(strstr(got, "\r\nSec-WebSocket-Version: 13\r\n"));
  assert_non_null(strstr(got, "\r\nUpgrade: websocket\r\n"));
  peer_close(&p);
  world_end(&w);
}

static void a_protocol_is_echoed_only_if_it_was_offered(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  world_listen(&w);
  peer_connect(&p, &w);
  peer_say(&p, "GET /ws HTTP/1.1\r\n" HOST HANDSHAKE
               "Sec-WebSocket-Protocol: soap, chat\r\n\r\n");
  peer_await(&p, "\r\n\r\n");
  assert_string_equal(peer_got(&p),
                      SWITCHED "Sec-WebSocket-Protocol: chat\r\n\r\n");
  peer_close(&p);
  peer_connect(&p, &w);
  peer_say(&p, "GET /ws HTTP/1.1\r\n" HOST HANDSHAKE
               "Sec-WebSocket-Protocol: chatter\r\n\r\n");
  peer_await(&p, "\r\n\r\n");
  assert_string_equal(peer_got(&p), SWITCHED "\r\n");
  peer_close(&p);
  world_end(&w);
}

static void who_breaks_a_rule_is_told_which(void **state) {
  (void)state;
  static const struct {
    unsigned first;
    struct text payload;
    const char *log;
  } list[] = {
      {0xc1,
       {"x", 1},
       "closed 1002 a reserved bit is set without an extension\n"},
      {0x81, {"\xff", 1}, "closed 1007 the text is not UTF-8\n"},
      {0x82, {"x", 1}, "closed 1003 only text messages are understood here\n"},
      {0x88, {"x", 1}, "closed 1002 a close frame with half a code\n"},
  };
  struct world w;
  world_begin(&w);
  world_listen(&w);
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    struct peer p;
    open_ws(&w, &p);
    peer_send(&p, frame(list[i].first, list[i].payload));
    peer_send(&p, frame(0x81, TEXT("never delivered")));
    peer_await_end(&p);
    assert_string_equal(world_log(&w), list[i].log);
    assert_int_equal((unsigned char)p.got[0], 0x88);
    peer_close(&p);
  }
  world_end(&w);
}

static void too_long_a_message_is_refused_at_its_header(void **state) {
  (void)state;
  static char big[16385];
  struct world w;
  struct peer p;
  world_begin(&w);
  w.limits.ws_message_bytes = 16384;
  begin(&w, &p);
  memset(big, 'a', sizeof big);
  peer_send(&p, frame(0x81, (struct text){big, 16384}));
  peer_await_bytes(&p, 16384 + 4);
  p.len = 0;
  (void)world_log(&w);
  peer_send(&p, text_sub(frame(0x81, (struct text){big, 16385}), 0, 8));
  peer_await_end(&p);
  assert_string_equal(world_log(&w), "closed 1009 the message is too long\n");
  peer_close(&p);
  world_end(&w);
}

static void we_close_and_wait_for_the_answer(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  begin(&w, &p);
  struct ws *ws = w.ws;
  ws_close(ws, 4001, TEXT("agent signed out"));
  assert_int_equal(ws_send_text(ws, TEXT("x")), BT_ERR_CLOSED);
  ws_close(ws, WS_CODE_NORMAL, TEXT("again")); /* nothing happens */
  await_exactly(&p, TEXT("\x88\x12\x0f\xa1"
                         "agent signed out"));
  peer_send(&p, frame(0x81, TEXT("late"))); /* dropped */
  assert_string_equal(world_log(&w), "");
  peer_send(&p, frame(0x88, TEXT("\x0f\xa1")));
  peer_await_end(&p);
  assert_string_equal(world_log(&w), "closed 4001 \n");
  peer_close(&p);
  world_end(&w);
}

static void a_long_reason_is_cut_between_characters(void **state) {
  (void)state;
  char reason[200];
  struct world w;
  struct peer p;
  world_begin(&w);
  begin(&w, &p);
  for (size_t i = 0; i < sizeof reason; i += 2) {
    reason[i] = (char)0xc3;
    reason[i + 1] = (char)0xa9;
  }
  ws_close(w.ws, 4000, (struct text){reason, sizeof reason});
  peer_await_bytes(&p, 2 + 2 + 122);
  assert_int_equal((unsigned char)p.got[1], 2 + 122);
  peer_close(&p);
  world_end(&w);
}

static void a_peer_that_vanishes_is_1006(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  begin(&w, &p);
  peer_close(&p);
  world_await(&w, "closed 1006 \n");
  assert_null(w.ws);
  world_end(&w);
}

static void silence_is_pinged_and_then_cut(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  w.limits.ws_ping_us = 20000;
  w.limits.ws_pong_us = 400000;
  begin(&w, &p);
  for (unsigned i = 0; i < 3; i++) {
    await_exactly(&p, TEXT("\x89\x00"));
    peer_send(&p, frame(0x8a, TEXT("")));
  }
  await_exactly(&p, TEXT("\x89\x00"));
  peer_await_end(&p);
  world_await(&w, "closed 1006 \n");
  assert_int_equal(http_server_counters(w.server).timeouts, 1);
  peer_close(&p);
  world_end(&w);
}

/* Each byte shows that the peer lives, but its message holds memory that all
 * share. */
static void
an_unfinished_message_has_a_deadline_that_no_byte_moves(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  w.limits.body_us = 200000;
  begin(&w, &p);
  const int64_t deadline_us = world_deadline();
  peer_send(&p, frame(0x01, TEXT("a")));
  while (!p.ended) {
    peer_send(&p, frame(0x00, TEXT("b")));
    peer_send(&p, frame(0x89, TEXT("")));
    peer_receive(&p);
    p.len = 0;
    world_turn(&w, deadline_us);
  }
  assert_string_equal(world_log(&w),
                      "closed 1008 the message was not whole in time\n");
  peer_close(&p);
  world_end(&w);
}

static void a_message_that_nobody_ends_is_closed_in_silence(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  w.limits.body_us = 1000000;
  begin(&w, &p);
  peer_send(&p, frame(0x01, TEXT("a")));
  peer_send(&p, frame(0x80, TEXT("b")));
  peer_send(&p, frame(0x01, TEXT("c"))); /* and no further byte */
  world_await(&w, "closed 1008 the message was not whole in time\n");
  peer_close(&p);
  world_end(&w);
}

static void who_never_answers_our_close_is_cut(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  w.limits.ws_close_us = 20000;
  begin(&w, &p);
  ws_close(w.ws, WS_CODE_NORMAL, TEXT(""));
  peer_await_end(&p);
  world_await(&w, "closed 1006 \n");
  peer_close(&p);
  world_end(&w);
}

static void a_slow_reader_fills_his_queue_and_only_his(void **state) {
  (void)state;
  static char block[8000];
  struct world w;
  struct peer p;
  enum bt_err err = BT_ERR_OK;
  world_begin(&w);
  w.limits.out_bytes = 100000;
  memset(block, 'x', sizeof block);
  begin(&w, &p);
  unsigned sent = 0;
  while (err == BT_ERR_OK) {
    err = ws_send_text(w.ws, (struct text){block, sizeof block});
    sent += err == BT_ERR_OK;
    world_turns(&w, 1);
    assert_true(sent < 100000);
  }
  assert_int_equal(err, BT_ERR_FULL);
  assert_true(ws_waiting_bytes(w.ws) <= 100000);
  assert_true(w.heap.live_bytes < 600000);
  assert_string_equal(world_log(&w), ""); /* still open: he may catch up */
  const int64_t deadline_us = world_deadline();
  size_t got = 0;
  while (got < sent * (sizeof block + 4)) {
    world_turn(&w, deadline_us);
    peer_receive(&p);
    got += p.len;
    p.len = 0;
  }
  assert_int_equal(ws_waiting_bytes(w.ws), 0);
  assert_int_equal(ws_send_text(w.ws, TEXT("y")), BT_ERR_OK);
  await_exactly(&p, TEXT("\x81\x01y"));
  peer_close(&p);
  world_end(&w);
}

static void an_idle_websocket_is_small(void **state) {
  (void)state;
  enum { COUNT = 50 };
  static struct peer peers[COUNT];
  struct world w;
  struct peer p;
  world_begin(&w);
  begin(&w, &p);
  peer_send(&p, frame(0x01, TEXT("a fragment")));
  peer_send(&p, frame(0x80, TEXT(" and the rest")));
  peer_await(&p, "rest");
  const size_t before = w.heap.live_bytes;
  for (size_t i = 0; i < COUNT; i++) {
    open_ws(&w, &peers[i]);
  }
  const size_t each = (w.heap.live_bytes - before) / COUNT;
  print_message("%zu bytes an idle WebSocket\n", each);
  assert_true(each <= 1024);
  for (size_t i = 0; i < COUNT; i++) {
    peer_close(&peers[i]);
  }
  peer_close(&p);
  world_end(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_message_is_echoed),
      cmocka_unit_test(it_does_not_depend_on_how_the_bytes_came),
      cmocka_unit_test(a_wrong_handshake_is_refused_with_a_reason),
      cmocka_unit_test(a_protocol_is_echoed_only_if_it_was_offered),
      cmocka_unit_test(who_breaks_a_rule_is_told_which),
      cmocka_unit_test(too_long_a_message_is_refused_at_its_header),
      cmocka_unit_test(we_close_and_wait_for_the_answer),
      cmocka_unit_test(a_long_reason_is_cut_between_characters),
      cmocka_unit_test(a_peer_that_vanishes_is_1006),
      cmocka_unit_test(silence_is_pinged_and_then_cut),
      cmocka_unit_test(an_unfinished_message_has_a_deadline_that_no_byte_moves),
      cmocka_unit_test(a_message_that_nobody_ends_is_closed_in_silence),
      cmocka_unit_test(who_never_answers_our_close_is_cut),
      cmocka_unit_test(a_slow_reader_fills_his_queue_and_only_his),
      cmocka_unit_test(an_idle_websocket_is_small),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
