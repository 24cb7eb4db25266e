#include "world.h"

#define HOST    "Host: baton.example\r\n"
#define OK(len) "HTTP/1.1 200 OK\r\nContent-Length: " #len "\r\n\r\n"

static void a_request_is_answered(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  world_listen(&w);
  peer_connect(&p, &w);
  peer_say(&p, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello");
  peer_await(&p, "hello");
  assert_non_null(strstr(p.got, "\r\nDate: "));
  assert_non_null(strstr(p.got, " GMT\r\n"));
  assert_string_equal(peer_got(&p), OK(5) "hello");
  assert_string_equal(world_log(&w), "POST /echo [hello]\n");
  peer_say(&p, "GET /peer HTTP/1.1\r\n" HOST "\r\n");
  peer_await(&p, "127.0.0.1");
  assert_int_equal(http_server_counters(w.server).requests, 2);
  assert_int_equal(http_server_counters(w.server).open, 1);
  peer_close(&p);
  world_end(&w);
}

static void an_answer_does_not_depend_on_how_the_bytes_came(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  world_listen(&w);
  static const char bytes[] =
      "\r\nPOST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello"
      "PUT /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
      "3;x\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
      "GET /nothing HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n";
  for (size_t piece = 1; piece < sizeof bytes; piece += piece < 8 ? 1 : 40) {
    peer_connect(&p, &w);
    for (size_t at = 0; at < sizeof bytes - 1; at += piece) {
      peer_send(&p, text_sub(TEXT(bytes), at, piece));
    }
    peer_await_end(&p);
    assert_string_equal(
        peer_got(&p),
        OK(5) "hello" OK(
            5) "abcde"
               "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    assert_string_equal(world_log(&w), "POST /echo [hello]\nPUT /echo "
                                       "[abcde]\nGET /nothing []\n");
    peer_close(&p);
  }
  world_end(&w);
}

static void head_and_old_clients_get_what_they_expect(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  world_listen(&w);
  peer_connect(&p, &w);
  peer_say(&p, "HEAD /other HTTP/1.1\r\n" HOST "\r\n");
  peer_await(&p, "\r\n\r\n");
  assert_string_equal(peer_got(&p),
                      "HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\n");
  peer_say(&p, "GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  peer_await(&p, "\r\n\r\n");
  assert_string_equal(peer_got(&p), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
                                    "Connection: keep-alive\r\n\r\n");
  peer_say(&p, "GET /echo HTTP/1.0\r\n\r\n");
  peer_await_end(&p);
  assert_string_equal(peer_got(&p), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
                                    "Connection: close\r\n\r\n");
  peer_close(&p);
  world_end(&w);
}

static void the_body_is_asked_for_when_the_client_waits(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  world_listen(&w);
  peer_connect(&p, &w);
  peer_say(&p, "POST /echo HTTP/1.1\r\n" HOST
               "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  peer_await(&p, "\r\n\r\n");
  assert_string_equal(peer_got(&p), "HTTP/1.1 100 Continue\r\n\r\n");
  peer_say(&p, "ok");
  peer_await(&p, "ok");
  (void)peer_got(&p);
  /* refused before the body is sent */
  peer_say(&p, "POST /echo HTTP/1.1\r\n" HOST
               "Content-Length: 999999\r\nExpect: 100-continue\r\n\r\n");
  peer_await_end(&p);
  assert_int_equal(strncmp(peer_got(&p), "HTTP/1.1 413 ", 13), 0);
  peer_close(&p);
  world_end(&w);
}

static void a_value_cannot_write_headers(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  world_listen(&w);
  peer_connect(&p, &w);
  peer_say(&p, "GET /splitting HTTP/1.1\r\n" HOST "\r\n");
  peer_await(&p, "\r\n\r\n");
  assert_non_null(strstr(peer_got(&p), "\r\nX: a  Set-Cookie: b\r\n"));
  peer_close(&p);
  world_end(&w);
}

static void what_is_wrong_is_answered_and_ends_the_connection(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    const char *answer;
    const char *log;
  } list[] = {
      {"GET /\n\n", "HTTP/1.1 400 Bad Request\r\n", "bad 400 bare-lf\n"},
      {"BREW / HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 501 Not Implemented\r\n",
       "bad 501 unknown-method\n"},
      {"GET / HTTP/3.0\r\n" HOST "\r\n",
       "HTTP/1.1 505 HTTP Version Not Supported\r\n", "bad 505 bad-version\n"},
      {"POST / HTTP/1.1\r\n" HOST "Content-Length: 262145\r\n\r\nabc",
       "HTTP/1.1 413 Content Too Large\r\n", "bad 413 body-too-large\n"},
      {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz",
       "HTTP/1.1 400 Bad Request\r\n", "bad 400 bad-chunk\n"},
      {"GET /ws HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 400 Bad Request\r\n",
       "GET /ws []\nbad 400 bad-upgrade\n"},
  };
  struct world w;
  world_begin(&w);
  world_listen(&w);
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    struct peer p;
    peer_connect(&p, &w);
    peer_say(&p, list[i].bytes);
    peer_say(&p, "GET /smuggled HTTP/1.1\r\n" HOST "\r\n");
    peer_await_end(&p);
    const char *got = peer_got(&p);
    assert_int_equal(strncmp(got, list[i].answer, strlen(list[i].answer)), 0);
    assert_non_null(strstr(got, "\r\nConnection: close\r\n"));
    assert_non_null(strstr(got, "application/problem+json"));
    assert_non_null(strstr(got, "\r\n\r\n{\"fault\":\""));
    assert_string_equal(world_log(&w), list[i].log);
    peer_close(&p);
  }
  world_end(&w);
}

static void what_goes_wrong_late_comes_behind_earlier_answers(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  world_listen(&w);
  peer_connect(&p, &w);
  peer_say(&p, "GET /wait HTTP/1.1\r\n" HOST "\r\nBAD\r\n\r\n");
  world_turns(&w, 3);
  assert_string_equal(world_log(&w), "GET /wait []\n");
  struct http_request *req = http_request_find(w.server, w.waiting[0]);
  assert_int_equal(http_respond(req, 200, NULL, 0, TEXT("1")), BT_ERR_OK);
  peer_await_end(&p);
  const char *got = peer_got(&p);
  assert_int_equal(strncmp(got, OK(1) "1", strlen(OK(1) "1")), 0);
  assert_non_null(strstr(got, "HTTP/1.1 400 Bad Request"));
  peer_close(&p);
  world_end(&w);
}

/* A transfer is answered when it is durable; others wait behind it. */
static void late_answers_come_in_order(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  world_listen(&w);
  peer_connect(&p, &w);
  peer_say(&p, "GET /wait HTTP/1.1\r\n" HOST "\r\n"
               "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n2"
               "GET /wait HTTP/1.1\r\n" HOST "\r\n");
  world_turns(&w, 5);
  assert_string_equal(world_log(&w), "GET /wait []\n");
  struct http_request *req = http_request_find(w.server, w.waiting[0]);
  assert_true(text_equal(http_request_path(req), TEXT("/wait")));
  assert_true(text_equal(http_request_header(req, TEXT("HOST")),
                         TEXT("baton.example")));
  http_request_set_tag(req, &w);
  assert_ptr_equal(http_request_tag(req), &w);
  assert_int_equal(http_respond(req, 200, NULL, 0, TEXT("1")), BT_ERR_OK);
  assert_null(http_request_find(w.server, w.waiting[0]));
  peer_await(&p, "\r\n\r\n2");
  assert_string_equal(peer_got(&p), OK(1) "1" OK(1) "2");
  assert_string_equal(world_log(&w), "POST /echo [2]\nGET /wait []\n");
  assert_null(http_request_find(w.server, w.waiting[0]));
  req = http_request_find(w.server, w.waiting[1]);
  assert_null(http_request_tag(req));
  assert_int_equal(http_respond(req, 200, NULL, 0, TEXT("3")), BT_ERR_OK);
  peer_await(&p, "\r\n\r\n3");
  peer_close(&p);
  world_end(&w);
}

static void a_request_whose_client_has_gone_is_found_no_more(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  world_listen(&w);
  peer_connect(&p, &w);
  peer_say(&p, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
  world_await(&w, "/wait");
  const struct linger reset = {.l_onoff = 1, .l_linger = 0};
  assert_int_equal(
      setsockopt(p.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
  peer_close(&p);
  const int64_t deadline_us = world_deadline();
  while (http_server_counters(w.server).open > 0) {
    world_turn(&w, deadline_us);
  }
  assert_null(http_request_find(w.server, w.waiting[0]));
  assert_null(http_stream_find(w.server, w.waiting[0]));
  assert_null(ws_find(w.server, w.waiting[0]));
  /* another connection in the same slot is another */
  peer_connect(&p, &w);
  peer_say(&p, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
  const int64_t again_us = world_deadline();
  while (w.waiting_count < 2) {
    world_turn(&w, again_us);
  }
  assert_int_equal(w.waiting[0].slot, w.waiting[1].slot);
  assert_null(http_request_find(w.server, w.waiting[0]));
  assert_non_null(http_request_find(w.server, w.waiting[1]));
  peer_close(&p);
  world_end(&w);
}

/* As "printf … | nc" does: it says goodbye and still wants its answers. */
static void half_a_goodbye_still_gets_its_answers(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  world_listen(&w);
  peer_connect(&p, &w);
  peer_say(&p, "GET /wait HTTP/1.1\r\n" HOST "\r\n"
               "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n2");
  assert_int_equal(shutdown(p.fd, SHUT_WR), 0);
  world_await(&w, "/wait");
  world_turns(&w, 5);
  struct http_request *req = http_request_find(w.server, w.waiting[0]);
  assert_non_null(req);
  assert_int_equal(http_respond(req, 200, NULL, 0, TEXT("1")), BT_ERR_OK);
  peer_await_end(&p);
  assert_string_equal(peer_got(&p), OK(1) "1" OK(1) "2");
  peer_close(&p);
  world_end(&w);
}

/* Who sends no more has mostly gone: its connection is not kept for an answer
 * that never comes. */
static void who_has_gone_is_not_waited_for_without_end(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  w.limits.ended_us = 100000;
  world_listen(&w);
  peer_connect(&p, &w);
  peer_say(&p, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
  world_await(&w, "GET /wait");
  assert_int_equal(shutdown(p.fd, SHUT_WR), 0);
  peer_await_end(&p);
  const int64_t deadline_us = world_deadline();
  while (http_server_counters(w.server).open > 0) {
    world_turn(&w, deadline_us);
  }
  assert_null(http_request_find(w.server, w.waiting[0]));
  assert_int_equal(http_server_counters(w.server).timeouts, 1);
  peer_close(&p);
  world_end(&w);
}

static void slow_senders_are_told_and_cut(void **state) {
  (void)state;
  struct world w;
  struct peer silent;
  struct peer head;
  struct peer body;
  world_begin(&w);
  w.limits.header_us = 300000;
  w.limits.body_us = 300000;
  world_listen(&w);
  peer_connect(&silent, &w);
  peer_connect(&head, &w);
  peer_connect(&body, &w);
  peer_say(&head, "GET / HTTP/1.1\r\nHost:");
  peer_say(&body, "POST / HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\nx");
  peer_await_end(&silent);
  peer_await_end(&head);
  peer_await_end(&body);
  assert_string_equal(peer_got(&silent), "");
  assert_int_equal(strncmp(peer_got(&head), "HTTP/1.1 408 ", 13), 0);
  assert_int_equal(strncmp(peer_got(&body), "HTTP/1.1 408 ", 13), 0);
  assert_int_equal(http_server_counters(w.server).timeouts, 3);
  peer_close(&silent);
  peer_close(&head);
  peer_close(&body);
  world_end(&w);
}

static void a_drip_of_bytes_does_not_buy_time(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  w.limits.header_us = 300000;
  world_listen(&w);
  peer_connect(&p, &w);
  peer_say(&p, "GET / HTTP/1.1\r\nX: ");
  const int64_t start_us = loop_now_us();
  int64_t said_us = 0;
  while (!p.ended) {
    /* A byte a millisecond: a machine that is quick must not reach the limit
     * of the head before its time is over. */
    if (loop_now_us() - said_us > 1000) {
      said_us = loop_now_us();
      peer_say(&p, "x");
    }
    peer_receive(&p);
    assert_true(loop_now_us() - start_us < PATIENCE_US);
  }
  assert_int_equal(strncmp(peer_got(&p), "HTTP/1.1 408 ", 13), 0);
  peer_close(&p);
  world_end(&w);
}

static void idle_connections_are_closed(void **state) {
  (void)state;
  struct world w;
  struct peer p;
  world_begin(&w);
  w.limits.idle_us = 30000;
  world_listen(&w);
  peer_connect(&p, &w);
  peer_say(&p, "GET /nothing HTTP/1.1\r\n" HOST "\r\n");
  peer_await_end(&p);
  assert_string_equal(peer_got(&p), "HTTP/1.1 204 No Content\r\n\r\n");
  assert_int_equal(http_server_counters(w.server).timeouts, 0);
  peer_close(&p);
  world_end(&w);
}

static void addresses_are_checked(void **state) {
  (void)state;
  struct world w;
  uint16_t port = 0;
  world_begin(&w);
  world_listen(&w);
  assert_int_equal(http_server_listen(w.server, "localhost", 0, NULL),
                   BT_ERR_SYNTAX);
  assert_int_equal(http_server_listen(w.server, "127.0.0.1", w.port, NULL),
                   BT_ERR_EXISTS);
  assert_int_equal(http_server_listen(w.server, "192.0.2.1", 0, NULL),
                   BT_ERR_IO);
  assert_int_equal(http_server_listen(w.server, "127.0.0.1", 0, &port),
                   BT_ERR_OK);
  assert_int_not_equal(port, w.port);
  world_end(&w);
}

static void impossible_limits_are_refused(void **state) {
  (void)state;
  struct world w;
  world_begin(&w);
  w.limits.header_bytes = 65536;
  assert_int_equal(
      http_server_create(w.loop, &w.limits, &world_handlers, &w, &w.server),
      BT_ERR_RANGE);
  w.limits = net_limits_default();
  w.limits.idle_us = 0;
  assert_int_equal(
      http_server_create(w.loop, &w.limits, &world_handlers, &w, &w.server),
      BT_ERR_RANGE);
  w.limits = net_limits_default();
  world_listen(&w);
  world_end(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_request_is_answered),
      cmocka_unit_test(an_answer_does_not_depend_on_how_the_bytes_came),
      cmocka_unit_test(head_and_old_clients_get_what_they_expect),
      cmocka_unit_test(the_body_is_asked_for_when_the_client_waits),
      cmocka_unit_test(a_value_cannot_write_headers),
      cmocka_unit_test(what_is_wrong_is_answered_and_ends_the_connection),
      cmocka_unit_test(what_goes_wrong_late_comes_behind_earlier_answers),
      cmocka_unit_test(late_answers_come_in_order),
      cmocka_unit_test(a_request_whose_client_has_gone_is_found_no_more),
      cmocka_unit_test(half_a_goodbye_still_gets_its_answers),
      cmocka_unit_test(who_has_gone_is_not_waited_for_without_end),
      cmocka_unit_test(slow_senders_are_told_and_cut),
      cmocka_unit_test(a_drip_of_bytes_does_not_buy_time),
      cmocka_unit_test(idle_connections_are_closed),
      cmocka_unit_test(addresses_are_checked),
      cmocka_unit_test(impossible_limits_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
