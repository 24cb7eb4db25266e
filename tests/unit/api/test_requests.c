#include "service.h"

static void the_process_and_the_journal(void **state) {
  (void)state;
  struct service s;
  service_begin(&s);
  service_listen(&s);
  assert_int_equal(service_do(&s, HTTP_GET, "/healthz", NULL, NULL), 200);
  assert_string_equal(s.body, "{\"status\":\"alive\",\"version\":\"0.0.0\"}");
  assert_int_equal(service_do(&s, HTTP_GET, "/readyz", NULL, NULL), 200);
  assert_true(service_said(&s, "\"status\":\"ready\""));
  assert_int_equal(service_do(&s, HTTP_GET, "/metrics", NULL, NULL), 200);
  assert_true(service_said(&s, "baton_sessions{status=\"pending\"} 0\n"));
  assert_true(service_said(&s, "baton_net_requests 3\n"));
  assert_true(service_header(&s, "Content-Type: text/plain; version=0.0.4"));
  service_end(&s);
}

static void every_answer_names_its_request(void **state) {
  (void)state;
  struct service s;
  service_begin(&s);
  service_listen(&s);
  (void)service_do(&s, HTTP_GET, "/healthz", "X-Request-Id: r-17\n", NULL);
  assert_true(service_header(&s, "X-Request-Id: r-17\n"));
  assert_true(service_header(&s, "Cache-Control: no-store\n"));
  (void)service_do(&s, HTTP_GET, "/healthz", "X-Request-Id: with blank\n",
                   NULL);
  assert_true(service_header(&s, "X-Request-Id: "));
  assert_false(service_header(&s, "with blank"));
  service_end(&s);
}

/* ---- who may come in */

static void without_a_token(void **state) {
  (void)state;
  struct service s;
  service_begin(&s);
  service_listen(&s);
  assert_int_equal(service_do(&s, HTTP_GET, "/api/v1/queues", NULL, NULL), 401);
  assert_true(service_said(&s, "\"refusal\":\"unauthorized\""));
  assert_true(service_header(&s, "WWW-Authenticate: Bearer\n"));
  assert_true(service_header(&s, "Content-Type: application/problem+json\n"));
  assert_int_equal(service_as(&s, "wrong", HTTP_GET, "/api/v1/queues", NULL),
                   401);
  assert_int_equal(service_do(&s, HTTP_GET, "/api/v1/queues",
                              "Authorization: Basic YTpi\n", NULL),
                   401);
  assert_true(service_said(&s, "Authorization must be: Bearer TOKEN."));
  service_end(&s);
}

static void with_the_wrong_role(void **state) {
  (void)state;
  struct service s;
  service_begin(&s);
  service_listen(&s);
  assert_int_equal(
      service_as(&s, "bot-token", HTTP_GET, "/api/v1/scripts", NULL), 403);
  assert_true(service_said(&s,
                           "\"detail\":\"A token of the role bot may not do "
                           "this; it is for: supervisor, admin.\""));
  assert_int_equal(
      service_as(&s, "ghost-token", HTTP_GET, "/api/v1/bots/nobody", NULL),
      403);
  assert_true(service_said(&s, "the centre has no such bot"));
  service_end(&s);
}

static void a_ticket_opens_a_socket_only(void **state) {
  (void)state;
  struct service s;
  char path[256];
  service_begin(&s);
  service_listen(&s);
  assert_int_equal(
      service_as(&s, "boss-token", HTTP_POST, "/api/v1/tickets", NULL), 201);
  const char *ticket = strstr(s.body, "tk_");
  assert_non_null(ticket);
  (void)snprintf(path, sizeof path, "/api/v1/queues?ticket=%.67s", ticket);
  assert_int_equal(service_do(&s, HTTP_GET, path, NULL, NULL), 401);
  service_as(&s, "boss-token", HTTP_POST, "/api/v1/tickets", NULL);
  (void)snprintf(path, sizeof path, "/api/v1/events/socket?ticket=%.67s",
                 strstr(s.body, "tk_"));
  struct wire_peer p;
  peer_connect(&p, &s, path, NULL);
  assert_non_null(p.ws);
  struct wire_peer again;
  peer_connect(&again, &s, path, NULL);
  assert_int_equal(again.refused, 401);
  peer_hang_up(&p);
  peer_hang_up(&again);
  service_end(&s);
}

/* ---- form */

static void what_is_not_there(void **state) {
  (void)state;
  struct service s;
  service_begin(&s);
  service_listen(&s);
  assert_int_equal(service_do(&s, HTTP_GET, "/api/v1/session", NULL, NULL),
                   404);
  assert_true(service_said(&s, "did you mean /api/v1/sessions?"));
  assert_int_equal(service_do(&s, HTTP_DELETE, "/healthz", NULL, NULL), 405);
  assert_true(service_header(&s, "Allow: GET\n"));
  assert_true(service_said(&s, "\"refusal\":\"method_not_allowed\""));
  assert_int_equal(
      service_as(&s, "boss-token", HTTP_GET, "/api/v1/queues/none", NULL), 404);
  assert_true(service_said(&s, "The centre has no queue 'none'."));
  assert_int_equal(
      service_as(&s, "boss-token", HTTP_GET, "/api/v1/sessions/1", NULL), 404);
  assert_true(service_said(&s, "\"refusal\":\"unknown_session\""));
  assert_int_equal(
      service_as(&s, "boss-token", HTTP_GET, "/api/v1/queues/%ff", NULL), 400);
  service_end(&s);
}

struct wrong_body {
  const char *body;
  int status;
  const char *words;
};

static void bodies_that_do_not_fit(void **state) {
  (void)state;
  static const struct wrong_body wrongs[] = {
      {"{", 400, "\"refusal\":\"bad_request\""},
      {"[]", 422, "expected an object"},
      {"{\xe2\x80\x9cqueue\xe2\x80\x9d:1}", 400, "typographic"},
      {"{\"quueue\":\"support\"}", 422, "did you mean \\\"queue\\\""},
      {"{\"queue\":7}", 422, "\"pointer\":\"/queue\""},
      {"{\"queue\":\"support\",\"priority\":1001}", 422, "/priority"},
      {"{\"queue\":\"support\",\"when\":\"later\"}", 422, "/when"},
      {"{\"queue\":\"support\",\"queue\":\"support\"}", 400, "/queue"},
      {"{\"queue\":\"a\xff\"}", 400, "UTF-8"},
      {"{\"queue\":\"\"}", 422, "/queue"},
      {"{}", 422, "exactly one"},
  };
  struct service s;
  service_begin(&s);
  service_listen(&s);
  centre_open_session(&s.centre);
  for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
    const int status =
        service_as(&s, "boss-token", HTTP_POST, service_path(&s, "/transfer"),
                   wrongs[i].body);
    if (status != wrongs[i].status || !service_said(&s, wrongs[i].words)) {
      fail_msg("%s: %d %s", wrongs[i].body, status, s.body);
    }
  }
  service_end(&s);
}

/* Spelling is never hidden behind the state of the session, nor rights. */
static void the_order_of_the_checks(void **state) {
  (void)state;
  struct service s;
  service_begin(&s);
  service_listen(&s);
  centre_open_session(&s.centre);
  const char *path = "/api/v1/sessions/"
                     "01920000-0000-7000-8000-000000000000/transfer";
  assert_int_equal(
      service_as(&s, "public-token", HTTP_POST, path, "{\"quue\":1}"), 422);
  assert_int_equal(service_as(&s, "public-token", HTTP_POST, path,
                              "{\"queue\":\"nowhere\"}"),
                   403);
  assert_int_equal(
      service_as(&s, "boss-token", HTTP_POST, path, "{\"queue\":\"nowhere\"}"),
      404);
  assert_true(service_said(&s, "unknown_session"));
  assert_int_equal(service_as(&s, "boss-token", HTTP_POST,
                              service_path(&s, "/transfer"),
                              "{\"queue\":\"suport\"}"),
                   404);
  assert_true(service_said(&s, "unknown_target"));
  assert_true(service_said(&s, "Did you mean 'support'?"));
  assert_int_equal(service_as(&s, "boss-token", HTTP_POST,
                              service_path(&s, "/transfer"),
                              "{\"queue\":\"support\"}"),
                   409);
  assert_true(service_said(&s, "bot_still_holds"));
  service_end(&s);
}

static void types_and_lengths(void **state) {
  (void)state;
  const size_t size = 307200; /* more than a body may have */
  struct service s;
  service_begin(&s);
  service_listen(&s);
  centre_open_session(&s.centre);
  assert_int_equal(
      service_do(&s, HTTP_POST, service_path(&s, "/transfer"),
                 "Authorization: Bearer boss-token\n"
                 "Content-Type: application/x-www-form-urlencoded\n",
                 "queue=support"),
      415);
  assert_true(service_said(&s, "unsupported_type"));
  char *big = malloc(size);
  assert_non_null(big);
  memset(big, 'a', size - 1);
  big[size - 1] = '\0';
  assert_int_equal(service_as(&s, "boss-token", HTTP_POST,
                              service_path(&s, "/messages"), big),
                   413);
  assert_true(service_said(&s, "\"refusal\":\"too_large\""));
  memcpy(big, "{\"text\":\"", 9);
  memcpy(big + 20000, "\"}", 3);
  assert_int_equal(service_as(&s, "boss-token", HTTP_POST,
                              service_path(&s, "/messages"), big),
                   422);
  assert_true(service_said(&s, "\"pointer\":\"/text\""));
  for (size_t i = 0; i < 65; i++) {
    big[i] = '[';
  }
  big[65] = '\0';
  assert_int_equal(
      service_as(&s, "boss-token", HTTP_POST, service_path(&s, "/signal"), big),
      400);
  assert_true(service_said(&s, "\"refusal\":\"bad_request\""));
  free(big);
  service_end(&s);
}

/* ---- sessions */

static void a_visitor_opens_and_gets_a_token(void **state) {
  (void)state;
  struct service s;
  char token[128], path[128];
  service_begin(&s);
  service_listen(&s);
  assert_int_equal(service_do(&s, HTTP_POST, "/api/v1/sessions", NULL, NULL),
                   201);
  assert_true(service_header(&s, "ETag: \"1\"\n"));
  assert_true(service_header(&s, "Location: /api/v1/sessions/"));
  const char *found = strstr(s.body, "\"token\":\"cs_");
  assert_non_null(found);
  (void)snprintf(token, sizeof token, "%.104s", found + 9);
  (void)snprintf(path, sizeof path, "/api/v1/sessions/%.36s", token + 3);
  assert_int_equal(service_as(&s, token, HTTP_GET, path, NULL), 200);
  assert_true(service_said(&s, "\"status\":\"pending\""));
  assert_false(service_said(&s, "\"attributes\""));
  assert_int_equal(service_as(&s, token, HTTP_GET, "/api/v1/sessions", NULL),
                   403);
  assert_int_equal(
      service_as(&s, token, HTTP_GET,
                 "/api/v1/sessions/01920000-0000-7000-8000-000000000000", NULL),
      404);
  service_end(&s);
}

static void strangers_need_a_key_that_nobody_guesses(void **state) {
  (void)state;
  struct service s;
  char first[4096];
  service_begin(&s);
  service_listen(&s);
  assert_int_equal(service_do(&s, HTTP_POST, "/api/v1/sessions",
                              "Idempotency-Key: 1\n", NULL),
                   400);
  const char *key = "Idempotency-Key: 6f2b3d9e-8f4e-4a0e-9a52-1f0c6f0f9f10\n";
  assert_int_equal(service_do(&s, HTTP_POST, "/api/v1/sessions", key, NULL),
                   201);
  assert_true(s.body_len < sizeof first);
  memcpy(first, s.body, s.body_len + 1);
  assert_int_equal(service_do(&s, HTTP_POST, "/api/v1/sessions", key, NULL),
                   201);
  assert_string_equal(s.body, first);
  assert_true(service_header(&s, "Idempotency-Replayed: true\n"));
  service_end(&s);
}

static void pages_of_sessions(void **state) {
  (void)state;
  struct service s;
  service_begin(&s);
  service_listen(&s);
  for (int i = 0; i < 5; i++) {
    assert_int_equal(service_do(&s, HTTP_POST, "/api/v1/sessions", NULL, NULL),
                     201);
  }
  assert_int_equal(service_as(&s, "boss-token", HTTP_GET,
                              "/api/v1/sessions?status=pending&limit=2", NULL),
                   200);
  assert_true(service_said(&s, "\"next\":2}"));
  assert_int_equal(service_as(&s, "boss-token", HTTP_GET,
                              "/api/v1/sessions?limit=4&after=2", NULL),
                   200);
  assert_true(service_said(&s, "\"next\":null}"));
  assert_int_equal(service_as(&s, "boss-token", HTTP_GET,
                              "/api/v1/sessions?status=gone", NULL),
                   422);
  assert_int_equal(service_as(&s, "boss-token", HTTP_GET,
                              "/api/v1/sessions?limit=501", NULL),
                   422);
  service_end(&s);
}

static void a_misspelt_query_parameter(void **state) {
  (void)state;
  struct service s;
  service_begin(&s);
  service_listen(&s);
  assert_int_equal(service_as(&s, "boss-token", HTTP_GET,
                              "/api/v1/sessions?statuss=pending", NULL),
                   422);
  assert_true(service_said(&s, "did you mean \\\"status\\\"?"));
  assert_int_equal(service_do(&s, HTTP_GET, "/healthz?", NULL, NULL), 200);
  assert_int_equal(service_do(&s, HTTP_GET, "/healthz?now=7", NULL, NULL), 200);
  service_end(&s);
}

static void what_was_said(void **state) {
  (void)state;
  struct service s;
  service_begin(&s);
  service_listen(&s);
  centre_open_session(&s.centre);
  assert_int_equal(service_as(&s, "boss-token", HTTP_POST,
                              service_path(&s, "/messages"),
                              "{\"text\":\"one\"}"),
                   201);
  assert_true(service_said(&s, "\"number\":1"));
  (void)service_as(&s, "boss-token", HTTP_POST, service_path(&s, "/messages"),
                   "{\"text\":\"two\"}");
  (void)service_as(&s, "boss-token", HTTP_GET,
                   service_path(&s, "/messages?after=1"), NULL);
  assert_true(service_said(&s, "{\"messages\":[{\"number\":2"));
  (void)service_as(&s, "boss-token", HTTP_GET, service_path(&s, ""), NULL);
  assert_false(service_said(&s, "\"messages\""));
  (void)service_as(&s, "boss-token", HTTP_GET,
                   service_path(&s, "?messages=true"), NULL);
  assert_true(service_said(&s, "\"text\":\"one\""));
  service_end(&s);
}

static void attributes_in_two_ways(void **state) {
  (void)state;
  struct service s;
  service_begin(&s);
  service_listen(&s);
  centre_open_session(&s.centre);
  assert_int_equal(service_as(&s, "boss-token", HTTP_PATCH,
                              service_path(&s, ""),
                              "{\"attributes\":{\"a\":1}}"),
                   200);
  assert_int_equal(service_as(&s, "boss-token", HTTP_PATCH,
                              service_path(&s, "/attributes"),
                              "{\"b\":2,\"a\":null}"),
                   200);
  (void)service_as(&s, "boss-token", HTTP_GET, service_path(&s, ""), NULL);
  assert_true(service_said(&s, "\"attributes\":{\"b\":2}"));
  assert_int_equal(service_as(&s, "boss-token", HTTP_PATCH,
                              service_path(&s, "/attributes"), "[1]"),
                   422);
  assert_int_equal(service_do(&s, HTTP_PATCH, service_path(&s, "/attributes"),
                              "Authorization: Bearer boss-token\n"
                              "Content-Type: application/json\n"
                              "If-Match: \"1\"\n",
                              "{\"c\":1}"),
                   412);
  assert_int_equal(service_do(&s, HTTP_PATCH, service_path(&s, "/attributes"),
                              "Authorization: Bearer boss-token\n"
                              "Content-Type: application/json\n"
                              "If-Match: 1\n",
                              "{\"c\":1}"),
                   400);
  service_end(&s);
}

/* ---- the centre */

static void configuration_by_an_administrator(void **state) {
  (void)state;
  struct service s;
  service_begin(&s);
  service_listen(&s);
  assert_int_equal(
      service_as(&s, "boss-token", HTTP_PUT, "/api/v1/queues/sales", "{}"),
      403);
  assert_int_equal(service_as(&s, "admin-token", HTTP_PUT,
                              "/api/v1/queues/sales", "{\"maxSize\":3}"),
                   200);
  assert_int_equal(
      service_as(&s, "boss-token", HTTP_GET, "/api/v1/queues/sales", NULL),
      200);
  assert_true(service_said(&s, "\"maxSize\":3"));
  assert_int_equal(service_as(&s, "admin-token", HTTP_PUT,
                              "/api/v1/queues/sales", "{\"id\":\"other\"}"),
                   422);
  assert_true(service_said(&s, "\"pointer\":\"/id\""));
  assert_int_equal(service_as(&s, "admin-token", HTTP_PUT,
                              "/api/v1/queues/sales", "{\"maxsize\":3}"),
                   422);
  assert_true(service_said(&s, "did you mean \\\"maxSize\\\""));
  assert_int_equal(service_as(&s, "boss-token", HTTP_POST,
                              "/api/v1/queues/sales/pause",
                              "{\"reason\":\"fire drill\"}"),
                   200);
  (void)service_as(&s, "boss-token", HTTP_GET, "/api/v1/queues", NULL);
  assert_true(service_said(&s, "\"pauseReason\":\"fire drill\""));
  assert_false(service_said(&s, "\"id\":\"AgentSkill\""));
  service_end(&s);
}

static void scripts_by_an_administrator(void **state) {
  (void)state;
  struct service s;
  service_begin(&s);
  service_listen(&s);
  assert_int_equal(service_do(&s, HTTP_PUT, "/api/v1/scripts/hello",
                              "Authorization: Bearer admin-token\n"
                              "Content-Type: text/plain\n",
                              "Wait(5)\n"),
                   200);
  assert_int_equal(service_as(&s, "admin-token", HTTP_PUT,
                              "/api/v1/scripts/hello",
                              "{\"source\":\"Wait(6)\"}"),
                   200);
  (void)service_as(&s, "boss-token", HTTP_GET, "/api/v1/scripts/hello", NULL);
  assert_true(service_said(&s, "\"source\":\"Wait(6)"));
  assert_int_equal(service_do(&s, HTTP_PUT, "/api/v1/scripts/bad",
                              "Authorization: Bearer admin-token\n"
                              "Content-Type: text/plain\n",
                              "IF {\n"),
                   422);
  assert_true(service_said(&s, "\"pointer\":\"/source\""));
  service_end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_process_and_the_journal),
      cmocka_unit_test(every_answer_names_its_request),
      cmocka_unit_test(without_a_token),
      cmocka_unit_test(with_the_wrong_role),
      cmocka_unit_test(a_ticket_opens_a_socket_only),
      cmocka_unit_test(what_is_not_there),
      cmocka_unit_test(bodies_that_do_not_fit),
      cmocka_unit_test(the_order_of_the_checks),
      cmocka_unit_test(types_and_lengths),
      cmocka_unit_test(a_visitor_opens_and_gets_a_token),
      cmocka_unit_test(strangers_need_a_key_that_nobody_guesses),
      cmocka_unit_test(pages_of_sessions),
      cmocka_unit_test(a_misspelt_query_parameter),
      cmocka_unit_test(what_was_said),
      cmocka_unit_test(attributes_in_two_ways),
      cmocka_unit_test(configuration_by_an_administrator),
      cmocka_unit_test(scripts_by_an_administrator),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
