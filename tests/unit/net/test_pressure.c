#include "world.h"

#include <time.h>

#define HOST "Host: baton.example\r\n"

/* Megabytes to one who does not read: he is cut, others are served. */
static void a_slow_reader_is_cut_and_hurts_nobody(void **state) {
  (void)state;
  enum { BODY = 200000 };
  static char request[BODY + 200];
  struct world w;
  struct peer slow;
  struct peer quick;
  world_begin(&w);
  w.limits.write_us = 100000;
  world_listen(&w);
  peer_connect(&slow, &w);
  peer_connect(&quick, &w);
  const int head = snprintf(
      request, sizeof request,
      "POST /echo HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n", (int)BODY);
  memset(request + head, 'x', BODY);
  const size_t len = (size_t)head + BODY;
  size_t at = 0;
  const int64_t deadline_us = world_deadline();
  while (http_server_counters(w.server).timeouts == 0) {
    const ssize_t sent = send(slow.fd, request + at, len - at, MSG_NOSIGNAL);
    at = (at + (sent > 0 ? (size_t)sent : 0)) % len;
    world_turn(&w, deadline_us);
    textbuf_clear(&w.log);
  }
  peer_say(&quick,
           "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi");
  peer_await(&quick, "\r\n\r\nhi");
  peer_close(&slow);
  peer_close(&quick);
  world_end(&w);
}

/* Reading slowly is not reading nothing: whoever goes on is not cut. The
 * deadline is long beside any pause of a busy machine; the reader keeps to a
 * pace that takes it past the deadline. */
static void a_large_answer_may_take_longer_than_one_deadline(void **state) {
  (void)state;
  enum { BYTES = 16000000 };
  const struct timespec pause = {.tv_nsec = 5000000};
  struct world w;
  struct peer p;
  char *body = malloc(BYTES);
  size_t got = 0;
  world_begin(&w);
  w.limits.write_us = 4000000;
  world_listen(&w);
  memset(body, 'x', BYTES);
  peer_connect(&p, &w);
  peer_say(&p, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
  world_await(&w, "/wait");
  struct http_request *req = http_request_find(w.server, w.waiting[0]);
  assert_int_equal(http_respond(req, 200, NULL, 0, (struct text){body, BYTES}),
                   BT_ERR_OK);
  free(body);
  const int64_t start_us = loop_now_us();
  const int64_t whole_us = w.limits.write_us + w.limits.write_us / 4;
  const int64_t deadline_us = start_us + INT64_C(6) * PATIENCE_US;
  while (got < BYTES && !p.ended) {
    world_turn(&w, deadline_us);
    const int64_t due = (loop_now_us() - start_us) * 1000 / whole_us;
    if ((int64_t)got / (BYTES / 1000) >= due) {
      (void)nanosleep(&pause, NULL); /* ahead of its pace */
      continue;
    }
    peer_receive(&p);
    got += p.len;
    p.len = 0;
  }
  assert_true(got >= BYTES);
  assert_true(loop_now_us() - start_us > w.limits.write_us);
  assert_int_equal(http_server_counters(w.server).timeouts, 0);
  peer_close(&p);
  world_end(&w);
}

static void beyond_the_limit_connections_get_503(void **state) {
  (void)state;
  struct world w;
  struct peer first;
  struct peer second;
  struct peer third;
  world_begin(&w);
  w.limits.connections = 2;
  world_listen(&w);
  peer_connect(&first, &w);
  peer_connect(&second, &w);
  peer_connect(&third, &w);
  peer_await_end(&third);
  const char *got = peer_got(&third);
  assert_int_equal(strncmp(got, "HTTP/1.1 503 Service Unavailable\r\n", 34), 0);
  assert_non_null(strstr(got, "\r\nRetry-After: 1\r\n"));
  peer_close(&third);
  peer_say(&first, "GET /nothing HTTP/1.1\r\n" HOST "\r\n");
  peer_await(&first, "204");
  peer_close(&first);
  const int64_t deadline_us = world_deadline();
  while (http_server_counters(w.server).open > 1) {
    world_turn(&w, deadline_us);
  }
  peer_connect(&third, &w);
  peer_say(&third, "GET /nothing HTTP/1.1\r\n" HOST "\r\n");
  peer_await(&third, "204");
  peer_close(&second);
  peer_close(&third);
  world_end(&w);
}

/* Requests without end, and no answer is read: after a while no more are
 * taken, so what waits is bounded; and who reads at last gets them all. */
static void who_does_not_read_is_asked_no_more(void **state) {
  (void)state;
  enum { TOTAL = 400000, OUT_MAX = 100000 };
  static const char request[] = "GET /echo HTTP/1.1\r\n" HOST "\r\n";
  struct world w;
  struct peer p;
  unsigned asked = 0;
  world_begin(&w);
  w.limits.out_bytes = OUT_MAX;
  world_listen(&w);
  peer_connect(&p, &w);
  ssize_t sent = 1;
  size_t at = 0;
  for (unsigned idle = 0; idle < 20 && asked < TOTAL;) {
    sent = send(p.fd, request + at, sizeof request - 1 - at, MSG_NOSIGNAL);
    idle = sent > 0 ? 0 : idle + 1;
    at += sent > 0 ? (size_t)sent : 0;
    if (at == sizeof request - 1) {
      at = 0;
      asked++;
    }
    if (sent < 0 || asked % 500 == 0) {
      world_turns(&w, 1);
    }
    assert_true(w.heap.live_bytes < 1000000);
    textbuf_clear(&w.log);
  }
  assert_true(asked < TOTAL);
  const uint64_t taken = http_server_counters(w.server).requests;
  assert_true(taken < asked);
  const int64_t deadline_us = world_deadline();
  while (http_server_counters(w.server).requests < asked) {
    world_turn(&w, deadline_us);
    peer_receive(&p);
    p.len = 0;
    textbuf_clear(&w.log);
  }
  peer_close(&p);
  world_end(&w);
}

static void unfinished_requests_share_one_limit(void **state) {
  (void)state;
  enum { COUNT = 8 };
  static char part[60000];
  static struct peer peers[COUNT];
  struct world w;
  struct peer quick;
  unsigned refused = 0;
  world_begin(&w);
  w.limits.buffer_bytes = 300000;
  world_listen(&w);
  memset(part, 'x', sizeof part);
  for (unsigned i = 0; i < COUNT; i++) {
    peer_connect(&peers[i], &w);
    peer_say(&peers[i],
             "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 200000\r\n\r\n");
    peer_send(&peers[i], (struct text){part, sizeof part});
    world_turns(&w, 3);
  }
  for (unsigned i = 0; i < COUNT; i++) {
    peer_receive(&peers[i]);
    refused += peers[i].len > 0 &&
               strncmp(peer_got(&peers[i]), "HTTP/1.1 503 ", 13) == 0;
  }
  assert_true(refused > 0 && refused < COUNT);
  peer_connect(&quick, &w); /* there is still room for a small one */
  peer_say(&quick,
           "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi");
  peer_await(&quick, "\r\n\r\nhi");
  for (unsigned i = 0; i < COUNT; i++) {
    peer_close(&peers[i]);
  }
  peer_close(&quick);
  world_end(&w);
}

/* Chats that never finish their message fill their half; a request is taken
 * and answered all the same. */
static void unfinished_messages_leave_room_for_requests(void **state) {
  (void)state;
  enum { COUNT = 12, PART = 20000, BODY = 50000 };
  static char part[4 + 4 + PART];
  static char body[BODY + 1];
  static struct peer peers[COUNT];
  struct world w;
  struct peer quick;
  world_begin(&w);
  w.limits.buffer_bytes = 300000;
  world_listen(&w);
  memcpy(part, "\x01\xfe\x4e\x20\0\0\0\0", 8);
  memset(part + 8, 'x', PART);
  for (unsigned i = 0; i < COUNT; i++) {
    peer_connect(&peers[i], &w);
    peer_say(&peers[i], "GET /ws HTTP/1.1\r\n" HOST
                        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    peer_await(&peers[i], "\r\n\r\n");
    peer_send(&peers[i], (struct text){part, sizeof part});
    world_turns(&w, 3);
  }
  const uint64_t open = http_server_counters(w.server).websockets;
  assert_true(open > 0 && open < COUNT); /* the others: close 1011 */
  memset(body, 'y', BODY);
  peer_connect(&quick, &w);
  peer_say(&quick,
           "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 50000\r\n\r\n");
  peer_send(&quick, (struct text){body, BODY});
  peer_await(&quick, body);
  for (unsigned i = 0; i < COUNT; i++) {
    peer_close(&peers[i]);
  }
  peer_close(&quick);
  world_end(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_slow_reader_is_cut_and_hurts_nobody),
      cmocka_unit_test(a_large_answer_may_take_longer_than_one_deadline),
      cmocka_unit_test(beyond_the_limit_connections_get_503),
      cmocka_unit_test(who_does_not_read_is_asked_no_more),
      cmocka_unit_test(unfinished_requests_share_one_limit),
      cmocka_unit_test(unfinished_messages_leave_room_for_requests),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
