/* The ticket's story over real sockets: customer, bot, script's 409, agent. */
#include "service.h"

#include "bots/bots.h"

struct story {
  struct service service;
  struct bots *bots;
  struct wire_peer customer, bot, anna;
};

static void begin(struct story *t) {
  memset(t, 0, sizeof *t);
  service_begin(&t->service);
  const struct bots_options options = {.api = t->service.api,
                                       .loop = t->service.loop};
  assert_int_equal(bots_create(&options, &t->bots), BT_ERR_OK);
  service_listen(&t->service);
}

static void end(struct story *t) {
  struct wire_peer *peers[] = {&t->customer, &t->bot, &t->anna};
  for (size_t i = 0; i < 3; i++) {
    if (peers[i]->service != NULL) {
      peer_hang_up(peers[i]);
    }
  }
  service_stop(&t->service);
  bots_free(t->bots);
  service_end_loop(&t->service);
}

/* The session that the customer's first frame names. */
static void learn_session(struct story *t) {
  const struct text got = textbuf_text(&t->customer.got);
  const struct text key = TEXT("\"session\":{\"id\":\"");
  const size_t at = text_find(got, key, 0) + key.len;
  assert_true(
      id_from_text(text_sub(got, at, ID_TEXT_LEN), &t->service.centre.session));
}

/* A frame of the present session; %s is its id. */
static void say(struct story *t, struct wire_peer *p, const char *format) {
  char frame[2048], id[ID_TEXT_LEN + 1] = {0};
  const char *mark = strstr(format, "%s");
  id_to_text(t->service.centre.session, id);
  (void)snprintf(frame, sizeof frame, "%.*s%s%s", (int)(mark - format), format,
                 id, mark + 2);
  peer_say(p, frame);
}

static void customer_and_bot(struct story *t) {
  struct service *s = &t->service;
  peer_connect(&t->bot, s, "/api/v1/bots/cognigy/socket", "bot-token");
  peer_connect(&t->customer, s, "/api/v1/chat?entryPoint=main", NULL);
  peer_await(&t->customer, "session.opened");
  learn_session(t);
  peer_await(&t->bot, "session.invited");
  /* The message comes with the acceptance, before anything is answered. */
  say(t, &t->bot, "{\"type\":\"session.accept\",\"session\":\"%s\"}");
  say(t, &t->bot,
      "{\"type\":\"message\",\"session\":\"%s\",\"text\":\"Hello!\"}");
  peer_await(&t->customer, "\"text\":\"Hello!\"");
  peer_say(&t->customer, "{\"type\":\"message\",\"text\":\"A human, please\"}");
  peer_await(&t->bot, "customer.message");
}

static void bot_says_goodbye(struct story *t) {
  say(t, &t->bot,
      "{\"type\":\"session.goodbye\",\"session\":\"%s\",\"outcome\":"
      "\"escalate\",\"text\":\"A moment, please.\",\"id\":\"g\"}");
  peer_await(&t->bot, "{\"type\":\"done\",\"id\":\"g\",\"code\":200}");
  peer_await(&t->customer, "\"text\":\"A moment, please.\"");
}

static void agent_is_there(struct story *t) {
  peer_connect(&t->anna, &t->service, "/api/v1/agents/anna/socket",
               "anna-token");
  peer_await(&t->anna, "\"type\":\"state\"");
  peer_say(&t->anna,
           "{\"type\":\"state\",\"state\":\"available\",\"id\":\"s\"}");
  peer_await(&t->anna, "{\"type\":\"done\",\"id\":\"s\",\"code\":200}");
}

/* Every member that people's scripts and remedies rely on. */
static void check_409(const struct service *s) {
  static const char *const members[] = {
      "{\"code\":409,\"status\":\"Conflict\",\"message\":\"Resource conflict. "
      "Session is not in a valid state for transfer.\",\"type\":\"",
      "/problems/bot-still-holds\",\"title\":\"The bot still holds the "
      "session\"",
      "\"detail\":\"Bot 'cognigy' said goodbye 67 ms ago and its connection is "
      "not closed yet.\"",
      "\"instance\":\"/api/v1/sessions/",
      "\"refusal\":\"release_in_progress\"",
      "\"status\":\"releasing\",\"holder\":{\"kind\":\"bot\",\"id\":"
      "\"cognigy\",\"name\":\"cognigy\",\"since\":\"",
      "\"epoch\":2,\"version\":",
      "\"allowedFrom\":[\"idle\",\"queued\"]",
      "\"remedies\":[{\"do\":\"retry with when=released",
      "\"script\":\"Transfer(session.id, \\\"AgentSkill\\\", "
      "\\\"priority:1,when:released\\\")\"}",
      "\"script\":\"EndConversation(session.id)\"",
      "\"retryAfterMs\":4933}"};
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    if (!service_said(s, members[i])) {
      fail_msg("%s\nis not in\n%s", members[i], s->body);
    }
  }
  assert_true(service_header(s, "Retry-After: 5\n"));
  assert_true(service_header(s, "ETag: \""));
}

static void the_409_and_the_handover_after_it(void **state) {
  (void)state;
  struct story t;
  struct service *s = &t.service;
  begin(&t);
  agent_is_there(&t);
  customer_and_bot(&t);
  bot_says_goodbye(&t);
  s->centre.now_us += 67000;
  assert_int_equal(
      service_as(s, "boss-token", HTTP_POST, service_path(s, "/transfer"),
                 "{\"action\":\"Transfer\",\"skill\":\"AgentSkill\","
                 "\"priority\":1}"),
      409);
  check_409(s);
  /* The bot's connection closes; the session is free. */
  peer_hang_up(&t.bot);
  t.bot.service = NULL;
  assert_int_equal(service_as(s, "boss-token", HTTP_POST,
                              service_path(s, "/transfer"),
                              "{\"skill\":\"AgentSkill\",\"priority\":1}"),
                   200);
  peer_await(&t.anna, "\"type\":\"offer\"");
  say(&t, &t.anna,
      "{\"type\":\"offer.accept\",\"session\":\"%s\",\"offer\":1}");
  peer_await(&t.anna, "session.assigned");
  assert_true(peer_heard(&t.anna, "A human, please"));
  say(&t, &t.anna,
      "{\"type\":\"message\",\"session\":\"%s\",\"text\":\"Anna here\"}");
  peer_await(&t.customer, "\"text\":\"Anna here\"");
  peer_say(&t.customer, "{\"type\":\"message\",\"text\":\"Thank you\"}");
  peer_await(&t.anna, "\"text\":\"Thank you\"");
  say(&t, &t.anna, "{\"type\":\"end\",\"session\":\"%s\"}");
  peer_await(&t.customer, "session.ended");
  peer_await_close(&t.customer);
  assert_int_equal(t.customer.closed, 1000);
  peer_await(&t.anna, "\"type\":\"session.ended\"");
  say(&t, &t.anna,
      "{\"type\":\"complete\",\"session\":\"%s\",\"disposition\":\"solved\"}");
  peer_await(&t.anna, "\"status\":\"completed\"");
  assert_int_equal(
      service_as(s, "boss-token", HTTP_GET, service_path(s, "/explain"), NULL),
      200);
  assert_true(service_header(s, "Content-Type: text/plain"));
  assert_true(service_said(s, "cognigy"));
  assert_int_equal(
      service_as(s, "boss-token", HTTP_GET, service_path(s, "/timeline"), NULL),
      200);
  assert_true(service_said(s, "\"type\":\"transfer.refused\""));
  end(&t);
}

static void a_transfer_that_waits_for_the_release(void **state) {
  (void)state;
  struct story t;
  struct service *s = &t.service;
  begin(&t);
  agent_is_there(&t);
  customer_and_bot(&t);
  bot_says_goodbye(&t);
  static const char *const headers = "Authorization: Bearer boss-token\n"
                                     "Content-Type: application/json\n"
                                     "Idempotency-Key: k-1\n";
  static const char *const body =
      "{\"skill\":\"AgentSkill\",\"when\":\"released\"}";
  char path[512], first[8192];
  (void)snprintf(path, sizeof path, "%s", service_path(s, "/transfer"));
  assert_int_equal(service_do(s, HTTP_POST, path, headers, body), 202);
  assert_true(service_header(s, "Location: /api/v1/sessions/"));
  assert_true(s->body_len < sizeof first);
  memcpy(first, s->body, s->body_len + 1);
  assert_int_equal(service_do(s, HTTP_POST, path, headers, body), 202);
  assert_string_equal(s->body, first);
  assert_true(service_header(s, "Idempotency-Replayed: true\n"));
  assert_int_equal(
      service_do(s, HTTP_POST, path, headers, "{\"skill\":\"AgentSkill\"}"),
      422);
  assert_true(service_said(s, "idempotency_mismatch"));
  assert_int_equal(service_as(s, "boss-token", HTTP_POST, path, body), 409);
  assert_true(service_said(s, "transfer_pending"));
  /* In the very step in which the bot closes, it is carried out. */
  say(&t, &t.bot, "{\"type\":\"session.close\",\"session\":\"%s\"}");
  peer_await(&t.anna, "\"type\":\"offer\"");
  end(&t);
}

static void whoever_waits_hears_how_it_ends(void **state) {
  (void)state;
  struct story t;
  struct service *s = &t.service;
  begin(&t);
  agent_is_there(&t);
  customer_and_bot(&t);
  bot_says_goodbye(&t);
  static const char *const headers = "Authorization: Bearer boss-token\n"
                                     "Content-Type: application/json\n"
                                     "Idempotency-Key: k-2\n"
                                     "Prefer: wait=60\n";
  static const char *const body =
      "{\"skill\":\"AgentSkill\",\"when\":\"released\"}";
  char path[512];
  (void)snprintf(path, sizeof path, "%s", service_path(s, "/transfer"));
  struct client *waiting = service_send(s, HTTP_POST, path, headers, body);
  service_turns(s, 20);
  assert_false(s->answered);
  say(&t, &t.bot, "{\"type\":\"session.close\",\"session\":\"%s\"}");
  service_await(s, waiting);
  assert_int_equal(s->status, 200);
  assert_true(service_said(s, "\"message\":\"The transfer was carried out.\""));
  assert_true(service_said(s, "\"state\":\"done\""));
  assert_true(service_header(s, "Preference-Applied: wait\n"));
  /* The kept answer is the final one. */
  assert_int_equal(service_do(s, HTTP_POST, path, headers, body), 200);
  assert_true(service_header(s, "Idempotency-Replayed: true\n"));
  assert_true(service_said(s, "\"state\":\"done\""));
  end(&t);
}

static void a_wait_in_vain(void **state) {
  (void)state;
  struct story t;
  struct service *s = &t.service;
  begin(&t);
  customer_and_bot(&t);
  static const char *const headers = "Authorization: Bearer boss-token\n"
                                     "Content-Type: application/json\n"
                                     "Prefer: respond-async, wait=60\n";
  char path[512];
  (void)snprintf(path, sizeof path, "%s", service_path(s, "/transfer"));
  struct client *waiting = service_send(
      s, HTTP_POST, path, headers,
      "{\"queue\":\"support\",\"when\":\"released\",\"timeout\":5}");
  service_turns(s, 20);
  assert_false(s->answered);
  service_advance(s, 5000000);
  service_await(s, waiting);
  assert_int_equal(s->status, 409);
  assert_true(service_said(s, "\"refusal\":\"release_timeout\""));
  end(&t);
}

static void a_wait_that_is_shorter_than_the_transfers(void **state) {
  (void)state;
  struct story t;
  struct service *s = &t.service;
  begin(&t);
  customer_and_bot(&t);
  char path[512];
  (void)snprintf(path, sizeof path, "%s", service_path(s, "/transfer"));
  assert_int_equal(service_do(s, HTTP_POST, path,
                              "Authorization: Bearer boss-token\n"
                              "Content-Type: application/json\n"
                              "Prefer: wait=1\n",
                              "{\"queue\":\"support\",\"when\":\"released\"}"),
                   202);
  assert_true(service_said(s, "\"state\":\"waiting\""));
  char resource[256];
  const char *at = strstr(s->headers, "Location: ");
  (void)snprintf(resource, sizeof resource, "%.*s", (int)strcspn(at + 10, "\n"),
                 at + 10);
  assert_int_equal(service_as(s, "boss-token", HTTP_GET, resource, NULL), 200);
  assert_true(service_said(s, "\"state\":\"waiting\""));
  assert_int_equal(service_as(s, "boss-token", HTTP_DELETE, resource, NULL),
                   200);
  assert_int_equal(service_as(s, "boss-token", HTTP_DELETE, resource, NULL),
                   409);
  assert_true(service_said(s, "transfer_gone"));
  end(&t);
}

static void if_match_must_match(void **state) {
  (void)state;
  struct story t;
  struct service *s = &t.service;
  begin(&t);
  customer_and_bot(&t);
  assert_int_equal(service_do(s, HTTP_POST, service_path(s, "/transfer"),
                              "Authorization: Bearer boss-token\n"
                              "Content-Type: application/json\n"
                              "If-Match: \"1\"\n",
                              "{\"queue\":\"support\",\"release\":true}"),
                   412);
  assert_true(service_said(s, "version_mismatch"));
  end(&t);
}

/* ---- bots */

static void a_late_bot_is_fenced(void **state) {
  (void)state;
  struct story t;
  struct service *s = &t.service;
  begin(&t);
  customer_and_bot(&t);
  assert_int_equal(
      service_as(s, "boss-token", HTTP_POST, service_path(s, "/hangup"), NULL),
      200);
  peer_await(&t.bot, "session.released");
  say(&t, &t.bot,
      "{\"type\":\"message\",\"session\":\"%s\",\"text\":\"Still here!\","
      "\"id\":7}");
  peer_await(&t.bot, "{\"type\":\"problem\",\"id\":7,\"problem\":");
  assert_true(peer_heard(&t.bot, "stale_holder"));
  service_turns(s, 5);
  assert_false(peer_heard(&t.customer, "Still here!"));
  end(&t);
}

static void frames_that_are_none(void **state) {
  (void)state;
  static const struct {
    const char *frame, *words;
  } wrongs[] = {
      {"hello", "\"refusal\":\"bad_request\""},
      {"[]", "\"pointer\":\"/type\""},
      {"{\"type\":7}", "\"pointer\":\"/type\""},
      {"{\"type\":\"session.acept\"}", "did you mean \\\"session.accept\\\""},
      {"{\"type\":\"message\"}", "must name its session"},
      {"{\"type\":\"message\",\"session\":\"x\"}", "unknown_session"},
      {"{\"type\":\"message\",\"id\":{}}", "\"pointer\":\"/id\""},
      {"{\"type\":\"message\",\"session\":"
       "\"01920000-0000-7000-8000-000000000000\",\"id\":\"m\"}",
       "\"id\":\"m\",\"problem\":"},
  };
  struct story t;
  begin(&t);
  peer_connect(&t.bot, &t.service, "/api/v1/bots/cognigy/socket", "bot-token");
  for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
    peer_forget(&t.bot);
    peer_say(&t.bot, wrongs[i].frame);
    peer_await(&t.bot, "\"type\":\"problem\"");
    if (!peer_heard(&t.bot, wrongs[i].words)) {
      fail_msg("%s: %.*s", wrongs[i].frame, TEXT_ARG(textbuf_text(&t.bot.got)));
    }
  }
  end(&t);
}

static void a_bot_that_comes_late_is_invited_again(void **state) {
  (void)state;
  struct story t;
  begin(&t);
  peer_connect(&t.customer, &t.service, "/api/v1/chat", NULL);
  peer_await(&t.customer, "session.opened");
  learn_session(&t);
  peer_connect(&t.bot, &t.service, "/api/v1/bots/cognigy/socket", "bot-token");
  peer_await(&t.bot, "session.invited");
  say(&t, &t.bot, "{\"type\":\"session.accept\",\"session\":\"%s\"}");
  peer_await(&t.customer, "\"status\":\"connected\"");
  end(&t);
}

static void sockets_of_a_bot_take_turns(void **state) {
  (void)state;
  struct story t;
  struct wire_peer second;
  begin(&t);
  peer_connect(&t.bot, &t.service, "/api/v1/bots/cognigy/socket", "bot-token");
  peer_connect(&second, &t.service, "/api/v1/bots/cognigy/socket", "bot-token");
  for (int i = 0; i < 4; i++) {
    assert_int_equal(
        service_do(&t.service, HTTP_POST, "/api/v1/sessions", NULL, NULL), 201);
  }
  service_turns(&t.service, 10);
  unsigned lines[2] = {0, 0};
  struct wire_peer *peers[] = {&t.bot, &second};
  for (size_t p = 0; p < 2; p++) {
    for (size_t i = 0; i < peers[p]->got.len; i++) {
      lines[p] += peers[p]->got.ptr[i] == '\n';
    }
  }
  assert_int_equal(lines[0], 2);
  assert_int_equal(lines[1], 2);
  peer_hang_up(&second);
  end(&t);
}

static void somebody_elses_socket(void **state) {
  (void)state;
  struct story t;
  begin(&t);
  peer_connect(&t.bot, &t.service, "/api/v1/bots/other/socket", "bot-token");
  assert_int_equal(t.bot.refused, 403);
  peer_connect(&t.anna, &t.service, "/api/v1/agents/ben/socket", "anna-token");
  assert_int_equal(t.anna.refused, 403);
  end(&t);
}

/* A restart in order is no worse than one without: the bot may come back. */
static void a_server_that_stops_takes_nothing_from_anybody(void **state) {
  (void)state;
  struct story t;
  begin(&t);
  agent_is_there(&t);
  customer_and_bot(&t);
  const struct engine *e = domain_engine(t.service.centre.domain);
  const uint64_t seq = engine_seq(e);
  api_stop(t.service.api);
  service_stop(&t.service);
  assert_int_equal(engine_seq(e), seq);
  struct wire_peer *peers[] = {&t.customer, &t.bot, &t.anna};
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(peers[i]->closed, 1001);
    client_free(peers[i]->client);
    textbuf_free(&peers[i]->got);
  }
  bots_free(t.bots);
  service_end_loop(&t.service);
}

static void typing_is_passed_on(void **state) {
  (void)state;
  struct story t;
  begin(&t);
  customer_and_bot(&t);
  peer_say(&t.customer, "{\"type\":\"typing\",\"on\":true}");
  peer_await(&t.bot, "\"type\":\"typing\"");
  say(&t, &t.bot, "{\"type\":\"typing\",\"session\":\"%s\",\"on\":false}");
  peer_await(&t.customer, "\"on\":false");
  end(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_409_and_the_handover_after_it),
      cmocka_unit_test(a_transfer_that_waits_for_the_release),
      cmocka_unit_test(whoever_waits_hears_how_it_ends),
      cmocka_unit_test(a_wait_in_vain),
      cmocka_unit_test(a_wait_that_is_shorter_than_the_transfers),
      cmocka_unit_test(if_match_must_match),
      cmocka_unit_test(a_late_bot_is_fenced),
      cmocka_unit_test(frames_that_are_none),
      cmocka_unit_test(a_bot_that_comes_late_is_invited_again),
      cmocka_unit_test(sockets_of_a_bot_take_turns),
      cmocka_unit_test(somebody_elses_socket),
      cmocka_unit_test(a_server_that_stops_takes_nothing_from_anybody),
      cmocka_unit_test(typing_is_passed_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
