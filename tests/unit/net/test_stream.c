#include "world.h"

#define HOST "Host: baton.example\r\n"
#define HEAD                                                                   \
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"                          \
  "Content-Type: text/event-stream\r\n\r\n"

static void begin(struct world *w, struct peer *p, const char *request) {
  world_listen(w);
  peer_connect(p, w);
  peer_say(p, request);
  world_await(w, "/stream");
  (void)world_log(w);
}

static void events_leave_as_they_are_written(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  begin(&w, &p, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
  peer_await(&p, "\r\n\r\n");
  assert_string_equal(peer_got(&p), HEAD);
  assert_int_equal(http_stream_write(w.stream, TEXT("data: 1\n\n")), BT_ERR_OK);
  assert_int_equal(http_stream_write(w.stream, TEXT("")), BT_ERR_OK);
  assert_int_equal(http_stream_write(w.stream, TEXT("data: 02\n\n")),
                   BT_ERR_OK);
  peer_await(&p, "02\n\n\r\n");
  assert_string_equal(peer_got(&p),
                      "9\r\ndata: 1\n\n\r\na\r\ndata: 02\n\n\r\n");
  const struct net_ref ref = http_stream_ref(w.stream);
  assert_ptr_equal(http_stream_find(w.server, ref), w.stream);
  assert_int_equal(http_server_counters(w.server).streams, 1);
  struct http_stream *stream = w.stream;
  http_stream_close(stream);
  assert_string_equal(world_log(&w), ""); /* not from inside the call */
  assert_null(http_stream_find(w.server, ref));
  assert_int_equal(http_stream_write(stream, TEXT("x")), BT_ERR_CLOSED);
  peer_await(&p, "0\r\n\r\n");
  assert_string_equal(world_log(&w), "stream closed: success\n");
  assert_int_equal(http_server_counters(w.server).streams, 0);
  /* the connection goes on */
  (void)peer_got(&p);
  peer_say(&p, "GET /nothing HTTP/1.1\r\n" HOST "\r\n");
  peer_await(&p, "204 No Content");
  peer_close(&p);
  world_end(&w);
}

static void an_old_client_reads_to_the_end(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  begin(&w, &p, "GET /stream HTTP/1.0\r\n\r\n");
  assert_int_equal(http_stream_write(w.stream, TEXT("abc")), BT_ERR_OK);
  http_stream_close(w.stream);
  peer_await_end(&p);
  assert_string_equal(peer_got(&p),
                      "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                      "Content-Type: text/event-stream\r\n\r\nabc");
  peer_close(&p);
  world_end(&w);
}

static void a_stream_to_head_has_no_body(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  begin(&w, &p, "HEAD /stream HTTP/1.1\r\n" HOST "\r\n");
  peer_await_end(&p);
  assert_int_equal(strncmp(peer_got(&p), "HTTP/1.1 200 OK\r\n", 17), 0);
  assert_string_equal(world_log(&w), "stream closed: success\n");
  assert_null(w.stream);
  peer_close(&p);
  world_end(&w);
}

static void we_hear_when_the_listener_leaves(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  begin(&w, &p, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
  peer_close(&p);
  world_await(&w, "stream closed");
  assert_null(w.stream);
  world_end(&w);
}

/* Memory for one who does not read is bounded, and he is let go. */
static void who_does_not_read_is_cut(void **state) {
  (void)state;
  static char block[10000];
  struct world w;
  struct peer p;
  enum bt_err err = BT_ERR_OK;
  world_begin(&w);
  w.limits.out_bytes = 100000;
  memset(block, 'x', sizeof block);
  begin(&w, &p, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
  const struct text bytes = {block, sizeof block};
  for (unsigned i = 0; i < 10000 && err == BT_ERR_OK; i++) {
    err = http_stream_write(w.stream, bytes);
    assert_true(w.heap.live_bytes < 500000);
    world_turns(&w, 1);
  }
  assert_int_equal(err, BT_ERR_FULL);
  world_await(&w, "stream closed: a fixed limit was reached");
  assert_int_equal(http_server_counters(w.server).overflows, 1);
  peer_close(&p);
  world_end(&w);
}

static void what_fits_the_limit_arrives_however_slow(void **state) {
  (void)state;
  enum { BYTES = 900000 };
  static char block[BYTES];
  struct world w;
  struct peer p;
  size_t got = 0;
  world_begin(&w);
  begin(&w, &p, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
  for (size_t i = 0; i < BYTES; i++) {
    block[i] = (char)('a' + i % 26);
  }
  assert_int_equal(http_stream_write(w.stream, (struct text){block, BYTES}),
                   BT_ERR_OK);
  http_stream_close(w.stream);
  peer_await(&p, "\r\n\r\ndbba0\r\n");
  const char *first = strstr(p.got, "dbba0\r\n") + 7;
  size_t len = p.len - (size_t)(first - p.got);
  memmove(p.got, first, len);
  const int64_t deadline_us = world_deadline();
  while (got < BYTES) {
    for (size_t i = 0; i < len && got < BYTES; i++) {
      assert_int_equal(p.got[i], 'a' + (int)(got++ % 26));
    }
    p.len = 0;
    world_turn(&w, deadline_us);
    peer_receive(&p);
    len = p.len;
  }
  peer_close(&p);
  world_end(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(events_leave_as_they_are_written),
      cmocka_unit_test(an_old_client_reads_to_the_end),
      cmocka_unit_test(a_stream_to_head_has_no_body),
      cmocka_unit_test(we_hear_when_the_listener_leaves),
      cmocka_unit_test(who_does_not_read_is_cut),
      cmocka_unit_test(what_fits_the_limit_arrives_however_slow),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
