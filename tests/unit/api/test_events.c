/* The event stream: every event once, whenever one comes. */
#include "service.h"

struct listener {
  struct service *service;
  struct client *client;
  struct wire_peer peer;
};

static void follow(struct listener *l, struct service *s, const char *token,
                   const char *after) {
  char path[512];
  l->service = s;
  (void)snprintf(path, sizeof path, "/api/v1/events/socket%s%s",
                 after[0] == '\0' ? "" : "?after=", after);
  peer_connect(&l->peer, s, path, token);
  assert_non_null(l->peer.ws);
}

/* The ids of the events that were heard, one a line. */
static void ids_of(const struct wire_peer *p, struct textbuf *out) {
  const struct text all = textbuf_text(&p->got);
  const struct text key = TEXT("{\"type\":\"event\",\"id\":\"");
  for (size_t at = text_find(all, key, 0); at < all.len;
       at = text_find(all, key, at + 1)) {
    const struct text id = text_sub(all, at + key.len, all.len);
    textbuf_add(out, text_sub(id, 0, text_find(id, TEXT("\""), 0)));
    textbuf_add_char(out, '\n');
  }
}

static void much_happens(struct service *s, int sessions) {
  for (int i = 0; i < sessions; i++) {
    const uint32_t epoch = centre_open_session(&s->centre);
    centre_do_bot(&s->centre, COMMAND_GOODBYE, epoch);
    centre_do_bot(&s->centre, COMMAND_BOT_CLOSED, epoch);
    centre_do(&s->centre, ROLE_SUPERVISOR, COMMAND_LEAVE);
  }
  centre_settle(&s->centre);
}

static void from_the_beginning_and_on(void **state) {
  (void)state;
  struct service s;
  struct listener l;
  struct textbuf ids;
  service_begin(&s);
  service_listen(&s);
  much_happens(&s, 100); /* more than is read at once */
  follow(&l, &s, "boss-token", "0");
  much_happens(&s, 3); /* while it catches up */
  char last[32];
  (void)snprintf(
      last, sizeof last, "\"id\":\"%llu.1\"",
      (unsigned long long)journal_last(domain_journal(s.centre.domain)));
  peer_await(&l.peer, last);
  centre_open_session(&s.centre); /* and when it has */
  (void)snprintf(
      last, sizeof last, "\"id\":\"%llu.1\"",
      (unsigned long long)journal_last(domain_journal(s.centre.domain)));
  peer_await(&l.peer, last);
  textbuf_init(&ids, &s.centre.log_heap.mem);
  ids_of(&l.peer, &ids);
  struct text rest = textbuf_text(&ids);
  const uint64_t batches = journal_last(domain_journal(s.centre.domain));
  uint64_t seq = 0, index = 0;
  while (rest.len > 0) {
    char expected[32];
    const size_t end = text_find(rest, TEXT("\n"), 0);
    const struct text id = text_sub(rest, 0, end);
    (void)snprintf(expected, sizeof expected, "%llu.%llu",
                   (unsigned long long)seq, (unsigned long long)index + 1);
    if (text_equal(id, text_from(expected))) {
      index++;
    } else {
      (void)snprintf(expected, sizeof expected, "%llu.1",
                     (unsigned long long)++seq);
      assert_true(text_equal(id, text_from(expected)));
      index = 1;
    }
    rest = text_sub(rest, end + 1, rest.len);
  }
  assert_int_equal(seq, batches);
  textbuf_free(&ids);
  peer_hang_up(&l.peer);
  service_end(&s);
}

static void resumed_in_the_middle_of_a_batch(void **state) {
  (void)state;
  struct service s;
  struct listener l;
  struct textbuf ids;
  service_begin(&s);
  service_listen(&s);
  /* The batch of the agent's put has several events. */
  follow(&l, &s, "boss-token", "3.1");
  peer_await(&l.peer, "\"id\":\"6.1\"");
  textbuf_init(&ids, &s.centre.log_heap.mem);
  ids_of(&l.peer, &ids);
  textbuf_add_char(&ids, '\0');
  assert_true(strncmp(ids.ptr, "3.2\n", 4) == 0);
  textbuf_free(&ids);
  peer_hang_up(&l.peer);
  follow(&l, &s, "boss-token", "3");
  peer_await(&l.peer, "\"id\":\"6.1\"");
  assert_false(peer_heard(&l.peer, "\"id\":\"3."));
  peer_hang_up(&l.peer);
  service_end(&s);
}

static void only_what_one_may_see(void **state) {
  (void)state;
  struct service s;
  struct listener anna, customer;
  char token[128];
  service_begin(&s);
  service_listen(&s);
  (void)service_do(&s, HTTP_POST, "/api/v1/sessions", NULL, NULL);
  (void)snprintf(token, sizeof token, "%.104s",
                 strstr(s.body, "\"token\":\"") + 9);
  follow(&anna, &s, "anna-token", "0");
  follow(&customer, &s, token, "0");
  much_happens(&s, 2);
  peer_await(&customer.peer, "session.opened");
  centre_do_agent(&s.centre, COMMAND_AGENT_JOINED);
  peer_await(&anna.peer, "agent.loggedIn");
  assert_false(peer_heard(&anna.peer, "queue.put"));
  assert_false(peer_heard(&anna.peer, "bot.goodbye"));
  assert_false(peer_heard(&customer.peer, "bot.goodbye"));
  assert_false(peer_heard(&customer.peer, "cause"));
  peer_hang_up(&anna.peer);
  peer_hang_up(&customer.peer);
  service_end(&s);
}

static void what_is_no_place(void **state) {
  (void)state;
  static const char *const wrongs[] = {"x", "-1", "1.", "1.x", ".1", "1.-1"};
  struct service s;
  service_begin(&s);
  service_listen(&s);
  for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
    char path[64];
    (void)snprintf(path, sizeof path, "/api/v1/events?after=%s", wrongs[i]);
    assert_int_equal(service_as(&s, "boss-token", HTTP_GET, path, NULL), 422);
  }
  service_end(&s);
}

/* ---- as server-sent events, read from a plain socket */

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>

struct reader {
  int fd;
  char got[65536];
  size_t len;
};

static void reader_open(struct reader *r, const struct service *s,
                        const char *headers) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(s->port)};
  char request[512];
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  r->len = 0;
  r->fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_true(r->fd >= 0);
  assert_int_equal(connect(r->fd, (struct sockaddr *)&to, sizeof to), 0);
  assert_int_equal(fcntl(r->fd, F_SETFL, O_NONBLOCK), 0);
  const int n = snprintf(request, sizeof request,
                         "GET /api/v1/events HTTP/1.1\r\nHost: a\r\n"
                         "Authorization: Bearer boss-token\r\n%s\r\n",
                         headers);
  assert_int_equal(send(r->fd, request, (size_t)n, MSG_NOSIGNAL), n);
}

static void reader_await(struct reader *r, struct service *s,
                         const char *words) {
  const int64_t deadline_us = loop_now_us() + SERVICE_PATIENCE_US;
  r->got[r->len] = '\0';
  while (strstr(r->got, words) == NULL) {
    service_turn(s, deadline_us);
    const ssize_t got =
        recv(r->fd, r->got + r->len, sizeof r->got - 1 - r->len, 0);
    r->len += got > 0 ? (size_t)got : 0;
    r->got[r->len] = '\0';
  }
}

static void as_server_sent_events(void **state) {
  (void)state;
  struct service s;
  struct reader r;
  service_begin(&s);
  service_listen(&s);
  reader_open(&r, &s, "Last-Event-ID: 5\r\n");
  reader_await(&r, &s, "id: 6.1\nevent: entry.put\ndata: {\"seq\":6,");
  assert_non_null(strstr(r.got, "Content-Type: text/event-stream\r\n"));
  assert_non_null(strstr(r.got, "retry: 1000\n\n"));
  assert_null(strstr(r.got, "id: 5."));
  centre_open_session(&s.centre);
  reader_await(&r, &s, "event: session.attached\n");
  (void)close(r.fd);
  service_turns(&s, 5);
  reader_open(&r, &s, "");
  reader_await(&r, &s, "retry: 1000\n\n");
  centre_open_session(&s.centre);
  reader_await(&r, &s, "event: session.opened\n");
  assert_null(strstr(r.got, "entry.put"));
  (void)close(r.fd);
  service_turns(&s, 5);
  service_end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(from_the_beginning_and_on),
      cmocka_unit_test(resumed_in_the_middle_of_a_batch),
      cmocka_unit_test(only_what_one_may_see),
      cmocka_unit_test(what_is_no_place),
      cmocka_unit_test(as_server_sent_events),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
