#include "world.h"

#define HOST "Host: baton.example\r\n"
#define HANDSHAKE                                                              \
  "Upgrade: websocket\r\nConnection: Upgrade\r\n"                              \
  "Sec-WebSocket-Version: 13\r\n"                                              \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

/* Everybody is let go as his state allows, and nobody new comes in. */
static void a_server_that_stops_finishes_what_it_has(void **state) {
  (void)state;
  struct world w;
  struct peer idle;
  struct peer busy;
  struct peer body;
  struct peer listener;
  struct peer talker;
  world_begin(&w);
  world_listen(&w);
  peer_connect(&idle, &w);
  peer_connect(&busy, &w);
  peer_connect(&body, &w);
  peer_connect(&listener, &w);
  peer_connect(&talker, &w);
  peer_say(&idle, "GET /nothing HTTP/1.1\r\n" HOST "\r\n");
  peer_say(&busy, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
  peer_say(&body, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nh");
  peer_say(&listener, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
  peer_say(&talker, "GET /ws HTTP/1.1\r\n" HOST HANDSHAKE "\r\n");
  peer_await(&talker, "\r\n\r\n");
  peer_await(&idle, "204");
  peer_await(&listener, "\r\n\r\n");
  talker.len = 0;
  (void)world_log(&w);

  http_server_stop(w.server, PATIENCE_US, on_world_stopped, &w);
  peer_await_end(&idle);
  peer_await_end(&listener);
  assert_non_null(strstr(peer_got(&listener), "\r\n\r\n0\r\n\r\n"));
  peer_await_bytes(&talker, 4);
  assert_memory_equal(talker.got + 2, "\x03\xe9", 2); /* 1001 */
  peer_send(&talker, TEXT("\x88\x82\x00\x00\x00\x00\x03\xe9"));
  peer_await_end(&talker);
  assert_false(w.stopped);
  assert_string_equal(world_log(&w),
                      "stream closed: not now: try again\nclosed 1001 \n");

  struct http_request *req = http_request_find(w.server, w.waiting[0]);
  assert_int_equal(http_respond(req, 200, NULL, 0, TEXT("late")), BT_ERR_OK);
  peer_await_end(&busy);
  assert_string_equal(peer_got(&busy), "HTTP/1.1 200 OK\r\nContent-Length: 4"
                                       "\r\nConnection: close\r\n\r\nlate");
  peer_say(&body, "i");
  peer_await_end(&body);
  assert_string_equal(peer_got(&body), "HTTP/1.1 200 OK\r\nContent-Length: 2"
                                       "\r\nConnection: close\r\n\r\nhi");
  peer_close(&idle);
  peer_close(&busy);
  peer_close(&body);
  peer_close(&listener);
  peer_close(&talker);
  const int64_t deadline_us = world_deadline();
  while (!w.stopped) {
    world_turn(&w, deadline_us);
  }
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(w.port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), -1);
  assert_int_equal(close(fd), 0);
  world_end(&w);
}

static void what_does_not_end_in_time_is_cut(void **state) {
  (void)state;
  struct world w;
  struct peer busy;
  struct peer talker;
  world_begin(&w);
  world_listen(&w);
  peer_connect(&busy, &w);
  peer_connect(&talker, &w);
  peer_say(&busy, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
  peer_say(&talker, "GET /ws HTTP/1.1\r\n" HOST HANDSHAKE "\r\n");
  peer_await(&talker, "\r\n\r\n");
  world_stop(&w, 30000);
  assert_null(http_request_find(w.server, w.waiting[0]));
  assert_null(w.ws);
  assert_int_equal(http_server_counters(w.server).open, 0);
  peer_close(&busy);
  peer_close(&talker);
  world_end(&w);
}

static void a_server_without_connections_stops_at_once(void **state) {
  (void)state;
  struct world w;
  world_begin(&w);
  world_listen(&w);
  http_server_stop(w.server, PATIENCE_US, on_world_stopped, &w);
  assert_false(w.stopped); /* not from inside the call */
  const int64_t deadline_us = world_deadline();
  while (!w.stopped) {
    world_turn(&w, deadline_us);
  }
  world_end(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_server_that_stops_finishes_what_it_has),
      cmocka_unit_test(what_does_not_end_in_time_is_cut),
      cmocka_unit_test(a_server_without_connections_stops_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
